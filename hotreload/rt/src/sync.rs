//! What the orderings between threads rest on, in one place: a test (tests/tests/orderings) compiles `slot`,
//! `record` and `held` once more with a module of this name that is made of loom's atomics.

use core::sync::atomic::compiler_fence;

pub(crate) use core::sync::atomic::{
    AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize, Ordering,
};

/// The cheap half of an asymmetric fence, of whoever enters hot code. Only the compiler must keep the
/// order here; whoever has to know makes the processors keep it, with a membarrier.
#[inline(always)]
pub(crate) fn light_fence() {
    compiler_fence(Ordering::SeqCst);
}

/// A constructor that is constant where that of the atomics is, which loom's are not.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visible:vis const fn $($rest:tt)*) => {
        $(#[$attribute])* $visible const fn $($rest)*
    };
}
pub(crate) use const_fn;
