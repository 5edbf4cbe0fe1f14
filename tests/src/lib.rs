//! What the integration tests share: real bundle crates, and a way to see that nothing changed.

pub mod fixture;
pub mod snapshot;

pub use fixture::Fixture;
pub use snapshot::Snapshot;
