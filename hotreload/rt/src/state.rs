//! State that outlives the code that works on it.

mod errors;
mod guards;
mod lock;

use std::{
    fmt,
    ops::Deref,
    sync::{
        OnceLock, PoisonError, RwLock, TryLockError, TryLockResult,
        atomic::{AtomicBool, AtomicU8, AtomicU32, AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use self::lock::StateLock;
pub use self::{
    errors::{NotMoved, TryStateError},
    guards::{StateRead, StateWrite},
};
use crate::pin::record;
use crate::rt::{
    self, Holding, OtherLayout, Returned, catch,
    versioned::{Describe, Moves, Table, TypeRef, Versioned, Whole, within},
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
/// whatever the bundle exports, other statics too: those are made first. A state that is no exported
/// static makes it when it is first asked for, by the code that made the state.
///
/// A panic while a guard is held does not poison it: the value stays as the panic left it.
///
/// When a reload changes the type, the value moves to the new one: fields and variants by their names, new
/// fields by `#[hot(default = ..)]` or `Default`, others as `#[hot(convert = ..)]` says. What is removed
/// is put aside, and comes back with a rollback or with a version that has it again. Where nothing says
/// what the value should become, or the authors' code fails, the reload is refused (HOT0403, HOT0407 to
/// HOT0422), and the value stays as it was. With `#[hot(reset)]` on the static it is given up instead,
/// and the new code begins with a first value of its own.
///
/// Either happens while no caller is inside hot code: calls from outside wait, those that are under
/// way come to their end first, and one that does not in time refuses the reload (HOT0609). So a call
/// never finds the value gone that was there when it began. While a load moves a value, its init functions
/// and first values get none (HOT0406). A thread that a bundle has started is not
/// waited for, unless it holds a guard (HOT0606): if its old code asks later, the guard is refused
/// (HOT0405). The old value is dropped at the next load, reload or unload after the last guard of it is
/// gone.
// Both the host's copy of this crate and the bundle's work on one value, whatever their features.
#[repr(C)]
pub struct State<T> {
    first: fn() -> T,
    /// Calls `first`, and catches, in the image that made the state: whichever asks first may be another.
    make: fn(fn() -> T) -> Returned<T>,
    /// None: it was discarded, and never published.
    cell: OnceLock<RwLock<Option<T>>>,
    /// Whether the value is there ([`THERE`]), [`GONE`] or [`COMING`].
    ///
    /// It is gone when it was given up or moved out. Set while the lock is held and after the new code is
    /// published, so that no call of the newest code finds it; looked at before the lock is asked
    /// for, so that nobody who finds it holds a guard. The old value itself stays as sound as it was, until
    /// it is discarded under the lock: then there is none.
    ///
    /// It is coming where a load has made the state for a value that it moves, and not moved it yet.
    condition: AtomicU8,
    /// Whether a guard was given that writes, since the value came here.
    written: AtomicBool,
    /// Not 0: a load holds the lock, to move the value or to give it up, and others wait for it so many
    /// milliseconds and no longer.
    loading: AtomicU32,
    /// How many threads wait for the lock: a value that was given up is not discarded under them.
    waiting: AtomicUsize,
}

// SAFETY: the name has the value's type; everything else of the layout is this library's, whose
// version the fingerprint compares.
unsafe impl<T: Versioned> Versioned for State<T> {
    const REF: &'static TypeRef = &TypeRef::new("hotreload", "", "hot::State", const { &[T::REF] });
    const TABLE: &'static Table =
        &Table::builtin::<Self>(const { &[T::describe as fn(&mut Describe)] });
    type Lifetimes = T::Lifetimes;
    type Parts = T::Parts;
    type Owned = Whole<Self>;

    const MOVES: Moves = Moves::of::<Self>(within("a `hot::State`", const { &[T::moves] }));
}

impl<T> State<T> {
    /// A state whose first value `first` makes.
    pub const fn new(first: fn() -> T) -> Self {
        State {
            first,
            make: make::<T>,
            cell: OnceLock::new(),
            condition: AtomicU8::new(THERE),
            written: AtomicBool::new(false),
            loading: AtomicU32::new(0),
            waiting: AtomicUsize::new(0),
        }
    }

    /// A state whose value comes by [`fill`](State::fill).
    pub(crate) fn empty() -> Self {
        State {
            cell: OnceLock::from(RwLock::new(None)),
            condition: AtomicU8::new(COMING),
            // The cell is there: nothing asks for a first value.
            ..State::new(|| unreachable!("its value is moved into it"))
        }
    }

    /// Moves the value into an empty state.
    pub(crate) fn fill(&self, value: T) {
        let mut guard = self.lock().write().unwrap_or_else(PoisonError::into_inner);
        *guard = Some(value);
        // Release: pairs with the Acquire in `look`. Under the lock, so that nobody finds it locked
        // who has not seen that it is there.
        self.condition.store(THERE, Ordering::Release);
    }

    /// Makes the first value now. Exported states are made when their bundle is loaded: later, code
    /// of another image would have to run `first`.
    #[doc(hidden)]
    pub fn force(&self) {
        self.lock();
    }

    /// The lock, to give the value up under it; none while a guard is held.
    pub(crate) fn try_lock(&self) -> Option<StateLock<'_, T>> {
        let guard = given(self.lock().try_write())?;
        // Of a load that calls authors' code meanwhile; others are short.
        let patience = match record().patience.load(Ordering::Relaxed) {
            0 => u32::MAX,
            patience => patience,
        };
        // Relaxed: the thread that loads, and those that it starts, find it; others wait for the lock or
        // are told, and either is right.
        self.loading.store(patience, Ordering::Relaxed);
        Some(StateLock { state: self, guard })
    }

    /// Waits until nobody writes, and gives the value to be read.
    ///
    /// # Panics
    /// With HOT0405 if the value has moved or was given up, and this is old code that still runs on a thread that a
    /// bundle has started, or that an object or a closure of an old generation leads to. With HOT0406 if
    /// such code asks while a load moves the value, and that takes longer than the host's patience.
    #[track_caller]
    pub fn read(&self) -> StateRead<'_, T> {
        self.check();
        let lock = self.lock();
        let guard = match given(lock.try_read()) {
            Some(guard) => guard,
            None => self.wait(
                || given(lock.try_read()),
                || lock.read().unwrap_or_else(PoisonError::into_inner),
            ),
        };
        StateRead::of(self, there(guard))
    }

    /// Waits until nobody reads or writes, and gives the value to be changed.
    ///
    /// # Panics
    /// As [`read`](State::read).
    #[track_caller]
    pub fn write(&self) -> StateWrite<'_, T> {
        self.check();
        let lock = self.lock();
        let guard = match given(lock.try_write()) {
            Some(guard) => guard,
            None => self.wait(
                || given(lock.try_write()),
                || lock.write().unwrap_or_else(PoisonError::into_inner),
            ),
        };
        StateWrite::of(self, there(guard))
    }

    /// The guard, when the lock is free. A thread that runs authors' code to move values keeps callers of
    /// all states outside meanwhile, so it must come to its end: it asks for some time only.
    #[track_caller]
    fn wait<G>(&self, ask: impl Fn() -> Option<G>, wait: impl FnOnce() -> G) -> G {
        let patience = record().patience.load(Ordering::Relaxed);
        if patience == 0 {
            let _waiting = Waiting::begin(&self.waiting);
            self.wait_for_load();
            return wait();
        }
        if self.loading.load(Ordering::Relaxed) != 0 {
            panic!("{}", NotMoved::of::<T>());
        }
        let deadline = Instant::now() + Duration::from_millis(patience.into());
        loop {
            thread::sleep(Duration::from_millis(1));
            if let Some(guard) = ask() {
                return guard;
            }
            assert!(
                Instant::now() < deadline,
                "HOT0606: another thread has a guard of the `{}`, and code that a load calls to move \
                 values does not wait for it any longer",
                std::any::type_name::<T>()
            );
        }
    }

    /// Waits while a load has the lock, which authors' code may prolong that waits for this very thread: not
    /// for ever. A thread that asks now runs old code, and would get HOT0405 after the load.
    #[track_caller]
    fn wait_for_load(&self) {
        let started = Instant::now();
        loop {
            let patience = Duration::from_millis(self.loading.load(Ordering::Relaxed).into());
            if patience.is_zero() {
                return;
            }
            assert!(started.elapsed() <= patience, "{}", NotMoved::of::<T>());
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Gives the value to be read, and does not wait for it.
    ///
    /// # Errors
    /// [`TryStateError::Locked`] while another guard writes; [`TryStateError::OtherLayout`]
    /// (HOT0405) if a reload has given the value up, and the caller is old code that still runs.
    ///
    /// ```
    /// static COUNT: hot::State<u32> = hot::State::new(|| 1);
    ///
    /// assert_eq!(*COUNT.try_read().unwrap(), 1);
    /// let writing = COUNT.write();
    /// assert_eq!(COUNT.try_read().unwrap_err(), hot::TryStateError::Locked);
    /// # drop(writing);
    /// ```
    #[track_caller]
    pub fn try_read(&self) -> Result<StateRead<'_, T>, TryStateError> {
        self.look()?;
        self.peek()
    }

    /// Gives the value to be changed, and does not wait for it.
    ///
    /// # Errors
    /// [`TryStateError::Locked`] while another guard reads or writes;
    /// [`TryStateError::OtherLayout`] as [`try_read`](State::try_read).
    #[track_caller]
    pub fn try_write(&self) -> Result<StateWrite<'_, T>, TryStateError> {
        self.look()?;
        let guard = given(self.lock().try_write()).ok_or(TryStateError::Locked)?;
        // It may have been given up since.
        if guard.is_none() {
            return Err(OtherLayout::of::<T>().into());
        }
        Ok(StateWrite::of(self, guard))
    }

    /// Whether the value has moved, or was given up for one of another layout: then guards panic. Only old code
    /// that still runs ever sees that.
    pub fn is_given_up(&self) -> bool {
        // Acquire: whoever is refused finds the slots that were published before, and so calls the
        // newest code next.
        self.condition.load(Ordering::Acquire) == GONE
    }

    /// As [`try_read`](State::try_read), also of a value that is given up but not yet discarded.
    #[track_caller]
    fn peek(&self) -> Result<StateRead<'_, T>, TryStateError> {
        let guard = given(self.lock().try_read()).ok_or(TryStateError::Locked)?;
        if guard.is_none() {
            return Err(OtherLayout::of::<T>().into());
        }
        Ok(StateRead::of(self, guard))
    }

    fn look(&self) -> Result<(), TryStateError> {
        // Acquire: as in `is_given_up`.
        match self.condition.load(Ordering::Acquire) {
            THERE => Ok(()),
            GONE => Err(OtherLayout::of::<T>().into()),
            _ => Err(NotMoved::of::<T>().into()),
        }
    }

    #[track_caller]
    fn check(&self) {
        if let Err(error) = self.look() {
            panic!("{error}");
        }
    }

    #[track_caller]
    fn holding(&self) -> Holding {
        Holding::begin(record(), std::ptr::from_ref(self).addr())
    }

    fn lock(&self) -> &RwLock<Option<T>> {
        self.cell.get_or_init(|| {
            if rt::STATIC {
                // One program: a panic keeps its payload.
                return RwLock::new(Some((self.first)()));
            }
            RwLock::new(Some((self.make)(self.first).get()))
        })
    }
}

/// The conditions of a state. There a value is, or its first value will be.
const THERE: u8 = 0;
const GONE: u8 = 1;
const COMING: u8 = 2;

/// Makes a first value of this image.
fn make<T>(first: fn() -> T) -> Returned<T> {
    catch(first)
}

/// A thread that waits for the lock.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn begin(count: &'a AtomicUsize) -> Self {
        // Relaxed: it is a count, and orders nothing.
        count.fetch_add(1, Ordering::Relaxed);
        Waiting(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The guard of a value that was not discarded while it was waited for.
#[track_caller]
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
        match self.look().and_then(|()| self.peek()) {
            Ok(value) => f.debug_tuple("State").field(&*value).finish(),
            Err(TryStateError::Locked) => f.write_str("State(<locked>)"),
            Err(TryStateError::OtherLayout(_)) => f.write_str("State(<given up>)"),
            Err(TryStateError::NotMoved(_)) => f.write_str("State(<not moved yet>)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};

    use super::*;
    use crate::rt::Locked as _;

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
        assert_eq!(state.try_read().unwrap_err(), TryStateError::Locked);
        assert_eq!(state.try_write().unwrap_err(), TryStateError::Locked);
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
            let other = TryStateError::OtherLayout(OtherLayout::of::<i32>());
            assert_eq!(state.try_read().unwrap_err(), other);
            assert_eq!(state.try_write().unwrap_err(), other);
            assert!(other.to_string().starts_with("HOT0405"));
        };
        ask();
        drop(lock);
        ask();
        assert!(state.try_lock().is_some());
        assert_eq!(format!("{state:?}"), "State(<given up>)");
    }

    #[test]
    fn a_lock_tells_of_those_who_wait_for_the_old_value() {
        let state = State::new(|| 1);
        let lock = state.try_lock().unwrap();
        assert!(!lock.is_awaited());
        thread::scope(|scope| {
            let reader = scope.spawn(|| *state.read());
            let writer = scope.spawn(|| *state.write());
            while state.waiting.load(Ordering::Relaxed) < 2 {
                thread::yield_now();
            }
            assert!(lock.is_awaited());
            lock.give_up();
            drop(lock);
            assert_eq!((reader.join().unwrap(), writer.join().unwrap()), (1, 1));
        });
        assert!(!state.try_lock().unwrap().is_awaited());
    }

    #[test]
    fn who_asks_for_a_value_that_is_to_be_moved_gets_an_error() {
        let state = State::<Vec<u32>>::empty();
        assert!(matches!(state.try_read(), Err(TryStateError::NotMoved(_))));
        let error = state.try_write().unwrap_err();
        assert!(
            error.to_string().starts_with("HOT0406") && error.to_string().contains("after = f")
        );
        let said = catch_unwind(AssertUnwindSafe(|| drop(state.read()))).unwrap_err();
        assert_eq!(said.downcast_ref::<String>(), Some(&error.to_string()));
        assert_eq!(format!("{state:?}"), "State(<not moved yet>)");
        assert!(!state.is_given_up());
        assert!(state.try_lock().unwrap().value().is_null());
        state.force();
        state.fill(vec![3]);
        assert_eq!(*state.read(), [3]);
        state.write().push(4);
        assert_eq!(format!("{state:?}"), "State([3, 4])");
    }

    #[test]
    fn what_is_moved_out_is_dropped_where_it_goes() {
        struct Counted(std::rc::Rc<()>);
        let (count, state) = (std::rc::Rc::new(()), State::<Counted>::empty());
        state.fill(Counted(count.clone()));
        let mut lock = Box::new(state.try_lock().unwrap());
        // SAFETY: it is of this type, and moved out of below.
        let value = unsafe { lock.value().cast::<Counted>().read() };
        lock.moved_out();
        assert_eq!(std::rc::Rc::strong_count(&value.0), 2);
        assert!(panics(|| state.read()) && state.is_given_up());
        drop(state);
        assert_eq!(std::rc::Rc::strong_count(&value.0), 2);
        drop(value);
        assert_eq!(std::rc::Rc::strong_count(&count), 1);
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
        assert!(matches!(state.try_read(), Err(TryStateError::OtherLayout(_))));
        let state = Box::leak(Box::new(State::new(Vec::new)));
        state.write().push(Dropped(state));
        Box::new(state.try_lock().unwrap()).discard();
        assert!(panics(|| state.write()));
    }
}
