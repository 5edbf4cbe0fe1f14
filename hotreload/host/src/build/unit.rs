//! What cargo has noted of the compilation of one crate: the running program's own, or a library's.
//!
//! Cargo compiles each crate into a file whose name ends in a hash, and links or copies a program
//! from there to where its users look for it. Beside that file rustc writes what it has read
//! (dep-info), of this one crate: the dep-info beside the program itself has the files of all crates.
//! Newer versions of cargo have a folder for each crate.
//!
//! ```text
//! debug/host                                       debug/examples/host
//! debug/deps/host-<hash>[.d]                       debug/examples/host-<hash>[.d]
//! debug/.fingerprint/<package>-<hash>/bin-host.json
//!
//! debug/libhost.so                                 a library for other programs: no hash tells them apart
//! debug/deps/libhost.so, debug/deps/host.d
//! debug/.fingerprint/<package>-<hash>/lib-host.json
//!
//! debug/build/<package>/<hash>/out/host[.d]        debug/build/<package>/<hash>/fingerprint/bin-host.json
//! ```

use std::{
    fs::{self, Metadata},
    path::{Path, PathBuf},
};

use crate::build::origin::{Origin, Place, hash_of, target_of, without_hash};
use crate::build::{HostPackage, Workspace};
use crate::said::crate_name;

/// One crate that cargo has compiled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unit {
    /// The files that the crate includes, as rustc writes them.
    pub(crate) dep_info: PathBuf,
    /// The folder with what cargo compares to find out whether it has to be compiled again.
    pub(super) fingerprint: PathBuf,
}

impl Unit {
    /// That of the program or library of this path; `None` if cargo's notes are not there any more.
    pub(crate) fn of(
        workspace: &Workspace,
        origin: &Origin,
        host: &HostPackage,
        host_file: &Path,
    ) -> Option<Unit> {
        if origin.place == Place::Harness {
            return Unit::at(host_file, &host.name);
        }
        let folder = workspace.intermediate_of(origin);
        let old = folder.join(if origin.place == Place::Example { "examples" } else { "deps" });
        let new = entries(&folder.join("build").join(&host.name)).map(|it| it.join("out"));
        let program = fs::metadata(host_file).ok()?;
        let wanted = crate_name(&origin.target);
        let is_program = |path: &PathBuf| {
            path.extension() == host_file.extension()
                && target_of(path).is_some_and(|name| crate_name(name) == wanted)
        };
        let files = new.chain([old]).flat_map(|folder| entries(&folder)).filter(is_program);
        let mut files: Vec<_> =
            files.filter_map(|path| Some((fs::metadata(&path).ok()?, path))).collect();
        // Copied where the file system has no links: then the newest one is meant.
        files.sort_by_key(|(file, _)| (is_same(file, &program), file.modified().ok()));
        files.iter().rev().find_map(|(_, path)| {
            let without_hash = || Unit::latest(path.parent()?, &host.name, &wanted);
            let is_library = origin.place == Place::Library;
            Unit::at(path, &host.name).or_else(|| is_library.then(without_hash)?)
        })
    }

    /// That of a library whose file has no hash in its name: each build of it, with whatever features,
    /// takes the place of the one before.
    fn latest(deps: &Path, package: &str, crate_name: &str) -> Option<Unit> {
        let builds = entries(&deps.parent()?.join(".fingerprint")).filter(|folder| {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            without_hash(&name) == package
        });
        let compiled = |folder: &PathBuf| {
            let note = folder.join(format!("lib-{crate_name}"));
            fs::metadata(note).and_then(|it| it.modified()).ok()
        };
        let (_, fingerprint) = builds.filter_map(|it| Some((compiled(&it)?, it))).max()?;
        Some(Unit { dep_info: deps.join(format!("{crate_name}.d")), fingerprint })
    }

    /// That of the crate of this package that was compiled into this file.
    pub(super) fn at(file: &Path, package: &str) -> Option<Unit> {
        let (folder, stem) = (file.parent()?, file.file_stem()?.to_str()?);
        let fingerprint = if folder.ends_with("out") {
            folder.parent()?.join("fingerprint")
        } else {
            let folder = folder.parent()?.join(".fingerprint");
            folder.join(format!("{package}-{}", hash_of(stem)?))
        };
        Some(Unit { dep_info: file.with_extension("d"), fingerprint })
    }
}

/// What lies in a folder.
pub(super) fn entries(folder: &Path) -> impl Iterator<Item = PathBuf> + use<> {
    fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path())
}

/// Whether both are one file.
fn is_same(one: &Metadata, other: &Metadata) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        (one.dev(), one.ino()) == (other.dev(), other.ino())
    }
    #[cfg(not(unix))]
    {
        one.len() == other.len() && one.modified().ok() == other.modified().ok()
    }
}
