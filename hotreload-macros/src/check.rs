//! The rules for a function that crosses the boundary. What rustc says better is left to rustc.

use std::collections::HashSet;

use syn::{
    FnArg, GenericParam, Ident, Lifetime, Path, ReturnType, Signature, TypeFnPtr, TypeImplTrait,
    TypeInfer, TypeReference, TypeTraitObject,
    ext::IdentExt,
    visit_mut::{self, VisitMut},
};

use crate::{errors::Errors, signature::parameters};

/// Names that resolve in the type namespace without any import: an accessor of that name would
/// take them away from its module.
const PRIMITIVES: &[&str] = &[
    "bool", "char", "str", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64",
    "i128", "isize", "f16", "f32", "f64", "f128",
];

/// Checks an accessor's name; `remedy` says how to choose another.
pub(crate) fn name(accessor: &Ident, krate: &Path, remedy: &str, errors: &mut Errors) {
    let text = accessor.unraw().to_string();
    let hidden = if PRIMITIVES.contains(&text.as_str()) {
        "primitive type"
    } else if text == "std" || text == "core" || krate.segments[0].ident == text {
        "crate"
    } else {
        return;
    };
    errors.on(
        accessor,
        format_args!(
            "the accessor `{text}` would hide the {hidden} of this name in its module: {remedy}"
        ),
    );
}

/// Checks a signature; notes everything that cannot be hot.
pub(crate) fn signature(sig: &Signature, errors: &mut Errors) {
    if let Some(token) = &sig.constness {
        errors.on(token, "a `const fn` cannot be hot: callers evaluate it while they are compiled");
    }
    if let Some(token) = &sig.asyncness {
        errors.on(
            token,
            "an `async fn` cannot be hot yet: its future would keep running code of the generation \
             that made it; export the function that polls or blocks",
        );
    }
    if let Some(variadic) = &sig.variadic {
        errors.on(
            variadic,
            "a variadic function cannot be hot: its arguments have no types to check",
        );
    }
    generics(sig, errors);
    types(sig, errors);
}

fn generics(sig: &Signature, errors: &mut Errors) {
    let (in_parameters, in_result) = lifetimes(sig);
    for param in &sig.generics.params {
        match param {
            GenericParam::Lifetime(param) if !param.bounds.is_empty() => errors.on(
                param,
                "a lifetime with bounds is early-bound, which a function pointer cannot express: \
                 leave the bound out",
            ),
            GenericParam::Lifetime(param)
                if in_result.named.contains(&param.lifetime)
                    && !in_parameters.named.contains(&param.lifetime) =>
            {
                errors.on(
                    param,
                    "a lifetime that only the result has is early-bound, which a function pointer \
                     cannot express: write `'static`",
                );
            }
            GenericParam::Lifetime(_) => {}
            param => errors.on(
                param,
                "a generic function cannot be hot: a bundle holds one body for each name; export a \
                 function for each type that is used",
            ),
        }
    }
    if let Some(clause) = &sig.generics.where_clause {
        errors.on(clause, "a where-clause cannot be expressed in a function pointer: leave it out");
    }
}

fn types(sig: &Signature, errors: &mut Errors) {
    for input in &sig.inputs {
        match input {
            FnArg::Receiver(receiver) => {
                errors.on(receiver, "a method cannot be exported alone: export a free function");
            }
            FnArg::Typed(input) => {
                for attribute in &input.attrs {
                    if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
                        errors.on(
                            attribute,
                            "a parameter cannot come and go: put the `#[cfg]` on the function, \
                             and write one function for each case",
                        );
                    }
                }
                Crossing(errors).visit_type_mut(&mut (*input.ty).clone());
            }
        }
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        Crossing(errors).visit_type_mut(&mut (**ty).clone());
    }
}

/// Whether rustc rejects the signature for a reason that it would repeat for each place where the
/// generated code uses it: an undeclared lifetime, an elided one that is ambiguous, a `_`.
pub(crate) fn left_to_rustc(sig: &Signature) -> bool {
    let (parameters, result) = lifetimes(sig);
    let declared = |lifetime: &Lifetime| {
        lifetime.ident == "static"
            || sig.generics.lifetimes().any(|param| param.lifetime == *lifetime)
    };
    let undeclared = parameters.named.iter().chain(&result.named).any(|named| !declared(named));
    let ambiguous = result.elided > 0 && parameters.elided + parameters.named.len() > 1;
    undeclared || ambiguous || parameters.placeholder || result.placeholder
}

/// What the parameters and the result mention.
fn lifetimes(sig: &Signature) -> (Mentioned, Mentioned) {
    let (mut parameters, mut result) = (Mentioned::default(), Mentioned::default());
    for ty in self::parameters(sig) {
        parameters.visit_type_mut(&mut ty.clone());
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        result.visit_type_mut(&mut (**ty).clone());
    }
    (parameters, result)
}

/// What a type mentions.
#[derive(Default)]
struct Mentioned {
    named: HashSet<Lifetime>,
    /// Elided lifetimes that can be seen: a path may hide others.
    elided: usize,
    placeholder: bool,
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
        self.placeholder = true;
    }
}

/// Notes types that cannot cross, wherever they are in the type.
struct Crossing<'a>(&'a mut Errors);

impl VisitMut for Crossing<'_> {
    fn visit_type_impl_trait_mut(&mut self, ty: &mut TypeImplTrait) {
        self.0.on(
            ty,
            "`impl Trait` has no name that host and bundle could compare: write the concrete type",
        );
    }

    fn visit_type_trait_object_mut(&mut self, ty: &mut TypeTraitObject) {
        self.0.on(
            ty,
            "a trait object cannot cross the boundary yet: its vtable and its panics belong to one \
             image; pass a concrete type",
        );
    }

    fn visit_type_fn_ptr_mut(&mut self, ty: &mut TypeFnPtr) {
        self.0.on(
            ty,
            "a bare function pointer cannot cross the boundary: a panic in it would end the \
             process; export the function and call it by `hot::get!`",
        );
    }
}
