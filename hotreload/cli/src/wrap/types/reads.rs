//! What macros of the language read while a crate is compiled: variables and files.

use std::env;

use proc_macro2::{TokenStream, TokenTree};
use syn::{
    Expr, ExprLit, ExprMacro, Lit, LitStr, Token,
    parse::{Parse as _, Parser as _},
    punctuated::Punctuated,
};

/// What one call of such a macro reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Read {
    /// A variable of this name.
    Variable(String),
    /// A file, by its path from where the source lies.
    File(String),
}

/// What these tokens read, wherever in them the calls stand: `[u8; width(env!("WIDTH"))]`.
pub(super) fn reads(tokens: TokenStream) -> Vec<Read> {
    let mut found = Vec::new();
    let mut before: [Option<TokenTree>; 2] = [None, None];
    for token in tokens {
        if let TokenTree::Group(group) = &token {
            if let [Some(TokenTree::Ident(name)), Some(TokenTree::Punct(mark))] = &before
                && mark.as_char() == '!'
            {
                found.extend(read_by(&name.to_string(), group.stream()));
            }
            found.extend(reads(group.stream()));
        }
        let [_, last] = before;
        before = [last, Some(token)];
    }
    found
}

/// What the macro of this name reads, if it is one that reads.
fn read_by(name: &str, arguments: TokenStream) -> Option<Read> {
    let read = match name {
        "env" | "option_env" => Read::Variable,
        "include_str" | "include_bytes" => Read::File,
        _ => return None,
    };
    // `env!` has a message after the name.
    let first = |input: syn::parse::ParseStream<'_>| {
        let first = Expr::parse(input)?;
        input.parse::<TokenStream>()?;
        Ok(first)
    };
    Some(read(spelled(&first.parse2(arguments).ok()?)?))
}

/// The text that an expression of literals, `env!` and `concat!` stands for.
pub(super) fn spelled(expression: &Expr) -> Option<String> {
    match expression {
        Expr::Lit(ExprLit { lit: Lit::Str(text), .. }) => Some(text.value()),
        Expr::Macro(ExprMacro { mac, .. }) if mac.path.is_ident("env") => {
            let names = mac.parse_body_with(Punctuated::<LitStr, Token![,]>::parse_terminated);
            env::var(names.ok()?.first()?.value()).ok()
        }
        Expr::Macro(ExprMacro { mac, .. }) if mac.path.is_ident("concat") => {
            let parts = mac.parse_body_with(Punctuated::<Expr, Token![,]>::parse_terminated);
            parts.ok()?.iter().map(spelled).collect()
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Vec<Read> {
        reads(text.parse().unwrap())
    }

    #[test]
    fn variables_and_files() {
        let variable = |name: &str| Read::Variable(name.to_owned());
        for text in [
            "env!(\"A\")",
            "option_env![\"A\"]",
            "std::env! { r\"A\", \"is not set\" }",
            "env!(r#\"A\"#)",
            "env!(\"\\x41\")",
            "env!(concat!(\"\", \"A\"))",
            "struct B { n: [u8; { parse(env!(\"A\",)) }] }",
            "macro_rules! a { () => { env!(\"A\") } }",
        ] {
            assert_eq!(of(text), [variable("A")], "{text}");
        }
        let folder = env::var("CARGO_MANIFEST_DIR").unwrap();
        assert_eq!(
            of(
                "include_bytes!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/a\")); include_str!(\"b\")"
            ),
            [
                Read::File(format!("{folder}/a")),
                variable("CARGO_MANIFEST_DIR"),
                Read::File("b".to_owned()),
            ]
        );
        for text in ["my_env!(\"A\")", "env(\"A\")", "env!(A)", "env!()", "// env!(\"A\")", ""] {
            assert_eq!(of(text), [], "{text}");
        }
    }
}
