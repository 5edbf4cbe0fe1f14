//! The derive behind `#[hot::versioned]`: structs and enums as rustc leaves them after `#[cfg]`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Data, DeriveInput, Expr, Fields, LitStr, Path, Type, ext::IdentExt, visit_mut::VisitMut,
};

use super::{
    OPTIONS, block,
    field::{Field, RawPointers, facts, repr},
    generics,
};
use crate::{errors::Errors, opaque::Markers, options::Options, skeleton::Skeleton};

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
        errors.on(attribute, "write the options within `#[hot::versioned(..)]`, once");
    }
    let definition = Definition::new(&input, &options, &mut errors);
    errors.propagate()?;
    Ok(definition.expand())
}

/// A struct or an enum.
struct Definition<'a> {
    krate: Path,
    input: &'a DeriveInput,
    last: String,
    invariants: u64,
    repr: String,
    markers: Markers,
    shape: Shape<'a>,
}

enum Shape<'a> {
    Struct { kind: &'static str, fields: Vec<(TokenStream, Field<'a>)> },
    Enum(Vec<Variant<'a>>),
}

struct Variant<'a> {
    name: String,
    form: &'static str,
    /// The expression that it is, and how much is added to it.
    discriminant: Option<TokenStream>,
    fields: Vec<Field<'a>>,
}

impl<'a> Definition<'a> {
    fn new(input: &'a DeriveInput, options: &Options, errors: &mut Errors) -> Self {
        let krate = options.krate();
        let mut skeleton = Skeleton::of_a_type(generics::lifetimes(&input.generics));
        let mut markers = Markers::default();
        if options.invariants.is_none() {
            for ty in all_fields(&input.data).map(|field| &field.ty) {
                let mut found = Vec::new();
                RawPointers(&mut found).visit_type_mut(&mut ty.clone());
                for pointer in found {
                    errors.on(
                        pointer,
                        "what a raw pointer points to cannot be compared: say which invariants \
                         these are with `#[hot::versioned(invariants = 1)]`, and raise the number \
                         when they change",
                    );
                }
            }
        }
        let repr = repr(&input.attrs);
        let mut read = |fields: &'a Fields| -> Vec<Field<'a>> {
            let fields = fields.iter().enumerate();
            let field = |(index, field)| {
                Field::new(field, index, &krate, &mut skeleton, &mut markers, errors)
            };
            fields.map(field).collect()
        };
        let shape = match &input.data {
            Data::Struct(data) => {
                let kind = match &data.fields {
                    Fields::Named(_) => "Struct",
                    Fields::Unnamed(_) => "Tuple",
                    Fields::Unit => "Unit",
                };
                let members = data.fields.members().map(|member| {
                    quote_spanned! {Span::mixed_site()=>
                        ::core::mem::offset_of!(Self, #member)
                    }
                });
                Shape::Struct { kind, fields: members.zip(read(&data.fields)).collect() }
            }
            Data::Enum(data) => {
                let discriminants = discriminants(data, &repr);
                let variants = data.variants.iter().zip(discriminants);
                let variants = variants.map(|(variant, discriminant)| Variant {
                    name: variant.ident.unraw().to_string(),
                    form: match &variant.fields {
                        Fields::Named(_) => "struct",
                        Fields::Unnamed(_) => "tuple",
                        Fields::Unit => "unit",
                    },
                    discriminant,
                    fields: read(&variant.fields),
                });
                Shape::Enum(variants.collect())
            }
            // The attribute has refused it.
            Data::Union(_) => Shape::Enum(Vec::new()),
        };
        let last = options.name.as_ref().map_or(input.ident.unraw().to_string(), LitStr::value);
        let invariants = options.invariants.unwrap_or(0);
        Definition { krate, input, last, invariants, repr, markers, shape }
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
        let about = self.about();
        let facts = facts(krate, quote!(Self), concrete);
        let (fields, variants) = self.table(concrete);
        let (fields, variants) = (generics::list(&fields), generics::list(&variants));
        let markers = self.markers.definitions(krate);
        let (hidden, with_hidden) = self.hidden();
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
                #[automatically_derived]
                unsafe impl #params #krate::Versioned for #ident #arguments #clause {
                    const REF: &'static #krate::rt::versioned::TypeRef = &#name;
                    const TABLE: &'static #krate::rt::versioned::Table =
                        &#krate::rt::versioned::Table::of::<Self>(
                            #about,
                            #facts,
                            #fields,
                            #variants,
                        )
                        #with_hidden;
                    type Lifetimes = #lifetimes;
                }
                #record
            },
        )
    }

    fn about(&self) -> TokenStream {
        let Definition { krate, input, repr, invariants, shape, .. } = self;
        let kind = match shape {
            Shape::Struct { kind, .. } => format_ident!("{kind}"),
            Shape::Enum(_) => format_ident!("Enum"),
        };
        let generics = generics::rendered(&input.generics, TokenStream::new());
        quote_spanned! {Span::mixed_site()=>
            #krate::rt::versioned::Definition {
                kind: #krate::rt::versioned::TypeKind::#kind,
                repr: #repr,
                generics: #generics,
                invariants: #invariants,
            }
        }
    }

    fn table(&self, concrete: bool) -> (Vec<TokenStream>, Vec<TokenStream>) {
        let krate = &self.krate;
        match &self.shape {
            Shape::Struct { fields, .. } => {
                let fields = fields.iter();
                let fields = fields.map(|(offset, field)| field.expand(krate, offset, concrete));
                (fields.collect(), Vec::new())
            }
            Shape::Enum(variants) => {
                let offset = quote!(#krate::rt::versioned::Field::NOWHERE);
                let variants = variants.iter().map(|variant| {
                    let fields = variant.fields.iter();
                    let fields = fields.map(|field| field.expand(krate, &offset, concrete));
                    variant.expand(krate, "Variant", fields)
                });
                (Vec::new(), variants.collect())
            }
        }
    }

    /// What tells the lifetimes that aliases hide in the fields, and what adds it to the table.
    fn hidden(&self) -> (TokenStream, TokenStream) {
        let Definition { krate, input, .. } = self;
        let (ident, (_, arguments, _)) = (&input.ident, input.generics.split_for_impl());
        if generics::lifetimes(&input.generics).next().is_none() {
            return Default::default();
        }
        let this: Type = syn::parse_quote!(#ident #arguments);
        let one = |before: &str, field: &Field<'_>| {
            field.lifetimes(krate, before, &this, &input.generics)
        };
        let lifetimes: Vec<_> = match &self.shape {
            Shape::Struct { fields, .. } => {
                fields.iter().filter_map(|(_, field)| one("", field)).collect()
            }
            Shape::Enum(variants) => {
                let of_variant = |variant: &Variant<'_>| -> Vec<_> {
                    let before = format!("::{}", variant.name);
                    variant.fields.iter().filter_map(|field| one(&before, field)).collect()
                };
                variants.iter().flat_map(of_variant).collect()
            }
        };
        let hidden = quote_spanned! {Span::mixed_site()=>
            const __HOT_LIFETIMES: &[#krate::rt::versioned::Lifetimes] = &[#(#lifetimes),*];
        };
        (hidden, quote_spanned!(Span::mixed_site()=> .with_lifetimes(__HOT_LIFETIMES)))
    }

    fn generic_record(&self) -> TokenStream {
        let krate = &self.krate;
        let name = generics::name(krate, &self.last, None);
        let about = self.about();
        let generic = |field: &Field<'_>| field.expand_generic(krate);
        let (fields, variants): (Vec<_>, Vec<_>) = match &self.shape {
            Shape::Struct { fields, .. } => {
                (fields.iter().map(|(_, field)| generic(field)).collect(), Vec::new())
            }
            Shape::Enum(variants) => {
                let variants = variants.iter().map(|variant| {
                    variant.expand(krate, "GenericVariant", variant.fields.iter().map(generic))
                });
                (Vec::new(), variants.collect())
            }
        };
        generic_record(krate, &name, &about, &fields, &variants)
    }
}

/// The record of a generic definition.
pub(super) fn generic_record(
    krate: &Path,
    name: &TokenStream,
    about: &TokenStream,
    fields: &[TokenStream],
    variants: &[TokenStream],
) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        const __HOT_GENERIC: #krate::rt::versioned::Generic = #krate::rt::versioned::Generic {
            ty: &#name,
            definition: #about,
            fields: &[#(#fields),*],
            variants: &[#(#variants),*],
        };
        #krate::__manifest_record!(__HOT_RECORD, __HOT_GENERIC);
    }
}

impl Variant<'_> {
    fn expand(
        &self,
        krate: &Path,
        sort: &str,
        fields: impl Iterator<Item = TokenStream>,
    ) -> TokenStream {
        let Variant { name, form, discriminant, .. } = self;
        let sort = format_ident!("{sort}");
        let discriminant = match discriminant {
            Some(number) => quote!(::core::option::Option::Some(#number)),
            None => quote!(::core::option::Option::None),
        };
        quote_spanned! {Span::mixed_site()=>
            #krate::rt::versioned::#sort {
                name: #name,
                form: #form,
                discriminant: #discriminant,
                fields: &[#(#fields),*],
            }
        }
    }
}

fn all_fields(data: &Data) -> impl Iterator<Item = &syn::Field> {
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
