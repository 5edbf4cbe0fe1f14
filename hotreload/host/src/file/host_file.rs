//! Which file the host was linked into: the program's, or that of a library that another program has
//! loaded, as C and Python do.
//!
//! A Rust library of the kind `dylib` is not such a library: what it holds is a part of the program
//! that was linked with it.

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::{
    file::{Allocator, file_bytes::FileBytes, object_file::Parts},
    platform,
};

/// The file that the host was linked into.
#[derive(Debug, Clone)]
pub(crate) struct HostFile {
    /// As it was called when it was loaded: later the system calls it "(deleted)", once cargo has
    /// built it again.
    path: Option<PathBuf>,
    /// Where its bytes are, unless another file lies in its place.
    bytes: Option<PathBuf>,
}

impl HostFile {
    /// That of the code that asks.
    pub(crate) fn find() -> HostFile {
        match platform::own_library() {
            Some(library) if !is_of_program(&library.path) => HostFile {
                bytes: (!library.is_gone).then(|| library.path.clone()),
                path: Some(library.path),
            },
            _ => HostFile::of_program(),
        }
    }

    fn of_program() -> HostFile {
        let path = env::current_exe().ok();
        // The system's name for it leads there too when cargo has put another file into its place.
        let bytes =
            if cfg!(target_os = "linux") { Some("/proc/self/exe".into()) } else { path.clone() };
        HostFile { path, bytes }
    }

    /// Where it was built, if the system tells.
    pub(crate) fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Where its bytes can be read, if they still can.
    pub(crate) fn bytes(&self) -> Option<&Path> {
        self.bytes.as_deref()
    }

    /// Whether it shares its std with its libraries.
    pub(crate) fn shares_std(&self) -> bool {
        self.bytes().and_then(parts).is_some_and(|parts| parts.shared_std)
    }

    /// What it tells of its global allocator.
    pub(crate) fn allocator(&self) -> Option<Allocator> {
        // With a shared std the default allocator is that library's, for all images.
        FileBytes::open(self.bytes()?)
            .and_then(|bytes| Allocator::of(&bytes))
            .or(self.shares_std().then_some(Allocator::System))
    }
}

/// Whether the library is one that Rust links programs with.
fn is_of_program(library: &Path) -> bool {
    parts(library).is_some_and(|parts| parts.for_rustc)
}

fn parts(path: &Path) -> Option<Parts> {
    Parts::find(&FileBytes::open(path)?).ok()
}
