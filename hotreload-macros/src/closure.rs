//! Closure parameters: which types they are, and the two halves that carry a call of one across.
//!
//! The caller packs a closure into a `rt::Callback`, raw pointers and functions of its own image
//! that catch; the callee gets a closure of its own image around that, which goes on panicking in
//! its own std.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    GenericArgument, Ident, Lifetime, ParenthesizedGenericArguments, Path, PathArguments,
    ReturnType, Signature, TraitBound, Type, TypeParamBound, TypePath, TypeTraitObject,
};

use crate::check::mentioned_lifetimes;

/// A parameter's type that is a closure.
pub(crate) struct Closure<'a> {
    ty: &'a Type,
    object: &'a TypeTraitObject,
    /// `for<'x> Fn(..) -> R`
    bound: &'a TraitBound,
    family: Family,
    pointer: Pointer<'a>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Family {
    Fn,
    FnMut,
    FnOnce,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pointer<'a> {
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

    /// What the entry takes in its place.
    pub(crate) fn raw(&self, krate: &Path, sig: &Signature) -> TokenStream {
        let auto: Vec<_> = self.auto_traits().collect();
        let marker = if auto.is_empty() { quote!(*const ()) } else { quote!(dyn #(#auto)+*) };
        // A lifetime that only the closure has must stay in the signature.
        let declared = mentioned_lifetimes(self.ty)
            .into_iter()
            .filter(|lifetime| sig.generics.lifetimes().any(|param| param.lifetime == *lifetime));
        let declared = declared.map(|lifetime| quote!(&#lifetime ()));
        quote!(#krate::rt::Callback<#marker, (#(#declared,)*)>)
    }

    /// The caller's half, a statement that turns the variable into a `Callback`.
    pub(crate) fn pack(&self, krate: &Path, var: &Ident) -> TokenStream {
        let call = self.call(krate);
        let args = self.args();
        let bound = self.bound;
        let auto = self.auto_traits();
        let object = quote!(dyn #bound #(+ #auto)*);
        let pointer = quote_spanned!(Span::mixed_site()=> __hot_object.pointer::<#object>());
        let (address, closure, invoke) = match (self.pointer, self.family) {
            (Pointer::Box, Family::FnOnce) => (
                quote!(#krate::rt::Box::into_raw(#var)),
                quote!(#krate::rt::Box::from_raw(#pointer)),
                quote_spanned!(Span::mixed_site()=> __hot_closure(#(#args),*)),
            ),
            (pointer_kind, family) => (
                match pointer_kind {
                    Pointer::Shared(_) => quote!(::core::ptr::from_ref(#var)),
                    Pointer::Mutable(_) => quote!(::core::ptr::from_mut(#var)),
                    Pointer::Box => quote!(#krate::rt::Box::into_raw(#var)),
                },
                if family == Family::Fn { quote!(&*#pointer) } else { quote!(&mut *#pointer) },
                quote_spanned!(Span::mixed_site()=> (*__hot_closure)(#(#args),*)),
            ),
        };
        let drop = if self.pointer == Pointer::Box {
            quote_spanned! {Span::mixed_site()=>
                ::core::option::Option::Some(|__hot_object: #krate::rt::Object| {
                    // SAFETY: packed from this type; the callee drops or calls it, once.
                    let __hot_closure = unsafe { #krate::rt::Box::from_raw(#pointer) };
                    #krate::rt::catch(move || ::core::mem::drop(__hot_closure))
                })
            }
        } else {
            quote!(::core::option::Option::None)
        };
        quote_spanned! {Span::mixed_site()=>
            let #var = {
                let __hot_call: #call = |__hot_object, #(#args),*| {
                    // SAFETY: packed from this type; the callee calls it as this type allows, and
                    // no longer than the parameter lives.
                    let __hot_closure = unsafe { #closure };
                    #krate::rt::catch(move || #invoke)
                };
                #krate::rt::Callback::new(
                    #krate::rt::Object::of(#address),
                    __hot_call as *const (),
                    #drop,
                )
            };
        }
    }

    /// The callee's half: a statement that prepares the variable, and the argument made of it.
    pub(crate) fn unpack(&self, krate: &Path, var: &Ident) -> (TokenStream, TokenStream) {
        let call = self.call(krate);
        let args = self.args();
        let object = match self.family {
            Family::FnOnce => quote!(#var.into_object()),
            _ => quote!(#var.object()),
        };
        let closure = quote_spanned! {Span::mixed_site()=>
            move |#(#args),*| {
                // SAFETY: the caller packed a function of this type.
                let __hot_call = unsafe {
                    ::core::mem::transmute::<*const (), #call>(#var.call())
                };
                let __hot_result = __hot_call(#object, #(#args),*);
                // SAFETY: this is what the call returned, on this thread.
                unsafe { #krate::rt::finish(__hot_result) }
            }
        };
        let argument = match self.pointer {
            Pointer::Shared(_) => quote!(&#closure),
            Pointer::Mutable(_) => quote!(&mut #closure),
            Pointer::Box => quote!(#krate::rt::Box::new(#closure)),
        };
        (quote!(let #var = #var.erase();), argument)
    }

    /// The type of the function that calls it in the caller's image.
    fn call(&self, krate: &Path) -> TokenStream {
        let binder = &self.bound.lifetimes;
        let (inputs, output) = self.types();
        let output = output.map_or_else(|| quote!(()), |ty| quote!(#ty));
        quote!(#binder fn(#krate::rt::Object, #(#inputs),*) -> #krate::rt::MaybeUninit<#output>)
    }

    fn args(&self) -> Vec<Ident> {
        (0..self.types().0.count()).map(|index| format_ident!("__hot_arg_{index}")).collect()
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
