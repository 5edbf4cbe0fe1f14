//! Collects errors, so that all are shown at once.

use proc_macro2::TokenStream;
use quote::ToTokens;

#[derive(Default)]
pub(crate) struct Errors {
    noted: Option<syn::Error>,
    /// Ends the message of each error that [`on`](Errors::on) notes.
    pub(crate) way_out: &'static str,
}

impl Errors {
    /// Notes an error on exactly these tokens.
    pub(crate) fn on(&mut self, tokens: impl ToTokens, message: impl std::fmt::Display) {
        self.push(syn::Error::new_spanned(tokens, format!("{message}{}", self.way_out)));
    }

    pub(crate) fn push(&mut self, error: syn::Error) {
        match &mut self.noted {
            Some(first) => first.combine(error),
            none => *none = Some(error),
        }
    }

    /// Whether nothing was noted.
    pub(crate) fn is_empty(&self) -> bool {
        self.noted.is_none()
    }

    /// `Err` with everything that was noted.
    pub(crate) fn propagate(self) -> syn::Result<()> {
        self.noted.map_or(Ok(()), Err)
    }
}

/// The item as it was, so that editors keep working, and the errors.
pub(crate) fn beside(item: TokenStream, error: &syn::Error) -> TokenStream {
    let errors = error.to_compile_error();
    quote::quote!(#item #errors)
}
