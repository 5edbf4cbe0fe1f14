//! Whether a library that cargo has built holds what is live already, or what was rolled back.

use std::{
    fs::File,
    io::{self, Read as _},
    path::Path,
    ptr,
    sync::Arc,
};

use crate::{
    changes::is_same_code,
    file::object_file::ObjectFile,
    load::Next,
    state::{Image, Inner},
};

/// What a library holds that is no news.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Repeated {
    /// The live generation, byte by byte: this is its number.
    Live(u64),
    /// The code of a generation that was rolled back: its number, and that of the one that is live
    /// instead.
    RolledBack { undone: u64, live: u64 },
}

impl Inner {
    /// What the file repeats of this crate; `None` if it is news, or that cannot be told.
    ///
    /// Cargo's word for it would not do: what it finds to be up to date may have been built by
    /// another cargo, after the live generation was loaded.
    pub(crate) fn repeated(&self, crate_name: &str, next: &Next<'_>) -> Option<Repeated> {
        let writing = self.write().ok()?;
        let loaded = writing.world().bundles.get(crate_name)?;
        let (live, image) = (loaded.generation, Arc::clone(&loaded.image));
        let undone = loaded.undone.clone();
        drop(writing);
        let table = ptr::from_ref(self.table).addr();
        let is_file = |image: &Image| is_same(next.path, &image.copy, table).unwrap_or(false);
        if is_file(&image) {
            return Some(Repeated::Live(live));
        }
        let repeats = |image: &Image| is_file(image) || is_code(next, image);
        let (undone, _) = undone.iter().rev().find(|(_, image)| repeats(image))?;
        Some(Repeated::RolledBack { undone: *undone, live })
    }

    /// Whether the file was made after the same build by cargo as what is live of this crate, and has its
    /// code: then it has the same libraries of others, too.
    #[cfg(feature = "watch")]
    pub(crate) fn is_live_code(&self, crate_name: &str, next: &Next<'_>) -> bool {
        let Ok(writing) = self.write() else { return false };
        let live = writing.world().bundles.get(crate_name).map(|it| Arc::clone(&it.image));
        drop(writing);
        let is_of_its_build = |image: &Arc<Image>| {
            let numbers = [next.maker, image.maker.as_ref()].map(|it| it.map(|it| it.number));
            numbers[0].is_some() && numbers[0] == numbers[1]
        };
        live.filter(is_of_its_build).is_some_and(|image| is_code(next, &image))
    }
}

/// Whether both hold the same code: a comment may have moved its lines.
fn is_code(next: &Next<'_>, image: &Image) -> bool {
    let read = |path: &Path| ObjectFile::read(path, &|_, _| None);
    let (built, copied) = (read(next.path), read(&image.copy));
    let (Ok(built), Ok(copied)) = (built, copied) else { return false };
    built.manifest.is_same(&copied.manifest) && is_same_code(image, next.rlibs, next.maker)
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
