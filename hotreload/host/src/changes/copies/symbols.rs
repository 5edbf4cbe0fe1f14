//! Which functions and statics of a crate the running program has its own copy of.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    rc::Rc,
};

use object::{Object as _, ObjectSymbol as _};

use super::items::{Item, Kind, Owner};
use crate::file::HostFile;
use crate::file::machine_code::names::describe;

/// Whether the program has a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Copy {
    No,
    /// There is no symbol to tell.
    Maybe,
    Yes,
}

/// The program's symbols, read when they are first asked for.
#[derive(Debug, Default)]
pub(super) struct Symbols(HashMap<String, Rc<OfCrate>>);

/// The symbols that have to do with one crate.
#[derive(Debug, Default)]
pub(super) struct OfCrate {
    /// The paths without type arguments, as people write them.
    paths: BTreeSet<String>,
    /// Whether every function that is used has a symbol: there are symbols, and the program was
    /// not optimised.
    pub(super) is_complete: bool,
}

impl Symbols {
    pub(super) fn of(&mut self, crate_name: &str) -> Rc<OfCrate> {
        let known = self.0.entry(crate_name.to_owned());
        known.or_insert_with(|| Rc::new(OfCrate::read(crate_name).unwrap_or_default())).clone()
    }
}

impl OfCrate {
    /// `None` if the file cannot be read.
    fn read(crate_name: &str) -> Option<OfCrate> {
        // Whole: with a cache, each name would be a read of its own.
        let bytes = fs::read(HostFile::find().bytes()?).ok()?;
        let file = object::File::parse(&*bytes).ok()?;
        let path_of_probe = concat!(module_path!(), "::probe");
        let mut symbols = OfCrate { paths: BTreeSet::new(), is_complete: false };
        probe();
        for symbol in file.symbols().filter(|symbol| symbol.is_definition()) {
            let name = symbol.name().unwrap_or_default();
            if name.contains(crate_name) {
                symbols.paths.insert(describe(name.as_bytes(), &[]).path);
            }
            if !symbols.is_complete && name.contains("5probe") {
                symbols.is_complete = describe(name.as_bytes(), &[]).path == path_of_probe;
            }
        }
        Some(symbols)
    }

    /// Whether the program has a copy of the item of a file, which is this module of the crate.
    pub(super) fn copy(&self, item: &Item, crate_name: &str, modules: &[String]) -> Copy {
        let absent = if self.is_complete { Copy::No } else { Copy::Maybe };
        let absent = match &item.kind {
            Kind::Function | Kind::Static => absent,
            _ => Copy::Maybe,
        };
        let last = &item.name.last;
        let ends = |end: String| self.paths.iter().any(|path| path.ends_with(&end));
        let is_there = match &item.name.owner {
            Owner::Module => {
                let mut path = vec![crate_name];
                path.extend(modules.iter().map(String::as_str));
                path.extend(item.name.modules.iter().map(String::as_str));
                path.push(last);
                if self.paths.contains(&path.join("::")) {
                    return Copy::Yes;
                }
                // The module may be another than the file's path says.
                let is_elsewhere = |path: &String| {
                    path.starts_with(crate_name) && path.ends_with(&format!("::{last}"))
                };
                return if self.paths.iter().any(is_elsewhere) { Copy::Maybe } else { absent };
            }
            // A provided method of a trait is called as one of the trait or of the type.
            Owner::Type(ty) => {
                ends(format!("::{ty}::{last}")) || ends(format!(" as {ty}>::{last}"))
            }
            Owner::Trait(Some(ty), of_trait) => {
                let end = format!("{ty} as {of_trait}>::{last}");
                self.paths.iter().any(|path| is_of_trait(path, &end))
            }
            Owner::Trait(None, of_trait) => ends(format!(" as {of_trait}>::{last}")),
        };
        if is_there { Copy::Yes } else { absent }
    }
}

/// Whether the path is of an implementation, beginning with the type's last name.
fn is_of_trait(path: &str, implementation: &str) -> bool {
    path.match_indices(implementation).any(|(at, _)| path[..at].ends_with(['<', ':', '&', ' ']))
}

/// Has a symbol only if the program was not optimised: else it vanishes into its caller.
fn probe() {}
