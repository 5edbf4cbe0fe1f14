//! `#[hot::export]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{LitStr, ext::IdentExt};

use crate::{
    check,
    errors::{Errors, beside},
    expand::{
        accessor::{self, Accessor, Place},
        moved::{self, Written},
        recursion, tokens,
    },
    method,
    parse::{
        callable::Callable,
        function::{Function, keyword, not_a_function},
        opaque::OpaqueParts,
        options::Options,
    },
    types::lifetimes::left_to_rustc,
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
    let options = Options::parse(options, &["name", "handle", "direct", "crate"], &mut errors);
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
    let callable = Callable::of(&function.sig, opaque);
    let krate = options.krate();
    let handle = options.handle.as_ref().filter(|handle| **handle != callable.ident);
    let name = handle.unwrap_or(&callable.ident);
    check::name(
        name,
        &krate,
        "rename the function, or write `#[hot::export(handle = other_name)]`",
        &mut errors,
    );
    check::callable(&callable, &mut errors);
    check::attributes(&function.attrs, &mut errors);
    if !options.direct {
        check::caller(&function.attrs, "; `direct` keeps it for plain calls", &mut errors);
    }
    check::definition_name(options.name.as_ref(), &mut errors);
    if let Err(error) = errors.propagate() {
        return beside(item, &error);
    }
    if left_to_rustc(&callable) {
        return item;
    }

    let tokens = tokens::hash(item.clone());
    let last =
        options.name.as_ref().map_or_else(|| callable.ident.unraw().to_string(), LitStr::value);
    let body = if options.direct && !callable.aborts() {
        callable.ident.clone()
    } else {
        moved::body_name(&callable.ident)
    };
    let item = if body == callable.ident {
        // It stays untouched and first.
        item
    } else {
        let Function { attrs, vis, sig, body: block } = &function;
        let written = |body| Written { attrs, vis, sig, callable: &callable, body };
        if options.direct {
            written(block).split(|args| quote!(#body(#(#args),*)))
        } else {
            let recursive = recursion::in_body(sig, block, &body);
            written(recursive.as_ref().unwrap_or(block))
                .split(|args| quote!(<#name>::handle()(#(#args),*)))
        }
    };
    let accessor = accessor::expand(&Accessor {
        krate: &krate,
        cfg: &[],
        place: Place::Type { vis: &function.vis, name, beside_function: *name == callable.ident },
        path: quote!(::core::concat!(::core::module_path!(), "::", #last)),
        callable: &callable,
        body: Some(quote!(#body)),
        tokens,
        listed: true,
    });
    quote!(#item #accessor)
}
