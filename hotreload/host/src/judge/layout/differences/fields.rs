//! The fields and variants of two versions of a type.

use std::collections::{HashMap, HashSet};

use super::{Differ, FACTS, Unsaid, layout, segment};
use crate::file::manifest::{Field, Table, Variant};
use crate::judge::layout::difference::{Change, Place};
use hot_rt::rt::versioned::{Facts, TypeKind};

impl<'a> Differ<'a> {
    /// Of equal tables: those of the types in them may differ.
    pub(super) fn types_within(&mut self, place: usize, old: &'a Table, new: &'a Table) {
        self.types_of(place, &old.fields, &new.fields);
        for (old_variant, new_variant) in old.variants.iter().zip(&new.variants) {
            let place = self.places.add(place, segment(old.kind, old_variant));
            self.types_of(place, &old_variant.fields, &new_variant.fields);
        }
    }

    fn types_of(&mut self, place: usize, old: &'a [Field], new: &'a [Field]) {
        for (old, new) in old.iter().zip(new) {
            if let (Some(old_type), Some(new_type)) = (&old.ty, &new.ty) {
                let here = self.places.add(place, format!(".{}", label(old)));
                self.push(here, old_type, new_type, Some((old, new)));
            }
        }
    }

    /// Compares the fields and variants. Gives the changes of the whole that follow from a field's.
    pub(super) fn all_fields(
        &mut self,
        place: usize,
        old: &'a Table,
        new: &'a Table,
    ) -> HashSet<Change> {
        let mut explained = self.fields(place, &old.fields, &new.fields);
        explained.extend(self.variants(place, old.kind, &old.variants, &new.variants));
        explained
    }

    pub(super) fn fields(
        &mut self,
        place: usize,
        old: &'a [Field],
        new: &'a [Field],
    ) -> HashSet<Change> {
        let mut explained = HashSet::new();
        let before = self.found.len();
        let by_name = |fields: &'a [Field]| -> HashMap<(&'a str, String), (usize, &'a Field)> {
            fields.iter().enumerate().map(|(index, field)| (key(field), (index, field))).collect()
        };
        let (old_names, new_names) = (by_name(old), by_name(new));
        let mut added: Vec<_> = new
            .iter()
            .enumerate()
            .filter(|(_, field)| !old_names.contains_key(&key(field)))
            .collect();
        let mut moved = Vec::new();
        for (index, field) in old.iter().enumerate() {
            let here = self.places.add(place, format!(".{}", label(field)));
            let Some((new_index, other)) = new_names.get(&key(field)) else {
                let renamed = added.iter().position(|(at, other)| {
                    same_place(field, other) && (field.offset.is_some() || *at == index)
                });
                if let Some(position) = renamed {
                    let (_, other) = added.remove(position);
                    let named = |field| Place { what: label(field), ..Place::of(field) };
                    self.note(here, Change::Renamed, Some(named(field)), Some(named(other)));
                } else {
                    self.note(here, Change::Removed, Some(Place::of(field)), None);
                    explained.extend(brings_drop(field));
                }
                continue;
            };
            if field.offset != other.offset || field.offset.is_none() && index != *new_index {
                moved.push((here, field, *other));
            }
            self.field(here, field, other);
            explained.extend(follows(field, other));
            explained.extend(self.promised(field, other));
            explained.extend(self.resized(field, other));
        }
        for (_, field) in added {
            let here = self.places.add(place, format!(".{}", label(field)));
            self.note(here, Change::Added, None, Some(Place::of(field)));
            explained.extend(brings_drop(field));
        }
        // Otherwise they moved because of what has been said.
        if self.found.len() == before && !explained.contains(&Change::Resized) {
            for (here, old, new) in moved {
                self.note(here, Change::Moved, Some(Place::of(old)), Some(Place::of(new)));
            }
        }
        explained
    }

    /// What is said of a field's type: another alignment, another niche.
    fn resized(&self, old: &Field, new: &Field) -> Option<Change> {
        let (old, new) = (old.ty.as_ref()?, new.ty.as_ref()?);
        let (old, new) = (self.old.table(old)?, self.new.table(new)?);
        (layout(old) != layout(new)).then_some(Change::Resized)
    }

    /// What is said of the types in a field of a generic type, of which the field itself knows nothing.
    fn promised(&self, old: &Field, new: &Field) -> Vec<Change> {
        let mut todo: Vec<_> = old.ty.as_deref().into_iter().zip(new.ty.as_deref()).collect();
        if old.facts.has(Facts::COPY).is_some() {
            todo.clear();
        }
        let mut found = Vec::new();
        while let Some((old, new)) = todo.pop() {
            let tables = (self.old.table(old), self.new.table(new));
            let (Some(old_table), Some(new_table)) = tables else { continue };
            found.extend(changed(old_table.facts, new_table.facts));
            if old_table.is_library() && old.path == new.path {
                todo.extend(old.types().zip(new.types()));
            }
        }
        found
    }

    fn field(&mut self, here: usize, old: &'a Field, new: &'a Field) {
        if old.lifetimes != new.lifetimes {
            let text = |of: &'a Field| {
                if of.lifetimes.is_empty() { "none but 'static" } else { &*of.lifetimes }
            };
            self.text(here, Change::Lifetimes, text(old), text(new));
        }
        let (held, used) = if self.newer_holds { (new, old) } else { (old, new) };
        if held.is_public && !used.is_public {
            let text = |field: &Field| if field.is_public { "public" } else { "private" };
            self.text(here, Change::Private, text(old), text(new));
        }
        match (&old.ty, &new.ty) {
            (Some(old_type), Some(new_type)) => {
                if old_type.id == new_type.id {
                    let (place, at) = (here, self.at);
                    let unsaid = |change| Unsaid { place, at, change, old, new };
                    self.unsaid.extend(follows(old, new).map(unsaid));
                }
                self.push(here, old_type, new_type, Some((old, new)));
            }
            _ if old.spelling != new.spelling => {
                let place = |field| Some(Place::of(field));
                self.note(here, Change::Retyped, place(old), place(new));
            }
            _ => {}
        }
    }

    pub(super) fn variants(
        &mut self,
        place: usize,
        kind: TypeKind,
        old: &'a [Variant],
        new: &'a [Variant],
    ) -> HashSet<Change> {
        let mut explained = HashSet::new();
        let names = |all: &'a [Variant]| -> HashMap<&'a str, (usize, &'a Variant)> {
            all.iter().enumerate().map(|(index, one)| (&*one.name, (index, one))).collect()
        };
        let (old_names, new_names) = (names(old), names(new));
        // Of those that both have.
        let mut order = 0;
        for variant in old {
            let here = self.places.add(place, segment(kind, variant));
            let Some((index, other)) = new_names.get(&*variant.name) else {
                self.note(here, Change::VariantRemoved, Some(Place::of_variant(variant)), None);
                explained.extend(variant.fields.iter().filter_map(brings_drop));
                continue;
            };
            if *index < order {
                self.text(here, Change::VariantReordered, old_names[&*variant.name].0, index);
            }
            order = order.max(*index);
            if variant.discriminant != other.discriminant {
                let number = |number: Option<i128>| {
                    number.map_or_else(|| "not promised".to_owned(), |number| number.to_string())
                };
                let numbers = (number(variant.discriminant), number(other.discriminant));
                self.text(here, Change::Discriminant, numbers.0, numbers.1);
            }
            if variant.form != other.form {
                self.text(here, Change::Form, &variant.form, &other.form);
            }
            explained.extend(self.fields(here, &variant.fields, &other.fields));
        }
        for variant in new.iter().filter(|variant| !old_names.contains_key(&*variant.name)) {
            let here = self.places.add(place, segment(kind, variant));
            self.note(here, Change::VariantAdded, None, Some(Place::of_variant(variant)));
            explained.extend(variant.fields.iter().filter_map(brings_drop));
        }
        explained
    }
}

/// What changed in a field, so that it need not be said of the whole: it is said in there.
fn follows(old: &Field, new: &Field) -> impl Iterator<Item = Change> {
    let id = |field: &Field| field.ty.as_ref().map(|ty| ty.id);
    let resized = (old.size, old.align, id(old)) != (new.size, new.align, id(new));
    changed(old.facts, new.facts).chain(resized.then_some(Change::Resized))
}

/// The changes of what is known on both sides.
fn changed(old: Facts, new: Facts) -> impl Iterator<Item = Change> {
    let facts = FACTS.iter().filter(
        move |(fact, ..)| matches!((old.has(*fact), new.has(*fact)), (Some(a), Some(b)) if a != b),
    );
    facts.map(|(_, change, ..)| *change)
}

/// Dropping the whole runs code if dropping a field does.
fn brings_drop(field: &Field) -> Option<Change> {
    field.facts.has(Facts::NEEDS_DROP)?.then_some(Change::Drop)
}

/// What tells a field from the others; supertraits have no names.
fn key(field: &Field) -> (&str, String) {
    (&field.name, if field.name.is_empty() { label(field) } else { String::new() })
}

fn label(field: &Field) -> String {
    match &field.ty {
        Some(ty) if field.name.is_empty() => ty.to_string(),
        _ => field.name.clone(),
    }
}

fn same_place(old: &Field, new: &Field) -> bool {
    let what = |field: &Field| {
        let ty = field.ty.as_ref().map(|ty| ty.id);
        (field.offset, field.size, ty, field.spelling.clone())
    };
    what(old) == what(new) && !old.name.is_empty()
}
