//! One level of a type's layout, and its record in the manifest. The bytes are written down in
//! docs/layout-format.md; the reader is the module `file` of the host.
//!
//! What a definition's tokens say is in the bytes that the macro has laid out, as the record has them:
//! rustc copies these, and fills in the numbers and names that it alone knows.

mod alike;
pub mod field;
mod generic;
mod laid;

use core::alloc::Layout;

use crate::{
    __record, Describe, TypeRef, Versioned, facts::Facts, identities::Identities,
    lifetimes::Lifetimes, writer::Writer,
};

pub(super) use field::Numbers;
pub use field::{Field, Typed};
pub use generic::{Generic, GenericVariant};

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

/// One level of a type's layout. Generated code writes it out: a list in a constant's value, unlike an
/// argument, lives for ever.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// The type's name.
    pub ty: &'static TypeRef,
    /// What sort of type it is.
    pub kind: TypeKind,
    /// Of a value.
    pub size: u64,
    /// Of a value.
    pub align: u32,
    /// Of an `Option` of it.
    pub option_size: u64,
    /// What its values promise.
    pub facts: Facts,
    /// From the `repr` to what it was called before.
    pub laid: &'static [u8],
    /// Of an older version that is kept for `#[hot::migrate]`, the type that it is one of; or empty. Not
    /// in the record.
    pub version_of: &'static str,
    /// Of a struct.
    pub fields: &'static [Field],
    /// Of an enum.
    pub variants: &'static [Variant],
    /// Of the types that it holds without having fields of them.
    pub reaches: &'static [fn(&mut Describe)],
    /// Where aliases hide lifetimes in fields and methods. Not in the record.
    pub lifetimes: &'static [Lifetimes],
    /// What is opaque in fields. Not in the record.
    pub identities: Option<&'static Identities>,
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
            laid: laid::NOTHING,
            version_of: "",
            fields: &[],
            variants: &[],
            reaches,
            lifetimes: &[],
            identities: None,
        }
    }

    /// Of a struct or an enum, without its fields and variants.
    pub const fn of<T: Versioned>(kind: TypeKind, facts: Facts, laid: &'static [u8]) -> Table {
        Table {
            ty: T::REF,
            kind,
            size: size_of::<T>() as u64,
            align: align_of::<T>() as u32,
            option_size: size_of::<Option<T>>() as u64,
            facts: facts.with_drop_of::<T>(),
            laid,
            version_of: "",
            fields: &[],
            variants: &[],
            reaches: &[],
            lifetimes: &[],
            identities: None,
        }
    }

    /// Of a trait, without its supertraits and methods.
    pub const fn of_trait(ty: &'static TypeRef, laid: &'static [u8]) -> Table {
        Table { laid, ..Table::without_size(ty, TypeKind::Trait, &[]) }
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
        laid::text(self.laid, 0)
    }

    /// The number that the author raises when an invariant changes.
    pub(super) const fn invariants(&self) -> &'static [u8] {
        let generics = laid::end_of_text(self.laid, 0);
        let start = laid::end_of_text(self.laid, generics);
        self.laid.split_at(start).1.split_at(8).0
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
        let generics = laid::end_of_text(self.laid, 0);
        laid::text(self.laid, laid::end_of_text(self.laid, generics) + 8)
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
        let fields = self.fields.iter().chain(in_variants).map(Field::describe);
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
        out.name(self.ty);
        out.u8(self.kind as u8);
        out.u64(self.size);
        out.u32(self.align);
        out.u64(self.option_size);
        out.u8(self.facts.to_bits());
        out.laid(self.laid);
        out.fields(self.fields);
        out.u32(self.variants.len() as u32);
        let mut index = 0;
        while index < self.variants.len() {
            self.variants[index].write(out);
            index += 1;
        }
    }
}

/// A variant of an enum, or a method of a trait.
#[derive(Debug, Clone, Copy)]
pub struct Variant {
    /// From its name to the marks, or to what it was called before.
    pub laid: &'static [u8],
    /// Where it is explicit, or the enum promises it.
    pub discriminant: Option<i128>,
    /// Its payload; of a method, the parameters and the result.
    pub fields: &'static [Field],
}

impl Variant {
    /// Its name.
    pub const fn name(&self) -> &'static str {
        laid::text(self.laid, 0)
    }

    /// `unit`, `tuple` or `struct`; of a method, what it is besides its types.
    pub const fn form(&self) -> &'static str {
        laid::text(self.laid, laid::end_of_text(self.laid, 0))
    }

    const fn write(&self, out: &mut Writer<'_>) {
        out.laid(self.laid);
        if let Some(number) = self.discriminant {
            out.i128(number);
        }
        out.fields(self.fields);
    }
}

__record!(Table);

/// The fields of a struct: their parts of the record, one after another; of each how long its part is, what it
/// is called, and what its type is: a trait whose constant tells it, or a value.
#[doc(hidden)]
#[macro_export]
macro_rules! __fields {
    ($laid:literal $($length:literal $member:tt $({$($ty:tt)*} $known:ident)? $(($($of:tt)*))?)*) => {{
        let this = ::core::mem::MaybeUninit::<Self>::uninit();
        let at = this.as_ptr();
        // SAFETY: there is room for a value, whose fields these are; only their addresses are taken.
        unsafe { __hot_within(at, $laid, [$(($length, &raw const (*at).$member as _, $(<$($ty)* as $known>::OF)? $($($of)*)?)),*]) }
    }};
}
