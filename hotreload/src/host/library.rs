//! A library file as the command sees it: read where it lies, never loaded.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use super::{
    Code, Error, Reason, Result,
    candidate::{duplicates, features, root_header, stranger},
    conflicts::{Conflicts, Holder, Party},
    layout::Tables,
    manifest::{Header, Item, Table, Type},
    object_file::ObjectFile,
    shadow::look_at,
    signature::untracked,
};
use crate::rt::Kind;

/// A bundle's library.
pub(crate) struct Library {
    pub(crate) path: PathBuf,
    pub(crate) header: Header,
    /// Whether it needs a std that is a library of its own.
    pub(crate) shared_std: bool,
    /// What the bundle's own crate defines, in the order of the paths.
    pub(crate) exports: Vec<Item>,
    /// What it calls or reads from elsewhere.
    pub(crate) imports: Vec<Item>,
    /// Of versioned types.
    pub(crate) layouts: Vec<Table>,
    tables: Tables,
}

/// What a reload from one library to another would do.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    /// Why it would be refused; empty if it would not.
    pub(crate) reasons: Vec<Reason>,
    /// Exports that only the new one has.
    pub(crate) added: Vec<String>,
    /// Exports that only the old one has.
    pub(crate) removed: Vec<String>,
    /// Types of generic definitions that nothing compares before the library is loaded.
    pub(crate) undecided: Vec<String>,
    /// Vars whose value would be given up.
    pub(crate) reset: Vec<String>,
    /// Types in signatures of both whose fields are not compared.
    pub(crate) untracked: Vec<String>,
    /// Vars whose first value was edited.
    pub(crate) not_applied: Vec<String>,
}

impl Library {
    /// Reads the file.
    ///
    /// # Errors
    /// [`Code::FileMissing`] if there is no such file, and what a load of it says before any of its
    /// code runs: HOT01xx, HOT02xx.
    pub(crate) fn open(path: &Path) -> Result<Library> {
        look_at(path)?;
        let read = || -> Result<Library, Reason> {
            let ObjectFile { manifest, shared_std, .. } = ObjectFile::read(path)?;
            let header = root_header(&manifest.headers, path)?;
            let tables = Tables::of_manifest(&manifest)?;
            let (exports, imports) = header.divide(manifest.items);
            let (path, layouts) = (path.to_owned(), manifest.types);
            Ok(Library { path, header, shared_std, exports, imports, layouts, tables })
        };
        let library = read().map_err(|reason| Error::from(reason.file(path)))?;
        let mut reasons = duplicates(library.exports.iter().map(|item| item.path.as_str()));
        reasons.extend(stranger(&library.header, &library.imports));
        Error::check(reasons.into_iter().map(|reason| reason.file(path)).collect())?;
        Ok(library)
    }

    /// How it was built: what a host compares with itself, by the names that messages use.
    pub(crate) fn build(&self) -> [(&'static str, String); 7] {
        let Header { rustc, commit, target, panic, .. } = &self.header;
        let std = if self.shared_std { "shared" } else { "static" };
        let is_static = if self.header.is_static { "on" } else { "off" };
        [
            ("compiler", rustc.clone()),
            ("compiler commit", commit.clone()),
            ("target", target.clone()),
            ("panic strategy", panic.clone()),
            ("target features", features(self.header.features)),
            ("std", std.to_owned()),
            ("setting of the feature `static`", is_static.to_owned()),
        ]
    }

    /// What a reload from this library to `new` would do, where everything that this one exports is
    /// called by a host that was built like it, and every var has a value.
    pub(crate) fn reload(&self, new: &Library) -> Verdict {
        let mut verdict = Verdict::default();
        self.compare_builds(new, &mut verdict.reasons);
        let known: HashMap<_, _> = self.exports.iter().map(|old| (&*old.path, old)).collect();
        let exported: HashMap<_, _> =
            new.exports.iter().map(|export| (&*export.path, export)).collect();
        let (mut conflicts, mut seen) = (Conflicts::default(), HashSet::new());
        let callers = Holder::Host("callers of the old library");
        for export in &new.exports {
            let Some(old) = known.get(&*export.path) else {
                verdict.added.push(export.path.clone());
                continue;
            };
            conflicts.add(callers, self.party(old), new.party(export));
            if old.kind == Kind::Var {
                self.compare_value(new, (old, export), &mut conflicts, &mut verdict);
            }
            let fresh = |ty: &&Type| seen.insert(ty.ty.id);
            let incomplete = export.types.iter().map(|ty| &**ty).filter(fresh);
            let incomplete = incomplete.filter(|ty| !new.tables.is_complete(&ty.ty));
            verdict.undecided.extend(incomplete.map(|ty| ty.name.to_string()));
            verdict.untracked.extend(untracked(export).map(str::to_owned));
        }
        // What the bundle imports from itself is compared with what it brings along.
        let loading = Holder::Loading(&new.header.package);
        for import in &new.imports {
            if let Some(export) = exported.get(&*import.path) {
                conflicts.add(loading, new.party(import), new.party(export));
            }
        }
        verdict.reasons.extend(conflicts.reasons());
        let is_gone = |old: &&Item| !exported.contains_key(&*old.path);
        verdict.removed = self.exports.iter().filter(is_gone).map(|old| old.path.clone()).collect();
        for types in [&mut verdict.untracked, &mut verdict.undecided] {
            types.sort();
            types.dedup();
        }
        let file = |reason: Reason| reason.file(&new.path);
        verdict.reasons = std::mem::take(&mut verdict.reasons).into_iter().map(file).collect();
        verdict
    }

    fn party<'a>(&'a self, item: &'a Item) -> Party<'a> {
        Party { item, tables: &self.tables, site: None }
    }

    fn compare_value<'a>(
        &'a self,
        new: &'a Library,
        (old, export): (&'a Item, &'a Item),
        conflicts: &mut Conflicts<'a>,
        verdict: &mut Verdict,
    ) {
        let (held, was, now) = (Holder::value(old), self.party(old), new.party(export));
        let mut alone = Conflicts::default();
        alone.add(held, was, now);
        let is_alike = alone.reasons().is_empty();
        if !export.reset {
            conflicts.add(held, was, now);
        } else if !is_alike {
            verdict.reset.push(export.path.clone());
        }
        if is_alike && old.content != export.content {
            verdict.not_applied.push(export.path.clone());
        }
    }

    fn compare_builds(&self, new: &Library, reasons: &mut Vec<Reason>) {
        let (was, now) = (&self.header, &new.header);
        if was.crate_name != now.crate_name {
            let what = format!("the file holds bundle `{}`, not `{}`", now.package, was.package);
            reasons.push(Reason::new(Code::OtherBundle, what));
        }
        for ((field, was), (_, now)) in self.build().into_iter().zip(new.build()) {
            if was != now {
                let what = format!("the bundle was built with another {field}");
                let reason = Reason::new(Code::Fingerprint, what);
                reasons.push(reason.fact("was", was).fact("now", now));
            }
        }
        if was.forwards_allocation && !now.forwards_allocation {
            let what = "the old library forwards allocation to its host, the new one does not";
            let why = "a host whose global allocator is not the system's loads none that does not";
            reasons.push(Reason::new(Code::Allocator, what).fact("why", why));
        }
    }
}
