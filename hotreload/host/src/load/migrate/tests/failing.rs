//! Authors' code that fails, at each of its calls, by an error and by a panic.

use std::{
    cell::Cell,
    collections::HashMap,
    hash::{Hash, Hasher},
};

use super::{
    heap,
    versions::{How, moved, versions},
};
use crate::load::migrate::Parked;

thread_local! {
    static FAIL_AT: Cell<(usize, bool)> = const { Cell::new((0, false)) };
    static TOKENS: Cell<isize> = const { Cell::new(0) };
}

/// Each piece of authors' code calls it: the n-th fails, by an error or by a panic.
fn trip() -> Result<(), String> {
    let (left, hard) = FAIL_AT.get();
    FAIL_AT.set((left.saturating_sub(1), hard));
    match (left, hard) {
        (1, false) => Err("told to fail".to_owned()),
        (1, true) => std::panic::resume_unwind(Box::new("told to fail")),
        _ => Ok(()),
    }
}

/// Panics where there is no result.
fn trip_hard() {
    if let Err(why) = trip() {
        std::panic::resume_unwind(Box::new(why));
    }
}

#[hot::versioned]
#[derive(Debug, PartialEq, Eq)]
pub struct Token {
    n: Box<u32>,
}

impl Token {
    fn new(n: u32) -> Token {
        TOKENS.set(TOKENS.get() + 1);
        Token { n: Box::new(n) }
    }
}

impl Default for Token {
    fn default() -> Token {
        trip_hard();
        Token::new(0)
    }
}

impl Drop for Token {
    fn drop(&mut self) {
        TOKENS.set(TOKENS.get() - 1);
    }
}

fn converted(old: &Token) -> Result<String, String> {
    trip()?;
    Ok(old.n.to_string())
}

fn number() -> u8 {
    trip_hard();
    7
}

versions! {
    types { Key Item Kind World }
    old {
        #[derive(PartialEq, Eq, Hash)]
        pub struct Key { pub id: u32 }
        pub struct Item { pub name: Token, pub tag: Token }
        pub enum Kind { A(Item), B { x: Token } }
        pub struct World {
            pub items: Vec<Item>, pub map: HashMap<Key, Item>, pub kinds: Vec<Kind>, pub boxed: Box<Item>,
            pub gone: Token,
        }
    }
    new {
        #[derive(PartialEq, Eq)]
        pub struct Key { pub id: u32, #[hot(default = number())] pub kind: u8 }
        pub struct Item {
            #[hot(convert = converted)]
            pub name: String,
            #[hot(default = Token::default())]
            pub spare: Token,
            pub tag: Token,
        }
        pub enum Kind { B { y: u32, x: Token, #[hot(default = Token::default())] z: Token }, A(Item) }
        pub struct World {
            pub items: Vec<Item>, pub map: HashMap<Key, Item>, pub kinds: Vec<Kind>, pub boxed: Box<Item>,
        }
    }
}

impl Hash for new::Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        trip_hard();
        (self.id, self.kind).hash(state);
    }
}

fn item(n: u32) -> old::Item {
    old::Item { name: Token::new(n), tag: Token::new(n + 100) }
}

fn world() -> old::World {
    old::World {
        items: (0..3).map(item).collect(),
        map: (0..3).map(|id| (old::Key { id }, item(id))).collect(),
        kinds: vec![old::Kind::A(item(5)), old::Kind::B { x: Token::new(6) }],
        boxed: Box::new(item(8)),
        gone: Token::new(9),
    }
}

fn is_as_it_was(world: &old::World) {
    let is = |item: &old::Item, n: u32| (*item.name.n, *item.tag.n) == (n, n + 100);
    assert!(world.items.iter().zip(0..).all(|(item, n)| is(item, n)));
    assert!((0..3).all(|id| is(&world.map[&old::Key { id }], id)));
    assert!(is(&world.boxed, 8) && *world.gone.n == 9);
    assert!(
        matches!(&world.kinds[..], [old::Kind::A(a), old::Kind::B { x }] if is(a, 5) && *x.n == 6)
    );
}

#[test]
fn leaves_everything_as_it_was() {
    let live = heap::live();
    for hard in [false, true] {
        let mut failed = 0;
        loop {
            FAIL_AT.set((failed + 1, hard));
            let (old, mut parked) = (world(), Parked::default());
            let (tokens, before) = (TOKENS.get(), heap::live());
            match moved::<_, new::World>(old, &mut parked, How::default()) {
                Err((old, reasons)) => {
                    assert_eq!(reasons[0].code.id(), "HOT0417");
                    assert!(reasons[0].message.contains("told to fail"));
                    drop(reasons);
                    assert_eq!((TOKENS.get(), heap::live()), (tokens, before), "at {failed}");
                    is_as_it_was(&old);
                    failed += 1;
                }
                Ok((new, said)) => {
                    FAIL_AT.set((0, false));
                    assert_eq!((said.parked, parked.len()), (9, 9));
                    assert!((0..3).all(|id| {
                        let item = &new.map[&new::Key { id, kind: 7 }];
                        item.name == id.to_string() && *item.spare.n == 0
                    }));
                    break;
                }
            }
        }
        // 8 conversions, 8 defaults and that of `B`, 3 keys and their hashes.
        assert_eq!(failed, 23);
    }
    assert_eq!((TOKENS.get(), heap::live()), (0, live));
}

#[test]
fn the_way_back_brings_what_was_parked() {
    let mut parked = Parked::default();
    let live = heap::live();
    let (new, _) =
        moved::<_, new::World>(world(), &mut parked, How::default()).map_err(|it| it.1).unwrap();
    let back = How { back: true, ..How::default() };
    let refused = moved::<_, old::World>(new, &mut parked, back).map_err(|it| it.1);
    match refused {
        // The map has another order after its keys were hashed: nobody knows which name is whose.
        Err(reasons) => {
            let paths: Vec<_> = reasons.iter().filter_map(|it| it.path.as_deref()).collect();
            assert_eq!(paths, ["World.map[].name"]);
        }
        Ok(_) => panic!("it was moved"),
    }
    let _ = live;
}
