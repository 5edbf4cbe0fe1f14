//! Whether a library that cargo has built holds what is live already.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    ptr,
    sync::Arc,
};

use crate::state::Inner;

/// Whether the file holds the live generation of this crate, byte by byte. `false` if that cannot be
/// told.
///
/// Cargo's word for it would not do: what it finds to be up to date may have been built by another
/// cargo, after the live generation was loaded.
pub(super) fn is_live(inner: &Inner, crate_name: &str, library: &Path) -> bool {
    let Ok(world) = inner.write() else { return false };
    let Some(image) = world.world().bundles.get(crate_name).map(|it| Arc::clone(&it.image)) else {
        return false;
    };
    drop(world);
    let table = ptr::from_ref(inner.table).addr();
    is_same(library, &image.copy, table).unwrap_or(false)
}

/// Whether they are equal but for the word that the host has written into its copy. Mostly they
/// differ soon.
fn is_same(library: &Path, copy: &Path, table: usize) -> io::Result<bool> {
    const WORD: usize = size_of::<usize>();
    /// Whole words.
    const BLOCK: usize = 1 << 16;

    let (mut library, mut copy) = (File::open(library)?, File::open(copy)?);
    if library.metadata()?.len() != copy.metadata()?.len() {
        return Ok(false);
    }
    let is_written = |built: &[u8], copied: &[u8]| {
        built == [0; WORD] && copied == table.to_ne_bytes().as_slice()
    };
    let (mut built, mut copied) = (Vec::new(), Vec::new());
    loop {
        built.clear();
        copied.clear();
        library.by_ref().take(BLOCK as u64).read_to_end(&mut built)?;
        copy.by_ref().take(BLOCK as u64).read_to_end(&mut copied)?;
        let mut words = built.chunks(WORD).zip(copied.chunks(WORD));
        let is_same = built == copied
            || built.len() == copied.len()
                && words.all(|(built, copied)| built == copied || is_written(built, copied));
        if !is_same || built.is_empty() {
            return Ok(is_same);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    #[test]
    fn only_the_hosts_own_word_may_differ() {
        let folder = tempfile::tempdir().unwrap();
        let (built, copied) = (folder.path().join("built"), folder.path().join("copied"));
        let table = 0x7f12_3456_usize;
        let mut bytes = vec![0u8; 10_000];
        bytes[5] = 1;
        let is_same = |of_built: &[u8], of_copy: &[u8]| {
            fs::write(&built, of_built).unwrap();
            fs::write(&copied, of_copy).unwrap();
            super::is_same(&built, &copied, table).unwrap()
        };
        assert!(is_same(&bytes, &bytes));
        let mut written = bytes.clone();
        written[8_000..8_000 + size_of::<usize>()].copy_from_slice(&table.to_ne_bytes());
        assert!(is_same(&bytes, &written));
        assert!(!is_same(&written, &bytes), "only the copy has it");
        let mut other = written.clone();
        other[9_999] = 1;
        assert!(!is_same(&bytes, &other));
        other = written.clone();
        other[8_000] ^= 1;
        assert!(!is_same(&bytes, &other));
        assert!(!is_same(&bytes, &bytes[1..]));
    }
}
