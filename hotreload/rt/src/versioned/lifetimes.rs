//! Where fields and methods have lifetimes, whatever aliases hide them. Only `TypeId`s tell, which
//! are no constants: an image describes it, a manifest has none of it.

use core::any::TypeId;

use super::{Table, TypeRef};
use crate::manifest::Writer;

/// The tag of the record of a type's [`Lifetimes`].
pub const LIFETIMES: u8 = 6;

/// Of a field or a method: how the path to it goes on (`.name`, `::Variant.name`, `::method()`), and the
/// type of a function over `Versioned::Lifetimes` of the types in it.
pub type Lifetimes = (&'static str, fn() -> TypeId);

impl Table {
    /// Of the same type, with the lifetimes in it.
    pub const fn with_lifetimes(mut self, lifetimes: &'static [Lifetimes]) -> Table {
        self.lifetimes = lifetimes;
        self
    }
}

/// The record of a type's lifetimes; nothing if it has none.
pub(super) fn record(ty: &TypeRef, lifetimes: &[Lifetimes]) -> Vec<u8> {
    if lifetimes.is_empty() {
        return Vec::new();
    }
    // The language does not say what is in a `TypeId`, and it has no other form.
    let told: Vec<_> = lifetimes.iter().map(|(of, id)| (*of, format!("{:?}", id()))).collect();
    let texts = told.iter().map(|(of, id)| 8 + of.len() + id.len()).sum::<usize>();
    let length = 8 + 4 + texts;
    let mut bytes = vec![0; 5 + length];
    let mut out = Writer::into(&mut bytes);
    out.u8(LIFETIMES);
    out.u32(length as u32);
    out.u64(ty.id);
    out.u32(told.len() as u32);
    for (of, id) in &told {
        out.text(of);
        out.text(id);
    }
    bytes
}
