//! Types whose layout is known: names, tables, and what they reach.
//!
//! A crate whose types bundles and hosts share, and which exports and calls nothing itself, such as
//! an engine, can do with this crate alone. It takes its place under the same name:
//!
//! ```toml
//! [dependencies]
//! hot = { package = "hotreload-types", path = ".." }
//! ```
//!
//! Then `#[hot::versioned]` on its structs and enums, and [`Versioned`], are what they are in
//! `hotreload`. It has no statics: nothing of a host, of slots or of threads comes with it (a thread's
//! number that is used while a map is built, and says nothing afterwards, is no part of its state). A trait
//! whose objects cross, `hot::Dyn`, needs `hotreload` itself.
//!
//! There are three stages, so that recursive types come to an end. [`Versioned::REF`] is a name and never looks
//! at fields. [`Versioned::TABLE`] is one level: each field's offset and name of its type.
//! [`Versioned::describe`] follows the names, at run time.

mod asked;
mod code;
mod crates;
mod describe;
mod erased;
mod facts;
#[cfg(test)]
mod format;
mod hash;
mod identities;
mod library;
mod lifetimes;
mod moves;
mod opaque;
mod parts;
mod primitives;
mod table;
mod traits;
mod type_ref;
mod writer;

/// Makes a struct's or an enum's layout known, so that a reload can compare it.
///
/// ```
/// #[hot::versioned]
/// #[derive(Default)]
/// pub struct World {
///     pub entities: Vec<Entity>,
///     pub heat: f32,
/// }
///
/// #[hot::versioned]
/// pub enum Entity {
///     Player { name: String },
///     Tree(Box<[Entity]>),
/// }
/// # fn main() {}
/// ```
///
/// A later version of these types, to which the values of a `hot::State` move:
///
/// ```
/// #[hot::versioned]
/// #[derive(Default)]
/// pub struct World {
///     pub entities: Vec<Entity>,
///     #[hot(renamed_from = "heat")]
///     pub warmth: f32,
///     #[hot(default = 60)]
///     pub ticks_in_a_second: u32,
///     #[hot(convert = sum, from("entities", "heat"))]
///     pub score: f32,
/// }
///
/// fn sum(entities: &Vec<Entity>, heat: &f32) -> f32 {
///     entities.len() as f32 * heat
/// }
///
/// #[hot::versioned]
/// pub enum Entity {
///     Bush,
///     #[hot(renamed_from = "Player")]
///     Hero {
///         name: String,
///         #[hot(default = 3)]
///         lives: u8,
///     },
///     Tree(Box<[Entity]>),
/// }
/// # fn main() {
/// # let _ = (Entity::Bush, Entity::Hero { name: String::new(), lives: 1 });
/// # }
/// ```
pub use hotreload_macros::versioned;

/// What generated code calls, at the same paths as in `hotreload`.
#[doc(hidden)]
pub mod rt {
    pub use hotreload_macros::{VersionedFields, versioned_trait};

    /// A hash of the sources of this crate and of the macros.
    pub const SOURCES: u128 = hotreload_macros::sources!();

    pub mod versioned {
        pub use crate::{
            Versioned,
            code::OfStatic,
            describe::{BehindHandle, Clash, Describe, Description},
            erased::{Container, ContainerFunctions, Filled, KindOf, Known},
            facts::{
                Facts, NotCopy, NotSend, NotSync, NotUnpin, Plain, PlainField, Probe,
                without_traits,
            },
            hash::Hasher,
            identities::{IDENTITIES, Identities, Identity},
            lifetimes::{Followed, LIFETIMES, Lifetimes, Told, follow},
            moves::{
                Abilities, Branch, Choice, Compare, Conversion, Converted, DropValue, Form, HELD,
                HashAll, Key, Lacks, Make, Map, Migrate, Moves, MovesOf, Owned, Runs, Said,
                Sequence, Shared, Slice, Unchanged, Whole, behind, conversions, maker,
                no_such_variant, within,
            },
            opaque::{Opaque, OpaqueName},
            parts::{At, Fields, Of, Parts},
            table::{
                Field, GENERIC, Generic, GenericVariant, NO_OFFSET, TYPE, Table, TypeKind, Typed,
                Variant, field,
            },
            traits::VersionedTrait,
            type_ref::{Digits, TypeRef, compatible},
            writer::Writer,
        };
    }
}

#[cfg(feature = "bevy_ecs")]
pub use erased::ResourceOf;
pub use erased::{Erased, ErasedOf, Found, Values};

use describe::Describe;
use facts::Facts;
use moves::{Abilities, Moves, Owned};
use parts::Parts;
use table::Table;
use type_ref::TypeRef;

/// A type whose layout is known, so that it can be compared with another version's.
///
/// Implemented by `#[hot::versioned]`, for the types of the language and
/// most of the standard library's, and by the features that are named after crates (`glam`, `uuid`,
/// `bytes`, `smallvec`, `indexmap`, `hecs`, `bevy_ecs`) for theirs.
///
/// Not for `dyn Any` and other containers of erased types, closures, and trait objects: what they
/// hold cannot be compared. Nor for `fn` pointers, `LazyLock` and `LazyCell`: a panic in them would end
/// the process where another image called them. Of `extern "C"` pointers, which no panic leaves, those
/// that take references have no implementation: Rust has no way to write one for all of them.
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

    /// The generic types that it is made of, which may have other lifetimes in their fields.
    #[doc(hidden)]
    type Parts: Parts;

    /// Its traits, where they follow from those of its arguments: to ask rustc about each field takes long.
    #[doc(hidden)]
    const FACTS: Facts = Facts::UNKNOWN;

    /// Functions of traits that it may lack.
    #[doc(hidden)]
    const ABILITIES: Abilities = Abilities::NONE;

    /// Which sort of type it is to what owns such values by an address.
    #[doc(hidden)]
    type Owned: Owned + ?Sized;

    /// What moves its values to another version of it. A constant in an implementation: what it names is
    /// compiled where a state reaches it, and nowhere else.
    #[doc(hidden)]
    const MOVES: Moves;

    /// The same. Types may contain themselves, but their constants may not.
    #[doc(hidden)]
    fn moves() -> &'static Moves {
        const { &Self::MOVES }
    }

    /// Never called: it compiles if the definition has the fields that `#[hot::versioned]` has read, and no
    /// others. It is written where an attribute that may be a macro has stood beside it.
    #[doc(hidden)]
    fn has_the_fields_that_were_read(_: &mut Self) {}

    /// Adds the table, and what it reaches.
    #[doc(hidden)]
    fn describe(out: &mut Describe) {
        out.table(core::any::type_name::<Self>(), Self::TABLE);
    }
}

/// Puts a record into the manifest's section.
#[cfg(target_vendor = "apple")]
#[doc(hidden)]
#[macro_export]
macro_rules! __manifest_record {
    ($name:ident, $record:expr) => {
        #[used]
        #[unsafe(link_section = "__DATA,__hot")]
        static $name: [u8; $record.size()] = $record.encode();
    };
}

/// Puts a record into the manifest's section.
#[cfg(not(target_vendor = "apple"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __manifest_record {
    ($name:ident, $record:expr) => {
        #[used]
        #[unsafe(link_section = ".hot")]
        static $name: [u8; $record.size()] = $record.encode();
    };
}

/// Puts the record of a concrete type into the manifest's section, as the static `$name`. It may be
/// one of a generic type: here its traits are known.
#[doc(hidden)]
#[macro_export]
macro_rules! __type_record {
    ($name:ident, $ty:ty) => {
        $crate::__manifest_record!(
            $name,
            <$ty as $crate::rt::versioned::Versioned>::TABLE
                .with_facts::<$ty>($crate::__facts!($ty))
        );
    };
}
