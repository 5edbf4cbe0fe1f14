//! What users hold.
//!
//! ```text
//! host          the handle of the process's host; start: how it starts; builder: with which options
//! bundle        the handle of a loaded bundle
//! transaction   several bundles that change at once
//! each          the functions whose paths fit a pattern
//! ```
//!
//! What they give is from below: reports, errors and events (`said`), names (`state`), layouts
//! (`file`).

mod builder;
mod bundle;
mod each;
mod host;
mod start;
mod transaction;

pub use builder::HostBuilder;
pub use bundle::Bundle;
pub use each::{Each, EachFn, EachIter, EachSite};
pub use host::Host;
pub use transaction::Transaction;
