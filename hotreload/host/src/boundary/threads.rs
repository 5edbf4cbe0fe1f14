//! The records of threads that called hot code: handed out, recycled, reset after a fork.

use std::{cell::Cell, sync::atomic::Ordering, time::Duration};

use crate::platform;
use crate::said::ThreadStatus;
use crate::state;
use hot_rt::rt::{self as rt, EPOCH, ThreadRecord};

/// States of a record: its owner is alive; the owner's thread-locals are being destroyed, or gone;
/// a thread is looking whether the owner is gone, to take the record over.
const OWNED: u32 = 0;
const ORPHANED: u32 = 1;
const CLAIMED: u32 = 2;

/// Marks a thread's record when its thread-locals are destroyed.
struct Owner(Cell<*const ThreadRecord>);

impl Drop for Owner {
    fn drop(&mut self) {
        // SAFETY: records are never freed.
        if let Some(record) = unsafe { self.0.get().as_ref() } {
            // The thread may still call hot code, from later destructors: only an orphan whose
            // thread is gone is recycled. Release pairs with the Acquire in `recycled`.
            record.orphaned.store(ORPHANED, Ordering::Release);
        }
    }
}

thread_local! {
    static OWNER: Owner = const { Owner(Cell::new(std::ptr::null())) };
}

/// The calling thread's record. Called through the host table, once by each image that the thread
/// is in: all of them share one record, since one sets the flag that another looks at.
pub(crate) extern "C" fn thread_record() -> *const ThreadRecord {
    let own = rt::existing_record();
    if !own.is_null() {
        return own;
    }
    let thread = platform::thread_id();
    // SAFETY: as in `records`.
    let record = recycled(thread).unwrap_or_else(|| unsafe { rt::add_record(thread) });
    // SAFETY: it is new, or its thread is gone and no other one could claim it.
    unsafe { rt::adopt(record) };
    // The record of a thread that comes here first in its last destructors is never recycled:
    // nothing of Rust runs after them that could mark it.
    let _ = OWNER.try_with(|owner| owner.0.set(record));
    record
}

/// Takes over the record of a thread that is gone. Without a lock: a forked child would inherit it
/// as another thread held it.
fn recycled(thread: u64) -> Option<&'static ThreadRecord> {
    let record = records().find(|record| {
        let state = &record.orphaned;
        if state.compare_exchange(ORPHANED, CLAIMED, Ordering::Acquire, Ordering::Relaxed).is_err()
        {
            return false;
        }
        // Asked under the claim: before it, the record could have gone to another thread that is
        // in its last destructors now.
        let owner = record.thread.load(Ordering::Relaxed);
        // A number is given to a new thread only once its old owner is gone. So it is if the
        // number is ours: this thread has no record yet.
        let free = owner == thread || platform::thread_is_gone(owner);
        if !free {
            state.store(ORPHANED, Ordering::Release);
        }
        free
    })?;
    record.mark.store(0, Ordering::Relaxed);
    record.depth.store(0, Ordering::Relaxed);
    record.flags.store(0, Ordering::Relaxed);
    record.patience.store(0, Ordering::Relaxed);
    record.held.clear();
    record.owners.store(record.owners.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    record.thread.store(thread, Ordering::Relaxed);
    record.orphaned.store(OWNED, Ordering::Release);
    Some(record)
}

/// Every record there is.
fn records() -> impl Iterator<Item = &'static ThreadRecord> {
    // SAFETY: this file stores marks, depths, flags, numbers and states into records, as their fields
    // are for.
    unsafe { rt::records() }
}

/// The threads inside hot code which they entered before the last commit.
pub(crate) fn in_older_code() -> Vec<ThreadStatus> {
    let now = EPOCH.now();
    records()
        .filter_map(|record| {
            let commits_behind = now.checked_sub(record.entered()?).filter(|behind| *behind > 0)?;
            let id = record.thread.load(Ordering::Relaxed);
            Some(ThreadStatus { id, name: platform::thread_name(id), commits_behind })
        })
        .collect()
}

/// Whether the calling thread is inside hot code.
pub(crate) fn is_inside() -> bool {
    // SAFETY: null, or the calling thread's record; records are never freed.
    let own = unsafe { rt::existing_record().as_ref() };
    own.is_some_and(|record| record.entered().is_some())
}

/// While it is there, the calling thread waits for states so long and no longer.
#[must_use]
pub(crate) struct Patient(&'static ThreadRecord);

impl Patient {
    pub(crate) fn begin(patience: Duration) -> Patient {
        // SAFETY: records are never freed.
        let record = unsafe { &*thread_record() };
        let patience = u32::try_from(patience.as_millis()).unwrap_or(u32::MAX).max(1);
        record.patience.store(patience, Ordering::Relaxed);
        Patient(record)
    }
}

impl Drop for Patient {
    fn drop(&mut self) {
        self.0.patience.store(0, Ordering::Relaxed);
    }
}

/// The threads inside hot code that count for the gate, each with the epoch in which it entered.
pub(crate) fn inside() -> Vec<(&'static ThreadRecord, u64)> {
    records().filter_map(|record| Some((record, record.entered_counted()?))).collect()
}

/// A thread as messages name it.
pub(crate) fn name(record: &ThreadRecord) -> String {
    let id = record.thread.load(Ordering::Relaxed);
    match platform::thread_name(id) {
        Some(name) => format!("thread `{name}` ({id})"),
        None => format!("thread {id}"),
    }
}

/// The threads that may hold a guard of the state at this address, and where each has asked for it.
pub(crate) fn holding(state: usize) -> Vec<String> {
    let name = |record: &ThreadRecord| {
        let place = record.held.holds(state)?;
        let thread = name(record);
        Some(match place {
            Some(place) => format!("{thread}, asked for at {place}"),
            None => thread,
        })
    };
    records().filter_map(name).collect()
}

/// Before a fork.
pub(crate) extern "C" fn before_fork() {
    state::before_fork();
}

/// After a fork, in the parent.
pub(crate) extern "C" fn after_fork() {
    state::after_fork();
}

/// After a fork only the calling thread is left in the child. Waits for no lock and allocates nothing.
pub(crate) extern "C" fn forked() {
    state::forked();
    let own = rt::existing_record();
    for record in records() {
        if std::ptr::eq(record, own) {
            record.thread.store(platform::thread_id(), Ordering::Relaxed);
        } else {
            record.mark.store(0, Ordering::Relaxed);
            record.depth.store(0, Ordering::Relaxed);
            record.orphaned.store(ORPHANED, Ordering::Relaxed);
        }
    }
}
