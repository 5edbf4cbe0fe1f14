//! Values that the program holds by handle: it was not compiled against their layout.

use std::{fmt, marker::PhantomData, mem::MaybeUninit, ptr::NonNull};

use crate::rt::{
    LiveHeader, OtherLayout, catch, finish,
    versioned::{Describe, Table, TypeRef, Versioned},
};

/// A value that a bundle makes and a program holds, without knowing how it is laid out.
///
/// The program passes it to exported functions, which reach the value. So its type may change in a
/// reload as long as no value is alive; while one is, a reload that lays the type out differently is
/// refused (HOT0404).
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
///     let world = world.get_mut();
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
/// It is dropped by the code that made it, whichever image drops the handle.
// A pointer, in every image. Without bounds: rustc would repeat at every mention what `Versioned` says
// once.
#[repr(transparent)]
pub struct Live<T> {
    held: NonNull<Held<T>>,
    value: PhantomData<T>,
}

/// The header first: the image that drops it knows nothing else.
#[repr(C)]
struct Held<T> {
    header: LiveHeader,
    value: T,
}

// SAFETY: it owns a `T`, as a `Box` does.
unsafe impl<T: Send> Send for Live<T> {}
// SAFETY: as above; a shared handle gives shared references only.
unsafe impl<T: Sync> Sync for Live<T> {}

// SAFETY: a pointer to what only images that agree on the layout look at, which each use compares.
// The value's type is described, and not compared by those that hold the handle.
unsafe impl<T: Versioned + 'static> Versioned for Live<T> {
    const REF: &'static TypeRef = &TypeRef::new("hotreload", "", "hot::Live", const { &[T::REF] });
    const TABLE: &'static Table =
        &Table::builtin::<Self>(const { &[T::describe as fn(&mut Describe)] });
    type Lifetimes = T::Lifetimes;
}

impl<T: Versioned + 'static> Live<T> {
    /// Makes a value that this code's image lays out.
    ///
    /// # Panics
    /// If another type has this one's name: only types within bodies of functions can.
    pub fn new(value: T) -> Live<T> {
        let held = Box::new(Held { header: LiveHeader::new::<T>(drop_held::<T>), value });
        Live { held: NonNull::from(Box::leak(held)), value: PhantomData }
    }

    /// The value.
    ///
    /// # Panics
    /// With HOT0405 if it was made by code with another layout of `T`: by an older or a newer
    /// generation than this code.
    pub fn get(&self) -> &T {
        self.try_get().unwrap_or_else(|other| panic!("{other}"))
    }

    /// The value, to be changed.
    ///
    /// # Panics
    /// As [`get`](Live::get).
    pub fn get_mut(&mut self) -> &mut T {
        self.try_get_mut().unwrap_or_else(|other| panic!("{other}"))
    }

    /// As [`get`](Live::get).
    ///
    /// # Errors
    /// [`OtherLayout`] if it was made by code with another layout of `T`.
    pub fn try_get(&self) -> Result<&T, OtherLayout> {
        self.header().agrees::<T>()?;
        // SAFETY: made by `new` and not dropped before the handle; the image that made it lays out a
        // `T` as this one does.
        Ok(unsafe { &self.held.as_ref().value })
    }

    /// As [`get_mut`](Live::get_mut).
    ///
    /// # Errors
    /// As [`try_get`](Live::try_get).
    pub fn try_get_mut(&mut self) -> Result<&mut T, OtherLayout> {
        self.header().agrees::<T>()?;
        // SAFETY: as above, and the handle is borrowed for as long.
        Ok(unsafe { &mut self.held.as_mut().value })
    }
}

impl<T> Live<T> {
    fn header(&self) -> &LiveHeader {
        // SAFETY: the header is the first field whatever the value is, and there until the handle is
        // dropped. A pointer to it alone: nothing is said of the value's size.
        unsafe { self.held.cast::<LiveHeader>().as_ref() }
    }
}

impl<T> Drop for Live<T> {
    fn drop(&mut self) {
        let drop = self.header().drop;
        // SAFETY: the function is of the image that made the value, which stays mapped; nobody has
        // the handle any more.
        let result = unsafe { drop(self.held.as_ptr().cast()) };
        // SAFETY: it was returned just now, on this thread.
        unsafe { finish(result) }
    }
}

/// # Safety
/// The header is that of a value that `new::<T>` of this image made, and nobody uses it afterwards.
unsafe fn drop_held<T>(header: *mut LiveHeader) -> MaybeUninit<()> {
    // SAFETY: the caller's promise.
    let held = unsafe { Box::from_raw(header.cast::<Held<T>>()) };
    held.header.end();
    catch(move || drop(held))
}

impl<T: Versioned + fmt::Debug + 'static> fmt::Debug for Live<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.try_get() {
            Ok(value) => f.debug_tuple("Live").field(value).finish(),
            Err(_) => f.write_str("Live(<of another layout>)"),
        }
    }
}
