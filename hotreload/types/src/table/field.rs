//! A field of a struct or a variant, and its part of the record.

use core::marker::PhantomData;

use super::{NO_OFFSET, laid};
use crate::{
    Describe, TypeRef, Versioned,
    facts::{Facts, Plain},
};

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
    /// Whether the macro has laid out the type's name.
    pub(crate) is_laid: bool,
    pub(crate) ty: &'static TypeRef,
    describe: fn(&mut Describe),
}

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

/// Where a field of a struct is.
///
/// # Safety
/// The field is one of what the first pointer points to, and that has room for the struct.
pub const unsafe fn within<S, T>(of: *const S, field: *const T) -> usize {
    // SAFETY: both point into one struct, by the caller's promise.
    let offset = unsafe { (field as *const u8).offset_from(of as *const u8) };
    offset as usize
}

impl Typed {
    const fn new<T: Versioned>(facts: Facts, is_laid: bool) -> Typed {
        let numbers = Numbers { size: size_of::<T>() as u64, align: align_of::<T>() as u32, facts };
        Typed { numbers, is_laid, ty: T::REF, describe: T::describe }
    }

    /// Of a plain type, whose name is laid out.
    pub(crate) const fn plain<T: Plain>() -> Typed {
        Typed::new::<T>(Facts::PLAIN, true)
    }

    /// Of a supertrait.
    pub const fn supertrait(ty: &'static TypeRef, describe: fn(&mut Describe)) -> Typed {
        let numbers = Numbers { size: 0, align: 0, facts: Facts::UNKNOWN };
        Typed { numbers, is_laid: false, ty, describe }
    }
}

/// Of a type that promises this and is called so. The name and what describes the type are from where the
/// macro names it: an error shall be on the field's own type, of which parts may be opaque.
pub const fn of<T>(facts: Facts, ty: &'static TypeRef, describe: fn(&mut Describe)) -> Typed {
    let numbers = Numbers {
        size: size_of::<T>() as u64,
        align: align_of::<T>() as u32,
        facts: facts.with_drop_of::<T>(),
    };
    Typed { numbers, is_laid: false, ty, describe }
}

/// A type of the standard library's, made of such and of plain ones. Its name is laid out, and has this id;
/// with 0 it is not.
pub struct Known<T, const ID: u128>(PhantomData<T>);

impl<T: Versioned, const ID: u128> Known<T, ID> {
    /// What it is.
    pub const OF: &'static Typed = {
        assert!(
            T::FACTS.is_known() && (ID == 0 || T::REF.id() == ID),
            "a type of this field is called as one of the standard library's: write its path, `self::..`"
        );
        &Typed::new::<T>(T::FACTS.with_drop_of::<T>(), ID != 0)
    };
}
