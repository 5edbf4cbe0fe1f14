//! The matrix's rows, and the crates that are made of them.

pub(crate) mod changes;
pub(crate) mod columns;
pub(crate) mod moves;
pub(crate) mod rows;
pub(crate) mod sources;
