//! What is read of attributes.

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Item, Meta, punctuated::Punctuated};

/// The attributes, also those within `#[cfg_attr(.., ..)]`.
pub(super) fn metas(attributes: &[Attribute]) -> Vec<Meta> {
    let mut metas = Vec::new();
    let mut next: Vec<Meta> = attributes.iter().map(|it| it.meta.clone()).collect();
    while let Some(meta) = next.pop() {
        if let Meta::List(list) = &meta
            && list.path.is_ident("cfg_attr")
        {
            let parse = Punctuated::<Meta, syn::Token![,]>::parse_terminated;
            next.extend(list.parse_args_with(parse).into_iter().flatten().skip(1));
        } else {
            metas.push(meta);
        }
    }
    metas
}

/// The values of `#[path = ".."]`.
pub(super) fn path_attributes(attributes: &[Attribute]) -> Vec<String> {
    let value = |meta: &Meta| match meta {
        Meta::NameValue(it) if it.path.is_ident("path") => match &it.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    metas(attributes).iter().filter_map(value).collect()
}

/// Whether a `cfg` holds in tests only: it has `test`, not within `not(..)`.
pub(super) fn needs_test(tokens: TokenStream) -> bool {
    let mut word = String::new();
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => {
            word = ident.to_string();
            word == "test"
        }
        TokenTree::Group(group) => word == "all" && needs_test(group.stream()),
        _ => false,
    })
}

/// An item's attributes.
pub(super) fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::ExternCrate(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::ForeignMod(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::TraitAlias(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Union(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compiled_in_tests_only() {
        for (cfg, expected) in [
            ("test", true),
            ("all(unix, test)", true),
            ("all(all(test))", true),
            ("not(test)", false),
            ("all(unix, not(test))", false),
            ("any(test, unix)", false),
            ("feature = \"test\"", false),
        ] {
            assert_eq!(needs_test(cfg.parse().unwrap()), expected, "{cfg}");
        }
    }
}
