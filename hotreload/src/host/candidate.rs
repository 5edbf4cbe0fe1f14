//! A library that wants to become a bundle's next generation, checked as far as its file tells.

use std::path::Path;

use super::{
    Code, Error, Reason, Result,
    manifest::{Header, Item},
    object_file::ObjectFile,
    shadow::{self, Shadow},
};
use crate::rt::STATIC;
use crate::rt::fingerprint::{COMMIT, FEATURES, OWN_FEATURES, PANIC, RUSTC, TARGET};

/// A copied and checked library file.
pub(crate) struct Candidate {
    pub(crate) copy: shadow::Copy,
    pub(crate) object: ObjectFile,
    pub(crate) header: Header,
}

/// What the host requires of every bundle.
pub(crate) struct Requirements {
    pub(crate) system_allocator: bool,
    pub(crate) shared_std: bool,
}

impl Candidate {
    /// Copies the file into the host's folder and checks the copy: form, manifest, fingerprint,
    /// allocator. A refused copy is removed.
    pub(crate) fn open(path: &Path, shadow: &Shadow, host: &Requirements) -> Result<Candidate> {
        let copy = shadow.copy(path)?;
        let object = ObjectFile::read(copy.path()).map_err(|reason| reason.file(path))?;
        let header =
            root_header(&object.manifest.headers, path).map_err(|reason| reason.file(path))?;
        let candidate = Candidate { copy, header, object };
        let mut reasons = candidate.fingerprint(host);
        reasons.extend(candidate.allocator(host));
        reasons.extend(candidate.duplicates());
        reasons.extend(candidate.stranger());
        Error::check(reasons.into_iter().map(|reason| reason.file(path)).collect())?;
        Ok(candidate)
    }

    /// The functions that the bundle's own crate defines. Those of bundles linked into it as rlibs
    /// give types and signatures only.
    pub(crate) fn exports(&self) -> impl Iterator<Item = &Item> {
        self.object.manifest.items.iter().filter(|item| self.owns(item))
    }

    /// The functions that it calls from elsewhere.
    pub(crate) fn imports(&self) -> impl Iterator<Item = &Item> {
        self.object.manifest.items.iter().filter(|item| !self.owns(item))
    }

    pub(crate) fn owns(&self, function: &Item) -> bool {
        function.exported
            && function.package == self.header.package
            && function.crate_name() == self.header.crate_name
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
        ];
        let other = fields.into_iter().filter(|(_, ours, theirs)| ours != theirs);
        other
            .map(|(field, ours, theirs)| {
                Reason::new(Code::Fingerprint, format!("the bundle was built with another {field}"))
                    .fact("host", ours)
                    .fact("found", theirs)
            })
            .collect()
    }

    fn allocator(&self, host: &Requirements) -> Option<Reason> {
        if host.system_allocator || self.header.forwards_allocation {
            return None;
        }
        Some(
            Reason::new(
                Code::Allocator,
                "the host's global allocator is not the system's, and the bundle does not forward to it",
            )
            .fact("why", "memory that one side allocates and the other frees would corrupt the heap"),
        )
    }

    /// A function of the bundle's crate that another package claims would count as an import.
    fn stranger(&self) -> Option<Reason> {
        let Header { package, crate_name, .. } = &self.header;
        let is_strange = |item: &&Item| {
            item.exported && item.crate_name() == crate_name && item.package != *package
        };
        let item = self.object.manifest.items.iter().find(is_strange)?;
        let what = format!("`{}` says that it is of package `{}`", item.path, item.package);
        Some(Reason::new(Code::Disagreement, what).fact("found", format!("package `{package}`")))
    }

    fn duplicates(&self) -> Vec<Reason> {
        duplicates(self.exports().map(|item| item.path.as_str()))
    }
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
fn root_header(headers: &[Header], path: &Path) -> Result<Header, Reason> {
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

fn features(bits: u64) -> String {
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
