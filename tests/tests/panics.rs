//! Panics at the boundary: no unwind crosses an image, and nothing else is lost.

use std::{
    os::unix::process::ExitStatusExt,
    panic::{self, AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc, LazyLock, Mutex, OnceLock, PoisonError,
        atomic::{AtomicU32, Ordering},
    },
    thread,
};

use hot::Host;
use tests::LoadLibrary as _;
use tests::{
    Fixture,
    child::{command, given_libraries, is_child, text},
    in_child,
};

hot::import! {
    panics_thrower => {
        fn literal() -> u32;
        fn formatted(number: u32) -> String;
        fn of_a_number() -> u32;
        fn drop_panics() -> u32;
        fn drop_calls() -> u32;
        fn drop_calls_and_panics() -> u32;
        fn catches_its_own(text: &str) -> String;
        fn in_a_thread() -> bool;
        fn in_a_drop() -> String;
        fn takes(list: Vec<Arc<AtomicU32>>, one: Option<Arc<AtomicU32>>, panics: bool) -> usize;
        fn ping(depth: u32) -> u32;
        fn through_all(text: &str) -> u32;
        fn into_nothing() -> u32;
        fn never(text: &str) -> !;
        unsafe fn risky(text: &str) -> u32;
        fn add(a: u32, b: u32) -> u32;
    }
    panics_later => {
        fn state(text: &'static str) -> hot::State<u32>;
        fn read(state: &hot::State<u32>) -> u32;
        fn once(once: &OnceLock<u32>, value: u32) -> u32;
    }
    panics_nowhere => {
        fn nothing() -> u32;
        fn take(value: Noisy);
    }
}

const THROWER: &str = r#"
use std::{panic, sync::{Arc, atomic::AtomicU32}, thread};

hot::import! {
    panics => {
        fn pong(depth: u32) -> u32;
        fn host_panics(text: &str) -> u32;
    }
    panics_second => { fn pass_on(text: &str) -> u32; }
    panics_nowhere => { fn nothing() -> u32; }
}

#[hot::export]
pub fn literal() -> u32 { panic!("a literal") }
#[hot::export]
pub fn formatted(number: u32) -> String { panic!("number {number}") }
#[hot::export]
pub fn of_a_number() -> u32 { panic::panic_any(42_i32) }

struct Bomb;
impl Drop for Bomb {
    fn drop(&mut self) { panic!("a payload's drop") }
}
#[hot::export]
pub fn drop_panics() -> u32 { panic::panic_any(Bomb) }

struct Caller(bool);
impl Drop for Caller {
    fn drop(&mut self) {
        assert_eq!(hot::get!(add)(1, 2), 3);
        let caught = panic::catch_unwind(|| hot::get!(panics::host_panics)("caught in a drop"));
        assert!(caught.is_err());
        if self.0 { hot::get!(literal)(); }
    }
}
#[hot::export]
pub fn drop_calls() -> u32 { panic::panic_any(Caller(false)) }
#[hot::export]
pub fn drop_calls_and_panics() -> u32 { panic::panic_any(Caller(true)) }

#[hot::export]
pub fn catches_its_own(text: &str) -> String {
    let payload = panic::catch_unwind(|| panic!("caught {text}")).unwrap_err();
    *payload.downcast::<String>().unwrap()
}
#[hot::export]
pub fn in_a_thread() -> bool {
    thread::spawn(|| panic!("within a thread of the bundle")).join().is_err()
}

static SAID: std::sync::Mutex<String> = std::sync::Mutex::new(String::new());
struct Guard;
impl Drop for Guard {
    fn drop(&mut self) {
        let caught = panic::catch_unwind(|| hot::get!(panics::host_panics)("while unwinding"));
        *SAID.lock().unwrap() = *caught.unwrap_err().downcast::<String>().unwrap();
    }
}
#[hot::export]
pub fn in_a_drop() -> String {
    let outer = panic::catch_unwind(|| {
        let _guard = Guard;
        panic!("the outer one");
    });
    let outer = outer.unwrap_err();
    format!("{} {}", outer.downcast_ref::<&str>().unwrap(), SAID.lock().unwrap())
}

#[hot::export]
pub fn takes(list: Vec<Arc<AtomicU32>>, one: Option<Arc<AtomicU32>>, panics: bool) -> usize {
    let taken = one;
    assert!(!panics, "with arguments");
    drop(taken);
    list.len()
}

#[hot::export]
pub fn ping(depth: u32) -> u32 {
    assert!(depth > 0, "the bottom");
    hot::get!(panics::pong)(depth - 1) + 1
}
#[hot::export]
pub fn through_all(text: &str) -> u32 { hot::get!(panics_second::pass_on)(text) }
#[hot::export]
pub fn into_nothing() -> u32 { hot::get!(panics_nowhere::nothing)() }
#[hot::export]
pub fn never(text: &str) -> ! { panic!("never {text}") }
/// # Safety
/// None needed.
#[hot::export]
pub unsafe fn risky(text: &str) -> u32 { panic!("risky {text}") }
#[hot::export]
pub fn add(a: u32, b: u32) -> u32 { a + b }
"#;

const SECOND: &str = r#"
hot::import! { panics => { fn host_panics(text: &str) -> u32; } }
#[hot::export]
pub fn pass_on(text: &str) -> u32 { hot::get!(panics::host_panics)(text) }
"#;

/// First values that are made when another image asks for them.
const LATER: &str = r#"
use std::sync::OnceLock;

#[hot::export]
pub fn state(text: &'static str) -> hot::State<u32> {
    assert!(text.starts_with("the"));
    hot::State::new(|| panic!("the bundle's first value"))
}
#[hot::export]
pub fn read(state: &hot::State<u32>) -> u32 { *state.read() }
#[hot::export]
pub fn once(once: &OnceLock<u32>, value: u32) -> u32 {
    *once.get_or_init(|| if value > 0 { value } else { panic!("the bundle has none") })
}
"#;

/// A bundle calls it back, which calls the bundle.
#[hot::export]
fn pong(depth: u32) -> u32 {
    hot::get!(panics_thrower::ping)(depth) + 1
}

#[hot::export]
fn host_panics(text: &str) -> u32 {
    panic!("the host {text}")
}

/// What the host's hook has seen.
static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn watch_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        SEEN.lock().unwrap_or_else(PoisonError::into_inner).push(info.to_string());
        before(info);
    }));
}

/// What the hook was told that contains `what`.
fn seen(what: &str) -> Vec<String> {
    let seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
    seen.iter().filter(|text| text.contains(what)).cloned().collect()
}

static LIBRARIES: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    vec![
        Fixture::new("panics_second").build(SECOND),
        Fixture::new("panics_thrower").build(THROWER),
        Fixture::new("panics_later").build(LATER),
    ]
});

static LOADED: LazyLock<()> = LazyLock::new(|| {
    LazyLock::force(&LIBRARIES);
    watch_panics();
    let host = Host::start().unwrap();
    for library in &*LIBRARIES {
        host.load_library(library).unwrap();
    }
});

/// The payload that the host catches, as text: it is always a String.
fn message<R>(call: impl FnOnce() -> R) -> String {
    let payload = catch_unwind(AssertUnwindSafe(call)).err().expect("the call panics");
    *payload.downcast::<String>().expect("the payload is a String")
}

const NOT_TEXT: &str = "a panic whose payload is not text";

#[test]
fn the_message_arrives_as_a_string() {
    LazyLock::force(&LOADED);
    assert_eq!(message(|| hot::get!(panics_thrower::literal)()), "a literal");
    assert_eq!(message(|| hot::get!(panics_thrower::formatted)(17)), "number 17");
    assert_eq!(message(|| hot::get!(panics_thrower::never)("returns")), "never returns");
    // SAFETY: nothing is asked for.
    assert_eq!(message(|| unsafe { hot::get!(panics_thrower::risky)("call") }), "risky call");
}

#[test]
fn a_payload_that_is_no_text_becomes_text() {
    LazyLock::force(&LOADED);
    assert_eq!(message(|| hot::get!(panics_thrower::of_a_number)()), NOT_TEXT);
}

#[test]
fn the_payload_is_dropped_in_a_second_catch() {
    LazyLock::force(&LOADED);
    for _ in 0..3 {
        assert_eq!(message(|| hot::get!(panics_thrower::drop_panics)()), NOT_TEXT);
        // The drop calls hot code.
        assert_eq!(message(|| hot::get!(panics_thrower::drop_calls)()), NOT_TEXT);
        assert_eq!(message(|| hot::get!(panics_thrower::drop_calls_and_panics)()), NOT_TEXT);
        assert_eq!(hot::get!(panics_thrower::add)(2, 3), 5);
    }
}

#[test]
fn a_first_value_is_made_and_caught_by_the_image_of_its_state() {
    LazyLock::force(&LOADED);
    let theirs = hot::get!(panics_later::state)("the host's");
    // Again and again: there is no value after a panic.
    for _ in 0..2 {
        assert_eq!(message(|| *theirs.read()), "the bundle's first value");
        assert_eq!(message(|| theirs.try_write().is_ok()), "the bundle's first value");
        assert_eq!(message(|| hot::get!(panics_later::read)(&theirs)), "the bundle's first value");
    }
    static CALLS: AtomicU32 = AtomicU32::new(0);
    let ours = hot::State::new(|| match CALLS.fetch_add(1, Ordering::Relaxed) {
        0 => panic!("the host's first value"),
        calls => calls,
    });
    assert_eq!(message(|| hot::get!(panics_later::read)(&ours)), "the host's first value");
    assert_eq!(hot::get!(panics_later::read)(&ours), 1);
    assert_eq!((*ours.read(), CALLS.load(Ordering::Relaxed)), (1, 2));
    assert_eq!(seen("the bundle's first value").len(), 6);
    assert_eq!(hot::get!(panics_thrower::add)(2, 3), 5);
}

#[test]
fn what_an_empty_cell_becomes_is_made_by_its_caller() {
    LazyLock::force(&LOADED);
    let once = OnceLock::new();
    assert_eq!(message(|| hot::get!(panics_later::once)(&once, 0)), "the bundle has none");
    let who = "the host";
    assert_eq!(message(|| once.get_or_init(|| panic!("nor has {who}"))), "nor has the host");
    assert_eq!(hot::get!(panics_later::once)(&once, 7), 7);
    assert_eq!(once.into_inner(), Some(7));
}

#[test]
fn a_bundle_may_panic_while_the_host_unwinds_and_the_reverse() {
    struct Guard<'a>(&'a mut String);
    impl Drop for Guard<'_> {
        fn drop(&mut self) {
            *self.0 = message(|| hot::get!(panics_thrower::formatted)(23));
        }
    }
    LazyLock::force(&LOADED);
    let mut said = String::new();
    let outer = message(|| {
        let _guard = Guard(&mut said);
        let text = "outer".to_owned();
        panic!("the {text} one");
    });
    assert_eq!((outer.as_str(), said.as_str()), ("the outer one", "number 23"));
    let both = hot::get!(panics_thrower::in_a_drop)();
    assert_eq!(both, "the outer one the host while unwinding");
}

#[test]
fn a_bundle_catches_its_own_panics() {
    LazyLock::force(&LOADED);
    let caught = hot::get!(panics_thrower::catches_its_own)("at home");
    assert_eq!(caught, "caught at home");
    assert_eq!(seen("caught at home").len(), 1);
    assert!(hot::get!(panics_thrower::in_a_thread)());
    assert_eq!(seen("within a thread of the bundle").len(), 1);
}

#[test]
fn a_panic_goes_through_every_image_between() {
    LazyLock::force(&LOADED);
    // Host, bundle, second bundle, host.
    let said = message(|| hot::get!(panics_thrower::through_all)("at the far end"));
    assert_eq!(said, "the host at the far end");
    assert_eq!(seen("at the far end").len(), 1);
    // Host and bundle in turns, six deep.
    assert_eq!(message(|| hot::get!(panics_thrower::ping)(3)), "the bottom");
    assert_eq!(hot::get!(panics_thrower::add)(2, 3), 5);
}

#[test]
fn a_call_of_what_is_undefined_panics_in_host_and_bundle() {
    LazyLock::force(&LOADED);
    let direct = message(|| hot::get!(panics_nowhere::nothing)());
    let inside = message(|| hot::get!(panics_thrower::into_nothing)());
    for said in [direct, inside] {
        assert!(said.starts_with("HOT0501: `panics_nowhere::nothing` is not defined"), "{said}");
    }
    assert_eq!(hot::get!(panics_thrower::add)(2, 3), 5);
}

/// Its drop calls hot code.
#[hot::versioned]
pub struct Noisy(Arc<AtomicU32>);

impl Drop for Noisy {
    fn drop(&mut self) {
        assert_eq!(hot::get!(panics_thrower::add)(2, 3), 5);
        assert_eq!(message(|| hot::get!(panics_thrower::formatted)(31)), "number 31");
        // To its end: nothing that was called here took the panic under way for its own.
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn arguments_are_dropped_once() {
    LazyLock::force(&LOADED);
    let counted = Arc::new(AtomicU32::new(0));
    let list = || vec![counted.clone(); 5];
    let takes = hot::get!(panics_thrower::takes);
    assert_eq!(takes(list(), Some(counted.clone()), false), 5);
    assert_eq!(Arc::strong_count(&counted), 1);
    let said = message(|| takes(list(), Some(counted.clone()), true));
    assert_eq!((said.as_str(), Arc::strong_count(&counted)), ("with arguments", 1));
}

#[test]
fn arguments_of_an_undefined_call_are_dropped_before_it_panics() {
    LazyLock::force(&LOADED);
    let drops = Arc::new(AtomicU32::new(0));
    let noisy = Noisy(drops.clone());
    let said = message(|| hot::get!(panics_nowhere::take)(noisy));
    assert!(said.starts_with("HOT0501"), "{said}");
    assert_eq!(drops.load(Ordering::Relaxed), 1);
    assert_eq!(hot::get!(panics_thrower::add)(2, 3), 5);
}

#[test]
fn threads_do_not_mix_up_their_panics() {
    LazyLock::force(&LOADED);
    let total: usize = thread::scope(|scope| {
        let workers: Vec<_> = (0..8)
            .map(|worker| {
                scope.spawn(move || {
                    for round in 0..100 {
                        let number = 1_000_000 + worker * 1000 + round;
                        let said = message(|| hot::get!(panics_thrower::formatted)(number));
                        assert_eq!(said, format!("number {number}"));
                        assert_eq!(hot::get!(panics_thrower::add)(round, worker), round + worker);
                    }
                    100
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!(total, 800);
    // The hook ran once for each of them.
    assert_eq!(seen("number 1000000\n").len(), 1);
    assert_eq!(seen("number 100").len(), 800);
}

#[test]
fn the_hosts_hook_runs_once_and_sees_file_and_line() {
    LazyLock::force(&LOADED);
    message(|| hot::get!(panics_thrower::formatted)(7001));
    let seen = seen("number 7001");
    let [text] = &seen[..] else { panic!("the hook ran {} times: {seen:?}", seen.len()) };
    let line = line_of(THROWER, "number {number}");
    let place = format!("in bundle `panics_thrower` at src/lib.rs:{line}:");
    assert!(text.contains(&place), "{text}");
}

/// The line in a fixture's root, which begins with `hot::bundle!();`.
fn line_of(source: &str, what: &str) -> usize {
    2 + source.lines().position(|line| line.contains(what)).unwrap()
}

#[test]
fn a_backtrace_names_the_bundles_function_and_line_in_every_generation() {
    let source = |number: usize| {
        let shift = "\n".repeat(number * 10);
        format!(
            "{shift}#[inline(never)]\nfn deep_inside(generation: u32) {{\n\
             panic!(\"generation {{generation}}\");\n}}\n\
             #[hot::export]\npub fn trace(generation: u32) -> u32 {{\n\
             deep_inside(generation);\n1\n}}\n"
        )
    };
    hot::import! { panics_traced => { fn trace(generation: u32) -> u32; } }
    let name = "a_backtrace_names_the_bundles_function_and_line_in_every_generation";
    let build = || {
        let fixture = Fixture::with_manifest("panics_traced", "");
        (1..=3).map(|generation| fixture.build(&source(generation))).collect()
    };
    let output = in_child(name, &[("RUST_BACKTRACE", "1")], build, |libraries| {
        let host = Host::start().unwrap();
        for (library, generation) in libraries.iter().zip(1..) {
            host.load_library(library).unwrap();
            message(|| hot::get!(panics_traced::trace)(generation));
        }
    });
    let err = text(&output.stderr);
    let reports: Vec<_> = err.split("panicked at").skip(1).collect();
    assert_eq!(reports.len(), 3, "{err}");
    for (index, report) in reports.iter().enumerate() {
        let generation = index + 1;
        let line = line_of(&source(generation), "panic!");
        assert!(report.contains(&format!("generation {generation}\n")), "{report}");
        assert!(report.contains("panics_traced::deep_inside"), "{report}");
        assert!(report.contains("panics_traced::trace"), "{report}");
        // What std prints below has the symbols as they are.
        let ours = report.split("stack backtrace:").next().unwrap();
        assert!(!ours.contains("__hot_body_"), "{ours}");
        // Once in the message, once in the frame.
        let places = report.matches(&format!("src/lib.rs:{line}:")).count();
        assert!(places >= 2, "line {line}: {report}");
        assert!(report.contains(&format!("src/lib.rs:{}:", line + 4)), "{report}");
    }
}

#[test]
fn a_thousand_panics_leave_nothing() {
    let build = || LIBRARIES.clone();
    in_child("a_thousand_panics_leave_nothing", &[("RUST_BACKTRACE", "0")], build, |libraries| {
        let host = Host::start().unwrap();
        for library in libraries {
            host.load_library(library).unwrap();
        }
        panic::set_hook(Box::new(|_| {}));
        let round = |count: u32| {
            for number in 0..count {
                message(|| hot::get!(panics_thrower::formatted)(number));
                message(|| hot::get!(panics_thrower::literal)());
                message(|| hot::get!(panics_thrower::of_a_number)());
                message(|| hot::get!(panics_thrower::drop_calls)());
                message(|| hot::get!(panics_thrower::ping)(3));
                message(|| hot::get!(panics_thrower::through_all)("far"));
                message(|| hot::get!(panics_thrower::into_nothing)());
                message(|| hot::get!(panics_nowhere::nothing)());
                assert!(hot::get!(panics_thrower::in_a_drop)().ends_with("unwinding"));
            }
        };
        round(20);
        let before = live_bytes();
        round(2000);
        let grown = live_bytes().saturating_sub(before);
        drop(panic::take_hook());
        // Less than a byte for each: one kind of panic that leaks would leave 2000 blocks.
        assert!(grown < 16_000, "2000 rounds leave {grown} bytes");
        // Outside again: a commit later no thread is seen in older code.
        host.load_library(&libraries[1]).unwrap();
        assert_eq!(host.status().unwrap().threads, []);
        assert_eq!(hot::get!(panics_thrower::add)(2, 3), 5);
    });
}

const FATAL: &str = r#"
struct Guard;
impl Drop for Guard {
    fn drop(&mut self) { panic!("the second") }
}
#[hot::export]
pub fn double_panic() -> u32 {
    let _guard = Guard;
    panic!("the first")
}
#[hot::export]
pub fn overflow(depth: u64) -> u64 {
    let frame = std::hint::black_box([depth; 1000]);
    overflow(depth + 1) + frame[depth as usize % 1000]
}
"#;

const CONSTRUCTOR: &str = r#"
#[used]
#[unsafe(link_section = ".init_array")]
static CONSTRUCTOR: extern "C" fn() = {
    extern "C" fn constructor() { panic!("in the constructor") }
    constructor
};
#[hot::export]
pub fn unreached() {}
"#;

hot::import! {
    panics_fatal => { fn double_panic() -> u32; fn overflow(depth: u64) -> u64; }
}

#[test]
fn what_cannot_be_survived_ends_the_process() {
    const NAME: &str = "what_cannot_be_survived_ends_the_process";
    const CASE: &str = "HOT_TEST_CASE";
    if is_child(NAME) {
        let libraries = given_libraries();
        let host = Host::start().unwrap();
        host.load_library(&libraries[0]).unwrap();
        match std::env::var(CASE).unwrap().as_str() {
            "double" => drop(catch_unwind(|| hot::get!(panics_fatal::double_panic)())),
            "overflow" => drop(catch_unwind(|| hot::get!(panics_fatal::overflow)(0))),
            "constructor" => drop(host.load_library(&libraries[1])),
            other => panic!("{other}"),
        }
        std::process::exit(0);
    }
    let libraries = [
        Fixture::new("panics_fatal").build(FATAL),
        Fixture::new("panics_constructor").build(CONSTRUCTOR),
    ];
    for (case, said) in [
        ("double", "panic in a destructor during cleanup"),
        ("overflow", "has overflowed its stack"),
        ("constructor", "panic in a function that cannot unwind"),
    ] {
        let output = command(NAME, &libraries).env(CASE, case).output().unwrap();
        let err = text(&output.stderr);
        assert!(err.contains(said), "{case}: {}\n{err}", output.status);
        assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{case}: {err}");
    }
}

/// What is allocated from the system's heap, by any image.
fn live_bytes() -> usize {
    // SAFETY: `mallinfo2` reads counters.
    unsafe { libc::mallinfo2() }.uordblks
}
