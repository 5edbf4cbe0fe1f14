//! From what the system reports to files that somebody has saved.
//!
//! Editors save in many ways: they write the file in place, at once or after making it empty; they
//! write another file and give it the name; they rename the old one away first. There is no fixed
//! delay: a file counts when it is complete. On Linux that is told by the closing of a file that was
//! written to, and by a rename. A file that is gone or empty, or only begun, is looked at again
//! after a [`MOMENT`], if nothing has completed it before.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
    time::{Duration, Instant, SystemTime},
};

use notify::{
    Event, EventKind,
    event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode},
};

use crate::watch::known_files::{Bytes, KnownFiles, is_touched_since, is_written_by_cargo};

/// How long a file that is gone, empty or begun is waited for.
const MOMENT: Duration = Duration::from_millis(100);

/// Whether the system says when a file that was written to is closed.
const TELLS_CLOSE: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// What an event says about each of its paths.
pub(super) enum Sign {
    /// It may hold something else now, and is complete.
    Complete,
    /// Somebody writes to it.
    Begun,
    /// A file is there that was not, perhaps a half-written one.
    Came,
    /// A file or folder with this name is there that was made elsewhere.
    Placed,
    /// It is gone.
    Gone,
}

/// What the event says about its paths; `None` if nothing that counts: opening, reading, and new
/// times or rights.
pub(super) fn sign(event: &Event) -> Option<Sign> {
    Some(match event.kind {
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Sign::Complete,
        EventKind::Access(_) | EventKind::Modify(ModifyKind::Metadata(_)) => return None,
        // Both names come in events of their own, too.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) if TELLS_CLOSE => return None,
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(_) => Sign::Gone,
        EventKind::Modify(ModifyKind::Name(_)) | EventKind::Create(CreateKind::Folder) => {
            Sign::Placed
        }
        EventKind::Create(_) => Sign::Came,
        EventKind::Modify(_) => Sign::Begun,
        EventKind::Any | EventKind::Other => return None,
    })
}

/// Files that something has happened to, until it is clear what.
#[derive(Default)]
pub(super) struct Saves {
    waiting: HashMap<PathBuf, Waiting>,
    /// Written to since they were last closed.
    begun: HashSet<PathBuf>,
}

struct Waiting {
    due: Instant,
    /// Somebody has written it, and not only touched it.
    is_save: bool,
    /// It was waited for already: it counts as it is.
    is_last: bool,
    received: Instant,
}

/// A file that counts.
pub(super) struct Saved {
    pub(super) path: PathBuf,
    /// Whether it holds something else than before.
    pub(super) is_edit: bool,
    pub(super) received: Instant,
}

impl Saves {
    /// Takes in what was reported of a file, at this time.
    pub(super) fn take(&mut self, path: PathBuf, sign: &Sign, received: Instant) {
        let (due, is_save) = match sign {
            Sign::Placed => (received, true),
            // Opened for writing and closed, as `touch` does, it was not saved.
            Sign::Complete => (received, self.begun.remove(&path)),
            Sign::Begun if TELLS_CLOSE => {
                self.begun.insert(path.clone());
                (received + MOMENT, false)
            }
            // Several of these may come from one save.
            Sign::Begun => (received, false),
            Sign::Came if !TELLS_CLOSE => (received, false),
            Sign::Came | Sign::Gone => (received + MOMENT, false),
        };
        let new = Waiting { due, is_save, is_last: due > received, received };
        let waiting = self.waiting.entry(path).or_insert(Waiting { ..new });
        waiting.is_save |= new.is_save;
        if new.due < waiting.due {
            (waiting.due, waiting.is_last) = (new.due, new.is_last);
        }
    }

    /// A file that may have been saved before anybody looked.
    pub(super) fn suspect(&mut self, path: PathBuf, received: Instant) {
        let new = Waiting { due: received, is_save: false, is_last: true, received };
        self.waiting.entry(path).or_insert(new);
    }

    /// Takes in a file that counts since a build which began at `since`. What was saved since then is a save
    /// like any other; all else is as it was built, and its text is given, if it is one.
    pub(super) fn note(
        &mut self,
        path: &Path,
        since: SystemTime,
        known_files: &mut KnownFiles,
    ) -> Option<String> {
        let is_save = || {
            // Of one that is still waited for, a build that began later says nothing.
            self.waiting.contains_key(path) || is_touched_since(path, since)
        };
        if known_files.knows(path) {
            return None;
        }
        if !is_written_by_cargo(path) && is_save() {
            self.suspect(path.to_owned(), Instant::now());
            return None;
        }
        let (now, text) = Bytes::read(path);
        known_files.set(path.to_owned(), now);
        text
    }

    /// When the next file is to be looked at again.
    pub(super) fn due(&self) -> Option<Instant> {
        self.waiting.values().map(|it| it.due).min()
    }

    /// The files that are complete, with what they hold taken into `known_files`.
    pub(super) fn settle(&mut self, now: Instant, known_files: &mut KnownFiles) -> Vec<Saved> {
        let mut saved = Vec::new();
        self.waiting.retain(|path, waiting| {
            if waiting.due > now {
                return true;
            }
            let (before, bytes) = (known_files.get(path), Bytes::of(path));
            let is_edit = bytes != before;
            let is_odd = matches!(bytes, Bytes::Missing | Bytes::Empty);
            if is_edit && is_odd && !waiting.is_last {
                (waiting.due, waiting.is_last) = (waiting.received + MOMENT, true);
                return true;
            }
            known_files.set(path.clone(), bytes);
            self.begun.remove(path);
            if is_edit || waiting.is_save {
                let (path, received) = (path.clone(), waiting.received);
                saved.push(Saved { path, is_edit, received });
            }
            false
        });
        saved
    }

    /// Forgets what was waited for in a folder.
    pub(super) fn forget(&mut self, folder: &Path) {
        self.begun.retain(|path| !path.starts_with(folder));
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Two bundles come at once, and what the one is made of was saved before the other's build began.
    #[test]
    fn a_save_is_one_whatever_is_built_later() {
        let folder = tempfile::tempdir().unwrap();
        let [path, built] = ["number.dat", "built.dat"].map(|it| folder.path().join(it));
        for path in [&path, &built] {
            fs::write(path, "22").unwrap();
        }
        let hour = Duration::from_secs(3600);
        let (before, after) = (SystemTime::now() - hour, SystemTime::now() + hour);
        let (mut saves, mut known_files) = (Saves::default(), KnownFiles::default());
        assert_eq!(saves.note(&path, before, &mut known_files), None);
        assert_eq!(saves.note(&path, after, &mut known_files), None);
        assert_eq!(saves.note(&built, after, &mut known_files).as_deref(), Some("22"));
        saves.take(path.clone(), &Sign::Begun, Instant::now());
        saves.take(path.clone(), &Sign::Complete, Instant::now());
        let saved = saves.settle(Instant::now(), &mut known_files);
        let saved: Vec<_> = saved.into_iter().map(|it| (it.path, it.is_edit)).collect();
        assert_eq!(saved, [(path.clone(), true)]);
        // It is known from then on.
        assert_eq!(saves.note(&path, before, &mut known_files), None);
        assert!(saves.due().is_none());
    }
}
