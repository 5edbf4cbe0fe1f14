//! Types whose values are code of the image that made them. Whoever else runs that code gets a panic
//! in it as an unwind from another standard library, which ends the process.

use std::{cell::LazyCell, sync::LazyLock};

use crate::{
    Describe, Table, TypeRef, Versioned,
    moves::{Moves, Whole, within},
};

// Of `()`, so that rustc says what stands here and not that `T` is not `Versioned`.

/// Whether panics of the functions `T` stay in their image: of none, and this says so.
#[diagnostic::on_unimplemented(
    message = "a panic in a `{T}` would end the process: it is code of one image",
    label = "a bare function pointer",
    note = "hold a `hot::Dyn<dyn Trait>`, with `#[hot::versioned]` on the trait: each call of it is caught",
    note = "or hold what says which exported function is meant, and call it by its name; for a function that never panics write `#[hot(unsafe(opaque))]`"
)]
pub trait PanicsStay<T> {}

/// Whether the value in a `T` is there before another image sees it: in none, and this says so.
#[diagnostic::on_unimplemented(
    message = "a `{T}` may be made by code of another image, in which a panic would end the process",
    label = "its value may not be made yet",
    note = "hold a `OnceLock` or `OnceCell`, to which each caller gives code of its own; as a parameter take the value itself: `&*lazy`",
    note = "as the whole type of an exported static, a `LazyLock` is made when the bundle is loaded"
)]
pub trait Made<T> {}

// SAFETY, of the implementations here: as in `library`. No value has one of these types.

// SAFETY: above.
unsafe impl<T: Versioned> Versioned for LazyLock<T>
where
    (): Made<Self>,
{
    const REF: &'static TypeRef = &TypeRef::of_std("LazyLock", const { &[T::REF] });
    const TABLE: &'static Table = &Table::builtin::<Self>(const { &[T::describe] });
    type Lifetimes = T::Lifetimes;
    type Parts = T::Parts;
    type Owned = Whole<Self>;

    const MOVES: Moves = Moves::of::<Self>(within("a `LazyLock`", const { &[T::moves] }));
}

// SAFETY: above.
unsafe impl<T: Versioned> Versioned for LazyCell<T>
where
    (): Made<Self>,
{
    const REF: &'static TypeRef = &TypeRef::of_std("LazyCell", const { &[T::REF] });
    const TABLE: &'static Table = &Table::builtin::<Self>(const { &[T::describe] });
    type Lifetimes = T::Lifetimes;
    type Parts = T::Parts;
    type Owned = Whole<Self>;

    const MOVES: Moves = Moves::of::<Self>(within("a `LazyCell`", const { &[T::moves] }));
}

/// What an exported static may be: whatever is `Versioned`, and a `LazyLock`, whose value is made
/// before another image sees it.
///
/// # Safety
/// As of [`Versioned`].
#[diagnostic::on_unimplemented(
    message = "the layout of `{Self}` is not known",
    label = "not `hot::Versioned`"
)]
pub unsafe trait OfStatic {
    /// As [`Versioned::REF`].
    const REF: &'static TypeRef;

    /// As [`Versioned::describe`].
    fn describe(out: &mut Describe);
}

// SAFETY: it is `Versioned`.
unsafe impl<T: Versioned + ?Sized> OfStatic for T {
    const REF: &'static TypeRef = T::REF;

    fn describe(out: &mut Describe) {
        T::describe(out);
    }
}

// SAFETY: the name has the argument that the layout depends on, and the table the size and alignment
// that the compiler gives.
unsafe impl<T: Versioned> OfStatic for LazyLock<T> {
    const REF: &'static TypeRef = &TypeRef::of_std("LazyLock", const { &[T::REF] });

    fn describe(out: &mut Describe) {
        let table =
            const { &Table::of_library::<Self>(<Self as OfStatic>::REF, const { &[T::describe] }) };
        out.table(core::any::type_name::<Self>(), table);
    }
}
