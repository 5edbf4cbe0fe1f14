//! Trait objects that cross the boundary.

use std::{fmt, ptr::NonNull};

use crate::rt::{
    Returned,
    versioned::{Describe, Moves, Table, TypeRef, Versioned, VersionedTrait, Whole, behind},
};

/// A trait object that host and bundles can pass to each other: `hot::Dyn<dyn Shape>`.
///
/// A plain `Box<dyn Shape>` cannot cross: a panic in one of its methods would leave the image that
/// made it as an unwind, which ends the process, and nothing compares the order of its methods. Of a
/// trait with `#[hot::versioned]` this type implements the trait: each call runs in the image that
/// made the object, and a panic in it goes on in the caller. So does dropping it. A reload that
/// changes the trait while somebody else is compiled against it is refused (HOT0327).
///
/// ```
/// #[hot::versioned]
/// pub trait Shape {
///     fn area(&self) -> f32;
///     fn grow(&mut self, by: f32);
/// }
///
/// struct Square(f32);
///
/// impl Shape for Square {
///     fn area(&self) -> f32 {
///         self.0 * self.0
///     }
///     fn grow(&mut self, by: f32) {
///         self.0 += by;
///     }
/// }
///
/// #[hot::export]
/// pub fn shape() -> hot::Dyn<dyn Shape> {
///     hot::Dyn::new(Box::new(Square(2.0)))
/// }
///
/// # fn main() {
/// let mut shape = hot::get!(shape)();
/// shape.grow(1.0);
/// assert_eq!(shape.area(), 9.0);
/// # }
/// ```
///
/// So functions and closures can be held in fields, which a bare `fn` pointer or `Box<dyn Fn>` cannot:
///
/// ```
/// #[hot::versioned]
/// pub trait Price {
///     fn of(&self, count: u32) -> u32;
/// }
///
/// struct Function<F>(F);
///
/// impl<F: Fn(u32) -> u32> Price for Function<F> {
///     fn of(&self, count: u32) -> u32 {
///         (self.0)(count)
///     }
/// }
///
/// #[hot::versioned]
/// pub struct Goods {
///     pub name: String,
///     pub price: hot::Dyn<dyn Price>,
/// }
///
/// #[hot::export]
/// pub fn goods(discount: u32) -> Goods {
///     let price = Function(move |count| count * 10 - discount);
///     Goods { name: "Tea".to_owned(), price: hot::Dyn::new(Box::new(price)) }
/// }
///
/// # fn main() {
/// assert_eq!(hot::get!(goods)(3).price.of(2), 17);
/// # }
/// ```
///
/// The trait has no parameters and no supertraits but `Send`, `Sync` and `Unpin`; its methods take
/// `&self` or `&mut self`, and have the ABI of Rust. Methods for which `Self: Sized` are left out:
/// they need a body in the trait. Others still have a layout that is compared, but no objects that
/// cross.
// The pointer is wide; all images of one fingerprint agree on how. Without bounds: rustc would repeat
// at every mention what `Versioned` says once.
#[repr(C)]
pub struct Dyn<T: ?Sized> {
    object: NonNull<T>,
    /// The functions of the image that made it.
    entries: *const (),
}

/// A trait of which [`Dyn`] has objects, as `dyn Trait`.
///
/// # Safety
/// `entries` gives a table of this image, of a type that is the same in every image that agrees on the
/// trait's record. Its first field drops an object: an `unsafe fn(*mut Self) -> Returned<()>` that
/// catches.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "objects of `{Self}` cannot cross the boundary",
    label = "not a trait for `hot::Dyn`",
    note = "the trait needs `#[hot::versioned]`, methods that take `&self` or `&mut self`, and no parameters or supertraits but `Send`, `Sync`, `Unpin`"
)]
pub unsafe trait DynTrait: VersionedTrait {
    /// What calls the methods of an object of this image, and catches.
    fn entries() -> *const ();
}

// SAFETY: it owns the object, as a `Box` does; the entries are never written.
unsafe impl<T: ?Sized + Send> Send for Dyn<T> {}
// SAFETY: as above; a shared reference gives shared references only.
unsafe impl<T: ?Sized + Sync> Sync for Dyn<T> {}

// SAFETY: a wide pointer and one more; what they point to follows from the trait's record, which is
// compared with it.
unsafe impl<T: ?Sized + DynTrait> Versioned for Dyn<T> {
    const REF: &'static TypeRef =
        &TypeRef::new("hotreload", "", "hot::Dyn", const { &[<T as VersionedTrait>::REF] });
    const TABLE: &'static Table =
        &Table::builtin::<Self>(const { &[<T as VersionedTrait>::describe as fn(&mut Describe)] });
    type Lifetimes = ();
    type Parts = ();
    type Owned = Whole<Self>;

    // What is behind it is the trait, whose record the host compares.
    const MOVES: Moves = Moves::of::<Self>(behind("a `hot::Dyn`", &[]));
}

impl<T: ?Sized + DynTrait> Dyn<T> {
    /// Lets an object of this code's image cross.
    pub fn new(object: Box<T>) -> Dyn<T> {
        Dyn { object: NonNull::from(Box::leak(object)), entries: T::entries() }
    }

    /// What calls its methods.
    #[doc(hidden)]
    #[inline]
    pub fn entries(this: &Self) -> *const () {
        this.entries
    }

    /// The object, for the entries.
    #[doc(hidden)]
    #[inline]
    pub fn object(this: &Self) -> &T {
        // SAFETY: leaked in `new`, and freed in `drop` only. A reference to it is passed on; only the
        // entries look behind it.
        unsafe { this.object.as_ref() }
    }

    /// As `object`.
    #[doc(hidden)]
    #[inline]
    pub fn object_mut(this: &mut Self) -> &mut T {
        // SAFETY: as above, and borrowed for as long.
        unsafe { this.object.as_mut() }
    }
}

impl<T: ?Sized + DynTrait> From<Box<T>> for Dyn<T> {
    fn from(object: Box<T>) -> Self {
        Dyn::new(object)
    }
}

impl<T: ?Sized> Drop for Dyn<T> {
    fn drop(&mut self) {
        // SAFETY: the first field of the table, by the promise of `DynTrait`, which `new` asks for; images
        // stay mapped.
        let drop = unsafe { self.entries.cast::<unsafe fn(*mut T) -> Returned<()>>().read() };
        // SAFETY: the table is that of the image which made the object, in `new`; nobody has it any
        // more.
        unsafe { drop(self.object.as_ptr()) }.get();
    }
}

impl<T: ?Sized + DynTrait> fmt::Debug for Dyn<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Dyn").field(&<T as VersionedTrait>::REF.args[0].path).finish()
    }
}
