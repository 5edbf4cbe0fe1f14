//! Who looks at a value that a handle holds, whether a load moves it, and whether the handle is gone.

use super::sync::{AtomicU32, Ordering, const_fn};

/// A load moves the value.
const MOVING: u32 = 1 << 31;

/// The handle was dropped.
const GONE: u32 = 1 << 30;

/// How many look, [`MOVING`] and [`GONE`].
///
/// Whoever looks and the load never have the value at the same time. Dropping the handle waits for
/// nobody: where a load moves the value meanwhile, the load drops it when it is through.
#[derive(Debug)]
pub(crate) struct Looked(AtomicU32);

/// What came of asking for the value to move it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It is the load's, until that lets it go.
    Given,
    /// Somebody looks at it.
    InUse,
    /// Its handle is being dropped.
    Gone,
}

impl Looked {
    const_fn! {
        /// Nobody looks.
        pub(crate) const fn new() -> Looked {
            Looked(AtomicU32::new(0))
        }
    }

    /// One more looks. False: a load moves the value.
    #[inline]
    pub(crate) fn begin(&self) -> bool {
        let mut now = self.0.load(Ordering::Relaxed);
        loop {
            if now & MOVING != 0 {
                return false;
            }
            // Acquire: pairs with the Release of `let_go`, so that the value is seen where it is now.
            match self.0.compare_exchange(now, now + 1, Ordering::Acquire, Ordering::Relaxed) {
                Ok(_) => return true,
                Err(other) => now = other,
            }
        }
    }

    /// One who has looked looks no more.
    #[inline]
    pub(crate) fn leave(&self) {
        // Release: pairs with the Acquire of `ask`, so that the load sees what was written.
        self.0.fetch_sub(1, Ordering::Release);
    }

    /// Asks for the value to move it. Only one load asks at a time.
    pub(crate) fn ask(&self) -> Asked {
        // Acquire: pairs with the Release of `leave`.
        match self.0.compare_exchange(0, MOVING, Ordering::Acquire, Ordering::Relaxed) {
            Ok(_) => Asked::Given,
            Err(now) if now & GONE != 0 => Asked::Gone,
            Err(_) => Asked::InUse,
        }
    }

    /// The load is through. True: the handle was dropped meanwhile, and the caller drops the value.
    pub(crate) fn let_go(&self) -> bool {
        // Release: pairs with the Acquire of `begin` and `end`; Acquire: with the Release of `end`.
        self.0.fetch_and(!MOVING, Ordering::AcqRel) & GONE != 0
    }

    /// The handle is dropped. True: the caller drops the value; else the load that moves it does.
    pub(crate) fn end(&self) -> bool {
        // Release: pairs with the Acquire of `let_go`; Acquire: with the Release of `let_go`.
        self.0.fetch_or(GONE, Ordering::AcqRel) & MOVING == 0
    }
}
