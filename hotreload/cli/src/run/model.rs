//! What is known of the host, told from its events.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc, time::Duration};

use hot_host::{
    Changes, Phases, Report,
    command::{
        counted,
        protocol::{Answer, ErrorForm, Event, HostStatus, Published, Refusal, SaveOutcome},
    },
};

use super::{history::History, kept::Kept, line::Key, problems::Problems};

/// What is known of the host.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// Whether somebody can press a key for what a line leaves out; else lines leave out nothing.
    has_keys: bool,
    /// The live generation of each bundle, by package name.
    bundles: BTreeMap<String, u64>,
    pub(super) phase: Phase,
    /// The phase before a build began.
    before: Phase,
    /// How long the last reload was built, and how long the rest of it took.
    times: Option<(Duration, Duration)>,
    /// The bundles that became live last: what is rolled back.
    last: Vec<String>,
    /// What was edited in them.
    edited: Vec<String>,
    /// The last refusal, with all of its reasons.
    refusal: String,
    pub(super) problems: Problems,
    pub(super) history: History,
    pub(super) kept: Kept,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) enum Phase {
    /// The host has not answered yet.
    #[default]
    Starting,
    Building {
        crates: usize,
        milliseconds: u64,
        waiting: bool,
    },
    Live,
    /// With the code of the reason.
    Refused(String),
    /// The edit was the host's: the bundles are live as they were.
    HostEdited,
    /// The program is to end, and to be started again.
    Restarting,
    /// It has ended by itself.
    Ended,
    /// It was not built, and does not run.
    NotBuilt,
    Ending,
}

impl Model {
    pub(super) fn new(has_keys: bool) -> Model {
        let problems = Problems::new(has_keys);
        Model { has_keys, problems, ..Model::default() }
    }

    /// Another program is started: nothing is known of it.
    pub(super) fn starts(&mut self) {
        let (history, kept) = (std::mem::take(&mut self.history), std::mem::take(&mut self.kept));
        *self = Model { history, kept, ..Model::new(self.has_keys) };
    }

    /// Takes in what the host says as it is reached.
    pub(super) fn connected(&mut self, number: usize, host: &HostStatus) {
        self.kept.connected(number, host);
        for bundle in &host.status.bundles {
            self.bundles.insert(bundle.name.clone(), bundle.generation);
        }
        if self.phase == Phase::Starting {
            self.phase = Phase::Live;
        }
    }

    /// Takes in an event, and gives what is to be printed: ends with a line break, or is empty.
    pub(super) fn take(&mut self, event: Event) -> String {
        match event {
            Event::Building { .. } => {
                self.problems.begin();
                self.building(0, 0, false);
            }
            Event::Progress { crates, elapsed_ms, waiting, .. } => {
                self.building(crates, elapsed_ms, waiting);
            }
            // What came of it comes next.
            Event::Built => {
                if self.is_building() {
                    self.phase = self.before.clone();
                }
                return self.problems.more().unwrap_or_default();
            }
            Event::Diagnostic { rendered, error } => {
                return self.problems.take(rendered, error).map_or_else(String::new, ended);
            }
            Event::Output { text } => return ended(text),
            Event::Loaded { report, .. } => self.live_too(&report),
            Event::RolledBack { report, text } => {
                self.live_too(&report);
                // The host went back by itself: nobody else says it.
                if report.why.is_some() {
                    self.history.note(&text);
                    return ended(text);
                }
            }
            Event::Unloaded { bundle, .. } => {
                self.bundles.remove(&bundle);
            }
            Event::Refused { error, text } => {
                self.refusal = text;
                self.refused(error);
            }
            Event::Saved { mut text, outcome, undone, .. } => {
                if !undone.is_empty() && self.has_keys {
                    text = format!("{}: r loads it", text.trim_end());
                }
                match &outcome {
                    SaveOutcome::Host if self.has_keys => {
                        text = format!("{}, with R", text.trim_end());
                    }
                    SaveOutcome::Refused { error, .. } if error.reasons.len() > 1 => {
                        text = match self.has_keys {
                            true => format!("{}: e", text.trim_end()),
                            false => format!("{}:\n{}", text.trim_end(), self.refusal),
                        };
                    }
                    SaveOutcome::Live { .. } => self.refusal.clear(),
                    _ => {}
                }
                self.history.note(&text);
                match outcome {
                    SaveOutcome::Live { reports } => self.live(&reports),
                    SaveOutcome::Refused { error, .. } => self.refused(error),
                    SaveOutcome::Unchanged => self.phase = Phase::Live,
                    SaveOutcome::Host => self.phase = Phase::HostEdited,
                    SaveOutcome::Other => {}
                }
                return ended(text);
            }
        }
        String::new()
    }

    /// Takes in the answer to a reload or rollback, and gives what is to be printed.
    pub(super) fn published(&mut self, answer: Answer<Published>) -> String {
        match answer {
            Ok(Published { reports, text, .. }) => {
                self.live(&reports);
                self.history.note(&text);
                ended(text)
            }
            Err(Refusal { error, text }) => {
                self.history.note(&text);
                if let Some(error) = error {
                    self.refused(error);
                }
                ended(text)
            }
        }
    }

    pub(super) fn phase(&mut self, phase: Phase) {
        self.phase = phase;
    }

    pub(super) fn is(&self, phase: &Phase) -> bool {
        self.phase == *phase
    }

    /// The generation of what became live last.
    pub(super) fn generation(&self) -> Option<u64> {
        let last = self.last.last().and_then(|name| self.bundles.get(name));
        last.or_else(|| self.bundles.values().max()).copied()
    }

    /// What was live, for who hears that the program has ended.
    pub(super) fn was_live(&self) -> String {
        let bundle = self.last.last().or_else(|| self.bundles.keys().next());
        let Some((bundle, generation)) = bundle.and_then(|it| self.bundles.get_key_value(it))
        else {
            return String::new();
        };
        let edits = match &*self.edited {
            [] => String::new(),
            [one] => format!(", with your edit of `{one}`"),
            [one, rest @ ..] => format!(", with your edits of `{one}` and {} more", rest.len()),
        };
        format!(" (generation {generation} of {bundle} was live{edits})")
    }

    /// The last report, whole: what rustc said, and what came of it.
    pub(super) fn report(&self) -> String {
        let line = match &*self.refusal {
            "" => self.history.last().unwrap_or_default(),
            refusal => refusal,
        };
        match self.problems.all() + line {
            text if text.is_empty() => {
                "nothing was built, reloaded or rolled back yet\n".to_owned()
            }
            text => ended(text),
        }
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

    fn building(&mut self, crates: usize, milliseconds: u64, waiting: bool) {
        if self.phase == Phase::Ending {
            return;
        }
        if !self.is_building() {
            self.before = self.phase.clone();
        }
        self.phase = Phase::Building { crates, milliseconds, waiting };
    }

    /// One of several, perhaps: those that became live together are said afterwards.
    fn live_too(&mut self, report: &Arc<Report>) {
        let last = std::mem::take(&mut self.last);
        self.live(std::slice::from_ref(report));
        if last.contains(&report.bundle) {
            self.last = last;
        }
    }

    fn live(&mut self, reports: &[Arc<Report>]) {
        self.phase = Phase::Live;
        // Nothing has changed.
        if reports.is_empty() {
            return;
        }
        for report in reports {
            self.kept.live(report);
            self.bundles.insert(report.bundle.clone(), report.generation);
            let Phases { build, check, load, publish, .. } = report.phases;
            self.times = Some((build, check + load + publish));
        }
        let changes = reports.iter().filter_map(|report| report.changes.as_ref());
        self.edited = changes.flat_map(names).collect();
        self.last = reports.iter().map(|report| report.bundle.clone()).collect();
    }

    fn refused(&mut self, error: ErrorForm) {
        let first = error.reasons.into_iter().next();
        self.phase = Phase::Refused(first.map(|reason| reason.code).unwrap_or_default());
    }

    /// What the bottom line says first.
    pub(super) fn state(&self) -> String {
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
                    crates => format!(", {}", counted(*crates, "crate")),
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
            Phase::HostEdited => line.push_str("live, but the host was edited"),
            Phase::Restarting => line.push_str("ending, to start again"),
            // Of what does not run no generation is live.
            Phase::Ended => return "ended".to_owned(),
            Phase::NotBuilt => return "not built".to_owned(),
            Phase::Ending => line.push_str("ending"),
        }
        line
    }

    /// What it says where there is room for more.
    pub(super) fn detail(&self) -> String {
        match (&self.phase, self.times) {
            (Phase::Live, Some((build, load))) => {
                let ms = |time: Duration| time.as_secs_f64() * 1e3;
                let built = match build.is_zero() {
                    true => String::new(),
                    false => format!("built {:.0} ms + ", ms(build)),
                };
                format!("{built}{:.0} ms", ms(load))
            }
            (Phase::Refused(code), _) if code == "HOT0704" => {
                self.problems.first().unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    /// The keys that it names, most useful first; the last one tells of all others.
    pub(super) fn keys(&self) -> &'static [Key] {
        match self.phase {
            Phase::Ended => &[
                ("R", "start again"),
                ("b", "start the one before"),
                ("q", "quit"),
                ("e", "report"),
                ("h", "history"),
                HELP,
            ],
            Phase::NotBuilt => {
                &[("R", "start again"), ("q", "quit"), ("e", "report"), ("h", "history"), HELP]
            }
            Phase::HostEdited => &[
                ("R", "restart"),
                ("q", "quit"),
                ("r", "reload"),
                ("b", "roll back"),
                ("s", "status"),
                HELP,
            ],
            Phase::Refused(_) => &[
                ("e", "report"),
                ("r", "reload"),
                ("b", "roll back"),
                ("q", "quit"),
                ("h", "history"),
                ("R", "restart"),
                HELP,
            ],
            _ => &[
                ("r", "reload"),
                ("b", "roll back"),
                ("q", "quit"),
                ("s", "status"),
                ("h", "history"),
                ("R", "restart"),
                HELP,
            ],
        }
    }
}

const HELP: Key = ("?", "help");

/// What was edited, without the crate's name.
fn names(changes: &Changes) -> Vec<String> {
    let all = changes.edited.iter().chain(changes.helpers.iter().map(|helper| &helper.name));
    all.map(|path| path.split_once("::").map_or(&**path, |(_, rest)| rest).to_owned()).collect()
}

/// The text with a line break at its end.
pub(super) fn ended(mut text: String) -> String {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
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
            take(
                &mut model,
                json!({"event": "diagnostic", "rendered": "error: x\n\n", "error": true})
            ),
            "error: x\n\n"
        );
        take(&mut model, json!({"event": "built"}));
        assert_eq!(short(&model), "math 2 · live");
        assert_eq!(
            take(&mut model, json!({"event": "loaded", "report": report("math", 3), "text": "t"})),
            ""
        );
        let saved = json!({"event": "saved", "outcome": "live", "reports": [report("math", 3)], "text": "t"});
        assert_eq!(take(&mut model, saved), "t\n");
        assert_eq!(short(&model), "math 3 · live · built 212 ms + 4 ms");
    }

    #[test]
    fn refusals_say_which() {
        let mut model = Model::default();
        connect(&mut model, json!([]));
        let error = |code: &str| json!({"reasons": [{"code": code}]});
        let saved = |code| json!({"event": "saved", "outcome": "refused", "error": error(code), "text": "no"});
        assert_eq!(take(&mut model, saved("HOT0704")), "no\n");
        assert_eq!(short(&model), "no bundle · failed to compile");
        take(&mut model, saved("HOT0301"));
        assert_eq!(short(&model), "no bundle · refused HOT0301");
        take(
            &mut model,
            json!({"event": "saved", "outcome": "unchanged", "text": "nothing changed"}),
        );
        assert_eq!(short(&model), "no bundle · running");
        take(&mut model, json!({"event": "saved", "outcome": "host", "text": "restart"}));
        assert!(short(&model).contains("the host was edited"));
        assert_eq!(model.keys()[0].0, "R");
    }

    #[test]
    fn all_reasons_are_said_or_a_key_shows_them() {
        let error = json!({"reasons": [{"code": "HOT0301"}, {"code": "HOT0310"}]});
        let refused = json!({"event": "refused", "error": error, "text": "HOT0301: a\nHOT0310: b"});
        let saved = json!({"event": "saved", "outcome": "refused", "error": error, "text": "not reloaded: HOT0301: a; and 1 more reason"});
        let host = json!({"event": "saved", "outcome": "host", "text": "restart it"});
        let said = |has_keys| {
            let mut model = Model::new(has_keys);
            [&refused, &saved, &host].map(|event| take(&mut model, event.clone()))
        };
        let line = "not reloaded: HOT0301: a; and 1 more reason: e\n";
        assert_eq!(said(true), ["", line, "restart it, with R\n"]);
        let whole = "not reloaded: HOT0301: a; and 1 more reason:\nHOT0301: a\nHOT0310: b\n";
        assert_eq!(said(false), ["", whole, "restart it\n"]);
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
}
