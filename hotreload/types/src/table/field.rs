//! A field of a struct or a variant, and its part of the record.

use core::ptr;

use super::{NO_OFFSET, laid};
use crate::{Describe, TypeRef, Versioned, facts::Facts, writer::Writer};

/// A field; of a trait a supertrait; of a method a parameter or the result. Generated code writes it out, and
/// short: its calls and its tokens are what takes rustc long.
///
/// From its name to its spelling, with the name of its type if that is laid out too; where it is in a struct, or
/// [`NOWHERE`](Field::NOWHERE); what its type is.
#[derive(Debug, Clone, Copy)]
pub struct Field(pub &'static [u8], pub usize, pub &'static Typed);

/// What rustc alone knows of the type of a field. The fields of one type share it where nothing but the type
/// tells it.
#[derive(Debug, Clone, Copy)]
pub struct Typed {
    pub(crate) numbers: Numbers,
    /// The beginning is the type's name as the record has it: it is written once for the type, where all of
    /// its fields copy it.
    pub(crate) name: [u8; ROOM],
    /// How long it is; 0 if there is no room for it.
    pub(crate) length: usize,
    pub(crate) ty: &'static TypeRef,
    describe: fn(&mut Describe),
}

/// A name of two or three types of the standard library in each other and one of an author's has room.
const ROOM: usize = 160;

/// Numbers of a type, as the record has them where numbers are little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, packed)]
pub(crate) struct Numbers {
    /// The size of a value.
    pub(crate) size: u64,
    /// Its alignment.
    pub(crate) align: u32,
    /// What the type promises.
    pub(crate) facts: Facts,
}

impl Field {
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

    /// In place of an offset: it is in a variant, or in no value.
    pub const NOWHERE: usize = NO_OFFSET as usize;

    /// Its name; a number in a tuple.
    pub const fn name(&self) -> &'static str {
        laid::text(self.0, 0)
    }

    /// Where it is in a struct.
    pub const fn offset(&self) -> usize {
        self.1
    }

    /// The name of its type.
    pub const fn ty(&self) -> &'static TypeRef {
        self.2.ty
    }

    pub(super) fn describe(&self) -> fn(&mut Describe) {
        self.2.describe
    }

    pub(super) fn numbers(&self) -> Numbers {
        self.2.numbers
    }

    /// Whether values of its type may not be moved once somebody has pinned them; not known within a
    /// generic type.
    pub fn may_be_pinned(&self) -> bool {
        self.2.numbers.facts.has(Facts::UNPIN) == Some(false)
    }
}

/// The fields of a struct: of each how many bytes of `laid` are its own, where it is, and what its type is. One
/// call and one literal for all of them: rustc would take as long for each.
///
/// # Safety
/// The addresses are of fields of what the first pointer points to, and that has room for the struct.
pub const unsafe fn within<S, const N: usize>(
    of: *const S,
    laid: &'static [u8],
    fields: [(usize, *const (), &'static Typed); N],
) -> [Field; N] {
    let mut all = [Field(&[], 0, fields[0].2); N];
    let (start, mut index) = (of as *const u8, 0);
    let (parts, room, mut before) = (&raw const *laid, laid.len(), 0);
    while index < N {
        let (length, at, ty) = fields[index];
        assert!(before + length <= room, "the macro lays out all fields");
        // SAFETY: `laid` has so many bytes from there, by the assertion.
        let laid = unsafe { &*ptr::slice_from_raw_parts(&raw const (*parts)[before], length) };
        before += length;
        // SAFETY: both point into one struct, by the caller's promise.
        let offset = unsafe { (at as *const u8).offset_from(start) };
        all[index] = Field(laid, offset as usize, ty);
        index += 1;
    }
    all
}

impl Typed {
    /// Of a supertrait.
    pub const fn supertrait(ty: &'static TypeRef, describe: fn(&mut Describe)) -> Typed {
        Typed::new(Numbers { size: 0, align: 0, facts: Facts::UNKNOWN }, ty, describe)
    }

    const fn new(numbers: Numbers, ty: &'static TypeRef, describe: fn(&mut Describe)) -> Typed {
        let (mut name, mut length) = ([0; ROOM], ty.length());
        if length <= ROOM {
            Writer::into(&mut name).name(ty);
        } else {
            length = 0;
        }
        Typed { numbers, name, length, ty, describe }
    }
}

/// Of a type that promises this and is called so. The name and what describes the type are from where the
/// macro names it: an error shall be on the field's own type, of which parts may be opaque.
pub const fn of<T>(facts: Facts, ty: &'static TypeRef, describe: fn(&mut Describe)) -> Typed {
    let facts = facts.with_drop_of::<T>();
    Typed::new(
        Numbers { size: size_of::<T>() as u64, align: align_of::<T>() as u32, facts },
        ty,
        describe,
    )
}

/// Of a field whose type is spelled as one of the standard library's, made of such and of plain ones.
pub trait LibraryField {
    /// What its type is.
    const OF: &'static Typed;
}

impl<T: Versioned> LibraryField for T {
    const OF: &'static Typed = {
        assert!(
            T::FACTS.is_known(),
            "a type of this field is called as one of the standard library's: write its path, `self::..`"
        );
        &of::<T>(T::FACTS, T::REF, T::describe)
    };
}
