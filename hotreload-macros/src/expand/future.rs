//! An `async fn`, and a function that gives a boxed future: what is exported is a function that gives a
//! `hot::Future`, which calls the one that was written.

use std::collections::HashSet;

use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{
    Attribute, FnArg, GenericArgument, Ident, Lifetime, Path, PathArguments, Receiver,
    ReceiverKind, ReturnType, Safety, Signature, Type, TypeParamBound, ext::IdentExt,
    parse::Parser, parse_quote,
};

use crate::{
    expand::moved::{distribute, passed_on},
    parse::{
        callable::{Callable, Future, Output},
        opaque::OpaqueParts,
        owner::{each_lifetime, for_elided, fresh},
    },
    types::{closure::peel, lifetimes::mentioned_lifetimes, signature::display_async},
};

/// A function that gives a future.
pub(crate) struct Suspends {
    /// With a `hot::Future` for its result, and a name for each lifetime that this holds.
    pub(crate) sig: Signature,
    /// `hot::Future`, or `hot::LocalFuture`.
    ty: TokenStream,
    /// The function that takes what is `Send` only, unless this need not be.
    check: Option<TokenStream>,
    /// An `async fn`, as people read it.
    async_fn: Option<String>,
}

/// What an exported function is made of that gives a future.
pub(crate) struct Replaced {
    /// The function that was written, under another name.
    pub(crate) written: TokenStream,
    /// The function that calls it.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) body: TokenTree,
}

impl Suspends {
    /// Of an `async fn` that rustc does not reject.
    pub(crate) fn async_fn(
        sig: &Signature,
        local: bool,
        owner: &Owned,
        krate: &Path,
    ) -> Option<Self> {
        sig.asyncness?;
        let display = display_async(&Callable::of(sig, OpaqueParts::default()), local);
        let (mut sig, mut names) = (passed_on(sig).0, owner.lifetimes.clone());
        sig.asyncness = None;
        names.extend(sig.generics.lifetimes().map(|param| param.lifetime.clone()));
        let mut used: HashSet<_> = names.iter().map(|name| name.ident.to_string()).collect();
        let result = Output::of(&sig.output).to_token_stream();
        let mut result: Type = syn::parse2(result).expect("it is a type");
        let source = source_of_elided(&mut sig, &mut used);
        let mut is_left = false;
        for_elided(&mut result, |lifetime| {
            is_left |= source.is_none();
            lifetime.clone_from(&source);
        });
        if is_left {
            return None;
        }
        let mut held = Vec::new();
        let mut has_self = false;
        for input in &sig.inputs {
            for lifetime in lifetimes_of(input) {
                if !held.contains(&lifetime) && lifetime.ident != "static" {
                    held.push(lifetime);
                }
            }
            has_self |= mentions_self(input);
        }
        let first = held.first().cloned().unwrap_or_else(|| parse_quote!('static));
        let mut others: Vec<Type> =
            held.iter().skip(1).map(|lifetime| parse_quote!(&#lifetime ())).collect();
        if has_self && owner.has_lifetimes {
            others.push(parse_quote!(Self));
        }
        let ty = type_name(local, krate);
        let output: Type = match &others[..] {
            [] => parse_quote!(#ty<#first, #result>),
            others => parse_quote!(#ty<#first, #result, (#(#others,)*)>),
        };
        sig.output = parse_quote!(-> #output);
        let check = (!local).then(|| check_send(krate, sig.ident.span()));
        Some(Suspends { sig, ty, check, async_fn: Some(display) })
    }

    /// Of a function whose result is a `Pin<Box<dyn Future<Output = R> + 'a>>`.
    pub(crate) fn boxed(sig: &Signature, krate: &Path) -> Option<Self> {
        let ReturnType::Type(_, ty) = &sig.output else { return None };
        let Type::TraitObject(object) = argument(argument(ty, "Pin")?, "Box").map(peel)? else {
            return None;
        };
        let (mut result, mut lifetime, mut local) = (None, parse_quote!('static), true);
        for bound in &object.bounds {
            match bound {
                TypeParamBound::Lifetime(bound) => lifetime = bound.clone(),
                TypeParamBound::Trait(bound) => {
                    let last = bound.path.segments.last()?;
                    match last.ident.to_string().as_str() {
                        "Send" => local = false,
                        "Future" => result = Some(output(&last.arguments)?.clone()),
                        _ => return None,
                    }
                }
                _ => return None,
            }
        }
        let (result, ty) = (result?, type_name(local, krate));
        let mut sig = passed_on(sig).0;
        sig.output = parse_quote!(-> #ty<#lifetime, #result>);
        Some(Suspends { sig, ty, check: None, async_fn: None })
    }

    /// As a function that crosses, with what is opaque in it.
    pub(crate) fn callable(&self, opaque: OpaqueParts) -> Callable {
        let mut callable = Callable::of(&self.sig, opaque);
        let future = |display: &String| Future {
            ty: self.ty.clone(),
            check: self.check.clone(),
            display: display.clone(),
        };
        callable.future = self.async_fn.as_ref().map(future);
        callable
    }

    /// What takes the place of a function that was written with this signature and body. `within` is what
    /// leads to the other functions beside it: nothing, or `Self::`.
    pub(crate) fn replace(
        &self,
        attrs: &[Attribute],
        sig: &Signature,
        body: &TokenTree,
        within: &TokenStream,
    ) -> Replaced {
        let (front, behind) = distribute(attrs);
        let name = format_ident!("__hot_async_{}", sig.ident.unraw(), span = sig.ident.span());
        let path = quote!(#within #name);
        let mut renamed = sig.clone();
        renamed.ident = name;
        let written = quote! {
            #(#behind)*
            #[doc(hidden)]
            #renamed #body
        };
        let mut calls = Group::new(Delimiter::Brace, self.calls(&path));
        calls.set_span(body.span());
        let attrs = quote!(#(#front)*);
        let attrs = Attribute::parse_outer.parse2(attrs).expect("they are attributes");
        Replaced { written, attrs, body: calls.into() }
    }

    /// What stands beside a function that stays as it was written: one of this name, which calls it.
    pub(crate) fn beside(&self, name: &Ident) -> TokenStream {
        let calls = self.calls(&self.sig.ident.to_token_stream());
        let mut sig = self.sig.clone();
        sig.ident = name.clone();
        quote! {
            #[doc(hidden)]
            #sig { #calls }
        }
    }

    /// The body of the function that is exported, which calls the one that was written.
    fn calls(&self, written: &TokenStream) -> TokenStream {
        let (call, ty) = (self.call(written), &self.ty);
        if self.async_fn.is_none() {
            return quote!(#ty::new(#call));
        }
        // SAFETY (of the generated code): the future of an `async fn` holds its parameters' lifetimes, which
        // are in the result, or `__hot_proof` beside the accessor does not compile. One that is not `local` is
        // `Send`.
        let check = self.check.as_ref();
        let call = check.map_or_else(|| call.clone(), |check| quote!(#check(#call)));
        quote_spanned!(Span::mixed_site()=> unsafe { #ty::of_async_fn(#call) })
    }

    fn call(&self, written: &TokenStream) -> TokenStream {
        let (_, args) = passed_on(&self.sig);
        // There rustc says what is wrong with the future.
        let here = Span::mixed_site().located_at(self.sig.ident.span());
        let call = quote_spanned!(here=> #written(#(#args),*));
        match self.sig.safety {
            // SAFETY (of the generated code): the function around it is as unsafe.
            Safety::Unsafe(_) => quote_spanned!(Span::mixed_site()=> unsafe { #call }),
            _ => call,
        }
    }
}

/// What compiles only if the arguments hold no other lifetimes than the result, a future that holds them:
/// whatever those of the result outlive, the arguments outlive.
pub(crate) fn proof(callable: &Callable, args: &[Ident], krate: &Path) -> TokenStream {
    let types = callable.types();
    let held = callable.output.ty().map(mentioned_lifetimes).unwrap_or_default();
    let of_future = Lifetime::new("'__hot_of_the_future", Span::mixed_site());
    let lifetimes = callable.lifetimes.iter().map(|param| {
        let lifetime = &param.lifetime;
        let bound = held.contains(lifetime).then(|| quote!(: #of_future));
        quote!(#lifetime #bound)
    });
    quote_spanned! {Span::mixed_site()=>
        #[allow(dead_code, reason = "it is there to be compiled")]
        fn __hot_proof<#of_future, #(#lifetimes),*>(#(#args: #types),*) {
            #krate::rt::outlives::<#of_future, _>((#(#args,)*))
        }
    }
}

/// The `impl` block that a method is of.
#[derive(Default)]
pub(crate) struct Owned {
    pub(crate) lifetimes: Vec<Lifetime>,
    pub(crate) has_lifetimes: bool,
}

/// Its name is what rustc says where something is not `Send`.
fn check_send(krate: &Path, at: Span) -> TokenStream {
    let here = Span::mixed_site().located_at(at);
    quote_spanned!(here=> #krate::rt::send_unless_exported_with_local)
}

fn type_name(local: bool, krate: &Path) -> TokenStream {
    if local { quote!(#krate::LocalFuture) } else { quote!(#krate::Future) }
}

/// Gives the lifetimes that the parameters elide names; and that which one in the result means: `self`'s, or
/// the only one there is.
fn source_of_elided(sig: &mut Signature, used: &mut HashSet<String>) -> Option<Lifetime> {
    let (mut of_self, mut all) = (None, Vec::new());
    for input in &mut sig.inputs {
        let mut name = |lifetime: &mut Option<Lifetime>| {
            let name = fresh("held", used);
            used.insert(name.ident.to_string());
            sig.generics.params.push(parse_quote!(#name));
            *lifetime = Some(name);
        };
        match input {
            FnArg::Receiver(Receiver { kind: ReceiverKind::Reference(_, lifetime, _), .. }) => {
                if lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "_") {
                    name(lifetime);
                }
            }
            FnArg::Receiver(Receiver { kind: ReceiverKind::Typed(_, ty), .. }) => {
                for_elided(ty, name);
            }
            FnArg::Receiver(_) => {}
            FnArg::Typed(input) => for_elided(&mut input.ty, name),
        }
        let lifetimes = lifetimes_of(input);
        if let FnArg::Receiver(_) = input {
            of_self = lifetimes.first().cloned();
        }
        all.extend(lifetimes);
    }
    all.dedup();
    of_self.or_else(|| all.first().cloned().filter(|_| all.len() == 1))
}

/// The lifetimes of a parameter, in the order in which they are written.
fn lifetimes_of(input: &FnArg) -> Vec<Lifetime> {
    let ty = match input {
        FnArg::Receiver(receiver) => match &receiver.kind {
            ReceiverKind::Reference(_, lifetime, _) => return lifetime.iter().cloned().collect(),
            ReceiverKind::Typed(_, ty) => ty,
            _ => return Vec::new(),
        },
        FnArg::Typed(input) => &input.ty,
    };
    let mut all: Vec<_> = each_lifetime(ty).into_iter().flatten().collect();
    // Those in the bounds of objects.
    all.extend(mentioned_lifetimes(ty));
    all
}

fn mentions_self(input: &FnArg) -> bool {
    fn is_in(tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => ident == "Self" || ident == "self",
            TokenTree::Group(group) => is_in(group.stream()),
            _ => false,
        })
    }
    is_in(input.to_token_stream())
}

/// The type `T` in `name<T>`.
fn argument<'a>(ty: &'a Type, name: &str) -> Option<&'a Type> {
    let Type::Path(path) = peel(ty) else { return None };
    let last = path.path.segments.last().filter(|last| last.ident == name)?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) if arguments.args.len() == 1 => Some(ty),
        _ => None,
    }
}

/// The type `R` in `<Output = R>`.
fn output(arguments: &PathArguments) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(output) if output.ident == "Output" => Some(&output.ty),
        _ => None,
    })
}
