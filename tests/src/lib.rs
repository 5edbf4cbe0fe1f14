//! What the integration tests share: real bundle crates, and a way to see that nothing changed.

pub mod child;
pub mod command;
pub mod control;
pub mod dev;
pub mod edits;
pub mod elf;
pub mod exchange;
pub mod fixture;
pub mod layout;
pub mod manifest;
pub mod project;
pub mod ran;
pub mod refusal;
pub mod snapshot;
pub mod verdicts;
pub mod wait;
pub mod workspace;

pub use child::in_child;
pub use command::command;
pub use edits::Edits;
pub use fixture::Fixture;
pub use snapshot::Snapshot;
pub use wait::{Stop, wait_until};
pub use workspace::Workspace;
