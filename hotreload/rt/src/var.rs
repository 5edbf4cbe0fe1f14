//! Exported statics.

use std::{fmt, marker::PhantomData, ops::Deref};

use crate::rt::{self, Accessor, Slot};

/// An exported static: what `#[hot::export] static NAME: T` becomes.
///
/// The host owns the storage. The first generation that is loaded (or the baseline) initialises it;
/// from then on it keeps its value through reloads. It dereferences to `&T`.
///
/// ```
/// use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
///
/// #[hot::export]
/// static VISITS: AtomicU32 = AtomicU32::new(3);
///
/// # fn main() {
/// VISITS.fetch_add(1, Relaxed);
/// assert_eq!(hot::get!(VISITS).load(Relaxed), 4);
/// # }
/// ```
///
/// # Panics
/// Dereferencing panics with HOT0501 if nothing defines it: a var that was declared in
/// [`import!`](crate::import), or one that was unloaded.
pub struct Var<T: 'static> {
    slot: &'static Slot,
    accessor: &'static Accessor,
    /// The static that the var is, with the feature `static`; else null.
    home: *const (),
    value: PhantomData<fn() -> T>,
}

// SAFETY: addresses; what a `Var` on another thread can reach is said for `Sync`.
unsafe impl<T: Sync> Send for Var<T> {}
// SAFETY: a `Var` gives `&T` to every thread, as the static that it stands for would; the value is
// never moved or dropped.
unsafe impl<T: Sync> Sync for Var<T> {}

impl<T> Var<T> {
    /// Called by the macros.
    ///
    /// # Safety
    /// The accessor is that of a var of type `T`; `home` is null or the address of a static, which
    /// is never moved out of then.
    #[doc(hidden)]
    pub const unsafe fn new(accessor: &'static Accessor, home: *const ()) -> Self {
        Var { slot: accessor.slot, accessor, home, value: PhantomData }
    }

    #[doc(hidden)]
    pub fn accessor(&self) -> &'static Accessor {
        self.accessor
    }

    /// Whether something defines it now; else dereferencing panics.
    pub fn is_defined(&self) -> bool {
        rt::is_defined(self.accessor)
    }
}

impl<T> Deref for Var<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        if rt::STATIC && !self.home.is_null() {
            // SAFETY: the address of a static of this type, by the promise to `new`.
            return unsafe { &*self.home.cast::<T>() };
        }
        let mut place = self.slot.entry();
        if place.is_null() {
            place = rt::resolve_var(self.accessor);
        }
        // SAFETY: a var's slot holds null or the address of an initialised `T`: storage is
        // published after it was initialised, only to slots of the same type and layout, and is
        // never freed.
        unsafe { &*place.cast::<T>() }
    }
}

impl<T: fmt::Debug> fmt::Debug for Var<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_defined() { T::fmt(self, f) } else { f.write_str("Var(undefined)") }
    }
}
