//! `hot::lookup!`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{Ident, Visibility};

use crate::{
    check,
    errors::Errors,
    expand::accessor::{self, Accessor, Place},
    parse::{
        callable::Callable,
        looked_up::{Lookup, function},
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
    let Lookup { krate, host, path, ty } = syn::parse2(input)?;
    let mut errors = Errors::default();
    if path.value().split("::").any(|name| syn::parse_str::<Ident>(name).is_err()) {
        errors.on(&path, "a definition's name is identifiers joined by `::`: \"crate::name\"");
    }
    let Some(function) = function(&ty) else {
        errors.on(&ty, "expected the function's signature: `fn(i32) -> i32`");
        return errors.propagate().map(|()| TokenStream::new());
    };
    let callable = Callable::behind(function, &mut errors);
    check::callable(&callable, &mut errors);
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
    let name = Ident::new("__hot_lookup", Span::mixed_site());
    let accessor = accessor::expand(&Accessor {
        krate: &krate,
        cfg: &[],
        place: Place::Type { vis: &Visibility::Inherited, name: &name, beside_function: false },
        path: quote!(#path),
        callable: &callable,
        body: None,
        tokens: 0,
        listed: false,
    });
    Ok(quote_spanned! {Span::mixed_site()=>
        {
            #accessor
            let __hot_accessor = <#name as #krate::rt::Exported>::accessor();
            #krate::Host::look_up(&#host, __hot_accessor, #name::handle())
        }
    })
}
