//! Attributes below `#[hot::versioned]`. One that is a macro may add fields or methods and change their
//! types, so it goes first, and what it leaves is read. Whatever is one cannot be told by its name: a
//! derive's helper attribute looks alike. So where one that is not known is still there, rustc is asked
//! whether what was read is what there is.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote_spanned};
use syn::{Attribute, Data, DeriveInput, GenericParam, Meta, Token, punctuated::Punctuated};

/// The attributes at the beginning of an item, those that belong to the derive, and the rest of it.
pub(super) fn split(item: TokenStream) -> (TokenStream, TokenStream, TokenStream) {
    let (mut others, mut own) = (TokenStream::new(), TokenStream::new());
    let mut rest = item.into_iter().peekable();
    while let Some(TokenTree::Punct(hash)) = rest.peek()
        && hash.as_char() == '#'
    {
        let attribute: Vec<_> = rest.by_ref().take(2).collect();
        if is_own(attribute.last()) { &mut own } else { &mut others }.extend(attribute);
    }
    (others, own, rest.collect())
}

/// Whether it is the bracket of `#[hot(..)]`.
fn is_own(bracket: Option<&TokenTree>) -> bool {
    let Some(TokenTree::Group(bracket)) = bracket else { return false };
    let mut tokens = bracket.stream().into_iter();
    let first = tokens.next().is_some_and(|token| token.to_string() == "hot");
    // Not of a path.
    first && !matches!(tokens.next(), Some(TokenTree::Punct(colon)) if colon.as_char() == ':')
}

/// The attributes that may be macros.
pub(super) fn unknown(attributes: &[Attribute]) -> impl Iterator<Item = &Attribute> {
    attributes.iter().filter(|attribute| !is_inert(&attribute.meta))
}

fn is_inert(meta: &Meta) -> bool {
    let path = meta.path();
    let mut names = path.segments.iter().map(|segment| segment.ident.to_string());
    let first = names.next().unwrap_or_default();
    if names.next().is_some() {
        return path.leading_colon.is_none() && TOOLS.contains(&first.as_str());
    }
    match meta {
        // What it brings follows the condition.
        Meta::List(list) if first == "cfg_attr" => list
            .parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)
            .is_ok_and(|all| all.iter().skip(1).all(is_inert)),
        _ => INERT.contains(&first.as_str()) || first.starts_with("rustc_"),
    }
}

/// The language's own that are no macros, which nothing can be called like, `derive`, which changes
/// nothing, and ours.
const INERT: [&str; 33] = [
    "allow",
    "automatically_derived",
    "cfg",
    "cold",
    "coverage",
    "debugger_visualizer",
    "deny",
    "deprecated",
    "derive",
    "doc",
    "expect",
    "export_name",
    "forbid",
    "fundamental",
    "hot",
    "inline",
    "instruction_set",
    "link_name",
    "link_section",
    "macro_use",
    "marker",
    "must_not_suspend",
    "must_use",
    "naked",
    "no_mangle",
    "non_exhaustive",
    "optimize",
    "path",
    "repr",
    "target_feature",
    "track_caller",
    "unsafe",
    "warn",
];

/// Whose attributes rustc leaves alone.
const TOOLS: [&str; 5] = ["clippy", "diagnostic", "miri", "rust_analyzer", "rustfmt"];

/// Whether nothing of the definition is left to macros and to `#[cfg]`.
pub(super) fn is_final(input: &DeriveInput) -> bool {
    let conditional = |attribute: &Attribute| {
        attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
    };
    unknown(&input.attrs).next().is_none() && !everywhere(input).any(conditional)
}

/// All attributes: of the definition, its parameters, variants and fields.
fn everywhere(input: &DeriveInput) -> impl Iterator<Item = &Attribute> {
    let params = input.generics.params.iter().flat_map(|param| match param {
        GenericParam::Lifetime(param) => &param.attrs,
        GenericParam::Type(param) => &param.attrs,
        GenericParam::Const(param) => &param.attrs,
    });
    let variants = match &input.data {
        Data::Enum(data) => Some(data.variants.iter().flat_map(|variant| &variant.attrs)),
        _ => None,
    };
    let fields = super::derive::all_fields(&input.data).flat_map(|field| &field.attrs);
    input.attrs.iter().chain(params).chain(variants.into_iter().flatten()).chain(fields)
}

/// The definition as rustc is to have it: without `#[hot(..)]`.
pub(super) fn without_own(mut input: DeriveInput, item: &TokenStream) -> TokenStream {
    fn is_own(attribute: &Attribute) -> bool {
        attribute.path().is_ident("hot")
    }
    if !everywhere(&input).any(is_own) {
        return item.clone();
    }
    let clear = |attributes: &mut Vec<Attribute>| attributes.retain(|one| !is_own(one));
    clear(&mut input.attrs);
    match &mut input.data {
        Data::Struct(data) => data.fields.iter_mut().for_each(|field| clear(&mut field.attrs)),
        Data::Enum(data) => {
            for variant in &mut data.variants {
                clear(&mut variant.attrs);
                variant.fields.iter_mut().for_each(|field| clear(&mut field.attrs));
            }
        }
        Data::Union(_) => {}
    }
    input.into_token_stream()
}

/// What compiles if the definition, as rustc has it in the end, has these fields and variants, and no
/// others. A pointer has no subtypes and is not dereferenced to fit, and can be had of a packed field.
pub(super) fn exhaustive(data: &Data) -> TokenStream {
    let body = match data {
        Data::Struct(data) => {
            let members: Vec<_> = data.fields.members().collect();
            let types = data.fields.iter().map(|field| &field.ty);
            quote_spanned! {Span::mixed_site()=>
                let Self { #(#members: _),* } = this;
                // A union has no such pattern.
                let Self { .. } = this;
                #(let _: *mut #types = &raw mut this.#members;)*
            }
        }
        Data::Enum(data) if data.variants.is_empty() => {
            quote_spanned!(Span::mixed_site()=> match *this {})
        }
        Data::Enum(data) => {
            let arms = data.variants.iter().map(|variant| {
                let name = &variant.ident;
                let members: Vec<_> = variant.fields.members().collect();
                let types = variant.fields.iter().map(|field| &field.ty);
                let bound: Vec<_> =
                    (0..members.len()).map(|index| format_ident!("field{index}")).collect();
                quote_spanned! {Span::mixed_site()=>
                    Self::#name { #(#members: #bound),* } => {
                        #(let _: *mut #types = #bound;)*
                    }
                }
            });
            quote_spanned!(Span::mixed_site()=> match this { #(#arms)* })
        }
        Data::Union(_) => TokenStream::new(),
    };
    quote_spanned! {Span::mixed_site()=>
        fn has_the_fields_that_were_read(this: &mut Self) {
            #body
        }
    }
}
