//! Save a file, see it live: from the edit to one true line.

mod files;
mod tweaks;

#[cfg(unix)]
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::{
    fs::{self, File},
    io::Write as _,
    sync::{Arc, LazyLock, Mutex},
    thread,
    time::{Duration, SystemTime},
};

use hot::{BuildMessage, Code, Event, Host, Level, Outcome};
use tests::{
    child::in_child,
    dev::{Dev, Edited, Sentinel, bundle, replace, source},
    fixture::target_dir,
    value,
};

static DEV: LazyLock<Dev> = LazyLock::new(Dev::start);

#[test]
fn an_edit_is_live_and_one_line_says_so() {
    let edited = Edited::one(&DEV, "watch_edit");
    assert_eq!(value!(DEV, "watch_edit::value"), 1);
    let file = edited.path("watch_edit/src/lib.rs");
    fs::write(&file, source("2")).unwrap();
    let saved = edited.next();
    let Outcome::Live(reports) = &saved.outcome else { panic!("{saved}") };
    let [report] = reports.as_slice() else { panic!("{saved}") };
    assert_eq!((report.bundle.as_str(), report.generation), ("watch_edit", 2));
    assert_eq!(value!(DEV, "watch_edit::value"), 2);
    assert_eq!(saved.files, [file.canonicalize().unwrap()]);
    let line = saved.to_string();
    assert!(!line.contains('\n'), "{line}");
    assert_eq!(DEV.printed().iter().filter(|printed| **printed == line).count(), 1);
    // Whatever else is being built meanwhile.
    assert!(!report.phases.build.is_zero() && !report.phases.watch.is_zero());
}

#[test]
fn a_compile_error_is_refused_and_the_repair_is_live() {
    let edited = Edited::one(&DEV, "watch_error");
    let file = edited.path("watch_error/src/lib.rs");
    fs::write(&file, source("nowhere_in_watch_error()")).unwrap();
    let saved = edited.next();
    let Outcome::Refused { bundles, error } = &saved.outcome else { panic!("{saved}") };
    assert_eq!(bundles, &["watch_error"]);
    assert_eq!(error.code(), Code::BuildFailed);
    assert!(!saved.to_string().contains('\n'), "{saved}");
    let rustc = DEV.rustc();
    assert!(rustc.contains("cannot find function `nowhere_in_watch_error`"), "{rustc}");
    assert_eq!(value!(DEV, "watch_error::value"), 1);

    fs::write(&file, source("3")).unwrap();
    assert_eq!(edited.live()[0].generation, 2);
    assert_eq!(value!(DEV, "watch_error::value"), 3);

    // Back to what is live: there is nothing to load.
    fs::write(&file, source("4 +")).unwrap();
    assert!(matches!(edited.next().outcome, Outcome::Refused { .. }));
    fs::write(&file, source("3")).unwrap();
    let saved = edited.next();
    assert!(matches!(saved.outcome, Outcome::Unchanged), "{saved}");
    assert_eq!(value!(DEV, "watch_error::value"), 3);
}

#[test]
fn a_refused_reload_keeps_the_old_code() {
    let edited = Edited::one(&DEV, "watch_refused");
    let file = edited.path("watch_refused/src/lib.rs");
    // Somebody who calls `value` as it was.
    edited.workspace.package("watch_caller", tests::workspace::BUNDLE, "", "");
    edited.workspace.write(
        "watch_caller/src/lib.rs",
        "hot::bundle!();\nhot::import! { watch_refused => { fn value() -> i32; } }\n\
         #[hot::export]\npub fn twice() -> i32 { 2 * hot::get!(watch_refused::value)() }\n",
    );
    edited.load("watch_caller");
    assert_eq!(value!(DEV, "watch_caller::twice"), 2);
    fs::write(&file, source("5").replace("i32", "i64")).unwrap();
    let saved = edited.next();
    let Outcome::Refused { error, .. } = &saved.outcome else { panic!("{saved}") };
    assert_eq!(error.code().id(), "HOT0301");
    assert_eq!(value!(DEV, "watch_refused::value"), 1);
    // Saved again as it is, it is tried again.
    fs::write(&file, source("5").replace("i32", "i64")).unwrap();
    assert!(matches!(edited.next().outcome, Outcome::Refused { .. }));
    fs::write(&file, source("6")).unwrap();
    assert_eq!(edited.live()[0].generation, 2);
    assert_eq!(value!(DEV, "watch_refused::value"), 6);
}

#[test]
fn a_rollback_holds_until_the_code_is_another() {
    let edited = Edited::one(&DEV, "watch_undone");
    let file = edited.path("watch_undone/src/lib.rs");
    let value = || value!(DEV, "watch_undone::value");
    // A panic knows its line, which is not what the code does.
    let undone = source("if std::env::args().count() > 999 { panic!() } else { 2 }");
    fs::write(&file, &undone).unwrap();
    edited.live();
    assert_eq!(value(), 2);
    let bundle = DEV.host.bundle("watch_undone").unwrap();
    let report = bundle.rollback().unwrap();
    let way = report.rolled_back.unwrap();
    assert_eq!((way.from, way.to, report.generation, value()), (2, 1, 3, 1));
    let line = report.to_string();
    assert!(
        line.contains("live: rolled back from generation 2 to 1; value changed back ("),
        "{line}"
    );

    for text in
        [format!("// A comment.\n{undone}"), undone.clone(), format!("{undone}// Another.\n")]
    {
        fs::write(&file, text).unwrap();
        let saved = edited.next();
        assert!(matches!(saved.outcome, Outcome::Unchanged), "{saved}");
        let [stays] = &*saved.undone else { panic!("{saved}") };
        assert_eq!((&*stays.bundle, stays.generation, stays.live), ("watch_undone", 2, 3));
        let line = saved.to_string();
        let why = "watch_undone stays at generation 3: its code is that of generation 2, which was \
                   rolled back";
        assert!(line.contains(why), "{line}");
        assert_eq!((value(), bundle.generation().unwrap()), (1, 3));
    }
    // Other code is an edit like any, and from then on so is what was undone.
    fs::write(&file, undone.replace("{ 2 }", "{ 3 }")).unwrap();
    assert_eq!((edited.live()[0].generation, value()), (4, 3));
    fs::write(&file, &undone).unwrap();
    assert_eq!((edited.live()[0].generation, value()), (5, 2));
    // Whoever asks for it gets what was undone.
    bundle.rollback().unwrap();
    assert_eq!(value(), 3);
    assert_eq!((bundle.rebuild().unwrap().generation, value()), (7, 2));
}

#[test]
fn twenty_saves_in_two_seconds_end_on_the_last() {
    let edited = Edited::one(&DEV, "watch_twenty");
    let file = edited.path("watch_twenty/src/lib.rs");
    for value in 101..=120 {
        fs::write(&file, source(&value.to_string())).unwrap();
        // As fast as somebody may type; nothing is waited for.
        thread::sleep(Duration::from_millis(100));
    }
    let mut lines = 0;
    while value!(DEV, "watch_twenty::value") != 120 {
        edited.live();
        lines += 1;
    }
    assert!(lines <= 20, "{lines}");
    edited.assert_silent(&Sentinel::new(&DEV, "watch_twenty_end"));
}

#[test]
fn saves_at_once_are_one_line_for_the_last() {
    let edited = Edited::one(&DEV, "watch_burst");
    let file = edited.path("watch_burst/src/lib.rs");
    let sentinel = Sentinel::new(&DEV, "watch_burst_end");
    for value in 101..=120 {
        fs::write(&file, source(&value.to_string())).unwrap();
    }
    assert_eq!(edited.live()[0].generation, 2);
    assert_eq!(value!(DEV, "watch_burst::value"), 120);
    edited.assert_silent(&sentinel);
}

#[test]
fn a_save_without_a_change_builds_nothing() {
    let edited = Edited::one(&DEV, "watch_same");
    let sentinel = Sentinel::new(&DEV, "watch_same_end");
    let file = edited.path("watch_same/src/lib.rs");
    for save in [|file: &std::path::Path, text: &str| fs::write(file, text).unwrap(), replace] {
        save(&file, &source("1"));
        let saved = edited.next();
        assert!(matches!(saved.outcome, Outcome::Unchanged), "{saved}");
        assert_eq!(saved.to_string(), "lib.rs: nothing changed");
    }
    // Reading, new times and rights are no saves.
    fs::read(&file).unwrap();
    File::options().append(true).open(&file).unwrap();
    let file = File::open(&file).unwrap();
    file.set_modified(SystemTime::now()).unwrap();
    file.set_permissions(file.metadata().unwrap().permissions()).unwrap();
    edited.assert_silent(&sentinel);
    assert_eq!(DEV.host.bundle("watch_same").unwrap().generation().unwrap(), 1);
}

/// Somebody writes something else while it is built, for a moment: rustc reads that.
#[cfg(unix)]
#[test]
fn what_a_build_has_misread_is_built_again() {
    const WRAPPER: &str = "#!/bin/sh\n\
        here=$(dirname \"$0\")\n\
        case \"$*\" in *'--crate-name watch_misread '*)\n\
            while [ -e \"$here/gate\" ]; do touch \"$here/reached\"; sleep 0.005; done\n\
        esac\n\
        exec \"$@\"\n";

    let edited = Edited::new(&DEV, "watch_misread", |workspace| {
        bundle(workspace, "watch_misread", "1");
        workspace.write("wrapper.sh", WRAPPER);
        let wrapper = workspace.folder().join("wrapper.sh");
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
        let config = format!("[build]\nrustc-wrapper = {wrapper:?}\n");
        workspace.write(".cargo/config.toml", &config);
    });
    edited.load("watch_misread");
    let path = edited.path("watch_misread/src/lib.rs");
    for value in 2..5 {
        edited.workspace.write("gate", "");
        fs::write(&path, source(&value.to_string())).unwrap();
        while !edited.path("reached").exists() {
            thread::sleep(Duration::from_millis(1));
        }
        let file = File::options().write(true).open(&path).unwrap();
        file.write_all_at(source("9").as_bytes(), 0).unwrap();
        for name in ["gate", "reached"] {
            fs::remove_file(edited.path(name)).unwrap();
        }
        thread::sleep(Duration::from_millis(60));
        file.write_all_at(source(&value.to_string()).as_bytes(), 0).unwrap();
        drop(file);
        while value!(DEV, "watch_misread::value") != value {
            edited.next();
        }
    }
}

/// Cargos write their lock file beside a save, or long after it: that is no save.
#[test]
fn what_was_loaded_from_elsewhere_stays_until_somebody_saves() {
    let edited = Edited::one(&DEV, "watch_elsewhere");
    let sentinel = Sentinel::new(&DEV, "watch_elsewhere_end");
    let file = edited.path("watch_elsewhere/src/lib.rs");
    fs::write(&file, source("2")).unwrap();
    edited.live();
    let bundle = DEV.host.bundle("watch_elsewhere").unwrap();
    let elsewhere = edited.path("elsewhere.so");
    fs::copy(bundle.library().unwrap(), &elsewhere).unwrap();
    fs::write(&file, source("3")).unwrap();
    edited.live();
    // SAFETY: it is what cargo has made of the bundle above.
    unsafe { DEV.host.load(&elsewhere) }.unwrap();
    let state = || (value!(DEV, "watch_elsewhere::value"), bundle.generation().unwrap());
    assert_eq!(state(), (2, 4));
    let mut lock = File::options().append(true).open(edited.path("Cargo.lock")).unwrap();
    lock.write_all(b"# by another cargo\n").unwrap();
    drop(lock);
    edited.assert_silent(&sentinel);
    assert_eq!(state(), (2, 4));
    fs::write(&file, source("5")).unwrap();
    edited.live();
    assert_eq!(state(), (5, 5));
}

#[test]
fn editors_save_in_many_ways() {
    let edited = Edited::one(&DEV, "watch_editors");
    let sentinel = Sentinel::new(&DEV, "watch_editors_end");
    let file = edited.path("watch_editors/src/lib.rs");
    let is_live = |value: i32| {
        edited.live();
        assert_eq!(value!(DEV, "watch_editors::value"), value);
        edited.assert_silent(&sentinel);
    };
    replace(&file, &source("2"));
    is_live(2);
    // Emptied, closed, and written a little later.
    File::create(&file).unwrap();
    thread::sleep(Duration::from_millis(20));
    fs::write(&file, source("3")).unwrap();
    is_live(3);
    // The old file becomes the backup.
    let backup = file.with_extension("rs~");
    fs::rename(&file, &backup).unwrap();
    thread::sleep(Duration::from_millis(20));
    fs::write(&file, source("4")).unwrap();
    fs::remove_file(backup).unwrap();
    is_live(4);
    // In pieces, slowly.
    let mut written = File::create(&file).unwrap();
    for line in source("5").split_inclusive('\n') {
        written.write_all(line.as_bytes()).unwrap();
        thread::sleep(Duration::from_millis(5));
    }
    drop(written);
    is_live(5);
    // A link is put into its place.
    let elsewhere = edited.path("watch_editors/elsewhere.txt");
    fs::write(&elsewhere, source("6")).unwrap();
    let draft = file.with_extension("draft");
    fs::hard_link(&elsewhere, &draft).unwrap();
    fs::rename(&draft, &file).unwrap();
    is_live(6);
    // An empty file that stays empty is a change.
    File::create(&file).unwrap();
    assert!(matches!(edited.next().outcome, Outcome::Refused { .. }));
    fs::write(&file, source("7")).unwrap();
    is_live(7);
}

#[test]
fn what_was_unloaded_by_hand_stays_so() {
    let edited = Edited::one(&DEV, "watch_unloaded");
    let sentinel = Sentinel::new(&DEV, "watch_unloaded_end");
    DEV.host.bundle("watch_unloaded").unwrap().unload().unwrap();
    bundle(&edited.workspace, "watch_unloaded", "2");
    edited.assert_silent(&sentinel);
    assert!(DEV.host.bundle("watch_unloaded").is_none());
}

#[test]
fn a_listener_that_panics_does_not_end_the_watching() {
    let edited = Edited::one(&DEV, "watch_panics");
    DEV.host.on_event(|event| match event {
        hot::Event::Loaded(report) if report.bundle == "watch_panics" => panic!("of a report"),
        hot::Event::Building { bundles } if bundles == &["watch_panics"] => panic!("of a build"),
        _ => {}
    });
    for value in [2, 3] {
        bundle(&edited.workspace, "watch_panics", &value.to_string());
        assert_eq!(edited.live()[0].generation, u64::try_from(value).unwrap());
        assert_eq!(value!(DEV, "watch_panics::value"), value);
    }
}

#[test]
fn the_host_tells_the_line_that_matters_now() {
    const NAME: &str = "the_host_tells_the_line_that_matters_now";
    // The other tests have happened to another host.
    in_child(NAME, &[], Vec::new, |_| {
        let while_building = Arc::<Mutex<Vec<_>>>::default();
        let while_building = || while_building.clone();
        let (in_builds, in_events) = (while_building(), while_building());
        let dev = Dev::start_with(|builder| {
            builder.target_dir(target_dir()).build_output(move |message| {
                if let BuildMessage::Progress { .. } = message {
                    in_builds.lock().unwrap().extend(Host::current().unwrap().notice());
                }
            })
        });
        let refused = Arc::<Mutex<usize>>::default();
        let counts = refused.clone();
        dev.host.on_event(move |event| match event {
            Event::Building { .. } => {
                in_events.lock().unwrap().extend(Host::current().unwrap().notice());
            }
            Event::Refused(_) => *counts.lock().unwrap() += 1,
            _ => {}
        });
        let check = |level, text: &str| {
            let notice = dev.host.notice().unwrap();
            assert!(notice.text.starts_with(text) && !notice.text.contains('\n'), "{notice:?}");
            assert_eq!(notice.level, level, "{notice}");
            // As a build said before it, if there was one.
            for notice in while_building().lock().unwrap().drain(..) {
                assert!(notice.text.starts_with("building watch_notice"), "{notice}");
                assert_eq!(notice.level, Level::Info);
            }
        };

        assert_eq!(dev.host.notice(), None);
        let edited = Edited::new(&dev, "watch_notice", |workspace| {
            bundle(workspace, "watch_notice", "1");
            workspace.package("watch_notice_caller", tests::workspace::BUNDLE, "", "");
            workspace.write(
                "watch_notice_caller/src/lib.rs",
                "hot::bundle!();\nhot::import! { watch_notice => { fn value() -> i32; } }\n\
                 #[hot::export]\npub fn twice() -> i32 { 2 * hot::get!(watch_notice::value)() }\n",
            );
        });
        edited.load("watch_notice");
        let file = edited.path("watch_notice/src/lib.rs");
        assert!(!while_building().lock().unwrap().is_empty());
        check(Level::Info, "watch_notice: generation 1 is live");

        edited.load("watch_notice_caller");
        check(Level::Info, "watch_notice_caller: generation 1 is live");

        // It stays until it is mended, whoever asks for what.
        let mismatched = "watch_notice/src/lib.rs:4:5: mismatched types";
        fs::write(&file, source("\"one\"")).unwrap();
        edited.next();
        assert!(!while_building().lock().unwrap().is_empty());
        check(Level::Error, mismatched);
        assert_eq!(*refused.lock().unwrap(), 0, "the save says it");
        dev.host.bundle("watch_notice").unwrap().rebuild().unwrap_err();
        assert_eq!(*refused.lock().unwrap(), 1);
        check(Level::Error, mismatched);
        dev.host.bundle("watch_notice_caller").unwrap().reload().unwrap();
        check(Level::Error, mismatched);
        let age = dev.host.notice().unwrap().age;
        assert!(dev.host.notice().unwrap().age >= age && !age.is_zero());

        fs::write(&file, source("1")).unwrap();
        let saved = edited.next();
        assert!(matches!(saved.outcome, Outcome::Unchanged), "{saved}");
        check(Level::Info, "lib.rs: nothing changed");
        // Whoever calls it holds it.
        assert_eq!(value!(dev, "watch_notice_caller::twice"), 2);
        fs::write(&file, source("5").replace("i32", "i64")).unwrap();
        edited.next();
        check(Level::Error, "HOT0301: `watch_notice::value` has another result");
        fs::write(&file, source("2")).unwrap();
        edited.live();
        check(Level::Info, "watch_notice: generation 2 is live: value changed");
    });
}
