//! Functions of traits that a type may lack, asked for without a bound: [`Probe`] has the constant where
//! rustc can prove that the type has the trait, and [`Lacks`] has it otherwise. Each type asks for itself, where
//! it is concrete; types of the standard library are composed of what their arguments have.

use std::{
    cmp::Ordering,
    hash::{BuildHasher, Hash, Hasher},
    marker::PhantomData,
    mem::MaybeUninit,
    panic::resume_unwind,
    slice,
};

use super::{Compare, HashAll, Key, Make, caught::caught, made::maker};
use crate::{Versioned, facts::Probe};

/// The answers for types without the traits.
pub trait Lacks {
    /// No `Drop`.
    const HAS_DROP: bool = false;
    /// No `Default`.
    const DEFAULT: Option<Make> = None;
    /// No `Hash` and `Eq`.
    const KEY: Option<Key> = None;
    /// No `Ord`.
    const COMPARE: Option<Compare> = None;
    /// No `BuildHasher`.
    const HASHER: Option<HashAll> = None;
    /// No `Hasher` and `Default`.
    const AS_HASHER: Option<HashAll> = None;
}

impl<T: ?Sized> Lacks for Probe<T> {}

#[allow(drop_bounds, reason = "whether a type has a `Drop` of its own is what is asked")]
impl<T: Drop> Probe<T> {
    /// It has a `Drop`.
    pub const HAS_DROP: bool = true;
}

impl<T: Default> Probe<T> {
    /// Its `Default`.
    pub const DEFAULT: Option<Make> = Some(maker(T::default));
}

impl<T: Hash + Eq> Probe<T> {
    /// Its `Hash` and `Eq`.
    pub const KEY: Option<Key> = Some(Key {
        hash_slice: |at, count, mut hasher| {
            // SAFETY: whoever calls it gives the address of so many values.
            let values = unsafe { slice::from_raw_parts(at.cast::<T>(), count) };
            T::hash_slice(values, &mut hasher);
        },
        // SAFETY: whoever calls it gives the address of a value.
        hash: |at, mut hasher| unsafe { &*at.cast::<T>() }.hash(&mut hasher),
        // SAFETY: whoever calls it gives the addresses of two values.
        eq: |a, b| caught(|| Ok(unsafe { *a.cast::<T>() == *b.cast::<T>() })),
    });
}

impl<T: Ord> Probe<T> {
    /// Its `Ord`.
    pub const COMPARE: Option<Compare> =
        // SAFETY: whoever calls it gives the addresses of two values.
        Some(|a, b| caught(|| Ok(unsafe { (*a.cast::<T>()).cmp(&*b.cast::<T>()) })));
}

impl<T: BuildHasher> Probe<T> {
    /// Its `BuildHasher`.
    pub const HASHER: Option<HashAll> = Some(|hasher, key, keys, hashes| {
        // SAFETY: whoever calls it gives the address of a `T`.
        let build = unsafe { &*hasher.cast::<T>() };
        // SAFETY: whoever calls it gives the addresses of such keys.
        unsafe { hash_all(|| build.build_hasher(), key, keys, hashes) }
    });
}

impl<T: Hasher + Default> Probe<T> {
    /// What makes one for each key.
    // SAFETY: whoever calls it gives the addresses of such keys.
    pub const AS_HASHER: Option<HashAll> =
        Some(|_, key, keys, hashes| unsafe { hash_all(T::default, key, keys, hashes) });
}

/// Hashes each key with a hasher of its own.
///
/// # Safety
/// The addresses are of values that `key` is of.
unsafe fn hash_all<H: Hasher>(
    make: impl Fn() -> H,
    key: Key,
    keys: &[*const u8],
    hashes: &mut [u64],
) -> Result<(), String> {
    caught(|| {
        for (at, out) in keys.iter().zip(hashes) {
            let mut hasher = make();
            // SAFETY: the caller's promise.
            unsafe { (key.hash)(*at, &mut hasher) };
            *out = hasher.finish();
        }
        Ok(())
    })
}

/// All abilities of a type of a library, as far as rustc can tell where this stands;
/// [`without_traits`](crate::facts::without_traits) is in scope there.
macro_rules! all_abilities {
    ($ty:ty) => {
        $crate::moves::Abilities {
            is_copy: $crate::facts::Probe::<$ty>::COPY,
            has_drop: $crate::facts::Probe::<$ty>::HAS_DROP,
            default: $crate::facts::Probe::<$ty>::DEFAULT,
            key: $crate::facts::Probe::<$ty>::KEY,
            compare: $crate::facts::Probe::<$ty>::COMPARE,
            hasher: $crate::facts::Probe::<$ty>::HASHER,
            as_hasher: $crate::facts::Probe::<$ty>::AS_HASHER,
        }
    };
}
pub(crate) use all_abilities;

/// A value that is compared and hashed by its type's abilities, so that std's types compose: `&[Seen<T>]`
/// hashes as `[T]` does.
#[repr(transparent)]
pub(crate) struct Seen<T>(T);

impl<T: Versioned> Seen<T> {
    fn key() -> Key {
        T::ABILITIES.key.expect("what is composed asks whether its arguments have it")
    }

    pub(crate) fn of(value: &T) -> &Seen<T> {
        // SAFETY: `Seen` is transparent.
        unsafe { &*std::ptr::from_ref(value).cast() }
    }

    pub(crate) fn all(values: &[T]) -> &[Seen<T>] {
        // SAFETY: `Seen` is transparent.
        unsafe { slice::from_raw_parts(values.as_ptr().cast(), values.len()) }
    }
}

impl<T: Versioned> Hash for Seen<T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        // SAFETY: it is a `T`.
        unsafe { (Self::key().hash)((&raw const self.0).cast(), hasher) }
    }

    fn hash_slice<H: Hasher>(all: &[Seen<T>], hasher: &mut H) {
        // SAFETY: these are so many `T`s.
        unsafe { (Self::key().hash_slice)(all.as_ptr().cast(), all.len(), hasher) }
    }
}

impl<T: Versioned> PartialEq for Seen<T> {
    fn eq(&self, other: &Seen<T>) -> bool {
        // SAFETY: both are `T`s.
        let equal =
            unsafe { (Self::key().eq)((&raw const self.0).cast(), (&raw const other.0).cast()) };
        // Whoever asked for the composed type catches it.
        equal.unwrap_or_else(|text| resume_unwind(Box::new(text)))
    }
}

impl<T: Versioned> Eq for Seen<T> {}

impl<T: Versioned> PartialOrd for Seen<T> {
    fn partial_cmp(&self, other: &Seen<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<T: Versioned> Ord for Seen<T> {
    fn cmp(&self, other: &Seen<T>) -> Ordering {
        let compare =
            T::ABILITIES.compare.expect("what is composed asks whether its arguments have it");
        // SAFETY: both are `T`s.
        let order = unsafe { compare((&raw const self.0).cast(), (&raw const other.0).cast()) };
        // Whoever asked for the composed type catches it.
        order.unwrap_or_else(|text| resume_unwind(Box::new(text)))
    }
}

/// What a composed type is seen as.
pub(crate) trait Seeing {
    /// It.
    fn seen(&self) -> impl Hash + Ord;
}

/// Makes abilities of a composed type out of those of its arguments.
pub(crate) struct Composed<T>(PhantomData<T>);

impl<T: Seeing> Composed<T> {
    /// `Hash` and `Eq`, if the arguments have them.
    pub(crate) const fn key(has: bool) -> Option<Key> {
        if !has {
            return None;
        }
        Some(Key {
            hash_slice: |at, count, mut hasher| {
                // SAFETY: whoever calls it gives the address of so many values.
                for value in unsafe { slice::from_raw_parts(at.cast::<T>(), count) } {
                    value.seen().hash(&mut hasher);
                }
            },
            // SAFETY: whoever calls it gives the address of a value.
            hash: |at, mut hasher| unsafe { &*at.cast::<T>() }.seen().hash(&mut hasher),
            // SAFETY: whoever calls it gives the addresses of two values.
            eq: |a, b| caught(|| Ok(unsafe { (*a.cast::<T>()).seen() == (*b.cast::<T>()).seen() })),
        })
    }

    /// `Ord`, if the arguments have it.
    pub(crate) const fn compare(has: bool) -> Option<Compare> {
        if !has {
            return None;
        }
        // SAFETY: whoever calls it gives the addresses of two values.
        Some(|a, b| caught(|| Ok(unsafe { (*a.cast::<T>()).seen().cmp(&(*b.cast::<T>()).seen()) })))
    }
}

/// One more value, of a type that has a default.
pub(crate) fn default<T: Versioned>() -> T {
    let make = T::ABILITIES.default.expect("what is composed asks whether its arguments have it");
    let mut value = MaybeUninit::<T>::uninit();
    // SAFETY: there is room for one.
    match unsafe { make(value.as_mut_ptr().cast(), 1) } {
        // SAFETY: it was made.
        Ok(()) => unsafe { value.assume_init() },
        // Whoever asked for the composed type catches it.
        Err((_, text)) => resume_unwind(Box::new(text)),
    }
}

/// The default of a composed type, if the arguments have one.
pub(crate) const fn composed_default<T, F: Fn() -> T>(has: bool, make: F) -> Option<Make> {
    let make = maker(make);
    if has { Some(make) } else { None }
}
