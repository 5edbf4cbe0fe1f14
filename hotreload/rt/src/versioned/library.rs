//! The standard library's types.

use std::{
    alloc::Layout,
    borrow::Cow,
    cell::{Cell, LazyCell, OnceCell, RefCell, UnsafeCell},
    cmp::{Ordering, Reverse},
    collections::{
        BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque, hash_map,
    },
    convert::Infallible,
    ffi::{CStr, CString, OsStr, OsString},
    hash::BuildHasherDefault,
    marker::{PhantomData, PhantomPinned},
    mem::{ManuallyDrop, MaybeUninit},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    num::{NonZero, Saturating, Wrapping},
    ops::{
        Bound, ControlFlow, Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive,
    },
    path::{Path, PathBuf},
    pin::Pin,
    ptr::NonNull,
    rc::{self, Rc},
    sync::{self, Arc, Barrier, Condvar, LazyLock, Mutex, Once, OnceLock, RwLock, atomic},
    task::Poll,
    time::{Duration, Instant, SystemTime},
};

use super::{Table, TypeKind, TypeRef, Versioned};

// SAFETY, of every implementation here: the name has every argument that the layout depends on, and
// the table the size and alignment that the compiler gives. Two images of one fingerprint have one
// standard library, so that the rest follows from the arguments.

macro_rules! plain {
    ($($name:literal $ty:ty,)*) => {$(
        // SAFETY: above.
        unsafe impl Versioned for $ty {
            const REF: &'static TypeRef = &TypeRef::of_std($name, &[]);
            const TABLE: &'static Table = &Table::builtin::<$ty>(&[]);
            type Lifetimes = ();
        }
    )*};
}

plain! {
    "String" String,
    "OsString" OsString,
    "CString" CString,
    "PathBuf" PathBuf,
    "Duration" Duration,
    "Instant" Instant,
    "SystemTime" SystemTime,
    "Ordering" Ordering,
    "Barrier" Barrier,
    "Condvar" Condvar,
    "Once" Once,
    "Layout" Layout,
    "Infallible" Infallible,
    "PhantomPinned" PhantomPinned,
    "RangeFull" RangeFull,
    "IpAddr" IpAddr,
    "Ipv4Addr" Ipv4Addr,
    "Ipv6Addr" Ipv6Addr,
    "SocketAddr" SocketAddr,
    "SocketAddrV4" SocketAddrV4,
    "SocketAddrV6" SocketAddrV6,
    "RandomState" hash_map::RandomState,
    "DefaultHasher" hash_map::DefaultHasher,
    "AtomicBool" atomic::AtomicBool,
    "AtomicU8" atomic::AtomicU8,
    "AtomicU16" atomic::AtomicU16,
    "AtomicU32" atomic::AtomicU32,
    "AtomicUsize" atomic::AtomicUsize,
    "AtomicI8" atomic::AtomicI8,
    "AtomicI16" atomic::AtomicI16,
    "AtomicI32" atomic::AtomicI32,
    "AtomicIsize" atomic::AtomicIsize,
}

#[cfg(target_has_atomic = "64")]
plain! {
    "AtomicU64" atomic::AtomicU64,
    "AtomicI64" atomic::AtomicI64,
}

macro_rules! without_size {
    ($($name:literal $ty:ty,)*) => {$(
        // SAFETY: above.
        unsafe impl Versioned for $ty {
            const REF: &'static TypeRef = &TypeRef::of_std($name, &[]);
            const TABLE: &'static Table = &Table::without_size(Self::REF, TypeKind::Unsized, &[]);
            type Lifetimes = ();
        }
    )*};
}

without_size! {
    "OsStr" OsStr,
    "CStr" CStr,
    "Path" Path,
}

macro_rules! non_zero {
    ($($ty:ty)*) => {$(
        // SAFETY: above.
        unsafe impl Versioned for NonZero<$ty> {
            const REF: &'static TypeRef = &TypeRef::of_std("NonZero", const { &[<$ty>::REF] });
            const TABLE: &'static Table = &Table::builtin::<Self>(const { &[<$ty>::describe] });
            type Lifetimes = ();
        }
    )*};
}

non_zero!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

macro_rules! generic {
    ($($name:literal $ty:ty [$($param:ident $(: $($bound:tt)+)?),+],)*) => {$(
        // SAFETY: above.
        unsafe impl<$($param: Versioned $(+ $($bound)+)?),+> Versioned for $ty {
            const REF: &'static TypeRef = &TypeRef::of_std($name, const { &[$($param::REF),+] });
            const TABLE: &'static Table =
                &Table::builtin::<Self>(const { &[$($param::describe),+] });
            type Lifetimes = ($($param::Lifetimes,)+);
        }
    )*};
}

generic! {
    "Vec" Vec<T> [T],
    "VecDeque" VecDeque<T> [T],
    "LinkedList" LinkedList<T> [T],
    "BinaryHeap" BinaryHeap<T> [T],
    "BTreeMap" BTreeMap<K, V> [K, V],
    "BTreeSet" BTreeSet<T> [T],
    "HashMap" HashMap<K, V, S> [K, V, S],
    "HashSet" HashSet<T, S> [T, S],
    "BuildHasherDefault" BuildHasherDefault<T> [T],
    "Box" Box<T> [T: ?Sized],
    "Rc" Rc<T> [T: ?Sized],
    "rc::Weak" rc::Weak<T> [T: ?Sized],
    "Arc" Arc<T> [T: ?Sized],
    "sync::Weak" sync::Weak<T> [T: ?Sized],
    "NonNull" NonNull<T> [T: ?Sized],
    "AtomicPtr" atomic::AtomicPtr<T> [T],
    "Pin" Pin<T> [T],
    "Option" Option<T> [T],
    "Result" Result<T, E> [T, E],
    "Poll" Poll<T> [T],
    "ControlFlow" ControlFlow<T, U> [T, U],
    "Cell" Cell<T> [T],
    "RefCell" RefCell<T> [T],
    "UnsafeCell" UnsafeCell<T> [T],
    "OnceCell" OnceCell<T> [T],
    "Mutex" Mutex<T> [T],
    "RwLock" RwLock<T> [T],
    "OnceLock" OnceLock<T> [T],
    "LazyLock" LazyLock<T, F> [T, F],
    "LazyCell" LazyCell<T, F> [T, F],
    "PhantomData" PhantomData<T> [T: ?Sized],
    "ManuallyDrop" ManuallyDrop<T> [T],
    "MaybeUninit" MaybeUninit<T> [T],
    "Wrapping" Wrapping<T> [T],
    "Saturating" Saturating<T> [T],
    "Reverse" Reverse<T> [T],
    "Range" Range<T> [T],
    "RangeFrom" RangeFrom<T> [T],
    "RangeTo" RangeTo<T> [T],
    "RangeInclusive" RangeInclusive<T> [T],
    "RangeToInclusive" RangeToInclusive<T> [T],
    "Bound" Bound<T> [T],
}

// SAFETY: above. The owned form is named by its own argument.
unsafe impl<'a, T> Versioned for Cow<'a, T>
where
    T: Versioned + ToOwned<Owned: Versioned> + ?Sized,
{
    const REF: &'static TypeRef =
        &TypeRef::of_std("Cow", const { &[T::REF, <T::Owned as Versioned>::REF] });
    const TABLE: &'static Table =
        &Table::builtin::<Self>(const { &[T::describe, <T::Owned as Versioned>::describe] });
    type Lifetimes = (&'a (), T::Lifetimes, <T::Owned as Versioned>::Lifetimes);
}
