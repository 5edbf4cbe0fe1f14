//! The language's and the standard library's enums, and how a cell is one.

use std::{
    ops::{Bound, ControlFlow},
    ptr,
    task::Poll,
};

use super::{Branch, Choice, MovesOf};
use crate::Versioned;

/// What is opened and built by code of its own.
///
/// # Safety
/// `open` gives the address of the variant's only field, or null if it has none.
pub(super) unsafe trait Chosen: Sized {
    /// The variant and its field.
    fn open(&self) -> (usize, *const u8);

    /// Of the same variant.
    ///
    /// # Safety
    /// If the variant has a field, the first address is of its bits, which are moved out of.
    unsafe fn build(variant: usize, fields: *const *const u8) -> Self;
}

/// Moves a variant's only field out.
///
/// # Safety
/// The first address is of the bits of a `T`, which nobody uses afterwards.
pub(super) unsafe fn take<T>(fields: *const *const u8) -> T {
    // SAFETY: the caller's promise.
    unsafe { (*fields).cast::<T>().read() }
}

/// Moves such values.
pub(super) const fn choice<C: Chosen>(variants: &'static [Branch], is_cell: bool) -> Choice {
    Choice {
        variants,
        open: |at, fields| {
            // SAFETY: whoever calls it gives the address of such a value.
            let (variant, field) = unsafe { &*at.cast::<C>() }.open();
            if !field.is_null() {
                // SAFETY: and room for the fields of its variant, of which this one is there.
                unsafe { fields.write(field) };
            }
            variant
        },
        // SAFETY: whoever calls it gives the variant's field and room for the value.
        build: |variant, fields, out| unsafe { out.cast::<C>().write(C::build(variant, fields)) },
        is_cell,
    }
}

pub(super) const fn branch(
    name: &'static str,
    names: &'static [&'static str],
    fields: &'static [MovesOf],
) -> Branch {
    Branch { name, renamed_from: "", names, fields, said: &[] }
}

const fn unit(name: &'static str) -> Branch {
    branch(name, &[], &[])
}

macro_rules! enums {
    ($($function:ident $enum:ident[$($param:ident),+] ($($unit:ident = $none:literal)?)
        $($variant:ident = $number:literal: $field:ident)+;)*
    ) => {$(
        // SAFETY: the field's address.
        unsafe impl<$($param),+> Chosen for $enum<$($param),+> {
            fn open(&self) -> (usize, *const u8) {
                match self {
                    $($enum::$unit => ($none, ptr::null()),)?
                    $($enum::$variant(field) => ($number, ptr::from_ref(field).cast()),)+
                }
            }

            unsafe fn build(variant: usize, fields: *const *const u8) -> Self {
                match variant {
                    $($none => $enum::$unit,)?
                    // SAFETY: the caller's promise.
                    $($number => $enum::$variant(unsafe { take::<$field>(fields) }),)+
                    _ => super::no_such_variant(),
                }
            }
        }

        pub(crate) const fn $function<$($param: Versioned),+>() -> Choice {
            choice::<$enum<$($param),+>>(
                const {
                    &[
                        $(unit(stringify!($unit)),)?
                        $(branch(stringify!($variant), &["0"], const { &[$field::moves] }),)+
                    ]
                },
                false,
            )
        }
    )*};
}

enums! {
    option Option[T] (None = 0) Some = 1: T;
    result Result[T, E] () Ok = 0: T Err = 1: E;
    poll Poll[T] (Pending = 0) Ready = 1: T;
    control_flow ControlFlow[B, C] () Continue = 0: C Break = 1: B;
    bound Bound[T] (Unbounded = 0) Included = 1: T Excluded = 2: T;
}
