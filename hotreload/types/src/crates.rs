//! Types of well-known crates, each behind the feature of its name.
//!
//! A crate's own features may change the layout of its types, and no name says so: the tables have
//! the sizes, and a type whose inside differs at the same size is what `hot` trusts the crate not to
//! have. Versions are those that Cargo.toml asks for, as far as cargo keeps them apart.

#[cfg(feature = "indexmap")]
use super::moves::Unchanged;
#[cfg(feature = "smallvec")]
use super::moves::within;
#[cfg(any(
    feature = "bevy_ecs",
    feature = "bytes",
    feature = "glam",
    feature = "hecs",
    feature = "indexmap",
    feature = "smallvec",
    feature = "uuid"
))]
use super::{
    Table, TypeRef, Versioned,
    moves::{Form, Moves, Whole},
};
#[cfg(any(
    feature = "bevy_ecs",
    feature = "bytes",
    feature = "glam",
    feature = "hecs",
    feature = "uuid"
))]
use super::{
    facts::without_traits::*,
    moves::{Abilities, all_abilities},
};

/// Types without arguments.
#[allow(unused_macros, reason = "some of the features need no type of this form")]
macro_rules! plain {
    ($package:literal $version:literal: $($path:literal $ty:ty,)*) => {$(
        // SAFETY: the name says which package and version defines the type, and the table has the
        // size and alignment that the compiler gives.
        unsafe impl Versioned for $ty {
            const REF: &'static TypeRef = &TypeRef::new($package, $version, $path, &[]);
            const TABLE: &'static Table = &Table::builtin::<$ty>(&[]);
            const ABILITIES: Abilities = all_abilities!(Self);
            type Lifetimes = ();
            type Parts = ();
            type Owned = Whole<Self>;

            const MOVES: Moves = Moves::of::<Self>(Form::Leaf);
        }
    )*};
}

#[cfg(feature = "glam")]
plain! { "glam" "0.34":
    "glam::Vec2" glam::Vec2,
    "glam::Vec3" glam::Vec3,
    "glam::Vec3A" glam::Vec3A,
    "glam::Vec4" glam::Vec4,
    "glam::Quat" glam::Quat,
    "glam::Mat2" glam::Mat2,
    "glam::Mat3" glam::Mat3,
    "glam::Mat3A" glam::Mat3A,
    "glam::Mat4" glam::Mat4,
    "glam::Affine2" glam::Affine2,
    "glam::Affine3A" glam::Affine3A,
    "glam::DVec2" glam::DVec2,
    "glam::DVec3" glam::DVec3,
    "glam::DVec4" glam::DVec4,
    "glam::DQuat" glam::DQuat,
    "glam::DMat2" glam::DMat2,
    "glam::DMat3" glam::DMat3,
    "glam::DMat4" glam::DMat4,
    "glam::DAffine2" glam::DAffine2,
    "glam::DAffine3" glam::DAffine3,
    "glam::IVec2" glam::IVec2,
    "glam::IVec3" glam::IVec3,
    "glam::IVec4" glam::IVec4,
    "glam::UVec2" glam::UVec2,
    "glam::UVec3" glam::UVec3,
    "glam::UVec4" glam::UVec4,
    "glam::BVec2" glam::BVec2,
    "glam::BVec3" glam::BVec3,
    "glam::BVec4" glam::BVec4,
}

#[cfg(feature = "uuid")]
plain! { "uuid" "1":
    "uuid::Uuid" uuid::Uuid,
}

// Their vtables are functions of the image that made them; images stay mapped. None of them runs an
// author's code but that of `Bytes::from_owner`, which drops the owner: where another image drops the
// last of the bytes, a panic in that `Drop` ends the process.
#[cfg(feature = "bytes")]
plain! { "bytes" "1":
    "bytes::Bytes" bytes::Bytes,
    "bytes::BytesMut" bytes::BytesMut,
}

// What worlds of `bevy_ecs` have that is no author's. The name may borrow a text of the code that made it.
#[cfg(feature = "bevy_ecs")]
plain! { "bevy_ecs" "0.18":
    "bevy_ecs::entity::Entity" bevy_ecs::entity::Entity,
    "bevy_ecs::hierarchy::ChildOf" bevy_ecs::hierarchy::ChildOf,
    "bevy_ecs::hierarchy::Children" bevy_ecs::hierarchy::Children,
    "bevy_ecs::name::Name" bevy_ecs::name::Name,
    "bevy_ecs::entity_disabling::Disabled" bevy_ecs::entity_disabling::Disabled,
}

// Not `hecs::World`: it holds values of erased types.
#[cfg(feature = "hecs")]
plain! { "hecs" "0.11":
    "hecs::Entity" hecs::Entity,
}

// SAFETY: as above; the inline capacity is in the argument, which is an array, and whether the layout
// is that of the crate's feature `union` is an argument too.
#[cfg(feature = "smallvec")]
unsafe impl<A> Versioned for smallvec::SmallVec<A>
where
    A: smallvec::Array<Item: Versioned> + Versioned,
{
    const REF: &'static TypeRef = &TypeRef::new(
        "smallvec",
        "1",
        "smallvec::SmallVec",
        const { &[A::REF, &TypeRef::of_language(if SMALLVEC_UNION { "true" } else { "false" }, &[])] },
    );
    const TABLE: &'static Table = &Table::builtin::<Self>(const { &[A::describe] });
    type Lifetimes = A::Lifetimes;
    type Parts = A::Parts;
    type Owned = Whole<Self>;

    const MOVES: Moves = Moves::of::<Self>(within("a `SmallVec`", const { &[A::moves] }));
}

/// Without the feature `union` there is a word more where the inline items fill the space that a
/// pointer and a length would take.
#[cfg(feature = "smallvec")]
const SMALLVEC_UNION: bool = size_of::<smallvec::SmallVec<[usize; 2]>>() == 3 * size_of::<usize>();

// SAFETY: as above; key, value and hasher are arguments.
#[cfg(feature = "indexmap")]
unsafe impl<K: Versioned, V: Versioned, S: Versioned> Versioned for indexmap::IndexMap<K, V, S> {
    const REF: &'static TypeRef =
        &TypeRef::new("indexmap", "2", "indexmap::IndexMap", const { &[K::REF, V::REF, S::REF] });
    const TABLE: &'static Table =
        &Table::builtin::<Self>(const { &[K::describe, V::describe, S::describe] });
    type Lifetimes = (K::Lifetimes, V::Lifetimes, S::Lifetimes);
    type Parts = crate::parts::all_parts!(K V S);
    type Owned = Whole<Self>;

    const MOVES: Moves = Moves::of::<Self>(Form::Unchanged(Unchanged {
        what: "an `IndexMap`",
        within: const { &[S::moves] },
        behind: const { &[K::moves, V::moves] },
    }));
}

// SAFETY: as above; value and hasher are arguments.
#[cfg(feature = "indexmap")]
unsafe impl<T: Versioned, S: Versioned> Versioned for indexmap::IndexSet<T, S> {
    const REF: &'static TypeRef =
        &TypeRef::new("indexmap", "2", "indexmap::IndexSet", const { &[T::REF, S::REF] });
    const TABLE: &'static Table = &Table::builtin::<Self>(const { &[T::describe, S::describe] });
    type Lifetimes = (T::Lifetimes, S::Lifetimes);
    type Parts = crate::parts::all_parts!(T S);
    type Owned = Whole<Self>;

    const MOVES: Moves = Moves::of::<Self>(Form::Unchanged(Unchanged {
        what: "an `IndexSet`",
        within: const { &[S::moves] },
        behind: const { &[T::moves] },
    }));
}

#[cfg(test)]
mod tests {
    #[test]
    fn versions_are_those_that_cargo_gives() {
        let (cargo, own) = (include_str!("../Cargo.toml"), include_str!("crates.rs"));
        let mut found = 0;
        for (name, version) in [
            ("bevy_ecs", "0.18"),
            ("bytes", "1"),
            ("glam", "0.34"),
            ("hecs", "0.11"),
            ("indexmap", "2"),
            ("smallvec", "1"),
            ("uuid", "1"),
        ] {
            let start = format!("{name} = {{ version = \"");
            let line = cargo.lines().find_map(|line| line.strip_prefix(&start)).expect(name);
            let required: &'static str = line.split('"').next().unwrap();
            assert_eq!(crate::type_ref::compatible(required), version, "{name}");
            let spaces: String = own.split_whitespace().collect::<Vec<_>>().join(" ");
            let names = [
                format!("\"{name}\" \"{version}\":"),
                format!("\"{name}\", \"{version}\", \"{name}::"),
            ];
            found += usize::from(names.iter().any(|name| spaces.contains(name)));
        }
        assert_eq!(found, 7);
    }

    #[test]
    #[cfg(all(feature = "smallvec", feature = "indexmap", feature = "glam"))]
    fn arguments_and_capacity_count() {
        use super::*;
        use smallvec::SmallVec;
        assert_eq!(<SmallVec<[u8; 4]>>::REF.path, "smallvec::SmallVec");
        assert_ne!(<SmallVec<[u8; 4]>>::REF.id(), <SmallVec<[u8; 5]>>::REF.id());
        assert_ne!(
            <indexmap::IndexMap<u8, u16, ()>>::REF.id(),
            <indexmap::IndexMap<u8, u8, ()>>::REF.id()
        );
        assert_ne!(glam::Vec3::REF.id(), glam::Vec3A::REF.id());
    }
}
