//! Callers while a reload gives states up, or would have: those of the newest code always find them.

use std::{
    path::PathBuf,
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use hot::{Code, Host};
use tests::LoadLibrary as _;
use tests::{Fixture, Stop, refusal::codes, wait_until};

hot::import! {
    gu_pair => {
        fn read_first() -> u32;
        fn hold_second() -> (u32, u32);
        fn sum() -> u32;
    }
}

const CALLERS: usize = 3;

/// Two states, laid out anew by each version; both values are its number.
static VERSIONS: LazyLock<[PathBuf; 2]> = LazyLock::new(|| {
    let fixture = Fixture::new("gu_pair");
    [("u32", 1), ("u64", 2)].map(|(ty, number)| {
        fixture.build_root(&format!(
            "hot::bundle!(init = start);
             hot::import! {{ giving_up => {{ fn starting(); fn inside(); }} }}
             #[allow(dead_code)] fn start() {{ hot::get!(giving_up::starting)(); }}
             #[hot::export] #[hot(reset)]
             pub static FIRST: hot::State<{ty}> = hot::State::new(|| {number});
             #[hot::export] #[hot(reset)]
             pub static SECOND: hot::State<{ty}> = hot::State::new(|| {number});
             #[hot::export] pub fn read_first() -> u32 {{ *FIRST.read() as u32 }}
             /// Asks for the first one with the second one in hand.
             #[hot::export] pub fn hold_second() -> (u32, u32) {{
                 let second = SECOND.read();
                 hot::get!(giving_up::inside)();
                 (*second as u32, *FIRST.read() as u32)
             }}
             /// As that, for a while.
             #[hot::export] pub fn sum() -> u32 {{
                 let second = SECOND.write();
                 std::thread::sleep(std::time::Duration::from_millis(2));
                 (*second + *FIRST.write()) as u32
             }}"
        ))
    })
});

/// An init waits for a holder.
static ARMED: AtomicBool = AtomicBool::new(false);
/// It has come to that.
static STARTED: AtomicBool = AtomicBool::new(false);
static HELD: AtomicBool = AtomicBool::new(false);
static LET_GO: AtomicBool = AtomicBool::new(false);

static DROPPED: AtomicUsize = AtomicUsize::new(0);

/// What a bundle's `Drop` calls, and what it may do there.
#[hot::export]
fn dropped() {
    assert!(Host::current().unwrap().bundle("gu_pond").is_some());
    DROPPED.fetch_add(1, SeqCst);
}

/// The process's host with the first version, one test at a time.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static LOCK: Mutex<()> = Mutex::new(());
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    let lock = LOCK.lock().unwrap_or_else(PoisonError::into_inner);
    [&ARMED, &STARTED, &HELD, &LET_GO].iter().for_each(|flag| flag.store(false, SeqCst));
    HOST.load_library(&VERSIONS[0]).unwrap();
    assert_eq!(read_first(), 1);
    (lock, HOST.clone())
}

/// The new image's init, after the first look at the locks and before they are taken: the second
/// state is held from here on.
#[hot::export]
fn starting() {
    if ARMED.swap(false, SeqCst) {
        STARTED.store(true, SeqCst);
        wait_until(|| HELD.load(SeqCst));
    }
}

#[hot::export]
fn inside() {
    HELD.store(true, SeqCst);
    wait_until(|| LET_GO.load(SeqCst));
}

fn read_first() -> u32 {
    hot::get!(gu_pair::read_first)()
}

/// Waits for the init, and holds the second state until it may let go.
fn hold() -> (u32, u32) {
    wait_until(|| STARTED.load(SeqCst));
    hot::get!(gu_pair::hold_second)()
}

/// A handle within does not stand in the way of its type any more.
#[test]
fn a_value_that_was_given_up_is_dropped_before_the_next_load() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("gu_pond");
    let source = |fish: &str, depth: &str, first: &str| {
        fixture.build(&format!(
            "hot::import! {{ giving_up => {{ fn dropped(); }} }}
             #[hot::versioned] pub struct Told;
             impl Drop for Told {{ fn drop(&mut self) {{ hot::get!(giving_up::dropped)() }} }}
             #[hot::versioned] pub struct Fish {{ pub size: {fish} }}
             #[hot::versioned]
             pub struct Pond {{ pub fish: Vec<hot::Live<Fish>>, pub depth: {depth}, told: Told }}
             #[hot::export] #[hot(reset)]
             pub static POND: hot::State<Pond> =
                 hot::State::new(|| Pond {{ fish: {first}, depth: 1, told: Told }});
             #[hot::export] pub fn count() -> usize {{ POND.read().fish.len() }}"
        ))
    };
    let one = "vec![hot::Live::new(Fish { size: 1 })]";
    let [first, deeper, smaller, again] = [
        source("u32", "u32", one),
        source("u32", "u64", "Vec::new()"),
        source("u16", "u64", "Vec::new()"),
        source("u16", "u32", "Vec::new()"),
    ];
    host.load_library(&first).unwrap();
    let count = hot::lookup!(host, "gu_pond::count", fn() -> usize).unwrap();
    assert_eq!(count(), 1);
    assert_eq!(codes(&host.load_library(&smaller).unwrap_err()), [Code::NeedsConversion]);
    host.load_library(&deeper).unwrap();
    assert_eq!((count(), DROPPED.load(SeqCst)), (0, 0));
    host.check(&smaller).expect("no fish is there any more");
    assert_eq!(DROPPED.load(SeqCst), 1);
    host.load_library(&smaller).unwrap();
    let bundle = host.load_library(&again).unwrap();
    bundle.rollback().expect("a state of its own for each layout");
    assert_eq!(DROPPED.load(SeqCst), 2);
    bundle.unload().unwrap();
    assert_eq!(DROPPED.load(SeqCst), 3);
}

#[test]
fn a_refused_reset_leaves_every_state_to_its_callers() {
    let (_alone, host) = alone();
    ARMED.store(true, SeqCst);
    let (stop, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let _stop = Stop(&stop);
        let _let_go = Stop(&LET_GO);
        let holder = scope.spawn(hold);
        let call = || {
            wait_until(|| HELD.load(SeqCst));
            while !stop.load(SeqCst) {
                assert_eq!(read_first(), 1);
                calls.fetch_add(1, SeqCst);
            }
        };
        let callers = [(); CALLERS].map(|()| scope.spawn(call));
        let error = host.load_library(&VERSIONS[1]).unwrap_err();
        assert_eq!(codes(&error), [Code::Inside]);
        stop.store(true, SeqCst);
        callers.into_iter().for_each(|caller| caller.join().unwrap());
        assert!(calls.load(SeqCst) > 0);
        assert_eq!(read_first(), 1);
        LET_GO.store(true, SeqCst);
        assert_eq!(holder.join().unwrap(), (1, 1));
    });
    // Nothing is left of it: not for this code, nor for the next, nor for the same once more.
    host.load_library(&VERSIONS[0]).unwrap();
    assert_eq!(read_first(), 1);
    host.bundle("gu_pair").unwrap().unload().unwrap();
    host.load_library(&VERSIONS[0]).unwrap();
    assert_eq!(read_first(), 1);
    let bundle = host.load_library(&VERSIONS[1]).unwrap();
    assert_eq!(read_first(), 2);
    bundle.unload().unwrap();
}

#[test]
fn who_is_inside_as_a_reset_waits_gets_every_state() {
    let (_alone, host) = alone();
    ARMED.store(true, SeqCst);
    thread::scope(|scope| {
        let _let_go = Stop(&LET_GO);
        let loading = scope.spawn(|| host.load_library(&VERSIONS[1]));
        let holder = scope.spawn(hold);
        wait_until(|| HELD.load(SeqCst) && hot::rt::EPOCH.is_closed());
        LET_GO.store(true, SeqCst);
        // With one in hand the holder gets the other one too.
        assert_eq!(holder.join().unwrap(), (1, 1));
        loading.join().unwrap().unwrap();
    });
    assert_eq!(read_first(), 2);
    host.bundle("gu_pair").unwrap().unload().unwrap();
}

#[test]
fn callers_race_with_resets() {
    const RELOADS: usize = 20;
    let (_alone, host) = alone();
    let (stop, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let _stop = Stop(&stop);
        let call = |function: fn() -> u32| {
            let stop = &stop;
            let calls = &calls;
            move || {
                // No call is told that its value is gone: a panic here fails the test.
                while !stop.load(SeqCst) {
                    let number = function();
                    assert!([1, 2, 4].contains(&number), "{number}");
                    calls.fetch_add(1, SeqCst);
                    thread::sleep(Duration::from_millis(1));
                }
            }
        };
        scope.spawn(call(|| hot::get!(gu_pair::sum)()));
        for _ in 0..CALLERS {
            scope.spawn(call(read_first));
        }
        for reload in 1..=RELOADS {
            host.load_library(&VERSIONS[reload % 2]).unwrap();
            assert_eq!(read_first(), 1 + u32::from(reload % 2 == 1), "at once");
        }
    });
    assert!(calls.load(SeqCst) > 0);
    host.bundle("gu_pair").unwrap().unload().unwrap();
}
