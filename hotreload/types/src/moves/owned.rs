//! What owns a value by an address: `Box`, `Rc`, `Arc`, `Weak`. Their implementations are for types of every
//! sort, those without a size too, and what moves them depends on which sort it is: so the type says that,
//! by its [`Versioned::Owned`].

use std::{
    ffi::{CStr, OsStr},
    hash::Hash,
    marker::PhantomData,
    path::Path,
    rc::{self, Rc},
    sync::{self, Arc},
};

use super::{
    Abilities, Composed, Form, Moves, Seeing, Seen, all_abilities, behind, composed_default,
    default, sequences, shared,
};
use crate::{Versioned, facts::without_traits::*};

/// How what owns such a value moves.
pub trait Owned {
    /// What a `Box` can.
    const BOXED: Abilities;
    /// What an `Rc` can.
    const RC: Abilities;
    /// What an `Arc` can.
    const ARC: Abilities;

    /// A `Box`.
    const BOX_MOVES: Moves;
    /// An `Rc`.
    const RC_MOVES: Moves;
    /// An `Arc`.
    const ARC_MOVES: Moves;
    /// An `rc::Weak`.
    const RC_WEAK_MOVES: Moves;
    /// A `sync::Weak`.
    const ARC_WEAK_MOVES: Moves;
}

/// A type with a size.
pub struct Whole<T>(PhantomData<T>);

/// `[T]`.
pub struct Slice<T>(PhantomData<T>);

impl<T: Versioned> Owned for Whole<T> {
    const BOXED: Abilities = Abilities {
        default: composed_default(T::ABILITIES.default.is_some(), || Box::new(default::<T>())),
        key: Composed::<Box<T>>::key(T::ABILITIES.key.is_some()),
        compare: Composed::<Box<T>>::compare(T::ABILITIES.compare.is_some()),
        ..all_abilities!(Box<T>)
    };
    const RC: Abilities = Abilities {
        default: composed_default(T::ABILITIES.default.is_some(), || Rc::new(default::<T>())),
        key: Composed::<Rc<T>>::key(T::ABILITIES.key.is_some()),
        compare: Composed::<Rc<T>>::compare(T::ABILITIES.compare.is_some()),
        ..all_abilities!(Rc<T>)
    };
    const ARC: Abilities = Abilities {
        default: composed_default(T::ABILITIES.default.is_some(), || Arc::new(default::<T>())),
        key: Composed::<Arc<T>>::key(T::ABILITIES.key.is_some()),
        compare: Composed::<Arc<T>>::compare(T::ABILITIES.compare.is_some()),
        ..all_abilities!(Arc<T>)
    };

    const BOX_MOVES: Moves = Moves::of::<Box<T>>(Form::Boxed(T::moves));

    const RC_MOVES: Moves = Moves::of::<Rc<T>>(Form::Shared(shared::rc::<T>()));

    const ARC_MOVES: Moves = Moves::of::<Arc<T>>(Form::Shared(shared::arc::<T>()));

    const RC_WEAK_MOVES: Moves = Moves::of::<rc::Weak<T>>(Form::Shared(shared::rc_weak::<T>()));

    const ARC_WEAK_MOVES: Moves = Moves::of::<sync::Weak<T>>(Form::Shared(shared::arc_weak::<T>()));
}

/// What is shared and has no size could be made anew by nothing that the standard library offers.
const fn shared_slice<T: Versioned>(what: &'static str) -> Form {
    behind(what, const { &[T::moves] })
}

impl<T: Versioned> Owned for Slice<T> {
    const BOXED: Abilities = Abilities {
        key: Composed::<Box<[T]>>::key(T::ABILITIES.key.is_some()),
        compare: Composed::<Box<[T]>>::compare(T::ABILITIES.compare.is_some()),
        ..all_abilities!(Box<[T]>)
    };
    const RC: Abilities = Abilities {
        key: Composed::<Rc<[T]>>::key(T::ABILITIES.key.is_some()),
        compare: Composed::<Rc<[T]>>::compare(T::ABILITIES.compare.is_some()),
        ..all_abilities!(Rc<[T]>)
    };
    const ARC: Abilities = Abilities {
        key: Composed::<Arc<[T]>>::key(T::ABILITIES.key.is_some()),
        compare: Composed::<Arc<[T]>>::compare(T::ABILITIES.compare.is_some()),
        ..all_abilities!(Arc<[T]>)
    };

    const BOX_MOVES: Moves = Moves::of::<Box<[T]>>(Form::Sequence(sequences::boxed::<T>()));

    const RC_MOVES: Moves = Moves::of::<Rc<[T]>>(shared_slice::<T>("an `Rc` of a slice"));

    const ARC_MOVES: Moves = Moves::of::<Arc<[T]>>(shared_slice::<T>("an `Arc` of a slice"));

    const RC_WEAK_MOVES: Moves =
        Moves::of::<rc::Weak<[T]>>(shared_slice::<T>("a `Weak` of a slice"));

    const ARC_WEAK_MOVES: Moves =
        Moves::of::<sync::Weak<[T]>>(shared_slice::<T>("a `Weak` of a slice"));
}

/// Bytes, in which nothing can change: such a type is its own [`Versioned::Owned`].
macro_rules! bytes {
    ($($ty:ty)*) => {$(
        impl Owned for $ty {
            const BOXED: Abilities = all_abilities!(Box<$ty>);
            const RC: Abilities = all_abilities!(Rc<$ty>);
            const ARC: Abilities = all_abilities!(Arc<$ty>);

            const BOX_MOVES: Moves = Moves::of::<Box<$ty>>(Form::Leaf);

            const RC_MOVES: Moves = Moves::of::<Rc<$ty>>(Form::Leaf);

            const ARC_MOVES: Moves = Moves::of::<Arc<$ty>>(Form::Leaf);

            const RC_WEAK_MOVES: Moves = Moves::of::<rc::Weak<$ty>>(Form::Leaf);

            const ARC_WEAK_MOVES: Moves = Moves::of::<sync::Weak<$ty>>(Form::Leaf);
        }
    )*};
}

bytes! { str OsStr CStr Path }

macro_rules! seeing {
    ($($pointer:ident)*) => {$(
        impl<T: Versioned> Seeing for $pointer<T> {
            fn seen(&self) -> impl Hash + Ord {
                Seen::of(&**self)
            }
        }

        impl<T: Versioned> Seeing for $pointer<[T]> {
            fn seen(&self) -> impl Hash + Ord {
                Seen::all(self)
            }
        }
    )*};
}

seeing! { Box Rc Arc }
