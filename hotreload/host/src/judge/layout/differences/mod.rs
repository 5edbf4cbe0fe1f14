//! The differences of two versions of a type, with all that it reaches.

mod fields;

use rustc_hash::FxHashSet;

use crate::file::Tables;
use crate::file::manifest::{Field, GenericType, Table, TypeName, Variant};
use crate::judge::layout::difference::{Change, Difference, Place, kind};
use crate::judge::layout::path;
use crate::said::bytes;
use hot_rt::rt::versioned::{Facts, TypeKind};

/// The fields of which two types are.
type Fields<'a> = Option<(&'a Field, &'a Field)>;

/// Compares types as two images have them, with all that they reach. Types that one side does not
/// know are compared by their names and arguments: see [`Tables::is_complete`].
pub(crate) struct Differ<'a> {
    old: &'a Tables,
    new: &'a Tables,
    /// Whose code or value it is: the one with the newer types, which is being loaded, or the older.
    newer_holds: bool,
    places: path::Places,
    seen: FxHashSet<u128>,
    roots: usize,
    /// Those of one name that were added.
    added: FxHashSet<u128>,
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
            newer_holds: false,
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

    /// Compares for a holder that has the newer types, and would use the older ones.
    pub(crate) fn for_newer(self) -> Self {
        Differ { newer_holds: true, ..self }
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
                self.identities(place, old, new);
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
        let of = |tables: &'a Tables, table: &Table| tables.lifetimes(table);
        let (Some(old), Some(new)) = (of(self.old, old), of(self.new, new)) else { return };
        for (path, told) in old {
            if new.get(path).is_some_and(|other| other != told) {
                let here = self.places.add(place, path.clone());
                self.text(here, Change::Lifetimes, "what an alias hid", "what it hides now");
            }
        }
    }

    /// Opaque fields of one name.
    fn identities(&mut self, place: usize, old: &Table, new: &Table) {
        let (old, new) = (self.old.identities(&old.name), self.new.identities(&new.name));
        let (Some(old), Some(new)) = (old, new) else { return };
        for path in old.differ(new) {
            let here = self.places.add(place, path.to_owned());
            self.text(here, Change::Opaque, "one opaque type", "another of that name");
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
        if old.1 != new.1 && old.0 == TypeKind::Trait {
            let safety =
                |word: &str| if word.is_empty() { "a safe trait" } else { "an unsafe one" };
            self.text(place, Change::Safety, safety(old.1), safety(new.1));
        } else if old.1 != new.1 {
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
