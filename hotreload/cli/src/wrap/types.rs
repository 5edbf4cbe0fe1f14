//! A hash of all that says which types a crate defines, and of what they consist: of its own sources,
//! and of the workspace's crates that it depends on.
//!
//! What counts: definitions of types and what they may be spelled with (`use`, `type`, associated types,
//! constants that lengths are made of), and macros that may expand to some. Bodies do not, unless they
//! have such items in them. A constant of a number that is no `usize` counts if something that counts
//! names it: an array's length can be made of it, and mostly is not. Where it is not certain it counts: a
//! hash that changes without need costs a compilation, one that does not change costs the soundness of the
//! program.
//!
//! What the sources say depends on more than their text: on the `--cfg`s, of which a build script may have
//! printed some that cargo's own metadata do not tell apart, and on the variables that what counts reads by
//! `env!` or `option_env!`. A name that a macro of the crate's own puts into `env!` is not seen.

mod bodies;
mod counts;
mod definitions;
mod reads;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fmt, fs, io,
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use hot_types::rt::versioned::Hasher;

use super::invocation::Invocation;
use definitions::Definitions;

/// A hash, as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hash(u128);

impl Hash {
    pub(super) fn of(fill: impl FnOnce(&mut Hasher)) -> Hash {
        let mut hasher = Hasher::new();
        fill(&mut hasher);
        Hash(hasher.digest())
    }
}

/// What a crate's types are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Types {
    /// Of all that its own types consist of.
    pub(super) own: Hash,
    /// With what those of other crates may consist of besides: its constants.
    for_others: Hash,
}

impl Types {
    /// Leaves a note of both, the own one first: for the host, and for the crates that depend on this one.
    pub(super) fn leave(self, invocation: &Invocation) -> io::Result<()> {
        let (note, new) = (invocation.beside("types"), invocation.beside("types-new"));
        // One that is read meanwhile is whole.
        fs::write(&new, format!("{}\n{}", self.own, self.for_others))?;
        fs::rename(new, note)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The types of a crate, and what they were found in.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) types: Types,
    /// What rustc has read of it the last time.
    read_before: BTreeSet<PathBuf>,
    looked_at: LookedAt,
}

/// What was looked at: the types are the same as long as this is.
#[derive(Debug, Default)]
struct LookedAt {
    /// What files hold; none of one that is not there, or cannot be read.
    files: BTreeMap<PathBuf, Option<Vec<u8>>>,
    /// What lies in folders.
    folders: BTreeMap<PathBuf, BTreeSet<PathBuf>>,
    /// Of the crates that this one depends on.
    externs: Vec<String>,
}

impl Found {
    /// Those of the crate that is to be compiled.
    pub(super) fn of(invocation: &Invocation) -> io::Result<Found> {
        let read_before = read_before(invocation);
        let (types, looked_at) = look(invocation, &read_before)?;
        Ok(Found { types, read_before, looked_at })
    }

    /// Whether the crate has the same types still.
    pub(super) fn holds(&self, invocation: &Invocation) -> io::Result<bool> {
        // Mostly nothing was saved meanwhile, and to find the types anew takes far longer.
        if self.looked_at.is_as_it_was(invocation)? {
            return Ok(true);
        }
        Ok(look(invocation, &self.read_before)?.0 == self.types)
    }
}

impl LookedAt {
    fn is_as_it_was(&self, invocation: &Invocation) -> io::Result<bool> {
        let holds = |(path, bytes): (&PathBuf, &Option<Vec<u8>>)| fs::read(path).ok() == *bytes;
        let has = |(folder, paths): (&PathBuf, &BTreeSet<PathBuf>)| files(folder) == *paths;
        Ok(self.files.iter().all(holds)
            && self.folders.iter().all(has)
            && externs(invocation)? == self.externs)
    }
}

/// The types, and what they were found in.
fn look(invocation: &Invocation, read: &BTreeSet<PathBuf>) -> io::Result<(Types, LookedAt)> {
    let mut definitions = Definitions::default();
    definitions.file(&invocation.root, true);
    // Macros may have named files that are not found otherwise.
    for path in read {
        definitions.file(path, path.file_name().is_some_and(|it| it == "mod.rs"));
    }
    let externs = externs(invocation)?;
    let hash = |found: &[String]| {
        Hash::of(|hash| {
            // The number tells where they end.
            hash.text(&invocation.cfgs.len().to_string());
            let all = invocation.cfgs.iter().chain(found).chain(&externs);
            all.for_each(|text| hash.text(text));
        })
    };
    let unnamed = definitions.name_constants();
    let own = hash(&definitions.found);
    definitions.found.extend(unnamed);
    let types = Types { own, for_others: hash(&definitions.found) };
    Ok((types, LookedAt { externs, ..definitions.looked_at }))
}

/// What the types of the crates are that this one depends on, as far as they can change.
fn externs(invocation: &Invocation) -> io::Result<Vec<String>> {
    let mut externs = Vec::new();
    for library in &invocation.externs {
        match Invocation::note_of(library, "types").map(fs::read_to_string) {
            Some(Ok(note)) => externs.push(note),
            // A macro, which may have other types in what it expands to.
            _ if library.extension().is_some_and(|it| it == env::consts::DLL_EXTENSION) => {
                externs.push(stamp(library)?);
            }
            _ => {}
        }
    }
    // Cargo's order is that of names which may be changed.
    externs.sort_unstable();
    Ok(externs)
}

/// The Rust sources that rustc has read the last time, by what it has left then (`target: source source`,
/// a blank in a name is escaped).
fn read_before(invocation: &Invocation) -> BTreeSet<PathBuf> {
    let text = fs::read_to_string(invocation.beside("d")).unwrap_or_default();
    let line = text.lines().next().and_then(|line| line.split_once(": "));
    let names = line.map(|(_, names)| names.replace("\\ ", "\0")).unwrap_or_default();
    let paths = names.split(' ').map(|name| PathBuf::from(name.replace('\0', " ")));
    paths.filter(|path| path.extension().is_some_and(|it| it == "rs")).collect()
}

/// What tells one build of a file from another.
fn stamp(file: &Path) -> io::Result<String> {
    let metadata = fs::metadata(file)?;
    let time = metadata.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok(format!("{} {}", metadata.len(), time.as_nanos()))
}

/// All files in a folder and those in it, in the order of their names.
fn files(folder: &Path) -> BTreeSet<PathBuf> {
    let mut all = BTreeSet::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(it) if it.is_dir() => all.append(&mut files(&entry.path())),
            _ => _ = all.insert(entry.path()),
        }
    }
    all
}

#[cfg(test)]
mod tests;
