//! The target folders that wrappers have made: another version of the wrapper has another one. Whoever
//! builds in one holds its file's lock as long as it lives, so that others know which of the older ones
//! nobody needs.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Path, PathBuf},
    time::SystemTime,
};

/// The file in a target folder that names the wrapper.
pub(super) const FILE: &str = "hotreload-wrapper";

/// A target folder of a wrapper. It is not removed as long as this value lives, or a forked copy of it.
#[derive(Debug)]
pub struct Folder {
    /// Held for its lock.
    file: File,
    /// Where that is.
    path: PathBuf,
}

impl Folder {
    pub(super) fn hold(path: &Path) -> io::Result<Folder> {
        loop {
            fs::create_dir_all(path)?;
            let file = match File::options().create(true).append(true).open(path.join(FILE)) {
                // Somebody has removed the folder just now.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file?,
            };
            file.lock_shared()?;
            // Or has done so while this waited.
            if is_at(&file, &path.join(FILE))? {
                return Ok(Folder { file, path: path.join(FILE) });
            }
        }
    }

    /// Where it was, if it is another one by now, or none.
    pub(super) fn lost(&self) -> Option<&Path> {
        let is_there = is_at(&self.file, &self.path).unwrap_or(true);
        self.path.parent().filter(|_| !is_there)
    }

    /// Has its file say this; the file's time says when the folder was used last. Who reads meanwhile finds
    /// one text or the other: the file is never empty, and stays the one that is locked.
    pub(super) fn say(&self, text: &str) -> io::Result<()> {
        let mut file = File::options().read(true).write(true).open(&self.path)?;
        let mut said = String::new();
        file.read_to_string(&mut said)?;
        if said != text {
            file.rewind()?;
            file.write_all(text.as_bytes())?;
            file.set_len(text.len() as u64)?;
        }
        file.set_modified(SystemTime::now())
    }

    /// All in a workspace's target folder, with the time of their last use, the latest last.
    pub fn all(target_dir: &Path) -> Vec<(SystemTime, PathBuf)> {
        let entries = fs::read_dir(target_dir).into_iter().flatten().flatten();
        let ours = entries.filter(|it| it.file_name().to_string_lossy().starts_with("hotreload-"));
        let mut all: Vec<_> = ours
            .filter_map(|it| {
                Some((fs::metadata(it.path().join(FILE)).ok()?.modified().ok()?, it.path()))
            })
            .collect();
        all.sort();
        all
    }

    /// Whether somebody builds in it.
    pub fn is_held(path: &Path) -> io::Result<bool> {
        Ok(Self::alone(path)?.is_none())
    }

    /// Removes it, unless somebody builds in it: then this is `false`.
    pub fn remove(path: &Path) -> io::Result<bool> {
        let Some(_alone) = Self::alone(path)? else { return Ok(false) };
        // The file goes last: what is left of a folder is found again.
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path())?,
                false if entry.file_name() == FILE => {}
                false => fs::remove_file(entry.path())?,
            }
        }
        fs::remove_dir_all(path)?;
        Ok(true)
    }

    /// The lock that nobody else has then.
    fn alone(path: &Path) -> io::Result<Option<File>> {
        let Some(file) = locked(File::options().append(true).open(path.join(FILE))?)? else {
            return Ok(None);
        };
        // Another may have removed it meanwhile, and somebody may have taken it anew.
        Ok(is_at(&file, &path.join(FILE))?.then_some(file))
    }
}

/// Has a file say this. Who reads meanwhile finds all of the old text or of the new one.
pub(super) fn replace(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|it| it == text) {
        return Ok(());
    }
    let new = path.with_extension(std::process::id().to_string());
    fs::write(&new, text)?;
    fs::rename(new, path)
}

/// The folders in which rustc alone builds, beside those of cargo: a library of each bundle, and what rustc
/// keeps for the next call.
pub struct AloneFolder;

impl AloneFolder {
    /// All in a workspace's target folder that are beside cargo's: `debug/hotreload`, and those of other
    /// targets. Those in a wrapper's folder go with that.
    pub fn all(target_dir: &Path) -> Vec<PathBuf> {
        let folders = |folder: &Path| {
            let entries = fs::read_dir(folder).into_iter().flatten().flatten();
            entries.map(|it| it.path()).filter(|it| it.is_dir()).collect::<Vec<_>>()
        };
        let outer: Vec<_> =
            folders(target_dir).into_iter().filter(|it| !it.join(FILE).exists()).collect();
        let inner = outer.iter().flat_map(|it| folders(it));
        let profiles = outer.iter().cloned().chain(inner).filter(|it| lock_of(it).is_file());
        let mut all: Vec<_> =
            profiles.map(|it| it.join("hotreload")).filter(|it| it.is_dir()).collect();
        all.sort();
        all
    }

    /// Whether somebody builds beside it now: who calls rustc there holds the lock of cargo's folder, as
    /// cargo does.
    pub fn is_held(path: &Path) -> io::Result<bool> {
        Ok(Self::alone(path)?.is_none())
    }

    /// Removes it, unless somebody builds beside it: then this is `false`.
    pub fn remove(path: &Path) -> io::Result<bool> {
        /// A rustc that was called while another cargo had the lock may be writing there.
        const ATTEMPTS: u32 = 20;

        let Some(_alone) = Self::alone(path)? else { return Ok(false) };
        for _ in 1..ATTEMPTS {
            match fs::remove_dir_all(path) {
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {}
                removed => return removed.map(|()| true),
            }
        }
        fs::remove_dir_all(path).map(|()| true)
    }

    fn alone(path: &Path) -> io::Result<Option<File>> {
        let lock = path.parent().map(lock_of).ok_or(io::ErrorKind::NotFound)?;
        locked(File::open(lock)?)
    }
}

/// The file with its lock, unless somebody else has that.
fn locked(file: File) -> io::Result<Option<File>> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Ok(None),
        locked => locked.map(|()| Some(file)).map_err(io::Error::from),
    }
}

/// Cargo's lock of a folder that it builds a profile in.
fn lock_of(profile: &Path) -> PathBuf {
    profile.join(".cargo-lock")
}

/// Whether an open file is still the one that is there.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let there = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        there => there?,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let this = file.metadata()?;
        Ok((there.dev(), there.ino()) == (this.dev(), this.ino()))
    }
    // A file that is open cannot be removed there.
    #[cfg(not(unix))]
    Ok(there.is_file() && file.metadata()?.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_that_was_removed_is_lost_whatever_comes_after() {
        let target = tempfile::tempdir().unwrap();
        let path = target.path().join("hotreload-1");
        let folder = Folder::hold(&path).unwrap();
        assert_eq!(folder.lost(), None);
        fs::remove_dir_all(&path).unwrap();
        assert_eq!(folder.lost(), Some(&*path));
        let another = Folder::hold(&path).unwrap();
        assert_eq!((folder.lost(), another.lost()), (Some(&*path), None));
    }

    /// One thread removes what others take: nobody has a folder that is not there.
    #[test]
    fn who_has_taken_it_has_it() {
        let target = tempfile::tempdir().unwrap();
        let path = target.path().join("hotreload-1");
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let _folder = Folder::hold(&path).unwrap();
                        assert!(path.join(FILE).is_file());
                        std::thread::yield_now();
                        assert!(path.join(FILE).is_file());
                    }
                });
            }
            scope.spawn(|| (0..400).for_each(|_| _ = Folder::remove(&path)));
        });
    }
}
