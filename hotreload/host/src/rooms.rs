//! Holds the rooms to their order: each imports only from those below it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use syn::{ItemUse, UseTree, visit_mut::VisitMut};

/// From the top to the bottom.
const ROOMS: [&str; 12] = [
    "api", "watch", "control", "build", "load", "judge", "changes", "boundary", "state", "file",
    "said", "platform",
];

/// The first segments of what a file names of this crate: the part after `crate`. Nothing is changed;
/// but the macros have turned on syn's `visit-mut`, and its `visit` would compile syn once more.
struct Named(Vec<String>);

impl Named {
    fn note(&mut self, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => self.0.push(path.ident.to_string()),
            UseTree::Name(name) => self.0.push(name.ident.to_string()),
            UseTree::Rename(name) => self.0.push(name.ident.to_string()),
            UseTree::Glob(_) => self.0.push("*".to_owned()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.note(tree)),
        }
    }
}

impl VisitMut for Named {
    fn visit_item_use_mut(&mut self, item: &mut ItemUse) {
        if let UseTree::Path(path) = &item.tree
            && path.ident == "crate"
        {
            self.note(&path.tree);
        }
    }

    fn visit_path_mut(&mut self, path: &mut syn::Path) {
        let mut segments = path.segments.iter();
        if segments.next().is_some_and(|first| first.ident == "crate")
            && let Some(second) = segments.next()
        {
            self.0.push(second.ident.to_string());
        }
        syn::visit_mut::visit_path_mut(self, path);
    }

    fn visit_macro_mut(&mut self, call: &mut syn::Macro) {
        // What a macro is given is no syntax tree yet.
        let tokens = call.tokens.to_string();
        let paths = tokens.split("crate :: ").skip(1);
        let is_end = |c: char| !c.is_alphanumeric() && c != '_';
        self.0.extend(paths.filter_map(|path| path.split(is_end).next()).map(str::to_owned));
        syn::visit_mut::visit_macro_mut(self, call);
    }
}

/// What a source text names of this crate.
fn named(source: &str) -> Vec<String> {
    let mut named = Named(Vec::new());
    named.visit_file_mut(&mut syn::parse_file(source).expect("it compiles"));
    named.0
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push(path);
        }
    }
}

#[test]
fn each_room_imports_from_those_below_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut all = Vec::new();
    files(&source, &mut all);
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let mut wrong = Vec::new();
    for path in &all {
        let file = path.strip_prefix(&source).unwrap();
        let room = file.iter().next().unwrap().to_str().unwrap();
        if ["lib.rs", "rooms.rs"].contains(&room) {
            continue;
        }
        let Some(own) = ROOMS.iter().position(|known| *known == room) else {
            wrong.push(format!("{} is in no room", file.display()));
            continue;
        };
        *seen.entry(ROOMS[own]).or_default() += 1;
        let text = fs::read_to_string(path).unwrap();
        // A path that leaves the room by `super` would be missed: a room's files say `crate`.
        let depth = file.iter().count() - 1;
        let leaves = "super::".repeat(depth);
        if file.file_name().is_some_and(|name| name == "mod.rs") && text.contains(&leaves) {
            wrong.push(format!("{} says `{leaves}`: name the room", file.display()));
        }
        for other in named(&text) {
            match ROOMS.iter().position(|known| *known == other) {
                Some(other) if other >= own => {}
                Some(other) => {
                    wrong.push(format!("{} imports from {}", file.display(), ROOMS[other]));
                }
                None => wrong.push(format!("{} names crate::{other}", file.display())),
            }
        }
    }
    assert_eq!(seen.len(), ROOMS.len(), "a room is empty: {seen:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn imports_and_paths_are_found_wherever_they_are() {
    let source = "use crate::{said::Code, state::{Inner, world::World}}; use std::fmt;
        fn f(x: crate::file::Tables) { let _ = crate::load::Next::file(x); }
        mod inner { use crate::api::Host; impl crate::judge::Holder {} }
        fn g() -> Vec<u8> { vec![crate::build::ONE] }";
    let mut found = named(source);
    found.sort();
    assert_eq!(found, ["api", "build", "file", "judge", "load", "said", "state"]);
}
