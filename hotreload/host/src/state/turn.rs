//! Whose turn it is. What bundles run at a load or an unload runs under no lock, and before anybody changes
//! anything else: each function that a generation runs as it goes has one before it that ran as it came.

use std::{
    cell::Cell,
    marker::PhantomData,
    ptr,
    sync::atomic::{AtomicPtr, AtomicU64, Ordering},
};

use hot_rt::rt::ThreadRecord;

use crate::state::Writing;

/// The thread that runs these functions; null: nobody does.
static RUNNING: AtomicPtr<ThreadRecord> = AtomicPtr::new(ptr::null_mut());

/// How many turns there were.
static TURNS: AtomicU64 = AtomicU64::new(0);

thread_local! {
    /// Set while it is this thread.
    static HERE: Cell<bool> = const { Cell::new(false) };
}

/// The calling thread's turn, until this is dropped.
#[must_use]
pub(crate) struct Turn(PhantomData<*const ()>);

/// Whose turn it is already.
pub(crate) enum Taken {
    Here,
    /// By this thread. The number is of no other turn.
    By(&'static ThreadRecord, u64),
}

impl Turn {
    /// Whoever asks for the writer's lock afterwards finds the turn taken. The record is the calling
    /// thread's.
    pub(crate) fn begin(_: &Writing<'_>, record: &'static ThreadRecord) -> Turn {
        HERE.set(true);
        // Relaxed, both: whoever changes anything asks under the writer's lock, which is held here.
        TURNS.fetch_add(1, Ordering::Relaxed);
        RUNNING.store(ptr::from_ref(record).cast_mut(), Ordering::Relaxed);
        Turn(PhantomData)
    }

    /// Whether it is taken.
    pub(crate) fn taken(_: &Writing<'_>) -> Option<Taken> {
        if HERE.get() {
            return Some(Taken::Here);
        }
        // Acquire: pairs with the Release of `drop`, so that what these functions have done comes before
        // what is done then.
        let record = RUNNING.load(Ordering::Acquire);
        // SAFETY: null, or a record, and those are never freed.
        unsafe { record.as_ref() }.map(|record| Taken::By(record, TURNS.load(Ordering::Relaxed)))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        HERE.set(false);
        // Pairs with the Acquire of `taken`.
        RUNNING.store(ptr::null_mut(), Ordering::Release);
    }
}

/// In a forked child, where another thread's functions do not go on.
pub(super) fn forked() {
    if !HERE.get() {
        RUNNING.store(ptr::null_mut(), Ordering::Relaxed);
    }
}
