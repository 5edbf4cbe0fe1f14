//! A world of `bevy_ecs` is taken apart and put together again: all of it is there, its entities have their
//! numbers, none of the author's code runs, and nothing is dropped or freed twice, or left behind.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{
        AtomicIsize, AtomicUsize,
        Ordering::{Relaxed, SeqCst},
    },
    thread::LocalKey,
};

use bevy_ecs::{lifecycle::HookContext, prelude::*, world::DeferredWorld};
use hot_types::{Erased, ErasedOf, Found, ResourceOf, Values, rt::versioned::Filled};

/// Counts what this thread's blocks are.
struct Counting;

thread_local! {
    static BLOCKS: AtomicIsize = const { AtomicIsize::new(0) };
    static DROPPED: AtomicUsize = const { AtomicUsize::new(0) };
    static HOOKS: AtomicUsize = const { AtomicUsize::new(0) };
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

#[derive(Component)]
struct Position(u32);

#[derive(Component)]
#[require(Position(7))]
struct Fish(String);

#[derive(Component)]
#[component(storage = "SparseSet")]
struct Marked;

/// It lies elsewhere, and is more than bits.
#[derive(Component)]
#[component(storage = "SparseSet")]
struct Counted(Vec<u8>);

impl Drop for Counted {
    fn drop(&mut self) {
        DROPPED.with(|dropped| dropped.fetch_add(1, SeqCst));
    }
}

/// Every hook counts.
#[derive(Component)]
#[component(on_add = hook, on_insert = hook, on_replace = hook, on_remove = hook, on_despawn = hook)]
struct Hooked(Box<u32>);

fn hook(_: DeferredWorld<'_>, _: HookContext) {
    HOOKS.with(|hooks| hooks.fetch_add(1, SeqCst));
}

#[derive(Resource)]
struct Score(Box<u32>);

#[derive(Resource, PartialEq, Debug)]
struct Wind(f32);

type Kind = <World as Erased>::Kind;

const COUNT: usize = 9;

fn kinds() -> [(&'static Kind, usize); COUNT] {
    const fn of<T>() -> (&'static Kind, usize)
    where
        World: ErasedOf<T>,
    {
        (<World as ErasedOf<T>>::KIND, size_of::<T>())
    }
    [
        of::<Position>(),
        of::<Fish>(),
        of::<Marked>(),
        of::<Counted>(),
        of::<Hooked>(),
        of::<ResourceOf<Score>>(),
        of::<ResourceOf<Wind>>(),
        of::<ChildOf>(),
        of::<Children>(),
    ]
}

fn list(world: &World, add: &mut dyn FnMut(usize, *const u8, usize)) -> Result<(), String> {
    world.list(&kinds().map(|(kind, _)| kind), &mut Found::new(add))
}

/// As the host does it: the values go somewhere else, and the world is made again, of types that are in
/// another order in the new list. Where they were, nothing stays that could be taken for them.
fn moved(world: World) -> World {
    let (old, mut new) = (kinds().map(|(kind, _)| kind), kinds().map(|(kind, _)| kind));
    new.reverse();
    let mut found: [Vec<(*const u8, usize)>; COUNT] = Default::default();
    list(&world, &mut |kind, at, count| found[kind].push((at, count))).unwrap();
    let mut blocks: [Vec<u128>; COUNT] = Default::default();
    let filled = found.into_iter().enumerate().map(|(kind, runs)| {
        let size = kinds()[kind].1;
        let count = runs.iter().map(|(_, count)| count).sum::<usize>();
        blocks[kind] = vec![0; (size * count).div_ceil(16)];
        let at: *mut u8 = blocks[kind].as_mut_ptr().cast();
        let mut done = at;
        for (run, count) in runs {
            // SAFETY: they are there, and there is room for them; the world is not used meanwhile.
            unsafe {
                run.copy_to_nonoverlapping(done, count * size);
                run.cast_mut().write_bytes(0xa5, count * size);
                done = done.add(count * size);
            }
        }
        Filled { kind: COUNT - 1 - kind, at, size, left: count }
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
fn seen(world: &mut World) -> Vec<String> {
    let mut all = world.query::<(EntityRef<'_>, Option<&ChildOf>, Option<&Children>)>();
    let all = all.iter(world).map(|(entity, parent, children)| {
        let position = entity.get::<Position>().map(|it| it.0);
        let fish = entity.get::<Fish>().map(|it| it.0.clone());
        let marked = (entity.contains::<Marked>(), entity.get::<Counted>().map(|it| it.0.clone()));
        let hooked = entity.get::<Hooked>().map(|it| *it.0);
        let children = children.map(|it| it.iter().collect::<Vec<_>>());
        format!(
            "{} {position:?} {fish:?} {marked:?} {hooked:?} {parent:?} {children:?}",
            entity.id()
        )
    });
    let mut all: Vec<_> = all.collect();
    let score = world.get_resource::<Score>().map(|it| *it.0);
    all.push(format!("{score:?} {:?}", world.get_resource::<Wind>()));
    all
}

fn filled(count: u32) -> (World, Vec<Entity>) {
    let mut world = World::new();
    world.insert_resource(Score(Box::new(count)));
    let entities = (0..count).map(|number| {
        let name = || Fish("a name".repeat(number as usize % 9));
        match number % 7 {
            0 => world.spawn((Position(number), name())).id(),
            1 => world.spawn((name(), Counted(vec![1; 20]), Marked)).id(),
            2 => world.spawn_empty().id(),
            3 => world.spawn(Marked).id(),
            4 => world.spawn((Counted(vec![]), Position(number))).id(),
            5 => world.spawn((Hooked(Box::new(number)), name())).id(),
            _ => {
                let parent = world.spawn((Hooked(Box::new(number)), Counted(vec![2]))).id();
                world.spawn((ChildOf(parent), Position(number)));
                world.spawn(ChildOf(parent));
                parent
            }
        }
    });
    let entities: Vec<_> = entities.collect();
    // Some go, in an order of their own; of some the place is taken again.
    for index in (0..entities.len()).rev().step_by(3) {
        world.despawn(entities[index]);
    }
    for number in 0..count / 9 {
        let entity = world.spawn((Position(1000 + number), Marked)).id();
        if number % 2 == 0 {
            world.despawn(entity);
        }
    }
    (world, entities)
}

fn is_alive(world: &World, entities: &[Entity]) -> Vec<bool> {
    entities.iter().map(|entity| world.entities().contains_spawned(*entity)).collect()
}

fn hooks() -> usize {
    HOOKS.with(|hooks| hooks.load(SeqCst))
}

fn dropped() -> usize {
    DROPPED.with(|dropped| dropped.load(SeqCst))
}

#[test]
fn all_of_it_is_there_and_nothing_is_dropped_twice() {
    // What bevy makes once.
    drop(moved(filled(50).0));
    for count in [0, 1, 8, 200] {
        let before = BLOCKS.with(|blocks| blocks.load(SeqCst));
        {
            let (mut world, entities) = filled(count);
            let (was, were_alive) = (seen(&mut world), is_alive(&world, &entities));
            let (has_dropped, has_run) = (dropped(), hooks());
            let mut world = moved(moved(world));
            assert_eq!(seen(&mut world), was);
            assert_eq!(is_alive(&world, &entities), were_alive);
            assert_eq!((dropped(), hooks()), (has_dropped, has_run), "none of the author's code");

            // The next entities are those that they would have been.
            let (mut other, _) = filled(count);
            for _ in 0..count {
                assert_eq!(world.spawn(Marked).id(), other.spawn(Marked).id());
            }
            drop(other);
            let counted = world.query::<&Counted>().iter(&world).count();
            let has_dropped = dropped();
            drop(world);
            assert_eq!(dropped(), has_dropped + counted);
        }
        assert_eq!(BLOCKS.with(|blocks| blocks.load(SeqCst)), before, "of {count}");
    }
}

#[test]
fn hooks_relations_and_required_components_go_on() {
    let (world, _) = filled(20);
    let mut world = moved(world);
    let has_run = hooks();
    let parent = world.query_filtered::<Entity, With<Children>>().iter(&world).next().unwrap();
    let children: Vec<_> = world.get::<Children>(parent).unwrap().iter().collect();
    // Despawning the parent runs three of its hooks, and takes the children along.
    world.despawn(parent);
    assert_eq!(hooks(), has_run + 3);
    assert_eq!(is_alive(&world, &children), [false, false]);
    // In an archetype that was moved, and one that is new.
    let hooked = world.query_filtered::<Entity, (With<Hooked>, With<Fish>)>().iter(&world).next();
    world.despawn(hooked.unwrap());
    assert_eq!(hooks(), has_run + 6);
    let fish = world.spawn((Hooked(Box::new(1)), Fish("new".to_owned()))).id();
    assert_eq!(hooks(), has_run + 8);
    assert_eq!(world.get::<Position>(fish).unwrap().0, 7);
    world.entity_mut(fish).insert(Marked).remove::<Hooked>();
    assert_eq!(hooks(), has_run + 10);
}

#[test]
fn a_schedule_runs_on_the_new_world() {
    let (mut world, _) = filled(10);
    let schedule = || {
        let mut schedule = Schedule::default();
        schedule.add_systems(
            |mut all: Query<'_, '_, &mut Position>, mut score: ResMut<'_, Score>| {
                for mut position in &mut all {
                    position.0 += 1;
                    *score.0 += 1;
                }
            },
        );
        schedule
    };
    schedule().run(&mut world);
    let was = *world.resource::<Score>().0;
    let mut world = moved(world);
    schedule().run(&mut world);
    let positions = world.query::<&Position>().iter(&world).count();
    assert_eq!(*world.resource::<Score>().0 as usize, was as usize + positions);
}

#[test]
fn what_a_type_says_no_more_is_not_made_up() {
    let (mut world, _) = filled(0);
    let fish = world.spawn(Fish("alone".to_owned())).remove::<Position>().id();
    let world = moved(world);
    assert!(world.get::<Fish>(fish).is_some() && world.get::<Position>(fish).is_none());
}

#[test]
fn entities_that_are_only_allocated_are_somebodys() {
    let (world, _) = filled(30);
    let allocated: Vec<_> = world.entities_allocator().alloc_many(20).collect();
    let mut world = moved(world);
    for _ in 0..40 {
        let entity = world.spawn_empty().id();
        assert!(!allocated.contains(&entity), "{entity}");
    }
    for entity in allocated {
        world.spawn_at(entity, Position(1)).unwrap();
    }
    // Their numbers come again, with the next generation.
    for round in 0..20 {
        let entity = world.spawn_empty().id();
        world.despawn(entity);
        world = moved(world);
        assert!(!world.entities().contains_spawned(entity), "{round}");
        assert_eq!(world.spawn_empty().id().index(), entity.index());
    }
}

#[test]
fn changes_count_from_the_move_on() {
    let (mut world, _) = filled(30);
    world.clear_trackers();
    assert_eq!(world.query_filtered::<(), Changed<Position>>().iter(&world).count(), 0);
    let mut world = moved(world);
    let positions = world.query::<&Position>().iter(&world).count();
    assert_eq!(world.query_filtered::<(), Added<Position>>().iter(&world).count(), positions);
    world.clear_trackers();
    assert_eq!(world.query_filtered::<(), Changed<Position>>().iter(&world).count(), 0);
    world.query::<&mut Position>().iter_mut(&mut world).next().unwrap().0 = 1;
    assert_eq!(world.query_filtered::<(), Changed<Position>>().iter(&world).count(), 1);
}

#[test]
fn commands_that_wait_are_dropped_with_the_world() {
    static RAN: AtomicUsize = AtomicUsize::new(0);
    let (mut world, _) = filled(10);
    let was = seen(&mut world);
    world.commands().queue(|world: &mut World| {
        RAN.fetch_add(1, Relaxed);
        world.clear_all();
    });
    assert_eq!(seen(&mut moved(world)), was);
    assert_eq!(RAN.load(Relaxed), 0);
}

/// What is done to a world, and what is said of it then.
type Lossy<'a> = (&'a dyn Fn(&mut World), &'a str);

#[test]
fn what_it_cannot_move_is_an_error() {
    #[derive(Component)]
    struct Unlisted;
    #[derive(Resource)]
    struct Unnamed;
    let refused = |change: &dyn Fn(&mut World)| {
        let (mut world, _) = filled(10);
        change(&mut world);
        let was = seen(&mut world);
        let refused = list(&world, &mut |_, _, _| ()).unwrap_err();
        assert_eq!(seen(&mut world), was);
        refused
    };
    let changes: [Lossy<'_>; 6] = [
        (
            &|world| _ = world.spawn((Position(1), Unlisted)),
            "1 of its entities have components that its list of types does not name",
        ),
        (
            &|world| world.insert_resource(Unnamed),
            "a resource that its list of types does not name",
        ),
        (&|world| world.add_schedule(Schedule::default()), "a resource that its list"),
        (&|world| world.insert_non_send_resource(1_u8), "a resource that is not `Send`"),
        (&|world| _ = world.add_observer(|_: On<'_, '_, Add, Position>| ()), "it has observers"),
        (&|world| world.register_disabling_component::<Marked>(), "default filters of their own"),
    ];
    for (change, why) in changes {
        let refused = refused(change);
        assert!(refused.contains(why), "{refused}");
    }

    let mut world = World::new();
    world.register_component_hooks::<Position>().on_add(hook);
    let refused = list(&world, &mut |_, _, _| ()).unwrap_err();
    assert!(refused.contains("hooks or required components") && refused.contains("Position"));
    let mut world = World::new();
    world.register_required_components_with::<Counted, Position>(|| Position(1));
    let refused = list(&world, &mut |_, _, _| ()).unwrap_err();
    assert!(refused.contains("hooks or required components") && refused.contains("Counted"));
}

/// To make a large world again takes no longer for each of its entities.
#[test]
fn a_large_world_is_no_harder() {
    let mut world = World::new();
    let entities: Vec<_> = (0..50_000).map(|number| world.spawn(Position(number)).id()).collect();
    // Their order is another one than that of their numbers.
    for entity in entities.iter().step_by(2) {
        world.entity_mut(*entity).insert((Fish(String::new()), Marked));
    }
    let was = seen(&mut world);
    assert_eq!(seen(&mut moved(world)), was);
}
