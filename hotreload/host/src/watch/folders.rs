//! The folders that the system reports on.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::mpsc::Sender,
    time::Instant,
};

use notify::{Config, ErrorKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::said::{Code, Error, Reason, Result};
use crate::watch::watching::Message;

/// The folders that are watched, each for itself: what lies in a target folder is never looked at.
pub(super) struct Folders {
    notify: RecommendedWatcher,
    watched: HashSet<PathBuf>,
    /// Whether a failure was told: the limits of a system fail for one folder after the other.
    told: bool,
}

impl Folders {
    pub(super) fn new(events: Sender<Message>) -> Result<Folders> {
        let report = move |event: notify::Result<notify::Event>| {
            // Reading and opening is most of what happens, and never of interest.
            if event.as_ref().is_ok_and(|event| super::saves::sign(event).is_none())
                && !event.as_ref().is_ok_and(notify::Event::need_rescan)
            {
                return;
            }
            // The thread ends with the process only.
            let _ = events.send(Message::Seen(event, Instant::now()));
        };
        let notify = RecommendedWatcher::new(report, Config::default()).map_err(failed)?;
        Ok(Folders { notify, watched: HashSet::new(), told: false })
    }

    /// Watches these folders too, and says whether one of them is new. Those that do not exist are
    /// left out. The first failure is given, no later one.
    pub(super) fn watch(&mut self, folders: impl IntoIterator<Item = PathBuf>) -> Result<bool> {
        let before = self.watched.len();
        let mut result = Ok(());
        for folder in folders {
            if self.watched.contains(&folder) || !folder.is_dir() {
                continue;
            }
            match self.notify.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => _ = self.watched.insert(folder),
                Err(error) if is_gone(&error) => {}
                Err(error) if result.is_ok() && !self.told => {
                    self.told = true;
                    result = Err(failed(error));
                }
                Err(_) => {}
            }
        }
        result.map(|()| self.watched.len() > before)
    }

    /// A folder has come or gone: what was watched in it has to be watched anew. Says whether
    /// anything in it was.
    pub(super) fn forget(&mut self, folder: &Path) -> bool {
        let before = self.watched.len();
        self.watched.retain(|watched| !watched.starts_with(folder));
        self.watched.len() < before
    }
}

fn is_gone(error: &notify::Error) -> bool {
    match &error.kind {
        ErrorKind::PathNotFound => true,
        ErrorKind::Io(error) => error.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}

/// The error of a system that does not watch.
pub(super) fn failed(error: notify::Error) -> Error {
    let reason = Reason::new(Code::WatchFailed, "the sources cannot be watched");
    let is_limit = match &error.kind {
        ErrorKind::MaxFilesWatch => true,
        // Too many watchers of one user: EMFILE.
        ErrorKind::Io(error) => cfg!(target_os = "linux") && error.raw_os_error() == Some(24),
        _ => false,
    };
    let reason = match error.paths.first() {
        Some(folder) => reason.fact("folder", folder.display().to_string()),
        None => reason,
    };
    let reason = if is_limit {
        reason.help(
            "raise fs.inotify.max_user_watches and max_user_instances with sysctl, or end other \
             programs that watch files; then start the host again",
        )
    } else {
        reason
    };
    Error::from(reason).caused_by(error)
}
