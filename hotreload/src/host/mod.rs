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
mod error;
mod event;
#[allow(clippy::module_inception)]
mod host;
mod image;
mod manifest;
mod namespace;
mod object_file;
mod platform;
mod report;
mod shadow;
mod signature;
mod status;
mod table;
mod threads;
mod transaction;
#[cfg(feature = "watch")]
mod watch;
mod world;

pub use builder::HostBuilder;
pub use bundle::Bundle;
pub use cargo::{BuildMessage, BuildSink};
pub use code::Code;
pub use error::{Error, Reason, Result};
pub use event::Event;
pub use host::Host;
pub use namespace::{Definition, Kind, Namespace};
pub use report::{Phases, Report};
pub use status::{BundleStatus, DefinitionStatus, Status, ThreadStatus};
