//! What is to be built, and why.

use std::{collections::BTreeSet, path::PathBuf, time::Instant};

/// One build that saves ask for.
#[derive(Clone)]
pub(super) struct Work {
    /// Crate names.
    pub(super) bundles: BTreeSet<String>,
    pub(super) files: BTreeSet<PathBuf>,
    /// When the last save was reported.
    pub(super) received: Instant,
    /// Whether cargo has to be asked anew which packages there are.
    pub(super) asks: bool,
    pub(super) cause: Cause,
}

/// Why something is built. What counts more comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Cause {
    /// Cargo has written its lock file.
    Cargo,
    /// The build before may have misread a file.
    Misread,
    /// Somebody has saved something.
    Save,
}

impl Work {
    pub(super) fn shares(&self, other: &Work) -> bool {
        !self.bundles.is_disjoint(&other.bundles)
    }

    pub(super) fn add(&mut self, other: Work) {
        self.bundles.extend(other.bundles);
        self.files.extend(other.files);
        self.received = self.received.max(other.received);
        self.asks |= other.asks;
        self.cause = self.cause.max(other.cause);
    }
}
