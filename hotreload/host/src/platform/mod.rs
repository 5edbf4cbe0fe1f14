//! What the operating system is asked for: threads, mappings, private folders, processes. No
//! other room asks. Linux is tested; macOS and Windows are written with care, and have not been run.

#[cfg(not(target_os = "linux"))]
use std::time::SystemTime;
use std::{env::consts, path::PathBuf, time::Duration};

#[cfg(unix)]
mod unix;
#[cfg(unix)]
pub use unix::*;

#[cfg(target_os = "linux")]
mod begun;
#[cfg(target_os = "linux")]
pub(crate) use begun::files_that_threads_began_in;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
pub use linux::*;

#[cfg(target_vendor = "apple")]
mod macos;
#[cfg(target_vendor = "apple")]
pub use macos::*;

#[cfg(windows)]
mod windows;
#[cfg(windows)]
pub(crate) use windows::*;

#[cfg(not(any(target_os = "linux", target_vendor = "apple", windows)))]
compile_error!("the feature `host` of hotreload knows Linux, macOS and Windows");

/// Nothing is known of threads here.
#[cfg(not(target_os = "linux"))]
pub(crate) fn files_that_threads_began_in() -> Vec<PathBuf> {
    Vec::new()
}

/// A file's time can be older than the moment by one step of the kernel's clock: at most 10 ms.
const CLOCK_STEP: Duration = Duration::from_millis(11);

/// The moment up to which a file's time tells of each write.
#[cfg(not(target_os = "linux"))]
pub(crate) fn file_clock(_file: &std::path::Path) -> SystemTime {
    SystemTime::now().checked_sub(CLOCK_STEP).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// How the names of shared libraries end here: `.so`, `.dylib`, `.dll`.
pub(crate) const DLL_SUFFIX: &str = consts::DLL_SUFFIX;

/// The library that this code is in.
#[derive(Debug, Clone)]
pub(crate) struct OwnLibrary {
    /// Where it was when it was loaded.
    pub(crate) path: PathBuf,
    /// Whether it has been removed, or replaced by another file.
    pub(crate) is_gone: bool,
}

/// Goes on with more stack where little is left: what is walked may be deeper than any stack.
pub(crate) fn deep<T>(walk: impl FnOnce() -> T) -> T {
    stacker::maybe_grow(128 << 10, 4 << 20, walk)
}

/// Asks for large pages for memory that is about to be filled: fresh memory costs more by its page faults
/// than by what is written to it.
///
/// # Safety
/// It is allocated, and nobody else uses it.
#[cfg(target_os = "linux")]
pub(crate) unsafe fn prefer_large_pages(at: *mut u8, size: usize) {
    const PAGE: usize = 2 << 20;
    if size >= 2 * PAGE {
        let start = at.map_addr(|addr| addr.next_multiple_of(PAGE));
        let len = (size - (start.addr() - at.addr())) & !(PAGE - 1);
        // SAFETY: it is within the allocation, by the caller's promise. The advice changes no byte; that
        // it is not taken does not matter.
        unsafe { libc::madvise(start.cast(), len, libc::MADV_HUGEPAGE) };
    }
}

/// As above: elsewhere nothing is known to help.
///
/// # Safety
/// As above.
#[cfg(not(target_os = "linux"))]
pub(crate) unsafe fn prefer_large_pages(_: *mut u8, _: usize) {}

#[cfg(test)]
pub(crate) mod tests;
