//! The language's own types.

use core::{ffi::c_void, hash::Hash, marker::PhantomData, mem::offset_of};

use crate::{
    Table, TypeRef, Versioned,
    code::PanicsStay,
    facts::{Facts, Plain, without_traits::*},
    moves::{
        Abilities, Composed, Form, Moves, Seeing, Seen, Slice, Whole, all_abilities, behind,
        composed_default, default, within,
    },
    parts::all_parts,
    table::TypeKind,
    type_ref::Digits,
};

// SAFETY, of every implementation here: the name says the whole type but for lifetimes, and the
// table has the size and alignment that the compiler gives. Two images of one fingerprint agree on
// everything else.

macro_rules! named {
    ($($ty:ty: $facts:expr,)*) => {$(
        // SAFETY: above.
        unsafe impl Versioned for $ty {
            const REF: &'static TypeRef = &TypeRef::of_language(stringify!($ty), &[]);
            const TABLE: &'static Table = &Table::builtin::<$ty>(&[]);
            const FACTS: Facts = $facts;
            const ABILITIES: Abilities = all_abilities!(Self);
            type Lifetimes = ();
            type Parts = ();
            type Owned = Whole<Self>;

            const MOVES: Moves = Moves::of::<Self>(Form::Leaf);
        }
    )*};
}

named! { (): Facts::PLAIN, c_void: Facts::UNKNOWN, }

macro_rules! plain {
    ($($ty:ty,)*) => {
        named! { $($ty: Facts::PLAIN,)* }
        $(impl Plain for $ty {})*
    };
}

plain! {
    u8, u16, u32, u64, u128, usize,
    i8, i16, i32, i64, i128, isize,
    f32, f64, bool, char,
}

// SAFETY: above.
unsafe impl Versioned for str {
    const REF: &'static TypeRef = &TypeRef::of_language("str", &[]);
    const TABLE: &'static Table = &Table::without_size(Self::REF, TypeKind::Unsized, &[]);
    type Lifetimes = ();
    type Parts = ();
    type Owned = str;

    const MOVES: Moves = Moves::without_size::<Self>(Form::Leaf);
}

// SAFETY: above.
unsafe impl<T: Versioned> Versioned for [T] {
    const REF: &'static TypeRef = &TypeRef::of_language("[]", const { &[T::REF] });
    const TABLE: &'static Table =
        &Table::without_size(Self::REF, TypeKind::Unsized, const { &[T::describe] });
    type Lifetimes = T::Lifetimes;
    type Parts = T::Parts;
    type Owned = Slice<T>;

    const MOVES: Moves = Moves::without_size::<Self>(within("a slice", const { &[T::moves] }));
}

struct Length<const N: usize>;

impl<const N: usize> Length<N> {
    const DIGITS: &'static Digits = &Digits::unsigned(N as u128);
    const REF: &'static TypeRef = &TypeRef::of_language(Self::DIGITS.as_str(), &[]);
}

// SAFETY: above.
unsafe impl<T: Versioned, const N: usize> Versioned for [T; N] {
    const REF: &'static TypeRef =
        &TypeRef::of_language("[;]", const { &[T::REF, Length::<N>::REF] });
    const TABLE: &'static Table = &Table::builtin::<Self>(const { &[T::describe] });
    const FACTS: Facts = Facts::holding(&[T::FACTS]);
    const ABILITIES: Abilities = Abilities {
        is_copy: T::ABILITIES.is_copy,
        default: composed_default(T::ABILITIES.default.is_some(), || -> [T; N] {
            core::array::from_fn(|_| default::<T>())
        }),
        key: Composed::<Self>::key(T::ABILITIES.key.is_some()),
        compare: Composed::<Self>::compare(T::ABILITIES.compare.is_some()),
        ..Abilities::NONE
    };
    type Lifetimes = T::Lifetimes;
    type Parts = T::Parts;
    type Owned = Whole<Self>;

    const MOVES: Moves = Moves::of::<Self>(Form::Array(T::moves, N));
}

impl<T: Versioned, const N: usize> Seeing for [T; N] {
    fn seen(&self) -> impl Hash + Ord {
        Seen::all(self)
    }
}

impl<T: Plain, const N: usize> Plain for [T; N] {}

macro_rules! pointers {
    ($($name:literal [$($life:tt)*] $ty:ty: $lifetimes:ty, $form:expr;)*) => {$(
        // SAFETY: above.
        unsafe impl<$($life)* T: Versioned + ?Sized> Versioned for $ty {
            const REF: &'static TypeRef = &TypeRef::of_language($name, const { &[T::REF] });
            const TABLE: &'static Table = &Table::builtin::<Self>(const { &[T::describe] });
            const ABILITIES: Abilities = all_abilities!(Self);
            type Lifetimes = $lifetimes;
            type Parts = T::Parts;
            type Owned = Whole<Self>;

            const MOVES: Moves = Moves::of::<Self>($form);
        }
    )*};
}

pointers! {
    "&" ['a,] &'a T: (&'a (), T::Lifetimes),
        behind("a reference", const { &[T::moves] });
    "&mut" ['a,] &'a mut T: (&'a (), T::Lifetimes),
        behind("a reference", const { &[T::moves] });
    "*const" [] *const T: T::Lifetimes, Form::Fixed("a raw pointer");
    "*mut" [] *mut T: T::Lifetimes, Form::Fixed("a raw pointer");
}

macro_rules! tuples {
    ($($($ty:ident $at:tt)+,)*) => {$(
        // SAFETY: above.
        unsafe impl<$($ty: Versioned),+> Versioned for ($($ty,)+) {
            const REF: &'static TypeRef = &TypeRef::of_language("(,)", const { &[$($ty::REF),+] });
            const TABLE: &'static Table = &Table::builtin::<Self>(const { &[$($ty::describe),+] });
            const FACTS: Facts = Facts::holding(&[$($ty::FACTS),+]);
            const ABILITIES: Abilities = Abilities {
                is_copy: $($ty::ABILITIES.is_copy)&&+,
                default: composed_default(
                    $($ty::ABILITIES.default.is_some())&&+,
                    || ($(default::<$ty>(),)+),
                ),
                key: Composed::<Self>::key($($ty::ABILITIES.key.is_some())&&+),
                compare: Composed::<Self>::compare($($ty::ABILITIES.compare.is_some())&&+),
                ..Abilities::NONE
            };
            type Lifetimes = ($($ty::Lifetimes,)+);
            type Parts = all_parts!($($ty)+);
            type Owned = Whole<Self>;

            const MOVES: Moves = Moves::of::<Self>(Form::Tuple {
                        fields: const { &[$($ty::moves),+] },
                        offsets: const { &[$(offset_of!(Self, $at)),+] },
                    });
        }

        impl<$($ty: Versioned),+> Seeing for ($($ty,)+) {
            fn seen(&self) -> impl Hash + Ord {
                ($(Seen::of(&self.$at),)+)
            }
        }

        impl<$($ty: Plain),+> Plain for ($($ty,)+) {}
    )*};
}

tuples! {
    A 0,
    A 0 B 1,
    A 0 B 1 C 2,
    A 0 B 1 C 2 D 3,
    A 0 B 1 C 2 D 3 E 4,
    A 0 B 1 C 2 D 3 E 4 F 5,
    A 0 B 1 C 2 D 3 E 4 F 5 G 6,
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7,
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8,
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9,
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10,
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7 I 8 J 9 K 10 L 11,
}

// Code is called in the image that has it. A panic leaves a function with the ABI of Rust as an unwind,
// which the standard library of another image cannot catch; one of C it does not leave.
macro_rules! functions {
    (@ $name:literal [$pointer:ty] [$($clause:tt)*] $($ty:ident)*) => {
        // SAFETY: above.
        unsafe impl<$($ty: Versioned,)* R: Versioned> Versioned for $pointer $($clause)* {
            const REF: &'static TypeRef =
                &TypeRef::of_language($name, const { &[$($ty::REF,)* R::REF] });
            const TABLE: &'static Table =
                &Table::builtin::<Self>(const { &[$($ty::describe,)* R::describe] });
            type Lifetimes = ($($ty::Lifetimes,)* R::Lifetimes,);
            type Parts = all_parts!($($ty)* R);
            type Owned = Whole<Self>;

            const MOVES: Moves = Moves::of::<Self>(behind(
                        "a function pointer",
                        const { &[$($ty::moves,)* R::moves] },
                    ));
        }
    };
    (@ unwinds $name:literal [$pointer:ty] $($ty:ident)*) => {
        functions!(@ $name [$pointer] [where (): PanicsStay<Self>] $($ty)*);

        // SAFETY: above. It has no function.
        unsafe impl<$($ty: Versioned,)* R: Versioned> Versioned for PhantomData<$pointer> {
            const REF: &'static TypeRef = &TypeRef::of_std(
                "PhantomData",
                const {
                    &[&TypeRef::of_language($name, const { &[$($ty::REF,)* R::REF] })]
                },
            );
            const TABLE: &'static Table = &Table::builtin::<Self>(
                const {
                    &[|out| {
                        let table = const {
                            &Table::of_library::<$pointer>(
                                Self::REF.args[0],
                                const { &[$($ty::describe,)* R::describe] },
                            )
                        };
                        out.table(core::any::type_name::<$pointer>(), table);
                    }]
                },
            );
            type Lifetimes = ($($ty::Lifetimes,)* R::Lifetimes,);
            type Parts = all_parts!($($ty)* R);
            type Owned = Whole<Self>;

            const MOVES: Moves = Moves::of::<Self>(Form::Leaf);
        }
    };
    ($($($ty:ident)*,)*) => {$(
        functions!(@ unwinds "fn" [fn($($ty),*) -> R] $($ty)*);
        functions!(@ unwinds "unsafe fn" [unsafe fn($($ty),*) -> R] $($ty)*);
        functions!(@ "extern \"C\" fn" [extern "C" fn($($ty),*) -> R] [] $($ty)*);
        functions!(@ "unsafe extern \"C\" fn" [unsafe extern "C" fn($($ty),*) -> R] [] $($ty)*);
    )*};
}

functions! {
    ,
    A,
    A B,
    A B C,
    A B C D,
    A B C D E,
    A B C D E F,
    A B C D E F G,
    A B C D E F G H,
}
