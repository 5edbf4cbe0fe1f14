//! A field of a struct or a variant, and its part of the record.

use core::marker::PhantomData;

use super::{NO_OFFSET, laid};
use crate::{
    Describe, TypeRef, Versioned,
    facts::{Facts, Plain},
    writer::Writer,
};

/// A field; of a trait a supertrait; of a method a parameter or the result.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name, its marks, and what it was called before if it is marked so.
    before: &'static [u8],
    numbers: Numbers,
    /// Its lifetimes and its spelling; the name of its type too, if that `is_laid`.
    after: &'static [u8],
    is_laid: bool,
    ty: &'static TypeRef,
    describe: fn(&mut Describe),
}

/// What rustc alone knows of a field, as the record has it where numbers are little-endian.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(C, packed)]
pub(crate) struct Numbers {
    /// Where it is in a struct.
    pub(crate) offset: u64,
    /// The size of a value.
    pub(crate) size: u64,
    /// Its alignment.
    pub(crate) align: u32,
    /// What its type promises.
    pub(crate) facts: Facts,
}

/// Where a field of the type `T` is.
#[derive(Debug)]
pub struct Place<T> {
    offset: u64,
    of: PhantomData<*const T>,
}

impl<T> Place<T> {
    /// In a variant, or in none: rustc tells no offset.
    pub const NOWHERE: Place<T> = Place { offset: NO_OFFSET, of: PhantomData };
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

    /// Its name; a number in a tuple.
    pub const fn name(&self) -> &'static str {
        laid::text(self.before, 0)
    }

    /// Where it is in a struct.
    pub const fn offset(&self) -> usize {
        self.numbers.offset as usize
    }

    /// The name of its type.
    pub const fn ty(&self) -> &'static TypeRef {
        self.ty
    }

    pub(super) fn describe(&self) -> fn(&mut Describe) {
        self.describe
    }

    pub(super) fn numbers(&self) -> Numbers {
        self.numbers
    }

    /// Whether values of its type may not be moved once somebody has pinned them; not known within a
    /// generic type.
    pub fn may_be_pinned(&self) -> bool {
        self.numbers.facts.has(Facts::UNPIN) == Some(false)
    }

    /// Of a supertrait.
    pub const fn of_supertrait(
        before: &'static [u8],
        after: &'static [u8],
        ty: &'static TypeRef,
        describe: fn(&mut Describe),
    ) -> Field {
        let numbers = Numbers { offset: NO_OFFSET, size: 0, align: 0, facts: Facts::UNKNOWN };
        Field { before, numbers, after, is_laid: false, ty, describe }
    }

    pub(super) const fn write_all(fields: &[Field], out: &mut Writer<'_>) {
        out.u32(fields.len() as u32);
        let mut index = 0;
        while index < fields.len() {
            let field = &fields[index];
            out.laid(field.before);
            out.numbers(&field.numbers);
            out.laid(field.after);
            if !field.is_laid {
                field.ty.write(out);
            }
            index += 1;
        }
    }
}

/// A field of a struct.
///
/// # Safety
/// The field is one of what the first pointer points to, and that has room for the struct.
pub const unsafe fn within<S, T>(of: *const S, field: *const T) -> Place<T> {
    // SAFETY: both point into one struct, by the caller's promise.
    let offset = unsafe { (field as *const u8).offset_from(of as *const u8) };
    Place { offset: offset as u64, of: PhantomData }
}

/// A field whose type promises this and is called so. The name and what describes the type are from where
/// the macro names it: an error shall be on the field's own type, of which parts may be opaque.
pub const fn of<T>(
    place: Place<T>,
    before: &'static [u8],
    after: &'static [u8],
    facts: Facts,
    ty: &'static TypeRef,
    describe: fn(&mut Describe),
) -> Field {
    let numbers = Numbers {
        offset: place.offset,
        size: size_of::<T>() as u64,
        align: align_of::<T>() as u32,
        facts: facts.with_drop_of::<T>(),
    };
    Field { before, numbers, after, is_laid: false, ty, describe }
}

/// A field of a plain type, whose name is laid out.
pub const fn plain<T: Plain>(
    place: Place<T>,
    before: &'static [u8],
    after: &'static [u8],
) -> Field {
    let numbers = Numbers {
        offset: place.offset,
        size: size_of::<T>() as u64,
        align: align_of::<T>() as u32,
        facts: Facts::PLAIN,
    };
    Field { before, numbers, after, is_laid: true, ty: T::REF, describe: T::describe }
}

/// A field of a type of the standard library's, made of such and of plain ones; its name is laid out and
/// has this id, if that is not 0.
pub const fn known<T: Versioned>(
    place: Place<T>,
    before: &'static [u8],
    after: &'static [u8],
    id: u128,
) -> Field {
    assert!(
        T::FACTS.is_known() && (id == 0 || T::REF.id == id),
        "a type of this field is called as one of the standard library's: write its path, `self::..`"
    );
    Field { is_laid: id != 0, ..of(place, before, after, T::FACTS, T::REF, T::describe) }
}
