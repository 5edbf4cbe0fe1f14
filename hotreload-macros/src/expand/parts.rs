//! Where the generic types in a signature or a field are looked at with their arguments: see
//! `follow` in hotreload/types/src/lifetimes.rs.

use std::collections::BTreeSet;

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::{quote, quote_spanned};
use syn::{GenericParam, Lifetime, LifetimeParam, Macro, Path, Type, visit_mut::VisitMut};

use crate::{
    expand::known::{lifetimes_of, of_versioned},
    parse::owner::{for_elided, resolve_elided},
    types::{
        closure::{Closure, peel},
        lifetimes::mentioned_lifetimes,
    },
};

/// The roots of a signature, whose result says what it elides: one for each lifetime that is seen in
/// its types, and one for those that paths hide.
pub(super) fn of_signature(types: &[Type], krate: &Path) -> Vec<TokenStream> {
    let mut all = Vec::new();
    for ty in types {
        match Closure::of(ty) {
            None => all.push(ty.clone()),
            Some(closure) => all.extend(of_closure(&closure)),
        }
    }
    let mut count = 0;
    for ty in &mut all {
        for_elided(ty, |lifetime| {
            *lifetime = Some(Lifetime::new(&format!("'__hot_{count}"), Span::mixed_site()));
            count += 1;
        });
    }
    let leaves = leaves(&all);
    let mut roots = of_named(&leaves, krate);
    roots.extend(root(None, leaves.iter().copied(), krate));
    roots
}

/// The roots of a field of a type that is not generic. It hides no lifetime.
pub(crate) fn of_field(ty: &Type, krate: &Path) -> Vec<TokenStream> {
    of_named(&leaves(std::slice::from_ref(ty)), krate)
}

/// The parts of all the types.
pub(crate) fn of_types(types: &[&Type], krate: &Path) -> TokenStream {
    match types {
        [] => quote!(()),
        [ty] => of_versioned(ty, krate, "Parts"),
        _ => {
            // Halves: rustc bounds how deep types are.
            let (left, right) = types.split_at(types.len() / 2);
            let (left, right) = (of_types(left, krate), of_types(right, krate));
            quote_spanned! {Span::mixed_site()=>
                <#left as #krate::rt::versioned::Parts>::And<#right>
            }
        }
    }
}

/// The parameters and the result.
fn of_closure(closure: &Closure<'_>) -> Vec<Type> {
    let (inputs, output) = closure.types();
    let mut inputs: Vec<_> = inputs.cloned().collect();
    let Some(output) = output else { return inputs };
    let mut output = output.clone();
    let binder = closure.bound().lifetimes.iter().flat_map(|binder| &binder.lifetimes);
    let mut binder: Vec<LifetimeParam> = binder
        .filter_map(|param| match param {
            GenericParam::Lifetime(param) => Some(param.clone()),
            _ => None,
        })
        .collect();
    // Where it gives none there is nothing elided that could be seen.
    let _ = resolve_elided(inputs.iter_mut(), &mut output, &mut binder, false, &[]);
    inputs.push(output);
    inputs
}

/// What types of the language are made of: these have no fields.
fn leaves(types: &[Type]) -> Vec<&Type> {
    let mut todo: Vec<_> = types.iter().rev().collect();
    let mut leaves = Vec::new();
    while let Some(ty) = todo.pop() {
        match peel(ty) {
            Type::Reference(ty) => todo.push(&ty.elem),
            Type::Ptr(ty) => todo.push(&ty.elem),
            Type::Slice(ty) => todo.push(&ty.elem),
            Type::Array(ty) => todo.push(&ty.elem),
            Type::Tuple(ty) => todo.extend(ty.elems.iter().rev()),
            Type::Never(_) => {}
            ty => leaves.push(ty),
        }
    }
    leaves
}

fn of_named(leaves: &[&Type], krate: &Path) -> Vec<TokenStream> {
    let mentioned: Vec<_> = leaves.iter().map(|ty| (*ty, lifetimes(ty))).collect();
    let named: BTreeSet<_> = mentioned.iter().flat_map(|(_, lifetimes)| lifetimes).collect();
    let named = named.into_iter().filter(|lifetime| lifetime.ident != "static");
    let one = |lifetime: &Lifetime| {
        let of = mentioned.iter().filter(|(_, lifetimes)| lifetimes.contains(lifetime));
        root(Some(lifetime), of.map(|(ty, _)| *ty), krate)
    };
    named.filter_map(one).collect()
}

/// The parts of the types for one lifetime, or for those that are elided. All others are `'static`.
fn root<'a>(
    lifetime: Option<&Lifetime>,
    types: impl Iterator<Item = &'a Type>,
    krate: &Path,
) -> Option<TokenStream> {
    let types: Vec<_> = types.map(|ty| only(ty, lifetime)).collect();
    let parts = of_types(&types.iter().collect::<Vec<_>>(), krate);
    let lifetimes = types.iter().map(|ty| lifetimes_of(ty, krate));
    let binder = lifetime.map(|lifetime| quote!(for<#lifetime>));
    (!types.is_empty()).then(|| {
        quote_spanned! {Span::mixed_site()=>
            #krate::rt::versioned::follow::<
                #binder fn(&#lifetime ()) -> ::core::marker::PhantomData<
                    <#parts as #krate::rt::versioned::Parts>::Named<(#(#lifetimes,)*)>
                >
            >
        }
    })
}

/// The type with `'static` for all of its lifetimes but one.
fn only(ty: &Type, lifetime: Option<&Lifetime>) -> Type {
    let mut others = lifetimes(ty);
    others.retain(|other| Some(other) != lifetime);
    let mut ty = ty.clone();
    Each(&mut |lifetime| {
        if others.contains(lifetime) {
            *lifetime = Lifetime::new("'static", lifetime.span());
        }
    })
    .visit_type_mut(&mut ty);
    ty
}

/// The lifetimes with names that a type mentions, those too that it passes to a macro.
pub(crate) fn lifetimes(ty: &Type) -> Vec<Lifetime> {
    struct Passed(Vec<Lifetime>);
    impl VisitMut for Passed {
        fn visit_macro_mut(&mut self, mac: &mut Macro) {
            Each(&mut |lifetime| self.0.push(lifetime.clone())).visit_macro_mut(mac);
        }
    }
    let mut passed = Passed(mentioned_lifetimes(ty));
    passed.visit_type_mut(&mut ty.clone());
    passed.0
}

/// Visits lifetimes, those in the tokens of macros too.
struct Each<'a>(&'a mut dyn FnMut(&mut Lifetime));

impl Each<'_> {
    fn tokens(&mut self, tokens: TokenStream) -> TokenStream {
        let mut all = Vec::new();
        for token in tokens {
            all.push(match token {
                TokenTree::Group(group) => {
                    let mut within = Group::new(group.delimiter(), self.tokens(group.stream()));
                    within.set_span(group.span());
                    TokenTree::Group(within)
                }
                TokenTree::Ident(ident) if is_quote(all.last()) => {
                    let mut lifetime = Lifetime::new(&format!("'{ident}"), ident.span());
                    (self.0)(&mut lifetime);
                    TokenTree::Ident(lifetime.ident)
                }
                other => other,
            });
        }
        all.into_iter().collect()
    }
}

fn is_quote(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(quote)) if quote.as_char() == '\'')
}

impl VisitMut for Each<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        (self.0)(lifetime);
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        mac.tokens = self.tokens(std::mem::take(&mut mac.tokens));
    }
}
