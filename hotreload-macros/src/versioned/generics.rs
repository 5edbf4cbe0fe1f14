//! A definition's parameters: in its name, in implementations, and as the records have them.

use std::collections::HashMap;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    GenericParam, Generics, Ident, Lifetime, Macro, Path, Token, Type, TypeParamBound, TypePath,
    WherePredicate,
    ext::IdentExt,
    punctuated::Punctuated,
    visit_mut::{self, VisitMut},
};

use crate::{
    package,
    types::signature::{name_of, spelled},
};

/// Whether the definition is one of many types: then no static can be of all of them.
pub(super) fn is_generic(generics: &Generics) -> bool {
    generics.params.iter().any(|param| !matches!(param, GenericParam::Lifetime(_)))
}

/// The lifetime parameters, in their order.
pub(super) fn lifetimes(generics: &Generics) -> impl Iterator<Item = &Lifetime> {
    generics.lifetimes().map(|param| &param.lifetime)
}

/// The definition's `Versioned::Lifetimes`: its own, and those of its parameters.
pub(super) fn in_places(generics: &Generics, krate: &Path) -> TokenStream {
    let own = lifetimes(generics).map(|lifetime| quote!(&#lifetime ()));
    let params = generics.type_params().map(|param| {
        let param = &param.ident;
        quote_spanned!(Span::mixed_site()=> <#param as #krate::Versioned>::Lifetimes)
    });
    let all = own.chain(params);
    quote!((#(#all,)*))
}

/// `'static` for each lifetime, of a definition with no other parameters.
pub(super) fn all_static(generics: &Generics) -> TokenStream {
    let all: Vec<_> = lifetimes(generics).map(|_| quote!('static)).collect();
    if all.is_empty() { TokenStream::new() } else { quote!(<#(#all),*>) }
}

/// With the bounds that an implementation needs: every parameter, and every type that a field takes
/// from one (`T::Item`), has a layout.
pub(super) fn bounded<'a>(
    generics: &Generics,
    fields: impl Iterator<Item = &'a Type>,
    krate: &Path,
) -> Generics {
    let mut bounded = without_outlives(generics);
    let params: Vec<_> = generics.type_params().map(|param| param.ident.clone()).collect();
    if params.is_empty() {
        return bounded;
    }
    let mut projections = Projections { params: &params, found: Vec::new() };
    for ty in fields {
        projections.visit_type_mut(&mut ty.clone());
    }
    let clause = bounded.make_where_clause();
    for param in &params {
        clause.predicates.push(syn::parse_quote!(#param: #krate::Versioned));
    }
    for ty in projections.found {
        clause.predicates.push(syn::parse_quote!(#ty: #krate::Versioned));
    }
    bounded
}

/// Without what lifetimes outlive, which the type itself implies: what holds for some lifetimes only
/// cannot be asked of a type in a signature, where it holds for all.
fn without_outlives(generics: &Generics) -> Generics {
    fn is_outlives(bound: &TypeParamBound) -> bool {
        matches!(bound, TypeParamBound::Lifetime(lifetime) if lifetime.ident != "static")
    }
    fn keep(bounds: &mut Punctuated<TypeParamBound, Token![+]>) {
        let kept = std::mem::take(bounds).into_iter().filter(|bound| !is_outlives(bound));
        *bounds = kept.collect();
    }
    let mut generics = generics.clone();
    for param in &mut generics.params {
        match param {
            GenericParam::Lifetime(param) => {
                (param.colon_token, param.bounds) = (None, Punctuated::new());
            }
            GenericParam::Type(param) => keep(&mut param.bounds),
            GenericParam::Const(_) => {}
        }
    }
    if let Some(clause) = &mut generics.where_clause {
        let predicates = std::mem::take(&mut clause.predicates).into_iter();
        let kept = predicates.filter_map(|mut predicate| match &mut predicate {
            WherePredicate::Lifetime(_) => None,
            WherePredicate::Type(ty) => {
                keep(&mut ty.bounds);
                Some(predicate)
            }
            _ => Some(predicate),
        });
        clause.predicates = kept.collect();
    }
    generics
}

/// Finds `T::Item` and `<T as Iterator>::Item`.
struct Projections<'a> {
    params: &'a [Ident],
    found: Vec<Type>,
}

impl VisitMut for Projections<'_> {
    fn visit_type_path_mut(&mut self, ty: &mut TypePath) {
        let first = &ty.path.segments[0].ident;
        let of_param = ty.path.segments.len() > 1 && self.params.contains(first);
        let qualified = ty.qself.as_ref().is_some_and(|qself| {
            let mut mentions = Mentions { params: self.params, found: false };
            mentions.visit_type_mut(&mut (*qself.ty).clone());
            mentions.found
        });
        if of_param || qualified {
            let ty = Type::Path(ty.clone());
            let same = |known: &Type| spelled(known) == spelled(&ty);
            if !self.found.iter().any(same) {
                self.found.push(ty);
            }
        } else {
            visit_mut::visit_type_path_mut(self, ty);
        }
    }
}

/// Whether a type depends on a parameter that is no lifetime.
pub(super) fn depends(ty: &Type, generics: &Generics) -> bool {
    let params = generics.params.iter().filter_map(|param| match param {
        GenericParam::Lifetime(_) => None,
        GenericParam::Type(param) => Some(param.ident.clone()),
        GenericParam::Const(param) => Some(param.ident.clone()),
    });
    let mut mentions = Mentions { params: &params.collect::<Vec<_>>(), found: false };
    mentions.visit_type_mut(&mut ty.clone());
    mentions.found
}

struct Mentions<'a> {
    params: &'a [Ident],
    found: bool,
}

impl Mentions<'_> {
    fn any(&self, tokens: TokenStream) -> bool {
        tokens.into_iter().any(|token| match token {
            TokenTree::Ident(ident) => self.params.contains(&ident),
            TokenTree::Group(group) => self.any(group.stream()),
            _ => false,
        })
    }
}

impl VisitMut for Mentions<'_> {
    fn visit_ident_mut(&mut self, ident: &mut Ident) {
        self.found |= self.params.contains(ident);
    }

    fn visit_macro_mut(&mut self, mac: &mut Macro) {
        self.found |= self.any(mac.tokens.clone());
    }
}

/// The name of the definition's type, as an expression: with its arguments, or without.
pub(super) fn name(krate: &Path, last: &str, arguments: Option<&Generics>) -> TokenStream {
    let arguments = arguments.into_iter().flat_map(|generics| &generics.params);
    let arguments: Vec<_> = arguments
        .filter_map(|param| match param {
            GenericParam::Lifetime(_) => None,
            GenericParam::Type(param) => {
                let param = &param.ident;
                Some(quote_spanned!(Span::mixed_site()=> <#param as #krate::Versioned>::REF))
            }
            GenericParam::Const(param) => {
                let text = value(krate, &param.ident, &param.ty);
                Some(quote_spanned! {Span::mixed_site()=>
                    const { &#krate::rt::versioned::TypeRef::of_language(#text, &[]) }
                })
            }
        })
        .collect();
    let arguments = list(&arguments);
    let (package, version) = (package::name(), package::compatible_version());
    quote_spanned! {Span::mixed_site()=>
        #krate::rt::versioned::TypeRef {
            package: #package,
            version: #version,
            path: ::core::concat!(::core::module_path!(), "::", #last),
            args: #arguments,
        }
    }
}

/// A slice that lives for ever. An empty one needs no constant of its own, which costs rustc as much as
/// a function.
pub(super) fn list(elements: &[TokenStream]) -> TokenStream {
    if elements.is_empty() { quote!(&[]) } else { quote!(const { &[#(#elements),*] }) }
}

/// The value of a constant parameter as text.
fn value(krate: &Path, param: &Ident, ty: &Type) -> TokenStream {
    let digits = match name_of(ty).as_str() {
        "bool" => {
            return quote_spanned! {Span::mixed_site()=> if #param { "true" } else { "false" } };
        }
        "char" => {
            quote_spanned!(Span::mixed_site()=> unsigned(#param as ::core::primitive::u32 as _))
        }
        unsigned if unsigned.starts_with('u') => {
            quote_spanned!(Span::mixed_site()=> unsigned(#param as _))
        }
        _ => quote_spanned!(Span::mixed_site()=> signed(#param as _)),
    };
    quote_spanned! {Span::mixed_site()=>
        const { &#krate::rt::versioned::Digits::#digits }.as_str()
    }
}

/// The parameters and their bounds as text, without defaults; lifetimes are renamed in their order.
pub(super) fn rendered(generics: &Generics, more: impl ToTokens) -> String {
    let mut generics = generics.clone();
    let mut renamed = Renamed::default();
    for (index, param) in generics.params.iter_mut().enumerate() {
        match param {
            GenericParam::Lifetime(param) => {
                renamed.0.insert(param.lifetime.ident.to_string(), format!("'l{index}"));
            }
            GenericParam::Type(param) => param.default = None,
            GenericParam::Const(param) => param.default = None,
        }
    }
    renamed.visit_generics_mut(&mut generics);
    let params = &generics.params;
    let mut parts = vec![spelled(params)];
    if let Some(clause) = &generics.where_clause {
        parts.push(format!("where {}", spelled(&clause.predicates)));
    }
    let more = spelled(more);
    if !more.is_empty() {
        parts.push(format!(": {more}"));
    }
    parts.retain(|part| !part.is_empty());
    // The quote of a lifetime is a token of its own.
    parts.join(" ").replace("' ", "'")
}

#[derive(Default)]
struct Renamed(HashMap<String, String>);

impl VisitMut for Renamed {
    fn visit_lifetime_mut(&mut self, lifetime: &mut Lifetime) {
        if let Some(name) = self.0.get(&lifetime.ident.unraw().to_string()) {
            *lifetime = Lifetime::new(name, lifetime.span());
        }
    }
}
