//! `#[hot::export]`.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{LitStr, ext::IdentExt};

use crate::{
    check,
    errors::{Errors, beside},
    expand::{
        accessor::{self, Accessor, Place},
        future::{Owned, Replaced, Suspends},
        literals,
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
    let options = Options::parse(
        options,
        &["name", "handle", "direct", "local", "tweak", "crate"],
        &mut errors,
    );
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
    let krate = options.krate();
    let boxed = Suspends::boxed(&function.sig, &krate);
    let mut callable = match &boxed {
        Some(boxed) => boxed.callable(opaque.clone()),
        None => Callable::of(&function.sig, opaque.clone()),
    };
    let handle = options.handle.as_ref().filter(|handle| **handle != function.sig.ident);
    let ident = callable.ident.clone();
    let name = handle.unwrap_or(&ident);
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
    if options.local && callable.beyond.asyncness.is_none() {
        errors.on(
            &function.sig.ident,
            "`local` is for an `async fn`, whose future stays on its thread",
        );
    }
    if let Err(error) = errors.propagate() {
        return beside(item, &error);
    }
    if left_to_rustc(&callable) {
        return item;
    }

    let tokens = tokens::hash(item.clone());
    let last =
        options.name.as_ref().map_or_else(|| callable.ident.unraw().to_string(), LitStr::value);
    let path = quote!(::core::concat!(::core::module_path!(), "::", #last));
    let tweaked = options.tweak.then(|| literals::in_body(&function.body, &path, &krate)).flatten();
    let item = match tweaked {
        Some(body) => {
            function.body = body;
            quote!(#function)
        }
        None => item,
    };
    let mut body = if options.direct && !callable.aborts() {
        callable.ident.clone()
    } else {
        moved::body_name(&callable.ident)
    };
    let suspends = boxed
        .or_else(|| Suspends::async_fn(&function.sig, options.local, &Owned::default(), &krate));
    let item = match suspends {
        Some(suspends) if options.direct => {
            callable = suspends.callable(opaque);
            body = moved::body_name(&callable.ident);
            let beside = suspends.beside(&body);
            quote!(#item #beside)
        }
        Some(suspends) => {
            callable = suspends.callable(opaque);
            let Function { attrs, vis, sig, body: block } = &function;
            let recursive = recursion::in_body(sig, block, &body);
            let block = recursive.as_ref().unwrap_or(block);
            let Replaced { written, attrs, body: block } =
                suspends.replace(attrs, sig, block, &TokenStream::new());
            let front = Written {
                attrs: &attrs,
                vis,
                sig: &suspends.sig,
                callable: &callable,
                body: &block,
            };
            let front = front.split(|args| quote!(<#name>::handle()(#(#args),*)));
            quote!(#written #front)
        }
        // It stays untouched and first.
        None if body == callable.ident => item,
        None => {
            let Function { attrs, vis, sig, body: block } = &function;
            let written = |body| Written { attrs, vis, sig, callable: &callable, body };
            if options.direct {
                written(block).split(|args| quote!(#body(#(#args),*)))
            } else {
                let recursive = recursion::in_body(sig, block, &body);
                written(recursive.as_ref().unwrap_or(block))
                    .split(|args| quote!(<#name>::handle()(#(#args),*)))
            }
        }
    };
    let accessor = accessor::expand(&Accessor {
        krate: &krate,
        cfg: &[],
        place: Place::Type { vis: &function.vis, name, beside_function: *name == callable.ident },
        path,
        callable: &callable,
        body: Some(quote!(#body)),
        tokens,
        listed: true,
    });
    quote!(#item #accessor)
}
