//! An attribute below `#[hot::versioned]` that adds fields or methods, or changes their types.

use tests::{LoadLibrary as _, Workspace, workspace::BUNDLE};

use crate::{Pair, attributes_user, host};

const MACROS: &str = r##"
    use proc_macro::{Group, TokenStream, TokenTree};

    /// `change(A => B)`: puts `B` in place of each `A`.
    #[proc_macro_attribute]
    pub fn change(change: TokenStream, item: TokenStream) -> TokenStream {
        let mut change = change.into_iter();
        let old = change.next().unwrap().to_string();
        replace(&old, &change.skip(2).collect(), item)
    }

    fn replace(old: &str, new: &TokenStream, tokens: TokenStream) -> TokenStream {
        let one = |token| match token {
            TokenTree::Group(group) => {
                let within = replace(old, new, group.stream());
                TokenTree::Group(Group::new(group.delimiter(), within)).into()
            }
            token if token.to_string() == old => new.clone(),
            token => token.into(),
        };
        tokens.into_iter().map(one).collect::<TokenStream>()
    }

    /// `later(..)`: becomes `#[change(..)]`, below all other attributes.
    #[proc_macro_attribute]
    pub fn later(change: TokenStream, item: TokenStream) -> TokenStream {
        let mut item = item.into_iter().peekable();
        let mut all = TokenStream::new();
        while matches!(item.peek(), Some(TokenTree::Punct(hash)) if hash.as_char() == '#') {
            all.extend(item.by_ref().take(2));
        }
        all.extend(format!("#[attributes_macros::change({change})]").parse::<TokenStream>());
        all.extend(item);
        all
    }

    /// A derive with a helper attribute, and nothing else.
    #[proc_macro_derive(Helped, attributes(helper))]
    pub fn helped(_: TokenStream) -> TokenStream { TokenStream::new() }
"##;

/// A workspace with the macros, and what a package that uses them depends on.
fn workspace(name: &str) -> (Workspace, &'static str) {
    let workspace = Workspace::new(name);
    workspace.package("attributes_macros", "[lib]\nproc-macro = true", "", "");
    workspace.write("attributes_macros/src/lib.rs", MACROS);
    (workspace, "attributes_macros = { path = \"../attributes_macros\" }")
}

#[test]
fn what_it_makes_is_compared() {
    let (_lock, host) = host();
    let source = |text: &str, method: &str, more: &str| {
        format!(
            "use attributes_macros::{{Helped, change}};
             #[hot::versioned] #[change(Mark => u64, pub text: {text})] pub struct Named {{ pub a: Mark }}
             #[hot::versioned(name = \"Numbered\")] #[derive(Helped)] #[helper] #[change(Mark => {text})] #[helper(2)]
             pub struct Tuple(pub u8, #[cfg(any())] pub u8, #[helper] #[cfg(all())] pub Mark);
             #[hot::versioned] #[repr(u8)] #[cfg_attr(all(), change(Mark => u8, {text}))] #[derive(Clone)]
             pub enum Each {{ A(Mark), #[cfg(any())] B, C }}
             #[hot::versioned] #[change(Mark => {text})] #[derive(Helped)]
             pub struct Generic<T> {{ #[helper] pub a: [T; 2], pub b: Option<Mark> }}
             #[hot::versioned] #[attributes_macros::change(Mark => u8; {method})] #[diagnostic::on_unimplemented(message = \"x\")]
             pub trait Shown {{ #[cfg_attr(any(), doc = \"x\")] fn show(&self) -> Mark; }}
             #[hot::export] pub fn named() -> u8 {{ 1 }}
             #[hot::export] pub fn all(_: &Named, _: &Tuple, _: &Each, _: &Generic<u8>) {{}}
             #[hot::export] pub fn shown(_: &hot::Dyn<dyn Shown>) {{}}
             {more}"
        )
    };
    let (workspace, dependency) = workspace("attributes");
    let (first, method) =
        (source("Vec<String>", "fn more(&self) -> u8", ""), "fn more(&self) -> u8");
    let run = (
        attributes_user::run as fn() -> String,
        "let _ = hot::get!(named)(); \"static\".to_owned()",
    );
    let pair = Pair::load_in(&host, workspace, dependency, "attributes", &first, run);
    pair.accept(&host, &source("Vec<String>", method, "fn other() {}"));
    let changed = source("String", "fn more(&self) -> u16", "");
    let refused = host.load_library(pair.build(&changed)).unwrap_err();
    let text = refused.to_string();
    for place in ["Named.text", "Numbered.1", "Each::A.1", "Generic.b", "Shown::more()"] {
        assert!(text.contains(&format!("`{place}")), "{place}: {text}");
    }
    assert_eq!(refused.reasons().len(), 5, "{text}");
    pair.accept(&host, &source("Vec<String>", method, ""));
}

/// It comes back below the derive, when the fields have been read.
#[test]
fn what_is_changed_later_does_not_compile() {
    let (workspace, dependency) = workspace("attributes_later");
    workspace.package("attributes_later", BUNDLE, "", dependency);
    let write = |change: &str, item: &str| {
        let source = format!(
            "hot::bundle!(); use attributes_macros::later;
             #[hot::versioned] #[later({change})] {item}"
        );
        workspace.write("attributes_later/src/lib.rs", &source);
    };
    let check = ["check", "--lib", "-p", "attributes_later"];
    for (change, item, error) in [
        ("u64 => u64, pub b: u8", "pub struct Of { pub a: u64 }", "pattern "),
        ("u64 => i64", "pub struct Of { pub a: u64 }", "expected `*mut u64`"),
        ("u64 => u8, u64", "pub struct Of(pub u64);", "pattern "),
        ("c => a", "pub struct Of<'a, 'c>(pub &'c str, pub &'a u8, pub &'c u8);", "lifetime"),
        ("u8 => u16", "#[repr(C, packed)] pub struct Of(pub u32, pub u8);", "mismatched types"),
        ("A => B, A", "pub enum Of { A }", "Of::B` not covered"),
        ("u64 => u8, u64", "pub enum Of { A(u64) }", "pattern "),
        ("u64 => u64, b: u8", "pub enum Of<T> { A { a: u64, t: T } }", "pattern "),
        ("u64 => T", "pub enum Of<T> { A(T, u64) }", "mismatched types"),
        ("struct => union", "pub struct Of { pub a: u64 }", "union"),
        ("a => a", "pub trait Of { #[later(a => b)] fn a(&self); }", "may change the method"),
        ("u64 => u8", "pub trait Of { fn a(&self) -> u64; }", "write `#[hot::versioned]` below it"),
    ] {
        write(change, item);
        let said = workspace.cargo_fails(&check);
        assert!(said.contains(error), "{item}: {said}");
    }
    // What it leaves alone, and what is cut out, is no error.
    for item in [
        "pub struct Of { pub a: u64, #[cfg(any())] pub b: u8, pub of: Option<Box<Self>> }",
        "#[repr(C, packed)] pub struct Of<'a, T>(pub u8, pub &'a [T], pub u64);",
        "pub enum Of<T: 'static, const N: usize> { A { a: [T; N] }, #[cfg(any())] B, C(u64) }",
        "pub enum Of {}",
        "pub struct Of { pub a: [u64; Self::N] } impl Of { const N: usize = 2; }",
    ] {
        write("u64 => u64", item);
        workspace.cargo(&check);
    }
}
