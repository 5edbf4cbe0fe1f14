//! `#[hot(unsafe(opaque))]`: types that are compared by size, alignment and spelling only.

use std::ptr;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{
    Attribute, FnArg, GenericArgument, Path, PathArguments, Signature, Token, Type,
    ext::IdentExt,
    parenthesized,
    parse::{Parse, ParseStream},
    punctuated::Punctuated,
    visit_mut::{self, VisitMut},
};

use crate::{
    errors::Errors,
    parse::callable::{Callable, Output},
    types::signature::name_of,
};

/// What is opaque in a function's signature: `#[hot(unsafe(opaque))]` on a parameter,
/// `#[hot(unsafe(opaque(Type)))]` on the function for all of it.
#[derive(Clone, Default)]
pub(crate) struct OpaqueParts {
    everywhere: Option<Opaque>,
    /// In the order of the inputs, a receiver too.
    inputs: Vec<Option<Opaque>>,
}

impl OpaqueParts {
    /// Takes the attributes out, which rustc does not know.
    pub(crate) fn take(
        attributes: &mut Vec<Attribute>,
        sig: &mut Signature,
        errors: &mut Errors,
    ) -> Self {
        let everywhere = Opaque::of(attributes, errors).filter(|opaque| {
            if opaque.0.is_empty() {
                errors.on(
                    attributes.iter().find(|attribute| attribute.path().is_ident("hot")),
                    "say which type is opaque: `#[hot(unsafe(opaque(Type)))]`; or write \
                     `#[hot(unsafe(opaque))]` on a parameter",
                );
            }
            !opaque.0.is_empty()
        });
        attributes.retain(|attribute| !attribute.path().is_ident("hot"));
        let inputs = sig.inputs.iter_mut().map(|input| match input {
            FnArg::Receiver(receiver) => &mut receiver.attrs,
            FnArg::Typed(input) => &mut input.attrs,
        });
        OpaqueParts { everywhere, ..OpaqueParts::of_inputs(inputs, errors) }
    }

    /// Takes those of parameters out.
    pub(crate) fn of_inputs<'a>(
        inputs: impl Iterator<Item = &'a mut Vec<Attribute>>,
        errors: &mut Errors,
    ) -> Self {
        let inputs = inputs.map(|attributes| {
            let opaque = Opaque::of(attributes, errors);
            attributes.retain(|attribute| !attribute.path().is_ident("hot"));
            opaque
        });
        OpaqueParts { inputs: inputs.collect(), everywhere: None }
    }

    /// Whether there are any.
    pub(crate) fn is_empty(&self) -> bool {
        self.everywhere.is_none() && self.inputs.iter().all(Option::is_none)
    }

    /// Notes the parts that the signature does not have.
    pub(crate) fn check(callable: &Callable, errors: &mut Errors) {
        let krate = syn::parse_quote!(::hot);
        Self::hide_in(callable, &krate, &mut Markers::default(), errors);
    }

    /// The parameters' types and the result's, with the opaque parts hidden.
    pub(crate) fn hide(callable: &Callable, krate: &Path, markers: &mut Markers) -> Vec<Type> {
        // They have been checked.
        Self::hide_in(callable, krate, markers, &mut Errors::default())
    }

    fn hide_in(
        callable: &Callable,
        krate: &Path,
        markers: &mut Markers,
        errors: &mut Errors,
    ) -> Vec<Type> {
        let OpaqueParts { everywhere, inputs } = &callable.opaque;
        let mut types: Vec<_> = callable.types().cloned().collect();
        types.push(match &callable.output {
            Output::Unit => syn::parse_quote!(()),
            Output::Never => syn::parse_quote!(::core::convert::Infallible),
            Output::Type(ty) => (**ty).clone(),
        });
        for (opaque, ty) in inputs.iter().zip(&mut types) {
            for missing in opaque.iter().flat_map(|opaque| opaque.hide(ty, krate, markers)) {
                errors.on(missing, "the parameter's type has no such part, spelled like this");
            }
        }
        if let Some(opaque) = everywhere {
            let mut missing: Vec<_> = opaque.0.iter().collect();
            for ty in &mut types {
                let missing_here = opaque.hide(ty, krate, markers);
                missing.retain(|part| missing_here.iter().any(|other| ptr::eq(*part, *other)));
            }
            for missing in missing {
                errors.on(missing, "the signature has no such type, spelled like this");
            }
        }
        types
    }
}

/// Numbers the marker types of one definition's opaque types.
#[derive(Default)]
pub(crate) struct Markers {
    spellings: Vec<String>,
}

impl Markers {
    fn of(&mut self, ty: &Type) -> Ident {
        let spelling = name_of(ty);
        let known = self.spellings.iter().position(|known| *known == spelling);
        let index = known.unwrap_or_else(|| {
            self.spellings.push(spelling);
            self.spellings.len() - 1
        });
        format_ident!("__HotOpaque{index}", span = Span::mixed_site())
    }

    /// The marker types.
    pub(crate) fn definitions(&self, krate: &Path) -> TokenStream {
        let definitions = self.spellings.iter().enumerate().map(|(index, spelling)| {
            let marker = format_ident!("__HotOpaque{index}", span = Span::mixed_site());
            quote_spanned! {Span::mixed_site()=>
                struct #marker;
                impl #krate::rt::versioned::OpaqueName for #marker {
                    const NAME: &'static ::core::primitive::str = #spelling;
                }
            }
        });
        quote!(#(#definitions)*)
    }
}

/// `unsafe(opaque)`, or `unsafe(opaque(Type, ..))`.
#[derive(Clone)]
pub(crate) struct Opaque(Vec<Type>);

impl Opaque {
    /// What the attributes say; whatever is wrong with them is noted.
    pub(crate) fn of(attributes: &[Attribute], errors: &mut Errors) -> Option<Opaque> {
        let mut opaque = None;
        for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("hot")) {
            match attribute.parse_args::<Opaque>() {
                Ok(_) if opaque.is_some() => errors.on(attribute, "`opaque` is given twice"),
                Ok(found) => opaque = Some(found),
                Err(error) => errors.push(error),
            }
        }
        opaque
    }

    /// The word without the promise.
    pub(crate) fn unpromised(word: &Ident) -> syn::Error {
        let message =
            "write `unsafe(opaque)`: nothing compares the type's layout, so you answer for it";
        syn::Error::new(word.span(), message)
    }

    /// The parts of a type that are hidden, or all of it.
    pub(crate) fn parts<'a>(&'a self, ty: &'a Type) -> &'a [Type] {
        if self.0.is_empty() { std::slice::from_ref(ty) } else { &self.0 }
    }

    /// Hides the parts of a type, or all of it. Gives the parts that it does not have.
    pub(crate) fn hide<'a>(
        &'a self,
        ty: &mut Type,
        krate: &Path,
        markers: &mut Markers,
    ) -> Vec<&'a Type> {
        if self.0.is_empty() {
            *ty = replacement(ty, krate, markers);
        }
        let missing = self.0.iter().filter(|opaque| {
            let mut replace = Replace { opaque, krate, markers: &mut *markers, found: false };
            replace.visit_type_mut(ty);
            !replace.found
        });
        missing.collect()
    }
}

impl Parse for Opaque {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let expected =
            "expected `unsafe(opaque)`, or `unsafe(opaque(Type))` for a part of the type";
        let start = input.span();
        if input.parse::<Option<Token![unsafe]>>()?.is_none() {
            let word =
                input.call(Ident::parse_any).map_err(|_| syn::Error::new(start, expected))?;
            // Whatever follows is part of the same mistake.
            input.parse::<TokenStream>()?;
            return Err(if word == "opaque" {
                Opaque::unpromised(&word)
            } else {
                syn::Error::new(start, expected)
            });
        }
        let content;
        parenthesized!(content in input);
        let start = content.span();
        let word = content.call(Ident::parse_any)?;
        if word != "opaque" {
            return Err(syn::Error::new(start, expected));
        }
        if content.is_empty() {
            return Ok(Opaque(Vec::new()));
        }
        let types;
        parenthesized!(types in content);
        let types = Punctuated::<Type, Token![,]>::parse_terminated(&types)?;
        if types.is_empty() || !content.is_empty() {
            return Err(syn::Error::new(start, expected));
        }
        Ok(Opaque(types.into_iter().collect()))
    }
}

fn replacement(ty: &Type, krate: &Path, markers: &mut Markers) -> Type {
    let marker = markers.of(ty);
    syn::parse2(quote!(#krate::rt::versioned::Opaque<#ty, #marker>)).expect("it is a type")
}

/// The types that are hidden in these.
pub(crate) fn hidden(types: &mut [Type]) -> Vec<Type> {
    let mut find = Find(Vec::new());
    types.iter_mut().for_each(|ty| find.visit_type_mut(ty));
    find.0
}

/// Finds what [`replacement`] has hidden.
struct Find(Vec<Type>);

impl VisitMut for Find {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if let Type::Path(path) = &*ty
            && let Some(last) = path.path.segments.last()
            && let PathArguments::AngleBracketed(arguments) = &last.arguments
            && let [GenericArgument::Type(hidden), GenericArgument::Type(Type::Path(marker))] =
                &arguments.args.iter().collect::<Vec<_>>()[..]
            && marker.path.get_ident().is_some_and(|it| it.to_string().starts_with("__HotOpaque"))
        {
            self.0.push(hidden.clone());
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}

/// Replaces a part of a type.
struct Replace<'a> {
    opaque: &'a Type,
    krate: &'a Path,
    markers: &'a mut Markers,
    found: bool,
}

impl VisitMut for Replace<'_> {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        if ty.to_token_stream().to_string() == self.opaque.to_token_stream().to_string() {
            self.found = true;
            *ty = replacement(ty, self.krate, self.markers);
        } else {
            visit_mut::visit_type_mut(self, ty);
        }
    }
}
