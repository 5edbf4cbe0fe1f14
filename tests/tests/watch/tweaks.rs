//! Saves that change literals only: live while nothing compiles, and built afterwards.

use std::{
    fs::{self, File},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, SystemTime},
};

use hot::{Code, Event, Outcome, Tweaked};
use tests::{
    dev::{Edited, bundle, patiently},
    value,
};

use super::DEV;

/// `value` adds what `more` says, and counts its calls.
fn source(number: &str, small: &str, more: &str) -> String {
    format!(
        "hot::bundle!();\n\
         mod other;\n\
         #[hot::export]\n\
         pub static CALLS: hot::State<i32> = hot::State::new(|| 0);\n\
         #[hot::export(tweak)]\n\
         pub fn value() -> i32 {{\n\
             *CALLS.write() += 1;\n\
             let add = |to| to + {number};\n\
             add({more})\n\
         }}\n\
         #[hot::export]\n\
         pub fn calls() -> i32 {{ *CALLS.read() }}\n\
         #[hot::export]\n\
         pub fn small() -> i32 {{\n\
             let small: u8 = hot::tweak!({small});\n\
             i32::from(small)\n\
         }}\n"
    )
}

/// What was said of literals in one bundle.
struct Said(Arc<Mutex<Vec<Arc<Tweaked>>>>, Mutex<usize>);

impl Said {
    fn of(bundle: &'static str) -> Said {
        let all = Arc::<Mutex<Vec<_>>>::default();
        let heard = all.clone();
        DEV.host.on_event(move |event| {
            if let Event::Tweaked(tweaked) = event
                && tweaked.bundles == [bundle]
            {
                heard.lock().unwrap().push(tweaked.clone());
            }
        });
        Said(all, Mutex::new(0))
    }

    /// The next of them, without the time.
    #[track_caller]
    fn next(&self) -> String {
        let mut seen = self.1.lock().unwrap();
        let next = patiently("a tweak", || self.0.lock().unwrap().get(*seen).cloned());
        *seen += 1;
        let line = next.to_string();
        assert!(line.ends_with(" ms; the build follows"), "{line}");
        line.rsplit_once(", in ").unwrap().0.to_owned()
    }

    #[track_caller]
    fn nothing_more(&self) {
        assert_eq!(self.0.lock().unwrap().len(), *self.1.lock().unwrap());
    }
}

#[test]
fn literals_are_live_without_a_compiler() {
    let edited = Edited::new(&DEV, "watch_tweak", |workspace| {
        bundle(workspace, "watch_tweak", "1");
        workspace.write("watch_tweak/src/lib.rs", &source("3", "5", "-10"));
        workspace.write("watch_tweak/src/other.rs", "");
    });
    let bundle = edited.load("watch_tweak");
    let (file, other) =
        (edited.path("watch_tweak/src/lib.rs"), edited.path("watch_tweak/src/other.rs"));
    let said = Said::of("watch_tweak");
    let save = |number, small, more| fs::write(&file, source(number, small, more)).unwrap();
    let value = || value!(DEV, "watch_tweak::value");
    let small = || value!(DEV, "watch_tweak::small");
    let refused = || {
        let saved = edited.next();
        let Outcome::Refused { error, .. } = &saved.outcome else { panic!("{saved}") };
        assert_eq!(error.code(), Code::BuildFailed);
    };
    assert_eq!((value(), small()), (-7, 5));

    // Nothing compiles from now on.
    fs::write(&other, "nowhere_in_watch_tweak!();").unwrap();
    refused();
    save("7", "5", "-10");
    assert_eq!(said.next(), "tweaked: `watch_tweak::value` 3 -> 7");
    assert_eq!((value(), small()), (-3, 5));
    refused();
    // Several at once, one with its minus, below what else has come.
    fs::write(&file, format!("// Moved.\n{}", source("7", "250", "-20"))).unwrap();
    assert_eq!(said.next(), "tweaked: `watch_tweak::value` -10 -> -20, `watch_tweak` 5 -> 250");
    assert_eq!((value(), small()), (-13, 250));
    refused();
    // Back to what is built.
    save("3", "5", "-10");
    assert_eq!(
        said.next(),
        "tweaked: `watch_tweak::value` 7 -> 3, `watch_tweak::value` -20 -> -10, `watch_tweak` 250 -> 5"
    );
    assert_eq!((value(), small()), (-7, 5));
    refused();
    // What does not fit is written nowhere, and rustc says why.
    save("8", "300", "-10");
    refused();
    // Neither is what comes with other code.
    save("8", "6", "-10 * 1");
    refused();
    assert_eq!((value(), small()), (-7, 5));
    save("9", "5", "-10");
    assert_eq!(said.next(), "tweaked: `watch_tweak::value` 3 -> 9");
    refused();
    assert_eq!((value(), value!(DEV, "watch_tweak::calls")), (-1, 6), "the state stays");

    // What is built agrees.
    fs::write(&other, "").unwrap();
    let saved = edited.next();
    let Outcome::Live(reports) = &saved.outcome else { panic!("{saved}") };
    assert_eq!((reports[0].generation, value()), (2, -1));
    assert!(saved.differing.is_empty(), "{saved}");
    assert_eq!(value!(DEV, "watch_tweak::calls"), 7);

    // A value that rustc does not take either.
    small();
    save("9", "300", "-10");
    refused();
    let rustc = DEV.rustc();
    assert!(rustc.contains("literal out of range for `u8`"), "{rustc}");
    assert_eq!(small(), 5);
    said.nothing_more();

    // A rollback goes to the values that the code was built with.
    save("11", "5", "-10");
    assert_eq!(said.next(), "tweaked: `watch_tweak::value` 9 -> 11");
    assert_eq!((edited.live()[0].generation, value()), (3, 1));

    // A file whose time is older than the build is not built, if the time of what rustc has written of it does
    // not tell either.
    let written = bundle.library().unwrap().with_file_name("deps/watch_tweak.d");
    let draft = file.with_extension("draft");
    fs::write(&draft, source("13", "5", "-10")).unwrap();
    File::open(&draft).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    fs::rename(&draft, &file).unwrap();
    let is_said = AtomicBool::new(false);
    let saved = thread::scope(|scope| {
        scope.spawn(|| {
            let rights = fs::metadata(&written).unwrap().permissions();
            while !is_said.load(Ordering::Relaxed) {
                fs::set_permissions(&written, rights.clone()).unwrap();
                thread::sleep(Duration::from_millis(1));
            }
        });
        let saved = catch_unwind(AssertUnwindSafe(|| {
            assert_eq!(said.next(), "tweaked: `watch_tweak::value` 11 -> 13");
            edited.next()
        }));
        is_said.store(true, Ordering::Relaxed);
        saved.unwrap()
    });
    assert!(matches!(saved.outcome, Outcome::Unchanged), "{saved}");
    assert_eq!(
        saved.to_string(),
        "lib.rs: nothing changed; HOT0719: 13 was written for lib.rs:8, and 11 was built"
    );
    assert_eq!(value(), 3);

    bundle.rollback().unwrap();
    assert_eq!(value(), -1, "it was 11 in that generation, too");
    said.nothing_more();
}

/// Its init function, which runs while a generation is loaded and nobody is led to it yet, saves the
/// source that somebody has left for it. `built` tells which number it was built with: so many lines are
/// above it.
fn late_source(number: u32, more: &str) -> String {
    let above = "// Why.\n".repeat(number as usize);
    format!(
        "{above}#[hot::export]\n\
         pub fn built() -> u32 {{ line!() - 2 }}\n\
         hot::bundle!(init = save);\n\
         mod other;\n\
         fn save() {{\n\
             let folder = std::path::Path::new(env!(\"CARGO_MANIFEST_DIR\"));\n\
             if let Ok(source) = std::fs::read(folder.join(\"left\")) {{\n\
                 std::fs::remove_file(folder.join(\"left\")).unwrap();\n\
                 std::fs::write(folder.join(\"src/other.rs\"), \"// Saved, too.\").unwrap();\n\
                 std::fs::write(folder.join(\"src/lib.rs\"), source).unwrap();\n\
             }}\n\
         }}\n\
         #[hot::export(tweak)]\n\
         pub fn value() -> i32 {{ {number}{more} }}\n\
         #[hot::export(tweak)]\n\
         pub fn seldom() -> i32 {{ {number} }}\n"
    )
}

/// What a hot call has given from then on, each value once.
struct Seen {
    stop: Arc<AtomicBool>,
    values: Arc<Mutex<Vec<i32>>>,
    thread: JoinHandle<()>,
}

impl Seen {
    fn begin(call: impl Fn() -> i32 + Send + 'static) -> Seen {
        let (stop, values) = (Arc::<AtomicBool>::default(), Arc::<Mutex<Vec<_>>>::default());
        let (is_over, seen) = (stop.clone(), values.clone());
        let thread = thread::spawn(move || {
            while !is_over.load(Ordering::Relaxed) {
                let value = call();
                let mut seen = seen.lock().unwrap();
                if seen.last() != Some(&value) {
                    seen.push(value);
                }
                drop(seen);
                thread::sleep(Duration::from_micros(200));
            }
        });
        Seen { stop, values, thread }
    }

    /// Waits until this is the newest: what stays for a moment only may be missed by a thread that has no
    /// processor.
    #[track_caller]
    fn until(&self, value: i32) {
        let is_newest = || self.values.lock().unwrap().last() == Some(&value);
        patiently("the value is seen", || is_newest().then_some(()));
    }

    fn end(self) -> Vec<i32> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.join().unwrap();
        std::mem::take(&mut self.values.lock().unwrap())
    }
}

#[test]
fn the_newest_literal_wins_whatever_is_built_meanwhile() {
    let edited = Edited::new(&DEV, "watch_newest", |workspace| {
        bundle(workspace, "watch_newest", "1");
        workspace.write("watch_newest/src/lib.rs", &late_source(3, ""));
        workspace.write("watch_newest/src/other.rs", "");
    });
    let bundle = edited.load("watch_newest");
    let file = edited.path("watch_newest/src/lib.rs");
    let said = Said::of("watch_newest");
    let save = |number, more| fs::write(&file, late_source(number, more)).unwrap();
    let seen = || Seen::begin(|| value!(DEV, "watch_newest::value"));
    let both = |from: u32, to: u32| {
        format!(
            "tweaked: `watch_newest::value` {from} -> {to}, `watch_newest::seldom` {from} -> {to}"
        )
    };
    // Until the build of what was saved last is over.
    let last = |number: u32| {
        let built = || hot::lookup!(DEV.host, "watch_newest::built", fn() -> u32).unwrap()();
        while edited.live()[0].generation != bundle.generation().unwrap() || built() != number {}
    };
    assert_eq!((value!(DEV, "watch_newest::value"), value!(DEV, "watch_newest::seldom")), (3, 3));

    // Saved again while the generation of the save before is loaded: that is published with the newest
    // value. Nobody has called `seldom` in it.
    let values = seen();
    values.until(3);
    fs::write(edited.path("watch_newest/left"), late_source(9, "")).unwrap();
    save(7, "");
    assert_eq!(said.next(), both(3, 7));
    assert_eq!(said.next(), both(7, 9));
    assert_eq!((value!(DEV, "watch_newest::value"), value!(DEV, "watch_newest::seldom")), (9, 9));
    last(9);
    assert_eq!(values.end(), [3, 7, 9]);

    // Each of many saves is live by itself, and none comes back by a build.
    let values = seen();
    values.until(9);
    for number in 10..40 {
        save(number, "");
        assert_eq!(said.next(), both(number - 1, number));
        values.until(number.cast_signed());
        thread::sleep(Duration::from_millis(u64::from(number % 7) * 20));
    }
    last(39);
    assert_eq!(values.end(), (9..40).collect::<Vec<_>>());

    // What is undone at once stays undone.
    let values = seen();
    values.until(39);
    save(50, "");
    assert_eq!(said.next(), both(39, 50));
    values.until(50);
    save(39, "");
    assert_eq!(said.next(), both(50, 39));
    values.until(39);
    let saved = edited.next();
    assert!(matches!(saved.outcome, Outcome::Unchanged), "{saved}");
    assert_eq!(values.end(), [39, 50, 39]);

    // A literal that comes after other code waits for that code.
    let values = seen();
    save(39, " * 2");
    save(40, " * 2");
    edited.live();
    patiently("the code", || (value!(DEV, "watch_newest::value") == 80).then_some(()));
    let values = values.end();
    assert!(values == [39, 80] || values == [39, 78, 80], "{values:?}");
    said.0.lock().unwrap().iter().skip(*said.1.lock().unwrap()).for_each(|tweaked| {
        assert_eq!(tweaked.literals[0].before, "39", "{tweaked}");
        assert!(values.contains(&78), "{tweaked} of code that was not live");
    });
}
