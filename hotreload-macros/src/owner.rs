//! A method's signature as a free function has it: no `self`, no `Self`, lifetimes with names where
//! leaving them out would mean another one.

use std::collections::HashSet;

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::{
    Expr, ExprPath, FnArg, GenericParam, Generics, Lifetime, Path, Receiver, ReceiverKind,
    ReturnType, Signature, Type, TypePath, TypeReference,
    visit_mut::{self, VisitMut},
};

use crate::{
    check::{self, mentioned_lifetimes},
    signature::parameters,
};

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
    /// `methods` are the signatures in the block.
    pub(crate) fn new<'b>(
        ty: &Type,
        generics: &'a Generics,
        methods: impl Iterator<Item = &'b Signature>,
    ) -> Self {
        let mut lifetimes: Vec<_> =
            generics.lifetimes().map(|param| param.lifetime.clone()).collect();
        let mut used: HashSet<_> =
            lifetimes.iter().map(|lifetime| lifetime.ident.to_string()).collect();
        for sig in methods {
            used.extend(sig.generics.lifetimes().map(|param| param.lifetime.ident.to_string()));
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

    /// The signature as a free function has it. None if rustc rejects it.
    pub(crate) fn free(&self, sig: &Signature) -> Option<Signature> {
        let mut free = sig.clone();
        let mut receives = false;
        for input in &mut free.inputs {
            if let FnArg::Receiver(receiver) = input {
                receives = true;
                let ty = receiver_type(receiver);
                *input = syn::parse_quote!(__hot_self: #ty);
            }
        }
        let mut elided = free.clone();
        self.write_out(&mut elided);
        resolve_elided(&mut free, receives, &self.lifetimes)?;
        self.write_out(&mut free);
        if check::lifetimes_in_parameters(&elided) == 1 {
            // It means the same as it was written.
            free = elided;
        }
        let mut mentioned = HashSet::new();
        for ty in parameters(&free) {
            mentioned.extend(mentioned_lifetimes(ty));
        }
        if let ReturnType::Type(_, ty) = &free.output {
            mentioned.extend(mentioned_lifetimes(ty));
        }
        for lifetime in self.lifetimes.iter().filter(|lifetime| mentioned.contains(lifetime)) {
            let declared = self.generics.lifetimes().find(|param| param.lifetime == *lifetime);
            let param = declared.cloned().unwrap_or_else(|| syn::parse_quote!(#lifetime));
            free.generics.params.insert(0, GenericParam::Lifetime(param));
        }
        Some(free)
    }

    /// Replaces `Self`.
    fn write_out(&self, sig: &mut Signature) {
        for input in &mut sig.inputs {
            if let FnArg::Typed(input) = input {
                Named(self).visit_type_mut(&mut input.ty);
            }
        }
        Named(self).visit_return_type_mut(&mut sig.output);
    }
}

/// The type of `self`, in terms of `Self`.
pub(crate) fn receiver_type(receiver: &Receiver) -> Type {
    match &receiver.kind {
        ReceiverKind::Reference(and, lifetime, mutability) => {
            syn::parse_quote!(#and #lifetime #mutability Self)
        }
        ReceiverKind::Typed(_, ty) => (**ty).clone(),
        _ => syn::parse_quote!(Self),
    }
}

/// Names the lifetime that elided ones of the result mean: `self`'s, or the only one there is.
pub(crate) fn resolve_elided(
    sig: &mut Signature,
    receives: bool,
    of_block: &[Lifetime],
) -> Option<()> {
    let ReturnType::Type(_, result) = &mut sig.output else { return Some(()) };
    let mut elided = 0;
    for_elided(&mut result.clone(), |_| elided += 1);
    if elided == 0 {
        return Some(());
    }
    let declared = sig.generics.lifetimes().map(|param| &param.lifetime).chain(of_block);
    let used: HashSet<_> = declared.map(|lifetime| lifetime.ident.to_string()).collect();
    let mut source = None;
    let mut several = false;
    let mut is_self = receives;
    for input in &mut sig.inputs {
        let FnArg::Typed(input) = input else { continue };
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
        All(&mut name).visit_type_mut(&mut input.ty);
        if std::mem::take(&mut is_self) && source.is_some() {
            several = false;
            break;
        }
    }
    let source = source.filter(|_| !several)?;
    for_elided(result, |lifetime| *lifetime = Some(source.clone()));
    let declared = sig.generics.lifetimes().any(|param| param.lifetime == source);
    if !declared && source.ident != "static" && !of_block.contains(&source) {
        sig.generics.params.insert(0, syn::parse_quote!(#source));
    }
    Some(())
}

/// A lifetime of a name that is not used.
fn fresh(name: &str, used: &HashSet<String>) -> Lifetime {
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
