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
use tests::{Fixture, Snapshot, refusal::codes, wait_until};

hot::import! {
    hl_game => {
        fn run(turns: u32) -> String;
        fn version() -> u32;
        fn measured() -> Vec<u64>;
    }
    hl_view => { fn view() -> String; }
    hl_var => { fn add() -> u32; }
    hl_state => { fn enter(name: &str) -> String; fn hold() -> String; }
    hl_late => { fn add(number: u8) -> String; fn hold(); }
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
        LazyLock::new(|| Host::builder().guard_patience(PATIENCE).start().unwrap());
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
    let error = host.load(LIBRARIES.of(bundle, version)).expect_err("it must be refused");
    assert_eq!((Snapshot::take(host), counts(host)), (before, counted), "{error}");
    error
}

#[test]
fn a_guard_that_is_held_too_long_refuses_by_the_threads_name() {
    let (_alone, host) = alone();
    let bundle = host.load(LIBRARIES.of("hl_state", 1)).unwrap();
    assert_eq!(hl_state::enter("Ann"), "1 Ann");
    thread::scope(|scope| {
        let holder = thread::Builder::new().name("holds-a-guard".to_owned());
        let holder = holder.spawn_scoped(scope, hot::get!(hl_state::hold)).unwrap();
        arrived(1);
        let start = Instant::now();
        let error = refused(&host, "hl_state", 3);
        assert!(start.elapsed() >= PATIENCE, "{:?}", start.elapsed());
        assert_eq!(codes(&error), [Code::GuardHeld]);
        let text = error.to_string();
        let expected = [
            "HOT0606: the value of `hl_state::LOBBY` cannot be given up: it is in use\n",
            "  held:  by a guard of thread `holds-a-guard` (",
            ")\n  help:  let the guard go soon, and reload again",
        ];
        assert!(text.starts_with(&expected[..2].concat()) && text.ends_with(expected[2]), "{text}");
        // It lets go, and stays inside its old code.
        go_on(1);
        arrived(2);
        assert_eq!(hl_state::enter("Bob"), "1 Ann held Bob");
        host.load(LIBRARIES.of("hl_state", 3)).unwrap();
        assert_eq!(hl_state::enter("Cid"), "2 Cid");
        let old = host.status().unwrap().threads;
        assert!(old.iter().any(|it| it.name.as_deref() == Some("holds-a-guard")), "{old:?}");
        go_on(2);
        let asked = holder.join().unwrap();
        let told = "HOT0405: the value was laid out for another version of `hl_state::Lobby` than \
                    this code was compiled with";
        assert_eq!(asked, told);
    });
    assert_eq!(host.status().unwrap().threads, []);
    bundle.unload().unwrap();
}

static STARTED: AtomicUsize = AtomicUsize::new(0);
static HOLDING: Mutex<Vec<thread::JoinHandle<()>>> = Mutex::new(Vec::new());

/// An init runs: the first time somebody takes a guard meanwhile.
#[hot::export]
fn starting() {
    if STARTED.fetch_add(1, SeqCst) == 0 {
        HOLDING.lock().unwrap().push(thread::spawn(hot::get!(hl_late::hold)));
        arrived(1);
    }
}

#[test]
fn a_guard_that_is_taken_while_the_new_init_runs() {
    let (_alone, host) = alone();
    let bundle = host.load(LIBRARIES.of("hl_late", 1)).unwrap();
    assert_eq!(hl_late::add(1), "1: 1 2");
    let before = Snapshot::take(&host).apart_from_images();
    let status = host.status().unwrap();
    let error = host.load(LIBRARIES.of("hl_late", 2)).unwrap_err();
    assert_eq!(codes(&error), [Code::GuardHeld]);
    assert!(error.to_string().contains("the value of `hl_late::SECOND`"), "{error}");
    // Its init has run: it stays mapped, and nothing else is left of it.
    assert_eq!(Snapshot::take(&host).apart_from_images(), before);
    let now = host.status().unwrap();
    assert_eq!((now.retired, now.abandoned), (status.retired, status.abandoned + 1));
    go_on(1);
    HOLDING.lock().unwrap().drain(..).for_each(|thread| thread.join().unwrap());
    // The first state was free, and is as it was.
    assert_eq!(hl_late::add(1), "1: 2 4");
    host.load(LIBRARIES.of("hl_late", 2)).unwrap();
    assert_eq!((hl_late::add(1).as_str(), STARTED.load(SeqCst)), ("2: 1 2", 2));
    bundle.unload().unwrap();
}

#[test]
fn going_back_over_a_change_of_a_state() {
    let (_alone, host) = alone();
    let place = || host.namespace().get("hl_state::LOBBY").unwrap().pointer().unwrap();
    let bundle = host.load(LIBRARIES.of("hl_state", 1)).unwrap();
    assert_eq!(hl_state::enter("Ann"), "1 Ann");
    let mut places = vec![place()];
    host.load(LIBRARIES.of("hl_state", 3)).unwrap();
    assert_eq!(hl_state::enter("Bob"), "2 Bob");
    places.push(place());

    // The first one does not say that it may give a value up.
    let before = Snapshot::take(&host);
    let error = bundle.rollback().unwrap_err();
    assert_eq!(codes(&error), [Code::StateLayout]);
    assert!(error.to_string().contains("the field `Lobby.visits` was removed"), "{error}");
    assert_eq!(Snapshot::take(&host), before);
    assert_eq!(hl_state::enter("Cid"), "2 Bob Cid");

    // This one does: to it and back from it, each with a value of its own.
    host.load(LIBRARIES.of("hl_state", 4)).unwrap();
    assert_eq!(hl_state::enter("Dan"), "1 Dan");
    places.push(place());
    let generation = bundle.generation().unwrap();
    bundle.rollback().unwrap();
    assert_eq!(bundle.generation().unwrap(), generation + 1);
    assert_eq!(hl_state::enter("Eve"), "2 Eve");
    places.push(place());
    let mut distinct = places.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), 4, "{places:?}");
    bundle.unload().unwrap();
}

#[test]
fn a_retired_image_keeps_its_own_types() {
    let (_alone, host) = alone();
    let bundle = host.load(LIBRARIES.of("hl_game", 1)).unwrap();
    thread::scope(|scope| {
        let looping = thread::Builder::new().name("old-loop".to_owned());
        let looping = looping.spawn_scoped(scope, || hl_game::run(2)).unwrap();
        arrived(1);
        // Nobody else knows the types: accepted while it is inside.
        host.load(LIBRARIES.of("hl_game", 2)).unwrap();
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
    let bundle = host.load(LIBRARIES.of("hl_live", 1)).unwrap();
    let keeper = host.load(LIBRARIES.of("hl_keeper", 1)).unwrap();
    hl_keeper::keep(10);
    host.load(LIBRARIES.of("hl_live", 2)).unwrap();
    // Made by the first version, used by the second one, which lays it out likewise.
    hl_keeper::warm();
    hl_keeper::keep(20);
    assert_eq!(hl_keeper::show(), ["12 shown by 2", "20 shown by 2"]);
    assert_eq!(hl_keeper::look(), ["12", "20"]);

    let error = refused(&host, "hl_live", 3);
    assert_eq!(codes(&error), [Code::HandleLayout]);
    assert_eq!(hl_keeper::show(), ["12 shown by 2", "20 shown by 2"]);
    hl_keeper::let_go();
    assert_eq!(notes(), ["12 dropped by 1", "20 dropped by 2"], "by who made them");

    // A panic in it is one of whoever lets go; the value is gone all the same.
    hl_keeper::keep(13);
    let payload = panic::catch_unwind(hot::get!(hl_keeper::let_go)).unwrap_err();
    assert_eq!(*payload.downcast::<String>().unwrap(), "too hot");
    assert_eq!((notes(), hl_keeper::show()), (vec!["13 dropped by 2".to_owned()], vec![]));

    thread::scope(|scope| {
        let old = scope.spawn(AssertUnwindSafe(hot::get!(hl_live::meet)).0);
        arrived(1);
        host.load(LIBRARIES.of("hl_live", 3)).unwrap();
        go_on(1);
        let other = "HOT0405: the value was laid out for another version of `hl_live::Stove` than \
                     this code was compiled with";
        assert_eq!(old.join().unwrap(), [other, other, "40 shown by 3", other]);
    });
    assert_eq!(notes(), ["40 dropped by 3"]);

    // The keeper was compiled against the first version: it passes handles on, and sees nothing.
    hl_keeper::keep(30);
    hl_keeper::warm();
    assert_eq!(hl_keeper::show(), ["33 shown by 3"]);
    let told = "HOT0405: the value was laid out for another version of `hl_live::Stove` than this \
                code was compiled with (hl_live::Stove)";
    assert_eq!(hl_keeper::look(), [told]);
    let error = bundle.rollback().unwrap_err();
    assert_eq!(codes(&error), [Code::HandleLayout], "the way back is the same");
    hl_keeper::let_go();
    bundle.rollback().unwrap();
    assert_eq!(notes(), ["33 dropped by 3"]);
    keeper.unload().unwrap();
    bundle.unload().unwrap();
}

#[test]
fn a_handle_to_a_type_with_a_lifetime_is_a_handle() {
    let (_alone, host) = alone();
    let text = Fixture::new("hl_text");
    let version = |fields: &str, values: &str| {
        text.build(&format!(
            "#[hot::versioned] pub struct Text<'a> {{ pub text: &'a str, {fields} }}
             #[hot::export] pub fn make() -> hot::Live<Text<'static>> {{
                 hot::Live::new(Text {{ text: \"a\", {values} }})
             }}
             #[hot::export] pub fn size(text: &hot::Live<Text<'static>>) -> usize {{
                 size_of_val(text.get())
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
    let bundle = host.load(&first).unwrap();
    let reader = host.load(&reader).unwrap();
    let size = hot::lookup!(host, "hl_reader::size", fn() -> usize).unwrap();
    assert_eq!(size(), 16);
    host.load(&second).unwrap();
    assert_eq!(size(), 24);
    reader.unload().unwrap();
    bundle.unload().unwrap();
}

#[test]
fn a_types_definition_shows_its_layout() {
    let (_alone, host) = alone();
    let bundle = host.load(LIBRARIES.of("hl_game", 1)).unwrap();
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

    host.load(LIBRARIES.of("hl_game", 2)).unwrap();
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
    let game = host.load(LIBRARIES.of("hl_game", 1)).unwrap();
    let view = host.load(LIBRARIES.of("hl_view", 1)).unwrap();
    assert_eq!(hl_view::view(), "1: Pos { x: 1.0 }");
    // To the compiler it is another type.
    host.load(LIBRARIES.of("hl_game", 3)).unwrap();
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
    let game = host.load(LIBRARIES.of("hl_game", 1)).unwrap();
    let viewers =
        ["hl_view", "hl_sound", "hl_net"].map(|name| host.load(LIBRARIES.of(name, 1)).unwrap());
    let error = refused(&host, "hl_game", 2);
    assert_eq!(hl_view::view(), "1: Pos { x: 1.0 }");
    let held = "by bundle `hl_view` (generation 1), which calls `hl_game::create`, \
                bundle `hl_sound` (generation 1), which calls `hl_game::create`, \
                bundle `hl_net` (generation 1), which calls `hl_game::create`";
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
    let var = host.load(LIBRARIES.of("hl_var", 1)).unwrap();
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
    let state = host.load(LIBRARIES.of("hl_state", 1)).unwrap();
    assert_eq!(
        read(&refused(&host, "hl_state", 2), "hl_state", 2),
        [
            "HOT0403: the field `Lobby.visits` was added",
            "  now:   u32, 4 bytes at offset 24",
            "  held:  by the value of the state `hl_state::LOBBY`",
            "  file:  FILE",
            "  help:  restart the host, give the new state another name, or write \
             `#[hot(reset)]` on it: then the old value is given up",
        ]
    );
    let live = host.load(LIBRARIES.of("hl_live", 1)).unwrap();
    let keeper = host.load(LIBRARIES.of("hl_keeper", 1)).unwrap();
    let said = |count: &str| {
        [
            "HOT0404: the field `Stove.more` was added".to_owned(),
            "  now:   u64, 8 bytes at offset 0".to_owned(),
            format!("  held:  by {count}"),
            "  file:  FILE".to_owned(),
            "  help:  drop the values before the reload; or restart the host".to_owned(),
        ]
    };
    for count in ["1 value that a `hot::Live` holds", "2 values that `hot::Live`s hold"] {
        hl_keeper::keep(1);
        assert_eq!(read(&refused(&host, "hl_live", 3), "hl_live", 3), said(count));
    }
    hl_keeper::let_go();
    host.load(LIBRARIES.of("hl_live", 3)).unwrap();
    for bundle in [keeper, live, state, var] {
        bundle.unload().unwrap();
    }
}
