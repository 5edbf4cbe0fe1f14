//! A generation that panics too often goes back to the one before, if the host was told so.

use std::{
    panic::{self, catch_unwind},
    sync::{
        Arc, Barrier, Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
        mpsc::{Receiver, channel},
    },
    thread,
    time::{Duration, Instant},
};

use hot::{Code, Event, Host};
use tests::LoadLibrary as _;
use tests::{Fixture, PATIENCE, in_child, refusal::fact};

hot::import! {
    auto_back => {
        fn call(way: u32) -> u32;
        fn enter_host() -> u32;
    }
    auto_innocent => { fn through() -> u32; }
}

/// What the bundle calls back: panics in the host's code.
#[hot::export]
fn host_panics() -> u32 {
    panic!("the host's own")
}

/// Waits, inside the bundle's call, until the host has gone back.
#[hot::export]
fn wait_for_rollback() {
    WAITING.wait();
    WAITING.wait();
}

static WAITING: std::sync::LazyLock<Barrier> = std::sync::LazyLock::new(|| Barrier::new(2));

const SOURCE: &str = "
    hot::import! { auto_rollback => { fn host_panics() -> u32; fn wait_for_rollback(); } }
    #[hot::export]
    pub fn call(way: u32) -> u32 {
        match way {
            0 => VERSION,
            1 => panic!(\"version {}\", VERSION),
            2 => { let _ = std::panic::catch_unwind(|| panic!(\"caught\")); VERSION }
            3 => { let _ = std::thread::spawn(|| panic!(\"in a thread\")).join(); VERSION }
            4 => hot::get!(auto_rollback::host_panics)(),
            _ => { let _ = std::panic::catch_unwind(|| panic!(\"caught\")); hot::get!(auto_rollback::wait_for_rollback)(); VERSION }
        }
    }
    #[hot::export]
    pub fn enter_host() -> u32 { 0 }";

fn libraries() -> Vec<std::path::PathBuf> {
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap();
    let fixture = Fixture::new("auto_back");
    let version = |number: u32| fixture.build(&format!("{SOURCE}\nconst VERSION: u32 = {number};"));
    let mut libraries: Vec<_> = (1..=3).map(version).collect();
    libraries.push(Fixture::new("auto_innocent").build(
        "hot::import! { auto_back => { fn call(way: u32) -> u32; } }
        #[hot::export] pub fn through() -> u32 { hot::get!(auto_back::call)(1) }",
    ));
    libraries
}

/// A host with this policy, and what it says.
fn host(policy: Option<(u32, Duration)>) -> (Host, Receiver<Event>) {
    panic::set_hook(Box::new(|_| {}));
    let builder = Host::builder();
    let builder = match policy {
        Some((panics, within)) => builder.rollback_after(panics, within),
        None => builder,
    };
    let host = builder.start().unwrap();
    let (sender, receiver) = channel();
    let sender = Mutex::new(sender);
    host.on_event(move |event| {
        if !matches!(event, Event::Loaded(_)) {
            sender.lock().unwrap().send(event.clone()).unwrap();
        }
    });
    (host, receiver)
}

const LONG: Duration = Duration::from_secs(600);

fn call(way: u32) -> Result<u32, String> {
    catch_unwind(|| hot::get!(auto_back::call)(way))
        .map_err(|payload| *payload.downcast::<String>().unwrap())
}

/// The next event, which must be a rollback: its generation and reason.
fn rolled_back(events: &Receiver<Event>) -> (u64, String) {
    match events.recv_timeout(PATIENCE).unwrap() {
        Event::RolledBack(report) => {
            assert!(report.to_string().contains(report.why.as_deref().unwrap()), "{report}");
            (report.generation, report.why.clone().unwrap())
        }
        other => panic!("{other}"),
    }
}

/// Has the helper thread done whatever it was asked: another bundle's failure is behind it.
fn nothing_happened(host: &Host, events: &Receiver<Event>, generation: u64) {
    // The helper is asked in the panicking call: anything asked would be under way by now.
    assert!(events.recv_timeout(Duration::from_millis(300)).is_err());
    assert_eq!(host.bundle("auto_back").unwrap().generation().unwrap(), generation);
}

#[test]
fn goes_back_after_so_many_panics_of_any_kind() {
    in_child("goes_back_after_so_many_panics_of_any_kind", &[], libraries, |libraries| {
        let (host, events) = host(Some((3, LONG)));
        let bundle = host.load_library(&libraries[0]).unwrap();
        host.load_library(&libraries[1]).unwrap();
        assert_eq!(call(1).unwrap_err(), "version 2");
        assert_eq!(call(2), Ok(2), "one that the bundle catches counts");
        // Panics of others that pass through do not.
        for _ in 0..5 {
            assert_eq!(call(4).unwrap_err(), "the host's own");
        }
        nothing_happened(&host, &events, 2);
        assert_eq!(call(3), Ok(2), "one of the bundle's threads counts");
        let (generation, why) = rolled_back(&events);
        assert_eq!((generation, call(0)), (3, Ok(1)));
        assert_eq!(why, "generation 2 panicked 3 times within 600s");
        // What it went back to stays.
        for _ in 0..10 {
            assert_eq!(call(1).unwrap_err(), "version 1");
        }
        nothing_happened(&host, &events, 3);
        // The next one is fresh again; so is a reload of the same file.
        host.load_library(&libraries[2]).unwrap();
        (0..3).for_each(|_| drop(call(1).unwrap_err()));
        assert_eq!(rolled_back(&events).0, 5);
        host.load_library(&libraries[2]).unwrap();
        (0..3).for_each(|_| drop(call(1).unwrap_err()));
        assert_eq!(rolled_back(&events).0, 7);
        assert_eq!((call(0), bundle.generation().unwrap()), (Ok(1), 7));
    });
}

#[test]
fn the_first_generation_has_nothing_to_go_back_to() {
    in_child("the_first_generation_has_nothing_to_go_back_to", &[], libraries, |libraries| {
        let (host, events) = host(Some((2, LONG)));
        host.load_library(&libraries[0]).unwrap();
        (0..10).for_each(|_| drop(call(1).unwrap_err()));
        let Ok(Event::Refused(error)) = events.recv_timeout(PATIENCE) else {
            panic!("an event says so")
        };
        assert_eq!(error.code(), Code::NoEarlier);
        assert_eq!(fact(&error.reasons()[0], "why"), "generation 1 panicked 2 times within 600s");
        nothing_happened(&host, &events, 1);
        assert_eq!(call(0), Ok(1));
    });
}

#[test]
fn many_threads_at_once_go_back_once() {
    in_child("many_threads_at_once_go_back_once", &[], libraries, |libraries| {
        let (host, events) = host(Some((4, LONG)));
        host.load_library(&libraries[0]).unwrap();
        host.load_library(&libraries[1]).unwrap();
        host.load_library(&libraries[2]).unwrap();
        let start = Barrier::new(8);
        let panicked = AtomicU32::new(0);
        thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    start.wait();
                    for _ in 0..50 {
                        let text = call(1).unwrap_err();
                        assert!(["version 2", "version 3"].contains(&text.as_str()), "{text}");
                        panicked.fetch_add(1, Relaxed);
                    }
                });
            }
        });
        assert_eq!(panicked.into_inner(), 400);
        assert_eq!(rolled_back(&events).0, 4);
        nothing_happened(&host, &events, 4);
        assert_eq!(call(0), Ok(2), "to the one before, and no further");
    });
}

#[test]
fn panics_of_other_generations_and_bundles_do_not_count() {
    let test = "panics_of_other_generations_and_bundles_do_not_count";
    in_child(test, &[], libraries, |libraries| {
        let (host, events) = host(Some((1, LONG)));
        host.load_library(&libraries[0]).unwrap();
        // A thread that is inside the generation that panics, while the host goes back from it.
        host.load_library(&libraries[1]).unwrap();
        let inside = thread::spawn(|| call(5));
        WAITING.wait();
        assert_eq!(rolled_back(&events), (3, "generation 2 panicked once within 600s".to_owned()));
        WAITING.wait();
        assert_eq!(inside.join().unwrap(), Ok(2), "the call ends in the version that it entered");

        // Through a bundle that is innocent.
        host.load_library(&libraries[3]).unwrap();
        let innocent = host.load_library(&libraries[3]).unwrap();
        host.load_library(&libraries[2]).unwrap();
        assert!(catch_unwind(|| hot::get!(auto_innocent::through)()).is_err());
        assert_eq!(rolled_back(&events).0, 5);
        nothing_happened(&host, &events, 5);
        assert_eq!(innocent.generation().unwrap(), 2);

        // A generation that somebody else has replaced by the time: there is nothing to take back.
        host.load_library(&libraries[1]).unwrap().rollback().unwrap();
        assert!(
            matches!(events.recv().unwrap(), Event::RolledBack(report) if report.why.is_none())
        );
        assert!(call(1).is_err());
        nothing_happened(&host, &events, 7);
    });
}

#[test]
fn a_generation_is_fresh_for_its_time_only() {
    in_child("a_generation_is_fresh_for_its_time_only", &[], libraries, |libraries| {
        let within = Duration::from_millis(400);
        let (host, events) = host(Some((2, within)));
        host.load_library(&libraries[0]).unwrap();
        host.load_library(&libraries[1]).unwrap();
        let committed = Instant::now();
        assert!(call(1).is_err());
        while committed.elapsed() < within {
            thread::sleep(Duration::from_millis(10));
        }
        (0..10).for_each(|_| drop(call(1).unwrap_err()));
        nothing_happened(&host, &events, 2);
    });
}

#[test]
fn off_unless_asked_for() {
    in_child("off_unless_asked_for", &[], libraries, |libraries| {
        let (host, events) = host(None);
        host.load_library(&libraries[0]).unwrap();
        host.load_library(&libraries[1]).unwrap();
        (0..50).for_each(|_| drop(call(1).unwrap_err()));
        nothing_happened(&host, &events, 2);
    });
    assert!(catch_unwind(|| Host::builder().rollback_after(0, LONG)).is_err());
}

#[test]
fn listeners_may_call_the_host_and_may_panic() {
    in_child("listeners_may_call_the_host_and_may_panic", &[], libraries, |libraries| {
        let (host, events) = host(Some((1, LONG)));
        host.load_library(&libraries[0]).unwrap();
        let (again, third) = (host.clone(), libraries[2].clone());
        let times = Arc::new(AtomicU32::new(0));
        host.on_event(move |event| {
            if matches!(event, Event::RolledBack(_)) {
                assert_eq!(times.fetch_add(1, Relaxed), 0, "a listener that panics");
                again.load_library(&third).unwrap();
            }
        });
        host.load_library(&libraries[1]).unwrap();
        assert!(call(1).is_err());
        assert_eq!(rolled_back(&events).0, 3);
        while call(0) != Ok(3) {
            thread::yield_now();
        }
        assert!(call(1).is_err());
        assert_eq!(rolled_back(&events).0, 5);
        // The helper has outlived the listener's panic.
        host.load_library(&libraries[1]).unwrap();
        assert!(call(1).is_err());
        assert_eq!(rolled_back(&events).0, 7);
    });
}
