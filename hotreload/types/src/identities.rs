//! Which types opaque fields are of. Only `TypeId`s tell, which are no constants: an image describes it,
//! a manifest has none of it.

use core::any::TypeId;

use crate::{Table, TypeRef, writer::Writer};

/// The tag of the record of a type's [`Identities`].
pub const IDENTITIES: u8 = 7;

/// The opaque fields of a type.
#[derive(Debug, Clone, Copy)]
pub struct Identities {
    /// The type that has them. Where two images have it alike, its crate was compiled alike, and what
    /// its crate depends on: their other `TypeId`s can be compared.
    pub holder: fn() -> TypeId,
    /// How the path to a field goes on (`.name`, `::Variant.name`), and what is opaque there.
    pub fields: &'static [Identity],
}

/// A path and what tells the type there.
pub type Identity = (&'static str, fn() -> TypeId);

impl Table {
    /// Whether the opaque fields of both are of the same types, by all that can be told.
    pub(super) fn has_the_opaque_types_of(&self, other: &Table) -> bool {
        let fields = |of: &Table| of.identities.map_or(&[][..], |identities| identities.fields);
        let (own, others) = (fields(self), fields(other));
        own.len() == others.len()
            && own.iter().zip(others).all(|((path, id), (at, of))| path == at && id() == of())
    }
}

/// The record of a type's opaque fields; nothing if it has none.
pub(super) fn record(ty: &TypeRef, identities: Option<&Identities>) -> Vec<u8> {
    let Some(Identities { holder, fields }) = identities else { return Vec::new() };
    // The language does not say what is in a `TypeId`, and it has no other form.
    let text = |id: fn() -> TypeId| format!("{:?}", id());
    let (holder, fields) = (text(*holder), fields.iter().map(|(of, id)| (*of, text(*id))));
    let fields: Vec<_> = fields.collect();
    let texts: usize = fields.iter().map(|(of, id)| 8 + of.len() + id.len()).sum();
    let length = 16 + 4 + holder.len() + 4 + texts;
    let mut bytes = vec![0; 5 + length];
    let mut out = Writer::into(&mut bytes);
    out.u8(IDENTITIES);
    out.u32(length as u32);
    out.u128(ty.id());
    out.text(&holder);
    out.u32(fields.len() as u32);
    for (of, id) in &fields {
        out.text(of);
        out.text(id);
    }
    bytes
}
