//! What rustc keeps of a crate for the next time lies in a folder that is named after its metadata. With
//! every change of a type there is a new one, and nobody comes back to the old.

use std::{collections::BTreeSet, ffi::OsString, fs, io};

use super::invocation::Invocation;
use super::types::Hash;

/// What was kept before a crate was compiled.
#[derive(Debug, Default)]
pub(super) struct Kept {
    folders: BTreeSet<OsString>,
    /// What the note says: the hash then, and the folder.
    before: Option<(String, OsString)>,
}

impl Kept {
    pub(super) fn before(invocation: &Invocation) -> io::Result<Kept> {
        let note = fs::read_to_string(invocation.beside("kept")).unwrap_or_default();
        let before =
            note.trim_end().split_once(' ').map(|(hash, folder)| (hash.to_owned(), folder.into()));
        Ok(Kept { folders: folders(invocation)?, before })
    }

    /// Writes the note, and removes what is of no use any more.
    pub(super) fn after(self, invocation: &Invocation, types: Hash) -> io::Result<()> {
        let types = types.to_string();
        let folder = match self.before {
            Some((hash, folder)) if hash == types => folder,
            before => {
                let new = folders(invocation)?.into_iter().find(|it| !self.folders.contains(it));
                let (new, old) = (new.unwrap_or_default(), before.map(|(_, folder)| folder));
                if let (Some(parent), Some(old)) = (&invocation.incremental, old)
                    && old != new
                    && !old.is_empty()
                {
                    // Whoever removes it, too, has done what was to do.
                    let _ = fs::remove_dir_all(parent.join(old));
                }
                new
            }
        };
        fs::write(invocation.beside("kept"), format!("{types} {}\n", folder.display()))
    }
}

/// Those of this crate.
fn folders(invocation: &Invocation) -> io::Result<BTreeSet<OsString>> {
    let Some(parent) = &invocation.incremental else { return Ok(BTreeSet::new()) };
    let Ok(entries) = fs::read_dir(parent) else { return Ok(BTreeSet::new()) };
    let prefix = format!("{}-", invocation.name);
    let names = entries.map(|entry| entry.map(|it| it.file_name()));
    names
        .filter(|name| {
            name.as_ref().map_or(true, |name| name.to_string_lossy().starts_with(&prefix))
        })
        .collect()
}
