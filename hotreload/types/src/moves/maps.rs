//! Maps and sets, and how one is built without its keys.

#![allow(clippy::mutable_key_type, reason = "a hole's hash is not its content's")]

use std::{
    alloc::Layout,
    cell::{Cell, UnsafeCell},
    cmp::Ordering,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    hash::{BuildHasher, Hash, Hasher},
    mem::{ManuallyDrop, MaybeUninit, offset_of, transmute_copy},
    ptr,
};

use super::Map;
use crate::Versioned;

// SAFETY, of every function here: whoever calls it gives the address of such a map; of a new one, room for
// it; the address of a hasher of the type `S`; and a shell that `shell` made, once. The entries of
// what is released have been moved out. Why a map of holes is a map: `holes_fit`.

/// Where a key or a value will be. The map that is built has holes: its structure follows from the
/// hashes alone, and no key is there that could be looked at.
#[repr(transparent)]
struct Hole<T>(UnsafeCell<MaybeUninit<T>>);

impl<T> Hole<T> {
    fn new() -> Hole<T> {
        Hole(UnsafeCell::new(MaybeUninit::uninit()))
    }
}

thread_local! {
    /// That of the hole which is put into a map: there is room for it nowhere else.
    static HASH: Cell<u64> = const { Cell::new(0) };
}

impl<T> Hash for Hole<T> {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_u64(HASH.get());
    }
}

/// No two holes are the same key: the host has looked whether the keys are.
impl<T> PartialEq for Hole<T> {
    fn eq(&self, _: &Hole<T>) -> bool {
        false
    }
}

impl<T> Eq for Hole<T> {}

impl<T> PartialOrd for Hole<T> {
    fn partial_cmp(&self, other: &Hole<T>) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Holes come in their order: a sort that keeps the order of equals finds nothing to do.
impl<T> Ord for Hole<T> {
    fn cmp(&self, _: &Hole<T>) -> Ordering {
        Ordering::Greater
    }
}

/// The map's own hasher, which is not asked.
#[repr(transparent)]
struct Idle<S>(ManuallyDrop<S>);

/// Gives the hash that was written.
struct Given(u64);

impl Hasher for Given {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, _: &[u8]) {}

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}

impl<S> BuildHasher for Idle<S> {
    type Hasher = Given;

    fn build_hasher(&self) -> Given {
        Given(0)
    }
}

type Holes<K, V, S> = HashMap<Hole<K>, Hole<V>, Idle<S>>;

/// That a map of holes is the map, bit by bit. The language does not promise it of the same generic code
/// with arguments of the same size, alignment and place: so it is asked of the compiler, as far as that
/// tells. The unit tests build maps of each kind and use them.
const fn holes_fit<K, V, S>() {
    assert!(size_of::<Holes<K, V, S>>() == size_of::<HashMap<K, V, S>>());
    assert!(align_of::<Holes<K, V, S>>() == align_of::<HashMap<K, V, S>>());
    assert!(size_of::<(Hole<K>, Hole<V>)>() == size_of::<(K, V)>());
    assert!(offset_of!((Hole<K>, Hole<V>), 0) == offset_of!((K, V), 0));
    assert!(offset_of!((Hole<K>, Hole<V>), 1) == offset_of!((K, V), 1));
}

/// And of what is in one.
const fn hole_fits<T>() {
    assert!(size_of::<Hole<T>>() == size_of::<T>() && align_of::<Hole<T>>() == align_of::<T>());
}

/// Moves a map of holes, whose box is freed, to the place of a `To`.
///
/// # Safety
/// As above; the bits of a `From` are those of a `To`.
unsafe fn finish<From, To>(shell: *mut u8, out: *mut u8) {
    // SAFETY: the caller's promise. The map itself is not dropped: it has moved.
    unsafe {
        let map = Box::from_raw(shell.cast::<ManuallyDrop<From>>());
        out.cast::<To>().write(transmute_copy(&**map));
    }
}

macro_rules! hash_map {
    ($function:ident [$($param:ident)+] $ty:ty: $k:ty, $v:ty;
        $entry:pat => $at:expr;
    ) => {
        pub(crate) const fn $function<$($param: Versioned,)+ S: Versioned>() -> Map {
            const {
                holes_fit::<$k, $v, S>();
                assert!(size_of::<Holes<$k, $v, S>>() == size_of::<$ty>());
                assert!(align_of::<Holes<$k, $v, S>>() == align_of::<$ty>());
            };
            Map {
                key: <$k>::moves,
                value: <$v>::moves,
                at: [offset_of!(($k, $v), 0), offset_of!(($k, $v), 1)],
                bucket: Layout::new::<($k, $v)>(),
                hasher: Some(S::moves),
                // SAFETY: above.
                len: |at| unsafe { &*at.cast::<$ty>() }.len(),
                // SAFETY: above.
                hasher_at: |at| ptr::from_ref(unsafe { &*at.cast::<$ty>() }.hasher()).cast(),
                entries: |at, out| {
                    // SAFETY: above.
                    for (index, $entry) in unsafe { &*at.cast::<$ty>() }.iter().enumerate() {
                        // SAFETY: whoever calls it gives room for as many as there are.
                        unsafe { out.add(index).write($at) };
                    }
                },
                // SAFETY: above. As holes no bits of them are looked at; nor is the hasher dropped.
                release: |at| drop(unsafe { at.cast::<Holes<$k, $v, S>>().read() }),
                shell: |hasher, hashes, slots| {
                    // SAFETY: above; it is never dropped.
                    let hasher = Idle(ManuallyDrop::new(unsafe { hasher.cast::<S>().read() }));
                    let mut map =
                        Holes::<$k, $v, S>::with_capacity_and_hasher(hashes.len(), hasher);
                    for (index, hash) in hashes.iter().enumerate() {
                        HASH.set(*hash);
                        let mut entry = map.entry(Hole::new()).insert_entry(Hole::new());
                        let slot = [entry.key().0.get().cast(), entry.get_mut().0.get().cast()];
                        // SAFETY: whoever calls it gives room for as many as there are hashes. The
                        // table does not grow: there was room for all.
                        unsafe { slots.add(index).write(slot) };
                    }
                    Box::into_raw(Box::new(map)).cast()
                },
                // SAFETY: above.
                discard: |shell| drop(unsafe { Box::from_raw(shell.cast::<Holes<$k, $v, S>>()) }),
                // SAFETY: above.
                finish: |shell, out| unsafe { finish::<Holes<$k, $v, S>, $ty>(shell, out) },
            }
        }
    };
}

hash_map! { hash_map [K V] HashMap<K, V, S>: K, V;
(key, value) => [ptr::from_ref(key).cast(), ptr::from_ref(value).cast()]; }

hash_map! { hash_set [K] HashSet<K, S>: K, ();
key => [ptr::from_ref(key).cast(), ptr::dangling()]; }

macro_rules! ordered {
    ($function:ident [$($param:ident)+] $ty:ty, $holes:ty: $k:ty, $v:ty;
        $entry:pat => $at:expr; $hole:expr; $slot:pat => $to:expr;
    ) => {
        pub(crate) const fn $function<$($param: Versioned),+>() -> Map {
            const {
                assert!(size_of::<$holes>() == size_of::<$ty>());
                assert!(align_of::<$holes>() == align_of::<$ty>());
                hole_fits::<$k>();
                hole_fits::<$v>();
            };
            Map {
                key: <$k>::moves,
                value: <$v>::moves,
                at: [0; 2],
                bucket: Layout::new::<($k, $v)>(),
                hasher: None,
                // SAFETY: above.
                len: |at| unsafe { &*at.cast::<$ty>() }.len(),
                hasher_at: |_| ptr::null(),
                entries: |at, out| {
                    // SAFETY: above.
                    for (index, $entry) in unsafe { &*at.cast::<$ty>() }.iter().enumerate() {
                        // SAFETY: whoever calls it gives room for as many as there are.
                        unsafe { out.add(index).write($at) };
                    }
                },
                // SAFETY: above. As holes no bits of them are looked at.
                release: |at| drop(unsafe { at.cast::<$holes>().read() }),
                shell: |_, hashes, slots| {
                    let map: $holes = hashes.iter().map(|_| $hole).collect();
                    assert!(map.len() == hashes.len(), "no hole is another");
                    for (index, $slot) in map.iter().enumerate() {
                        // SAFETY: whoever calls it gives room for as many as there are hashes.
                        unsafe { slots.add(index).write($to) };
                    }
                    Box::into_raw(Box::new(map)).cast()
                },
                // SAFETY: above.
                discard: |shell| drop(unsafe { Box::from_raw(shell.cast::<$holes>()) }),
                // SAFETY: above.
                finish: |shell, out| unsafe { finish::<$holes, $ty>(shell, out) },
            }
        }
    };
}

ordered! { btree_map [K V] BTreeMap<K, V>, BTreeMap<Hole<K>, Hole<V>>: K, V;
(key, value) => [ptr::from_ref(key).cast(), ptr::from_ref(value).cast()];
(Hole::new(), Hole::new());
(key, value) => [key.0.get().cast(), value.0.get().cast()]; }

ordered! { btree_set [K] BTreeSet<K>, BTreeSet<Hole<K>>: K, ();
key => [ptr::from_ref(key).cast(), ptr::dangling()];
Hole::new();
key => [key.0.get().cast(), ptr::dangling_mut()]; }
