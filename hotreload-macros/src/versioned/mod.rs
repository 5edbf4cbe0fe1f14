//! `#[hot::versioned]`.

mod below;
mod derive;
mod field;
mod generics;
mod known;
mod laid;
mod moves;
mod object;
mod trait_item;

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::Path;

use crate::{
    errors::{Errors, beside},
    parse::function::keyword,
    parse::options::Options,
};

pub(crate) use derive::expand as derive;
pub(crate) use trait_item::expand_last as of_trait;

/// What the attribute takes.
const OPTIONS: &[&str] = &["invariants", "name", "renamed_from", "of", "crate"];

const UNION: &str = "a union does not say which of its fields is alive: nothing can compare its \
                     values; write an enum, or `#[hot(unsafe(opaque))]` on fields of this type";

/// A struct or an enum that is as it will be is expanded at once. Another gets a derive, which sees the
/// fields that `#[cfg]` leaves; it takes the options from a helper attribute. It stands below all other
/// attributes: those that are macros have done what they do by then.
pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let keyword = keyword(item.clone());
    let message = match keyword.as_ref().map(ToString::to_string).as_deref() {
        Some("struct" | "enum") => {
            let mut errors = Errors::default();
            let parsed = Options::parse(options.clone(), OPTIONS, &mut errors);
            if errors.is_empty()
                && let Some(expansion) = derive::expand_at_once(&parsed, &item)
            {
                return expansion;
            }
            let krate = parsed.krate();
            let derive =
                quote_spanned!(Span::mixed_site()=> #[derive(#krate::rt::VersionedFields)]);
            let (others, own, rest) = below::split(item.clone());
            return match errors.propagate() {
                Ok(()) => {
                    let unread = unread(&parsed);
                    quote!(#others #derive #[hot(#options)] #unread #own #rest)
                }
                // The derive is there for the helper attributes of fields, and does nothing.
                Err(error) => {
                    let krate = Options::default().krate();
                    let derive = quote!(#[derive(#krate::rt::VersionedFields)] #[hot(wrong)]);
                    beside(quote!(#derive #item), &error)
                }
            };
        }
        Some("trait") => return trait_item::expand(options, item),
        Some("union") => UNION,
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

/// What stands at an older version that is kept for `#[hot::migrate]`.
fn unread(options: &Options) -> Option<TokenStream> {
    options.of.as_ref().map(|_| {
        let why = "the fields of an older version are there to be compared";
        quote!(#[allow(dead_code, reason = #why)])
    })
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
            unreachable_code,
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
