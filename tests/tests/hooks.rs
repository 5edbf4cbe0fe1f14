//! `#[hot::on_load]` and `#[hot::on_unload]`: when they run, what becomes of those that fail, and what they may
//! do.

use std::{
    mem,
    path::PathBuf,
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::SeqCst},
        mpsc,
    },
    thread,
    time::Duration,
};

use hot::{Bundle, Code, Event, Host, Report};
use tests::{Fixture, LoadLibrary as _, in_child, refusal::fact, wait_until};

/// The tests share a host, and what bundles say.
fn alone() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());
    static ONE: Mutex<()> = Mutex::new(());
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    said();
    (one, HOST.clone())
}

static SAID: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[hot::export]
fn note(text: &str) {
    SAID.lock().unwrap().push(text.to_owned());
}

/// What bundles have said since this was asked last.
fn said() -> Vec<String> {
    mem::take(&mut *SAID.lock().unwrap())
}

/// What a bundle asks for within its functions.
type Act = Box<dyn FnOnce() -> String + Send>;

static ACT: Mutex<Option<Act>> = Mutex::new(None);

#[hot::export]
fn act() -> String {
    let act = ACT.lock().unwrap().take();
    act.map_or_else(String::new, |act| act())
}

fn next_act(act: impl FnOnce() -> String + Send + 'static) {
    *ACT.lock().unwrap() = Some(Box::new(act));
}

/// A bundle whose functions say what they are; `start` does what the host says, too.
fn source(version: &str, more: &str) -> String {
    format!(
        "hot::import! {{ hooks => {{ fn note(text: &str); fn act() -> String; }} }}
         fn say(what: &str) {{ hooks::note(&format!(\"{{}} {version} {{what}}\", env!(\"CARGO_PKG_NAME\"))) }}
         #[hot::export] pub fn version() -> String {{ {version:?}.to_owned() }}
         {more}"
    )
}

const SAYS: &str = "
    #[hot::on_load] fn start() { say(\"start\") }
    #[hot::on_unload] fn stop() { say(\"stop\") }";

hot::import! {
    hooks_order => { fn version() -> String; }
    hooks_base => { fn version() -> String; }
    hooks_state => { fn values() -> Vec<String>; }
    hooks_long => { fn version() -> String; }
}

#[test]
fn they_run_at_each_change_of_what_is_live() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("hooks_order");
    // The newest definitions are live already, and the code is each generation's own.
    let more = "
        mod within {
            #[hot::on_load] fn start() { super::say(\"within\") }
            pub fn after() { super::say(\"after\") }
        }
        #[hot::on_unload] fn first() { say(&format!(\"first {}\", version())) }
        #[hot::on_unload] fn second() { say(\"second\") }
        #[hot::on_load] fn third() { say(&format!(\"third {}\", version())) }
        #[hot::on_load] fn fourth() -> Result<(), std::num::ParseIntError> { say(\"fourth\"); Ok(()) }
        #[cfg(any())] #[hot::on_load] fn never() { nothing }";
    let version = |version: &str| {
        fixture
            .build_root(&format!("hot::bundle!(after = within::after);\n{}", source(version, more)))
    };
    let (one, two) = (version("1"), version("2"));
    let starts = |version: &str| {
        let all = [&format!("third {version}"), "fourth", "after", "within"].map(str::to_owned);
        all.map(|what| format!("hooks_order {version} {what}"))
    };
    let stops = |version: &str, new: &str| {
        [format!("hooks_order {version} first {new}"), format!("hooks_order {version} second")]
    };
    let bundle = host.load_library(&one).unwrap();
    assert_eq!(said(), starts("1"));
    host.load_library(&two).unwrap();
    assert_eq!(said(), [&stops("1", "2")[..], &starts("2")].concat());
    bundle.reload().unwrap();
    assert_eq!(said(), [&stops("2", "2")[..], &starts("2")].concat());
    let report = bundle.rollback_to(1).unwrap();
    assert_eq!((report.generation, &*report.failed_hooks), (4, &[][..]));
    assert_eq!(said(), [&stops("2", "1")[..], &starts("1")].concat());
    // What is refused runs nothing.
    let refused = fixture.build_root(
        "hot::bundle!(init = refuse); fn refuse() -> Result<(), &'static str> { Err(\"no\") }",
    );
    host.load_library(&refused).unwrap_err();
    assert_eq!(said(), [""; 0]);
    bundle.unload().unwrap();
    // It calls what it was linked with.
    assert_eq!(said(), stops("1", "1"));
}

#[test]
fn who_imports_comes_later_and_goes_earlier() {
    let (_alone, host) = alone();
    // By their names the other way round.
    let user = |version: &str| {
        let more = "hot::import! { hooks_base => { fn version() -> String; } }
                    #[hot::export] pub fn base() -> String { hooks_base::version() }";
        let own = "hot::bundle!();".to_owned()
            + &source(version, more).replace("pub fn version", "pub fn own");
        Fixture::new("hooks_a_user").build_root(&(own + SAYS))
    };
    let base = |version: &str| Fixture::new("hooks_base").build(&(source(version, "") + SAYS));
    let commit = |a: &PathBuf, b: &PathBuf| {
        host.transaction().load_library(a).load_library(b).commit().unwrap();
        said()
    };
    let (users, bases) = ([user("1"), user("2")], [base("1"), base("2")]);
    assert_eq!(commit(&users[0], &bases[0]), ["hooks_base 1 start", "hooks_a_user 1 start"]);
    let reloaded =
        ["hooks_a_user 1 stop", "hooks_base 1 stop", "hooks_base 2 start", "hooks_a_user 2 start"];
    assert_eq!(commit(&bases[1], &users[1]), reloaded);
    let [user, base] = ["hooks_a_user", "hooks_base"].map(|name| host.bundle(name).unwrap());
    host.transaction().rollback(&base).rollback(&user).commit().unwrap();
    let back =
        ["hooks_a_user 2 stop", "hooks_base 2 stop", "hooks_base 1 start", "hooks_a_user 1 start"];
    assert_eq!(said(), back);
    user.unload().unwrap();
    base.unload().unwrap();
    assert_eq!(said(), ["hooks_a_user 1 stop", "hooks_base 1 stop"]);
}

#[test]
fn errors_and_panics_are_told_and_the_others_run() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("hooks-fail");
    let library = fixture.build(&source(
        "1",
        "#[hot::on_load] fn err() -> Result<(), String> { Err(\"no port\".to_owned()) }
         #[hot::on_load] fn panics() { panic!(\"no {}\", \"luck\") }
         struct Bad;
         impl std::fmt::Display for Bad {
             fn fmt(&self, _: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { panic!(\"no text\") }
         }
         #[hot::on_load] fn bad() -> Result<(), Bad> { Err(Bad) }
         #[hot::on_load] fn start() { say(\"start\") }
         #[hot::on_unload] fn stop() -> Result<(), &'static str> { Err(\"stuck\") }",
    ));
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = events.clone();
    host.on_event(move |event| heard.lock().unwrap().push(event.to_string()));
    let bundle = host.load_library(&library).unwrap();
    let report = bundle.report().unwrap();
    let failed = |report: &Report| -> Vec<_> {
        report.failed_hooks.iter().map(|it| (it.to_string(), it.generation)).collect()
    };
    let starts = [
        "on_load `hooks_fail::err` failed: no port",
        "on_load `hooks_fail::panics` panicked: no luck",
        "on_load `hooks_fail::bad` panicked: no text",
    ];
    assert_eq!(failed(&report), starts.map(|it| (it.to_owned(), 1)));
    assert_eq!(said(), ["hooks-fail 1 start"]);
    let line = report.to_string();
    assert!(line.contains(&format!("; {}", starts.join("; "))), "{line}");
    assert!(events.lock().unwrap().contains(&line), "the event has it");
    let json: serde_json::Value = serde_json::from_str(&report.to_json()).unwrap();
    let first = &json["failed_hooks"][0];
    assert_eq!(first["error"], "no port");
    assert_eq!((&first["attribute"], &first["panicked"]), (&"on_load".into(), &false.into()));
    let report = bundle.reload().unwrap();
    assert_eq!(failed(&report)[0], ("on_unload `hooks_fail::stop` failed: stuck".to_owned(), 1));
    assert_eq!(failed(&report)[1..], starts.map(|it| (it.to_owned(), 2)));
    bundle.unload().unwrap();
    let last = events.lock().unwrap().pop().unwrap();
    assert_eq!(last, "hooks-fail: unloaded; on_unload `hooks_fail::stop` failed: stuck");
}

/// Bundles whose `start` fails with what the host says, if it says anything.
fn failing() -> Vec<PathBuf> {
    let more = "
        #[hot::on_load] fn start() -> Result<(), String> {
            say(\"start\");
            match hooks::act() { text if text.is_empty() => Ok(()), text => Err(text) }
        }
        #[hot::on_load] fn start_more() { say(\"more\") }
        #[hot::on_unload] fn stop() { say(\"stop\") }";
    let build = |name: &str, version| Fixture::new(name).build(&source(version, more));
    vec![
        build("hooks_back", "1"),
        build("hooks_back", "2"),
        build("hooks_too", "1"),
        build("hooks_too", "2"),
    ]
}

#[test]
fn the_host_goes_back_if_it_is_to() {
    let test = "the_host_goes_back_if_it_is_to";
    in_child(test, &[], failing, |libraries| {
        let host = Host::builder().rollback_on_hook_error().start().unwrap();
        let (sender, events) = mpsc::channel();
        let sender = Mutex::new(sender);
        host.on_event(move |event| {
            let what = match event {
                Event::Loaded(report) => format!("loaded {}", report.generation),
                Event::RolledBack(report) => format!("back {:?}", report.why),
                Event::Unloaded { bundle, .. } => format!("unloaded {bundle}"),
                Event::Refused(error) => format!("refused {}", error.code().id()),
                other => panic!("{other}"),
            };
            if let Event::Refused(error) = event {
                if error.code() == Code::FileMissing {
                    return;
                }
            } else {
                // A listener may load.
                let missing = Host::current().unwrap().load_library("missing.so");
                assert_eq!(missing.unwrap_err().code(), Code::FileMissing);
            }
            sender.lock().unwrap().send(what).unwrap();
        });
        let events = || events.try_iter().collect::<Vec<_>>();
        let fails = |text: &'static str| next_act(move || text.to_owned());

        // Not loaded before.
        fails("no port");
        let error = host.load_library(&libraries[0]).unwrap_err();
        assert_eq!(error.code(), Code::HookFailed);
        assert_eq!(
            error.reasons()[0].message,
            "`hooks_back::start`, which runs after a load, failed"
        );
        assert_eq!(fact(&error.reasons()[0], "said"), "no port");
        let now = fact(&error.reasons()[0], "now");
        assert_eq!(now, "bundle `hooks_back` is not loaded, as before");
        assert_eq!(said(), ["hooks_back 1 start", "hooks_back 1 more", "hooks_back 1 stop"]);
        assert!(host.bundle("hooks_back").is_none());
        assert_eq!(events(), ["loaded 1", "unloaded hooks_back", "refused HOT0611"]);

        let bundle = host.load_library(&libraries[0]).unwrap();
        assert_eq!(bundle.generation().unwrap(), 2);
        said();
        events();
        fails("no port");
        let error = host.load_library(&libraries[1]).unwrap_err();
        let now = fact(&error.reasons()[0], "now");
        assert_eq!(now, "generation 2 of bundle `hooks_back` is live again, as 4");
        let way = [
            "hooks_back 1 stop",
            "hooks_back 2 start",
            "hooks_back 2 more",
            "hooks_back 2 stop",
            "hooks_back 1 start",
            "hooks_back 1 more",
        ];
        assert_eq!(said(), way);
        let why = "back Some(\"on_load `hooks_back::start` failed: no port\")";
        assert_eq!(events(), ["loaded 3", why, "refused HOT0611"]);
        assert_eq!(bundle.generation().unwrap(), 4);

        // What comes back fails, too: it stays.
        next_act(|| {
            fails_next("again");
            "no port".to_owned()
        });
        host.load_library(&libraries[1]).unwrap_err();
        assert_eq!(said().len(), way.len());
        let failed = bundle.report().unwrap().failed_hooks.clone();
        assert_eq!((bundle.generation().unwrap(), &*failed[0].error), (6, "again"));

        // So does what was asked for.
        host.load_library(&libraries[1]).unwrap();
        fails("no way");
        let report = bundle.rollback().unwrap();
        assert_eq!((report.generation, &*report.failed_hooks[0].error), (8, "no way"));

        // What was loaded together goes back together.
        said();
        let other = host.load_library(&libraries[2]).unwrap();
        said();
        events();
        next_act(|| {
            fails_next("no port");
            String::new()
        });
        let both = host.transaction().load_library(&libraries[1]).load_library(&libraries[3]);
        let error = both.commit().unwrap_err();
        assert_eq!(error.reasons().len(), 1, "{error}");
        assert_eq!(error.to_string().matches("is live again").count(), 2, "{error}");
        assert_eq!((bundle.generation().unwrap(), other.generation().unwrap()), (10, 3));
        assert_eq!(said().len(), 12);
        assert_eq!(events().len(), 5);
    });
}

/// The function that runs after the next one fails with this.
fn fails_next(text: &'static str) {
    // `act` has taken this one out already.
    next_act(move || text.to_owned());
}

#[test]
fn where_there_is_no_way_back_the_new_generation_stays() {
    let test = "where_there_is_no_way_back_the_new_generation_stays";
    in_child(test, &[], failing, |libraries| {
        let host = Host::builder().rollback_on_hook_error().history(0).start().unwrap();
        let bundle = host.load_library(&libraries[0]).unwrap();
        let refused = Arc::new(Mutex::new(Vec::new()));
        let heard = refused.clone();
        host.on_event(move |event| {
            if let Event::Refused(error) = event {
                heard.lock().unwrap().push(error.to_string());
            }
        });
        next_act(|| "no port".to_owned());
        let report = host.load_library(&libraries[1]).unwrap().report().unwrap();
        assert_eq!((report.generation, &*report.failed_hooks[0].error), (2, "no port"));
        assert_eq!(bundle.generation().unwrap(), 2);
        let refused = refused.lock().unwrap();
        assert_eq!(refused.len(), 1);
        assert!(refused[0].starts_with("HOT0602") && refused[0].contains("no port"), "{refused:?}");
    });
}

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

/// A value that moves is there for the new code; the old code gets an error, which is told.
#[test]
fn they_find_states_as_callers_do() {
    let (_alone, host) = alone();
    let fixture = Fixture::new("hooks_state");
    let version = |version: &str, ty: &str| {
        let more = format!(
            "#[hot::export] pub static SEEN: hot::State<Vec<String>> = hot::State::new(Vec::new);
             #[hot::export] pub static SIZE: hot::State<{ty}> = hot::State::new(|| 1);
             #[hot::on_load] fn start() {{ *SIZE.write() += 1; SEEN.write().push(format!(\"{version} {{}}\", *SIZE.read())) }}
             #[hot::on_unload] fn stop() {{ SEEN.write().push(\"{version} stop\".to_owned()); drop(SIZE.read()) }}
             #[hot::export] pub fn values() -> Vec<String> {{ SEEN.read().clone() }}"
        );
        fixture.build(&source(version, &more))
    };
    let bundle = host.load_library(version("1", "u8")).unwrap();
    let report = host.load_library(version("2", "u16")).unwrap().report().unwrap();
    assert_eq!(hooks_state::values(), ["1 2", "1 stop", "2 3"]);
    let failed = &report.failed_hooks[0];
    assert!(failed.panicked && failed.error.starts_with("HOT0405"), "{failed}");
    assert_eq!(report.failed_hooks.len(), 1, "{report}");
    bundle.unload().unwrap();
}

/// A bundle with a thread of its own, which each load starts and, if it is to, the unload ends.
const POOL: &str = r#"
use std::{sync::{Mutex, mpsc}, thread};
static POOL: Mutex<Option<(mpsc::Sender<()>, thread::JoinHandle<()>)>> = Mutex::new(None);

#[hot::on_load]
fn start() {
    let (sender, jobs) = mpsc::channel::<()>();
    let (runs, running) = mpsc::channel();
    let worker = thread::spawn(move || {
        runs.send(()).unwrap();
        jobs.into_iter().for_each(drop);
    });
    // It counts as soon as it waits.
    running.recv().unwrap();
    wait_until_idle();
    *POOL.lock().unwrap() = Some((sender, worker));
}

fn wait_until_idle() {
    let idle = || std::fs::read_dir("/proc/self/task").unwrap().flatten().all(|it| {
        let syscall = std::fs::read_to_string(it.path().join("syscall")).unwrap_or_default();
        let is_own = it.file_name().to_str() == Some(&unsafe { gettid() }.to_string());
        is_own || !syscall.starts_with("running")
    });
    while !idle() { thread::yield_now() }
}

unsafe extern "C" { fn gettid() -> i32; }
"#;

const ENDS: &str = "
#[hot::on_unload]
fn stop() {
    let (sender, worker) = POOL.lock().unwrap().take().unwrap();
    drop(sender);
    worker.join().unwrap();
}";

#[test]
#[cfg(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"))]
fn a_pool_ends_with_its_generation() {
    let test = "a_pool_ends_with_its_generation";
    let build = || {
        let build = |name: &str, more: &str, version: u32| {
            Fixture::new(name).build(&format!("{POOL}{more}\nconst _: u32 = {version};"))
        };
        vec![
            build("hooks_pool", ENDS, 1),
            build("hooks_pool", ENDS, 2),
            build("hooks_leaky", "", 1),
            build("hooks_leaky", "", 2),
            build("hooks_leaky", "", 3),
        ]
    };
    in_child(test, &[], build, |libraries| {
        let host = Host::start().unwrap();
        let load = |library: &PathBuf| host.load_library(library).unwrap().report().unwrap();
        let started = || -> Vec<_> {
            let started = host.status().unwrap().started;
            started.into_iter().map(|it| (it.bundle, it.generation, it.threads)).collect()
        };
        let pool = |generation| [("hooks_pool".to_owned(), generation, 1)];
        load(&libraries[0]);
        wait_until(|| started() == pool(1));
        let report = load(&libraries[1]);
        assert_eq!((report.threads_left, report.threads_started), (0, 1));
        assert!(!report.to_string().contains("thread"), "{report}");
        assert_eq!(started(), pool(2));
        let bundle = host.bundle("hooks_pool").unwrap();
        let report = bundle.rollback().unwrap();
        assert_eq!((report.threads_left, report.threads_started), (0, 1));
        assert_eq!(started(), pool(1), "of the image that is live again");
        bundle.unload().unwrap();
        assert_eq!(started(), []);

        // One that only starts is told so at the second load, once.
        load(&libraries[2]);
        let report = load(&libraries[3]);
        assert_eq!((report.threads_left, report.threads_started), (1, 1));
        let said = "; a thread of an earlier generation is left, and this one has started another: \
                    `#[hot::on_unload]` can end them";
        assert!(report.to_string().contains(said), "{report}");
        let report = load(&libraries[4]);
        assert_eq!((report.threads_left, report.threads_started), (2, 1));
        assert!(!report.to_string().contains("thread"), "{report}");
        let leaky = |generation| ("hooks_leaky".to_owned(), generation, 1);
        assert_eq!(started(), [leaky(1), leaky(2), leaky(3)]);
        let text = host.status().unwrap().to_string();
        assert!(text.contains("hooks_leaky  1 thread of generation 2\n"), "{text}");
    });
}
