//! Fields of structs: added, removed, renamed, of another type.

use super::{
    heap,
    versions::{How, moved, refused, simply, versions},
};
use crate::load::migrate::Parked;

mod every_row {
    use super::*;

    fn spelled(score: &u32) -> Result<String, String> {
        Ok(score.to_string())
    }

    fn total(a: &u8, b: &u16) -> u32 {
        u32::from(*a) + u32::from(*b)
    }

    versions! {
        types { World Inner }
        old {
            #[derive(Clone, Debug, PartialEq)]
            pub struct Inner { pub a: u8, pub b: u16, pub name: String }
            pub struct World {
                pub title: String, pub hp: u32, pub score: u32, pub small: u8, pub signed: i16,
                pub real: f32, pub some: u16, pub boxed: [u8; 3], pub inner: Inner, pub list: Vec<Inner>,
            }
        }
        new {
            #[derive(Clone, Debug, PartialEq)]
            pub struct Inner {
                pub name: String,
                #[hot(convert = total, from("a", "b"))]
                pub total: u32,
                pub a: u8,
            }
            pub struct World {
                pub list: Vec<Inner>, pub title: String,
                #[hot(renamed_from = "hp")]
                pub health: u32,
                #[hot(convert = spelled)]
                pub score: String,
                pub small: i32, pub signed: i64, pub real: f64, pub some: Option<u16>,
                pub boxed: Box<[u8; 3]>, pub inner: Inner,
                #[hot(default = 5)]
                pub armor: u64,
                pub map: std::collections::HashMap<u8, u8>,
            }
        }
    }

    fn inner(name: &str) -> old::Inner {
        old::Inner { a: 1, b: 300, name: name.to_owned() }
    }

    #[test]
    fn moves() {
        let live = heap::live();
        let list = (0..300).map(|n| inner(&n.to_string())).collect();
        let world = old::World {
            title: "one".to_owned(),
            hp: 7,
            score: 41,
            small: 200,
            signed: -3,
            real: 1.5,
            some: 9,
            boxed: [1, 2, 3],
            inner: inner("in"),
            list,
        };
        let mut parked = Parked::default();
        let (world, said): (new::World, _) =
            moved(world, &mut parked, How::default()).map_err(|(_, why)| why).unwrap();
        assert_eq!((&*world.title, world.health, &*world.score), ("one", 7, "41"));
        assert_eq!((world.small, world.signed, world.real), (200, -3, 1.5));
        assert_eq!((world.some, *world.boxed, world.armor), (Some(9), [1, 2, 3], 5));
        assert!(world.map.is_empty() && world.list.len() == 300);
        assert_eq!((world.inner.total, &*world.inner.name, world.inner.a), (301, "in", 1));
        assert!(world.list.iter().enumerate().all(|(at, it)| it.name == at.to_string()));
        assert!(world.list.iter().all(|it| it.total == 301));
        assert_eq!((said.parked, said.came_back), (302, 0));
        drop((world, said, parked));
        assert_eq!(heap::live(), live);
    }
}

mod a_removed_field_comes_back {
    use super::*;

    versions! {
        types { World Item }
        old {
            pub struct Item { pub name: String, pub n: u32 }
            pub struct World { pub all: Vec<Item>, pub one: Box<Item>, pub title: String }
        }
        new {
            pub struct Item { pub n: u32 }
            pub struct World { pub one: Box<Item>, pub all: Vec<Item> }
        }
    }

    #[test]
    fn is_so() {
        let live = heap::live();
        let item = |n: u32| old::Item { name: n.to_string(), n };
        let world = || old::World {
            all: (0..3).map(item).collect(),
            one: Box::new(item(9)),
            title: "t".to_owned(),
        };
        let there = |parked: &mut Parked| -> new::World {
            moved(world(), parked, How::default()).map_err(|(_, why)| why).unwrap().0
        };
        for change in 0..3 {
            let mut parked = Parked::default();
            let mut world = there(&mut parked);
            assert_eq!(parked.len(), 5);
            if change == 1 {
                world.all.pop();
            }
            let how = How { written: change == 2, back: true };
            let (world, said): (old::World, _) =
                moved(world, &mut parked, how).map_err(|(_, why)| why).unwrap();
            let names: Vec<_> = world.all.iter().map(|item| &*item.name).collect();
            match change {
                0 => assert_eq!((names, said.came_back), (vec!["0", "1", "2"], 5)),
                1 => assert_eq!((names, said.came_back), (vec!["", ""], 2)),
                _ => assert_eq!((names, said.came_back), (vec!["", "", ""], 2)),
            }
            let forgotten: &[_] = if change == 0 { &[] } else { &["World.all[].name"] };
            assert_eq!(said.forgotten, forgotten);
            assert_eq!((&*world.one.name, &*world.title), ("9", "t"));
            drop((world, said, parked));
            assert_eq!(heap::live(), live);
        }
    }
}

mod a_container_says_what_new_fields_are {
    use super::*;

    versions! {
        types { World }
        old { pub struct World { pub n: u8, pub name: String } }
        new { pub struct World { pub n: u8, pub scale: f32, pub name: String, pub tag: String } }
    }

    impl Default for new::World {
        fn default() -> Self {
            let (name, tag) = ("not taken".to_owned(), "tag".to_owned());
            new::World { n: 77, scale: 1.0, name, tag }
        }
    }

    #[test]
    fn is_so() {
        let live = heap::live();
        let worlds: Vec<_> = (0..200).map(|n| old::World { n, name: n.to_string() }).collect();
        let worlds: Vec<new::World> = simply(worlds);
        for (n, world) in worlds.iter().enumerate() {
            assert_eq!((usize::from(world.n), world.scale, &*world.tag), (n, 1.0, "tag"));
            assert_eq!(world.name, n.to_string());
        }
        drop(worlds);
        assert_eq!(heap::live(), live);
    }
}

mod what_is_refused_says_where_and_how_to_go_on {
    use super::*;

    versions! {
        types { World Item Bare }
        old {
            pub struct Bare;
            pub struct Item { pub path: u32, pub cursor: std::marker::PhantomPinned, pub gone: u64, pub pair: (u8, u8) }
            pub struct World { pub items: Vec<Item>, pub array: [u8; 3], pub n: u8, pub also: u8 }
        }
        new {
            pub struct Bare;
            pub struct Item {
                pub path: String, pub cursor: std::marker::PhantomPinned, pub came: u64, pub pair: (u8, u8, u8), pub bare: Bare,
            }
            pub struct World { pub items: Vec<Item>, pub array: [u8; 4], pub n: i8, pub also: i8 }
        }
    }

    #[test]
    fn is_so() {
        let world = old::World { items: Vec::new(), array: [0; 3], n: 1, also: 2 };
        let old = refused::<old::World, new::World>(
            world,
            &[
                ("HOT0408", "World.items[].path"),
                ("HOT0410", "World.items[].cursor"),
                ("HOT0409", "World.items[].came"),
                ("HOT0408", "World.items[].pair"),
                ("HOT0407", "World.items[].bare"),
                ("HOT0408", "World.array"),
                ("HOT0408", "World.n"),
                // The same change at another place.
                ("HOT0408", "World.also"),
            ],
        );
        assert_eq!(old.n, 1);
    }
}

mod going_back {
    use super::*;
    use crate::load::migrate::{Move, Value};
    use hot_rt::rt::versioned::Versioned;

    versions! {
        types { Removed Wider }
        old {
            pub struct Removed { pub all: Vec<(String, u8)>, pub n: u8 }
            pub struct Wider { pub n: u8 }
        }
        new {
            pub struct Removed { pub n: u8 }
            pub struct Wider { pub n: u16 }
        }
    }

    fn one_way<Old: Versioned, New: Versioned>() -> Vec<String> {
        let (old, new) = (Old::moves(), New::moves());
        let (at, mut parked) = (std::ptr::null_mut(), Parked::default());
        let value =
            Value { old, new, at, parked: &mut parked, back: false, migrates: Default::default() };
        let moving = Move::plan(vec![value]).unwrap_or_else(|why| panic!("{why:?}"));
        moving.one_way()
    }

    #[test]
    fn is_known_beforehand() {
        assert!(one_way::<old::Removed, new::Removed>().is_empty());
        assert_eq!(one_way::<old::Wider, new::Wider>(), ["Wider.n"]);
    }
}

/// Both versions say of another what it was called: one old field is never two new ones.
mod a_name_before_the_last_is_there_again {
    use super::*;

    versions! {
        types { World Phase }
        old {
            #[derive(Debug, PartialEq)]
            pub enum Phase { #[hot(renamed_from = "Begun")] Open(String), Done }
            pub struct World {
                #[hot(renamed_from = "name")]
                pub title: String,
                pub phase: Phase,
            }
        }
        new {
            #[derive(Debug, PartialEq)]
            pub enum Phase { Begun(String), #[hot(renamed_from = "Open")] Ready(String), Done }
            pub struct World {
                #[hot(default = "new".to_owned())]
                pub name: String,
                #[hot(renamed_from = "title")]
                pub label: String,
                pub phase: Phase,
            }
        }
    }

    #[test]
    fn is_so() {
        let live = heap::live();
        let open = || old::Phase::Open("open".to_owned());
        let old = old::World { title: "old".to_owned(), phase: open() };
        let mut parked = Parked::default();
        let (new, _): (new::World, _) =
            moved(old, &mut parked, How::default()).map_err(|(_, why)| why).unwrap();
        assert_eq!((&*new.name, &*new.label), ("new", "old"));
        assert_eq!(new.phase, new::Phase::Ready("open".to_owned()));
        let back = How { back: true, ..How::default() };
        let (old, _): (old::World, _) =
            moved(new, &mut parked, back).map_err(|(_, why)| why).unwrap();
        assert_eq!((&*old.title, &old.phase), ("old", &open()));
        drop((old, parked));
        assert_eq!(heap::live(), live);
    }
}

/// Two old variants are never one new one.
mod a_variant_renamed_to_one_that_was_there {
    use super::*;

    versions! {
        types { Mood World }
        old {
            pub enum Mood { Calm, Quiet }
            pub struct World { pub mood: Mood }
        }
        new {
            pub enum Mood { #[hot(renamed_from = "Calm")] Quiet, Loud }
            pub struct World { pub mood: Mood }
        }
    }

    #[test]
    fn is_gone() {
        let old = old::World { mood: old::Mood::Calm };
        refused::<_, new::World>(old, &[("HOT0415", "World.mood")]);
    }
}
