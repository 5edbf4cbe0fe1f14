//! What is asked of a host, and what it answers.

use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::said::{Error, ErrorForm, Report, Status, Untidy, line};

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
    pub(in crate::control) fn read(line: &[u8]) -> Result<Request, String> {
        let json: Value =
            serde_json::from_slice(line).map_err(|_| "the request is no JSON".to_owned())?;
        Request::deserialize(json).map_err(|error| error.to_string())
    }
}

/// What a host answers: what it was asked for, or why there is none.
pub type Answer<T> = Result<T, Refusal>;

/// The line of an answer, its end included: `ok` says which of the two it is.
pub(in crate::control) fn answer_line<T: Serialize>(answer: &Answer<T>) -> String {
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
    pub(in crate::control) fn line(&self) -> String {
        format!("{}: nothing changed since generation {}", self.bundle, self.generation)
    }
}

impl Published {
    pub(in crate::control) fn new(
        reports: Vec<Arc<Report>>,
        unchanged: Vec<Unchanged>,
    ) -> Published {
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

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::json;

    use super::*;
    use crate::control::protocol::samples::{error, report};

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
}
