//! A library in memory, and the places in it that call or are called.

use std::{
    collections::BTreeSet,
    mem::ManuallyDrop,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use hot_rt::rt::{Hook, ImageInfo, Kind, Literals, LiteralsTo, versioned::BehindHandle};
use libloading::Library;

use crate::{
    file::{
        Tables, TypeLayout,
        machine_code::{self, MachineCode},
        manifest::Header,
    },
    said::BuiltBy,
    state::{Maker, Site},
};

/// A loaded library. It stays mapped for as long as the process runs: threads may be inside, and
/// values that it made may still be alive.
pub(crate) struct Image {
    pub(crate) header: Header,
    /// What it says of itself.
    pub(crate) info: &'static ImageInfo,
    /// The author's functions for when it has become current, and for when it was, in their order.
    pub(crate) hooks: Vec<&'static Hook>,
    /// The generation that it was loaded as; a rollback publishes it again under a new number.
    pub(crate) born_as: u64,
    /// What the author's build wrote.
    pub(crate) source: PathBuf,
    /// Where the package is that the host has built it of.
    pub(crate) folder: Option<PathBuf>,
    /// Who has built it, if the host has asked for it.
    pub(crate) maker: Option<Maker>,
    /// The host's copy of it, which is mapped.
    pub(crate) copy: PathBuf,
    /// What stands for the definitions of its types, where that is a part of their `TypeId`s and maps of
    /// types may be shared.
    pub(crate) types_in_maps: Option<String>,
    /// What the same build has written for rustc or the linker, and what was read from it, if that is of
    /// use.
    pub(crate) rlibs: Vec<PathBuf>,
    pub(crate) compiled: OnceLock<Compiled>,
    /// Everything that its crate exports, in the order of the paths.
    pub(crate) exports: Vec<Arc<Site>>,
    /// Everything else that it calls, likewise.
    pub(crate) imports: Vec<Arc<Site>>,
    /// The types of all of it.
    pub(crate) tables: Arc<Tables>,
    /// Those of values that are held by handle.
    pub(crate) behind_handles: Vec<BehindHandle>,
    /// The structs and enums that its crate defines.
    pub(crate) types: Vec<(Kind, Arc<TypeLayout>)>,
    pub(crate) _library: ManuallyDrop<Library>,
}

/// What the compiler made of a bundle.
pub(crate) struct Compiled {
    /// Its crates, if their rlibs can be read.
    pub(crate) crates: Option<MachineCode>,
    /// The statics and thread-locals that can change and are not exported.
    pub(crate) variables: BTreeSet<String>,
}

impl Image {
    /// Who has built it, if the host has asked for it.
    pub(crate) fn built_by(&self) -> Option<BuiltBy> {
        self.maker.as_ref().map(|maker| maker.by.clone())
    }

    /// Its machine code, as it is to be compared with that of a later one.
    pub(crate) fn code_beside<'a>(&'a self, later: Option<&'a Maker>) -> Option<&'a MachineCode> {
        match (&self.maker, later) {
            (Some(maker), Some(later)) if !maker.is_like(later) => later.twin_of(maker),
            _ => self.compiled(None).crates.as_ref(),
        }
    }

    /// The literals that a save may change.
    pub(crate) fn literals(&self) -> Vec<&'static Literals> {
        unsafe extern "C" fn take(to: *mut (), literals: &'static Literals) {
            // SAFETY: what is passed along below, of which nobody else knows.
            unsafe { &mut *to.cast::<Vec<&'static Literals>>() }.push(literals);
        }
        let mut all = Vec::new();
        let to = LiteralsTo { take, with: (&raw mut all).cast() };
        // SAFETY: the function takes what is passed along for what it is; the image stays mapped.
        unsafe { (self.info.literals)(to) };
        all
    }

    /// Has each literal read as it was built.
    pub(crate) fn forget_tweaks(&self) {
        let reads = self.literals().into_iter().flat_map(|literals| literals.reads);
        reads.for_each(|read| read.set(None));
    }

    /// What it exports under this path.
    pub(crate) fn export(&self, path: &str) -> Option<&Arc<Site>> {
        let index = self.exports.binary_search_by(|site| (*site.item.path).cmp(path)).ok()?;
        Some(&self.exports[index])
    }

    /// What in it calls this path.
    pub(crate) fn imports(&self, path: &str) -> &[Arc<Site>] {
        of_path(&self.imports, path)
    }

    /// Reads what the build has written, the first time.
    pub(crate) fn compiled(&self, before: Option<&Image>) -> &Compiled {
        self.compiled.get_or_init(|| {
            let crate_name = &self.header.crate_name;
            let items: Vec<_> = self.exports.iter().map(|site| &*site.item).collect();
            let crates = {
                let before = before.and_then(|image| image.compiled.get()?.crates.as_ref());
                MachineCode::read(crate_name, &self.rlibs, before)
            };
            let crates = crates.filter(|content| content.exports(&items));
            let mut variables = match &crates {
                Some(content) => content.variables(),
                None => machine_code::variables_of_library(&self.source, crate_name),
            };
            for var in items.iter().filter(|item| item.kind == Kind::Var) {
                variables.remove(&var.path);
            }
            Compiled { crates, variables }
        })
    }
}

/// Of sites in the order of their paths, those of this one.
pub(crate) fn of_path<'a>(sites: &'a [Arc<Site>], path: &str) -> &'a [Arc<Site>] {
    let start = sites.partition_point(|site| *site.item.path < *path);
    let end = sites.partition_point(|site| *site.item.path <= *path);
    &sites[start..end]
}
