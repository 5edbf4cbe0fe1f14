//! A thread's mark that it is inside hot code.

use core::{
    cell::Cell,
    ptr,
    sync::atomic::{AtomicPtr, AtomicU32, Ordering},
    task::Waker,
};
use std::thread;

use crate::{
    alone::table,
    record::{Clock, Hand, Records, ThreadRecord},
    returned::Returned,
    table::TABLE,
};

/// The flag that the host sets when what its table was asked for panicked.
pub(crate) const PANICKED: u32 = 1;

/// The commits of this process, as the host executable counts them.
pub static EPOCH: Clock = Clock::new();

/// The hand that this image's callers read: that of the host's clock for bundles, once a thread of a
/// bundle's image has its record; else the host's own.
static HAND: AtomicPtr<Hand> = AtomicPtr::new(ptr::from_ref(EPOCH.host()).cast_mut());

/// The records of the host executable, or of an image that no host has passed its table yet.
static RECORDS: Records = Records::new();

thread_local! {
    // No destructor: hot code may be called from other thread-locals' destructors.
    static RECORD: Cell<*const ThreadRecord> = const { Cell::new(ptr::null()) };
}

/// The calling thread's record.
#[inline(always)]
pub(crate) fn record() -> &'static ThreadRecord {
    let mut record = RECORD.get();
    if record.is_null() {
        record = first_record();
    }
    // SAFETY: records are never freed, and this one belongs to the calling thread for as long as
    // the thread lives.
    unsafe { &*record }
}

/// The calling thread's record, if it has one.
pub fn existing_record() -> *const ThreadRecord {
    RECORD.get()
}

#[cold]
#[inline(never)]
fn first_record() -> *const ThreadRecord {
    let table = table();
    if !ptr::eq(table.clock, &EPOCH) {
        // Relaxed: each thread stores it, the same one, before it reads it for the first time.
        HAND.store(ptr::from_ref(table.clock.bundles()).cast_mut(), Ordering::Relaxed);
    }
    let record = (table.thread_record)();
    RECORD.set(record);
    record
}

/// The hand that this image's callers read, for a thread that has its record.
#[inline(always)]
fn hand() -> &'static Hand {
    // SAFETY: the address of a part of a static, of this image or of the host, which stays mapped.
    unsafe { &*HAND.load(Ordering::Relaxed) }
}

/// The gate is closed to the calling thread, which has just been marked as inside. It waits outside until it is
/// marked while the gate is open; or it passes, since the gate is closed for it.
#[cold]
#[inline(never)]
fn wait_outside(record: &ThreadRecord) {
    let hand = hand();
    loop {
        record.step_outside();
        let passes = (table().passes_gate)(false);
        if record.step_inside(hand) || passes {
            return;
        }
    }
}

/// As [`wait_outside`], for a poll: false: it shall be polled again, of which its waker is told.
#[cold]
#[inline(never)]
fn may_poll(record: &ThreadRecord, waker: &Waker, has_begun: bool) -> bool {
    loop {
        // Under the mark: whoever closes the gate to what has begun too looks at the marks afterwards.
        if (table().lets_pass)(has_begun) {
            return true;
        }
        record.step_outside();
        if (table().wakes)(waker) {
            return false;
        }
        if record.step_inside(hand()) {
            return true;
        }
    }
}

/// As [`wait_outside`], for dropping a future.
#[cold]
#[inline(never)]
fn wait_to_end(record: &ThreadRecord) {
    // As in `may_poll`.
    while !(table().lets_pass)(true) {
        record.step_outside();
        (table().passes_gate)(true);
        if record.step_inside(hand()) {
            return;
        }
    }
}

/// Makes `record` the calling thread's, in this image.
///
/// # Safety
/// No other thread has the record, or gets it while this one lives.
pub unsafe fn adopt(record: &'static ThreadRecord) {
    RECORD.set(record);
}

/// Notes the operating system's number of the calling thread in its record.
///
/// # Safety
/// It is its number: by it a record is taken for one whose thread is gone, and given to another.
pub unsafe fn number_own_record(thread: u64) {
    record().thread.store(thread, Ordering::Relaxed);
}

/// No host closes the gate of this image's own clock.
pub(crate) extern "C" fn passes_gate_alone(_: bool) -> bool {
    true
}

/// As above.
pub(crate) extern "C" fn lets_pass_alone(_: bool) -> bool {
    true
}

/// As above.
pub(crate) extern "C" fn wakes_alone(_: &Waker) -> bool {
    false
}

/// Every record, the newest first.
///
/// # Safety
/// As of [`add_record`].
pub unsafe fn records() -> impl Iterator<Item = &'static ThreadRecord> {
    RECORDS.iter()
}

/// How many records there are: at most as many as there were threads in hot code at once.
#[doc(hidden)]
pub fn record_count() -> usize {
    RECORDS.iter().count()
}

/// A new record of the executable's list.
///
/// # Safety
/// What is stored into it is what its fields are for: others free and show what `text` leads to.
pub unsafe fn add_record(thread: u64) -> &'static ThreadRecord {
    RECORDS.add(thread)
}

/// How many threads have a record of this image's own, which no host has given; or [`CLAIMED`].
static OWN: AtomicU32 = AtomicU32::new(0);

/// A host is about to store its table.
const CLAIMED: u32 = u32::MAX;

/// A record that is never recycled, for executables without a host, and for what the constructors of
/// a library call before its host has passed the table.
pub(crate) extern "C" fn new_record() -> *const ThreadRecord {
    // Relaxed, here and in `give_up_own_record`: nothing else is read by the number, and its changes
    // have one order.
    let one_more = |count| (count != CLAIMED).then_some(count + 1);
    if OWN.fetch_update(Ordering::Relaxed, Ordering::Relaxed, one_more).is_ok() {
        // SAFETY: only this crate stores into it.
        return unsafe { add_record(0) };
    }
    // The host's table follows within a few instructions of `init`.
    while TABLE.load(Ordering::Acquire).is_null() {
        thread::yield_now();
    }
    (table().thread_record)()
}

/// Before the image gets its host's table: takes the calling thread's own record away, so that it
/// asks the host for one, which the thread's other images have too. A panic's flag would else be set
/// in one record and looked for in the other. From then on no thread gets one of the image's own.
///
/// False: another thread has one, and may be inside hot code with it. Nothing has changed.
pub(crate) fn give_up_own_record() -> bool {
    let mine = u32::from(!RECORD.get().is_null());
    if OWN.compare_exchange(mine, CLAIMED, Ordering::Relaxed, Ordering::Relaxed).is_err() {
        return false;
    }
    RECORD.set(ptr::null());
    true
}

/// Held while a thread is inside hot code.
#[derive(Debug)]
pub struct Pin {
    record: &'static ThreadRecord,
    depth: u32,
}

impl Pin {
    /// Marks the thread as inside; waits while the gate is closed to it.
    #[inline(always)]
    #[must_use]
    pub fn enter() -> Self {
        let record = record();
        let depth = record.enter(hand(), wait_outside);
        Pin { record, depth }
    }

    /// As [`enter`](Pin::enter), to poll a future. Does not wait: `None`: the gate is closed to it, and the
    /// waker is called once it is open.
    pub(crate) fn enter_poll(waker: &Waker, has_begun: bool) -> Option<Self> {
        let record = record();
        let mut passes = true;
        let depth = record.enter(hand(), |record| passes = may_poll(record, waker, has_begun));
        passes.then_some(Pin { record, depth })
    }

    /// As [`enter`](Pin::enter), to drop a future.
    pub(crate) fn enter_end() -> Self {
        let record = record();
        let depth = record.enter(hand(), wait_to_end);
        Pin { record, depth }
    }

    /// Ends the call: gives the result, or goes on with the panic that the entry caught.
    #[inline(always)]
    pub fn leave<R>(self, returned: Returned<R>) -> R {
        self.unpin();
        returned.get()
    }

    /// Ends a call that was not made.
    pub fn end(self) {
        self.unpin();
    }

    #[inline(always)]
    fn unpin(self) {
        self.record.leave(self.depth);
    }
}

/// Ends the calling thread's innermost pin, whose owner is about to be unwound.
pub(super) fn abandon() {
    let record = record();
    let depth = record.depth.load(Ordering::Relaxed);
    Pin { record, depth }.unpin();
}

#[cfg(test)]
mod tests {
    use super::*;

    /// This program has no host, and gets none: what is asked for here must be refused.
    #[test]
    fn a_record_that_another_thread_has_cannot_be_given_up() {
        let mine = ptr::from_ref(record());
        thread::scope(|scope| {
            let other = scope.spawn(|| ptr::from_ref(record()).addr());
            assert_ne!(other.join().unwrap(), mine.addr());
        });
        assert!(!give_up_own_record());
        assert_eq!(existing_record(), mine);
        // Others get one as before.
        thread::scope(|scope| scope.spawn(|| _ = record()).join().unwrap());
    }
}
