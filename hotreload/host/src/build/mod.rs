//! Building bundles with cargo: the one module that starts it. `Host::load_crate`, the demos, the
//! tests and the watcher all come through here.
//!
//! ```text
//! workspace  which packages there are, and which one is meant       (cargo metadata)
//! origin     how the running program was built, from where it lies
//! request    one build: what cargo is asked                        (cargo build)
//! run        how it is run: by rustc alone, or by cargo
//! report     what the build said: library, reports, cargo's own words
//! process    a running cargo: its two streams, read at once; ended and waited for
//! alike      whether what was built is as it is in the host: features, profile, flags
//! command    which cargo, with which environment and folder
//! replay/    rustc called again as cargo has called it, without cargo
//! sink       what is shown while a build runs
//! shared     the library that host and bundles have together
//! wrapper    the program that cargo calls in place of rustc
//! folder     the target folders that are a wrapper's own
//! dep_info   what cargo and rustc say that a build has read
//! outdated   what cargo takes for fresh that is not
//! patched    packages that stand in for those of a registry
//! unit       what cargo keeps beside the running program
//! places     where the sources are: of the program, and of what it loads
//! crates     what a host builds, and how
//! ```
//!
//! What a bundle is called and where it lies is never guessed: cargo says so. Bundle and host
//! must be built alike, or the types of one are not those of the other. `Build` says how.

mod alike;
mod command;
mod crates;
pub(crate) mod dep_info;
mod folder;
mod origin;
mod outdated;
mod patched;
mod places;
mod process;
mod replay;
mod report;
mod request;
mod run;
mod shared;
mod sink;
mod unit;
mod workspace;
mod wrapper;

#[cfg(test)]
mod tests;

pub use crates::{KEPT, PLAIN_CARGO};
pub use folder::{AloneFolder, Folder};
pub(crate) use origin::{Origin, Place, without_hash};
pub(crate) use places::Lead;
pub(crate) use process::Abandon;
pub use replay::Capture;
pub(crate) use replay::load_is_over;
pub(crate) use request::{Build, Built};
pub use shared::Shared;
pub(crate) use sink::{as_text, standard_error};
pub(crate) use unit::Unit;
pub use workspace::Workspace;
pub(crate) use workspace::{BundlePackage, HostPackage, PathPackage};
pub use wrapper::{Inner, Role, Wrapper};
