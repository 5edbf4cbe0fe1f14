//! Tokens as text, without what changes nothing.

use std::collections::HashMap;

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// How often each word stands among tokens. Those in the braces of texts count: `"{LIMIT} of them"`
/// uses `LIMIT`.
pub(super) type Words = HashMap<String, usize>;

/// The tokens, without documentation and commas at the end of a list, and the words among them.
pub(super) fn of(stream: TokenStream) -> (String, Words) {
    let (mut text, mut words) = (String::new(), Words::new());
    write(stream, &mut text, &mut words);
    (text, words)
}

fn write(stream: TokenStream, text: &mut String, words: &mut Words) {
    let mut tokens = stream.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == '#' => {
                // `#![doc = ".."]` and `#[doc = ".."]`.
                let is_bang = |next: &TokenTree| matches!(next, TokenTree::Punct(punct) if punct.as_char() == '!');
                let is_inner = tokens.next_if(is_bang).is_some();
                if tokens.next_if(is_doc).is_none() {
                    text.push_str(if is_inner { "# ! " } else { "# " });
                }
            }
            TokenTree::Punct(punct) => {
                if punct.as_char() != ',' || tokens.peek().is_some() {
                    text.push(punct.as_char());
                    text.push(' ');
                }
            }
            TokenTree::Ident(ident) => {
                let ident = ident.to_string();
                text.push_str(&ident);
                text.push(' ');
                *words.entry(ident).or_default() += 1;
            }
            TokenTree::Literal(literal) => {
                let literal = literal.to_string();
                if literal.contains('"') && literal.contains('{') {
                    let of_text = literal.split(|c: char| !c.is_alphanumeric() && c != '_');
                    for word in of_text.filter(|word| !word.is_empty()) {
                        *words.entry(word.to_owned()).or_default() += 1;
                    }
                }
                text.push_str(&literal);
                text.push(' ');
            }
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("( ", ") "),
                    Delimiter::Brace => ("{ ", "} "),
                    Delimiter::Bracket => ("[ ", "] "),
                    Delimiter::None => ("", ""),
                };
                text.push_str(open);
                write(group.stream(), text, words);
                text.push_str(close);
            }
        }
    }
}

fn is_doc(token: &TokenTree) -> bool {
    let TokenTree::Group(group) = token else { return false };
    let first = group.stream().into_iter().next();
    group.delimiter() == Delimiter::Bracket
        && matches!(first, Some(TokenTree::Ident(ident)) if ident == "doc")
}
