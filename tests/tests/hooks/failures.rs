//! What becomes of those that fail.

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, mpsc},
};

use hot::{Code, Event, Host, Report};
use tests::{Fixture, LoadLibrary as _, in_child, refusal::fact};

use crate::{alone, next_act, said, source};

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
