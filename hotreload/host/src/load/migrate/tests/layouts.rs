//! Changes of layouts that must be refused, or that are easily done wrong.

use std::{
    collections::VecDeque,
    ptr,
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
};

use super::{
    heap,
    versions::{refused, simply, versions},
};

mod a_variant_that_is_gone {
    use super::*;

    versions! {
        types { Kind World }
        old {
            pub enum Kind { A, B(String), C { x: u8, gone: String }, Old }
            pub struct World { pub kinds: Vec<Kind> }
        }
        new {
            #[derive(Debug, PartialEq)]
            pub enum Kind { C { y: Option<String>, x: u16 }, #[hot(renamed_from = "Old")] New, A }
            pub struct World { pub kinds: Vec<Kind> }
        }
    }

    #[test]
    fn is_refused_while_a_value_has_it() {
        type Kind = old::Kind;
        let live = heap::live();
        let kinds = vec![Kind::A, Kind::B("b".to_owned()), Kind::B(String::new())];
        let world = old::World { kinds };
        drop(refused::<_, new::World>(world, &[("HOT0415", "World.kinds[]")]));
        let c = Kind::C { x: 9, gone: "gone".to_owned() };
        let world: new::World = simply(old::World { kinds: vec![Kind::A, c, Kind::Old] });
        let c = new::Kind::C { y: None, x: 9 };
        assert_eq!(world.kinds, [new::Kind::A, c, new::Kind::New]);
        drop(world);
        assert_eq!(heap::live(), live);
    }
}

mod a_buffer_of_many_megabytes {
    use super::*;

    versions! {
        types { Item Padded }
        old {
            pub struct Item { pub id: u64, pub name: String, pub bits: [u64; 61] }
            #[repr(C)]
            pub struct Padded { pub first: u8, pub name: String, pub last: u8, pub bits: [u64; 61] }
        }
        new {
            #[derive(Debug, PartialEq)]
            pub struct Item {
                pub bits: [u64; 61],
                #[hot(default = 7)]
                pub more: u64,
                pub name: String,
                pub id: u64,
            }
            #[derive(Debug, PartialEq)]
            pub struct Padded { pub first: u8, pub name: String, pub last: u8, pub bits: [u64; 61] }
        }
    }

    const COUNT: u64 = 70_001;

    #[test]
    fn is_used_again_if_its_elements_grow_or_shrink() {
        let live = heap::live();
        let mut items = Vec::with_capacity(75_000);
        let (name, bits) = (|id: u64| id.to_string(), |id: u64| [id; 61]);
        items.extend((0..COUNT).map(|id| old::Item { id, name: name(id), bits: bits(id) }));
        assert!(
            size_of_val(&items[..]) > 32 << 20 && size_of::<new::Item>() > size_of::<old::Item>()
        );
        let items: Vec<new::Item> = simply(items);
        assert_eq!((items.len(), items.capacity()), (COUNT as usize, COUNT as usize));
        for (id, item) in (0..COUNT).zip(&items) {
            assert_eq!(*item, new::Item { bits: bits(id), more: 7, name: name(id), id });
        }
        drop(items);
        let padded =
            |id: u64| old::Padded { first: id as u8, name: name(id), last: 9, bits: bits(id) };
        let all: Vec<_> = (0..COUNT).map(padded).collect();
        assert!(size_of::<new::Padded>() < size_of::<old::Padded>());
        let all: Vec<new::Padded> = simply(all);
        assert_eq!(all.len(), COUNT as usize);
        for (id, one) in (0..COUNT).zip(&all) {
            let expected = new::Padded { first: id as u8, name: name(id), last: 9, bits: bits(id) };
            assert_eq!(*one, expected);
        }
        drop(all);
        assert_eq!(heap::live(), live);
    }
}

mod a_cursor_into_a_buffer_beside_it {
    use super::*;

    #[hot::versioned(invariants = 1)]
    #[derive(Clone, Copy)]
    pub struct Cursor {
        at: *const u8,
    }

    versions! {
        types { Item World Stays Behind }
        old {
            pub struct Item { pub n: u8 }
            pub struct World { pub buffer: Vec<Item>, pub cursor: Cursor }
            pub struct Stays { pub buffer: Vec<Item>, pub cursor: Cursor }
            pub struct Behind { pub buffer: Vec<Item>, pub cursors: Vec<Option<Box<(u8, Cursor)>>> }
        }
        new {
            pub struct Item { pub n: u8, pub more: u64 }
            pub struct World { pub buffer: Vec<Item>, pub cursor: Cursor }
            pub struct Stays { pub buffer: Vec<Item>, #[hot(unsafe(stays))] pub cursor: Cursor }
            pub struct Behind { pub buffer: Vec<Item>, pub cursors: Vec<Option<Box<(u8, Cursor)>>> }
        }
    }

    #[test]
    fn is_refused_unless_it_stays() {
        let buffer = || vec![old::Item { n: 1 }];
        let cursor = Cursor { at: &raw const HELLO };
        let world = old::World { buffer: buffer(), cursor };
        refused::<_, new::World>(world, &[("HOT0410", "World.cursor.at")]);
        let behind = old::Behind { buffer: buffer(), cursors: vec![Some(Box::new((1, cursor)))] };
        refused::<_, new::Behind>(behind, &[("HOT0410", "Behind.cursors[]::Some.0.1.at")]);
        let stays: new::Stays = simply(old::Stays { buffer: buffer(), cursor });
        assert_eq!((stays.cursor.at, stays.buffer[0].n), (&raw const HELLO, 1));
    }

    static HELLO: u8 = 1;
}

mod sizes_alignments_and_niches {
    use super::*;

    versions! {
        types { Nothing Wide Niche World Empty }
        old {
            pub struct Nothing {}
            pub struct Wide { pub a: u8 }
            pub struct Niche { pub a: u8 }
            pub struct World {
                pub wide: Vec<Wide>, pub boxed: Box<Wide>, pub niche: Vec<Option<Niche>>,
                pub empty: Option<Box<Nothing>>, pub ring: VecDeque<Wide>, pub slice: Box<[Wide]>,
            }
            pub struct Empty { pub list: Vec<Nothing> }
        }
        new {
            pub struct Nothing { pub now: [u32; 4] }
            #[repr(align(64))]
            pub struct Wide { pub a: u8 }
            pub struct Niche { pub a: u8, pub b: bool, pub c: Box<u8> }
            pub struct World {
                pub wide: Vec<Wide>, pub boxed: Box<Wide>, pub niche: Vec<Option<Niche>>,
                pub empty: Option<Box<Nothing>>, pub ring: VecDeque<Wide>, pub slice: Box<[Wide]>,
            }
            pub struct Empty { pub list: Vec<Nothing> }
        }
    }

    #[test]
    fn change() {
        let live = heap::live();
        let wide = |a| old::Wide { a };
        let niche = |a| Some(old::Niche { a });
        let mut ring: VecDeque<_> = (0..5).map(wide).collect();
        ring.rotate_left(2);
        let world: new::World = simply(old::World {
            wide: (0..9).map(wide).collect(),
            boxed: Box::new(wide(7)),
            niche: vec![niche(0), None, niche(2)],
            empty: Some(Box::new(old::Nothing {})),
            ring,
            slice: (0..4).map(wide).collect(),
        });
        let is_aligned = |wide: &new::Wide| ptr::from_ref(wide).addr().is_multiple_of(64);
        assert!(
            world.wide.iter().enumerate().all(|(at, it)| usize::from(it.a) == at && is_aligned(it))
        );
        assert_eq!((world.boxed.a, world.niche[2].as_ref().unwrap().a), (7, 2));
        assert!(world.niche[1].is_none() && world.empty.as_ref().unwrap().now == [0; 4]);
        assert_eq!(world.ring.iter().map(|wide| wide.a).collect::<Vec<_>>(), [2, 3, 4, 0, 1]);
        assert_eq!(world.slice.iter().map(|wide| wide.a).collect::<Vec<_>>(), [0, 1, 2, 3]);
        drop(world);
        assert_eq!(heap::live(), live);
        let empty = old::Empty { list: vec![old::Nothing {}, old::Nothing {}] };
        refused::<_, new::Empty>(empty, &[("HOT0408", "Empty.list[]")]);
    }
}

mod packed {
    use super::*;

    versions! {
        types { Bytes World }
        old {
            #[repr(C, packed)]
            pub struct Bytes { pub a: u8, pub b: u32 }
            pub struct World { pub bytes: Bytes }
        }
        new {
            #[repr(C, packed)]
            pub struct Bytes { pub a: u8, pub b: u32, pub c: u8 }
            pub struct World { pub bytes: Bytes }
        }
    }

    #[test]
    fn is_refused() {
        let world = old::World { bytes: old::Bytes { a: 1, b: 2 } };
        refused::<_, new::World>(world, &[("HOT0408", "World.bytes")]);
    }
}

mod a_list_that_is_longer_than_the_stack {
    use super::*;

    versions! {
        types { Cons }
        old { pub struct Cons { pub next: Option<Box<Cons>> } }
        new { pub struct Cons { pub next: Option<Box<Cons>>, pub n: u8 } }
    }

    #[test]
    fn moves() {
        let small = std::thread::Builder::new().stack_size(256 << 10);
        let done = small.spawn(|| {
            let live = heap::live();
            let mut list = old::Cons { next: None };
            for _ in 0..50_000 {
                list = old::Cons { next: Some(Box::new(list)) };
            }
            let mut list: new::Cons = simply(list);
            let mut length = 0;
            while let Some(next) = list.next.take() {
                list = *next;
                length += 1;
            }
            assert_eq!((length, heap::live()), (50_000, live));
        });
        done.unwrap().join().unwrap();
    }
}

mod a_default_that_differs_for_each {
    use super::*;

    fn next_serial() -> u32 {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        NEXT.fetch_add(1, Relaxed) as u32
    }

    versions! {
        types { Item World }
        old {
            pub struct Item { pub n: u64 }
            pub struct World { pub all: Vec<Item> }
        }
        new {
            pub struct Item { pub n: u64, #[hot(default = next_serial())] pub serial: u32 }
            pub struct World { pub all: Vec<Item> }
        }
    }

    #[test]
    fn is_made_for_each() {
        let all = (0..300).map(|n| old::Item { n }).collect();
        let world: new::World = simply(old::World { all });
        assert!(
            world
                .all
                .iter()
                .enumerate()
                .all(|(at, it)| it.serial == at as u32 && it.n == at as u64)
        );
    }
}
