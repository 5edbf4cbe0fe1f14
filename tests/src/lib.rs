//! What the integration tests share: real bundle crates, and a way to see that nothing changed.
//!
//! # How a test is written
//! - **Where.** A test that starts a host goes into a file of `tests/tests`: each is a program, and a
//!   process has one host, which the tests of the file share. `tests/tests/all.rs` runs the programs
//!   that Cargo.toml lists, side by side. A test that runs programs (the command,
//!   a project, a generated host) goes into a file of `tests/tests/programs`, which are one program.
//!   What the macros refuse is a case in `tests/ui`. Whatever must not share its process runs its
//!   body in [`in_child`].
//! - **Bundles.** [`Fixture::new`] with a name of its own, then `fixture.build(source)` for each
//!   version: rustc alone compiles it, against the libraries of the tests, and only once. Bundles with
//!   dependencies, and those whose lines are looked at, are built by cargo:
//!   [`Fixture::with_manifest`], or [`Workspace`] for several crates. Libraries are shared by all who
//!   build the same: copy one before you change it.
//! - **Programs.** Packages that load bundles take [`workspace::HOST_FEATURES`], and manifests
//!   [`fixture::PROFILE`]: everything that differs in features, profile or flags is compiled anew.
//! - **What takes long** and seldom finds anything is for `cargo test -p tests --features exhaustive`:
//!   `#[cfg(feature = "exhaustive")]`, or `required-features` in Cargo.toml for a whole file. One
//!   decisive case stays with `cargo test --workspace`.

pub mod child;
pub mod command;
pub mod control;
pub mod dev;
pub mod edits;
pub mod elf;
pub mod exchange;
pub mod fixture;
pub mod layout;
pub mod load_library;
pub mod manifest;
pub mod picture;
pub mod project;
pub mod ran;
pub mod refusal;
pub mod rustc;
pub mod snapshot;
pub mod verdicts;
pub mod wait;
pub mod workspace;

pub use child::in_child;
pub use command::command;
pub use edits::Edits;
pub use fixture::Fixture;
pub use load_library::LoadLibrary;
pub use snapshot::Snapshot;
pub use wait::{PATIENCE, Stop, wait_until};
pub use workspace::Workspace;
