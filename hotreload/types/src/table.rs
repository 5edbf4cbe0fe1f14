//! One level of a type's layout, and its record in the manifest. The bytes are written down in
//! docs/layout-format.md; the reader is the module `file` of the host.

mod alike;
mod generic;

use core::alloc::Layout;

use crate::{
    __record, Describe, TypeRef, Versioned,
    facts::{Facts, Plain},
    identities::Identities,
    lifetimes::Lifetimes,
    writer::Writer,
};

pub use generic::{Generic, GenericField, GenericVariant};

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
    renamed_from: &'static str,
    /// Of an older version that is kept for `#[hot::migrate]`, the type that it is one of; or empty. Not
    /// in the record.
    version_of: &'static str,
    fields: &'static [Field],
    variants: &'static [Variant],
    /// Of the types that it holds without having fields of them.
    reaches: &'static [fn(&mut Describe)],
    /// Not in the record.
    pub(super) lifetimes: &'static [Lifetimes],
    /// Not in the record.
    pub(super) identities: Option<&'static Identities>,
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
    /// What the type was called before; or empty.
    pub renamed_from: &'static str,
}

impl Table {
    /// Of a type of the language or a library, which holds what `reaches` describes.
    pub const fn builtin<T: Versioned>(reaches: &'static [fn(&mut Describe)]) -> Table {
        Table::of_library::<T>(T::REF, reaches)
    }

    /// The same of a `T` that this name is of.
    pub(super) const fn of_library<T>(
        name: &'static TypeRef,
        reaches: &'static [fn(&mut Describe)],
    ) -> Table {
        Table {
            size: size_of::<T>() as u64,
            align: align_of::<T>() as u32,
            option_size: size_of::<Option<T>>() as u64,
            facts: Facts::UNKNOWN.with_drop_of::<T>(),
            ..Table::without_size(name, TypeKind::Builtin, reaches)
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
            renamed_from: "",
            version_of: "",
            fields: &[],
            variants: &[],
            reaches,
            lifetimes: &[],
            identities: None,
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
            renamed_from: definition.renamed_from,
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

    /// Of the same type, which is an older version of the one that is called so.
    pub const fn as_version_of(self, name: &'static str) -> Table {
        Table { version_of: name, ..self }
    }

    pub(super) const fn opaque(self) -> Table {
        Table { kind: TypeKind::Opaque, ..self }
    }

    /// The type's name.
    pub const fn ty(&self) -> &'static TypeRef {
        self.ty
    }

    /// The size and alignment of a value; of one without a size of its own, nothing's.
    pub const fn layout(&self) -> Layout {
        match Layout::from_size_align(self.size as usize, self.align as usize) {
            Ok(layout) => layout,
            // It has no alignment.
            Err(_) => Layout::new::<()>(),
        }
    }

    /// What sort of type it is.
    pub const fn kind(&self) -> TypeKind {
        self.kind
    }

    /// What is in its `#[repr(..)]`.
    pub const fn repr(&self) -> &'static str {
        self.repr
    }

    /// What it is an older version of; or empty.
    pub const fn version_of(&self) -> &'static str {
        self.version_of
    }

    /// Whether it is `Copy`, and that is known here.
    pub(crate) const fn is_copy(&self) -> bool {
        self.facts.to_bits() & Facts::COPY != 0
    }

    /// What it was called before; or empty.
    pub const fn renamed_from(&self) -> &'static str {
        self.renamed_from
    }

    /// The variants of an enum.
    pub const fn variants(&self) -> &'static [Variant] {
        self.variants
    }

    /// The fields of a struct.
    pub const fn fields(&self) -> &'static [Field] {
        self.fields
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
        out.text(self.renamed_from);
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
    /// Bits: [`Field::PUBLIC`] and those after it.
    marks: u8,
    /// What it was called before, if it is marked so.
    renamed_from: &'static str,
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
    /// Its name; a number in a tuple.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// Where it is in a struct.
    pub const fn offset(&self) -> usize {
        self.offset as usize
    }

    /// The name of its type.
    pub const fn ty(&self) -> &'static TypeRef {
        self.ty
    }

    /// Whether values of its type may not be moved once somebody has pinned them; not known within a
    /// generic type.
    pub fn may_be_pinned(&self) -> bool {
        self.facts.has(Facts::UNPIN) == Some(false)
    }

    /// Code of every crate may write it.
    pub const PUBLIC: u8 = 1;
    /// It has a `#[hot(default = ..)]`.
    pub const DEFAULT: u8 = 2;
    /// It has a `#[hot(convert = ..)]`.
    pub const CONVERT: u8 = 4;
    /// It has an `#[hot(unsafe(stays))]`.
    pub const STAYS: u8 = 8;
    /// It has a `#[hot(renamed_from = "..")]`: the old name follows.
    pub const RENAMED: u8 = 16;

    /// The offset that rustc does not tell.
    pub const NOWHERE: usize = usize::MAX;

    /// Of a private field of the type `T`. Of its spelling, `lifetimes` has the lifetimes in the order of
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
            marks: 0,
            renamed_from: "",
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

    /// The same of a type of the standard library's, made of such and of plain ones.
    pub const fn known<T: Versioned>(
        name: &'static str,
        offset: usize,
        tokens: &'static str,
    ) -> Field {
        assert!(
            T::FACTS.is_known(),
            "a type of this field is called as one of the standard library's: write its path, `self::..`"
        );
        Field::of::<T>(name, offset, T::FACTS, "", tokens, T::REF, T::describe)
    }

    /// Of a private field of a plain type.
    pub const fn plain<T: Plain>(name: &'static str, offset: usize, tokens: &'static str) -> Field {
        Field::of::<T>(name, offset, Facts::PLAIN, "", tokens, T::REF, T::describe)
    }

    /// Of the same field, which code of every crate may write.
    pub const fn public(self) -> Field {
        Field { marks: self.marks | Field::PUBLIC, ..self }
    }

    /// Of the same field, of which the author says how it moves: the bits after [`Field::PUBLIC`].
    pub const fn said(self, marks: u8, renamed_from: &'static str) -> Field {
        Field { marks: self.marks | marks, renamed_from, ..self }
    }

    /// Of a supertrait.
    pub const fn of_supertrait(
        tokens: &'static str,
        ty: &'static TypeRef,
        describe: fn(&mut Describe),
    ) -> Field {
        Field {
            name: "",
            marks: 0,
            renamed_from: "",
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
            marks(field.marks, field.renamed_from, out);
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

/// Writes the bits of a field, and what it was called before.
const fn marks(marks: u8, renamed_from: &str, out: &mut Writer<'_>) {
    out.u8(marks);
    if marks & Field::RENAMED != 0 {
        out.text(renamed_from);
    }
}

/// A variant of an enum, or a method of a trait.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// Its name.
    pub name: &'static str,
    /// `unit`, `tuple` or `struct`; of a method, what it is besides its types.
    pub form: &'static str,
    /// What it was called before; or empty.
    pub renamed_from: &'static str,
    /// Where it is explicit, or the enum promises it.
    pub discriminant: Option<i128>,
    /// Its payload; of a method, the parameters and the result.
    pub fields: &'static [Field],
}

impl Variant {
    const fn write(&self, out: &mut Writer<'_>) {
        head_of_variant(self.name, self.form, self.renamed_from, self.discriminant, out);
        Field::write_all(self.fields, out);
    }
}

/// Bits of a variant: a discriminant follows, and what it was called before.
const DISCRIMINANT: u8 = 1;
const RENAMED: u8 = 2;

const fn head_of_variant(
    name: &str,
    form: &str,
    renamed_from: &str,
    discriminant: Option<i128>,
    out: &mut Writer<'_>,
) {
    out.text(name);
    out.text(form);
    let renamed = if renamed_from.is_empty() { 0 } else { RENAMED };
    out.u8(if discriminant.is_some() { DISCRIMINANT } else { 0 } | renamed);
    if renamed != 0 {
        out.text(renamed_from);
    }
    if let Some(number) = discriminant {
        out.i128(number);
    }
}

impl TypeRef {
    #[doc(hidden)]
    pub const fn write(&self, out: &mut Writer<'_>) {
        out.u128(self.id);
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

__record!(Table);
