//! What `hot::try_get!` says.

use std::fmt;

use crate::{accessor::Accessor, manifest::name_of};

/// Nothing defines a name: no bundle that exports it is loaded. Or what defines it does not fit this
/// caller, and [`closed`](Undefined::closed) says why.
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
    why: Option<&'static str>,
}

impl Undefined {
    /// That of this accessor.
    #[doc(hidden)]
    pub fn of(accessor: &'static Accessor, why: Option<&'static str>) -> Self {
        Undefined { path: name_of(accessor.record), why }
    }

    /// The full name that nothing defines, or that is closed.
    pub fn path(&self) -> &'static str {
        self.path
    }

    /// Why the name is closed for this caller, if it is: what defines the name does not fit the
    /// types that the caller was compiled with.
    pub fn closed(&self) -> Option<&'static str> {
        self.why
    }
}

impl fmt::Display for Undefined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path;
        if let Some(why) = self.why {
            return write!(f, "HOT0507: {why}");
        }
        write!(f, "HOT0501: `{path}` is not defined: no bundle that exports it is loaded")
    }
}

impl std::error::Error for Undefined {}
