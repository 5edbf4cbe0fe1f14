//! What is said at the control socket: the one definition for both ends. `docs/control.md`
//! describes it for other programs.
//!
//! Every request, answer and event is a line of JSON. A reader passes over fields and events that
//! it does not know: the other end may be newer. A field that comes later gets `#[serde(default)]`:
//! the other end may be older.

#![allow(missing_docs, reason = "fields that say what they are")]

use std::{path::PathBuf, sync::Arc};

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;

pub use crate::said::ErrorForm;
use crate::said::{
    self, BuildMessage, Differing, Error, FailedHook, HostCopy, Outcome, Report, Saved, Status,
    TweakedLiteral, Undone, Untidy, line,
};

/// What is asked of a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Request {
    /// What is loaded? Answered by [`HostStatus`].
    Status,
    /// Build these packages and reload them, or all that are loaded. Answered by [`Published`].
    Reload {
        #[serde(default, deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
        bundle: Vec<String>,
    },
    /// Take these packages back, or the only one that is loaded: to the generation before or, of one
    /// package, to this generation. Answered by [`Published`].
    Rollback {
        #[serde(default, deserialize_with = "names", skip_serializing_if = "Vec::is_empty")]
        bundle: Vec<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<u64>,
    },
    /// Collect saves from now on, or build what was saved meanwhile and each save again. Answered by
    /// [`Paused`].
    Watch { pause: bool },
    /// Which attributes does no value need to move? Answered by [`Tidied`].
    Tidy,
    /// The program is about to be ended and started again: tell those who want to know, and wait so
    /// long at most. Answered by [`Restarting`].
    Restarting { within_ms: u64 },
    /// Tell each event from now on. Answered by [`Listening`].
    Listen,
}

/// A name, a list of names, or null.
fn names<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "`bundle` is a name, a list of names or null")]
    enum Names {
        None(()),
        One(String),
        Several(Vec<String>),
    }
    Ok(match Names::deserialize(from)? {
        Names::None(()) => Vec::new(),
        Names::One(name) => vec![name],
        Names::Several(names) => names,
    })
}

impl Request {
    /// The request as a line, its end included.
    pub fn line(&self) -> String {
        line(self) + "\n"
    }

    /// Reads a line; an error says for people what is wrong with it.
    pub(super) fn read(line: &[u8]) -> Result<Request, String> {
        let json: Value =
            serde_json::from_slice(line).map_err(|_| "the request is no JSON".to_owned())?;
        Request::deserialize(json).map_err(|error| error.to_string())
    }
}

/// What a host answers: what it was asked for, or why there is none.
pub type Answer<T> = Result<T, Refusal>;

/// The line of an answer, its end included: `ok` says which of the two it is.
pub(super) fn answer_line<T: Serialize>(answer: &Answer<T>) -> String {
    #[derive(Serialize)]
    struct Line<'a, T> {
        ok: bool,
        #[serde(flatten)]
        rest: &'a T,
    }
    let line = match answer {
        Ok(rest) => line(&Line { ok: true, rest }),
        Err(rest) => line(&Line { ok: false, rest }),
    };
    line + "\n"
}

/// Reads the line of an answer.
pub fn read_answer<T: DeserializeOwned>(line: &str) -> serde_json::Result<Answer<T>> {
    #[derive(Deserialize)]
    struct Which {
        ok: bool,
    }
    Ok(match serde_json::from_str(line)? {
        Which { ok: true } => Ok(serde_json::from_str(line)?),
        Which { ok: false } => Err(serde_json::from_str(line)?),
    })
}

/// Why a request was not fulfilled.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Refusal {
    /// The reasons; none if the request itself was wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorForm>,
    /// For people.
    pub text: String,
}

impl Refusal {
    /// Of a request that is wrong itself.
    pub fn of_request(why: impl Into<String>) -> Refusal {
        Refusal { error: None, text: why.into() }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Refusal { text: error.to_string(), error: Some(error.into()) }
    }
}

/// What a host is, and has loaded.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct HostStatus {
    /// The number of the process.
    pub pid: u32,
    /// The name of the host's file, where the system tells: of the program, or of the library that
    /// has the host.
    pub name: Option<String>,
    pub watch: Watching,
    pub status: Status,
    /// The status for people.
    pub text: String,
}

/// Whether a host watches the sources of its bundles.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Watching {
    On,
    /// It collects saves.
    Paused,
    /// The program was built without that feature.
    Missing,
    #[default]
    #[serde(other)]
    Off,
}

/// Whether saves are collected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Paused {
    pub paused: bool,
}

/// What could be taken out of the sources.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Tidied {
    /// The number of the process.
    pub pid: u32,
    pub attributes: Vec<Untidy>,
    /// For people.
    pub text: String,
}

/// What became live together.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Published {
    pub reports: Vec<Arc<Report>>,
    /// What was built, and is live already.
    pub unchanged: Vec<Unchanged>,
    /// For people.
    pub text: String,
}

/// A bundle whose library holds what is live.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Unchanged {
    pub bundle: String,
    pub generation: u64,
}

impl Unchanged {
    /// For people.
    pub(super) fn line(&self) -> String {
        format!("{}: nothing changed since generation {}", self.bundle, self.generation)
    }
}

impl Published {
    pub(super) fn new(reports: Vec<Arc<Report>>, unchanged: Vec<Unchanged>) -> Published {
        let live = reports.iter().map(ToString::to_string);
        let same = unchanged.iter().map(Unchanged::line);
        let lines: Vec<_> = live.chain(same).collect();
        Published { text: lines.join("\n"), reports, unchanged }
    }
}

/// Those who want to know of a restart were told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Restarting {
    /// Whether all have returned in time.
    pub done: bool,
}

/// Events follow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Listening {
    /// The number of the process.
    pub pid: u32,
}

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
    pub(super) fn line(&self) -> String {
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
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;
    use crate::said::{Code, Reason};

    fn report() -> Arc<Report> {
        let report = json!({
            "bundle": "math",
            "generation": 3,
            "changes": { "edited": ["math::add"], "helpers": [], "exact": true },
            "phases": { "build_ms": 211.6, "check_ms": 1.5 },
        });
        serde_json::from_value(report).unwrap()
    }

    fn error() -> Error {
        let reason = Reason::new(Code::TypeChanged, "it has changed").fact("old", "u8");
        Error::from(reason).caused_by(std::io::Error::other("deep down"))
    }

    #[test]
    fn each_request_is_read_as_it_was_written() {
        let one = vec!["math".to_owned()];
        for request in [
            Request::Status,
            Request::Reload { bundle: Vec::new() },
            Request::Reload { bundle: one.clone() },
            Request::Rollback { bundle: one.clone(), to: None },
            Request::Rollback { bundle: one, to: Some(3) },
            Request::Watch { pause: true },
            Request::Restarting { within_ms: 2000 },
            Request::Listen,
        ] {
            assert_eq!(Request::read(request.line().as_bytes()), Ok(request));
        }
        assert_eq!(Request::Reload { bundle: Vec::new() }.line(), "{\"do\":\"reload\"}\n");
    }

    #[test]
    fn a_request_may_name_one_bundle_and_say_more_than_this_end_knows() {
        let read = |json: Value| Request::read(json.to_string().as_bytes());
        let one = Request::Reload { bundle: vec!["math".to_owned()] };
        assert_eq!(read(json!({"do": "reload", "bundle": "math", "later": 1})), Ok(one));
        assert_eq!(read(json!({"do": "status", "later": {}})), Ok(Request::Status));
        let wrong = read(json!({"do": "reload", "bundle": 7})).unwrap_err();
        assert_eq!(wrong, "`bundle` is a name, a list of names or null");
        assert!(read(json!({"do": "fly"})).unwrap_err().contains("`rollback`"));
        assert_eq!(Request::read(b"status").unwrap_err(), "the request is no JSON");
    }

    #[test]
    fn each_answer_is_read_as_it_was_written() {
        let same = Unchanged { bundle: "rules".to_owned(), generation: 2 };
        let published: Answer<Published> = Ok(Published::new(vec![report()], vec![same]));
        assert_eq!(read_answer(&answer_line(&published)).unwrap(), published);
        for refusal in [Refusal::of_request("no"), error().into()] {
            let refused: Answer<Published> = Err(refusal);
            assert_eq!(read_answer(&answer_line(&refused)).unwrap(), refused);
        }
        let listening: Answer<Listening> = Ok(Listening { pid: 7 });
        assert_eq!(answer_line(&listening), "{\"ok\":true,\"pid\":7}\n");
        assert!(read_answer::<Listening>("{}").is_err() && read_answer::<Listening>("[]").is_err());
    }

    #[test]
    fn a_status_is_read_as_it_was_written_and_one_of_a_newer_host_as_far_as_it_is_known() {
        let definition =
            |kind: &str| json!({"path": "a::b", "kind": kind, "signature": null, "generation": 0});
        let bundle = json!({"name": "math", "version": "1.0.0", "generation": 2, "loaded_as": 2, "library": "/m.so", "earlier": 1});
        let newer = json!({
            "ok": true, "pid": 7, "name": "game", "watch": "sometimes", "later": 1, "text": "t",
            "status": {
                "bundles": [bundle],
                "definitions": [definition("var"), definition("trait")],
                "threads": [{"id": 1, "name": null, "commits_behind": 2, "later": 3}],
                "shadow_dir": "/tmp",
            },
        });
        let read: HostStatus = read_answer(&newer.to_string()).unwrap().unwrap();
        assert_eq!(
            (read.pid, read.watch, read.status.bundles[0].generation),
            (7, Watching::Off, 2)
        );
        assert_eq!(read.status.definitions.len(), 1);
        assert_eq!(read.status.shadow_dir, PathBuf::from("/tmp"));
        assert_eq!(read_answer(&answer_line(&Ok(read.clone()))).unwrap(), Ok(read));
    }

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
