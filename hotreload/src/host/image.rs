//! A library in memory, and the places in it that call or are called.

use std::{any::TypeId, mem::ManuallyDrop, path::PathBuf, sync::Arc};

use libloading::Library;

use super::{
    Reason,
    definition::Current,
    manifest::{Header, Item},
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
    /// Everything that its crate exports.
    pub(crate) exports: Vec<Arc<Site>>,
    /// Everything else that it calls.
    pub(crate) imports: Vec<Arc<Site>>,
    pub(crate) _library: ManuallyDrop<Library>,
}

/// An accessor of one image with what the host knows of it.
pub(crate) struct Site {
    pub(crate) accessor: &'static Accessor,
    pub(crate) item: Arc<Item>,
    pub(crate) shape: u64,
    pub(crate) signature: TypeId,
    pub(crate) identity: TypeId,
}

impl Site {
    pub(crate) fn new(accessor: &'static Accessor) -> Result<Site, Reason> {
        let item = Item::of(accessor.record)?;
        Ok(Site {
            accessor,
            shape: item.shape(),
            item: Arc::new(item),
            signature: (accessor.signature)(),
            identity: (accessor.identity)(),
        })
    }

    pub(crate) fn slot(&self) -> &'static Slot {
        self.accessor.slot
    }

    /// Whether a caller compiled like this site can call that version.
    pub(crate) fn can_call(&self, current: &Current) -> bool {
        self.shape == current.shape && self.signature == current.signature
    }

    /// Whether both sites were compiled with the same type.
    pub(crate) fn is_alike(&self, other: &Site) -> bool {
        self.shape == other.shape && self.signature == other.signature
    }

    /// Makes what lies behind this accessor a version of its definition: the function's entry, or
    /// the var's storage.
    pub(crate) fn version(
        &self,
        entry: *const (),
        generation: u64,
        born: u64,
        previous: *const Version,
    ) -> Arc<Current> {
        // Never freed: slots and threads may point at it for ever.
        let version = Box::leak(Box::new(Version { entry, generation, born, previous }));
        Arc::new(Current {
            version,
            item: self.item.clone(),
            shape: self.shape,
            signature: self.signature,
            identity: self.identity,
        })
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
