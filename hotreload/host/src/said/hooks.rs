//! What bundles run at a load and at an unload, and what came of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A function with `#[hot::on_load]` or `#[hot::on_unload]` that has returned an error, or has panicked.
///
/// [`Display`](fmt::Display) writes one clause.
///
/// ```
/// let mut failed = hot::FailedHook::default();
/// failed.hook = "rules::start".to_owned();
/// failed.attribute = "on_load".to_owned();
/// failed.error = "the port is taken".to_owned();
/// assert_eq!(failed.to_string(), "on_load `rules::start` failed: the port is taken");
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct FailedHook {
    /// The function's path.
    pub hook: String,
    /// `on_load` or `on_unload`.
    pub attribute: String,
    /// The generation whose code it is, by the number that it was live as.
    pub generation: u64,
    /// The text of its error, or of its panic.
    pub error: String,
    /// Whether it has panicked.
    pub panicked: bool,
}

impl fmt::Display for FailedHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FailedHook { hook, attribute, error, panicked, .. } = self;
        let what = if *panicked { "panicked" } else { "failed" };
        write!(f, "{attribute} `{hook}` {what}: {error}")
    }
}
