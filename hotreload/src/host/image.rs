//! A library in memory, and the places in it that call or are called.

use std::{any::TypeId, mem::ManuallyDrop, path::PathBuf, sync::Arc};

use libloading::Library;

use super::{
    Reason,
    manifest::{Function, Header},
    namespace::Current,
};
use crate::rt::{Accessor, Slot, Version};

/// A loaded library. It stays mapped for as long as the process runs: threads may be inside, and
/// values that it made may still be alive.
pub(crate) struct Image {
    pub(crate) header: Header,
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
    pub(crate) function: Arc<Function>,
    pub(crate) shape: u64,
    pub(crate) signature: TypeId,
    pub(crate) identity: TypeId,
}

impl Site {
    pub(crate) fn new(accessor: &'static Accessor) -> Result<Site, Reason> {
        let function = Function::of(accessor.record)?;
        Ok(Site {
            accessor,
            shape: function.shape(),
            function: Arc::new(function),
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

    /// Makes the function behind this accessor a version of its definition.
    pub(crate) fn version(
        &self,
        generation: u64,
        born: u64,
        previous: *const Version,
    ) -> Arc<Current> {
        // Never freed: slots and threads may point at it for ever.
        let version =
            Box::leak(Box::new(Version { entry: self.accessor.body, generation, born, previous }));
        Arc::new(Current {
            version,
            function: self.function.clone(),
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
