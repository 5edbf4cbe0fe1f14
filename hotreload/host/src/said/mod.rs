//! What is said of what happens: codes, errors, reports, events, and their forms as JSON.

mod building;
mod changes;
mod code;
mod diagnosis;
mod error;
mod event;
mod hooks;
mod json;
mod names;
mod notice;
mod people;
mod report;
mod saved;
mod status;
mod tweaked;

pub(crate) use building::BuildSink;
pub use building::{BuildMessage, BuiltBy};
pub use changes::{Changes, Helper};
pub use code::Code;
pub use diagnosis::{Diagnosis, Place};
pub use error::{Error, Reason, Result};
pub use event::Event;
pub use hooks::FailedHook;
pub use json::{ErrorForm, line};
pub(crate) use names::crate_name;
pub use names::nearest;
pub use notice::{Level, Notice};
pub use people::{about, bytes, columns, counted, section};
pub use report::{Migration, Phases, Report, RolledBack};
pub use saved::{HostCopy, Outcome, Saved, Undone};
pub use status::{
    BundleStatus, ClosedStatus, DefinitionStatus, StartedThreads, StateStatus, Status,
    SuspendedFutures, ThreadStatus, Untidy,
};
pub use tweaked::{Differing, Tweaked, TweakedLiteral};

/// Takes one line about each save.
pub(crate) type Printer = std::sync::Arc<dyn Fn(&str) + Send + Sync>;
