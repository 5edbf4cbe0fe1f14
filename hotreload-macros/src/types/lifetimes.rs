//! The lifetimes that types mention.

use std::collections::HashSet;

use syn::{
    GenericParam, Lifetime, ParenthesizedGenericArguments, TraitBound, Type, TypeInfer,
    TypeReference,
    visit_mut::{self, VisitMut},
};

use crate::parse::callable::Callable;

/// The lifetimes with names that a type mentions, those that it binds itself left out.
pub(crate) fn mentioned_lifetimes(ty: &Type) -> Vec<Lifetime> {
    let mut mentioned = Mentioned::default();
    mentioned.visit_type_mut(&mut ty.clone());
    let mut named: Vec<_> = mentioned.named.into_iter().collect();
    named.sort();
    named
}

/// Whether rustc rejects the signature for a reason that it would repeat for each place where the
/// generated code uses it: an undeclared lifetime, an elided one that is ambiguous, a `_`.
pub(crate) fn left_to_rustc(callable: &Callable) -> bool {
    let (parameters, result) = lifetimes(callable);
    let declared = |lifetime: &Lifetime| lifetime.ident == "static" || callable.declares(lifetime);
    let undeclared = parameters.named.iter().chain(&result.named).any(|named| !declared(named));
    let ambiguous = result.elided > 0 && parameters.elided + parameters.named.len() > 1;
    undeclared || ambiguous || parameters.left_to_rustc || result.left_to_rustc
}

/// How many different lifetimes can be seen in the parameters.
pub(crate) fn lifetimes_in_parameters(callable: &Callable) -> usize {
    let (parameters, _) = lifetimes(callable);
    parameters.elided + parameters.named.len()
}

/// What the parameters and the result mention.
pub(crate) fn lifetimes(callable: &Callable) -> (Mentioned, Mentioned) {
    let (mut parameters, mut result) = (Mentioned::default(), Mentioned::default());
    callable.types().for_each(|ty| parameters.visit_type_mut(&mut ty.clone()));
    callable.output.ty().into_iter().for_each(|ty| result.visit_type_mut(&mut ty.clone()));
    (parameters, result)
}

/// What a type mentions.
#[derive(Default)]
pub(crate) struct Mentioned {
    /// Without those that a closure's type binds.
    pub(crate) named: HashSet<Lifetime>,
    /// Elided lifetimes that can be seen: a path may hide others, a closure's own are not counted.
    pub(crate) elided: usize,
    /// A `_`, or an elided lifetime in a closure's result that could be several.
    left_to_rustc: bool,
}

impl VisitMut for Mentioned {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if lifetime.ident == "_" {
            self.elided += 1;
        } else {
            self.named.insert(lifetime.clone());
        }
    }

    fn visit_type_reference_mut(&mut self, reference: &mut TypeReference) {
        self.elided += usize::from(reference.lifetime.is_none());
        visit_mut::visit_type_reference_mut(self, reference);
    }

    fn visit_type_infer_mut(&mut self, _: &mut TypeInfer) {
        self.left_to_rustc = true;
    }

    fn visit_trait_bound_mut(&mut self, bound: &mut TraitBound) {
        let mut inside = Mentioned::default();
        inside.visit_path_mut(&mut bound.path);
        for binder in bound.lifetimes.iter().flat_map(|binder| &binder.lifetimes) {
            if let GenericParam::Lifetime(binder) = binder {
                inside.named.remove(&binder.lifetime);
            }
        }
        self.named.extend(inside.named);
        self.elided += inside.elided;
        self.left_to_rustc |= inside.left_to_rustc;
    }

    fn visit_parenthesized_generic_arguments_mut(
        &mut self,
        arguments: &mut ParenthesizedGenericArguments,
    ) {
        let (mut parameters, mut result) = (Mentioned::default(), Mentioned::default());
        for input in &mut arguments.inputs {
            parameters.visit_type_mut(&mut input.ty);
        }
        result.visit_return_type_mut(&mut arguments.output);
        let ambiguous = result.elided > 0 && parameters.elided + parameters.named.len() != 1;
        self.left_to_rustc |= ambiguous || parameters.left_to_rustc || result.left_to_rustc;
        self.named.extend(parameters.named.into_iter().chain(result.named));
    }
}
