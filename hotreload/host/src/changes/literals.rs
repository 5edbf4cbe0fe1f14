//! Whether two texts of a file differ in literals only, and what their literals are worth.
//!
//! Only literals that `hot::tweak!` or `#[hot::export(tweak)]` may have in hand count: those in other
//! macros' tokens are code. Documentation is tokens too, which macros may read, so an edit of it is
//! code; a comment is nothing.

use hot_rt::rt::{LiteralKind, LiteralValue};
use proc_macro2::{Delimiter, Group, Span, TokenStream, TokenTree};
use syn::{Ident, Lit};

/// Where a token begins: its line and its column in characters, both from 1, as rustc counts them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct At {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

/// A literal that two texts have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Literal {
    pub(crate) before: String,
    pub(crate) before_at: At,
    pub(crate) now: String,
    pub(crate) now_at: At,
}

impl Literal {
    pub(crate) fn is_edited(&self) -> bool {
        self.before != self.now
    }
}

/// The literals of both texts, edited or not. `None` if anything else differs, or a text is no Rust.
pub(crate) fn compare(before: &str, now: &str) -> Option<Vec<Literal>> {
    let literals = match (before.parse::<TokenStream>(), now.parse::<TokenStream>()) {
        (Ok(before), Ok(now)) => {
            let mut literals = Vec::new();
            compare_tokens(before, now, true, &mut literals).map(|()| literals)
        }
        _ => None,
    };
    forget_texts();
    literals
}

/// Forgets the texts that this thread has parsed. They are kept for the places of tokens, of which none
/// may be left.
pub(crate) fn forget_texts() {
    proc_macro2::extra::invalidate_current_thread_spans();
}

/// `counts`: whether literals there may be in somebody's hand.
fn compare_tokens(
    before: TokenStream,
    now: TokenStream,
    counts: bool,
    literals: &mut Vec<Literal>,
) -> Option<()> {
    let (mut before, mut now) = (before.into_iter(), now.into_iter());
    // The two tokens that came last, as words and signs.
    let (mut last, mut macro_name) = (None, None);
    loop {
        let (old, new) = match (before.next(), now.next()) {
            (None, None) => return Some(()),
            (Some(old), Some(new)) => (old, new),
            _ => return None,
        };
        let is_macro = last == Some('!') && macro_name.is_some();
        match (&old, &new) {
            (TokenTree::Group(old), TokenTree::Group(new)) => {
                let counts = match macro_name.as_deref() {
                    // `if !(..)` calls nothing.
                    Some(name) if is_macro && syn::parse_str::<Ident>(name).is_ok() => {
                        name == "tweak"
                    }
                    _ => counts && !is_attribute(last, old),
                };
                if old.delimiter() != new.delimiter() {
                    return None;
                }
                compare_tokens(old.stream(), new.stream(), counts, literals)?;
            }
            (TokenTree::Punct(old), TokenTree::Punct(new)) => {
                if old.as_char() != new.as_char() || old.spacing() != new.spacing() {
                    return None;
                }
            }
            _ => match (literal(&old), literal(&new)) {
                (Some(one), Some(other)) => {
                    let literal = Literal {
                        before: one,
                        before_at: at(old.span()),
                        now: other,
                        now_at: at(new.span()),
                    };
                    if literal.is_edited() {
                        let is_value = counts && is_of_one_type(&literal.before, &literal.now);
                        is_value.then_some(())?;
                    }
                    literals.push(literal);
                }
                (None, None) if old.to_string() == new.to_string() => {}
                _ => return None,
            },
        }
        match &new {
            TokenTree::Ident(word) => (last, macro_name) = (None, Some(word.to_string())),
            // `a != (b)` calls no macro: there the sign is joined to the next one.
            TokenTree::Punct(sign) if sign.as_char() == '!' && last.is_none() => last = Some('!'),
            TokenTree::Punct(sign) => (last, macro_name) = (Some(sign.as_char()), None),
            // `macro_rules! name { .. }`
            _ => (last, macro_name) = (None, None),
        }
        if let (TokenTree::Ident(_), true) = (&new, is_macro) {
            (last, macro_name) = (Some('!'), Some("macro_rules".to_owned()));
        }
    }
}

fn is_attribute(last: Option<char>, group: &Group) -> bool {
    group.delimiter() == Delimiter::Bracket && matches!(last, Some('#' | '!'))
}

/// The text of a literal.
fn literal(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Literal(literal) => Some(literal.to_string()),
        TokenTree::Ident(word) if word == "true" || word == "false" => Some(word.to_string()),
        _ => None,
    }
}

fn at(span: Span) -> At {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    let start = span.start();
    At { line: number(start.line), column: number(start.column).saturating_add(1) }
}

/// Whether rustc takes both for the same type, whatever that is.
fn is_of_one_type(one: &str, other: &str) -> bool {
    let (Ok(one), Ok(other)) = (syn::parse_str::<Lit>(one), syn::parse_str::<Lit>(other)) else {
        return false;
    };
    match (&one, &other) {
        (Lit::Int(one), Lit::Int(other)) => one.suffix() == other.suffix(),
        (Lit::Float(one), Lit::Float(other)) => one.suffix() == other.suffix(),
        (Lit::Str(one), Lit::Str(other)) => one.suffix() == other.suffix(),
        (Lit::Char(_), Lit::Char(_)) | (Lit::Byte(_), Lit::Byte(_)) => true,
        (Lit::Bool(_), Lit::Bool(_)) => true,
        _ => false,
    }
}

/// What a literal of this type is worth; `None` if rustc would not take it for one.
pub(crate) fn value(kind: LiteralKind, text: &str, is_negated: bool) -> Option<LiteralValue> {
    let sign = if is_negated { "-" } else { "" };
    match syn::parse_str(text).ok()? {
        Lit::Bool(literal) if kind == LiteralKind::Bool => Some(LiteralValue::Bool(literal.value)),
        Lit::Char(literal) if kind == LiteralKind::Char => {
            Some(LiteralValue::Char(literal.value()))
        }
        Lit::Byte(literal) if kind == LiteralKind::U8 => Some(LiteralValue::U8(literal.value())),
        // Read for as long as the process runs.
        Lit::Str(literal) if kind == LiteralKind::Str => {
            Some(LiteralValue::Str(Box::leak(literal.value().into_boxed_str())))
        }
        // `5_f32`.
        Lit::Int(literal) if literal.suffix().starts_with('f') => {
            real(kind, &format!("{sign}{}", literal.base10_digits()))
        }
        Lit::Int(literal) => number(kind, &format!("{sign}{}", literal.base10_digits())),
        Lit::Float(literal) => real(kind, &format!("{sign}{}", literal.base10_digits())),
        _ => None,
    }
}

fn number(kind: LiteralKind, digits: &str) -> Option<LiteralValue> {
    macro_rules! fits {
        ($($kind:ident)*) => {
            match kind {
                $(LiteralKind::$kind => digits.parse().ok().map(LiteralValue::$kind),)*
                _ => None,
            }
        };
    }
    fits!(U8 U16 U32 U64 U128 Usize I8 I16 I32 I64 I128 Isize)
}

fn real(kind: LiteralKind, digits: &str) -> Option<LiteralValue> {
    match kind {
        LiteralKind::F32 => {
            digits.parse().ok().filter(|it: &f32| it.is_finite()).map(LiteralValue::F32)
        }
        LiteralKind::F64 => {
            digits.parse().ok().filter(|it: &f64| it.is_finite()).map(LiteralValue::F64)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is edited, in words; `-` where something else is.
    fn edits(before: &str, now: &str) -> String {
        let Some(literals) = compare(before, now) else { return "-".to_owned() };
        let edited = literals.iter().filter(|literal| literal.is_edited());
        edited
            .map(|it| {
                format!("{}:{} {} {}", it.before_at.line, it.before_at.column, it.before, it.now)
            })
            .collect::<Vec<_>>()
            .join(", ")
    }

    #[test]
    fn literals_that_differ_are_found_where_they_stand() {
        for (before, now, expected) in [
            ("fn f() { 1 }", "fn f() { 1 }", ""),
            ("fn f() { x * 0.5 }", "fn f() { x * 0.75 }", "1:14 0.5 0.75"),
            ("fn f() {\n  g(1, \"é\", 2)\n}", "fn f() {\n g(3, \"é\", 4)\n}", "2:5 1 3, 2:13 2 4"),
            ("f(true)", "f(false)", "1:3 true false"),
            (
                "f('a', b'b', r\"c\")",
                "f('b', b'c', \"d\")",
                "1:3 'a' 'b', 1:8 b'b' b'c', 1:14 r\"c\" \"d\"",
            ),
            ("f(1_u8)", "f(0x2_u8)", "1:3 1_u8 0x2_u8"),
            // A comment may move what follows it.
            ("f(1); g(2)", "// Why.\nf(1); /* so */ g(3)", "1:9 2 3"),
            ("hot::tweak!(1)", "hot::tweak!(2)", "1:13 1 2"),
            ("print!(\"{}\", tweak!(1))", "print!(\"{}\", tweak!(2))", "1:21 1 2"),
            ("if !(1 == 2) {}", "if !(1 == 3) {}", "1:11 2 3"),
            ("a != (1)", "a != (2)", "1:7 1 2"),
            ("m!(1); f(2)", "m!(1); f(3)", "1:10 2 3"),
        ] {
            assert_eq!(edits(before, now), expected, "{now}");
        }
    }

    #[test]
    fn every_other_edit_is_code() {
        for (before, now) in [
            ("f(1)", "f(1.0)"),
            ("f(1)", "f(1_u8)"),
            ("f(1_u8)", "f(1_u16)"),
            ("f(1)", "f(-1)"),
            ("f(1)", "f(x)"),
            ("f(true)", "f(1)"),
            ("f(\"a\")", "f(b\"a\")"),
            ("f(b\"a\")", "f(b\"b\")"),
            ("f(c\"a\")", "f(c\"b\")"),
            ("f(1) + 2", "f(3) - 2"),
            ("f(1)", "g(2)"),
            ("f(1)", "f[2]"),
            ("f(1)", "f(1, 2)"),
            ("a & &1", "a && 2"),
            ("println!(\"a\")", "println!(\"b\")"),
            ("std::println!{\"a\"}", "std::println!{\"b\"}"),
            ("hot::tweak!(f!(1))", "hot::tweak!(f!(2))"),
            ("macro_rules! m { () => { 1 } }", "macro_rules! m { () => { 2 } }"),
            ("#[cfg(x = \"a\")] fn f() {}", "#[cfg(x = \"b\")] fn f() {}"),
            ("#![allow(x = \"a\")]", "#![allow(x = \"b\")]"),
            ("/// One.\nfn f() { 1 }", "/// Two.\nfn f() { 2 }"),
            ("f(1)", "f(2"),
            ("f('a)", "f('b)"),
        ] {
            assert_eq!(edits(before, now), "-", "{now}");
        }
    }

    #[test]
    fn a_literal_is_worth_what_rustc_takes_it_for() {
        use LiteralKind as Kind;
        let of = |kind, text: &str| value(kind, text, false);
        assert_eq!(of(Kind::U8, "255"), Some(LiteralValue::U8(255)));
        assert_eq!(of(Kind::U8, "300"), None);
        assert_eq!(of(Kind::U8, "b'a'"), Some(LiteralValue::U8(b'a')));
        assert_eq!(of(Kind::I32, "0xff_i32"), Some(LiteralValue::I32(255)));
        assert_eq!(of(Kind::I8, "128"), None);
        assert_eq!(value(Kind::I8, "128", true), Some(LiteralValue::I8(-128)));
        assert_eq!(value(Kind::U8, "1", true), None);
        assert_eq!(of(Kind::U128, &u128::MAX.to_string()), Some(LiteralValue::U128(u128::MAX)));
        assert_eq!(of(Kind::F32, "1_0.5e1"), Some(LiteralValue::F32(105.0)));
        assert_eq!(of(Kind::F32, "1e39"), None);
        assert_eq!(of(Kind::F64, "1e39"), Some(LiteralValue::F64(1e39)));
        assert_eq!(of(Kind::F32, "5f32"), Some(LiteralValue::F32(5.0)));
        assert_eq!(value(Kind::F64, "0.5", true), Some(LiteralValue::F64(-0.5)));
        assert_eq!(of(Kind::F64, "5"), None);
        assert_eq!(of(Kind::Bool, "true"), Some(LiteralValue::Bool(true)));
        assert_eq!(of(Kind::Char, "'\\u{e9}'"), Some(LiteralValue::Char('é')));
        assert_eq!(of(Kind::Str, "\"a\\n\""), Some(LiteralValue::Str("a\n")));
        assert_eq!(of(Kind::Str, "r#\"\"\"#"), Some(LiteralValue::Str("\"")));
        assert_eq!(of(Kind::Unknown, "1"), None);
        assert_eq!(of(Kind::Str, "1"), None);
    }
}
