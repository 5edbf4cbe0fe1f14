//! What is said at the control socket: the one definition for both ends. `docs/control.md`
//! describes it for other programs.
//!
//! ```text
//! answers   what is asked of a host, and what it answers
//! events    what it tells those who listen
//! ```
//!
//! Every request, answer and event is a line of JSON. A reader passes over fields and events that
//! it does not know: the other end may be newer. A field that comes later gets `#[serde(default)]`:
//! the other end may be older.

#![allow(missing_docs, reason = "fields that say what they are")]

mod answers;
mod events;

pub(super) use answers::answer_line;
pub use answers::{
    Answer, HostStatus, Listening, Paused, Published, Refusal, Request, Restarting, Tidied,
    Unchanged, Watching, read_answer,
};
pub use events::{Event, SaveOutcome};

pub use crate::said::ErrorForm;

/// What tests say.
#[cfg(test)]
mod samples {
    use std::sync::Arc;

    use serde_json::json;

    use crate::said::{Code, Error, Reason, Report};

    pub(super) fn report() -> Arc<Report> {
        let report = json!({
            "bundle": "math",
            "generation": 3,
            "changes": { "edited": ["math::add"], "helpers": [], "exact": true },
            "phases": { "build_ms": 211.6, "check_ms": 1.5 },
        });
        serde_json::from_value(report).unwrap()
    }

    pub(super) fn error() -> Error {
        let reason = Reason::new(Code::TypeChanged, "it has changed").fact("old", "u8");
        Error::from(reason).caused_by(std::io::Error::other("deep down"))
    }
}
