//! Values that the program holds by handle: it was not compiled against their layout.

mod guards;
mod header;

use std::{
    fmt,
    marker::PhantomData,
    panic::{RefUnwindSafe, UnwindSafe},
    ptr::NonNull,
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant},
};

use self::guards::Look;
pub(crate) use self::header::LiveHeader;
pub use self::{
    guards::{LiveRead, LiveWrite},
    header::{AskedAll, Gone, LiveLock, Maker},
};
use crate::{
    cells::{OtherLayout, cell_of},
    migrate,
    pin::record,
    rt::versioned::{BehindHandle, Describe, Form, Moves, Table, TypeRef, Versioned, Whole},
    state::NotMoved,
};

/// A value that a bundle makes and a program holds, without knowing how it is laid out.
///
/// The program passes it to exported functions, which reach the value by a guard. So its type may change in
/// a reload while values are alive: they move to the new version, wherever their handles are, as the value
/// of a [`State`](crate::State) does, all of them or none. Where nothing says what a value should become,
/// the reload is refused (HOT0407 to HOT0418), and so it is while somebody holds a guard (HOT0606).
///
/// ```
/// #[hot::versioned]
/// pub struct World {
///     heat: f32,
/// }
///
/// #[hot::export]
/// pub fn create() -> hot::Live<World> {
///     hot::Live::new(World { heat: 1.0 })
/// }
///
/// #[hot::export]
/// pub fn step(world: &mut hot::Live<World>) -> f32 {
///     let mut world = world.get_mut();
///     world.heat *= 0.5;
///     world.heat
/// }
///
/// # fn main() {
/// let mut world = hot::get!(create)(); // the program's own part
/// assert_eq!(hot::get!(step)(&mut world), 0.5);
/// # }
/// ```
///
/// A value of a type that is not `Send` moves only in a commit on the thread that made it; elsewhere the
/// reload is refused (HOT0404).
///
/// The value is dropped by the code that made it, or that it moved to last, whichever image drops the
/// handle. A handle that is dropped while a reload moves its value leaves the value to the reload, which drops
/// it when it is through.
// A pointer, in every image. Without bounds: rustc would repeat at every mention what `Versioned` says
// once.
#[repr(transparent)]
pub struct Live<T> {
    header: NonNull<LiveHeader>,
    value: PhantomData<T>,
}

// SAFETY: it owns a `T`, as a `Box` does.
unsafe impl<T: Send> Send for Live<T> {}
// SAFETY: as above; a shared handle gives shared references only.
unsafe impl<T: Sync> Sync for Live<T> {}

// As a `Box` is.
impl<T: UnwindSafe> UnwindSafe for Live<T> {}
impl<T: RefUnwindSafe> RefUnwindSafe for Live<T> {}

// SAFETY: a pointer to what only images that agree on the layout look at, which each use compares.
// The value's type is described, and not compared by those that hold the handle.
unsafe impl<T: Versioned + 'static> Versioned for Live<T> {
    const REF: &'static TypeRef = &TypeRef::new("hotreload", "", "hot::Live", const { &[T::REF] });
    const TABLE: &'static Table =
        &Table::builtin::<Self>(const { &[T::describe as fn(&mut Describe)] });
    type Lifetimes = T::Lifetimes;
    type Parts = T::Parts;
    type Owned = Whole<Self>;

    // Its value has a block of its own, and moves by itself.
    const MOVES: Moves = Moves::of::<Self>(Form::Leaf);

    fn describe(out: &mut Describe) {
        out.handle::<Self>(behind::<T>());
    }
}

/// What an image says of the values behind its handles.
fn behind<T: Versioned + 'static>() -> BehindHandle {
    let layout = || std::ptr::from_ref(cell_of::<T>()).cast();
    BehindHandle::of::<T>(T::moves, migrate::registered, layout)
}

/// How long who asks for a value that a load moves waits before it asks again.
const INTERVAL: Duration = Duration::from_micros(200);

impl<T: Versioned + 'static> Live<T> {
    /// Makes a value that this code's image lays out.
    ///
    /// # Panics
    /// If another type has this one's name: only types within bodies of functions can.
    pub fn new(value: T) -> Live<T> {
        Live { header: LiveHeader::of(Box::new(value), &behind::<T>()), value: PhantomData }
    }

    /// The value. Waits while a reload moves it.
    ///
    /// # Panics
    /// With HOT0405 if code with another layout of `T` has it: an older or a newer generation than this code.
    /// With HOT0406 if a reload that moves it calls this, from a conversion or a default.
    #[track_caller]
    pub fn get(&self) -> LiveRead<'_, T> {
        self.try_get().unwrap_or_else(|error| panic!("{error}"))
    }

    /// The value, to be changed. Waits while a reload moves it.
    ///
    /// # Panics
    /// As [`get`](Live::get).
    #[track_caller]
    pub fn get_mut(&mut self) -> LiveWrite<'_, T> {
        self.try_get_mut().unwrap_or_else(|error| panic!("{error}"))
    }

    /// As [`get`](Live::get).
    ///
    /// # Errors
    /// [`TryLiveError::OtherLayout`] (HOT0405) if code with another layout of `T` has it;
    /// [`TryLiveError::NotMoved`] (HOT0406) in code that the reload calls which moves it, or after the host's
    /// patience with that code.
    #[track_caller]
    pub fn try_get(&self) -> Result<LiveRead<'_, T>, TryLiveError> {
        let (look, value) = self.look()?;
        Ok(LiveRead::of(look, value))
    }

    /// As [`get_mut`](Live::get_mut).
    ///
    /// # Errors
    /// As [`try_get`](Live::try_get).
    #[track_caller]
    pub fn try_get_mut(&mut self) -> Result<LiveWrite<'_, T>, TryLiveError> {
        let (look, value) = self.look()?;
        // Relaxed: the load that asks has the value.
        self.header().written.store(true, Ordering::Relaxed);
        Ok(LiveWrite::of(look, value))
    }

    #[track_caller]
    fn look(&self) -> Result<(Look<'_>, NonNull<T>), TryLiveError> {
        let (header, started) = (self.header(), Instant::now());
        while !header.looked.begin() {
            // The thread that moves it would wait for itself, and authors' code that it runs may wait for
            // this very thread.
            let is_own = record().patience.load(Ordering::Relaxed) != 0;
            let patience = header.patience.load(Ordering::Relaxed);
            let is_over = started.elapsed() > Duration::from_millis(patience.into());
            if is_own || patience != 0 && is_over {
                return Err(NotMoved::of::<T>().into());
            }
            thread::sleep(INTERVAL);
        }
        let look = Look::begun(header);
        // SAFETY: it looks.
        let value = unsafe { header.value::<T>() }?;
        Ok((look, value))
    }
}

impl<T> Live<T> {
    fn header(&self) -> &LiveHeader {
        // SAFETY: it is there until the handle is dropped.
        unsafe { self.header.as_ref() }
    }
}

impl<T> Drop for Live<T> {
    fn drop(&mut self) {
        if self.header().looked.end() {
            // SAFETY: no load has it, and nobody has the handle any more.
            unsafe { header::finish(self.header) };
        }
    }
}

impl<T: Versioned + fmt::Debug + 'static> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_get() {
            Ok(value) => f.debug_tuple("Live").field(&*value).finish(),
            Err(TryLiveError::OtherLayout(_)) => f.write_str("Live(<of another layout>)"),
            Err(TryLiveError::NotMoved(_)) => f.write_str("Live(<not moved yet>)"),
        }
    }
}

/// Why [`Live::try_get`] and [`Live::try_get_mut`] give no guard.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum TryLiveError {
    /// HOT0405: code with another layout of the type has the value.
    OtherLayout(OtherLayout),
    /// HOT0406: a reload moves the value, and the caller is a conversion or a default that it calls.
    NotMoved(NotMoved),
}

impl From<OtherLayout> for TryLiveError {
    fn from(error: OtherLayout) -> Self {
        TryLiveError::OtherLayout(error)
    }
}

impl From<NotMoved> for TryLiveError {
    fn from(error: NotMoved) -> Self {
        TryLiveError::NotMoved(error)
    }
}

impl fmt::Display for TryLiveError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            TryLiveError::OtherLayout(error) => error.fmt(f),
            TryLiveError::NotMoved(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for TryLiveError {}
