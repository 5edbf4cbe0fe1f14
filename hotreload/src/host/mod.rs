//! What a program that loads bundles uses. Modules depend downwards only:
//!
//! `watch` → `host`, `bundle` → `transaction` → `after` → `world` → `candidate`, `image` → `namespace`,
//! `signature`, `manifest` → `error`, `platform`.

mod after;
mod allocator;
mod builder;
mod bundle;
mod candidate;
#[cfg_attr(
    not(feature = "watch"),
    allow(dead_code, unused_imports, reason = "what only the watching needs is small")
)]
pub(crate) mod cargo;
mod changes;
mod code;
mod conflicts;
mod content;
pub(crate) mod control;
mod crates;
mod definition;
mod error;
mod event;
mod first_values;
mod fresh;
#[allow(clippy::module_inception)]
mod host;
mod image;
pub(crate) mod json;
mod layout;
#[cfg(feature = "cli")]
pub(crate) mod library;
mod live;
#[cfg(feature = "log")]
mod logging;
mod lookup;
pub(crate) mod manifest;
mod namespace;
mod object_file;
mod output;
mod per_image;
pub(crate) mod platform;
mod report;
mod saved;
mod shadow;
mod signature;
mod status;
mod table;
mod threads;
#[cfg(feature = "tracing")]
mod tracing;
mod transaction;
mod type_layout;
#[cfg(feature = "watch")]
mod watch;
mod world;

pub use crate::rt::Kind;
pub use builder::HostBuilder;
pub use bundle::Bundle;
pub use cargo::{BuildMessage, BuildSink};
pub use changes::{Changes, Helper};
pub use code::Code;
pub use definition::Definition;
pub use error::{Error, Reason, Result};
pub use event::Event;
pub use host::Host;
pub use namespace::Namespace;
pub use report::{Phases, Report};
pub use saved::{Outcome, Saved};
pub use status::{BundleStatus, DefinitionStatus, Status, ThreadStatus};
pub use transaction::Transaction;
pub use type_layout::{FieldLayout, TypeLayout, VariantLayout};
