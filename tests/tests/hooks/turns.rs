//! Who loads while they run.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use hot::{Bundle, Code, Host};
use tests::{Fixture, LoadLibrary as _, in_child, refusal::fact, wait_until};

use crate::{SAYS, alone, hooks_long, next_act, said, source};

/// A bundle whose `start` and `stop` say what came of what the host does then.
fn acting(name: &str, version: &str) -> PathBuf {
    let more = "#[hot::on_load] fn start() { say(&format!(\"start {}\", hooks::act())) }
                #[hot::on_unload] fn stop() { say(&format!(\"stop {}\", hooks::act())) }";
    Fixture::new(name).build(&source(version, more))
}

fn code<T>(result: hot::Result<T>) -> String {
    result.map(drop).map_err(|error| error.code().id()).err().unwrap_or("done").to_owned()
}

#[test]
fn a_load_within_them_is_an_error() {
    let (_alone, host) = alone();
    let library = acting("hooks_inside", "1");
    let bundle = host.load_library(&library).unwrap();
    assert_eq!(said(), ["hooks_inside 1 start "]);
    type Try = fn(&Host, &Bundle) -> String;
    let tries: [(&str, Try); 5] = [
        ("HOT0604", |_, bundle| code(bundle.reload())),
        ("HOT0604", |_, bundle| code(bundle.rollback())),
        ("HOT0604", |_, bundle| code(bundle.unload())),
        ("done", |host, _| code(host.status())),
        // It is waited for, on a thread that waits itself.
        ("HOT0609", |_, bundle| {
            let bundle = bundle.clone();
            thread::spawn(move || code(bundle.reload())).join().unwrap()
        }),
    ];
    for (expected, attempt) in tries {
        let (host, within) = (host.clone(), bundle.clone());
        // At the unload; the load finds nothing to do.
        next_act(move || attempt(&host, &within));
        bundle.reload().unwrap();
        let stop = format!("hooks_inside 1 stop {expected}");
        assert_eq!(said(), [&*stop, "hooks_inside 1 start "]);
    }
    let within = bundle.clone();
    next_act(move || code(within.reload()));
    bundle.unload().unwrap();
    assert_eq!(said(), ["hooks_inside 1 stop HOT0604"]);
}

#[test]
fn a_function_that_takes_long_holds_up_loads_and_no_calls() {
    let (_alone, host) = alone();
    let bundle = host.load_library(acting("hooks_long", "1")).unwrap();
    let two = acting("hooks_long", "2");
    let (go, gone) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (waits, runs) = (go.clone(), gone.clone());
    said();
    thread::scope(|scope| {
        // `stop` of the first, and then `start` of the second.
        next_act(move || {
            next_act(move || {
                runs.store(true, SeqCst);
                wait_until(|| waits.load(SeqCst));
                "late".to_owned()
            });
            String::new()
        });
        let loads = scope.spawn(|| host.load_library(&two).unwrap().report().unwrap());
        wait_until(|| gone.load(SeqCst));
        assert_eq!(hooks_long::version(), "2");
        assert_eq!(bundle.generation().unwrap(), 2);
        let refused = bundle.rollback().unwrap_err();
        assert_eq!(refused.code(), Code::Inside);
        assert!(fact(&refused.reasons()[0], "inside").starts_with("thread"), "{refused}");
        go.store(true, SeqCst);
        assert_eq!(loads.join().unwrap().generation, 2);
    });
    assert_eq!(said(), ["hooks_long 1 stop ", "hooks_long 2 start late"]);
    bundle.unload().unwrap();
}

/// Each generation's functions come in pairs, whoever loads.
#[test]
fn loads_on_many_threads_keep_the_order() {
    let fixture = Fixture::new("hooks_many");
    let build = || ["1", "2"].map(|version| fixture.build(&(source(version, SAYS)))).to_vec();
    in_child("loads_on_many_threads_keep_the_order", &[], build, |libraries| {
        let host = Host::builder().patience(Duration::from_secs(300)).start().unwrap();
        thread::scope(|scope| {
            for library in libraries.iter().cycle().take(4) {
                let host = &host;
                scope.spawn(move || {
                    for _ in 0..10 {
                        host.load_library(library).unwrap();
                    }
                });
            }
        });
        host.bundle("hooks_many").unwrap().unload().unwrap();
        let said = said();
        assert_eq!(said.len(), 80);
        for pair in said.chunks(2) {
            let [start, stop] = pair else { panic!("an odd one") };
            assert_eq!(start.replace("start", "stop"), *stop);
        }
    });
}

/// Runs this in a child that is forked now; whether it came to its end there.
#[cfg(unix)]
fn in_fork(body: impl FnOnce()) -> bool {
    // SAFETY: the child goes on with this thread only, and ends without the parent's exit handlers.
    match unsafe { libc::fork() } {
        0 => {
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
            // SAFETY: it ends the child.
            unsafe { libc::_exit(i32::from(result.is_err())) }
        }
        child => {
            let mut status = 0;
            // SAFETY: it is this process's own child, and the status has room.
            assert_eq!(unsafe { libc::waitpid(child, &raw mut status, 0) }, child);
            libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0
        }
    }
}

/// A child loads, whether it is forked within a function or beside one that nobody goes on with there.
#[test]
#[cfg(unix)]
fn a_child_that_is_forked_meanwhile_loads() {
    let test = "a_child_that_is_forked_meanwhile_loads";
    let build = || vec![acting("hooks_fork", "1"), acting("hooks_fork", "2")];
    in_child(test, &[], build, |libraries| {
        let host = Host::start().unwrap();
        host.load_library(&libraries[0]).unwrap();
        let (inside, go) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let (runs, waits) = (inside.clone(), go.clone());
        next_act(move || {
            runs.store(true, SeqCst);
            wait_until(|| waits.load(SeqCst));
            // This thread has the turn in the child, too.
            let host = Host::current().unwrap();
            let within = || assert_eq!(code(host.load_library("missing.so")), "HOT0604");
            in_fork(within).to_string()
        });
        thread::scope(|scope| {
            scope.spawn(|| host.load_library(&libraries[1]).unwrap());
            wait_until(|| inside.load(SeqCst));
            let beside = in_fork(|| drop(host.load_library(&libraries[0]).unwrap()));
            go.store(true, SeqCst);
            assert!(beside);
        });
        assert!(said().contains(&"hooks_fork 1 stop true".to_owned()));
    });
}
