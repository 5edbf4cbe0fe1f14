//! A hash of source text that tells whether it was edited: by its tokens, so that comments and line
//! breaks do not count.

use std::hash::Hasher as _;

use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use siphasher::sip128::{Hasher128 as _, SipHasher24};

/// Stable from build to build.
pub(crate) fn hash(tokens: TokenStream) -> u128 {
    // SipHash-2-4 of 128 bits (Aumasson, Bernstein), as all hashes of the framework.
    let mut hasher = SipHasher24::new();
    each_byte(tokens, &mut |byte| hasher.write(&[byte]));
    hasher.finish128().as_u128()
}

fn each_byte(tokens: TokenStream, take: &mut impl FnMut(u8)) {
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Ident(word) => word.to_string().bytes().for_each(&mut *take),
            TokenTree::Literal(literal) => literal.to_string().bytes().for_each(&mut *take),
            TokenTree::Punct(mark) => {
                if mark.as_char() == '#' && tokens.peek().is_some_and(is_doc) {
                    tokens.next();
                    continue;
                }
                take(mark.as_char() as u8);
                // `>>` and `> >` may differ; what follows other tokens never does.
                let joint = mark.spacing() == Spacing::Joint;
                if joint && matches!(tokens.peek(), Some(TokenTree::Punct(_))) {
                    continue;
                }
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => (b'(', b')'),
                    Delimiter::Brace => (b'{', b'}'),
                    Delimiter::Bracket => (b'[', b']'),
                    Delimiter::None => (0, 0),
                };
                take(open);
                each_byte(group.stream(), take);
                take(close);
            }
        }
        // Between two tokens: `ab` is not `a b`.
        take(b' ');
    }
}

/// Whether it is what follows the `#` of a doc comment.
fn is_doc(tokens: &TokenTree) -> bool {
    let TokenTree::Group(group) = tokens else { return false };
    let first = group.stream().into_iter().next();
    matches!(first, Some(TokenTree::Ident(word)) if word == "doc")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> u128 {
        hash(text.parse().unwrap())
    }

    #[test]
    fn comments_and_line_breaks_do_not_count() {
        let plain = of("fn f(a: u8) -> u8 { a+1 }");
        assert_eq!(of("/// Doc.\nfn f(a: u8)\n  -> u8 { // why\n a + 1 }"), plain);
        assert_eq!(of("fn f(a: u8) -> u8 { /** inner */ a + /* b */ 1 }"), plain);
    }

    #[test]
    fn every_other_edit_counts() {
        let texts = [
            "fn f() { a + 1 }",
            "fn f() { a + 2 }",
            "fn f() { a - 1 }",
            "fn f() { (a + 1) }",
            "fn f() { [a + 1] }",
            "fn f() { \"a + 1\" }",
            "fn f() { ab + 1 }",
            "fn f() { a && b }",
            "fn f() { a & &b }",
            "fn f() { a &b }",
            "#[inline] fn f() { a + 1 }",
        ];
        for (index, text) in texts.iter().enumerate() {
            for other in &texts[index + 1..] {
                assert_ne!(of(text), of(other), "{text} and {other}");
            }
        }
    }
}
