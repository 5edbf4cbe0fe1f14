//! What `hot::lookup!` is given.

use syn::{
    Expr, LitStr, Path, Token, Type, TypeFnPtr,
    parse::{Parse, ParseStream},
};

use super::options::leading_crate;

/// `host, "crate::name", fn(..) -> ..`
pub(crate) struct Lookup {
    pub(crate) krate: Path,
    pub(crate) host: Expr,
    pub(crate) path: LitStr,
    pub(crate) ty: Type,
}

/// `host, pattern, fn(..) -> ..`
pub(crate) struct Each {
    pub(crate) krate: Path,
    pub(crate) host: Expr,
    pub(crate) pattern: Expr,
    pub(crate) ty: Type,
}

impl Parse for Each {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let krate = leading_crate(input)?;
        let host = input.parse()?;
        comma(input, EACH)?;
        let pattern = input.parse()?;
        comma(input, EACH)?;
        Ok(Each { krate, host, pattern, ty: last(input, EACH)? })
    }
}

impl Parse for Lookup {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let krate = leading_crate(input)?;
        let host = input.parse()?;
        comma(input, LOOKUP)?;
        if !input.peek(LitStr) {
            return Err(input.error("expected the name as a string literal: \"crate::name\""));
        }
        let path = input.parse()?;
        comma(input, LOOKUP)?;
        Ok(Lookup { krate, host, path, ty: last(input, LOOKUP)? })
    }
}

fn comma(input: ParseStream<'_>, syntax: &str) -> syn::Result<()> {
    input.parse::<Token![,]>().map(drop).map_err(|_| input.error(syntax))
}

/// The type, and then nothing but a comma.
fn last(input: ParseStream<'_>, syntax: &str) -> syn::Result<Type> {
    let ty = input.parse()?;
    if !input.is_empty() {
        comma(input, syntax)?;
    }
    if !input.is_empty() {
        return Err(input.error(syntax));
    }
    Ok(ty)
}

const EACH: &str = "expected a host, a pattern and a signature: \
                    `hot::each!(host, \"plugins::*::name\", fn(i32) -> i32)`";

const LOOKUP: &str = "expected a host, a name and a signature: \
                      `hot::lookup!(host, \"crate::name\", fn(i32) -> i32)`";

/// The function pointer type, also where a macro's `$ty` wraps it.
pub(crate) fn function(ty: &Type) -> Option<&TypeFnPtr> {
    match ty {
        Type::FnPtr(function) => Some(function),
        Type::Group(ty) => function(&ty.elem),
        Type::Paren(ty) => function(&ty.elem),
        _ => None,
    }
}
