//! The item below `#[hot::export]`.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Ident, Signature, Token, Visibility,
    parse::{Parse, ParseStream},
    token,
};

/// A function. Its body is rustc's business, and half-written in an editor.
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// With its braces.
    pub(crate) body: TokenTree,
}

impl Parse for Function {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let (attrs, vis) = (input.call(Attribute::parse_outer)?, input.parse()?);
        let sig: Signature = input.parse()?;
        if input.peek(Token![;]) {
            let message = "a function without a body cannot be exported";
            return Err(syn::Error::new_spanned(&sig, message));
        }
        if !input.peek(token::Brace) {
            return Err(input.error("expected a function's body"));
        }
        Ok(Function { attrs, vis, sig, body: input.parse()? })
    }
}

impl ToTokens for Function {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Function { attrs, vis, sig, body } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
    }
}

/// The word that says what an item is.
pub(crate) fn keyword(item: TokenStream) -> Option<Ident> {
    item.into_iter().find_map(|tree| match tree {
        TokenTree::Ident(word) if KEYWORDS.contains(&word.to_string().as_str()) => Some(word),
        _ => None,
    })
}

/// What to do with an item that is not a function; none for a function that did not parse.
pub(crate) fn not_a_function(item: TokenStream) -> Option<syn::Error> {
    let keyword = keyword(item.clone());
    let message = match keyword.as_ref().map(Ident::to_string).as_deref() {
        Some("fn") => return None,
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
