//! The one table through which a bundle reaches its host.

use core::{
    ptr, slice,
    sync::atomic::{AtomicPtr, Ordering},
};

use crate::{
    Accessor, accessor, allocator,
    events::{LogTable, TraceTable},
    init::ImageInfo,
    live::{self, LiveCell},
    panic, pin,
};

/// The number of this boundary: raised with every change of a `repr(C)` type of this module, of
/// the entry protocol, or of the manifest's records.
pub const ABI: u32 = 4;

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
    #[cfg(any(feature = "log", feature = "tracing"))]
    pub(crate) const fn maybe(text: Option<&str>) -> Self {
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

/// What the host offers to a bundle. Grows at its end only; `size` tells how far it reaches.
#[repr(C)]
pub struct HostTable {
    pub size: usize,
    pub abi: u32,
    /// Whether host and bundles share one copy of std, and with it one panic hook.
    pub shared_std: bool,
    pub thread_record: extern "C" fn() -> *const pin::ThreadRecord,
    /// The entry that the accessor's slot shall call; null if nothing defines it.
    pub resolve: extern "C" fn(&'static Accessor) -> *const (),
    pub fail: unsafe extern "C" fn(Text),
    pub report_panic: unsafe extern "C" fn(&PanicReport),
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
    pub log: &'static LogTable,
    pub trace: &'static TraceTable,
    /// The cell of a type with this id, which the records describe. Never null.
    pub live_cell: unsafe extern "C" fn(u64, *const u8, usize) -> *const LiveCell,
}

/// The host's table, null in an image that no host has claimed.
///
/// It lies in a section of its own: before the host loads its private copy of a library it writes
/// the table's address into the file, so that even a constructor that allocates or calls hot code
/// reaches the host.
#[cfg_attr(target_vendor = "apple", unsafe(link_section = "__DATA,__hothost"))]
#[cfg_attr(not(target_vendor = "apple"), unsafe(link_section = ".hothost"))]
pub static TABLE: AtomicPtr<HostTable> = AtomicPtr::new(ptr::null_mut());

/// The host's table, or the image's own where there is no host.
pub(crate) fn table() -> &'static HostTable {
    // Pairs with the Release store in `init`, or was there before the image was mapped.
    let table = TABLE.load(Ordering::Acquire);
    // SAFETY: whoever stores into TABLE stores the address of a static in the host executable.
    unsafe { table.as_ref() }.unwrap_or(&ALONE)
}

/// An executable without a host: tests of a bundle crate, or a program before `Host::start`.
/// Accessors resolve to the body that is linked beside them.
static ALONE: HostTable = HostTable {
    size: size_of::<HostTable>(),
    abi: ABI,
    shared_std: true,
    thread_record: pin::new_record,
    resolve: accessor::resolve_alone,
    fail: panic::fail_here,
    report_panic: panic::report_alone,
    stage: stage_alone,
    staged: staged_alone,
    stage_error: stage_error_alone,
    alloc: allocator::alloc_alone,
    alloc_zeroed: allocator::alloc_zeroed_alone,
    realloc: allocator::realloc_alone,
    dealloc: allocator::dealloc_alone,
    image: image_alone,
    log: &LogTable::NONE,
    trace: &TraceTable::NONE,
    live_cell: live::cell_alone,
};

// `init` gets a host's table as its argument and never uses this one.
unsafe extern "C" fn stage_alone(_: *mut Stage, _: &'static Accessor) {}
unsafe extern "C" fn staged_alone(_: *mut Stage) -> bool {
    false
}
unsafe extern "C" fn image_alone(_: *mut Stage, _: &'static ImageInfo) {}
unsafe extern "C" fn stage_error_alone(_: *mut Stage, _: Text) {}
