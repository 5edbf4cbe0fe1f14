//! What `hot::try_get!` says.

use std::fmt;

use crate::{Accessor, manifest::name_of};

/// Nothing defines a name: no bundle that exports it is loaded.
///
/// ```
/// hot::import! {
///     rules => { fn price(item: &str) -> u32; }
/// }
///
/// # fn main() {
/// let error = hot::try_get!(rules::price).err().unwrap();
/// assert_eq!(error.path(), "rules::price");
/// assert!(error.to_string().starts_with("HOT0501: `rules::price` is not defined"));
/// # }
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Undefined {
    path: &'static str,
}

impl Undefined {
    /// That of this accessor.
    #[doc(hidden)]
    pub fn of(accessor: &'static Accessor) -> Self {
        Undefined { path: name_of(accessor.record) }
    }

    /// The full name that nothing defines.
    pub fn path(&self) -> &'static str {
        self.path
    }
}

impl fmt::Display for Undefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path;
        write!(f, "HOT0501: `{path}` is not defined: no bundle that exports it is loaded")
    }
}

impl std::error::Error for Undefined {}
