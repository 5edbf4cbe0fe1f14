//! What rustc keeps of a crate for the next time. With each change of a type there is something new to
//! keep, and nobody comes back to the old: so each crate has a folder of its own, with one folder in it
//! for what its types are.

use std::{fs, path::PathBuf};

use super::invocation::Invocation;
use super::types::Hash;

/// Where rustc is to keep it, if cargo wants it to. What was kept of other types is removed, also what a
/// rustc has left that was killed.
pub(super) fn folder(invocation: &Invocation, types: Hash) -> Option<PathBuf> {
    let parent = invocation.incremental.as_ref()?;
    let own = parent.join(format!("{}{}", invocation.name, invocation.suffix));
    let wanted = own.join(types.to_string());
    for entry in fs::read_dir(own).into_iter().flatten().flatten() {
        if entry.path() != wanted {
            // Of use to nobody, and removed by the next one if it cannot be now.
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    Some(wanted)
}
