//! Maps whose keys change, or whose hasher is an author's.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    hash::{BuildHasher, DefaultHasher, Hash},
};

use super::{
    heap,
    versions::{How, moved, refused, simply, versions},
};
use crate::load::migrate::Parked;

mod keys {
    use super::*;

    versions! {
        types { Key World Sorted Value }
        old {
            #[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub struct Key { pub a: u8, pub b: String }
            pub struct Value { pub n: u8 }
            pub struct World { pub map: HashMap<Key, Value>, pub set: HashSet<Key> }
            pub struct Sorted { pub map: BTreeMap<Key, Value>, pub same: BTreeMap<String, Value> }
        }
        new {
            #[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub struct Key { #[hot(default = 3)] pub c: u16, pub a: u8 }
            pub struct Value { pub n: u8, pub more: String }
            pub struct World { pub map: HashMap<Key, Value>, pub set: HashSet<Key> }
            pub struct Sorted { pub map: BTreeMap<Key, Value>, pub same: BTreeMap<String, Value> }
        }
    }

    fn entry(a: u8, b: &str) -> (old::Key, old::Value) {
        (old::Key { a, b: b.to_owned() }, old::Value { n: a })
    }

    #[test]
    fn may_change_unless_two_become_one() {
        let live = heap::live();
        let meet = old::World { map: [entry(1, "x"), entry(1, "y")].into(), set: HashSet::new() };
        drop(refused::<_, new::World>(meet, &[("HOT0414", "World.map")]));
        let map = (0..100).map(|a| entry(a, "x")).collect();
        let set = (0..9).map(|a| entry(a, "z").0).collect();
        let world: new::World = simply(old::World { map, set });
        for a in 0..100 {
            assert_eq!(world.map[&new::Key { a, c: 3 }].n, a);
        }
        assert!((0..9).all(|a| world.set.contains(&new::Key { a, c: 3 })));
        drop(world);
        assert_eq!(heap::live(), live);
    }

    #[test]
    fn are_sorted_again() {
        let live = heap::live();
        let meet =
            old::Sorted { map: [entry(1, "x"), entry(1, "y")].into(), same: BTreeMap::new() };
        drop(refused::<_, new::Sorted>(meet, &[("HOT0414", "Sorted.map")]));
        let map = (0..50).map(|a| entry(a, "x")).collect();
        let same = (0..50).map(|n| (n.to_string(), old::Value { n })).collect();
        let sorted: new::Sorted = simply(old::Sorted { map, same });
        assert!((0..50).all(|a| sorted.map[&new::Key { a, c: 3 }].n == a));
        assert!((0..50).all(|n| sorted.same[&n.to_string()].n == n));
        drop(sorted);
        assert_eq!(heap::live(), live);
    }
}

mod keys_there_and_back {
    use super::*;

    versions! {
        types { Key World }
        old {
            #[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub struct Key { pub a: u8, #[hot(default = 7)] pub b: u16 }
            pub struct World { pub sorted: BTreeMap<Key, u8>, pub hashed: HashMap<Key, u8> }
        }
        new {
            #[derive(PartialEq, Eq, Hash, PartialOrd, Ord)]
            pub struct Key { pub a: u8, #[hot(default = 3)] pub c: u16 }
            pub struct World { pub sorted: BTreeMap<Key, u8>, pub hashed: HashMap<Key, u8> }
        }
    }

    /// The entries are in another order: nobody knows whose what is parked of them was.
    #[test]
    fn are_made_anew() {
        let entry = |a| (old::Key { a, b: u16::from(9 - a) }, a);
        let mut world =
            old::World { sorted: (0..9).map(entry).collect(), hashed: (0..9).map(entry).collect() };
        let mut parked = Parked::default();
        for _ in 0..2 {
            let there = moved(world, &mut parked, How::default());
            let (new, _): (new::World, _) = there.map_err(|(_, why)| why).unwrap();
            assert!((0..9).all(|a| new.sorted[&new::Key { a, c: 3 }] == a));
            assert!((0..9).all(|a| new.hashed[&new::Key { a, c: 3 }] == a));
            let back = moved(new, &mut parked, How { back: true, ..How::default() });
            let (old, said): (old::World, _) = back.map_err(|(_, why)| why).unwrap();
            assert!((0..9).all(|a| old.sorted[&old::Key { a, b: 7 }] == a));
            assert!((0..9).all(|a| old.hashed[&old::Key { a, b: 7 }] == a));
            assert_eq!(said.came_back, 0);
            world = old;
        }
    }
}

mod unchanged_keys {
    use super::*;

    versions! {
        types { Value World }
        old {
            pub struct Value { pub n: u8 }
            pub struct World { pub map: HashMap<String, Value> }
        }
        new {
            pub struct Value { #[hot(default = 7)] pub more: u64, pub n: u8 }
            pub struct World { pub map: HashMap<String, Value> }
        }
    }

    #[test]
    fn stay_where_they_are_and_only_values_are_counted() {
        let live = heap::live();
        for count in [0, 1, 3, 100, 1_000] {
            let value = |n: u64| (n.to_string(), old::Value { n: n as u8 });
            let mut map: HashMap<_, _> = (0..count).map(value).collect();
            map.retain(|_, value| value.n % 3 != 0);
            let left = map.len();
            let world = moved(old::World { map }, &mut Parked::default(), How::default());
            let Ok((world, moved)) = world else { panic!("it was refused") };
            let world: new::World = world;
            assert_eq!(moved.values, 1 + left, "the world, and its values");
            assert_eq!(world.map.len(), left);
            for n in (0..count).filter(|n| n % 256 % 3 != 0) {
                let value = &world.map[&n.to_string()];
                assert_eq!((value.n, value.more), (n as u8, 7));
            }
        }
        assert_eq!(heap::live(), live);
    }
}

mod a_hasher_with_state {
    use super::*;

    #[hot::versioned]
    #[derive(Clone)]
    pub struct Seeded {
        seed: u64,
    }

    impl BuildHasher for Seeded {
        type Hasher = DefaultHasher;

        fn build_hasher(&self) -> DefaultHasher {
            let mut hasher = DefaultHasher::new();
            self.seed.hash(&mut hasher);
            hasher
        }
    }

    versions! {
        types { Value World }
        old {
            pub struct Value { pub n: u8 }
            pub struct World { pub map: HashMap<String, Value, Seeded> }
        }
        new {
            pub struct Value { pub n: u8, pub more: String }
            pub struct World { pub map: HashMap<String, Value, Seeded> }
        }
    }

    #[test]
    fn goes_with_its_map() {
        let mut map = HashMap::with_hasher(Seeded { seed: 5 });
        map.extend((0..50).map(|n| (n.to_string(), old::Value { n })));
        let world: new::World = simply(old::World { map });
        assert!((0..50).all(|n| world.map[&n.to_string()].n == n));
        assert_eq!(world.map.hasher().seed, 5);
    }
}
