//! What the compiler made of a bundle's crates, so that two generations can be compared by content.
//!
//! ```text
//! mod       the content of one generation, read from the rlibs of its build
//! object    one object file: its functions and statics, what they hold and what they use
//! names     what symbols are called by people, and whose they are
//! side      what a symbol of one content counts as, beside the other
//! statics   which statics can change, and so begin anew
//! ```
//!
//! An rlib holds the object files before they are linked: each function is a section of its own,
//! and what it refers to is a list of relocations. So a function's content does not depend on where
//! it or anything else lies.
//!
//! Everything here reads files that anybody may have written: what is malformed is no content.

pub(crate) mod names;
pub(crate) mod object;
pub(crate) mod side;
mod statics;

use std::{
    collections::HashMap,
    fs::{self, Metadata},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::SystemTime,
};

use ::object::read::archive::ArchiveFile;
use hot_rt::rt::versioned::Hasher;
use rustc_hash::FxBuildHasher;

use crate::file::manifest::{Item, Manifest};
use hot_rt::rt::Kind;
pub(crate) use statics::variables_of_library;

/// Larger files are not looked into: reading them would delay the report by seconds.
const LARGEST: u64 = 1 << 29;

/// What a symbol is called, hashed: equal in all object files.
pub(crate) type Id = u128;

/// A map by numbers that are hashes already.
pub(crate) type Map<K, V> = HashMap<K, V, FxBuildHasher>;

/// The functions and statics of a bundle's crates as they were compiled.
#[derive(Debug, Default)]
pub(crate) struct MachineCode {
    /// The bundle's crate first, then its path dependencies.
    pub(crate) crates: Vec<String>,
    /// Shared with the content of the generation before where nothing differs.
    pub(crate) objects: Vec<Arc<Compiled>>,
    /// What each file had that was read, for the content after this one.
    files: HashMap<FileId, Vec<Arc<Compiled>>>,
    /// Which object file has a symbol, and where in its list.
    pub(crate) places: Map<Id, (u32, u32)>,
    /// What the bundle's crate exports.
    pub(crate) exports: Vec<Export>,
    /// Of generated symbols that belong to a definition: what they are, hashed. Their own names
    /// change when a definition above them is added or removed.
    pub(crate) generated: Map<Id, u128>,
}

/// What an object file defines.
#[derive(Debug, Default)]
pub(crate) struct Compiled {
    /// Of all its bytes.
    pub(crate) hash: u128,
    /// The mangled names, one after another.
    pub(crate) names: Vec<u8>,
    pub(crate) nodes: Vec<(Id, Node)>,
    /// The manifest's records.
    pub(crate) records: Vec<(Id, Item)>,
    pub(crate) accessors: Vec<Id>,
}

/// A function or static.
#[derive(Debug, Clone, Default)]
pub(crate) struct Node {
    /// Where its name begins and ends.
    pub(crate) name: (u32, u32),
    /// A hash of its bytes and of the anonymous data that it uses, without the names in either.
    pub(crate) own: u128,
    /// The symbols that it uses, in their order.
    pub(crate) uses: Vec<Id>,
    pub(crate) role: Role,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Role {
    Function,
    #[default]
    Constant,
    /// A static that can change, or a thread-local.
    Variable,
}

/// An exported function, static or method.
#[derive(Debug)]
pub(crate) struct Export {
    pub(crate) path: String,
    pub(crate) is_var: bool,
    /// A hash of its source tokens.
    pub(crate) tokens: u128,
    /// The symbol that the host calls, or that makes a var's first value.
    pub(crate) entry: Option<Id>,
}

impl MachineCode {
    /// Reads the rlibs that one build has written: that of the bundle's crate, and those of its path
    /// dependencies, in any order. `None` if one of them is not there, is malformed, or holds no machine code
    /// (link-time optimisation may leave that to the linker).
    ///
    /// `before` is the content of another generation, from which is taken what is the same.
    pub(crate) fn read(
        crate_name: &str,
        rlibs: &[PathBuf],
        before: Option<&MachineCode>,
    ) -> Option<MachineCode> {
        let rlibs = rlibs.iter().map(|rlib| Some((crate_of(rlib)?, rlib)));
        let mut rlibs = rlibs.collect::<Option<Vec<_>>>()?;
        // The bundle's first. Generated code calls `hot` all over: what it does is not the bundle's.
        rlibs.retain(|(name, _)| !names::FRAMEWORK.contains(&&**name));
        rlibs.sort_by_key(|(name, _)| name != crate_name);
        rlibs.first().filter(|(name, _)| name == crate_name)?;
        let mut content = MachineCode::default();
        let mut files = Vec::new();
        for (name, rlib) in rlibs {
            content.crates.push(name);
            if rlib.is_dir() {
                files.extend(kept(rlib)?);
            } else {
                files.push(rlib.clone());
            }
        }
        content.read_files(&files, before)?;
        content.put_together();
        content.find_exports();
        Some(content)
    }

    /// Reads rlibs and object files. What lies there as it was for the content before is not read again:
    /// rustc gives the files that an edit has not changed other names only.
    fn read_files(&mut self, files: &[PathBuf], before: Option<&MachineCode>) -> Option<()> {
        let mut new = Vec::new();
        for file in files {
            let id = FileId::of(file);
            match id.and_then(|id| before?.files.get_key_value(&id)) {
                Some((id, known)) => _ = self.files.insert(*id, known.clone()),
                None => {
                    let bytes = read_whole(file)?;
                    // Another one may have come to lie there.
                    new.push((id.filter(|_| FileId::of(file) == id), file, bytes));
                }
            }
        }
        let parts = new.iter().map(|(_, file, bytes)| object_files(file, bytes));
        let parts = parts.collect::<Option<Vec<_>>>()?;
        let mut read = read_all(&parts.concat(), before)?.into_iter();
        for ((id, ..), parts) in new.iter().zip(&parts) {
            let objects: Vec<_> = read.by_ref().take(parts.len()).collect();
            match id {
                Some(id) => _ = self.files.insert(*id, objects),
                None => self.objects.extend(objects),
            }
        }
        self.objects.extend(self.files.values().flatten().cloned());
        self.objects.sort_by_key(|object| object.hash);
        Some(())
    }

    /// Whether these are the functions that the crate exports, as their text was hashed: else the
    /// rlib is not of the same build.
    pub(crate) fn exports(&self, items: &[&Item]) -> bool {
        let recorded = self.exports.iter().map(|export| (&*export.path, export.tokens));
        let mut items: Vec<_> = items.iter().map(|item| (&*item.path, item.tokens)).collect();
        items.sort_unstable();
        recorded.eq(items)
    }

    /// Makes a symbol that is in several object files one, and notes where each is.
    pub(crate) fn put_together(&mut self) {
        let mut several: Map<Id, Node> = Map::default();
        let mut merged = Compiled::default();
        for (file, object) in self.objects.iter().enumerate() {
            for (index, (id, node)) in object.nodes.iter().enumerate() {
                let place = (file as u32, index as u32);
                let Some(first) = self.places.insert(*id, place) else { continue };
                let first = &self.objects[first.0 as usize].nodes[first.1 as usize].1;
                if first.is_like(node) {
                    continue;
                }
                // Whichever comes first.
                let sum = several.entry(*id).or_insert_with(|| first.clone());
                sum.own = sum.own.wrapping_add(node.own);
                sum.uses.extend(&node.uses);
                sum.uses.sort_unstable();
            }
        }
        for (id, mut node) in several {
            let name = self.name(id).to_vec();
            node.name = merged.add_name(&name);
            let place = (self.objects.len() as u32, merged.nodes.len() as u32);
            self.places.insert(id, place);
            merged.nodes.push((id, node));
        }
        self.objects.push(Arc::new(merged));
    }

    /// Finds what each accessor ties together.
    pub(crate) fn find_exports(&mut self) {
        let records: Map<_, _> = self.objects.iter().flat_map(|it| &it.records).cloned().collect();
        let accessors: Vec<_> = self.objects.iter().flat_map(|it| it.accessors.clone()).collect();
        for accessor in accessors {
            let uses = self.get(accessor).map(|node| node.uses.clone()).unwrap_or_default();
            let Some(record) = uses.iter().find_map(|id| records.get(id)) else { continue };
            let mut entry = None;
            for id in uses.into_iter().chain([accessor]) {
                let Some(part) = names::generated_part(self.name(id)) else { continue };
                if part.is_entry() {
                    entry = Some(id);
                }
                self.generated.insert(id, part.of(&record.path));
            }
            if record.exported && Some(record.crate_name()) == self.crates.first().map(|it| &**it) {
                let is_var = record.kind == Kind::Var;
                let (path, tokens) = (record.path.clone(), record.tokens);
                self.exports.push(Export { path, is_var, tokens, entry });
            }
        }
        self.exports.sort_by(|a, b| a.path.cmp(&b.path));
    }

    pub(crate) fn get(&self, id: Id) -> Option<&Node> {
        let (object, index) = *self.places.get(&id)?;
        Some(&self.objects[object as usize].nodes[index as usize].1)
    }

    pub(crate) fn contains(&self, id: Id) -> bool {
        self.places.contains_key(&id)
    }

    pub(crate) fn nodes(&self) -> impl Iterator<Item = (Id, &Node)> {
        self.places.iter().map(|(id, (object, index))| {
            (*id, &self.objects[*object as usize].nodes[*index as usize].1)
        })
    }

    /// The mangled name; empty if the symbol is not defined here.
    pub(crate) fn name(&self, id: Id) -> &[u8] {
        let Some((object, index)) = self.places.get(&id) else { return b"" };
        let object = &self.objects[*object as usize];
        let (start, end) = object.nodes[*index as usize].1.name;
        &object.names[start as usize..end as usize]
    }

    /// Whether it is a generated static that belongs to a definition.
    fn is_part(&self, id: Id, node: &Node) -> bool {
        node.role != Role::Function && self.generated.contains_key(&id)
    }
}

impl Compiled {
    fn add_name(&mut self, name: &[u8]) -> (u32, u32) {
        let start = self.names.len() as u32;
        self.names.extend_from_slice(name);
        (start, self.names.len() as u32)
    }

    /// Adds a function or static; `bytes` are what the file holds of it.
    fn define(&mut self, id: Id, name: &[u8], node: Node, bytes: &[u8]) {
        if node.role != Role::Function && names::contains(name, b"__HOT_RECORD") {
            let record = Manifest::parse(bytes).ok().and_then(|mut manifest| manifest.items.pop());
            self.records.extend(record.map(|record| (id, Arc::unwrap_or_clone(record))));
        } else if node.role != Role::Function && names::contains(name, b"__HOT_ACCESSOR") {
            self.accessors.push(id);
        }
        let name = self.add_name(name);
        self.nodes.push((id, Node { name, ..node }));
    }
}

impl Node {
    pub(crate) fn is_like(&self, other: &Node) -> bool {
        self.own == other.own && self.uses == other.uses
    }
}

/// What is in an rlib, or an object file itself.
fn object_files<'a>(path: &Path, bytes: &'a [u8]) -> Option<Vec<&'a [u8]>> {
    match path.extension().is_some_and(|it| it == "rlib") {
        true => members(bytes),
        false => Some(vec![bytes]),
    }
}

/// The object files in an archive. Beside them there is the compiler's metadata.
pub(crate) fn members(archive: &[u8]) -> Option<Vec<&[u8]>> {
    let parsed = ArchiveFile::parse(archive).ok().filter(|archive| !archive.is_thin())?;
    let mut members = Vec::new();
    for member in parsed.members() {
        let member = member.ok()?;
        let name = member.name();
        if name.ends_with(b".o") || name.ends_with(b".obj") {
            members.push(member.data(archive).ok()?);
        }
    }
    Some(members)
}

/// Reads object files, on all processors: the report waits for it. What the content before has
/// already is taken from there. They come in the order of the files.
pub(crate) fn read_all(
    files: &[&[u8]],
    before: Option<&MachineCode>,
) -> Option<Vec<Arc<Compiled>>> {
    let known = before.into_iter().flat_map(|content| &content.objects);
    let known: Map<u128, &Arc<Compiled>> = known.map(|object| (object.hash, object)).collect();
    let next = AtomicUsize::new(0);
    let read = || {
        let mut objects = Vec::new();
        loop {
            let index = next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = files.get(index) else { break };
            let hash = hash(file);
            let object = match known.get(&hash) {
                Some(object) => Arc::clone(object),
                None => Arc::new(object::read(file, hash)?),
            };
            objects.push((index, object));
        }
        Some(objects)
    };
    let threads = thread::available_parallelism().map_or(1, |count| count.get().min(files.len()));
    let mut objects = thread::scope(|scope| {
        let others: Vec<_> = (1..threads)
            .filter_map(|_| thread::Builder::new().spawn_scoped(scope, read).ok())
            .collect();
        let mut objects = read()?;
        for other in others {
            objects.extend(other.join().ok()??);
        }
        Some(objects)
    })?;
    objects.sort_by_key(|(index, _)| *index);
    Some(objects.into_iter().map(|(_, object)| object).collect())
}

fn hash(bytes: &[u8]) -> u128 {
    let mut hasher = Hasher::new();
    hasher.bytes(bytes);
    hasher.digest()
}

/// The crate that an rlib is of: `libdep-0123456789abcdef.rlib`, or without the hash. Where rustc keeps
/// object files they are in a folder of the crate's: `logic-1k2f0t6z3c5jh/s-..`.
fn crate_of(rlib: &Path) -> Option<String> {
    if rlib.is_dir() {
        let (name, _) = rlib.parent()?.file_name()?.to_str()?.rsplit_once('-')?;
        return Some(name.to_owned());
    }
    let stem = rlib.file_stem()?.to_str()?;
    let stem = stem.strip_prefix("lib")?;
    Some(stem.split_once('-').map_or(stem, |(name, _)| name).to_owned())
}

/// The object files that rustc has kept in a folder.
fn kept(folder: &Path) -> Option<Vec<PathBuf>> {
    let files = fs::read_dir(folder).ok()?.map(|entry| Some(entry.ok()?.path()));
    let mut files = files.collect::<Option<Vec<_>>>()?;
    files.retain(|path| path.extension().is_some_and(|it| it == "o" || it == "obj"));
    (!files.is_empty()).then_some(files)
}

/// A file as it is, under whatever name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct FileId {
    device: u64,
    inode: u64,
    length: u64,
    modified: SystemTime,
}

impl FileId {
    /// `None` if nothing tells it from another one.
    #[cfg(unix)]
    fn of(path: &Path) -> Option<FileId> {
        use std::os::unix::fs::MetadataExt as _;
        let it = fs::metadata(path).ok()?;
        let (device, inode, length) = (it.dev(), it.ino(), it.len());
        Some(FileId { device, inode, length, modified: it.modified().ok()? })
    }

    #[cfg(not(unix))]
    fn of(_: &Path) -> Option<FileId> {
        None
    }
}

/// A file's bytes, if nobody wrote to it meanwhile.
fn read_whole(path: &Path) -> Option<Vec<u8>> {
    let state = |metadata: Metadata| (metadata.len(), metadata.modified().ok());
    let before = fs::metadata(path).ok().filter(|it| it.is_file() && it.len() <= LARGEST)?;
    let bytes = fs::read(path).ok()?;
    let before = state(before);
    let unchanged = state(fs::metadata(path).ok()?) == before && bytes.len() as u64 == before.0;
    unchanged.then_some(bytes)
}
