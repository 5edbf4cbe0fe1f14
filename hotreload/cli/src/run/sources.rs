//! Saves while no host runs that would see them. Looked for from time to time: there is nothing that a
//! save has to be live in at once.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

/// How often to look.
const PERIOD: Duration = Duration::from_millis(300);

/// The sources of a workspace's own packages, as they were when they were looked at last.
#[derive(Debug)]
pub(super) struct Sources {
    folders: Vec<PathBuf>,
    seen: Vec<(PathBuf, SystemTime)>,
    looked: Instant,
}

impl Sources {
    /// Whatever was saved before is no save.
    pub(super) fn new(folders: &[PathBuf]) -> Sources {
        let seen = look(folders);
        Sources { folders: folders.to_vec(), seen, looked: Instant::now() }
    }

    /// A file that was saved since, if it is time to look.
    pub(super) fn saved(&mut self) -> Option<PathBuf> {
        if self.looked.elapsed() < PERIOD {
            return None;
        }
        let now = look(&self.folders);
        self.looked = Instant::now();
        let saved = now.iter().find(|it| !self.seen.contains(it)).map(|(path, _)| path.clone());
        let gone = || {
            let is_gone = |(path, _): &&(PathBuf, SystemTime)| now.iter().all(|(it, _)| it != path);
            self.seen.iter().find(is_gone).map(|(path, _)| path.clone())
        };
        let changed = saved.or_else(gone);
        self.seen = now;
        changed
    }
}

fn look(folders: &[PathBuf]) -> Vec<(PathBuf, SystemTime)> {
    let mut found = Vec::new();
    for folder in folders {
        walk(folder, &mut found);
    }
    found
}

fn walk(folder: &Path, found: &mut Vec<(PathBuf, SystemTime)>) {
    // What cannot be read is no source.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let Ok(kind) = entry.file_type() else { continue };
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        if kind.is_dir() {
            // Not a target folder.
            if !path.join("CACHEDIR.TAG").exists() {
                walk(&path, found);
            }
        } else if path.extension().is_some_and(|it| it == "rs" || it == "toml")
            && let Some(time) = entry.metadata().ok().and_then(|it| it.modified().ok())
        {
            found.push((path, time));
        }
    }
}
