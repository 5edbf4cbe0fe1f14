//! The one line that matters now.

use std::{fmt, time::Duration};

use serde::{Deserialize, Serialize};

use crate::said::json::milliseconds;

/// The one line that matters now, from [`Host::notice`](crate::Host::notice).
///
/// [`Display`](fmt::Display) writes its text.
///
/// ```
/// let host = hot::Host::start().unwrap();
/// assert_eq!(host.notice(), None, "nothing has happened yet");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Notice {
    /// What there is to say, in one line without colours.
    pub text: String,
    /// How much it matters.
    pub level: Level,
    /// How long ago it happened; of a build, how long it has run.
    #[serde(rename = "age_ms", with = "milliseconds")]
    pub age: Duration,
}

/// How much a [`Notice`] matters.
///
/// ```
/// assert!(hot::Level::Error > hot::Level::Warning);
/// ```
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Level {
    /// All is well: something is live, or is being built.
    #[default]
    Info,
    /// A part of what was saved does not run: the host has to be restarted for it, or it was rolled
    /// back before.
    Warning,
    /// Something does not compile or was refused. What ran before goes on running.
    Error,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}
