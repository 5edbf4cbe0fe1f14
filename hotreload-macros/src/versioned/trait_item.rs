//! `#[hot::versioned]` on a trait: its methods, in the order of the vtable.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute, FnArg, GenericParam, Generics, ItemTrait, LitStr, Path, ReturnType, Signature,
    TraitItem, TraitItemFn, Type, TypeParamBound, WherePredicate,
    ext::IdentExt,
    spanned::Spanned,
    visit_mut::{self, VisitMut},
};

use super::{OPTIONS, block, derive::generic_record, field::facts, generics, object};
use crate::{
    errors::{Errors, beside},
    known,
    opaque::{Markers, OpaqueParts},
    options::Options,
    owner::receiver_type,
    signature::{self, Described, spelled},
};

pub(super) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    try_expand(options, item.clone()).unwrap_or_else(|error| beside(item, &error))
}

fn try_expand(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let options = Options::parse(options, OPTIONS, &mut errors);
    let parsed: ItemTrait = syn::parse2(item.clone())?;
    for item in &parsed.items {
        match item {
            TraitItem::Type(item) if !of_sized_only(item.generics.where_clause.as_ref()) => {
                errors.on(
                    &item.ident,
                    "a versioned trait cannot have associated types yet: make it a parameter of \
                     the trait",
                );
            }
            TraitItem::Const(item) => errors.on(
                &item.ident,
                "a versioned trait is one of trait objects, which have no constants: make it a \
                 method",
            ),
            TraitItem::Fn(item) => method(&item.sig, &mut errors),
            TraitItem::Macro(item) => errors.on(
                item,
                "methods that a macro makes cannot be seen by `#[hot::versioned]`: write them out",
            ),
            _ => {}
        }
    }
    errors.propagate()?;
    let expansion = Trait { krate: options.krate(), item: &parsed, options: &options }.expand();
    Ok(quote!(#item #expansion))
}

/// Notes what keeps a method out of a vtable; rustc would say it of each trait object.
fn method(sig: &Signature, errors: &mut Errors) {
    if of_sized_only(sig.generics.where_clause.as_ref()) {
        return;
    }
    let mut note = |tokens: &dyn ToTokens, what: &str| {
        errors.on(
            tokens.to_token_stream(),
            format_args!(
                "a versioned trait is one of trait objects, which cannot have {what}: add `where \
                 Self: Sized`"
            ),
        );
    };
    if !matches!(sig.inputs.first(), Some(FnArg::Receiver(_))) {
        note(&sig.ident, "functions without `self`");
    }
    if let Some(token) = &sig.asyncness {
        note(token, "`async` methods");
    }
    for param in &sig.generics.params {
        if !matches!(param, GenericParam::Lifetime(_)) {
            note(param, "generic methods");
        }
    }
    let result = match &sig.output {
        ReturnType::Type(_, ty) => Some(&**ty),
        ReturnType::Default => None,
    };
    for ty in signature::parameters(sig).chain(result) {
        let mut unnamed = Unnamed(Vec::new());
        unnamed.visit_type_mut(&mut ty.clone());
        for ty in unnamed.0 {
            note(&ty, "this type in a method");
        }
    }
    bounds(&sig.generics, errors);
}

/// Notes what a method promises of its lifetimes: the records have none of it.
fn bounds(generics: &Generics, errors: &mut Errors) {
    for param in generics.lifetimes().filter(|param| !param.bounds.is_empty()) {
        errors.on(
            param,
            "a lifetime with bounds is early-bound, which a method of a versioned trait cannot \
             express: leave the bound out",
        );
    }
    if let Some(clause) = &generics.where_clause {
        errors.on(
            clause,
            "a where-clause cannot be expressed in a method of a versioned trait: leave it out",
        );
    }
}

/// Finds `Self` and `impl Trait`.
struct Unnamed(Vec<Type>);

impl VisitMut for Unnamed {
    fn visit_type_mut(&mut self, ty: &mut Type) {
        match ty {
            Type::ImplTrait(_) => self.0.push(ty.clone()),
            Type::Path(path) if path.path.is_ident("Self") => self.0.push(ty.clone()),
            ty => visit_mut::visit_type_mut(self, ty),
        }
    }
}

struct Trait<'a> {
    krate: Path,
    item: &'a ItemTrait,
    options: &'a Options,
}

impl Trait<'_> {
    fn expand(&self) -> TokenStream {
        let Trait { krate, item, options } = self;
        let ident = &item.ident;
        let concrete = !generics::is_generic(&item.generics);
        let methods: Vec<_> =
            item.items.iter().filter_map(|method| Method::of(method, &item.generics)).collect();
        let last = options.name.as_ref().map_or(ident.unraw().to_string(), LitStr::value);
        let name = generics::name(krate, &last, Some(&item.generics));
        let about = self.about();
        let (_, arguments, _) = item.generics.split_for_impl();
        let mut bounded = generics::bounded(&item.generics, std::iter::empty(), krate);
        bounded.params.insert(0, syn::parse_quote!('__hot));
        let (params, _, clause) = bounded.split_for_impl();
        let supertraits = self.supertraits();
        let table = methods.iter().map(|method| method.expand(krate, concrete));
        // Objects of the others do not cross.
        let alone = methods.iter().filter(|_| item.generics.params.is_empty());
        let lifetimes = alone.map(|method| method.lifetimes(krate));
        let object = quote!(dyn #ident #arguments);
        let others = [
            ("dyn Send", quote!(::core::marker::Send)),
            ("dyn Sync", quote!(::core::marker::Sync)),
            ("dyn Send + Sync", quote!(::core::marker::Send + ::core::marker::Sync)),
        ];
        let others = others.iter().map(|(promises, bounds)| {
            quote_spanned! {Span::mixed_site()=>
                #[automatically_derived]
                unsafe impl #params #krate::rt::versioned::VersionedTrait
                    for #object + #bounds + '__hot #clause
                {
                    const PROMISES: &'static ::core::primitive::str = #promises;
                    const TRAIT: &'static #krate::rt::versioned::TypeRef =
                        <(#object + '__hot) as #krate::rt::versioned::VersionedTrait>::TRAIT;
                    const TABLE: &'static #krate::rt::versioned::Table =
                        <(#object + '__hot) as #krate::rt::versioned::VersionedTrait>::TABLE;
                }
            }
        });
        let record = if concrete {
            let arguments = generics::all_static(&item.generics);
            quote_spanned! {Span::mixed_site()=>
                const __HOT_TABLE: #krate::rt::versioned::Table =
                    *<dyn #ident #arguments as #krate::rt::versioned::VersionedTrait>::TABLE;
                #krate::__manifest_record!(__HOT_RECORD, __HOT_TABLE);
            }
        } else {
            let name = generics::name(krate, &last, None);
            let methods: Vec<_> =
                methods.iter().map(|method| method.expand_generic(krate)).collect();
            generic_record(krate, &name, &about, &[], &methods)
        };
        let objects = object::expand(item, krate);
        block(
            krate,
            &quote_spanned! {Span::mixed_site()=>
                #[automatically_derived]
                unsafe impl #params #krate::rt::versioned::VersionedTrait for #object + '__hot #clause {
                    const PROMISES: &'static ::core::primitive::str = "dyn";
                    const TRAIT: &'static #krate::rt::versioned::TypeRef = &#name;
                    const TABLE: &'static #krate::rt::versioned::Table =
                        &#krate::rt::versioned::Table::of_trait(
                            Self::TRAIT,
                            #about,
                            const { &[#(#supertraits),*] },
                            const { &[#(#table),*] },
                        )
                        .with_lifetimes(const { &[#(#lifetimes),*] });
                }
                #(#others)*
                #objects
                #record
            },
        )
    }

    fn about(&self) -> TokenStream {
        let Trait { krate, item, options } = self;
        let repr = if item.unsafety.is_some() { "unsafe" } else { "" };
        let invariants = options.invariants.unwrap_or(0);
        let generics = generics::rendered(&item.generics, &item.supertraits);
        quote_spanned! {Span::mixed_site()=>
            #krate::rt::versioned::Definition {
                kind: #krate::rt::versioned::TypeKind::Trait,
                repr: #repr,
                generics: #generics,
                invariants: #invariants,
            }
        }
    }

    fn supertraits(&self) -> Vec<TokenStream> {
        let krate = &self.krate;
        let traits = self.item.supertraits.iter().filter_map(|bound| match bound {
            TypeParamBound::Trait(bound) if bound.maybe.is_none() => Some(&bound.path),
            _ => None,
        });
        let fields = traits.map(|path| {
            let tokens = spelled(path);
            // Where it is not known is said on the supertrait itself.
            let object = quote_spanned!(path.span()=> (dyn #path + '_));
            quote_spanned! {Span::mixed_site()=>
                #krate::rt::versioned::Field::of_supertrait(
                    #tokens,
                    <#object as #krate::rt::versioned::VersionedTrait>::REF,
                    <#object as #krate::rt::versioned::VersionedTrait>::describe,
                )
            }
        });
        fields.collect()
    }
}

/// A method that is in the vtable.
struct Method<'a> {
    cfg: Vec<&'a Attribute>,
    /// `self` is a parameter in it.
    free: Signature,
    receives: bool,
    name: String,
    form: String,
    types: Vec<Described>,
}

impl<'a> Method<'a> {
    fn of(item: &'a TraitItem, of_trait: &Generics) -> Option<Self> {
        let TraitItem::Fn(TraitItemFn { attrs, sig, .. }) = item else { return None };
        if of_sized_only(sig.generics.where_clause.as_ref()) {
            return None;
        }
        let mut free = sig.clone();
        let mut receives = false;
        for input in &mut free.inputs {
            if let FnArg::Receiver(receiver) = input {
                let ty = receiver_type(receiver);
                receives = true;
                *input = syn::parse_quote!(__hot_self: #ty);
            }
        }
        let mut types = signature::describe_method(&free, generics::lifetimes(of_trait));
        let mut form = String::new();
        if signature::is_unsafe(sig) {
            form += "unsafe ";
        }
        if let Some(abi) = &sig.abi {
            form += &format!("extern {:?} ", signature::abi_name(Some(abi)));
        }
        if receives {
            let receiver = types.remove(0);
            form += &format!("self: {}", receiver.name);
            if !receiver.lifetimes.is_empty() {
                form += &format!(" ({})", receiver.lifetimes);
            }
        }
        let cfg = attrs.iter().filter(|attribute| attribute.path().is_ident("cfg")).collect();
        Some(Method { cfg, free, receives, name: sig.ident.unraw().to_string(), form, types })
    }

    fn expand(&self, krate: &Path, concrete: bool) -> TokenStream {
        let Method { cfg, name, form, types, .. } = self;
        let fields = types.iter().enumerate().map(|(index, described)| {
            let Described { name, lifetimes, concrete: ty } = described;
            let facts = facts(krate, ty, concrete);
            let place = place(index, types.len());
            quote_spanned! {Span::mixed_site()=>
                #krate::rt::versioned::Field::of::<#ty>(
                    #place,
                    #krate::rt::versioned::Field::NOWHERE,
                    #facts,
                    #lifetimes,
                    #name,
                    <#ty as #krate::Versioned>::REF,
                    <#ty as #krate::Versioned>::describe,
                )
            }
        });
        quote_spanned! {Span::mixed_site()=>
            #(#cfg)*
            #krate::rt::versioned::Variant {
                name: #name,
                form: #form,
                discriminant: ::core::option::Option::None,
                fields: &[#(#fields),*],
            }
        }
    }

    /// Of a trait without parameters, which are of no type here.
    fn lifetimes(&self, krate: &Path) -> TokenStream {
        let Method { cfg, free, receives, name, .. } = self;
        let opaque = OpaqueParts::default();
        let ty = known::lifetimes(free, *receives, &opaque, krate, &mut Markers::default());
        let place = format!("::{name}()");
        quote_spanned! {Span::mixed_site()=>
            #(#cfg)*
            (#place, || ::core::any::TypeId::of::<#ty>())
        }
    }

    fn expand_generic(&self, krate: &Path) -> TokenStream {
        let Method { cfg, name, form, types, .. } = self;
        let fields = types.iter().enumerate().map(|(index, described)| {
            let Described { name, lifetimes, .. } = described;
            let place = place(index, types.len());
            quote_spanned! {Span::mixed_site()=>
                #krate::rt::versioned::GenericField(
                    #place,
                    #lifetimes,
                    #name,
                )
            }
        });
        quote_spanned! {Span::mixed_site()=>
            #(#cfg)*
            #krate::rt::versioned::GenericVariant {
                name: #name,
                form: #form,
                discriminant: ::core::option::Option::None,
                fields: &[#(#fields),*],
            }
        }
    }
}

/// What a method's type is called: a parameter's number, or the result.
fn place(index: usize, count: usize) -> String {
    if index + 1 == count { "->".to_owned() } else { index.to_string() }
}

/// Whether a clause says `Self: Sized`: then it is not in the vtable.
pub(super) fn of_sized_only(clause: Option<&syn::WhereClause>) -> bool {
    clause.into_iter().flat_map(|clause| &clause.predicates).any(|predicate| {
        matches!(
            predicate,
            WherePredicate::Type(predicate)
                if matches!(&predicate.bounded_ty, Type::Path(ty) if ty.path.is_ident("Self"))
                    && predicate.bounds.iter().any(|bound| matches!(
                        bound,
                        TypeParamBound::Trait(bound) if bound.path.segments.last()
                            .is_some_and(|last| last.ident == "Sized")
                    ))
        )
    })
}
