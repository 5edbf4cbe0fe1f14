//! The first stage: what is written becomes a tree. Whatever is wrong with it is noted.

pub(crate) mod block;
pub(crate) mod callable;
pub(crate) mod function;
pub(crate) mod imports;
pub(crate) mod looked_up;
pub(crate) mod opaque;
pub(crate) mod options;
pub(crate) mod owner;
pub(crate) mod said;
pub(crate) mod var;
