//! Events of `log` and `tracing` on their way from a bundle to the host: each image has its own
//! copy of these crates. The tables are there whatever features the two sides were built with.

use core::{ptr, slice};

use crate::table::Text;

/// A borrowed slice in a form with a fixed layout.
#[repr(C)]
#[derive(Debug)]
pub struct Slice<T> {
    data: *const T,
    len: usize,
}

impl<T> Slice<T> {
    pub(crate) const fn new(slice: &[T]) -> Self {
        Slice { data: slice.as_ptr(), len: slice.len() }
    }

    /// # Safety
    /// The slice that was borrowed is alive for as long as the result is used.
    pub unsafe fn get<'a>(&self) -> &'a [T] {
        // SAFETY: built from a slice in `new`, alive by the caller's promise.
        unsafe { slice::from_raw_parts(self.data, self.len) }
    }
}

/// The value of a field.
#[repr(C, u32)]
#[derive(Clone, Copy, Debug)]
pub enum Value {
    Absent,
    Bool(bool),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    /// A string.
    Text(Text),
    /// Something else, as its own image has formatted it.
    Formatted(Text),
}

/// A key with its value.
#[repr(C)]
#[derive(Debug)]
pub struct KeyValue {
    pub key: Text,
    pub value: Value,
}

/// A `log::Record`. Levels are 1 (error) to 5 (trace).
#[repr(C)]
#[derive(Debug)]
pub struct LogRecord {
    pub level: usize,
    pub target: Text,
    pub message: Text,
    pub module: Text,
    pub file: Text,
    /// 0: unknown.
    pub line: u32,
    pub fields: Slice<KeyValue>,
}

/// The host's logger. What panics in it sets the calling thread's flag.
#[repr(C)]
pub struct LogTable {
    /// The most verbose level that is logged, 0 for none. Never panics.
    pub max_level: extern "C" fn() -> usize,
    pub enabled: unsafe extern "C" fn(usize, Text) -> bool,
    pub log: unsafe extern "C" fn(&LogRecord),
    pub flush: extern "C" fn(),
}

impl LogTable {
    /// Of a host that has no logger for bundles.
    pub const NONE: LogTable =
        LogTable { max_level: no_level, enabled: log_nothing, log: log_nowhere, flush: nothing };
}

/// `tracing`'s description of an event or span. Levels are 1 (error) to 5 (trace).
#[repr(C)]
#[derive(Debug)]
pub struct SiteRecord {
    pub name: Text,
    pub target: Text,
    pub level: usize,
    pub module: Text,
    pub file: Text,
    /// 0: unknown.
    pub line: u32,
    pub is_span: bool,
    pub fields: Slice<Text>,
}

/// The host's counterpart of a bundle's callsite. Never freed; null in a host without `tracing`.
pub type SitePointer = *const ();

/// Where an event or span belongs.
#[repr(C, u32)]
#[derive(Clone, Copy, Debug)]
pub enum Parent {
    /// To the span that the thread is in.
    Context,
    Root,
    Span(u64),
}

/// The host's subscriber. What panics in it sets the calling thread's flag.
/// Values are in the order of the site's fields; those after the last one are absent.
#[repr(C)]
pub struct TraceTable {
    /// Where the dispatch is that the calling thread records to: each copy of `tracing-core` has its own.
    pub dispatch: extern "C" fn() -> usize,
    /// The most verbose level that is recorded, 0 for none. Never panics.
    pub max_level: extern "C" fn() -> usize,
    pub site: unsafe extern "C" fn(&SiteRecord) -> SitePointer,
    pub enabled: unsafe extern "C" fn(SitePointer) -> bool,
    pub event: unsafe extern "C" fn(SitePointer, Parent, Slice<Value>),
    /// Gives the span's number, which is not 0.
    pub new_span: unsafe extern "C" fn(SitePointer, Parent, Slice<Value>) -> u64,
    pub record: unsafe extern "C" fn(u64, Slice<Value>),
    pub follows: extern "C" fn(u64, u64),
    pub enter: extern "C" fn(u64),
    pub exit: extern "C" fn(u64),
    pub clone: extern "C" fn(u64) -> u64,
    pub close: extern "C" fn(u64) -> bool,
}

impl TraceTable {
    /// Of a host that has no subscriber for bundles.
    pub const NONE: TraceTable = TraceTable {
        dispatch: no_level,
        max_level: no_level,
        site: no_site,
        enabled: trace_nothing,
        event: trace_nowhere,
        new_span: no_span,
        record: record_nowhere,
        follows: no_follower,
        enter: no_number,
        exit: no_number,
        clone: same_number,
        close: not_closed,
    };
}

extern "C" fn no_level() -> usize {
    0
}
extern "C" fn nothing() {}
unsafe extern "C" fn log_nothing(_: usize, _: Text) -> bool {
    false
}
unsafe extern "C" fn log_nowhere(_: &LogRecord) {}
unsafe extern "C" fn no_site(_: &SiteRecord) -> SitePointer {
    ptr::null()
}
unsafe extern "C" fn trace_nothing(_: SitePointer) -> bool {
    false
}
unsafe extern "C" fn trace_nowhere(_: SitePointer, _: Parent, _: Slice<Value>) {}
unsafe extern "C" fn no_span(_: SitePointer, _: Parent, _: Slice<Value>) -> u64 {
    u64::MAX
}
unsafe extern "C" fn record_nowhere(_: u64, _: Slice<Value>) {}
extern "C" fn no_follower(_: u64, _: u64) {}
extern "C" fn no_number(_: u64) {}
extern "C" fn same_number(number: u64) -> u64 {
    number
}
extern "C" fn not_closed(_: u64) -> bool {
    false
}
