//! Bundles that call each other and the host, in any load order.

use std::{
    env,
    panic::{self, AssertUnwindSafe},
    path::PathBuf,
    sync::{
        LazyLock, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    thread,
};

use hot::{Code, Host};
use tests::LoadLibrary as _;
use tests::{Fixture, Stop, Workspace, wait_until, workspace};

fn host() -> Host {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    HOST.clone()
}

fn panic_of<T>(body: impl FnOnce() -> T) -> String {
    let payload = panic::catch_unwind(AssertUnwindSafe(body)).err().expect("a panic");
    *payload.downcast::<String>().unwrap()
}

const RINGS: [&str; 3] = ["ring_a", "ring_b", "ring_c"];

hot::import! {
    ring_a => { static COUNT: AtomicU32; fn go(rounds: u32, trail: String) -> String; fn next_is_there() -> bool; }
    ring_b => { static COUNT: AtomicU32; fn go(rounds: u32, trail: String) -> String; fn next_is_there() -> bool; }
    ring_c => { static COUNT: AtomicU32; fn go(rounds: u32, trail: String) -> String; fn next_is_there() -> bool; }
}

/// Each calls the next, and counts the calls of the next.
fn ring(own: &str, next: &str) -> PathBuf {
    Fixture::new(own).build(&format!(
        "use std::sync::atomic::{{AtomicU32, Ordering::SeqCst}};
         hot::import! {{ {next} => {{
             static COUNT: AtomicU32;
             fn go(rounds: u32, trail: String) -> String;
         }} }}
         #[hot::export] pub static COUNT: AtomicU32 = AtomicU32::new(0);
         #[hot::export] pub fn go(rounds: u32, trail: String) -> String {{
             let trail = trail + {last:?};
             if rounds == 0 {{ return trail }}
             {next}::COUNT.fetch_add(1, SeqCst);
             hot::get!({next}::go)(rounds - 1, trail)
         }}
         #[hot::export] pub fn next_is_there() -> bool {{
             let var = hot::try_get!({next}::COUNT).map(|count| count.load(SeqCst));
             let function = hot::try_get!({next}::go).map(|go| go(0, String::new()));
             assert_eq!(var.is_ok(), function.is_ok());
             if let Err(error) = function {{
                 assert_eq!(error.path(), \"{next}::go\");
                 assert!(error.to_string().starts_with(\"HOT0501: `{next}::go` is not\"));
             }}
             var.is_ok()
         }}",
        last = &own[5..],
    ))
}

#[test]
fn load_order_does_not_matter() {
    const TEST: &str = "load_order_does_not_matter";
    let libraries = LazyLock::new(|| {
        let next = |number: usize| RINGS[(number + 1) % 3];
        (0..3).map(|number| ring(RINGS[number], next(number))).collect::<Vec<_>>()
    });
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for order in orders {
        let text = order.map(|number: usize| number.to_string()).concat();
        tests::in_child(
            TEST,
            &[("ORDER", &text)],
            || libraries.clone(),
            |libraries| {
                let order = env::var("ORDER").unwrap();
                let order: Vec<_> = order.bytes().map(|digit| usize::from(digit - b'0')).collect();
                in_order(&order, libraries);
            },
        );
    }
}

/// In a process of its own.
fn in_order(order: &[usize], libraries: &[PathBuf]) {
    let mut loaded = [false; 3];
    for (count, &number) in order.iter().enumerate() {
        assert!(hot::try_get!(ring_a::go).is_ok() == loaded[0]);
        host().load_library(&libraries[number]).unwrap();
        loaded[number] = true;
        let there = [
            loaded[0].then(hot::get!(ring_a::next_is_there)),
            loaded[1].then(hot::get!(ring_b::next_is_there)),
            loaded[2].then(hot::get!(ring_c::next_is_there)),
        ];
        for (number, there) in there.into_iter().enumerate() {
            let next = loaded[(number + 1) % 3];
            assert_eq!(there, loaded[number].then_some(next), "{order:?} after {count}");
        }
    }
    assert_eq!(hot::get!(ring_a::go)(6, String::new()), "abcabca");
    assert_eq!(hot::get!(ring_c::go)(4, String::new()), "cabca");
    // 2 + 2 calls of each, but for those of the host.
    let counts = [&ring_a::COUNT, &ring_b::COUNT, &ring_c::COUNT].map(|count| count.load(SeqCst));
    assert_eq!(counts, [4, 3, 3]);
}

hot::import! {
    cross_early => {
        fn call() -> u32;
        fn attempt() -> Result<u32, String>;
        fn var() -> u32;
        fn caught() -> String;
    }
}

#[test]
fn before_a_definition_exists_a_call_is_an_error_or_a_clear_panic() {
    let early = Fixture::new("cross_early").build(
        "use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
         hot::import! { cross_late => { static VALUE: AtomicU32; fn value() -> u32; } }
         #[hot::export] pub fn call() -> u32 { cross_late::value() }
         #[hot::export] pub fn var() -> u32 { cross_late::VALUE.load(SeqCst) }
         #[hot::export] pub fn attempt() -> Result<u32, String> {
             hot::try_get!(cross_late::value).map(|value| value()).map_err(|error| error.to_string())
         }
         // The panic is one of the bundle's own, which it may catch.
         #[hot::export] pub fn caught() -> String {
             *std::panic::catch_unwind(|| cross_late::value()).unwrap_err().downcast().unwrap()
         }",
    );
    let late = Fixture::new("cross_late").build(
        "use std::sync::atomic::AtomicU32;
         #[hot::export] pub static VALUE: AtomicU32 = AtomicU32::new(8);
         #[hot::export] pub fn value() -> u32 { 7 }",
    );
    const TEXT: &str =
        "HOT0501: `cross_late::value` is not defined: no bundle that exports it is loaded";
    let is_missing = || {
        assert_eq!(panic_of(|| hot::get!(cross_early::call)()), TEXT);
        assert_eq!(hot::get!(cross_early::caught)(), TEXT);
        assert_eq!(hot::get!(cross_early::attempt)(), Err(TEXT.to_owned()));
    };
    assert!(panic_of(|| hot::get!(cross_early::call)()).contains("`cross_early::call` is not"));
    host().load_library(&early).unwrap();
    is_missing();
    assert!(panic_of(|| hot::get!(cross_early::var)()).starts_with("HOT0501: `cross_late::VALUE`"));
    let late = host().load_library(&late).unwrap();
    assert_eq!((hot::get!(cross_early::call)(), hot::get!(cross_early::var)()), (7, 8));
    assert_eq!(hot::get!(cross_early::attempt)(), Ok(7));
    late.unload().unwrap();
    is_missing();
}

#[test]
fn a_bundle_never_defines_for_what_it_depends_on() {
    const LIBRARY: &str = "hot::bundle!();
        use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
        #[hot::versioned] pub struct Point { pub x: u32, pub y: u32 }
        #[hot::export] pub static COUNT: AtomicU32 = AtomicU32::new(100);
        #[hot::export(direct)] pub fn sum(point: &Point) -> u32 { COUNT.fetch_add(1, SeqCst); point.x + point.y }";
    let workspace = Workspace::new("cross_depends");
    workspace.package("cross_owner", workspace::BUNDLE, "", "");
    workspace.package(
        "cross_user",
        workspace::BUNDLE,
        "",
        "cross_owner = { path = \"../cross_owner\" }",
    );
    workspace.write("cross_owner/src/lib.rs", LIBRARY);
    workspace.write(
        "cross_user/src/lib.rs",
        "hot::bundle!();
         use std::sync::atomic::Ordering::SeqCst;
         use cross_owner::Point;
         #[hot::export] pub fn hot_sum() -> u32 { hot::get!(cross_owner::sum)(&Point { x: 2, y: 3 }) }
         // A direct call is a call of the private copy.
         #[hot::export] pub fn plain_sum() -> u32 { cross_owner::sum(&Point { x: 2, y: 3 }) }
         #[hot::export] pub fn count() -> u32 { cross_owner::COUNT.load(SeqCst) }",
    );
    let built = workspace.cargo(&["build", "--workspace"]);
    let (owner, user) = (built.library("cross_owner"), built.library("cross_user"));
    workspace.write(
        "cross_owner/src/lib.rs",
        &LIBRARY.replace("point.x + point.y", "point.x * point.y"),
    );
    let edited = workspace.cargo(&["build", "-p", "cross_owner"]).library("cross_owner");
    hot::import! {
        cross_user => { fn hot_sum() -> u32; fn plain_sum() -> u32; fn count() -> u32; }
    }

    host().load_library(&user).unwrap();
    let namespace = host();
    let namespace = namespace.namespace();
    assert!(namespace.get("cross_owner::sum").is_none_or(|sum| !sum.is_defined()));
    for missing in [hot::fn_ptr!(cross_user::hot_sum), hot::fn_ptr!(cross_user::count)] {
        assert!(panic_of(missing).starts_with("HOT0501: `cross_owner::"));
    }
    let bundle = host().load_library(&owner).unwrap();
    assert_eq!((hot::get!(cross_user::hot_sum)(), hot::get!(cross_user::count)()), (5, 101));
    host().load_library(&edited).unwrap();
    assert_eq!(namespace.lookup("cross_owner::sum").unwrap().generation(), Some(2));
    assert_eq!((hot::get!(cross_user::hot_sum)(), hot::get!(cross_user::count)()), (6, 102));
    assert_eq!(hot::get!(cross_user::plain_sum)(), 5, "the copy is as it was compiled");
    // A reload of the user brings a copy of the old one along; the owner's stays.
    let user = host().load_library(&user).unwrap();
    assert_eq!(hot::get!(cross_user::hot_sum)(), 6);
    bundle.unload().unwrap();
    assert!(panic_of(hot::get!(cross_user::hot_sum)).starts_with("HOT0501"));
    user.unload().unwrap();
}

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// The host's own, which bundles import.
#[hot::export]
pub fn note(text: &str) -> usize {
    assert_ne!(text, "boom", "the host refuses it");
    let mut seen = SEEN.lock().unwrap();
    seen.push(text.to_owned());
    seen.len()
}

/// Goes down by one level: from the host into the bundle.
#[hot::export]
pub fn down(depth: u32) -> u32 {
    hot::get!(cross_host::dive)(depth)
}

/// The host's own.
#[hot::export]
pub static TOTAL: AtomicU32 = AtomicU32::new(0);

hot::import! {
    cross_host => { fn tell(text: &str) -> usize; fn dive(depth: u32) -> u32; }
}

#[test]
fn bundles_call_what_the_host_exports() {
    let source = |extra: &str| {
        format!(
            "use std::sync::atomic::{{AtomicU32, Ordering::SeqCst}};
             hot::import! {{ test_cross_bundle => {{
                 static TOTAL: AtomicU32;
                 fn note(text: &str) -> usize;
                 fn down(depth: u32) -> u32;
             }} }}
             #[hot::export] pub fn tell(text: &str) -> usize {{ test_cross_bundle::note(text) {extra} }}
             #[hot::export] pub fn dive(depth: u32) -> u32 {{
                 test_cross_bundle::TOTAL.fetch_add(1, SeqCst);
                 if depth == 0 {{ return 0 }}
                 if depth == 77 {{ panic!(\"too deep\") }}
                 1 + test_cross_bundle::down(if depth == 80 {{ 77 }} else {{ depth - 1 }})
             }}"
        )
    };
    let fixture = Fixture::new("cross_host");
    let (v1, v2) = (fixture.build(&source("")), fixture.build(&source("+ 1000")));
    host().load_library(&v1).unwrap();
    assert_eq!(hot::get!(cross_host::tell)("one"), 1);
    host().load_library(&v2).unwrap();
    assert_eq!(hot::get!(cross_host::tell)("two"), 1002);
    assert_eq!(*SEEN.lock().unwrap(), ["one", "two"]);
    // host -> bundle -> host -> bundle -> ..
    assert_eq!(down(6), 6);
    assert_eq!(TOTAL.load(SeqCst), 7);
    assert!(panic_of(|| down(80)).contains("too deep"));
    assert!(panic_of(|| hot::get!(cross_host::tell)("boom")).contains("the host refuses it"));
    assert_eq!(down(3), 3);
}

hot::import! {
    cross_ping => { fn rally(rounds: u32) -> String; }
}

/// Called from deep within a rally.
#[hot::export]
pub fn replace_pong() {
    if let Some(library) = PONG.lock().unwrap().take() {
        host().load_library(library).unwrap();
    }
}

static PONG: Mutex<Option<PathBuf>> = Mutex::new(None);

#[test]
fn mutual_calls_go_on_while_one_is_replaced() {
    let ping = Fixture::new("cross_ping").build(
        "hot::import! { cross_pong => { fn back(rounds: u32) -> String; } }
         #[hot::export] pub fn rally(rounds: u32) -> String {
             if rounds == 0 { return String::from(\"end\") }
             format!(\"ping {}\", hot::get!(cross_pong::back)(rounds - 1))
         }",
    );
    let fixture = Fixture::new("cross_pong");
    let pong = |word: &str| {
        fixture.build(&format!(
            "hot::import! {{
                 cross_ping => {{ fn rally(rounds: u32) -> String; }}
                 test_cross_bundle => {{ fn replace_pong(); }}
             }}
             #[hot::export] pub fn back(rounds: u32) -> String {{
                 if rounds == 2 {{ test_cross_bundle::replace_pong() }}
                 if rounds == 100 {{ panic!(\"out\") }}
                 format!(\"{word} {{}}\", hot::get!(cross_ping::rally)(rounds))
             }}"
        ))
    };
    let (v1, v2) = (pong("pong"), pong("PONG"));
    host().load_library(&ping).unwrap();
    host().load_library(&v1).unwrap();
    assert_eq!(hot::get!(cross_ping::rally)(3), "ping pong ping pong ping pong end");
    *PONG.lock().unwrap() = Some(v2);
    // The call that replaces its own function ends in the version that it entered.
    let text = hot::get!(cross_ping::rally)(4);
    assert_eq!(text, "ping pong ping pong ping PONG ping PONG end");
    assert_eq!(hot::get!(cross_ping::rally)(1), "ping PONG end");
    assert_eq!(panic_of(|| hot::get!(cross_ping::rally)(101)), "out");
    host().bundle("cross_pong").unwrap().rollback().unwrap();
    assert_eq!(hot::get!(cross_ping::rally)(1), "ping pong end");
}

/// Runs `body` in a thread, over and over, until `until` says so.
fn looping<'scope, T: Send + 'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    stop: &'scope AtomicBool,
    mut body: impl FnMut() -> T + Send + 'scope,
) -> thread::ScopedJoinHandle<'scope, u64> {
    scope.spawn(move || {
        let mut rounds = 0;
        while !stop.load(SeqCst) {
            body();
            rounds += 1;
        }
        rounds
    })
}

const NOTHING: u32 = u32::MAX;

#[test]
fn one_is_reloaded_and_unloaded_while_the_other_loops() {
    hot::import! { cross_loop => { fn ask() -> u32; } }
    let asker = Fixture::new("cross_loop").build(
        "hot::import! { cross_tick => { fn tick() -> u32; } }
         #[hot::export] pub fn ask() -> u32 {
             // Between the question and the call it may be unloaded.
             let Ok(tick) = hot::try_get!(cross_tick::tick) else { return u32::MAX };
             std::panic::catch_unwind(tick).unwrap_or(u32::MAX)
         }",
    );
    let fixture = Fixture::new("cross_tick");
    let versions: Vec<_> = (1..=4)
        .map(|number| fixture.build(&format!("#[hot::export] pub fn tick() -> u32 {{ {number} }}")))
        .collect();
    host().load_library(&asker).unwrap();
    let hook = panic::take_hook();
    // The calls in between are expected to panic.
    panic::set_hook(Box::new(move |info| {
        if !info.to_string().contains("cross_tick::tick") {
            hook(info);
        }
    }));
    let (stop, last) = (AtomicBool::new(false), AtomicU32::new(NOTHING));
    thread::scope(|scope| {
        let _stop = Stop(&stop);
        // One thread checks the order, one only calls.
        looping(scope, &stop, hot::get!(cross_loop::ask));
        let mut before = NOTHING;
        let last = &last;
        let checking = looping(scope, &stop, move || {
            let now = hot::get!(cross_loop::ask)();
            let forward = now == NOTHING || before == NOTHING || now >= before;
            assert!(forward, "{now} after {before}");
            before = now;
            last.store(now, SeqCst);
        });
        for _ in 0..3 {
            for (number, library) in versions.iter().enumerate() {
                host().load_library(library).unwrap();
                wait_until(|| last.load(SeqCst) == number as u32 + 1);
            }
            host().bundle("cross_tick").unwrap().unload().unwrap();
            wait_until(|| last.load(SeqCst) == NOTHING);
        }
        stop.store(true, SeqCst);
        assert!(checking.join().unwrap() >= 15);
    });
}

#[test]
fn a_reload_that_another_bundle_could_not_call_is_refused() {
    hot::import! { cross_caller => { fn call() -> u64; fn other() -> u32; } }
    let caller = Fixture::new("cross_caller").build(
        "hot::import! { cross_callee => { fn wide() -> u64; fn other() -> u32; } }
         #[hot::export] pub fn call() -> u64 { cross_callee::wide() }
         #[hot::export] pub fn other() -> u32 { cross_callee::other() }",
    );
    let fixture = Fixture::new("cross_callee");
    let version =
        |wide: &str| fixture.build(&format!("{wide} #[hot::export] pub fn other() -> u32 {{ 3 }}"));
    let v1 = version("#[hot::export] pub fn wide() -> u64 { 1 << 40 }");
    let narrow = version("#[hot::export] pub fn wide() -> u32 { 1 }");
    let without = version("");
    let callee = host().load_library(&v1).unwrap();
    let caller_bundle = host().load_library(&caller).unwrap();
    assert_eq!(hot::get!(cross_caller::call)(), 1 << 40);
    for (library, code) in [(&narrow, Code::TypeChanged), (&without, Code::UsedRemoved)] {
        let error = host().load_library(library).unwrap_err();
        assert_eq!(error.code(), code, "{error}");
        assert!(error.to_string().contains("by bundle `cross_caller` (generation 1)"), "{error}");
        assert_eq!((hot::get!(cross_caller::call)(), callee.generation().unwrap()), (1 << 40, 1));
    }

    // That it may go is said by unloading: then a name is missing, and no call goes wrong.
    callee.unload().unwrap();
    host().load_library(&without).unwrap();
    assert!(panic_of(hot::get!(cross_caller::call)).starts_with("HOT0501: `cross_callee::wide`"));
    assert_eq!(hot::get!(cross_caller::other)(), 3);

    // With the caller gone the new signature is accepted, and then the caller is refused.
    caller_bundle.unload().unwrap();
    host().load_library(&narrow).unwrap();
    let error = host().load_library(&caller).unwrap_err();
    assert_eq!(error.code(), Code::TypeChanged, "{error}");
    assert!(error.to_string().contains("bundle `cross_caller`, which is being loaded"), "{error}");
    assert!(panic_of(hot::get!(cross_caller::other)).starts_with("HOT0501: `cross_caller::other`"));
}
