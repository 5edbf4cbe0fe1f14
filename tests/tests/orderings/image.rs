//! What slots lead to in the models.

use std::sync::Arc;

use loom::{
    cell::UnsafeCell,
    sync::atomic::{Ordering, fence},
};

/// The entry of a slot that is not resolved.
pub(crate) const COLD: *const () = std::ptr::without_provenance(8);

/// Loom finds accesses of it that nothing orders.
pub(crate) struct Image(UnsafeCell<bool>);

// SAFETY: loom ends a model that reads and writes it at once.
unsafe impl Sync for Image {}

impl Image {
    pub(crate) fn empty() -> Arc<Image> {
        Arc::new(Image(UnsafeCell::new(false)))
    }

    pub(crate) fn entry(&self) -> *const () {
        std::ptr::from_ref(self).cast()
    }

    /// As its loader and `bundle_init` do.
    pub(crate) fn initialise(&self) {
        // SAFETY: loom sees to it that nobody else has the cell.
        self.0.with_mut(|it| unsafe { *it = true });
    }

    pub(crate) fn call(&self) {
        // SAFETY: loom sees to it that nobody writes the cell.
        assert!(self.0.with(|it| unsafe { *it }), "an image that is not there");
    }

    pub(crate) fn take_away(&self) {
        // SAFETY: loom sees to it that nobody else has the cell.
        self.0.with_mut(|it| unsafe { *it = false });
    }
}

/// A fence, which a membarrier is for each thread of the process.
pub(crate) fn membarrier() {
    fence(Ordering::SeqCst);
}
