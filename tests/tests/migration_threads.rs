//! Threads beside a move: those that authors' code starts in the middle of it, those that call all the
//! time, and those that stand in its way.

use std::{
    panic,
    sync::{
        LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use hot::{Code, Host, rt::EPOCH};
use tests::{Fixture, LoadLibrary as _, Stop, refusal::codes, wait_until};

hot::import! {
    mt_start => { fn show() -> String; }
    mt_calls => { fn add() -> usize; fn glance() -> usize; }
    mt_way => {
        fn show() -> String;
        fn stay();
        fn stay_with_other();
        fn wait_for_other();
        fn hold();
        fn pool() -> u32;
    }
}

/// The process's host; only one test at a time loads.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| {
        // Many panics here are wanted, and their backtraces would take longer than all the rest.
        panic::set_hook(Box::new(|panic| eprintln!("{panic}")));
        Host::builder().patience(Duration::from_millis(300)).start().unwrap()
    });
    static LOCK: Mutex<()> = Mutex::new(());
    (LOCK.lock().unwrap_or_else(PoisonError::into_inner), HOST.clone())
}

/// What authors' code does.
static WAY: AtomicU32 = AtomicU32::new(0);
/// What a thread has seen that was started in the middle of a move.
static SEEN: Mutex<Option<String>> = Mutex::new(None);
static MAY_LOOK: AtomicBool = AtomicBool::new(false);

#[hot::export]
fn way() -> u32 {
    WAY.load(SeqCst)
}

#[hot::export]
fn look_later() {
    wait_until(|| MAY_LOOK.load(SeqCst));
}

#[hot::export]
fn seen(text: String) {
    *SEEN.lock().unwrap() = Some(text);
}

/// How many callers are where a test wants them; and whether they may go on.
static INSIDE: AtomicUsize = AtomicUsize::new(0);
static LET_GO: AtomicBool = AtomicBool::new(false);

#[hot::export]
fn inside() {
    INSIDE.fetch_add(1, SeqCst);
    wait_until(|| LET_GO.load(SeqCst));
    INSIDE.fetch_sub(1, SeqCst);
}

/// A thread that authors' code waits for asks for the value that moves, which waits for that code.
#[test]
fn authors_code_starts_threads() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("mt_start");
    let version = |field: &str, first: &str| {
        fixture.build(&format!(
            "use std::thread;
             hot::import! {{
                 mt_through => {{ fn show() -> String; fn write() -> String; fn idle() -> u32; }}
                 migration_threads => {{ fn way() -> u32; fn look_later(); fn seen(text: String); }}
             }}
             #[hot::versioned] #[derive(Debug)] pub struct Fish {{ {field} }}
             #[hot::export] pub static FISH: hot::State<Vec<Fish>> =
                 hot::State::new(|| (0..3).map(|n| Fish {{ {first} }}).collect());
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", &*FISH.read()) }}
             #[hot::export] pub fn show_written() -> String {{ format!(\"{{:?}}\", &*FISH.write()) }}
             fn joined(run: impl FnOnce() -> String + Send + 'static) -> Result<String, String> {{
                 thread::spawn(run).join().map_err(|payload| match payload.downcast::<String>() {{
                     Ok(text) => *text,
                     Err(_) => String::from(\"a panic\"),
                 }})
             }}
             fn text(old: &u32) -> Result<String, String> {{
                 match hot::get!(migration_threads::way)() {{
                     0 => joined(|| FISH.read().len().to_string()),
                     1 => joined(hot::get!(mt_through::show)),
                     2 => joined(hot::get!(mt_through::write)),
                     3 => thread::scope(|scope| {{
                         scope.spawn(|| {{
                             scope.spawn(hot::get!(mt_through::show)).join().map_err(|_| \"in a pool\".to_owned())
                         }}).join().unwrap()
                     }}),
                     4 => panic!(\"number {{old}}\"),
                     5 => Ok((hot::get!(mt_through::idle)() + old).to_string()),
                     6 => joined(|| hot::get!(mt_through::idle)().to_string()),
                     _ => {{
                         thread::spawn(|| {{
                             hot::get!(migration_threads::look_later)();
                             hot::get!(migration_threads::seen)(hot::get!(show)());
                         }});
                         Ok(old.to_string())
                     }}
                 }}
             }}
             fn made() -> String {{ text(&7).unwrap_or_else(|why| panic!(\"{{why}}\")) }}"
        ))
    };
    let through = Fixture::new("mt_through").build(
        "hot::import! { mt_start => { fn show() -> String; fn show_written() -> String; } }
         #[hot::export] pub fn show() -> String { hot::get!(mt_start::show)() }
         #[hot::export] pub fn write() -> String { hot::get!(mt_start::show_written)() }
         #[hot::export] pub fn idle() -> u32 { 40 }",
    );
    let bundle = host.load_library(version("size: u32", "size: n")).unwrap();
    let reader = host.load_library(&through).unwrap();
    let converted = version("#[hot(convert = text)] size: String", "size: n.to_string()");
    let made =
        version("size: u32, #[hot(default = made())] name: String", "size: n, name: String::new()");
    let show = hot::get!(mt_start::show);
    let old = show();
    for library in [&converted, &made] {
        let generation = bundle.generation().unwrap();
        for (way, said) in
            [(0, "HOT0406"), (1, "HOT0406"), (2, "HOT0406"), (3, "in a pool"), (4, "number ")]
        {
            WAY.store(way, SeqCst);
            let refused = host.load_library(library).unwrap_err();
            assert_eq!(codes(&refused), [Code::AuthorsCode], "{way}: {refused}");
            assert!(refused.to_string().contains(said), "{way}: {refused}");
            assert_eq!((show(), bundle.generation().unwrap()), (old.clone(), generation), "{way}");
        }
        let is_converted = library == &converted;
        // What was made is put aside on the way back, and comes again: nothing is made a second time.
        let ways: &[_] = if is_converted { &[(5, "40"), (6, "40"), (7, "0")] } else { &[(7, "7")] };
        for (way, made) in ways.iter().copied() {
            WAY.store(way, SeqCst);
            MAY_LOOK.store(false, SeqCst);
            host.load_library(library).unwrap();
            let now = show();
            let first = match is_converted {
                true => format!("[Fish {{ size: {made:?} }}"),
                false => format!("[Fish {{ size: 0, name: {made:?} }}"),
            };
            assert!(now.starts_with(&first), "{way}: {now}");
            if way == 7 {
                // What asks afterwards finds the new value, though it was started before.
                MAY_LOOK.store(true, SeqCst);
                wait_until(|| SEEN.lock().unwrap().take().is_some_and(|seen| seen == now));
            }
            bundle.rollback().unwrap();
            assert_eq!(show(), old);
        }
        bundle.unload().unwrap();
        host.load_library(version("size: u32", "size: n")).unwrap();
        assert_eq!(show(), old, "it was kept");
    }
    reader.unload().unwrap();
    bundle.unload().unwrap();
}

/// How often values go to the next version and back.
const TIMES: usize = if cfg!(feature = "exhaustive") { 500 } else { 10 };

/// No call fails, each finds the value of one version whole, nothing that they count is lost, and eight readers
/// do not keep a move from its turn.
#[test]
fn callers_see_one_version_over_many_moves() {
    let versions = || {
        let fixture = Fixture::new("mt_calls");
        let version = |field: &str, first: &str, check: &str| {
            fixture.build(&format!(
                "use std::{{thread, time::Duration}};
                 #[hot::versioned] pub struct Slot {{ {field} pub count: usize }}
                 #[hot::versioned] pub struct Sum {{ pub slots: Vec<Slot>, pub all: usize }}
                 #[hot::export] pub static SUM: hot::State<Sum> = hot::State::new(|| Sum {{
                     slots: (0..50).map(|_| Slot {{ {first} count: 0 }}).collect(), all: 0,
                 }});
                 fn check(sum: &Sum) -> usize {{
                     assert_eq!(sum.slots.len(), 50);
                     assert_eq!(sum.slots.iter().map(|slot| slot.count).sum::<usize>(), sum.all);
                     for slot in &sum.slots {{ {check} }}
                     sum.all
                 }}
                 fn pause() {{ thread::sleep(Duration::from_micros(200)) }}
                 #[hot::export] pub fn add() -> usize {{
                     let at = check(&SUM.read()) % 50;
                     pause();
                     let mut sum = SUM.write();
                     sum.slots[at].count += 1;
                     sum.all += 1;
                     sum.all
                 }}
                 #[hot::export] pub fn glance() -> usize {{
                     let sum = SUM.read();
                     pause();
                     check(&sum)
                 }}"
            ))
        };
        let two = version(
            "#[hot(default = \"new\".to_owned())] pub name: String,",
            "name: \"new\".to_owned(),",
            "assert_eq!(slot.name, \"new\");",
        );
        vec![version("", "", "let _ = slot;"), two]
    };
    tests::in_child("callers_see_one_version_over_many_moves", &[], versions, |versions| {
        let builder = Host::builder().patience(Duration::from_secs(60)).control(false);
        let host = builder.start().unwrap();
        let bundle = host.load_library(&versions[0]).unwrap();
        let (stop, added, seen) =
            (AtomicBool::new(false), AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            let _stop = Stop(&stop);
            for _ in 0..2 {
                scope.spawn(|| {
                    while !stop.load(SeqCst) {
                        hot::get!(mt_calls::add)();
                        added.fetch_add(1, SeqCst);
                    }
                });
            }
            for _ in 0..8 {
                scope.spawn(|| {
                    while !stop.load(SeqCst) {
                        // What was counted before is in it.
                        let before = added.load(SeqCst);
                        assert!(hot::get!(mt_calls::glance)() >= before);
                        seen.fetch_add(1, SeqCst);
                    }
                });
            }
            for time in 0..TIMES {
                let before = seen.load(SeqCst);
                host.load_library(&versions[1]).unwrap();
                wait_until(|| seen.load(SeqCst) > before + 8);
                if time % 2 == 0 {
                    bundle.rollback().unwrap();
                } else {
                    host.load_library(&versions[0]).unwrap();
                }
            }
        });
        assert_eq!(hot::get!(mt_calls::glance)(), added.load(SeqCst));
        assert!(added.load(SeqCst) > 0);
    });
}

#[hot::export]
fn closed() -> bool {
    INSIDE.fetch_add(1, SeqCst);
    EPOCH.is_closed()
}

/// Each is waited for, or refuses the move by name; then it goes on as if there had been none.
#[test]
fn threads_stand_in_the_way() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("mt_way");
    let version = |field: &str, first: &str| {
        fixture.build(&format!(
            "use std::thread;
             hot::import! {{ migration_threads => {{ fn inside(); fn closed() -> bool; }} }}
             #[hot::versioned] #[derive(Debug)] pub struct Pond {{ {field} pub fish: u32 }}
             #[hot::export] pub static POND: hot::State<Pond> = hot::State::new(|| Pond {{ {first} fish: 1 }});
             #[hot::export] pub static OTHER: hot::State<u32> = hot::State::new(|| 0);
             #[hot::export] pub fn show() -> String {{ format!(\"{{:?}}\", &*POND.read()) }}
             #[hot::export] pub fn stay() {{
                 let before = show();
                 hot::get!(migration_threads::inside)();
                 assert_eq!(show(), before);
             }}
             #[hot::export] pub fn stay_with_other() {{
                 let _other = OTHER.write();
                 hot::get!(migration_threads::inside)();
             }}
             #[hot::export] pub fn wait_for_other() {{ *OTHER.write() += 1; }}
             #[hot::export] pub fn hold() {{
                 thread::spawn(|| {{
                     let _pond = POND.write();
                     hot::get!(migration_threads::inside)();
                 }});
             }}
             #[hot::export] pub fn pool() -> u32 {{
                 let job = || {{
                     while !hot::get!(migration_threads::closed)() {{ assert_eq!(POND.read().fish, 1) }}
                     (0..10).map(|_| POND.read().fish).max().unwrap()
                 }};
                 thread::scope(|scope| {{
                     let jobs = [scope.spawn(job), scope.spawn(job)];
                     jobs.into_iter().map(|job| job.join().unwrap()).max().unwrap()
                 }})
             }}"
        ))
    };
    let one = version("", "");
    let two = version("#[hot(default = 5)] pub depth: u8,", "depth: 0,");
    let bundle = host.load_library(&one).unwrap();
    let show = hot::get!(mt_way::show);
    let [before, after] = ["Pond { fish: 1 }", "Pond { depth: 5, fish: 1 }"];
    let refused = |code: Code, names: &str| {
        let error = host.load_library(&two).unwrap_err();
        assert_eq!(codes(&error), [code], "{error}");
        assert_eq!(show(), before);
        error.to_string().contains(names)
    };
    let there_and_back = || {
        host.load_library(&two).unwrap();
        assert_eq!(show(), after);
        bundle.rollback().unwrap();
        assert_eq!(show(), before);
    };
    let named =
        |name: &str, run: fn()| thread::Builder::new().name(name.to_owned()).spawn(run).unwrap();

    // It never leaves.
    let stays = named("stays", || hot::get!(mt_way::stay)());
    wait_until(|| INSIDE.load(SeqCst) == 1);
    assert!(refused(Code::Inside, "thread `stays`"));
    LET_GO.store(true, SeqCst);
    stays.join().unwrap();
    there_and_back();

    // It waits at a lock.
    LET_GO.store(false, SeqCst);
    let holds = named("holds", || hot::get!(mt_way::stay_with_other)());
    wait_until(|| INSIDE.load(SeqCst) == 1);
    let waits = named("waits", || hot::get!(mt_way::wait_for_other)());
    wait_until(|| refused(Code::Inside, "thread `waits`"));
    LET_GO.store(true, SeqCst);
    holds.join().unwrap();
    waits.join().unwrap();
    there_and_back();

    // The bundle has started it: it counts while it has a guard.
    LET_GO.store(false, SeqCst);
    hot::get!(mt_way::hold)();
    wait_until(|| INSIDE.load(SeqCst) == 1);
    let error = host.load_library(&two).unwrap_err();
    assert_eq!(codes(&error), [Code::GuardHeld], "{error}");
    assert!(error.to_string().contains("`mt_way::POND` is in use"), "{error}");
    LET_GO.store(true, SeqCst);
    wait_until(|| INSIDE.load(SeqCst) == 0);
    there_and_back();

    // A pool within a call comes to its end, and then the value moves: at once, if its threads get a processor
    // while the load waits.
    let pool = thread::spawn(|| hot::get!(mt_way::pool)());
    wait_until(|| INSIDE.load(SeqCst) > 0);
    wait_until(|| match host.load_library(&two) {
        Ok(_) => true,
        Err(error) => {
            assert_eq!(codes(&error), [Code::Inside], "{error}");
            false
        }
    });
    bundle.rollback().unwrap();
    there_and_back();
    assert_eq!(pool.join().unwrap(), 1);
    bundle.unload().unwrap();
}
