//! No unwind crosses an image. What is called catches, and its caller goes on panicking in its own
//! copy of std: what an image's functions return has the panic in it ([`Returned`](crate::rt::Returned)),
//! what the host's table is asked for sets a flag in the thread's record.

use core::{any::Any, slice, sync::atomic::Ordering};
use std::{
    backtrace::{Backtrace, BacktraceStatus},
    panic::{self, AssertUnwindSafe, PanicHookInfo},
};

use crate::{
    alone::table,
    init::{IMAGE, ImageInfo},
    pin::{PANICKED, record},
    record::ThreadRecord,
    table::{HostTable, PanicReport, Text},
};

/// Runs a var's initialiser; false: it panicked, and the record holds the text.
pub fn completes(initialise: impl FnOnce()) -> bool {
    panic::catch_unwind(AssertUnwindSafe(initialise)).map_err(caught).is_ok()
}

/// Runs what may panic where nobody asks what became of it. The hook has told of it.
pub fn quietly(body: impl FnOnce()) {
    if let Err(payload) = panic::catch_unwind(AssertUnwindSafe(body)) {
        drop_quietly(payload);
    }
}

fn caught(payload: Box<dyn Any + Send>) {
    fail(&text_of_payload(payload));
}

/// The text of what was caught, which is dropped: its `Drop` may panic, and may call hot code.
pub(crate) fn text_of_payload(payload: Box<dyn Any + Send>) -> String {
    let text = text_of(&*payload).to_owned();
    drop_quietly(payload);
    text
}

pub(super) fn text_of(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&'static str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "a panic whose payload is not text"
    }
}

pub(crate) fn drop_quietly(payload: Box<dyn Any + Send>) {
    if let Err(second) = panic::catch_unwind(AssertUnwindSafe(|| drop(payload))) {
        // It would only panic again.
        core::mem::forget(second);
    }
}

/// Stores the text and sets the calling thread's flag.
pub(crate) fn fail(text: &str) {
    // SAFETY: the text outlives the call.
    unsafe { (table().fail)(Text::new(text)) }
}

/// Runs in the host executable, so that its allocator owns the text.
///
/// # Safety
/// The text is alive.
pub unsafe extern "C" fn fail_here(text: Text) {
    // SAFETY: passed on from `fail`, whose text is alive.
    let text = unsafe { text.as_str() };
    let mut buffer = std::mem::ManuallyDrop::new(text.to_owned());
    let record = record();
    release(record);
    record.text.store(buffer.as_mut_ptr(), Ordering::Relaxed);
    record.text_len.store(buffer.len(), Ordering::Relaxed);
    record.text_capacity.store(buffer.capacity(), Ordering::Relaxed);
    record.flags.fetch_or(PANICKED, Ordering::Relaxed);
}

/// Frees the text of an earlier panic. Only in the executable that allocated it.
fn release(record: &ThreadRecord) {
    let data = record.text.swap(core::ptr::null_mut(), Ordering::Relaxed);
    if !data.is_null() {
        let len = record.text_len.load(Ordering::Relaxed);
        let capacity = record.text_capacity.load(Ordering::Relaxed);
        // SAFETY: the three words were taken from one String in `fail_here`, by this thread, and
        // the pointer has just been taken out.
        drop(unsafe { String::from_raw_parts(data, len, capacity) });
    }
}

/// Goes on with a panic that was caught. The hook has run already.
pub(crate) fn resume(text: String) -> ! {
    panic::resume_unwind(Box::new(text))
}

/// After a call of the host's table: goes on with a panic that the host has told this thread of.
#[cfg(any(feature = "log", feature = "tracing"))]
pub(crate) fn go_on() {
    if let Some(text) = failure() {
        resume(text);
    }
}

/// The text of the panic that an initialiser ended with.
pub(crate) fn take_failure() -> String {
    take_text(record())
}

/// The text of a failure that somebody has told the calling thread of.
pub(crate) fn failure() -> Option<String> {
    let record = record();
    (record.flags.load(Ordering::Relaxed) & PANICKED != 0).then(|| take_text(record))
}

/// Clears the flag and takes the text.
fn take_text(record: &ThreadRecord) -> String {
    record.flags.fetch_and(!PANICKED, Ordering::Relaxed);
    let data = record.text.load(Ordering::Relaxed);
    let len = record.text_len.load(Ordering::Relaxed);
    if data.is_null() {
        String::new()
    } else {
        // SAFETY: `fail` stored a live String's parts, and only this thread's next `fail` frees it.
        unsafe { str::from_utf8_unchecked(slice::from_raw_parts(data, len)) }.to_owned()
    }
}

/// Replaces the bundle's panic hook by one that hands the panic to the host's.
pub(super) fn install_hook(host: &'static HostTable, bundle: &'static str) {
    if host.shared_std {
        return;
    }
    panic::set_hook(Box::new(move |info| report(host, bundle, info)));
}

fn report(host: &HostTable, bundle: &str, info: &PanicHookInfo<'_>) {
    let (file, line, column) =
        info.location().map_or(("unknown", 0, 0), |at| (at.file(), at.line(), at.column()));
    // The host's std cannot name the lines of an image that was loaded after its first backtrace
    // (it lists the images once); the bundle's own std can.
    let backtrace = Backtrace::capture();
    let backtrace = match backtrace.status() {
        BacktraceStatus::Captured => frames_of_this_image(&backtrace.to_string()),
        _ => String::new(),
    };
    let report = PanicReport {
        message: Text::new(text_of_hook(info)),
        bundle: Text::new(bundle),
        file: Text::new(file),
        line,
        column,
        backtrace: Text::new(&backtrace),
        image: &IMAGE,
    };
    // SAFETY: everything that the report borrows outlives the call.
    unsafe { (host.report_panic)(&report) }
}

/// The frames from the panic down to the entry, without the panic's own machinery; those of the
/// callers are for the host's backtrace. A body has the name of its function here, as the author
/// wrote it.
fn frames_of_this_image(backtrace: &str) -> String {
    let lines: Vec<_> = backtrace.lines().collect();
    let machinery = lines.iter().rposition(|line| line.contains("rust_begin_unwind"));
    // A frame is a line with its name and one with its place.
    let start = machinery.map_or(0, |line| line + 2).min(lines.len());
    let frames = lines[start..].iter().take_while(|line| !line.contains("__hot_entry")).copied();
    let frames = frames.collect::<Vec<_>>().join("\n");
    frames.replace("__hot_body_", "").replace("__hot_async_", "")
}

fn text_of_hook<'a>(info: &'a PanicHookInfo<'_>) -> &'a str {
    info.payload_as_str().unwrap_or("a panic whose payload is not text")
}

/// No bundle calls it: the hook is installed by a host's init only.
pub(super) unsafe extern "C" fn report_alone(_: &PanicReport) {}

/// There is nobody who counts.
pub(super) extern "C" fn panicked_alone(_: &'static ImageInfo) {}
