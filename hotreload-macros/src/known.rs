//! What a type of a signature is, whatever it is called there: its name in the records, and what
//! describes it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    FnArg, Lifetime, Path, ReturnType, Signature, Type, TypeReference,
    spanned::Spanned,
    visit_mut::{self, VisitMut},
};

use crate::{
    closure::{Closure, peel},
    opaque::{Markers, OpaqueParts},
    owner::resolve_elided,
    signature::{is_never, parameters},
};

/// One type of a signature.
pub(crate) enum Known {
    Type(Type),
    /// A closure crosses as its parameters and its result.
    Closure {
        what: String,
        types: Vec<Type>,
    },
}

impl Known {
    /// The parameters, then the result.
    pub(crate) fn of_signature(
        sig: &Signature,
        opaque: &OpaqueParts,
        krate: &Path,
        markers: &mut Markers,
    ) -> Vec<Known> {
        types(sig, opaque, krate, markers).iter().map(Known::of).collect()
    }

    pub(crate) fn of(ty: &Type) -> Known {
        match Closure::of(ty) {
            None => Known::Type(without_lifetimes(ty)),
            Some(closure) => {
                let (inputs, output) = closure.types();
                let mut types: Vec<_> = inputs.map(without_lifetimes).collect();
                let unit = || syn::parse_quote!(());
                types.push(output.map_or_else(unit, without_lifetimes));
                Known::Closure { what: closure.what(), types }
            }
        }
    }

    /// Its name, an expression of type `&'static TypeRef`. Where a type is not known rustc says so
    /// on the type's own tokens.
    pub(crate) fn name(&self, krate: &Path) -> TokenStream {
        match self {
            Known::Type(ty) => quote!(<#ty as #krate::Versioned>::REF),
            Known::Closure { what, types } => quote_spanned! {proc_macro2::Span::mixed_site()=>
                const {
                    &#krate::rt::versioned::TypeRef::of_language(
                        #what,
                        const { &[#(<#types as #krate::Versioned>::REF),*] },
                    )
                }
            },
        }
    }

    /// What describes it: expressions of type `fn(&mut Describe)`.
    pub(crate) fn describes(&self, krate: &Path) -> impl Iterator<Item = TokenStream> {
        let types = match self {
            Known::Type(ty) => std::slice::from_ref(ty),
            Known::Closure { types, .. } => types,
        };
        types.iter().map(move |ty| quote!(<#ty as #krate::Versioned>::describe))
    }
}

/// The parameters' types, then the result's, opaque parts replaced.
fn types(sig: &Signature, opaque: &OpaqueParts, krate: &Path, markers: &mut Markers) -> Vec<Type> {
    let mut types = opaque.hide(sig, krate, markers);
    if is_never(sig) {
        *types.last_mut().expect("there is a result") =
            syn::parse_quote!(::core::convert::Infallible);
    }
    types
}

/// Where the types of a signature have lifetimes: the type of a function of these, all of them its
/// parameters. A result can have lifetimes that only a path of a parameter hides, which rustc does not
/// take; as a parameter it has one of its own in that place. `receives`: the first parameter is `self`,
/// which only says what elided lifetimes mean.
pub(crate) fn lifetimes(
    sig: &Signature,
    receives: bool,
    opaque: &OpaqueParts,
    krate: &Path,
    markers: &mut Markers,
) -> TokenStream {
    let mut sig = sig.clone();
    let mut types = types(&sig, opaque, krate, markers).into_iter();
    for input in &mut sig.inputs {
        if let (FnArg::Typed(input), Some(ty)) = (input, types.next()) {
            *input.ty = ty;
        }
    }
    let result = types.next();
    sig.output = syn::parse_quote!(-> #result);
    // Where it gives none there is nothing elided that could be seen.
    let _ = resolve_elided(&mut sig, receives, &[]);
    let one = |ty: &Type| match Closure::of(ty) {
        None => lifetimes_of(ty, krate),
        Some(closure) => {
            let binder = &closure.bound().lifetimes;
            let (inputs, output) = closure.types();
            let types = inputs.chain(output).map(|ty| lifetimes_of(ty, krate));
            quote!(#binder fn(#(#types),*))
        }
    };
    let types = parameters(&sig).skip(receives.into()).map(one);
    let result = match &sig.output {
        ReturnType::Type(_, ty) => Some(one(ty)),
        ReturnType::Default => None,
    };
    let (types, binder) = (types.chain(result), sig.generics.lifetimes());
    let binder = binder.map(|param| &param.lifetime);
    quote!(for<#(#binder),*> fn(#(#types),*))
}

/// Where a type has lifetimes, as its `Versioned` says it. That lies where the type does: rustc says one
/// thing of one place once.
pub(crate) fn lifetimes_of(ty: &Type, krate: &Path) -> TokenStream {
    // An error within would else be one of every reference.
    if let Type::Reference(TypeReference { lifetime, elem, .. }) = peel(ty) {
        let within = lifetimes_of(elem, krate);
        return quote!((&#lifetime (), #within));
    }
    let ty = ty.to_token_stream();
    let spans: Vec<_> = ty.clone().into_iter().map(|token| token.span()).collect();
    let (first, last) = (spans[0], spans[spans.len() - 1]);
    let begin = quote_spanned!(first=> <);
    let end = quote_spanned!(last=> as #krate::Versioned>::Lifetimes);
    quote!(#begin #ty #end)
}

/// The type with `'static` for all of its lifetimes that have a name: names do not say them. What is
/// wrong with a reference is wrong with the type that it refers to, and said there.
fn without_lifetimes(ty: &Type) -> Type {
    struct Replace;
    impl VisitMut for Replace {
        fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
            lifetime.ident = syn::Ident::new("static", lifetime.ident.span());
        }

        fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
            visit_mut::visit_type_reference_mut(self, reference);
            let here = reference.elem.span();
            reference.and_token.span = here;
            if let Some(lifetime) = &mut reference.lifetime {
                lifetime.set_span(here);
            }
            if let Some(mutability) = &mut reference.mutability {
                mutability.span = here;
            }
        }
    }
    let mut ty = ty.clone();
    Replace.visit_type_mut(&mut ty);
    ty
}
