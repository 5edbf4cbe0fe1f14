//! `hot::tweak!`.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::{
    Expr, ExprLit, ExprUnary, Lit, Path, Token,
    parse::{ParseStream, Parser},
};

use crate::{expand::literals::Literals, parse::options::leading_crate};

const SHAPE: &str = "`tweak!` takes one number, text, character, `true` or `false` as it is written: \
                     `hot::tweak!(0.5)`";

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    match parse.parse2(input).and_then(|(krate, literal)| read(&krate, &literal)) {
        Ok(read) => read,
        Err(error) => error.into_compile_error(),
    }
}

fn parse(input: ParseStream<'_>) -> syn::Result<(Path, Expr)> {
    let krate = leading_crate(input)?;
    let span = input.span();
    let wrong = |_| syn::Error::new(span, SHAPE);
    let minus: Option<Token![-]> = input.parse()?;
    let literal = Expr::Lit(ExprLit { attrs: Vec::new(), lit: input.parse().map_err(wrong)? });
    if !input.is_empty() {
        return Err(input.error(SHAPE));
    }
    let literal = match minus {
        Some(minus) => Expr::Unary(ExprUnary {
            attrs: Vec::new(),
            op: syn::UnOp::Neg(minus),
            expr: Box::new(literal),
        }),
        None => literal,
    };
    Ok((krate, literal))
}

fn read(krate: &Path, literal: &Expr) -> syn::Result<TokenStream> {
    let (lit, negated) = match literal {
        Expr::Unary(ExprUnary { expr, .. }) => (&**expr, Some(literal)),
        literal => (literal, None),
    };
    let Expr::Lit(ExprLit { lit, .. }) = lit else { unreachable!("`parse` made it") };
    let mut literals = Literals::new(krate);
    let is_number = matches!(lit, Lit::Int(_) | Lit::Float(_));
    let read = literals.read(lit, negated).filter(|_| is_number || negated.is_none());
    let read = read.ok_or_else(|| syn::Error::new(lit.span(), SHAPE))?;
    let statics = literals.statics(&quote!(::core::module_path!()));
    Ok(quote_spanned! {Span::mixed_site()=> { #statics #read } })
}
