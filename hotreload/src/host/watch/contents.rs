//! What files hold, so that a save without a change is known for one.

use std::{
    collections::HashMap,
    fs,
    hash::{DefaultHasher, Hasher as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// What a file held when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Content {
    Missing,
    Empty,
    /// A hash of its bytes.
    Hash(u64),
}

impl Content {
    pub(super) fn of(path: &Path) -> Content {
        match fs::read(path) {
            Err(_) => Content::Missing,
            Ok(bytes) if bytes.is_empty() => Content::Empty,
            Ok(bytes) => {
                let mut hasher = DefaultHasher::new();
                hasher.write(&bytes);
                Content::Hash(hasher.finish())
            }
        }
    }
}

/// What each file held when it was last dealt with.
#[derive(Debug, Default)]
pub(super) struct Contents(HashMap<PathBuf, Content>);

impl Contents {
    pub(super) fn get(&self, path: &Path) -> Content {
        self.0.get(path).copied().unwrap_or(Content::Missing)
    }

    pub(super) fn knows(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    pub(super) fn set(&mut self, path: PathBuf, content: Content) {
        self.0.insert(path, content);
    }

    /// The known files in a folder.
    pub(super) fn below(&self, folder: &Path) -> Vec<PathBuf> {
        self.0.keys().filter(|path| path.starts_with(folder)).cloned().collect()
    }

    /// All known files.
    pub(super) fn paths(&self) -> Vec<PathBuf> {
        self.0.keys().cloned().collect()
    }
}

/// Whether the file was written, or put into its place, at this time or later. Times of files lag
/// behind by a tick of the clock, so what was written just before it does not count.
pub(super) fn is_touched_since(path: &Path, since: SystemTime) -> bool {
    let Ok(metadata) = fs::metadata(path) else { return false };
    #[cfg(unix)]
    {
        use std::{os::unix::fs::MetadataExt as _, time::Duration};
        // Unlike the time of the last write, it is new for a file that was moved here.
        let (seconds, nanoseconds) = (metadata.ctime(), metadata.ctime_nsec());
        let (Ok(seconds), Ok(nanoseconds)) = (u64::try_from(seconds), u32::try_from(nanoseconds))
        else {
            return false;
        };
        SystemTime::UNIX_EPOCH + Duration::new(seconds, nanoseconds) >= since
    }
    #[cfg(not(unix))]
    metadata.modified().is_ok_and(|modified| modified >= since)
}
