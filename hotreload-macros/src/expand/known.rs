//! What a type of a signature is, whatever it is called there: its name in the records, and what
//! describes it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Lifetime, Path, Type, TypeReference,
    spanned::Spanned,
    visit_mut::{self, VisitMut},
};

use crate::{
    expand::parts,
    parse::{
        callable::Callable,
        opaque::{self, Markers, OpaqueParts},
        owner::{each_lifetime, resolve_elided},
    },
    types::closure::{Closure, peel},
};

/// One type of a signature.
pub(crate) enum Known {
    Type(Type),
    /// Of an exported static.
    Static(Type),
    /// A closure crosses as its parameters and its result.
    Closure {
        what: String,
        types: Vec<Type>,
    },
}

impl Known {
    /// The parameters, then the result.
    pub(crate) fn of_callable(
        callable: &Callable,
        krate: &Path,
        markers: &mut Markers,
    ) -> Vec<Known> {
        OpaqueParts::hide(callable, krate, markers).iter().map(Known::of).collect()
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

    pub(crate) fn of_static(ty: &Type) -> Known {
        Known::Static(without_lifetimes(ty))
    }

    /// Its name, an expression of type `&'static TypeRef`. Where a type is not known rustc says so
    /// on the type's own tokens.
    pub(crate) fn name(&self, krate: &Path) -> TokenStream {
        match self {
            Known::Type(ty) => quote!(<#ty as #krate::Versioned>::REF),
            Known::Static(ty) => quote!(<#ty as #krate::rt::versioned::OfStatic>::REF),
            Known::Closure { what, types } => quote_spanned! {Span::mixed_site()=>
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
        let (types, by) = match self {
            Known::Type(ty) => (std::slice::from_ref(ty), quote!(#krate::Versioned)),
            Known::Static(ty) => {
                (std::slice::from_ref(ty), quote!(#krate::rt::versioned::OfStatic))
            }
            Known::Closure { types, .. } => (&types[..], quote!(#krate::Versioned)),
        };
        types.iter().map(move |ty| quote!(<#ty as #by>::describe))
    }
}

/// What tells where the types of a signature have lifetimes: the type of a function of these, all of
/// them its parameters. A result can have lifetimes that only a path of a parameter hides, which rustc
/// does not take; as a parameter it has one of its own in that place. Of a receiver only the lifetimes are
/// in it, before all others and those without a name, too: a `TypeId` knows bound lifetimes by where they
/// appear first, and a receiver's and another one can change places behind an alias.
pub(crate) fn lifetimes(callable: &Callable, krate: &Path, markers: &mut Markers) -> TokenStream {
    let mut types = OpaqueParts::hide(callable, krate, markers);
    let mut binder = callable.lifetimes.clone();
    let receives = callable.beyond.receiver.is_some();
    let (result, inputs) = types.split_last_mut().expect("there is a result");
    // Where it gives none there is nothing elided that could be seen.
    let _ = resolve_elided(inputs.iter_mut(), result, &mut binder, receives, &[]);
    let (receiver, types) = types.split_at(receives.into());
    let of_receiver: Vec<_> = receiver.iter().flat_map(each_lifetime).collect();
    let one = |ty: &Type| match Closure::of(ty) {
        None => lifetimes_of(ty, krate),
        Some(closure) => {
            let binder = &closure.bound().lifetimes;
            let (inputs, output) = closure.types();
            let types = inputs.chain(output).map(|ty| lifetimes_of(ty, krate));
            quote!(#binder fn(#(#types),*))
        }
    };
    let names = types.iter().map(one);
    let roots = parts::of_signature(types, krate);
    let binder = binder.iter().map(|param| &param.lifetime);
    told(krate, &quote!(for<#(#binder),*> fn(#(&#of_receiver (),)* #(#names),*)), &roots)
}

/// What tells which types are opaque in a signature: the type of a function of these. Where their lifetimes
/// are counts, so all that the signature has come first, by which a `TypeId` knows them.
pub(crate) fn opaque(callable: &Callable, krate: &Path) -> TokenStream {
    let mut types = OpaqueParts::hide(callable, krate, &mut Markers::default());
    let mut binder = callable.lifetimes.clone();
    let receives = callable.beyond.receiver.is_some();
    let (result, inputs) = types.split_last_mut().expect("there is a result");
    // As in `lifetimes`.
    let _ = resolve_elided(inputs.iter_mut(), result, &mut binder, receives, &[]);
    let opaque = opaque::hidden(&mut types);
    if opaque.is_empty() {
        return quote!(());
    }
    let binder: Vec<_> = binder.iter().map(|param| &param.lifetime).collect();
    quote!(for<#(#binder),*> fn(#(&#binder (),)* #(#opaque),*))
}

/// The type of which the `TypeId` is one in all images whose other `TypeId`s can be compared. Where the
/// wrapper of `cargo hotreload` compiles, crates are compiled alike, and their own types have another one
/// with each change of a definition: then any type will do.
pub(crate) fn witness(own: impl ToTokens) -> TokenStream {
    match std::env::var_os("HOTRELOAD_WRAPPER") {
        Some(_) => quote!(()),
        None => own.to_token_stream(),
    }
}

/// What tells lifetimes by the names of types, and by what is found from the roots.
pub(crate) fn told(krate: &Path, names: &TokenStream, roots: &[TokenStream]) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        #krate::rt::versioned::Told::of(::core::any::TypeId::of::<#names>(), &[#(#roots),*])
    }
}

/// Where a type has lifetimes, as its `Versioned` says it.
pub(crate) fn lifetimes_of(ty: &Type, krate: &Path) -> TokenStream {
    // An error within would else be one of every reference.
    if let Type::Reference(TypeReference { lifetime, elem, .. }) = peel(ty) {
        let within = lifetimes_of(elem, krate);
        return quote!((&#lifetime (), #within));
    }
    of_versioned(ty, krate, "Lifetimes")
}

/// What a type's `Versioned` says. That lies where the type does: rustc says one thing of one place once.
pub(crate) fn of_versioned(ty: &Type, krate: &Path, what: &str) -> TokenStream {
    let ty = ty.to_token_stream();
    let spans: Vec<_> = ty.clone().into_iter().map(|token| token.span()).collect();
    let (first, last) = (spans[0], spans[spans.len() - 1]);
    let what = syn::Ident::new(what, last);
    let begin = quote_spanned!(first=> <);
    let end = quote_spanned!(last=> as #krate::Versioned>::#what);
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
