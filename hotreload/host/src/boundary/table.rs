//! The host's side of the boundary: what bundles call through the table.

use std::{panic::catch_unwind, ptr};

use hot_rt::rt::{
    self as rt, Accessor, Hook, HostTable, ImageInfo, LogTable, Looked, PanicReport, Text,
    TraceTable,
};

#[cfg(feature = "log")]
use crate::boundary::logging;
#[cfg(feature = "tracing")]
use crate::boundary::tracing;
use crate::{
    boundary::{cells, first_values, threads},
    said::Code,
    state::{self, Inner, Nowhere, moment},
};

/// Takes what one image's init hands in.
pub(crate) trait Staging {
    /// Who it is.
    fn image(&mut self, image: &'static ImageInfo);

    /// One of its accessors.
    fn accessor(&mut self, accessor: &'static Accessor);

    /// What it runs when it comes or goes.
    fn hook(&mut self, hook: &'static Hook);

    /// All of them are there. False: refused.
    fn staged(&mut self) -> bool;

    /// The author's init function has failed.
    fn failed(&mut self, text: &str);
}

/// What init gets a pointer to.
pub(crate) struct Stage<'a>(pub(crate) &'a mut dyn Staging);

#[cfg(feature = "log")]
const LOG: &LogTable = &logging::TABLE;
#[cfg(not(feature = "log"))]
const LOG: &LogTable = &LogTable::NONE;
#[cfg(feature = "tracing")]
const TRACE: &TraceTable = &tracing::TABLE;
#[cfg(not(feature = "tracing"))]
const TRACE: &TraceTable = &TraceTable::NONE;

/// The table of this host; lives as long as the process.
pub(crate) fn host_table(shared_std: bool) -> &'static HostTable {
    Box::leak(Box::new(HostTable {
        shared_std,
        clock: &rt::EPOCH,
        thread_record: threads::thread_record,
        passes_gate: state::passes_gate,
        lets_pass: state::lets_pass,
        wakes: state::wakes,
        resolve,
        look,
        fail: rt::fail_here,
        report_panic,
        panicked,
        stage,
        staged,
        stage_error,
        alloc: rt::alloc_host,
        alloc_zeroed: rt::alloc_zeroed_host,
        realloc: rt::realloc_host,
        dealloc: rt::dealloc_host,
        image,
        hook,
        log: LOG,
        trace: TRACE,
        live_cell: cells::live_cell,
        in_moment,
    }))
}

unsafe extern "C" fn in_moment(run: unsafe extern "C" fn(*mut ()), with: *mut ()) {
    let _moment = moment();
    // SAFETY: the caller's promise.
    unsafe { run(with) }
}

extern "C" fn resolve(accessor: &'static Accessor) -> *const () {
    if let Some(place) = first_values::resolve(accessor) {
        return place;
    }
    let Some(inner) = Inner::get() else { return ptr::null() };
    let text = match inner.resolve(accessor) {
        Ok(found) => return found,
        // Whoever asked says so.
        Err(Nowhere::Undefined) => return ptr::null(),
        Err(Nowhere::Other) => {
            let path = rt::Undefined::of(accessor, None).path();
            format!(
                "{}: `{path}` has another form than this code was compiled with",
                Code::Closed.id()
            )
        }
        Err(Nowhere::Closed(why)) => format!("{}: {why}", Code::Closed.id()),
        Err(Nowhere::Failed(text)) => text,
    };
    // SAFETY: the text outlives the call.
    unsafe { rt::fail_here(Text::new(&text)) }
    ptr::null()
}

extern "C" fn look(accessor: &'static Accessor) -> Looked {
    let found = |is_there, why| Looked { is_there, why: Text::maybe(why) };
    if first_values::is_awaited(accessor) {
        return found(true, None);
    }
    match Inner::get().map(|inner| inner.look(accessor)) {
        Some(Ok(())) => found(true, None),
        Some(Err(Nowhere::Closed(why))) => found(false, Some(why)),
        Some(Err(Nowhere::Other)) => {
            found(false, Some("the definition has another form than this code was compiled with"))
        }
        Some(Err(Nowhere::Undefined | Nowhere::Failed(_))) | None => found(false, None),
    }
}

/// Raises the panic in the host's std, so that the host's hook sees it, once.
unsafe extern "C" fn report_panic(report: &PanicReport) {
    // SAFETY: `report` borrows texts that outlive the call.
    let (message, bundle, file, backtrace) = unsafe {
        (
            report.message.as_str(),
            report.bundle.as_str(),
            report.file.as_str(),
            report.backtrace.as_str(),
        )
    };
    let (line, column) = (report.line, report.column);
    let separator = if backtrace.is_empty() { "" } else { "\n" };
    // Caught at once: the bundle goes on unwinding by itself. The payload is text.
    let _ = catch_unwind(|| {
        panic!("{message}\n  in bundle `{bundle}` at {file}:{line}:{column}{separator}{backtrace}")
    });
    panicked(report.image);
}

/// Counts it against the image's generation.
extern "C" fn panicked(image: &'static ImageInfo) {
    if let Some(fresh) = Inner::get().and_then(|inner| inner.fresh.as_ref()) {
        fresh.panicked(image);
    }
}

/// # Safety
/// `stage` is what the host passed to the `bundle_init` that is running: the address of a [`Stage`].
unsafe fn stage_of<'a>(stage: *mut rt::Stage) -> &'a mut dyn Staging {
    // SAFETY: the caller's promise; init runs on the thread that made the stage, which does not
    // touch it meanwhile.
    let stage: &'a mut Stage<'a> = unsafe { &mut *stage.cast() };
    &mut *stage.0
}

unsafe extern "C" fn image(stage: *mut rt::Stage, image: &'static ImageInfo) {
    // SAFETY: passed on.
    unsafe { stage_of(stage) }.image(image);
}

unsafe extern "C" fn hook(stage: *mut rt::Stage, hook: &'static Hook) {
    // SAFETY: passed on.
    unsafe { stage_of(stage) }.hook(hook);
}

unsafe extern "C" fn stage(stage: *mut rt::Stage, accessor: &'static Accessor) {
    // SAFETY: passed on.
    unsafe { stage_of(stage) }.accessor(accessor);
}

unsafe extern "C" fn staged(stage: *mut rt::Stage) -> bool {
    // SAFETY: passed on.
    unsafe { stage_of(stage) }.staged()
}

unsafe extern "C" fn stage_error(stage: *mut rt::Stage, text: Text) {
    // SAFETY: passed on; the text outlives the call.
    unsafe { stage_of(stage).failed(text.as_str()) }
}
