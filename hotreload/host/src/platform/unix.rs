//! What Linux and macOS share: POSIX.

use std::{
    ffi::{CStr, c_void},
    fs::{DirBuilder, File, OpenOptions, Permissions},
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
use rustix::{
    buffer::spare_capacity,
    fs::OFlags,
    io::{Errno, pread, retry_on_intr},
    process::{
        Pid, Signal, WaitId, WaitIdOptions, geteuid, kill_process, kill_process_group,
        test_kill_process, test_kill_process_group, waitid,
    },
};

use super::OwnLibrary;

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

/// What the loader knows of the image that this address is in.
fn image_at(address: *const c_void) -> Option<libc::Dl_info> {
    let mut info = MaybeUninit::<libc::Dl_info>::uninit();
    // SAFETY: any address may be asked for, and `info` is a local that may be written.
    if unsafe { libc::dladdr(address, info.as_mut_ptr()) } == 0 {
        return None;
    }
    // SAFETY: `dladdr` has written it, as it succeeded.
    Some(unsafe { info.assume_init() })
}

/// The image that this code is in, if it is not the program itself.
fn own_image() -> Option<(*const c_void, libc::Dl_info)> {
    let address = own_library as fn() -> Option<OwnLibrary> as *const c_void;
    let own = image_at(address)?;
    let program = image_at(super::in_program())?;
    (own.dli_fbase != program.dli_fbase).then_some((address, own))
}

/// The name that the loader knows it by, as the program gave it.
fn name_of(image: &libc::Dl_info) -> &CStr {
    // SAFETY: the loader keeps the name as long as the image is in memory. This one is: its code
    // runs here, and the result does not leave this room.
    unsafe { CStr::from_ptr(image.dli_fname) }
}

/// The library that this code is in; `None` if it is in the program itself.
pub(crate) fn own_library() -> Option<OwnLibrary> {
    let (address, image) = own_image()?;
    super::library_at(address, name_of(&image))
}

/// Keeps the library that this code is in in memory, whoever closes it. Does nothing in a program.
pub(crate) fn keep_own_library() -> io::Result<()> {
    let Some((_, image)) = own_image() else { return Ok(()) };
    let flags = libc::RTLD_NOW | libc::RTLD_NOLOAD | libc::RTLD_NODELETE;
    // SAFETY: the name is a text that ends. Nothing is loaded, so that no code runs: the library is in
    // memory already.
    let handle = unsafe { libc::dlopen(image.dli_fname, flags) };
    if handle.is_null() {
        let name = name_of(&image).to_string_lossy();
        return Err(io::Error::other(format!("the loader does not know {name} any more")));
    }
    Ok(())
}

/// Has `child` run in every child process that `fork` makes of this one, before `fork` returns there.
///
/// The child has one thread: `child` must not wait for another thread, or for a lock that it does not
/// have. Children made by `vfork`, `posix_spawn` or a bare `clone` do not run it. Fails if memory is
/// short.
pub(crate) fn on_fork_in_child(child: extern "C" fn()) -> io::Result<()> {
    at_fork(None, None, Some(child))
}

/// As [`on_fork_in_child`], and has `before` run on the thread that forks, before it does, and
/// `parent` afterwards.
pub(crate) fn on_fork(
    before: extern "C" fn(),
    parent: extern "C" fn(),
    child: extern "C" fn(),
) -> io::Result<()> {
    at_fork(Some(before), Some(parent), Some(child))
}

fn at_fork(
    before: Option<extern "C" fn()>,
    parent: Option<extern "C" fn()>,
    child: Option<extern "C" fn()>,
) -> io::Result<()> {
    let [before, parent, child] =
        [before, parent, child].map(|f| f.map(|f| f as unsafe extern "C" fn()));
    // SAFETY: they are safe functions, so that calling them at any time is sound, and they stay
    // callable: the host's image is never unmapped, the program's nor that of a library, which is kept
    // (`keep_own_library`) before the host registers any.
    match unsafe { libc::pthread_atfork(before, parent, child) } {
        0 => Ok(()),
        code => Err(io::Error::from_raw_os_error(code)),
    }
}

/// Has `f` run when the process exits: after `main`, or by `exit` on whatever thread.
pub(crate) fn at_exit(f: extern "C" fn()) -> io::Result<()> {
    // SAFETY: `f` is a safe function of the host's image, which is never unmapped: as above.
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

/// Reads what is in the file from there on into the room that the vector has, or less at the file's end: at
/// once, where `read_to_end` asks the system for a little at first, and for twice as much each time.
pub(crate) fn fill(bytes: &mut Vec<u8>, file: &File, from: u64) -> io::Result<()> {
    while bytes.len() < bytes.capacity() {
        let at = from + bytes.len() as u64;
        if retry_on_intr(|| pread(file, spare_capacity(bytes), at))? == 0 {
            break;
        }
    }
    Ok(())
}

/// Where the first `needle` begins. The system's own search is optimised where a host is not.
pub(crate) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    // SAFETY: both are read as far as their lengths say.
    let found = unsafe {
        libc::memmem(bytes.as_ptr().cast(), bytes.len(), needle.as_ptr().cast(), needle.len())
    };
    (!found.is_null()).then(|| found.addr() - bytes.as_ptr().addr())
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
    geteuid().as_raw()
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
    let folder = OpenOptions::new()
        .read(true)
        .custom_flags(open_flags(OFlags::DIRECTORY | OFlags::NOFOLLOW))
        .open(&path)?;
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
        // Not rustix's, which takes numbers of open files only.
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
            unsafe { rustix::io::close(self.fd) };
        }
    }
}

/// Whether there is a process of this number.
pub(crate) fn is_process(id: u32) -> bool {
    pid(id).is_some_and(|id| matches!(test_kill_process(id), Ok(()) | Err(Errno::PERM)))
}

/// The user at the other end of a connection.
pub(crate) fn peer(stream: &UnixStream) -> io::Result<u32> {
    #[cfg(target_os = "linux")]
    {
        // Not rustix's, whose process numbers are never 0: the system gives that of a process that
        // this one cannot see, in another container.
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

/// The system's number of a process, as rustix has it.
pub(super) fn pid(id: u32) -> Option<Pid> {
    i32::try_from(id).ok().and_then(Pid::from_raw)
}

/// Has a file opened that only this user reads, without following a link that lies there in its
/// place, and without waiting for a pipe.
pub(crate) fn no_link_no_pipe(options: &mut OpenOptions) {
    options.mode(0o600).custom_flags(open_flags(OFlags::NOFOLLOW | OFlags::NONBLOCK));
}

fn open_flags(flags: OFlags) -> i32 {
    flags.bits().cast_signed()
}

/// Sends a signal to a child that was not waited for yet, or to the process group that it leads.
///
/// The child's number is not another process's until it is waited for, and neither is its group's.
pub fn signal(child: u32, group: bool, signal: i32) {
    let id = pid(child).filter(|id| !id.is_init());
    let (Some(id), Some(signal)) = (id, Signal::from_named_raw(signal)) else { return };
    // It may have ended in the meantime.
    let _ = if group { kill_process_group(id, signal) } else { kill_process(id, signal) };
}

/// Ends the process group that this child leads, which was not waited for yet.
pub(crate) fn kill_group(child: u32) {
    signal(child, true, Signal::KILL.as_raw());
}

/// Whether any process of the group is left that this child led.
pub(crate) fn is_group(child: u32) -> bool {
    pid(child).is_some_and(|id| test_kill_process_group(id).is_ok())
}

/// Whether a child has ended. It is still to be waited for.
pub fn has_ended(child: u32) -> bool {
    // An error says that there is no such child: it was waited for.
    let now = WaitIdOptions::NOHANG;
    pid(child).is_none_or(|id| !matches!(end_of(id, now), Ok(None)))
}

/// Waits until a child has ended, and leaves it to be waited for. Whether a signal has ended it.
pub(crate) fn was_killed(child: u32) -> bool {
    let end = pid(child).map(|id| end_of(id, WaitIdOptions::empty()));
    matches!(end, Some(Ok(Some(how))) if how.killed() || how.dumped())
}

fn end_of(
    child: Pid,
    more: WaitIdOptions,
) -> rustix::io::Result<Option<rustix::process::WaitIdStatus>> {
    waitid(WaitId::Pid(child), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | more)
}

/// Waits for a child that has ended or was killed, and is no `Child` of std's.
#[cfg(target_os = "linux")]
pub(super) fn reap(child: Pid) {
    let _ = rustix::process::waitpid(Some(child), rustix::process::WaitOptions::empty());
}
