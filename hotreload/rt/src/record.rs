//! What a thread that calls hot code says of itself, the list of all threads, and the clock of commits
//! with its gate.

use std::ptr;

use super::{
    held::Held,
    sync::{AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering, const_fn, light_fence},
};

/// In a hand: the gate is closed.
const CLOSED: u64 = 1;

/// In a hand, and so in the mark of who enters by it: the thread does not count for the gate.
const UNCOUNTED: u64 = 2;

/// Where the epoch begins in a hand and in a mark.
const EPOCH_AT: u32 = 2;

/// The number of commits so far, as callers read it: those of the host's image by one hand, those of
/// bundles by another.
///
/// Whoever makes sure that nobody is inside closes the *gate*, a bit of the host's hand: from then on no
/// thread enters from the host's image, and those inside leave. Bundles' code passes. It runs because
/// somebody has entered, who counts; or on a thread that a bundle has started, which is seen by its
/// guards only.
#[derive(Debug)]
pub struct Clock {
    host: Hand,
    bundles: Hand,
}

/// What a pin reads: the epoch, whether the gate is closed to it, and whether who enters counts.
#[derive(Debug)]
pub struct Hand(AtomicU64);

impl Clock {
    const_fn! {
        /// A clock before the first commit, with an open gate; an epoch of 0 is kept for "outside".
        pub const fn new() -> Self {
            Clock {
                host: Hand(AtomicU64::new(1 << EPOCH_AT)),
                bundles: Hand(AtomicU64::new(1 << EPOCH_AT | UNCOUNTED)),
            }
        }
    }

    /// What callers in the host's image read.
    pub const fn host(&self) -> &Hand {
        &self.host
    }

    /// What callers in the images of bundles read.
    pub const fn bundles(&self) -> &Hand {
        &self.bundles
    }

    /// The epoch of the newest commit.
    pub fn now(&self) -> u64 {
        // Pairs with the Release of `advance`: whoever reads an epoch finds every slot of its commit.
        self.host.0.load(Ordering::Acquire) >> EPOCH_AT
    }

    /// Begins the next epoch. The gate stays as it is.
    ///
    /// # Safety
    /// All slots of its commit are stored, and nobody else publishes meanwhile.
    pub unsafe fn advance(&self) {
        for Hand(word) in [&self.host, &self.bundles] {
            // Pairs with the Acquire in `now` and in `Hand::is_closed`.
            word.fetch_add(1 << EPOCH_AT, Ordering::Release);
        }
    }

    /// Whether the gate is closed.
    pub fn is_closed(&self) -> bool {
        self.host.is_closed()
    }

    /// Closes the gate. Whoever then makes all processors pass a barrier, and looks at all records
    /// after it, finds each thread that entered without having seen the gate.
    ///
    /// # Safety
    /// It is open. Callers wait until it is opened again.
    pub unsafe fn close(&self) {
        // Relaxed: the barrier orders it.
        self.host.0.fetch_or(CLOSED, Ordering::Relaxed);
    }

    /// Opens the gate.
    ///
    /// # Safety
    /// What needed it closed is over.
    pub unsafe fn open(&self) {
        // Pairs with the Acquire in `Hand::is_closed`: who enters finds what was done meanwhile.
        self.host.0.fetch_and(!CLOSED, Ordering::Release);
    }
}

impl Hand {
    #[inline(always)]
    fn mark(&self) -> u64 {
        // Relaxed: `is_closed` follows before any slot is looked at.
        self.0.load(Ordering::Relaxed)
    }

    #[inline(always)]
    fn is_closed(&self) -> bool {
        // Pairs with the Release of `advance` and of `open`.
        self.0.load(Ordering::Acquire) & CLOSED != 0
    }
}

/// One thread's state at the boundary. Records live in the host executable, are never freed and
/// only recycled: images keep plain pointers to them.
///
/// Only the owning thread writes; other threads read `mark` and `thread`.
#[repr(C)]
pub struct ThreadRecord {
    /// What the hand showed as the thread entered hot code; 0: it is outside.
    pub mark: AtomicU64,
    /// How many pins there are within the outermost one.
    pub depth: AtomicU32,
    pub flags: AtomicU32,
    /// The text of the panic that is under way, allocated by the host.
    pub text: AtomicPtr<u8>,
    pub text_len: AtomicUsize,
    pub text_capacity: AtomicUsize,
    /// Where the text is with which the thread went on panicking last, and the `ImageInfo` of
    /// the image that it came from.
    pub passed_on: AtomicPtr<u8>,
    pub passed_on_from: AtomicPtr<()>,
    /// The operating system's number of the thread.
    pub thread: AtomicU64,
    /// Whether the record may be recycled once its owner is gone: a state of `host::threads`.
    pub orphaned: AtomicU32,
    /// The thread moves values, and runs authors' code for that: it waits so many milliseconds for a state
    /// that another thread holds, and not at all for one that it has locked itself. 0: it does not.
    pub patience: AtomicU32,
    /// How many threads had the record before this one.
    pub owners: AtomicU32,
    pub next: AtomicPtr<ThreadRecord>,
    /// The guards of states that the thread holds.
    pub held: Held,
}

impl ThreadRecord {
    fn new(thread: u64) -> Self {
        ThreadRecord {
            mark: AtomicU64::new(0),
            depth: AtomicU32::new(0),
            flags: AtomicU32::new(0),
            text: AtomicPtr::new(ptr::null_mut()),
            text_len: AtomicUsize::new(0),
            text_capacity: AtomicUsize::new(0),
            passed_on: AtomicPtr::new(ptr::null_mut()),
            passed_on_from: AtomicPtr::new(ptr::null_mut()),
            thread: AtomicU64::new(thread),
            orphaned: AtomicU32::new(0),
            patience: AtomicU32::new(0),
            owners: AtomicU32::new(0),
            next: AtomicPtr::new(ptr::null_mut()),
            held: Held::none(),
        }
    }

    /// Marks the thread as inside, as its owner, by the hand of its image; gives how deep it was. Where
    /// the gate is closed to it, `closed` has the thread wait, and marks it anew.
    #[inline(always)]
    pub(crate) fn enter(&self, hand: &Hand, closed: impl FnOnce(&Self)) -> u32 {
        // Relaxed, here and below: only this thread writes these.
        if self.mark.load(Ordering::Relaxed) != 0 {
            // For the layout of the code: the way of a call from the host stays straight.
            core::hint::cold_path();
            let depth = self.depth.load(Ordering::Relaxed).wrapping_add(1);
            self.depth.store(depth, Ordering::Relaxed);
            return depth;
        }
        if !self.step_inside(hand) {
            closed(self);
        }
        0
    }

    /// Marks the thread as inside; false: the gate is closed. The mark stands all the same.
    #[inline(always)]
    pub(crate) fn step_inside(&self, hand: &Hand) -> bool {
        // Release: pairs with the Acquire of `mark`. Whoever finds this mark finds the calls before over.
        self.mark.store(hand.mark(), Ordering::Release);
        // Between this store and the loads of the gate and of slots.
        light_fence();
        !hand.is_closed()
    }

    /// Marks the thread as outside.
    #[inline(always)]
    pub(crate) fn step_outside(&self) {
        // Pairs with the Acquire of `mark`: what the call did happens before somebody finds the thread
        // outside.
        self.mark.store(0, Ordering::Release);
    }

    /// As its owner: the thread is as deep as it was.
    #[inline(always)]
    pub(crate) fn leave(&self, depth: u32) {
        if depth == 0 {
            self.step_outside();
        } else {
            core::hint::cold_path();
            self.depth.store(depth.wrapping_sub(1), Ordering::Relaxed);
        }
    }

    fn mark(&self) -> u64 {
        self.mark.load(Ordering::Acquire)
    }

    /// The epoch in which the thread entered; `None`: it is outside.
    pub fn entered(&self) -> Option<u64> {
        Some(self.mark() >> EPOCH_AT).filter(|epoch| *epoch != 0)
    }

    /// As [`entered`](ThreadRecord::entered), of a thread that counts for the gate.
    pub fn entered_counted(&self) -> Option<u64> {
        let mark = self.mark();
        Some(mark >> EPOCH_AT).filter(|epoch| *epoch != 0 && mark & UNCOUNTED == 0)
    }
}

impl std::fmt::Debug for ThreadRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ThreadRecord").field("mark", &self.mark).finish_non_exhaustive()
    }
}

/// Records, the newest first. Only grows.
#[derive(Debug)]
pub(crate) struct Records(AtomicPtr<ThreadRecord>);

impl Records {
    const_fn! {
        /// None.
        pub(crate) const fn new() -> Self {
            Records(AtomicPtr::new(ptr::null_mut()))
        }
    }

    /// A new one, for the thread of this number.
    pub(crate) fn add(&self, thread: u64) -> &'static ThreadRecord {
        let record: &'static ThreadRecord = Box::leak(Box::new(ThreadRecord::new(thread)));
        let mut head = self.0.load(Ordering::Relaxed);
        loop {
            record.next.store(head, Ordering::Relaxed);
            // Pairs with the Acquire loads of `iter`: whoever finds the record finds it initialised.
            let new = ptr::from_ref(record).cast_mut();
            match self.0.compare_exchange_weak(head, new, Ordering::Release, Ordering::Relaxed) {
                Ok(_) => return record,
                Err(newer) => head = newer,
            }
        }
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &'static ThreadRecord> + use<> {
        // SAFETY: only `add` stores into these, records that are never freed. Acquire pairs with its
        // Release.
        let follow =
            |link: &AtomicPtr<ThreadRecord>| unsafe { link.load(Ordering::Acquire).as_ref() };
        std::iter::successors(follow(&self.0), move |record| follow(&record.next))
    }
}
