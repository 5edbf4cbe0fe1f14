//! Cells and locks. What is in one may change through a shared reference, and a lock may be held.

use std::{
    cell::{Cell, OnceCell, RefCell},
    mem::ManuallyDrop,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    ptr,
    sync::{Mutex, OnceLock, PoisonError, RwLock, TryLockError},
};

use super::{
    Choice, HELD,
    choices::{Chosen, branch, choice, take},
};
use crate::Versioned;

/// Of a whole one and of a poisoned one.
const WHOLE: usize = 0;
const POISONED: usize = 1;

// SAFETY: the field's address.
unsafe impl<T> Chosen for Cell<T> {
    fn open(&self) -> (usize, *const u8) {
        (WHOLE, self.as_ptr() as *const u8)
    }

    unsafe fn build(_: usize, fields: *const *const u8) -> Self {
        // SAFETY: the caller's promise.
        Cell::new(unsafe { take(fields) })
    }
}

// SAFETY: the field's address.
unsafe impl<T> Chosen for RefCell<T> {
    fn open(&self) -> (usize, *const u8) {
        match self.try_borrow_mut() {
            Ok(_) => (WHOLE, self.as_ptr() as *const u8),
            Err(_) => (HELD, ptr::null()),
        }
    }

    unsafe fn build(_: usize, fields: *const *const u8) -> Self {
        // SAFETY: the caller's promise.
        RefCell::new(unsafe { take(fields) })
    }
}

macro_rules! locks {
    ($($lock:ident $try:ident $write:ident)*) => {$(
        // SAFETY: the field's address. The guard is gone again; so it is said at the host's own risk,
        // which lets nobody in.
        unsafe impl<T> Chosen for $lock<T> {
            fn open(&self) -> (usize, *const u8) {
                match self.$try() {
                    Ok(guard) => (WHOLE, ptr::from_ref(&*guard).cast()),
                    Err(TryLockError::Poisoned(poisoned)) => {
                        (POISONED, ptr::from_ref(&**poisoned.get_ref()).cast())
                    }
                    Err(TryLockError::WouldBlock) => (HELD, ptr::null()),
                }
            }

            unsafe fn build(variant: usize, fields: *const *const u8) -> Self {
                // Nothing of it is dropped: nothing here can fail but the unwind that is caught.
                // SAFETY: the caller's promise.
                let lock = ManuallyDrop::new($lock::new(unsafe { take(fields) }));
                if variant == POISONED {
                    // The hook is not called: nothing is printed.
                    let _ = catch_unwind(AssertUnwindSafe(|| {
                        let _guard = lock.$write().unwrap_or_else(PoisonError::into_inner);
                        resume_unwind(Box::new(()))
                    }));
                }
                ManuallyDrop::into_inner(lock)
            }
        }
    )*};
}

locks! {
    Mutex try_lock lock
    RwLock try_write write
}

macro_rules! once {
    ($($cell:ident)*) => {$(
        // SAFETY: the field's address.
        unsafe impl<T> Chosen for $cell<T> {
            fn open(&self) -> (usize, *const u8) {
                self.get().map_or((0, ptr::null()), |value| (1, ptr::from_ref(value).cast()))
            }

            unsafe fn build(variant: usize, fields: *const *const u8) -> Self {
                match variant {
                    0 => $cell::new(),
                    // SAFETY: the caller's promise.
                    _ => $cell::from(unsafe { take::<T>(fields) }),
                }
            }
        }
    )*};
}

once! { OnceCell OnceLock }

macro_rules! choices {
    ($($function:ident $cell:ident [$($variant:literal $($field:ident)?),+],)*) => {$(
        pub(crate) const fn $function<T: Versioned>() -> Choice {
            choice::<$cell<T>>(
                const { &[$(choices!(@ $variant $($field)?)),+] },
                true,
            )
        }
    )*};
    (@ $variant:literal) => { branch($variant, &[], &[]) };
    (@ $variant:literal $field:ident) => {
        branch($variant, &["0"], const { &[$field::moves] })
    };
}

choices! {
    cell Cell ["whole" T],
    ref_cell RefCell ["whole" T],
    mutex Mutex ["whole" T, "poisoned" T],
    rw_lock RwLock ["whole" T, "poisoned" T],
    once_cell OnceCell ["empty", "filled" T],
    once_lock OnceLock ["empty", "filled" T],
}
