//! A field: its type as it is written, and as the records name it.

use std::borrow::Cow;

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream};
use quote::{ToTokens, TokenStreamExt, quote, quote_spanned};
use syn::{
    Attribute, Generics, LitStr, Member, Path, Type, TypeFnPtr, TypePath, TypePtr,
    ext::IdentExt,
    visit_mut::{self, VisitMut},
};

use super::{generics, known::Known, laid::Laid};
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
    pub(super) named: Cow<'a, Type>,
    /// What they are.
    opaque: Vec<Type>,
    /// What the author says of how it moves.
    pub(super) said: Said,
    /// What its spelling says: then nothing in it needs to be looked for, which would be done for each
    /// field of a program.
    known: Option<Known>,
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
        let (mut named, mut parts) = (Cow::Borrowed(ty), Vec::new());
        let said = Said::of_field(field, errors);
        if let Some(opaque) = &said.opaque {
            parts = opaque.parts(ty).to_vec();
            for missing in opaque.hide(named.to_mut(), krate, markers) {
                errors.on(missing, "the field's type has no such part, spelled like this");
            }
        }
        let known = if said.opaque.is_none() { Known::of(ty) } else { None };
        let mut lifetimes = String::new();
        if known.is_none() {
            check::field(&named, errors);
            lifetimes = skeleton.of(ty);
        }
        Field {
            name,
            is_public,
            ty,
            named,
            opaque: parts,
            said,
            known,
            lifetimes,
            spelling: name_of(ty),
        }
    }

    /// What its type is, for the table: a trait whose constant `OF` tells it, or else a value.
    fn typed(&self, concrete: bool) -> Result<Ident, TokenStream> {
        let Field { ty, named, .. } = self;
        let of = match self.known {
            Some(Known::Plain) if concrete => "__HotPlain",
            Some(Known::Library) if concrete => "__HotLibrary",
            _ => {
                let facts = facts(ty, concrete);
                return Err(quote_spanned! {Span::mixed_site()=>
                    &__hot_of::<#ty>(
                        #facts,
                        <#named as __HotVersioned>::REF,
                        <#named as __HotVersioned>::describe,
                    )
                });
            }
        };
        Ok(Ident::new(of, Span::mixed_site()))
    }

    /// Adds the field of a struct, which is called so there, for `__hot_fields`, and what is laid out of it to
    /// that of those before. Token by token: a stream of its own, which is then put into another, is a call
    /// of rustc.
    pub(super) fn of_struct(
        &self,
        member: &Member,
        concrete: bool,
        tokens: &mut TokenStream,
        before: Laid,
    ) -> Laid {
        let laid = self.laid();
        tokens.append(Literal::usize_unsuffixed(laid.len()));
        member.to_tokens(tokens);
        match self.typed(concrete) {
            Ok(known) => {
                tokens.append(Group::new(Delimiter::Brace, self.ty.to_token_stream()));
                tokens.append(known);
            }
            Err(value) => tokens.append(Group::new(Delimiter::Parenthesis, value)),
        }
        before.then(&laid)
    }

    /// The raw pointers that it holds, wherever they are in its type.
    pub(super) fn raw_pointers(&self) -> Vec<Type> {
        let mut found = Vec::new();
        if self.known.is_none() {
            RawPointers(&mut found).visit_type_mut(&mut self.ty.clone());
        }
        found
    }

    /// The field of a variant.
    pub(super) fn of_variant(&self, concrete: bool) -> TokenStream {
        let (laid, ty) = (self.laid(), self.ty);
        let typed = self.typed(concrete).map_or_else(
            |value| value,
            |known| quote_spanned!(Span::mixed_site()=> <#ty as #known>::OF),
        );
        quote_spanned!(Span::mixed_site()=> __HotField(#laid, __HotField::NOWHERE, #typed))
    }

    /// As a record has it: `Field::PUBLIC` and its like in hotreload/types/src/table/field.rs.
    fn marks(&self) -> (u8, String) {
        let Said { default, convert, stays, renamed_from, .. } = &self.said;
        let marks =
            [self.is_public, default.is_some(), convert.is_some(), *stays, renamed_from.is_some()];
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
        let mut ty = self.named.clone().into_owned();
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
        let mut ty = self.named.clone().into_owned();
        Outside(this).visit_type_mut(&mut ty);
        generics::depends(&ty, of)
    }

    /// Whether a part of its type is opaque, or all of it.
    pub(super) fn is_opaque(&self) -> bool {
        !self.opaque.is_empty()
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

    /// From its name to its spelling.
    pub(super) fn laid(&self) -> Laid {
        let (marks, renamed_from) = self.marks();
        let named = Laid::default().text(&self.name).marks(marks, RENAMED, &renamed_from);
        named.text(&self.lifetimes).text(&self.spelling)
    }
}

/// `Field::RENAMED` in hotreload/types/src/table/field.rs.
const RENAMED: u8 = 16;

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
    if concrete {
        quote_spanned!(Span::mixed_site()=> __hot_facts!(#ty))
    } else {
        quote_spanned!(Span::mixed_site()=> __HotFacts::UNKNOWN)
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

struct RawPointers<'a>(&'a mut Vec<Type>);

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
