//! What an edit changed, in words: by the machine code of two generations, or by the hashes of tokens
//! that their manifests have.
//!
//! ```text
//! mod      the report's part on it
//! diff     which exports and helpers differ in machine code
//! copies/  which items a save changed that the host was compiled with, too
//! literals whether a save changed literals only, and what these are worth
//! ```

#[cfg(feature = "watch")]
pub(crate) mod copies;
mod diff;
#[cfg(feature = "watch")]
pub(crate) mod literals;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

use crate::file::machine_code::MachineCode;
use crate::said::{Changes, Report};
use crate::state::{Image, Maker};
use hot_rt::rt::Kind;

/// Says in the report what the image changed, beside the one that was live before. `is_new`: it was
/// loaded now, so that its statics have their first values.
pub(crate) fn tell(report: &mut Report, before: Option<&Image>, image: &Image, is_new: bool) {
    // Also at the first load: the next build writes over what this one has written.
    let new = image.compiled(before);
    let Some(before) = before else { return };
    let old = before.compiled(None);
    let mut changes = match (before.code_beside(image.maker.as_ref()), &new.crates) {
        (Some(old), Some(new)) => {
            let (edited, helpers) = diff::changes(old, new);
            Changes { edited, helpers, exact: true }
        }
        _ => Changes::default(),
    };
    for site in image.exports.iter().filter(|site| site.item.kind == Kind::Function) {
        let old = before.exports.iter().find(|old| old.item.path == site.item.path);
        let differs = old.is_some_and(|old| {
            let (old, new) = (&old.item, &site.item);
            old.display != new.display || (!changes.exact && old.tokens != new.tokens)
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

/// Whether these rlibs hold the machine code that the image was built with; `maker` is who has made them. `false` if that
/// cannot be told.
pub(crate) fn is_same_code(image: &Image, rlibs: &[PathBuf], maker: Option<&Maker>) -> bool {
    let Some(old) = image.code_beside(maker) else { return false };
    let new = MachineCode::read(&image.header.crate_name, rlibs, Some(old));
    new.is_some_and(|new| diff::changes(old, &new) == Default::default())
}
