//! An exported or imported static.

use std::mem;

use proc_macro2::TokenStream;
use syn::{
    Attribute, Expr, Ident, LitStr, StaticMutability, Token, Type, Visibility,
    parse::{Parse, ParseStream},
};

use super::{
    opaque::{Markers, Opaque},
    said,
};
use crate::errors::Errors;

/// `static NAME: Type = value;`, or without the value in an import.
pub(crate) struct Static {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    /// Where rustc says that an item begins and ends.
    pub(crate) ends: (Token![static], Token![;]),
    pub(crate) mutability: StaticMutability,
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) value: Option<Expr>,
    pub(crate) opaque: Option<Opaque>,
    /// Whether a value of another layout is given up.
    pub(crate) reset: bool,
    /// The name that it had before.
    pub(crate) renamed_from: Option<LitStr>,
}

impl Static {
    /// Parses from the keyword on.
    pub(crate) fn parse_rest(
        attrs: Vec<Attribute>,
        vis: Visibility,
        input: ParseStream<'_>,
    ) -> syn::Result<Self> {
        let begin = input.parse()?;
        let mutability = input.parse()?;
        let ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty = input.parse()?;
        let value = match input.parse::<Option<Token![=]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        let ends = (begin, input.parse()?);
        let (opaque, reset, renamed_from) = (None, false, None);
        Ok(Static { attrs, vis, ends, mutability, ident, ty, value, opaque, reset, renamed_from })
    }

    /// Takes the attributes out that are for this macro.
    pub(crate) fn take_helpers(&mut self, errors: &mut Errors) {
        let mut attrs = mem::take(&mut self.attrs);
        attrs.retain(|attribute| {
            let is_own = attribute.path().is_ident("hot");
            let word = attribute.parse_args_with(first_word).ok().filter(|_| is_own);
            match word {
                Some(word) if word == "reset" || word == "renamed_from" => {
                    if self.value.is_none() {
                        let message = format!("`#[hot({word})]` is the exporter's to say");
                        errors.on(attribute, message);
                    }
                    if word == "reset" {
                        self.reset = true;
                    } else {
                        match attribute.parse_args_with(said::renamed) {
                            Ok(name) => self.renamed_from = Some(name),
                            Err(error) => errors.push(error),
                        }
                    }
                    false
                }
                Some(word) if word != "opaque" => {
                    errors
                        .on(word, "expected `reset`, `renamed_from = \"..\"` or `unsafe(opaque)`");
                    false
                }
                _ => true,
            }
        });
        self.attrs = attrs;
        self.opaque = Opaque::of(&self.attrs, errors);
        self.attrs.retain(|attribute| !attribute.path().is_ident("hot"));
        if let Some(opaque) = &self.opaque {
            let (krate, mut markers) = (syn::parse_quote!(::hot), Markers::default());
            for missing in opaque.hide(&mut self.ty.clone(), &krate, &mut markers) {
                errors.on(missing, "the static's type has no such part, spelled like this");
            }
        }
    }
}

impl Parse for Static {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        Static::parse_rest(attrs, vis, input)
    }
}

/// The word that a helper begins with.
fn first_word(input: ParseStream<'_>) -> syn::Result<Ident> {
    let word = input.parse()?;
    input.parse::<TokenStream>()?;
    Ok(word)
}
