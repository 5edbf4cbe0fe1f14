//! Cargo goes by the times of files. A file that was moved to its place, or copied with its time, may be older
//! than what cargo has made of the one before: that is fresh to cargo.

use std::{
    fs::{self, Metadata},
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::build::dep_info;
use crate::build::unit::entries;

/// What cargo has found fresh.
pub(super) struct Fresh<'a> {
    /// A bundle's library.
    pub(super) library: &'a Path,
    /// The bundle's folder.
    pub(super) folder: &'a Path,
    /// Where cargo has it compiled.
    pub(super) deps: &'a Path,
    /// Those of packages with a local path.
    pub(super) rlibs: &'a [PathBuf],
}

impl Fresh<'_> {
    /// Removes what a source has come for since it was made, and whose time does not tell; whether there was
    /// any. Cargo makes anew what is not there.
    pub(super) fn remove_outdated(&self, root: &Path) -> bool {
        let Ok(made) = fs::metadata(self.library) else { return false };
        let sources = dep_info::listed(&self.library.with_extension("d"), root);
        let mut came = sources.unwrap_or_default();
        came.retain(|it| fs::metadata(it).is_ok_and(|it| has_come_since(&it, &made)));
        if came.is_empty() {
            return false;
        }
        let mut outdated = vec![self.library.to_owned()];
        if came.iter().any(|it| !it.starts_with(self.folder)) {
            outdated.extend_from_slice(self.rlibs);
        }
        // Cargo looks at those that rustc has written; it lists other names of the same files.
        let outdated: Vec<_> = outdated.iter().filter_map(|it| fs::metadata(it).ok()).collect();
        let is_outdated = |it: &PathBuf| {
            let it = fs::metadata(it);
            it.is_ok_and(|it| outdated.iter().any(|other| is_same_file(&it, other)))
        };
        let written: Vec<_> = entries(self.deps).filter(is_outdated).collect();
        written.iter().filter(|it| fs::remove_file(it).is_ok()).count() > 0
    }
}

/// Whether this file came to its place after the other one was made, with a time from before.
#[cfg(unix)]
fn has_come_since(file: &Metadata, made: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let changed = |it: &Metadata| (it.ctime(), it.ctime_nsec());
    let written = |it: &Metadata| it.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    changed(file) > changed(made) && written(file) <= written(made)
}

#[cfg(unix)]
fn is_same_file(one: &Metadata, other: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// The system does not tell.
#[cfg(not(unix))]
fn has_come_since(_: &Metadata, _: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn is_same_file(_: &Metadata, _: &Metadata) -> bool {
    false
}
