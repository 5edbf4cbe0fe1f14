//! `#[hot::export]`.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::{
    Attribute, Ident, LitStr, Signature, Token, Visibility, braced,
    ext::IdentExt,
    parse::{Parse, ParseStream},
};

use crate::{
    accessor::{self, Accessor},
    check,
    errors::{Errors, beside},
    options::Options,
};

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    match try_expand(options, item.clone()) {
        // The function stays untouched and first.
        Ok(generated) => quote!(#item #generated),
        Err(error) => beside(item, &error),
    }
}

fn try_expand(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let options = Options::parse(options, &["name", "handle", "crate"], &mut errors);
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            errors.push(not_a_function(item).unwrap_or(error));
            return errors.propagate().map(|()| TokenStream::new());
        }
    };
    let sig = &function.sig;
    let krate = options.krate();
    let handle = options.handle.as_ref().filter(|handle| **handle != sig.ident);
    let name = handle.unwrap_or(&sig.ident);
    check::name(
        name,
        &krate,
        "rename the function, or write `#[hot::export(handle = other_name)]`",
        &mut errors,
    );
    check::signature(sig, &mut errors);
    for attribute in &function.attrs {
        if attribute.path().is_ident("target_feature") {
            errors.on(
                attribute,
                "a function with target features of its own cannot be hot: they change how \
                 arguments are passed; call it from an exported one",
            );
        }
    }
    if let Some(name) = &options.name
        && syn::parse_str::<Ident>(&name.value()).is_err()
    {
        errors.on(name, "a definition's name is an identifier");
    }
    errors.propagate()?;
    if check::left_to_rustc(sig) {
        return Ok(TokenStream::new());
    }

    let last = options.name.as_ref().map_or_else(|| sig.ident.unraw().to_string(), LitStr::value);
    Ok(accessor::expand(&Accessor {
        krate: &krate,
        cfg: &[],
        vis: &function.vis,
        name,
        path: quote!(::core::concat!(::core::module_path!(), "::", #last)),
        sig,
        body: Some(&sig.ident),
    }))
}

/// A function without its body: that is rustc's business, and half-written in an editor.
struct Function {
    attrs: Vec<Attribute>,
    vis: Visibility,
    sig: Signature,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let function = Function {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
        };
        if input.peek(Token![;]) {
            let message = "a function without a body cannot be exported";
            return Err(syn::Error::new_spanned(&function.sig, message));
        }
        let body;
        braced!(body in input);
        body.parse::<TokenStream>()?;
        Ok(function)
    }
}

/// What to do with an item that is not a function; none for a function that did not parse.
fn not_a_function(item: TokenStream) -> Option<syn::Error> {
    let keyword = item.clone().into_iter().find_map(|tree| match tree {
        TokenTree::Ident(word) if KEYWORDS.contains(&word.to_string().as_str()) => Some(word),
        _ => None,
    });
    let message = match keyword.as_ref().map(Ident::to_string).as_deref() {
        Some("fn") => return None,
        Some("static") => {
            "statics cannot be exported yet: export a function that reaches the static"
        }
        Some("impl") => "methods cannot be exported yet: export free functions",
        Some("struct" | "enum" | "union" | "type") => {
            "a type is not exported: it crosses the boundary in a function's signature"
        }
        _ => "only a function can be exported",
    };
    Some(match keyword {
        Some(keyword) => syn::Error::new(keyword.span(), message),
        None => syn::Error::new_spanned(item, message),
    })
}

/// The words that say what an item is. Not `const`, which a function may begin with.
const KEYWORDS: &[&str] =
    &["fn", "static", "impl", "struct", "enum", "union", "type", "trait", "mod", "use"];
