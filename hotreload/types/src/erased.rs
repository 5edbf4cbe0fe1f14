//! Containers of erased values that are taken apart by one image, and put together by another.

#[cfg(feature = "bevy_ecs")]
mod bevy_world;
#[cfg(feature = "hecs")]
mod hecs_world;

#[cfg(feature = "bevy_ecs")]
pub use bevy_world::ResourceOf;

use core::{any::TypeId, mem};

use crate::{
    Versioned,
    moves::{Moves, MovesOf},
};

/// A container of values whose types it does not name, but which it can list by type: so it moves with
/// them when one of these types changes. For containers that `hot::tracked!` declares.
///
/// `hecs::World` and `bevy_ecs::world::World` are such, with the features of these names. For one of your own it has to be said how it is taken
/// apart and put together, in three steps. The code that the values are of lists them; they
/// become those of the new version, somewhere else; then the old code takes apart what is left, and
/// the new code makes a container of that and the new values.
///
/// ```
/// use std::{any::Any, collections::BTreeMap, mem::ManuallyDrop};
///
/// /// Whatever is put there, by number.
/// #[derive(Default)]
/// pub struct Bag(pub BTreeMap<u32, Box<dyn Any + Send + Sync>>);
///
/// /// What it needs to know of a type.
/// pub struct Kind {
///     is: fn(&dyn Any) -> bool,
///     free: unsafe fn(Box<dyn Any + Send + Sync>),
///     make: unsafe fn(*const u8) -> Box<dyn Any + Send + Sync>,
/// }
///
/// // SAFETY: the kind asks for `T`, frees the box of a `T` without it, and makes one of a `T`.
/// unsafe impl<T: Any + Send + Sync> hot::ErasedOf<T> for Bag {
///     const KIND: &'static Kind = &Kind {
///         is: |value| value.is::<T>(),
///         // SAFETY: of both: they are called with a box of a `T`, and with the address of one.
///         free: |of| unsafe { drop(Box::from_raw(Box::into_raw(of).cast::<ManuallyDrop<T>>())) },
///         make: |at| unsafe { Box::new(at.cast::<T>().read()) },
///     };
/// }
///
/// fn kind_of(value: &(dyn Any + Send + Sync), kinds: &[&Kind]) -> Option<usize> {
///     kinds.iter().position(|kind| (kind.is)(value))
/// }
///
/// // SAFETY: each value has a box of its own, which is listed once, by the map's order; what is of none of
/// // the kinds is an error. The boxes are freed without their values. The frame has the numbers in the
/// // same order, and so the values come back to theirs.
/// unsafe impl hot::Erased for Bag {
///     type Kind = Kind;
///     type Frame = Vec<(u32, usize)>;
///
///     fn list(&self, kinds: &[&Kind], found: &mut hot::Found<'_>) -> Result<(), String> {
///         for (number, value) in &self.0 {
///             let kind = kind_of(&**value, kinds).ok_or(format!("what is {number}?"))?;
///             found.add(kind, std::ptr::from_ref(&**value).cast(), 1);
///         }
///         Ok(())
///     }
///
///     unsafe fn take_apart(self, kinds: &[&Kind]) -> Vec<(u32, usize)> {
///         let left = self.0.into_iter().map(|(number, value)| {
///             let kind = kind_of(&*value, kinds).expect("it was listed");
///             // SAFETY: it is one of a value of this kind, which has moved.
///             unsafe { (kinds[kind].free)(value) };
///             (number, kind)
///         });
///         left.collect()
///     }
///
///     unsafe fn put_together(
///         frame: Vec<(u32, usize)>,
///         kinds: &[&Kind],
///         values: &mut hot::Values<'_>,
///     ) -> Bag {
///         let values = frame.into_iter().map(|(number, kind)| {
///             let (kind, at) = values.take(kind, 1);
///             // SAFETY: there is a value of this kind, which is taken once.
///             (number, unsafe { (kinds[kind].make)(at) })
///         });
///         Bag(values.collect())
///     }
/// }
///
/// #[hot::versioned]
/// pub struct Position(f32, f32);
///
/// hot::tracked! {
///     // SAFETY: nothing else is put there.
///     pub unsafe struct Things(Bag) of Position;
/// }
/// # fn main() {}
/// ```
///
/// # Safety
/// Whoever implements it proves of each container:
///
/// - `list` adds every value in it exactly once, by its type's place in `kinds`, and is an error if one is
///   of another type. The addresses are those of values that the container owns, and they stay
///   there until somebody uses the container otherwise. `list` changes nothing, so that it lists the
///   same in the same order the next time.
/// - `take_apart` frees all that the container owns, but drops none of the values that `list` has added,
///   nor looks at them: they are elsewhere. In what it gives is no address of what it has freed.
/// - `put_together` takes of each kind as many values as the old container had listed, in the order of
///   `list`, and owns them from then on.
/// - The last two do not panic: nothing could be taken back, so the process would end.
///
/// The two steps may be done by different versions of this code. What `Frame` means must be the same in both:
/// where it changes, give the type of the frame another field or name, and the reload is refused.
pub unsafe trait Erased: Sized + 'static {
    /// What the container needs to know of a type of its values.
    type Kind: 'static;
    /// What is left of it without its values: keys, order. The numbers of kinds in it are those of the code
    /// that took it apart.
    type Frame: Versioned + 'static;

    /// Whether a container can be made of values of these kinds: asked of the new code, before anything moves.
    ///
    /// # Errors
    /// What stands in the way. A panic is an error, too.
    fn accepts(_kinds: &[&Self::Kind]) -> Result<(), String> {
        Ok(())
    }

    /// Adds all values.
    ///
    /// # Errors
    /// What stands in the way: a value that is of none of these kinds.
    fn list(&self, kinds: &[&Self::Kind], found: &mut Found<'_>) -> Result<(), String>;

    /// What is left without the values.
    ///
    /// # Safety
    /// The values that `list` has added last have moved; nobody has used the container since.
    unsafe fn take_apart(self, kinds: &[&Self::Kind]) -> Self::Frame;

    /// The container again.
    ///
    /// # Safety
    /// The frame is from `take_apart`, and the values are those that were listed before, as they are now.
    unsafe fn put_together(
        frame: Self::Frame,
        kinds: &[&Self::Kind],
        values: &mut Values<'_>,
    ) -> Self;
}

/// A container that may hold values of this type.
///
/// # Safety
/// The kind is the type's, as the container's [`Erased`] has it.
pub unsafe trait ErasedOf<T>: Erased {
    /// What the container needs to know of the type.
    const KIND: &'static Self::Kind;
}

/// The values that a container has listed.
pub struct Found<'a>(&'a mut dyn FnMut(usize, *const u8, usize));

impl<'a> Found<'a> {
    #[doc(hidden)]
    pub fn new(add: &'a mut dyn FnMut(usize, *const u8, usize)) -> Found<'a> {
        Found(add)
    }

    /// So many values of the kind with this number, one beside the other.
    pub fn add(&mut self, kind: usize, at: *const u8, count: usize) {
        (self.0)(kind, at, count);
    }
}

impl core::fmt::Debug for Found<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Found").finish_non_exhaustive()
    }
}

/// The values of a container that is put together again, of each kind in the order in which they were listed.
#[derive(Debug)]
pub struct Values<'a>(&'a mut [Filled]);

impl<'a> Values<'a> {
    #[doc(hidden)]
    pub fn new(values: &'a mut [Filled]) -> Values<'a> {
        Values(values)
    }

    /// The next so many values of the kind that had this number when the container was taken apart: the number
    /// that it has now, and where they are, one beside the other.
    ///
    /// # Panics
    /// If there are not so many.
    pub fn take(&mut self, kind: usize, count: usize) -> (usize, *mut u8) {
        let of = &mut self.0[kind];
        assert!(count <= of.left, "there are {} more values", of.left);
        of.left -= count;
        let next = of.at.wrapping_add(count * of.size);
        (of.kind, mem::replace(&mut of.at, next))
    }
}

/// The new values of one old kind.
#[derive(Debug)]
pub struct Filled {
    /// Its number now.
    pub kind: usize,
    /// The first of those that were not taken.
    pub at: *mut u8,
    /// How large each is.
    pub size: usize,
    /// How many are left.
    pub left: usize,
}

/// A type that a container may hold, as an image knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Known {
    /// The type's id.
    pub id: u128,
    /// What identifies its layout to all images.
    pub layout: *const (),
    /// What the container itself knows it by.
    pub ty: TypeId,
}

/// What moves a container of erased values.
#[derive(Debug)]
pub struct Container {
    /// The types that may be in it.
    pub types: &'static [MovesOf],
    /// Of each, what the container needs to know.
    pub kinds: &'static [Option<KindOf>],
    /// Of each, what identifies it.
    pub known: fn() -> Vec<Known>,
    /// The functions of its type.
    pub functions: ContainerFunctions,
}

/// The address of a type's [`ErasedOf::KIND`].
pub type KindOf = fn() -> *const ();

/// The functions of a container's type.
#[derive(Debug, Clone, Copy)]
pub struct ContainerFunctions {
    /// Of what is left without values.
    pub frame: fn() -> &'static Moves,
    /// Whether one can be made of values of its types. A panic, which it has caught, is the text.
    pub accepts: fn(&Container) -> Result<(), String>,
    /// The layouts of types that it has counted for so far.
    pub counts: unsafe fn(*const u8) -> Vec<*const ()>,
    /// Adds all values. A panic, which it has caught, is the text.
    pub list: unsafe fn(&Container, *const u8, &mut Found<'_>) -> Result<(), String>,
    /// Leaves nothing but the frame, in a box. Its values have moved.
    pub take_apart: unsafe fn(&Container, *mut u8) -> *mut u8,
    /// Makes the new one, of such a box and the new values.
    pub put_together: unsafe fn(&Container, *mut u8, &mut [Filled], *mut u8),
}
