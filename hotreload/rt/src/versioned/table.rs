//! One level of a type's layout, and its record in the manifest. The bytes are written down in
//! docs/layout-format.md; the reader is host/manifest/types.rs.

use super::{Describe, Facts, Lifetimes, Plain, TypeRef, Versioned};
use crate::manifest::{Writer, record};

/// The tag of a [`Table`].
pub const TYPE: u8 = 4;
/// The tag of a [`Generic`].
pub const GENERIC: u8 = 5;

/// In place of an offset where there is none that rustc tells: in variants and methods.
pub const NO_OFFSET: u64 = u64::MAX;

/// What sort of type it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum TypeKind {
    /// Of the language or a library: its layout follows from its arguments, and from the compiler
    /// and the library's version.
    Builtin = 0,
    /// Only its size and alignment are known: `#[hot(unsafe(opaque))]`.
    Opaque = 1,
    /// `str`, a slice, a trait object.
    Unsized = 2,
    /// A struct with named fields.
    Struct = 3,
    /// A struct with numbered fields.
    Tuple = 4,
    /// A struct without fields.
    Unit = 5,
    /// An enum.
    Enum = 6,
    /// A trait: its supertraits are the fields, its methods the variants.
    Trait = 7,
}

/// One level of a type's layout.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    ty: &'static TypeRef,
    kind: TypeKind,
    size: u64,
    align: u32,
    option_size: u64,
    facts: Facts,
    repr: &'static str,
    generics: &'static str,
    invariants: u64,
    fields: &'static [Field],
    variants: &'static [Variant],
    /// Of the types that it holds without having fields of them.
    reaches: &'static [fn(&mut Describe)],
    /// Not in the record.
    pub(super) lifetimes: &'static [Lifetimes],
}

/// What an author's definition says of itself.
#[derive(Debug, Clone, Copy)]
pub struct Definition {
    /// Its sort.
    pub kind: TypeKind,
    /// What is in `#[repr(..)]`.
    pub repr: &'static str,
    /// Its parameters and their bounds, lifetimes renamed.
    pub generics: &'static str,
    /// The number that the author raises when an invariant changes.
    pub invariants: u64,
}

impl Table {
    /// Of a type of the language or a library, which holds what `reaches` describes.
    pub const fn builtin<T: Versioned>(reaches: &'static [fn(&mut Describe)]) -> Table {
        Table {
            size: size_of::<T>() as u64,
            align: align_of::<T>() as u32,
            option_size: size_of::<Option<T>>() as u64,
            facts: Facts::UNKNOWN.with_drop_of::<T>(),
            ..Table::without_size(T::REF, TypeKind::Builtin, reaches)
        }
    }

    /// Of a type whose values have no size of their own.
    pub const fn without_size(
        ty: &'static TypeRef,
        kind: TypeKind,
        reaches: &'static [fn(&mut Describe)],
    ) -> Table {
        Table {
            ty,
            kind,
            size: 0,
            align: 0,
            option_size: 0,
            facts: Facts::UNKNOWN,
            repr: "",
            generics: "",
            invariants: 0,
            fields: &[],
            variants: &[],
            reaches,
            lifetimes: &[],
        }
    }

    /// Of a struct or an enum.
    pub const fn of<T: Versioned>(
        definition: Definition,
        facts: Facts,
        fields: &'static [Field],
        variants: &'static [Variant],
    ) -> Table {
        Table {
            repr: definition.repr,
            generics: definition.generics,
            invariants: definition.invariants,
            kind: definition.kind,
            facts: facts.with_drop_of::<T>(),
            fields,
            variants,
            ..Table::builtin::<T>(&[])
        }
    }

    /// Of a trait.
    pub const fn of_trait(
        ty: &'static TypeRef,
        definition: Definition,
        supertraits: &'static [Field],
        methods: &'static [Variant],
    ) -> Table {
        Table {
            generics: definition.generics,
            invariants: definition.invariants,
            repr: definition.repr,
            fields: supertraits,
            variants: methods,
            ..Table::without_size(ty, definition.kind, &[])
        }
    }

    /// Of the same type, which describes others that no field says.
    pub const fn reaching(self, reaches: &'static [fn(&mut Describe)]) -> Table {
        Table { reaches, ..self }
    }

    /// Of the same type, whose traits are known here.
    pub const fn with_facts<T: Versioned>(self, facts: Facts) -> Table {
        Table { facts: facts.with_drop_of::<T>(), ..self }
    }

    pub(super) const fn opaque(self) -> Table {
        Table { kind: TypeKind::Opaque, ..self }
    }

    /// The type's name.
    pub const fn ty(&self) -> &'static TypeRef {
        self.ty
    }

    /// Describes every type that the table mentions.
    pub(super) fn reaches(&self) -> impl Iterator<Item = fn(&mut Describe)> {
        let in_variants = self.variants.iter().flat_map(|variant| variant.fields);
        let fields = self.fields.iter().chain(in_variants).map(|field| field.describe);
        fields.chain(self.reaches.iter().copied())
    }

    /// The record's bytes, at run time.
    pub(super) fn to_bytes(self) -> Vec<u8> {
        let mut bytes = vec![0; self.size()];
        let length = bytes.len() as u32 - 5;
        self.write(&mut Writer::into(&mut bytes), length);
        bytes
    }

    const fn write(&self, out: &mut Writer<'_>, length: u32) {
        out.u8(TYPE);
        out.u32(length);
        self.ty.write(out);
        out.u8(self.kind as u8);
        out.u64(self.size);
        out.u32(self.align);
        out.u64(self.option_size);
        out.u8(self.facts.to_bits());
        out.text(self.repr);
        out.text(self.generics);
        out.u64(self.invariants);
        Field::write_all(self.fields, out);
        out.u32(self.variants.len() as u32);
        let mut index = 0;
        while index < self.variants.len() {
            self.variants[index].write(out);
            index += 1;
        }
    }
}

/// A field; of a trait a supertrait; of a method a parameter or the result.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    name: &'static str,
    offset: u64,
    size: u64,
    align: u32,
    facts: Facts,
    lifetimes: &'static str,
    tokens: &'static str,
    ty: &'static TypeRef,
    describe: fn(&mut Describe),
}

impl Field {
    /// The offset that rustc does not tell.
    pub const NOWHERE: usize = usize::MAX;

    /// Of a field of the type `T`. Of its spelling, `lifetimes` has the lifetimes in the order of
    /// appearance, renamed, and `tokens` the rest, without module paths. `ty` and `describe` are
    /// `T`'s, from where the macro names it: an error shall be on the field's own type.
    pub const fn of<T>(
        name: &'static str,
        offset: usize,
        facts: Facts,
        lifetimes: &'static str,
        tokens: &'static str,
        ty: &'static TypeRef,
        describe: fn(&mut Describe),
    ) -> Field {
        Field {
            name,
            offset: if offset == Field::NOWHERE { NO_OFFSET } else { offset as u64 },
            size: size_of::<T>() as u64,
            align: align_of::<T>() as u32,
            facts: facts.with_drop_of::<T>(),
            lifetimes,
            tokens,
            ty,
            describe,
        }
    }

    /// Of a field of a plain type.
    pub const fn plain<T: Plain>(name: &'static str, offset: usize, tokens: &'static str) -> Field {
        Field::of::<T>(name, offset, Facts::PLAIN, "", tokens, T::REF, T::describe)
    }

    /// Of a supertrait.
    pub const fn of_supertrait(
        tokens: &'static str,
        ty: &'static TypeRef,
        describe: fn(&mut Describe),
    ) -> Field {
        Field {
            name: "",
            offset: NO_OFFSET,
            size: 0,
            align: 0,
            facts: Facts::UNKNOWN,
            lifetimes: "",
            tokens,
            ty,
            describe,
        }
    }

    const fn write_all(fields: &[Field], out: &mut Writer<'_>) {
        out.u32(fields.len() as u32);
        let mut index = 0;
        while index < fields.len() {
            let field = &fields[index];
            out.text(field.name);
            out.u64(field.offset);
            out.u64(field.size);
            out.u32(field.align);
            out.u8(field.facts.to_bits());
            out.text(field.lifetimes);
            out.text(field.tokens);
            field.ty.write(out);
            index += 1;
        }
    }
}

/// A variant of an enum, or a method of a trait.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// `unit`, `tuple` or `struct`; of a method, what it is besides its types.
    pub form: &'static str,
    /// Where it is explicit, or the enum promises it.
    pub discriminant: Option<i128>,
    /// Its payload; of a method, the parameters and the result.
    pub fields: &'static [Field],
}

impl Variant {
    const fn write(&self, out: &mut Writer<'_>) {
        head_of_variant(self.name, self.form, self.discriminant, out);
        Field::write_all(self.fields, out);
    }
}

const fn head_of_variant(name: &str, form: &str, discriminant: Option<i128>, out: &mut Writer<'_>) {
    out.text(name);
    out.text(form);
    out.u8(discriminant.is_some() as u8);
    if let Some(number) = discriminant {
        out.i128(number);
    }
}

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
    /// Of its type, as [`Field::of`] takes them: the lifetimes,
    pub &'static str,
    /// and the tokens.
    pub &'static str,
);

/// A variant of a generic type.
#[derive(Debug)]
pub struct GenericVariant {
    /// Its name.
    pub name: &'static str,
    /// As [`Variant::form`].
    pub form: &'static str,
    /// As [`Variant::discriminant`].
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
        GenericField::write_all(self.fields, out);
        out.u32(self.variants.len() as u32);
        let mut index = 0;
        while index < self.variants.len() {
            let variant = &self.variants[index];
            head_of_variant(variant.name, variant.form, variant.discriminant, out);
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
            let GenericField(name, lifetimes, tokens) = &fields[index];
            out.text(name);
            out.text(lifetimes);
            out.text(tokens);
            index += 1;
        }
    }
}

impl TypeRef {
    pub(crate) const fn write(&self, out: &mut Writer<'_>) {
        out.u64(self.id);
        out.text(self.package);
        out.text(self.version);
        out.text(self.path);
        out.u32(self.args.len() as u32);
        let mut index = 0;
        while index < self.args.len() {
            self.args[index].write(out);
            index += 1;
        }
    }
}

record!(Table);
record!(Generic);
