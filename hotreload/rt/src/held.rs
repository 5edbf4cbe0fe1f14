//! Which thread holds a guard of which state, so that a reload that waits for one can name it.

use core::sync::atomic::{AtomicUsize, Ordering};

use crate::pin::{ThreadRecord, record};

/// How many guards of one thread are named; those beyond are counted.
const NAMED: usize = 8;

/// The guards that a thread holds: addresses of their states. Only the thread itself writes.
#[repr(C)]
#[derive(Debug)]
pub struct Held {
    states: [AtomicUsize; NAMED],
    more: AtomicUsize,
}

impl Held {
    pub(crate) const fn none() -> Held {
        Held { states: [const { AtomicUsize::new(0) }; NAMED], more: AtomicUsize::new(0) }
    }

    /// Whether the thread may hold a guard of the state; Relaxed: the lock itself decides, this
    /// only finds a name.
    pub fn holds(&self, state: usize) -> bool {
        self.states.iter().any(|held| held.load(Ordering::Relaxed) == state)
            || self.more.load(Ordering::Relaxed) > 0
    }

    /// Forgets what a thread that is gone has held.
    pub fn clear(&self) {
        self.states.iter().for_each(|held| held.store(0, Ordering::Relaxed));
        self.more.store(0, Ordering::Relaxed);
    }
}

/// The calling thread's record, for as long as it holds a guard.
#[derive(Debug)]
pub struct Holding {
    record: &'static ThreadRecord,
    state: usize,
}

impl Holding {
    /// Notes that the calling thread holds a guard of the state at this address.
    pub fn begin(state: usize) -> Holding {
        let record = record();
        let held = &record.held;
        match held.states.iter().find(|held| held.load(Ordering::Relaxed) == 0) {
            Some(free) => free.store(state, Ordering::Relaxed),
            None => held.more.store(held.more.load(Ordering::Relaxed) + 1, Ordering::Relaxed),
        }
        Holding { record, state }
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        let held = &self.record.held;
        match held.states.iter().find(|held| held.load(Ordering::Relaxed) == self.state) {
            Some(named) => named.store(0, Ordering::Relaxed),
            None => held.more.store(held.more.load(Ordering::Relaxed) - 1, Ordering::Relaxed),
        }
    }
}
