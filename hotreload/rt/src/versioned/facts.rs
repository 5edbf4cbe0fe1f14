//! What a type's values promise: in records, and as rustc says it of a concrete type. An inherent constant, which there is only for
//! types with the trait, hides that of a trait which all types have.

use core::marker::PhantomData;

use super::Versioned;

/// What a type's values promise and need, in bits. The traits are known only where the type is
/// concrete: within `impl<T>` the compiler says no to all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facts(u8);

impl Facts {
    /// Whether the next four are known.
    pub const KNOWN: u8 = 1;
    /// `Copy`.
    pub const COPY: u8 = 2;
    /// `Send`.
    pub const SEND: u8 = 4;
    /// `Sync`.
    pub const SYNC: u8 = 8;
    /// `Unpin`.
    pub const UNPIN: u8 = 16;
    /// Whether dropping a value runs code.
    pub const NEEDS_DROP: u8 = 32;

    /// Of a type that is not concrete.
    pub const UNKNOWN: Facts = Facts(0);

    /// Of a [`Plain`] type.
    pub(super) const PLAIN: Facts = Facts::known(true, true, true, true);

    /// Of a concrete type; from `__facts!`.
    pub const fn known(copy: bool, send: bool, sync: bool, unpin: bool) -> Facts {
        Facts(
            Facts::KNOWN
                | ((copy as u8) * Facts::COPY)
                | ((send as u8) * Facts::SEND)
                | ((sync as u8) * Facts::SYNC)
                | ((unpin as u8) * Facts::UNPIN),
        )
    }

    /// What a record says; none if it says what is not known here.
    pub fn from_bits(bits: u8) -> Option<Facts> {
        let traits = Facts::COPY | Facts::SEND | Facts::SYNC | Facts::UNPIN;
        let known = bits & Facts::KNOWN != 0;
        let unknown = !(traits | Facts::KNOWN | Facts::NEEDS_DROP);
        (bits & unknown == 0 && (known || bits & traits == 0)).then_some(Facts(bits))
    }

    /// Whether one of the bits is set; none if it is not known.
    pub fn has(self, fact: u8) -> Option<bool> {
        let known = fact == Facts::NEEDS_DROP || self.0 & Facts::KNOWN != 0;
        known.then_some(self.0 & fact != 0)
    }

    /// And whether dropping a `T` runs code.
    pub(super) const fn with_drop_of<T>(self) -> Facts {
        Facts(self.0 | ((core::mem::needs_drop::<T>() as u8) * Facts::NEEDS_DROP))
    }

    /// As a record has it.
    pub const fn to_bits(self) -> u8 {
        self.0
    }
}

/// Numbers, `bool`, `char`, and arrays and tuples of them: what they promise is known from how they
/// are spelled, unless a type of an author's is spelled so.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the primitive type that is called so",
    label = "not a primitive type",
    note = "call the type something else, or write its path: `self::{Self}`"
)]
pub trait Plain: Versioned + Copy + Send + Sync + Unpin {}

/// Asks about `T`.
pub struct Probe<T: ?Sized>(PhantomData<T>);

macro_rules! probe {
    ($($has:ident $hasnot:ident $name:ident)*) => {$(
        impl<T: ?Sized + $has> Probe<T> {
            /// It has the trait.
            pub const $name: bool = true;
        }

        /// The answer for types without the trait.
        pub trait $hasnot {
            /// It has not.
            const $name: bool = false;
        }

        impl<T: ?Sized> $hasnot for Probe<T> {}
    )*};
}

probe! {
    Copy NotCopy COPY
    Send NotSend SEND
    Sync NotSync SYNC
    Unpin NotUnpin UNPIN
}

/// The traits that say no, for globs: without names that could hide others.
pub mod without_traits {
    #[doc(no_inline)]
    pub use super::{NotCopy as _, NotSend as _, NotSync as _, NotUnpin as _};
}

/// The [`Facts`](super::Facts) of a type, which must be concrete where this stands.
#[doc(hidden)]
#[macro_export]
macro_rules! __facts {
    ($ty:ty) => {{
        #[allow(unused_imports, reason = "a type that has all four needs no fallback")]
        use $crate::versioned::without_traits::*;
        $crate::__probe!($ty)
    }};
}

/// The same where [`without_traits`] is in scope.
#[doc(hidden)]
#[macro_export]
macro_rules! __probe {
    ($ty:ty) => {
        $crate::versioned::Facts::known(
            $crate::versioned::Probe::<$ty>::COPY,
            $crate::versioned::Probe::<$ty>::SEND,
            $crate::versioned::Probe::<$ty>::SYNC,
            $crate::versioned::Probe::<$ty>::UNPIN,
        )
    };
}
