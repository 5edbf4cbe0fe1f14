//! The one table through which a bundle reaches its host.

use core::{
    ptr, slice,
    sync::atomic::{AtomicPtr, Ordering},
    task::Waker,
};

use crate::{
    accessor::Accessor,
    cells::LiveCell,
    events::{LogTable, TraceTable},
    hook::Hook,
    init::ImageInfo,
    record::{Clock, ThreadRecord},
};

/// Borrowed text in a form with a fixed layout.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Text {
    data: *const u8,
    len: usize,
}

impl Text {
    /// Borrows `text`; whoever receives it must not keep it beyond the call it is passed to.
    pub const fn new(text: &str) -> Self {
        Text { data: text.as_ptr(), len: text.len() }
    }

    /// Borrows a text that may be missing.
    pub const fn maybe(text: Option<&str>) -> Self {
        match text {
            Some(text) => Text::new(text),
            None => Text { data: ptr::null(), len: 0 },
        }
    }

    /// # Safety
    /// As for [`as_str`](Text::as_str).
    pub unsafe fn as_option<'a>(self) -> Option<&'a str> {
        // SAFETY: the caller's promise.
        (!self.data.is_null()).then(|| unsafe { self.as_str() })
    }

    /// # Safety
    /// The text that was borrowed must still be alive, for as long as the result is used.
    pub unsafe fn as_str<'a>(self) -> &'a str {
        // SAFETY: built from a `&str` in `new`, alive by the caller's promise.
        unsafe { str::from_utf8_unchecked(slice::from_raw_parts(self.data, self.len)) }
    }
}

/// What a look at a definition finds.
#[repr(C)]
pub struct Looked {
    pub is_there: bool,
    /// Where it is not, why, if more is known; a text that lives as long as the process.
    pub why: Text,
}

/// A panic in a bundle, on its way to the host's hook.
#[repr(C)]
pub struct PanicReport {
    pub message: Text,
    pub bundle: Text,
    pub file: Text,
    pub line: u32,
    pub column: u32,
    /// The bundle's own backtrace, if one was asked for; else empty.
    pub backtrace: Text,
    /// The image whose code panicked.
    pub image: &'static ImageInfo,
}

/// Where init hands in what the image defines and calls; only the host looks inside.
#[repr(C)]
pub struct Stage {
    _opaque: [u8; 0],
}

/// What the host offers to a bundle. Both sides have this very definition: the fingerprint compares
/// its source.
#[repr(C)]
pub struct HostTable {
    /// Whether host and bundles share one copy of std, and with it one panic hook.
    pub shared_std: bool,
    pub clock: &'static Clock,
    pub thread_record: extern "C" fn() -> *const ThreadRecord,
    /// Waits while the gate is closed, to the end of a future that has begun, or to anything else. True: it is
    /// closed for the calling thread, which passes.
    pub passes_gate: extern "C" fn(bool) -> bool,
    /// Whether a future may be polled or dropped although the gate is closed; it has begun, or shall begin.
    pub lets_pass: extern "C" fn(bool) -> bool,
    /// Keeps the waker until the gate is open. False: it is.
    pub wakes: extern "C" fn(&Waker) -> bool,
    /// The entry that the accessor's slot shall call; null if nothing defines it.
    pub resolve: extern "C" fn(&'static Accessor) -> *const (),
    /// Whether `resolve` would find something. Changes nothing.
    pub look: extern "C" fn(&'static Accessor) -> Looked,
    pub fail: unsafe extern "C" fn(Text),
    pub report_panic: unsafe extern "C" fn(&PanicReport),
    /// Counts a panic that has ended a call of this image's code, where its std has no hook of its own.
    pub panicked: extern "C" fn(&'static ImageInfo),
    pub stage: unsafe extern "C" fn(*mut Stage, &'static Accessor),
    /// Compares what was staged with the manifest and the importers; false: refused.
    pub staged: unsafe extern "C" fn(*mut Stage) -> bool,
    /// Says why init failed.
    pub stage_error: unsafe extern "C" fn(*mut Stage, Text),
    pub alloc: unsafe extern "C" fn(usize, usize) -> *mut u8,
    pub alloc_zeroed: unsafe extern "C" fn(usize, usize) -> *mut u8,
    pub realloc: unsafe extern "C" fn(*mut u8, usize, usize, usize) -> *mut u8,
    pub dealloc: unsafe extern "C" fn(*mut u8, usize, usize),
    /// Introduces the image whose init is running.
    pub image: unsafe extern "C" fn(*mut Stage, &'static ImageInfo),
    /// Hands in what the image runs when it comes or goes.
    pub hook: unsafe extern "C" fn(*mut Stage, &'static Hook),
    pub log: &'static LogTable,
    pub trace: &'static TraceTable,
    /// The cell of a type with this id, which the records describe. Never null.
    pub live_cell: unsafe extern "C" fn(u128, *const u8, usize) -> *const LiveCell,
    /// Calls the function with what is passed along, and keeps a fork from beginning meanwhile: it may
    /// take a lock that a child needs.
    pub in_moment: unsafe extern "C" fn(unsafe extern "C" fn(*mut ()), *mut ()),
}

/// The host's table, null in an image that no host has claimed.
///
/// It lies in a section of its own: before the host loads its private copy of a library it writes
/// the table's address into the file, so that even a constructor that allocates or calls hot code
/// reaches the host.
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__hothost"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".hothost"))]
pub(crate) static TABLE: AtomicPtr<HostTable> = AtomicPtr::new(ptr::null_mut());

/// The table of this image's host; null before there is one.
pub fn host_table() -> *const HostTable {
    // Acquire as in `table()`.
    TABLE.load(Ordering::Acquire).cast_const()
}

/// Makes this executable's host known to its own code.
///
/// # Safety
/// The functions of the table are the host's, and there was no table before: what one of two tables
/// has given would be looked for in the other. Not in a bundle, whose table `init` stores.
pub unsafe fn set_host_table(table: &'static HostTable) {
    // Release: pairs with the Acquire loads, so that whoever finds the table finds what its host
    // has set up before.
    TABLE.store(ptr::from_ref(table).cast_mut(), Ordering::Release);
}
