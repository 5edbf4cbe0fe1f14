//! The rules for a function that crosses the boundary. What rustc says better is left to rustc.

use syn::{
    Attribute, Ident, LitStr, Path, Type, TypeFnPtr, TypeImplTrait, TypeParamBound, TypePath,
    TypeTraitObject,
    ext::IdentExt,
    visit_mut::{self, VisitMut},
};

use crate::{
    errors::Errors,
    parse::{
        callable::{Beyond, Callable, Input},
        opaque::OpaqueParts,
    },
    types::closure::{Closure, is_closure},
    types::lifetimes::{Mentioned, lifetimes, lifetimes_in_parameters},
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
pub(crate) fn callable(callable: &Callable, errors: &mut Errors) {
    let Beyond { constness, asyncness, variadic, .. } = &callable.beyond;
    if let Some(token) = constness {
        errors.on(token, "a `const fn` cannot be hot: callers evaluate it while they are compiled");
    }
    if asyncness.is_some() {
        suspends(callable, errors);
    }
    if let Some(variadic) = variadic {
        errors.on(
            variadic,
            "a variadic function cannot be hot: its arguments have no types to check",
        );
    }
    generics(callable, errors);
    types(callable, errors);
    OpaqueParts::check(callable, errors);
}

/// Notes what an `async fn` cannot have, and another function can.
fn suspends(callable: &Callable, errors: &mut Errors) {
    if let Some(abi) = &callable.abi {
        errors.on(abi, "an `async fn` has Rust's ABI: leave this out");
    }
    if callable.never_returns() {
        errors.on(
            &callable.ident,
            "the future of an exported `async fn` gives a value: write \
             `-> std::convert::Infallible`",
        );
    }
    for Input { ty, .. } in callable.inputs.iter().filter(|input| Closure::of(&input.ty).is_some())
    {
        errors.on(
            ty,
            "a closure argument lives for the call only, and the future longer: take a \
             `hot::Dyn<dyn Trait>`, with `#[hot::versioned]` on the trait",
        );
    }
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

/// Notes `#[track_caller]`: an entry is called by the boundary's own code.
pub(crate) fn caller(attrs: &[Attribute], way_out: &str, errors: &mut Errors) {
    for attribute in attrs.iter().filter(|attr| attr.path().is_ident("track_caller")) {
        errors.on(
            attribute,
            format_args!("a hot call cannot say where its caller is: leave this out{way_out}"),
        );
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

fn generics(callable: &Callable, errors: &mut Errors) {
    let (in_parameters, in_result) = lifetimes(callable);
    for param in &callable.lifetimes {
        if !param.bounds.is_empty() {
            errors.on(
                param,
                "a lifetime with bounds is early-bound, which a function pointer cannot express: \
                 leave the bound out",
            );
        } else if in_result.named.contains(&param.lifetime)
            && !in_parameters.named.contains(&param.lifetime)
        {
            errors.on(
                param,
                "a lifetime that only the result has is early-bound, which a function pointer \
                 cannot express: write `'static`",
            );
        }
    }
    for param in &callable.beyond.generics {
        errors.on(
            param,
            "a generic function cannot be hot: a bundle holds one body for each name; export a \
             function for each type that is used",
        );
    }
    if let Some(clause) = &callable.beyond.clause {
        errors.on(clause, "a where-clause cannot be expressed in a function pointer: leave it out");
    }
}

fn types(callable: &Callable, errors: &mut Errors) {
    if let Some(receiver) = &callable.beyond.receiver {
        errors.on(
            receiver,
            "a method cannot be exported alone: put `#[hot::export]` on its `impl` block",
        );
    }
    let receives = callable.beyond.receiver.is_some();
    for Input { attrs, ty } in callable.inputs.iter().skip(receives.into()) {
        for attribute in attrs {
            if attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr") {
                errors.on(
                    attribute,
                    "a parameter cannot come and go: put the `#[cfg]` on the function, \
                     and write one function for each case",
                );
            }
        }
        match Closure::of(ty) {
            Some(closure) => self::closure(&closure, callable, errors),
            None => crossing(ty, errors),
        }
    }
    if let Some(ty) = callable.output.ty() {
        crossing(ty, errors);
    }
}

/// A closure argument. The callee gets a closure of its own image, which lives for the call.
fn closure(closure: &Closure<'_>, callable: &Callable, errors: &mut Errors) {
    let (inputs, output) = closure.types();
    for ty in inputs.chain(output) {
        crossing(ty, errors);
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
        for ty in callable.types() {
            match Closure::of(ty) {
                Some(other) if other.reference_lifetime() == Some(lifetime) => {
                    times += 1;
                    others.visit_trait_bound_mut(&mut other.bound().clone());
                }
                _ => others.visit_type_mut(&mut ty.clone()),
            }
        }
        if let Some(ty) = callable.output.ty() {
            others.visit_type_mut(&mut ty.clone());
        }
        if times > 1 || others.named.contains(lifetime) {
            errors.on(
                lifetime,
                "nothing else can borrow as long as the closure: the one that the function gets \
                 lives for the call only; leave this lifetime out",
            );
        }
    } else if closure.is_elided_reference()
        && let Some(ty) = callable.output.ty()
        && lifetimes(callable).1.elided > 0
        && lifetimes_in_parameters(callable) == 1
    {
        errors.on(
            ty,
            "the result cannot borrow from the closure: the one that the function gets lives for \
             the call only",
        );
    }
}

/// Notes what cannot cross in a type.
pub(crate) fn crossing(ty: &Type, errors: &mut Errors) {
    Crossing(errors).visit_type_mut(&mut ty.clone());
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

/// Notes what a value of a field's type would hold although its panics could not be caught.
pub(crate) fn field(ty: &Type, errors: &mut Errors) {
    Held(errors).visit_type_mut(&mut ty.clone());
}

/// Notes functions and objects that a value of the type holds.
struct Held<'a>(&'a mut Errors);

impl VisitMut for Held<'_> {
    fn visit_type_path_mut(&mut self, path: &mut TypePath) {
        // Of `hot::Dyn` its own bounds say it, of what is opaque the author; nothing is in a
        // `PhantomData`.
        const OTHERS: [&str; 3] = ["Dyn", "Opaque", "PhantomData"];
        let last = path.path.segments.last();
        if last.is_some_and(|last| OTHERS.iter().any(|other| last.ident == other)) {
            return;
        }
        visit_mut::visit_type_path_mut(self, path);
    }

    fn visit_type_trait_object_mut(&mut self, ty: &mut TypeTraitObject) {
        let what = if is_closure(ty) { "a closure" } else { "a trait object" };
        self.0.on(
            ty,
            format_args!(
                "{what} in a field could not be called by another image, where a panic in it \
                 would end the process: hold a `hot::Dyn<dyn Trait>`, with `#[hot::versioned]` on \
                 the trait"
            ),
        );
    }

    fn visit_type_fn_ptr_mut(&mut self, ty: &mut TypeFnPtr) {
        // What is not of C's ABI or Rust's rustc refuses.
        let of_rust = ty
            .abi
            .as_ref()
            .is_none_or(|abi| abi.name.as_ref().is_some_and(|name| name.value() == "Rust"));
        if of_rust {
            self.0.on(
                ty,
                "a function pointer in a field could not be called by another image, where a \
                 panic in it would end the process: hold a `hot::Dyn<dyn Trait>`, with \
                 `#[hot::versioned]` on the trait, or call an exported function by its name; for \
                 functions that never panic write `#[hot(unsafe(opaque))]` on the field",
            );
        }
    }
}
