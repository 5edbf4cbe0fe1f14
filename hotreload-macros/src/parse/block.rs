//! An `impl` block below `#[hot::export]`.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, quote};
use syn::{
    Attribute, Generics, Ident, ImplItem, Signature, Token, Type, Visibility, braced,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    token,
};

use super::{
    callable::Callable,
    opaque::{Opaque, OpaqueParts},
};
use crate::errors::Errors;

/// An `impl` block.
pub(crate) struct Block {
    pub(crate) attrs: Vec<Attribute>,
    /// `unsafe` or `default`, which rustc rejects before an inherent one.
    pub(crate) modifiers: TokenStream,
    pub(crate) impl_token: Token![impl],
    pub(crate) generics: Generics,
    /// `Trait for`
    pub(crate) of_trait: Option<(Type, Token![for])>,
    pub(crate) owner: Type,
    pub(crate) items: Vec<Item>,
}

pub(crate) enum Item {
    Method(Box<Method>),
    Other(Box<ImplItem>),
}

/// A function of the block. Its body is rustc's business, and half-written in an editor.
pub(crate) struct Method {
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) sig: Signature,
    /// With its braces.
    pub(crate) body: TokenTree,
    pub(crate) skipped: bool,
    /// As a method, with `self`.
    pub(crate) callable: Callable,
}

impl Parse for Block {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut attrs = input.call(Attribute::parse_outer)?;
        let mut modifiers = TokenStream::new();
        while !input.peek(Token![impl]) {
            modifiers.extend(input.parse::<TokenTree>()?.into_token_stream());
        }
        let impl_token = input.parse()?;
        let mut generics: Generics = input.parse()?;
        if input.peek(Token![!]) {
            return Err(input.error("an impl of a trait cannot be exported"));
        }
        let mut owner = input.parse()?;
        let mut of_trait = None;
        if input.peek(Token![for]) {
            of_trait = Some((owner, input.parse()?));
            owner = input.parse()?;
        }
        generics.where_clause = input.parse()?;
        let body;
        braced!(body in input);
        attrs.extend(body.call(Attribute::parse_inner)?);
        let mut items = Vec::new();
        while !body.is_empty() {
            items.push(body.parse()?);
        }
        Ok(Block { attrs, modifiers, impl_token, generics, of_trait, owner, items })
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let ahead = input.fork();
        let is_method = ahead.call(Attribute::parse_outer).is_ok()
            && ahead.parse::<Visibility>().is_ok()
            && ahead.parse::<Signature>().is_ok()
            && ahead.peek(token::Brace);
        if !is_method {
            return Ok(Item::Other(Box::new(input.parse()?)));
        }
        let (attrs, vis) = (input.call(Attribute::parse_outer)?, input.parse()?);
        let (sig, body): (Signature, _) = (input.parse()?, input.parse()?);
        let callable = Callable::of(&sig, OpaqueParts::default());
        Ok(Item::Method(Box::new(Method { attrs, vis, sig, body, skipped: false, callable })))
    }
}

impl ToTokens for Method {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Method { attrs, vis, sig, body, .. } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
    }
}

impl Item {
    /// Whether it is an `async fn`.
    pub(crate) fn is_async(&self) -> bool {
        matches!(self, Item::Method(method) if method.sig.asyncness.is_some())
    }
}

impl ToTokens for Item {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Item::Method(method) => method.to_tokens(tokens),
            Item::Other(item) => item.to_tokens(tokens),
        }
    }
}

impl ToTokens for Block {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let items = &self.items;
        tokens.extend(self.with_items(quote!(#(#items)*)));
    }
}

impl Block {
    pub(crate) fn with_items(&self, items: TokenStream) -> TokenStream {
        let Block { attrs, modifiers, impl_token, generics, of_trait, owner, .. } = self;
        let (outer, inner): (Vec<_>, Vec<_>) =
            attrs.iter().partition(|attr| matches!(attr.style, syn::AttrStyle::Outer));
        let clause = &generics.where_clause;
        let of_trait = of_trait.as_ref().map(|(of_trait, token)| quote!(#of_trait #token));
        quote! {
            #(#outer)* #modifiers #impl_token #generics #of_trait #owner #clause {
                #(#inner)* #items
            }
        }
    }

    /// Takes the attributes out that are for this macro.
    pub(crate) fn take_helpers(&mut self, errors: &mut Errors) {
        for item in &mut self.items {
            match item {
                Item::Method(method) => {
                    method.skipped = take_skip(&mut method.attrs, errors);
                    let opaque = OpaqueParts::take(&mut method.attrs, &mut method.sig, errors);
                    method.callable = Callable::of(&method.sig, opaque);
                    take_export(&mut method.attrs, errors);
                }
                Item::Other(item) => {
                    let attrs = match &mut **item {
                        ImplItem::Const(item) => &mut item.attrs,
                        ImplItem::Type(item) => &mut item.attrs,
                        ImplItem::Macro(item) => &mut item.attrs,
                        _ => continue,
                    };
                    take_skip(attrs, errors);
                    Opaque::of(attrs, errors);
                    attrs.retain(|attr| !attr.path().is_ident("hot"));
                }
            }
        }
    }
}

impl Method {
    pub(crate) fn is_hot(&self) -> bool {
        !self.skipped && matches!(self.vis, Visibility::Public(_))
    }
}

/// Takes `#[hot(..)]` out; whether it says `skip`.
fn take_skip(attrs: &mut Vec<Attribute>, errors: &mut Errors) -> bool {
    let mut skip = false;
    attrs.retain(|attr| {
        if !attr.path().is_ident("hot") {
            return true;
        }
        match attr.parse_args_with(Ident::parse_any) {
            Ok(word) if word == "skip" => skip = true,
            Ok(_) => errors.on(
                attr,
                "known here are `#[hot(skip)]`, which leaves a method out, and \
                 `#[hot(unsafe(opaque(Type)))]`",
            ),
            // Of more than a word: it is for `OpaqueParts`.
            Err(_) => return true,
        }
        false
    });
    skip
}

/// Takes `#[hot::export]` out.
fn take_export(attrs: &mut Vec<Attribute>, errors: &mut Errors) {
    attrs.retain(|attr| {
        let path = attr.path();
        let exports = path.segments.len() == 2
            && path.segments[0].ident == "hot"
            && path.segments[1].ident == "export";
        if exports {
            errors.on(attr, "the `impl` block is exported as a whole: leave this out");
        }
        !exports
    });
}
