//! Which thread holds a guard of which state, so that a reload that waits for one can name it.

use std::{array, panic::Location, ptr};

use super::{
    record::ThreadRecord,
    sync::{AtomicPtr, AtomicUsize, Ordering},
};

/// How many guards of one thread are named; those beyond are counted.
const NAMED: usize = 8;

/// The guards that a thread holds. Only the thread itself writes.
#[repr(C)]
#[derive(Debug)]
pub struct Held {
    guards: [Guard; NAMED],
    more: AtomicUsize,
}

/// One guard.
#[repr(C)]
#[derive(Debug)]
struct Guard {
    /// Its state's address; 0: there is none.
    state: AtomicUsize,
    /// Where it was asked for: a `Location` of the image that did. Images stay mapped.
    place: AtomicPtr<Location<'static>>,
}

impl Guard {
    fn none() -> Guard {
        Guard { state: AtomicUsize::new(0), place: AtomicPtr::new(ptr::null_mut()) }
    }

    fn is_of(&self, state: usize) -> bool {
        // Acquire: pairs with the Release in `begin`, for the place.
        self.state.load(Ordering::Acquire) == state
    }
}

impl Held {
    pub(crate) fn none() -> Held {
        Held { guards: array::from_fn(|_| Guard::none()), more: AtomicUsize::new(0) }
    }

    /// Whether the thread may hold a guard of the state, and where it has asked for it, if that is
    /// known. The lock itself decides; this only finds a name.
    pub fn holds(&self, state: usize) -> Option<Option<&'static Location<'static>>> {
        if let Some(guard) = self.guards.iter().find(|guard| guard.is_of(state)) {
            // SAFETY: null, or what `begin` stored: of a guard of this state, or of one that has taken
            // its place meanwhile. It is never written or unmapped; the image has the same std.
            return Some(unsafe { guard.place.load(Ordering::Relaxed).as_ref() });
        }
        (self.more.load(Ordering::Relaxed) > 0).then_some(None)
    }

    /// Forgets what a thread that is gone has held.
    pub fn clear(&self) {
        self.guards.iter().for_each(|guard| guard.state.store(0, Ordering::Relaxed));
        self.more.store(0, Ordering::Relaxed);
    }
}

/// A thread's record, for as long as the thread holds a guard.
#[derive(Debug)]
pub struct Holding {
    record: &'static ThreadRecord,
    state: usize,
}

impl Holding {
    /// Notes that the thread of this record, which is the calling one, holds a guard of the state at
    /// this address, which the caller's caller has asked for.
    #[track_caller]
    pub(crate) fn begin(record: &'static ThreadRecord, state: usize) -> Holding {
        let held = &record.held;
        match held.guards.iter().find(|guard| guard.is_of(0)) {
            Some(free) => {
                free.place.store(ptr::from_ref(Location::caller()).cast_mut(), Ordering::Relaxed);
                free.state.store(state, Ordering::Release);
            }
            None => held.more.store(held.more.load(Ordering::Relaxed) + 1, Ordering::Relaxed),
        }
        Holding { record, state }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let held = &self.record.held;
        match held.guards.iter().find(|guard| guard.is_of(self.state)) {
            Some(named) => named.state.store(0, Ordering::Relaxed),
            None => held.more.store(held.more.load(Ordering::Relaxed) - 1, Ordering::Relaxed),
        }
    }
}
