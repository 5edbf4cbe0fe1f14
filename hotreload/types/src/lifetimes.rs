//! Where fields and methods have lifetimes, whatever aliases hide them. Only `TypeId`s tell, which
//! are no constants: an image describes it, a manifest has none of it.

use core::{any::TypeId, fmt, marker::PhantomData};
use std::collections::{HashSet, VecDeque};

use crate::{
    TypeRef,
    hash::Hasher,
    parts::{At, Parts},
    writer::Writer,
};

/// The tag of the record of a type's [`Lifetimes`].
pub const LIFETIMES: u8 = 6;

/// Of a field or a method: how the path to it goes on (`.name`, `::Variant.name`, `::method()`), and what
/// tells the lifetimes of the types in it.
pub type Lifetimes = (&'static str, fn() -> Told);

/// What tells the lifetimes of types: the same in every crate, as long as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told(u128);

impl Told {
    /// Where there are none but `'static`.
    pub const NONE: Told = Told(0);

    /// `names` is the type of a function over `Versioned::Lifetimes` of the types. It says nothing of
    /// fields; those of generic types are found by [`follow`], for each lifetime from one of the `roots`.
    pub fn of(names: TypeId, roots: &[fn(&mut Followed)]) -> Told {
        let mut found: Vec<_> = roots.iter().filter_map(|root| Followed::from(*root)).collect();
        // A root is told by where its lifetime is, not by what that is called.
        found.sort_unstable();
        let mut told = Hasher::new();
        tell(names, &mut told);
        found.into_iter().for_each(|one| told.u128(one));
        Told(told.digest())
    }
}

fn tell(id: TypeId, told: &mut Hasher) {
    // The language does not say what is in a `TypeId`, and it has no other form.
    told.text(&format!("{id:?}"));
}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

/// The generic types that were found, and those still to be looked at. A list, as in
/// [`Describe`](crate::Describe), which comes to an end where types contain each other: what is
/// looked at is a type with its lifetimes, and of these there are as many as the program names.
pub struct Followed {
    seen: HashSet<TypeId>,
    told: Hasher,
    todo: VecDeque<fn(&mut Followed)>,
    has_lifetime: bool,
}

impl Followed {
    /// What is told from a root; nothing if the lifetime is nowhere in its types.
    fn from(root: fn(&mut Followed)) -> Option<u128> {
        let mut followed = Followed {
            seen: HashSet::new(),
            told: Hasher::new(),
            todo: VecDeque::new(),
            has_lifetime: false,
        };
        root(&mut followed);
        if !followed.has_lifetime {
            return None;
        }
        while let Some(next) = followed.todo.pop_front() {
            next(&mut followed);
        }
        Some(followed.told.digest())
    }

    fn step(
        &mut self,
        at: TypeId,
        [lifetimes, without]: [TypeId; 2],
        next: [fn(&mut Followed); 2],
    ) {
        if self.seen.insert(at) {
            tell(lifetimes, &mut self.told);
            self.has_lifetime |= lifetimes != without;
            self.todo.extend(next);
        }
    }
}

/// Tells the lifetimes in the fields of generic types, and of those that these have in their fields.
/// `H` has one lifetime in place of the one that is asked about, and `'static` in place of all others:
/// so for each place in a field it is told whether that lifetime is there.
pub fn follow<H: 'static + for<'x> At<'x>>(followed: &mut Followed) {
    followed.step(
        TypeId::of::<H>(),
        [
            TypeId::of::<for<'x> fn(&'x (), <<H as At<'x>>::Parts as Parts>::Lifetimes)>(),
            TypeId::of::<for<'x> fn(&'x (), <<H as At<'static>>::Parts as Parts>::Lifetimes)>(),
        ],
        [
            follow::<for<'x> fn(&'x ()) -> PhantomData<<<H as At<'x>>::Parts as Parts>::Within>>,
            follow::<for<'x> fn(&'x ()) -> PhantomData<<<H as At<'x>>::Parts as Parts>::Rest>>,
        ],
    );
}

/// The record of a type's lifetimes; nothing if it has none.
pub(super) fn record(ty: &TypeRef, lifetimes: &[Lifetimes]) -> Vec<u8> {
    if lifetimes.is_empty() {
        return Vec::new();
    }
    let told: Vec<_> = lifetimes.iter().map(|(of, told)| (*of, told().to_string())).collect();
    let texts = told.iter().map(|(of, told)| 8 + of.len() + told.len()).sum::<usize>();
    let length = 16 + 4 + texts;
    let mut bytes = vec![0; 5 + length];
    let mut out = Writer::into(&mut bytes);
    out.u8(LIFETIMES);
    out.u32(length as u32);
    out.u128(ty.id());
    out.u32(told.len() as u32);
    for (of, told) in &told {
        out.text(of);
        out.text(told);
    }
    bytes
}
