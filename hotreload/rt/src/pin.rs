//! A thread's mark that it is inside hot code.

use core::{
    cell::Cell,
    ptr,
    sync::atomic::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, compiler_fence},
};
use std::mem::MaybeUninit;

use crate::{held::Held, panic, table::table};

/// The flag that an entry sets when the body panicked.
pub(crate) const PANICKED: u32 = 1;

/// One thread's state at the boundary. Records live in the host executable, are never freed and
/// only recycled: images keep plain pointers to them.
///
/// Only the owning thread writes; other threads read `epoch` and `thread`.
#[repr(C)]
pub struct ThreadRecord {
    /// The epoch in which the thread entered hot code; 0: it is outside.
    pub epoch: AtomicU64,
    pub depth: AtomicU32,
    pub flags: AtomicU32,
    pub clock: &'static AtomicU64,
    /// The text of the panic that is under way, allocated by the host.
    pub text: AtomicPtr<u8>,
    pub text_len: AtomicUsize,
    pub text_capacity: AtomicUsize,
    /// The operating system's number of the thread.
    pub thread: AtomicU64,
    /// Whether the record may be recycled once its owner is gone: a state of `host::threads`.
    pub orphaned: AtomicU32,
    pub next: AtomicPtr<ThreadRecord>,
    /// The guards of states that the thread holds.
    pub held: Held,
}

/// The number of commits so far; 0 is kept for "outside".
pub static EPOCH: AtomicU64 = AtomicU64::new(1);

impl ThreadRecord {
    pub(crate) const fn new(thread: u64) -> Self {
        ThreadRecord {
            epoch: AtomicU64::new(0),
            depth: AtomicU32::new(0),
            flags: AtomicU32::new(0),
            clock: &EPOCH,
            text: AtomicPtr::new(ptr::null_mut()),
            text_len: AtomicUsize::new(0),
            text_capacity: AtomicUsize::new(0),
            thread: AtomicU64::new(thread),
            orphaned: AtomicU32::new(0),
            next: AtomicPtr::new(ptr::null_mut()),
            held: Held::none(),
        }
    }
}

thread_local! {
    // No destructor: hot code may be called from other thread-locals' destructors.
    static RECORD: Cell<*const ThreadRecord> = const { Cell::new(ptr::null()) };
}

/// The calling thread's record.
#[inline(always)]
pub fn record() -> &'static ThreadRecord {
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
    let record = (table().thread_record)();
    RECORD.set(record);
    record
}

/// Makes `record` the calling thread's, in this image.
pub fn adopt(record: &'static ThreadRecord) {
    RECORD.set(record);
}

/// How many records there are: at most as many as there were threads in hot code at once.
#[doc(hidden)]
pub fn record_count() -> usize {
    let mut count = 0;
    let mut next = RECORDS.load(Ordering::Acquire);
    // SAFETY: records are never freed; Acquire pairs with the Release of `add_record`.
    while let Some(record) = unsafe { next.as_ref() } {
        count += 1;
        next = record.next.load(Ordering::Acquire);
    }
    count
}

/// Every record, the newest first. Only grows.
pub static RECORDS: AtomicPtr<ThreadRecord> = AtomicPtr::new(ptr::null_mut());

/// A new record of the executable's list.
pub fn add_record(thread: u64) -> &'static ThreadRecord {
    let record: &'static ThreadRecord = Box::leak(Box::new(ThreadRecord::new(thread)));
    let mut head = RECORDS.load(Ordering::Relaxed);
    loop {
        record.next.store(head, Ordering::Relaxed);
        // Release: whoever finds the record in the list, with Acquire, finds it initialised.
        let new = ptr::from_ref(record).cast_mut();
        match RECORDS.compare_exchange_weak(head, new, Ordering::Release, Ordering::Relaxed) {
            Ok(_) => return record,
            Err(newer) => head = newer,
        }
    }
}

/// A record that is never recycled, for executables without a host.
pub(crate) extern "C" fn new_record() -> *const ThreadRecord {
    add_record(0)
}

/// Held while a thread is inside hot code.
#[derive(Debug)]
pub struct Pin {
    record: &'static ThreadRecord,
    depth: u32,
}

impl std::fmt::Debug for ThreadRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ThreadRecord").field("epoch", &self.epoch).finish_non_exhaustive()
    }
}

impl Pin {
    /// Marks the thread as inside.
    #[inline(always)]
    #[must_use]
    pub fn enter() -> Self {
        let record = record();
        // Relaxed: only this thread writes it.
        let depth = record.depth.load(Ordering::Relaxed);
        if depth == 0 {
            // Acquire pairs with the Release bump after a commit's slot stores: a thread that
            // says it entered in an epoch sees that epoch's slots.
            record.epoch.store(record.clock.load(Ordering::Acquire), Ordering::Relaxed);
            // The reclaimer pays for the ordering between this store and the slot's load with a
            // membarrier; here only the compiler must keep it.
            compiler_fence(Ordering::SeqCst);
        }
        record.depth.store(depth.wrapping_add(1), Ordering::Relaxed);
        Pin { record, depth }
    }

    /// Ends the call: gives the result, or goes on with the panic that the entry caught.
    ///
    /// # Safety
    /// `result` is what an entry just returned on this thread, inside this pin: initialised unless
    /// the entry set the thread's flag.
    #[inline(always)]
    pub unsafe fn leave<R>(self, result: MaybeUninit<R>) -> R {
        let record = self.unpin();
        if record.flags.load(Ordering::Relaxed) & PANICKED != 0 {
            panic::resume(record);
        }
        // SAFETY: the flag is clear, so the entry returned a value.
        unsafe { result.assume_init() }
    }

    #[inline(always)]
    pub(crate) fn unpin(self) -> &'static ThreadRecord {
        let record = self.record;
        record.depth.store(self.depth, Ordering::Relaxed);
        if self.depth == 0 {
            // Release: what the call did happens before a reclaimer, which loads it Acquire,
            // finds the thread outside.
            record.epoch.store(0, Ordering::Release);
        }
        record
    }
}

/// Ends the calling thread's innermost pin, whose owner is about to be unwound.
pub(super) fn abandon() {
    let record = record();
    let depth = record.depth.load(Ordering::Relaxed).wrapping_sub(1);
    Pin { record, depth }.unpin();
}
