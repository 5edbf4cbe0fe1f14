//! Forms of types that are not opened.

use super::{Form, MovesOf, Unchanged};

/// Bits that move while nothing within has changed.
pub const fn within(what: &'static str, within: &'static [MovesOf]) -> Form {
    Form::Unchanged(Unchanged { what, within, behind: &[] })
}

/// Bits that move while nothing behind has changed.
pub const fn behind(what: &'static str, behind: &'static [MovesOf]) -> Form {
    Form::Unchanged(Unchanged { what, within: &[], behind })
}
