//! Moving a function's body to a hidden function, so that the function itself becomes a call.

use proc_macro2::{Delimiter, Group, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{Attribute, FnArg, Ident, Meta, Pat, Signature, Visibility, ext::IdentExt};

use crate::parse::callable::Callable;

/// A function as it was written; the body is rustc's business, and half-written in an editor.
pub(crate) struct Written<'a> {
    pub(crate) attrs: &'a [Attribute],
    pub(crate) vis: &'a Visibility,
    pub(crate) sig: &'a Signature,
    pub(crate) callable: &'a Callable,
    pub(crate) body: &'a TokenTree,
}

/// The name of the function that holds the body of `name`.
pub(crate) fn body_name(name: &Ident) -> Ident {
    format_ident!("__hot_body_{}", name.unraw(), span = name.span())
}

impl Written<'_> {
    /// The function whose body is now what `call` makes of its arguments, and the hidden one with
    /// the body that was written.
    pub(crate) fn split(&self, call: impl FnOnce(&[TokenStream]) -> TokenStream) -> TokenStream {
        let Written { attrs, vis, sig, callable, body } = self;
        let (front, arguments) = passed_on(sig);
        let call = callable.promised(call(&arguments));
        // As wide as the function that was written: there rustc says where it is defined.
        let mut block = Group::new(Delimiter::Brace, call);
        block.set_span(body.span());
        let (front_attrs, body_attrs) = distribute(attrs);
        let mut behind = (*sig).clone();
        behind.ident = body_name(&sig.ident);
        behind.abi = None;
        quote! {
            #(#front_attrs)*
            #[allow(dead_code, reason = "its callers may be in other images")]
            #[inline]
            #vis #front #block

            #(#body_attrs)*
            #[doc(hidden)]
            #behind #body
        }
    }
}

/// The signature with plain parameters, and what passes them on.
pub(crate) fn passed_on(sig: &Signature) -> (Signature, Vec<TokenStream>) {
    let mut front = sig.clone();
    let mut arguments = Vec::new();
    for (index, input) in front.inputs.iter_mut().enumerate() {
        arguments.push(match input {
            FnArg::Receiver(receiver) => {
                if let syn::ReceiverKind::Value | syn::ReceiverKind::Typed(..) = receiver.kind {
                    receiver.mutability = None;
                }
                receiver.self_token.to_token_stream()
            }
            FnArg::Typed(input) => {
                input.attrs.clear();
                // Editors show the names of plain parameters.
                let name = match &*input.pat {
                    Pat::Ident(name) if name.subpat.is_none() => name.ident.clone(),
                    _ => format_ident!("__hot_{index}"),
                };
                *input.pat = syn::parse_quote!(#name);
                name.into_token_stream()
            }
        });
    }
    (front, arguments)
}

/// What callers, linkers and readers look at stays in front; what concerns the body goes with it;
/// conditions and lint levels are for both.
pub(crate) fn distribute(attrs: &[Attribute]) -> (Vec<TokenStream>, Vec<TokenStream>) {
    let (mut front, mut behind) = (Vec::new(), Vec::new());
    for attr in attrs {
        let tokens = attr.to_token_stream();
        let name = attr.path().get_ident().map(Ident::to_string).unwrap_or_default();
        match name.as_str() {
            "doc" | "must_use" | "deprecated" | "no_mangle" | "export_name" | "link_section"
            | "unsafe" | "track_caller" => front.push(tokens),
            "cfg" | "cfg_attr" | "allow" | "warn" | "deny" | "forbid" => {
                front.push(tokens.clone());
                behind.push(tokens);
            }
            // What is expected happens in one of them.
            "expect" => {
                if let Meta::List(list) = &attr.meta {
                    let lints = &list.tokens;
                    front.push(quote!(#[allow(#lints)]));
                    behind.push(quote!(#[allow(#lints)]));
                }
            }
            _ => behind.push(tokens),
        }
    }
    (front, behind)
}
