//! What files hold, so that a save without a change is known for one.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    time::SystemTime,
};

use hot_rt::rt::versioned::Hasher;

/// What a file held when it was looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bytes {
    Missing,
    Empty,
    /// A hash of its bytes.
    Hash(u128),
}

impl Bytes {
    pub(super) fn of(path: &Path) -> Bytes {
        Bytes::read(path).0
    }

    /// As [`of`](Bytes::of), with the text, if the file is one. A file that is not there has none: it does
    /// not become another one by being looked at.
    pub(super) fn read(path: &Path) -> (Bytes, Option<String>) {
        let Ok(bytes) = fs::read(path) else { return (Bytes::Missing, None) };
        let found = if bytes.is_empty() {
            Bytes::Empty
        } else {
            let mut hasher = Hasher::new();
            hasher.bytes(&bytes);
            Bytes::Hash(hasher.digest())
        };
        (found, String::from_utf8(bytes).ok())
    }
}

/// What each file held when it was last dealt with.
#[derive(Debug, Default)]
pub(super) struct KnownFiles(HashMap<PathBuf, Bytes>);

impl KnownFiles {
    pub(super) fn get(&self, path: &Path) -> Bytes {
        self.0.get(path).copied().unwrap_or(Bytes::Missing)
    }

    pub(super) fn knows(&self, path: &Path) -> bool {
        self.0.contains_key(path)
    }

    pub(super) fn set(&mut self, path: PathBuf, bytes: Bytes) {
        self.0.insert(path, bytes);
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

/// Whether cargo brings the file up to date by itself.
pub(super) fn is_written_by_cargo(file: &Path) -> bool {
    file.file_name().is_some_and(|name| name == "Cargo.lock")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The settings that cargo would read are watched, also those that nobody has written.
    #[test]
    fn what_is_not_there_is_no_empty_text() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rust-toolchain.toml");
        assert_eq!(Bytes::read(&path), (Bytes::Missing, None));
        fs::write(&path, "").unwrap();
        assert_eq!(Bytes::read(&path), (Bytes::Empty, Some(String::new())));
        fs::write(&path, "[toolchain]").unwrap();
        let (found, text) = Bytes::read(&path);
        assert!(matches!(found, Bytes::Hash(_)) && found == Bytes::of(&path));
        assert_eq!(text.as_deref(), Some("[toolchain]"));
        fs::write(&path, b"\xff").unwrap();
        let (other, text) = Bytes::read(&path);
        assert!(other != found && text.is_none());
    }
}
