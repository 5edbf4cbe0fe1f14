//! A library file as the command sees it: read where it lies, never loaded.

#![allow(missing_docs, reason = "fields that say what they are")]

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    sync::Arc,
};

use serde::Serialize;

use crate::file::Tables;
use crate::file::manifest::{Header, Item, Migrate, Table, Type};
use crate::file::object_file::ObjectFile;
use crate::file::shadow::look_at;
use crate::judge::{
    Conflicts, Holder, Party,
    moving::{Leads, foresee},
};
use crate::load::candidate::{
    FRAMEWORK, duplicates, features, otherwise, root_header, sources, stranger,
};
use crate::said::{Code, Error, Reason, Result};
use hot_rt::rt::Kind;

/// A bundle's library.
pub struct Library {
    pub path: PathBuf,
    pub header: Header,
    /// Whether it needs a std that is a library of its own.
    pub shared_std: bool,
    /// What the bundle's own crate defines, in the order of the paths.
    pub exports: Vec<Item>,
    /// What it calls or reads from elsewhere.
    pub imports: Vec<Item>,
    /// Functions that make the new version of a whole type.
    pub migrates: Vec<Migrate>,
    /// Of versioned types.
    pub layouts: Vec<Table>,
    tables: Tables,
}

/// What a reload from one library to another would do.
#[derive(Debug, Default, Serialize)]
pub struct Verdict {
    /// Why it would be refused; empty if it would not.
    pub reasons: Vec<Reason>,
    /// Exports that callers of the old form do not fit. A host that has called none of them closes them in
    /// place of a refusal, if there is no reason but these callers.
    pub closed: Vec<String>,
    /// Whether there is none.
    pub only_callers: bool,
    /// Exports that only the new one has.
    pub added: Vec<String>,
    /// Exports that only the old one has.
    pub removed: Vec<String>,
    /// Types of generic definitions that nothing compares before the library is loaded.
    pub undecided: Vec<String>,
    /// What would become of the values of states, as far as the manifests tell.
    pub moves: Vec<String>,
    /// Vars whose value would be given up.
    pub reset: Vec<String>,
    /// Types in signatures of both whose fields are not compared, and opaque fields behind them.
    pub untracked: Vec<String>,
    /// Vars whose first value was edited.
    pub not_applied: Vec<String>,
}

impl Library {
    /// Reads the file.
    ///
    /// # Errors
    /// [`Code::FileMissing`] if there is no such file, and what a load of it says before any of its
    /// code runs: HOT01xx, HOT02xx.
    pub fn open(path: &Path) -> Result<Library> {
        look_at(path)?;
        let read = || -> Result<Library, Reason> {
            let ObjectFile { manifest, shared_std, .. } = ObjectFile::read(path, &|_, _| None)?;
            let header = root_header(&manifest.headers, path)?;
            let tables = Tables::of_manifest(&manifest)?;
            let (exports, imports) = header.divide(manifest.items);
            let [exports, imports] = [exports, imports]
                .map(|items| items.into_iter().map(Arc::unwrap_or_clone).collect());
            let (path, layouts, migrates) = (path.to_owned(), manifest.types, manifest.migrates);
            Ok(Library { path, header, shared_std, exports, imports, migrates, layouts, tables })
        };
        let library = read().map_err(|reason| Error::from(reason.file(path)))?;
        let mut reasons = duplicates(library.exports.iter().map(|item| item.path.as_str()));
        reasons.extend(stranger(&library.header, library.imports.iter()));
        Error::check(reasons.into_iter().map(|reason| reason.file(path)).collect())?;
        Ok(library)
    }

    /// How it was built: what a host compares with itself, by the names that messages use.
    pub fn build(&self) -> [(&'static str, String); 8] {
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
            (FRAMEWORK, sources(self.header.sources)),
        ]
    }

    /// What a reload from this library to `new` would do, where everything that this one exports is
    /// called by a host that was built like it, and every var has a value.
    pub fn reload(&self, new: &Library) -> Verdict {
        let mut verdict = Verdict::default();
        let (was, now) = (&self.header, &new.header);
        if was.crate_name != now.crate_name {
            // Whatever else differs, nobody has asked for.
            let what = format!("the file holds bundle `{}`, not `{}`", now.package, was.package);
            verdict.reasons.push(Reason::new(Code::OtherBundle, what).file(&new.path));
            return verdict;
        }
        self.compare_builds(new, &mut verdict.reasons);
        let known: HashMap<_, _> = self.exports.iter().map(|old| (&*old.path, old)).collect();
        let exported: HashMap<_, _> =
            new.exports.iter().map(|export| (&*export.path, export)).collect();
        let (mut conflicts, mut seen) = (Conflicts::default(), HashSet::new());
        let mut of_callers = Conflicts::default();
        let callers = Holder::Host("a host of the old library");
        for export in &new.exports {
            let Some(old) = known.get(&*export.path) else {
                verdict.added.push(export.path.clone());
                continue;
            };
            let mut alone = Conflicts::default();
            alone.add(callers, self.party(old), new.party(export));
            if !alone.reasons().is_empty() {
                verdict.closed.push(export.path.clone());
            }
            of_callers.add(callers, self.party(old), new.party(export));
            if old.kind == Kind::Var {
                self.compare_value(new, (old, export), &mut conflicts, &mut verdict);
            }
            let fresh = |ty: &&Type| seen.insert(ty.ty.id);
            let incomplete = export.types.iter().map(|ty| &**ty).filter(fresh);
            let incomplete = incomplete.filter(|ty| !new.tables.is_complete(&ty.ty));
            verdict.undecided.extend(incomplete.map(|ty| ty.name.to_string()));
        }
        // What the bundle imports from itself is compared with what it brings along.
        let loading = Holder::Loading(&new.header.package);
        for import in &new.imports {
            if let Some(export) = exported.get(&*import.path) {
                conflicts.add(loading, new.party(import), new.party(export));
            }
        }
        verdict.reasons.extend(conflicts.reasons());
        verdict.only_callers = verdict.reasons.is_empty() && !verdict.closed.is_empty();
        verdict.reasons.extend(of_callers.reasons());
        let is_gone = |old: &&Item| !exported.contains_key(&*old.path);
        verdict.removed = self.exports.iter().filter(is_gone).map(|old| old.path.clone()).collect();
        let of_both = new.exports.iter().filter(|export| known.contains_key(&*export.path));
        verdict.untracked = new.tables.untracked(of_both);
        verdict.undecided.sort();
        verdict.undecided.dedup();
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
            let leads = self.migrates.iter().chain(&new.migrates).map(Leads::of_file);
            let leads: Vec<_> = leads.collect();
            // What no file tells, such as a `Default`, the load says.
            let foreseen = foresee((old, &self.tables), (export, &new.tables), &leads);
            verdict.reasons.extend(foreseen.reasons);
            let changes = foreseen.changes.into_iter();
            verdict.moves.extend(changes.map(|change| format!("{}: {change}", export.path)));
        } else if !is_alike {
            verdict.reset.push(export.path.clone());
        }
        if is_alike && old.tokens != export.tokens {
            verdict.not_applied.push(export.path.clone());
        }
    }

    fn compare_builds(&self, new: &Library, reasons: &mut Vec<Reason>) {
        let (was, now) = (&self.header, &new.header);
        for ((field, was), (_, now)) in self.build().into_iter().zip(new.build()) {
            if was != now {
                reasons.push(otherwise(field, ("was", was), ("now", now)));
            }
        }
        if was.forwards_allocation && !now.forwards_allocation {
            let what = "the old library forwards allocation to its host, the new one does not";
            let why = "a host whose global allocator is not the system's loads none that does not";
            reasons.push(Reason::new(Code::Allocator, what).fact("why", why));
        }
    }
}
