//! Reloads while code of the bundle runs, on one thread and on many.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc::{self, Receiver, Sender},
    },
    thread,
};

use hot::Bundle;
use tests::Fixture;
use tests::LoadLibrary as _;

use crate::{HOST, alone, panics, versions};

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
    HOST.load_library(&libraries[0]).unwrap();
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
            let bundle = HOST.load_library(&libraries[(reload + 1) % 2]).unwrap();
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
            "hot::import! {{ test_bundle::running => {{ fn pass(version: u32); }} }}
            #[hot::export] pub fn version() -> u32 {{ {number} }}
            #[hot::export] pub fn walk() -> String {{
                let before = (helper(), hot::get!(version)());
                running::pass({number});
                format!(\"{{before:?}} {{:?}}\", (helper(), hot::get!(version)()))
            }}
            fn helper() -> u32 {{ {number} }}"
        )
    };
    let libraries = [1, 2, 3].map(|number| fixture.build(&source(number)));
    let bundle = HOST.load_library(&libraries[0]).unwrap();
    let (entered, open) = door();
    let walker = thread::Builder::new().name("the-walker".into()).spawn(doors::walk).unwrap();
    assert_eq!(entered.recv(), Ok(1));
    assert!(HOST.status().unwrap().threads.is_empty(), "it runs the newest code");
    HOST.load_library(&libraries[1]).unwrap();
    let status = HOST.status().unwrap();
    assert_eq!(status.threads.len(), 1);
    assert_eq!(status.threads[0].name.as_deref(), Some("the-walker"));
    assert_eq!(status.threads[0].commits_behind, 1);
    assert!(status.to_string().contains("the-walker ("), "{status}");
    // Another thread enters the second version; the third comes; the bundle goes.
    let second = thread::spawn(doors::walk);
    assert_eq!(entered.recv(), Ok(2));
    HOST.load_library(&libraries[2]).unwrap();
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
            "hot::import! {{ test_bundle::running => {{ fn saw(number: u32) -> bool; }} }}
            static THREAD: std::sync::Mutex<Option<std::thread::JoinHandle<u32>>> = std::sync::Mutex::new(None);
            #[hot::export] pub fn step() -> {ty} {{ {number} }}
            #[hot::export] pub fn step_now() -> u32 {{ {number} }}
            #[hot::export] pub fn start() -> u32 {{
                *THREAD.lock().unwrap() = Some(std::thread::spawn(|| {{
                    let mut calls = 0;
                    loop {{
                        calls += 1;
                        if !running::saw(hot::get!(step)() as u32) {{ return calls; }}
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
    let bundle = HOST.load_library(&libraries[0]).unwrap();
    looping::start();
    wait_for(1);
    HOST.load_library(&libraries[1]).unwrap();
    wait_for(2);
    // Nobody but the retired image knows `step`: the change is accepted, and the thread goes on
    // with what it was linked against.
    HOST.load_library(&libraries[2]).unwrap();
    assert_eq!(looping::step_now(), 3);
    let length = SEEN_BY_LOOP.lock().unwrap().len();
    while SEEN_BY_LOOP.lock().unwrap().len() < length + 100 {
        thread::yield_now();
    }
    assert!(SEEN_BY_LOOP.lock().unwrap()[length..].iter().all(|number| *number == 2));
    HOST.load_library(&libraries[3]).unwrap();
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
fn hot_code_may_reload_the_bundle_that_it_is_in() {
    hot::import! { inside => { fn outer() -> String; fn version() -> u32; } }
    let _alone = alone();
    let fixture = Fixture::new("inside");
    let source = |number: u32| {
        format!(
            "hot::import! {{ test_bundle::running => {{ fn reload_inside() -> u64; }} }}
            #[hot::export] pub fn version() -> u32 {{ {number} }}
            #[hot::export] pub fn outer() -> String {{
                let generation = running::reload_inside();
                format!(\"{number}: {{generation}} {{}}\", hot::get!(version)())
            }}"
        )
    };
    let libraries = [fixture.build(&source(1)), fixture.build(&source(2))];
    *INSIDE.lock().unwrap() = libraries[1].clone();
    HOST.load_library(&libraries[0]).unwrap();
    assert_eq!(inside::outer(), "1: 2 2");
    assert_eq!(inside::outer(), "2: 3 2");
}

static INSIDE: Mutex<PathBuf> = Mutex::new(PathBuf::new());

/// Called by the bundle `inside`.
#[hot::export]
fn reload_inside() -> u64 {
    let library = INSIDE.lock().unwrap().clone();
    HOST.load_library(library).unwrap().generation().unwrap()
}

#[test]
fn many_threads_load_at_once() {
    let _alone = alone();
    let libraries = versions(&Fixture::new("contended"), 2);
    let bundle: Bundle = HOST.load_library(&libraries[0]).unwrap();
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
                                HOST.load_library(&libraries[round % 2]).unwrap();
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
