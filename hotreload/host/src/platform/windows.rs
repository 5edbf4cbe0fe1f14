//! Windows. Compiled, never run.

use std::{
    ffi::{OsString, c_void},
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom},
    os::windows::ffi::OsStringExt as _,
    path::Path,
    ptr,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use super::OwnLibrary;

#[link(name = "kernel32")]
unsafe extern "system" {
    fn FlushProcessWriteBuffers();
    fn GetCurrentThreadId() -> u32;
    fn GetModuleFileNameW(module: *mut c_void, name: *mut u16, size: u32) -> u32;
    fn GetModuleHandleExW(flags: u32, name: *const u16, module: *mut *mut c_void) -> i32;
    fn GetModuleHandleW(name: *const u16) -> *mut c_void;
    fn TlsAlloc() -> u32;
    fn TlsFree(index: u32) -> i32;
}

// The C runtime, which std links.
unsafe extern "C" {
    fn atexit(f: extern "C" fn()) -> i32;
}

/// What `TlsAlloc` gives when there is no index left.
const TLS_OUT_OF_INDEXES: u32 = u32::MAX;

/// Has `GetModuleHandleExW` look for the module that an address is in.
const FROM_ADDRESS: u32 = 4;
/// Has it keep the module until the process ends.
const PIN: u32 = 1;
/// Has it leave the count of the module's users as it is.
const UNCHANGED: u32 = 2;

/// The module that this code is in, if it is not the program itself.
fn own_module(flag: u32) -> io::Result<Option<*mut c_void>> {
    let mut own = ptr::null_mut();
    let address = own_module as fn(u32) -> io::Result<Option<*mut c_void>> as *const u16;
    // SAFETY: the address is one of this code, and `own` is a local that may be written.
    if unsafe { GetModuleHandleExW(FROM_ADDRESS | flag, address, &mut own) } == 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: no name stands for the program.
    let program = unsafe { GetModuleHandleW(ptr::null()) };
    Ok((own != program).then_some(own))
}

/// The library that this code is in; `None` if it is in the program itself.
pub(crate) fn own_library() -> Option<OwnLibrary> {
    let module = own_module(UNCHANGED).ok()??;
    let mut name = vec![0_u16; 1 << 15];
    // SAFETY: the module is the one that this code is in, and so many words may be written.
    let length = unsafe { GetModuleFileNameW(module, name.as_mut_ptr(), 1 << 15) } as usize;
    let path = OsString::from_wide(name.get(..length).filter(|it| !it.is_empty())?).into();
    // A library that is loaded cannot be removed.
    Some(OwnLibrary { path, is_gone: false })
}

/// Keeps the library that this code is in in memory, whoever closes it. Does nothing in a program.
pub(crate) fn keep_own_library() -> io::Result<()> {
    own_module(PIN).map(|_| ())
}

/// Opens a shared library by its absolute path.
///
/// # Safety
/// The library's initialisation runs here and its termination runs when the result is dropped:
/// they must be sound to run, and nothing may use the library's code or data afterwards.
pub(crate) unsafe fn open_library(path: &Path) -> Result<libloading::Library, libloading::Error> {
    // SAFETY: the caller vouches for initialisation and termination, which is all that `new`
    // asks for.
    unsafe { libloading::Library::new(path) }
}

/// The system's number of this thread. It can be given to another thread once this one is gone.
pub(crate) fn thread_id() -> u64 {
    // SAFETY: takes nothing, touches no memory of ours, and cannot fail.
    u64::from(unsafe { GetCurrentThreadId() })
}

/// Always `false`, "cannot tell".
pub(crate) fn thread_is_gone(_id: u64) -> bool {
    false
}

/// Always `None`.
pub(crate) fn thread_name(_id: u64) -> Option<String> {
    None
}

/// Has each thread of this process pass a full memory barrier before this returns.
pub(crate) fn barrier_in_all_threads() -> bool {
    // SAFETY: takes nothing, touches no memory of ours, and cannot fail.
    unsafe { FlushProcessWriteBuffers() };
    true
}

/// Waits a moment while the word has this value.
pub(crate) fn wait_while(word: &AtomicU32, value: u32) {
    if word.load(Ordering::Relaxed) == value {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Nothing: those who wait look by themselves.
pub(crate) fn wake_all(_word: &AtomicU32) {}

/// Does nothing: there is no fork.
pub(crate) fn on_fork_in_child(_child: extern "C" fn()) -> io::Result<()> {
    Ok(())
}

/// Does nothing: there is no fork.
pub(crate) fn on_fork(
    _before: extern "C" fn(),
    _parent: extern "C" fn(),
    _child: extern "C" fn(),
) -> io::Result<()> {
    Ok(())
}

/// Has `f` run when the process exits: after `main`, or by `exit` on whatever thread.
pub(crate) fn at_exit(f: extern "C" fn()) -> io::Result<()> {
    // SAFETY: `f` is a safe function of the host's image, which is never unmapped, the program's nor that
    // of a library, which is kept (`keep_own_library`) before the host registers any.
    match unsafe { atexit(f) } {
        0 => Ok(()),
        _ => Err(io::ErrorKind::OutOfMemory.into()),
    }
}

/// Whether `n` more thread-local indexes can be had: they are taken and given back.
pub(crate) fn probe_thread_keys(n: usize) -> bool {
    let mut indexes = Vec::with_capacity(n);
    while indexes.len() < n {
        // SAFETY: takes nothing and touches no memory of ours.
        let index = unsafe { TlsAlloc() };
        if index == TLS_OUT_OF_INDEXES {
            break;
        }
        indexes.push(index);
    }
    for &index in &indexes {
        // SAFETY: the index was taken above, is freed once, and never left this function.
        unsafe { TlsFree(index) };
    }
    indexes.len() == n
}

/// Reads what is in the file from there on into the room that the vector has, or less at the file's end.
pub(crate) fn fill(bytes: &mut Vec<u8>, mut file: &File, from: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(from))?;
    let room = (bytes.capacity() - bytes.len()) as u64;
    file.take(room).read_to_end(bytes).map(drop)
}

/// Where the first `needle` begins.
pub(crate) fn find(bytes: &[u8], needle: &[u8]) -> Option<usize> {
    bytes.windows(needle.len()).position(|it| it == needle)
}

/// Always `true`: the number of mappings has no limit of its own.
pub(crate) fn probe_mappings(_n: usize) -> bool {
    true
}

/// Always 0: the folder for temporary files is each user's own.
pub(crate) fn user_id() -> u32 {
    0
}

/// Makes sure that `path` is a real folder. Who may enter it follows from its parent: the folder
/// for temporary files lies in the user's profile.
pub(crate) fn private_dir(path: &Path) -> io::Result<()> {
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    // Junctions count as links here.
    if path.symlink_metadata()?.is_dir() {
        return Ok(());
    }
    Err(io::Error::new(io::ErrorKind::NotADirectory, "it is not a folder, or a link to one"))
}
