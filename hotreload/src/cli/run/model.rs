//! What the status line says, told from the host's events.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::Value;

/// What is known of the host.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// The live generation of each bundle, by package name.
    bundles: BTreeMap<String, u64>,
    phase: Phase,
    /// The phase before a build began.
    before: Phase,
    /// How long the last reload was built, and how long the rest of it took, in milliseconds.
    times: Option<(f64, f64)>,
    /// The bundles that became live last: what is rolled back.
    last: Vec<String>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// The host has not answered yet.
    #[default]
    Starting,
    Building {
        crates: u64,
        milliseconds: u64,
        waiting: bool,
    },
    Live,
    /// With the code of the reason.
    Refused(String),
    /// The edit was the host's: the bundles are live as they were.
    HostEdited,
    Ending,
}

impl Model {
    /// Takes in the answer to `status`.
    pub(super) fn connected(&mut self, answer: &Value) {
        for bundle in list(&answer["status"]["bundles"]) {
            self.bundles.insert(text(&bundle["name"]).to_owned(), number(&bundle["generation"]));
        }
        if self.phase == Phase::Starting {
            self.phase = Phase::Live;
        }
    }

    /// Takes in an event, and gives what is to be printed: ends with a line break, or is empty.
    pub(super) fn take(&mut self, event: &Value) -> String {
        match text(&event["event"]) {
            "building" => self.building(0, 0, false),
            "progress" => self.building(
                number(&event["crates"]),
                number(&event["elapsed_ms"]),
                event["waiting"] == true,
            ),
            // What came of it comes next.
            "built" if self.is_building() => self.phase = self.before.clone(),
            "diagnostic" => return ended(text(&event["rendered"])),
            "output" => return ended(text(&event["text"])),
            "loaded" => self.live_too(&event["report"]),
            "rolled_back" => {
                self.live_too(&event["report"]);
                // The host went back by itself: nobody else says it.
                if !event["report"]["why"].is_null() {
                    return ended(text(&event["text"]));
                }
            }
            "unloaded" => {
                self.bundles.remove(text(&event["bundle"]));
            }
            "refused" => self.refused(&event["error"]),
            "saved" => {
                match text(&event["outcome"]) {
                    "live" => self.live(list(&event["reports"])),
                    "refused" => self.refused(&event["error"]),
                    "unchanged" => self.phase = Phase::Live,
                    "host" => self.phase = Phase::HostEdited,
                    _ => {}
                }
                return ended(text(&event["text"]));
            }
            _ => {}
        }
        String::new()
    }

    /// Takes in the answer to a command, and gives what is to be printed.
    pub(super) fn answer(&mut self, answer: &Value) -> String {
        if answer["ok"] == true {
            self.live(list(&answer["reports"]));
        } else if !answer["error"].is_null() {
            self.refused(&answer["error"]);
        }
        ended(text(&answer["text"]))
    }

    pub(super) fn phase(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// The bundles to roll back: those that became live last.
    pub(super) fn last(&self) -> Vec<String> {
        match self.bundles.len() {
            1 => self.bundles.keys().cloned().collect(),
            _ => self.last.iter().filter(|it| self.bundles.contains_key(*it)).cloned().collect(),
        }
    }

    fn is_building(&self) -> bool {
        matches!(self.phase, Phase::Building { .. })
    }

    fn building(&mut self, crates: u64, milliseconds: u64, waiting: bool) {
        if self.phase == Phase::Ending {
            return;
        }
        if !self.is_building() {
            self.before = self.phase.clone();
        }
        self.phase = Phase::Building { crates, milliseconds, waiting };
    }

    /// One of several, perhaps: those that became live together are said afterwards.
    fn live_too(&mut self, report: &Value) {
        let last = std::mem::take(&mut self.last);
        self.live(std::slice::from_ref(report));
        if last.contains(&self.last[0]) {
            self.last = last;
        }
    }

    fn live(&mut self, reports: &[Value]) {
        let mut last = Vec::new();
        for report in reports {
            let name = text(&report["bundle"]).to_owned();
            self.bundles.insert(name.clone(), number(&report["generation"]));
            last.push(name);
            let phases = &report["phases"];
            let ms = |name: &str| phases[name].as_f64().unwrap_or_default();
            let load = ms("check_ms") + ms("load_ms") + ms("publish_ms");
            self.times = Some((ms("build_ms"), load));
        }
        self.last = last;
        self.phase = Phase::Live;
    }

    fn refused(&mut self, error: &Value) {
        self.phase = Phase::Refused(text(&error["reasons"][0]["code"]).to_owned());
    }

    /// The status in a line.
    pub(super) fn line(&self) -> String {
        let mut line = String::new();
        for (name, generation) in &self.bundles {
            let comma = if line.is_empty() { "" } else { ", " };
            write!(line, "{comma}{name} {generation}").expect("a String takes all");
        }
        if line.is_empty() {
            line.push_str("no bundle");
        }
        line.push_str(" · ");
        match &self.phase {
            Phase::Starting => line.push_str("starting"),
            Phase::Building { crates, milliseconds, waiting } => {
                let (seconds, tenths) = (milliseconds / 1000, milliseconds / 100 % 10);
                let crates = match crates {
                    0 => String::new(),
                    1 => ", 1 crate".to_owned(),
                    crates => format!(", {crates} crates"),
                };
                let waiting = if *waiting { ", another cargo runs" } else { "" };
                write!(line, "building {seconds}.{tenths} s{crates}{waiting}")
                    .expect("a String takes all");
            }
            Phase::Live if self.bundles.is_empty() => line.push_str("running"),
            Phase::Live => line.push_str("live"),
            Phase::Refused(code) if code == "HOT0704" => line.push_str("failed to compile"),
            Phase::Refused(code) => {
                line.push_str("refused ");
                line.push_str(code);
            }
            Phase::HostEdited => line.push_str("live, but the host was edited: restart it"),
            Phase::Ending => line.push_str("ending"),
        }
        if let (Phase::Live, Some((build, load))) = (&self.phase, self.times) {
            line.push_str(" · ");
            if build > 0.0 {
                write!(line, "built {build:.0} ms + ").expect("a String takes all");
            }
            write!(line, "{load:.0} ms").expect("a String takes all");
        }
        line.push_str(" · r reload  b roll back  s status  q quit  ? help");
        line
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn number(value: &Value) -> u64 {
    value.as_u64().unwrap_or_default()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The text with a line break at its end.
fn ended(text: &str) -> String {
    if text.is_empty() || text.ends_with('\n') { text.to_owned() } else { format!("{text}\n") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(bundle: &str, generation: u64) -> Value {
        let phases = json!({"build_ms": 211.6, "check_ms": 1.5, "load_ms": 2.0, "publish_ms": 0.4});
        json!({"bundle": bundle, "generation": generation, "phases": phases, "why": null})
    }

    fn short(model: &Model) -> String {
        model.line().split(" · r reload").next().unwrap().to_owned()
    }

    #[test]
    fn a_reload_goes_through_its_phases() {
        let mut model = Model::default();
        assert_eq!(short(&model), "no bundle · starting");
        model.connected(&json!({"status": {"bundles": [{"name": "math", "generation": 2}]}}));
        assert_eq!(short(&model), "math 2 · live");
        assert_eq!(model.take(&json!({"event": "building", "bundles": ["math"]})), "");
        assert_eq!(short(&model), "math 2 · building 0.0 s");
        let progress =
            json!({"event": "progress", "crates": 1, "elapsed_ms": 1290, "waiting": true});
        model.take(&progress);
        assert_eq!(short(&model), "math 2 · building 1.2 s, 1 crate, another cargo runs");
        assert_eq!(
            model.take(&json!({"event": "diagnostic", "rendered": "error: x\n\n"})),
            "error: x\n\n"
        );
        model.take(&json!({"event": "built"}));
        assert_eq!(short(&model), "math 2 · live");
        assert_eq!(
            model.take(&json!({"event": "loaded", "report": report("math", 3), "text": "t"})),
            ""
        );
        let saved = json!({"event": "saved", "outcome": "live", "reports": [report("math", 3)], "text": "t"});
        assert_eq!(model.take(&saved), "t\n");
        assert_eq!(short(&model), "math 3 · live · built 212 ms + 4 ms");
    }

    #[test]
    fn refusals_say_which() {
        let mut model = Model::default();
        model.connected(&json!({"status": {"bundles": []}}));
        let error = |code: &str| json!({"reasons": [{"code": code}]});
        let saved = |code| json!({"event": "saved", "outcome": "refused", "error": error(code), "text": "no"});
        assert_eq!(model.take(&saved("HOT0704")), "no\n");
        assert_eq!(short(&model), "no bundle · failed to compile");
        model.take(&saved("HOT0301"));
        assert_eq!(short(&model), "no bundle · refused HOT0301");
        model.take(&json!({"event": "saved", "outcome": "unchanged", "text": "nothing changed"}));
        assert_eq!(short(&model), "no bundle · running");
        model.take(&json!({"event": "saved", "outcome": "host", "text": "restart"}));
        assert!(short(&model).contains("restart it"));
    }

    #[test]
    fn what_became_live_last_is_rolled_back() {
        let mut model = Model::default();
        assert!(model.last().is_empty());
        model.take(&json!({"event": "loaded", "report": report("a", 1)}));
        model.take(&json!({"event": "loaded", "report": report("b", 1)}));
        assert_eq!(model.last(), ["b"]);
        model.take(&json!({"event": "saved", "outcome": "live", "reports": [report("a", 2), report("b", 2)]}));
        assert_eq!(model.last(), ["a", "b"]);
        // What the host says of each when both are taken back; the answer may come before or after.
        model.take(&json!({"event": "rolled_back", "report": report("a", 3)}));
        model.take(&json!({"event": "rolled_back", "report": report("b", 3)}));
        assert_eq!(model.last(), ["a", "b"]);
        model.take(&json!({"event": "unloaded", "bundle": "b"}));
        assert_eq!(model.last(), ["a"]);
    }

    #[test]
    fn nonsense_is_passed_over() {
        let mut model = Model::default();
        for event in [
            json!(null),
            json!([]),
            json!({"event": 7}),
            json!({"event": "saved"}),
            json!({"event": "loaded"}),
        ] {
            assert_eq!(model.take(&event), "");
            assert!(!model.line().is_empty());
        }
    }
}
