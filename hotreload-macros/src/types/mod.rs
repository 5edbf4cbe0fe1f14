//! What a type says as it is spelled: to every stage.

pub(crate) mod closure;
pub(crate) mod lifetimes;
pub(crate) mod signature;
pub(crate) mod skeleton;
