//! Closure parameters: which types they are.

use syn::{
    GenericArgument, Lifetime, ParenthesizedGenericArguments, PathArguments, ReturnType,
    TraitBound, Type, TypeParamBound, TypePath, TypeTraitObject,
};

/// A parameter's type that is a closure.
pub(crate) struct Closure<'a> {
    pub(crate) ty: &'a Type,
    object: &'a TypeTraitObject,
    /// `for<'x> Fn(..) -> R`
    bound: &'a TraitBound,
    pub(crate) family: Family,
    pub(crate) pointer: Pointer<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Family {
    Fn,
    FnMut,
    FnOnce,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pointer<'a> {
    Shared(Option<&'a Lifetime>),
    Mutable(Option<&'a Lifetime>),
    Box,
}

impl<'a> Closure<'a> {
    /// None for what is not a closure, or one in a form that cannot be wrapped.
    pub(crate) fn of(ty: &'a Type) -> Option<Self> {
        let (pointer, pointee) = match peel(ty) {
            Type::Reference(reference) => {
                let lifetime = reference.lifetime.as_ref();
                let pointer = match reference.mutability {
                    Some(_) => Pointer::Mutable(lifetime),
                    None => Pointer::Shared(lifetime),
                };
                (pointer, peel(&reference.elem))
            }
            Type::Path(path) => (Pointer::Box, peel(boxed(path)?)),
            _ => return None,
        };
        let Type::TraitObject(object) = pointee else { return None };
        let (bound, family) = principal(object)?;
        let callable = match pointer {
            Pointer::Shared(_) => family == Family::Fn,
            Pointer::Mutable(_) => family != Family::FnOnce,
            Pointer::Box => true,
        };
        callable.then_some(Closure { ty, object, bound, family, pointer })
    }

    /// The lifetime of the reference, if it has a name.
    pub(crate) fn reference_lifetime(&self) -> Option<&'a Lifetime> {
        match self.pointer {
            Pointer::Shared(lifetime) | Pointer::Mutable(lifetime) => {
                lifetime.filter(|lifetime| lifetime.ident != "_")
            }
            Pointer::Box => None,
        }
    }

    /// Whether it is behind a reference whose lifetime has no name.
    pub(crate) fn is_elided_reference(&self) -> bool {
        self.pointer != Pointer::Box && self.reference_lifetime().is_none()
    }

    /// What it is but for the types of its parameters and result: `&mut dyn FnMut + Send`.
    pub(crate) fn what(&self) -> String {
        let pointer = match self.pointer {
            Pointer::Shared(_) => "&dyn",
            Pointer::Mutable(_) => "&mut dyn",
            Pointer::Box => "Box dyn",
        };
        let family = match self.family {
            Family::Fn => "Fn",
            Family::FnMut => "FnMut",
            Family::FnOnce => "FnOnce",
        };
        let promises = self.auto_traits().filter_map(|bound| match bound {
            TypeParamBound::Trait(bound) => Some(bound.path.segments.last()?.ident.to_string()),
            _ => None,
        });
        let mut promises: Vec<_> = promises.collect();
        promises.sort();
        promises.iter().fold(format!("{pointer} {family}"), |what, one| format!("{what} + {one}"))
    }

    /// `Fn(..) -> R` with its binder.
    pub(crate) fn bound(&self) -> &'a TraitBound {
        self.bound
    }

    /// The traits beside it: `Send`, `Sync`.
    pub(crate) fn auto_traits(&self) -> impl Iterator<Item = &'a TypeParamBound> {
        let bound = self.bound;
        self.object.bounds.iter().filter(move |other| match other {
            TypeParamBound::Trait(other) => !std::ptr::eq(other, bound),
            TypeParamBound::Lifetime(_) => false,
            _ => true,
        })
    }

    /// The parameters' types and the result's.
    pub(crate) fn types(&self) -> (impl Iterator<Item = &'a Type>, Option<&'a Type>) {
        let arguments = self.arguments();
        let output = match &arguments.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(&**ty),
        };
        (arguments.inputs.iter().map(|input| &input.ty), output)
    }

    fn arguments(&self) -> &'a ParenthesizedGenericArguments {
        match &self.bound.path.segments.last().expect("a path has a segment").arguments {
            PathArguments::Parenthesized(arguments) => arguments,
            _ => unreachable!("`of` found the parentheses"),
        }
    }
}

/// Whether a trait object is a closure, in whatever form.
pub(crate) fn is_closure(object: &TypeTraitObject) -> bool {
    principal(object).is_some()
}

fn principal(object: &TypeTraitObject) -> Option<(&TraitBound, Family)> {
    object.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last()?;
        let family = match last.ident.to_string().as_str() {
            "Fn" => Family::Fn,
            "FnMut" => Family::FnMut,
            "FnOnce" => Family::FnOnce,
            _ => return None,
        };
        matches!(last.arguments, PathArguments::Parenthesized(_)).then_some((bound, family))
    })
}

/// The `T` of a `Box<T>`.
fn boxed(path: &TypePath) -> Option<&Type> {
    let last = path.path.segments.last()?;
    let PathArguments::AngleBracketed(arguments) = &last.arguments else { return None };
    match arguments.args.first()? {
        GenericArgument::Type(ty) if last.ident == "Box" && arguments.args.len() == 1 => Some(ty),
        _ => None,
    }
}

/// Without parentheses and a macro's invisible groups.
pub(crate) fn peel(ty: &Type) -> &Type {
    match ty {
        Type::Paren(ty) => peel(&ty.elem),
        Type::Group(ty) => peel(&ty.elem),
        ty => ty,
    }
}
