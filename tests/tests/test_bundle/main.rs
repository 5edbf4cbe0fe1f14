//! A bundle's life: load, call, reload, roll back, unload, and what is said of it.

mod running;

use std::{
    fs, panic,
    path::PathBuf,
    sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError},
    thread,
};

use hot::{Bundle, Code, Event, Host};
use tests::LoadLibrary as _;
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
    let bundle = HOST.load_library(fixture.build(&source("+", "Hello"))).unwrap();
    assert_eq!((bundle.name(), bundle.generation().unwrap()), ("several", 1));
    // Handles of before the reload, plain calls, a function pointer to a plain call.
    let (add, greet, push) =
        (hot::get!(several::add), hot::get!(several::greet), hot::get!(several::push));
    let pointer: fn(i32, i32) -> i32 = several::add;
    assert_eq!((add(5, 3), pointer(5, 3), greet("Ann")), (8, 8, "Hello, Ann!".to_owned()));
    push(&mut list, 10);
    let old = inner::deep();
    let again = HOST.load_library(fixture.build(&source("-", "Bye"))).unwrap();
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
    let bundle = HOST.load_library(&libraries[0]).unwrap();
    for library in &libraries[1..] {
        HOST.load_library(library).unwrap();
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
    nothing_earlier(&bundle, "the first version that was loaded is live again");
    assert_eq!(Snapshot::take(&HOST), before);
    assert_eq!(rolled::version(), 1);
    // Forward again: what was rolled back from is not kept.
    HOST.load_library(&libraries[2]).unwrap();
    assert_eq!((rolled::version(), status()), (3, (8, 8, 1)));
    bundle.rollback().unwrap();
    assert_eq!((rolled::version(), status()), (1, (9, 1, 0)));
}

#[test]
fn rolling_back_several_steps_at_once() {
    hot::import! { leaped => { fn version() -> u32; } }
    let _alone = alone();
    let libraries = versions(&Fixture::new("leaped"), 4);
    let bundle = HOST.load_library(&libraries[0]).unwrap();
    for library in &libraries[1..] {
        HOST.load_library(library).unwrap();
    }
    let report = bundle.rollback_to(2).unwrap();
    let way = report.rolled_back.unwrap();
    assert_eq!((way.from, way.to, report.generation, leaped::version()), (4, 2, 5, 2));
    // What it has left behind is no way back, and what is live is none either.
    let before = Snapshot::take(&HOST);
    for (to, what) in [(3, "is not kept"), (2, "is live already"), (9, "is not kept")] {
        let error = bundle.rollback_to(to).unwrap_err();
        assert_eq!(error.code(), Code::NoEarlier);
        assert!(error.reasons()[0].message.ends_with(what), "{error}");
    }
    assert_eq!(Snapshot::take(&HOST), before);
    assert_eq!((bundle.rollback().unwrap().generation, leaped::version()), (6, 1));
    nothing_earlier(&bundle, "the first version that was loaded is live again");
}

#[test]
fn history_is_limited() {
    let _alone = alone();
    let libraries = versions(&Fixture::new("history"), 1);
    let bundle = HOST.load_library(&libraries[0]).unwrap();
    for _ in 0..12 {
        bundle.reload().unwrap();
    }
    let back = (0..20).take_while(|_| bundle.rollback().is_ok()).count();
    assert_eq!(back, 8, "the default of `HostBuilder::history`");
    assert_eq!(bundle.generation().unwrap(), 13 + 8);
    nothing_earlier(&bundle, "there were more than the host keeps");
}

/// The bundle cannot be rolled back, and its user is told which of the cases it is.
fn nothing_earlier(bundle: &Bundle, help: &str) {
    let error = bundle.rollback().unwrap_err();
    assert_eq!(error.code(), Code::NoEarlier);
    assert!(error.reasons()[0].help.starts_with(help), "{error}");
}

#[test]
fn unloading() {
    hot::import! { unloading => { fn version() -> u32; } }
    let _alone = alone();
    let libraries = versions(&Fixture::new("unloading"), 2);
    let bundle = HOST.load_library(&libraries[0]).unwrap();
    HOST.load_library(&libraries[1]).unwrap();
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
    HOST.load_library(&libraries[0]).unwrap();
    assert_eq!((unloading::version(), bundle.generation().unwrap()), (1, 3));
    nothing_earlier(&bundle, "the live one is the first since the bundle was loaded");
    bundle.unload().unwrap();

    // Back to what the host was linked with.
    let fixture = Fixture::new("counter");
    let counter = HOST.load_library(
        fixture.build("#[hot::export] pub fn change(count: i64) -> i64 { count * 2 }"),
    );
    let counter = counter.unwrap();
    assert_eq!(hot::get!(counter::change)(10), 20);
    // It may only go once that was said; the host's own is called while nothing is loaded.
    let without = fixture.build("#[hot::export] pub fn other() {}");
    assert_eq!(HOST.load_library(&without).unwrap_err().code(), Code::UsedRemoved);
    assert_eq!(hot::get!(counter::change)(10), 20);
    counter.unload().unwrap();
    assert_eq!(hot::get!(counter::change)(10), 11);
    HOST.load_library(&without).unwrap();
    let said = panics(|| hot::get!(counter::change)(10));
    assert!(said.starts_with("HOT0507: bundle `counter` has no `counter::change`"), "{said}");
    // When it is back, it is new.
    let doubled = fixture.build("#[hot::export] pub fn change(count: i64) -> i64 { count * 2 }");
    let report = HOST.load_library(&doubled).unwrap().report().unwrap();
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
fn a_bundle_tells_the_report_of_its_generation() {
    let _alone = alone();
    let libraries = versions(&Fixture::new("reporting"), 2);
    let bundle = HOST.load_library(&libraries[0]).unwrap();
    let report = bundle.report().unwrap();
    assert_eq!((report.generation, &*report.added), (1, &["reporting::version".to_owned()][..]));
    let again = HOST.load_library(&libraries[1]).unwrap();
    let report = again.report().unwrap();
    assert_eq!(report.generation, 2);
    assert_eq!(report.changes.as_ref().expect("told").edited, ["reporting::version"]);
    assert!(Arc::ptr_eq(&report, &bundle.report().unwrap()), "one for all handles");
    assert_eq!(bundle.rollback().unwrap(), bundle.report().unwrap());
    assert_eq!(HOST.bundle("reporting").unwrap().report().unwrap().generation, 3);
    // What is refused made no generation.
    let refused = HOST.transaction().reload(&bundle).reload(&bundle).commit();
    assert_eq!(refused.unwrap_err().code(), Code::Twice);
    assert_eq!(bundle.report().unwrap().generation, 3);
    bundle.unload().unwrap();
    assert_eq!(bundle.report().unwrap_err().code(), Code::NotLoaded);
}

#[test]
fn one_name_everywhere() {
    const NAME: &str = "one-name-garden";
    let _alone = alone();
    let libraries = versions(&Fixture::new(NAME), 2);
    let other = versions(&Fixture::new("other-name-garden"), 1).remove(0);
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = events.clone();
    HOST.on_event(move |event| {
        let text = event.to_string();
        if text.contains("garden") {
            heard.lock().unwrap().push(text);
        }
    });
    let bundle = HOST.load_library(&libraries[0]).unwrap();
    assert_eq!(bundle.name(), NAME);
    let report = bundle.reload().unwrap();
    assert_eq!(report.bundle, NAME);
    assert!(report.to_json().contains(&format!("\"bundle\":\"{NAME}\"")), "{}", report.to_json());
    let status = HOST.status().unwrap();
    assert!(status.bundles.iter().any(|bundle| bundle.name == NAME));
    assert!(status.to_json().contains(&format!("\"name\":\"{NAME}\"")), "{}", status.to_json());
    // Either spelling finds it; the handle says the package's.
    for spelling in [NAME, "one_name_garden"] {
        assert_eq!(HOST.bundle(spelling).unwrap().name(), NAME);
    }

    let mut errors = Vec::new();
    let twice = HOST.transaction().load_library(&libraries[1]).reload(&bundle).commit();
    errors.push((Code::Twice, twice.map(drop).unwrap_err()));
    let kept = fs::read(&libraries[0]).unwrap();
    fs::copy(&other, &libraries[0]).unwrap();
    errors.push((Code::OtherBundle, bundle.reload().map(drop).unwrap_err()));
    assert!(errors[1].1.to_string().contains("`other-name-garden`"), "{}", errors[1].1);
    fs::remove_file(&libraries[0]).unwrap();
    fs::write(&libraries[0], kept).unwrap();
    bundle.rollback().unwrap();
    errors.push((Code::NoEarlier, bundle.rollback().map(drop).unwrap_err()));
    bundle.unload().unwrap();
    errors.push((Code::NotLoaded, bundle.rollback().map(drop).unwrap_err()));
    errors.push((Code::NotLoaded, bundle.unload().unwrap_err()));
    for (code, error) in errors {
        assert_eq!(error.code(), code);
        let message = &error.reasons()[0].message;
        assert!(message.contains(&format!("`{NAME}`")), "{message}");
        assert!(error.to_json().contains(NAME), "{}", error.to_json());
    }
    // Listeners heard the crate's name only in paths of definitions.
    let events = events.lock().unwrap();
    assert!(events.len() >= 8, "{events:?}");
    for event in &*events {
        let first = event.lines().next().unwrap();
        let said = first.replace("one_name_garden::version", "");
        assert!(said.contains(NAME) && !said.contains("one_name_garden"), "{event}");
    }
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
    let bundle = HOST.load_library(&library).unwrap();
    assert_eq!((file_twice::next(), file_twice::next()), (0, 1));
    let retired = HOST.status().unwrap().retired;
    HOST.load_library(&library).unwrap();
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
    let bundle = HOST.load_library(&library).unwrap();
    fs::copy(&other, &library).unwrap();
    let before = Snapshot::take(&HOST);
    assert_eq!(bundle.reload().unwrap_err().code(), Code::OtherBundle);
    assert_eq!(Snapshot::take(&HOST), before);
    HOST.load_library(&library).unwrap();
    assert_eq!((bundle.generation().unwrap(), HOST.bundle("is-here-now").is_some()), (1, true));
}

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
            Event::Unloaded { bundle, .. } => format!("unloaded {bundle}"),
            Event::Refused(error) => format!("refused {}", error.code().id()),
            other => panic!("{other}"),
        };
        // It has happened when the listener hears of it, and no lock is held.
        HOST.status().unwrap();
        let generation = HOST.bundle("eventful").map(|bundle| bundle.generation().unwrap());
        log.lock().unwrap().push((text, thread::current().id(), generation));
    });
    let bundle = HOST.load_library(&libraries[0]).unwrap();
    HOST.load_library(&libraries[1]).unwrap();
    bundle.rollback().unwrap();
    bundle.rollback().unwrap_err();
    HOST.load_library("missing.so").unwrap_err();
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
            1 => drop(HOST.load_library(&second).unwrap()),
            3 => panic!("the listener's own"),
            _ => {}
        },
        _ => {}
    });
    let bundle = HOST.load_library(&libraries[0]).unwrap();
    assert_eq!((relistened::version(), bundle.generation().unwrap()), (2, 2));
    // The commit is complete, the panic ends at the listener, and the host works on.
    HOST.load_library(&libraries[0]).unwrap();
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
    HOST.load_library(&libraries[0]).unwrap();
    // Nobody calls it yet.
    HOST.check(&wrong).unwrap();
    assert_eq!(checked::version(), 1);
    let before = Snapshot::take(&HOST);
    HOST.check(&libraries[1]).unwrap();
    let error = HOST.check(&wrong).unwrap_err();
    assert_eq!(Snapshot::take(&HOST), before);
    assert_eq!(checked::version(), 1);
    assert_eq!(error.to_string(), HOST.load_library(&wrong).map(drop).unwrap_err().to_string());
    assert_eq!(HOST.load_library(&libraries[1]).unwrap().generation().unwrap(), 2);
}
