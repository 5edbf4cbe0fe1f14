//! Values that are held while their types change: by threads, by handles, by states that were given
//! up; and what a refusal says to whoever reads it.

mod holding;

use std::{
    panic::{self, AssertUnwindSafe},
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::{Duration, Instant},
};

use holding::Libraries;
use hot::{Code, Error, Host, Kind};
use tests::LoadLibrary as _;
use tests::{Fixture, Snapshot, refusal::codes, wait_until};

hot::import! {
    hl_game => {
        fn run(turns: u32) -> String;
        fn version() -> u32;
        fn measured() -> Vec<u64>;
    }
    hl_view => { fn view() -> String; }
    hl_sound => { fn view() -> String; }
    hl_net => { fn view() -> String; }
    hl_var => { fn add() -> u32; }
    hl_state => { fn enter(name: &str) -> String; fn hold_aside(); }
    hl_late => { fn add(number: u8) -> String; fn hold_aside(); }
    hl_live => { fn meet() -> Vec<String>; }
    hl_keeper => {
        fn keep(heat: u32);
        fn warm();
        fn show() -> Vec<String>;
        fn look() -> Vec<String>;
        fn let_go();
    }
}

static LIBRARIES: LazyLock<Libraries> = LazyLock::new(Libraries::build);

const PATIENCE: Duration = Duration::from_millis(50);

/// The process's host; one test at a time.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static LOCK: Mutex<()> = Mutex::new(());
    static HOST: LazyLock<Host> =
        LazyLock::new(|| Host::builder().patience(PATIENCE).start().unwrap());
    let lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    ARRIVED.store(0, SeqCst);
    ALLOWED.store(0, SeqCst);
    NOTES.lock().unwrap().clear();
    (lock, HOST.clone())
}

static ARRIVED: AtomicUsize = AtomicUsize::new(0);
static ALLOWED: AtomicUsize = AtomicUsize::new(0);

/// Code of a bundle waits here, inside.
#[hot::export]
fn turn() {
    let number = ARRIVED.fetch_add(1, SeqCst) + 1;
    wait_until(|| ALLOWED.load(SeqCst) >= number);
}

/// Waits until it has come to its turn.
fn arrived(number: usize) {
    wait_until(|| ARRIVED.load(SeqCst) >= number);
}

fn go_on(number: usize) {
    ALLOWED.store(number, SeqCst);
}

static NOTES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// What bundles say on their own.
#[hot::export]
fn note(text: &str) {
    NOTES.lock().unwrap().push(text.to_owned());
}

fn notes() -> Vec<String> {
    std::mem::take(&mut *NOTES.lock().unwrap())
}

/// Tries to load; nothing may change by it.
fn refused(host: &Host, bundle: &str, version: usize) -> Error {
    let before = Snapshot::take(host);
    let counts = |host: &Host| {
        let status = host.status().unwrap();
        (status.retired, status.abandoned, status.shadow_bytes)
    };
    let counted = counts(host);
    let error = host.load_library(LIBRARIES.of(bundle, version)).expect_err("it must be refused");
    assert_eq!((Snapshot::take(host), counts(host)), (before, counted), "{error}");
    error
}

#[test]
fn a_guard_that_is_held_too_long_refuses_by_the_threads_name() {
    let (_alone, host) = alone();
    let bundle = host.load_library(LIBRARIES.of("hl_state", 1)).unwrap();
    assert_eq!(hl_state::enter("Ann"), "1 Ann");
    // A thread of the bundle's own: others are waited for until they are outside.
    hl_state::hold_aside();
    arrived(1);
    let start = Instant::now();
    let error = refused(&host, "hl_state", 3);
    assert!(start.elapsed() >= PATIENCE, "{:?}", start.elapsed());
    assert_eq!(codes(&error), [Code::GuardHeld]);
    let text = error.to_string();
    let expected = [
        "HOT0606: the value of `hl_state::LOBBY` is in use: it can neither move nor be given up\n",
        "  held:  by a guard of thread `holds-a-guard` (",
        "), asked for at hl_state/src/lib.rs:17:",
        "\n  help:  let the guard go soon, and reload again",
    ];
    assert!(text.starts_with(&expected[..2].concat()) && text.ends_with(expected[3]), "{text}");
    assert!(text.contains(expected[2]), "{text}");
    // It lets go, and stays inside its old code.
    go_on(1);
    arrived(2);
    assert_eq!(hl_state::enter("Bob"), "1 Ann held Bob");
    host.load_library(LIBRARIES.of("hl_state", 3)).unwrap();
    assert_eq!(hl_state::enter("Cid"), "2 Cid");
    let old = host.status().unwrap().threads;
    assert!(old.iter().any(|it| it.name.as_deref() == Some("holds-a-guard")), "{old:?}");
    go_on(2);
    wait_until(|| !NOTES.lock().unwrap().is_empty());
    let told = "HOT0405: the value was laid out for another version of `hl_state::Lobby` than \
                this code was compiled with";
    assert_eq!(notes(), [told]);
    wait_until(|| host.status().unwrap().threads.is_empty());
    bundle.unload().unwrap();
}

static STARTED: AtomicUsize = AtomicUsize::new(0);

/// An init runs: the first time somebody takes a guard meanwhile.
#[hot::export]
fn starting() {
    if STARTED.fetch_add(1, SeqCst) == 0 {
        hl_late::hold_aside();
        arrived(1);
    }
}

#[test]
fn a_guard_that_is_taken_while_the_new_init_runs() {
    let (_alone, host) = alone();
    let bundle = host.load_library(LIBRARIES.of("hl_late", 1)).unwrap();
    assert_eq!(hl_late::add(1), "1: 1 2");
    // The first call resolves the slot. The next one waits for the guard.
    go_on(1);
    hl_late::hold_aside();
    arrived(1);
    assert_eq!(hl_late::add(1), "1: 2 4");
    go_on(0);
    ARRIVED.store(0, SeqCst);
    let before = Snapshot::take(&host).apart_from_images();
    let status = host.status().unwrap();
    let error = host.load_library(LIBRARIES.of("hl_late", 2)).unwrap_err();
    assert_eq!(codes(&error), [Code::GuardHeld]);
    assert!(error.to_string().contains("the value of `hl_late::SECOND`"), "{error}");
    // Its init has run: it stays mapped, and nothing else is left of it.
    assert_eq!(Snapshot::take(&host).apart_from_images(), before);
    let now = host.status().unwrap();
    assert_eq!((now.retired, now.abandoned), (status.retired, status.abandoned + 1));
    go_on(1);
    // The first state was free, and is as it was. This waits for the guard.
    assert_eq!(hl_late::add(1), "1: 3 6");
    host.load_library(LIBRARIES.of("hl_late", 2)).unwrap();
    assert_eq!((hl_late::add(1).as_str(), STARTED.load(SeqCst)), ("2: 1 2", 2));
    bundle.unload().unwrap();
}

#[test]
fn going_back_over_a_change_of_a_state() {
    let (_alone, host) = alone();
    let place = || host.namespace().get("hl_state::LOBBY").unwrap().pointer().unwrap();
    let bundle = host.load_library(LIBRARIES.of("hl_state", 1)).unwrap();
    assert_eq!(hl_state::enter("Ann"), "1 Ann");
    let mut places = vec![place()];
    host.load_library(LIBRARIES.of("hl_state", 3)).unwrap();
    assert_eq!(hl_state::enter("Bob"), "2 Bob");
    places.push(place());

    // The first one does not say that it may give a value up: the value moves back.
    bundle.rollback().unwrap();
    assert_eq!(hl_state::enter("Cid"), "2 Bob Cid");
    places.push(place());

    // This one does, and keeps what fits. To it and from it over a change, each with a value of its own.
    host.load_library(LIBRARIES.of("hl_state", 4)).unwrap();
    assert_eq!((hl_state::enter("Dan"), place()), ("2 Bob Cid Dan".to_owned(), places[2]));
    host.load_library(LIBRARIES.of("hl_state", 3)).unwrap();
    assert_eq!(hl_state::enter("Eve"), "2 Eve");
    places.push(place());
    let generation = bundle.generation().unwrap();
    bundle.rollback().unwrap();
    assert_eq!(bundle.generation().unwrap(), generation + 1);
    assert_eq!(hl_state::enter("Fay"), "1 Fay");
    places.push(place());
    let mut distinct = places.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 5, "{places:?}");
    // Whichever test comes next begins with a value of its own.
    host.load_library(LIBRARIES.of("hl_state", 3)).unwrap();
    bundle.unload().unwrap();
}

#[test]
fn a_retired_image_keeps_its_own_types() {
    let (_alone, host) = alone();
    let bundle = host.load_library(LIBRARIES.of("hl_game", 1)).unwrap();
    thread::scope(|scope| {
        let looping = thread::Builder::new().name("old-loop".to_owned());
        let looping = looping.spawn_scoped(scope, || hl_game::run(2)).unwrap();
        arrived(1);
        // Nobody else knows the types: accepted while it is inside.
        host.load_library(LIBRARIES.of("hl_game", 2)).unwrap();
        assert_eq!(hl_game::version(), 2);
        assert!(hl_game::run(0).starts_with("2: Pos { x: 2.0, z: 2.0 } by 2"));
        let threads = host.status().unwrap().threads;
        let named: Vec<_> =
            threads.iter().map(|it| (it.name.as_deref(), it.commits_behind)).collect();
        assert_eq!(named, [(Some("old-loop"), 1)]);
        go_on(1);
        arrived(2);
        bundle.rollback().unwrap();
        go_on(2);
        // What has its types stays; what has none is the newest.
        let first = "1: Pos { x: 1.0 } by 1";
        let said = looping.join().unwrap();
        assert_eq!(said, [first, "1: Pos { x: 1.0 } by 2", first].join("; "));
    });
    bundle.unload().unwrap();
}

#[test]
fn handles_across_versions() {
    let (_alone, host) = alone();
    let bundle = host.load_library(LIBRARIES.of("hl_live", 1)).unwrap();
    let keeper = host.load_library(LIBRARIES.of("hl_keeper", 1)).unwrap();
    hl_keeper::keep(10);
    host.load_library(LIBRARIES.of("hl_live", 2)).unwrap();
    // Made by the first version, used by the second one, which lays it out likewise.
    hl_keeper::warm();
    hl_keeper::keep(20);
    assert_eq!(hl_keeper::show(), ["12 shown by 2", "20 shown by 2"]);
    assert_eq!(hl_keeper::look(), ["12", "20"]);

    hl_keeper::let_go();
    assert_eq!(notes(), ["12 dropped by 1", "20 dropped by 2"], "by who made them");

    // A panic in it is one of whoever lets go; the value is gone all the same.
    hl_keeper::keep(13);
    let payload = panic::catch_unwind(hot::get!(hl_keeper::let_go)).unwrap_err();
    assert_eq!(*payload.downcast::<String>().unwrap(), "too hot");
    assert_eq!((notes(), hl_keeper::show()), (vec!["13 dropped by 2".to_owned()], vec![]));

    // A value moves. The keeper was compiled against the first version: it passes handles on, and sees
    // nothing then.
    hl_keeper::keep(10);
    host.load_library(LIBRARIES.of("hl_live", 3)).unwrap();
    assert_eq!(hl_keeper::show(), ["10 shown by 3"]);
    let told = "HOT0405: the value was laid out for another version of `hl_live::Stove` than this \
                code was compiled with";
    assert_eq!(hl_keeper::look(), [told]);
    hl_keeper::let_go();
    assert_eq!(notes(), ["10 dropped by 3"]);
    bundle.rollback().unwrap();

    thread::scope(|scope| {
        let old = scope.spawn(AssertUnwindSafe(hot::get!(hl_live::meet)).0);
        arrived(1);
        host.load_library(LIBRARIES.of("hl_live", 3)).unwrap();
        go_on(1);
        let other = "HOT0405: the value was laid out for another version of `hl_live::Stove` than \
                     this code was compiled with";
        assert_eq!(old.join().unwrap(), [other, other, "40 shown by 3", other]);
    });
    assert_eq!(notes(), ["40 dropped by 3"]);

    hl_keeper::keep(30);
    hl_keeper::warm();
    assert_eq!(hl_keeper::show(), ["33 shown by 3"]);
    assert_eq!(hl_keeper::look(), [told]);
    bundle.rollback().unwrap();
    assert_eq!(
        (hl_keeper::show(), hl_keeper::look()),
        (vec!["33 shown by 2".into()], vec!["33".into()])
    );
    hl_keeper::let_go();
    assert_eq!(notes(), ["33 dropped by 2"], "by whose it is");
    keeper.unload().unwrap();
    bundle.unload().unwrap();
}

#[test]
fn a_handle_to_a_type_with_a_lifetime_is_a_handle() {
    let (_alone, host) = alone();
    let text = Fixture::with_manifest("hl_text", "");
    let version = |fields: &str, values: &str| {
        text.build(&format!(
            "#[hot::versioned] pub struct Text<'a> {{ pub text: &'a str, {fields} }}
             #[hot::export] pub fn make() -> hot::Live<Text<'static>> {{
                 hot::Live::new(Text {{ text: \"a\", {values} }})
             }}
             #[hot::export] pub fn size(text: &hot::Live<Text<'static>>) -> usize {{
                 size_of_val(&*text.get())
             }}"
        ))
    };
    let first = version("", "");
    let dependency = format!("hl_text = {{ path = {:?} }}", text.folder());
    let reader = Fixture::with_manifest("hl_reader", &dependency).build(
        "#[hot::export] pub fn size() -> usize {
             hot::get!(hl_text::size)(&hot::get!(hl_text::make)())
         }",
    );
    let second = version("pub size: usize", "size: 1");
    let bundle = host.load_library(&first).unwrap();
    let reader = host.load_library(&reader).unwrap();
    let size = hot::lookup!(host, "hl_reader::size", fn() -> usize).unwrap();
    assert_eq!(size(), 16);
    host.load_library(&second).unwrap();
    assert_eq!(size(), 24);
    reader.unload().unwrap();
    bundle.unload().unwrap();
}

#[test]
fn a_types_definition_shows_its_layout() {
    let (_alone, host) = alone();
    let bundle = host.load_library(LIBRARIES.of("hl_game", 1)).unwrap();
    let of = |name: &str| host.namespace().get(&format!("hl_game::{name}")).unwrap();
    let (world, pos, weather) = (of("World"), of("Pos"), of("Weather"));
    let check = |generation, fields: &[&str]| {
        let (of_world, of_pos) = (world.layout().unwrap(), pos.layout().unwrap());
        let shown = [of_world.size, of_world.align.into(), weather.layout().unwrap().size];
        let offsets = of_world.fields.iter().map(|field| field.offset.unwrap());
        let of_x = [of_pos.size, of_pos.align.into(), of_pos.fields[0].offset.unwrap()];
        let shown: Vec<_> = shown.into_iter().chain(offsets).chain(of_x).collect();
        assert_eq!(shown, hl_game::measured());
        let names: Vec<_> = of_pos.fields.iter().map(|field| field.name.as_str()).collect();
        assert_eq!(names, fields);
        assert_eq!(
            (world.kind(), pos.kind(), weather.kind()),
            (Kind::Struct, Kind::Struct, Kind::Enum)
        );
        let generations = [&world, &pos, &weather].map(|it| it.generation());
        assert_eq!(generations, [Some(generation); 3]);
    };
    let first = bundle.generation().unwrap();
    check(first, &["x"]);
    let layout = world.layout().unwrap();
    let lines = [
        "hl_game::World: 40 bytes, align 8",
        "  flag: u8, 1 byte at 0",
        "  entities: Vec<hl_game::Entity>, 24 bytes at 8",
        "  seed: u32, 4 bytes at 32",
    ];
    assert_eq!(layout.to_string(), lines.join("\n"));
    assert_eq!(layout.repr, "C");
    let variants = weather.layout().unwrap().variants;
    let variants: Vec<_> = variants.iter().map(|it| (it.name.as_str(), it.fields.len())).collect();
    assert_eq!(variants, [("Sun", 0), ("Rain", 1)]);
    assert_eq!((world.pointer(), world.signature().as_deref()), (None, Some("struct of 40 bytes")));

    host.load_library(LIBRARIES.of("hl_game", 2)).unwrap();
    check(first + 1, &["x", "z"]);
    bundle.rollback().unwrap();
    check(first + 2, &["x"]);
    bundle.unload().unwrap();
    for definition in [&world, &pos, &weather] {
        assert!(!definition.is_defined());
        assert_eq!((definition.layout(), definition.generation()), (None, None));
    }
}

#[test]
fn who_may_see_a_field_is_no_matter_of_layout() {
    let (_alone, host) = alone();
    let game = host.load_library(LIBRARIES.of("hl_game", 1)).unwrap();
    let view = host.load_library(LIBRARIES.of("hl_view", 1)).unwrap();
    assert_eq!(hl_view::view(), "1: Pos { x: 1.0 }");
    // To the compiler it is another type.
    host.load_library(LIBRARIES.of("hl_game", 3)).unwrap();
    assert_eq!(hl_view::view(), "3: Pos { x: 3.0 }");
    game.rollback().unwrap();
    assert_eq!(hl_view::view(), "1: Pos { x: 1.0 }");
    view.unload().unwrap();
    game.unload().unwrap();
}

/// A refusal as people read it, without where the file is.
fn read(error: &Error, bundle: &str, version: usize) -> Vec<String> {
    let file = LIBRARIES.of(bundle, version).display().to_string();
    error.to_string().replace(&file, "FILE").lines().map(str::to_owned).collect()
}

#[test]
fn what_is_said_of_a_type_that_three_bundles_use() {
    let (_alone, host) = alone();
    let game = host.load_library(LIBRARIES.of("hl_game", 1)).unwrap();
    let viewers = ["hl_view", "hl_sound", "hl_net"]
        .map(|name| host.load_library(LIBRARIES.of(name, 1)).unwrap());
    // Only who calls the exports holds their types.
    for call in [hl_view::view, hl_sound::view, hl_net::view] {
        assert_eq!(call(), "1: Pos { x: 1.0 }");
    }
    let error = refused(&host, "hl_game", 2);
    assert_eq!(hl_view::view(), "1: Pos { x: 1.0 }");
    // Another test may have loaded one of them before.
    let holders = viewers.each_ref().map(|bundle| {
        let (name, generation) = (bundle.name(), bundle.generation().unwrap());
        format!("bundle `{name}` (generation {generation}), which calls `hl_game::create`")
    });
    let held = format!("by {}", holders.join(", "));
    let help = "rebuild the bundles that hold it, and reload all of them in one \
                `host.transaction()`; or keep the old form";
    assert_eq!(
        read(&error, "hl_game", 2),
        [
            "HOT0310: the field `World.entities[].pos.z` was added",
            "  now:   f32, 4 bytes at offset 4",
            &format!("  held:  {held}"),
            "  file:  FILE",
            &format!("  help:  {help}"),
        ]
    );
    let json: serde_json::Value = serde_json::from_str(&error.to_json()).unwrap();
    let reason = serde_json::json!({
        "code": "HOT0310",
        "message": "the field `World.entities[].pos.z` was added",
        "path": "World.entities[].pos.z",
        "facts": [
            { "label": "now", "text": "f32, 4 bytes at offset 4" },
            { "label": "held", "text": held },
            { "label": "file", "text": LIBRARIES.of("hl_game", 2) },
        ],
        "help": help,
    });
    assert_eq!(json, serde_json::json!({ "reasons": [reason], "causes": [] }));
    for bundle in viewers.into_iter().chain([game]) {
        bundle.unload().unwrap();
    }
}

#[test]
fn what_is_said_of_values_that_live() {
    let (_alone, host) = alone();
    let var = host.load_library(LIBRARIES.of("hl_var", 1)).unwrap();
    assert_eq!(hl_var::add(), 6);
    assert_eq!(
        read(&refused(&host, "hl_var", 2), "hl_var", 2),
        [
            "HOT0401: `Mutex<Score>.points` has another type: `u32` became `f32`",
            "  was:   u32, 4 bytes at offset 0",
            "  now:   f32, 4 bytes at offset 0",
            "  held:  by the value of the var `hl_var::SCORE`",
            "  file:  FILE",
            "  help:  restart the host, give the new static another name, or write \
             `#[hot(reset)]` on it: then the old value is given up",
        ]
    );
    assert_eq!(hl_var::add(), 7);
    let state = host.load_library(LIBRARIES.of("hl_state", 1)).unwrap();
    // It becomes one of its new type.
    host.load_library(LIBRARIES.of("hl_state", 2)).unwrap();
    assert_eq!(state.report().unwrap().migration.as_ref().unwrap().states, ["hl_state::LOBBY"]);
    let live = host.load_library(LIBRARIES.of("hl_live", 1)).unwrap();
    let keeper = host.load_library(LIBRARIES.of("hl_keeper", 1)).unwrap();
    let said = |count: &str| {
        [
            "HOT0404: `Stove` promises something else: its `invariants` were 0 and are 2"
                .to_owned(),
            "  was:   0".to_owned(),
            "  now:   2".to_owned(),
            format!("  held:  by {count}"),
            "  file:  FILE".to_owned(),
            "  help:  drop the values before the reload; or restart the host".to_owned(),
        ]
    };
    for count in ["1 value that a `hot::Live` holds", "2 values that `hot::Live`s hold"] {
        hl_keeper::keep(1);
        assert_eq!(read(&refused(&host, "hl_live", 4), "hl_live", 4), said(count));
    }
    hl_keeper::let_go();
    host.load_library(LIBRARIES.of("hl_live", 4)).unwrap();
    for bundle in [keeper, live, state, var] {
        bundle.unload().unwrap();
    }
}
