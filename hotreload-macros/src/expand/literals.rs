//! Literals that a save changes while the program runs: each becomes a read of an atomic word, which
//! gives the literal itself until the host has written something else there.
//!
//! Whatever rustc must know stays as it is written: patterns, types, constants and other items, and
//! what it makes a static of (`&[1, 2]`). So do the tokens of other macros.

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::{
    AngleBracketedGenericArguments, Attribute, Block, Expr, ExprLit, ExprMacro, ExprRepeat, Ident,
    Item, ItemFn, Lit, Macro, Pat, Path, Type, UnOp, parse_quote_spanned,
    visit_mut::{self, VisitMut},
};

/// What is read in place of literals, and what lists it.
pub(crate) struct Literals<'a> {
    krate: &'a Path,
    /// Of each, where it stands, and the word that is read.
    places: Vec<TokenStream>,
    reads: Vec<TokenStream>,
}

impl<'a> Literals<'a> {
    pub(crate) fn new(krate: &'a Path) -> Self {
        Literals { krate, places: Vec::new(), reads: Vec::new() }
    }

    /// What takes the literal's place; `None` if it is of no type that can be read. `negated` is the
    /// literal with the minus before it: rustc takes `-128_i8` as a whole.
    pub(crate) fn read(&mut self, literal: &Lit, negated: Option<&Expr>) -> Option<TokenStream> {
        let known = known_type(literal)?;
        let (number, at) = (self.reads.len(), literal.span());
        let here = Span::mixed_site().located_at(at);
        // Errors about the literal's type point at the literal.
        let krate = self.krate.to_token_stream().into_iter().map(|mut token| {
            token.set_span(token.span().located_at(at));
            token
        });
        let krate: TokenStream = krate.collect();
        let text = quote!(#literal).to_string();
        // Wherever macros have brought it, these say where it stands in a file.
        let (file, line, column) = (
            quote_spanned!(at=> ::core::file!()),
            quote_spanned!(at=> ::core::line!()),
            quote_spanned!(at=> ::core::column!()),
        );
        let is_negated = negated.is_some();
        self.places.push(quote_spanned! {here=>
            #krate::rt::LiteralPlace {
                file: #file, line: #line, column: #column, text: #text, is_negated: #is_negated,
            }
        });
        let (kind, ty) = match known {
            Known::Not => (Ident::new("Unknown", here), None),
            Known::Text => (
                Ident::new("Str", here),
                Some(quote_spanned!(here=> ::<&'static ::core::primitive::str>)),
            ),
            Known::Named(name) => {
                let ty = Ident::new(&name, here);
                let mut kind = name;
                kind[..1].make_ascii_uppercase();
                (Ident::new(&kind, here), Some(quote_spanned!(here=> ::<::core::primitive::#ty>)))
            }
        };
        self.reads.push(quote_spanned! {here=>
            #krate::rt::Literal::new(#krate::rt::LiteralKind::#kind)
        });
        let literal = negated.map_or_else(|| quote!(#literal), |negated| quote!(#negated));
        Some(quote_spanned!(here=> #krate::rt::tweak #ty (&__HOT_LITERALS[#number], #literal)))
    }

    /// The words that are read, and what lists them under this path; nothing if there are none.
    pub(crate) fn statics(&self, path: &TokenStream) -> TokenStream {
        let Literals { krate, places, reads } = self;
        let count = reads.len();
        if count == 0 {
            return TokenStream::new();
        }
        quote_spanned! {Span::mixed_site()=>
            static __HOT_LITERALS: [#krate::rt::Literal; #count] = [#(#reads),*];
            #krate::__literals! { #path, &[#(#places),*], &__HOT_LITERALS }
        }
    }
}

/// The body with its literals read; `None` where it has none, or is not understood.
pub(crate) fn in_body(body: &TokenTree, path: &TokenStream, krate: &Path) -> Option<TokenTree> {
    // As a function: a body may begin with inner attributes.
    let mut function: ItemFn = syn::parse2(quote!(fn body() #body)).ok()?;
    let mut literals = Literals::new(krate);
    literals.visit_block_mut(&mut function.block);
    let statics = literals.statics(path);
    if statics.is_empty() {
        return None;
    }
    let ItemFn { attrs, block, .. } = &function;
    let Block { stmts, .. } = &**block;
    let mut body = proc_macro2::Group::new(
        proc_macro2::Delimiter::Brace,
        quote!(#(#attrs)* #statics #(#stmts)*),
    );
    body.set_span(block.brace_token.span.join());
    Some(body.into())
}

/// What tells the type of a literal.
enum Known {
    /// Only rustc.
    Not,
    Text,
    /// The type's name.
    Named(String),
}

/// `None`: there is no such type, or its values have no one type.
fn known_type(literal: &Lit) -> Option<Known> {
    const NUMBERS: &[&str] = &[
        "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize",
        "f32", "f64",
    ];
    let number = |suffix: &str| match suffix {
        "" => Some(Known::Not),
        suffix => NUMBERS.contains(&suffix).then(|| Known::Named(suffix.to_owned())),
    };
    match literal {
        Lit::Str(text) if text.suffix().is_empty() => Some(Known::Text),
        Lit::Byte(_) => Some(Known::Named("u8".to_owned())),
        Lit::Char(_) => Some(Known::Named("char".to_owned())),
        Lit::Bool(_) => Some(Known::Named("bool".to_owned())),
        Lit::Int(literal) => number(literal.suffix()),
        Lit::Float(literal) => number(literal.suffix()),
        // A byte string's length is in its type.
        _ => None,
    }
}

impl VisitMut for Literals<'_> {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        match expr {
            Expr::Lit(ExprLit { attrs, lit }) if attrs.is_empty() => {
                if let Some(read) = self.read(lit, None) {
                    *expr = parse_quote_spanned!(lit.span()=> #read);
                }
            }
            Expr::Unary(unary) if is_negative_number(&unary.op, &unary.expr) => {
                let Expr::Lit(ExprLit { lit, .. }) = &*unary.expr else { return };
                let (lit, negated) = (lit.clone(), Expr::Unary(unary.clone()));
                if let Some(read) = self.read(&lit, Some(&negated)) {
                    *expr = parse_quote_spanned!(lit.span()=> #read);
                }
            }
            // Of a number without a suffix the cast says of which type it is.
            Expr::Cast(cast) if is_plain_number(&cast.expr) => {}
            Expr::Reference(reference)
                if reference.mutability.is_none() && is_constant(&reference.expr) => {}
            // What a method borrows of an array may be a static, too.
            Expr::MethodCall(call)
                if is_constant(&call.receiver) && !is_literal(&call.receiver) =>
            {
                call.args.iter_mut().for_each(|argument| self.visit_expr_mut(argument));
            }
            Expr::Repeat(ExprRepeat { expr, .. }) => self.visit_expr_mut(expr),
            Expr::Const(_) => {}
            _ => visit_mut::visit_expr_mut(self, expr),
        }
    }

    fn visit_item_mut(&mut self, _: &mut Item) {}

    fn visit_pat_mut(&mut self, _: &mut Pat) {}

    fn visit_type_mut(&mut self, _: &mut Type) {}

    fn visit_angle_bracketed_generic_arguments_mut(
        &mut self,
        _: &mut AngleBracketedGenericArguments,
    ) {
    }

    fn visit_attribute_mut(&mut self, _: &mut Attribute) {}

    fn visit_macro_mut(&mut self, _: &mut Macro) {}
}

fn is_negative_number(op: &UnOp, of: &Expr) -> bool {
    let is_number = |lit: &Lit| matches!(lit, Lit::Int(_) | Lit::Float(_));
    matches!(op, UnOp::Neg(_))
        && matches!(of, Expr::Lit(ExprLit { attrs, lit }) if attrs.is_empty() && is_number(lit))
}

fn is_literal(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) => true,
        Expr::Paren(paren) => is_literal(&paren.expr),
        Expr::Group(group) => is_literal(&group.expr),
        Expr::Unary(unary) => is_literal(&unary.expr),
        _ => false,
    }
}

/// Whether it is a number without a suffix, perhaps within parentheses or with a sign.
fn is_plain_number(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(ExprLit { lit: Lit::Int(number), .. }) => number.suffix().is_empty(),
        Expr::Lit(ExprLit { lit: Lit::Float(number), .. }) => number.suffix().is_empty(),
        Expr::Paren(paren) => is_plain_number(&paren.expr),
        Expr::Group(group) => is_plain_number(&group.expr),
        Expr::Unary(unary) => is_plain_number(&unary.expr),
        _ => false,
    }
}

/// Whether rustc may make a static of it where it is borrowed: it calls nothing. What looks like the
/// constructor of a struct is one.
fn is_constant(expr: &Expr) -> bool {
    let are_constant = |mut all: syn::punctuated::Iter<'_, Expr>| all.all(is_constant);
    match expr {
        Expr::Lit(_) | Expr::Path(_) | Expr::Const(_) => true,
        Expr::Array(array) => are_constant(array.elems.iter()),
        Expr::Tuple(tuple) => are_constant(tuple.elems.iter()),
        Expr::Paren(paren) => is_constant(&paren.expr),
        Expr::Group(group) => is_constant(&group.expr),
        Expr::Unary(unary) => is_constant(&unary.expr),
        Expr::Binary(binary) => is_constant(&binary.left) && is_constant(&binary.right),
        Expr::Cast(cast) => is_constant(&cast.expr),
        Expr::Repeat(repeat) => is_constant(&repeat.expr),
        Expr::Reference(reference) => is_constant(&reference.expr),
        Expr::Field(field) => is_constant(&field.base),
        Expr::Index(index) => is_constant(&index.expr) && is_constant(&index.index),
        Expr::Range(range) => range.start.iter().chain(&range.end).all(|end| is_constant(end)),
        Expr::Struct(made) => {
            made.fields.iter().all(|field| is_constant(&field.expr))
                && made.rest.iter().all(|rest| is_constant(rest))
        }
        Expr::Call(call) => is_constructor(&call.func) && are_constant(call.args.iter()),
        Expr::Macro(ExprMacro { .. }) => false,
        _ => false,
    }
}

fn is_constructor(func: &Expr) -> bool {
    let Expr::Path(path) = func else { return false };
    let last = path.path.segments.last().map(|segment| segment.ident.to_string());
    last.is_some_and(|name| name.starts_with(char::is_uppercase))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body with `T` for whatever takes the place of a literal.
    fn tweaked(body: &str) -> String {
        struct Marks;
        impl VisitMut for Marks {
            fn visit_expr_mut(&mut self, expr: &mut Expr) {
                visit_mut::visit_expr_mut(self, expr);
                if let Expr::Call(call) = expr
                    && quote!(#call).to_string().starts_with(":: hot :: rt :: tweak")
                {
                    let last = call.args.last().unwrap();
                    *expr = syn::parse_quote!(T(#last));
                }
            }
        }
        let body: TokenStream = format!("{{ {body} }}").parse().unwrap();
        let body = body.into_iter().next().unwrap();
        let krate = syn::parse_quote!(::hot);
        let body = in_body(&body, &quote!("path"), &krate).unwrap_or(body);
        let mut function: ItemFn = syn::parse2(quote!(fn body() #body)).unwrap();
        function.block.stmts.retain(|stmt| !quote!(#stmt).to_string().contains("__HOT_LITERALS :"));
        function.block.stmts.retain(|stmt| !quote!(#stmt).to_string().contains("__literals"));
        Marks.visit_block_mut(&mut function.block);
        let ItemFn { attrs, block, .. } = function;
        let stmts = &block.stmts;
        quote!(#(#attrs)* #(#stmts)*).to_string().replace(' ', "")
    }

    #[test]
    fn literals_that_are_values_are_read() {
        for (body, expected) in [
            ("let x: u8 = 5;", "letx:u8=T(5);"),
            ("x as f32 * 0.5", "xasf32*T(0.5)"),
            ("2.0_f32.sqrt()", "T(2.0_f32).sqrt()"),
            ("1 << 3", "T(1)<<T(3)"),
            ("for i in 0..=10 {}", "foriinT(0)..=T(10){}"),
            ("-128_i8", "T(-128_i8)"),
            ("-(5)", "-(T(5))"),
            ("!true", "!T(true)"),
            ("f(\"a\", 'b', b'c', r\"d\")", "f(T(\"a\"),T('b'),T(b'c'),T(r\"d\"))"),
            ("[0.0; 16]", "[T(0.0);16]"),
            ("let f = |x| x + 1;", "letf=|x|x+T(1);"),
            ("async { 1 }.await", "async{T(1)}.await"),
            ("Point { x: 1.0, ..p }", "Point{x:T(1.0),..p}"),
            ("&f(1)", "&f(T(1))"),
            ("&mut 1", "&mutT(1)"),
            ("5_u8 as f32", "T(5_u8)asf32"),
            ("#![allow(unused)] 1", "#![allow(unused)]T(1)"),
            ("unsafe { v[0] }", "unsafe{v[T(0)]}"),
        ] {
            assert_eq!(tweaked(body), expected);
        }
    }

    #[test]
    fn what_rustc_must_know_stays_as_it_is_written() {
        for body in [
            "match x { 0 => a, 1..=5 | -1 => b, _ => c }",
            "const { 5 }",
            "const X: u8 = 5; static Y: u8 = 6; fn g() { 7 }",
            "let x: [u8; 3] = y; g::<4>(x); z.h::<5>()",
            "if let Some(3) = x {}",
            "println!(\"{}\", 5); vec![1, 2]; hot::tweak!(0.5)",
            "#[cfg(feature = \"x\")] f()",
            "t.0",
            "&[1, 2]",
            "&Some((1, -2 + A))",
            "[1, 2].iter()",
            "b\"bytes\"",
            "c\"text\"",
            "3_000_000_000 as u32",
            "(-1) as u32",
        ] {
            let whole: TokenStream = body.parse().unwrap();
            assert_eq!(tweaked(body), whole.to_string().replace(' ', ""));
        }
    }

    #[test]
    fn a_body_that_is_not_understood_stays() {
        let body: TokenStream = "{ value. + 1 }".parse().unwrap();
        let body = body.into_iter().next().unwrap();
        assert!(in_body(&body, &quote!("path"), &syn::parse_quote!(::hot)).is_none());
    }
}
