//! State that outlives the code that works on it.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError},
};

/// A value behind a lock, made for exported statics: the host owns it, reloads keep it.
///
/// ```
/// #[derive(Default)]
/// pub struct Lobby {
///     pub guests: Vec<String>,
/// }
///
/// #[hot::export]
/// pub static LOBBY: hot::State<Lobby> = hot::State::new(Lobby::default);
///
/// # fn main() {
/// LOBBY.write().guests.push("Ann".to_owned());
/// assert_eq!(LOBBY.read().guests, ["Ann"]);
/// # }
/// ```
///
/// A panic while a guard is held does not poison it: the value stays as the panic left it.
// Both the host's copy of this crate and the bundle's work on one value, whatever their features.
#[repr(C)]
pub struct State<T> {
    first: fn() -> T,
    cell: OnceLock<RwLock<T>>,
}

impl<T> State<T> {
    /// A state whose first value `first` makes.
    pub const fn new(first: fn() -> T) -> Self {
        State { first, cell: OnceLock::new() }
    }

    /// Makes the first value now. Exported states are made when their bundle is loaded: later, code
    /// of another image would have to run `first`.
    #[doc(hidden)]
    pub fn force(&self) {
        self.lock();
    }

    /// Waits until nobody writes, and gives the value to be read.
    pub fn read(&self) -> StateRead<'_, T> {
        StateRead(self.lock().read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until nobody reads or writes, and gives the value to be changed.
    pub fn write(&self) -> StateWrite<'_, T> {
        StateWrite(self.lock().write().unwrap_or_else(PoisonError::into_inner))
    }

    /// As [`read`](State::read), but does not wait: `None` while somebody writes.
    pub fn try_read(&self) -> Option<StateRead<'_, T>> {
        match self.lock().try_read() {
            Ok(guard) => Some(StateRead(guard)),
            Err(TryLockError::Poisoned(poisoned)) => Some(StateRead(poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    /// As [`write`](State::write), but does not wait: `None` while somebody reads or writes.
    pub fn try_write(&self) -> Option<StateWrite<'_, T>> {
        match self.lock().try_write() {
            Ok(guard) => Some(StateWrite(guard)),
            Err(TryLockError::Poisoned(poisoned)) => Some(StateWrite(poisoned.into_inner())),
            Err(TryLockError::WouldBlock) => None,
        }
    }

    fn lock(&self) -> &RwLock<T> {
        self.cell.get_or_init(|| RwLock::new((self.first)()))
    }
}

impl<T: fmt::Debug> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_read() {
            Some(value) => f.debug_tuple("State").field(&*value).finish(),
            None => f.write_str("State(<locked>)"),
        }
    }
}

/// The value of a [`State`], to be read.
#[must_use]
pub struct StateRead<'a, T>(RwLockReadGuard<'a, T>);

/// The value of a [`State`], to be changed.
#[must_use]
pub struct StateWrite<'a, T>(RwLockWriteGuard<'a, T>);

impl<T> Deref for StateRead<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> Deref for StateWrite<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for StateWrite<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
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
