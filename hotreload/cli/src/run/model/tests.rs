//! What events make of it, and what the bottom line says then.

use serde_json::{Value, json};

use super::*;

fn report(bundle: &str, generation: u64) -> Value {
    let phases = json!({"build_ms": 211.6, "check_ms": 1.5, "load_ms": 2.0, "publish_ms": 0.4});
    json!({"bundle": bundle, "generation": generation, "phases": phases, "why": null})
}

fn take(model: &mut Model, event: Value) -> String {
    model.take(Event::read(&event.to_string()).expect("an event"))
}

fn connect(model: &mut Model, bundles: Value) {
    let status = json!({"status": {"bundles": bundles}});
    model.connected(1, &serde_json::from_value(status).unwrap());
}

fn short(model: &Model) -> String {
    match (model.state(), model.detail()) {
        (state, detail) if detail.is_empty() => state,
        (state, detail) => format!("{state} · {detail}"),
    }
}

#[test]
fn a_reload_goes_through_its_phases() {
    let mut model = Model::default();
    assert_eq!(short(&model), "no bundle · starting");
    connect(&mut model, json!([{"name": "math", "generation": 2}]));
    assert_eq!(short(&model), "math 2 · live");
    assert_eq!(take(&mut model, json!({"event": "building", "bundles": ["math"]})), "");
    assert_eq!(short(&model), "math 2 · building 0.0 s");
    let progress = json!({"event": "progress", "bundle": "math", "crates": 1, "elapsed_ms": 1290, "waiting": true});
    take(&mut model, progress);
    assert_eq!(short(&model), "math 2 · building 1.2 s, 1 crate, another cargo runs");
    assert_eq!(
        take(&mut model, json!({"event": "diagnostic", "rendered": "error: x\n\n", "error": true})),
        "error: x\n\n"
    );
    take(&mut model, json!({"event": "built"}));
    assert_eq!(short(&model), "math 2 · live");
    assert_eq!(
        take(&mut model, json!({"event": "loaded", "report": report("math", 3), "text": "t"})),
        ""
    );
    let saved =
        json!({"event": "saved", "outcome": "live", "reports": [report("math", 3)], "text": "t"});
    assert_eq!(take(&mut model, saved), "t\n");
    assert_eq!(short(&model), "math 3 · live · built 212 ms + 4 ms");
}

#[test]
fn refusals_say_which() {
    let mut model = Model::default();
    connect(&mut model, json!([]));
    let error = |code: &str| json!({"reasons": [{"code": code}]});
    let saved =
        |code| json!({"event": "saved", "outcome": "refused", "error": error(code), "text": "no"});
    assert_eq!(take(&mut model, saved("HOT0704")), "no\n");
    assert_eq!(short(&model), "no bundle · failed to compile");
    take(&mut model, saved("HOT0301"));
    assert_eq!(short(&model), "no bundle · refused HOT0301");
    take(&mut model, json!({"event": "saved", "outcome": "unchanged", "text": "nothing changed"}));
    assert_eq!(short(&model), "no bundle · running");
    take(&mut model, json!({"event": "saved", "outcome": "host", "text": "restart"}));
    assert!(short(&model).contains("the host was edited"));
    assert_eq!(model.keys()[0].0, "R");
}

#[test]
fn a_build_does_not_hide_that_the_program_is_to_start_again() {
    let mut model = Model::default();
    model.phase(Phase::Restarting);
    take(&mut model, json!({"event": "building", "bundles": ["math"]}));
    assert_eq!(short(&model), "no bundle · ending, to start again");
}

#[test]
fn all_reasons_are_said_or_a_key_shows_them() {
    let error = json!({"reasons": [{"code": "HOT0301"}, {"code": "HOT0310"}]});
    let refused = json!({"event": "refused", "error": error, "text": "HOT0301: a\nHOT0310: b"});
    let saved = json!({"event": "saved", "outcome": "refused", "error": error, "text": "not reloaded: HOT0301: a; and 1 more reason"});
    let host = json!({"event": "saved", "outcome": "host", "text": "restart it"});
    let said = |has_keys| {
        let mut model = Model::new(has_keys, false);
        [&refused, &saved, &host].map(|event| take(&mut model, event.clone()))
    };
    let line = "not reloaded: HOT0301: a; and 1 more reason: e\n";
    assert_eq!(said(true), ["", line, "restart it, with R\n"]);
    let whole = "not reloaded: HOT0301: a; and 1 more reason:\nHOT0301: a\nHOT0310: b\n";
    assert_eq!(said(false), ["", whole, "restart it\n"]);
    for has_keys in [true, false] {
        let text = take(&mut Model::new(has_keys, true), host.clone());
        assert_eq!(text, "restart it, as --restart does\n");
    }
}

#[test]
fn what_became_live_last_is_rolled_back() {
    let mut model = Model::default();
    assert!(model.last().is_empty());
    take(&mut model, json!({"event": "loaded", "report": report("a", 1)}));
    take(&mut model, json!({"event": "loaded", "report": report("b", 1)}));
    assert_eq!(model.last(), ["b"]);
    take(
        &mut model,
        json!({"event": "saved", "outcome": "live", "reports": [report("a", 2), report("b", 2)]}),
    );
    assert_eq!(model.last(), ["a", "b"]);
    // What the host says of each when both are taken back; the answer may come before or after.
    take(&mut model, json!({"event": "rolled_back", "report": report("a", 3)}));
    take(&mut model, json!({"event": "rolled_back", "report": report("b", 3)}));
    assert_eq!(model.last(), ["a", "b"]);
    take(&mut model, json!({"event": "unloaded", "bundle": "b"}));
    assert_eq!(model.last(), ["a"]);
}
