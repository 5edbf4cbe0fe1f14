//! The guards of a value behind a handle.

use std::{
    fmt,
    marker::PhantomData,
    ops::{Deref, DerefMut},
    ptr::NonNull,
};

#[cfg(doc)]
use super::Live;
use super::LiveHeader;
use crate::{pin::record, rt::Holding};

/// While it is there, no load moves the value. It stays with its thread, whose record names it.
#[derive(Debug)]
pub(super) struct Look<'a> {
    header: &'a LiveHeader,
    _holding: Holding,
}

impl<'a> Look<'a> {
    /// The caller has begun to look.
    #[track_caller]
    pub(super) fn begun(header: &'a LiveHeader) -> Self {
        let at = std::ptr::from_ref(header).addr();
        Look { header, _holding: Holding::begin(record(), at) }
    }
}

impl Drop for Look<'_> {
    fn drop(&mut self) {
        self.header.looked.leave();
    }
}

/// The value of a [`Live`], to be read.
#[must_use]
pub struct LiveRead<'a, T> {
    value: NonNull<T>,
    _look: Look<'a>,
    handle: PhantomData<&'a T>,
}

/// The value of a [`Live`], to be changed.
#[must_use]
pub struct LiveWrite<'a, T> {
    value: NonNull<T>,
    _look: Look<'a>,
    handle: PhantomData<&'a mut T>,
}

// SAFETY: shared, it gives shared references to the value only.
unsafe impl<T: Sync> Sync for LiveRead<'_, T> {}
// SAFETY: as above.
unsafe impl<T: Sync> Sync for LiveWrite<'_, T> {}

impl<'a, T> LiveRead<'a, T> {
    pub(super) fn of(look: Look<'a>, value: NonNull<T>) -> Self {
        LiveRead { value, _look: look, handle: PhantomData }
    }
}

impl<'a, T> LiveWrite<'a, T> {
    pub(super) fn of(look: Look<'a>, value: NonNull<T>) -> Self {
        LiveWrite { value, _look: look, handle: PhantomData }
    }
}

impl<T> Deref for LiveRead<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: the value stays where it is while somebody looks, and the handle is borrowed.
        unsafe { self.value.as_ref() }
    }
}

impl<T> Deref for LiveWrite<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        // SAFETY: as of `LiveRead`.
        unsafe { self.value.as_ref() }
    }
}

impl<T> DerefMut for LiveWrite<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: as of `LiveRead`; the handle is borrowed for this guard alone.
        unsafe { self.value.as_mut() }
    }
}

impl<T: fmt::Debug> fmt::Debug for LiveRead<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}

impl<T: fmt::Debug> fmt::Debug for LiveWrite<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        T::fmt(self, f)
    }
}
