//! Loading what the tests have built.

use std::path::Path;

use hot::{Bundle, Host, Result, Transaction};

/// `load` for the tests, which know what they load.
pub trait LoadLibrary {
    /// What loading gives.
    type Loaded;

    /// As `load`, for a file of the tests.
    fn load_library(self, path: impl AsRef<Path>) -> Self::Loaded;
}

impl LoadLibrary for &Host {
    type Loaded = Result<Bundle>;

    fn load_library(self, path: impl AsRef<Path>) -> Result<Bundle> {
        // SAFETY: a bundle that a test has built, whose constructors do what the test is about, or a
        // damaged copy of one that is refused before anything of it runs.
        unsafe { self.load(path) }
    }
}

impl LoadLibrary for Transaction {
    type Loaded = Transaction;

    fn load_library(self, path: impl AsRef<Path>) -> Transaction {
        // SAFETY: as for `Host`.
        unsafe { self.load(path) }
    }
}
