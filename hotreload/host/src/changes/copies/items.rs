//! The items of a source file, so that two texts of it can be compared.
//!
//! An item is its tokens: comments, their doc comments too, and formatting change nothing.

use std::collections::{BTreeMap, HashSet};

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::{Attribute, Generics, ImplItem, Signature, TraitItem, Visibility};

use super::tokens::{self, Words};

/// What a file holds.
#[derive(Debug, Default)]
pub(super) struct Items {
    pub(super) items: Vec<Item>,
    /// The modules that are declared in it, with those around them, that others may not name.
    pub(super) private_modules: HashSet<Vec<String>>,
    /// The words of its `pub use`: they may lead into private modules.
    pub(super) reexported: Words,
}

/// A function, constant, static, macro or type; a method counts as a function.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) name: Name,
    pub(super) kind: Kind,
    /// Whether it is `pub`, or reached without being named: other crates may use it.
    pub(super) is_open: bool,
    /// Whether it is called through its slot, or is a var, whose value the host keeps.
    pub(super) is_exported: bool,
    tokens: String,
    /// The words in it, but for its own name.
    words: Words,
}

/// What an item is called within its file.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Name {
    /// The modules around it, those of the file only.
    pub(super) modules: Vec<String>,
    pub(super) owner: Owner,
    /// Without those around it.
    pub(super) last: String,
}

/// What an item belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Owner {
    Module,
    /// The last name of the type, or of the trait with a provided method.
    Type(String),
    /// An implementation: the last names of type and trait. A type without a name, a parameter
    /// for example, is `None`.
    Trait(Option<String>, String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    /// Compiled to a symbol of its own wherever it is used; an optimising compiler may put it into
    /// its callers.
    Function,
    /// A function that every compiler may put into its callers.
    Inline,
    Static,
    /// A constant, or an alias of a type: there is no symbol.
    Constant,
    Macro,
    /// A macro's invocation, whatever it makes.
    Invocation,
    /// A struct, enum or union. None is versioned: those are compared by the reload itself.
    Type,
}

/// An item that two texts have in different forms.
#[derive(Debug)]
pub(super) struct Change<'a> {
    /// In its new form; in its old one if the new text has none.
    pub(super) item: &'a Item,
    /// Whether only the new text has it.
    pub(super) is_new: bool,
}

impl Items {
    /// `None` if the text is no Rust.
    pub(super) fn parse(text: &str) -> Option<Items> {
        let file = syn::parse_file(text).ok()?;
        let mut items = Items::default();
        items.add_all(&file.items, &[]);
        Some(items)
    }

    /// What differs between two texts of one file. What only one of them has is no change of what
    /// anybody was compiled with, but for implementations: with them an old type behaves otherwise.
    pub(super) fn changes<'a>(old: &'a Items, new: &'a Items) -> Vec<Change<'a>> {
        let (old, new) = (old.by_name(), new.by_name());
        let mut changes = Vec::new();
        for (name, items) in &new {
            match old.get(name) {
                Some(before) if Self::tokens(before) == Self::tokens(items) => {}
                Some(_) => changes.push(Change { item: items[0], is_new: false }),
                None => {
                    let drops =
                        matches!(&name.owner, Owner::Trait(_, of_trait) if of_trait == "Drop");
                    let has_others = old
                        .keys()
                        .any(|it| it.owner == name.owner && matches!(it.owner, Owner::Trait(..)));
                    if drops || has_others {
                        changes.push(Change { item: items[0], is_new: true });
                    }
                }
            }
        }
        let gone = old
            .iter()
            .filter(|(name, _)| matches!(name.owner, Owner::Trait(..)) && !new.contains_key(*name));
        changes.extend(gone.map(|(_, items)| Change { item: items[0], is_new: false }));
        changes
    }

    /// Several items have one name where `#[cfg]` chooses one of them.
    fn by_name(&self) -> BTreeMap<&Name, Vec<&Item>> {
        let mut by_name: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for item in &self.items {
            by_name.entry(&item.name).or_default().push(item);
        }
        by_name
    }

    fn tokens<'a>(items: &[&'a Item]) -> Vec<&'a str> {
        let mut tokens: Vec<_> = items.iter().map(|item| &*item.tokens).collect();
        tokens.sort_unstable();
        tokens
    }

    fn add_all(&mut self, items: &[syn::Item], modules: &[String]) {
        use syn::Item;
        for item in items {
            let name = |ident: &syn::Ident| Name {
                modules: modules.to_vec(),
                owner: Owner::Module,
                last: ident.to_string(),
            };
            match item {
                Item::Const(it) => {
                    self.add(name(&it.ident), Kind::Constant, is_pub(&it.vis), &it.attrs, it);
                }
                Item::Type(it) => {
                    self.add(name(&it.ident), Kind::Constant, is_pub(&it.vis), &it.attrs, it);
                }
                Item::Static(it) => {
                    self.add(name(&it.ident), Kind::Static, is_pub(&it.vis), &it.attrs, it);
                }
                Item::Fn(it) => {
                    let kind = Kind::of(&it.attrs, &it.sig);
                    self.add(name(&it.sig.ident), kind, is_pub(&it.vis), &it.attrs, it);
                }
                Item::Struct(it) => {
                    self.add(name(&it.ident), Kind::Type, is_pub(&it.vis), &it.attrs, it);
                }
                Item::Enum(it) => {
                    self.add(name(&it.ident), Kind::Type, is_pub(&it.vis), &it.attrs, it);
                }
                Item::Union(it) => {
                    self.add(name(&it.ident), Kind::Type, is_pub(&it.vis), &it.attrs, it);
                }
                Item::Macro(it) => self.add_macro(it, modules),
                Item::Impl(it) => self.add_impl(it, modules),
                Item::Trait(it) => self.add_trait(it, modules),
                Item::Mod(it) if !is_test(&it.attrs) => {
                    let mut path = modules.to_vec();
                    path.push(it.ident.to_string());
                    if let Some((_, items)) = &it.content {
                        self.add_all(items, &path);
                    }
                    if !is_pub(&it.vis) {
                        self.private_modules.insert(path);
                    }
                }
                Item::Use(it) if is_pub(&it.vis) => {
                    self.reexported.extend(tokens::of(it.to_token_stream()).1);
                }
                _ => {}
            }
        }
    }

    fn add_macro(&mut self, item: &syn::ItemMacro, modules: &[String]) {
        let called = last(&item.mac.path);
        let (kind, name, is_open) = match &item.ident {
            Some(name) => (Kind::Macro, name.to_string(), has(&item.attrs, "macro_export")),
            // What these make is in the manifest, or belongs to one thread.
            None if ["bundle", "import", "tracked", "thread_local"].contains(&&*called) => return,
            None => (Kind::Invocation, called, true),
        };
        let name = Name { modules: modules.to_vec(), owner: Owner::Module, last: name };
        self.add(name, kind, is_open, &item.attrs, item);
    }

    fn add_impl(&mut self, block: &syn::ItemImpl, modules: &[String]) {
        if is_test(&block.attrs) {
            return;
        }
        let ty = type_name(&block.self_ty, &block.generics);
        let owner = match (&block.trait_, ty) {
            (Some((of_trait, _)), ty) => Owner::Trait(ty, last(of_trait)),
            (None, Some(ty)) => Owner::Type(ty),
            (None, None) => return,
        };
        let in_trait = block.trait_.is_some();
        let exports = is_export(&block.attrs);
        let mut header = block.generics.to_token_stream();
        block.generics.where_clause.to_tokens(&mut header);
        block.trait_.as_ref().map(|(of_trait, _)| of_trait).to_tokens(&mut header);
        block.self_ty.to_tokens(&mut header);
        for item in &block.items {
            let (name, kind, vis, attrs) = match item {
                ImplItem::Fn(it) => {
                    (&it.sig.ident, Kind::of(&it.attrs, &it.sig), &it.vis, &it.attrs)
                }
                ImplItem::Const(it) => (&it.ident, Kind::Constant, &it.vis, &it.attrs),
                ImplItem::Type(it) => (&it.ident, Kind::Constant, &it.vis, &it.attrs),
                _ => continue,
            };
            let name =
                Name { modules: modules.to_vec(), owner: owner.clone(), last: name.to_string() };
            let mut whole = header.clone();
            item.to_tokens(&mut whole);
            let is_hot = exports
                && matches!(item, ImplItem::Fn(_))
                && is_pub(vis)
                && !has_option(attrs, "hot", "skip");
            let added = self.items.len();
            self.add(name, kind, in_trait || is_pub(vis), attrs, whole);
            if let Some(item) = self.items.get_mut(added) {
                item.is_exported |= is_hot;
            }
        }
    }

    fn add_trait(&mut self, item: &syn::ItemTrait, modules: &[String]) {
        if is_test(&item.attrs) {
            return;
        }
        for provided in &item.items {
            let (name, kind, attrs) = match provided {
                TraitItem::Fn(it) if it.default.is_some() => {
                    (&it.sig.ident, Kind::of(&it.attrs, &it.sig), &it.attrs)
                }
                TraitItem::Const(it) if it.default.is_some() => {
                    (&it.ident, Kind::Constant, &it.attrs)
                }
                _ => continue,
            };
            let owner = Owner::Type(item.ident.to_string());
            let name = Name { modules: modules.to_vec(), owner, last: name.to_string() };
            self.add(name, kind, is_pub(&item.vis), attrs, provided);
        }
    }

    fn add(
        &mut self,
        name: Name,
        kind: Kind,
        is_open: bool,
        attrs: &[Attribute],
        item: impl ToTokens,
    ) {
        if is_test(attrs) || (kind == Kind::Type && has(attrs, "versioned")) {
            return;
        }
        let stream: TokenStream = item.to_token_stream();
        let is_exported = is_export(attrs) && !has_option(attrs, "export", "direct");
        let (tokens, mut words) = tokens::of(stream);
        // It stands there once anyway.
        if words.get(&name.last) == Some(&1) {
            words.remove(&name.last);
        }
        self.items.push(Item { name, kind, is_open, is_exported, tokens, words });
    }
}

impl Kind {
    pub(super) fn has_no_symbol(&self) -> bool {
        matches!(self, Kind::Constant | Kind::Macro | Kind::Invocation | Kind::Type)
    }

    fn of(attrs: &[Attribute], signature: &Signature) -> Kind {
        let is_inline = attrs
            .iter()
            .any(|attr| last(attr.path()) == "inline" && !words_of(attr).contains_key("never"));
        // The names of these are not made of paths.
        let is_renamed = attrs.iter().any(|attr| {
            let words = words_of(attr);
            words.contains_key("no_mangle") || words.contains_key("export_name")
        });
        if is_inline || is_renamed || signature.constness.is_some() {
            Kind::Inline
        } else {
            Kind::Function
        }
    }
}

impl Item {
    /// Whether the other item's name stands in it. Methods of traits have common names: their type
    /// must stand in it too.
    pub(super) fn mentions(&self, other: &Name) -> bool {
        let has = |word: &String| self.words.contains_key(word);
        let has_type = match &other.owner {
            Owner::Trait(Some(ty), _) => has(ty),
            Owner::Trait(None, _) | Owner::Type(_) | Owner::Module => true,
        };
        has(&other.last) && has_type
    }
}

impl Name {
    /// The name for people: `physics::clamp`, `<World as Default>::default`, `check!`. `around` are
    /// the crate and the modules around the file's items.
    pub(super) fn shown(&self, around: &[String], kind: &Kind) -> String {
        let mut path = around.to_vec();
        path.extend_from_slice(&self.modules);
        let path = path.join("::");
        let last = &self.last;
        match (&self.owner, kind) {
            (_, Kind::Macro | Kind::Invocation) => format!("{path}::{last}!"),
            (Owner::Module, _) => format!("{path}::{last}"),
            (Owner::Type(ty), _) => format!("{path}::{ty}::{last}"),
            (Owner::Trait(ty, of_trait), _) => {
                let ty = ty.as_deref().unwrap_or("_");
                format!("<{path}::{ty} as {of_trait}>::{last}")
            }
        }
    }
}

fn is_pub(vis: &Visibility) -> bool {
    matches!(vis, Visibility::Public(_))
}

fn has(attrs: &[Attribute], name: &str) -> bool {
    attrs.iter().any(|attr| last(attr.path()) == name)
}

fn has_option(attrs: &[Attribute], name: &str, option: &str) -> bool {
    attrs.iter().any(|attr| last(attr.path()) == name && words_of(attr).contains_key(option))
}

/// Also behind `#[cfg_attr(..)]`.
fn is_export(attrs: &[Attribute]) -> bool {
    has(attrs, "export") || has_option(attrs, "cfg_attr", "export")
}

fn is_test(attrs: &[Attribute]) -> bool {
    has(attrs, "test")
        || attrs.iter().any(|attr| {
            last(attr.path()) == "cfg" && {
                let words = words_of(attr);
                words.contains_key("test")
                    && !words.contains_key("not")
                    && !words.contains_key("any")
            }
        })
}

fn words_of(attr: &Attribute) -> Words {
    tokens::of(attr.meta.to_token_stream()).1
}

fn last(path: &syn::Path) -> String {
    path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

/// The last name of a type; `None` of a parameter, and of what has no name.
fn type_name(ty: &syn::Type, generics: &Generics) -> Option<String> {
    match ty {
        syn::Type::Reference(it) => type_name(&it.elem, generics),
        syn::Type::Paren(it) => type_name(&it.elem, generics),
        syn::Type::Group(it) => type_name(&it.elem, generics),
        syn::Type::Path(it) => {
            let name = last(&it.path);
            generics.type_params().all(|parameter| parameter.ident != name).then_some(name)
        }
        _ => None,
    }
}
