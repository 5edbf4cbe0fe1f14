//! Threads at the boundary: their records, their last destructors, and forks.

use std::{
    cell::RefCell,
    ffi::c_void,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    ptr,
    sync::{
        Barrier, LazyLock,
        atomic::{AtomicBool, AtomicU32, Ordering::SeqCst},
    },
    thread,
};

use hot::{Code, Host, rt::record_count};
use tests::Fixture;
use tests::LoadLibrary as _;

hot::import! {
    threads_bundle => {
        fn answer() -> u32;
        fn through_host(number: u32) -> u32;
        fn panics(text: &str) -> u32;
        fn wait();
        fn live(number: u32) -> u32;
        fn leave_destructor();
        fn never_defined();
    }
}

const BUNDLE: &str = r#"
use std::cell::Cell;

hot::import! { threads => { fn double(number: u32) -> u32; fn block(); fn note(); } }

#[hot::export]
pub fn answer() -> u32 { ANSWER }
#[hot::export]
pub fn through_host(number: u32) -> u32 { hot::get!(threads::double)(number) + 1 }
#[hot::export]
pub fn panics(text: &str) -> u32 { panic!("{text}") }
#[hot::export]
pub fn wait() { hot::get!(threads::block)() }

struct Late;
impl Drop for Late {
    fn drop(&mut self) {
        assert_eq!(hot::get!(threads::double)(4), 8);
        assert!(std::panic::catch_unwind(|| hot::get!(panics)("late")).is_err());
        hot::get!(threads::note)();
    }
}
thread_local! { static LATE: Cell<Option<Late>> = const { Cell::new(None) }; }
#[hot::versioned]
pub struct Held(u32);
#[hot::export]
pub fn live(number: u32) -> u32 { hot::Live::new(Held(number)).get().0 }
#[hot::export]
pub fn leave_destructor() { LATE.set(Some(Late)); }
"#;

#[hot::export]
fn double(number: u32) -> u32 {
    number * 2
}

static NOTES: AtomicU32 = AtomicU32::new(0);

#[hot::export]
fn note() {
    NOTES.fetch_add(1, SeqCst);
}

static INSIDE: Barrier = Barrier::new(2);
static LEAVE: Barrier = Barrier::new(2);

/// Stays inside hot code until it is told to leave.
#[hot::export]
fn block() {
    INSIDE.wait();
    LEAVE.wait();
}

/// Two generations of the bundle, which answer 1 and 2.
static LIBRARIES: LazyLock<Vec<PathBuf>> = LazyLock::new(|| {
    let fixture = Fixture::new("threads_bundle");
    let build = |answer| fixture.build(&format!("const ANSWER: u32 = {answer};\n{BUNDLE}"));
    vec![build(1), build(2)]
});

/// Runs `body` with the two generations, the first of them loaded, in a process of its own.
fn in_child(test: &str, body: impl FnOnce(Host, [&Path; 2])) {
    tests::in_child(
        test,
        &[],
        || LIBRARIES.clone(),
        |libraries| {
            let host = Host::start().unwrap();
            host.load_library(&libraries[0]).unwrap();
            body(host, [&libraries[0], &libraries[1]]);
        },
    );
}

#[test]
fn ten_thousand_short_threads_share_few_records() {
    in_child("ten_thousand_short_threads_share_few_records", |_, _| {
        let calls = AtomicU32::new(0);
        for _ in 0..1250 {
            thread::scope(|scope| {
                for number in 0..8 {
                    let calls = &calls;
                    scope.spawn(move || {
                        // The host's image, the bundle's, and the host's again.
                        let through_host = hot::get!(threads_bundle::through_host);
                        assert_eq!(through_host(number), number * 2 + 1);
                        calls.fetch_add(1, SeqCst);
                    });
                }
            });
        }
        assert_eq!(calls.into_inner(), 10_000);
        // A thread is still seen by the system for a moment after it was joined.
        assert!(record_count() <= 64, "{} records", record_count());
    });
}

/// A host's thread-local whose destructor calls hot code.
struct Late(u32);

impl Drop for Late {
    fn drop(&mut self) {
        assert_eq!(hot::get!(threads_bundle::through_host)(self.0), self.0 * 2 + 1);
        assert!(catch_unwind(|| hot::get!(threads_bundle::panics)("late")).is_err());
        NOTES.fetch_add(1, SeqCst);
    }
}

thread_local! {
    static BEFORE: RefCell<Option<Late>> = const { RefCell::new(None) };
    static AFTER: RefCell<Option<Late>> = const { RefCell::new(None) };
}

#[test]
fn destructors_of_thread_locals_call_hot_code() {
    in_child("destructors_of_thread_locals_call_hot_code", |host, [_, second]| {
        std::panic::set_hook(Box::new(|_| {}));
        for round in 0..200 {
            thread::spawn(move || {
                // Destroyed after, and before, what marks the thread's record.
                BEFORE.set(Some(Late(round)));
                if round % 2 == 0 {
                    hot::get!(threads_bundle::leave_destructor)();
                    AFTER.set(Some(Late(round)));
                }
            })
            .join()
            .unwrap();
        }
        assert_eq!(NOTES.load(SeqCst), 200 + 100 + 100);
        assert!(record_count() <= 64, "{} records", record_count());
        host.load_library(second).unwrap();
        assert_eq!(host.status().unwrap().threads, []);
    });
}

/// Runs after every thread-local of Rust was destroyed.
extern "C" fn last_destructor(_: *mut c_void) {
    hot::get!(threads_bundle::wait)();
}

#[test]
fn a_thread_in_its_last_destructors_keeps_its_record() {
    in_child("a_thread_in_its_last_destructors_keeps_its_record", |host, [first, second]| {
        std::panic::set_hook(Box::new(|_| {}));
        let mut key = 0;
        // SAFETY: `key` is a local that may be written.
        assert_eq!(unsafe { libc::pthread_key_create(&mut key, Some(last_destructor)) }, 0);
        for round in 0..4 {
            let host = host.clone();
            let called_before = round % 2 == 0;
            let dying = thread::Builder::new().name(format!("dying {round}"));
            let dying = dying.spawn(move || {
                // SAFETY: the key was made above; its destructor does not use the value.
                let set = unsafe { libc::pthread_setspecific(key, ptr::dangling()) };
                assert_eq!(set, 0);
                if called_before {
                    assert!(hot::get!(threads_bundle::answer)() > 0);
                }
            });
            INSIDE.wait();
            // It is inside hot code, in its last destructors. None of these takes its record.
            for _ in 0..16 {
                thread::spawn(|| {
                    assert_eq!(hot::get!(threads_bundle::through_host)(3), 7);
                    assert!(catch_unwind(|| hot::get!(threads_bundle::panics)("x")).is_err());
                })
                .join()
                .unwrap();
            }
            host.load_library(if called_before { second } else { first }).unwrap();
            let inside = host.status().unwrap().threads;
            let names: Vec<_> = inside.iter().filter_map(|thread| thread.name.clone()).collect();
            assert_eq!(names, [format!("dying {round}")]);
            LEAVE.wait();
            dying.unwrap().join().unwrap();
            assert_eq!(host.status().unwrap().threads, []);
        }
        assert!(record_count() <= 32, "{} records", record_count());
    });
}

#[test]
fn a_fork_of_many_threads_calls_and_loads_on() {
    in_child("a_fork_of_many_threads_calls_and_loads_on", |host, [_, second]| {
        // Not scoped: if something is wrong the process ends, whatever they do.
        static DONE: AtomicBool = AtomicBool::new(false);
        // One thread stays inside; others come and go, which hands out records.
        let inside = thread::Builder::new().name("inside".to_owned());
        let inside = inside.spawn(|| hot::get!(threads_bundle::wait)()).unwrap();
        INSIDE.wait();
        let call = || hot::get!(threads_bundle::through_host)(1);
        let busy = move || {
            while !DONE.load(SeqCst) {
                assert_eq!(thread::spawn(call).join().unwrap(), 3);
            }
        };
        let busy = [thread::spawn(busy), thread::spawn(busy)];
        for round in 0..20 {
            // SAFETY: the child uses only what this test is about, and leaves by `_exit`.
            let child = unsafe { libc::fork() };
            assert_ne!(child, -1);
            if child == 0 {
                let went_well =
                    catch_unwind(AssertUnwindSafe(|| in_forked_child(&host, second))).is_ok();
                // SAFETY: ends the process.
                unsafe { libc::_exit(if went_well { 0 } else { 1 }) };
            }
            let mut status = 0;
            // SAFETY: `status` is a local that may be written.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            assert_eq!(status, 0, "fork {round}");
            assert_eq!(hot::get!(threads_bundle::answer)(), 1, "the parent is as it was");
        }
        DONE.store(true, SeqCst);
        busy.into_iter().for_each(|thread| thread.join().unwrap());
        // The children's loads left the parent's folder usable, and its mapped files alone.
        host.load_library(second).unwrap();
        assert_eq!(hot::get!(threads_bundle::answer)(), 2);
        let threads = host.status().unwrap().threads;
        assert_eq!(threads.len(), 1, "{threads:?}");
        assert_eq!(threads[0].name.as_deref(), Some("inside"));
        LEAVE.wait();
        inside.join().unwrap();
    });
}

fn in_forked_child(host: &Host, next: &Path) {
    // SAFETY: a watchdog: a child that waits for a lock for ever is ended by the signal.
    unsafe { libc::alarm(60) };
    assert_eq!(hot::get!(threads_bundle::through_host)(5), 11);
    host.load_library(next).unwrap();
    assert_eq!(hot::get!(threads_bundle::answer)(), 2);
    // Those threads were the parent's.
    assert_eq!(host.status().unwrap().threads, []);
    let there = thread::spawn(|| hot::get!(threads_bundle::through_host)(6)).join().unwrap();
    assert_eq!(there, 13);
}

/// The lock of publishing is held by another thread when the process forks, as often as can be had:
/// some threads look for what nothing defines, and one loads.
#[test]
fn a_child_of_a_fork_amid_publishing_calls_on() {
    in_child("a_child_of_a_fork_amid_publishing_calls_on", |host, [first, second]| {
        static DONE: AtomicBool = AtomicBool::new(false);
        let looking = || {
            while !DONE.load(SeqCst) {
                assert!(hot::try_get!(threads_bundle::never_defined).is_err());
            }
        };
        let loading = {
            let (host, libraries) = (host.clone(), [second.to_owned(), first.to_owned()]);
            move || {
                let next = libraries.iter().cycle().take_while(|_| !DONE.load(SeqCst));
                next.for_each(|library| drop(host.load_library(library).unwrap()));
            }
        };
        let busy = [thread::spawn(looking), thread::spawn(looking), thread::spawn(loading)];
        let mut refused = 0;
        for round in 0..300 {
            // SAFETY: the child uses only what this test is about, and leaves by `_exit`.
            let child = unsafe { libc::fork() };
            assert_ne!(child, -1);
            if child == 0 {
                // SAFETY: a watchdog, as above.
                unsafe { libc::alarm(10) };
                let ended = catch_unwind(AssertUnwindSafe(|| {
                    assert!(hot::try_get!(threads_bundle::never_defined).is_err());
                    assert_eq!(hot::get!(threads_bundle::through_host)(5), 11);
                    // The image asks for the first time which layout this is.
                    assert_eq!(hot::get!(threads_bundle::live)(7), 7);
                    // It loads, unless another thread did when the process was forked.
                    host.load_library(second)
                        .map_or_else(|error| error.code() == Code::Forked, |_| false)
                }));
                // SAFETY: ends the process.
                unsafe { libc::_exit(ended.map_or(9, i32::from)) };
            }
            let mut status = 0;
            // SAFETY: `status` is a local that may be written.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            assert!(libc::WIFEXITED(status), "fork {round}: {status}");
            match libc::WEXITSTATUS(status) {
                0 => {}
                1 => refused += 1,
                other => panic!("fork {round}: {other}"),
            }
        }
        assert!(refused > 0, "no fork has hit a load");
        DONE.store(true, SeqCst);
        busy.into_iter().for_each(|thread| thread.join().unwrap());
        host.load_library(second).unwrap();
        assert_eq!(hot::get!(threads_bundle::answer)(), 2);
    });
}

/// Those of whoever came before the host run within its own.
extern "C" fn handler() {
    assert!(hot::try_get!(threads_bundle::never_defined).is_err());
    NOTES.fetch_add(1, SeqCst);
}

#[test]
fn handlers_of_a_fork_call_hot_code() {
    let name = "handlers_of_a_fork_call_hot_code";
    tests::in_child(
        name,
        &[],
        || LIBRARIES.clone(),
        |libraries| {
            let it = Some(handler as unsafe extern "C" fn());
            // SAFETY: a safe function of this program.
            assert_eq!(unsafe { libc::pthread_atfork(it, it, it) }, 0);
            let host = Host::start().unwrap();
            // SAFETY: a watchdog: a handler that waits for its own thread waits for ever. It ends
            // this process, also while that waits for the child.
            unsafe { libc::alarm(60) };
            // SAFETY: the child uses only what this test is about, and leaves by `_exit`.
            let child = unsafe { libc::fork() };
            assert_eq!(NOTES.load(SeqCst), 2);
            host.load_library(&libraries[0]).unwrap();
            assert_eq!(hot::get!(threads_bundle::answer)(), 1);
            if child == 0 {
                // SAFETY: ends the process.
                unsafe { libc::_exit(7) };
            }
            let mut status = 0;
            // SAFETY: `status` is a local that may be written.
            assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
            assert_eq!((libc::WIFEXITED(status), libc::WEXITSTATUS(status)), (true, 7));
        },
    );
}

/// The files that a process has mapped are its own: parent and child load at once.
#[test]
fn parent_and_forked_child_do_not_write_over_each_others_copies() {
    let name = "parent_and_forked_child_do_not_write_over_each_others_copies";
    in_child(name, |host, [_, second]| {
        // SAFETY: shared memory of one page for the two processes' turns.
        let turn = unsafe {
            let (rights, flags) =
                (libc::PROT_READ | libc::PROT_WRITE, libc::MAP_SHARED | libc::MAP_ANONYMOUS);
            libc::mmap(ptr::null_mut(), 4096, rights, flags, -1, 0)
        };
        assert_ne!(turn, libc::MAP_FAILED);
        // SAFETY: the page is never unmapped, and an atomic is all that either process sees there.
        let turn = unsafe { &*turn.cast::<AtomicU32>() };
        let wait_for = |number| {
            while turn.load(SeqCst) != number {
                thread::yield_now();
            }
        };
        // SAFETY: as in the test above.
        let child = unsafe { libc::fork() };
        if child == 0 {
            let went_well = catch_unwind(AssertUnwindSafe(|| {
                // SAFETY: as above.
                unsafe { libc::alarm(60) };
                host.load_library(second).unwrap();
                assert_eq!(hot::get!(threads_bundle::answer)(), 2);
                turn.store(1, SeqCst);
                wait_for(2);
                // Pages that this process has not touched yet are read from its file now.
                assert_eq!(hot::get!(threads_bundle::through_host)(5), 11);
                assert!(catch_unwind(|| hot::get!(threads_bundle::panics)("x")).is_err());
            }));
            // SAFETY: ends the process.
            unsafe { libc::_exit(if went_well.is_ok() { 0 } else { 1 }) };
        }
        wait_for(1);
        let before = copies(&host);
        host.load_library(second).unwrap();
        let after = copies(&host);
        assert_eq!(after.len(), before.len() + 1, "{before:?} {after:?}");
        turn.store(2, SeqCst);
        let mut status = 0;
        // SAFETY: `status` is a local that may be written.
        assert_eq!(unsafe { libc::waitpid(child, &mut status, 0) }, child);
        assert_eq!(status, 0);
    });
}

fn copies(host: &Host) -> Vec<PathBuf> {
    let folder = host.status().unwrap().shadow_dir;
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
#[test]
fn the_threads_that_a_generation_has_started_are_told() {
    use tests::wait_until;

    hot::import! { pool_bundle => { fn workers() -> usize; } }

    /// Has two threads of its own from the first call on, as a pool has.
    const POOL: &str = r#"
use std::sync::LazyLock;
static POOL: LazyLock<Vec<std::thread::JoinHandle<()>>> =
    LazyLock::new(|| (0..2).map(|_| std::thread::spawn(|| loop { std::thread::park() })).collect());
#[hot::export]
pub fn workers() -> usize { POOL.len() }
"#;

    let test = "the_threads_that_a_generation_has_started_are_told";
    let build = || {
        let fixture = Fixture::new("pool-bundle");
        let build = |number| fixture.build(&format!("{POOL}\nconst _: u32 = {number};"));
        [1, 2, 3].map(build).to_vec()
    };
    tests::in_child(test, &[], build, |libraries| {
        let host = Host::start().unwrap();
        let started = || -> Vec<_> {
            let status = host.status().unwrap();
            status.started.iter().map(|it| (it.generation, it.threads)).collect()
        };
        let load = |library: &PathBuf| host.load_library(library).unwrap().report().unwrap();
        assert_eq!(load(&libraries[0]).threads_left, 0);
        assert_eq!(started(), []);
        assert_eq!(pool_bundle::workers(), 2);
        // They count as soon as they wait.
        wait_until(|| started() == [(1, 2)]);
        let report = load(&libraries[1]);
        assert_eq!(report.threads_left, 2);
        let line = report.to_string();
        let said = "; 2 threads of earlier generations are left: `#[hot::on_unload]` can end them";
        assert!(line.contains(said), "{line}");
        assert_eq!(pool_bundle::workers(), 2);
        wait_until(|| started() == [(1, 2), (2, 2)]);
        let text = host.status().unwrap().to_string();
        assert!(text.contains("\n  pool-bundle  2 threads of generation 1\n"), "{text}");
        // It is said once.
        let report = load(&libraries[2]);
        assert_eq!(report.threads_left, 4);
        assert!(!report.to_string().contains("left"), "{report}");
    });
}
