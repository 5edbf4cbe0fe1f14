//! What differs between two generations, by their compiled content.

use super::{Kind, Report, content, image::Image};

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
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

/// Says in the report what the image changed, beside the one that was live before. `is_new`: it was
/// loaded now, so that its statics have their first values.
pub(crate) fn tell(report: &mut Report, before: Option<&Image>, image: &Image, is_new: bool) {
    // Also at the first load: the next build writes over what this one has written.
    let new = image.content(before);
    let Some(before) = before else { return };
    let old = before.content(None);
    let mut changes = match (&old.crates, &new.crates) {
        (Some(old), Some(new)) => {
            let (edited, helpers) = content::changes(old, new);
            Changes { edited, helpers, exact: true }
        }
        _ => Changes::default(),
    };
    for site in image.exports.iter().filter(|site| site.item.kind == Kind::Function) {
        let old = before.exports.iter().find(|old| old.item.path == site.item.path);
        let differs = old.is_some_and(|old| {
            let (old, new) = (&old.item, &site.item);
            old.display != new.display || (!changes.exact && old.content != new.content)
        });
        if differs && !changes.edited.contains(&site.item.path) {
            changes.edited.push(site.item.path.clone());
        }
    }
    changes.edited.sort_unstable();
    if is_new {
        let both = new.variables.intersection(&old.variables);
        report.restarted = both.cloned().collect();
    }
    report.changes = Some(changes);
}
