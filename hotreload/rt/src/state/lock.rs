//! What a load does with the value of a state, while it holds the lock.

use std::{
    ptr,
    sync::{RwLockWriteGuard, atomic::Ordering},
};

use super::{GONE, State};
use crate::rt::{self, Locked};

/// The lock of a [`State`], held by a reload.
pub(crate) struct StateLock<'a, T> {
    pub(super) state: &'a State<T>,
    pub(super) guard: RwLockWriteGuard<'a, Option<T>>,
}

impl<T> Drop for StateLock<'_, T> {
    fn drop(&mut self) {
        // The lock is let go afterwards.
        self.state.loading.store(0, Ordering::Relaxed);
    }
}

impl<T> Locked for StateLock<'_, T> {
    fn give_up(&self) {
        // Release: pairs with the Acquire in `is_given_up`.
        self.state.condition.store(GONE, Ordering::Release);
    }

    fn is_awaited(&self) -> bool {
        // Relaxed: who is about to wait and not counted yet is refused, as one who comes later is.
        self.state.waiting.load(Ordering::Relaxed) > 0
    }

    fn discard(mut self: Box<Self>) {
        self.give_up();
        let value = self.guard.take();
        // First: the value's own `Drop` may ask for a guard.
        drop(self);
        rt::quietly(|| drop(value));
    }

    fn value(&mut self) -> *mut u8 {
        self.guard.as_mut().map_or(ptr::null_mut(), |value| ptr::from_mut(value).cast())
    }

    fn was_written(&self) -> bool {
        self.state.written.load(Ordering::Relaxed)
    }

    fn moved_out(mut self: Box<Self>) {
        self.give_up();
        // SAFETY: the place is the guard's. What is there is not looked at: its bits are somebody
        // else's.
        unsafe { ptr::write(&raw mut *self.guard, None) };
    }
}
