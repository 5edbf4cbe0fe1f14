//! State that outlives the code that works on it.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    sync::{
        OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError,
        TryLockResult,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::rt::{
    Holding, OtherLayout,
    versioned::{Describe, Table, TypeRef, Versioned},
};

/// A value behind a lock, made for exported statics: the host owns it, reloads keep it.
///
/// ```
/// #[hot::versioned]
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
///
/// A reload that lays the value out differently is refused (HOT0403), unless the static is marked
/// `#[hot(reset)]`: then the old value is given up, once no thread holds a guard of it, and the new
/// code begins with a first value of its own. Old code that still runs is refused the guard.
// Both the host's copy of this crate and the bundle's work on one value, whatever their features.
#[repr(C)]
pub struct State<T> {
    first: fn() -> T,
    cell: OnceLock<RwLock<T>>,
    /// Whether the value was given up. Written under the lock, which orders it.
    gone: AtomicBool,
}

// SAFETY: the name has the value's type; everything else of the layout is this library's, whose
// version the fingerprint compares.
unsafe impl<T: Versioned> Versioned for State<T> {
    const REF: &'static TypeRef = &TypeRef::new("hotreload", "", "hot::State", const { &[T::REF] });
    const TABLE: &'static Table =
        &Table::builtin::<Self>(const { &[T::describe as fn(&mut Describe)] });
}

impl<T> State<T> {
    /// A state whose first value `first` makes.
    pub const fn new(first: fn() -> T) -> Self {
        State { first, cell: OnceLock::new(), gone: AtomicBool::new(false) }
    }

    /// Makes the first value now. Exported states are made when their bundle is loaded: later, code
    /// of another image would have to run `first`.
    #[doc(hidden)]
    pub fn force(&self) {
        self.lock();
    }

    /// Gives the value up, or takes that back; false while a guard is held.
    pub(crate) fn give_up(&self, gone: bool) -> bool {
        let guard = given(self.lock().try_write());
        if guard.is_some() {
            // Relaxed: under the lock.
            self.gone.store(gone, Ordering::Relaxed);
        }
        guard.is_some()
    }

    /// Waits until nobody writes, and gives the value to be read.
    ///
    /// # Panics
    /// With HOT0405 if the value was given up, and this is old code that still runs.
    pub fn read(&self) -> StateRead<'_, T> {
        let guard = self.lock().read().unwrap_or_else(PoisonError::into_inner);
        self.check();
        StateRead { guard, _holding: self.holding() }
    }

    /// Waits until nobody reads or writes, and gives the value to be changed.
    ///
    /// # Panics
    /// As [`read`](State::read).
    pub fn write(&self) -> StateWrite<'_, T> {
        let guard = self.lock().write().unwrap_or_else(PoisonError::into_inner);
        self.check();
        StateWrite { guard, _holding: self.holding() }
    }

    /// As [`read`](State::read), but does not wait: `None` while somebody writes.
    ///
    /// # Panics
    /// As [`read`](State::read).
    pub fn try_read(&self) -> Option<StateRead<'_, T>> {
        let guard = given(self.lock().try_read())?;
        self.check();
        Some(StateRead { guard, _holding: self.holding() })
    }

    /// As [`write`](State::write), but does not wait: `None` while somebody reads or writes.
    ///
    /// # Panics
    /// As [`read`](State::read).
    pub fn try_write(&self) -> Option<StateWrite<'_, T>> {
        let guard = given(self.lock().try_write())?;
        self.check();
        Some(StateWrite { guard, _holding: self.holding() })
    }

    /// Whether the value was given up for one of another layout: then guards panic. Only old code
    /// that still runs ever sees that.
    pub fn is_given_up(&self) -> bool {
        self.gone.load(Ordering::Relaxed)
    }

    fn check(&self) {
        if self.is_given_up() {
            panic!("{}", OtherLayout::of::<T>());
        }
    }

    fn holding(&self) -> Holding {
        Holding::begin(std::ptr::from_ref(self).addr())
    }

    fn lock(&self) -> &RwLock<T> {
        self.cell.get_or_init(|| RwLock::new((self.first)()))
    }
}

/// The guard, whether or not a panic has come between; none if the lock is held.
fn given<G>(result: TryLockResult<G>) -> Option<G> {
    match result {
        Ok(guard) => Some(guard),
        Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
        Err(TryLockError::WouldBlock) => None,
    }
}

impl<T: fmt::Debug> fmt::Debug for State<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_given_up() {
            return f.write_str("State(<given up>)");
        }
        match self.try_read() {
            Some(value) => f.debug_tuple("State").field(&*value).finish(),
            None => f.write_str("State(<locked>)"),
        }
    }
}

/// The value of a [`State`], to be read.
#[must_use]
pub struct StateRead<'a, T> {
    guard: RwLockReadGuard<'a, T>,
    _holding: Holding,
}

/// The value of a [`State`], to be changed.
#[must_use]
pub struct StateWrite<'a, T> {
    guard: RwLockWriteGuard<'a, T>,
    _holding: Holding,
}

impl<T> Deref for StateRead<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> Deref for StateWrite<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.guard
    }
}

impl<T> DerefMut for StateWrite<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.guard
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
