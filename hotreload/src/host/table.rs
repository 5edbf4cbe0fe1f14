//! The host's side of the boundary: what bundles call through the table.

use std::{panic::catch_unwind, ptr, sync::Arc};

#[cfg(feature = "log")]
use super::logging;
#[cfg(feature = "tracing")]
use super::tracing;

use super::{
    Reason, after::After, candidate::Candidate, first_values, host::Inner, image::Site,
    layout::Tables, live, manifest::Shared, output, threads, world::Vars,
};
use crate::rt::{self, Accessor, HostTable, ImageInfo, LogTable, PanicReport, Text, TraceTable};

/// What one image's init hands in.
pub(crate) struct Stage<'a> {
    pub(crate) inner: &'a Inner,
    pub(crate) after: After<'a>,
    pub(crate) candidate: &'a Candidate,
    pub(crate) exports: Vec<Arc<Site>>,
    pub(crate) imports: Vec<Arc<Site>>,
    /// The types of all of them.
    pub(crate) tables: Arc<Tables>,
    /// What their records have in common.
    pub(crate) shared: Shared<'static>,
    /// The vars' storage, there already or new.
    pub(crate) vars: Vars,
    /// What the image says of itself.
    pub(crate) image: Option<&'static ImageInfo>,
    /// Why it was refused.
    pub(crate) reasons: Vec<Reason>,
    /// What the author's init function says.
    pub(crate) error: String,
}

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
        size: size_of::<HostTable>(),
        abi: rt::fingerprint::ABI,
        shared_std,
        thread_record: threads::thread_record,
        resolve,
        fail: rt::fail_here,
        report_panic,
        stage,
        staged,
        stage_error,
        alloc: rt::alloc_host,
        alloc_zeroed: rt::alloc_zeroed_host,
        realloc: rt::realloc_host,
        dealloc: rt::dealloc_host,
        image,
        log: LOG,
        trace: TRACE,
        live_cell: live::live_cell,
    }))
}

extern "C" fn resolve(accessor: &'static Accessor) -> *const () {
    if let Some(place) = first_values::resolve(accessor) {
        return place;
    }
    let Some(inner) = Inner::get() else { return ptr::null() };
    inner.resolve(accessor).unwrap_or(ptr::null())
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
    if let Some(fresh) = Inner::get().and_then(|inner| inner.fresh.as_ref()) {
        fresh.panicked(report.image);
    }
}

/// # Safety
/// `stage` is what the host passed to the `bundle_init` that is running.
unsafe fn stage_of<'a>(stage: *mut rt::Stage) -> &'a mut Stage<'a> {
    // SAFETY: the caller's promise; init runs on the thread that made the stage, which does not
    // touch it meanwhile.
    unsafe { &mut *stage.cast() }
}

/// Runs code of the host's that a bundle has asked for. If it panics, the caller's flag is set and
/// the caller goes on panicking.
#[cfg(any(feature = "log", feature = "tracing"))]
pub(crate) fn guarded<R>(otherwise: R, body: impl FnOnce() -> R) -> R {
    let mut result = otherwise;
    // Nothing is returned through it: the flag says it all.
    let _ = rt::catch(|| result = body());
    result
}

unsafe extern "C" fn image(stage: *mut rt::Stage, image: &'static ImageInfo) {
    // SAFETY: passed on.
    let stage = unsafe { stage_of(stage) };
    stage.image = Some(image);
    output::register(image);
    match Tables::of_image(image) {
        Ok(tables) => stage.take_tables(tables),
        Err(reason) => stage.reasons.push(reason),
    }
}

unsafe extern "C" fn stage(stage: *mut rt::Stage, accessor: &'static Accessor) {
    // SAFETY: passed on.
    let stage = unsafe { stage_of(stage) };
    match Site::new(accessor, &stage.tables, &mut stage.shared).map(Arc::new) {
        Ok(site) if stage.candidate.owns(&site.item) => stage.exports.push(site),
        Ok(site) => stage.imports.push(site),
        Err(reason) => stage.reasons.push(reason),
    }
}

unsafe extern "C" fn staged(stage: *mut rt::Stage) -> bool {
    // SAFETY: passed on.
    let stage = unsafe { stage_of(stage) };
    stage.check();
    stage.check_statics();
    if stage.reasons.is_empty() {
        stage.make_vars();
    }
    stage.reasons.is_empty()
}

unsafe extern "C" fn stage_error(stage: *mut rt::Stage, text: Text) {
    // SAFETY: passed on; the text outlives the call.
    let (stage, text) = unsafe { (stage_of(stage), text.as_str()) };
    text.clone_into(&mut stage.error);
}
