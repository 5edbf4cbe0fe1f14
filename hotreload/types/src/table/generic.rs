//! The definition of a generic type, and its record.

use super::{Definition, GENERIC, head_of_variant, marks};
use crate::{__record, TypeRef, writer::Writer};

/// The definition of a generic type: what can be compared without knowing its arguments.
#[derive(Debug)]
pub struct Generic {
    /// Its name, without arguments.
    pub ty: &'static TypeRef,
    /// What it says of itself.
    pub definition: Definition,
    /// Its fields.
    pub fields: &'static [GenericField],
    /// Its variants.
    pub variants: &'static [GenericVariant],
}

/// A field of a generic type.
#[derive(Debug)]
pub struct GenericField(
    /// Its name.
    pub &'static str,
    /// [`Field::PUBLIC`](super::Field::PUBLIC) and its like.
    pub u8,
    /// Of its type, as [`Field::of`](super::Field::of) takes them: the lifetimes,
    pub &'static str,
    /// and the tokens.
    pub &'static str,
    /// What it was called before, if it is marked so.
    pub &'static str,
);

/// A variant of a generic type.
#[derive(Debug)]
pub struct GenericVariant {
    /// Its name.
    pub name: &'static str,
    /// As [`Variant::form`](super::Variant::form).
    pub form: &'static str,
    /// As [`Variant::renamed_from`](super::Variant::renamed_from).
    pub renamed_from: &'static str,
    /// As [`Variant::discriminant`](super::Variant::discriminant).
    pub discriminant: Option<i128>,
    /// Its payload.
    pub fields: &'static [GenericField],
}

impl Generic {
    const fn write(&self, out: &mut Writer<'_>, length: u32) {
        out.u8(GENERIC);
        out.u32(length);
        self.ty.write(out);
        out.u8(self.definition.kind as u8);
        out.text(self.definition.repr);
        out.text(self.definition.generics);
        out.u64(self.definition.invariants);
        out.text(self.definition.renamed_from);
        GenericField::write_all(self.fields, out);
        out.u32(self.variants.len() as u32);
        let mut index = 0;
        while index < self.variants.len() {
            let variant = &self.variants[index];
            let GenericVariant { name, form, renamed_from, discriminant, .. } = *variant;
            head_of_variant(name, form, renamed_from, discriminant, out);
            GenericField::write_all(variant.fields, out);
            index += 1;
        }
    }
}

impl GenericField {
    const fn write_all(fields: &[GenericField], out: &mut Writer<'_>) {
        out.u32(fields.len() as u32);
        let mut index = 0;
        while index < fields.len() {
            let GenericField(name, marked, lifetimes, tokens, renamed_from) = &fields[index];
            out.text(name);
            marks(*marked, renamed_from, out);
            out.text(lifetimes);
            out.text(tokens);
            index += 1;
        }
    }
}

__record!(Generic);
