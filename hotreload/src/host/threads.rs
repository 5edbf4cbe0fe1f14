//! The records of threads that called hot code: handed out, recycled, reset after a fork.

use std::{
    cell::Cell,
    sync::atomic::{AtomicPtr, Ordering},
};

use super::{ThreadStatus, platform};
use crate::rt::{EPOCH, RECORDS, ThreadRecord};

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
    let own = crate::rt::existing_record();
    if !own.is_null() {
        return own;
    }
    let thread = platform::thread_id();
    let record = recycled(thread).unwrap_or_else(|| crate::rt::add_record(thread));
    crate::rt::adopt(record);
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
    record.epoch.store(0, Ordering::Relaxed);
    record.depth.store(0, Ordering::Relaxed);
    record.flags.store(0, Ordering::Relaxed);
    record.held.clear();
    record.thread.store(thread, Ordering::Relaxed);
    record.orphaned.store(OWNED, Ordering::Release);
    Some(record)
}

/// Every record there is.
fn records() -> impl Iterator<Item = &'static ThreadRecord> {
    let load = |next: &AtomicPtr<ThreadRecord>| {
        // SAFETY: records are never freed; Acquire pairs with the Release of `add_record`.
        unsafe { next.load(Ordering::Acquire).as_ref() }
    };
    std::iter::successors(load(&RECORDS), move |record| load(&record.next))
}

/// The threads inside hot code which they entered before the last commit.
pub(crate) fn in_older_code() -> Vec<ThreadStatus> {
    let now = EPOCH.load(Ordering::Acquire);
    let behind = |record: &ThreadRecord| {
        let epoch = record.epoch.load(Ordering::Acquire);
        (epoch != 0 && epoch < now).then(|| now - epoch)
    };
    records()
        .filter_map(|record| {
            let commits_behind = behind(record)?;
            let id = record.thread.load(Ordering::Relaxed);
            Some(ThreadStatus { id, name: platform::thread_name(id), commits_behind })
        })
        .collect()
}

/// The threads that may hold a guard of the state at this address.
pub(crate) fn holding(state: usize) -> Vec<String> {
    let holding = records().filter(|record| record.held.holds(state));
    let name = |record: &ThreadRecord| {
        let id = record.thread.load(Ordering::Relaxed);
        match platform::thread_name(id) {
            Some(name) => format!("thread `{name}` ({id})"),
            None => format!("thread {id}"),
        }
    };
    holding.map(name).collect()
}

/// After a fork only the calling thread is left in the child. Takes no lock and allocates nothing.
pub(crate) extern "C" fn forked() {
    let own = crate::rt::existing_record();
    for record in records() {
        if std::ptr::eq(record, own) {
            record.thread.store(platform::thread_id(), Ordering::Relaxed);
        } else {
            record.epoch.store(0, Ordering::Relaxed);
            record.depth.store(0, Ordering::Relaxed);
            record.orphaned.store(ORPHANED, Ordering::Relaxed);
        }
    }
}
