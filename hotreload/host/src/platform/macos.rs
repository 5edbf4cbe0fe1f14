//! macOS. Compiled, never run.

use std::{
    ffi::{CStr, OsStr, c_void},
    os::unix::ffi::OsStrExt as _,
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

use super::OwnLibrary;

/// An address in the program itself: where its header lies.
pub(super) fn in_program() -> *const c_void {
    // SAFETY: reads the loader's list, whose first image is the program.
    unsafe { libc::_dyld_get_image_header(0) }.cast()
}

/// The library that the loader knows by this name, which is its path.
pub(super) fn library_at(_address: *const c_void, name: &CStr) -> Option<OwnLibrary> {
    let path = OsStr::from_bytes(name.to_bytes()).into();
    Some(OwnLibrary { path, is_gone: false })
}

/// The system's number of this thread, unique as long as the system runs.
pub(crate) fn thread_id() -> u64 {
    let mut id = 0;
    // SAFETY: thread 0 means the calling one, and `id` is a local that may be written. It
    // fails only for a thread that does not exist.
    unsafe { libc::pthread_threadid_np(0, &mut id) };
    id
}

/// Always `false`, "cannot tell": the system has no cheap way to ask.
pub(crate) fn thread_is_gone(_id: u64) -> bool {
    false
}

/// Always `None`: a name can be asked for by `pthread_t` only, which may dangle.
pub(crate) fn thread_name(_id: u64) -> Option<String> {
    None
}

/// Always `false`: the system has no such barrier.
pub(crate) fn barrier_in_all_threads() -> bool {
    false
}

/// Waits a moment while the word has this value.
pub(crate) fn wait_while(word: &AtomicU32, value: u32) {
    if word.load(Ordering::Relaxed) == value {
        thread::sleep(Duration::from_millis(1));
    }
}

/// Nothing: those who wait look by themselves.
pub(crate) fn wake_all(_word: &AtomicU32) {}

/// Always `true`: the number of mappings has no limit of its own.
pub(crate) fn probe_mappings(_n: usize) -> bool {
    true
}

/// Nothing: there is no such thing here.
pub fn adopt_orphans() {}

/// Nothing: there are none.
pub fn reap_orphans(_except: u32) {}

/// Nothing: there are none; see [`adopt_orphans`].
pub fn end_orphans(_except: u32) {}
