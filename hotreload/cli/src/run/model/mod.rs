//! What is known of the host, told from its events.

mod bottom;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use hot_host::{
    Changes, Phases, Report,
    command::protocol::{
        Answer, ErrorForm, Event, HostStatus, Paused, Published, Refusal, SaveOutcome,
    },
};

use super::{history::History, kept::Kept, problems::Problems};

/// What is known of the host.
#[derive(Debug, Default)]
pub(super) struct Model {
    /// Whether somebody can press a key for what a line leaves out; else lines leave out nothing.
    has_keys: bool,
    /// Whether an edit of the program's own starts it again.
    restarts: bool,
    /// The live generation of each bundle, by package name.
    bundles: BTreeMap<String, u64>,
    pub(super) phase: Phase,
    /// Whether saves are collected.
    is_paused: bool,
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
    pub(super) fn new(has_keys: bool, restarts: bool) -> Model {
        let problems = Problems::new(has_keys);
        Model { has_keys, restarts, problems, ..Model::default() }
    }

    /// Another program is started: nothing is known of it.
    pub(super) fn starts(&mut self) {
        let (history, kept) = (std::mem::take(&mut self.history), std::mem::take(&mut self.kept));
        let is_paused = self.is_paused;
        *self = Model { history, kept, is_paused, ..Model::new(self.has_keys, self.restarts) };
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
            Event::Loaded { report, text } => {
                // Nobody has saved it, or asked for it.
                if report.generation == 1 {
                    self.history.note(&text, std::slice::from_ref(&report));
                }
                self.live_too(&report);
            }
            Event::RolledBack { report, text } => {
                self.live_too(&report);
                // The host went back by itself: nobody else says it.
                if report.why.is_some() {
                    self.history.note(&text, std::slice::from_ref(&report));
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
            // It is live as what was live before; the build goes on.
            Event::Tweaked { text, .. } => return ended(text),
            Event::Saved { mut text, outcome, undone, .. } => {
                if !undone.is_empty() && self.has_keys {
                    text = format!("{}: r loads it", text.trim_end());
                }
                match &outcome {
                    SaveOutcome::Host if self.restarts => {
                        text = format!("{}, as --restart does", text.trim_end());
                    }
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
                let live = match &outcome {
                    SaveOutcome::Live { reports } => &reports[..],
                    _ => &[],
                };
                self.history.note(&text, live);
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
                self.history.note(&text, &reports);
                ended(text)
            }
            Err(Refusal { error, text }) => {
                self.history.note(&text, &[]);
                if let Some(error) = error {
                    self.refused(error);
                }
                ended(text)
            }
        }
    }

    /// Whether saves are collected, until the same key is pressed again.
    pub(super) fn is_paused(&self) -> bool {
        self.is_paused
    }

    /// Has saves collected, or lead to builds again.
    pub(super) fn pause(&mut self, is_paused: bool) -> &'static str {
        self.is_paused = is_paused;
        match is_paused {
            true => "saves are collected: p goes on\n",
            false => "saves are built again\n",
        }
    }

    /// Takes in whether the host collects saves, and gives what is to be printed.
    pub(super) fn paused(&mut self, answer: Answer<Paused>) -> String {
        match answer {
            Ok(Paused { paused }) if paused == self.is_paused => String::new(),
            Ok(Paused { paused }) => self.pause(paused).to_owned(),
            Err(Refusal { text, .. }) => {
                self.is_paused = false;
                ended(text)
            }
        }
    }

    /// The history, and the generations that its digits lead to while the program runs.
    pub(super) fn history(&self, runs: bool) -> (String, Vec<(String, u64)>) {
        self.history.page(|bundle, generation| runs && self.kept.is_earlier(bundle, generation))
    }

    pub(super) fn phase(&mut self, phase: Phase) {
        self.phase = phase;
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
        if matches!(self.phase, Phase::Ending | Phase::Restarting) {
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
}

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
mod tests;
