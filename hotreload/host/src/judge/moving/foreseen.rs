//! What the manifests alone tell of a move, before any code of the new library runs: some refusals that
//! are certain, and what the others would come to. What nothing but the records in memory knows (whether
//! a type has a `Default`, what lies behind pointers, which variants are alive) is left to the plan.

use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    Number,
    names::{self, Name as _, matched, said_of_fields, said_of_variants},
    place::Place,
    refusals,
};
use crate::{
    file::{
        Tables,
        manifest::{Field, Item, Migrate, Table, TypeName},
    },
    judge::layout::Differ,
    said::{Reason, counted},
};
use hot_rt::rt::versioned::{self, Moves, TypeKind};

/// What would become of a value.
#[derive(Default)]
pub(crate) struct Foreseen {
    /// Why it cannot move, whatever it is.
    pub(crate) reasons: Vec<Reason>,
    /// What changes: `World.heat is new`.
    pub(crate) changes: Vec<String>,
}

/// A function that makes the new version of a whole type, of the old version or of the new one.
pub(crate) struct Leads {
    name: String,
    /// The ids of the type that it takes, and of the one whose values come of it.
    from: u128,
    to: u128,
}

impl Leads {
    pub(crate) fn of_file(migrate: &Migrate) -> Leads {
        Leads { name: migrate.path.clone(), from: migrate.old.id, to: migrate.new.id }
    }

    pub(crate) fn of_image(migrate: &versioned::Migrate) -> Leads {
        let id = |of: &Moves| of.table.ty().id();
        Leads {
            name: migrate.name().to_owned(),
            from: id(migrate.takes()),
            to: id(migrate.makes()),
        }
    }
}

/// Compares what a state's value is made of with what it shall be made of. Nothing of it is parked: that
/// could come back.
pub(crate) fn foresee(
    (old, old_tables): (&Item, &Tables),
    (new, new_tables): (&Item, &Tables),
    leads: &[Leads],
) -> Foreseen {
    let (seen, alike, foreseen) = Default::default();
    let mut walk = Walk { old: old_tables, new: new_tables, leads, seen, alike, foreseen };
    if let (Some(old), Some(new)) = (held(old), held(new)) {
        walk.values(old, new, &Place::root(0, old.spelled(), old.spelled()));
    }
    walk.foreseen
}

struct Walk<'a> {
    old: &'a Tables,
    new: &'a Tables,
    leads: &'a [Leads],
    seen: FxHashSet<(u128, u128)>,
    /// What was compared, by the id that both versions have.
    alike: FxHashMap<u128, bool>,
    foreseen: Foreseen,
}

impl<'a> Walk<'a> {
    fn refuse(&mut self, reason: Reason) {
        if !self.foreseen.reasons.contains(&reason) {
            self.foreseen.reasons.push(reason);
        }
    }

    fn note(&mut self, change: String) {
        if !self.foreseen.changes.contains(&change) {
            self.foreseen.changes.push(change);
        }
    }

    /// Whether nothing that manifests tell differs in them.
    fn are_alike(&mut self, old: &'a TypeName, new: &'a TypeName) -> bool {
        if old.id != new.id {
            return false;
        }
        let (was, is) = (self.old, self.new);
        *self.alike.entry(old.id).or_insert_with(|| {
            let mut differ = Differ::new(was, is);
            differ.add(old, new);
            differ.finish().is_empty()
        })
    }

    fn values(&mut self, old: &'a TypeName, new: &'a TypeName, place: &Place) {
        if self.are_alike(old, new) || !self.seen.insert((old.id, new.id)) {
            return;
        }
        let leads = |it: &&Leads| it.to == new.id || it.from == old.id;
        if let Some(leads) = self.leads.iter().find(leads) {
            // Whether it takes what the value is, nothing but the records says.
            return self
                .note(format!("`{}` is made anew, if `{}` leads there", place.new, leads.name));
        }
        if let (Some(from), Some(to)) = (Number::of(old), Number::of(new))
            && to.holds(from)
        {
            return self.note(format!("`{}` becomes `{}`", place.new, new.spelled()));
        }
        let (was, is) = (self.old.table(old), self.new.table(new));
        let is_known =
            |name: &TypeName, table: Option<&Table>| table.is_some() || name.is_library();
        if !is_known(old, was) || !is_known(new, is) {
            // What a generic type becomes is known of an image only.
            return;
        }
        let said = |table: Option<&'a Table>| table.map_or("", |table| &*table.renamed_from);
        let is_same = |old: &TypeName, new: &TypeName, is: Option<&'a Table>| {
            names::is_same((old, said(was)), (new, said(is)))
        };
        let into = |wrapper: &str| -> Option<&'a TypeName> {
            let of = new.args.first().filter(|_| new.is_std(wrapper) && !old.is_std(wrapper))?;
            is_same(old, of, self.new.table(of)).then_some(of)
        };
        if let Some(of) = into("Option").or_else(|| into("Box")) {
            self.note(format!("`{}` becomes `{}`", place.new, new.spelled()));
            return self.values(old, of, place);
        }
        if !is_same(old, new, is) {
            return self.refuse(refusals::other_type(place, old.spelled(), new.spelled()));
        }
        match (was, is) {
            (Some(was), Some(is)) if is_author(was) && is_author(is) => self.types(was, is, place),
            // What the arguments of the language's and the libraries' types have become.
            _ => self.arguments(old, new, place),
        }
    }

    fn arguments(&mut self, old: &'a TypeName, new: &'a TypeName, place: &Place) {
        if old.args.len() != new.args.len() {
            if old.path != "(,)" {
                return;
            }
            let (was, now) = (old.args.len(), new.args.len());
            let what = format!("has {} without a name in place of {was}", counted(now, "field"));
            return self.refuse(refusals::needs_conversion(place, &what));
        }
        if old.path == "[;]" && old.args.len() == 2 && old.args.get(1) != new.args.get(1) {
            let count = |name: &TypeName| name.args[1].path.clone();
            let (was, now) = (count(old), count(new));
            let what = format!("has {now} elements in place of {was}");
            return self.refuse(refusals::needs_conversion(place, &what));
        }
        // None of an author's type has one.
        for (index, (old_arg, new_arg)) in old.args.iter().zip(&new.args).enumerate() {
            if let Some(segment) = segment(old, index) {
                self.values(old_arg, new_arg, &place.step(&segment));
            }
        }
    }

    fn types(&mut self, old: &'a Table, new: &'a Table, place: &Place) {
        match (old.kind, new.kind) {
            (TypeKind::Enum, TypeKind::Enum) => self.variants(old, new, place),
            (TypeKind::Enum, _) | (_, TypeKind::Enum) => {
                let what = "is of another kind, or its layout has changed";
                self.refuse(refusals::needs_conversion(place, what));
            }
            _ if old.repr.contains("packed") || new.repr.contains("packed") => {
                let what = "is `repr(packed)` and changed";
                self.refuse(refusals::needs_conversion(place, what));
            }
            _ => self.fields(&old.fields, &new.fields, place),
        }
    }

    fn variants(&mut self, old: &'a Table, new: &'a Table, place: &Place) {
        let (was, is) = (said_of_variants(old), said_of_variants(new));
        let matches = matched(&was, &is, false);
        for (at, variant) in matches.iter().zip(&new.variants) {
            match at {
                None => self.note(format!("`{}::{}` is new", place.new, variant.name)),
                Some(at) => {
                    let was = &old.variants[*at];
                    let step = |name: &str| format!("::{name}");
                    let place = place.renamed(&step(&was.name), &step(&variant.name));
                    self.fields(&was.fields, &variant.fields, &place);
                }
            }
        }
        for (at, variant) in old.variants.iter().enumerate() {
            if !matches.contains(&Some(at)) {
                self.note(format!(
                    "`{}::{}` is gone, which is refused while a value is one",
                    place.old, variant.name
                ));
            }
        }
    }

    fn fields(&mut self, old: &'a [Field], new: &'a [Field], place: &Place) {
        if let Some(what) = positions(old, new) {
            return self.refuse(refusals::needs_conversion(place, &what));
        }
        let (was, is) = (said_of_fields(old), said_of_fields(new));
        let matches = matched(&was, &is, false);
        for (at, field) in matches.iter().zip(new) {
            let is_said = field.said.has_conversion || field.said.has_default;
            match at {
                Some(at) => self.kept(&old[*at], field, place),
                None if is_said => self.note(format!("`{}.{}` is new", place.new, field.name)),
                None => match self.looks_renamed(old, &matches, field) {
                    Some((was, of)) => {
                        self.refuse(refusals::renamed(place, &was, &field.name, &of));
                    }
                    None => self.note(format!(
                        "`{}.{}` is new, if something makes it",
                        place.new, field.name
                    )),
                },
            }
        }
        for (at, field) in old.iter().enumerate() {
            if !matches.contains(&Some(at)) {
                self.note(format!("`{}.{}` is put aside", place.old, field.name));
            }
        }
    }

    /// A field that both versions have.
    fn kept(&mut self, old: &'a Field, new: &'a Field, place: &Place) {
        let place = place.field(&old.name, &new.name);
        if old.name != new.name {
            self.note(format!("`{}` becomes `{}`", place.old, place.new));
        }
        // Of a generic definition: the spelling is all.
        let (Some(was), Some(is)) = (&old.ty, &new.ty) else { return };
        if new.said.has_conversion && !self.are_alike(was, is) {
            return self.note(format!("`{}` is converted", place.new));
        }
        self.values(was, is, &place);
    }

    /// A removed field of the type of a new one, and the type, if nobody has said that they are two.
    fn looks_renamed(
        &mut self,
        old: &'a [Field],
        matches: &[Option<usize>],
        new: &'a Field,
    ) -> Option<(String, String)> {
        let is = new.ty.as_ref()?;
        let removed = old.iter().enumerate().find(|(at, was)| {
            let is_new = was.said.has_default || was.said.has_conversion;
            let alike = was.ty.as_ref().is_some_and(|was| self.are_alike(was, is));
            !matches.contains(&Some(*at)) && !is_new && alike
        });
        removed.map(|(_, was)| (was.name.clone(), is.spelled()))
    }
}

/// How the values that a container holds are called, of its argument of this number; none where nothing
/// moves, or nobody knows.
fn segment(container: &TypeName, index: usize) -> Option<String> {
    let segment = match (&*container.package, &*container.path, index) {
        ("", "(,)", _) => return Some(format!(".{index}")),
        ("std", "Option", 0) => "::Some.0",
        ("std", "Result", 0) => "::Ok.0",
        ("std", "Result", 1) => "::Err.0",
        ("std", "Box" | "Rc" | "Arc" | "Cell" | "RefCell" | "Mutex" | "RwLock", 0) => "",
        ("", "[]" | "[;]", 0) | ("std", "Vec" | "VecDeque", 0) => "[]",
        ("std", "HashMap" | "BTreeMap", 0) => "[key]",
        ("std", "HashMap" | "BTreeMap", 1) => "[]",
        _ => return None,
    };
    Some(segment.to_owned())
}

/// What a state holds.
fn held(item: &Item) -> Option<&TypeName> {
    item.types.first().filter(|ty| ty.ty.is_state())?.ty.refers_to()
}

fn is_author(table: &Table) -> bool {
    matches!(table.kind, TypeKind::Struct | TypeKind::Tuple | TypeKind::Unit | TypeKind::Enum)
}

/// What is wrong with fields that are told by their position: none may come or go.
fn positions(old: &[Field], new: &[Field]) -> Option<String> {
    let by_position = |fields: &[Field]| fields.first().is_some_and(|field| field.name == "0");
    names::positions((by_position(old), old.len()), (by_position(new), new.len()))
}
