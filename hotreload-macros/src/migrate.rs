//! `#[hot::migrate]`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    FnArg, GenericArgument, GenericParam, PathArguments, ReturnType, Safety, Signature, Type,
    TypeReference, ext::IdentExt,
};

use crate::{
    errors::{Errors, beside},
    parse::{
        function::{Function, keyword},
        options::Options,
    },
};

const SHAPE: &str = "a function that makes the new version of a type takes a reference to the old one: \
                     `fn up(old: &v1::World) -> World`";

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(options, &["into", "crate"], &mut errors);
    let function = match syn::parse2::<Function>(item.clone()) {
        Ok(function) => Some(function),
        Err(error) => {
            let is_function = keyword(item.clone()).is_some_and(|word| word == "fn");
            errors.push(match is_function {
                true => error,
                false => syn::Error::new_spanned(&item, SHAPE),
            });
            None
        }
    };
    let types = function.as_ref().map(|function| (function, types(&function.sig, &mut errors)));
    match (errors.propagate(), types) {
        (Ok(()), Some((function, Some((old, made))))) => {
            let registered = registered(&options, function, old, made);
            quote!(#item #registered)
        }
        (Err(error), _) => beside(item, &error),
        _ => item,
    }
}

/// The type that a function takes a reference to, and the one that it makes; whatever else is wrong with
/// it is noted.
fn types<'a>(sig: &'a Signature, errors: &mut Errors) -> Option<(&'a Type, &'a Type)> {
    if let Some(token) = &sig.asyncness {
        errors.on(token, "a value moves in one go: the function cannot be `async`");
    }
    if let Safety::Unsafe(token) = &sig.safety {
        errors.on(
            token,
            "the host calls the function, and has nothing to promise: it cannot be `unsafe`",
        );
    }
    for param in &sig.generics.params {
        if !matches!(param, GenericParam::Lifetime(_)) {
            errors.on(
                param,
                "write a function for each type: nothing says for which it would be made",
            );
        }
    }
    let mut inputs = sig.inputs.iter();
    let old = match (inputs.next(), inputs.next()) {
        (Some(FnArg::Typed(input)), None) => match &*input.ty {
            Type::Reference(TypeReference { mutability: None, elem, .. }) => Some(&**elem),
            other => {
                errors.on(other, SHAPE);
                None
            }
        },
        _ => {
            errors.on(&sig.ident, SHAPE);
            None
        }
    };
    let made = match &sig.output {
        ReturnType::Type(_, made) => Some(of_result(made)),
        ReturnType::Default => {
            errors.on(&sig.ident, SHAPE);
            None
        }
    };
    old.zip(made)
}

/// What a `Result` is of; other types as they are.
fn of_result(made: &Type) -> &Type {
    let Type::Path(path) = made else { return made };
    let last = path.path.segments.last().filter(|last| last.ident == "Result");
    match last.map(|last| &last.arguments) {
        Some(PathArguments::AngleBracketed(arguments)) => match arguments.args.first() {
            Some(GenericArgument::Type(value)) => value,
            _ => made,
        },
        _ => made,
    }
}

fn registered(options: &Options, function: &Function, old: &Type, made: &Type) -> TokenStream {
    let krate = options.krate();
    let ident = &function.sig.ident;
    let name = ident.unraw().to_string();
    let new = options.into.as_ref().unwrap_or(made);
    let cfg = function.attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    // What does not fit is reported on the types.
    let here = Span::mixed_site().located_at(ident.span());
    let migrate = match &options.into {
        None => quote_spanned!(here=> whole::<#old, #new, _, _>),
        Some(_) => quote_spanned!(here=> part::<#old, #new, #made, _, _>),
    };
    quote_spanned! {Span::mixed_site()=>
        #(#cfg)*
        #[doc(hidden)]
        #[allow(deprecated, clippy::all, clippy::pedantic, clippy::nursery)]
        const _: () = {
            const __HOT_PATH: &str = ::core::concat!(::core::module_path!(), "::", #name);
            static __HOT_MIGRATE: #krate::rt::versioned::Migrate =
                #krate::rt::versioned::Migrate::#migrate(__HOT_PATH, #ident);
            const __HOT_TYPES: #krate::rt::manifest::Migrate = #krate::rt::manifest::Migrate {
                path: __HOT_PATH,
                old: <#old as #krate::Versioned>::REF,
                new: <#new as #krate::Versioned>::REF,
            };
            #krate::__manifest_record!(__HOT_RECORD, __HOT_TYPES);
            #krate::rt::inventory::submit! { #krate::rt::RegisteredMigrate(&__HOT_MIGRATE) }
        };
    }
}
