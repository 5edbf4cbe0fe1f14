//! A method's signature as a free function has it: no `self`, no `Self`, lifetimes with names where
//! leaving them out would mean another one.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{
    Expr, ExprPath, Generics, Lifetime, LifetimeParam, Path, Type, TypePath, TypeReference,
    visit_mut::{self, VisitMut},
};

use super::callable::Callable;
use crate::types::lifetimes::{lifetimes_in_parameters, mentioned_lifetimes};

/// The type that the block is of.
pub(crate) struct Owner<'a> {
    /// The block's lifetimes, and those that its header elides.
    lifetimes: Vec<Lifetime>,
    generics: &'a Generics,
    /// With a name for each lifetime.
    named: Type,
    /// With `'_` for each.
    pub(crate) elided: Type,
    /// With `'static` for each.
    pub(crate) concrete: Type,
}

impl<'a> Owner<'a> {
    /// `methods` are the block's.
    pub(crate) fn new<'b>(
        ty: &Type,
        generics: &'a Generics,
        methods: impl Iterator<Item = &'b Callable>,
    ) -> Self {
        let mut lifetimes: Vec<_> =
            generics.lifetimes().map(|param| param.lifetime.clone()).collect();
        let mut used: HashSet<_> =
            lifetimes.iter().map(|lifetime| lifetime.ident.to_string()).collect();
        for method in methods {
            used.extend(method.lifetimes.iter().map(|param| param.lifetime.ident.to_string()));
        }
        let mut named = ty.clone();
        for_elided(&mut named, |lifetime| {
            let name = fresh("of", &used);
            used.insert(name.ident.to_string());
            lifetimes.push(name.clone());
            *lifetime = Some(name);
        });
        let all = |name: &str| {
            let name = Lifetime::new(name, Span::call_site());
            let mut ty = named.clone();
            Rename(&mut |lifetime| {
                if lifetimes.contains(lifetime) {
                    *lifetime = name.clone();
                }
            })
            .visit_type_mut(&mut ty);
            ty
        };
        let (elided, concrete) = (all("'_"), all("'static"));
        Owner { generics, lifetimes, named, elided, concrete }
    }

    /// The method as a free function has it. None if rustc rejects it.
    pub(crate) fn free(&self, method: &Callable) -> Option<Callable> {
        let mut free = method.clone();
        let receives = free.beyond.receiver.take().is_some();
        let mut elided = free.clone();
        self.write_out(&mut elided);
        let Callable { inputs, output, lifetimes, .. } = &mut free;
        if let Some(result) = output.ty_mut() {
            let inputs = inputs.iter_mut().map(|input| &mut input.ty);
            resolve_elided(inputs, result, lifetimes, receives, &self.lifetimes)?;
        }
        self.write_out(&mut free);
        if lifetimes_in_parameters(&elided) == 1 {
            // It means the same as it was written.
            free = elided;
        }
        let mentioned: HashSet<_> =
            free.types().chain(free.output.ty()).flat_map(mentioned_lifetimes).collect();
        for lifetime in self.lifetimes.iter().filter(|lifetime| mentioned.contains(lifetime)) {
            let declared = self.generics.lifetimes().find(|param| param.lifetime == *lifetime);
            let param = declared.cloned().unwrap_or_else(|| syn::parse_quote!(#lifetime));
            free.lifetimes.insert(0, param);
        }
        Some(free)
    }

    /// Replaces `Self`.
    fn write_out(&self, callable: &mut Callable) {
        let types = callable.inputs.iter_mut().map(|input| &mut input.ty);
        types.chain(callable.output.ty_mut()).for_each(|ty| Named(self).visit_type_mut(ty));
    }
}

/// Names the lifetime that elided ones of the result mean: `self`'s, or the only one there is. One
/// that it makes is added to those that are `declared`.
pub(crate) fn resolve_elided<'a>(
    inputs: impl Iterator<Item = &'a mut Type>,
    result: &mut Type,
    declared: &mut Vec<LifetimeParam>,
    receives: bool,
    of_block: &[Lifetime],
) -> Option<()> {
    let mut elided = 0;
    for_elided(&mut result.clone(), |_| elided += 1);
    if elided == 0 {
        return Some(());
    }
    let known = declared.iter().map(|param| &param.lifetime).chain(of_block);
    let used: HashSet<_> = known.map(|lifetime| lifetime.ident.to_string()).collect();
    let mut source = None;
    let mut several = false;
    let mut is_self = receives;
    for ty in inputs {
        let mut name = |lifetime: &mut Option<Lifetime>| {
            let known = lifetime.clone().filter(|lifetime| lifetime.ident != "_");
            if source.is_none() {
                let name = known.unwrap_or_else(|| fresh("this", &used));
                *lifetime = Some(name.clone());
                source = Some(name);
            } else {
                several |= known.is_none() || known != source;
            }
        };
        All(&mut name).visit_type_mut(ty);
        if std::mem::take(&mut is_self) && source.is_some() {
            several = false;
            break;
        }
    }
    let source = source.filter(|_| !several)?;
    for_elided(result, |lifetime| *lifetime = Some(source.clone()));
    if !used.contains(&source.ident.to_string()) && source.ident != "static" {
        declared.insert(0, syn::parse_quote!(#source));
    }
    Some(())
}

/// A lifetime of a name that is not used.
pub(crate) fn fresh(name: &str, used: &HashSet<String>) -> Lifetime {
    let mut name = name.to_owned();
    while used.contains(&name) {
        name.push('_');
    }
    Lifetime::new(&format!("'{name}"), Span::call_site())
}

/// Visits the lifetimes that references and paths have or elide, outside of closures' signatures.
struct All<'a>(&'a mut dyn FnMut(&mut Option<Lifetime>));

impl VisitMut for All<'_> {
    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        (self.0)(&mut reference.lifetime);
        self.visit_type_mut(&mut reference.elem);
    }

    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        let mut one = Some(lifetime.clone());
        (self.0)(&mut one);
        *lifetime = one.expect("a lifetime is only replaced");
    }

    fn visit_trait_bound_mut(&mut self, _: &mut syn::TraitBound) {}
}

/// The lifetimes that references and paths have, or elide, in the order in which they are written.
pub(crate) fn each_lifetime(ty: &Type) -> Vec<Option<Lifetime>> {
    let mut all = Vec::new();
    All(&mut |lifetime| all.push(lifetime.clone())).visit_type_mut(&mut ty.clone());
    all
}

/// Visits those that are elided.
pub(crate) fn for_elided(ty: &mut Type, mut change: impl FnMut(&mut Option<Lifetime>)) {
    let mut if_elided = |lifetime: &mut Option<Lifetime>| {
        if lifetime.as_ref().is_none_or(|lifetime| lifetime.ident == "_") {
            change(lifetime);
        }
    };
    All(&mut if_elided).visit_type_mut(ty);
}

/// Visits every lifetime that is written.
struct Rename<'a>(&'a mut dyn FnMut(&mut Lifetime));

impl VisitMut for Rename<'_> {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        (self.0)(lifetime);
    }
}

/// Writes the type for `Self`.
struct Named<'a>(&'a Owner<'a>);

impl VisitMut for Named<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::Path(TypePath { qself: None, path, .. }) = ty {
            if path.is_ident("Self") {
                *ty = self.0.named.clone();
                return;
            }
            if let Some((qself, rest)) = within(path, &self.0.named) {
                *ty = syn::parse2(quote!(#qself::#rest)).expect("a qualified path is a type");
                return;
            }
        }
        visit_mut::visit_type_mut(self, ty);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        // A constant in an array's length: lifetimes do not matter to it, and cannot be named.
        if let Expr::Path(ExprPath { qself: None, path, .. }) = expr
            && let Some((qself, rest)) = within(path, &self.0.concrete)
        {
            *expr = syn::parse_quote!(#qself::#rest);
            return;
        }
        visit_mut::visit_expr_mut(self, expr);
    }
}

/// `<T>` and the path's rest, for a path in `Self`.
fn within(path: &Path, owner: &Type) -> Option<(TokenStream, TokenStream)> {
    let mut segments = path.segments.iter();
    let first = segments.next()?;
    if first.ident != "Self" || path.segments.len() == 1 {
        return None;
    }
    Some((quote!(<#owner>), quote!(#(#segments)::*)))
}
