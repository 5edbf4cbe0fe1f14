//! What `hot::import!` is given.

use syn::{
    Attribute, Path, Signature, Token, Visibility, braced,
    parse::{Parse, ParseStream},
    token,
};

use super::{opaque::OpaqueParts, options::leading_crate, var::Static};
use crate::errors::Errors;

pub(crate) struct Imports {
    pub(crate) krate: Path,
    pub(crate) modules: Vec<Module>,
    pub(crate) errors: Errors,
}

/// `vis path => { fn ..; }`
pub(crate) struct Module {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) path: Path,
    pub(crate) functions: Vec<Function>,
    pub(crate) statics: Vec<Static>,
}

/// `fn ..;`
pub(crate) struct Function {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) sig: Signature,
    pub(crate) opaque: OpaqueParts,
}

impl Parse for Imports {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let krate = leading_crate(input)?;
        let (mut modules, mut errors) = (Vec::new(), Errors::default());
        while !input.is_empty() {
            modules.push(Module::parse(input, &mut errors)?);
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(Imports { krate, modules, errors })
    }
}

impl Module {
    fn parse(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let path = input.call(Path::parse_mod_style)?;
        input.parse::<Token![=>]>()?;
        let body;
        braced!(body in input);
        let (mut functions, mut statics) = (Vec::new(), Vec::new());
        while !body.is_empty() {
            match Declared::parse(&body, errors)? {
                Declared::Function(function) => functions.push(function),
                Declared::Static(item) => statics.push(item),
            }
        }
        Ok(Module { attrs, vis, path, functions, statics })
    }
}

enum Declared {
    Function(Function),
    Static(Static),
}

impl Declared {
    /// Parses one. The attributes that are for this macro are taken out.
    fn parse(input: ParseStream<'_>, errors: &mut Errors) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        if let vis @ (Visibility::Public(_) | Visibility::Restricted(_)) = input.parse()? {
            return Err(syn::Error::new_spanned(
                vis,
                "the visibility of an import is its module's: write it before the module's path",
            ));
        }
        if input.peek(Token![static]) {
            let mut item = Static::parse_rest(attrs, syn::parse_quote!(pub), input)?;
            if let Some(value) = &item.value {
                let message = "an import is a declaration: its first value is the exporter's";
                return Err(syn::Error::new_spanned(value, message));
            }
            item.take_helpers(errors);
            return Ok(Declared::Static(item));
        }
        let mut sig = input.parse()?;
        if input.peek(token::Brace) {
            return Err(input.error("an import is a declaration: write `;` instead of a body"));
        }
        input.parse::<Token![;]>()?;
        let opaque = OpaqueParts::take(&mut attrs, &mut sig, errors);
        Ok(Declared::Function(Function { attrs, sig, opaque }))
    }
}
