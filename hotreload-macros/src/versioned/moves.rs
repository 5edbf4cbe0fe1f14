//! `Versioned::MOVES`: what takes values of the type apart and builds them. It is written as short as it
//! can be: each type pays for it, also one that no state reaches.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Member, Path, spanned::Spanned};

use super::{field::Field, generics};
use crate::parse::said::Said;

/// A field, as its record is written.
pub(super) struct Part<'a> {
    pub(super) member: Member,
    pub(super) field: &'a Field<'a>,
}

/// A variant, as its record is written.
pub(super) struct Branch<'a> {
    pub(super) ident: &'a Ident,
    pub(super) name: &'a str,
    pub(super) renamed_from: &'a str,
    pub(super) parts: Vec<Part<'a>>,
}

/// The constant, of a struct.
pub(super) fn of_struct(krate: &Path, parts: &[Part<'_>]) -> TokenStream {
    let (records, said) = (records(parts), said(krate, parts));
    let form = quote_spanned! {Span::mixed_site()=>
        __HotForm::Struct { fields: #records, said: #said }
    };
    constant(&form)
}

/// The constant, of an enum.
pub(super) fn of_enum(krate: &Path, branches: &[Branch<'_>]) -> TokenStream {
    let records = branches.iter().map(|Branch { name, renamed_from, parts, .. }| {
        let names = parts.iter().map(|part| &part.field.name);
        let (records, said) = (records(parts), said(krate, parts));
        quote_spanned! {Span::mixed_site()=>
            #krate::rt::versioned::Branch {
                name: #name,
                renamed_from: #renamed_from,
                names: &[#(#names),*],
                fields: #records,
                said: #said,
            }
        }
    });
    let open = branches.iter().enumerate().map(|(index, Branch { ident, parts, .. })| {
        let members = parts.iter().map(|part| &part.member);
        let bound: Vec<_> = bound(parts).collect();
        let at = (0..parts.len()).map(Literal::usize_unsuffixed);
        let index = Literal::usize_unsuffixed(index);
        quote_spanned! {Span::mixed_site()=>
            Self::#ident { #(#members: #bound),* } => {
                #(fields.add(#at).write((&raw const *#bound).cast());)*
                #index
            }
        }
    });
    let build = branches.iter().enumerate().map(|(index, Branch { ident, parts, .. })| {
        let members = parts.iter().map(|part| &part.member);
        let at = (0..parts.len()).map(Literal::usize_unsuffixed);
        let index = Literal::usize_unsuffixed(index);
        quote_spanned! {Span::mixed_site()=>
            #index => Self::#ident { #(#members: ::core::ptr::read((*fields.add(#at)).cast())),* },
        }
    });
    let none = quote!(#krate::rt::versioned::no_such_variant());
    // SAFETY: whoever calls them gives the address of such a value, and room for so many addresses; the
    // bits of the fields of that variant, and room for the value.
    let (open, build) = if branches.is_empty() {
        (none.clone(), none)
    } else {
        (
            quote_spanned!(Span::mixed_site()=> unsafe { match &*at.cast::<Self>() { #(#open)* } }),
            quote_spanned! {Span::mixed_site()=>
                unsafe { out.cast::<Self>().write(match variant { #(#build)* _ => #none }) }
            },
        )
    };
    let form = quote_spanned! {Span::mixed_site()=>
        __HotForm::Choice(#krate::rt::versioned::Choice {
            variants: &[#(#records),*],
            open: |at, fields| #open,
            build: |variant, fields, out| #build,
            is_cell: false,
        })
    };
    constant(&form)
}

fn constant(form: &TokenStream) -> TokenStream {
    quote_spanned! {Span::mixed_site()=>
        const MOVES: __HotMoves = __HotMoves::of::<Self>(#form);
    }
}

fn records(parts: &[Part<'_>]) -> TokenStream {
    if parts.is_empty() {
        return quote!(&[]);
    }
    let types = parts.iter().map(|part| &part.field.named);
    quote_spanned!(Span::mixed_site()=> __hot_moves!(#({ #types })*))
}

/// What the author says of the fields, with their numbers.
fn said(krate: &Path, parts: &[Part<'_>]) -> TokenStream {
    let each = parts.iter().enumerate().filter(|(_, part)| !part.field.said.is_nothing());
    let each = each.map(|(index, part)| {
        let (index, said) = (Literal::usize_unsuffixed(index), said_of(krate, part.field));
        quote!((#index, #said))
    });
    generics::list(&each.collect::<Vec<_>>())
}

fn said_of(krate: &Path, field: &Field<'_>) -> TokenStream {
    let Said { renamed_from, default, convert, from, stays, .. } = &field.said;
    let ty = field.ty;
    let mut given = TokenStream::new();
    if let Some(name) = renamed_from {
        given.extend(quote!(renamed_from: #name,));
    }
    if let Some(default) = default {
        let is_literal = field.said.is_literal();
        given.extend(quote_spanned! {Span::mixed_site()=>
            default: ::core::option::Option::Some(
                #krate::rt::versioned::maker(|| -> #ty { #default })
            ),
            is_literal: #is_literal,
        });
    }
    if let Some(convert) = convert {
        let (count, from) = match from.len() {
            0 => (1, quote!("")),
            count => (count, quote!(#(#from),*)),
        };
        let of_count = format_ident!("from_{count}");
        let old = std::iter::repeat_n(quote!(_), count);
        let here = Span::mixed_site().located_at(convert.span());
        given.extend(quote_spanned! {here=>
            convert: ::core::option::Option::Some(
                #krate::rt::versioned::conversions::#of_count::<#(#old,)* #ty, _, _>(
                    #convert,
                    &[#from],
                )
            ),
        });
    }
    if *stays {
        given.extend(quote!(stays: true,));
    }
    quote_spanned! {Span::mixed_site()=>
        #krate::rt::versioned::Said { #given ..#krate::rt::versioned::Said::NOTHING }
    }
}

fn bound(parts: &[Part<'_>]) -> impl Iterator<Item = Ident> {
    (0..parts.len()).map(|index| format_ident!("field{index}", span = Span::mixed_site()))
}
