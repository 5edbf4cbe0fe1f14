//! Cargo goes by the times of files. A file that was moved to its place, or copied with its time, may be older
//! than what cargo has made of the one before: that is fresh to cargo, and so is all that was made
//! of it: a crate, a macro, what a build script has said.
//!
//! Each compilation, and each run of a build script, is asked about by itself: one of them may be outdated
//! where cargo has just made another one.

use std::{
    fs::{self, Metadata},
    path::{Path, PathBuf},
    time::SystemTime,
};

use crate::build::origin::{hash_of, without_hash};
use crate::build::unit::entries;
use crate::build::{Workspace, dep_info};
use crate::said::crate_name;

/// Where cargo has made a bundle's library.
pub(super) struct MadeIn<'a> {
    pub(super) library: &'a Path,
    /// The folder with all that cargo has made on the way.
    pub(super) profile: &'a Path,
    /// The workspace's.
    pub(super) root: &'a Path,
}

impl MadeIn<'_> {
    /// Removes what cargo knows of what a source has come for since it was made, and whose time does not tell;
    /// whether there was any. Cargo makes anew what it knows nothing of, and what is made of that.
    pub(super) fn forget_outdated(&self) -> bool {
        let listed = dep_info::listed(&self.library.with_extension("d"), self.root);
        let came = listed.unwrap_or_default().into_iter().flat_map(Came::of);
        // Mostly there are none, and then nothing else is looked at.
        let came: Vec<_> = came.filter(|it| was_written_elsewhere(&it.file)).collect();
        if came.is_empty() {
            return false;
        }
        // Where a target is named, macros and build scripts are made in a folder beside that of the target.
        let (above, name) =
            (self.profile.parent().and_then(Path::parent), self.profile.file_name());
        let of_host = above.zip(name).map(|(above, name)| above.join(name));
        let folders = [Some(self.profile.to_owned()), of_host].into_iter().flatten();
        let outdated = folders.flat_map(|it| self.outdated(&it, &came)).collect::<Vec<_>>();
        outdated.iter().filter(|file| fs::remove_file(file).is_ok()).count() > 0
    }

    /// All files by which cargo knows of what is outdated.
    fn outdated(&self, profile: &Path, came: &[Came]) -> Vec<PathBuf> {
        let scripts: Vec<_> = entries(&profile.join("build")).collect();
        let made = entries(&profile.join("deps")).chain(scripts.iter().flat_map(|it| entries(it)));
        let compiled = made.filter(|it| it.extension().is_some_and(|it| it == "d"));
        let compiled: Vec<_> = compiled.filter(|it| self.is_compiled_of(it, came)).collect();
        let notes = entries(&profile.join(".fingerprint"));
        let of_compiled = notes.filter(|notes| compiled.iter().any(|it| is_of(notes, it)));
        // What a script has printed is what cargo knows of its run.
        let outdated = scripts.iter().filter(|run| has_read(run, came));
        let printed = outdated.map(|run| run.join("output"));
        of_compiled.flat_map(|notes| files_of(&notes)).chain(printed).collect()
    }

    /// Whether something has come since rustc wrote what it has read of a crate.
    fn is_compiled_of(&self, dep_info: &Path, came: &[Came]) -> bool {
        let Ok(made) = fs::metadata(dep_info) else { return false };
        // In a project that was copied with its times all files come so, and few since.
        let since = came_since(came, &made);
        if since.is_empty() {
            return false;
        }
        let read = dep_info::listed(dep_info, self.root).unwrap_or_default();
        since.into_iter().any(|it| {
            // A path may be spelled in several ways, but the name is the last of it.
            let mut named = read.iter().filter(|path| path.file_name() == it.listed.file_name());
            named.any(|path| fs::metadata(path).is_ok_and(|path| is_same_file(&path, &it.file)))
        })
    }
}

/// Whether something has come since a build script ran that it has read. This is the folder that cargo has for
/// the run.
fn has_read(run: &Path, came: &[Came]) -> bool {
    let output = run.join("output");
    let Ok(made) = fs::metadata(&output) else { return false };
    let since = came_since(came, &made);
    let Some(text) = fs::read(&output).ok().filter(|_| !since.is_empty()) else { return false };
    let Some(name) = run.file_name().and_then(|it| it.to_str()) else { return false };
    let is_package =
        |folder: Option<&Path>| folder.is_some_and(|it| has_name(it, without_hash(name)));
    let text = String::from_utf8_lossy(&text);
    let paths = text.lines().filter_map(|line| line.split_once("rerun-if-changed="));
    let paths: Vec<_> = paths.map(|(_, path)| Path::new(path.trim())).collect();
    since.into_iter().any(|it| {
        // Cargo takes it that a script which says nothing reads all of its package.
        if !text.contains("rerun-if-") {
            return is_package(Workspace::folder_around(&it.listed));
        }
        paths.iter().any(|path| {
            let path = path.strip_prefix(".").unwrap_or(path);
            // Others, which were downloaded mostly, may have a file that is called so in their folders.
            let folder = it.listed.ancestors().nth(path.components().count());
            it.listed.ends_with(path) && (path.is_absolute() || is_package(folder))
        })
    })
}

/// Those that came after this was made.
fn came_since<'a>(came: &'a [Came], made: &Metadata) -> Vec<&'a Came> {
    came.iter().filter(|it| has_come_since(&it.file, made)).collect()
}

/// Whether the manifest in a folder says that this is the package's name.
fn has_name(folder: &Path, name: &str) -> bool {
    let text = fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    let mut names = text.lines().filter(|line| line.trim_start().starts_with("name"));
    names.any(|line| line.split(['"', '\'']).nth(1) == Some(name))
}

/// A source of the workspace's, or of another package with a path.
struct Came {
    /// What cargo lists: the file, or a folder that it lies in.
    listed: PathBuf,
    file: Metadata,
}

impl Came {
    /// What is listed: a file, or all files of a folder that a build script reads.
    fn of(listed: PathBuf) -> Vec<Came> {
        let mut found = Vec::new();
        let mut paths = vec![listed.clone()];
        while let Some(path) = paths.pop() {
            match fs::metadata(&path) {
                // A target folder, which has such a file, may lie in it. Links may lead around.
                Ok(file) if file.is_dir() => {
                    let is_source = path == listed
                        || !path.is_symlink() && !path.join("CACHEDIR.TAG").is_file();
                    paths.extend(entries(&path).filter(|_| is_source));
                }
                Ok(file) => found.push(Came { listed: listed.clone(), file }),
                Err(_) => {}
            }
        }
        found
    }
}

/// Whether cargo has written these notes of the crate with this dep-info.
fn is_of(notes: &Path, dep_info: &Path) -> bool {
    let stem = |path: &Path| path.file_stem().and_then(|it| it.to_str()).map(str::to_owned);
    let Some(made) = stem(dep_info) else { return false };
    match hash_of(&made) {
        Some(hash) => stem(notes).is_some_and(|it| hash_of(&it) == Some(hash)),
        // Shared libraries have no hash in their names.
        None => entries(notes)
            .filter_map(|it| stem(&it))
            .any(|it| it.strip_prefix("lib-").is_some_and(|name| crate_name(name) == made)),
    }
}

/// The notes in a folder, which stays: another cargo may be about to write there. Those of programs stay, too:
/// what the running one is made of is read there.
fn files_of(notes: &Path) -> Vec<PathBuf> {
    let files: Vec<_> = entries(notes).collect();
    let is_part = |file: &PathBuf| {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        name.starts_with("lib-") || name.starts_with("build-script-")
    };
    if files.iter().any(is_part) { files } else { Vec::new() }
}

/// Whether this file came to its place after the other one was made, with a time from before.
#[cfg(unix)]
fn has_come_since(file: &Metadata, made: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let changed = |it: &Metadata| (it.ctime(), it.ctime_nsec());
    let written = |it: &Metadata| it.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    changed(file) > changed(made) && written(file) <= written(made)
}

/// Whether its time is from before it came to its place. Where a file is written, both are one.
#[cfg(unix)]
fn was_written_elsewhere(file: &Metadata) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    (file.ctime(), file.ctime_nsec()) > (file.mtime(), file.mtime_nsec())
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
fn was_written_elsewhere(_: &Metadata) -> bool {
    false
}

#[cfg(not(unix))]
fn is_same_file(_: &Metadata, _: &Metadata) -> bool {
    false
}
