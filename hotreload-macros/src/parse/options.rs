//! The options in an attribute's or macro's parentheses: `key = value, ..`.

use proc_macro2::{Ident, TokenStream, TokenTree};
use syn::{
    Lit, LitStr, Path, Token, Type,
    ext::IdentExt,
    parse::{Parse, ParseStream, Parser},
};

use crate::errors::Errors;

/// What `#[hot::export(..)]` and `hot::bundle!(..)` take.
#[derive(Default)]
pub(crate) struct Options {
    krate: Option<Path>,
    pub(crate) handle: Option<Ident>,
    pub(crate) name: Option<LitStr>,
    pub(crate) init: Option<Path>,
    pub(crate) after: Option<Path>,
    pub(crate) direct: bool,
    /// The future of an `async fn` stays on its thread.
    pub(crate) local: bool,
    /// A save that changes literals only is live at once.
    pub(crate) tweak: bool,
    pub(crate) invariants: Option<u64>,
    pub(crate) renamed_from: Option<LitStr>,
    pub(crate) of: Option<LitStr>,
    pub(crate) into: Option<Type>,
}

impl Options {
    /// Parses the options, of which only `allowed` are known here. Whatever is wrong with one of
    /// them is noted, and the others are read all the same.
    pub(crate) fn parse(tokens: TokenStream, allowed: &[&str], errors: &mut Errors) -> Self {
        let mut options = Options::default();
        let mut seen = Vec::new();
        let list = |input: ParseStream<'_>| {
            while !input.is_empty() {
                if let Err(error) = options.option(input, allowed, &mut seen) {
                    errors.push(error);
                    skip_option(input)?;
                }
                if !input.is_empty() {
                    input.parse::<Token![,]>()?;
                }
            }
            Ok(())
        };
        if let Err(error) = list.parse2(tokens) {
            errors.push(error);
        }
        options
    }

    fn option(
        &mut self,
        input: ParseStream<'_>,
        allowed: &[&str],
        seen: &mut Vec<String>,
    ) -> syn::Result<()> {
        let key = input.call(Ident::parse_any)?;
        let text = key.to_string();
        if text == "always" && allowed.contains(&"direct") {
            return Err(syn::Error::new(
                key.span(),
                "`always` is what `#[hot::export]` does now, plain calls are hot: leave it out",
            ));
        }
        if !allowed.contains(&text.as_str()) {
            return Err(syn::Error::new(
                key.span(),
                format!("unknown option `{text}`; known here: {}", allowed.join(", ")),
            ));
        }
        if seen.contains(&text) {
            return Err(syn::Error::new(key.span(), format!("`{text}` is given twice")));
        }
        match text.as_str() {
            "crate" => self.krate = Some(value(&key, input, "a path: `crate = renamed`")?),
            "handle" => self.handle = Some(value(&key, input, "a name: `handle = other_name`")?),
            "name" => self.name = Some(value(&key, input, "a string: `name = \"other_name\"`")?),
            "renamed_from" => {
                self.renamed_from =
                    Some(value(&key, input, "the old name: `renamed_from = \"World\"`")?);
            }
            "of" => self.of = Some(value(&key, input, "the type's name: `of = \"World\"`")?),
            "into" => self.into = Some(value(&key, input, "a type: `into = World`")?),
            "init" => self.init = Some(value(&key, input, "a function: `init = start`")?),
            "after" => self.after = Some(value(&key, input, "a function: `after = started`")?),
            "invariants" => {
                let takes = "a number: `invariants = 1`";
                let literal: Lit = value(&key, input, takes)?;
                let number = match &literal {
                    Lit::Int(number) => number.base10_parse().ok(),
                    _ => None,
                };
                let wrong =
                    || syn::Error::new(literal.span(), format!("`invariants` takes {takes}"));
                self.invariants = Some(number.ok_or_else(wrong)?);
            }
            "direct" => self.direct = flag(&key, input)?,
            "local" => self.local = flag(&key, input)?,
            "tweak" => self.tweak = flag(&key, input)?,
            _ => unreachable!("only known options are allowed"),
        }
        seen.push(text);
        Ok(())
    }

    /// Where `hot` is.
    pub(crate) fn krate(&self) -> Path {
        self.krate.clone().unwrap_or_else(|| syn::parse_quote!(::hot))
    }
}

/// `crate = path;` before anything else, or where `hot` is usually.
pub(crate) fn leading_crate(input: ParseStream<'_>) -> syn::Result<Path> {
    if !(input.peek(Token![crate]) && input.peek2(Token![=])) {
        return Ok(syn::parse_quote!(::hot));
    }
    input.parse::<Token![crate]>()?;
    input.parse::<Token![=]>()?;
    let krate = input.call(Path::parse_mod_style)?;
    input.parse::<Token![;]>()?;
    Ok(krate)
}

/// Parses `= value`.
fn value<T: Parse>(key: &Ident, input: ParseStream<'_>, takes: &str) -> syn::Result<T> {
    let wrong = |span| syn::Error::new(span, format!("`{key}` takes {takes}"));
    if input.parse::<Token![=]>().is_err() || input.is_empty() {
        return Err(wrong(key.span()));
    }
    let span = input.span();
    input.parse().map_err(|_| wrong(span))
}

/// A key without a value.
fn flag(key: &Ident, input: ParseStream<'_>) -> syn::Result<bool> {
    if input.is_empty() || input.peek(Token![,]) {
        return Ok(true);
    }
    Err(syn::Error::new(key.span(), format!("`{key}` takes no value")))
}

/// Goes to the next comma.
fn skip_option(input: ParseStream<'_>) -> syn::Result<()> {
    while !input.is_empty() && !input.peek(Token![,]) {
        input.parse::<TokenTree>()?;
    }
    Ok(())
}
