//! What Linux and macOS share: POSIX.

use std::{
    fs::{DirBuilder, OpenOptions, Permissions},
    io,
    mem::MaybeUninit,
    os::{
        fd::{AsRawFd, RawFd},
        unix::{
            fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt},
            net::UnixStream,
        },
    },
    path::{Path, PathBuf},
};

use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

/// Opens a shared library: every symbol is bound now, and none is offered to libraries opened
/// later. Give an absolute path: a bare name would be searched for.
///
/// # Safety
/// The library's constructors run here and its destructors run when the result is dropped: they
/// must be sound to run, and nothing may use the library's code or data afterwards.
pub(crate) unsafe fn open_library(path: &Path) -> Result<libloading::Library, libloading::Error> {
    // SAFETY: the caller vouches for the constructors and destructors, which is all that `open`
    // asks for.
    unsafe { Library::open(Some(path), RTLD_NOW | RTLD_LOCAL) }.map(Into::into)
}

/// Has `f` run in every child process that `fork` makes of this one, before `fork` returns there.
///
/// The child has one thread: `f` must not lock, and must not wait for another thread. Children
/// made by `vfork`, `posix_spawn` or a bare `clone` do not run it. Fails if memory is short.
pub(crate) fn on_fork_in_child(f: extern "C" fn()) -> io::Result<()> {
    // SAFETY: `f` is a safe function, so that calling it at any time is sound, and it stays
    // callable: this code is part of the host's executable, which is never unmapped.
    match unsafe { libc::pthread_atfork(None, None, Some(f)) } {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// Has `f` run when the process exits: after `main`, or by `exit` on whatever thread.
pub(crate) fn at_exit(f: extern "C" fn()) -> io::Result<()> {
    // SAFETY: `f` is a safe function of the host's executable, which is never unmapped.
    match unsafe { libc::atexit(f) } {
        0 => Ok(()),
        _ => Err(io::ErrorKind::OutOfMemory.into()),
    }
}

/// Whether `n` more thread-local keys can be made: std aborts a process that runs out of them.
///
/// POSIX has no way to ask, so the keys are made and deleted. A thread that needs a key within
/// those microseconds could find none; where keys are known to be numbered from zero, a look at
/// the first one tells that they are short before the last one is taken.
pub(crate) fn probe_thread_keys(n: usize) -> bool {
    let mut keys = Vec::with_capacity(n);
    while keys.len() < n {
        let mut key: libc::pthread_key_t = 0;
        // SAFETY: `key` is a local that may be written; no destructor is named.
        if unsafe { libc::pthread_key_create(&mut key, None) } != 0 {
            break;
        }
        keys.push(key);
        if keys.len() == 1 && key_is_near_the_end(key, n) {
            break;
        }
    }
    for &key in &keys {
        // SAFETY: the key was made above, is deleted once, and never left this function.
        unsafe { libc::pthread_key_delete(key) };
    }
    keys.len() == n
}

/// glibc gives out the lowest free key: all keys below it are taken.
#[cfg(target_env = "gnu")]
fn key_is_near_the_end(key: libc::pthread_key_t, n: usize) -> bool {
    // SAFETY: `sysconf` reads a number; the name is one that it knows.
    let limit = unsafe { libc::sysconf(libc::_SC_THREAD_KEYS_MAX) };
    usize::try_from(limit).is_ok_and(|limit| limit.saturating_sub(key as usize) < n)
}

/// Elsewhere the number of a key says nothing.
#[cfg(not(target_env = "gnu"))]
fn key_is_near_the_end(_key: libc::pthread_key_t, _n: usize) -> bool {
    false
}

/// The effective user: who owns the files that this process makes.
pub(crate) fn user_id() -> u32 {
    // SAFETY: `geteuid` takes nothing, touches no memory of ours, and cannot fail.
    unsafe { libc::geteuid() }
}

/// Makes sure that `path` is a folder that only this user can enter. Its parent must exist.
///
/// A folder that exists is taken if it is a real one (no symbolic link, which somebody else could
/// have laid) and this user's; group and others then lose their rights.
pub(crate) fn private_dir(path: &Path) -> io::Result<()> {
    // Without the `/` at the end, which would have the last component followed as a link.
    let path: PathBuf = path.components().collect();
    match DirBuilder::new().mode(0o700).create(&path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let refuse = |why| Err(io::Error::new(io::ErrorKind::PermissionDenied, why));
    // Says more than the system does about `open` below, and finds the folder whose owner may
    // not read it. What counts is the check of what was opened.
    let seen = path.symlink_metadata()?;
    if seen.is_symlink() {
        return refuse("it is a symbolic link: a private folder must be a real one");
    }
    if !seen.is_dir() {
        return Err(io::Error::new(io::ErrorKind::NotADirectory, "it is not a folder"));
    }
    let flags = libc::O_DIRECTORY | libc::O_NOFOLLOW;
    let folder = OpenOptions::new().read(true).custom_flags(flags).open(&path)?;
    let metadata = folder.metadata()?;
    if metadata.uid() != user_id() {
        return refuse("it belongs to another user");
    }
    if metadata.mode() & 0o777 != 0o700 {
        // By the open file: the path could be another folder by now.
        folder.set_permissions(Permissions::from_mode(0o700))?;
    }
    Ok(())
}

/// An open file, known by more than its number, for a forked child to close.
#[derive(Debug)]
pub(crate) struct FileId {
    fd: RawFd,
    device: libc::dev_t,
    inode: libc::ino_t,
}

impl FileId {
    /// The file that is open under this number.
    pub(crate) fn of(fd: RawFd) -> io::Result<FileId> {
        let mut stat = MaybeUninit::<libc::stat>::uninit();
        // SAFETY: `stat` is a local that may be written; a number that is not open is an error.
        if unsafe { libc::fstat(fd, stat.as_mut_ptr()) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // SAFETY: `fstat` has written it, as it succeeded.
        let stat = unsafe { stat.assume_init() };
        Ok(FileId { fd, device: stat.st_dev, inode: stat.st_ino })
    }

    /// Closes the file, in a forked child, where nobody else uses it: the thread that did is not
    /// there. Does nothing if the number is another file's. Fit for a fork handler.
    pub(crate) fn close(&self) {
        if FileId::of(self.fd).is_ok_and(|it| (it.device, it.inode) == (self.device, self.inode)) {
            // SAFETY: the number is open and is this very file's. Its owner is a value on the stack
            // of a thread that the child does not have: nothing will use or close it again.
            unsafe { libc::close(self.fd) };
        }
    }
}

/// Whether there is a process of this number.
pub(crate) fn is_process(id: u32) -> bool {
    let Some(id) = libc::pid_t::try_from(id).ok().filter(|id| *id > 0) else { return false };
    // SAFETY: takes numbers only. Signal 0 is none.
    let found = unsafe { libc::kill(id, 0) } == 0;
    found || io::Error::last_os_error().raw_os_error() == Some(libc::EPERM)
}

/// The user at the other end of a connection.
pub(crate) fn peer(stream: &UnixStream) -> io::Result<u32> {
    #[cfg(target_os = "linux")]
    {
        let mut peer = libc::ucred { pid: 0, uid: 0, gid: 0 };
        let mut length = size_of::<libc::ucred>() as libc::socklen_t;
        let to = (&raw mut peer).cast();
        // SAFETY: `to` leads to a local of `length` bytes that may be written, and so does the
        // pointer to `length`.
        let result = unsafe {
            libc::getsockopt(
                stream.as_raw_fd(),
                libc::SOL_SOCKET,
                libc::SO_PEERCRED,
                to,
                &mut length,
            )
        };
        if result == 0 { Ok(peer.uid) } else { Err(io::Error::last_os_error()) }
    }
    #[cfg(not(target_os = "linux"))]
    {
        let (mut user, mut group) = (0, 0);
        // SAFETY: both are locals that may be written.
        match unsafe { libc::getpeereid(stream.as_raw_fd(), &mut user, &mut group) } {
            0 => Ok(user),
            _ => Err(io::Error::last_os_error()),
        }
    }
}

/// Sends a signal to a child that was not waited for yet, or to the process group that it leads.
#[cfg(feature = "cli")]
pub(crate) fn signal(child: u32, group: bool, signal: i32) {
    let Some(id) = libc::pid_t::try_from(child).ok().filter(|id| *id > 1) else { return };
    // SAFETY: takes numbers only. The child's number is not another process's until it is waited
    // for, and neither is its group's.
    unsafe { libc::kill(if group { -id } else { id }, signal) };
}

/// Whether a child has ended. It is still to be waited for.
#[cfg(feature = "cli")]
pub(crate) fn has_ended(child: u32) -> bool {
    let mut info = MaybeUninit::<libc::siginfo_t>::zeroed();
    let options = libc::WEXITED | libc::WNOWAIT | libc::WNOHANG;
    // SAFETY: `info` is a local that may be written.
    if unsafe { libc::waitid(libc::P_PID, child, info.as_mut_ptr(), options) } != 0 {
        // No such child: it was waited for.
        return true;
    }
    // SAFETY: zeroes are a value of the struct, which is made of numbers and pointers.
    let info = unsafe { info.assume_init() };
    // Nothing is written if the child still runs.
    info.si_signo != 0
}

/// Waits for a child that has ended or was killed, and is no `Child` of std's.
#[cfg(all(target_os = "linux", feature = "cli"))]
pub(super) fn reap(child: libc::pid_t) {
    // SAFETY: no status is asked for.
    unsafe { libc::waitpid(child, std::ptr::null_mut(), 0) };
}
