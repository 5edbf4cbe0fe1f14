//! The libraries that a library needs, with all that those need, as far as they are not the system's.
//!
//! The system's loader asks for a library by its name, and takes one of that name that is mapped
//! already. So the new build of a bundle, linked with a new build of a Rust `dylib`, would be bound to
//! the older build of it that is in memory, name by name, whatever stands behind the names by now. Where
//! each build has a name of its own (as our linker gives it) both would be in memory, each with statics
//! of its own.

use std::{
    collections::{BTreeSet, HashSet},
    env,
    ffi::{OsStr, OsString},
    fs::{self, File},
    io::{Read as _, Seek as _, SeekFrom},
    os::unix::ffi::{OsStrExt as _, OsStringExt as _},
    path::{Path, PathBuf},
};

use super::dynamic::{Dynamic, Needs, build_id};

/// As much of a mapped file as is read of it for its build id: that is near the beginning.
const BEGINNING: u64 = 64 * 1024;

/// A library that something needs, where the loader would find it.
#[derive(Debug, PartialEq, Eq, Hash, Clone)]
pub(crate) struct Needed {
    pub(crate) name: OsString,
    pub(crate) found: PathBuf,
}

/// What a file needs, with all that this needs.
#[derive(Debug, Default)]
pub(crate) struct Closure {
    pub(crate) found: Vec<Needed>,
    /// What was found nowhere.
    lacking: HashSet<OsString>,
}

impl Closure {
    /// What lies in a folder that somebody has named: the system's own are not looked at. `source` is the
    /// file that `file` is a copy of, or the file itself; the folder of either may be meant by `$ORIGIN`.
    pub(crate) fn named(file: &Path, source: &Path) -> Closure {
        Closure::of(needs(file).unwrap_or_default(), file, source)
    }

    /// The same of a file of which it is known what it needs itself.
    pub(crate) fn of(needs: Needs, file: &Path, source: &Path) -> Closure {
        Closure::find(needs, file, source, |_| None)
    }

    fn find(
        own: Needs,
        file: &Path,
        source: &Path,
        elsewhere: impl Fn(&OsStr) -> Option<PathBuf>,
    ) -> Closure {
        let (mut known, mut closure) = (HashSet::new(), Closure::default());
        let mut todo = vec![(own, vec![folder_of(file), folder_of(source)])];
        while let Some((needs, origins)) = todo.pop() {
            let paths = |list: &[OsString]| -> Vec<PathBuf> {
                list.iter().flat_map(|it| paths(it, &origins)).collect()
            };
            let run = paths(&needs.paths);
            // The order of ld.so(8): the older entry counts only without the newer one.
            let mut searched = if run.is_empty() { paths(&needs.older_paths) } else { Vec::new() };
            searched.extend(env::var_os("LD_LIBRARY_PATH").iter().flat_map(env::split_paths));
            searched.extend(run);
            for name in needs.names {
                let found = if Path::new(&name).components().count() > 1 {
                    Some(PathBuf::from(&name)).filter(|path| path.is_file())
                } else {
                    let mut places = searched.iter().map(|folder| folder.join(&name));
                    places.find(|path| path.is_file()).or_else(|| elsewhere(&name))
                };
                let Some(found) = found else {
                    closure.lacking.insert(name);
                    continue;
                };
                let needed = Needed { name, found };
                if known.insert(needed.clone()) {
                    todo.extend(
                        self::needs(&needed.found).map(|it| (it, vec![folder_of(&needed.found)])),
                    );
                    closure.found.push(needed);
                }
            }
        }
        closure
    }
}

/// What a file needs itself; none if it cannot be read.
fn needs(file: &Path) -> Option<Needs> {
    Dynamic::open(file)?.needs().ok()
}

/// Whether the bundle has this crate from a shared library, and no copy of its own, of whatever version.
/// Our wrapper of rustc has left notes of what it has seen linked: `.linked` beside a shared library,
/// `.copies` beside what links one. Without them it cannot be told.
pub(crate) fn shares(crate_name: &str, file: &Path, source: &Path) -> bool {
    // `libtokio-45d673f934a77827.rlib`
    let has = |note: &str| {
        let names = note.lines().filter_map(|line| line.strip_prefix("lib"));
        { names }.any(|name| name.split(['-', '.']).next() == Some(crate_name))
    };
    let own = source.file_name().and_then(|name| note(source, name, "copies"));
    if own.is_none_or(|note| has(&note)) {
        return false;
    }
    Closure::named(file, source).found.iter().any(|needed| {
        note(&needed.found, &without_build(&needed.name), "linked").is_some_and(|note| has(&note))
    })
}

/// What stands for the definitions of a bundle's types, if it has crates from a shared library, which may
/// have maps of types. Our wrapper of rustc has left a note of it beside what it has had linked.
pub(crate) fn types(file: &Path, source: &Path) -> Option<String> {
    let note_of_types = note(source, source.file_name()?, "types")?;
    // The second line is for the crates that depend on it.
    let types = note_of_types.lines().next()?.to_owned();
    let has_crates = |needed: &Needed| {
        note(&needed.found, &without_build(&needed.name), "linked").is_some_and(|it| !it.is_empty())
    };
    Closure::named(file, source).found.iter().any(has_crates).then_some(types)
}

/// A note of this kind beside a library that is called so.
fn note(library: &Path, name: &OsStr, kind: &str) -> Option<String> {
    let stem = Path::new(name).file_stem()?.to_str()?;
    let name = format!("{}.{kind}", stem.strip_prefix(env::consts::DLL_PREFIX)?);
    let folder = folder_of(library);
    let text = [folder.join(&name), folder.join("deps").join(&name)].map(fs::read_to_string);
    text.into_iter().find_map(Result::ok)
}

fn folder_of(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("/")).to_owned()
}

/// The folders of a search path in a file; `$ORIGIN` in it stands for each of `origins`.
fn paths(value: &OsStr, origins: &[PathBuf]) -> Vec<PathBuf> {
    let (text, mut all) = (value.to_string_lossy(), Vec::new());
    for origin in origins {
        let origin = origin.to_string_lossy();
        let text = text.replace("${ORIGIN}", &origin).replace("$ORIGIN", &origin);
        all.extend(env::split_paths(&text).filter(|path| !all.contains(path)).collect::<Vec<_>>());
    }
    all
}

/// A file that is mapped into the process.
#[derive(Debug)]
pub(crate) struct Mapped {
    pub(crate) inode: u64,
    /// Where it was when it was mapped.
    pub(crate) path: PathBuf,
    /// Whether it is not there any more.
    pub(crate) deleted: bool,
    /// Where its first mapping begins.
    pub(crate) start: u64,
}

/// The files that `/proc/PID/maps` lists, which is this text.
pub(crate) fn mapped(maps: &str) -> Vec<Mapped> {
    let mut all: Vec<Mapped> = Vec::new();
    for line in maps.lines() {
        // address perms offset dev inode path
        let mut words = line.splitn(6, ' ');
        let Some(start) = words.next().and_then(|range| range.split('-').next()) else { continue };
        let (Some(inode), Some(path)) = (words.nth(3), words.next()) else { continue };
        let (Ok(start), Ok(inode)) = (u64::from_str_radix(start, 16), inode.parse()) else {
            continue;
        };
        let path = path.trim_start();
        if !path.starts_with('/') || all.last().is_some_and(|it| it.inode == inode) {
            continue;
        }
        let (path, deleted) = match path.strip_suffix(" (deleted)") {
            Some(path) => (path, true),
            None => (path, false),
        };
        all.push(Mapped { inode, path: path.into(), deleted, start });
    }
    all
}

impl Mapped {
    /// The build id of what is in memory, whatever has become of the file.
    fn build_id(&self) -> Option<Vec<u8>> {
        let mut memory = File::open("/proc/self/mem").ok()?;
        memory.seek(SeekFrom::Start(self.start)).ok()?;
        let mut beginning = Vec::new();
        // Where the mappings end there is an error, after what was read.
        let _ = memory.take(BEGINNING).read_to_end(&mut beginning);
        build_id(&*beginning).ok()?
    }
}

impl Needed {
    /// The mapped file that would be there for it, or beside it, though it is another one.
    pub(crate) fn taken_for<'a>(&self, mapped: &'a [Mapped]) -> Option<&'a Mapped> {
        use std::os::unix::fs::MetadataExt as _;
        let real = fs::canonicalize(&self.found).ok()?;
        let inode = fs::metadata(&real).ok()?.ino();
        let names = [Some(&*self.name), real.file_name()].map(|name| name.map(without_build));
        let is_alike = |file: &&Mapped| names.contains(&file.path.file_name().map(without_build));
        let namesakes: Vec<_> = mapped.iter().filter(is_alike).collect();
        let id = Dynamic::open(&real).and_then(|it| it.build_id());
        let is_same = |it: &&&Mapped| {
            it.inode == inode
                || id.is_some() && it.build_id() == id
                // Another place, the same bytes: a copy.
                || !it.deleted && it.path != real && same(&it.path, &real)
        };
        match namesakes.iter().find(is_same) {
            Some(_) => None,
            None => namesakes.first().copied(),
        }
    }
}

/// The name of a library's file without the digits that tell its builds apart: our linker's twenty.
pub(crate) fn without_build(name: &OsStr) -> OsString {
    let stem = name.as_bytes().strip_suffix(b".so").unwrap_or_default();
    let (start, digits) = stem.split_at(stem.len().saturating_sub(21));
    match digits {
        [b'-', digits @ ..] if digits.iter().all(u8::is_ascii_hexdigit) => {
            OsString::from_vec([start, b".so"].concat())
        }
        _ => name.to_owned(),
    }
}

fn same(one: &Path, other: &Path) -> bool {
    let length = |path: &Path| fs::metadata(path).map(|it| it.len()).ok();
    length(one) == length(other) && fs::read(one).ok() == fs::read(other).ok()
}

/// The names that a file wants from others.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Names {
    /// Those that neither what it needs nor anything in the process has: with them it cannot be opened. Empty
    /// if that cannot be told.
    pub(crate) missing: BTreeSet<String>,
    /// Those that a library has which it needs, other than std.
    pub(crate) of_libraries: BTreeSet<String>,
}

impl Names {
    /// Those of a file that needs these libraries. None if it cannot be read.
    pub(crate) fn of(file: &Path, source: &Path, needed: &[Needed], mapped: &[Mapped]) -> Names {
        let Some([needs, may_use]) = Dynamic::open(file).and_then(|it| it.wanted().ok()) else {
            return Names::default();
        };
        let (mut left, mut may_be_left) = (needs.clone(), may_use.clone());
        let is_std = |it: &&Needed| it.name.as_bytes().starts_with(b"libstd-");
        for library in needed.iter().filter(|it| !is_std(it)) {
            // One that cannot be read gives nothing.
            let Some(library) = Dynamic::open(&library.found) else { continue };
            let _ = library.give(&mut left).and_then(|()| library.give(&mut may_be_left));
        }
        let given = needs.difference(&left).chain(may_use.difference(&may_be_left));
        Names {
            of_libraries: given.cloned().collect(),
            missing: missing(left, file, source, mapped),
        }
    }
}

/// Those of the names that nothing has.
fn missing(
    mut wanted: BTreeSet<String>,
    file: &Path,
    source: &Path,
    mapped: &[Mapped],
) -> BTreeSet<String> {
    let closure = Closure::find(needs(file).unwrap_or_default(), file, source, |name| {
        let in_memory = mapped.iter().filter(|it| !it.deleted && it.path.file_name() == Some(name));
        let in_memory = in_memory.map(|it| it.path.clone());
        in_memory.chain(system_folders().map(|folder| folder.join(name))).find(|it| it.is_file())
    });
    let is_library = |file: &&Mapped| file.path.to_string_lossy().contains(".so");
    let is_gone = mapped.iter().filter(is_library).any(|file| file.deleted);
    if is_gone || !closure.lacking.is_empty() {
        return BTreeSet::new();
    }
    let needed = closure.found.iter().map(|it| &it.found);
    // The program's own file may have been built again: that is another one by now.
    let program = PathBuf::from("/proc/self/exe");
    for file in needed.chain([&program]).chain(mapped.iter().map(|it| &it.path)) {
        if wanted.is_empty() {
            break;
        }
        // A file that is no library has nothing.
        if let Some(file) = Dynamic::open(file) {
            let _ = file.give(&mut wanted);
        }
    }
    wanted
}

/// Where the loader looks at last.
fn system_folders() -> impl Iterator<Item = PathBuf> {
    let debians = format!("{}-linux-gnu", env::consts::ARCH);
    ["/lib", "/usr/lib"].into_iter().flat_map(move |folder| {
        [PathBuf::from(folder).join(&debians), format!("{folder}64").into(), folder.into()]
    })
}

#[cfg(test)]
mod tests;
