//! `Rc`, `Arc`, and their `Weak`.

use std::{
    mem::MaybeUninit,
    ptr,
    rc::{self, Rc},
    sync::{self, Arc},
};

use super::Shared;
use crate::Versioned;

// SAFETY, of every function here: whoever calls it gives the address of such a pointer, or a value's
// address that `data` or `alloc` gave. `MaybeUninit<T>` has the size and alignment of `T`, so that a pointer
// of the one may be made of what the other's `into_raw` gave; nothing is dropped through it.

macro_rules! shared {
    ($strong:ident, $weak:ty, $of_strong:ident, $of_weak:ident) => {
        pub(super) const fn $of_strong<T: Versioned>() -> Shared {
            Shared {
                element: T::moves,
                is_weak: false,
                // SAFETY: above.
                data: |at| $strong::as_ptr(unsafe { &*at.cast::<$strong<T>>() }).cast(),
                counts: |at| {
                    // SAFETY: above.
                    let this = unsafe { &*at.cast::<$strong<T>>() };
                    [$strong::strong_count(this), $strong::weak_count(this)]
                },
                // SAFETY: above.
                release: |at| unsafe {
                    let data = $strong::into_raw(at.cast::<$strong<T>>().read());
                    drop($strong::from_raw(data.cast::<MaybeUninit<T>>()));
                },
                alloc: || $strong::into_raw($strong::<T>::new_uninit()).cast_mut().cast(),
                // SAFETY: above.
                free: |data| drop(unsafe { $strong::from_raw(data.cast::<MaybeUninit<T>>()) }),
                // SAFETY: above; the new reference is counted first. It is of a value that is there before
                // anybody uses it.
                share: |data, out| unsafe {
                    $strong::increment_strong_count(data.cast::<MaybeUninit<T>>());
                    out.cast::<$strong<T>>().write($strong::from_raw(data.cast::<T>()));
                },
            }
        }

        pub(super) const fn $of_weak<T: Versioned>() -> Shared {
            Shared {
                is_weak: true,
                data: |at| {
                    // SAFETY: above.
                    let this = unsafe { &*at.cast::<$weak>() };
                    if this.strong_count() == 0 { ptr::null() } else { this.as_ptr().cast() }
                },
                counts: |at| {
                    // SAFETY: above.
                    let this = unsafe { &*at.cast::<$weak>() };
                    [this.strong_count(), this.weak_count()]
                },
                // SAFETY: above; it drops no value.
                release: |at| drop(unsafe { at.cast::<$weak>().read() }),
                // SAFETY: above; the strong reference that is made for a moment is given up again.
                share: |data, out| unsafe {
                    if data.is_null() {
                        return out.cast::<$weak>().write(<$weak>::new());
                    }
                    $strong::increment_strong_count(data.cast::<MaybeUninit<T>>());
                    let strong = $strong::from_raw(data.cast::<MaybeUninit<T>>());
                    let weak = $strong::downgrade(&strong).into_raw().cast::<T>();
                    out.cast::<$weak>().write(<$weak>::from_raw(weak));
                },
                ..$of_strong::<T>()
            }
        }
    };
}

shared!(Rc, rc::Weak<T>, rc, rc_weak);
shared!(Arc, sync::Weak<T>, arc, arc_weak);
