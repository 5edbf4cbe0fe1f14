//! The atomic word that a call site reads.

use core::ptr;

use super::sync::{AtomicBool, AtomicPtr, Ordering, const_fn};

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
    /// Whether somebody calls through it, or may: only then does it hold what it leads to.
    used: AtomicBool,
}

impl Slot {
    const_fn! {
        /// A slot that still has to be resolved: `cold` is called first.
        pub const fn new(cold: *const ()) -> Self {
            let (entry, version) = (AtomicPtr::new(cold.cast_mut()), AtomicPtr::new(ptr::null_mut()));
            Slot { entry, version, used: AtomicBool::new(false) }
        }
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

    /// Whether the slot was resolved, or a handle or pointer was made of it.
    pub fn is_used(&self) -> bool {
        // Relaxed: whoever marks the slot and is overlooked finds it cold, and asks the host.
        self.used.load(Ordering::Relaxed)
    }

    /// Says that somebody calls through the slot, or may.
    #[inline(always)]
    pub fn mark_used(&self) {
        // A store each time would have the threads that call take the cache line from each other.
        if !self.is_used() {
            self.used.store(true, Ordering::Relaxed);
        }
    }

    /// Takes the mark away. The caller has pointed the slot at its cold path, or is about to: a slot
    /// without a mark leads nowhere else.
    pub fn forget_use(&self) {
        self.used.store(false, Ordering::Relaxed);
    }

    /// Points a slot that is still unresolved at `entry`. A slot that a host has resolved in the
    /// meantime keeps its target, which may be newer.
    pub(crate) fn resolve_alone(&self, cold: *const (), entry: *const ()) -> Result<(), *const ()> {
        let (cold, entry) = (cold.cast_mut(), entry.cast_mut());
        // Release as in `point_at`; Acquire, at a failure, as in `entry`. Acquire at a success too: a
        // thread that finds the slot as a host has set it cold again, in `point_at`, finds that
        // host's table afterwards. Of any other success the host's store is the later one.
        match self.entry.compare_exchange(cold, entry, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => Ok(()),
            Err(known) => Err(known.cast_const()),
        }
    }

    /// Retargets the slot. Called under the lock of publishing only, or for a slot that nobody else
    /// publishes to yet: else an older version could be stored over a newer one.
    ///
    /// # Safety
    /// Of a function, `entry` is the slot's own cold path, or an entry of the signature that the slot's
    /// accessor was compiled with, in an image that stays mapped. Of a var, it is null or the address
    /// of an initialised value of the accessor's type that is never freed. `version` is null or a
    /// version that is never freed.
    pub unsafe fn point_at(&self, entry: *const (), version: *const Version) {
        // The version first: a thread that comes to read it after `entry` finds one at least as
        // new. Both Release: pair with the Acquire loads above.
        self.version.store(version.cast_mut(), Ordering::Release);
        self.entry.store(entry.cast_mut(), Ordering::Release);
    }
}
