//! A hash of all that says which types a crate defines, and of what they consist: of its own sources,
//! and of the workspace's crates that it depends on.
//!
//! What counts: definitions of types and what they may be spelled with (`use`, `type`, associated types,
//! constants that lengths are made of), and macros that may expand to some. Bodies do not, unless they
//! have such items in them. Where it is not certain it counts: a hash that changes without need costs a
//! compilation, one that does not change costs the soundness of the program.

use std::{
    collections::BTreeSet,
    env, fmt, fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use hot_types::rt::versioned::Hasher;
use quote::ToTokens;
use syn::{
    Attribute, ImplItem, Item, ItemFn, ItemImpl, ItemMod, ItemTrait, LitStr, Macro, Meta,
    TraitItem, Type,
    visit::{self, Visit},
};

use super::invocation::Invocation;

/// Attributes that make no types of what they stand at.
const HARMLESS_ATTRIBUTES: [&str; 19] = [
    "allow",
    "cfg",
    "cold",
    "deny",
    "deprecated",
    "doc",
    "expect",
    "forbid",
    "ignore",
    "inline",
    "instrument",
    "must_use",
    "no_mangle",
    "should_panic",
    "target_feature",
    "test",
    "track_caller",
    "unsafe",
    "warn",
];

/// Macros that make no types where they stand in a body.
const HARMLESS_MACROS: [&str; 46] = [
    "addr_of",
    "addr_of_mut",
    "assert",
    "assert_eq",
    "assert_ne",
    "cfg",
    "column",
    "compile_error",
    "concat",
    "dbg",
    "debug",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "debug_span",
    "env",
    "eprint",
    "eprintln",
    "error",
    "error_span",
    "file",
    "format",
    "format_args",
    "include_bytes",
    "include_str",
    "info",
    "info_span",
    "join",
    "json",
    "line",
    "matches",
    "module_path",
    "option_env",
    "panic",
    "print",
    "println",
    "stringify",
    "todo",
    "trace",
    "try_join",
    "unimplemented",
    "unreachable",
    "vec",
    "warn",
    "write",
    "writeln",
];

/// A hash, as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hash(u128);

impl Hash {
    pub(super) fn of(fill: impl FnOnce(&mut Hasher)) -> Hash {
        let mut hasher = Hasher::new();
        fill(&mut hasher);
        Hash(hasher.digest())
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// Of the crate that is to be compiled.
pub(super) fn of(invocation: &Invocation) -> io::Result<Hash> {
    let mut definitions = Definitions::default();
    let folder = invocation.root.parent().unwrap_or(Path::new("")).to_owned();
    definitions.file(&invocation.root, folder);
    let mut externs = Vec::new();
    for library in &invocation.externs {
        match Invocation::note_of(library, "types").map(fs::read_to_string) {
            Some(Ok(note)) => externs.extend(note.split(' ').next().map(str::to_owned)),
            // A macro, which may have other types in what it expands to.
            _ if library.extension().is_some_and(|it| it == env::consts::DLL_EXTENSION) => {
                externs.push(stamp(library)?);
            }
            _ => {}
        }
    }
    // Cargo's order is that of names which may be changed.
    externs.sort_unstable();
    Ok(Hash::of(|hash| {
        let found = definitions.found.iter().chain(&externs);
        found.for_each(|text| hash.text(text));
    }))
}

/// What tells one build of a file from another.
fn stamp(file: &Path) -> io::Result<String> {
    let metadata = fs::metadata(file)?;
    let time = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {}", metadata.len(), time.as_nanos()))
}

/// What defines types, in the order of the sources.
#[derive(Debug, Default)]
struct Definitions {
    found: Vec<String>,
    seen: BTreeSet<PathBuf>,
    /// Where the modules lie that the file at hand declares.
    folder: PathBuf,
}

impl Definitions {
    /// Reads a file, whose modules lie in this folder.
    fn file(&mut self, path: &Path, folder: PathBuf) {
        if !self.seen.insert(path.to_owned()) {
            return;
        }
        // A module that is not compiled need not be there.
        let Ok(text) = fs::read_to_string(path) else { return };
        match syn::parse_file(&text) {
            Ok(file) => {
                let outer = std::mem::replace(&mut self.folder, folder);
                self.visit_file(&file);
                self.folder = outer;
            }
            // rustc says it, or knows more than this does.
            Err(_) => self.found.push(text),
        }
    }

    fn add(&mut self, tokens: &impl ToTokens) {
        self.found.push(tokens.to_token_stream().to_string());
    }

    /// What a macro includes.
    fn include(&mut self, call: &Macro) {
        if let Ok(path) = call.parse_body::<LitStr>() {
            let path = self.folder.join(path.value());
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            return self.file(&path, folder);
        }
        // It is spelled with OUT_DIR, mostly.
        let Some(folder) = env::var_os("OUT_DIR") else { return };
        let Ok(entries) = fs::read_dir(folder) else { return };
        let mut texts: Vec<_> =
            entries.flatten().flat_map(|it| fs::read_to_string(it.path())).collect();
        texts.sort_unstable();
        self.found.append(&mut texts);
    }
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
            Item::Const(it) if may_be_a_length(&it.ty) => self.add(&undocumented(item)),
            Item::Macro(it) if it.mac.path.is_ident("include") => self.include(&it.mac),
            Item::Macro(it) => self.add(&it.mac),
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, module: &ItemMod) {
        if module.attrs.iter().any(makes_types) {
            self.add(&module.attrs[0]);
        }
        let own = path_of(&module.attrs);
        if module.content.is_some() {
            let folder = self.folder.join(own.unwrap_or_else(|| module.ident.to_string().into()));
            let outer = std::mem::replace(&mut self.folder, folder);
            visit::visit_item_mod(self, module);
            self.folder = outer;
            return;
        }
        if let Some(own) = own {
            let path = self.folder.join(own);
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            return self.file(&path, folder);
        }
        let name = module.ident.to_string();
        let folder = self.folder.join(name.trim_start_matches("r#"));
        let beside = folder.with_extension("rs");
        let path = if beside.is_file() { beside } else { folder.join("mod.rs") };
        self.file(&path, folder);
    }

    fn visit_item_fn(&mut self, function: &ItemFn) {
        if function.sig.constness.is_some() {
            // A length may be its result.
            self.add(function);
        } else if function.attrs.iter().any(makes_types) {
            function.attrs.iter().for_each(|attribute| self.add(attribute));
            self.add(&function.sig);
        }
        visit::visit_item_fn(self, function);
    }

    fn visit_item_impl(&mut self, block: &ItemImpl) {
        let says_types = |item: &ImplItem| match item {
            ImplItem::Type(_) | ImplItem::Macro(_) | ImplItem::Verbatim(_) => true,
            ImplItem::Const(it) => may_be_a_length(&it.ty),
            ImplItem::Fn(it) => it.sig.constness.is_some(),
            _ => false,
        };
        let of_types: Vec<_> =
            block.items.iter().filter(|item| says_types(item)).cloned().collect();
        if !of_types.is_empty() || block.attrs.iter().any(makes_types) {
            self.add(&ItemImpl { items: of_types, ..block.clone() });
        }
        visit::visit_item_impl(self, block);
    }

    fn visit_item_trait(&mut self, item: &ItemTrait) {
        let says_types = |item: &TraitItem| match item {
            TraitItem::Const(it) => may_be_a_length(&it.ty),
            TraitItem::Fn(_) => false,
            _ => true,
        };
        let of_types: Vec<_> = item.items.iter().filter(|item| says_types(item)).cloned().collect();
        if !of_types.is_empty() || item.attrs.iter().any(makes_types) {
            self.add(&ItemTrait { items: of_types, ..item.clone() });
        }
        visit::visit_item_trait(self, item);
    }

    /// In a body; what stands for an item has been seen as one.
    fn visit_macro(&mut self, call: &Macro) {
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

/// Whether an attribute may be a macro that makes types of what it stands at. Those of this framework's
/// make none that others meet.
fn makes_types(attribute: &Attribute) -> bool {
    let path = attribute.path();
    let first = path.segments.first().map(|it| it.ident.to_string()).unwrap_or_default();
    let is_harmless = HARMLESS_ATTRIBUTES.contains(&&*first);
    !(is_harmless || first == "hot" || matches!(&*first, "rustfmt" | "clippy"))
}

/// Whether tokens may have a definition among them.
fn has_definition(tokens: &str) -> bool {
    ["struct ", "enum ", "union ", "type "].iter().any(|word| tokens.contains(word))
}

/// Whether a constant of this type may be an array's length or an argument of a type.
fn may_be_a_length(ty: &Type) -> bool {
    let Type::Path(path) = ty else { return true };
    let Some(name) = path.path.get_ident().map(ToString::to_string) else { return true };
    !matches!(&*name, "f32" | "f64" | "String")
}

/// The item without what documents it.
fn undocumented(item: &Item) -> Item {
    struct Undocumented;
    impl syn::visit_mut::VisitMut for Undocumented {
        fn visit_attributes_mut(&mut self, attributes: &mut Vec<Attribute>) {
            attributes.retain(|it| !it.path().is_ident("doc"));
        }
    }
    let mut item = item.clone();
    syn::visit_mut::VisitMut::visit_item_mut(&mut Undocumented, &mut item);
    item
}

/// What `#[path = ".."]` says, plainly or where a `cfg` holds.
fn path_of(attributes: &[Attribute]) -> Option<PathBuf> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(it) if it.path.is_ident("path") => {
            syn::parse2::<LitStr>(it.value.to_token_stream()).ok().map(|it| it.value().into())
        }
        Meta::List(it) if it.path.is_ident("cfg_attr") => {
            let text = it.tokens.to_string();
            let path = text.split_once("path = \"")?.1.split_once('"')?.0;
            Some(path.into())
        }
        _ => None,
    })
}
