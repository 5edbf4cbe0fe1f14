//! What `#[hot(unsafe(opaque))]` makes of a type.

use core::marker::PhantomData;

use crate::{
    Describe, Table, TypeRef, Versioned,
    moves::{Form, Moves, Whole},
    type_ref::Digits,
};

/// In names of types, in place of a `T` of which only the size and alignment count. `N` has the name
/// that the author writes.
#[repr(transparent)]
pub struct Opaque<T, N>(T, PhantomData<N>);

/// The spelling of an opaque type.
pub trait OpaqueName {
    /// Without module paths.
    const NAME: &'static str;
}

impl<T, N: OpaqueName> Opaque<T, N> {
    const SIZE: &'static Digits = &Digits::unsigned(size_of::<T>() as u128);
    const ALIGN: &'static Digits = &Digits::unsigned(align_of::<T>() as u128);
}

// SAFETY: the author answers for the layout of `T`; that is what `unsafe(opaque)` says. Name, size
// and alignment are parts of the name, so that they are compared before anything is loaded.
unsafe impl<T, N: OpaqueName> Versioned for Opaque<T, N> {
    const REF: &'static TypeRef = &TypeRef::of_language(
        "opaque",
        const {
            &[
                &TypeRef::of_language(N::NAME, &[]),
                &TypeRef::of_language(Self::SIZE.as_str(), &[]),
                &TypeRef::of_language(Self::ALIGN.as_str(), &[]),
            ]
        },
    );
    const TABLE: &'static Table = &Table::builtin::<Self>(&[]).opaque();
    type Lifetimes = ();
    type Parts = ();
    type Owned = Whole<Self>;

    const MOVES: Moves = Moves::of::<Self>(Form::Opaque);

    fn describe(out: &mut Describe) {
        // Nothing tells one type from another of the same name and size.
        out.table(N::NAME, Self::TABLE);
    }
}
