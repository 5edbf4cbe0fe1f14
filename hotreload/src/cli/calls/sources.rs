//! The sources of a workspace: every file that `mod` leads to from a target's root.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use cargo_metadata::{DependencyKind, Package, Target};
use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Item, Meta, UseTree, ext::IdentExt as _};

use super::{
    attributes::{attributes, metas, needs_test, path_attributes},
    names::{self, Crate, Export, Id, Names, Type, Value},
};
use crate::{Code, Error, Reason, Result, host::cargo::Workspace};

/// What was read.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) names: Names,
    /// The items of every module, without those that are not asked for.
    pub(super) bodies: Vec<Body>,
    /// Files that could not be read.
    pub(super) errors: Vec<Error>,
    with_tests: bool,
    /// What the library `hot` is called in the package that is being read.
    hot: Vec<String>,
    /// The files that lead to the one that is being read.
    open: Vec<PathBuf>,
}

/// A module's items.
pub(super) struct Body {
    pub(super) module: Id,
    pub(super) file: PathBuf,
    pub(super) items: Vec<Item>,
}

/// Where the files of a module's `mod`s are.
#[derive(Clone)]
struct Place {
    file: PathBuf,
    /// The folder of `mod x;`.
    folder: PathBuf,
    /// The folder that `#[path]` counts from.
    base: PathBuf,
}

impl Sources {
    /// Reads all targets of the workspace; tests and benches only if they are asked for.
    pub(super) fn read(workspace: &Workspace, with_tests: bool) -> Sources {
        let mut sources = Sources { with_tests, ..Sources::default() };
        let packages = workspace.packages();
        let mut roots = Vec::new();
        for package in packages {
            let is_wanted = |target: &&Target| {
                !target.is_custom_build()
                    && (with_tests || !(target.is_test() || target.is_bench()))
            };
            for target in package.targets.iter().filter(is_wanted) {
                let krate = sources.names.crates.len();
                let root = sources.names.add(krate, None, false);
                sources.names.crates.push(Crate {
                    name: target.name.replace('-', "_"),
                    root,
                    is_bundle: target.is_cdylib(),
                    externs: HashMap::new(),
                });
                roots.push((package, target, root));
            }
        }
        // Only now are the roots of all libraries known.
        let libraries: HashMap<_, _> = (roots.iter())
            .filter(|(_, target, _)| is_library(target))
            .map(|(package, _, root)| (package.name.to_string(), *root))
            .collect();
        for (package, target, root) in roots {
            let krate = sources.names.crate_of(root);
            let externs = externs(&sources.names, package, &libraries, is_library(target));
            sources.names.crates[krate].externs = externs;
            sources.hot = hot_names(package);
            sources.file(target.src_path.as_std_path(), root, true, None);
        }
        sources
    }

    /// Reads a file into a module. `is_folders_own`: it is a root or `mod.rs`, whose modules lie
    /// beside it.
    fn file(&mut self, path: &Path, module: Id, is_folders_own: bool, stem: Option<&str>) {
        let known = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        // rustc refuses a file that leads to itself.
        if self.open.contains(&known) {
            return;
        }
        let file = match parse(path) {
            Ok(file) => file,
            Err(error) => return self.errors.push(error),
        };
        let base = path.parent().unwrap_or(Path::new("")).to_owned();
        let folder = match stem {
            Some(stem) if !is_folders_own => base.join(stem),
            _ => base.clone(),
        };
        self.open.push(known);
        if self.is_wanted(&file.attrs) {
            self.module(file.items, module, &Place { file: path.to_owned(), folder, base });
        }
        self.open.pop();
    }

    fn module(&mut self, items: Vec<Item>, module: Id, place: &Place) {
        let items: Vec<_> = items.into_iter().filter(|it| self.is_wanted(attributes(it))).collect();
        self.declare(&items, module, place);
        self.bodies.push(Body { module, file: place.file.clone(), items });
    }

    /// Notes the names of the items that a block has of its own.
    pub(super) fn block(&mut self, items: &[Item], around: Id, file: &Path) -> Id {
        let block = self.names.add(self.names.crate_of(around), Some(around), true);
        let folder = file.parent().unwrap_or(Path::new("")).to_owned();
        let place = Place { file: file.to_owned(), folder: folder.clone(), base: folder };
        self.declare(items, block, &place);
        block
    }

    fn declare(&mut self, items: &[Item], module: Id, place: &Place) {
        for item in items {
            if let Item::Use(item) = item {
                let mut path =
                    names::Path { is_global: item.leading_colon.is_some(), segments: Vec::new() };
                self.tree(&item.tree, &mut path, module);
            }
        }
        let exports_plainly = items.iter().any(|item| self.uses_export(item));
        for item in items {
            let names = &mut self.names;
            let mut value = |ident: &syn::Ident| {
                names.value(module, ident.unraw().to_string(), Value::Other);
            };
            match item {
                Item::Fn(item) => {
                    let name = item.sig.ident.unraw().to_string();
                    let value = if self.is_export(&item.attrs, exports_plainly) {
                        let path = format!("{}::{name}", self.names.path_of(module));
                        Value::Export(Export { path, krate: self.names.crate_of(module) })
                    } else {
                        Value::Other
                    };
                    self.names.value(module, name, value);
                }
                Item::Const(item) => value(&item.ident),
                Item::Static(item) => value(&item.ident),
                Item::Struct(item) => {
                    if !matches!(item.fields, syn::Fields::Named(_)) {
                        value(&item.ident);
                    }
                    self.other_type(module, &item.ident);
                }
                Item::ForeignMod(item) => item.items.iter().for_each(|item| match item {
                    syn::ForeignItem::Fn(item) => value(&item.sig.ident),
                    syn::ForeignItem::Static(item) => value(&item.ident),
                    _ => {}
                }),
                Item::Enum(item) => self.other_type(module, &item.ident),
                Item::Union(item) => self.other_type(module, &item.ident),
                Item::Trait(item) => self.other_type(module, &item.ident),
                Item::TraitAlias(item) => self.other_type(module, &item.ident),
                Item::Type(item) => self.other_type(module, &item.ident),
                Item::ExternCrate(item) => {
                    let name = item.rename.as_ref().map_or(&item.ident, |(_, name)| name);
                    let is_global = item.ident != "self";
                    let first =
                        if is_global { item.ident.unraw().to_string() } else { "crate".to_owned() };
                    let path = names::Path { is_global, segments: vec![first] };
                    self.names.import(module, name.unraw().to_string(), path);
                }
                // What `hot::import!` declares is hot by itself.
                Item::Macro(item) if is_import(item) => {
                    for name in imported(item.mac.tokens.clone()) {
                        self.names.ty(module, name, Type::Other);
                    }
                }
                Item::Mod(item) => self.submodule(item, module, place),
                _ => {}
            }
        }
    }

    fn other_type(&mut self, module: Id, ident: &syn::Ident) {
        self.names.ty(module, ident.unraw().to_string(), Type::Other);
    }

    fn submodule(&mut self, item: &syn::ItemMod, parent: Id, place: &Place) {
        let name = item.ident.unraw().to_string();
        let module = self.names.add_module(parent, &name);
        let given = path_attributes(&item.attrs);
        if let Some((_, items)) = &item.content {
            let folder =
                given.first().map_or_else(|| place.folder.join(&name), |it| place.base.join(it));
            let inner = Place { file: place.file.clone(), base: folder.clone(), folder };
            return self.module(items.clone(), module, &inner);
        }
        let given = given.iter().map(|path| (place.base.join(path), true));
        let usual = [
            (place.folder.join(format!("{name}.rs")), false),
            (place.folder.join(&name).join("mod.rs"), true),
        ];
        let mut files = given.chain(usual);
        match files.find(|(path, _)| path.is_file()) {
            Some((path, is_folders_own)) => self.file(&path, module, is_folders_own, Some(&name)),
            // Of another system, perhaps: `#[cfg(windows)] mod windows;`
            None if item.attrs.iter().any(|it| it.path().is_ident("cfg")) => {}
            None => {
                let what = format!("the file of `mod {name};` is missing");
                self.errors.push(Reason::new(Code::SourceUnread, what).file(&place.file).into());
            }
        }
    }

    fn tree(&mut self, tree: &UseTree, path: &mut names::Path, module: Id) {
        match tree {
            UseTree::Path(it) => {
                path.segments.push(it.ident.unraw().to_string());
                self.tree(&it.tree, path, module);
                path.segments.pop();
            }
            UseTree::Name(it) => self.leaf(&it.ident, &it.ident, path, module),
            UseTree::Rename(it) => self.leaf(&it.ident, &it.rename, path, module),
            UseTree::Glob(_) => self.names.glob(module, path.clone()),
            UseTree::Group(it) => it.items.iter().for_each(|tree| self.tree(tree, path, module)),
        }
    }

    fn leaf(&mut self, ident: &syn::Ident, name: &syn::Ident, path: &names::Path, module: Id) {
        let mut path = path.clone();
        let is_self = ident == "self";
        if !is_self || path.segments.is_empty() {
            path.segments.push(ident.unraw().to_string());
        }
        let name = match path.segments.last() {
            Some(last) if is_self && name == "self" => last.clone(),
            _ => name.unraw().to_string(),
        };
        self.names.import(module, name, path);
    }

    /// Whether the item is `use hot::export` or `use hot::*`, perhaps among others.
    fn uses_export(&self, item: &Item) -> bool {
        fn has_export(tree: &UseTree) -> bool {
            match tree {
                UseTree::Name(it) => it.ident == "export",
                UseTree::Glob(_) => true,
                UseTree::Group(it) => it.items.iter().any(has_export),
                _ => false,
            }
        }
        match item {
            Item::Use(syn::ItemUse { tree: UseTree::Path(it), .. }) => {
                self.hot.contains(&it.ident.to_string()) && has_export(&it.tree)
            }
            _ => false,
        }
    }

    /// Whether plain calls of the function are not hot: `#[hot::export]`, not `always`.
    fn is_export(&self, attributes: &[Attribute], exports_plainly: bool) -> bool {
        metas(attributes).iter().any(|meta| {
            let segments: Vec<_> =
                meta.path().segments.iter().map(|it| it.ident.to_string()).collect();
            let is_export = match &segments[..] {
                [export] => export == "export" && exports_plainly,
                [hot, export] => export == "export" && self.hot.contains(hot),
                _ => false,
            };
            let is_always = || match meta {
                Meta::List(list) => list
                    .tokens
                    .clone()
                    .into_iter()
                    .any(|tree| matches!(tree, TokenTree::Ident(word) if word == "always")),
                _ => false,
            };
            is_export && !is_always()
        })
    }

    /// Whether it is asked for: tests may not be.
    pub(super) fn is_wanted(&self, attributes: &[Attribute]) -> bool {
        self.with_tests
            || !metas(attributes).iter().any(|meta| match meta {
                Meta::List(list) if list.path.is_ident("cfg") => needs_test(list.tokens.clone()),
                // `#[test]`, `#[tokio::test]`.
                meta => meta.path().segments.last().is_some_and(|it| it.ident == "test"),
            })
    }
}

fn parse(path: &Path) -> Result<syn::File> {
    let unread = || {
        Error::from(Reason::new(Code::SourceUnread, "the source file cannot be read").file(path))
    };
    let text = fs::read_to_string(path).map_err(|error| unread().caused_by(error))?;
    let failed = |why: String| unread().caused_by(std::io::Error::other(why));
    if text.parse().is_ok_and(|tokens| depth(tokens) > DEEPEST) {
        return Err(failed(format!("brackets are nested deeper than {DEEPEST} levels")));
    }
    syn::parse_file(&text).map_err(|error| {
        let start = error.span().start();
        failed(format!("line {}, column {}: {error}", start.line, start.column + 1))
    })
}

/// What the stack has room for, in any build. Nobody writes so, but a program might.
const DEEPEST: usize = 1000;

/// How deep brackets are nested, without nesting calls.
fn depth(tokens: TokenStream) -> usize {
    let mut open = vec![tokens.into_iter()];
    let mut deepest = 0;
    while let Some(tokens) = open.last_mut() {
        match tokens.next() {
            Some(TokenTree::Group(group)) => open.push(group.stream().into_iter()),
            Some(_) => {}
            None => drop(open.pop()),
        }
        deepest = deepest.max(open.len());
    }
    deepest
}

fn is_library(target: &Target) -> bool {
    target.is_lib()
        || target.is_rlib()
        || target.is_cdylib()
        || target.is_dylib()
        || target.is_staticlib()
}

/// The crates of the workspace that a target of the package can name.
fn externs(
    names: &Names,
    package: &Package,
    libraries: &HashMap<String, Id>,
    is_library: bool,
) -> HashMap<String, Id> {
    let name_of = |root: Id| names.crates[names.crate_of(root)].name.clone();
    let dependencies = package.dependencies.iter().filter(|it| it.kind != DependencyKind::Build);
    let mut externs: HashMap<_, _> = dependencies
        .filter_map(|it| {
            let root = *libraries.get(&it.name)?;
            let renamed = it.rename.as_ref().map(|name| name.replace('-', "_"));
            Some((renamed.unwrap_or_else(|| name_of(root)), root))
        })
        .collect();
    let own = libraries.get(&package.name.to_string()).filter(|_| !is_library);
    externs.extend(own.map(|root| (name_of(*root), *root)));
    externs
}

/// What the library `hot` is called in the package's code.
fn hot_names(package: &Package) -> Vec<String> {
    let renamed = package.dependencies.iter().filter(|it| it.name == "hotreload");
    let renamed = renamed.filter_map(|it| it.rename.as_ref().map(|name| name.replace('-', "_")));
    std::iter::once("hot".to_owned()).chain(renamed).collect()
}

/// The modules that `hot::import!` makes: the last word before each `=>`.
fn imported(tokens: TokenStream) -> Vec<String> {
    let mut names = Vec::new();
    let mut word = None;
    for tree in tokens {
        match tree {
            TokenTree::Ident(ident) => word = Some(ident.unraw().to_string()),
            TokenTree::Punct(sign) if sign.as_char() == '=' => names.extend(word.take()),
            _ => {}
        }
    }
    names
}

fn is_import(item: &syn::ItemMacro) -> bool {
    item.mac.path.segments.last().is_some_and(|it| it.ident == "import")
}
