//! The rules for a function that crosses the boundary. What rustc says better is left to rustc.

use std::collections::HashSet;

use syn::{
    Attribute, FnArg, GenericParam, Ident, Lifetime, LitStr, ParenthesizedGenericArguments, Path,
    ReturnType, Signature, TraitBound, Type, TypeFnPtr, TypeImplTrait, TypeInfer, TypeParamBound,
    TypePath, TypeReference, TypeTraitObject,
    ext::IdentExt,
    visit_mut::{self, VisitMut},
};

use crate::{
    closure::{Closure, is_closure},
    errors::Errors,
    signature::parameters,
};

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

/// Checks the attributes of a function.
pub(crate) fn attributes(attrs: &[Attribute], errors: &mut Errors) {
    for attribute in attrs {
        if attribute.path().is_ident("target_feature") {
            errors.on(
                attribute,
                "a function with target features of its own cannot be hot: they change how \
                 arguments are passed; call it from an exported one",
            );
        }
    }
}

/// Checks the option `name`.
pub(crate) fn definition_name(name: Option<&LitStr>, errors: &mut Errors) {
    if let Some(name) = name
        && syn::parse_str::<Ident>(&name.value()).is_err()
    {
        errors.on(name, "a definition's name is an identifier");
    }
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
                errors.on(
                    receiver,
                    "a method cannot be exported alone: put `#[hot::export]` on its `impl` block",
                );
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
                match Closure::of(&input.ty) {
                    Some(closure) => self::closure(&closure, sig, errors),
                    None => Crossing(errors).visit_type_mut(&mut (*input.ty).clone()),
                }
            }
        }
    }
    if let ReturnType::Type(_, ty) = &sig.output {
        Crossing(errors).visit_type_mut(&mut (**ty).clone());
    }
}

/// A closure argument. The callee gets a closure of its own image, which lives for the call.
fn closure(closure: &Closure<'_>, sig: &Signature, errors: &mut Errors) {
    let (inputs, output) = closure.types();
    for ty in inputs.chain(output) {
        Crossing(errors).visit_type_mut(&mut ty.clone());
    }
    for other in closure.auto_traits() {
        let known = matches!(
            other,
            TypeParamBound::Trait(bound) if bound.maybe.is_none() && bound.path.segments.last()
                .is_some_and(|last| last.ident == "Send" || last.ident == "Sync")
        );
        if !known {
            errors.on(other, "a closure argument can promise `Send`, `Sync` and lifetimes only");
        }
    }
    if let Some(lifetime) = closure.reference_lifetime() {
        let mut others = Mentioned::default();
        let mut times = 0;
        for ty in parameters(sig) {
            match Closure::of(ty) {
                Some(other) if other.reference_lifetime() == Some(lifetime) => {
                    times += 1;
                    others.visit_trait_bound_mut(&mut other.bound().clone());
                }
                _ => others.visit_type_mut(&mut ty.clone()),
            }
        }
        others.visit_return_type_mut(&mut sig.output.clone());
        if times > 1 || others.named.contains(lifetime) {
            errors.on(
                lifetime,
                "nothing else can borrow as long as the closure: the one that the function gets \
                 lives for the call only; leave this lifetime out",
            );
        }
    } else if closure.is_elided_reference()
        && let ReturnType::Type(_, ty) = &sig.output
        && lifetimes(sig).1.elided > 0
        && lifetimes_in_parameters(sig) == 1
    {
        errors.on(
            ty,
            "the result cannot borrow from the closure: the one that the function gets lives for \
             the call only",
        );
    }
}

/// The lifetimes with names that a type mentions, those that it binds itself left out.
pub(crate) fn mentioned_lifetimes(ty: &Type) -> Vec<Lifetime> {
    let mut mentioned = Mentioned::default();
    mentioned.visit_type_mut(&mut ty.clone());
    let mut named: Vec<_> = mentioned.named.into_iter().collect();
    named.sort();
    named
}

/// Notes what cannot cross in the type of a static.
pub(crate) fn crossing(ty: &Type, errors: &mut Errors) {
    Crossing(errors).visit_type_mut(&mut ty.clone());
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
    undeclared || ambiguous || parameters.left_to_rustc || result.left_to_rustc
}

/// How many different lifetimes can be seen in the parameters.
pub(crate) fn lifetimes_in_parameters(sig: &Signature) -> usize {
    let (parameters, _) = lifetimes(sig);
    parameters.elided + parameters.named.len()
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

/// Notes types that cannot cross, wherever they are in the type.
struct Crossing<'a>(&'a mut Errors);

impl VisitMut for Crossing<'_> {
    fn visit_type_path_mut(&mut self, path: &mut TypePath) {
        // `hot::Dyn<dyn Trait>`: what is allowed in there its own bounds say.
        if path.path.segments.last().is_some_and(|last| last.ident == "Dyn") {
            return;
        }
        visit_mut::visit_type_path_mut(self, path);
    }

    fn visit_type_impl_trait_mut(&mut self, ty: &mut TypeImplTrait) {
        self.0.on(
            ty,
            "`impl Trait` has no name that host and bundle could compare: write the concrete type",
        );
    }

    fn visit_type_trait_object_mut(&mut self, ty: &mut TypeTraitObject) {
        if is_closure(ty) {
            self.0.on(
                ty,
                "a closure crosses only as a parameter of its own: `&dyn Fn`, `&mut dyn FnMut` or \
                 `Box<dyn FnOnce>`; in another place its panics could not be caught",
            );
            return;
        }
        self.0.on(
            ty,
            "a trait object cannot cross the boundary: its vtable and its panics belong to one \
             image; write `hot::Dyn<dyn Trait>` with `#[hot::versioned]` on the trait, or pass a \
             concrete type",
        );
    }

    fn visit_type_fn_ptr_mut(&mut self, ty: &mut TypeFnPtr) {
        self.0.on(
            ty,
            "a bare function pointer cannot cross the boundary: a panic in it would end the \
             process; take a `&dyn Fn`, or export the function and call it by `hot::get!`",
        );
    }
}
