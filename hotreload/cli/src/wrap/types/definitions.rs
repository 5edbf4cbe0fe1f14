//! What defines types, found in sources.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
};

use quote::ToTokens;
use syn::{
    Attribute, File, Ident, ImplItem, Item, ItemFn, ItemImpl, ItemMod, ItemTrait, LitStr, Macro,
    Meta, TraitItem, Type,
    visit::{self, Visit},
    visit_mut::VisitMut,
};

use super::counts::{HARMLESS_MACROS, Length, has_definition, makes_types};
use super::reads::{Read, reads, spelled};
use super::{LookedAt, bodies, files};

/// What defines types, in the order of the sources.
#[derive(Debug, Default)]
pub(super) struct Definitions {
    pub(super) found: Vec<String>,
    /// The names of constants that count if something else names them, and their texts, with what they read.
    constants: Vec<(String, Vec<String>)>,
    seen: BTreeSet<PathBuf>,
    pub(super) looked_at: LookedAt,
    /// Where the file at hand lies.
    beside: PathBuf,
    /// Where the modules lie that it declares.
    folder: PathBuf,
    /// Whether what is declared stands in a module within the file.
    is_within: bool,
}

impl Definitions {
    /// Reads a file. Its modules lie beside it, or in a folder of its name.
    pub(super) fn file(&mut self, path: &Path, has_modules_beside: bool) {
        if !self.seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())) {
            return;
        }
        // A module that is not compiled need not be there.
        let Some(text) = self.read(path).and_then(|it| String::from_utf8(it).ok()) else { return };
        let beside = path.parent().unwrap_or(Path::new("")).to_owned();
        let folder = if has_modules_beside { beside.clone() } else { path.with_extension("") };
        let outer = (
            std::mem::replace(&mut self.beside, beside),
            std::mem::replace(&mut self.folder, folder),
            std::mem::replace(&mut self.is_within, false),
        );
        match parse(&text) {
            Ok(file) => self.visit_file(&file),
            // rustc says it, or knows more than this does; or it is an expression.
            Err(_) => self.text(text),
        }
        (self.beside, self.folder, self.is_within) = outer;
    }

    /// What a file holds.
    fn read(&mut self, path: &Path) -> Option<Vec<u8>> {
        let bytes = fs::read(path).ok();
        self.looked_at.files.insert(path.to_owned(), bytes.clone());
        bytes
    }

    fn add(&mut self, tokens: &impl ToTokens) {
        self.text(tokens.to_token_stream().to_string());
    }

    /// Takes in a constant or a static of this type.
    fn constant(&mut self, name: &Ident, ty: &Type, item: &impl ToTokens) {
        match Length::of(ty) {
            Length::Always => self.add(item),
            Length::IfNamed => {
                let texts = self.with_read(item.to_token_stream().to_string());
                self.constants.push((name.to_string(), texts));
            }
            Length::Never => {}
        }
    }

    /// Has the constants count that are named by what counts. The texts of the others are given back.
    pub(super) fn name_constants(&mut self) -> Vec<String> {
        let mut left = std::mem::take(&mut self.constants);
        let mut looked_at = 0;
        let mut words = BTreeSet::new();
        // Names may be put together in it, as the macro `paste` does.
        if self.found.iter().any(|text| text.contains("[<")) {
            self.found.extend(left.drain(..).flat_map(|(_, texts)| texts));
        }
        while looked_at < self.found.len() {
            for text in &self.found[looked_at..] {
                words.extend(
                    text.split(|c: char| !c.is_alphanumeric() && c != '_').map(str::to_owned),
                );
            }
            looked_at = self.found.len();
            let is_named =
                |(name, _): &(String, Vec<String>)| words.contains(name.trim_start_matches("r#"));
            let (named, others): (Vec<_>, _) = left.into_iter().partition(is_named);
            left = others;
            // They may name others in turn.
            self.found.extend(named.into_iter().flat_map(|(_, texts)| texts));
        }
        left.into_iter().flat_map(|(_, texts)| texts).collect()
    }

    /// Takes in a text, with what it reads when it is compiled: a length may come from there.
    pub(super) fn text(&mut self, text: String) {
        let texts = self.with_read(text);
        self.found.extend(texts);
    }

    /// The values of the variables and what the files hold that a text reads, and the text. It has to stand
    /// in the file at hand.
    fn with_read(&mut self, text: String) -> Vec<String> {
        let mut all = Vec::new();
        // Most texts have no such call, and to find the tokens of all takes long.
        let may_read = ["env", "include_"].iter().any(|word| text.contains(word));
        // What has no tokens is not compiled.
        let tokens = may_read.then(|| text.parse().ok()).flatten();
        for read in tokens.map(reads).unwrap_or_default() {
            match read {
                // One that is not there is not one that is empty.
                Read::Variable(name) => all.push(format!("{name}: {:?}", env::var_os(&name))),
                Read::File(path) => {
                    let bytes = self.read(&self.beside.join(path));
                    all.extend(bytes.map(|it| it.escape_ascii().to_string()));
                }
            }
        }
        all.push(text);
        all
    }

    /// What a macro includes.
    fn include(&mut self, call: &Macro) {
        self.add(call);
        let path = call.parse_body().ok().and_then(|it| spelled(&it));
        if let Some(path) = path.map(|path| self.beside.join(path)) {
            self.file(&path, true);
            if path.is_file() {
                return;
            }
        }
        // It may be anything that the build script has made.
        let Some(folder) = env::var_os("OUT_DIR").map(PathBuf::from) else { return };
        let made = files(&folder);
        made.iter().for_each(|path| self.file(path, true));
        self.looked_at.folders.insert(folder, made);
    }

    /// A module in a file of its own, if this is where it is.
    fn module(&mut self, name: &str) {
        let folder = self.folder.join(name.trim_start_matches("r#"));
        self.file(&folder.with_extension("rs"), false);
        self.file(&folder.join("mod.rs"), true);
    }

    /// The modules that a macro's tokens declare, as `cfg_if` takes them.
    fn modules(&mut self, tokens: &str) {
        let words: Vec<_> = tokens.split_whitespace().collect();
        for three in words.windows(3) {
            if let ["mod", name, ";"] = three {
                self.module(name);
            }
        }
    }
}

/// A file as far as it may say something of types.
fn parse(text: &str) -> syn::Result<File> {
    // Nobody but `syn` knows what to do with what may stand before a file's first token.
    if text.starts_with(['\u{feff}', '#']) {
        return syn::parse_file(text);
    }
    syn::parse2(bodies::left_out(text.parse()?))
}

impl Visit<'_> for Definitions {
    fn visit_item(&mut self, item: &Item) {
        match item {
            Item::Struct(_)
            | Item::Enum(_)
            | Item::Union(_)
            | Item::Type(_)
            | Item::Use(_)
            | Item::ExternCrate(_)
            | Item::TraitAlias(_)
            | Item::Verbatim(_) => self.add(&undocumented(item)),
            Item::Const(it) => self.constant(&it.ident, &it.ty, &undocumented(item)),
            // A constant may be made of it.
            Item::Static(it) => self.constant(&it.ident, &it.ty, &undocumented(item)),
            Item::Macro(it) if !it.mac.path.is_ident("include") => {
                self.add(&it.mac);
                self.modules(&it.mac.tokens.to_string());
            }
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, module: &ItemMod) {
        if module.attrs.iter().any(makes_types) {
            self.add(&module.attrs[0]);
        }
        let own = paths_of(&module.attrs);
        let name = module.ident.to_string();
        if module.content.is_some() {
            let own = own.into_iter().next();
            let own = own.unwrap_or_else(|| name.trim_start_matches("r#").into());
            let folder = self.folder.join(own);
            let outer = (
                std::mem::replace(&mut self.folder, folder),
                std::mem::replace(&mut self.is_within, true),
            );
            visit::visit_item_mod(self, module);
            (self.folder, self.is_within) = outer;
            return;
        }
        // As rustc has it: beside the file, unless the module stands within another one.
        let place = if self.is_within { self.folder.clone() } else { self.beside.clone() };
        // Of several one may hold here and another one elsewhere.
        own.iter().for_each(|own| self.file(&place.join(own), true));
        self.module(&name);
    }

    fn visit_item_fn(&mut self, function: &ItemFn) {
        if function.sig.constness.is_some() {
            // A length may be its result.
            self.add(&undocumented(&Item::Fn(function.clone())));
        } else if function.attrs.iter().any(makes_types) {
            function.attrs.iter().for_each(|attribute| self.add(attribute));
            self.add(&function.sig);
        }
        visit::visit_item_fn(self, function);
    }

    fn visit_item_impl(&mut self, block: &ItemImpl) {
        let says_types = |item: &ImplItem| match item {
            ImplItem::Type(_) | ImplItem::Macro(_) | ImplItem::Verbatim(_) => true,
            ImplItem::Const(it) => Length::of(&it.ty) == Length::Always,
            ImplItem::Fn(it) => it.sig.constness.is_some(),
            _ => false,
        };
        let of_types: Vec<_> =
            block.items.iter().filter(|item| says_types(item)).cloned().collect();
        if !of_types.is_empty() || block.attrs.iter().any(makes_types) {
            let block = ItemImpl { items: of_types, ..block.clone() };
            self.add(&undocumented(&Item::Impl(block)));
        }
        for item in &block.items {
            if let ImplItem::Const(it) = item
                && Length::of(&it.ty) == Length::IfNamed
            {
                let block = ItemImpl { items: vec![item.clone()], ..block.clone() };
                self.constant(&it.ident, &it.ty, &undocumented(&Item::Impl(block)));
            }
        }
        visit::visit_item_impl(self, block);
    }

    fn visit_item_trait(&mut self, item: &ItemTrait) {
        let says_types = |item: &TraitItem| match item {
            TraitItem::Const(it) => Length::of(&it.ty) == Length::Always,
            TraitItem::Fn(_) => false,
            _ => true,
        };
        let of_types: Vec<_> = item.items.iter().filter(|item| says_types(item)).cloned().collect();
        if !of_types.is_empty() || item.attrs.iter().any(makes_types) {
            let item = ItemTrait { items: of_types, ..item.clone() };
            self.add(&undocumented(&Item::Trait(item)));
        }
        for constant in &item.items {
            if let TraitItem::Const(it) = constant
                && Length::of(&it.ty) == Length::IfNamed
            {
                let item = ItemTrait { items: vec![constant.clone()], ..item.clone() };
                self.constant(&it.ident, &it.ty, &undocumented(&Item::Trait(item)));
            }
        }
        visit::visit_item_trait(self, item);
    }

    /// In a body, or what includes items; what stands for an item otherwise has been seen as one.
    fn visit_macro(&mut self, call: &Macro) {
        if call.path.is_ident("include") {
            return self.include(call);
        }
        let segments = &call.path.segments;
        let text = |segment: Option<&syn::PathSegment>| segment.map(|it| it.ident.to_string());
        let (first, last) = (text(segments.first()), text(segments.last()));
        let is_harmless = first.is_some_and(|it| it == "hot")
            || last.is_some_and(|it| HARMLESS_MACROS.contains(&&*it));
        if !is_harmless || has_definition(&call.tokens.to_string()) {
            self.add(call);
        }
    }
}

/// The item without what documents it.
fn undocumented(item: &Item) -> Item {
    struct Undocumented;
    impl VisitMut for Undocumented {
        fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
            attributes.retain(|it| !it.path().is_ident("doc"));
        }
    }
    let mut item = item.clone();
    Undocumented.visit_item_mut(&mut item);
    item
}

/// What `#[path = ".."]` says, plainly or where a `cfg` holds.
fn paths_of(attributes: &[Attribute]) -> Vec<PathBuf> {
    let path = |attribute: &Attribute| match &attribute.meta {
        Meta::NameValue(it) if it.path.is_ident("path") => {
            syn::parse2::<LitStr>(it.value.to_token_stream()).ok().map(|it| it.value().into())
        }
        Meta::List(it) if it.path.is_ident("cfg_attr") => {
            let text = it.tokens.to_string();
            let path = text.split_once("path = \"")?.1.split_once('"')?.0;
            Some(path.into())
        }
        _ => None,
    };
    attributes.iter().filter_map(path).collect()
}
