//! macOS. Compiled, never run.

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

/// Always `true`: the number of mappings has no limit of its own.
pub(crate) fn probe_mappings(_n: usize) -> bool {
    true
}

/// Nothing: there is no such thing here.
#[cfg(feature = "cli")]
pub(crate) fn adopt_orphans() {}

/// Nothing: there are none.
#[cfg(feature = "cli")]
pub(crate) fn reap_orphans(_except: u32) {}

/// Nothing: there are none; see [`adopt_orphans`].
#[cfg(feature = "cli")]
pub(crate) fn end_orphans(_except: u32) {}
