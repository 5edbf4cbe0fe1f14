//! What the type of an exported static asks for. Decided by the type itself, not by its spelling:
//! an alias of `hot::State` is one too, and another crate's `State` is not.

use core::{any::TypeId, marker::PhantomData};
use std::sync::{
    LazyLock, OnceLock, RwLock,
    atomic::{AtomicBool, AtomicU8, AtomicUsize},
};

use crate::{
    State, migrate,
    rt::{Locked, Moving, versioned::Versioned},
};

/// A var's type. The macro calls `(&VarType::<T>::NEW).method(..)`: rustc finds the method of
/// [`Special`] first, for the types that have one, and else that of [`Usual`], for which it has to
/// borrow once more.
pub struct VarType<T>(PhantomData<fn() -> T>);

impl<T> VarType<T> {
    /// The only value.
    pub const NEW: Self = VarType(PhantomData);
}

/// Types whose first value is made later, by a function of this image. It is made at once, since
/// another image must not run that.
pub trait Special {
    /// The static's type.
    type Value: 'static;

    /// What tells the type from others, in every image.
    fn signature(&self) -> TypeId;

    /// Makes the first value.
    fn force(&self, value: &Self::Value);

    /// Locks the value; none while a guard of it is held.
    fn lock(&self, _: &'static Self::Value) -> Option<Box<dyn Locked>> {
        Some(Box::new(()))
    }

    /// What makes storage whose value comes later.
    fn storage(&self) -> Option<Storage> {
        None
    }
}

/// What makes a state without a value, and what gives it one: as in [`Moving`].
pub struct Storage {
    empty: unsafe fn(*mut ()),
    fill: unsafe fn(*const (), *const u8),
}

impl<T: 'static> Special for VarType<State<T>> {
    type Value = State<T>;

    /// The library's own identity depends on the features that it was built with, `State` does not:
    /// its definition is in the sources whose hash the fingerprint compares. So it counts as what it
    /// is made of.
    fn signature(&self) -> TypeId {
        TypeId::of::<(fn() -> T, OnceLock<RwLock<T>>, AtomicU8, AtomicBool, AtomicUsize)>()
    }

    fn force(&self, value: &State<T>) {
        value.force();
    }

    fn lock(&self, value: &'static State<T>) -> Option<Box<dyn Locked>> {
        Some(Box::new(value.try_lock()?))
    }

    fn storage(&self) -> Option<Storage> {
        Some(Storage {
            // SAFETY: whoever calls it gives fresh storage of a var of this type.
            empty: |place| unsafe { place.cast::<State<T>>().write(State::empty()) },
            // SAFETY: whoever calls it gives such a state, and the bits of a `T`, which are moved out of.
            fill: |place, value| unsafe {
                (*place.cast::<State<T>>()).fill(value.cast::<T>().read());
            },
        })
    }
}

impl<T: 'static, F: FnOnce() -> T + 'static> Special for VarType<LazyLock<T, F>> {
    type Value = LazyLock<T, F>;

    fn signature(&self) -> TypeId {
        TypeId::of::<LazyLock<T, F>>()
    }

    fn force(&self, value: &LazyLock<T, F>) {
        LazyLock::force(value);
    }
}

/// All other types.
pub trait Usual {
    /// The static's type.
    type Value: 'static;

    /// What tells the type from others.
    fn signature(&self) -> TypeId;

    /// The first value is there.
    fn force(&self, _: &Self::Value) {}

    /// There is no lock.
    fn lock(&self, _: &'static Self::Value) -> Option<Box<dyn Locked>> {
        Some(Box::new(()))
    }

    /// There is no value that comes later.
    fn storage(&self) -> Option<Storage> {
        None
    }
}

/// States, with opaque types replaced in their type: only these have a value that moves. Found before
/// [`Still`], as [`Special`] is before [`Usual`].
pub trait Moved {
    /// What moves its value; `storage` is the static's own.
    fn moving(&self, storage: Option<Storage>) -> Option<Moving>;
}

impl<T: Versioned + 'static> Moved for VarType<State<T>> {
    fn moving(&self, storage: Option<Storage>) -> Option<Moving> {
        let Storage { empty, fill } = storage?;
        let (value, migrates) = (T::moves(), migrate::registered);
        Some(Moving { value, empty, fill, migrates })
    }
}

/// All other types.
pub trait Still {
    /// None has a value that moves.
    fn moving(&self, _: Option<Storage>) -> Option<Moving> {
        None
    }
}

impl<T> Still for &VarType<T> {}

impl<T: 'static> Usual for &VarType<T> {
    type Value = T;

    fn signature(&self) -> TypeId {
        TypeId::of::<T>()
    }
}

#[cfg(test)]
#[allow(
    clippy::needless_borrow,
    reason = "as the macro writes it: which method is found depends on it"
)]
mod tests {
    use super::*;

    type Alias = State<u32>;

    /// Spelled alike, and of no interest.
    mod other {
        pub(super) struct State(pub(super) u32);
    }

    #[test]
    fn the_type_decides() {
        let state = (&VarType::<Alias>::NEW).signature();
        assert_eq!(state, (&VarType::<State<u32>>::NEW).signature());
        assert_ne!(state, (&VarType::<State<u64>>::NEW).signature());
        assert_ne!(state, TypeId::of::<State<u32>>(), "the same with other features");

        let other = (&VarType::<other::State>::NEW).signature();
        assert_eq!(other, TypeId::of::<other::State>());
        let value = other::State(1);
        (&VarType::<other::State>::NEW).force(&value);
        assert_eq!(value.0, 1);
        assert_eq!((&VarType::<u32>::NEW).signature(), TypeId::of::<u32>());
    }

    #[test]
    fn a_state_has_a_value_that_moves() {
        let storage = (&VarType::<Alias>::NEW).storage();
        let moving = (&VarType::<Alias>::NEW).moving(storage).unwrap();
        assert_eq!(moving.value.table.layout(), std::alloc::Layout::new::<u32>());
        let mut place = std::mem::MaybeUninit::<Alias>::uninit();
        // SAFETY: the place is fresh, and of the type.
        unsafe { (moving.empty)(place.as_mut_ptr().cast()) };
        // SAFETY: it was written.
        let state = unsafe { place.assume_init_ref() };
        assert!(state.try_read().is_err());
        let value = 7_u32;
        // SAFETY: it is such a state, and a number may be copied.
        unsafe { (moving.fill)(place.as_ptr().cast(), (&raw const value).cast()) };
        assert_eq!(*state.read(), 7);
        assert!((&VarType::<u32>::NEW).moving((&VarType::<u32>::NEW).storage()).is_none());
        let lazy = (&VarType::<LazyLock<u32>>::NEW).storage();
        assert!((&VarType::<LazyLock<u32>>::NEW).moving(lazy).is_none());
    }

    #[test]
    fn what_is_made_later_is_made_now() {
        use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

        static MADE: AtomicU32 = AtomicU32::new(0);
        let make: fn() -> u32 = || MADE.fetch_add(1, Relaxed);
        let state: Alias = State::new(make);
        (&VarType::<Alias>::NEW).force(&state);
        assert_eq!(MADE.load(Relaxed), 1);
        let lazy = LazyLock::new(make);
        (&VarType::<LazyLock<u32>>::NEW).force(&lazy);
        assert_eq!(MADE.load(Relaxed), 2);
        assert_eq!((*state.read(), *lazy), (0, 1));
    }
}
