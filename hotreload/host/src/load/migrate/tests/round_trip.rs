//! One program through its versions and back: what a version makes itself is the oracle for what was
//! moved to it.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque},
    fmt::Debug,
    rc::{Rc, Weak},
    sync::{Arc, Mutex, OnceLock, RwLock},
};

use super::{
    heap,
    versions::{How, moved, versions},
};
use crate::load::migrate::Parked;

fn spelled(score: &u32) -> String {
    score.to_string()
}

versions! {
    types { Enemy Kind Tree Node World }
    of { Cells = Grid<Enemy> }
    old {
        #[derive(Debug)]
        pub struct Enemy { pub id: u64, pub hp: u32, pub name: String, pub tag: Box<u8> }
        #[derive(Debug)]
        pub enum Kind { Idle, Chase { who: Box<u8>, dist: u32 }, Dead(Enemy) }
        #[derive(Debug)]
        pub struct Grid<T> { pub cells: Vec<T>, pub by_name: HashMap<String, T> }
        #[derive(Debug)]
        pub struct Tree { pub value: u32, pub kids: Vec<Tree> }
        #[derive(Debug)]
        pub struct Node { pub id: u32, pub peers: RefCell<Vec<Weak<Node>>>, pub tag: Box<u8> }
        pub struct World {
            pub title: String, pub legacy: Box<u8>, pub score: u32, pub enemies: Vec<Enemy>,
            pub kinds: Vec<Kind>, pub nested: Option<Box<[(Enemy, u8); 2]>>,
            pub by_name: HashMap<String, Enemy>, pub ordered: BTreeMap<String, Enemy>,
            pub set: HashSet<String>, pub sorted: BTreeSet<u8>, pub ring: VecDeque<Enemy>,
            pub slice: Box<[Enemy]>, pub grid: Grid<Enemy>, pub tree: Tree, pub nodes: Vec<Rc<Node>>,
            pub arc: Arc<Enemy>, pub locked: Mutex<Enemy>, pub poisoned: RwLock<Enemy>,
            pub cell: RefCell<Enemy>, pub once: OnceLock<Enemy>, pub unset: OnceLock<Enemy>,
            pub result: Result<Enemy, String>, pub large: Vec<[Enemy; 3]>,
        }
    }
    new {
        #[derive(Debug)]
        pub struct Enemy {
            pub name: String,
            pub note: String,
            #[hot(default = 5)]
            pub armor: u32,
            #[hot(renamed_from = "hp")]
            pub health: u32,
            pub tag: Box<u8>,
            pub id: u64,
        }
        #[derive(Debug)]
        pub enum Kind { Dead(Enemy), Idle, Chase { dist: u32, who: Box<u8>, why: Option<String> } }
        #[derive(Debug)]
        pub struct Grid<T> { pub by_name: HashMap<String, T>, pub cells: Vec<T> }
        #[derive(Debug)]
        pub struct Tree { pub weight: u64, pub value: u32, pub kids: Vec<Tree> }
        #[derive(Debug)]
        pub struct Node { pub peers: RefCell<Vec<Weak<Node>>>, pub tag: Box<u8>, pub id: u32, pub more: u8 }
        pub struct World {
            pub enemies: Vec<Enemy>, pub title: String,
            #[hot(convert = spelled)]
            pub score: String,
            pub kinds: Vec<Kind>, pub nested: Option<Box<[(Enemy, u8); 2]>>,
            pub by_name: HashMap<String, Enemy>, pub ordered: BTreeMap<String, Enemy>,
            pub set: HashSet<String>, pub sorted: BTreeSet<u8>, pub ring: VecDeque<Enemy>,
            pub slice: Box<[Enemy]>, pub grid: Grid<Enemy>, pub tree: Tree, pub nodes: Vec<Rc<Node>>,
            pub arc: Arc<Enemy>, pub locked: Mutex<Enemy>, pub poisoned: RwLock<Enemy>,
            pub cell: RefCell<Enemy>, pub once: OnceLock<Enemy>, pub unset: OnceLock<Enemy>,
            pub result: Result<Enemy, String>, pub large: Vec<[Enemy; 3]>,
        }
    }
}

/// Both versions are written alike but for what has changed.
macro_rules! sample {
    ($version:ident, $enemy:expr, [$($chase:tt)*], [$($world:tt)*], [$($tree:tt)*], [$($node:tt)*]) => {{
        let enemy = $enemy;
        type Kind = $version::Kind;
        let node = |id| Rc::new($version::Node {
            id, peers: RefCell::default(), tag: Box::new(id as u8), $($node)*
        });
        let nodes: Vec<_> = (0..3).map(node).collect();
        for at in 0..3 {
            nodes[at].peers.borrow_mut().push(Rc::downgrade(&nodes[(at + 1) % 3]));
        }
        let mut ring: VecDeque<_> = (0..4).map(enemy).collect();
        ring.rotate_left(1);
        let poisoned = RwLock::new(enemy(50));
        let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let _guard = poisoned.write();
            std::panic::resume_unwind(Box::new(()));
        }));
        let once = OnceLock::new();
        once.set(enemy(48)).unwrap();
        let leaf = |value| $version::Tree { value, kids: Vec::new(), $($tree)* };
        $version::World {
            title: "one".to_owned(),
            enemies: (0..5).map(enemy).collect(),
            kinds: vec![Kind::Idle, Kind::Chase { who: Box::new(9), dist: 3, $($chase)* }, Kind::Dead(enemy(8))],
            nested: Some(Box::new([(enemy(20), 1), (enemy(21), 2)])),
            by_name: (30..90).map(|id| (format!("n{id}"), enemy(id))).collect(),
            ordered: (40..60).map(|id| (format!("o{id}"), enemy(id))).collect(),
            set: (0..9).map(|id| id.to_string()).collect(),
            sorted: (0..9).collect(),
            ring,
            slice: (60..62).map(enemy).collect(),
            grid: $version::Cells {
                cells: (0..3).map(enemy).collect(),
                by_name: (3..5).map(|id| (format!("g{id}"), enemy(id))).collect(),
            },
            tree: $version::Tree { value: 1, kids: vec![leaf(2), leaf(3)], $($tree)* },
            nodes,
            arc: Arc::new(enemy(7)),
            locked: Mutex::new(enemy(49)),
            poisoned,
            cell: RefCell::new(enemy(47)),
            once,
            unset: OnceLock::new(),
            result: Ok(enemy(46)),
            large: (0..3).map(|at| [enemy(at), enemy(at + 1), enemy(at + 2)]).collect(),
            $($world)*
        }
    }};
}

fn old_world() -> old::World {
    let enemy = |id: u64| old::Enemy {
        id,
        hp: 100 + id as u32,
        name: format!("enemy {id}"),
        tag: Box::new(id as u8),
    };
    sample!(old, enemy, [], [legacy: Box::new(77), score: 41], [], [])
}

fn new_world() -> new::World {
    let enemy = |id: u64| new::Enemy {
        id,
        health: 100 + id as u32,
        name: format!("enemy {id}"),
        tag: Box::new(id as u8),
        note: String::new(),
        armor: 5,
    };
    sample!(new, enemy, [why: None], [score: "41".to_owned()], [weight: 0], [more: 0])
}

fn sorted<V: Debug>(map: &HashMap<String, V>) -> BTreeMap<&String, &V> {
    map.iter().collect()
}

macro_rules! show {
    ($world:expr) => {{
        let world = $world;
        let peers: Vec<_> =
            world.nodes.iter().map(|node| node.peers.borrow()[0].upgrade().unwrap().id).collect();
        let tags: Vec<_> = world.nodes.iter().map(|node| (node.id, *node.tag)).collect();
        let found = (30..90).filter(|id| world.by_name[&format!("n{id}")].id == *id).count();
        let there = (0..9).filter(|id| world.set.contains(&id.to_string())).count();
        let is_poisoned = world.poisoned.is_poisoned();
        format!(
            "{:?} {:?} {peers:?} {tags:?} {found} {there} {is_poisoned} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} \
             {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            world.title, world.score, world.enemies, world.kinds, world.nested, sorted(&world.by_name),
            world.ordered, world.sorted, world.ring, world.slice, world.grid.cells,
            sorted(&world.grid.by_name), world.tree, world.arc, world.locked, world.cell, world.once,
            world.unset, world.result, world.large,
        )
    }};
}

#[test]
fn a_program_there_and_back() {
    let (before, after) = (show!(&old_world()), show!(&new_world()));
    let live = heap::live();
    let mut parked = Parked::default();
    let mut world = old_world();
    for _ in 0..3 {
        let there = moved(world, &mut parked, How::default());
        let (new, said): (new::World, _) = there.map_err(|(_, why)| why).unwrap();
        assert_eq!(show!(&new), after);
        // The box and the score; on the way back a note, an armor for each enemy, and so on.
        assert_eq!((said.parked, said.forgotten.len()), (2, 0));
        let back = moved(new, &mut parked, How { back: true, ..How::default() });
        let (old, said): (old::World, _) = back.map_err(|(_, why)| why).unwrap();
        assert_eq!(show!(&old), before);
        assert_eq!((*old.legacy, said.came_back), (77, 2));
        world = old;
    }
    drop((world, parked));
    assert_eq!(heap::live(), live);
}
