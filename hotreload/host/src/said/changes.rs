//! What an edit has changed, by name.

use serde::{Deserialize, Serialize};

/// What the code of a generation changed, beside that of the one before it.
///
/// ```no_run
/// let host = hot::Host::start()?;
/// let rules = host.load_crate("rules")?;
/// // edit the source ..
/// let report = rules.rebuild()?;
/// for helper in report.changes.iter().flat_map(|changes| &changes.helpers) {
///     println!("{} is used by {}", helper.name, helper.of.join(", "));
/// }
/// # Ok::<(), hot::Error>(())
/// ```
///
/// If it is [`exact`](Changes::exact), it is told from what the compiler made, not from the text: a
/// comment changes nothing, and a constant or macro changes whatever was compiled with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Changes {
    /// Exported functions, by path, whose own code differs, that of closures and functions within
    /// included.
    pub edited: Vec<String>,
    /// Functions and statics that are not exported, and the exported functions that reach them.
    pub helpers: Vec<Helper>,
    /// Whether machine code was compared. That takes the rlib of the bundle's crate, which cargo
    /// writes if `crate-type` says so, and a build that the host has run itself
    /// ([`load_crate`](crate::Host::load_crate), [`rebuild`](crate::Bundle::rebuild), a save).
    ///
    /// If not, `edited` are those exported functions whose text differs, comments aside. What they
    /// call and use is not compared: nothing may have changed in `edited`, and all in what it does.
    pub exact: bool,
}

/// Code that is not exported and differs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Helper {
    /// The path of the function or static.
    pub name: String,
    /// The exported functions, by path, that use it, also through other helpers. Empty if none is
    /// known to.
    pub of: Vec<String>,
}

impl Helper {
    pub(crate) fn new(name: String, of: Vec<String>) -> Self {
        Helper { name, of }
    }
}

impl Changes {
    /// Whether nothing is known to differ; if the changes are not [`exact`](Changes::exact), helpers
    /// still may.
    pub fn is_empty(&self) -> bool {
        self.edited.is_empty() && self.helpers.is_empty()
    }
}
