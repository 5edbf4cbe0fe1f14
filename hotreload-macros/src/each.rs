//! `hot::each!`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Ident;

use crate::{
    check,
    errors::Errors,
    expand::accessor::{self, Accessor, Place},
    parse::{
        callable::Callable,
        looked_up::{Each, function},
    },
    types::lifetimes::left_to_rustc,
};

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    try_expand(input).unwrap_or_else(|error| {
        // An expression, however many they are.
        let errors = error.to_compile_error();
        quote!({ #errors })
    })
}

fn try_expand(input: TokenStream) -> syn::Result<TokenStream> {
    let Each { krate, host, pattern, ty } = syn::parse2(input)?;
    let mut errors = Errors::default();
    let Some(function) = function(&ty) else {
        errors.on(&ty, "expected the functions' signature: `fn(i32) -> i32`");
        return errors.propagate().map(|()| TokenStream::new());
    };
    let callable = Callable::behind(function, &mut errors);
    check::callable(&callable, &mut errors);
    if callable.is_unsafe() {
        errors
            .on(&ty, "nobody could promise anything for each: look an `unsafe fn` up by its name");
    }
    if callable.never_returns() {
        errors.on(
            &ty,
            "a function that never returns leaves nothing to the others: look it up by its name",
        );
    }
    errors.propagate()?;
    if left_to_rustc(&callable) {
        return Ok(quote!({
            type __HotSignature = #ty;
            fn __hot_found() -> #krate::Result<__HotSignature> {
                ::core::unreachable!()
            }
            __hot_found()
        }));
    }
    let name = Ident::new("__hot_each", Span::mixed_site());
    let accessor = accessor::expand(&Accessor {
        krate: &krate,
        cfg: &[],
        place: Place::Each { name: &name },
        // Each of those that are made has a path of its own.
        path: quote!(""),
        callable: &callable,
        body: None,
        tokens: 0,
        listed: false,
    });
    Ok(quote_spanned! {Span::mixed_site()=>
        {
            #accessor
            #krate::Host::each(&#host, &#pattern, #name::site())
        }
    })
}
