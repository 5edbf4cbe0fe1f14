//! Closure arguments. A call of a closure goes from the callee's image into the caller's, so a
//! panic in it would cross an image: the caller's half catches, the callee's goes on panicking.

use core::{
    marker::PhantomData,
    mem::{ManuallyDrop, MaybeUninit, transmute_copy},
};

use crate::returned::Returned;

/// The address of a closure of the caller's, as a trait object.
#[repr(transparent)]
#[derive(Clone, Copy, Debug)]
pub struct Object([MaybeUninit<*const ()>; 2]);

impl Object {
    /// Takes the address; what it points at is kept alive elsewhere.
    #[inline(always)]
    pub const fn of<T: ?Sized>(address: *const T) -> Self {
        const { assert!(size_of::<*const T>() == size_of::<Object>()) }
        // SAFETY: of one size, and any two words are an Object.
        unsafe { transmute_copy(&address) }
    }

    /// The address that [`of`](Object::of) took.
    ///
    /// # Safety
    /// It was taken of a `T`.
    #[inline(always)]
    pub const unsafe fn pointer<T: ?Sized>(self) -> *mut T {
        const { assert!(size_of::<*mut T>() == size_of::<Object>()) }
        // SAFETY: a `*const T` was put there.
        unsafe { transmute_copy(&self) }
    }
}

/// What drops a boxed closure in its own image.
pub type DropObject = fn(Object) -> Returned<()>;

/// A closure on its way to the callee.
///
/// It is `Send` and `Sync` as `M` is, which names what the closure's type promises. `L` keeps the
/// closure's lifetimes in the signature of an entry.
#[repr(C)]
#[derive(Debug)]
pub struct Callback<M: ?Sized, L> {
    raw: Raw,
    lifetimes: PhantomData<L>,
    promises: PhantomData<M>,
}

#[repr(C)]
#[derive(Clone, Copy, Debug)]
struct Raw {
    object: Object,
    /// `fn(Object, ..) -> Returned<..>`
    call: *const (),
    /// For a boxed closure.
    drop: Option<DropObject>,
}

// SAFETY: addresses; what may be done with them on another thread is said by the callback's `M`,
// and generated code names there what the closure's own type says.
unsafe impl Send for Raw {}
// SAFETY: as above.
unsafe impl Sync for Raw {}

impl<M: ?Sized, L> Callback<M, L> {
    /// Made by the caller.
    ///
    /// # Safety
    /// `object` is the address of a closure of the type that the callee's parameter has, which lives as
    /// long as the parameter. `call` calls it and `drop` drops it, and both catch what panics in it.
    /// `M` and `L` are `Send`, `Sync` and as long-lived as the closure is, or less.
    #[inline(always)]
    pub const unsafe fn new(object: Object, call: *const (), drop: Option<DropObject>) -> Self {
        let raw = Raw { object, call, drop };
        Callback { raw, lifetimes: PhantomData, promises: PhantomData }
    }

    /// The same without the lifetimes: the callee's closure has them in its type.
    #[inline(always)]
    pub fn erase(self) -> Callback<M, ()> {
        let raw = ManuallyDrop::new(self).raw;
        Callback { raw, lifetimes: PhantomData, promises: PhantomData }
    }

    /// What to call.
    #[inline(always)]
    pub fn call(&self) -> *const () {
        self.raw.call
    }

    /// What to call it with.
    #[inline(always)]
    pub fn object(&self) -> Object {
        self.raw.object
    }

    /// What to call it with, for a call that consumes the closure.
    #[inline(always)]
    pub fn into_object(self) -> Object {
        ManuallyDrop::new(self).raw.object
    }
}

impl<M: ?Sized, L> Drop for Callback<M, L> {
    fn drop(&mut self) {
        if let Some(drop) = self.raw.drop {
            drop(self.raw.object).get();
        }
    }
}
