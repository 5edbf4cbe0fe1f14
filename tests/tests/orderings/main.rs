//! Slots, records and the clock of commits, in every interleaving of their threads and with every value
//! that the memory model lets a load see: the framework's own files, compiled once more with the atomics
//! of loom. They are compiled with one ordering weakened too, which must be found.

#![allow(clippy::duplicate_mod, reason = "each is compiled with other orderings")]
#![allow(dead_code, reason = "the framework's other files use the rest")]
#![allow(unreachable_pub, reason = "as in the framework")]

/// What the framework's files have in the place of `hotreload/rt/src/sync.rs`.
macro_rules! sync {
    (Acquire = $acquire:ident, Release = $release:ident, AcqRel = $both:ident, light_fence: $fence:block) => {
        pub(crate) mod sync {
            pub(crate) use crate::const_fn;
            pub(crate) use loom::sync::atomic::{
                AtomicBool, AtomicPtr, AtomicU32, AtomicU64, AtomicUsize,
            };

            use loom::sync::atomic::Ordering as Loom;

            pub(crate) struct Ordering;

            #[expect(non_upper_case_globals, reason = "the language's own names")]
            impl Ordering {
                pub(crate) const Acquire: Loom = Loom::$acquire;
                pub(crate) const Release: Loom = Loom::$release;
                pub(crate) const AcqRel: Loom = Loom::$both;
                pub(crate) const Relaxed: Loom = Loom::Relaxed;
            }

            pub(crate) fn light_fence() $fence
        }
    };
}

mod image;
#[macro_use]
mod models;
mod shipped;
mod without_acquire;
mod without_fence;
mod without_release;

/// No constructor of loom's atomics is constant.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visible:vis const fn $($rest:tt)*) => {
        $(#[$attribute])* $visible fn $($rest)*
    };
}
pub(crate) use const_fn;
