//! The package that is compiled. Cargo says it to rustc, which runs the macros: as literals it costs neither a
//! macro's expansion nor a step of the interpreter for each type.

use proc_macro2::TokenStream;
use quote::quote;

/// Its name, an expression.
pub(crate) fn name() -> TokenStream {
    match std::env::var("CARGO_PKG_NAME") {
        Ok(name) => quote!(#name),
        // Rustc says what is missing.
        Err(_) => quote!(::core::env!("CARGO_PKG_NAME")),
    }
}

/// Its version, an expression.
pub(crate) fn version() -> TokenStream {
    match std::env::var("CARGO_PKG_VERSION") {
        Ok(version) => quote!(#version),
        Err(_) => quote!(::core::env!("CARGO_PKG_VERSION")),
    }
}

/// The part of its version that cargo keeps apart, an expression.
pub(crate) fn compatible_version() -> TokenStream {
    match std::env::var("CARGO_PKG_VERSION") {
        Ok(version) => {
            let version = compatible(&version);
            quote!(#version)
        }
        Err(_) => version(),
    }
}

/// As `compatible` in hotreload/types/src/type_ref.rs, which the macros by example use, does it.
fn compatible(version: &str) -> &str {
    let significant = version.find(|digit| matches!(digit, '1'..='9')).unwrap_or(version.len());
    let ends = version.char_indices().find(|(at, character)| match character {
        '.' => *at > significant,
        other => matches!(other, '-' | '+'),
    });
    &version[..ends.map_or(version.len(), |(at, _)| at)]
}

#[test]
fn versions_differ_as_cargo_keeps_them_apart() {
    for (version, expected) in [
        ("1.2.3", "1"),
        ("12.0.1", "12"),
        ("0.3.1", "0.3"),
        ("0.0.7", "0.0.7"),
        ("0.10.0-beta.2", "0.10"),
        ("2.0.0-rc.1+meta.5", "2"),
        ("0.0.0", "0.0.0"),
        ("0.0.0-dev", "0.0.0"),
    ] {
        assert_eq!(compatible(version), expected, "{version}");
    }
}
