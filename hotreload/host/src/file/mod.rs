//! What a library's file says, and the host's private copies of such files.
//!
//! ```text
//! allocator     whose memory a program or a library hands out
//! host_file     which file the host itself is in
//! object_file   what the loader needs to know, and the manifest's section
//! manifest/     the manifest: what the bundle exports, calls, and how it was built
//! tables/       types by id, from a manifest or from an image that describes them
//! type_layout   one of them as programs read it
//! machine_code/ what the compiler made of a bundle's crates
//! file_bytes    the bytes of a file that is only read
//! dynamic       what the system's loader reads of a file (Linux)
//! needed        which other libraries it brings along (Linux)
//! constructors  what runs when it is opened, and what of those libraries that uses (Linux)
//! shadow        private copies: linkers write files in place
//! ```

mod allocator;
#[cfg(target_os = "linux")]
pub(crate) mod constructors;
#[cfg(target_os = "linux")]
mod dynamic;
mod file_bytes;
mod host_file;
pub(crate) mod machine_code;
pub(crate) mod manifest;
#[cfg(target_os = "linux")]
pub(crate) mod needed;
pub(crate) mod object_file;
pub(crate) mod shadow;
pub(crate) mod tables;
mod type_layout;

pub use allocator::{Allocator, has_own_allocator};
pub(crate) use host_file::HostFile;
pub(crate) use tables::{Numbers, Tables};
pub use type_layout::{FieldLayout, TypeLayout, VariantLayout};
