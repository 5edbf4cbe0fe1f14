//! First values of exported statics: what they may use, and what a refused load leaves of them.

use std::{
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    thread,
};

use hot::{Code, Host};
use tests::Fixture;
use tests::LoadLibrary as _;

fn host() -> Host {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    HOST.clone()
}

hot::import! {
    first_method => { fn count() -> u32; }
    first_plain => { fn count() -> u32; }
    first_order => { fn all() -> Vec<u32>; }
    first_import => { fn all() -> (u32, u32); }
    first_kept => { fn both() -> (u32, u32); fn raise(); }
    first_after => { fn log() -> Vec<String>; }
    first_other_lib => { fn base() -> u32; }
    first_other => { fn count() -> u32; }
}

/// What `run` finds in each version of a bundle that names it with `after`.
#[test]
fn what_runs_after_a_load_finds_what_callers_find() {
    let fixture = Fixture::new("first_after");
    let version = |init: &str, text: &str, more: &str, items: &str| {
        fixture.build_root(&format!(
            "hot::bundle!({init}after = run);
             #[hot::export] pub static LOG: hot::State<Vec<String>> = hot::State::new(Vec::new);
             #[hot::export] pub fn text() -> String {{ {text:?}.to_owned() }}
             #[hot::export] pub fn log() -> Vec<String> {{ LOG.read().clone() }}
             fn run() {{ LOG.write().push(text()); {more} }}
             {items}"
        ))
    };
    let log = || hot::get!(first_after::log)();
    let host = host();
    let bundle = host.load_library(version("", "one", "", "")).unwrap();
    assert_eq!(log(), ["one"]);
    host.load_library(version("", "two", "panic!(\"after\")", "")).unwrap();
    assert_eq!(log(), ["one", "two"]);
    let refuse = "fn refuse() -> Result<(), &'static str> { Err(\"no\") }";
    let three = version("init = refuse, ", "three", "", refuse);
    let refused = host.load_library(three).unwrap_err();
    assert_eq!(refused.code(), Code::InitFailed);
    bundle.rollback().unwrap();
    assert_eq!(log(), ["one", "two", "one"]);
}

#[test]
fn a_first_value_uses_the_bundles_own_exports() {
    let method = Fixture::new("first_method").build(
        "#[hot::versioned] pub struct Game { count: u32 }
         #[hot::export] impl Game { pub fn new() -> Game { Game { count: 3 } } }
         #[hot::export] pub static GAME: hot::State<Game> = hot::State::new(|| Game::new());
         #[hot::export] pub fn count() -> u32 { GAME.read().count }",
    );
    host().load_library(method).unwrap();
    assert_eq!(hot::get!(first_method::count)(), 3);
    let plain = Fixture::new("first_plain").build(
        "#[hot::export] pub fn first() -> u32 { 3 }
         #[hot::export] pub fn second() -> u32 { 4 }
         #[hot::export] pub static GAME: hot::State<u32> =
             hot::State::new(|| first() + hot::get!(second)());
         #[hot::export] pub fn count() -> u32 { *GAME.read() }",
    );
    host().load_library(plain).unwrap();
    assert_eq!(hot::get!(first_plain::count)(), 7);
}

#[test]
fn statics_are_made_in_the_order_in_which_they_need_each_other() {
    let order = Fixture::new("first_order").build(
        "use std::sync::LazyLock;
         #[hot::export] pub static A: hot::State<Vec<u32>> =
             hot::State::new(|| { let mut all = B.read().clone(); all.push(**C); all });
         #[hot::export] pub static B: hot::State<Vec<u32>> = hot::State::new(|| vec![**C, **D]);
         #[hot::export] pub static C: LazyLock<u32> = LazyLock::new(|| **D + 1);
         #[hot::export] pub static D: LazyLock<u32> = LazyLock::new(|| 1);
         #[hot::export] pub fn all() -> Vec<u32> { A.read().clone() }",
    );
    host().load_library(order).unwrap();
    assert_eq!(hot::get!(first_order::all)(), [2, 1, 2]);
}

/// As a module may name what is elsewhere in its crate.
#[test]
fn imports_of_the_bundles_own_lead_there_too() {
    let import = Fixture::new("first_import").build(
        "hot::import! { first_import => { static LATER: hot::State<u32>; fn seed() -> u32; } }
         #[hot::export] pub static EARLY: hot::State<(u32, u32)> = hot::State::new(|| {
             (*first_import::LATER.read(), hot::get!(first_import::seed)())
         });
         #[hot::export] pub static LATER: hot::State<u32> = hot::State::new(|| 5);
         #[hot::export] pub fn seed() -> u32 { 6 }
         #[hot::export] pub fn all() -> (u32, u32) { *EARLY.read() }",
    );
    host().load_library(import).unwrap();
    assert_eq!(hot::get!(first_import::all)(), (5, 6));
}

#[test]
fn a_static_that_needs_itself_is_refused() {
    let fixture = Fixture::new("first_cycle");
    let around = fixture.build(
        "#[hot::export] pub static A: hot::State<u32> = hot::State::new(|| *B.read());
         #[hot::export] pub static B: hot::State<u32> = hot::State::new(|| *C.read());
         #[hot::export] pub static C: hot::State<u32> = hot::State::new(|| *B.read());",
    );
    let error = host().load_library(around).unwrap_err();
    assert_eq!(error.reasons().len(), 1, "one cause: {error}");
    assert_eq!(error.code(), Code::VarInitialiser);
    let text = error.to_string();
    assert!(text.contains("the first value of `first_cycle::B` needs itself"), "{text}");
    assert!(text.contains("first_cycle::B -> first_cycle::C -> first_cycle::B"), "{text}");

    let fails = fixture.build(
        "#[hot::export] pub static A: hot::State<u32> = hot::State::new(|| *B.read());
         #[hot::export] pub static B: hot::State<u32> = hot::State::new(|| panic!(\"no value\"));
         #[hot::export] pub static C: hot::State<u32> = hot::State::new(|| *B.read());",
    );
    let error = host().load_library(fails).unwrap_err();
    assert_eq!(error.reasons().len(), 1, "one cause: {error}");
    let text = error.to_string();
    assert!(text.contains("the first value of `first_cycle::B` panicked"), "{text}");
    assert!(text.contains("no value"), "{text}");
}

/// A later generation's first values use its own code, and the values that are there.
#[test]
fn values_that_live_are_found_as_they_are() {
    let fixture = Fixture::new("first_kept");
    let version = |scale: u32, more: &str| {
        fixture.build_root(&format!(
            "hot::bundle!(init = start);
             fn start() {{ {{ {more} }} }}
             #[hot::export] pub static KEPT: hot::State<u32> = hot::State::new(|| 1);
             #[hot::export] #[hot(reset)] pub static NEW: hot::State<[u32; {scale}]> =
                 hot::State::new(|| [hot::get!(scaled)(*KEPT.read()); {scale}]);
             #[hot::export] pub fn scaled(value: u32) -> u32 {{ value * {scale} }}
             #[hot::export] pub fn both() -> (u32, u32) {{ (*KEPT.read(), NEW.read()[0]) }}
             #[hot::export] pub fn raise() {{ *KEPT.write() += 1 }}"
        ))
    };
    let (v1, refused, v2) = (version(10, ""), version(7, "panic!(\"no\")"), version(100, ""));
    host().load_library(v1).unwrap();
    assert_eq!(hot::get!(first_kept::both)(), (1, 10));
    hot::get!(first_kept::raise)();
    assert_eq!(host().load_library(refused).unwrap_err().code(), Code::InitPanicked);
    assert_eq!(hot::get!(first_kept::both)(), (2, 10), "nothing has changed");
    host().load_library(v2).unwrap();
    assert_eq!(hot::get!(first_kept::both)(), (2, 200));
}

#[test]
fn what_another_bundle_exports_is_what_is_published() {
    let lib = Fixture::new("first_other_lib").build("#[hot::export] pub fn base() -> u32 { 40 }");
    let fixture = Fixture::new("first_other");
    let user = fixture.build(
        "hot::import! { first_other_lib => { fn base() -> u32; } }
         #[hot::export] pub static COUNT: hot::State<u32> =
             hot::State::new(|| hot::get!(first_other_lib::base)() + 2);
         #[hot::export] pub fn count() -> u32 { *COUNT.read() }",
    );
    let error = host().load_library(&user).unwrap_err();
    assert!(error.to_string().contains("HOT0501: `first_other_lib::base`"), "{error}");
    host().load_library(lib).unwrap();
    host().load_library(user).unwrap();
    assert_eq!(hot::get!(first_other::count)(), 42);
}

static DROPPED: AtomicU32 = AtomicU32::new(0);

#[hot::export]
fn dropped() {
    DROPPED.fetch_add(1, Relaxed);
}

/// Nobody can reach what a refused load has made: handles in it are in nobody's way.
#[test]
fn a_refused_load_leaves_no_values() {
    let fixture = Fixture::new("first_refused");
    let source = |ty: &str, init: &str, more: &str| {
        format!(
            "hot::bundle!(init = start);
             hot::import! {{ first_values => {{ fn dropped(); }} }}
             fn start() {{ {init} }}
             #[hot::versioned] pub struct World {{ pub x: {ty} }}
             impl Drop for World {{
                 fn drop(&mut self) {{
                     hot::get!(first_values::dropped)();
                     // Gone already: one guard would wait for the other.
                     std::mem::drop(ALL.read());
                 }}
             }}
             #[hot::export] pub static ALL: hot::State<Vec<hot::Live<World>>> =
                 hot::State::new(|| vec![hot::Live::new(World {{ x: 1 as {ty} }})]);
             {more}"
        )
    };
    let bad =
        "#[hot::export] pub static BAD: hot::State<u32> = hot::State::new(|| panic!(\"no\"));";
    let refused = [
        (source("u32", "panic!(\"no\")", ""), Code::InitPanicked),
        (source("u64", "", bad), Code::VarInitialiser),
        (source("i32", "std::mem::forget(ALL.read()); panic!(\"no\")", ""), Code::InitPanicked),
    ];
    for (number, (source, code)) in refused.iter().enumerate() {
        let error = host().load_library(fixture.build_root(source)).unwrap_err();
        assert_eq!(error.code(), *code, "{error}");
        // The last one's is in use.
        assert_eq!(DROPPED.load(Relaxed) as usize, (number + 1).min(2));
    }
    // What is in use there no code to come is given.
    host().load_library(fixture.build_root(&source("f32", "", ""))).unwrap();
}

/// One bundle of a transaction is refused: the values of the other go, too.
#[test]
fn a_refused_transaction_leaves_no_values() {
    let source = |ty: &str| {
        format!(
            "#[hot::versioned] pub struct World {{ pub x: {ty} }}
             #[hot::export] pub static ALL: hot::State<Vec<hot::Live<World>>> =
                 hot::State::new(|| vec![hot::Live::new(World {{ x: 1 as {ty} }})]);"
        )
    };
    let fixture = Fixture::new("first_two");
    let (first, mended) = (fixture.build(&source("u32")), fixture.build(&source("f32")));
    let bad = Fixture::new("first_two_bad").build(
        "#[hot::export] pub static BAD: hot::State<u32> = hot::State::new(|| panic!(\"no\"));",
    );
    let error = host().transaction().load_library(first).load_library(bad).commit().unwrap_err();
    assert_eq!(error.code(), Code::VarInitialiser, "{error}");
    host().load_library(mended).unwrap();
}

static REFUSED: Mutex<()> = Mutex::new(());
static SAID: AtomicU32 = AtomicU32::new(0);

#[hot::export]
fn refused() {
    drop(REFUSED.lock().unwrap());
}

#[hot::export]
fn say(panicked: bool) {
    SAID.store(1 + u32::from(panicked), Relaxed);
}

/// A thread that a refused bundle has started may know its statics.
#[test]
fn a_state_of_a_refused_load_gives_no_guard() {
    let library = Fixture::new("first_thread").build_root(
        "hot::bundle!(init = start);
         hot::import! { first_values => { fn refused(); fn say(panicked: bool); } }
         #[hot::export] pub static NAMES: hot::State<Vec<String>> =
             hot::State::new(|| vec![\"Ann\".to_owned()]);
         fn start() {
             std::thread::spawn(|| {
                 hot::get!(first_values::refused)();
                 let read = std::panic::catch_unwind(|| NAMES.read().len());
                 hot::get!(first_values::say)(read.is_err());
             });
             panic!(\"no\")
         }",
    );
    let held = REFUSED.lock().unwrap();
    assert_eq!(host().load_library(library).unwrap_err().code(), Code::InitPanicked);
    drop(held);
    while SAID.load(Relaxed) == 0 {
        thread::yield_now();
    }
    assert_eq!(SAID.load(Relaxed), 2);
}
