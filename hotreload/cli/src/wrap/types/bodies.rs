//! Functions' bodies that say nothing of types are left out before a file is parsed: they are most of it, and
//! to parse them takes longer than all else.
//!
//! What is not certain stays: then it is parsed and looked at as any other.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use super::counts::{HARMLESS_MACROS, has_definition};

/// Words that begin an item, in a body too, or may stand in a macro that has one.
const ITEMS: [&str; 13] = [
    "const", "enum", "extern", "fn", "impl", "include", "mod", "static", "struct", "trait", "type",
    "union", "use",
];

/// Words after which items may stand in braces.
const HAVE_ITEMS: [&str; 4] = ["extern", "impl", "mod", "trait"];

/// The tokens of a file, without the bodies that are of no use.
pub(super) fn left_out(tokens: TokenStream) -> TokenStream {
    let (mut kept, mut item) = (Vec::new(), Item::default());
    for token in tokens {
        let token = match token {
            TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
                let left = if item.has_body(kept.last()) && is_harmless(group.stream()) {
                    TokenStream::new()
                } else if item.has_items && !item.is_function {
                    left_out(group.stream())
                } else {
                    group.stream()
                };
                item = Item::default();
                let mut new = Group::new(Delimiter::Brace, left);
                new.set_span(group.span());
                TokenTree::Group(new)
            }
            other => {
                item.take(&other, kept.last());
                other
            }
        };
        kept.push(token);
    }
    kept.into_iter().collect()
}

/// What is known of an item from its beginning on.
#[derive(Default)]
struct Item {
    /// Whether it is a function with a name, which no length can be a result of.
    is_function: bool,
    is_constant: bool,
    is_macro: bool,
    has_items: bool,
}

impl Item {
    fn take(&mut self, token: &TokenTree, before: Option<&TokenTree>) {
        match token {
            TokenTree::Punct(it) if it.as_char() == ';' => *self = Item::default(),
            // Attributes are before it, and their names do not count.
            TokenTree::Punct(it) if it.as_char() == '!' => self.is_macro = true,
            TokenTree::Ident(it) if it == "const" => self.is_constant = true,
            TokenTree::Ident(it) => {
                self.is_function |= word(before).is_some_and(|before| before == "fn");
                self.has_items |= HAVE_ITEMS.iter().any(|word| it == word);
            }
            _ => {}
        }
    }

    /// Whether braces after this token are the body of a function, and not an argument of a type.
    fn has_body(&self, before: Option<&TokenTree>) -> bool {
        let is_end = match before {
            Some(TokenTree::Group(it)) => it.delimiter() != Delimiter::None,
            Some(TokenTree::Ident(_)) => true,
            Some(TokenTree::Punct(it)) => it.as_char() == '>',
            _ => false,
        };
        is_end && self.is_function && !self.is_constant && !self.is_macro
    }
}

fn word(token: Option<&TokenTree>) -> Option<&Ident> {
    match token {
        Some(TokenTree::Ident(it)) => Some(it),
        _ => None,
    }
}

/// Whether there can be no item among these tokens, also none that a macro makes.
fn is_harmless(body: TokenStream) -> bool {
    let mut before: [Option<TokenTree>; 2] = [None, None];
    for token in body {
        let is_item = match &token {
            TokenTree::Ident(it) => ITEMS.iter().any(|word| it == word),
            TokenTree::Group(group) => {
                let is_call =
                    matches!(&before[1], Some(TokenTree::Punct(it)) if it.as_char() == '!');
                let name = word(before[0].as_ref()).filter(|_| is_call);
                match name {
                    Some(name) => {
                        !HARMLESS_MACROS.iter().any(|it| name == it)
                            || has_definition(&group.stream().to_string())
                    }
                    None => !is_harmless(group.stream()),
                }
            }
            _ => false,
        };
        if is_item {
            return false;
        }
        let [_, last] = before;
        before = [last, Some(token)];
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(text: &str) -> String {
        left_out(text.parse().unwrap()).to_string()
    }

    fn as_it_is(text: &str) -> String {
        text.parse::<TokenStream>().unwrap().to_string()
    }

    #[test]
    fn bodies_without_items_go() {
        for (text, expected) in [
            ("fn f(n: u8) -> Vec<u8> { let a = { n }; vec![a] }", "fn f(n: u8) -> Vec<u8> {}"),
            (
                "impl A { pub fn f(&self) where T: B { if a { b() } } const N: u8 = { 3 }; }",
                "impl A { pub fn f(&self) where T: B {} const N: u8 = { 3 }; }",
            ),
            (
                "mod a { trait B { fn c() -> [u8; 3] { [0; 3] } type D; } }",
                "mod a { trait B { fn c() -> [u8; 3] {} type D; } }",
            ),
            (
                "fn f() { if !(a) { println!(\"{a}\") } } struct A;",
                "fn f() { if !(a) { println!(\"{a}\") } } struct A;",
            ),
            ("fn f() { a.b(!c, \"struct A;\") } fn g() {}", "fn f() {} fn g() {}"),
        ] {
            assert_eq!(left(text), as_it_is(expected));
        }
    }

    #[test]
    fn whatever_may_have_an_item_stays() {
        for text in [
            "fn f() { struct A; }",
            "fn f() { { { enum A {} } } }",
            "fn f() { use a::B; }",
            "const fn f() -> usize { 3 }",
            "fn f() -> A<{ 3 }>;",
            "fn f() where A<{ 3 }, { 4 }>: B;",
            "type F = fn(u8) -> A<{ 3 }>;",
            "fn f() { make!(a) }",
            "fn f() { println!(\"{}\", { struct A; 3 }) }",
            "fn f() { include!(\"a\") }",
            "fn f() { r#make![a] }",
            "make! { fn f() { 3 } }",
            "macro_rules! make { () => { fn f() { 3 } } }",
            "make!(fn f() { 3 });",
            "struct A { f: fn(u8), n: B<{ 3 }> }",
            "static A: u8 = { 3 };",
        ] {
            assert_eq!(left(text), as_it_is(text));
        }
    }
}
