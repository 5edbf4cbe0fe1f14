//! The guards of a state's value.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{RwLockReadGuard, RwLockWriteGuard, atomic::Ordering},
};

use super::State;
use crate::rt::Holding;

/// Whoever has a guard has looked.
const HELD: &str = "a value is there while it has a guard";

/// The value of a [`State`], to be read.
#[must_use]
pub struct StateRead<'a, T> {
    guard: RwLockReadGuard<'a, Option<T>>,
    _holding: Holding,
}

/// The value of a [`State`], to be changed.
#[must_use]
pub struct StateWrite<'a, T> {
    guard: RwLockWriteGuard<'a, Option<T>>,
    _holding: Holding,
}

impl<'a, T> StateRead<'a, T> {
    #[track_caller]
    pub(super) fn of(state: &State<T>, guard: RwLockReadGuard<'a, Option<T>>) -> Self {
        StateRead { guard, _holding: state.holding() }
    }
}

impl<'a, T> StateWrite<'a, T> {
    #[track_caller]
    pub(super) fn of(state: &'a State<T>, guard: RwLockWriteGuard<'a, Option<T>>) -> Self {
        // Relaxed: whoever asks has the lock.
        state.written.store(true, Ordering::Relaxed);
        StateWrite { guard, _holding: state.holding() }
    }
}

impl<T> Deref for StateRead<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect(HELD)
    }
}

impl<T> Deref for StateWrite<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect(HELD)
    }
}

impl<T> DerefMut for StateWrite<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect(HELD)
    }
}

impl<T: fmt::Debug> fmt::Debug for StateRead<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

impl<T: fmt::Debug> fmt::Debug for StateWrite<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}
