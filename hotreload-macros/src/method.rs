//! `#[hot::export]` on an `impl` block: its plain `pub` methods become hot calls.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::{GenericParam, LitStr, Path, ext::IdentExt};

use crate::{
    check,
    errors::{Errors, beside},
    expand::{
        accessor::{self, Accessor, Place},
        future::{Owned, Replaced, Suspends},
        literals,
        moved::{Written, body_name},
        tokens,
    },
    parse::{
        block::{Block, Item, Method},
        callable::Callable,
        options::Options,
        owner::{Owner, each_lifetime},
    },
    types::{lifetimes::left_to_rustc, signature::name_of},
};

/// Ends each error about a method.
const WAY_OUT: &str = "; `#[hot(skip)]` leaves the method out";

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(options, &["name", "local", "tweak", "crate"], &mut errors);
    let mut block = match syn::parse2::<Block>(item.clone()) {
        Ok(block) => block,
        Err(error) => {
            errors.push(error);
            let error = errors.propagate().expect_err("one was pushed");
            return beside(item, &error);
        }
    };
    check::definition_name(options.name.as_ref(), &mut errors);
    block.take_helpers(&mut errors);
    block.check(&mut errors);
    let krate = options.krate();
    if options.tweak && errors.is_empty() {
        block.tweak(options.name.as_ref(), &krate);
    }
    let hot = if block.of_trait.is_none() {
        block.hot(options.local, &krate, &mut errors)
    } else {
        Vec::new()
    };
    match errors.propagate() {
        Ok(()) => block.expand(&hot, &krate, options.name.as_ref()),
        // Without the helper attributes, which rustc does not know.
        Err(error) => beside(block.into_token_stream(), &error),
    }
}

impl Block {
    fn check(&self, errors: &mut Errors) {
        if let Some((of_trait, _)) = &self.of_trait {
            errors.on(
                of_trait,
                "a trait's methods cannot be hot: callers reach them through the trait, without a \
                 slot; write the body as a `pub` method of the type, export that `impl` block, and \
                 call it from here",
            );
            return;
        }
        for param in &self.generics.params {
            match param {
                GenericParam::Lifetime(param) if param.bounds.is_empty() => {}
                GenericParam::Lifetime(param) => errors.on(
                    param,
                    "a lifetime with bounds is early-bound, which a function pointer cannot \
                     express: leave the bound out, or export methods that do without it from \
                     another `impl` block",
                ),
                param => errors.on(
                    param,
                    "methods of a generic `impl` cannot be hot: a bundle holds one body for each \
                     name; export an `impl` block for each type that is used, `impl World<u32>`",
                ),
            }
        }
        if let Some(clause) = &self.generics.where_clause {
            errors.on(
                clause,
                "a where-clause cannot be expressed in a function pointer: leave it out",
            );
        }
        if !self.items.iter().any(|item| matches!(item, Item::Method(method) if method.is_hot())) {
            errors.on(
                self.impl_token,
                "nothing in this `impl` block is hot: only plain `pub` methods are",
            );
        }
    }

    fn owner(&self) -> Owner<'_> {
        let methods = self.items.iter().filter_map(|item| match item {
            Item::Method(method) => Some(&method.callable),
            Item::Other(_) => None,
        });
        Owner::new(&self.owner, &self.generics, methods)
    }

    /// Has the literals of all functions read.
    fn tweak(&mut self, name: Option<&LitStr>, krate: &Path) {
        let of = self.definition(name);
        for item in &mut self.items {
            let Item::Method(method) = item else { continue };
            let path = in_module(&format!("{of}::{}", method.sig.ident.unraw()));
            if method.sig.constness.is_none()
                && let Some(body) = literals::in_body(&method.body, &path, krate)
            {
                method.body = body;
            }
        }
    }

    /// The type in the paths of the methods.
    fn definition(&self, name: Option<&LitStr>) -> String {
        name.map_or_else(|| name_of(&self.owner), LitStr::value)
    }

    fn owned(&self) -> Owned {
        let lifetimes: Vec<_> =
            self.generics.lifetimes().map(|param| param.lifetime.clone()).collect();
        let has_lifetimes = !lifetimes.is_empty() || !each_lifetime(&self.owner).is_empty();
        Owned { lifetimes, has_lifetimes }
    }

    /// The hot methods; none if rustc rejects one of them.
    fn hot(&self, local: bool, krate: &Path, errors: &mut Errors) -> Vec<Hot<'_>> {
        let owner = self.owner();
        if local && !self.items.iter().any(Item::is_async) {
            errors.on(self.impl_token, "`local` is for the futures of `async fn`s: there are none");
        }
        let mut hot = Vec::new();
        let mut is_left = false;
        errors.way_out = WAY_OUT;
        for item in &self.items {
            let Item::Method(method) = item else { continue };
            if !method.is_hot() {
                continue;
            }
            check::attributes(&method.attrs, errors);
            check::caller(&method.attrs, "", errors);
            let boxed = Suspends::boxed(&method.sig, krate);
            let opaque = || method.callable.opaque.clone();
            let written = boxed.as_ref().map(|boxed| boxed.callable(opaque()));
            let Some(callable) = owner.free(written.as_ref().unwrap_or(&method.callable)) else {
                is_left = true;
                continue;
            };
            check::callable(&callable, errors);
            is_left |= left_to_rustc(&callable);
            let suspends =
                boxed.or_else(|| Suspends::async_fn(&method.sig, local, &self.owned(), krate));
            let callable = match &suspends {
                Some(suspends) => owner.free(&suspends.callable(opaque())),
                None => Some(callable),
            };
            match callable {
                Some(callable) => hot.push(Hot { method, callable, suspends }),
                None => is_left = true,
            }
        }
        if is_left { Vec::new() } else { hot }
    }

    fn expand(&self, hot: &[Hot<'_>], krate: &Path, name: Option<&LitStr>) -> TokenStream {
        let owner = self.owner();
        let of = self.definition(name);
        let (mut items, mut accessors) = (TokenStream::new(), TokenStream::new());
        for item in &self.items {
            let found = hot.iter().find(
                |hot| matches!(item, Item::Method(method) if std::ptr::eq(hot.method, &**method)),
            );
            let Some(Hot { method, callable, suspends }) = found else {
                item.to_tokens(&mut items);
                continue;
            };
            let ident = &callable.ident;
            let call = format_ident!("__hot_call_{}", ident.unraw(), span = ident.span());
            let Method { attrs, vis, sig, body, .. } = &**method;
            let tokens = tokens::hash(quote!(#(#attrs)* #vis #sig #body));
            let replaced =
                suspends.as_ref().map(|it| it.replace(attrs, sig, body, &quote!(Self::)));
            let written = match (suspends, &replaced) {
                (Some(suspends), Some(Replaced { written, attrs, body })) => {
                    items.extend(written.clone());
                    Written { attrs, vis, sig: &suspends.sig, callable, body }
                }
                _ => Written { attrs, vis, sig, callable, body },
            };
            items.extend(written.split(|args| quote!(Self::#call(#(#args),*))));
            let cfg: Vec<_> = attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect();
            let (elided, behind) = (&owner.elided, body_name(ident));
            let path = format!("{of}::{}", ident.unraw());
            accessors.extend(accessor::expand(&Accessor {
                krate,
                cfg: &cfg,
                place: Place::Method { name: call, owner: elided, concrete: &owner.concrete },
                path: in_module(&path),
                callable,
                body: Some(quote!(<#elided>::#behind)),
                tokens,
                listed: true,
            }));
        }
        let block = self.with_items(items);
        quote!(#block #accessors)
    }
}

/// The whole path of what is called so in the block's module.
fn in_module(path: &str) -> TokenStream {
    quote!(::core::concat!(::core::module_path!(), "::", #path))
}

/// A method that becomes a hot call.
struct Hot<'a> {
    method: &'a Method,
    /// As a free function: no `self`, no `Self`.
    callable: Callable,
    suspends: Option<Suspends>,
}
