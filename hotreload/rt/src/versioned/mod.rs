//! Types whose layout is known: names, tables, and what they reach.
//!
//! Three stages, so that recursive types come to an end. [`Versioned::REF`] is a name and never looks
//! at fields. [`Versioned::TABLE`] is one level: each field's offset and name of its type.
//! [`Versioned::describe`] follows the names, at run time.

mod crates;
mod describe;
mod facts;
#[cfg(test)]
mod format;
mod hash;
mod library;
mod lifetimes;
mod opaque;
mod primitives;
mod table;
mod traits;
mod type_ref;

pub use describe::{Clash, Describe, Description};
pub use facts::{Facts, NotCopy, NotSend, NotSync, NotUnpin, Plain, Probe, without_traits};
pub use hash::Hasher;
pub use lifetimes::{LIFETIMES, Lifetimes};
pub use opaque::{Opaque, OpaqueName};
pub use table::{
    Definition, Field, GENERIC, Generic, GenericField, GenericVariant, NO_OFFSET, TYPE, Table,
    TypeKind, Variant,
};
pub use traits::VersionedTrait;
pub use type_ref::{Digits, TypeRef, compatible};

/// A type whose layout is known, so that it can be compared with another version's.
///
/// Implemented by `#[hot::versioned]`, for the types of the language and
/// most of the standard library's, and by the features that are named after crates (`glam`, `uuid`,
/// `bytes`, `smallvec`, `indexmap`, `hecs`) for theirs.
///
/// Not for `dyn Any` and other containers of erased types, closures, and trait objects: what they
/// hold cannot be compared. `fn` pointers that take references (`fn(&World)`) have no implementation
/// either: Rust has no way to write one for all of them.
///
/// ```
/// #[hot::versioned]
/// struct Player {
///     name: String,
///     lives: u32,
/// }
///
/// fn keep<T: hot::Versioned>(_: T) {}
///
/// # fn main() {
/// keep(vec![Player { name: "Ann".to_owned(), lives: 3 }]);
/// # }
/// ```
///
/// # Safety
/// The constants must be true of the type: what they say is all that a reload compares before it
/// lets other code use a value. Leave it to the attribute.
#[diagnostic::on_unimplemented(
    message = "the layout of `{Self}` is not known",
    label = "not `hot::Versioned`",
    note = "if the type is yours, write `#[hot::versioned]` on its definition",
    note = "if it is not, and its layout never changes under a running program, write `#[hot(unsafe(opaque))]` on the field, parameter or static, or `#[hot(unsafe(opaque(Type)))]` on the function"
)]
pub unsafe trait Versioned {
    /// The type's name.
    #[doc(hidden)]
    const REF: &'static TypeRef;

    /// One level of its layout.
    #[doc(hidden)]
    const TABLE: &'static Table;

    /// Where lifetimes are in it, whatever aliases it is spelled with: each as a reference to `()`.
    /// Only types of the language, so that the `TypeId` is one in every crate.
    #[doc(hidden)]
    type Lifetimes;

    /// Adds the table, and what it reaches.
    #[doc(hidden)]
    fn describe(out: &mut Describe) {
        out.table(core::any::type_name::<Self>(), Self::TABLE);
    }
}
