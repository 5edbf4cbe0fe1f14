//! Recursion: a function's calls of itself call its body, so that a running call stays in the version
//! that it entered, and no level of it costs a hot call.
//!
//! A call in a closure, an `async` block or an item within the body may be made when the call that
//! it was written in has long returned: it stays hot. So does every call where the function's name
//! may mean something else, or is used as a value.

use proc_macro2::{Delimiter, Ident, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Expr, ExprAsync, ExprCall, ExprClosure, ExprPath, Item, ItemFn, Macro, Signature, Token,
    UseGlob,
    ext::IdentExt,
    parse::Parser,
    punctuated::Punctuated,
    visit_mut::{self, VisitMut},
};

/// Macros of std whose arguments are expressions that they evaluate at once.
const EVALUATE: &[&str] = &[
    "vec",
    "format",
    "print",
    "println",
    "eprint",
    "eprintln",
    "write",
    "writeln",
    "panic",
    "assert",
    "assert_eq",
    "assert_ne",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "dbg",
];

/// The body with its calls of the function itself replaced by calls of `body_name`; `None` where it
/// has none that can be, or is not understood.
pub(crate) fn in_body(sig: &Signature, body: &TokenTree, body_name: &Ident) -> Option<TokenTree> {
    let name = sig.ident.unraw();
    let Mentions { count, called } = mentions(body.to_token_stream(), &name);
    if !called || mentions(sig.inputs.to_token_stream(), &name).count > 0 {
        return None;
    }
    // As a function: a body may begin with inner attributes.
    let mut function: ItemFn = syn::parse2(quote!(fn body() #body)).ok()?;
    let mut calls = Calls { name: &name, body_name, found: 0, within: 0, hidden: false };
    calls.visit_block_mut(&mut function.block);
    if calls.hidden || calls.found != count {
        return None;
    }
    function.into_token_stream().into_iter().last()
}

/// How often a name occurs other than as a field's or method's, and whether it is called somewhere.
#[derive(Default)]
struct Mentions {
    count: usize,
    called: bool,
}

fn mentions(tokens: TokenStream, name: &Ident) -> Mentions {
    let mut found = Mentions::default();
    let mut dots = 0;
    let mut tokens = tokens.into_iter().peekable();
    while let Some(token) = tokens.next() {
        match &token {
            TokenTree::Group(group) => {
                let inside = mentions(group.stream(), name);
                found.count += inside.count;
                found.called |= inside.called;
            }
            // `.name` is a field or method, `..name` a range.
            TokenTree::Ident(word) if dots != 1 && word.unraw() == *name => {
                found.count += 1;
                found.called |= matches!(
                    tokens.peek(),
                    Some(TokenTree::Group(group)) if group.delimiter() == Delimiter::Parenthesis
                );
            }
            _ => {}
        }
        dots = match &token {
            TokenTree::Punct(mark) if mark.as_char() == '.' => {
                dots + 1 + usize::from(mark.spacing() == Spacing::Joint)
            }
            _ => 0,
        };
    }
    found
}

/// Finds the calls and replaces those that are made at once.
struct Calls<'a> {
    name: &'a Ident,
    body_name: &'a Ident,
    found: usize,
    /// In how many closures, `async` blocks and items the visitor is.
    within: usize,
    /// Something may hide the function's name.
    hidden: bool,
}

impl Calls<'_> {
    fn later(&mut self, visit: impl FnOnce(&mut Self)) {
        self.within += 1;
        visit(self);
        self.within -= 1;
    }
}

impl VisitMut for Calls<'_> {
    fn visit_expr_call_mut(&mut self, call: &mut ExprCall) {
        if let Expr::Path(ExprPath { attrs, qself: None, path }) = &mut *call.func
            && let Some(called) = path.get_ident()
            && attrs.is_empty()
            && called.unraw() == *self.name
        {
            self.found += 1;
            if self.within == 0 {
                let mut body = self.body_name.clone();
                body.set_span(Span::mixed_site().located_at(called.span()));
                *path = body.into();
            }
        }
        visit_mut::visit_expr_call_mut(self, call);
    }

    fn visit_macro_mut(&mut self, invoked: &mut Macro) {
        let evaluates =
            invoked.path.get_ident().is_some_and(|name| EVALUATE.iter().any(|it| name == it));
        let parse = Punctuated::<Expr, Token![,]>::parse_terminated;
        if evaluates && let Ok(mut arguments) = parse.parse2(invoked.tokens.clone()) {
            arguments.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
            invoked.tokens = arguments.into_token_stream();
        }
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
        self.later(|this| visit_mut::visit_expr_closure_mut(this, closure));
    }

    fn visit_expr_async_mut(&mut self, block: &mut ExprAsync) {
        self.later(|this| visit_mut::visit_expr_async_mut(this, block));
    }

    fn visit_item_mut(&mut self, item: &mut Item) {
        self.later(|this| visit_mut::visit_item_mut(this, item));
    }

    fn visit_use_glob_mut(&mut self, _: &mut UseGlob) {
        self.hidden = true;
    }
}

#[cfg(test)]
mod tests {
    use quote::format_ident;

    use super::*;

    fn rewritten(function: &str) -> Option<String> {
        let ItemFn { sig, .. } = syn::parse_str(function).unwrap();
        let written: TokenStream = function.parse().unwrap();
        let body = written.into_iter().last().unwrap();
        let body = in_body(&sig, &body, &format_ident!("BODY"))?;
        Some(body.to_string().replace(' ', ""))
    }

    #[test]
    fn calls_that_are_made_at_once_call_the_body() {
        for (function, body) in [
            ("fn f(n: u8) -> u8 { f(n - 1) + f(f(0)) }", "{BODY(n-1)+BODY(BODY(0))}"),
            (
                "fn f(n: u8) { for n in 0..f(n) { s.f(); s.f = f(n); } }",
                "..BODY(n){s.f();s.f=BODY(n);",
            ),
            ("fn f() { println!(\"{}\", f()); vec![f(), g()]; }", "vec![BODY(),g()]"),
            ("fn f() { #![allow(unused)] f() }", "{#![allow(unused)]BODY()}"),
            ("fn r#loop() { r#loop() }", "{BODY()}"),
        ] {
            let rewritten = rewritten(function).unwrap();
            assert!(rewritten.contains(body), "{rewritten}");
        }
    }

    #[test]
    fn calls_that_may_be_made_later_stay_hot() {
        for (function, body) in [
            ("fn f() { f(); later(|| f()) }", "{BODY();later(||f())}"),
            ("fn f() { f(); later(async { f() }) }", "{BODY();later(async{f()})}"),
            ("fn f() { f(); fn g() { f() } spawn(g) }", "{BODY();fng(){f()}spawn(g)}"),
        ] {
            assert_eq!(rewritten(function).unwrap(), body);
        }
    }

    #[test]
    fn a_body_stays_where_the_name_may_be_another_or_a_value() {
        for function in [
            "fn f() { g() }",
            "fn f(f: fn()) { f() }",
            "fn f() { let f = g; f() }",
            "fn f() { f(); schedule(f) }",
            "fn f() { f(); hot::get!(f)() }",
            "fn f() { f(); spawn!(f()) }",
            "fn f() { use other::*; f() }",
            "fn f() { use other::f; f() }",
            "fn f() { other::f(f()) }",
            "fn f() { macro_rules! again { () => { f() } } f() }",
        ] {
            assert_eq!(rewritten(function), None, "{function}");
        }
    }
}
