//! The definition of a generic type, and its record.

use super::GENERIC;
use crate::{__record, TypeRef, writer::Writer};

/// The definition of a generic type: what can be compared without knowing its arguments.
#[derive(Debug)]
pub struct Generic {
    /// Its name, without arguments.
    pub ty: &'static TypeRef,
    /// From its kind to its fields, with these.
    pub laid: &'static [u8],
    /// Its variants.
    pub variants: &'static [GenericVariant],
}

/// A variant of a generic type.
#[derive(Debug, Clone, Copy)]
pub struct GenericVariant {
    /// As [`Variant::laid`](super::Variant::laid).
    pub head: &'static [u8],
    /// As [`Variant::discriminant`](super::Variant::discriminant).
    pub discriminant: Option<i128>,
    /// Its payload.
    pub fields: &'static [u8],
}

impl Generic {
    const fn write(&self, out: &mut Writer<'_>, length: u32) {
        out.u8(GENERIC);
        out.u32(length);
        out.name(self.ty);
        out.laid(self.laid);
        out.u32(self.variants.len() as u32);
        let mut index = 0;
        while index < self.variants.len() {
            let GenericVariant { head, discriminant, fields } = self.variants[index];
            out.laid(head);
            if let Some(number) = discriminant {
                out.i128(number);
            }
            out.laid(fields);
            index += 1;
        }
    }
}

__record!(Generic);
