//! `#[hot::export]`.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Ident, LitStr, Signature, Token, Visibility,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    token,
};

use crate::{
    accessor::{self, Accessor, Place},
    check, content,
    errors::{Errors, beside},
    method,
    moved::{self, Written},
    opaque::OpaqueParts,
    options::Options,
    signature::abi_name,
    var,
};

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    match keyword(item.clone()).map(|word| word.to_string()).as_deref() {
        Some("impl") => method::expand(options, item),
        Some("static") => var::expand(options, item),
        _ => function(options, item),
    }
}

fn function(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(options, &["name", "handle", "always", "crate"], &mut errors);
    let mut function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => function,
        Err(error) => {
            errors.push(not_a_function(item.clone()).unwrap_or(error));
            return errors
                .propagate()
                .map_or_else(|error| beside(item, &error), |()| TokenStream::new());
        }
    };
    let opaque = OpaqueParts::take(&mut function.attrs, &mut function.sig, &mut errors);
    let item = if opaque.is_empty() && errors.is_empty() { item } else { quote!(#function) };
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
    opaque.check(sig, &mut errors);
    check::attributes(&function.attrs, &mut errors);
    check::definition_name(options.name.as_ref(), &mut errors);
    if let Err(error) = errors.propagate() {
        return beside(item, &error);
    }
    if check::left_to_rustc(sig) {
        return item;
    }

    let content = content::hash(item.clone());
    let last = options.name.as_ref().map_or_else(|| sig.ident.unraw().to_string(), LitStr::value);
    let body = if options.always || aborts(sig) {
        moved::body_name(&sig.ident)
    } else {
        sig.ident.clone()
    };
    let item = if body == sig.ident {
        // It stays untouched and first.
        item
    } else {
        let Function { attrs, vis, sig, body: block } = &function;
        let front = if options.always { quote!(#name::handle()) } else { quote!(#body) };
        Written { attrs, vis, sig, body: block }.split(|args| quote!(#front(#(#args),*)))
    };
    let accessor = accessor::expand(&Accessor {
        krate: &krate,
        cfg: &[],
        place: Place::Type { vis: &function.vis, name, beside_function: *name == sig.ident },
        path: quote!(::core::concat!(::core::module_path!(), "::", #last)),
        sig,
        opaque: &opaque,
        body: Some(quote!(#body)),
        content,
        listed: true,
    });
    quote!(#item #accessor)
}

/// Whether a panic in a function of this ABI ends the process, before an entry can catch it.
fn aborts(sig: &Signature) -> bool {
    let abi = abi_name(sig.abi.as_ref());
    abi != "Rust" && !abi.ends_with("-unwind")
}

/// A function. Its body is rustc's business, and half-written in an editor.
struct Function {
    attrs: Vec<Attribute>,
    vis: Visibility,
    sig: Signature,
    /// With its braces.
    body: TokenTree,
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
fn not_a_function(item: TokenStream) -> Option<syn::Error> {
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
