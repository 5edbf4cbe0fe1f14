//! Whether the bits of one type's values are those of another's.

use std::ptr;

use hot_rt::rt::versioned::{Choice, Form, Map, Moves, MovesOf};
use rustc_hash::FxHashSet;

use super::{containers::differ, versions::is_version};

/// A record of the old image and one of the new image. Records are in the images for ever; an image may
/// have several of one type, but only so many.
pub(super) type Pair = (*const Moves, *const Moves);

pub(super) fn pair(old: &'static Moves, new: &'static Moves) -> Pair {
    (ptr::from_ref(old), ptr::from_ref(new))
}

/// What was found so far.
///
/// Two types are alike if their tables are (each level says name, size, alignment, the fields with their
/// offsets, the variants in order, and by `TypeId` what opaque fields are of) and if everything that
/// they are made of is alike. That is enough: layouts follow from the tables for structs, since the
/// offsets are there, and for enums and types of libraries since both images were compiled by one
/// compiler against one standard library, which the fingerprint has compared before. A type's name
/// has its package and the names of its arguments; that a name says nothing of fields does not matter,
/// since the fields are followed.
#[derive(Default)]
pub(super) struct Alikes {
    /// Whether the new type may be called otherwise, as what stands for an older version is.
    of_versions: bool,
    alike: FxHashSet<Pair>,
    different: FxHashSet<Pair>,
}

impl Alikes {
    pub(super) fn of_versions() -> Alikes {
        Alikes { of_versions: true, ..Alikes::default() }
    }

    pub(super) fn are_alike(&mut self, old: &'static Moves, new: &'static Moves) -> bool {
        // Types may contain themselves: what is being compared counts as alike. It is, if nothing else
        // differs; and if something does, all of this is different and only that is kept.
        let mut seen = FxHashSet::default();
        let alike = self.compare(old, new, &mut seen);
        if alike {
            self.alike.extend(seen);
        } else {
            self.different.insert(pair(old, new));
        }
        alike
    }

    fn compare(
        &self,
        old: &'static Moves,
        new: &'static Moves,
        seen: &mut FxHashSet<Pair>,
    ) -> bool {
        let pair = pair(old, new);
        if self.alike.contains(&pair) || seen.contains(&pair) {
            return true;
        }
        if self.different.contains(&pair) || !self.is_one_level(old, new) {
            return false;
        }
        seen.insert(pair);
        match (&old.form, &new.form) {
            (Form::Leaf, Form::Leaf)
            | (Form::Fixed(_), Form::Fixed(_))
            | (Form::Opaque, Form::Opaque) => true,
            (Form::Unchanged(old), Form::Unchanged(new)) => {
                self.all(old.within, new.within, seen) && self.all(old.behind, new.behind, seen)
            }
            (Form::Struct { fields: old, .. }, Form::Struct { fields: new, .. }) => {
                self.all(old, new, seen)
            }
            (
                Form::Tuple { fields: old, offsets: from },
                Form::Tuple { fields: new, offsets: to },
            ) => from == to && self.all(old, new, seen),
            (Form::Choice(old), Form::Choice(new)) => self.choices(old, new, seen),
            (Form::Array(old, from), Form::Array(new, to)) => {
                from == to && self.all(&[*old], &[*new], seen)
            }
            (Form::Sequence(old), Form::Sequence(new)) => {
                self.all(&[old.element], &[new.element], seen)
            }
            (Form::Boxed(old), Form::Boxed(new)) => self.all(&[*old], &[*new], seen),
            (Form::Shared(old), Form::Shared(new)) => {
                old.is_weak == new.is_weak && self.all(&[old.element], &[new.element], seen)
            }
            (Form::Map(old), Form::Map(new)) => self.maps(old, new, seen),
            (Form::Container(old), Form::Container(new)) => {
                !differ(old, new) && self.all(&[old.functions.frame], &[new.functions.frame], seen)
            }
            _ => false,
        }
    }

    fn is_one_level(&self, old: &Moves, new: &Moves) -> bool {
        match self.of_versions {
            true => is_version(old, new) && old.table.is_alike_but_for_names(new.table),
            false => old.table.is_alike(new.table),
        }
    }

    fn all(&self, old: &[MovesOf], new: &[MovesOf], seen: &mut FxHashSet<Pair>) -> bool {
        old.len() == new.len()
            && old.iter().zip(new).all(|(old, new)| self.compare(old(), new(), seen))
    }

    fn choices(&self, old: &Choice, new: &Choice, seen: &mut FxHashSet<Pair>) -> bool {
        old.is_cell == new.is_cell
            && old.variants.len() == new.variants.len()
            && old.variants.iter().zip(new.variants).all(|(old, new)| {
                old.name == new.name
                    && old.names == new.names
                    && self.all(old.fields, new.fields, seen)
            })
    }

    fn maps(&self, old: &Map, new: &Map, seen: &mut FxHashSet<Pair>) -> bool {
        let hashers = match (old.hasher, new.hasher) {
            (Some(old), Some(new)) => self.all(&[old], &[new], seen),
            (old, new) => old.is_none() && new.is_none(),
        };
        hashers && self.all(&[old.key, old.value], &[new.key, new.value], seen)
    }
}
