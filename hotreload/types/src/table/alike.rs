//! How tables are compared, to move values from a type to another version of it.

use super::{Field, Numbers, Table, TypeKind};
use crate::{TypeRef, type_ref::same_text};

impl Table {
    /// Whether this level of the type is laid out as that one: where both are of images of one
    /// fingerprint, and what the fields are of is alike too, the bits of the one are the other's.
    pub fn is_alike(&self, other: &Table) -> bool {
        self.ty == other.ty && self.is_alike_by(other, |own, other| own == other)
    }

    /// The same, whatever the types of fields are called: by how they are compared themselves.
    pub fn is_alike_but_for_names(&self, other: &Table) -> bool {
        self.is_alike_by(other, |_, _| true)
    }

    fn is_alike_by(&self, other: &Table, is_one: fn(&TypeRef, &TypeRef) -> bool) -> bool {
        let fields = |a: &[Field], b: &[Field]| {
            a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| a.is_alike(b) && is_one(a.ty(), b.ty()))
        };
        let variants = || {
            self.variants.iter().zip(other.variants).all(|(a, b)| {
                (a.name(), a.form(), a.discriminant) == (b.name(), b.form(), b.discriminant)
                    && fields(a.fields, b.fields)
            })
        };
        let level = |of: &Table| {
            let layout = (of.size, of.align, of.option_size);
            (of.kind as u8, layout, of.repr(), of.invariants(), of.variants.len())
        };
        level(self) == level(other)
            && fields(self.fields, other.fields)
            && variants()
            && self.has_the_opaque_types_of(other)
    }

    /// Whether it is an older version of a type of this name: of the last part of its path, or of all of it.
    pub fn is_version_of(&self, ty: &TypeRef) -> bool {
        let last = ty.path.rsplit("::").next();
        !self.version_of.is_empty()
            && self.ty.package == ty.package
            && (self.version_of == ty.path || Some(self.version_of) == last)
    }

    /// Whether each field is one of that struct, of the same name and type.
    pub const fn is_part_of(&self, whole: &Table) -> bool {
        let mut index = 0;
        while index < self.fields.len() {
            let (field, mut at, mut found) = (&self.fields[index], 0, false);
            while at < whole.fields.len() {
                let other = &whole.fields[at];
                found = found || field.ty().is(other.ty()) && same_text(field.name(), other.name());
                at += 1;
            }
            if !found {
                return false;
            }
            index += 1;
        }
        matches!(self.kind, TypeKind::Struct) && matches!(whole.kind, TypeKind::Struct)
    }
}

impl Field {
    /// But for its type's name.
    fn is_alike(&self, other: &Field) -> bool {
        let of = |of: &Field| {
            let Numbers { size, align, .. } = of.numbers();
            (of.name(), of.offset(), size, align)
        };
        of(self) == of(other)
    }
}
