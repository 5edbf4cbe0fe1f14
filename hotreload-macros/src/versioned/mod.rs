//! `#[hot::versioned]`.

mod derive;
mod field;
mod generics;
mod object;
mod trait_item;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;

use crate::{
    errors::{Errors, beside},
    export::keyword,
    options::Options,
};

pub(crate) use derive::expand as derive;

/// What the attribute takes.
const OPTIONS: &[&str] = &["invariants", "name", "crate"];

/// Structs and enums get a derive, which sees the fields that `#[cfg]` leaves; it takes the options
/// from a helper attribute.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let keyword = keyword(item.clone());
    let message = match keyword.as_ref().map(ToString::to_string).as_deref() {
        Some("struct" | "enum") => {
            let mut errors = Errors::default();
            let parsed = Options::parse(options.clone(), OPTIONS, &mut errors);
            let krate = parsed.krate();
            let derive =
                quote_spanned!(Span::mixed_site()=> #[derive(#krate::rt::VersionedFields)]);
            return match errors.propagate() {
                Ok(()) => quote!(#derive #[hot(#options)] #item),
                // The derive is there for the helper attributes of fields, and does nothing.
                Err(error) => {
                    let krate = Options::default().krate();
                    let derive = quote!(#[derive(#krate::rt::VersionedFields)] #[hot(wrong)]);
                    beside(quote!(#derive #item), &error)
                }
            };
        }
        Some("trait") => return trait_item::expand(options, item),
        Some("union") => {
            "a union does not say which of its fields is alive: nothing can compare its values; \
             write an enum, or `#[hot(unsafe(opaque))]` on fields of this type"
        }
        Some("type") => {
            "an alias has the layout of the type that it names: write `#[hot::versioned]` there"
        }
        _ => "`#[hot::versioned]` is for structs, enums and traits",
    };
    let error = match keyword {
        Some(keyword) => syn::Error::new(keyword.span(), message),
        None => syn::Error::new_spanned(&item, message),
    };
    beside(item, &error)
}

/// Around everything that is generated: the user's lints are about the user's code. The traits that
/// say no where a `Probe` finds none are in scope once: to rustc each import is an item.
fn block(krate: &Path, content: &TokenStream) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        #[doc(hidden)]
        #[allow(
            deprecated,
            elided_lifetimes_in_paths,
            single_use_lifetimes,
            unused_imports,
            unused_lifetimes,
            clippy::all,
            clippy::pedantic,
            clippy::nursery
        )]
        const _: () = {
            use #krate::rt::versioned::without_traits::*;
            #content
        };
    }
}
