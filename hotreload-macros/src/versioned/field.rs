//! A field: its type as it is written, and as the records name it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::{
    Attribute, Generics, Path, Type, TypeFnPtr, TypePath, TypePtr,
    ext::IdentExt,
    visit_mut::{self, VisitMut},
};

use super::generics;
use crate::{
    errors::Errors,
    known::lifetimes_of,
    opaque::{Markers, Opaque},
    signature::name_of,
    skeleton::Skeleton,
};

/// One field.
pub(super) struct Field<'a> {
    name: String,
    /// In its definition.
    ty: &'a Type,
    /// Opaque types replaced.
    named: Type,
    lifetimes: String,
    spelling: String,
}

impl<'a> Field<'a> {
    /// Reads a field and notes what is wrong with it.
    pub(super) fn new(
        field: &'a syn::Field,
        index: usize,
        krate: &Path,
        skeleton: &mut Skeleton,
        markers: &mut Markers,
        errors: &mut Errors,
    ) -> Self {
        let name = field.ident.as_ref().map_or(index.to_string(), |name| name.unraw().to_string());
        let ty = &field.ty;
        let mut named = ty.clone();
        if let Some(opaque) = Opaque::of(&field.attrs, errors) {
            for missing in opaque.hide(&mut named, krate, markers) {
                errors.on(missing, "the field's type has no such part, spelled like this");
            }
        }
        Field { name, ty, named, lifetimes: skeleton.of(ty), spelling: name_of(ty) }
    }

    pub(super) fn expand(&self, krate: &Path, offset: &TokenStream, concrete: bool) -> TokenStream {
        let Field { name, ty, named, lifetimes, spelling } = self;
        // One that is hidden is none.
        if concrete && is_plain(named) {
            return quote_spanned! {Span::mixed_site()=>
                #krate::rt::versioned::Field::plain::<#named>(#name, #offset, #spelling)
            };
        }
        let facts = facts(krate, ty, concrete);
        quote_spanned! {Span::mixed_site()=>
            #krate::rt::versioned::Field::of::<#ty>(
                #name,
                #offset,
                #facts,
                #lifetimes,
                #spelling,
                <#named as #krate::Versioned>::REF,
                <#named as #krate::Versioned>::describe,
            )
        }
    }

    /// Where its type has lifetimes; `before` leads to the fields of the definition `this`. It stands
    /// outside of the `impl`, whose lifetimes it binds anew; so there is none of a parameter's type.
    pub(super) fn lifetimes(
        &self,
        krate: &Path,
        before: &str,
        this: &Type,
        of: &Generics,
    ) -> Option<TokenStream> {
        let place = format!("{before}.{}", self.name);
        let mut ty = self.named.clone();
        Outside(this).visit_type_mut(&mut ty);
        if generics::depends(&ty, of) {
            return None;
        }
        let (all, lifetimes) = (generics::lifetimes(of), lifetimes_of(&ty, krate));
        Some(quote_spanned! {Span::mixed_site()=>
            (#place, || ::core::any::TypeId::of::<for<#(#all),*> fn(#lifetimes)>())
        })
    }

    pub(super) fn expand_generic(&self, krate: &Path) -> TokenStream {
        let Field { name, lifetimes, spelling, .. } = self;
        quote_spanned! {Span::mixed_site()=>
            #krate::rt::versioned::GenericField(#name, #lifetimes, #spelling)
        }
    }
}

/// The traits of a type, where they can be known. It stands in a [`block`](super::block), which has
/// the traits that say no.
pub(super) fn facts(krate: &Path, ty: impl ToTokens, concrete: bool) -> TokenStream {
    if !concrete {
        return quote_spanned!(Span::mixed_site()=> #krate::rt::versioned::Facts::UNKNOWN);
    }
    quote_spanned!(Span::mixed_site()=> #krate::__probe!(#ty))
}

/// Whether a type is spelled as one that consists of numbers, `bool`s and `char`s. To ask rustc what
/// each field promises takes most of the time that a versioned type costs.
fn is_plain(ty: &Type) -> bool {
    const PLAIN: [&str; 16] = [
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
        "f32", "f64", "bool", "char",
    ];
    match ty {
        Type::Path(TypePath { qself: None, path, .. }) => {
            path.get_ident().is_some_and(|name| PLAIN.contains(&name.to_string().as_str()))
        }
        Type::Array(array) => is_plain(&array.elem),
        // Of a macro's parameter.
        Type::Group(group) => is_plain(&group.elem),
        // Of longer ones nothing is known.
        Type::Tuple(tuple) => {
            (1..=12).contains(&tuple.elems.len()) && tuple.elems.iter().all(is_plain)
        }
        _ => false,
    }
}

/// Replaces `Self`.
struct Outside<'a>(&'a Type);

impl VisitMut for Outside<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::Path(path) if path.path.is_ident("Self") => *ty = self.0.clone(),
            ty => visit_mut::visit_type_mut(self, ty),
        }
    }
}

/// Finds raw pointers that a field holds, wherever they are in its type.
pub(super) struct RawPointers<'a>(pub(super) &'a mut Vec<Type>);

impl VisitMut for RawPointers<'_> {
    fn visit_type_ptr_mut(&mut self, ty: &mut TypePtr) {
        self.0.push(Type::Ptr(ty.clone()));
    }

    fn visit_type_path_mut(&mut self, ty: &mut TypePath) {
        let last = ty.path.segments.last().map(|segment| segment.ident.to_string());
        match last.as_deref() {
            Some("NonNull" | "AtomicPtr") => self.0.push(Type::Path(ty.clone())),
            Some("PhantomData") => {}
            _ => visit_mut::visit_type_path_mut(self, ty),
        }
    }

    fn visit_type_fn_ptr_mut(&mut self, _: &mut TypeFnPtr) {}
}

/// What is in the `#[repr(..)]` attributes, in the order of its words.
pub(super) fn repr(attributes: &[Attribute]) -> String {
    let mut words: Vec<String> = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("repr")) {
        if let syn::Meta::List(list) = &attribute.meta {
            let text = list.tokens.to_string().replace(' ', "");
            words.extend(text.split(',').filter(|word| !word.is_empty()).map(str::to_owned));
        }
    }
    words.sort();
    words.join(",")
}
