//! Packages with a path that stand in for those of a registry: `[patch]` and `paths` name them, and no
//! dependency does. Where only a registry's packages need them, cargo does not list their files among those
//! that a library is built of.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use cargo_metadata::Artifact;

use crate::build::dep_info::listed;

/// What cargo has made of a package with a local path.
#[derive(Debug, Clone)]
pub(super) struct Local {
    /// The folder of its `Cargo.toml`.
    folder: PathBuf,
    files: Vec<PathBuf>,
}

impl Local {
    /// `None` if the package is a registry's, or what was made is its build script.
    pub(super) fn of(artifact: &Artifact) -> Option<Local> {
        // Cargo's identities of packages begin with where they come from.
        let is_local = artifact.package_id.repr.starts_with("path+");
        let folder = artifact.manifest_path.as_std_path().parent()?;
        let files = artifact.filenames.iter().map(|file| file.clone().into()).collect();
        (is_local && !artifact.target.is_custom_build())
            .then(|| Local { folder: folder.to_owned(), files })
    }

    /// What cargo has listed of it, if it was asked for it by name.
    fn lists_of_cargo(&self) -> impl Iterator<Item = PathBuf> {
        self.files.iter().map(|it| it.with_extension("d"))
    }

    /// What rustc has listed of it. Its names have no `lib`.
    fn lists_of_rustc(&self) -> impl Iterator<Item = PathBuf> {
        let file_name = |it: &PathBuf| it.file_name()?.to_str().map(str::to_owned);
        self.files.iter().filter_map(move |it| {
            let name = file_name(it)?;
            Some(it.with_file_name(name.strip_prefix("lib")?).with_extension("d"))
        })
    }
}

/// The files of those packages that are in no list of cargo's, with their manifests and build scripts.
pub(super) fn files(made: &[Local], root: &Path) -> BTreeSet<PathBuf> {
    let read = |lists: &mut dyn Iterator<Item = PathBuf>| -> BTreeSet<PathBuf> {
        lists.filter_map(|list| listed(&list, root)).flatten().collect()
    };
    let known = read(&mut made.iter().flat_map(Local::lists_of_cargo));
    let mut found = BTreeSet::new();
    for local in made {
        let files = read(&mut local.lists_of_rustc());
        if !files.is_empty() && files.is_disjoint(&known) {
            found.extend(files);
            found.extend(["Cargo.toml", "build.rs"].map(|name| local.folder.join(name)));
        }
    }
    found
}
