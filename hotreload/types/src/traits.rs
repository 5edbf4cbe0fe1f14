//! Traits whose methods are known, for trait objects.

use std::{error::Error, fmt};

use crate::{Describe, Table, TypeRef, table::TypeKind};

/// A trait object of a trait whose methods are known: implemented for `dyn Trait` by
/// `#[hot::versioned]` on the trait. The trait object does not become `Versioned` by that: its
/// vtable belongs to one image.
///
/// # Safety
/// The constants must be true of the trait.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "the methods of `{Self}` are not known",
    label = "the trait is not `#[hot::versioned]`",
    note = "if the trait is yours, write `#[hot::versioned]` on its definition"
)]
pub unsafe trait VersionedTrait {
    /// What else the trait object promises, before its name: `dyn Send`.
    const PROMISES: &'static str;

    /// The trait's name.
    const TRAIT: &'static TypeRef;

    /// The trait's methods.
    const TABLE: &'static Table;

    /// The trait object's name.
    const REF: &'static TypeRef = &TypeRef::of_language(Self::PROMISES, const { &[Self::TRAIT] });

    /// Adds the trait's table and the trait object's.
    fn describe(out: &mut Describe) {
        let name = core::any::type_name::<Self>();
        out.table(name, const { &Table::without_size(Self::REF, TypeKind::Unsized, &[]) });
        out.table(Self::TRAIT.path, Self::TABLE);
    }
}

/// Traits of the standard library that are supertraits of many.
macro_rules! known {
    ($($name:literal $ty:ty,)*) => {$(
        // SAFETY: the trait is the same for all that the same compiler built, and host and bundles
        // are.
        unsafe impl VersionedTrait for $ty {
            const PROMISES: &'static str = "dyn";
            const TRAIT: &'static TypeRef = &TypeRef::of_std($name, &[]);
            const TABLE: &'static Table =
                &Table::without_size(Self::TRAIT, TypeKind::Trait, &[]);
        }
    )*};
}

known! {
    "Send" dyn Send,
    "Sync" dyn Sync,
    "Unpin" dyn Unpin,
    "Debug" dyn fmt::Debug,
    "Display" dyn fmt::Display,
    "Error" dyn Error,
}
