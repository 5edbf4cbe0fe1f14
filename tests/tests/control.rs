//! What the control socket answers, and what hostile use of it does to a host.
#![cfg(unix)]

use std::{
    fs,
    io::{Read, Write},
    net::Shutdown,
    os::unix::net::UnixStream,
    process,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicUsize, Ordering::Relaxed},
        mpsc,
    },
    time::{Duration, Instant},
};

use hot::Host;
use serde_json::{Value, json};
use tests::LoadLibrary as _;
use tests::{
    Fixture, Workspace,
    child::{in_child, is_child},
    control::{Control, form, own_socket},
    fixture::target_dir,
    wait_until,
    workspace::BUNDLE,
};

hot::import! { control_math => { fn answer() -> u32; } }

fn source(fixture: &Fixture, answer: &str) {
    let text = format!("hot::bundle!();\n#[hot::export]\npub fn answer() -> u32 {{ {answer} }}\n");
    fs::write(fixture.folder().join("src/lib.rs"), text).unwrap();
}

/// The process's host with its bundle, for one test at a time.
fn host() -> (MutexGuard<'static, ()>, &'static Host, &'static Fixture) {
    static ONE: Mutex<()> = Mutex::new(());
    static HOST: OnceLock<(Host, Fixture)> = OnceLock::new();
    let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (host, fixture) = HOST.get_or_init(|| {
        let fixture = Fixture::new("control_math");
        source(&fixture, "0");
        let builder = Host::builder().workspace(fixture.folder()).target_dir(target_dir());
        let host = builder.build_output(|_| {}).start().unwrap();
        host.load_crate("control_math").unwrap();
        (host, fixture)
    });
    (one, host, fixture)
}

#[test]
fn a_bundle_is_listed_rebuilt_and_taken_back() {
    let (_one, host, fixture) = host();
    let mut control = Control::to(&own_socket());
    let status = control.ask(json!({"do": "status"}));
    assert_eq!((&status["ok"], &status["pid"]), (&json!(true), &json!(process::id())));
    assert_eq!(status["watch"], "off", "nobody asked for it");
    assert!(status["name"].as_str().unwrap().starts_with("control"));
    let own: Value = serde_json::from_str(&host.status().unwrap().to_json()).unwrap();
    assert_eq!(status["status"], own);
    let before = host.bundle("control_math").unwrap().generation().unwrap();

    for (request, answer) in [
        (json!({"do": "reload", "bundle": "control_math"}), 1),
        (json!({"do": "reload", "bundle": null}), 2),
        (json!({"do": "reload"}), 3),
    ] {
        source(fixture, &answer.to_string());
        let done = control.ask(request);
        assert_eq!(done["ok"], true, "{done}");
        assert_eq!(done["reports"][0]["generation"], before + u64::from(answer));
        assert!(done["text"].as_str().unwrap().starts_with("control_math: generation "));
        assert_eq!(hot::get!(control_math::answer)(), answer, "live once it is answered");
    }

    let same = control.ask(json!({"do": "reload"}));
    let unchanged = json!([{"bundle": "control_math", "generation": before + 3}]);
    assert_eq!((&same["reports"], &same["unchanged"]), (&json!([]), &unchanged));
    let text = format!("control_math: nothing changed since generation {}", before + 3);
    assert_eq!(same["text"], text);
    assert_eq!(host.bundle("control_math").unwrap().generation().unwrap(), before + 3);

    source(fixture, "\"no number\"");
    let refused = control.ask(json!({"do": "reload"}));
    assert_eq!(refused["ok"], false);
    assert_eq!(refused["error"]["reasons"][0]["code"], "HOT0704", "{refused}");
    assert!(refused["text"].as_str().unwrap().contains("HOT0704"));
    assert_eq!(hot::get!(control_math::answer)(), 3, "the old code runs on");
    source(fixture, "3");

    let back = control.ask(json!({"do": "rollback", "bundle": "control-math"}));
    assert_eq!((&back["ok"], hot::get!(control_math::answer)()), (&json!(true), 2), "{back}");
    let back = control.ask(json!({"do": "rollback"}));
    assert_eq!((&back["ok"], hot::get!(control_math::answer)()), (&json!(true), 1), "{back}");
    let far = control.ask(json!({"do": "rollback", "bundle": "control_math", "to": 4711}));
    assert_eq!(far["error"]["reasons"][0]["code"], "HOT0602", "{far}");
    let whose = control.ask(json!({"do": "rollback", "to": 1}));
    assert_eq!(whose["text"], "`to` is a generation of one bundle: name that one");
    // Asked for, what was rolled back comes again.
    let again = control.ask(json!({"do": "reload"}));
    assert_eq!((&again["ok"], hot::get!(control_math::answer)()), (&json!(true), 3), "{again}");

    for what in ["reload", "rollback"] {
        let unknown = control.ask(json!({"do": what, "bundle": "nobody"}));
        assert_eq!(unknown["error"]["reasons"][0]["code"], "HOT0603", "{unknown}");
    }
}

#[test]
fn listeners_are_told_what_happens_in_order() {
    let (_one, host, fixture) = host();
    let mut listeners = [Control::to(&own_socket()), Control::to(&own_socket())];
    for listener in &mut listeners {
        assert_eq!(listener.ask(json!({"do": "listen"}))["ok"], true);
    }
    let bundle = host.bundle("control_math").unwrap();
    source(fixture, "10");
    let report = bundle.rebuild().unwrap();
    source(fixture, "missing");
    bundle.rebuild().unwrap_err();
    source(fixture, "10");
    bundle.rollback().unwrap();
    for listener in &mut listeners {
        let progress = listener.event("progress");
        assert_eq!(progress["bundle"], "control_math");
        assert!(progress["crates"].is_u64() && progress["elapsed_ms"].is_u64());
        listener.event("built");
        let loaded = listener.event("loaded");
        let own: Value = serde_json::from_str(&report.to_json()).unwrap();
        assert_eq!((&loaded["report"], &loaded["text"]), (&own, &json!(report.to_string())));
        let diagnostic = listener.event("diagnostic");
        assert_eq!(diagnostic["error"], true);
        let rendered = diagnostic["rendered"].as_str().unwrap();
        assert!(rendered.contains("cannot find value") && rendered.ends_with('\n'), "{rendered}");
        let back = listener.event("rolled_back");
        assert_eq!(back["report"]["generation"], report.generation + 1);
    }

    // One that goes is no loss to the other.
    let [first, mut second] = listeners;
    drop(first);
    for _ in 0..100 {
        host.load_library("missing.so").unwrap_err();
    }
    for _ in 0..100 {
        let refused = second.event("refused");
        assert_eq!(refused["error"]["reasons"][0]["code"], "HOT0101");
    }
}

#[test]
fn a_panicking_listener_of_the_hosts_costs_nothing() {
    const NAME: &str = "a_panicking_listener_of_the_hosts_costs_nothing";
    let _one = (!is_child(NAME)).then(host);
    let library = || vec![Fixture::new("control_panics").build("")];
    in_child(NAME, &[], library, |libraries| {
        let host = Host::start().unwrap();
        host.load_library(&libraries[0]).unwrap();
        host.load_library(&libraries[0]).unwrap();
        std::panic::set_hook(Box::new(|_| {}));
        host.on_event(|_| panic!("a listener"));
        let mut control = Control::to(&own_socket());
        let answer = control.ask(json!({"do": "rollback"}));
        assert_eq!((&answer["ok"], &answer["reports"][0]["generation"]), (&json!(true), &json!(3)));
        assert_eq!(control.ask(json!({"do": "status"}))["status"]["bundles"][0]["generation"], 3);
    });
}

#[test]
fn who_wants_to_know_of_a_restart_is_told_and_waited_for_so_long_at_most() {
    const NAME: &str = "who_wants_to_know_of_a_restart_is_told_and_waited_for_so_long_at_most";
    const LONG: Duration = Duration::from_secs(300);
    in_child(NAME, &[], Vec::new, |_| {
        let host = Host::start().unwrap();
        let mut control = Control::to(&own_socket());
        let mut tell = |within: Duration| {
            let within_ms = u64::try_from(within.as_millis()).unwrap();
            let answer = control.ask(json!({"do": "restarting", "within_ms": within_ms}));
            assert_eq!(answer["ok"], true, "{answer}");
            answer["done"].as_bool().unwrap()
        };
        assert!(tell(Duration::ZERO), "nobody wants to know");

        let (calls, called) = mpsc::channel();
        let call = |name: &'static str| {
            let calls = calls.clone();
            move |left: Duration| calls.send((name, left)).unwrap()
        };
        let first = call("first");
        std::panic::set_hook(Box::new(|_| {}));
        host.on_restart(move |left| {
            first(left);
            panic!("a listener");
        });
        host.on_restart(call("second"));
        assert!(tell(LONG));
        // Both, once, before the answer.
        let both: Vec<_> = called.try_iter().collect();
        let [("first", of_first), ("second", of_second)] = both[..] else { panic!("{both:?}") };
        assert!(of_first <= LONG && of_second <= of_first && !of_second.is_zero(), "{both:?}");

        // One that does not return holds up nobody but those after it.
        let (go_on, waits) = mpsc::channel();
        let waits = Mutex::new(waits);
        host.on_restart(move |_| waits.lock().unwrap().recv().unwrap());
        host.on_restart(call("last"));
        let short = Duration::from_millis(100);
        assert!(!tell(short));
        go_on.send(()).unwrap();
        let last = called.iter().find(|(name, _)| *name == "last").unwrap();
        assert!(last.1 < short, "{last:?}");
    });
}

#[test]
fn nonsense_is_answered_and_forgotten() {
    let (_one, _, _) = host();
    let mut control = Control::to(&own_socket());
    let nested = "[".repeat(60_000);
    for nonsense in [
        "",
        " ",
        "status",
        "{",
        "}",
        "{\"do\":",
        "\0\0\0",
        "\u{feff}{}",
        "nul",
        &nested,
        "\"\\ud800\"",
    ] {
        control.send(&format!("{nonsense}\n"));
        let answer = control.line().unwrap();
        assert_eq!(answer, json!({"ok": false, "text": "the request is no JSON"}), "{nonsense}");
    }
    for request in [
        json!(null),
        json!(7),
        json!("status"),
        json!([{"do": "status"}]),
        json!({}),
        json!({"do": null}),
        json!({"do": "Status"}),
        json!({"do": {"do": "status"}}),
        json!({"do": "reload", "bundle": 7}),
        json!({"do": "reload", "bundle": ["control_math", 7]}),
        json!({"do": "reload", "bundle": ["control_math", ["control_math"]]}),
        json!({"do": "reload", "bundle": ""}),
        json!({"do": "rollback", "bundle": "../../etc/passwd"}),
    ] {
        let answer = control.ask(request.clone());
        assert_eq!(answer["ok"], false, "{request}: {answer}");
        assert!(!answer["text"].as_str().unwrap().is_empty());
    }
    control.0.get_mut().write_all(b"\xff\xfe\n").unwrap();
    assert_eq!(control.line().unwrap()["ok"], false);
    assert_eq!(control.ask(json!({"do": "status"}))["ok"], true, "after all of it");

    // Several in one piece, and one in many.
    control.send("{\"do\":\"status\"}\n{\"do\":\"status\"}\n");
    for _ in 0..2 {
        assert_eq!(control.line().unwrap()["ok"], true);
    }
    for byte in "{\"do\":\"status\"}\n".chars() {
        control.send(&byte.to_string());
    }
    assert_eq!(control.line().unwrap()["ok"], true);
}

#[test]
fn lines_without_end_are_cut_off() {
    let (_one, _, _) = host();
    let mut endless = UnixStream::connect(own_socket()).unwrap();
    let mut sent = 0;
    let chunk = [b'x'; 4096];
    // The host stops reading and closes.
    while sent < 1 << 26 && endless.write_all(&chunk).is_ok() {
        sent += chunk.len();
    }
    assert!(sent < 1 << 22, "{sent} bytes went in");

    let mut half = Control::to(&own_socket());
    half.send("{\"do\":\"status\"");
    half.0.get_ref().shutdown(Shutdown::Write).unwrap();
    assert_eq!(half.line(), None, "half a request is none");

    let mut gone = Control::to(&own_socket());
    gone.send("{\"do\":\"status\"}\n{\"do\":\"status\"}\n");
    drop(gone);
    assert_eq!(Control::to(&own_socket()).ask(json!({"do": "status"}))["ok"], true);
}

#[test]
fn a_hundred_connections_are_refused_but_for_a_few_and_leave_nothing() {
    let (_one, _, _) = host();
    let threads = || fs::read_dir("/proc/self/task").map_or(0, Iterator::count);
    let mut silent: Vec<_> = (0..100).map(|_| Control::to(&own_socket())).collect();
    let refused = (silent.iter_mut().rev().take(60))
        .filter(|it| it.0.get_ref().set_read_timeout(Some(Duration::from_secs(60))).is_ok())
        .map(|it| it.line().expect("an answer without a question"))
        .filter(|answer| answer["text"] == "too many connections")
        .count();
    assert_eq!(refused, 60);
    if cfg!(target_os = "linux") {
        assert!(threads() < 60, "{}", threads());
    }
    drop(silent);
    let served = || {
        let mut control = Control::to(&own_socket());
        let _ = control.0.get_mut().write_all(b"{\"do\":\"status\"}\n");
        control.line().is_some_and(|it| it["ok"] == true)
    };
    wait_until(served);
}

#[test]
fn a_listener_that_does_not_read_is_dropped_and_holds_nobody_up() {
    let (_one, host, _) = host();
    let mut slow = Control::to(&own_socket());
    assert_eq!(slow.ask(json!({"do": "listen"}))["ok"], true);
    let mut quick = Control::to(&own_socket());
    assert_eq!(quick.ask(json!({"do": "listen"}))["ok"], true);
    let long = "x".repeat(200);
    let start = Instant::now();
    let count = 20_000;
    let has_read = Arc::new(AtomicUsize::new(0));
    let reads = has_read.clone();
    let reading = std::thread::spawn(move || {
        (0..count).for_each(|_| {
            quick.event("refused");
            reads.fetch_add(1, Relaxed);
        });
    });
    for number in 0..count {
        host.load_library(format!("{long}/{number}.so")).unwrap_err();
        // The quick one is to keep up on a busy machine, too: it is what is compared with.
        if number % 500 == 0 {
            wait_until(|| has_read.load(Relaxed) >= number || reading.is_finished());
        }
    }
    assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
    reading.join().unwrap();
    let mut rest = Vec::new();
    // Cut off, within a line perhaps.
    let _ = slow.0.read_to_end(&mut rest);
    assert!(rest.len() < 4 << 20, "{} bytes", rest.len());
}

#[test]
fn several_bundles_change_at_once_or_not_at_all() {
    const NAME: &str = "several_bundles_change_at_once_or_not_at_all";
    let _one = (!is_child(NAME)).then(host);
    let workspace = || {
        let workspace = Workspace::new("control-several");
        for bundle in ["control-left", "control-right"] {
            workspace.package(bundle, BUNDLE, "", "");
        }
        workspace
    };
    if !is_child(NAME) {
        workspace();
    }
    in_child(NAME, &[], Vec::new, |_| {
        let workspace = workspace();
        let edit = |bundle: &str, answer: &str| {
            let text =
                format!("hot::bundle!();\n#[hot::export]\npub fn side() -> u32 {{ {answer} }}\n");
            workspace.write(&format!("{bundle}/src/lib.rs"), &text);
        };
        edit("control-left", "1");
        edit("control-right", "1");
        let builder = Host::builder().workspace(workspace.folder()).target_dir(target_dir());
        let host = builder.build_output(|_| {}).start().unwrap();
        let bundles = ["control-left", "control-right"].map(|it| host.load_crate(it).unwrap());
        let sides = || {
            let left = hot::lookup!(host, "control_left::side", fn() -> u32).unwrap();
            let right = hot::lookup!(host, "control_right::side", fn() -> u32).unwrap();
            (left(), right())
        };
        let mut control = Control::to(&own_socket());
        edit("control-left", "2");
        edit("control-right", "2");
        let done = control.ask(json!({"do": "reload"}));
        assert_eq!(done["reports"].as_array().map(Vec::len), Some(2), "{done}");
        assert_eq!(sides(), (2, 2));
        edit("control-left", "3");
        edit("control-right", "true");
        let refused = control.ask(json!({"do": "reload"}));
        assert_eq!(refused["error"]["reasons"][0]["code"], "HOT0704", "{refused}");
        assert_eq!(sides(), (2, 2));

        let several = control.ask(json!({"do": "rollback"}));
        assert_eq!(several["error"]["reasons"][0]["code"], "HOT0603", "which one?");
        assert!(several["text"].as_str().unwrap().contains("control-left, control-right"));
        let both = json!(["control-left", "control-right"]);
        let back = control.ask(json!({"do": "rollback", "bundle": both}));
        assert_eq!(back["ok"], true, "{back}");
        assert_eq!(sides(), (1, 1));
        bundles[0].reload().unwrap();
        let generation = bundles[0].generation().unwrap();
        let refused = control.ask(json!({"do": "rollback", "bundle": ["control-left", "nobody"]}));
        assert_eq!(refused["ok"], false);
        assert_eq!(bundles[0].generation().unwrap(), generation);
    });
}

/// The requests of docs/control.md have the answers that are there: the same fields, of the same
/// types. The last block has the lines of `cargo hotreload run`, which are compared where that runs.
#[test]
fn the_page_for_tools_says_how_it_is() {
    let (_one, _, fixture) = host();
    source(fixture, "30");
    let blocks = tests::control::page();
    assert_eq!(blocks.len(), 8);
    for block in &blocks[..7] {
        let [request, answer] = &block[..] else { panic!("{block:?}") };
        let request = request.to_string().replace("rules", "control_math");
        let mut control = Control::to(&own_socket());
        let found = control.ask(serde_json::from_str(&request).unwrap());
        assert_eq!(form(&found), form(answer), "{request}");
        assert_eq!(found["ok"], answer["ok"]);
    }
}
