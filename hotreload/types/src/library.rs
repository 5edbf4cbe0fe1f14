//! The standard library's types.

use std::{
    alloc::Layout,
    borrow::Cow,
    cell::{Cell, OnceCell, RefCell, UnsafeCell},
    cmp::{Ordering, Reverse},
    collections::{
        BTreeMap, BTreeSet, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque, hash_map,
    },
    convert::Infallible,
    ffi::{CStr, CString, OsStr, OsString},
    hash::{BuildHasherDefault, Hash},
    marker::{PhantomData, PhantomPinned},
    mem::{ManuallyDrop, MaybeUninit, offset_of},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6},
    num::{NonZero, Saturating, Wrapping},
    ops::{
        Bound, ControlFlow, Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive,
    },
    path::{Path, PathBuf},
    pin::Pin,
    ptr::NonNull,
    rc::{self, Rc},
    sync::{self, Arc, Barrier, Condvar, Mutex, Once, OnceLock, RwLock, atomic},
    task::Poll,
    time::{Duration, Instant, SystemTime},
};

use crate::{
    Table, TypeRef, Versioned,
    facts::{Facts, without_traits::*},
    moves::{
        Abilities, Composed, Form, Make, Moves, Owned, Seeing, Seen, Unchanged, Whole,
        all_abilities, behind, cells, choices, composed_default, default, maker, maps, sequences,
        within,
    },
    parts::{Parts, all_parts},
    table::TypeKind,
};

// SAFETY, of every implementation here: the name has every argument that the layout depends on, and
// the table the size and alignment that the compiler gives. Two images of one fingerprint have one
// standard library, so that the rest follows from the arguments.

macro_rules! plain {
    ($($name:literal $ty:ty,)*) => {$(
        // SAFETY: above.
        unsafe impl Versioned for $ty {
            const REF: &'static TypeRef = &TypeRef::of_std($name, &[]);
            const TABLE: &'static Table = &Table::builtin::<$ty>(&[]);
            const FACTS: Facts = crate::__facts!($ty);
            const ABILITIES: Abilities = all_abilities!(Self);
            type Lifetimes = ();
            type Parts = ();
            type Owned = Whole<Self>;

            const MOVES: Moves = Moves::of::<Self>(Form::Leaf);
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
            type Parts = ();
            type Owned = Self;

            const MOVES: Moves = Moves::without_size::<Self>(Form::Leaf);
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
            const ABILITIES: Abilities = all_abilities!(Self);
            type Lifetimes = ();
            type Parts = ();
            type Owned = Whole<Self>;

            const MOVES: Moves = Moves::of::<Self>(Form::Leaf);
        }
    )*};
}

non_zero!(u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize);

macro_rules! generic {
    ($($name:literal $ty:ty [$($param:ident $(: $($bound:tt)+)?),+] $(is $facts:ident)?
        $({$($ability:ident: $with:expr),*})?, $form:expr;)*
    ) => {$(
        // SAFETY: above.
        unsafe impl<$($param: Versioned $(+ $($bound)+)?),+> Versioned for $ty {
            const REF: &'static TypeRef = &TypeRef::of_std($name, const { &[$($param::REF),+] });
            const TABLE: &'static Table =
                &Table::builtin::<Self>(const { &[$($param::describe),+] });
            const FACTS: Facts = facts!($($facts)? $($param)+);
            const ABILITIES: Abilities =
                Abilities { $($($ability: $with,)*)? ..all_abilities!(Self) };
            type Lifetimes = ($($param::Lifetimes,)+);
            type Parts = all_parts!($($param)+);
            type Owned = Whole<Self>;

            const MOVES: Moves = Moves::of::<Self>($form);
        }
    )*};
}

/// What follows from the parameters, if that is said.
macro_rules! facts {
    (holding $($param:ident)+) => { Facts::holding(&[$($param::FACTS),+]) };
    (boxing $($param:ident)+) => { Facts::boxing(Facts::holding(&[$($param::FACTS),+])) };
    (owning $($param:ident)+) => { Facts::owning(&[$($param::FACTS),+]) };
    ($($param:ident)+) => { Facts::UNKNOWN };
}

/// The record of a parameter, in a list.
macro_rules! of {
    ($($param:ident),+) => { const { &[$($param::moves),+] } };
}

generic! {
    "Vec" Vec<T> [T] is owning {
        key: Composed::<Self>::key(T::ABILITIES.key.is_some()),
        compare: Composed::<Self>::compare(T::ABILITIES.compare.is_some())
    }, Form::Sequence(sequences::vec::<T>());
    "VecDeque" VecDeque<T> [T] is owning, Form::Sequence(sequences::deque::<T>());
    "LinkedList" LinkedList<T> [T], behind("a `LinkedList`", of![T]);
    "BinaryHeap" BinaryHeap<T> [T], behind("a `BinaryHeap`", of![T]);
    "BTreeMap" BTreeMap<K, V> [K, V] is boxing, Form::Map(maps::btree_map::<K, V>());
    "BTreeSet" BTreeSet<T> [T] is boxing, Form::Map(maps::btree_set::<T>());
    "HashMap" HashMap<K, V, S> [K, V, S] is owning {
        default: new::<Self, S>(|| HashMap::with_hasher(default::<S>()))
    }, Form::Map(maps::hash_map::<K, V, S>());
    "HashSet" HashSet<T, S> [T, S] is owning {
        default: new::<Self, S>(|| HashSet::with_hasher(default::<S>()))
    }, Form::Map(maps::hash_set::<T, S>());
    "BuildHasherDefault" BuildHasherDefault<T> [T] {
        default: Some(maker(|| BuildHasherDefault::<T>::new())),
        hasher: T::ABILITIES.as_hasher
    }, Form::Leaf;
    "NonNull" NonNull<T> [T: ?Sized], Form::Fixed("a `NonNull`");
    "AtomicPtr" atomic::AtomicPtr<T> [T], Form::Fixed("an `AtomicPtr`");
    "Pin" Pin<T> [T], Form::Fixed("a `Pin`");
    "Option" Option<T> [T] is holding {
        is_copy: T::ABILITIES.is_copy,
        key: Composed::<Self>::key(T::ABILITIES.key.is_some()),
        compare: Composed::<Self>::compare(T::ABILITIES.compare.is_some())
    }, Form::Choice(choices::option::<T>());
    "Result" Result<T, E> [T, E] {
        is_copy: T::ABILITIES.is_copy && E::ABILITIES.is_copy
    }, Form::Choice(choices::result::<T, E>());
    "Poll" Poll<T> [T] { is_copy: T::ABILITIES.is_copy }, Form::Choice(choices::poll::<T>());
    "ControlFlow" ControlFlow<T, U> [T, U] {
        is_copy: T::ABILITIES.is_copy && U::ABILITIES.is_copy
    }, Form::Choice(choices::control_flow::<T, U>());
    "Bound" Bound<T> [T] { is_copy: T::ABILITIES.is_copy },
        Form::Choice(choices::bound::<T>());
    "Cell" Cell<T> [T] { default: new::<Self, T>(|| Cell::new(default::<T>())) },
        Form::Choice(cells::cell::<T>());
    "RefCell" RefCell<T> [T] { default: new::<Self, T>(|| RefCell::new(default::<T>())) },
        Form::Choice(cells::ref_cell::<T>());
    "Mutex" Mutex<T> [T] { default: new::<Self, T>(|| Mutex::new(default::<T>())) },
        Form::Choice(cells::mutex::<T>());
    "RwLock" RwLock<T> [T] { default: new::<Self, T>(|| RwLock::new(default::<T>())) },
        Form::Choice(cells::rw_lock::<T>());
    "OnceCell" OnceCell<T> [T], Form::Choice(cells::once_cell::<T>());
    "OnceLock" OnceLock<T> [T], Form::Choice(cells::once_lock::<T>());
    "UnsafeCell" UnsafeCell<T> [T], within("an `UnsafeCell`", of![T]);
    "ManuallyDrop" ManuallyDrop<T> [T], within("a `ManuallyDrop`", of![T]);
    "MaybeUninit" MaybeUninit<T> [T], within("a `MaybeUninit`", of![T]);
    "PhantomData" PhantomData<T> [T: ?Sized], Form::Leaf;
    "Wrapping" Wrapping<T> [T] {
        is_copy: T::ABILITIES.is_copy,
        default: new::<Self, T>(|| Wrapping(default::<T>()))
    }, Form::Tuple { fields: of![T], offsets: const { &[offset_of!(Self, 0)] } };
    "Saturating" Saturating<T> [T] {
        is_copy: T::ABILITIES.is_copy,
        default: new::<Self, T>(|| Saturating(default::<T>()))
    }, Form::Tuple { fields: of![T], offsets: const { &[offset_of!(Self, 0)] } };
    "Reverse" Reverse<T> [T] {
        is_copy: T::ABILITIES.is_copy,
        default: new::<Self, T>(|| Reverse(default::<T>()))
    }, Form::Tuple { fields: of![T], offsets: const { &[offset_of!(Self, 0)] } };
    "Range" Range<T> [T] {
        default: new::<Self, T>(|| default::<T>()..default::<T>())
    }, Form::Tuple {
        fields: of![T, T],
        offsets: const { &[offset_of!(Self, start), offset_of!(Self, end)] },
    };
    "RangeFrom" RangeFrom<T> [T],
        Form::Tuple { fields: of![T], offsets: const { &[offset_of!(Self, start)] } };
    "RangeTo" RangeTo<T> [T] { is_copy: T::ABILITIES.is_copy },
        Form::Tuple { fields: of![T], offsets: const { &[offset_of!(Self, end)] } };
    "RangeToInclusive" RangeToInclusive<T> [T] { is_copy: T::ABILITIES.is_copy },
        Form::Tuple { fields: of![T], offsets: const { &[offset_of!(Self, end)] } };
    "RangeInclusive" RangeInclusive<T> [T], within("a `RangeInclusive`", of![T]);
}

/// The default of a type with one parameter, if that has one.
const fn new<This, T: Versioned>(make: impl Fn() -> This) -> Option<Make> {
    composed_default(T::ABILITIES.default.is_some(), make)
}

impl<T: Versioned> Seeing for Vec<T> {
    fn seen(&self) -> impl Hash + Ord {
        Seen::all(self)
    }
}

impl<T: Versioned> Seeing for Option<T> {
    fn seen(&self) -> impl Hash + Ord {
        self.as_ref().map(Seen::of)
    }
}

macro_rules! owners {
    ($($name:literal $moves:ident $ty:ty $(, $abilities:ident $($facts:ident)?)?;)*) => {$(
        // SAFETY: above.
        unsafe impl<T: Versioned + ?Sized> Versioned for $ty {
            const REF: &'static TypeRef = &TypeRef::of_std($name, const { &[T::REF] });
            const TABLE: &'static Table = &Table::builtin::<Self>(const { &[T::describe] });
            $($(const FACTS: Facts = Facts::$facts(T::FACTS);)?)?
            $(const ABILITIES: Abilities = <T::Owned as Owned>::$abilities;)?
            type Lifetimes = (T::Lifetimes,);
            type Parts = T::Parts;
            type Owned = Whole<Self>;

            const MOVES: Moves = <T::Owned as Owned>::$moves;
        }
    )*};
}

owners! {
    "Box" BOX_MOVES Box<T>, BOXED boxing;
    "Rc" RC_MOVES Rc<T>, RC;
    "rc::Weak" RC_WEAK_MOVES rc::Weak<T>;
    "Arc" ARC_MOVES Arc<T>, ARC;
    "sync::Weak" ARC_WEAK_MOVES sync::Weak<T>;
}

// SAFETY: above.
unsafe impl Versioned for PhantomPinned {
    const REF: &'static TypeRef = &TypeRef::of_std("PhantomPinned", &[]);
    const TABLE: &'static Table = &Table::builtin::<Self>(&[]);
    const ABILITIES: Abilities = all_abilities!(Self);
    type Lifetimes = ();
    type Parts = ();
    type Owned = Whole<Self>;

    const MOVES: Moves = Moves::of::<Self>(Form::Fixed("pinned"));
}

// SAFETY: above. The owned form is named by its own argument.
unsafe impl<'a, T> Versioned for Cow<'a, T>
where
    T: Versioned + ToOwned<Owned: Versioned> + ?Sized,
{
    const REF: &'static TypeRef =
        &TypeRef::of_std("Cow", const { &[T::REF, <Owner<T> as Versioned>::REF] });
    const TABLE: &'static Table =
        &Table::builtin::<Self>(const { &[T::describe, <Owner<T> as Versioned>::describe] });
    type Lifetimes = (&'a (), T::Lifetimes, <Owner<T> as Versioned>::Lifetimes);
    type Parts = <T::Parts as Parts>::And<<Owner<T> as Versioned>::Parts>;
    type Owned = Whole<Self>;

    const MOVES: Moves = Moves::of::<Self>(Form::Unchanged(Unchanged {
        what: "a `Cow`",
        within: const { &[<Owner<T> as Versioned>::moves] },
        behind: of![T],
    }));
}

/// What a `Cow` holds when it does not borrow.
type Owner<T> = <T as ToOwned>::Owned;
