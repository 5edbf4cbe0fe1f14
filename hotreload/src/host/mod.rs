//! What a program that loads bundles uses. Modules depend downwards only:
//!
//! `watch` → `host`, `bundle` → `transaction` → `world` → `candidate`, `image` → `namespace`,
//! `signature`, `manifest` → `error`, `platform`.

mod allocator;
mod builder;
mod bundle;
mod candidate;
mod cargo;
mod code;
mod crates;
mod definition;
mod error;
mod event;
mod fresh;
#[allow(clippy::module_inception)]
mod host;
mod image;
#[cfg(feature = "log")]
mod logging;
mod lookup;
mod manifest;
mod namespace;
mod object_file;
mod output;
mod per_image;
mod platform;
mod report;
mod shadow;
mod signature;
mod status;
mod table;
mod threads;
#[cfg(feature = "tracing")]
mod tracing;
mod transaction;
#[cfg(feature = "watch")]
mod watch;
mod world;

pub use crate::rt::Kind;
pub use builder::HostBuilder;
pub use bundle::Bundle;
pub use cargo::{BuildMessage, BuildSink};
pub use code::Code;
pub use definition::Definition;
pub use error::{Error, Reason, Result};
pub use event::Event;
pub use host::Host;
pub use namespace::Namespace;
pub use report::{Phases, Report};
pub use status::{BundleStatus, DefinitionStatus, Status, ThreadStatus};
