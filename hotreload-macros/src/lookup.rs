//! `hot::lookup!`.

use proc_macro2::{Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{
    Expr, FnArg, Ident, LitStr, Path, Signature, Token, Type, TypeFnPtr, Variadic, Visibility,
    parse::{Parse, ParseStream},
};

use crate::{
    accessor::{self, Accessor, Place},
    check,
    errors::Errors,
    opaque::OpaqueParts,
    options::leading_crate,
};

/// `host, "crate::name", fn(..) -> ..`
struct Lookup {
    krate: Path,
    host: Expr,
    path: LitStr,
    ty: Type,
}

impl Parse for Lookup {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let krate = leading_crate(input)?;
        let host = input.parse()?;
        comma(input)?;
        if !input.peek(LitStr) {
            return Err(input.error("expected the name as a string literal: \"crate::name\""));
        }
        let path = input.parse()?;
        comma(input)?;
        let ty = input.parse()?;
        if !input.is_empty() {
            comma(input)?;
        }
        if !input.is_empty() {
            return Err(input.error(SYNTAX));
        }
        Ok(Lookup { krate, host, path, ty })
    }
}

fn comma(input: ParseStream<'_>) -> syn::Result<()> {
    input.parse::<Token![,]>().map(drop).map_err(|_| input.error(SYNTAX))
}

const SYNTAX: &str = "expected a host, a name and a signature: \
                      `hot::lookup!(host, \"crate::name\", fn(i32) -> i32)`";

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    try_expand(input).unwrap_or_else(|error| {
        // An expression, however many they are.
        let errors = error.to_compile_error();
        quote!({ #errors })
    })
}

fn try_expand(input: TokenStream) -> syn::Result<TokenStream> {
    let Lookup { krate, host, path, ty } = syn::parse2(input)?;
    let mut errors = Errors::default();
    if path.value().split("::").any(|name| syn::parse_str::<Ident>(name).is_err()) {
        errors.on(&path, "a definition's name is identifiers joined by `::`: \"crate::name\"");
    }
    let Some(function) = function(&ty) else {
        errors.on(&ty, "expected the function's signature: `fn(i32) -> i32`");
        return errors.propagate().map(|()| TokenStream::new());
    };
    let mut sig = signature(function);
    let opaque = OpaqueParts::take(&mut Vec::new(), &mut sig, &mut errors);
    check::signature(&sig, &mut errors);
    opaque.check(&sig, &mut errors);
    errors.propagate()?;
    if check::left_to_rustc(&sig) {
        return Ok(quote!({
            type __HotSignature = #ty;
            fn __hot_found() -> #krate::Result<__HotSignature> {
                ::core::unreachable!()
            }
            __hot_found()
        }));
    }
    let name = Ident::new("__hot_lookup", Span::mixed_site());
    let accessor = accessor::expand(&Accessor {
        krate: &krate,
        cfg: &[],
        place: Place::Type { vis: &Visibility::Inherited, name: &name, beside_function: false },
        path: quote!(#path),
        sig: &sig,
        opaque: &opaque,
        body: None,
        content: 0,
        listed: false,
    });
    Ok(quote_spanned! {Span::mixed_site()=>
        {
            #accessor
            let __hot_accessor = <#name as #krate::rt::Exported>::accessor();
            #krate::Host::look_up(&#host, __hot_accessor, #name::handle())
        }
    })
}

/// The function pointer type, also where a macro's `$ty` wraps it.
fn function(ty: &Type) -> Option<&TypeFnPtr> {
    match ty {
        Type::FnPtr(function) => Some(function),
        Type::Group(ty) => function(&ty.elem),
        Type::Paren(ty) => function(&ty.elem),
        _ => None,
    }
}

/// The signature of a function that this points to.
fn signature(ty: &TypeFnPtr) -> Signature {
    let TypeFnPtr { unsafety, abi, inputs, output, .. } = ty;
    let mut sig: Signature = syn::parse_quote!(#unsafety #abi fn __hot() #output);
    if let Some(binder) = &ty.lifetimes {
        sig.generics.params = binder.lifetimes.clone();
    }
    sig.inputs = inputs
        .iter()
        .enumerate()
        .map(|(index, input)| -> FnArg {
            let (attrs, name, ty) = (&input.attrs, format_ident!("__hot_{index}"), &input.ty);
            syn::parse_quote!(#(#attrs)* #name: #ty)
        })
        .collect();
    sig.variadic = ty.variadic.as_ref().map(|variadic| Variadic {
        attrs: Vec::new(),
        pat: None,
        dots: variadic.dots,
        comma: None,
    });
    sig
}
