//! What a type's values promise: in records, and as rustc says it of a concrete type. An inherent constant, which there is only for
//! types with the trait, hides that of a trait which all types have.

use core::marker::PhantomData;

use super::{
    Versioned,
    table::field::{Typed, of},
};

/// What a type's values promise and need, in bits. A constant knows the traits only where the type is
/// concrete: within `impl<T>` the compiler says no to all of them. Of others they are asked at run time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
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

    /// Whether the traits are known.
    pub(crate) const fn is_known(self) -> bool {
        self.0 & Facts::KNOWN != 0
    }

    /// Of a type that owns values of these types, and promises of itself all but `Copy`.
    pub(crate) const fn owning(of: &[Facts]) -> Facts {
        let Facts(bits) = Facts::holding(of);
        Facts(bits & !Facts::COPY)
    }

    /// Of a type that is nothing but values of these types.
    pub(crate) const fn holding(of: &[Facts]) -> Facts {
        let Facts(mut bits) = Facts::PLAIN;
        let mut index = 0;
        while index < of.len() {
            bits &= of[index].0;
            index += 1;
        }
        if bits & Facts::KNOWN == 0 { Facts::UNKNOWN } else { Facts(bits) }
    }

    /// Of a type that owns values of a type that promises this, and moves without them.
    pub(crate) const fn boxing(Facts(of): Facts) -> Facts {
        if of & Facts::KNOWN == 0 {
            return Facts::UNKNOWN;
        }
        Facts((of | Facts::UNPIN) & !Facts::COPY)
    }

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

/// Of a field of a [`Plain`] type. It is no part of that trait: rustc would say of each
/// of its bounds that a type lacks it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the primitive type that is called so",
    label = "not a primitive type",
    note = "call the type something else, or write its path: `self::{Self}`"
)]
pub trait PlainField {
    /// What its type is.
    const OF: &'static Typed;
}

impl<T: Plain> PlainField for T {
    const OF: &'static Typed = &of::<T>(Facts::PLAIN, T::REF, T::describe);
}

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

/// For globs: the traits that say no, without names that could hide others, and short names for
/// generated code, whose length is what a versioned type costs to compile.
pub mod without_traits {
    #[doc(no_inline)]
    pub use super::{Facts as __HotFacts, PlainField as __HotPlain, Probe as __HotProbe};
    #[doc(no_inline)]
    pub use super::{NotCopy as _, NotSend as _, NotSync as _, NotUnpin as _};
    #[doc(no_inline)]
    pub use crate::moves::Lacks as _;
    #[doc(no_inline)]
    pub use crate::{
        __abilities as __hot_abilities, __fields as __hot_fields, __known_facts as __hot_facts,
        __moves as __hot_moves, Versioned as __HotVersioned,
        moves::{
            Abilities as __HotAbilities, Form as __HotForm, Moves as __HotMoves,
            Whole as __HotWhole,
        },
        table::{
            Field as __HotField, Table as __HotTable, TypeKind as __HotKind,
            field::{LibraryField as __HotLibrary, of as __hot_of, within as __hot_within},
        },
    };
}

/// The [`Facts`](super::Facts) of a type, which must be concrete where this stands.
#[doc(hidden)]
#[macro_export]
macro_rules! __facts {
    ($ty:ty) => {{
        #[allow(unused_imports, reason = "a type that has all four needs no fallback")]
        use $crate::rt::versioned::without_traits::*;
        $crate::__known_facts!($ty)
    }};
}

/// The same in generated code, which has the traits that say no in scope.
#[doc(hidden)]
#[macro_export]
macro_rules! __known_facts {
    ($ty:ty) => {
        __HotFacts::known(
            __HotProbe::<$ty>::COPY,
            __HotProbe::<$ty>::SEND,
            __HotProbe::<$ty>::SYNC,
            __HotProbe::<$ty>::UNPIN,
        )
    };
}

#[cfg(test)]
mod tests {
    use std::{
        cell::Cell,
        collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
        marker::PhantomPinned,
        path::PathBuf,
        rc::Rc,
        sync::MutexGuard,
        time::Duration,
    };

    use super::*;

    /// A type with these traits, which it says of itself.
    macro_rules! promising {
        ($($name:ident $of:ty,)*) => {$(
            #[allow(dead_code, reason = "only its traits are asked")]
            struct $name($of);

            // SAFETY: there are no values of it.
            unsafe impl Versioned for $name {
                const REF: &'static crate::TypeRef = u8::REF;
                const TABLE: &'static crate::Table = u8::TABLE;
                const FACTS: Facts = __facts!($name);
                type Lifetimes = ();
                type Parts = ();
                type Owned = crate::moves::Whole<Self>;

                const MOVES: crate::moves::Moves = u8::MOVES;
            }
        )*};
    }

    promising! {
        All u8,
        NotSend Rc<u8>,
        NotSync Cell<u8>,
        OnlySync MutexGuard<'static, u8>,
        NotUnpin PhantomPinned,
    }

    impl Clone for All {
        fn clone(&self) -> All {
            *self
        }
    }

    impl Copy for All {}

    /// What follows from the arguments is what rustc says.
    #[test]
    fn a_librarys_type_promises_what_its_arguments_do() {
        let mut times = 0;
        macro_rules! same {
            ($($ty:ty),* $(,)?) => {$(
                times += 1;
                let asked = Facts::asked::<$ty>();
                assert_eq!(<$ty>::FACTS, asked, "{}", core::any::type_name::<$ty>());
            )*};
        }
        macro_rules! with {
            ($($of:ident)*) => {$(
                same! {
                    $of, Vec<$of>, VecDeque<$of>, Option<$of>, Box<$of>, [$of; 2], [$of; 0], ($of,),
                    (u8, $of), ($of, String), BTreeSet<$of>, BTreeMap<$of, u8>, BTreeMap<u8, $of>,
                    HashSet<$of>, HashMap<$of, u8>, HashMap<u8, $of>, Option<Box<Vec<$of>>>,
                    Vec<Box<$of>>, Box<Option<$of>>,
                }
            )*};
        }
        with!(All NotSend NotSync OnlySync NotUnpin u64 String PathBuf Duration);
        assert_eq!(times, 9 * 19);
    }
}
