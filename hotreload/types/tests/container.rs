//! `hecs::World` is taken apart and put together again: all of it is there, in its order, and nothing is
//! dropped or freed twice, or left behind.
#![cfg(feature = "hecs")]

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicIsize, AtomicUsize, Ordering::SeqCst},
    thread::LocalKey,
};

use hecs::{Entity, World};
use hot_types::{Erased, ErasedOf, Found, Values, rt::versioned::Filled};

/// Counts what this thread's blocks are.
struct Counting;

thread_local! {
    static BLOCKS: AtomicIsize = const { AtomicIsize::new(0) };
}

fn count(blocks: isize) {
    // None at the thread's end.
    let _ = LocalKey::try_with(&BLOCKS, |all| all.fetch_add(blocks, SeqCst));
}

// SAFETY: all is passed on to System.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(1);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        count(-1);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static COUNTING: Counting = Counting;

struct Position(u32);
struct Name(String);
struct Marked;
struct Counted;

static DROPPED: AtomicUsize = AtomicUsize::new(0);

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.fetch_add(1, SeqCst);
    }
}

type Kind = <World as Erased>::Kind;

fn kinds() -> [&'static Kind; 4] {
    [
        <World as ErasedOf<Position>>::KIND,
        <World as ErasedOf<Name>>::KIND,
        <World as ErasedOf<Marked>>::KIND,
        <World as ErasedOf<Counted>>::KIND,
    ]
}

const SIZES: [usize; 4] =
    [size_of::<Position>(), size_of::<Name>(), size_of::<Marked>(), size_of::<Counted>()];

/// As the host does it: the values go somewhere else, and the world is made again, of types that are in
/// another order in the new list.
fn moved(world: World) -> World {
    let (old, mut new) = (kinds(), kinds());
    new.reverse();
    let mut found: [Vec<(*const u8, usize)>; 4] = Default::default();
    world
        .list(&old, &mut Found::new(&mut |kind, at, count| found[kind].push((at, count))))
        .unwrap();
    let mut blocks: [Vec<u128>; 4] = Default::default();
    let filled = found.into_iter().enumerate().map(|(kind, runs)| {
        let (size, count) = (SIZES[kind], runs.iter().map(|(_, count)| count).sum::<usize>());
        blocks[kind] = vec![0; (size * count).div_ceil(16)];
        let at: *mut u8 = blocks[kind].as_mut_ptr().cast();
        let mut done = at;
        for (run, count) in runs {
            // SAFETY: they are there, and there is room for them.
            unsafe {
                run.copy_to_nonoverlapping(done, count * size);
                done = done.add(count * size);
            }
        }
        Filled { kind: 3 - kind, at, size, left: count }
    });
    let mut filled: Vec<_> = filled.collect();
    // SAFETY: what was listed has moved, and comes back.
    let world = unsafe {
        let frame = world.take_apart(&old);
        World::put_together(frame, &new, &mut Values::new(&mut filled))
    };
    assert!(filled.iter().all(|filled| filled.left == 0));
    world
}

/// Everything that can be seen of it.
fn seen(world: &World) -> Vec<String> {
    let all = world.iter().map(|it| {
        let position = it.get::<&Position>().map(|it| it.0);
        let name = it.get::<&Name>().map(|it| it.0.clone());
        let marked = (it.has::<Marked>(), it.has::<Counted>());
        format!("{:?} {position:?} {name:?} {marked:?}", it.entity())
    });
    let free = world.freelist().map(|free| format!("{free:?}"));
    all.chain(free).collect()
}

fn filled(count: u32) -> (World, Vec<Entity>) {
    let mut world = World::new();
    let entities = (0..count).map(|number| match number % 5 {
        0 => world.spawn((Position(number), Name(number.to_string()))),
        1 => world.spawn((Name("a name".repeat(9)), Counted, Marked)),
        2 => world.spawn(()),
        3 => world.spawn((Marked,)),
        _ => world.spawn((Counted, Position(number))),
    });
    let entities: Vec<_> = entities.collect();
    // Some go, in an order of their own; of some the place is taken again.
    for index in (0..entities.len()).rev().step_by(3) {
        world.despawn(entities[index]).unwrap();
    }
    for number in 0..count / 9 {
        world.spawn((Position(1000 + number), Marked));
    }
    (world, entities)
}

#[test]
fn all_of_it_is_there_and_nothing_is_dropped_twice() {
    for count in [0, 1, 7, 100] {
        let before = BLOCKS.with(|blocks| blocks.load(SeqCst));
        {
            let (world, entities) = filled(count);
            let counted = world.query::<&Counted>().iter().count();
            let alive = |world: &World| {
                entities.iter().map(|entity| world.contains(*entity)).collect::<Vec<_>>()
            };
            let (was, were_alive) = (seen(&world), alive(&world));
            let dropped = DROPPED.load(SeqCst);
            let mut world = moved(moved(world));
            assert_eq!((seen(&world), alive(&world)), (was, were_alive));
            assert_eq!(DROPPED.load(SeqCst), dropped);

            // The next entities are those that they would have been.
            let next: Vec<_> = world.freelist().collect();
            for expected in next.into_iter().rev() {
                assert_eq!(world.spawn((Marked,)), expected);
            }
            drop(world);
            assert_eq!(DROPPED.load(SeqCst), dropped + counted);
        }
        assert_eq!(BLOCKS.with(|blocks| blocks.load(SeqCst)), before, "of {count}");
    }
}

#[test]
fn entities_that_are_only_reserved_are_somebodys() {
    let (world, _) = filled(0);
    let reserved: Vec<_> = world.reserve_entities(3).collect();
    let mut world = moved(world);
    assert!(reserved.iter().all(|entity| world.contains(*entity)));
    world.insert_one(reserved[1], Position(1)).unwrap();
    assert_ne!(world.spawn(()), reserved[2]);
}

#[test]
fn what_it_cannot_list_is_an_error() {
    let mut world = World::new();
    world.spawn((Position(1), 7_u8));
    let listed = world.list(&kinds(), &mut Found::new(&mut |_, _, _| ()));
    assert!(listed.unwrap_err().contains("components that its list of types does not name"));
}

/// To make a large world again takes no longer for each of its entities.
#[test]
fn a_large_world_is_no_harder() {
    let mut world = World::new();
    let entities: Vec<_> = (0..200_000).map(|number| world.spawn((Position(number),))).collect();
    // Their order is another one than that of their numbers.
    for entity in entities.iter().step_by(2) {
        world.insert_one(*entity, Marked).unwrap();
    }
    let was = seen(&world);
    assert_eq!(seen(&moved(world)), was);
}
