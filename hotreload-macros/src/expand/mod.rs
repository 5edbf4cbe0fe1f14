//! The last stage: what the macros' expansions share. It reads the tree and cannot fail.

pub(crate) mod accessor;
mod closure;
pub(crate) mod future;
pub(crate) mod known;
pub(crate) mod literals;
pub(crate) mod moved;
pub(crate) mod parts;
pub(crate) mod recursion;
pub(crate) mod tokens;
