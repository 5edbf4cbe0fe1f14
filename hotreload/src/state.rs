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
    self, Holding, Locked, OtherLayout,
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
/// The first value is made when the bundle is loaded, before anything of it is published. It may use
/// whatever the bundle exports, other statics too: those are made first.
///
/// A panic while a guard is held does not poison it: the value stays as the panic left it.
///
/// A reload that lays the value out differently is refused (HOT0403), unless the static is marked
/// `#[hot(reset)]`: then the old value is given up, once no thread holds a guard of it, and the new
/// code begins with a first value of its own. Old code that asks for it later is refused the guard;
/// whoever waited for it already comes before the reload, and gets the old value.
// Both the host's copy of this crate and the bundle's work on one value, whatever their features.
#[repr(C)]
pub struct State<T> {
    first: fn() -> T,
    /// None: it was discarded, and never published.
    cell: OnceLock<RwLock<Option<T>>>,
    /// Whether the value was given up. Set while the lock is held and after the new code is
    /// published, so that no call of the newest code finds it; looked at before the lock is asked
    /// for, so that nobody who finds it holds a guard. The old value itself stays as sound as it was.
    gone: AtomicBool,
}

// SAFETY: the name has the value's type; everything else of the layout is this library's, whose
// version the fingerprint compares.
unsafe impl<T: Versioned> Versioned for State<T> {
    const REF: &'static TypeRef = &TypeRef::new("hotreload", "", "hot::State", const { &[T::REF] });
    const TABLE: &'static Table =
        &Table::builtin::<Self>(const { &[T::describe as fn(&mut Describe)] });
    type Lifetimes = T::Lifetimes;
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

    /// The lock, to give the value up under it; none while a guard is held.
    pub(crate) fn try_lock(&self) -> Option<StateLock<'_, T>> {
        Some(StateLock { gone: &self.gone, guard: given(self.lock().try_write())? })
    }

    /// Waits until nobody writes, and gives the value to be read.
    ///
    /// # Panics
    /// With HOT0405 if the value was given up, and this is old code that still runs.
    pub fn read(&self) -> StateRead<'_, T> {
        self.check();
        let guard = there(self.lock().read().unwrap_or_else(PoisonError::into_inner));
        StateRead { guard, _holding: self.holding() }
    }

    /// Waits until nobody reads or writes, and gives the value to be changed.
    ///
    /// # Panics
    /// As [`read`](State::read).
    pub fn write(&self) -> StateWrite<'_, T> {
        self.check();
        let guard = there(self.lock().write().unwrap_or_else(PoisonError::into_inner));
        StateWrite { guard, _holding: self.holding() }
    }

    /// As [`read`](State::read), but does not wait: `None` while somebody writes.
    ///
    /// # Panics
    /// As [`read`](State::read).
    pub fn try_read(&self) -> Option<StateRead<'_, T>> {
        self.check();
        self.peek()
    }

    /// As [`write`](State::write), but does not wait: `None` while somebody reads or writes.
    ///
    /// # Panics
    /// As [`read`](State::read).
    pub fn try_write(&self) -> Option<StateWrite<'_, T>> {
        self.check();
        let guard = given(self.lock().try_write()).filter(|value| value.is_some())?;
        Some(StateWrite { guard, _holding: self.holding() })
    }

    /// Whether the value was given up for one of another layout: then guards panic. Only old code
    /// that still runs ever sees that.
    pub fn is_given_up(&self) -> bool {
        // Acquire: whoever is refused finds the slots that were published before, and so calls the
        // newest code next.
        self.gone.load(Ordering::Acquire)
    }

    /// As [`try_read`](State::try_read), also of a value that was given up.
    fn peek(&self) -> Option<StateRead<'_, T>> {
        let guard = given(self.lock().try_read()).filter(|value| value.is_some())?;
        Some(StateRead { guard, _holding: self.holding() })
    }

    fn check(&self) {
        if self.is_given_up() {
            panic!("{}", OtherLayout::of::<T>());
        }
    }

    fn holding(&self) -> Holding {
        Holding::begin(std::ptr::from_ref(self).addr())
    }

    fn lock(&self) -> &RwLock<Option<T>> {
        self.cell.get_or_init(|| RwLock::new(Some((self.first)())))
    }
}

/// The guard of a value that was not discarded while it was waited for.
fn there<T, G: Deref<Target = Option<T>>>(guard: G) -> G {
    if guard.is_none() {
        drop(guard);
        panic!("{}", OtherLayout::of::<T>());
    }
    guard
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
        match self.peek() {
            Some(value) => f.debug_tuple("State").field(&*value).finish(),
            None => f.write_str("State(<locked>)"),
        }
    }
}

/// The lock of a [`State`], held by a reload.
pub(crate) struct StateLock<'a, T> {
    gone: &'a AtomicBool,
    guard: RwLockWriteGuard<'a, Option<T>>,
}

impl<T> Locked for StateLock<'_, T> {
    fn give_up(&self) {
        // Release: pairs with the Acquire in `is_given_up`.
        self.gone.store(true, Ordering::Release);
    }

    fn discard(mut self: Box<Self>) {
        self.give_up();
        let value = self.guard.take();
        // First: the value's own `Drop` may ask for a guard.
        drop(self);
        rt::quietly(|| drop(value));
    }
}

/// Whoever has a guard has looked.
const THERE: &str = "a value is there while it has a guard";

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

impl<T> Deref for StateRead<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect(THERE)
    }
}

impl<T> Deref for StateWrite<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.guard.as_ref().expect(THERE)
    }
}

impl<T> DerefMut for StateWrite<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        self.guard.as_mut().expect(THERE)
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

#[cfg(test)]
mod tests {
    use std::{
        panic::{AssertUnwindSafe, catch_unwind},
        thread,
        time::Duration,
    };

    use super::*;

    fn panics<T>(ask: impl FnOnce() -> T) -> bool {
        let said = catch_unwind(AssertUnwindSafe(|| drop(ask())));
        said.is_err_and(|said| said.downcast::<String>().unwrap().starts_with("HOT0405"))
    }

    #[test]
    fn a_lock_changes_nothing_until_the_value_is_given_up() {
        let state = State::new(|| 1);
        let reading = state.read();
        assert!(state.try_lock().is_none());
        drop(reading);
        let lock = state.try_lock().unwrap();
        assert!(state.try_read().is_none() && state.try_write().is_none());
        assert_eq!(format!("{state:?}"), "State(<locked>)");
        drop(lock);
        *state.write() += 1;
        assert_eq!(*state.read(), 2);
    }

    #[test]
    fn who_is_refused_has_not_waited_and_holds_nothing() {
        let state = State::new(|| 1);
        let poison = catch_unwind(AssertUnwindSafe(|| {
            let _writing = state.write();
            panic!("while it is held");
        }));
        assert!(poison.is_err());
        let lock = state.try_lock().unwrap();
        lock.give_up();
        let ask = || {
            assert!(panics(|| state.read()) && panics(|| state.write()));
            assert!(panics(|| state.try_read()) && panics(|| state.try_write()));
        };
        ask();
        drop(lock);
        ask();
        assert!(state.try_lock().is_some());
        assert_eq!(format!("{state:?}"), "State(<given up>)");
    }

    #[test]
    fn who_waits_for_a_value_that_is_discarded_is_refused() {
        struct Dropped<'a>(&'a State<Vec<Dropped<'a>>>);
        impl Drop for Dropped<'_> {
            fn drop(&mut self) {
                // Its own state is free meanwhile, and refuses.
                assert!(panics(|| self.0.read()));
                panic!("which stays here");
            }
        }
        let state = State::new(|| vec![1]);
        let lock = state.try_lock().unwrap();
        thread::scope(|scope| {
            let readers = [(); 8].map(|()| scope.spawn(|| panics(|| state.read())));
            thread::sleep(Duration::from_millis(20));
            Box::new(lock).discard();
            assert!(readers.into_iter().all(|reader| reader.join().unwrap()));
        });
        assert_eq!(format!("{state:?}"), "State(<given up>)");
        let state = Box::leak(Box::new(State::new(Vec::new)));
        state.write().push(Dropped(state));
        Box::new(state.try_lock().unwrap()).discard();
        assert!(panics(|| state.write()));
    }
}
