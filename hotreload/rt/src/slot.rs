//! The atomic word that a call site reads.

use core::{
    ptr,
    sync::atomic::{AtomicPtr, Ordering},
};

/// One version of a definition. Never freed: a slot of any image, and a thread that is about to
/// call, may still point at it.
#[repr(C)]
#[derive(Debug)]
pub struct Version {
    /// The entry that callers jump to.
    pub entry: *const (),
    /// The generation of the bundle that this version belongs to; 0 is the baseline.
    pub generation: u64,
    /// The epoch from which on this version is the current one.
    pub born: u64,
    /// The version before it, or null.
    pub previous: *const Version,
}

// SAFETY: all fields are written before the version is published (the Release store of whoever
// publishes its address) and never afterwards.
unsafe impl Send for Version {}
// SAFETY: as above; shared access only reads.
unsafe impl Sync for Version {}

/// The indirection of one accessor in one image, as a PLT entry has its GOT word. It starts at a
/// cold resolver; a reload retargets it.
#[repr(C)]
#[derive(Debug)]
pub struct Slot {
    entry: AtomicPtr<()>,
    version: AtomicPtr<Version>,
}

impl Slot {
    /// A slot that still has to be resolved: `cold` is called first.
    pub const fn new(cold: *const ()) -> Self {
        Slot { entry: AtomicPtr::new(cold.cast_mut()), version: AtomicPtr::new(ptr::null_mut()) }
    }

    /// The code to call now.
    #[inline(always)]
    pub fn entry(&self) -> *const () {
        // Pairs with the Release store in `point_at`: whoever sees the address of an entry also
        // sees the image behind it as its loader and `bundle_init` left it.
        self.entry.load(Ordering::Acquire)
    }

    /// The version that the slot points at; null before the first resolution.
    pub fn version(&self) -> *const Version {
        // Pairs with the Release store in `point_at`.
        self.version.load(Ordering::Acquire)
    }

    /// Points a slot that is still unresolved at `entry`. A slot that a host has resolved in the
    /// meantime keeps its target, which may be newer.
    pub(super) fn resolve_alone(&self, cold: *const (), entry: *const ()) -> Result<(), *const ()> {
        let (cold, entry) = (cold.cast_mut(), entry.cast_mut());
        // Release as in `point_at`; Acquire, at a failure, as in `entry`.
        match self.entry.compare_exchange(cold, entry, Ordering::Release, Ordering::Acquire) {
            Ok(_) => Ok(()),
            Err(known) => Err(known.cast_const()),
        }
    }

    /// Retargets the slot. Called under the writer's lock only, or for a slot that nobody else
    /// publishes to yet.
    pub fn point_at(&self, entry: *const (), version: *const Version) {
        // The version first: a thread that comes to read it after `entry` finds one at least as
        // new. Both Release: pair with the Acquire loads above.
        self.version.store(version.cast_mut(), Ordering::Release);
        self.entry.store(entry.cast_mut(), Ordering::Release);
    }
}
