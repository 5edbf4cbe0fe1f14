//! Values are opened and built with what their types give, as a host does it.

use std::{
    alloc::{alloc, dealloc},
    cell::{Cell, OnceCell, RefCell},
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    hash::{BuildHasher, RandomState},
    mem::{ManuallyDrop, MaybeUninit},
    ops::{Bound, ControlFlow, Range},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    path::Path,
    ptr,
    rc::{self, Rc},
    sync::{self, Arc, Mutex, OnceLock, RwLock},
};

use super::*;

fn moves<T: Versioned>() -> &'static Moves {
    T::moves()
}

/// Counts who is alive, by the number of references to what it counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Counted(u32, Rc<()>);

impl Counted {
    fn alive(&self) -> usize {
        Rc::strong_count(&self.1)
    }
}

// SAFETY: only its functions are used here, and these are true of it.
unsafe impl Versioned for Counted {
    const REF: &'static crate::TypeRef = &crate::TypeRef::new("types", "", "Counted", &[]);
    const TABLE: &'static Table = &Table::builtin::<Self>(&[]);
    const ABILITIES: Abilities = {
        use crate::facts::without_traits::*;
        all_abilities!(Self)
    };
    type Lifetimes = ();
    type Parts = ();
    type Owned = Whole<Self>;

    const MOVES: Moves = Moves::of::<Self>(Form::Leaf);
}

fn counted(number: u32, count: &Counted) -> Counted {
    Counted(number, count.1.clone())
}

fn zero() -> Counted {
    Counted(0, Rc::new(()))
}

/// Opens a value and builds the same again from its parts.
fn rebuilt<T: Versioned>(value: T) -> (usize, T) {
    let Form::Choice(Choice { open, build, variants, .. }) = &moves::<T>().form else {
        panic!("it has variants");
    };
    let (value, mut fields) = (ManuallyDrop::new(value), [ptr::null(); 4]);
    let mut new = MaybeUninit::<T>::uninit();
    // SAFETY: it is a `T`, whose parts are moved to the new one; it is not dropped.
    unsafe {
        let variant = open((&raw const value).cast(), fields.as_mut_ptr());
        assert_eq!(variants[variant].fields.len(), usize::from(!fields[0].is_null()));
        build(variant, fields.as_ptr(), new.as_mut_ptr().cast());
        (variant, new.assume_init())
    }
}

fn name<T: Versioned>(variant: usize) -> &'static str {
    let Form::Choice(choice) = &moves::<T>().form else { panic!("it has variants") };
    choice.variants[variant].name
}

#[test]
fn variants_are_built_as_they_were() {
    macro_rules! same {
        ($($ty:ty: $value:expr, $name:literal;)*) => {$(
            let (variant, built) = rebuilt::<$ty>($value);
            assert_eq!((built, name::<$ty>(variant)), ($value, $name));
        )*};
    }
    same! {
        Option<Box<u8>>: Some(Box::new(3)), "Some";
        Option<Box<u8>>: None, "None";
        Result<String, u8>: Ok("a".to_owned()), "Ok";
        Result<String, u8>: Err(4), "Err";
        std::task::Poll<u8>: std::task::Poll::Ready(1), "Ready";
        ControlFlow<u8, String>: ControlFlow::Break(1), "Break";
        ControlFlow<u8, String>: ControlFlow::Continue("a".to_owned()), "Continue";
        Bound<u32>: Bound::Excluded(4), "Excluded";
        Bound<u32>: Bound::Unbounded, "Unbounded";
        OnceCell<u8>: OnceCell::from(3), "filled";
        OnceCell<u8>: OnceCell::new(), "empty";
        OnceLock<String>: OnceLock::from("a".to_owned()), "filled";
        Cell<u8>: Cell::new(7), "whole";
        RefCell<String>: RefCell::new("a".to_owned()), "whole";
    }
    let count = zero();
    let (_, some) = rebuilt(Some(counted(1, &count)));
    assert_eq!((some.as_ref().unwrap().0, count.alive()), (1, 2));
    drop(some);
    assert_eq!(count.alive(), 1);
}

/// The variant; nothing of the value moves.
fn opened<T: Versioned>(value: &T) -> usize {
    let Form::Choice(choice) = &moves::<T>().form else { panic!("it has variants") };
    assert!(choice.is_cell);
    // SAFETY: it is a `T`, and has one field at most.
    unsafe { (choice.open)(ptr::from_ref(value).cast(), [ptr::null()].as_mut_ptr()) }
}

#[test]
fn what_is_held_is_said_and_poison_is_kept() {
    let cell = RefCell::new(1);
    let borrow = cell.borrow();
    assert_eq!(opened(&cell), HELD);
    drop(borrow);
    assert_ne!(opened(&cell), HELD);
    let (mutex, lock) = (Mutex::new(1), RwLock::new(1));
    let (writing, reading) = (mutex.lock().unwrap(), lock.read().unwrap());
    assert_eq!((opened(&mutex), opened(&lock)), (HELD, HELD));
    drop((writing, reading));
    assert_eq!(
        (name::<Mutex<i32>>(opened(&mutex)), name::<RwLock<i32>>(opened(&lock))),
        ("whole", "whole")
    );
    let poison = catch_unwind(AssertUnwindSafe(|| {
        let _guards = (mutex.lock(), lock.write());
        resume_unwind(Box::new(()))
    }));
    assert!(poison.is_err());
    let ((variant, mutex), (_, lock)) = (rebuilt(mutex), rebuilt(lock));
    assert_eq!(name::<Mutex<i32>>(variant), "poisoned");
    assert!(mutex.is_poisoned() && lock.is_poisoned());
    assert_eq!(
        (mutex.into_inner().unwrap_err().into_inner(), *lock.write().unwrap_err().into_inner()),
        (1, 1)
    );
}

/// Takes the elements of a sequence and builds one of the same type from a copy of them.
fn sequence<T: Versioned, E>(value: T) -> T {
    let Form::Sequence(sequence) = &moves::<T>().form else { panic!("it has elements") };
    assert_eq!((sequence.element)().table.layout(), Layout::new::<E>());
    let mut value = ManuallyDrop::new(value);
    let mut new = MaybeUninit::<T>::uninit();
    // SAFETY: it is a `T`, whose elements are moved into a buffer of their layout and released.
    unsafe {
        let Runs { runs, .. } = (sequence.open)((&raw const value).cast());
        let count = runs[0].1 + runs[1].1;
        let buffer = alloc(Layout::array::<E>(count).unwrap()).cast::<E>();
        let mut done = buffer;
        for (run, length) in runs {
            ptr::copy_nonoverlapping(run.cast::<E>(), done, length);
            done = done.add(length);
        }
        (sequence.release)((&raw mut value).cast());
        (sequence.build)(buffer.cast(), count, count, new.as_mut_ptr().cast());
        new.assume_init()
    }
}

#[test]
fn sequences_keep_their_elements() {
    let count = zero();
    let all = || (0..3).map(|number| counted(number, &count));
    let mut vec: Vec<_> = all().collect();
    vec.reserve(9);
    let vec = sequence::<_, Counted>(vec);
    assert_eq!(count.alive(), 4);
    let boxed = sequence::<_, Counted>(vec.into_boxed_slice());
    assert!(boxed.iter().eq(all().collect::<Vec<_>>().iter()));
    let mut deque: VecDeque<_> = boxed.into_vec().into();
    deque.rotate_left(1);
    deque.reserve(3);
    deque.push_front(counted(9, &count));
    let deque = sequence::<_, Counted>(deque);
    assert_eq!(deque.iter().map(|one| one.0).collect::<Vec<_>>(), [9, 1, 2, 0]);
    drop(deque);
    assert_eq!(count.alive(), 1);
    let empty = alloc_of_none(sequence_form::<Vec<u8>>());
    assert_eq!(empty, Vec::<u8>::new());
}

fn sequence_form<T: Versioned>() -> &'static Sequence {
    let Form::Sequence(sequence) = &moves::<T>().form else { panic!("it has elements") };
    sequence
}

/// A vector of a dangling buffer, as of none.
fn alloc_of_none(sequence: &Sequence) -> Vec<u8> {
    let mut new = MaybeUninit::<Vec<u8>>::uninit();
    // SAFETY: nothing is allocated for a capacity of none.
    unsafe {
        (sequence.build)(ptr::dangling_mut(), 0, 0, new.as_mut_ptr().cast());
        new.assume_init()
    }
}

fn map_form<T: Versioned>() -> &'static Map {
    let Form::Map(map) = &moves::<T>().form else { panic!("it is a map") };
    map
}

/// Builds a map of holes and fills it with the bits of the old one's entries.
fn map<T: Versioned, K: Versioned, V>(old: T) -> T {
    let map = map_form::<T>();
    let (mut old, mut new) = (ManuallyDrop::new(old), MaybeUninit::<T>::uninit());
    let at = (&raw mut old).cast::<u8>();
    // SAFETY: it is a `T`; its entries are moved into the holes, and its table is freed.
    unsafe {
        let count = (map.len)(at);
        let mut entries = vec![[ptr::null(); 2]; count];
        (map.entries)(at, entries.as_mut_ptr());
        let mut hashes = vec![0; count];
        let hasher = (map.hasher_at)(at);
        if let Some(of) = map.hasher {
            let key = K::ABILITIES.key.unwrap();
            let keys: Vec<_> = entries.iter().map(|entry| entry[0]).collect();
            of().abilities.hasher.unwrap()(hasher, key, &keys, &mut hashes).unwrap();
        }
        let mut slots = vec![[ptr::null_mut(); 2]; count];
        let discarded = (map.shell)(hasher, &hashes, slots.as_mut_ptr());
        (map.discard)(discarded);
        let shell = (map.shell)(hasher, &hashes, slots.as_mut_ptr());
        for (entry, slot) in entries.iter().zip(&slots) {
            ptr::copy_nonoverlapping(entry[0].cast::<K>(), slot[0].cast(), 1);
            ptr::copy_nonoverlapping(entry[1].cast::<V>(), slot[1].cast(), 1);
        }
        (map.release)(at);
        (map.finish)(shell, new.as_mut_ptr().cast());
        new.assume_init()
    }
}

#[test]
fn maps_are_built_without_their_keys() {
    let count = zero();
    for length in [0, 1, 3, 4, 28, 200] {
        let numbers = || (0..length).map(|number| (number.to_string(), counted(number, &count)));
        let built = map::<HashMap<_, _>, String, Counted>(numbers().collect());
        assert!(
            numbers().all(|(key, value)| built[&key] == value) && built.len() == length as usize
        );
        let mut built = map::<_, String, Counted>(built);
        built.insert("more".to_owned(), counted(1, &count));
        built.retain(|key, _| key.len() == 1);
        assert_eq!(count.alive(), 1 + built.len());
        drop(built);
        assert_eq!(count.alive(), 1);

        let built = map::<BTreeMap<_, _>, String, Counted>(numbers().collect());
        assert_eq!(built, numbers().collect());
        drop(built);
        assert_eq!(count.alive(), 1);

        let set = map::<HashSet<_>, u32, ()>((0..length).collect());
        assert!((0..length).all(|number| set.contains(&number)) && set.len() == length as usize);
        let set = map::<BTreeSet<_>, u32, ()>((0..length).collect());
        assert!(set.iter().copied().eq(0..length));
    }
}

#[test]
fn other_keys_and_values_have_their_places() {
    let bits = map::<HashMap<u8, [u64; 3]>, u8, [u64; 3]>([(1, [2; 3]), (2, [3; 3])].into());
    assert_eq!((bits[&1], bits[&2]), ([2; 3], [3; 3]));
    let nothing = map::<HashMap<u64, ()>, u64, ()>([(7, ())].into());
    assert!(nothing.contains_key(&7));
    let Map { at, bucket, .. } = map_form::<HashMap<u8, u64>>();
    assert_eq!((bucket.size(), at[0].abs_diff(at[1]) >= 8 || at[0] == 8), (16, true));
}

/// A reference to the same value, moved to another place by the type's functions.
fn share<T: Versioned>(from: *const u8) -> T {
    let Form::Shared(shared) = &moves::<T>().form else { panic!("it is shared") };
    let mut new = MaybeUninit::<T>::uninit();
    // SAFETY: the address is of `data` or `alloc`.
    unsafe {
        (shared.share)(from, new.as_mut_ptr().cast());
        new.assume_init()
    }
}

fn shared<T: Versioned>() -> &'static Shared {
    let Form::Shared(shared) = &moves::<T>().form else { panic!("it is shared") };
    shared
}

#[test]
fn shared_values_stay_shared() {
    macro_rules! each {
        ($($strong:ident $weak:ident)*) => {$({
            let count = zero();
            let (of, weakly) = (shared::<$strong<Counted>>(), shared::<$weak::Weak<Counted>>());
            assert!(weakly.is_weak && !of.is_weak);
            let old = [counted(1, &count)].map($strong::new);
            let [old] = old;
            let mut olds = ManuallyDrop::new([old.clone(), old.clone()]);
            let mut weak = ManuallyDrop::new($strong::downgrade(&old));
            drop(old);
            // SAFETY: all are of these types; what is released is not used again.
            unsafe {
                let at = olds.as_mut_ptr().cast::<u8>();
                assert_eq!((of.counts)(at), [2, 1]);
                let data = (of.data)(at);
                assert_eq!((weakly.data)((&raw const weak).cast()), data);
                let room = (of.alloc)();
                ptr::copy_nonoverlapping(data.cast::<Counted>(), room.cast(), 1);
                let [one, two]: [$strong<Counted>; 2] = [share(room), share(room)];
                let watching: $weak::Weak<Counted> = share(room);
                (of.free)(room);
                (of.release)(at);
                (of.release)(olds.as_mut_ptr().add(1).cast());
                (weakly.release)((&raw mut weak).cast());
                assert!($strong::ptr_eq(&one, &two));
                assert_eq!((one.0, $strong::strong_count(&one), $strong::weak_count(&one)), (1, 2, 1));
                assert_eq!((watching.upgrade().unwrap().0, count.alive()), (1, 2));
                drop((one, two));
                assert!(watching.upgrade().is_none() && (weakly.data)((&raw const watching).cast()).is_null());
                assert_eq!(count.alive(), 1);
            }
            let nobody: $weak::Weak<Counted> = share(ptr::null());
            assert!(nobody.upgrade().is_none());
        })*};
    }
    each! { Rc rc Arc sync }
}

#[test]
fn what_owns_a_value_asks_it_which_sort_it_is() {
    assert!(matches!(moves::<Box<u8>>().form, Form::Boxed(_)));
    assert!(matches!(moves::<Box<[u8]>>().form, Form::Sequence(_)));
    assert!(matches!(moves::<Box<str>>().form, Form::Leaf));
    assert!(matches!(moves::<Rc<Path>>().form, Form::Leaf));
    let Form::Unchanged(slice) = &moves::<Arc<[u8]>>().form else {
        panic!("it cannot be made anew")
    };
    assert_eq!((slice.what, slice.within.len(), slice.behind.len()), ("an `Arc` of a slice", 0, 1));
    assert!(matches!(moves::<*const u8>().form, Form::Fixed("a raw pointer")));
    assert!(moves::<Box<u8>>().drop.is_some() && moves::<&str>().drop.is_none());
    let (count, mut value) = (zero(), MaybeUninit::<Counted>::uninit());
    value.write(counted(1, &count));
    // SAFETY: it is there, and not used again.
    assert_eq!(unsafe { moves::<Counted>().drop.unwrap()(value.as_mut_ptr().cast()) }, Ok(()));
    assert_eq!(count.alive(), 1);
}

fn made<T: Versioned>() -> T {
    let mut new = MaybeUninit::<T>::uninit();
    // SAFETY: there is room for one.
    unsafe {
        moves::<T>().abilities.default.unwrap()(new.as_mut_ptr().cast(), 1).unwrap();
        new.assume_init()
    }
}

#[test]
fn composed_types_have_what_their_arguments_have() {
    assert_eq!(made::<(u8, [String; 2])>(), (0, [String::new(), String::new()]));
    assert_eq!(made::<Range<u8>>(), 0..0);
    assert_eq!(made::<Mutex<Box<u8>>>().into_inner().unwrap(), Box::new(0));
    let able = |of: &'static Moves| {
        let Abilities { default, key, compare, is_copy, .. } = of.abilities;
        [default.is_some(), key.is_some(), compare.is_some(), is_copy]
    };
    assert_eq!(able(moves::<(u8, Option<char>)>()), [true, true, true, true]);
    assert_eq!(able(moves::<[Counted; 2]>()), [false, true, true, false]);
    assert_eq!(able(moves::<Vec<f32>>()), [true, false, false, false]);
    assert_eq!(able(moves::<Arc<str>>()), [true, true, true, false]);

    fn hashes_as_std<T: Versioned + std::hash::Hash + Ord>(values: [T; 2]) {
        let (hasher, mut hashes) = (RandomState::new(), [0; 2]);
        let all = values.each_ref().map(|value| ptr::from_ref(value).cast());
        let Abilities { key, compare, .. } = moves::<T>().abilities;
        let (key, hash_all) = (key.unwrap(), moves::<RandomState>().abilities.hasher.unwrap());
        // SAFETY: these are two such values, and a hasher.
        unsafe {
            hash_all((&raw const hasher).cast(), key, &all, &mut hashes).unwrap();
            assert_eq!((key.eq)(all[0], all[0]), Ok(true));
            assert_eq!((key.eq)(all[0], all[1]), Ok(false));
            assert_eq!(compare.unwrap()(all[0], all[1]), Ok(values[0].cmp(&values[1])));
        }
        assert_eq!(hashes, values.each_ref().map(|value| hasher.hash_one(value)));
    }
    hashes_as_std([(1_u8, "a".to_owned()), (1, "b".to_owned())]);
    hashes_as_std([vec![1_u8, 2], vec![3]]);
    hashes_as_std([Some(Box::new([1_u16, 2])), None]);
    hashes_as_std([Arc::<[String]>::from(["a".to_owned()]), Arc::default()]);
}

#[test]
fn authors_code_may_fail() {
    thread_local! {
        static LEFT: Cell<usize> = const { Cell::new(0) };
    }
    fn one() -> Counted {
        if LEFT.replace(LEFT.get().wrapping_sub(1)) == 0 {
            panic!("no more");
        }
        zero()
    }
    LEFT.set(2);
    let layout = Layout::array::<Counted>(3).unwrap();
    // SAFETY: there is room for three, of which two are there.
    unsafe {
        let room = alloc(layout);
        assert_eq!(maker(one)(room, 3), Err((2, "no more".to_owned())));
        ptr::drop_in_place(ptr::slice_from_raw_parts_mut(room.cast::<Counted>(), 2));
        dealloc(room, layout);
    }
    let Conversion { from, types, call } = conversions::from_2::<_, _, u32, _, _>(
        |a: &u32, b: &String| b.parse::<u32>().map(|b| a + b),
        &["a", "b"],
    );
    assert_eq!((from, types.len()), (&["a", "b"][..], 2));
    let convert = |text: &str| {
        let (a, b, mut new) = (1_u32, text.to_owned(), 0_u32);
        // SAFETY: these are the old fields, in their order, and room for the new one.
        let done = unsafe {
            let old = [(&raw const a).cast(), (&raw const b).cast()];
            call(old.as_ptr(), (&raw mut new).cast())
        };
        done.map(|()| new)
    };
    assert_eq!(convert("2"), Ok(3));
    assert_eq!(convert("x"), Err("invalid digit found in string".to_owned()));
}
