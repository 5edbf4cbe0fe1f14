//! What an author says of fields and variants with `#[hot(..)]`, below `#[hot::versioned]`.

use std::fmt::Display;

use proc_macro2::{Group, Ident, TokenStream, TokenTree};
use syn::{
    Attribute, Expr, ExprLit, ExprUnary, LitStr, Token, UnOp,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream, Parser},
    punctuated::Punctuated,
};

use super::opaque::Opaque;
use crate::errors::Errors;

/// As many old fields as one conversion takes.
const MOST: usize = 6;

/// What stands on a field.
#[derive(Default)]
pub(crate) struct Said {
    pub(crate) opaque: Option<Opaque>,
    /// How it moves to another version of its type.
    pub(crate) renamed_from: Option<LitStr>,
    pub(crate) default: Option<Expr>,
    pub(crate) convert: Option<Expr>,
    /// The old fields that are converted; none: the field itself.
    pub(crate) from: Vec<LitStr>,
    pub(crate) stays: bool,
}

impl Said {
    /// Of a field, which has a name or not; whatever is wrong with it is noted.
    pub(crate) fn of_field(field: &syn::Field, errors: &mut Errors) -> Said {
        let mut said = Said::default();
        each(&field.attrs, errors, |input| said.option(input));
        said.check(field, errors);
        said
    }

    fn option(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        if input.peek(Token![unsafe]) {
            return self.promise(input);
        }
        let key = input.call(Ident::parse_any)?;
        let text = key.to_string();
        let given = match text.as_str() {
            "default" => self.default.is_some(),
            "convert" => self.convert.is_some(),
            "from" => !self.from.is_empty(),
            "renamed_from" => self.renamed_from.is_some(),
            "opaque" => return Err(Opaque::unpromised(&key)),
            "stays" => {
                return Err(syn::Error::new(
                    key.span(),
                    "write `unsafe(stays)`: nothing checks that an address in the field leads outside \
                     of what moves, so you answer for it",
                ));
            }
            _ => {
                return Err(syn::Error::new(
                    key.span(),
                    format!(
                        "unknown option `{text}`; known on fields: convert, default, from, \
                         renamed_from, unsafe(opaque), unsafe(stays)"
                    ),
                ));
            }
        };
        if given {
            return Err(syn::Error::new(key.span(), format!("`{text}` is given twice")));
        }
        match text.as_str() {
            "default" => {
                self.default = Some(value(&key, input, "an expression: `default = 5`")?);
            }
            "convert" => {
                let takes = "a function of the old value: `convert = from_old`";
                let function: Expr = value(&key, input, takes)?;
                if !matches!(function, Expr::Path(_) | Expr::Closure(_)) {
                    return Err(syn::Error::new_spanned(
                        function,
                        format!("`convert` takes {takes}"),
                    ));
                }
                self.convert = Some(function);
            }
            "from" => self.from = names(&key, input)?,
            _ => self.renamed_from = Some(old_name(&key, input)?),
        }
        Ok(())
    }

    /// `unsafe(opaque)`, `unsafe(stays)`.
    fn promise(&mut self, input: ParseStream<'_>) -> syn::Result<()> {
        let start = input.span();
        let is_twice = if is_stays(&input.fork()).unwrap_or(false) {
            is_stays(input)?;
            std::mem::replace(&mut self.stays, true)
        } else {
            self.opaque.replace(input.parse()?).is_some()
        };
        if is_twice { Err(syn::Error::new(start, "this is said twice")) } else { Ok(()) }
    }

    fn check(&self, field: &syn::Field, errors: &mut Errors) {
        if self.convert.is_none()
            && let Some(name) = self.from.first()
        {
            errors.on(name, "say what makes the field of these: `convert = function, from(..)`");
        }
        let Some(own) = &field.ident else {
            if let Some(name) = &self.renamed_from {
                errors.on(
                    name,
                    "a field without a name is found by its position: write `convert` on it, or \
                     give the fields names",
                );
            }
            if let Some(default) = &self.default {
                errors.on(
                    default,
                    "a field without a name cannot be added, since its position is no name: give \
                     the fields names, or write `convert` on it",
                );
            }
            return;
        };
        if let Some(name) = &self.renamed_from
            && own.unraw() == name.value()
        {
            errors.on(name, "this is the name that it has: write the one that it had before");
        }
    }

    /// Whether all values that the default makes have the same bits.
    pub(crate) fn is_literal(&self) -> bool {
        fn is(value: &Expr) -> bool {
            match value {
                Expr::Lit(ExprLit { .. }) => true,
                Expr::Unary(ExprUnary { op: UnOp::Neg(_), expr, .. }) => is(expr),
                Expr::Paren(paren) => is(&paren.expr),
                Expr::Group(group) => is(&group.expr),
                _ => false,
            }
        }
        self.default.as_ref().is_some_and(is)
    }

    /// Whether anything is said of how it moves.
    pub(crate) fn is_nothing(&self) -> bool {
        self.renamed_from.is_none()
            && self.default.is_none()
            && self.convert.is_none()
            && !self.stays
    }
}

/// Whether `unsafe(stays)` comes, or something else in its place.
fn is_stays(input: ParseStream<'_>) -> syn::Result<bool> {
    input.parse::<Token![unsafe]>()?;
    Ok(input.parse::<Group>()?.stream().to_string() == "stays")
}

/// What a variant was called before.
pub(crate) fn of_variant(variant: &syn::Variant, errors: &mut Errors) -> Option<LitStr> {
    let mut renamed_from = None;
    each(&variant.attrs, errors, |input| {
        let key = input.call(Ident::parse_any)?;
        if key != "renamed_from" {
            let message = format!("unknown option `{key}`; known on variants: renamed_from");
            return Err(syn::Error::new(key.span(), message));
        }
        let name = old_name(&key, input)?;
        if renamed_from.replace(name).is_some() {
            return Err(syn::Error::new(key.span(), "`renamed_from` is given twice"));
        }
        Ok(())
    });
    if let Some(name) = &renamed_from
        && variant.ident.unraw() == name.value()
    {
        errors.on(name, "this is the name that it has: write the one that it had before");
    }
    renamed_from
}

/// Notes names that two of them had.
pub(crate) fn check_old_names<'a>(names: impl Iterator<Item = &'a LitStr>, errors: &mut Errors) {
    let mut seen = Vec::new();
    for name in names {
        if seen.contains(&name.value()) {
            errors.on(name, "another one is renamed from it, too");
        }
        seen.push(name.value());
    }
}

/// Reads the options in each `#[hot(..)]`. After one that is wrong the next is read.
fn each(
    attributes: &[Attribute],
    errors: &mut Errors,
    mut option: impl FnMut(ParseStream<'_>) -> syn::Result<()>,
) {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("hot")) {
        let Ok(list) = attribute.meta.require_list() else {
            errors.on(attribute, "write options in parentheses: `#[hot(default = 5)]`");
            continue;
        };
        let list_of_options = |input: ParseStream<'_>| {
            while !input.is_empty() {
                if let Err(error) = option(input) {
                    errors.push(error);
                    while !input.is_empty() && !input.peek(Token![,]) {
                        input.parse::<TokenTree>()?;
                    }
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = list_of_options.parse2(list.tokens.clone()) {
            errors.push(error);
        }
    }
}

/// Parses `= value`.
fn value<T: Parse>(key: &Ident, input: ParseStream<'_>, takes: impl Display) -> syn::Result<T> {
    let wrong = |span| syn::Error::new(span, format!("`{key}` takes {takes}"));
    if input.parse::<Option<Token![=]>>()?.is_none() || input.is_empty() {
        return Err(wrong(key.span()));
    }
    let span = input.span();
    input.parse().map_err(|_| wrong(span))
}

/// `= "old"`.
/// All of `renamed_from = "OLD"`.
pub(crate) fn renamed(input: ParseStream<'_>) -> syn::Result<LitStr> {
    let key = input.parse()?;
    old_name(&key, input)
}

fn old_name(key: &Ident, input: ParseStream<'_>) -> syn::Result<LitStr> {
    is_name(value(key, input, format_args!("a name: `{key} = \"old\"`"))?)
}

/// `("a", "b")`.
fn names(key: &Ident, input: ParseStream<'_>) -> syn::Result<Vec<LitStr>> {
    let wrong = || {
        let message = format!(
            "`from` takes the names of old fields, up to {MOST}: \
             `convert = full_name, from(\"first\", \"last\")`"
        );
        syn::Error::new(key.span(), message)
    };
    if !input.peek(syn::token::Paren) {
        return Err(wrong());
    }
    let content;
    parenthesized!(content in input);
    let names = Punctuated::<LitStr, Token![,]>::parse_terminated(&content);
    let Ok(names) = names else {
        content.parse::<TokenStream>()?;
        return Err(wrong());
    };
    if names.is_empty() || names.len() > MOST {
        return Err(wrong());
    }
    names.into_iter().map(is_name_or_number).collect()
}

fn is_name(name: LitStr) -> syn::Result<LitStr> {
    match name.parse_with(Ident::parse_any) {
        Ok(_) => Ok(name),
        Err(_) => Err(syn::Error::new_spanned(name, "this is no name")),
    }
}

fn is_name_or_number(name: LitStr) -> syn::Result<LitStr> {
    if name.value().parse::<u16>().is_ok() { Ok(name) } else { is_name(name) }
}
