//! The gate: values are given up only while no caller is inside hot code.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use hot::{Code, Error, Host, rt::EPOCH};
use tests::{Fixture, LoadLibrary as _, Snapshot, Stop, refusal::codes, wait_until};

hot::import! {
    gt_pond => {
        fn tick() -> u32;
        fn read() -> u32;
        fn glance() -> u32;
        fn stay() -> u32;
        fn stay_with_other();
        fn wait_for_other();
        fn idle();
        fn own_thread();
        fn pool() -> u32;
        fn pool_of(call: &(dyn Fn() + Sync));
        fn reload() -> String;
        fn reload_plainly() -> String;
        fn calls_nothing();
    }
    gt_nowhere => { fn nothing(); }
}

/// Each call says the number of the version that it ran in; the state's value is that too.
fn pond(ty: &str, number: u32) -> String {
    format!(
        "use std::{{thread, time::Duration}};
         hot::import! {{ gate => {{
             fn inside();
             fn is_closed() -> bool;
             fn is_stopped() -> bool;
             fn load(reset: bool) -> String;
         }} gt_nowhere => {{ fn nothing(); }} }}
         #[hot::export] #[hot(reset)]
         pub static POND: hot::State<{ty}> = hot::State::new(|| {number});
         #[hot::export] pub static OTHER: hot::State<u32> = hot::State::new(|| 0);
         #[hot::export] pub fn tick() -> u32 {{
             let number = *POND.read();
             thread::sleep(Duration::from_millis(2));
             *POND.write() = number;
             number as u32
         }}
         #[hot::export] pub fn read() -> u32 {{ *POND.read() as u32 }}
         #[hot::export] pub fn glance() -> u32 {{
             let pond = POND.read();
             thread::sleep(Duration::from_micros(200));
             *pond as u32
         }}
         #[hot::export] pub fn stay() -> u32 {{
             let before = *POND.read();
             hot::get!(gate::inside)();
             assert_eq!(*POND.read(), before);
             before as u32
         }}
         #[hot::export] pub fn stay_with_other() {{
             let _other = OTHER.write();
             hot::get!(gate::inside)();
         }}
         #[hot::export] pub fn wait_for_other() {{ *OTHER.write() += 1; }}
         #[hot::export] pub fn idle() {{ thread::sleep(Duration::from_micros(100)); }}
         #[hot::export] pub fn own_thread() {{
             thread::spawn(|| while !hot::get!(gate::is_stopped)() {{ idle() }});
         }}
         /// The jobs call until the gate is closed, and after that.
         #[hot::export] pub fn pool() -> u32 {{
             let job = || {{
                 while !hot::get!(gate::is_closed)() {{ assert_eq!(read(), {number}) }}
                 (0..10).map(|_| read()).max().unwrap()
             }};
             thread::scope(|scope| {{
                 let jobs = [scope.spawn(job), scope.spawn(job)];
                 jobs.into_iter().map(|job| job.join().unwrap()).max().unwrap()
             }})
         }}
         #[hot::export] pub fn pool_of(call: &(dyn Fn() + Sync)) {{
             thread::scope(|scope| {{ scope.spawn(call); }});
         }}
         #[hot::export] pub fn calls_nothing() {{
             assert!(std::panic::catch_unwind(|| hot::get!(gt_nowhere::nothing)()).is_err());
         }}
         #[hot::export] pub fn reload() -> String {{ hot::get!(gate::load)(true) }}
         #[hot::export] pub fn reload_plainly() -> String {{ hot::get!(gate::load)(false) }}"
    )
}

/// Two versions with another layout of the state each; and the first one with another code.
static VERSIONS: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let fixture = Fixture::new("gt_pond");
    let edited = pond("u32", 1) + "\n#[hot::export] pub fn more() {}";
    [pond("u32", 1), pond("u64", 2), edited].map(|source| fixture.build(&source)).into()
});

/// Whoever calls `stay` is there; and may go.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
static LET_GO: AtomicBool = AtomicBool::new(false);
static STOPPED: AtomicBool = AtomicBool::new(false);

/// What `stay` does inside, besides.
static WITHIN: Mutex<Option<Box<dyn FnOnce() + Send>>> = Mutex::new(None);

#[hot::export]
fn inside() {
    INSIDE.fetch_add(1, SeqCst);
    let within = WITHIN.lock().unwrap().take();
    if let Some(within) = within {
        within();
    }
    wait_until(|| LET_GO.load(SeqCst));
}

#[hot::export]
fn is_closed() -> bool {
    INSIDE.fetch_add(1, SeqCst);
    EPOCH.is_closed()
}

#[hot::export]
fn is_stopped() -> bool {
    STOPPED.load(SeqCst)
}

/// What comes of a load from inside.
#[hot::export]
fn load(reset: bool) -> String {
    let libraries = tests::child::given_libraries();
    let host = Host::current().unwrap();
    match host.load_library(&libraries[if reset { 1 } else { 2 }]) {
        Ok(_) => String::new(),
        Err(error) => error.to_string(),
    }
}

/// A thread with this name that runs `call`.
fn named(name: &str, call: fn()) -> thread::JoinHandle<()> {
    thread::Builder::new().name(name.to_owned()).spawn(call).unwrap()
}

/// Runs `body` in a process of its own with the first version loaded, by a host of this patience.
fn in_child(test: &str, patience: Duration, body: impl FnOnce(Host, &[PathBuf])) {
    tests::in_child(
        test,
        &[],
        || VERSIONS.clone(),
        |libraries| {
            let host = Host::builder().patience(patience).control(false).start().unwrap();
            host.load_library(&libraries[0]).unwrap();
            assert_eq!(hot::get!(gt_pond::read)(), 1);
            body(host, libraries);
        },
    );
}

/// Refusals come soon.
const SHORT: Duration = Duration::from_millis(200);
/// What is to succeed may take its time.
const LONG: Duration = Duration::from_secs(60);

/// Tries to give the state up; everything is as before.
fn refused(host: &Host, next: &Path) -> Error {
    let before = Snapshot::take(host);
    let error = host.load_library(next).expect_err("it must be refused");
    assert_eq!(codes(&error), [Code::Inside], "{error}");
    assert_eq!(Snapshot::take(host), before);
    assert!(!EPOCH.is_closed());
    assert_eq!(hot::get!(gt_pond::read)(), 1);
    error
}

fn loads(host: &Host, next: &Path) {
    host.load_library(next).unwrap();
    assert!(!EPOCH.is_closed());
}

#[test]
fn a_tick_is_never_cut_in_two() {
    in_child("a_tick_is_never_cut_in_two", LONG, |host, versions| {
        const RELOADS: usize = 20;
        let (stop, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            let _stop = Stop(&stop);
            for _ in 0..3 {
                scope.spawn(|| {
                    while !stop.load(SeqCst) {
                        // A panic in it fails the test.
                        assert!([1, 2].contains(&hot::get!(gt_pond::tick)()));
                        calls.fetch_add(1, SeqCst);
                    }
                });
            }
            for reload in 1..=RELOADS {
                let before = calls.load(SeqCst);
                loads(&host, &versions[reload % 2]);
                wait_until(|| calls.load(SeqCst) > before + 3);
            }
        });
    });
}

#[test]
fn many_readers_do_not_starve_a_reset() {
    in_child("many_readers_do_not_starve_a_reset", LONG, |host, versions| {
        let (stop, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            let _stop = Stop(&stop);
            for _ in 0..8 {
                scope.spawn(|| {
                    while !stop.load(SeqCst) {
                        assert!([1, 2].contains(&hot::get!(gt_pond::glance)()));
                        calls.fetch_add(1, SeqCst);
                    }
                });
            }
            for reload in 1..=5 {
                let before = calls.load(SeqCst);
                loads(&host, &versions[reload % 2]);
                wait_until(|| calls.load(SeqCst) > before + 8);
            }
        });
    });
}

#[test]
fn a_thread_that_never_leaves_refuses_by_name() {
    in_child("a_thread_that_never_leaves_refuses_by_name", SHORT, |host, versions| {
        let staying = thread::Builder::new().name("stays".to_owned());
        let staying = staying.spawn(|| hot::get!(gt_pond::stay)()).unwrap();
        wait_until(|| INSIDE.load(SeqCst) == 1);
        let (stop, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
        thread::scope(|scope| {
            let _stop = Stop(&stop);
            let caller = scope.spawn(|| {
                while !stop.load(SeqCst) {
                    assert_eq!(hot::get!(gt_pond::tick)(), 1);
                    calls.fetch_add(1, SeqCst);
                }
            });
            // Its first call resolves a slot, which is part of what is compared.
            wait_until(|| calls.load(SeqCst) > 0);
            let error = refused(&host, &versions[1]).to_string();
            let told = "HOT0609: a thread does not leave hot code, and values may change only while \
                        nobody is inside\n  inside: thread `stays` (";
            assert!(error.starts_with(told), "{error}");
            assert!(error.contains("), since generation 1"), "{error}");
            // Callers go on.
            let before = calls.load(SeqCst);
            wait_until(|| calls.load(SeqCst) > before + 1);
            stop.store(true, SeqCst);
            caller.join().unwrap();
        });
        // A plain reload closes nothing.
        loads(&host, &versions[2]);
        let error = refused(&host, &versions[1]).to_string();
        assert!(error.contains("), since before generation 2"), "{error}");
        LET_GO.store(true, SeqCst);
        assert_eq!(staying.join().unwrap(), 1);
        loads(&host, &versions[1]);
        assert_eq!(hot::get!(gt_pond::read)(), 2);
    });
}

#[test]
fn a_thread_that_waits_for_a_lock_is_inside() {
    in_child("a_thread_that_waits_for_a_lock_is_inside", SHORT, |host, versions| {
        // The first call resolves a slot, which is part of what is compared below.
        hot::get!(gt_pond::wait_for_other)();
        let holds = named("holds", || hot::get!(gt_pond::stay_with_other)());
        wait_until(|| INSIDE.load(SeqCst) == 1);
        let waits = named("waits", || hot::get!(gt_pond::wait_for_other)());
        // It is inside from some moment on, and does not leave.
        let is_named = || {
            let error = refused(&host, &versions[1]).to_string();
            assert!(error.contains("thread `holds`"), "{error}");
            error.contains("thread `waits`")
        };
        wait_until(is_named);
        LET_GO.store(true, SeqCst);
        holds.join().unwrap();
        waits.join().unwrap();
        loads(&host, &versions[1]);
    });
}

/// Who is inside gets the states that it waits for while the mover waits.
#[test]
fn a_thread_that_waits_for_a_state_is_let_through() {
    in_child("a_thread_that_waits_for_a_state_is_let_through", LONG, |host, versions| {
        let holds = named("holds", || hot::get!(gt_pond::stay_with_other)());
        wait_until(|| INSIDE.load(SeqCst) == 1);
        let waits = named("waits", || hot::get!(gt_pond::wait_for_other)());
        thread::scope(|scope| {
            let loading = scope.spawn(|| host.load_library(&versions[1]));
            wait_until(|| EPOCH.is_closed());
            // From outside: it waits, and comes before or after the commit.
            let caller = scope.spawn(|| hot::get!(gt_pond::tick)());
            LET_GO.store(true, SeqCst);
            assert!([1, 2].contains(&caller.join().unwrap()));
            loading.join().unwrap().unwrap();
            assert_eq!(hot::get!(gt_pond::tick)(), 2);
        });
        holds.join().unwrap();
        waits.join().unwrap();
    });
}

#[test]
fn a_thread_that_a_bundle_has_started_does_not_count() {
    in_child("a_thread_that_a_bundle_has_started_does_not_count", LONG, |host, versions| {
        hot::get!(gt_pond::own_thread)();
        for reload in 1..=6 {
            loads(&host, &versions[reload % 2]);
        }
        STOPPED.store(true, SeqCst);
    });
}

#[test]
fn jobs_of_a_pool_inside_a_call_pass() {
    in_child("jobs_of_a_pool_inside_a_call_pass", LONG, |host, versions| {
        let caller = thread::spawn(|| hot::get!(gt_pond::pool)());
        wait_until(|| INSIDE.load(SeqCst) > 0);
        loads(&host, &versions[1]);
        assert_eq!(caller.join().unwrap(), 1);
    });
}

#[test]
fn jobs_that_enter_through_the_host_are_refused_at_the_deadline() {
    let test = "jobs_that_enter_through_the_host_are_refused_at_the_deadline";
    in_child(test, SHORT, |host, versions| {
        let caller = thread::spawn(|| {
            hot::get!(gt_pond::pool_of)(&|| {
                INSIDE.fetch_add(1, SeqCst);
                wait_until(|| EPOCH.is_closed());
                assert_eq!(hot::get!(gt_pond::read)(), 1);
            });
        });
        wait_until(|| INSIDE.load(SeqCst) == 1);
        refused(&host, &versions[1]);
        // On a busy machine the job may not have run while the gate was closed.
        while !caller.is_finished() {
            let _ = host.load_library(&versions[1]);
        }
        caller.join().unwrap();
        loads(&host, &versions[1]);
    });
}

#[test]
fn who_is_inside_cannot_give_a_state_up() {
    in_child("who_is_inside_cannot_give_a_state_up", LONG, |host, versions| {
        let told = "HOT0609: the thread that loads is inside hot code itself\n";
        let error = hot::get!(gt_pond::reload)();
        assert!(error.starts_with(told), "{error}");
        assert_eq!(hot::get!(gt_pond::reload_plainly)(), "");
        loads(&host, &versions[1]);
    });
}

#[test]
fn a_call_of_what_nothing_defines_leaves_nobody_inside() {
    in_child("a_call_of_what_nothing_defines_leaves_nobody_inside", LONG, |host, versions| {
        for reload in 1..=4 {
            assert!(catch_unwind(|| hot::get!(gt_nowhere::nothing)()).is_err());
            hot::get!(gt_pond::calls_nothing)();
            loads(&host, &versions[reload % 2]);
        }
    });
}

#[test]
fn a_status_from_inside_waits_for_the_deadline() {
    in_child("a_status_from_inside_waits_for_the_deadline", SHORT, |host, versions| {
        let asks = host.clone();
        let has_seen = Arc::new(AtomicBool::new(false));
        let sees = has_seen.clone();
        *WITHIN.lock().unwrap() = Some(Box::new(move || {
            wait_until(|| EPOCH.is_closed());
            sees.store(true, SeqCst);
            assert_eq!(asks.status().unwrap().bundles.len(), 1);
            LET_GO.store(true, SeqCst);
        }));
        let asking = thread::spawn(|| hot::get!(gt_pond::stay)());
        wait_until(|| INSIDE.load(SeqCst) == 1);
        // It may be without a processor for as long as the gate is closed.
        wait_until(|| {
            let error = host.load_library(&versions[1]).unwrap_err();
            assert_eq!(codes(&error), [Code::Inside]);
            has_seen.load(SeqCst)
        });
        assert_eq!(asking.join().unwrap(), 1);
        loads(&host, &versions[1]);
    });
}

/// Forks; gives how the child ended, which runs `body`.
#[cfg(unix)]
fn fork(body: impl FnOnce()) -> i32 {
    // SAFETY: the child uses only what this test is about, and leaves by `_exit`.
    let child = unsafe { libc::fork() };
    assert_ne!(child, -1);
    if child == 0 {
        // SAFETY: a watchdog: a child that waits for ever is ended by the signal.
        unsafe { libc::alarm(60) };
        let went_well = catch_unwind(AssertUnwindSafe(body)).is_ok();
        // SAFETY: ends the process.
        unsafe { libc::_exit(i32::from(!went_well)) };
    }
    let mut status = 0;
    // SAFETY: `status` is a local that may be written.
    assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
    status
}

#[cfg(unix)]
#[test]
fn a_fork_while_the_gate_is_closed() {
    in_child("a_fork_while_the_gate_is_closed", LONG, |host, versions| {
        // Inside: it is waited for, so it does not wait. Nobody would open the child's gate.
        *WITHIN.lock().unwrap() = Some(Box::new(|| {
            wait_until(|| EPOCH.is_closed());
            let status = fork(|| {
                assert!(!EPOCH.is_closed());
                let outside = thread::spawn(|| hot::get!(gt_pond::tick)());
                assert_eq!(outside.join().unwrap(), 1);
            });
            assert_eq!(status, 0);
            assert!(EPOCH.is_closed(), "the parent is as it was");
        }));
        let staying = thread::spawn(|| hot::get!(gt_pond::stay)());
        wait_until(|| INSIDE.load(SeqCst) == 1);
        thread::scope(|scope| {
            let loading = scope.spawn(|| host.load_library(&versions[1]));
            wait_until(|| EPOCH.is_closed());
            // Outside: as a call it waits, and its child finds all of the reload.
            let tick = || assert!([1, 2].contains(&hot::get!(gt_pond::tick)()));
            let forking = scope.spawn(move || fork(tick));
            LET_GO.store(true, SeqCst);
            assert_eq!(forking.join().unwrap(), 0);
            loading.join().unwrap().unwrap();
        });
        assert_eq!(staying.join().unwrap(), 1);
    });
}

/// Calls and forks at once, as often as can be had.
#[cfg(unix)]
#[test]
fn forks_race_with_resets() {
    in_child("forks_race_with_resets", LONG, |host, versions| {
        let stop = AtomicBool::new(false);
        thread::scope(|scope| {
            let _stop = Stop(&stop);
            scope.spawn(|| {
                while !stop.load(SeqCst) {
                    assert!([1, 2].contains(&hot::get!(gt_pond::tick)()));
                }
            });
            scope.spawn(|| {
                while !stop.load(SeqCst) {
                    // Of no state: another thread may hold its lock as this one forks.
                    assert_eq!(fork(hot::get!(gt_pond::idle)), 0);
                }
            });
            for reload in 1..=10 {
                loads(&host, &versions[reload % 2]);
            }
        });
    });
}
