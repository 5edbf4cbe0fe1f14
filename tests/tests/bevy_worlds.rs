//! Worlds of `bevy_ecs` move with the states that they are in: their components and resources, under the
//! numbers that their entities have.

use std::{
    path::PathBuf,
    process::Command,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use hot::{Code, Host};
use tests::{LoadLibrary as _, Workspace, refusal::codes, workspace::BUNDLE};

/// The process's host; only one test at a time loads.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    static LOCK: Mutex<()> = Mutex::new(());
    (LOCK.lock().unwrap_or_else(PoisonError::into_inner), HOST.clone())
}

/// A bundle with a world.
struct Game {
    workspace: Workspace,
    name: &'static str,
}

/// One version of it.
#[derive(Clone, Copy)]
struct Version<'a> {
    /// More fields of `Ship`, of `Score` and of the relation `Tows`, and how they are made.
    ship: &'a str,
    score: &'a str,
    tows: &'a str,
    made: [&'a str; 3],
    /// What is shown of a ship and of the score.
    shown: &'a str,
    /// The types in the world.
    list: &'a str,
    /// Whatever else there is.
    more: &'a str,
}

const LIST: &str = "Position, Ship, Engine, Tows, TowedBy, ChildOf, Children, Name, \
                    hot::ResourceOf<Score>";

const FIRST: Version<'_> = Version {
    ship: "",
    score: "",
    tows: "",
    made: ["", "", ""],
    shown: "()",
    list: LIST,
    more: "",
};

/// What a second version has more.
const SECOND: Version<'_> = Version {
    ship: "#[hot(default = 7)] pub crew: u32, pub flag: Option<String>,",
    score: "#[hot(default = 3)] pub lives: u8,",
    tows: "#[hot(default = 9)] length: u8,",
    made: ["crew: 1, flag: None,", "lives: 5,", "length: 4,"],
    shown: "(ship.crew, &ship.flag, score.lives)",
    ..FIRST
};

impl Game {
    fn new(name: &'static str) -> Game {
        let workspace = Workspace::new(name);
        let bevy =
            "bevy_ecs = { version = \"0.18\", default-features = false, features = [\"std\"] }";
        workspace.package(name, BUNDLE, "\"bevy_ecs\", \"hecs\", \"host\", \"watch\"", bevy);
        workspace.write(&format!("{name}/src/lib.rs"), "");
        // No package of this repository needs it.
        let mut fetch = Command::new("cargo");
        fetch.args(["fetch", "--quiet"]).current_dir(workspace.folder());
        assert!(fetch.status().unwrap().success());
        Game { workspace, name }
    }

    fn build(&self, version: Version<'_>) -> PathBuf {
        let Version { ship, score, tows, made: [new_ship, new_score, new_tows], .. } = version;
        let Version { shown, list, more, .. } = version;
        let source = format!(
            "hot::bundle!();
             use std::sync::atomic::{{AtomicUsize, Ordering::SeqCst}};
             use bevy_ecs::{{lifecycle::HookContext, prelude::*, world::DeferredWorld}};

             #[hot::versioned] #[derive(Component)] pub struct Position {{ pub x: u32 }}
             #[hot::versioned] #[derive(Component)] #[require(Position {{ x: 100 }})]
             pub struct Ship {{ pub name: String, {ship} }}
             #[hot::versioned] #[derive(Component)]
             #[component(storage = \"SparseSet\", on_insert = hook, on_remove = hook)]
             pub struct Engine(pub Box<u32>);
             #[hot::versioned] #[derive(Component)] #[relationship(relationship_target = TowedBy)]
             pub struct Tows {{ #[relationship] by: Entity, {tows} }}
             #[hot::versioned] #[derive(Component)] #[relationship_target(relationship = Tows)]
             pub struct TowedBy(Vec<Entity>);
             #[hot::versioned] #[derive(Resource)] pub struct Score {{ pub of: Vec<u32>, {score} }}

             fn hook(_: DeferredWorld<'_>, _: HookContext) {{ RAN.fetch_add(1, SeqCst); }}
             impl Drop for Engine {{ fn drop(&mut self) {{ DROPPED.fetch_add(1, SeqCst); }} }}
             #[hot::export] pub static RAN: AtomicUsize = AtomicUsize::new(0);
             #[hot::export] pub static DROPPED: AtomicUsize = AtomicUsize::new(0);
             #[hot::export] pub fn counted() -> (usize, usize) {{
                 (RAN.load(SeqCst), DROPPED.load(SeqCst))
             }}

             hot::tracked! {{ pub unsafe struct Game(World) of {list}; }}
             #[hot::export] pub static GAME: hot::State<Game> =
                 hot::State::new(|| Game::new(World::new()));

             #[hot::export] pub fn fill() {{
                 let mut game = GAME.write();
                 let world = game.get_mut();
                 world.insert_resource(Score {{ of: vec![1, 2], {new_score} }});
                 let all = (0..9).map(|x| {{
                     let ship = Ship {{ name: format!(\"ship {{x}}\"), {new_ship} }};
                     match x % 3 {{
                         0 => world.spawn((Position {{ x }}, ship)).id(),
                         1 => world.spawn((ship, Engine(Box::new(x)), Name::new(\"engine\"))).id(),
                         _ => world.spawn(ship).id(),
                     }}
                 }});
                 let all: Vec<_> = all.collect();
                 world.entity_mut(all[1]).insert(Tows {{ by: all[2], {new_tows} }});
                 world.entity_mut(all[4]).insert((Tows {{ by: all[2], {new_tows} }}, ChildOf(all[0])));
                 world.despawn(all[3]);
                 world.despawn(all[5]);
             }}
             #[hot::export] pub fn look() -> String {{
                 let mut game = GAME.write();
                 let world = game.get_mut();
                 let mut all = world.query::<EntityRef<'_>>();
                 let all = all.iter(world).map(|it| format!(
                     \"{{}} {{:?}} {{:?}} {{:?}} {{:?}} {{:?}} {{:?}} {{:?}}\",
                     it.id(),
                     it.get::<Position>().map(|at| at.x),
                     it.get::<Ship>().map(|ship| ship.name.clone()),
                     it.get::<Engine>().map(|engine| engine.0.clone()),
                     it.get::<Tows>().map(|tows| tows.by),
                     it.get::<TowedBy>().map(|towed| towed.0.clone()),
                     (it.get::<ChildOf>(), it.get::<Children>()),
                     it.get::<Name>(),
                 ));
                 let all: Vec<_> = all.collect();
                 let score = world.get_resource::<Score>().map(|score| score.of.clone());
                 format!(\"{{}}; {{score:?}}\", all.join(\"; \"))
             }}
             #[hot::export] pub fn fields() -> String {{
                 let mut game = GAME.write();
                 let world = game.get_mut();
                 let mut ships = world.query::<&Ship>();
                 let score = world.resource::<Score>();
                 // Not every version shows both.
                 let shown = |ship: &Ship| {{ let _ = (score, ship); format!(\"{{:?}}\", {shown}) }};
                 ships.iter(world).map(shown).collect::<Vec<_>>().join(\" \")
             }}
             #[hot::export] pub fn grow() -> usize {{
                 let mut game = GAME.write();
                 let world = game.get_mut();
                 // The first of these is a number that was used before.
                 let next = world.spawn(Ship {{ name: \"new\".to_owned(), {new_ship} }}).id();
                 let position = world.get::<Position>(next).unwrap().x;
                 assert_eq!(position, 100);
                 world.despawn(next);
                 next.index_u32() as usize
             }}
             /// Despawns who tows: its hooks and relations go on.
             #[hot::export] pub fn untow() -> usize {{
                 let mut game = GAME.write();
                 let world = game.get_mut();
                 let by: Vec<_> = world.query_filtered::<Entity, With<Tows>>().iter(world).collect();
                 by.into_iter().for_each(|by| _ = world.despawn(by));
                 world.query::<&TowedBy>().iter(world).count()
             }}
             #[hot::export] pub fn clear() {{
                 GAME.write().get_mut().clear_all();
             }}
             {more}"
        );
        self.workspace.write(&format!("{}/src/lib.rs", self.name), &source);
        self.workspace.cargo(&["build", "--lib"]).library(self.name)
    }
}

#[test]
fn components_and_resources_gain_fields_and_lose_them() {
    let (_alone, host) = alone();
    let game = Game::new("be_fields");
    let one = game.build(FIRST);
    let two = game.build(SECOND);
    let bundle = host.load_library(&one).unwrap();
    hot::lookup!(host, "be_fields::fill", fn()).unwrap()();
    let look = hot::lookup!(host, "be_fields::look", fn() -> String).unwrap();
    let fields = hot::lookup!(host, "be_fields::fields", fn() -> String).unwrap();
    let counted = hot::lookup!(host, "be_fields::counted", fn() -> (usize, usize)).unwrap();
    let grow = hot::lookup!(host, "be_fields::grow", fn() -> usize).unwrap();
    let was = look();
    assert!(was.contains("ship 8") && was.contains("Some([1, 2])"), "{was}");
    let has_run = counted();

    host.load_library(&two).unwrap();
    assert_eq!((look(), counted()), (was.clone(), has_run));
    assert_eq!(fields(), ["(7, None, 3)"; 7].join(" "));
    let report = bundle.report().unwrap();
    let migration = report.migration.as_ref().unwrap();
    assert_eq!(migration.states, ["be_fields::GAME"]);
    // Seven ships, two relations, the score.
    assert_eq!(migration.values, 10);
    let next = grow();
    assert!(next < 9, "a number that is free again");

    // What they lose is put aside, and comes back; so it does by a rollback.
    host.load_library(&one).unwrap();
    assert_eq!((look(), counted()), (was.clone(), has_run));
    assert_eq!(grow(), next);
    bundle.rollback().unwrap();
    assert_eq!((look(), counted()), (was.clone(), has_run));
    assert_eq!(fields(), ["(7, None, 3)"; 7].join(" "));

    // Hooks and relations are those of the new code.
    let untow = hot::lookup!(host, "be_fields::untow", fn() -> usize).unwrap();
    assert_eq!(untow(), 0);
    assert_eq!(counted(), (has_run.0 + 2, has_run.1 + 2));
    hot::lookup!(host, "be_fields::clear", fn()).unwrap()();
    assert_eq!(counted().1, has_run.1 + 3);
    hot::lookup!(host, "be_fields::fill", fn()).unwrap()();
    assert_eq!(fields(), ["(1, None, 5)"; 7].join(" "));
}

#[test]
fn what_would_be_lost_is_refused() {
    let (_alone, host) = alone();
    let game = Game::new("be_lost");
    let more = "#[derive(Component)] struct Plain(#[allow(unused)] u8);
                #[derive(Resource)] struct Unlisted;
                #[hot::export] pub fn put(what: u8) {
                    let mut game = GAME.write();
                    let world = game.get_mut();
                    match what {
                        0 => _ = world.spawn((Position { x: 1 }, Plain(1))),
                        1 => world.insert_resource(Unlisted),
                        2 => _ = world.add_observer(|_: On<'_, '_, Add, Position>| ()),
                        _ => world.add_schedule(Schedule::default()),
                    }
                }
                #[hot::export] pub fn renew(with_hook: bool) {
                    let mut game = GAME.write();
                    *game = Game::new(World::new());
                    if with_hook {
                        let world = game.get_mut();
                        world.register_component_hooks::<Position>().on_add(hook);
                    }
                }";
    let one = game.build(Version { more, ..FIRST });
    let two = game.build(Version { more, ..SECOND });
    let longer = format!("{LIST}, Shell, hot::ResourceOf<Wind>");
    let shell = |of: &str| {
        format!(
            "{more}
             #[hot::versioned] #[derive(Component)] pub struct Shell {{ pub of: {of} }}
             #[hot::versioned] #[derive(Resource)] pub struct Wind {{ pub of: {of} }}
             #[hot::export] pub fn shoot() {{
                 let mut game = GAME.write();
                 game.get_mut().spawn(Shell {{ of: 200 }});
                 game.get_mut().insert_resource(Wind {{ of: 1 }});
             }}
             #[hot::export] pub fn shells() -> String {{
                 let mut game = GAME.write();
                 let world = game.get_mut();
                 let wind = world.resource::<Wind>().of;
                 let mut shells = world.query::<&Shell>();
                 shells.iter(world).map(|shell| format!(\"{{:?}}\", (shell.of, wind))).collect()
             }}"
        )
    };
    let (narrow, wide) = (shell("u8"), shell("u64"));
    let circular = game.build(Version {
        more: &format!(
            "{more}
             #[hot::versioned] #[derive(Component, Default)] #[require(There)] pub struct Here;
             #[hot::versioned] #[derive(Component, Default)] #[require(Here)] pub struct There;"
        ),
        list: &format!("{LIST}, Here, There"),
        ..FIRST
    });
    let narrow = game.build(Version { list: &longer, more: &narrow, ..FIRST });
    let shorter = longer.replace("Engine, ", "");
    let without = game.build(Version { list: &shorter, more: &wide, ..SECOND });
    let wide = game.build(Version { list: &longer, more: &wide, ..SECOND });

    let bundle = host.load_library(&one).unwrap();
    let fill = hot::lookup!(host, "be_lost::fill", fn()).unwrap();
    let look = hot::lookup!(host, "be_lost::look", fn() -> String).unwrap();
    let put = hot::lookup!(host, "be_lost::put", fn(u8)).unwrap();
    let clear = hot::lookup!(host, "be_lost::clear", fn()).unwrap();
    let refused = |library: &PathBuf, why: &str| {
        let was = look();
        let refused = host.load_library(library).unwrap_err();
        assert_eq!(codes(&refused), [Code::HandleLayout], "{refused}");
        assert!(refused.to_string().contains(why), "{refused}");
        assert_eq!((look(), bundle.generation().unwrap()), (was, 1));
    };
    let renew = hot::lookup!(host, "be_lost::renew", fn(bool)).unwrap();
    for (what, why) in [
        (0, "have components that its list of types does not name"),
        (1, "has a resource that its list of types does not name"),
        (2, "has observers"),
        (3, "has a resource that its list of types does not name"),
    ] {
        renew(false);
        fill();
        put(what);
        refused(&two, why);
    }
    renew(true);
    refused(&two, "hooks or required components were registered for");
    renew(false);
    fill();
    refused(&without, "values of `Engine`");
    refused(&circular, "ecursive");

    // A longer list moves the world, which the next one can change then.
    let was = look();
    host.load_library(&narrow).unwrap();
    assert_eq!(look(), was);
    hot::lookup!(host, "be_lost::shoot", fn()).unwrap()();
    let shells = hot::lookup!(host, "be_lost::shells", fn() -> String).unwrap();
    assert_eq!(shells(), "(200, 1)");
    let was = look();
    host.load_library(&wide).unwrap();
    let shells = hot::lookup!(host, "be_lost::shells", fn() -> String).unwrap();
    assert_eq!((look(), shells()), (was, "(200, 1)".to_owned()));
    clear();
    host.load_library(&without).unwrap();
    assert_eq!(look(), "; None");
}
