//! The private folder that copies of libraries are loaded from.
//!
//! A bundle's file is written again by the next build, while its code runs: so a copy is loaded,
//! which nobody else can touch.

use std::{
    env,
    ffi::OsStr,
    fs::{self, File, Metadata},
    io::{self, ErrorKind},
    mem,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
    thread,
    time::{Duration, SystemTime},
};

use crate::platform;
use crate::said::{Code, Error, Reason, Result};
pub use folder::want;

/// How often a file is read that is being written meanwhile, and how long to wait between.
const ATTEMPTS: u32 = 8;
const PAUSE: Duration = Duration::from_millis(25);

/// One host's folder, which stays its own as long as this value lives. Keep it as long as the
/// process: dropped, the folder stays, and the next host to start removes it. Nothing is removed
/// on drop, since a forked child could drop its copy of this value.
pub(crate) struct Shadow {
    path: PathBuf,
    next: AtomicU64,
    /// Held for its lock.
    _lock: File,
}

/// The user's own folder in `base`, or among the temporary files.
fn root_in(base: Option<&Path>) -> (PathBuf, PathBuf) {
    let base = base.map_or_else(env::temp_dir, Path::to_owned);
    let root = base.join(format!("hotreload-{}", platform::user_id()));
    (base, root)
}

/// Does something with the folders among the temporary files that hosts have left which have ended, while none
/// can start.
///
/// # Errors
/// Another process does so, or starts, for longer than one waits.
pub fn each_left(act: impl FnMut(&Path)) -> io::Result<()> {
    folder::each_dead(&root_in(None).1, act)
}

/// Of all files in a folder and below. What vanishes meanwhile does not count.
pub fn bytes_in(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(it) if it.is_dir() => bytes_in(&entry.path()),
            Ok(it) => it.len(),
            Err(_) => 0,
        })
        .sum()
}

impl Shadow {
    /// Makes this host's folder, and removes those of hosts that have ended.
    ///
    /// All of it lies in a folder `hotreload-<user>` in `base`, which is the folder for temporary
    /// files if not given. `base` itself keeps its rights and its other files.
    pub(crate) fn create(base: Option<&Path>) -> Result<Shadow> {
        let (base, root) = root_in(base);
        Self::create_in(&base, &root).map_err(|error| {
            let message = "the private folder for copies of libraries cannot be made";
            Error::from(Reason::new(Code::Shadow, message).file(&root)).caused_by(error)
        })
    }

    fn create_in(base: &Path, root: &Path) -> io::Result<Shadow> {
        fs::create_dir_all(base)?;
        // The loader gets absolute paths: a relative one would follow the working directory.
        let root = std::path::absolute(root)?;
        platform::private_dir(&root)?;
        let (path, lock) = folder::claim(&root)?;
        Ok(Shadow { path, next: AtomicU64::new(0), _lock: lock })
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Copies a library into the folder, under a name that was not used before.
    ///
    /// The copy is whole: see [`steady`]. Writing through a mapping does not always touch the file's time, so whoever loads
    /// the copy still checks that its segments are there.
    pub(crate) fn copy(&self, source: &Path) -> Result<Copy> {
        steady(source, |before| {
            // Whatever the outcome, a copy that is not returned is removed as it is dropped.
            let copied = self.claim(source).and_then(|copy| {
                let bytes = fs::copy(source, &copy.path)?;
                protect(&copy.path)?;
                Ok((copy, bytes))
            });
            let (copy, bytes) = copied.map_err(|error| {
                let reason = Reason::new(Code::Shadow, "the library cannot be copied");
                let reason = reason.file(source).fact("to", self.path.display().to_string());
                Error::from(reason).caused_by(error)
            })?;
            Ok((bytes == before.len()).then_some(copy))
        })
    }

    /// A new, empty file for the copy. A forked child shares the folder and counts on from the same
    /// number: it must not write to a file that its parent has mapped, nor the reverse.
    fn claim(&self, source: &Path) -> io::Result<Copy> {
        loop {
            let path = self.path.join(self.name_for(source));
            match File::create_new(&path) {
                Ok(_) => return Ok(Copy { path }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The size of all files in the folder.
    pub(crate) fn bytes(&self) -> u64 {
        bytes_in(&self.path)
    }

    /// `libgreeting.so` becomes `libgreeting-3.so`: the name is seen in backtraces and debuggers.
    fn name_for(&self, source: &Path) -> String {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let stem = source.file_stem().map(OsStr::to_string_lossy).unwrap_or_default();
        // A name may have 255 bytes; one of this length always fits with its number.
        let stem: String = stem.chars().take(50).collect();
        format!("{stem}-{number}{}", platform::DLL_SUFFIX)
    }
}

/// A copied library. Its file goes when this is dropped: a refused library leaves none.
#[derive(Debug)]
pub(crate) struct Copy {
    path: PathBuf,
}

impl Copy {
    /// The copy's absolute path.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Leaves the file in the folder.
    pub(crate) fn keep(mut self) -> PathBuf {
        mem::take(&mut self.path)
    }
}

impl Drop for Copy {
    fn drop(&mut self) {
        if !self.path.as_os_str().is_empty() {
            // What cannot be removed now goes with the folder.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Does something with a library's file while that stays as it is: again, if it changes meanwhile (a
/// linker may be at work), or if nothing came of it.
pub(crate) fn steady<T>(source: &Path, act: impl Fn(&Metadata) -> Result<Option<T>>) -> Result<T> {
    look_at(source)?;
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            thread::sleep(PAUSE);
        }
        // A linker or cargo may have removed the file, to write it anew.
        let Some(before) = settled(source) else {
            continue;
        };
        if let Err(error) = File::open(source) {
            if error.kind() == ErrorKind::NotFound {
                continue;
            }
            return Err(unreadable(source, "the library's file cannot be read", error));
        }
        match act(&before) {
            Ok(Some(done)) if unchanged(source, &before) => return Ok(done),
            Ok(_) => {}
            Err(_) if !unchanged(source, &before) => {}
            Err(error) => return Err(error),
        }
    }
    let message = "the library's file changes or vanishes while it is read";
    let reason = Reason::new(Code::FileMissing, message).file(source);
    Err(reason.help("load it once the build that writes it is done").into())
}

/// Whether a library can lie there. Asked before it is opened: opening a pipe to read would wait for
/// a writer.
pub(crate) fn look_at(path: &Path) -> Result<()> {
    match fs::metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Err(Reason::new(Code::FileMissing, "there is no such file").file(path).into())
        }
        Err(error) => Err(unreadable(path, "the library's file cannot be looked at", error)),
        Ok(it) if !it.is_file() => {
            let message = "this is not a file that could hold a library";
            let kind = if it.is_dir() { "a folder" } else { "a device, pipe or socket" };
            let reason = Reason::new(Code::FileMissing, message).file(path);
            Err(reason.fact("found", kind).into())
        }
        Ok(_) => Ok(()),
    }
}

fn unreadable(path: &Path, message: &str, error: io::Error) -> Error {
    Error::from(Reason::new(Code::FileMissing, message).file(path)).caused_by(error)
}

/// The state of a file once the clock that gives files their times has gone on since it was written: from
/// then on, a write changes its time. `None` if it is gone or keeps being written.
fn settled(source: &Path) -> Option<Metadata> {
    const STEP: Duration = Duration::from_micros(500);

    for _ in 0..100 {
        let metadata = fs::metadata(source).ok()?;
        let is_young = |time: &SystemTime| {
            // A time in the future tells nothing: waiting would not help.
            *time >= platform::file_clock(source) && *time <= SystemTime::now()
        };
        match metadata.modified().ok().filter(is_young) {
            Some(_) => thread::sleep(STEP),
            None => return Some(metadata),
        }
    }
    None
}

/// Whether the path still leads to the same file, not written since.
fn unchanged(source: &Path, before: &Metadata) -> bool {
    let Ok(after) = fs::metadata(source) else {
        return false;
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        if (after.dev(), after.ino()) != (before.dev(), before.ino()) {
            return false;
        }
    }
    after.len() == before.len() && after.modified().ok() == before.modified().ok()
}

/// Takes the rights of group and others, which the copy has from its source.
fn protect(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))?;
    }
    // A read-only file could not be removed on Windows.
    #[cfg(windows)]
    {
        let mut permissions = fs::metadata(path)?.permissions();
        #[expect(clippy::permissions_set_readonly_false, reason = "not Unix")]
        permissions.set_readonly(false);
        fs::set_permissions(path, permissions)?;
    }
    Ok(())
}

mod folder;
#[cfg(test)]
mod tests;
