//! A library in memory, and the places in it that call or are called.

use std::{
    any::TypeId,
    collections::BTreeSet,
    mem::ManuallyDrop,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use libloading::Library;

use super::{
    Kind, Reason, TypeLayout,
    conflicts::{Party, hidden},
    content::{self, Content},
    definition::Current,
    layout::Tables,
    manifest::{Header, Item, Shared},
};
use crate::rt::{Accessor, ImageInfo, Slot, Version};

/// A loaded library. It stays mapped for as long as the process runs: threads may be inside, and
/// values that it made may still be alive.
pub(crate) struct Image {
    pub(crate) header: Header,
    /// What it says of itself.
    pub(crate) info: &'static ImageInfo,
    /// The generation that it was loaded as; a rollback publishes it again under a new number.
    pub(crate) born_as: u64,
    /// What the author's build wrote.
    pub(crate) source: PathBuf,
    /// The host's copy of it, which is mapped.
    #[cfg_attr(not(feature = "watch"), allow(dead_code, reason = "only a save asks for it"))]
    pub(crate) copy: PathBuf,
    /// What the same build has written for rustc, and what was read from it, if that is of use.
    pub(crate) rlibs: Vec<PathBuf>,
    pub(crate) content: OnceLock<Compiled>,
    /// Everything that its crate exports, in the order of the paths.
    pub(crate) exports: Vec<Arc<Site>>,
    /// Everything else that it calls, likewise.
    pub(crate) imports: Vec<Arc<Site>>,
    /// The types of all of it.
    pub(crate) tables: Arc<Tables>,
    /// The structs and enums that its crate defines.
    pub(crate) types: Vec<(Kind, Arc<TypeLayout>)>,
    pub(crate) _library: ManuallyDrop<Library>,
}

/// What the compiler made of a bundle.
pub(crate) struct Compiled {
    /// Its crates, if their rlibs can be read.
    pub(crate) crates: Option<Content>,
    /// The statics and thread-locals that can change and are not exported.
    pub(crate) variables: BTreeSet<String>,
}

impl Image {
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
    pub(crate) fn content(&self, before: Option<&Image>) -> &Compiled {
        self.content.get_or_init(|| {
            let crate_name = &self.header.crate_name;
            let items: Vec<_> = self.exports.iter().map(|site| &*site.item).collect();
            let crates = {
                let before = before.and_then(|image| image.content.get()?.crates.as_ref());
                Content::read(crate_name, &self.rlibs, before)
            };
            let crates = crates.filter(|content| content.exports(&items));
            let mut variables = match &crates {
                Some(content) => content.variables(),
                None => content::variables_of_library(&self.source, crate_name),
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

/// An accessor of one image with what the host knows of it.
pub(crate) struct Site {
    pub(crate) accessor: &'static Accessor,
    pub(crate) item: Arc<Item>,
    /// The signature in one number.
    shape: u64,
    /// What the types in it are made of, in another.
    layout: u64,
    /// The types, as its image has them.
    pub(crate) tables: Arc<Tables>,
    pub(crate) signature: TypeId,
    pub(crate) lifetimes: TypeId,
    pub(crate) identity: TypeId,
}

impl Site {
    /// Of an accessor, as one of those whose records share something.
    pub(crate) fn new(
        accessor: &'static Accessor,
        tables: &Arc<Tables>,
        shared: &mut Shared<'static>,
    ) -> Result<Site, Reason> {
        let item = Item::of(accessor.record, shared)?;
        Ok(Site {
            accessor,
            shape: item.shape(),
            layout: tables.hash(item.types.iter().map(|ty| &ty.ty)),
            tables: tables.clone(),
            item: Arc::new(item),
            signature: (accessor.signature)(),
            lifetimes: (accessor.lifetimes)(),
            identity: (accessor.identity)(),
        })
    }

    pub(crate) fn slot(&self) -> &'static Slot {
        self.accessor.slot
    }

    /// Whether a caller compiled like this site can call that version.
    pub(crate) fn can_call(&self, current: &Current) -> bool {
        self.is_alike(&current.site)
    }

    /// Whether both sites were compiled with the same types.
    pub(crate) fn is_alike(&self, other: &Site) -> bool {
        let same = self.shape == other.shape && self.layout == other.layout;
        same && hidden(Party::site(self), Party::site(other)).is_none()
    }

    /// Makes what lies behind this accessor a version of its definition: the function's entry, or
    /// the var's storage.
    pub(crate) fn version(
        self: &Arc<Self>,
        entry: *const (),
        generation: u64,
        born: u64,
        previous: *const Version,
    ) -> Arc<Current> {
        // Never freed: slots and threads may point at it for ever.
        let version = Box::leak(Box::new(Version { entry, generation, born, previous }));
        Arc::new(Current { version, site: self.clone() })
    }

    /// Points the slot at a version.
    pub(crate) fn point_at(&self, current: &Current) {
        self.slot().point_at(current.version.entry, current.version);
    }

    /// Points the slot back at its resolver.
    pub(crate) fn reset(&self) {
        self.slot().point_at(self.accessor.cold, std::ptr::null());
    }
}
