//! `#[hot::on_load]` and `#[hot::on_unload]`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{Path, Safety, Signature, ext::IdentExt};

use crate::{
    errors::{Errors, beside},
    parse::{
        function::{Function, keyword},
        options::Options,
    },
};

/// When the host runs a function.
#[derive(Clone, Copy)]
pub(crate) enum When {
    Load,
    Unload,
}

const SHAPE: &str = "a function that runs at a load or an unload takes nothing, and returns nothing or a `Result`: \
                     `fn start()` or `fn start() -> Result<(), E>`";

pub(crate) fn expand(when: When, options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(options, &["crate"], &mut errors);
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => Some(function),
        Err(error) => {
            let is_function = keyword(item.clone()).is_some_and(|word| word == "fn");
            errors.push(match is_function {
                true => error,
                false => syn::Error::new_spanned(&item, SHAPE),
            });
            None
        }
    };
    if let Some(function) = &function {
        check(&function.sig, &mut errors);
    }
    match (errors.propagate(), function) {
        (Ok(()), Some(Function { attrs, sig, .. })) => {
            let ident = &sig.ident;
            let cfg = attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"));
            // A wrong result is reported on the name.
            let here = Span::mixed_site().located_at(ident.span());
            let name = ident.unraw().to_string();
            let registered =
                registered(&options.krate(), when, &name, &quote_spanned!(here=> #ident));
            quote! {
                #item
                #(#cfg)*
                #[doc(hidden)]
                #[allow(deprecated)]
                const _: () = { #registered };
            }
        }
        (Err(error), _) => beside(item, &error),
        _ => item,
    }
}

/// Whatever the host could not call.
fn check(sig: &Signature, errors: &mut Errors) {
    if let Some(token) = &sig.asyncness {
        errors.on(token, "the host runs the function and waits for it: it cannot be `async`");
    }
    if let Safety::Unsafe(token) = &sig.safety {
        errors.on(
            token,
            "the host calls the function, and has nothing to promise: it cannot be `unsafe`",
        );
    }
    if let Some(abi) = &sig.abi {
        errors.on(abi, "the host calls the function as a plain one: leave the ABI out");
    }
    for param in &sig.generics.params {
        errors.on(param, "nothing says for what the function would be made: it cannot be generic");
    }
    if !sig.inputs.is_empty() || sig.variadic.is_some() {
        errors.on(sig.inputs.to_token_stream(), SHAPE);
    }
}

/// Has the function, which is at this path, in the image's list.
pub(crate) fn registered(
    krate: &Path,
    when: When,
    name: &str,
    function: &TokenStream,
) -> TokenStream {
    let when = match when {
        When::Load => quote!(Load),
        When::Unload => quote!(Unload),
    };
    quote_spanned! {Span::mixed_site()=>
        static __HOT_HOOK: #krate::rt::Hook = #krate::rt::Hook {
            path: ::core::concat!(::core::module_path!(), "::", #name),
            when: #krate::rt::When::#when,
            line: ::core::line!(),
            column: ::core::column!(),
            run: || #krate::rt::run_hook(#function),
        };
        #krate::rt::inventory::submit! { #krate::rt::RegisteredHook(&__HOT_HOOK) }
    }
}
