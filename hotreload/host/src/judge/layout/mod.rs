//! How two versions of a type differ.
//!
//! ```text
//! differences/  the comparison; of fields and variants: fields
//! difference    what it finds
//! path          where in a type it is
//! ```

mod difference;
mod differences;
mod path;
#[cfg(test)]
mod tests;

pub(crate) use difference::{Change, Difference, Place};
pub(crate) use differences::Differ;
