//! The libraries that a library needs, with all that those need, as far as they are not the system's.
//!
//! The system's loader asks for a library by its name, and takes one of that name that is mapped
//! already. So the new build of a bundle, linked with a new build of a Rust `dylib`, would be bound to
//! the older build of it that is in memory, name by name, whatever stands behind the names by now.

use std::{
    collections::HashSet,
    env,
    ffi::{OsStr, OsString},
    fs::{self, File},
    os::unix::ffi::OsStrExt as _,
    path::{Path, PathBuf},
};

use object::{
    Endianness, ReadCache,
    elf::{DT_NEEDED, DT_RPATH, DT_RUNPATH, FileHeader64},
    read::elf::{Dyn, FileHeader},
};

/// A library that something needs, where the loader would find it in a folder that somebody has named.
/// What lies in the system's own folders is not looked at.
#[derive(Debug, PartialEq, Eq, Hash, Clone)]
pub(crate) struct Needed {
    pub(crate) name: OsString,
    pub(crate) found: PathBuf,
}

/// What a file needs, with all that this needs.
pub(crate) fn closure(file: &Path) -> Vec<Needed> {
    let (mut known, mut all) = (HashSet::new(), Vec::new());
    let mut todo = vec![file.to_owned()];
    while let Some(file) = todo.pop() {
        for needed in of(&file).unwrap_or_default() {
            if known.insert(needed.clone()) {
                todo.push(needed.found.clone());
                all.push(needed);
            }
        }
    }
    all
}

/// What a file itself needs; `None` if it cannot be read.
fn of(file: &Path) -> Option<Vec<Needed>> {
    let cache = ReadCache::new(File::open(file).ok()?);
    let header = FileHeader64::<Endianness>::parse(&cache).ok()?;
    let endian = header.endian().ok()?;
    let sections = header.sections(endian, &cache).ok()?;
    let (entries, strings) = sections.dynamic(endian, &cache).ok()??;
    let strings = sections.strings(endian, &cache, strings).ok()?;
    let values = |tag| {
        entries.iter().filter(move |entry| entry.tag(endian) == tag).filter_map(|entry| {
            let at = u32::try_from(entry.val(endian)).ok()?;
            Some(OsStr::from_bytes(strings.get(at).ok()?).to_owned())
        })
    };
    let folders = |tag| -> Vec<PathBuf> { values(tag).flat_map(|it| paths(&it, file)).collect() };
    let run = folders(DT_RUNPATH);
    // The order of ld.so(8): the older entry counts only without the newer one.
    let mut searched = if run.is_empty() { folders(DT_RPATH) } else { Vec::new() };
    searched.extend(env::var_os("LD_LIBRARY_PATH").iter().flat_map(env::split_paths));
    searched.extend(run);
    let found = |name: &OsString| {
        if Path::new(name).components().count() > 1 {
            return Some(PathBuf::from(name)).filter(|path| path.is_file());
        }
        searched.iter().map(|folder| folder.join(name)).find(|path| path.is_file())
    };
    Some(values(DT_NEEDED).filter_map(|name| Some(Needed { found: found(&name)?, name })).collect())
}

/// The folders of a search path in a file.
fn paths(value: &OsStr, file: &Path) -> Vec<PathBuf> {
    let origin = file.parent().unwrap_or(Path::new("/")).as_os_str().as_bytes();
    let mut text = value.to_string_lossy().into_owned();
    let origin = String::from_utf8_lossy(origin);
    for variable in ["${ORIGIN}", "$ORIGIN"] {
        text = text.replace(variable, &origin);
    }
    env::split_paths(&text).collect()
}

/// A file that is mapped into the process.
#[derive(Debug)]
pub(crate) struct Mapped {
    pub(crate) inode: u64,
    /// Where it was when it was mapped.
    pub(crate) path: PathBuf,
    /// Whether it is not there any more.
    pub(crate) deleted: bool,
}

/// The files that `/proc/PID/maps` lists, which is this text.
pub(crate) fn mapped(maps: &str) -> Vec<Mapped> {
    let mut all: Vec<Mapped> = Vec::new();
    for line in maps.lines() {
        // address perms offset dev inode path
        let mut words = line.splitn(6, ' ');
        let (Some(inode), Some(path)) = (words.nth(4), words.next()) else { continue };
        let (Ok(inode), path) = (inode.parse(), path.trim_start()) else { continue };
        if !path.starts_with('/') || all.last().is_some_and(|it| it.inode == inode) {
            continue;
        }
        let (path, deleted) = match path.strip_suffix(" (deleted)") {
            Some(path) => (path, true),
            None => (path, false),
        };
        all.push(Mapped { inode, path: path.into(), deleted });
    }
    all
}

impl Needed {
    /// The mapped file that the loader would take for it though it is another one.
    pub(crate) fn taken_for<'a>(&self, mapped: &'a [Mapped]) -> Option<&'a Mapped> {
        use std::os::unix::fs::MetadataExt as _;
        let real = fs::canonicalize(&self.found).ok()?;
        let inode = fs::metadata(&real).ok()?.ino();
        let is_alike = |name: Option<&OsStr>| name == Some(&self.name) || name == real.file_name();
        let namesakes: Vec<_> = mapped.iter().filter(|it| is_alike(it.path.file_name())).collect();
        let is_same = |it: &&&Mapped| {
            // Another place, the same bytes: a copy.
            it.inode == inode || !it.deleted && it.path != real && same(&it.path, &real)
        };
        match namesakes.iter().find(is_same) {
            Some(_) => None,
            None => namesakes.first().copied(),
        }
    }
}

fn same(one: &Path, other: &Path) -> bool {
    let length = |path: &Path| fs::metadata(path).map(|it| it.len()).ok();
    length(one) == length(other) && fs::read(one).ok() == fs::read(other).ok()
}
