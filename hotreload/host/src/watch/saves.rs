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
    /// A build may have read what it held for a moment.
    is_misread: bool,
    received: Instant,
}

/// A file that counts.
pub(super) struct Saved {
    pub(super) path: PathBuf,
    /// Whether it holds something else than before.
    pub(super) is_edit: bool,
    /// Whether a build may have read something else all the same: half of it, or what it held for a moment.
    pub(super) is_misread: bool,
    pub(super) received: Instant,
}

impl Saves {
    /// Takes in what was reported of a file, at this time. `is_built` is whether a build was going on then
    /// that reads it.
    pub(super) fn take(&mut self, path: PathBuf, sign: &Sign, received: Instant, is_built: bool) {
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
        // To be closed changes nothing any more.
        let is_misread = is_built && !matches!(sign, Sign::Complete);
        let new = Waiting { due, is_save, is_last: due > received, is_misread, received };
        let waiting = self.waiting.entry(path).or_insert(Waiting { ..new });
        waiting.is_save |= new.is_save;
        waiting.is_misread |= new.is_misread;
        if new.due < waiting.due {
            (waiting.due, waiting.is_last) = (new.due, new.is_last);
        }
    }

    /// A file that may have been saved before anybody looked.
    pub(super) fn suspect(&mut self, path: PathBuf, received: Instant) {
        let new =
            Waiting { due: received, is_save: false, is_last: true, is_misread: false, received };
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
        if known_files.knows(path) {
            return None;
        }
        // It is read before it is asked about: what is saved in between is reported, or new by its time.
        let (now, text) = Bytes::read(path);
        // Of one that is still waited for, a build that began later says nothing.
        let is_save = self.waiting.contains_key(path) || is_touched_since(path, since);
        if is_save && !is_written_by_cargo(path) {
            self.suspect(path.to_owned(), Instant::now());
            return None;
        }
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
            let Waiting { is_save, is_misread, received, .. } = *waiting;
            if is_edit || is_save || is_misread {
                saved.push(Saved { path: path.clone(), is_edit, is_misread, received });
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
    #[cfg(target_os = "linux")]
    use std::{process::Command, thread};

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
        saves.take(path.clone(), &Sign::Begun, Instant::now(), false);
        saves.take(path.clone(), &Sign::Complete, Instant::now(), false);
        let saved = saves.settle(Instant::now(), &mut known_files);
        let saved: Vec<_> = saved.into_iter().map(|it| (it.path, it.is_edit)).collect();
        assert_eq!(saved, [(path.clone(), true)]);
        // It is known from then on.
        assert_eq!(saves.note(&path, before, &mut known_files), None);
        assert!(saves.due().is_none());
    }

    /// A build reads a file that is written once more with the same bytes: half of it, perhaps.
    #[test]
    fn what_a_build_may_have_misread_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.rs");
        fs::write(&path, "as it was").unwrap();
        let (mut saves, mut known_files) = (Saves::default(), KnownFiles::default());
        known_files.set(path.clone(), Bytes::of(&path));
        let mut told = |signs: &[(Sign, bool)]| {
            for (sign, is_built) in signs {
                saves.take(path.clone(), sign, Instant::now(), *is_built);
            }
            let saved = saves.settle(Instant::now() + MOMENT, &mut known_files);
            let [Saved { is_edit: false, is_misread, .. }] = &*saved else {
                panic!("{}", saved.len())
            };
            *is_misread
        };
        assert!(!told(&[(Sign::Begun, false), (Sign::Complete, false)]));
        // It was whole before the build began.
        assert!(!told(&[(Sign::Begun, false), (Sign::Complete, true)]));
        assert!(told(&[(Sign::Begun, true), (Sign::Complete, true)]));
        // Somebody else goes on writing what is not closed.
        assert!(told(&[(Sign::Begun, true)]));
        for sign in [Sign::Gone, Sign::Came] {
            assert!(told(&[(sign, true), (Sign::Placed, false)]));
        }
    }

    /// Somebody saves at the moment in which a file is noted: reading it waits for that here.
    #[cfg(target_os = "linux")]
    #[test]
    fn what_is_saved_meanwhile_is_not_taken_for_built() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lib.rs");
        assert!(Command::new("mkfifo").arg(&path).status().unwrap().success());
        // Times of files lag behind by a tick of the clock, and a build takes longer.
        let tick = Duration::from_millis(50);
        thread::sleep(tick);
        let since = SystemTime::now();
        thread::sleep(tick);
        let (mut saves, mut known_files) = (Saves::default(), KnownFiles::default());
        let text = thread::scope(|scope| {
            scope.spawn(|| fs::write(&path, "saved").unwrap());
            saves.note(&path, since, &mut known_files)
        });
        assert_eq!((text, known_files.knows(&path)), (None, false));
        assert!(saves.waiting.contains_key(&path), "it is looked at again");
    }
}
