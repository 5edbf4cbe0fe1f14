//! A field: its type as it is written, and as the records name it.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute, GenericArgument, Generics, LitStr, Path, PathArguments, Type, TypeFnPtr, TypePath,
    TypePtr,
    ext::IdentExt,
    visit_mut::{self, VisitMut},
};

use super::generics;
use crate::{
    check,
    errors::Errors,
    expand::{
        known::{lifetimes_of, told},
        parts,
    },
    parse::{opaque::Markers, said::Said},
    types::{signature::name_of, skeleton::Skeleton},
};

/// One field.
pub(super) struct Field<'a> {
    pub(super) name: String,
    /// Whether every crate may write it.
    is_public: bool,
    /// In its definition.
    pub(super) ty: &'a Type,
    /// Opaque types replaced.
    pub(super) named: Type,
    /// What they are.
    opaque: Vec<Type>,
    /// What the author says of how it moves.
    pub(super) said: Said,
    lifetimes: String,
    spelling: String,
}

impl<'a> Field<'a> {
    /// Reads a field and notes what is wrong with it. It is public if `pub` stands on it
    /// and on what has it; a variant's fields have the enum's visibility.
    pub(super) fn new(
        field: &'a syn::Field,
        index: usize,
        is_public: bool,
        krate: &Path,
        skeleton: &mut Skeleton,
        markers: &mut Markers,
        errors: &mut Errors,
    ) -> Self {
        let name = field.ident.as_ref().map_or(index.to_string(), |name| name.unraw().to_string());
        let ty = &field.ty;
        let (mut named, mut parts) = (ty.clone(), Vec::new());
        let said = Said::of_field(field, errors);
        if let Some(opaque) = &said.opaque {
            parts = opaque.parts(ty).to_vec();
            for missing in opaque.hide(&mut named, krate, markers) {
                errors.on(missing, "the field's type has no such part, spelled like this");
            }
        }
        check::field(&named, errors);
        Field {
            name,
            is_public,
            ty,
            named,
            opaque: parts,
            said,
            lifetimes: skeleton.of(ty),
            spelling: name_of(ty),
        }
    }

    pub(super) fn expand(&self, offset: &TokenStream, concrete: bool) -> TokenStream {
        let Field { name, is_public, ty, named, lifetimes, spelling, .. } = self;
        let public = is_public.then(|| quote_spanned!(Span::mixed_site()=> .public()));
        let marked = self.marked();
        // One that is hidden is none.
        if concrete && is_plain(named) {
            return quote_spanned! {Span::mixed_site()=>
                __HotField::plain::<#named>(#name, #offset, #spelling)
                #public
                #marked
            };
        }
        if concrete && self.opaque.is_empty() && is_known(named) {
            return quote_spanned! {Span::mixed_site()=>
                __HotField::known::<#named>(#name, #offset, #spelling)
                #public
                #marked
            };
        }
        let facts = facts(ty, concrete);
        quote_spanned! {Span::mixed_site()=>
            __HotField::of::<#ty>(
                #name,
                #offset,
                #facts,
                #lifetimes,
                #spelling,
                <#named as __HotVersioned>::REF,
                <#named as __HotVersioned>::describe,
            )
            #public
            #marked
        }
    }

    /// What marks it as one of which something is said.
    fn marked(&self) -> Option<TokenStream> {
        let (marks, renamed_from) = self.marks(false);
        (!self.said.is_nothing())
            .then(|| quote_spanned!(Span::mixed_site()=> .said(#marks, #renamed_from)))
    }

    /// As a record has it: `Field::PUBLIC` and its like in hotreload/types/src/table.rs.
    fn marks(&self, is_public: bool) -> (u8, String) {
        let Said { default, convert, stays, renamed_from, .. } = &self.said;
        let marks =
            [is_public, default.is_some(), convert.is_some(), *stays, renamed_from.is_some()];
        let bits = marks.iter().enumerate().map(|(bit, is_set)| u8::from(*is_set) << bit).sum();
        (bits, renamed_from.as_ref().map(LitStr::value).unwrap_or_default())
    }

    /// What tells where its type has lifetimes; `before` leads to the fields of the definition `this`. It
    /// stands outside of the `impl`, whose lifetimes it binds anew. None where it has none of these, or is
    /// of a parameter's type: then [`is_dependent`](Field::is_dependent).
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
        let all: Vec<_> = generics::lifetimes(of).collect();
        let mentions = parts::lifetimes(&ty).iter().any(|one| all.contains(&one));
        if generics::depends(&ty, of) || !mentions {
            return None;
        }
        let (lifetimes, roots) = (lifetimes_of(&ty, krate), parts::of_field(&ty, krate));
        // A `TypeId` knows bound lifetimes by where they appear first: there each has its own place.
        let told = told(krate, &quote!(for<#(#all),*> fn(#(&#all (),)* #lifetimes)), &roots);
        Some(quote_spanned!(Span::mixed_site()=> (#place, || #told)))
    }

    /// Whether its type depends on a parameter that is no lifetime, of the definition `this`.
    pub(super) fn is_dependent(&self, this: &Type, of: &Generics) -> bool {
        let mut ty = self.named.clone();
        Outside(this).visit_type_mut(&mut ty);
        generics::depends(&ty, of)
    }

    /// Which types are opaque in it, if there are any; the arguments are as in `lifetimes`.
    pub(super) fn identity(&self, before: &str, this: &Type, of: &Generics) -> Option<TokenStream> {
        let place = format!("{before}.{}", self.name);
        let mut parts = self.opaque.clone();
        parts.iter_mut().for_each(|part| Outside(this).visit_type_mut(part));
        if parts.is_empty() || parts.iter().any(|part| generics::depends(part, of)) {
            return None;
        }
        let id = identity(&parts, of);
        Some(quote_spanned!(Span::mixed_site()=> (#place, #id)))
    }

    pub(super) fn expand_generic(&self, krate: &Path) -> TokenStream {
        let Field { name, is_public, lifetimes, spelling, .. } = self;
        let (marks, renamed_from) = self.marks(*is_public);
        quote_spanned! {Span::mixed_site()=>
            #krate::rt::versioned::GenericField(
                #name, #marks, #lifetimes, #spelling, #renamed_from,
            )
        }
    }
}

/// The identity of types, whatever lifetimes of the definition are in them.
pub(super) fn identity(types: &[Type], of: &Generics) -> TokenStream {
    let all: Vec<_> = generics::lifetimes(of).collect();
    quote_spanned! {Span::mixed_site()=>
        || ::core::any::TypeId::of::<for<#(#all),*> fn(#(&#all (),)* #(#types),*)>()
    }
}

/// The traits of a type, where they can be known. It stands in a [`block`](super::block), which has
/// the traits that say no.
pub(super) fn facts(ty: impl ToTokens, concrete: bool) -> TokenStream {
    if !concrete {
        return quote_spanned!(Span::mixed_site()=> __HotFacts::UNKNOWN);
    }
    quote_spanned! {Span::mixed_site()=>
        __HotFacts::known(
            __HotProbe::<#ty>::COPY,
            __HotProbe::<#ty>::SEND,
            __HotProbe::<#ty>::SYNC,
            __HotProbe::<#ty>::UNPIN,
        )
    }
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

/// Whether a type is spelled as one of the standard library's whose traits follow from its arguments, and
/// those of its arguments are known as well.
fn is_known(ty: &Type) -> bool {
    const LEAVES: [&str; 3] = ["String", "PathBuf", "Duration"];
    const OF_OTHERS: [&str; 8] =
        ["Vec", "VecDeque", "Option", "Box", "HashMap", "HashSet", "BTreeMap", "BTreeSet"];
    match ty {
        Type::Path(TypePath { qself: None, path, .. }) => {
            let mut segments = path.segments.iter();
            let (Some(last), None) = (segments.next(), segments.next()) else { return false };
            let is_one_of = |names: &[&str]| names.iter().any(|name| last.ident == name);
            match &last.arguments {
                PathArguments::None => is_one_of(&LEAVES) || is_plain(ty),
                PathArguments::AngleBracketed(arguments) => is_one_of(&OF_OTHERS)
                    && arguments.args.iter().all(
                        |argument| matches!(argument, GenericArgument::Type(ty) if is_known(ty)),
                    ),
                PathArguments::Parenthesized(_) => false,
            }
        }
        Type::Array(array) => is_known(&array.elem),
        Type::Group(group) => is_known(&group.elem),
        Type::Tuple(tuple) => {
            (1..=12).contains(&tuple.elems.len()) && tuple.elems.iter().all(is_known)
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
