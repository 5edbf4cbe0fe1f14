//! The generic types that a type is made of. What lifetimes their fields have may depend on their
//! arguments (`I::Item`, an alias of it), so no record of a definition tells them: each signature and
//! each field of a concrete type follows its own.

use core::marker::PhantomData;

/// The generic types that a type mentions, wherever they are in it: `()`, or [`Of`] one and the rest.
/// Their fields are behind them, not in here: types may contain each other.
pub trait Parts {
    /// These, then the others.
    type And<Others: Parts>: Parts;

    /// Where the fields of the first have lifetimes.
    type Lifetimes;

    /// What the fields of the first are made of.
    type Within: Parts;

    /// All but the first.
    type Rest: Parts;

    /// In place of types that have `Lifetimes` and are made of these: nothing, if these are none.
    type Named<Lifetimes>: Parts;
}

impl Parts for () {
    type And<Others: Parts> = Others;
    type Lifetimes = ();
    type Within = ();
    type Rest = ();
    type Named<Lifetimes> = ();
}

/// A generic type and the rest.
pub struct Of<T, Rest = ()>(PhantomData<(T, Rest)>);

impl<T: Fields, Rest: Parts> Parts for Of<T, Rest> {
    type And<Others: Parts> = Of<T, Rest::And<Others>>;
    type Lifetimes = T::Lifetimes;
    type Within = T::Parts;
    type Rest = Rest;
    type Named<Lifetimes> = Of<Names<Lifetimes, Self>>;
}

/// The types of a signature or a field, by their names.
pub struct Names<Lifetimes, Of>(PhantomData<(Lifetimes, Of)>);

impl<Lifetimes, Of: Parts> Fields for Names<Lifetimes, Of> {
    type Lifetimes = Lifetimes;
    type Parts = Of;
}

/// A generic type, with those of its fields whose types depend on a parameter.
pub trait Fields {
    /// Where they have lifetimes: of each its `Versioned::Lifetimes`.
    type Lifetimes;

    /// What they are made of.
    type Parts: Parts;
}

/// A type for each lifetime: `for<'x> fn(&'x ()) -> PhantomData<_>`, where all of the lifetimes in it
/// that are asked about are `'x`.
pub trait At<'x> {
    /// The type for this one.
    type Parts: Parts;
}

impl<'x, F, P: Parts> At<'x> for F
where
    F: Fn(&'x ()) -> PhantomData<P>,
{
    type Parts = P;
}

/// The parts of several types, which are parameters.
macro_rules! all_parts {
    ($one:ident) => { $one::Parts };
    ($one:ident $($more:ident)+) => {
        <$one::Parts as $crate::parts::Parts>::And<$crate::parts::all_parts!($($more)+)>
    };
}
pub(super) use all_parts;
