//! What the running program is built of.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
};

use crate::build::dep_info::{listed, listed_of_program};
use crate::build::{Origin, Place, Unit, Workspace};
use crate::state::Inner;
use crate::watch::sources::{Tree, canonical};

/// What the running program is built of, as far as that is known.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// Its package, and those that it depends on by path.
    pub(super) tree: Tree,
    /// What its own crate includes, and no library for it.
    own: HashSet<PathBuf>,
}

impl Program {
    /// `None` if it is not of this workspace.
    pub(super) fn of(workspace: &Workspace) -> Option<Program> {
        let host_file = Inner::get()?.file.path()?;
        let origin = Origin::of(host_file)?;
        let host = workspace.host(&origin)?;
        let unit = Unit::of(workspace, &origin, &host, host_file);
        let own = unit.as_ref().map(|unit| &*unit.dep_info);
        let all = host_file.with_extension("d");
        let mut tree = Tree::new(workspace, &host.folder);
        // Beside what users start, cargo lists the files of all crates; elsewhere it is rustc, and
        // those of one crate.
        if origin.place != Place::Harness && own != Some(&*all) {
            tree.take_read(listed_of_program(&all, own, workspace.root()).unwrap_or_default());
        }
        let own = own.and_then(|file| listed(file, workspace.root()));
        let own = own.into_iter().flatten().map(|path| canonical(&path)).collect();
        Some(Program { tree, own })
    }

    /// Whether it was built of this file, or would be if it were built again.
    pub(super) fn was_read(&self, path: &Path) -> bool {
        self.owns(path) || self.tree.was_read(path)
    }

    /// Whether its own crate includes the file. A library may include it, too.
    pub(super) fn owns(&self, path: &Path) -> bool {
        self.own.contains(path)
    }
}
