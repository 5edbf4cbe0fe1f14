//! What a host tells those who listen.

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Serialize};

use crate::said::{
    self, BuildMessage, Differing, ErrorForm, FailedHook, HostCopy, Outcome, Report, Saved,
    TweakedLiteral, Undone, line,
};

/// What is told to those who listen. Each `text` is for people.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A save has started the build of these packages.
    Building { bundles: Vec<String> },
    /// How far a build is: how many crates are compiled, and whether another cargo is waited for.
    Progress { bundle: String, crates: usize, elapsed_ms: u64, waiting: bool },
    /// A report of rustc as it renders it: an error or a warning.
    Diagnostic { rendered: String, error: bool },
    /// A line that something else printed, such as a procedural macro.
    Output { text: String },
    /// The build is over, in whatever way.
    Built,
    Loaded {
        report: Arc<Report>,
        #[serde(default)]
        text: String,
    },
    RolledBack {
        report: Arc<Report>,
        #[serde(default)]
        text: String,
    },
    Unloaded {
        bundle: String,
        #[serde(default)]
        failed_hooks: Vec<FailedHook>,
        #[serde(default)]
        text: String,
    },
    Refused {
        error: ErrorForm,
        #[serde(default)]
        text: String,
    },
    /// A save has changed literals only, which are read as they are now; the build follows.
    Tweaked {
        #[serde(default)]
        bundles: Vec<String>,
        #[serde(default)]
        files: Vec<String>,
        #[serde(default)]
        literals: Vec<TweakedLiteral>,
        #[serde(default)]
        took_ms: f64,
        #[serde(default)]
        text: String,
    },
    /// What came of a save.
    Saved {
        #[serde(default)]
        files: Vec<String>,
        #[serde(default)]
        host_copies: Vec<HostCopy>,
        #[serde(default)]
        undone: Vec<Undone>,
        #[serde(default)]
        differing: Vec<Differing>,
        #[serde(default)]
        text: String,
        #[serde(flatten)]
        outcome: SaveOutcome,
    },
}

/// What came of a save.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum SaveOutcome {
    Live {
        reports: Vec<Arc<Report>>,
    },
    Refused {
        #[serde(default)]
        bundles: Vec<String>,
        error: ErrorForm,
    },
    Unchanged,
    Host,
    /// One that a newer host tells; its event's text is for people as ever.
    #[serde(other)]
    Other,
}

impl Event {
    /// The event as a line, its end included.
    pub(in crate::control) fn line(&self) -> String {
        line(self) + "\n"
    }

    /// Reads a line; none if it is no event that this end knows.
    pub fn read(line: &str) -> Option<Event> {
        serde_json::from_str(line).ok()
    }
}

impl From<&said::Event> for Event {
    fn from(event: &said::Event) -> Self {
        let text = event.to_string();
        match event {
            said::Event::Loaded(report) => Event::Loaded { report: report.clone(), text },
            said::Event::RolledBack(report) => Event::RolledBack { report: report.clone(), text },
            said::Event::Unloaded { bundle, failed_hooks } => {
                Event::Unloaded { bundle: bundle.clone(), failed_hooks: failed_hooks.clone(), text }
            }
            said::Event::Refused(error) => {
                Event::Refused { error: ErrorForm::from((**error).clone()), text }
            }
            said::Event::Building { bundles } => Event::Building { bundles: bundles.clone() },
            said::Event::Tweaked(tweaked) => Event::Tweaked {
                bundles: tweaked.bundles.clone(),
                files: paths(&tweaked.files),
                literals: tweaked.literals.clone(),
                took_ms: tweaked.took.as_secs_f64() * 1e3,
                text,
            },
            said::Event::Saved(saved) => {
                let Saved { files, outcome, host_copies, undone, differing } = &**saved;
                Event::Saved {
                    files: paths(files),
                    host_copies: host_copies.clone(),
                    undone: undone.clone(),
                    differing: differing.clone(),
                    text,
                    outcome: outcome.into(),
                }
            }
        }
    }
}

fn paths(files: &[PathBuf]) -> Vec<String> {
    files.iter().map(|file| file.to_string_lossy().into_owned()).collect()
}

impl From<&Outcome> for SaveOutcome {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Live(reports) => SaveOutcome::Live { reports: reports.clone() },
            Outcome::Refused { bundles, error } => {
                let error = ErrorForm::from((**error).clone());
                SaveOutcome::Refused { bundles: bundles.clone(), error }
            }
            Outcome::Unchanged => SaveOutcome::Unchanged,
            Outcome::Host => SaveOutcome::Host,
        }
    }
}

impl From<&BuildMessage<'_>> for Event {
    fn from(message: &BuildMessage<'_>) -> Self {
        match *message {
            BuildMessage::Diagnostic { rendered, error } => {
                Event::Diagnostic { rendered: rendered.to_owned(), error }
            }
            BuildMessage::Line(line) => Event::Output { text: line.to_owned() },
            BuildMessage::Progress { bundle, crates, elapsed, waiting } => {
                let elapsed_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
                Event::Progress { bundle: bundle.to_owned(), crates, elapsed_ms, waiting }
            }
            BuildMessage::Done => Event::Built,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::control::protocol::samples::{error, report};

    #[test]
    fn each_event_is_read_as_it_was_written() {
        let text = || "t".to_owned();
        let names = || vec!["math".to_owned()];
        let copy = HostCopy { item: text(), file: "/lib.rs".into(), certain: true };
        let undone = Undone { bundle: text(), generation: 3, live: 4 };
        let differing = Differing { file: "/lib.rs".into(), line: 5, written: text(), built: None };
        let literal = TweakedLiteral { path: text(), before: text(), now: text() };
        let saved = |outcome| Event::Saved {
            files: vec!["/lib.rs".to_owned()],
            host_copies: vec![copy.clone()],
            undone: vec![undone.clone()],
            differing: vec![differing.clone()],
            text: text(),
            outcome,
        };
        for (event, name) in [
            (Event::Building { bundles: names() }, "building"),
            (
                Event::Progress { bundle: text(), crates: 3, elapsed_ms: 812, waiting: true },
                "progress",
            ),
            (Event::Diagnostic { rendered: text(), error: true }, "diagnostic"),
            (Event::Output { text: text() }, "output"),
            (Event::Built, "built"),
            (Event::Loaded { report: report(), text: text() }, "loaded"),
            (Event::RolledBack { report: report(), text: text() }, "rolled_back"),
            (
                Event::Unloaded { bundle: text(), failed_hooks: Vec::new(), text: text() },
                "unloaded",
            ),
            (Event::Refused { error: error().into(), text: text() }, "refused"),
            (
                Event::Tweaked {
                    bundles: names(),
                    files: names(),
                    literals: vec![literal.clone()],
                    took_ms: 1.5,
                    text: text(),
                },
                "tweaked",
            ),
            (saved(SaveOutcome::Live { reports: vec![report()] }), "saved"),
            (saved(SaveOutcome::Refused { bundles: names(), error: error().into() }), "saved"),
            (saved(SaveOutcome::Unchanged), "saved"),
            (saved(SaveOutcome::Host), "saved"),
        ] {
            let line = event.line();
            assert!(line.contains(&format!("\"event\":\"{name}\"")), "{line}");
            assert_eq!(Event::read(&line), Some(event));
        }
    }

    #[test]
    fn events_of_a_newer_host_are_passed_over_or_read_as_far_as_they_are_known() {
        for unknown in
            ["null", "[]", "{\"event\":7}", "{\"event\":\"moved\"}", "{\"event\":\"loaded\"}"]
        {
            assert_eq!(Event::read(unknown), None, "{unknown}");
        }
        let saved =
            json!({"event": "saved", "files": [], "text": "t", "outcome": "moved", "later": 1});
        let read = Event::read(&saved.to_string());
        let outcome = SaveOutcome::Other;
        assert_eq!(
            read,
            Some(Event::Saved {
                files: Vec::new(),
                host_copies: Vec::new(),
                undone: Vec::new(),
                differing: Vec::new(),
                text: "t".to_owned(),
                outcome
            })
        );
    }
}
