//! A function as everything after parsing sees it: exported, imported, looked up, a method of a block
//! or of a trait.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Abi, Attribute, FnArg, GenericParam, Ident, Lifetime, LifetimeParam, LitStr, Receiver,
    ReceiverKind, ReturnType, Safety, Signature, Token, Type, TypeFnPtr, WhereClause,
};

use crate::{errors::Errors, parse::opaque::OpaqueParts};

/// A function's signature.
#[derive(Clone)]
pub(crate) struct Callable {
    pub(crate) ident: Ident,
    /// A receiver is the first of them.
    pub(crate) inputs: Vec<Input>,
    pub(crate) output: Output,
    pub(crate) lifetimes: Vec<LifetimeParam>,
    pub(crate) safety: Safety,
    pub(crate) abi: Option<Abi>,
    /// What in it is compared by size and spelling only.
    pub(crate) opaque: OpaqueParts,
    /// Of an `async fn`, which is called when its future is polled.
    pub(crate) future: Option<Future>,
    pub(crate) beyond: Beyond,
}

/// The future of an `async fn`.
#[derive(Clone)]
pub(crate) struct Future {
    /// Its type, without arguments.
    pub(crate) ty: TokenStream,
    /// The function that takes what is `Send` only, unless the future need not be.
    pub(crate) check: Option<TokenStream>,
    /// The function as people read it.
    pub(crate) display: String,
}

/// A parameter.
#[derive(Clone)]
pub(crate) struct Input {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) ty: Type,
}

/// What a function gives.
#[derive(Clone)]
pub(crate) enum Output {
    Unit,
    Never,
    Type(Box<Type>),
}

/// What may be written in a signature, and no function pointer can say.
#[derive(Clone, Default)]
pub(crate) struct Beyond {
    pub(crate) constness: Option<Token![const]>,
    pub(crate) asyncness: Option<Token![async]>,
    pub(crate) variadic: Option<TokenStream>,
    pub(crate) receiver: Option<Receiver>,
    /// Types and constants.
    pub(crate) generics: Vec<GenericParam>,
    pub(crate) clause: Option<WhereClause>,
}

impl Callable {
    pub(crate) fn of(sig: &Signature, opaque: OpaqueParts) -> Self {
        let mut callable = Callable {
            ident: sig.ident.clone(),
            inputs: Vec::new(),
            output: Output::of(&sig.output),
            lifetimes: sig.generics.lifetimes().cloned().collect(),
            safety: sig.safety.clone(),
            abi: sig.abi.clone(),
            opaque,
            future: None,
            beyond: Beyond {
                constness: sig.constness,
                asyncness: sig.asyncness,
                variadic: sig.variadic.as_ref().map(ToTokens::to_token_stream),
                receiver: None,
                generics: sig.generics.params.iter().filter(is_no_lifetime).cloned().collect(),
                clause: sig.generics.where_clause.clone(),
            },
        };
        for input in &sig.inputs {
            let (attrs, ty) = match input {
                FnArg::Receiver(receiver) => {
                    callable.beyond.receiver = Some(receiver.clone());
                    (&receiver.attrs, receiver_type(receiver))
                }
                FnArg::Typed(input) => (&input.attrs, (*input.ty).clone()),
            };
            callable.inputs.push(Input { attrs: attrs.clone(), ty });
        }
        callable
    }

    /// As a function that this points to. The attributes that are for this macro are taken out.
    pub(crate) fn behind(pointer: &TypeFnPtr, errors: &mut Errors) -> Self {
        let TypeFnPtr { lifetimes, unsafety, abi, inputs, variadic, output, .. } = pointer;
        let params = lifetimes.iter().flat_map(|binder| &binder.lifetimes);
        let mut inputs: Vec<_> = inputs
            .iter()
            .map(|input| Input { attrs: input.attrs.clone(), ty: input.ty.clone() })
            .collect();
        let attrs = inputs.iter_mut().map(|input| &mut input.attrs);
        let opaque = OpaqueParts::of_inputs(attrs, errors);
        Callable {
            ident: Ident::new("__hot", Span::call_site()),
            inputs,
            output: Output::of(output),
            lifetimes: params
                .clone()
                .filter_map(|param| match param {
                    GenericParam::Lifetime(param) => Some(param.clone()),
                    _ => None,
                })
                .collect(),
            safety: unsafety.map_or(Safety::Default, Safety::Unsafe),
            abi: abi.clone(),
            opaque,
            future: None,
            beyond: Beyond {
                variadic: variadic.as_ref().map(|variadic| variadic.dots.to_token_stream()),
                generics: params.filter(is_no_lifetime).cloned().collect(),
                ..Beyond::default()
            },
        }
    }

    /// The parameters' types.
    pub(crate) fn types(&self) -> impl Iterator<Item = &Type> {
        self.inputs.iter().map(|input| &input.ty)
    }

    /// Whether this is a lifetime of its own.
    pub(crate) fn declares(&self, lifetime: &Lifetime) -> bool {
        self.lifetimes.iter().any(|param| param.lifetime == *lifetime)
    }

    /// `<'a, ..>`, or nothing.
    pub(crate) fn generics(&self) -> TokenStream {
        let lifetimes = self.lifetimes.iter().map(|param| &param.lifetime);
        if self.lifetimes.is_empty() { TokenStream::new() } else { quote!(<#(#lifetimes),*>) }
    }

    /// `for<'a, ..>`, or nothing.
    pub(crate) fn binder(&self) -> TokenStream {
        let generics = self.generics();
        if self.lifetimes.is_empty() { generics } else { quote!(for #generics) }
    }

    pub(crate) fn is_unsafe(&self) -> bool {
        matches!(self.safety, Safety::Unsafe(_))
    }

    pub(crate) fn never_returns(&self) -> bool {
        matches!(self.output, Output::Never)
    }

    /// `call`, which is one of a function as `unsafe` as this.
    pub(crate) fn promised(&self, call: TokenStream) -> TokenStream {
        if self.is_unsafe() {
            // SAFETY (of the generated code): whoever calls the `unsafe fn` around it has promised
            // what the callee asks for.
            quote_spanned!(Span::mixed_site()=> unsafe { #call })
        } else {
            call
        }
    }

    /// The ABI's name; `extern fn` is `C`.
    pub(crate) fn abi_name(&self) -> String {
        abi_name(self.abi.as_ref())
    }

    /// Whether a panic in it ends the process, before an entry can catch it.
    pub(crate) fn aborts(&self) -> bool {
        let abi = self.abi_name();
        abi != "Rust" && !abi.ends_with("-unwind")
    }
}

impl Output {
    pub(crate) fn of(output: &ReturnType) -> Self {
        fn never(ty: &Type) -> bool {
            match ty {
                Type::Never(_) => true,
                // A macro's `$ty`, and `(!)`.
                Type::Group(ty) => never(&ty.elem),
                Type::Paren(ty) => never(&ty.elem),
                _ => false,
            }
        }
        match output {
            ReturnType::Default => Output::Unit,
            ReturnType::Type(_, ty) if never(ty) => Output::Never,
            ReturnType::Type(_, ty) => Output::Type(ty.clone()),
        }
    }

    pub(crate) fn ty(&self) -> Option<&Type> {
        match self {
            Output::Type(ty) => Some(ty),
            Output::Unit | Output::Never => None,
        }
    }

    /// `-> R`, or nothing.
    pub(crate) fn arrow(&self) -> TokenStream {
        match self {
            Output::Unit => TokenStream::new(),
            output => quote!(-> #output),
        }
    }

    pub(crate) fn ty_mut(&mut self) -> Option<&mut Type> {
        match self {
            Output::Type(ty) => Some(ty),
            Output::Unit | Output::Never => None,
        }
    }
}

impl ToTokens for Output {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.extend(match self {
            Output::Unit => quote!(()),
            Output::Never => quote!(!),
            Output::Type(ty) => quote!(#ty),
        });
    }
}

/// The ABI's name; `extern fn` is `C`.
pub(crate) fn abi_name(abi: Option<&Abi>) -> String {
    abi.map_or_else(
        || "Rust".to_owned(),
        |abi| abi.name.as_ref().map_or_else(|| "C".to_owned(), LitStr::value),
    )
}

fn is_no_lifetime(param: &&GenericParam) -> bool {
    !matches!(param, GenericParam::Lifetime(_))
}

/// The type of `self`, in terms of `Self`.
fn receiver_type(receiver: &Receiver) -> Type {
    match &receiver.kind {
        ReceiverKind::Reference(and, lifetime, mutability) => {
            syn::parse_quote!(#and #lifetime #mutability Self)
        }
        ReceiverKind::Typed(_, ty) => (**ty).clone(),
        _ => syn::parse_quote!(Self),
    }
}
