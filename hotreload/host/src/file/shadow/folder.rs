//! Whose folder is it? Folders of hosts that have ended are found without trusting a number.
//!
//! ```text
//! <base>/hotreload-<user>/          the root: this user's alone (0700)
//!     lock                          locked while a folder below is made or removed
//!     host-<process>-<n>/           one host's folder
//!         lock                      locked as long as that host lives
//!         libgreeting-3.so          a copy
//! ```
//!
//! A lock ends with its process, however that ends, while the number of a process is soon another
//! process's. So a folder whose lock is free, or that has none, is a dead host's: for a live host
//! a folder is only ever without its lock while that host holds the root's. A kill between any
//! two steps leaves a folder of the one kind or the other, and the next start removes it.
//!
//! A forked child shares its parent's locks (Linux, macOS). It is not a second owner; it only
//! keeps the folder from being removed until parent and child have both ended, or the child has
//! become another program (the files close on `exec`). The root's lock is given back by an
//! explicit unlock, which counts for a child as well.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
    process, thread,
    time::{Duration, Instant},
};

use crate::file::shadow::platform;

/// How long to wait for another host of this user that is starting just now.
const PATIENCE: Duration = Duration::from_secs(10);

/// Removes the folders of dead hosts from the root, and makes one for this host: the folder, and
/// the open file that holds its lock.
pub(super) fn claim(root: &Path) -> io::Result<(PathBuf, File)> {
    let _guard = RootLock::take(root)?;
    dead(root, |folder| _ = fs::remove_dir_all(folder));
    let path = new_folder(root)?;
    let lock = open_lock(&path.join("lock"), true)?;
    lock.try_lock()?;
    Ok((path, lock))
}

/// The root's lock; given back when dropped.
struct RootLock(File);

impl RootLock {
    fn take(root: &Path) -> io::Result<Self> {
        let file = open_lock(&root.join("lock"), true)?;
        let since = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(RootLock(file)),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if since.elapsed() > PATIENCE => {
                    let why = "another process has held the folder's lock for too long";
                    return Err(io::Error::new(ErrorKind::TimedOut, why));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(Duration::from_millis(2)),
            }
        }
    }
}

impl Drop for RootLock {
    fn drop(&mut self) {
        // Not left to closing the file: a child forked meanwhile has it open too.
        let _ = self.0.unlock();
    }
}

/// Opens a lock's file, which is empty: only its lock matters.
fn open_lock(path: &Path, create: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(create);
    #[cfg(unix)]
    // Whatever lay here before the root became private.
    platform::no_link_no_pipe(&mut options);
    options.open(path)
}

/// The file in a host's folder whose lock keeps the folder after the host's end.
const WANTED: &str = "wanted";

/// Keeps a host's folder, also after the host's end, as long as the file that it gives is open.
///
/// # Errors
/// The folder is gone, or nobody may write to it.
pub fn want(folder: &Path) -> io::Result<File> {
    let file = open_lock(&folder.join(WANTED), true)?;
    file.lock_shared()?;
    Ok(file)
}

/// Does something with the folders of hosts that have ended, while none can start.
pub(super) fn each_dead(root: &Path, act: impl FnMut(&Path)) -> io::Result<()> {
    if !root.is_dir() {
        return Ok(());
    }
    let _guard = RootLock::take(root)?;
    dead(root, act);
    Ok(())
}

/// The folders of hosts that have ended. The caller holds the root's lock.
///
/// Only folders named as [`new_folder`] names them. What cannot be judged stays for the next start.
fn dead(root: &Path, mut act: impl FnMut(&Path)) {
    let Ok(entries) = fs::read_dir(root) else {
        return;
    };
    for entry in entries.flatten() {
        let is_ours = entry.file_name().to_string_lossy().starts_with("host-");
        if !is_ours || !entry.file_type().is_ok_and(|it| it.is_dir()) {
            continue;
        }
        let held = match open_lock(&entry.path().join("lock"), false) {
            Ok(lock) if lock.try_lock().is_ok() => Some(lock),
            Ok(_) => continue,
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(_) => continue,
        };
        // Who wants the copies after their host's end, and from when on, only that one knows.
        let wanted = match open_lock(&entry.path().join(WANTED), false) {
            Ok(lock) if lock.try_lock().is_ok() => Some(lock),
            Ok(_) => continue,
            Err(error) if error.kind() == ErrorKind::NotFound => None,
            Err(_) => continue,
        };
        // A file that is open cannot be removed on Windows. The root's lock is held anyway.
        if cfg!(windows) {
            drop((held, wanted));
        }
        act(&entry.path());
    }
}

/// A new folder of this process. The number of the process is for people to read: containers
/// that share a disk share numbers too.
fn new_folder(root: &Path) -> io::Result<PathBuf> {
    for number in 0_u64.. {
        let path = root.join(format!("host-{}-{number}", process::id()));
        match fs::create_dir(&path) {
            Ok(()) => return platform::private_dir(&path).map(|()| path),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    unreachable!("some number is free")
}
