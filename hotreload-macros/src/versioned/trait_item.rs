//! `#[hot::versioned]` on a trait: its methods, in the order of the vtable.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    Attribute, Generics, ItemTrait, LitStr, Path, TraitItem, TraitItemFn, Type, TypeParamBound,
    WherePredicate,
    ext::IdentExt,
    spanned::Spanned,
    visit_mut::{self, VisitMut},
};

use super::{
    OPTIONS, below, block,
    derive::{LaidVariant, TRAIT, generic_record},
    field::facts,
    generics,
    laid::Laid,
    object,
};
use crate::{
    errors::{Errors, beside},
    expand::known,
    parse::{
        callable::Callable,
        opaque::{Markers, OpaqueParts},
        options::Options,
    },
    types::signature::{self, Described, spelled},
};

/// Attributes that may be macros go first: the rest is done by [`expand_last`], below them.
pub(super) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let krate = Options::parse(options.clone(), OPTIONS, &mut errors).krate();
    let parsed = syn::parse2::<ItemTrait>(item.clone());
    if errors.is_empty() && parsed.is_ok_and(|item| below::unknown(&item.attrs).next().is_some()) {
        let (others, own, rest) = below::split(item);
        return quote_spanned! {Span::mixed_site()=>
            #others #own #[#krate::rt::versioned_trait(#options)] #rest
        };
    }
    expand_last(options, item)
}

/// With no macro below.
pub(crate) fn expand_last(options: TokenStream, item: TokenStream) -> TokenStream {
    try_expand(options, item.clone()).unwrap_or_else(|error| beside(item, &error))
}

fn try_expand(options: TokenStream, item: TokenStream) -> syn::Result<TokenStream> {
    let mut errors = Errors::default();
    let options = Options::parse(options, OPTIONS, &mut errors);
    let parsed: ItemTrait = syn::parse2(item.clone())?;
    for attribute in below::unknown(&parsed.attrs) {
        errors.on(
            attribute,
            "this attribute may change the trait after `#[hot::versioned]` has read it: write \
             `#[hot::versioned]` below it",
        );
    }
    for item in &parsed.items {
        let attributes = match item {
            TraitItem::Type(item) if !of_sized_only(item.generics.where_clause.as_ref()) => {
                errors.on(
                    &item.ident,
                    "a versioned trait cannot have associated types yet: make it a parameter of \
                     the trait",
                );
                &item.attrs
            }
            TraitItem::Const(item) => {
                errors.on(
                    &item.ident,
                    "a versioned trait is one of trait objects, which have no constants: make it a \
                     method",
                );
                &item.attrs
            }
            TraitItem::Type(item) => &item.attrs,
            TraitItem::Fn(item) => &item.attrs,
            TraitItem::Macro(item) => {
                errors.on(
                    item,
                    "methods that a macro makes cannot be seen by `#[hot::versioned]`: write them out",
                );
                &item.attrs
            }
            _ => continue,
        };
        for attribute in below::unknown(attributes) {
            errors.on(
                attribute,
                "this attribute may change the method after `#[hot::versioned]` has read it: write \
                 it on a function that the method calls",
            );
        }
    }
    let methods = Method::all(&parsed);
    methods.iter().for_each(|method| method.check(&mut errors));
    errors.propagate()?;
    let krate = options.krate();
    let expansion = Trait { krate, item: &parsed, options: &options, methods }.expand();
    Ok(quote!(#item #expansion))
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
    methods: Vec<Method<'a>>,
}

impl Trait<'_> {
    fn expand(&self) -> TokenStream {
        let Trait { krate, item, options, methods } = self;
        let ident = &item.ident;
        let concrete = !generics::is_generic(&item.generics);
        let last = options.name.as_ref().map_or(ident.unraw().to_string(), LitStr::value);
        let name = generics::name(krate, &last, Some(&item.generics));
        let about = self.about();
        let (_, arguments, _) = item.generics.split_for_impl();
        let mut bounded = generics::bounded(&item.generics, std::iter::empty(), krate);
        bounded.params.insert(0, syn::parse_quote!('__hot));
        let (params, _, clause) = bounded.split_for_impl();
        let supertraits = self.supertraits();
        let table = methods.iter().map(|method| method.expand(&item.generics, krate, concrete));
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
            let methods = methods.iter().map(|method| method.laid(&item.generics)).collect();
            generic_record(krate, &name, TRAIT, &about, Vec::new(), methods)
        };
        let objects = object::expand(item, methods, krate);
        block(
            krate,
            &quote_spanned! {Span::mixed_site()=>
                #[automatically_derived]
                unsafe impl #params #krate::rt::versioned::VersionedTrait for #object + '__hot #clause {
                    const PROMISES: &'static ::core::primitive::str = "dyn";
                    const TRAIT: &'static #krate::rt::versioned::TypeRef = &#name;
                    const TABLE: &'static #krate::rt::versioned::Table =
                        &#krate::rt::versioned::Table {
                            fields: &[#(#supertraits),*],
                            variants: &[#(#table),*],
                            lifetimes: &[#(#lifetimes),*],
                            ..#krate::rt::versioned::Table::of_trait(Self::TRAIT, #about)
                        };
                }
                #(#others)*
                #objects
                #record
            },
        )
    }

    fn about(&self) -> Laid {
        let Trait { item, options, .. } = self;
        let repr = if item.unsafety.is_some() { "unsafe" } else { "" };
        let generics = generics::rendered(&item.generics, &item.supertraits);
        Laid::default().text(repr).text(&generics).u64(options.invariants.unwrap_or(0)).text("")
    }

    fn supertraits(&self) -> Vec<TokenStream> {
        let krate = &self.krate;
        let traits = self.item.supertraits.iter().filter_map(|bound| match bound {
            TypeParamBound::Trait(bound) if bound.maybe.is_none() => Some(&bound.path),
            _ => None,
        });
        let fields = traits.map(|path| {
            let laid = before_type("").text("").text(&spelled(path));
            // Where it is not known is said on the supertrait itself.
            let object = quote_spanned!(path.span()=> (dyn #path + '_));
            quote_spanned! {Span::mixed_site()=>
                #krate::rt::versioned::Field(
                    #laid,
                    #krate::rt::versioned::Field::NOWHERE,
                    &#krate::rt::versioned::Typed::supertrait(
                        <#object as #krate::rt::versioned::VersionedTrait>::REF,
                        <#object as #krate::rt::versioned::VersionedTrait>::describe,
                    ),
                )
            }
        });
        fields.collect()
    }
}

/// A method that is in the vtable.
pub(super) struct Method<'a> {
    pub(super) cfg: Vec<&'a Attribute>,
    pub(super) callable: Callable,
}

impl<'a> Method<'a> {
    fn all(item: &'a ItemTrait) -> Vec<Self> {
        let methods = item.items.iter().filter_map(|item| match item {
            TraitItem::Fn(TraitItemFn { attrs, sig, .. })
                if !of_sized_only(sig.generics.where_clause.as_ref()) =>
            {
                let cfg = attrs.iter().filter(|attribute| attribute.path().is_ident("cfg"));
                let callable = Callable::of(sig, OpaqueParts::default());
                Some(Method { cfg: cfg.collect(), callable })
            }
            _ => None,
        });
        methods.collect()
    }

    /// Notes what keeps it out of a vtable; rustc would say it of each trait object.
    fn check(&self, errors: &mut Errors) {
        let Callable { ident, lifetimes, beyond, .. } = &self.callable;
        let mut note = |tokens: &dyn ToTokens, what: &str| {
            errors.on(
                tokens.to_token_stream(),
                format_args!(
                    "a versioned trait is one of trait objects, which cannot have {what}: add \
                     `where Self: Sized`"
                ),
            );
        };
        if beyond.receiver.is_none() {
            note(ident, "functions without `self`");
        }
        for param in &beyond.generics {
            note(param, "generic methods");
        }
        for ty in self.types().chain(self.callable.output.ty()) {
            let mut unnamed = Unnamed(Vec::new());
            unnamed.visit_type_mut(&mut ty.clone());
            for ty in unnamed.0 {
                note(&ty, "this type in a method");
            }
        }
        if let Some(token) = &beyond.asyncness {
            errors.on(
                token,
                "a versioned trait is one of trait objects, which cannot have `async` methods: give a \
                 `hot::Future<'_, R>`, which implementations make with `hot::Future::new(async move { .. })`; \
                 or add `where Self: Sized`",
            );
        }
        for param in lifetimes.iter().filter(|param| !param.bounds.is_empty()) {
            errors.on(
                param,
                "a lifetime with bounds is early-bound, which a method of a versioned trait cannot \
                 express: leave the bound out",
            );
        }
        if let Some(clause) = &beyond.clause {
            errors.on(
                clause,
                "a where-clause cannot be expressed in a method of a versioned trait: leave it out",
            );
        }
    }

    /// The parameters' types but `self`'s.
    pub(super) fn types(&self) -> impl Iterator<Item = &Type> {
        self.callable.types().skip(self.callable.beyond.receiver.is_some().into())
    }

    fn name(&self) -> String {
        self.callable.ident.unraw().to_string()
    }

    /// What it is but for the types, and these.
    fn described(&self, of_trait: &Generics) -> (String, Vec<Described>) {
        let mut types = signature::describe_method(&self.callable, generics::lifetimes(of_trait));
        let mut form = signature::qualifiers(&self.callable);
        if self.callable.beyond.receiver.is_some() {
            let receiver = types.remove(0);
            form += &format!("self: {}", receiver.name);
            if !receiver.lifetimes.is_empty() {
                form += &format!(" ({})", receiver.lifetimes);
            }
        }
        (form, types)
    }

    fn expand(&self, of_trait: &Generics, krate: &Path, concrete: bool) -> TokenStream {
        let (cfg, (form, types)) = (&self.cfg, self.described(of_trait));
        let fields = types.iter().enumerate().map(|(index, described)| {
            let Described { name, lifetimes, concrete: ty } = described;
            let facts = facts(ty, concrete);
            let laid = before_type(&place(index, types.len())).text(lifetimes).text(name);
            quote_spanned! {Span::mixed_site()=>
                #krate::rt::versioned::Field(
                    #laid,
                    #krate::rt::versioned::Field::NOWHERE,
                    &#krate::rt::versioned::field::of::<#ty>(
                        #facts,
                        <#ty as #krate::Versioned>::REF,
                        <#ty as #krate::Versioned>::describe,
                    ),
                )
            }
        });
        let head = self.head(&form);
        quote_spanned! {Span::mixed_site()=>
            #(#cfg)*
            #krate::rt::versioned::Variant {
                laid: #head,
                discriminant: ::core::option::Option::None,
                fields: &[#(#fields),*],
            }
        }
    }

    /// What a record has before its types.
    fn head(&self, form: &str) -> Laid {
        Laid::default().text(&self.name()).text(form).u8(0)
    }

    /// Of a trait without parameters, which are of no type here.
    fn lifetimes(&self, krate: &Path) -> TokenStream {
        let cfg = &self.cfg;
        let told = known::lifetimes(&self.callable, krate, &mut Markers::default());
        let place = format!("::{}()", self.name());
        quote_spanned! {Span::mixed_site()=>
            #(#cfg)*
            (#place, || #told)
        }
    }

    fn laid(&self, of_trait: &Generics) -> LaidVariant<'a> {
        let (form, types) = self.described(of_trait);
        let fields = types.iter().enumerate().map(|(index, Described { name, lifetimes, .. })| {
            before_type(&place(index, types.len())).text(lifetimes).text(name)
        });
        LaidVariant {
            cfg: self.cfg.clone(),
            head: self.head(&form),
            discriminant: None,
            fields: fields.collect(),
        }
    }
}

/// What a record has of a supertrait, a parameter or a result before its numbers.
fn before_type(name: &str) -> Laid {
    Laid::default().text(name).u8(0)
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
                    ),
                )
        )
    })
}
