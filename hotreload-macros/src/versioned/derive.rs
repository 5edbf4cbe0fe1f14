//! The derive behind `#[hot::versioned]`: structs and enums as rustc leaves them after `#[cfg]`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Attribute, Data, DeriveInput, Expr, Fields, Generics, Ident, LitStr, Member, Path, Type,
    Visibility, ext::IdentExt,
};

use super::{
    OPTIONS, UNION, below, block,
    field::{Field, facts, identity, repr},
    generics,
    laid::Laid,
    moves::{self, Branch, Part},
};
use crate::{
    errors::Errors,
    expand::{known::lifetimes_of, parts},
    parse::{opaque::Markers, options::Options, said},
    types::{signature::spelled, skeleton::Skeleton},
};

pub(crate) fn expand(item: TokenStream) -> TokenStream {
    try_expand(item).unwrap_or_else(|error| error.to_compile_error())
}

fn try_expand(item: TokenStream) -> syn::Result<TokenStream> {
    let input: DeriveInput = syn::parse2(item)?;
    let mut errors = Errors::default();
    // The first is from the attribute, which has checked it.
    let mut given = input.attrs.iter().filter(|attribute| attribute.path().is_ident("hot"));
    let Some(options) = given.next() else {
        let message = "write `#[hot::versioned]`: this derive is a part of it";
        return Err(syn::Error::new(Span::call_site(), message));
    };
    let tokens = options.meta.require_list()?.tokens.clone();
    if tokens.to_string() == "wrong" {
        return Ok(TokenStream::new());
    }
    let options = Options::parse(tokens, OPTIONS, &mut errors);
    for attribute in given {
        errors.on(attribute, TWICE);
    }
    expand_with(&input, &options, errors)
}

const TWICE: &str = "write the options within `#[hot::versioned(..)]`, once";

fn expand_with(
    input: &DeriveInput,
    options: &Options,
    mut errors: Errors,
) -> syn::Result<TokenStream> {
    if let Data::Union(data) = &input.data {
        errors.on(data.union_token, UNION);
    }
    let definition = Definition::new(input, options, &mut errors);
    errors.propagate()?;
    Ok(definition.expand())
}

/// The definition with its implementation, if what is written is what rustc will have: no derive is needed
/// that sees what macros and `#[cfg]` leave.
pub(super) fn expand_at_once(options: &Options, item: &TokenStream) -> Option<TokenStream> {
    let input: DeriveInput = syn::parse2(item.clone()).ok()?;
    if !below::is_final(&input) {
        return None;
    }
    let mut errors = Errors::default();
    let own = |attribute: &&Attribute| attribute.path().is_ident("hot");
    input.attrs.iter().filter(own).for_each(|attribute| errors.on(attribute, TWICE));
    let expansion =
        expand_with(&input, options, errors).unwrap_or_else(syn::Error::into_compile_error);
    let (unread, item) = (super::unread(options), below::without_own(input, item));
    Some(quote!(#unread #item #expansion))
}

/// A struct or an enum.
struct Definition<'a> {
    krate: Path,
    input: &'a DeriveInput,
    last: String,
    invariants: u64,
    renamed_from: String,
    version_of: Option<LitStr>,
    repr: String,
    markers: Markers,
    shape: Shape<'a>,
}

enum Shape<'a> {
    Struct { kind: (&'static str, u8), fields: Vec<(Member, Field<'a>)> },
    Enum(Vec<Variant<'a>>),
}

struct Variant<'a> {
    name: String,
    form: &'static str,
    renamed_from: String,
    /// The expression that it is, and how much is added to it.
    discriminant: Option<TokenStream>,
    fields: Vec<Field<'a>>,
}

impl<'a> Definition<'a> {
    fn new(input: &'a DeriveInput, options: &Options, errors: &mut Errors) -> Self {
        let krate = options.krate();
        let mut skeleton = Skeleton::of_a_type(generics::lifetimes(&input.generics));
        let mut markers = Markers::default();
        let repr = repr(&input.attrs);
        let is_pub = |visibility: &Visibility| matches!(visibility, Visibility::Public(_));
        let is_enum = matches!(input.data, Data::Enum(_));
        let mut read = |fields: &'a Fields, errors: &mut Errors| -> Vec<Field<'a>> {
            let fields = fields.iter().enumerate();
            let field = |(index, field): (usize, &'a syn::Field)| {
                let is_public = is_pub(&input.vis) && (is_enum || is_pub(&field.vis));
                Field::new(field, index, is_public, &krate, &mut skeleton, &mut markers, errors)
            };
            let fields: Vec<_> = fields.map(field).collect();
            let without = fields.iter().filter(|_| options.invariants.is_none());
            for pointer in without.flat_map(Field::raw_pointers) {
                errors.on(
                    pointer,
                    "what a raw pointer points to cannot be compared: say which invariants these \
                     are with `#[hot::versioned(invariants = 1)]`, and raise the number when they \
                     change",
                );
            }
            let old_names = fields.iter().filter_map(|field| field.said.renamed_from.as_ref());
            said::check_old_names(old_names, errors);
            fields
        };
        let shape = match &input.data {
            Data::Struct(data) => {
                let kind = match &data.fields {
                    Fields::Named(_) => ("Struct", 3),
                    Fields::Unnamed(_) => ("Tuple", 4),
                    Fields::Unit => ("Unit", 5),
                };
                let fields = data.fields.members().zip(read(&data.fields, errors)).collect();
                Shape::Struct { kind, fields }
            }
            Data::Enum(data) => {
                let discriminants = discriminants(data, &repr);
                let variants = data.variants.iter().zip(discriminants);
                let mut old_names = Vec::new();
                let variants = variants.map(|(variant, discriminant)| Variant {
                    renamed_from: {
                        let name = said::of_variant(variant, errors);
                        old_names.extend(name.clone());
                        name.as_ref().map(LitStr::value).unwrap_or_default()
                    },
                    name: variant.ident.unraw().to_string(),
                    form: match &variant.fields {
                        Fields::Named(_) => "struct",
                        Fields::Unnamed(_) => "tuple",
                        Fields::Unit => "unit",
                    },
                    discriminant,
                    fields: read(&variant.fields, errors),
                });
                let variants = variants.collect();
                said::check_old_names(old_names.iter(), errors);
                Shape::Enum(variants)
            }
            // It is refused.
            Data::Union(_) => Shape::Enum(Vec::new()),
        };
        let last = options.name.as_ref().map_or(input.ident.unraw().to_string(), LitStr::value);
        let invariants = options.invariants.unwrap_or(0);
        let renamed_from = options.renamed_from.as_ref().map(LitStr::value).unwrap_or_default();
        if renamed_from == last {
            errors.on(
                &options.renamed_from,
                "this is the name that it has: write the one that it had before",
            );
        }
        let version_of = options.of.clone();
        if version_of.as_ref().is_some_and(|name| name.value().is_empty()) {
            errors.on(&version_of, "this is no name");
        }
        Definition {
            krate,
            input,
            last,
            invariants,
            renamed_from,
            version_of,
            repr,
            markers,
            shape,
        }
    }

    fn expand(&self) -> TokenStream {
        let Definition { krate, input, .. } = self;
        let ident = &input.ident;
        let concrete = !generics::is_generic(&input.generics);
        let types = all_fields(&input.data).map(|field| &field.ty);
        let bounded = generics::bounded(&input.generics, types, krate);
        let lifetimes = generics::in_places(&input.generics, krate);
        let (params, _, clause) = bounded.split_for_impl();
        let (_, arguments, _) = input.generics.split_for_impl();
        let name = generics::name(krate, &self.last, Some(&input.generics));
        let table = self.table(concrete);
        let markers = self.markers.definitions(krate);
        let moves = self.moves();
        let (hidden, identities) = (self.hidden(), self.identities());
        let (of_many, dependent) = if concrete {
            (
                quote!(
                    type Parts = ();
                ),
                TokenStream::new(),
            )
        } else {
            let of_many = quote_spanned! {Span::mixed_site()=>
                type Parts = #krate::rt::versioned::Of<Self>;
                fn describe(out: &mut #krate::rt::versioned::Describe) {
                    out.one_of_many::<Self>();
                }
            };
            (of_many, self.dependent(&bounded))
        };
        let exhaustive =
            below::unknown(&input.attrs).next().map(|_| below::exhaustive(&input.data));
        let record = if concrete {
            let arguments = generics::all_static(&input.generics);
            quote_spanned! {Span::mixed_site()=>
                #krate::__manifest_record!(
                    __HOT_RECORD,
                    <#ident #arguments as #krate::Versioned>::TABLE
                );
            }
        } else {
            self.generic_record()
        };
        block(
            krate,
            &quote_spanned! {Span::mixed_site()=>
                #markers
                #hidden
                #identities
                #[automatically_derived]
                unsafe impl #params #krate::Versioned for #ident #arguments #clause {
                    const REF: &'static #krate::rt::versioned::TypeRef = &#name;
                    const TABLE: &'static __HotTable = #table;
                    const ABILITIES: __HotAbilities = __hot_abilities!();
                    type Lifetimes = #lifetimes;
                    type Owned = __HotWhole<Self>;
                    #moves
                    #of_many
                    #exhaustive
                }
                #dependent
                #record
            },
        )
    }

    /// `TypeKind` in hotreload/types/src/table.rs: its name and its number.
    fn kind(&self) -> (Ident, u8) {
        let (name, number) = match &self.shape {
            Shape::Struct { kind, .. } => *kind,
            Shape::Enum(_) => ("Enum", 6),
        };
        (format_ident!("{name}"), number)
    }

    /// What the records have of the definition before its fields.
    fn about(&self) -> Laid {
        let Definition { input, repr, invariants, renamed_from, .. } = self;
        let generics = generics::rendered(&input.generics, TokenStream::new());
        Laid::default().text(repr).text(&generics).u64(*invariants).text(renamed_from)
    }

    /// The table. Its lists are no arguments of a function: so they live for ever without being
    /// constants of their own, each of which costs rustc as much as a function.
    fn table(&self, concrete: bool) -> TokenStream {
        let ((kind, _), about, facts) = (self.kind(), self.about(), facts(quote!(Self), concrete));
        let mut rest = quote_spanned! {Span::mixed_site()=>
            ..__HotTable::of::<Self>(__HotKind::#kind, #facts, #about)
        };
        if self.has_hidden() {
            rest = quote_spanned!(Span::mixed_site()=> lifetimes: __HOT_LIFETIMES, #rest);
        }
        if self.has_identities() {
            let some = quote!(::core::option::Option::Some(__HOT_IDENTITIES));
            rest = quote_spanned!(Span::mixed_site()=> identities: #some, #rest);
        }
        if let Some(name) = &self.version_of {
            rest = quote_spanned!(Span::mixed_site()=> version_of: #name, #rest);
        }
        match &self.shape {
            Shape::Struct { fields, .. } if fields.is_empty() => {
                quote_spanned!(Span::mixed_site()=> &__HotTable { #rest })
            }
            Shape::Struct { fields, .. } => {
                let mut all = TokenStream::new();
                let laid = fields.iter().fold(Laid::default(), |before, (member, field)| {
                    field.of_struct(member, concrete, &mut all, before)
                });
                quote_spanned! {Span::mixed_site()=>
                    &__HotTable { fields: &__hot_fields!(#laid #all), #rest }
                }
            }
            Shape::Enum(variants) => {
                let variants = variants.iter().map(|variant| variant.expand(&self.krate, concrete));
                quote_spanned! {Span::mixed_site()=>
                    &__HotTable { variants: &[#(#variants),*], #rest }
                }
            }
        }
    }

    /// What moves values to another version of the type.
    fn moves(&self) -> TokenStream {
        match (&self.shape, &self.input.data) {
            (Shape::Struct { fields, .. }, Data::Struct(data)) => {
                let fields = fields.iter().map(|(_, field)| field);
                let parts: Vec<_> = data.fields.members().zip(fields).map(part).collect();
                moves::of_struct(&self.krate, &parts)
            }
            (Shape::Enum(variants), Data::Enum(data)) => {
                let branches = data.variants.iter().zip(variants).map(|(of, variant)| Branch {
                    ident: &of.ident,
                    name: &variant.name,
                    renamed_from: &variant.renamed_from,
                    parts: of.fields.members().zip(&variant.fields).map(part).collect(),
                });
                moves::of_enum(&self.krate, &branches.collect::<Vec<_>>())
            }
            // It is refused.
            _ => TokenStream::new(),
        }
    }

    fn has_hidden(&self) -> bool {
        generics::lifetimes(&self.input.generics).next().is_some()
    }

    /// What tells the lifetimes that aliases hide in the fields.
    fn hidden(&self) -> TokenStream {
        let Definition { krate, input, .. } = self;
        if !self.has_hidden() {
            return TokenStream::new();
        }
        let this = self.this();
        let lifetimes =
            self.of_fields(|before, field| field.lifetimes(krate, before, &this, &input.generics));
        quote_spanned! {Span::mixed_site()=>
            const __HOT_LIFETIMES: &[#krate::rt::versioned::Lifetimes] = &[#(#lifetimes),*];
        }
    }

    /// What tells the lifetimes in fields whose types depend on a parameter, where it has an argument.
    fn dependent(&self, bounded: &Generics) -> TokenStream {
        let Definition { krate, input, .. } = self;
        let (ident, this) = (&input.ident, self.this());
        let (params, _, clause) = bounded.split_for_impl();
        let (_, arguments, _) = input.generics.split_for_impl();
        let fields = self.all_fields().into_iter().map(|(_, field)| field);
        let dependent = fields.filter(|field| field.is_dependent(&this, &input.generics));
        let types: Vec<&Type> = dependent.map(|field| &*field.named).collect();
        let lifetimes = types.iter().map(|ty| lifetimes_of(ty, krate));
        let mut different: Vec<&Type> = Vec::new();
        for ty in &types {
            if !different.iter().any(|known| spelled(known) == spelled(ty)) {
                different.push(ty);
            }
        }
        let parts = parts::of_types(&different, krate);
        quote_spanned! {Span::mixed_site()=>
            #[automatically_derived]
            impl #params #krate::rt::versioned::Fields for #ident #arguments #clause {
                type Lifetimes = (#(#lifetimes,)*);
                type Parts = #parts;
            }
        }
    }

    /// What tells the types of opaque fields, of each.
    fn opaque(&self) -> Vec<TokenStream> {
        if !self.all_fields().iter().any(|(_, field)| field.is_opaque()) {
            return Vec::new();
        }
        let this = self.this();
        // Where the type is a generic one, nothing tells how its crate was compiled.
        if generics::depends(&this, &self.input.generics) {
            return Vec::new();
        }
        self.of_fields(|before, field| field.identity(before, &this, &self.input.generics))
    }

    fn has_identities(&self) -> bool {
        !self.opaque().is_empty()
    }

    /// What tells the types of opaque fields.
    fn identities(&self) -> TokenStream {
        let Definition { krate, input, .. } = self;
        let fields = self.opaque();
        if fields.is_empty() {
            return TokenStream::new();
        }
        let holder = syn::parse2(crate::expand::known::witness(self.this())).expect("it is a type");
        let holder = identity(&[holder], &input.generics);
        quote_spanned! {Span::mixed_site()=>
            const __HOT_IDENTITIES: &#krate::rt::versioned::Identities =
                &#krate::rt::versioned::Identities { holder: #holder, fields: &[#(#fields),*] };
        }
    }

    /// The type, named outside of its `impl`.
    fn this(&self) -> Type {
        let (ident, (_, arguments, _)) = (&self.input.ident, self.input.generics.split_for_impl());
        syn::parse_quote!(#ident #arguments)
    }

    /// What there is of fields, with what leads to them from the type.
    fn of_fields(&self, one: impl Fn(&str, &Field<'_>) -> Option<TokenStream>) -> Vec<TokenStream> {
        let fields = self.all_fields().into_iter();
        let before = |variant: Option<&str>| variant.map_or(String::new(), |it| format!("::{it}"));
        fields.filter_map(|(variant, field)| one(&before(variant), field)).collect()
    }

    /// The fields, and the variants that they are in.
    fn all_fields(&self) -> Vec<(Option<&str>, &Field<'a>)> {
        match &self.shape {
            Shape::Struct { fields, .. } => fields.iter().map(|(_, field)| (None, field)).collect(),
            Shape::Enum(variants) => {
                let within = variants.iter().map(|it| (Some(it.name.as_str()), &it.fields));
                let each = |(variant, fields)| {
                    let fields: &Vec<Field<'a>> = fields;
                    fields.iter().map(move |field| (variant, field))
                };
                within.flat_map(each).collect()
            }
        }
    }

    fn generic_record(&self) -> TokenStream {
        let name = generics::name(&self.krate, &self.last, None);
        let (fields, variants) = match &self.shape {
            Shape::Struct { fields, .. } => {
                (fields.iter().map(|(_, field)| field.laid()).collect(), Vec::new())
            }
            Shape::Enum(variants) => (Vec::new(), variants.iter().map(Variant::laid).collect()),
        };
        generic_record(&self.krate, &name, self.kind().1, &self.about(), fields, variants)
    }
}

/// `TypeKind::Trait` in hotreload/types/src/table.rs.
pub(super) const TRAIT: u8 = 7;

/// A variant, or a method of a trait, as the record of a generic definition has it.
pub(super) struct LaidVariant<'a> {
    /// It is there under these conditions.
    pub(super) cfg: Vec<&'a Attribute>,
    pub(super) head: Laid,
    pub(super) discriminant: Option<TokenStream>,
    pub(super) fields: Vec<Laid>,
}

/// The record of a generic definition.
pub(super) fn generic_record(
    krate: &Path,
    name: &TokenStream,
    kind: u8,
    about: &Laid,
    fields: Vec<Laid>,
    variants: Vec<LaidVariant<'_>>,
) -> TokenStream {
    let laid = Laid::default().u8(kind).then(about).all(&fields);
    let variants = variants.iter().map(|LaidVariant { cfg, head, discriminant, fields }| {
        let discriminant = optional(discriminant);
        let fields = Laid::default().all(fields);
        quote_spanned! {Span::mixed_site()=>
            #(#cfg)*
            #krate::rt::versioned::GenericVariant {
                head: #head,
                discriminant: #discriminant,
                fields: #fields,
            }
        }
    });
    quote_spanned! {Span::mixed_site()=>
        const __HOT_GENERIC: #krate::rt::versioned::Generic = #krate::rt::versioned::Generic {
            ty: &#name,
            laid: #laid,
            variants: &[#(#variants),*],
        };
        #krate::__manifest_record!(__HOT_RECORD, __HOT_GENERIC);
    }
}

fn optional(tokens: &Option<TokenStream>) -> TokenStream {
    match tokens {
        Some(tokens) => quote!(::core::option::Option::Some(#tokens)),
        None => quote!(::core::option::Option::None),
    }
}

fn part<'a>((member, field): (Member, &'a Field<'_>)) -> Part<'a> {
    Part { member, field }
}

impl Variant<'_> {
    /// What a record has before its discriminant and its fields.
    fn head(&self) -> Laid {
        let Variant { name, form, renamed_from, discriminant, .. } = self;
        let renamed = if renamed_from.is_empty() { 0 } else { RENAMED };
        let marks = u8::from(discriminant.is_some()) | renamed;
        Laid::default().text(name).text(form).marks(marks, RENAMED, renamed_from)
    }

    fn expand(&self, krate: &Path, concrete: bool) -> TokenStream {
        let (head, discriminant) = (self.head(), optional(&self.discriminant));
        let fields = self.fields.iter().map(|field| field.of_variant(concrete));
        quote_spanned! {Span::mixed_site()=>
            #krate::rt::versioned::Variant {
                laid: #head,
                discriminant: #discriminant,
                fields: &[#(#fields),*],
            }
        }
    }

    fn laid(&self) -> LaidVariant<'static> {
        LaidVariant {
            cfg: Vec::new(),
            head: self.head(),
            discriminant: self.discriminant.clone(),
            fields: self.fields.iter().map(Field::laid).collect(),
        }
    }
}

/// `RENAMED` of variants, in docs/layout-format.md.
const RENAMED: u8 = 2;

pub(super) fn all_fields(data: &Data) -> impl Iterator<Item = &syn::Field> {
    let (of_struct, of_enum) = match data {
        Data::Struct(data) => (Some(data.fields.iter()), None),
        Data::Enum(data) => (None, Some(data.variants.iter())),
        Data::Union(_) => (None, None),
    };
    let in_variants = of_enum.into_iter().flatten().flat_map(|variant| &variant.fields);
    of_struct.into_iter().flatten().chain(in_variants)
}

/// The discriminants, where the enum promises them: as the reference says, one more than the one
/// before, from zero or from an explicit one.
fn discriminants(data: &syn::DataEnum, repr: &str) -> Vec<Option<TokenStream>> {
    let integer = repr.split(',').find(|word| {
        word.strip_prefix(['u', 'i'])
            .is_some_and(|bits| bits == "size" || bits.parse::<u8>().is_ok())
    });
    let explicit = data.variants.iter().any(|variant| variant.discriminant.is_some());
    let fieldless = data.variants.iter().all(|variant| variant.fields.is_empty());
    let integer_type = format_ident!("{}", integer.unwrap_or("isize"));
    let integer_type: Type = syn::parse_quote!(::core::primitive::#integer_type);
    let mut base: Option<&Expr> = None;
    let mut more = 0_i128;
    let each = data.variants.iter().map(|variant| {
        if let Some((_, expression)) = &variant.discriminant {
            (base, more) = (Some(expression), 0);
        }
        let number = proc_macro2::Literal::i128_unsuffixed(more);
        more += 1;
        let known = explicit || fieldless || integer.is_some();
        known.then(|| match base {
            Some(base) => quote_spanned! {Span::mixed_site()=>
                {
                    const __HOT_BASE: #integer_type = #base;
                    __HOT_BASE as ::core::primitive::i128 + #number
                }
            },
            None => quote!(#number),
        })
    });
    each.collect()
}
