//! `#[hot::export]` on an `impl` block: its plain `pub` methods become hot calls.

use proc_macro2::{TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::{
    Attribute, GenericParam, Generics, Ident, ImplItem, LitStr, Path, Signature, Token, Type,
    Visibility, braced,
    ext::IdentExt,
    parse::{Parse, ParseStream},
    token,
};

use crate::{
    accessor::{self, Accessor, Place},
    check, content,
    errors::{Errors, beside},
    moved::{Written, body_name},
    opaque::{Opaque, OpaqueParts},
    options::Options,
    owner::Owner,
    signature::name_of,
};

/// Ends each error about a method.
const WAY_OUT: &str = "; `#[hot(skip)]` leaves the method out";

pub(crate) fn expand(options: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let options = Options::parse(options, &["name", "crate"], &mut errors);
    let mut block = match syn::parse2::<Block>(item.clone()) {
        Ok(block) => block,
        Err(error) => {
            errors.push(error);
            let error = errors.propagate().expect_err("one was pushed");
            return beside(item, &error);
        }
    };
    check::definition_name(options.name.as_ref(), &mut errors);
    block.take_helpers(&mut errors);
    block.check(&mut errors);
    let krate = options.krate();
    let hot = if block.of_trait.is_none() { block.hot(&mut errors) } else { Vec::new() };
    match errors.propagate() {
        Ok(()) => block.expand(&hot, &krate, options.name.as_ref()),
        // Without the helper attributes, which rustc does not know.
        Err(error) => beside(block.into_token_stream(), &error),
    }
}

/// An `impl` block.
struct Block {
    attrs: Vec<Attribute>,
    /// `unsafe` or `default`, which rustc rejects before an inherent one.
    modifiers: TokenStream,
    impl_token: Token![impl],
    generics: Generics,
    /// `Trait for`
    of_trait: Option<(Type, Token![for])>,
    owner: Type,
    items: Vec<Item>,
}

enum Item {
    Method(Box<Method>),
    Other(Box<ImplItem>),
}

/// A function of the block. Its body is rustc's business, and half-written in an editor.
struct Method {
    attrs: Vec<Attribute>,
    vis: Visibility,
    sig: Signature,
    /// With its braces.
    body: TokenTree,
    skipped: bool,
    opaque: OpaqueParts,
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
        Ok(Item::Method(Box::new(Method {
            attrs: input.call(Attribute::parse_outer)?,
            vis: input.parse()?,
            sig: input.parse()?,
            body: input.parse()?,
            skipped: false,
            opaque: OpaqueParts::default(),
        })))
    }
}

impl ToTokens for Method {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Method { attrs, vis, sig, body, .. } = self;
        tokens.extend(quote!(#(#attrs)* #vis #sig #body));
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
    fn with_items(&self, items: TokenStream) -> TokenStream {
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
    fn take_helpers(&mut self, errors: &mut Errors) {
        for item in &mut self.items {
            match item {
                Item::Method(method) => {
                    method.skipped = take_skip(&mut method.attrs, errors);
                    method.opaque = OpaqueParts::take(&mut method.attrs, &mut method.sig, errors);
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

    fn check(&self, errors: &mut Errors) {
        if let Some((of_trait, _)) = &self.of_trait {
            errors.on(
                of_trait,
                "a trait's methods cannot be hot: callers reach them through the trait, without a \
                 slot; write the body as a `pub` method of the type, export that `impl` block, and \
                 call it from here",
            );
            return;
        }
        for param in &self.generics.params {
            match param {
                GenericParam::Lifetime(param) if param.bounds.is_empty() => {}
                GenericParam::Lifetime(param) => errors.on(
                    param,
                    "a lifetime with bounds is early-bound, which a function pointer cannot \
                     express: leave the bound out, or export methods that do without it from \
                     another `impl` block",
                ),
                param => errors.on(
                    param,
                    "methods of a generic `impl` cannot be hot: a bundle holds one body for each \
                     name; export an `impl` block for each type that is used, `impl World<u32>`",
                ),
            }
        }
        if let Some(clause) = &self.generics.where_clause {
            errors.on(
                clause,
                "a where-clause cannot be expressed in a function pointer: leave it out",
            );
        }
        if !self.items.iter().any(|item| matches!(item, Item::Method(method) if method.is_hot())) {
            errors.on(
                self.impl_token,
                "nothing in this `impl` block is hot: only plain `pub` methods are",
            );
        }
    }

    fn owner(&self) -> Owner<'_> {
        let methods = self.items.iter().filter_map(|item| match item {
            Item::Method(method) => Some(&method.sig),
            Item::Other(_) => None,
        });
        Owner::new(&self.owner, &self.generics, methods)
    }

    /// The hot methods; none if rustc rejects one of them.
    fn hot(&self, errors: &mut Errors) -> Vec<Hot<'_>> {
        let owner = self.owner();
        let mut hot = Vec::new();
        let mut left_to_rustc = false;
        errors.way_out = WAY_OUT;
        for item in &self.items {
            let Item::Method(method) = item else { continue };
            if !method.is_hot() {
                continue;
            }
            check::attributes(&method.attrs, errors);
            match owner.free(&method.sig) {
                Some(sig) => {
                    check::signature(&sig, errors);
                    method.opaque.check(&sig, errors);
                    left_to_rustc |= check::left_to_rustc(&sig);
                    hot.push(Hot { method, sig });
                }
                None => left_to_rustc = true,
            }
        }
        if left_to_rustc { Vec::new() } else { hot }
    }

    fn expand(&self, hot: &[Hot<'_>], krate: &Path, name: Option<&LitStr>) -> TokenStream {
        let owner = self.owner();
        let of = name.map_or_else(|| name_of(&self.owner), LitStr::value);
        let (mut items, mut accessors) = (TokenStream::new(), TokenStream::new());
        for item in &self.items {
            let found = hot.iter().find(
                |hot| matches!(item, Item::Method(method) if std::ptr::eq(hot.method, &**method)),
            );
            let Some(Hot { method, sig }) = found else {
                item.to_tokens(&mut items);
                continue;
            };
            let ident = &method.sig.ident;
            let call = format_ident!("__hot_call_{}", ident.unraw(), span = ident.span());
            let Method { attrs, vis, sig: written, body, .. } = &**method;
            let content = content::hash(quote!(#(#attrs)* #vis #written #body));
            let written = Written { attrs, vis, sig: written, body };
            items.extend(written.split(|args| quote!(Self::#call(#(#args),*))));
            let cfg: Vec<_> = attrs.iter().filter(|attr| attr.path().is_ident("cfg")).collect();
            let (elided, behind) = (&owner.elided, body_name(ident));
            let path = format!("{of}::{}", ident.unraw());
            accessors.extend(accessor::expand(&Accessor {
                krate,
                cfg: &cfg,
                place: Place::Method { name: call, owner: elided, concrete: &owner.concrete },
                path: quote!(::core::concat!(::core::module_path!(), "::", #path)),
                sig,
                opaque: &method.opaque,
                body: Some(quote!(<#elided>::#behind)),
                content,
                listed: true,
            }));
        }
        let block = self.with_items(items);
        quote!(#block #accessors)
    }
}

impl Method {
    fn is_hot(&self) -> bool {
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

/// A method that becomes a hot call.
struct Hot<'a> {
    method: &'a Method,
    /// As a free function has it: no `self`, no `Self`.
    sig: Signature,
}
