//! The language's own types.

use core::ffi::c_void;

use super::{Digits, Plain, Table, TypeKind, TypeRef, Versioned};

// SAFETY, of every implementation here: the name says the whole type but for lifetimes, and the
// table has the size and alignment that the compiler gives. Two images of one fingerprint agree on
// everything else.

macro_rules! named {
    ($($ty:ty,)*) => {$(
        // SAFETY: above.
        unsafe impl Versioned for $ty {
            const REF: &'static TypeRef = &TypeRef::of_language(stringify!($ty), &[]);
            const TABLE: &'static Table = &Table::builtin::<$ty>(&[]);
            type Lifetimes = ();
        }
    )*};
}

named! { (), c_void, }

macro_rules! plain {
    ($($ty:ty,)*) => {
        named! { $($ty,)* }
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
}

// SAFETY: above.
unsafe impl<T: Versioned> Versioned for [T] {
    const REF: &'static TypeRef = &TypeRef::of_language("[]", const { &[T::REF] });
    const TABLE: &'static Table =
        &Table::without_size(Self::REF, TypeKind::Unsized, const { &[T::describe] });
    type Lifetimes = T::Lifetimes;
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
    type Lifetimes = T::Lifetimes;
}

impl<T: Plain, const N: usize> Plain for [T; N] {}

macro_rules! pointers {
    ($($name:literal [$($life:tt)*] $ty:ty: $lifetimes:ty,)*) => {$(
        // SAFETY: above.
        unsafe impl<$($life)* T: Versioned + ?Sized> Versioned for $ty {
            const REF: &'static TypeRef = &TypeRef::of_language($name, const { &[T::REF] });
            const TABLE: &'static Table = &Table::builtin::<Self>(const { &[T::describe] });
            type Lifetimes = $lifetimes;
        }
    )*};
}

pointers! {
    "&" ['a,] &'a T: (&'a (), T::Lifetimes),
    "&mut" ['a,] &'a mut T: (&'a (), T::Lifetimes),
    "*const" [] *const T: T::Lifetimes,
    "*mut" [] *mut T: T::Lifetimes,
}

macro_rules! tuples {
    ($($($ty:ident)+,)*) => {$(
        // SAFETY: above.
        unsafe impl<$($ty: Versioned),+> Versioned for ($($ty,)+) {
            const REF: &'static TypeRef = &TypeRef::of_language("(,)", const { &[$($ty::REF),+] });
            const TABLE: &'static Table = &Table::builtin::<Self>(const { &[$($ty::describe),+] });
            type Lifetimes = ($($ty::Lifetimes,)+);
        }

        impl<$($ty: Plain),+> Plain for ($($ty,)+) {}
    )*};
}

tuples! {
    A,
    A B,
    A B C,
    A B C D,
    A B C D E,
    A B C D E F,
    A B C D E F G,
    A B C D E F G H,
    A B C D E F G H I,
    A B C D E F G H I J,
    A B C D E F G H I J K,
    A B C D E F G H I J K L,
}

macro_rules! functions {
    (@ $name:literal [$pointer:ty] $($ty:ident)*) => {
        // SAFETY: above.
        unsafe impl<$($ty: Versioned,)* R: Versioned> Versioned for $pointer {
            const REF: &'static TypeRef =
                &TypeRef::of_language($name, const { &[$($ty::REF,)* R::REF] });
            const TABLE: &'static Table =
                &Table::builtin::<Self>(const { &[$($ty::describe,)* R::describe] });
            type Lifetimes = ($($ty::Lifetimes,)* R::Lifetimes,);
        }
    };
    ($($($ty:ident)*,)*) => {$(
        functions!(@ "fn" [fn($($ty),*) -> R] $($ty)*);
        functions!(@ "unsafe fn" [unsafe fn($($ty),*) -> R] $($ty)*);
        functions!(@ "extern \"C\" fn" [extern "C" fn($($ty),*) -> R] $($ty)*);
        functions!(@ "unsafe extern \"C\" fn" [unsafe extern "C" fn($($ty),*) -> R] $($ty)*);
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
