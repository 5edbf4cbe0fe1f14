//! The table of an image that no host has claimed, and which of the two tables counts. Every call of
//! the host goes through [`table`]; what the functions here do without a host stands beside what they
//! do with one.

use core::sync::atomic::Ordering;

use crate::{
    accessor::{self, Accessor},
    allocator, cells,
    events::{LogTable, TraceTable},
    hook::Hook,
    init::ImageInfo,
    panic, pin,
    table::{HostTable, Stage, TABLE, Text},
};

/// The host's table, or the image's own where there is no host.
pub(crate) fn table() -> &'static HostTable {
    host().unwrap_or(&ALONE)
}

/// The host's table, where there is one.
pub(crate) fn host() -> Option<&'static HostTable> {
    // Pairs with the Release store in `init`, or was there before the image was mapped.
    let table = TABLE.load(Ordering::Acquire);
    // SAFETY: whoever stores into TABLE stores the address of a static in the host executable.
    unsafe { table.as_ref() }
}

/// An executable without a host: tests of a bundle crate, or a program before `Host::start`.
/// Accessors resolve to the body that is linked beside them.
static ALONE: HostTable = HostTable {
    shared_std: true,
    clock: &pin::EPOCH,
    thread_record: pin::new_record,
    passes_gate: pin::passes_gate_alone,
    lets_pass: pin::lets_pass_alone,
    wakes: pin::wakes_alone,
    resolve: accessor::resolve_alone,
    look: accessor::look_alone,
    fail: panic::fail_here,
    report_panic: panic::report_alone,
    panicked: panic::panicked_alone,
    stage: stage_alone,
    staged: staged_alone,
    stage_error: stage_error_alone,
    alloc: allocator::alloc_alone,
    alloc_zeroed: allocator::alloc_zeroed_alone,
    realloc: allocator::realloc_alone,
    dealloc: allocator::dealloc_alone,
    image: image_alone,
    hook: hook_alone,
    log: &LogTable::NONE,
    trace: &TraceTable::NONE,
    live_cell: cells::cell_alone,
    in_moment: in_moment_alone,
};

unsafe extern "C" fn in_moment_alone(run: unsafe extern "C" fn(*mut ()), with: *mut ()) {
    // SAFETY: the caller's promise.
    unsafe { run(with) }
}

// `init` gets a host's table as its argument and never uses this one.
unsafe extern "C" fn stage_alone(_: *mut Stage, _: &'static Accessor) {}
unsafe extern "C" fn staged_alone(_: *mut Stage) -> bool {
    false
}
unsafe extern "C" fn image_alone(_: *mut Stage, _: &'static ImageInfo) {}
unsafe extern "C" fn hook_alone(_: *mut Stage, _: &'static Hook) {}
unsafe extern "C" fn stage_error_alone(_: *mut Stage, _: Text) {}
