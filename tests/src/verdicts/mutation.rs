//! Edits of a version: some change nothing but the text, the others a layout or a promise.

use super::{
    definition::Version,
    generate::{self, Wish},
    random::Random,
};

/// Two versions, of which the second is an edit of the first.
#[derive(Debug, Clone)]
pub struct Pair {
    /// What was edited.
    pub mutation: Mutation,
    /// Before.
    pub old: Version,
    /// After.
    pub new: Version,
}

impl Pair {
    /// Whether the definition of the generic type was edited.
    pub fn is_of_generic(&self) -> bool {
        let generic = |version: &Version| {
            let found = version.definitions.iter().find(|definition| definition.is_generic());
            found.map(|definition| definition.source(""))
        };
        generic(&self.old) != generic(&self.new)
    }
}

macro_rules! mutations {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A way to edit a version.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mutation { $($(#[$doc])* $name,)* }

        impl Mutation {
            /// All of them.
            pub const ALL: &[Mutation] = &[$(Mutation::$name),*];
        }
    };
}

mutations! {
    /// No edit.
    Nothing,
    /// Doc comments and lints are added.
    Documented,
    /// An alias in place of a field's type. Not of one with a lifetime: which lifetimes an alias
    /// hides no record can tell, so this is refused. Nor in a generic definition, here and below: it
    /// is compared as it is spelled before the library is loaded.
    Aliased,
    /// An alias of one part of a field's type, which has a parameter of its own.
    PartAliased,
    /// Paths are written out.
    PathsWritten,
    /// Imports in another order, one under another name.
    Imported,
    /// A default argument is written out.
    DefaultWritten,
    /// Definitions in another order.
    DefinitionsReordered,
    /// A method is added.
    MethodAdded,
    /// The words of a `repr` in another order.
    ReprReordered,
    /// A name is written raw.
    RawName,
    /// A discriminant is written out that was there already.
    DiscriminantWritten,
    /// A lifetime parameter has another name.
    LifetimeRenamed,
    /// Fields become visible: less visible ones are refused, whatever the layout.
    Shown,
    /// The fields of a struct in another order. Whether they move is rustc's decision.
    FieldsReordered,
    /// The types of two fields change places.
    TypesSwapped,
    /// A field is added.
    FieldAdded,
    /// A field is removed.
    FieldRemoved,
    /// A field has another name.
    FieldRenamed,
    /// A field has another type of the same size.
    Retyped,
    /// A `u32` becomes a `u64` that fills the padding.
    PaddingFilled,
    /// Another `repr`.
    Represented,
    /// A variant is added.
    VariantAdded,
    /// A variant is removed.
    VariantRemoved,
    /// Two variants change places.
    VariantsReordered,
    /// A variant has another name.
    VariantRenamed,
    /// A variant has another value.
    DiscriminantChanged,
    /// A variant's payload is written in another way.
    FormChanged,
    /// A struct's fields have numbers instead of names.
    KindChanged,
    /// The innermost type grows.
    LeafChanged,
    /// `Copy` is no longer derived.
    CopyDropped,
    /// The same of a generic type, and of what holds it.
    CopyDroppedOfGeneric,
    /// An implementation of `Drop` is added. It differs where dropping ran no code before.
    DropAdded,
    /// An implementation of `Send` is removed.
    SendDropped,
    /// An implementation of `Sync` is removed.
    SyncDropped,
    /// An implementation of `Unpin` is removed.
    UnpinDropped,
    /// One of those of a generic type.
    PromiseDroppedOfGeneric,
    /// Another container of the same size.
    ContainerChanged,
    /// Another argument of the generic type.
    ArgumentChanged,
    /// A longer array.
    ArrayLonger,
    /// A tuple in another order.
    TupleReordered,
    /// Another type that is only mentioned.
    PhantomChanged,
    /// Another hasher.
    HasherChanged,
    /// The same size, without a niche.
    NicheLost,
    /// A reference that is mutable.
    ReferenceMutable,
    /// Another result of a function pointer.
    ResultChanged,
    /// A function pointer that is unsafe to call.
    UnsafeAdded,
}

impl Mutation {
    /// What the edit means, for a check of the oracle; none where rustc decides.
    pub fn is_spelling(self) -> Option<bool> {
        let open = matches!(self, Mutation::FieldsReordered | Mutation::DropAdded);
        (!open).then_some(self < Mutation::FieldsReordered)
    }

    /// A random version with this edit.
    ///
    /// # Panics
    /// If no random version can be edited so.
    pub fn pair(self, random: &mut Random) -> Pair {
        for _ in 0..1000 {
            let wish = self.wish(random);
            let mut old = generate::version(random, wish);
            if let Some(new) = self.apply(random, &mut old) {
                return Pair { mutation: self, old, new };
            }
        }
        panic!("no version can be edited by {self:?}");
    }

    fn wish(self, random: &mut Random) -> Wish {
        use Mutation::*;
        let copy = match self {
            CopyDropped | CopyDroppedOfGeneric => true,
            DefaultWritten | DropAdded | ContainerChanged | HasherChanged | ReferenceMutable => {
                false
            }
            _ => random.one_in(3),
        };
        // What a generic type promises is only recorded by the fields of concrete types.
        let hidden = matches!(self, CopyDroppedOfGeneric | PromiseDroppedOfGeneric);
        Wish { copy, generic: hidden || self == ArgumentChanged, transparent: hidden }
    }
}
