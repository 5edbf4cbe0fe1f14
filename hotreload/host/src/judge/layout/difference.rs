//! What a difference of two types says.

use crate::file::manifest::{Field, TypeName, Variant};
use hot_rt::rt::versioned::TypeKind;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Difference {
    /// Where: `World.entities[].pos.z`.
    pub(crate) path: String,
    pub(crate) change: Change,
    /// None where there was nothing.
    pub(crate) old: Option<Place>,
    /// None where there is nothing any more.
    pub(crate) new: Option<Place>,
    /// The type that has the field or variant, and what that is called in there: tells one
    /// difference that is reached on several ways.
    pub(crate) within: (TypeName, String),
    /// Whether it is of a trait: then it concerns its methods.
    pub(crate) of_trait: bool,
    /// Which of the types that were compared leads there first.
    pub(crate) root: usize,
}

/// What is, or was, at the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    /// In the struct that has the field, where rustc tells it.
    pub(crate) offset: Option<u64>,
    /// None where it is not known before it is loaded.
    pub(crate) size: Option<u64>,
    /// The type; or what else it is that changed: a `repr`, a discriminant, lifetimes.
    pub(crate) what: String,
}

/// What changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Change {
    /// A field, a supertrait or a method's parameter is new.
    Added,
    Removed,
    /// One is gone, another of the same type is at its place.
    Renamed,
    /// The same fields are at other offsets, or in another order.
    Moved,
    /// Another type.
    Retyped,
    /// Another type of the name that an opaque one had.
    Opaque,
    /// The same type and nothing to be seen in it, but another size, alignment or niche.
    Resized,
    VariantAdded,
    VariantRemoved,
    VariantReordered,
    /// A variant's value.
    Discriminant,
    /// A variant's kind of payload; a method's unsafety, ABI or `self`.
    Form,
    /// A struct that is an enum, and the like.
    Kind,
    Repr,
    /// A trait that is `unsafe` to implement, or is not.
    Safety,
    /// The number of parameters or their bounds.
    Generics,
    Lifetimes,
    /// A field that the holder's code may write is private where the holder is to be used.
    Private,
    Invariants,
    /// Whether dropping a value runs code.
    Drop,
    Copy,
    Send,
    Sync,
    Unpin,
}

impl Place {
    /// Of a field.
    pub(crate) fn of(field: &Field) -> Place {
        let what = field.ty.as_ref().map_or_else(|| field.spelling.clone(), ToString::to_string);
        // A generic definition's field has no size yet.
        Place { offset: field.offset, size: field.ty.as_ref().map(|_| field.size), what }
    }

    /// Of a variant or a method.
    pub(crate) fn of_variant(variant: &Variant) -> Place {
        let number = variant.discriminant.map(|number| number.to_string());
        Place { offset: None, size: None, what: number.unwrap_or_else(|| variant.form.clone()) }
    }
}

/// A sort of type, for people.
pub(crate) fn kind(kind: TypeKind) -> &'static str {
    match kind {
        TypeKind::Builtin => "a library's type",
        TypeKind::Opaque => "opaque",
        TypeKind::Unsized => "without a size",
        TypeKind::Struct => "a struct with named fields",
        TypeKind::Tuple => "a tuple struct",
        TypeKind::Unit => "a struct without fields",
        TypeKind::Enum => "an enum",
        TypeKind::Trait => "a trait",
    }
}
