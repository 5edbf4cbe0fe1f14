//! A program of this folder, copied and run by `cargo hotreload run`.

mod program;

pub use program::{Program, repository};
