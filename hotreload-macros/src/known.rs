//! What a type of a signature is, whatever it is called there: its name in the records, and what
//! describes it.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::{
    Lifetime, Path, Signature, Type, TypeReference,
    spanned::Spanned,
    visit_mut::{self, VisitMut},
};

use crate::{
    closure::Closure,
    opaque::{Markers, OpaqueParts},
    signature::is_never,
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
        let mut types = opaque.hide(sig, krate, markers);
        if is_never(sig) {
            *types.last_mut().expect("there is a result") =
                syn::parse_quote!(::core::convert::Infallible);
        }
        types.iter().map(Known::of).collect()
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
