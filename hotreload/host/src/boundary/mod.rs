//! What bundles call back.
//!
//! ```text
//! table          the functions of the host's table
//! first_values   statics that are being made, each when another needs it
//! cells          the values that the program holds by handle, counted
//! threads        the records of threads that run hot code; started: who has started which
//! output         what bundles have printed and not written
//! frames         where in bundles a panic was, if one std serves all images
//! guarded        code of the host's that a bundle has asked for: a panic in it ends there
//! logging        events of the crate `log`; tracing: of `tracing`
//! ```

pub(crate) mod cells;
pub(crate) mod first_values;
#[cfg(target_os = "linux")]
pub(crate) mod frames;
#[cfg(any(feature = "log", feature = "tracing"))]
mod guarded;
#[cfg(feature = "log")]
mod logging;
pub(crate) mod output;
pub(crate) mod started;
pub(crate) mod table;
pub(crate) mod threads;
#[cfg(feature = "tracing")]
mod tracing;
