//! Building bundles with cargo: the one module that starts it. `Host::load_crate`, the demos, the
//! tests and the watcher all come through here.
//!
//! ```text
//! workspace  which packages there are, and which one is meant       (cargo metadata)
//! origin     how the running program was built, from where it lies
//! build      one request: its arguments, its result                 (cargo build)
//! report     what the build said: library, reports, cargo's own words
//! process    a running cargo: its two streams, read at once; ended and waited for
//! command    which cargo, with which environment and folder
//! sink       what is shown while a build runs
//! names      hyphens, and what a misspelt name may have meant
//! ```
//!
//! What a bundle is called and where it lies is never guessed: cargo says so. Bundle and host
//! must be built alike, or the types of one are not those of the other. `Build` says how.

mod build;
mod command;
mod names;
mod origin;
mod process;
mod report;
mod sink;
mod workspace;

#[cfg(test)]
mod tests;

pub(crate) use build::{Build, Built};
pub(crate) use origin::{Origin, Place};
pub(crate) use process::Abandon;
pub(crate) use sink::standard_error;
pub use sink::{BuildMessage, BuildSink};
pub(crate) use workspace::{BundlePackage, HostPackage, PathPackage, Workspace};
