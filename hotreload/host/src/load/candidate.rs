//! A library that wants to become a bundle's next generation, checked as far as its file tells.

#[cfg(target_os = "linux")]
use std::collections::BTreeSet;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::file::manifest::{Header, Item, ONE_FRAMEWORK};
#[cfg(target_os = "linux")]
use crate::file::needed::{self, Closure, Names, Needed};
use crate::file::object_file::ObjectFile;
use crate::file::shadow::Shadow;
use crate::file::{Allocator, Tables, shadow};
use crate::judge::Party;
#[cfg(target_os = "linux")]
use crate::load::registering;
#[cfg(target_os = "linux")]
use crate::platform;
use crate::said::{Code, Error, Reason, Result};
use crate::state::{Maker, Requirements, world::World};
use hot_rt::rt::STATIC;
use hot_rt::rt::fingerprint::{COMMIT, FEATURES, OWN_FEATURES, PANIC, RUSTC, SOURCES, TARGET};

/// A checked library file.
pub(crate) struct Candidate {
    /// What the author's build wrote.
    pub(crate) source: PathBuf,
    /// What the same build has written for rustc.
    pub(crate) rlibs: Vec<PathBuf>,
    /// Where the package is that the host has built it of.
    pub(crate) folder: Option<PathBuf>,
    /// Who has built it, if the host has asked for it.
    pub(crate) maker: Option<Maker>,
    /// The host's own copy, which was checked; none if it is not to be loaded.
    pub(crate) copy: Option<shadow::Copy>,
    pub(crate) object: ObjectFile,
    pub(crate) header: Header,
    /// What the bundle's own crate defines, in the order of the paths. What bundles define that are
    /// linked into it as rlibs gives types and signatures only.
    pub(crate) exports: Vec<Arc<Item>>,
    /// What it uses from elsewhere.
    pub(crate) imports: Vec<Arc<Item>>,
    /// Its types, as far as its file says.
    pub(crate) tables: Tables,
}

impl Candidate {
    /// Copies the file into the host's folder and checks the copy: form, manifest, fingerprint,
    /// allocator. A refused copy is removed.
    pub(crate) fn open(
        path: &Path,
        shadow: &Shadow,
        host: &Requirements,
        world: &World,
    ) -> Result<Candidate> {
        let copy = shadow.copy(path)?;
        let object = read(copy.path(), world).map_err(|reason| reason.file(path))?;
        Candidate::check(path, Some(copy), object, host)
    }

    /// Checks the file where it lies, in the same way: it is not to be loaded.
    pub(crate) fn look(path: &Path, host: &Requirements, world: &World) -> Result<Candidate> {
        let read = |_: &_| Ok(Some(read(path, world).map_err(|reason| reason.file(path))?));
        Candidate::check(path, None, shadow::steady(path, read)?, host)
    }

    fn check(
        path: &Path,
        copy: Option<shadow::Copy>,
        mut object: ObjectFile,
        host: &Requirements,
    ) -> Result<Candidate> {
        let header =
            root_header(&object.manifest.headers, path).map_err(|reason| reason.file(path))?;
        let tables = Tables::of_manifest(&object.manifest).map_err(|reason| reason.file(path))?;
        let (exports, imports) = header.divide(std::mem::take(&mut object.manifest.items));
        let candidate = Candidate {
            source: path.to_owned(),
            rlibs: Vec::new(),
            folder: None,
            maker: None,
            copy,
            object,
            header,
            exports,
            imports,
            tables,
        };
        let mut reasons = candidate.fingerprint(host);
        reasons.extend(candidate.allocator(host));
        #[cfg(target_os = "linux")]
        reasons.extend(candidate.libraries(path, host));
        reasons.extend(duplicates(candidate.exports.iter().map(|item| item.path.as_str())));
        reasons.extend(stranger(&candidate.header, candidate.imports.iter().map(Arc::as_ref)));
        Error::check(reasons.into_iter().map(|reason| reason.file(path)).collect())?;
        Ok(candidate)
    }

    /// What it exports under this path.
    pub(crate) fn export(&self, path: &str) -> Option<&Item> {
        let index = self.exports.binary_search_by(|item| (*item.path).cmp(path)).ok()?;
        Some(&self.exports[index])
    }

    pub(crate) fn party<'a>(&'a self, item: &'a Item) -> Party<'a> {
        Party { item, tables: &self.tables, site: None }
    }

    pub(crate) fn owns(&self, function: &Item) -> bool {
        self.header.owns(function)
    }

    /// What stands for the definitions of its types, where maps of types may be shared.
    pub(crate) fn types_in_maps(&self) -> Option<String> {
        #[cfg(target_os = "linux")]
        return needed::types(self.copy.as_ref()?.path(), &self.source);
        #[cfg(not(target_os = "linux"))]
        None
    }

    /// Whether it has this crate from a library that the host has it from, too.
    pub(crate) fn shares(&self, crate_name: &str) -> bool {
        #[cfg(target_os = "linux")]
        if let Some(copy) = &self.copy {
            return needed::shares(crate_name, copy.path(), &self.source);
        }
        let _ = crate_name;
        false
    }

    fn fingerprint(&self, host: &Requirements) -> Vec<Reason> {
        let header = &self.header;
        let std = |shared| if shared { "shared" } else { "static" }.to_owned();
        let feature = |on| if on { "on" } else { "off" }.to_owned();
        let fields = [
            ("compiler", RUSTC.to_owned(), header.rustc.clone()),
            ("compiler commit", COMMIT.to_owned(), header.commit.clone()),
            ("target", TARGET.to_owned(), header.target.clone()),
            ("panic strategy", PANIC.to_owned(), header.panic.clone()),
            ("target features", features(OWN_FEATURES), features(header.features)),
            ("std", std(host.shared_std), std(self.object.shared_std)),
            ("setting of the feature `static`", feature(STATIC), feature(header.is_static)),
            (FRAMEWORK, sources(SOURCES), sources(header.sources)),
        ];
        let other = fields.into_iter().filter(|(_, ours, theirs)| ours != theirs);
        other
            .map(|(field, ours, theirs)| otherwise(field, ("host", ours), ("found", theirs)))
            .collect()
    }

    /// A reason for each library that the process has mapped in another build than the bundle was
    /// linked with: the loader would bind the bundle to it, by names alone, or map both. Else one for
    /// the names that are nowhere, and for what its constructors would do with the libraries.
    #[cfg(target_os = "linux")]
    fn libraries(&self, path: &Path, host: &Requirements) -> Vec<Reason> {
        let file = self.copy.as_ref().map_or(path, |copy| copy.path());
        let needed = Closure::of(self.object.needs.clone(), file, path).found;
        if needed.is_empty() {
            return Vec::new();
        }
        let mapped = needed::mapped(&platform::mappings());
        let other = needed.iter().filter_map(|needed| Some((needed, needed.taken_for(&mapped)?)));
        let mut reasons: Vec<Reason> = other
            .map(|(needed, mapped)| {
                let name = needed::without_build(&needed.name);
                let name = name.display();
                let what = format!("the process has another build of `{name}` in memory");
                let gone = if mapped.deleted { ", which was replaced since" } else { "" };
                Reason::new(Code::OtherLibrary, what)
                    .fact("mapped", format!("{}{gone}", mapped.path.display()))
                    .fact("linked", needed.found.display().to_string())
            })
            .collect();
        if reasons.is_empty() {
            let Names { missing, of_libraries } = Names::of(file, path, &needed, &mapped);
            reasons.extend((!missing.is_empty()).then(|| lacking(&missing, &needed)));
            reasons.extend(registering::check(file, &of_libraries, &host.constructors_may_use));
        }
        reasons
    }

    fn allocator(&self, host: &Requirements) -> Option<Reason> {
        if self.header.forwards_allocation {
            return None;
        }
        let what = match (host.allocator, self.object.allocator) {
            (Some(Allocator::System), Some(Allocator::Own)) => {
                "the bundle has a global allocator of its own"
            }
            (Some(Allocator::System), _) => return None,
            (Some(Allocator::Own), _) => {
                "the host's global allocator is not the system's, and the bundle does not forward to it"
            }
            (None, _) => {
                "the host's file does not say which global allocator it has, and the bundle does not \
                 forward to it"
            }
        };
        let why = "memory that one side allocates and the other frees would corrupt the heap";
        Some(Reason::new(Code::Allocator, what).fact("why", why))
    }
}

/// Reads the file: most of it is as it was in the generation before.
fn read(path: &Path, world: &World) -> Result<ObjectFile, Reason> {
    ObjectFile::read(path, &|path, record| world.known(path, record))
}

/// What is of the bundle's crate, but of another package by its own account, counts as an import.
pub(crate) fn stranger<'a>(
    header: &Header,
    mut imports: impl Iterator<Item = &'a Item>,
) -> Option<Reason> {
    let Header { package, crate_name, .. } = header;
    let is_strange =
        |item: &&Item| item.exported && item.is_of(crate_name) && *item.package != **package;
    let item = imports.find(is_strange)?;
    let what = format!("`{}` says that it is of package `{}`", item.path, item.package);
    Some(Reason::new(Code::Disagreement, what).fact("found", format!("package `{package}`")))
}

/// A reason for each path that is there more than once.
pub(crate) fn duplicates<'a>(paths: impl Iterator<Item = &'a str>) -> Vec<Reason> {
    let mut paths: Vec<_> = paths.collect();
    paths.sort_unstable();
    let mut twice: Vec<_> =
        paths.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    twice.dedup();
    let reason = |path| Reason::new(Code::DefinedTwice, format!("`{path}` is exported twice"));
    twice.into_iter().map(reason).collect()
}

/// The header of the crate that the library was made from: rlib dependencies that are bundles too
/// bring theirs along.
pub(crate) fn root_header(headers: &[Header], path: &Path) -> Result<Header, Reason> {
    match headers {
        [] => Err(Reason::new(
            Code::NoBundle,
            "the library is no bundle: no crate in it says `hot::bundle!()`",
        )),
        [one] => Ok(one.clone()),
        several => {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy();
            let stem = stem.strip_prefix(std::env::consts::DLL_PREFIX).unwrap_or(&stem);
            let named = several.iter().find(|header| header.crate_name == stem);
            named.cloned().ok_or_else(|| {
                let names: Vec<_> = several.iter().map(|header| header.package.as_str()).collect();
                Reason::new(
                    Code::SeveralBundles,
                    "the library holds several bundles, and its name is none of theirs",
                )
                .fact("found", names.join(", "))
            })
        }
    }
}

/// As many names as a message shows.
#[cfg(target_os = "linux")]
const SHOWN: usize = 5;

/// Names that a bundle wants and that nothing has, least of all the libraries that it needs.
#[cfg(target_os = "linux")]
fn lacking(missing: &BTreeSet<String>, needed: &[Needed]) -> Reason {
    let names =
        missing.iter().take(SHOWN).map(|name| format!("{:#}", rustc_demangle::demangle(name)));
    let names = names.collect::<Vec<_>>().join(", ");
    let names = match missing.len().saturating_sub(SHOWN) {
        0 => names,
        more => format!("{names}, and {more} more"),
    };
    let libraries = needed.iter().map(|it| it.found.display().to_string());
    Reason::new(Code::NameMissing, "the bundle uses names that no library has")
        .fact("missing", names)
        .fact("linked", libraries.collect::<Vec<_>>().join(", "))
}

/// What messages call the framework's sources.
pub(crate) const FRAMEWORK: &str = "version of the framework";

/// The framework's sources as messages show them.
pub(crate) fn sources(hash: u128) -> String {
    format!("sources {hash:032x}")
}

/// Of two builds that differ in this.
pub(crate) fn otherwise(
    field: &str,
    (who, ours): (&'static str, String),
    (other, theirs): (&'static str, String),
) -> Reason {
    let reason =
        Reason::new(Code::Fingerprint, format!("the bundle was built with another {field}"));
    let reason = reason.fact(who, ours).fact(other, theirs);
    if field == FRAMEWORK { reason.help(ONE_FRAMEWORK) } else { reason }
}

/// The names of target features.
pub(crate) fn features(bits: u64) -> String {
    let mut names: Vec<_> = FEATURES
        .iter()
        .enumerate()
        .filter(|(bit, _)| bits & (1 << bit) != 0)
        .map(|(_, name)| (*name).to_owned())
        .collect();
    let unknown = bits.checked_shr(FEATURES.len() as u32).unwrap_or(0);
    if unknown != 0 {
        names.push(format!("unknown ones ({unknown:#x})"));
    }
    names.join(" ")
}
