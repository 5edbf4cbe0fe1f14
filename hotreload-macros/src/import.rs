//! `hot::import!`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Attribute, Path, Signature, Token, Visibility, braced,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    token,
};

use crate::{
    accessor::{self, Accessor, Place},
    check,
    errors::Errors,
    opaque::OpaqueParts,
    options::leading_crate,
    signature::{is_unsafe, parameters},
    var::Static,
};

struct Imports {
    krate: Path,
    modules: Vec<Module>,
}

/// `vis path => { fn ..; }`
struct Module {
    attrs: Vec<Attribute>,
    vis: Visibility,
    path: Path,
    functions: Vec<Function>,
    statics: Vec<Static>,
}

/// `fn ..;`
struct Function {
    attrs: Vec<Attribute>,
    sig: Signature,
    opaque: OpaqueParts,
}

impl Parse for Imports {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let krate = leading_crate(input)?;
        let mut modules = Vec::new();
        while !input.is_empty() {
            modules.push(input.parse()?);
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Imports { krate, modules })
    }
}

impl Parse for Module {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let path = input.call(Path::parse_mod_style)?;
        input.parse::<Token![=>]>()?;
        let body;
        braced!(body in input);
        let (mut functions, mut statics) = (Vec::new(), Vec::new());
        while !body.is_empty() {
            match body.parse()? {
                Declared::Function(function) => functions.push(function),
                Declared::Static(item) => statics.push(item),
            }
        }
        Ok(Module { attrs, vis, path, functions, statics })
    }
}

enum Declared {
    Function(Function),
    Static(Static),
}

impl Parse for Declared {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        if let vis @ (Visibility::Public(_) | Visibility::Restricted(_)) = input.parse()? {
            return Err(syn::Error::new_spanned(
                vis,
                "the visibility of an import is its module's: write it before the module's path",
            ));
        }
        if input.peek(Token![static]) {
            let item = Static::parse_rest(attrs, syn::parse_quote!(pub), input)?;
            if let Some(value) = &item.value {
                let message = "an import is a declaration: its first value is the exporter's";
                return Err(syn::Error::new_spanned(value, message));
            }
            return Ok(Declared::Static(item));
        }
        let sig = input.parse()?;
        if input.peek(token::Brace) {
            return Err(input.error("an import is a declaration: write `;` instead of a body"));
        }
        input.parse::<Token![;]>()?;
        Ok(Declared::Function(Function { attrs, sig, opaque: OpaqueParts::default() }))
    }
}

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    try_expand(input).unwrap_or_else(|error| error.to_compile_error())
}

fn try_expand(input: TokenStream) -> syn::Result<TokenStream> {
    let Imports { krate, mut modules } = syn::parse2(input)?;
    let mut errors = Errors::default();
    for function in modules.iter_mut().flat_map(|module| &mut module.functions) {
        let Function { attrs, sig, opaque } = function;
        *opaque = OpaqueParts::take(attrs, sig, &mut errors);
        opaque.check(sig, &mut errors);
        let remedy = "export the function by another name, `#[hot::export(name = \"..\")]`";
        check::name(&sig.ident, &krate, remedy, &mut errors);
        check::signature(sig, &mut errors);
    }
    for item in modules.iter_mut().flat_map(|module| &mut module.statics) {
        item.take_helpers(&mut errors);
        item.check(&krate, &mut errors);
    }
    errors.propagate()?;
    let modules = modules.iter().map(|module| self::module(module, &krate));
    Ok(quote!(#(#modules)*))
}

fn module(module: &Module, krate: &Path) -> TokenStream {
    let Module { attrs, vis, path, functions, statics } = module;
    let segments: Vec<_> =
        path.segments.iter().map(|segment| segment.ident.unraw().to_string()).collect();
    let prefix = segments.join("::");
    let name = &path.segments.last().expect("a path has a segment").ident;
    let functions = functions.iter().map(|declared| {
        let Function { attrs, sig, opaque } = declared;
        let full = format!("{prefix}::{}", sig.ident.unraw());
        let cfg: Vec<_> = attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect();
        let function = function(declared, &full);
        let accessor = accessor::expand(&Accessor {
            krate,
            cfg: &cfg,
            place: Place::Type {
                vis: &syn::parse_quote!(pub),
                name: &sig.ident,
                beside_function: true,
            },
            path: quote!(#full),
            sig,
            opaque,
            body: None,
            content: 0,
            listed: true,
        });
        quote!(#function #accessor)
    });
    let statics = statics.iter().map(|item| {
        let full = format!("{prefix}::{}", item.ident.unraw());
        item.expand(krate, &quote!(#full))
    });
    let doc = default_doc(attrs, format!("Functions of `{prefix}`, in their newest definition."));
    quote_spanned! {Span::mixed_site().located_at(name.span())=>
        #(#attrs)*
        #doc
        #vis mod #name {
            // The types that the declarations mention.
            #[allow(unused_imports)]
            use super::*;
            #(#functions)*
            #(#statics)*
        }
    }
}

/// The function of the accessor's name: editors show it, and calling it is a hot call.
fn function(Function { attrs, sig, .. }: &Function, full: &str) -> TokenStream {
    let Signature { safety, abi, ident, generics, output, .. } = sig;
    let types: Vec<_> = parameters(sig).collect();
    let args: Vec<_> = (0..types.len()).map(|index| format_ident!("__hot_{index}")).collect();
    let call = quote!(#ident::handle()(#(#args),*));
    let call = if is_unsafe(sig) {
        // SAFETY (of the generated code): the caller of the `unsafe fn` promised it.
        quote_spanned!(Span::mixed_site()=> unsafe { #call })
    } else {
        call
    };
    let doc = default_doc(attrs, format!("Calls the newest definition of `{full}`."));
    quote_spanned! {Span::mixed_site()=>
        #(#attrs)*
        #doc
        #[inline]
        pub #safety #abi fn #ident #generics (#(#args: #types),*) #output {
            #call
        }
    }
}

/// A doc comment for what has none.
fn default_doc(attrs: &[Attribute], text: String) -> Option<TokenStream> {
    let documented = attrs.iter().any(|attr| attr.path().is_ident("doc"));
    (!documented).then(|| quote!(#[doc = #text]))
}
