//! What the demos share.

pub mod checks;
pub mod demo;
pub mod input;
pub mod panics;
pub mod scratch;
pub mod screen;
pub mod text;
