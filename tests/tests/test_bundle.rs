//! A bundle's life: load, call, reload, roll back, unload, from one thread and from many.

use std::{
    collections::BTreeSet,
    fs, panic,
    path::PathBuf,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use hot::{Bundle, Code, Event, Host};
use tests::{Fixture, Snapshot, refusal::fact};

static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());

/// One test at a time: the process is looked at as a whole.
fn alone() -> MutexGuard<'static, ()> {
    static LOCK: Mutex<()> = Mutex::new(());
    LOCK.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a call panics with.
fn panics<R>(call: impl FnOnce() -> R) -> String {
    let payload = panic::catch_unwind(panic::AssertUnwindSafe(call)).err().expect("panics");
    *payload.downcast::<String>().expect("text")
}

/// Versions 1 to `count` of one function.
fn versions(fixture: &Fixture, count: u32) -> Vec<PathBuf> {
    let source = |number| format!("#[hot::export] pub fn version() -> u32 {{ {number} }}");
    (1..=count).map(|number| fixture.build(&source(number))).collect()
}

#[test]
fn several_functions_are_called_and_replaced() {
    hot::import! { several => {
        fn add(a: i32, b: i32) -> i32;
        fn greet(name: &str) -> String;
        fn push(list: &mut Vec<u64>, value: u64);
    } }
    hot::import! { pub several::inner => { fn deep() -> &'static str; } }
    let _alone = alone();
    let fixture = Fixture::new("several");
    let source = |sign: &str, greeting: &str| {
        format!(
            "#[hot::export] pub fn add(a: i32, b: i32) -> i32 {{ a {sign} b }}
            #[hot::export] pub fn greet(name: &str) -> String {{ format!(\"{greeting}, {{name}}!\") }}
            #[hot::export] pub fn push(list: &mut Vec<u64>, value: u64) {{ list.push(value {sign} 1) }}
            pub mod inner {{ #[hot::export] pub fn deep() -> &'static str {{ \"{greeting}\" }} }}"
        )
    };
    let mut list = Vec::new();
    assert!(panics(|| several::add(1, 2)).contains("HOT0501: `several::add`"));
    let bundle = HOST.load(fixture.build(&source("+", "Hello"))).unwrap();
    assert_eq!((bundle.name(), bundle.generation().unwrap()), ("several", 1));
    // Handles of before the reload, plain calls, a function pointer to a plain call.
    let (add, greet, push) =
        (hot::get!(several::add), hot::get!(several::greet), hot::get!(several::push));
    let pointer: fn(i32, i32) -> i32 = several::add;
    assert_eq!((add(5, 3), pointer(5, 3), greet("Ann")), (8, 8, "Hello, Ann!".to_owned()));
    push(&mut list, 10);
    let old = inner::deep();
    let again = HOST.load(fixture.build(&source("-", "Bye"))).unwrap();
    assert_eq!((bundle.generation().unwrap(), again.generation().unwrap()), (2, 2));
    assert_eq!((add(5, 3), pointer(5, 3), greet("Ann")), (2, 2, "Bye, Ann!".to_owned()));
    push(&mut list, 10);
    assert_eq!(list, [11, 9]);
    // What the first one gave lives on.
    assert_eq!((old, inner::deep()), ("Hello", "Bye"));
    assert_eq!(HOST.bundle("several").unwrap().library().unwrap(), again.library().unwrap());
}

#[test]
fn rolling_back_step_by_step() {
    hot::import! { rolled => { fn version() -> u32; } }
    let _alone = alone();
    let libraries = versions(&Fixture::new("rolled"), 4);
    let bundle = HOST.load(&libraries[0]).unwrap();
    for library in &libraries[1..] {
        HOST.load(library).unwrap();
    }
    assert_eq!((rolled::version(), bundle.generation().unwrap()), (4, 4));
    let status = || {
        let status = HOST.status().unwrap();
        let of = status.bundles.into_iter().find(|bundle| bundle.name == "rolled").unwrap();
        (of.generation, of.loaded_as, of.earlier)
    };
    assert_eq!(status(), (4, 4, 3));
    for (step, version) in (1..).zip([3, 2, 1]) {
        let report = bundle.rollback().unwrap();
        assert_eq!(report.generation, 4 + step);
        assert_eq!(report.replaced, ["rolled::version"]);
        assert_eq!((rolled::version(), bundle.generation().unwrap()), (version, 4 + step));
        assert_eq!(status(), (4 + step, u64::from(version), 3 - step as usize));
    }
    let before = Snapshot::take(&HOST);
    assert_eq!(bundle.rollback().unwrap_err().code(), Code::NoEarlier);
    assert_eq!(Snapshot::take(&HOST), before);
    assert_eq!(rolled::version(), 1);
    // Forward again: what was rolled back from is not kept.
    HOST.load(&libraries[2]).unwrap();
    assert_eq!((rolled::version(), status()), (3, (8, 8, 1)));
    bundle.rollback().unwrap();
    assert_eq!((rolled::version(), status()), (1, (9, 1, 0)));
}

#[test]
fn history_is_limited() {
    let _alone = alone();
    let libraries = versions(&Fixture::new("history"), 1);
    let bundle = HOST.load(&libraries[0]).unwrap();
    for _ in 0..12 {
        bundle.reload().unwrap();
    }
    let back = (0..20).take_while(|_| bundle.rollback().is_ok()).count();
    assert_eq!(back, 8, "the default of `HostBuilder::history`");
    assert_eq!(bundle.generation().unwrap(), 13 + 8);
}

#[test]
fn unloading() {
    hot::import! { unloading => { fn version() -> u32; } }
    let _alone = alone();
    let libraries = versions(&Fixture::new("unloading"), 2);
    let bundle = HOST.load(&libraries[0]).unwrap();
    HOST.load(&libraries[1]).unwrap();
    bundle.unload().unwrap();
    assert!(panics(unloading::version).contains("HOT0501: `unloading::version`"));
    assert!(HOST.bundle("unloading").is_none());
    for error in [
        bundle.unload().unwrap_err(),
        bundle.rollback().map(drop).unwrap_err(),
        bundle.reload().map(drop).unwrap_err(),
        bundle.rebuild().map(drop).unwrap_err(),
        bundle.generation().map(drop).unwrap_err(),
        bundle.library().map(drop).unwrap_err(),
    ] {
        assert_eq!(error.code(), Code::NotLoaded);
    }
    // The numbering goes on, the history does not.
    HOST.load(&libraries[0]).unwrap();
    assert_eq!((unloading::version(), bundle.generation().unwrap()), (1, 3));
    assert_eq!(bundle.rollback().unwrap_err().code(), Code::NoEarlier);
    bundle.unload().unwrap();

    // Back to what the host was linked with.
    let fixture = Fixture::new("counter");
    let counter =
        HOST.load(fixture.build("#[hot::export] pub fn change(count: i64) -> i64 { count * 2 }"));
    let counter = counter.unwrap();
    assert_eq!(hot::get!(counter::change)(10), 20);
    // Left out by the bundle, the host's own is called; when it is back, it is new.
    HOST.load(fixture.build("#[hot::export] pub fn other() {}")).unwrap();
    assert_eq!(hot::get!(counter::change)(10), 11);
    let report = counter.rollback().unwrap();
    assert_eq!(
        (&*report.added, &*report.removed),
        (&["counter::change".to_owned()][..], &["counter::other".to_owned()][..])
    );
    assert_eq!(hot::get!(counter::change)(10), 20);
    counter.unload().unwrap();
    assert_eq!(hot::get!(counter::change)(10), 11);
    counter.unload().unwrap_err();
}

#[test]
fn one_file_twice() {
    hot::import! { file_twice => { fn next() -> u32; } }
    let _alone = alone();
    let fixture = Fixture::new("file-twice");
    let library = fixture.build(
        "static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        #[hot::export] pub fn next() -> u32 { NEXT.fetch_add(1, std::sync::atomic::Ordering::SeqCst) }",
    );
    let bundle = HOST.load(&library).unwrap();
    assert_eq!((file_twice::next(), file_twice::next()), (0, 1));
    let retired = HOST.status().unwrap().retired;
    HOST.load(&library).unwrap();
    // A loader that found the same file again would give the image that is there.
    assert_eq!(file_twice::next(), 0, "an image of its own");
    bundle.reload().unwrap();
    assert_eq!((file_twice::next(), bundle.generation().unwrap()), (0, 3));
    assert_eq!(HOST.status().unwrap().retired, retired + 2);
    bundle.rollback().unwrap();
    assert_eq!(file_twice::next(), 1, "the second image's own static");
    // The file is overwritten in place, as some linkers do: the copy that runs is another file.
    fs::write(&library, "no library").unwrap();
    assert_eq!(file_twice::next(), 2);
    assert_eq!(bundle.reload().unwrap_err().code(), Code::NotALibrary);
    fs::remove_file(&library).unwrap();
    let error = bundle.reload().unwrap_err();
    assert_eq!(error.code(), Code::FileMissing);
    assert_eq!(fact(&error.reasons()[0], "file"), library.display().to_string());
    assert_eq!(file_twice::next(), 3);
}

#[test]
fn a_file_that_holds_another_bundle_now() {
    let _alone = alone();
    let library = versions(&Fixture::new("was-here"), 1).remove(0);
    let other = versions(&Fixture::new("is-here-now"), 1).remove(0);
    let bundle = HOST.load(&library).unwrap();
    fs::copy(&other, &library).unwrap();
    let before = Snapshot::take(&HOST);
    assert_eq!(bundle.reload().unwrap_err().code(), Code::OtherBundle);
    assert_eq!(Snapshot::take(&HOST), before);
    HOST.load(&library).unwrap();
    assert_eq!((bundle.generation().unwrap(), HOST.bundle("is-here-now").is_some()), (1, true));
}

#[test]
fn four_threads_call_through_fifty_reloads() {
    hot::import! { reloaded => { fn both() -> (u32, u32); fn version() -> u32; } }
    let _alone = alone();
    let fixture = Fixture::new("reloaded");
    let source = |number: u32| {
        format!(
            "#[hot::export] pub fn version() -> u32 {{ {number} }}
            #[hot::export] pub fn both() -> (u32, u32) {{ ({number}, {number}) }}"
        )
    };
    let libraries = [fixture.build(&source(1)), fixture.build(&source(2))];
    HOST.load(&libraries[0]).unwrap();
    let done = AtomicBool::new(false);
    let calls: [AtomicU64; 4] = Default::default();
    let counts = thread::scope(|scope| {
        let threads = calls.each_ref().map(|calls| {
            let done = &done;
            scope.spawn(move || {
                let (version, mut seen) = (hot::get!(reloaded::version), [0_u64; 3]);
                while !done.load(Ordering::Relaxed) {
                    let (a, b) = reloaded::both();
                    assert_eq!(a, b, "one body gives both");
                    seen[a as usize] += 1;
                    seen[version() as usize] += 1;
                    calls.fetch_add(1, Ordering::Relaxed);
                }
                seen
            })
        });
        for reload in 0..50 {
            // Each thread calls at least once in each generation.
            let before = calls.each_ref().map(|calls| calls.load(Ordering::Relaxed));
            while calls
                .iter()
                .zip(before)
                .any(|(now, before)| now.load(Ordering::Relaxed) < before + 2)
            {
                thread::yield_now();
            }
            let bundle = HOST.load(&libraries[(reload + 1) % 2]).unwrap();
            assert_eq!(bundle.generation().unwrap(), 2 + reload as u64);
            // Whoever calls after the commit gets the new one.
            assert_eq!(reloaded::version() as usize, (reload + 1) % 2 + 1);
        }
        done.store(true, Ordering::Relaxed);
        threads.map(|thread| thread.join().unwrap())
    });
    for [none, first, second] in counts {
        assert_eq!(none, 0);
        assert!(first >= 25 && second >= 25, "{first} and {second} calls");
    }
    assert!(HOST.status().unwrap().threads.is_empty());
}

/// A door for the bundle `doors`: who enters says so, and waits until it is opened.
struct Door {
    entered: Mutex<Sender<u32>>,
    open: Mutex<Receiver<()>>,
}

static DOOR: Mutex<Option<Arc<Door>>> = Mutex::new(None);

/// Called by the bundle `doors` from within its functions.
#[hot::export]
fn pass(version: u32) {
    let door = DOOR.lock().unwrap().clone().unwrap();
    door.entered.lock().unwrap().send(version).unwrap();
    let _ = door.open.lock().unwrap().recv();
}

/// The bundle's two ends of a new door.
fn door() -> (Receiver<u32>, Sender<()>) {
    let (entered, who) = mpsc::channel();
    let (opener, open) = mpsc::channel();
    *DOOR.lock().unwrap() =
        Some(Arc::new(Door { entered: Mutex::new(entered), open: Mutex::new(open) }));
    (who, opener)
}

#[test]
fn a_running_call_finishes_in_the_version_that_it_entered() {
    hot::import! { doors => { fn walk() -> String; fn version() -> u32; } }
    let _alone = alone();
    let fixture = Fixture::new("doors");
    let source = |number: u32| {
        format!(
            "hot::import! {{ test_bundle => {{ fn pass(version: u32); }} }}
            #[hot::export] pub fn version() -> u32 {{ {number} }}
            #[hot::export] pub fn walk() -> String {{
                let before = (helper(), hot::get!(version)());
                test_bundle::pass({number});
                format!(\"{{before:?}} {{:?}}\", (helper(), hot::get!(version)()))
            }}
            fn helper() -> u32 {{ {number} }}"
        )
    };
    let libraries = [1, 2, 3].map(|number| fixture.build(&source(number)));
    let bundle = HOST.load(&libraries[0]).unwrap();
    let (entered, open) = door();
    let walker = thread::Builder::new().name("the-walker".into()).spawn(doors::walk).unwrap();
    assert_eq!(entered.recv(), Ok(1));
    assert!(HOST.status().unwrap().threads.is_empty(), "it runs the newest code");
    HOST.load(&libraries[1]).unwrap();
    let status = HOST.status().unwrap();
    assert_eq!(status.threads.len(), 1);
    assert_eq!(status.threads[0].name.as_deref(), Some("the-walker"));
    assert_eq!(status.threads[0].commits_behind, 1);
    assert!(status.to_string().contains("thread the-walker"), "{status}");
    // Another thread enters the second version; the third comes; the bundle goes.
    let second = thread::spawn(doors::walk);
    assert_eq!(entered.recv(), Ok(2));
    HOST.load(&libraries[2]).unwrap();
    let mut behind: Vec<_> =
        HOST.status().unwrap().threads.iter().map(|thread| thread.commits_behind).collect();
    behind.sort_unstable();
    assert_eq!(behind, [1, 2]);
    assert_eq!(doors::version(), 3);
    open.send(()).unwrap();
    open.send(()).unwrap();
    // Its own code stays; what it calls by `hot::get!` is the newest at each call.
    assert_eq!(walker.join().unwrap(), "(1, 1) (1, 3)");
    assert_eq!(second.join().unwrap(), "(2, 2) (2, 3)");
    assert!(HOST.status().unwrap().threads.is_empty());

    // Unloaded while a thread is inside: the image is frozen, it keeps calling what it was linked
    // against.
    let (entered, open) = door();
    let walker = thread::spawn(doors::walk);
    assert_eq!(entered.recv(), Ok(3));
    bundle.unload().unwrap();
    assert!(panics(doors::version).contains("HOT0501"));
    open.send(()).unwrap();
    assert_eq!(walker.join().unwrap(), "(3, 3) (3, 3)");
}

#[test]
fn a_bundles_own_thread_reaches_the_newest_if_the_signature_is_the_same() {
    hot::import! { looping => { fn start() -> u32; fn step_now() -> u32; fn stop() -> u32; } }
    let _alone = alone();
    let fixture = Fixture::new("looping");
    // The thread and its flag are the first image's; `step` is what changes.
    let source = |number: u32, ty: &str| {
        format!(
            "hot::import! {{ test_bundle => {{ fn saw(number: u32) -> bool; }} }}
            static THREAD: std::sync::Mutex<Option<std::thread::JoinHandle<u32>>> = std::sync::Mutex::new(None);
            #[hot::export] pub fn step() -> {ty} {{ {number} }}
            #[hot::export] pub fn step_now() -> u32 {{ {number} }}
            #[hot::export] pub fn start() -> u32 {{
                *THREAD.lock().unwrap() = Some(std::thread::spawn(|| {{
                    let mut calls = 0;
                    loop {{
                        calls += 1;
                        if !test_bundle::saw(hot::get!(step)() as u32) {{ return calls; }}
                    }}
                }}));
                {number}
            }}
            #[hot::export] pub fn stop() -> u32 {{
                THREAD.lock().unwrap().take().map_or(0, |thread| thread.join().unwrap())
            }}"
        )
    };
    let libraries = [
        fixture.build(&source(1, "u32")),
        fixture.build(&source(2, "u32")),
        fixture.build(&source(3, "u64")),
        fixture.build(&source(4, "u32")),
    ];
    let wait_for = |number: u32| {
        let start = SEEN_BY_LOOP.lock().unwrap().len();
        loop {
            let seen = SEEN_BY_LOOP.lock().unwrap();
            if seen[start..].contains(&number) {
                return;
            }
            drop(seen);
            thread::yield_now();
        }
    };
    let bundle = HOST.load(&libraries[0]).unwrap();
    looping::start();
    wait_for(1);
    HOST.load(&libraries[1]).unwrap();
    wait_for(2);
    // Nobody but the retired image knows `step`: the change is accepted, and the thread goes on
    // with what it was linked against.
    HOST.load(&libraries[2]).unwrap();
    assert_eq!(looping::step_now(), 3);
    let length = SEEN_BY_LOOP.lock().unwrap().len();
    while SEEN_BY_LOOP.lock().unwrap().len() < length + 100 {
        thread::yield_now();
    }
    assert!(SEEN_BY_LOOP.lock().unwrap()[length..].iter().all(|number| *number == 2));
    HOST.load(&libraries[3]).unwrap();
    wait_for(4);
    // Back to the image with the thread, to join it.
    for _ in 0..3 {
        bundle.rollback().unwrap();
    }
    wait_for(1);
    GO_ON.store(false, Ordering::SeqCst);
    assert!(looping::stop() > 100);
}

/// Told by the thread of the bundle `looping` what its call gave; says whether to go on.
#[hot::export]
fn saw(number: u32) -> bool {
    SEEN_BY_LOOP.lock().unwrap().push(number);
    GO_ON.load(Ordering::SeqCst)
}

static SEEN_BY_LOOP: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static GO_ON: AtomicBool = AtomicBool::new(true);

#[test]
fn events_come_in_order_and_a_listener_may_call_the_host() {
    hot::import! { eventful => { fn version() -> u32; } }
    let _alone = alone();
    let libraries = versions(&Fixture::new("eventful"), 2);
    type Seen = (String, thread::ThreadId, Option<u64>);
    let seen = Arc::new(Mutex::new(Vec::<Seen>::new()));
    let log = seen.clone();
    HOST.on_event(move |event| {
        let text = match event {
            Event::Loaded(report) => format!("loaded {} {}", report.bundle, report.generation),
            Event::RolledBack(report) => format!("back {} {}", report.bundle, report.generation),
            Event::Unloaded { bundle } => format!("unloaded {bundle}"),
            Event::Refused(error) => format!("refused {}", error.code().id()),
            other => panic!("{other}"),
        };
        // It has happened when the listener hears of it, and no lock is held.
        HOST.status().unwrap();
        let generation = HOST.bundle("eventful").map(|bundle| bundle.generation().unwrap());
        log.lock().unwrap().push((text, thread::current().id(), generation));
    });
    let bundle = HOST.load(&libraries[0]).unwrap();
    HOST.load(&libraries[1]).unwrap();
    bundle.rollback().unwrap();
    bundle.rollback().unwrap_err();
    HOST.load("missing.so").unwrap_err();
    bundle.unload().unwrap();
    bundle.unload().unwrap_err();
    HOST.check(&libraries[0]).unwrap();
    let seen = std::mem::take(&mut *seen.lock().unwrap());
    let expected = [
        ("loaded eventful 1", Some(1)),
        ("loaded eventful 2", Some(2)),
        ("back eventful 3", Some(3)),
        ("refused HOT0602", Some(3)),
        ("refused HOT0101", Some(3)),
        ("unloaded eventful", None),
        ("refused HOT0603", None),
    ];
    assert_eq!(seen.len(), expected.len(), "{seen:?}");
    for ((text, on, generation), expected) in seen.iter().zip(expected) {
        assert_eq!((text.as_str(), *generation), expected);
        assert_eq!(*on, thread::current().id());
    }
}

#[test]
fn a_listener_may_reload_and_panic() {
    hot::import! { relistened => { fn version() -> u32; } }
    let _alone = alone();
    let libraries = versions(&Fixture::new("relistened"), 2);
    let second = libraries[1].clone();
    HOST.on_event(move |event| match event {
        Event::Loaded(report) if report.bundle == "relistened" => match report.generation {
            1 => drop(HOST.load(&second).unwrap()),
            3 => panic!("the listener's own"),
            _ => {}
        },
        _ => {}
    });
    let bundle = HOST.load(&libraries[0]).unwrap();
    assert_eq!((relistened::version(), bundle.generation().unwrap()), (2, 2));
    // The commit is complete, the panic ends at the listener, and the host works on.
    HOST.load(&libraries[0]).unwrap();
    assert_eq!((relistened::version(), bundle.generation().unwrap()), (1, 3));
    bundle.reload().unwrap();
    assert_eq!(bundle.generation().unwrap(), 4);
}

#[test]
fn check_says_it_without_doing_it() {
    hot::import! { checked => { fn version() -> u32; } }
    let _alone = alone();
    let fixture = Fixture::new("checked");
    let libraries = versions(&fixture, 2);
    let wrong = fixture.build("#[hot::export] pub fn version() -> f32 { 0.0 }");
    let before = Snapshot::take(&HOST);
    HOST.check(&libraries[0]).unwrap();
    assert_eq!(Snapshot::take(&HOST), before);
    HOST.load(&libraries[0]).unwrap();
    let before = Snapshot::take(&HOST);
    HOST.check(&libraries[1]).unwrap();
    let error = HOST.check(&wrong).unwrap_err();
    assert_eq!(Snapshot::take(&HOST), before);
    assert_eq!(checked::version(), 1);
    assert_eq!(error.to_string(), HOST.load(&wrong).map(drop).unwrap_err().to_string());
    assert_eq!(HOST.load(&libraries[1]).unwrap().generation().unwrap(), 2);
}

#[test]
fn hot_code_may_reload_the_bundle_that_it_is_in() {
    hot::import! { inside => { fn outer() -> String; fn version() -> u32; } }
    let _alone = alone();
    let fixture = Fixture::new("inside");
    let source = |number: u32| {
        format!(
            "hot::import! {{ test_bundle => {{ fn reload_inside() -> u64; }} }}
            #[hot::export] pub fn version() -> u32 {{ {number} }}
            #[hot::export] pub fn outer() -> String {{
                let generation = test_bundle::reload_inside();
                format!(\"{number}: {{generation}} {{}}\", hot::get!(version)())
            }}"
        )
    };
    let libraries = [fixture.build(&source(1)), fixture.build(&source(2))];
    *INSIDE.lock().unwrap() = libraries[1].clone();
    HOST.load(&libraries[0]).unwrap();
    assert_eq!(inside::outer(), "1: 2 2");
    assert_eq!(inside::outer(), "2: 3 2");
}

static INSIDE: Mutex<PathBuf> = Mutex::new(PathBuf::new());

/// Called by the bundle `inside`.
#[hot::export]
fn reload_inside() -> u64 {
    let library = INSIDE.lock().unwrap().clone();
    HOST.load(library).unwrap().generation().unwrap()
}

#[test]
fn many_threads_load_at_once() {
    let _alone = alone();
    let libraries = versions(&Fixture::new("contended"), 2);
    let bundle: Bundle = HOST.load(&libraries[0]).unwrap();
    let mut numbers: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|thread| {
                let (bundle, libraries) = (bundle.clone(), &libraries);
                scope.spawn(move || {
                    (0..5)
                        .map(|round| match (thread + round) % 3 {
                            0 => bundle.reload().unwrap().generation,
                            1 => bundle.rollback().map_or(0, |report| report.generation),
                            _ => {
                                HOST.load(&libraries[round % 2]).unwrap();
                                0
                            }
                        })
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(numbers.len(), 20);
    numbers.retain(|number| *number != 0);
    let different: BTreeSet<_> = numbers.iter().collect();
    assert_eq!(different.len(), numbers.len(), "no number is given twice");
    assert!(bundle.generation().unwrap() >= *numbers.iter().max().unwrap());
}
