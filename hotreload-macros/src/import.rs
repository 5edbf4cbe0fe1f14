//! `hot::import!`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Attribute, Path, ext::IdentExt};

use crate::{
    check,
    expand::{
        accessor::{self, Accessor, Place},
        future::{Owned, Suspends},
    },
    parse::{
        callable::Callable,
        imports::{Function, Imports, Module},
    },
};

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    try_expand(input).unwrap_or_else(|error| error.to_compile_error())
}

fn try_expand(input: TokenStream) -> syn::Result<TokenStream> {
    let Imports { krate, modules, mut errors } = syn::parse2(input)?;
    for function in modules.iter().flat_map(|module| &module.functions) {
        let callable = function.checked(&krate);
        let remedy = "export the function by another name, `#[hot::export(name = \"..\")]`";
        check::name(&callable.ident, &krate, remedy, &mut errors);
        check::callable(&callable, &mut errors);
    }
    for item in modules.iter().flat_map(|module| &module.statics) {
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
        let callable = declared.callable(krate);
        let attrs = &declared.attrs;
        let full = format!("{prefix}::{}", callable.ident.unraw());
        let cfg: Vec<_> = attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect();
        let function = function(attrs, &callable, &full);
        let accessor = accessor::expand(&Accessor {
            krate,
            cfg: &cfg,
            place: Place::Type {
                vis: &syn::parse_quote!(pub),
                name: &callable.ident,
                beside_function: true,
            },
            path: quote!(#full),
            callable: &callable,
            body: None,
            tokens: 0,
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

impl Function {
    /// As it is checked: an `async fn` as it is written.
    fn checked(&self, krate: &Path) -> Callable {
        let opaque = self.opaque.clone();
        match Suspends::boxed(&self.sig, krate) {
            Some(boxed) => boxed.callable(opaque),
            None => Callable::of(&self.sig, opaque),
        }
    }

    /// As it is called.
    fn callable(&self, krate: &Path) -> Callable {
        match Suspends::async_fn(&self.sig, false, &Owned::default(), krate) {
            Some(suspends) => suspends.callable(self.opaque.clone()),
            None => self.checked(krate),
        }
    }
}

/// The function of the accessor's name: editors show it, and calling it is a hot call.
fn function(attrs: &[Attribute], callable: &Callable, full: &str) -> TokenStream {
    let Callable { ident, output, safety, abi, .. } = callable;
    let (types, generics, output) = (callable.types(), callable.generics(), output.arrow());
    let args: Vec<_> =
        (0..callable.inputs.len()).map(|index| format_ident!("__hot_{index}")).collect();
    let call = callable.promised(quote!(#ident::handle()(#(#args),*)));
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
