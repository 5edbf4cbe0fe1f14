//! Everything that a refusal must leave as it was.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use hot::{Host, rt};

/// This file, for programs that are generated.
pub const SOURCE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/snapshot.rs");

/// The process as far as a reload could change it. Compare with `assert_eq!`.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot {
    /// The mapped files.
    mappings: BTreeSet<String>,
    /// What the process's descriptors point to.
    open_files: Vec<PathBuf>,
    /// The files in the host's private folder.
    shadow: BTreeSet<PathBuf>,
    /// Bundles and definitions with their generations.
    status: String,
    /// Where each of the host's slots points.
    slots: Vec<(usize, usize)>,
}

impl Snapshot {
    /// Looks at everything of the process. No other test of it may load, build or start a program in
    /// the meantime: each of them opens files.
    pub fn take(host: &Host) -> Snapshot {
        let status = host.status().unwrap();
        let sites = rt::inventory::iter::<rt::Registered>.into_iter();
        let slots = sites.map(|site| (site.0.slot.entry().addr(), site.0.slot.version().addr()));
        Snapshot {
            mappings: mappings(),
            open_files: open_files(),
            shadow: files(&status.shadow_dir),
            slots: slots.collect(),
            status: format!("{:?} {:?}", status.bundles, status.definitions),
        }
    }

    /// Without what a bundle leaves behind whose init has run: its image stays mapped, and that
    /// image's file in the folder.
    #[must_use]
    pub fn apart_from_images(mut self) -> Snapshot {
        self.mappings.clear();
        self.shadow.clear();
        self
    }
}

fn mappings() -> BTreeSet<String> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let paths =
        maps.lines().filter_map(|line| line.find('/').map(|start| line[start..].to_owned()));
    paths.collect()
}

fn open_files() -> Vec<PathBuf> {
    let entries = fs::read_dir("/proc/self/fd").unwrap();
    let mut files: Vec<_> =
        entries.filter_map(|entry| fs::read_link(entry.ok()?.path()).ok()).collect();
    // Without the descriptor that lists the descriptors, and the host's own connections.
    files.retain(|file| !file.ends_with("fd") && !file.to_string_lossy().starts_with("socket:"));
    files.sort();
    files
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}
