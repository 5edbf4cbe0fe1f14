//! The differences of two versions of a type, with all that it reaches.

use std::collections::{HashMap, HashSet};

use rustc_hash::FxHashSet;

use super::{
    Tables,
    difference::{Change, Difference, Place, bytes, kind},
    path,
};
use crate::{
    host::manifest::{Field, GenericType, Table, TypeName, Variant},
    rt::versioned::{Facts, TypeKind},
};

/// The fields of which two types are.
type Fields<'a> = Option<(&'a Field, &'a Field)>;

/// Compares types as two images have them, with all that they reach. Types that one side does not
/// know are compared by their names and arguments: see [`Tables::is_complete`].
pub(crate) struct Differ<'a> {
    old: &'a Tables,
    new: &'a Tables,
    places: path::Places,
    seen: FxHashSet<u64>,
    roots: usize,
    /// Those of one name that were added.
    added: FxHashSet<u64>,
    todo: Vec<Pair<'a>>,
    /// What is being compared.
    at: (&'a TypeName, bool, usize),
    found: Vec<Difference>,
    unsaid: Vec<Unsaid<'a>>,
}

/// A change of a field whose type has the name that it had: what that type is made of says why.
struct Unsaid<'a> {
    place: usize,
    at: (&'a TypeName, bool, usize),
    change: Change,
    old: &'a Field,
    new: &'a Field,
}

/// Two types that are still to be compared.
#[derive(Clone, Copy)]
struct Pair<'a> {
    place: usize,
    old: &'a TypeName,
    new: &'a TypeName,
    fields: Fields<'a>,
    root: usize,
    /// The type that they were found in.
    within: &'a TypeName,
}

impl<'a> Differ<'a> {
    pub(crate) fn new(old: &'a Tables, new: &'a Tables) -> Self {
        Differ {
            old,
            new,
            places: path::Places::default(),
            seen: FxHashSet::default(),
            roots: 0,
            added: FxHashSet::default(),
            todo: Vec::new(),
            at: (TypeName::nothing(), false, 0),
            found: Vec::new(),
            unsaid: Vec::new(),
        }
    }

    /// Adds a type that was `old` and is `new`.
    pub(crate) fn add(&mut self, old: &'a TypeName, new: &'a TypeName) {
        let root = self.roots;
        self.roots += 1;
        // Many signatures have few types: only the first of a name is compared.
        if old.id == new.id && !self.added.insert(old.id) {
            return;
        }
        let (old, new) = behind_references(old, new);
        let place = self.places.root(old);
        self.todo.push(Pair { place, old, new, fields: None, root, within: old });
    }

    /// Everything that differs, in the order of the distance from the types that were added: each
    /// pair of types at the first place that it has.
    pub(crate) fn finish(mut self) -> Vec<Difference> {
        let mut next = 0;
        while let Some(&pair) = self.todo.get(next) {
            next += 1;
            let Pair { place, old, new, fields, root, within } = pair;
            // Two names are finite: only what has one name can lead back to itself.
            if old.id != new.id {
                self.at = (within, false, root);
                self.names(place, old, new, fields);
            } else if self.seen.insert(old.id) {
                self.at = (old, false, root);
                self.same_name(place, old, new);
            }
        }
        if self.found.is_empty() {
            self.say_the_unsaid();
        }
        self.found
    }

    /// Says what changed in the innermost field, where nothing in its type has said why: what a
    /// generic type promises is only known where it is concrete, in the fields of others, and before
    /// it is loaded so is its size.
    fn say_the_unsaid(&mut self) {
        let Some(last) = self.unsaid.last().map(|unsaid| unsaid.place) else { return };
        let all = std::mem::take(&mut self.unsaid);
        for Unsaid { place, at, change, old, new } in all.into_iter().filter(|it| it.place == last)
        {
            self.at = at;
            match FACTS.iter().find(|fact| fact.1 == change) {
                Some((fact, _, yes, no)) => {
                    let text =
                        |of: &Field| if of.facts.has(*fact) == Some(true) { yes } else { no };
                    self.text(place, change, text(old), text(new));
                }
                None => self.note(place, change, Some(Place::of(old)), Some(Place::of(new))),
            }
        }
    }

    fn note(&mut self, place: usize, change: Change, old: Option<Place>, new: Option<Place>) {
        let path = self.places.path(place);
        let (within, of_trait, root) = self.at;
        let within = (within.clone(), self.places.last(place).to_owned());
        self.found.push(Difference { path, change, old, new, within, of_trait, root });
    }

    fn push(&mut self, place: usize, old: &'a TypeName, new: &'a TypeName, fields: Fields<'a>) {
        let (within, _, root) = self.at;
        self.todo.push(Pair { place, old, new, fields, root, within });
    }

    /// Of something that has no size of its own.
    fn text(&mut self, place: usize, change: Change, old: impl ToString, new: impl ToString) {
        let text = |what: String| Some(Place { offset: None, size: None, what });
        self.note(place, change, text(old.to_string()), text(new.to_string()));
    }

    /// Of two names.
    fn names(&mut self, place: usize, old: &'a TypeName, new: &'a TypeName, fields: Fields<'a>) {
        let same = (&old.package, &old.version, &old.path, old.args.len())
            == (&new.package, &new.version, &new.path, new.args.len());
        let another_value = || {
            let mut args = old.args.iter().zip(&new.args);
            args.any(|(old, new)| old.id != new.id && (old.is_value() || new.is_value()))
        };
        // Of a library's type it is enough to say which argument is another.
        let by_arguments = old.is_library() && !old.is_opaque() && !old.is_handle();
        if same && by_arguments && !another_value() {
            self.arguments(place, old, new);
        } else {
            self.retyped(place, old, new, fields);
        }
    }

    /// Of one name on both sides.
    fn same_name(&mut self, place: usize, old: &'a TypeName, new: &'a TypeName) {
        let (old_table, new_table) = (self.old.table(old), self.new.table(new));
        if let (Some(old), Some(new)) = (old_table, new_table) {
            self.at.1 = old.kind == TypeKind::Trait;
            let before = self.found.len();
            self.tables(place, old, new);
            if self.found.len() == before {
                self.lifetimes(place, old, new);
            }
        } else if let (Some(old), Some(new)) = (self.old.generic(old), self.new.generic(new)) {
            self.generics(place, old, new);
        }
        let library = |table: Option<&Table>| {
            table.is_none_or(|table| matches!(table.kind, TypeKind::Builtin | TypeKind::Unsized))
        };
        if library(old_table) || library(new_table) {
            self.arguments(place, old, new);
        }
        if old.is_handle() {
            let place = self.places.add(place, path::of_argument(old, 0));
            self.promises(place, &old.args[0], &new.args[0]);
        }
    }

    /// Of what two handles hold: their holders know whether it may go to other threads.
    fn promises(&mut self, place: usize, old: &'a TypeName, new: &'a TypeName) {
        self.at.0 = old;
        for (fact, change, yes, no) in FACTS {
            if !matches!(fact, Facts::SEND | Facts::SYNC) {
                continue;
            }
            let has = (self.old.promises(old, fact), self.new.promises(new, fact));
            let (Some(was), Some(now)) = has else { continue };
            if was != now {
                let text = |has| if has { yes } else { no };
                self.text(place, change, text(was), text(now));
            }
        }
    }

    /// Lifetimes that aliases hide.
    fn lifetimes(&mut self, place: usize, old: &Table, new: &Table) {
        let of = |tables: &'a Tables, table: &Table| tables.lifetimes.get(&table.name.id);
        let (Some(old), Some(new)) = (of(self.old, old), of(self.new, new)) else { return };
        for (path, told) in old {
            if new.get(path).is_some_and(|other| other != told) {
                let here = self.places.add(place, path.clone());
                self.text(here, Change::Lifetimes, "what an alias hid", "what it hides now");
            }
        }
    }

    fn arguments(&mut self, place: usize, old: &'a TypeName, new: &'a TypeName) {
        for (index, (old_arg, new_arg)) in old.types().zip(new.types()).enumerate() {
            let place = self.places.add(place, path::of_argument(old, index));
            self.push(place, old_arg, new_arg, None);
        }
    }

    fn retyped(&mut self, place: usize, old: &TypeName, new: &TypeName, fields: Fields<'_>) {
        let resized = old.is_opaque() && new.is_opaque() && old.args[0] == new.args[0];
        let change = if resized { Change::Resized } else { Change::Retyped };
        let (old_name, new_name) = match old.to_string() == new.to_string() {
            // Two packages or two versions of one.
            true => (old.with_version(), new.with_version()),
            false => (old.to_string(), new.to_string()),
        };
        let size = |tables: &Tables, name| tables.table(name).map(|table| table.size);
        let (old, new) = match fields {
            Some((old, new)) => (Place::of(old), Place::of(new)),
            None => {
                let at = |size| Place { offset: None, size, what: String::new() };
                (at(size(self.old, old)), at(size(self.new, new)))
            }
        };
        let (old, new) = (Place { what: old_name, ..old }, Place { what: new_name, ..new });
        self.note(place, change, Some(old), Some(new));
    }

    fn tables(&mut self, place: usize, old: &'a Table, new: &'a Table) {
        if old == new {
            self.types_within(place, old, new);
            return;
        }
        let before = self.found.len();
        if self.heads(
            place,
            (old.kind, &old.repr, &old.generics, old.invariants),
            (new.kind, &new.repr, &new.generics, new.invariants),
        ) {
            return;
        }
        let mut explained = self.all_fields(place, old, new);
        explained.extend(self.follows_from_arguments(old));
        for (fact, change, yes, no) in FACTS {
            self.fact(place, (old, new), (fact, change, yes, no), explained.contains(&change));
        }
        let silent = self.found.len() == before && !explained.contains(&Change::Resized);
        if silent && layout(old) != layout(new) {
            let what = |table: &Table| Place {
                offset: None,
                size: None,
                what: format!(
                    "{}, align {}, as an `Option` {}",
                    bytes(table.size),
                    table.align,
                    bytes(table.option_size)
                ),
            };
            self.note(place, Change::Resized, Some(what(old)), Some(what(new)));
        }
    }

    /// The changes of a library's type that follow from one of its arguments.
    fn follows_from_arguments(&self, table: &Table) -> Vec<Change> {
        let library = matches!(table.kind, TypeKind::Builtin | TypeKind::Unsized);
        let args = table.name.types().filter(|_| library);
        let pairs = args.filter_map(|arg| Some((self.old.table(arg)?, self.new.table(arg)?)));
        let changes = pairs.flat_map(|(old, new)| {
            let resized = (layout(old) != layout(new)).then_some(Change::Resized);
            let dropped = old.facts.has(Facts::NEEDS_DROP) != new.facts.has(Facts::NEEDS_DROP);
            resized.into_iter().chain(dropped.then_some(Change::Drop))
        });
        changes.collect()
    }

    /// Whether it is something else altogether.
    fn heads(
        &mut self,
        place: usize,
        old: (TypeKind, &str, &str, u64),
        new: (TypeKind, &str, &str, u64),
    ) -> bool {
        if old.0 != new.0 {
            self.text(place, Change::Kind, kind(old.0), kind(new.0));
            return true;
        }
        if old.1 != new.1 {
            let repr =
                |repr: &str| if repr.is_empty() { "Rust".to_owned() } else { repr.to_owned() };
            self.text(place, Change::Repr, repr(old.1), repr(new.1));
        }
        if old.2 != new.2 {
            self.text(place, Change::Generics, old.2, new.2);
        }
        if old.3 != new.3 {
            self.text(place, Change::Invariants, old.3, new.3);
        }
        false
    }

    /// Of equal tables: those of the types in them may differ.
    fn types_within(&mut self, place: usize, old: &'a Table, new: &'a Table) {
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
    fn all_fields(&mut self, place: usize, old: &'a Table, new: &'a Table) -> HashSet<Change> {
        let mut explained = self.fields(place, &old.fields, &new.fields);
        explained.extend(self.variants(place, old.kind, &old.variants, &new.variants));
        explained
    }

    fn generics(&mut self, place: usize, old: &'a GenericType, new: &'a GenericType) {
        let head = |of: &'a GenericType| (of.kind, &*of.repr, &*of.generics, of.invariants);
        if old != new && !self.heads(place, head(old), head(new)) {
            self.fields(place, &old.fields, &new.fields);
            self.variants(place, old.kind, &old.variants, &new.variants);
        }
    }

    fn fact(
        &mut self,
        place: usize,
        (old, new): (&Table, &Table),
        (fact, change, yes, no): (u8, Change, &str, &str),
        explained: bool,
    ) {
        if let (Some(was), Some(is)) = (old.facts.has(fact), new.facts.has(fact))
            && was != is
            && !explained
        {
            let text = |has| if has { yes } else { no };
            self.text(place, change, text(was), text(is));
        }
    }

    fn fields(&mut self, place: usize, old: &'a [Field], new: &'a [Field]) -> HashSet<Change> {
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

    fn field(&mut self, here: usize, old: &'a Field, new: &'a Field) {
        if old.lifetimes != new.lifetimes {
            self.text(here, Change::Lifetimes, &old.lifetimes, &new.lifetimes);
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

    fn variants(
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

const FACTS: [(u8, Change, &str, &str); 5] = [
    (Facts::NEEDS_DROP, Change::Drop, "dropped by code", "dropped without code"),
    (Facts::COPY, Change::Copy, "Copy", "not Copy"),
    (Facts::SEND, Change::Send, "Send", "not Send"),
    (Facts::SYNC, Change::Sync, "Sync", "not Sync"),
    (Facts::UNPIN, Change::Unpin, "Unpin", "not Unpin"),
];

/// How a variant or a method is reached.
fn segment(kind: TypeKind, variant: &Variant) -> String {
    let parentheses = if kind == TypeKind::Trait { "()" } else { "" };
    format!("::{}{parentheses}", variant.name)
}

fn layout(table: &Table) -> (u64, u32, u64) {
    (table.size, table.align, table.option_size)
}

/// What changed in a field, so that it need not be said of the whole: it is said in there.
fn follows(old: &Field, new: &Field) -> impl Iterator<Item = Change> {
    let id = |field: &Field| field.ty.as_ref().map(|ty| ty.id);
    let resized = (old.size, old.align, id(old)) != (new.size, new.align, id(new));
    let facts = FACTS.iter().filter(|(fact, ..)| {
        matches!((old.facts.has(*fact), new.facts.has(*fact)), (Some(a), Some(b)) if a != b)
    });
    facts.map(|(_, change, ..)| *change).chain(resized.then_some(Change::Resized))
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

/// The types that references lead to, as long as both are alike.
fn behind_references<'a>(
    mut old: &'a TypeName,
    mut new: &'a TypeName,
) -> (&'a TypeName, &'a TypeName) {
    while let (Some(old_to), Some(new_to)) = (old.refers_to(), new.refers_to())
        && old.path == new.path
    {
        (old, new) = (old_to, new_to);
    }
    (old, new)
}
