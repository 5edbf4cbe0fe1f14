//! What the type of an exported static asks for. Decided by the type itself, not by its spelling:
//! an alias of `hot::State` is one too, and another crate's `State` is not.

use core::{any::TypeId, marker::PhantomData};
use std::sync::{LazyLock, OnceLock, RwLock, atomic::AtomicBool};

use crate::{State, rt::Locked};

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
}

impl<T: 'static> Special for VarType<State<T>> {
    type Value = State<T>;

    /// The library's own identity depends on the features that it was built with, `State` does not:
    /// its definition is part of the ABI that the fingerprint numbers. So it counts as what it is
    /// made of.
    fn signature(&self) -> TypeId {
        TypeId::of::<(fn() -> T, OnceLock<RwLock<T>>, AtomicBool)>()
    }

    fn force(&self, value: &State<T>) {
        value.force();
    }

    fn lock(&self, value: &'static State<T>) -> Option<Box<dyn Locked>> {
        Some(Box::new(value.try_lock()?))
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
}

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
