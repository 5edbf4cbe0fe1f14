//! What functions of an author make of whole types: `#[hot::migrate]`. The host finds which of them lead from the
//! type that a value has to the one that it shall have.

use hot_rt::rt::versioned::{Form, Migrate, Moves};

use super::{
    Aside, How, Leaving, Node,
    fields::Given,
    members::{Member, members},
    names::Name as _,
    place::Place,
    plan::{Made, StructPlan},
    planner::Planner,
    refusals,
    variants::may_change_unseen,
    versions::difference,
};

/// The fields of a struct that a function makes.
pub(super) struct Part {
    migrate: &'static Migrate,
    fields: Vec<Member>,
    /// The first source of them.
    first: Option<usize>,
}

/// Where the functions of an image lead.
enum Way {
    /// None of them takes such a value, or they lead elsewhere.
    None,
    Steps(Vec<&'static Migrate>),
    /// Several ways are as short.
    Several(Vec<Vec<&'static Migrate>>),
    /// They lead from version to version, and never to the type.
    Nowhere(Vec<&'static Migrate>),
}

impl Planner<'_> {
    /// What puts the whole value aside and has another in its place; nothing where no function of an author
    /// says how.
    pub(super) fn whole(
        &mut self,
        old: &'static Moves,
        new: &'static Moves,
        place: &Place,
    ) -> Option<Node> {
        let subject = &self.subjects[place.subject];
        let migrates = subject.migrates;
        let parked = (subject.parked)(&place.was_aside());
        let parked = parked.filter(|aside| self.alikes.are_alike(aside.moves, new));
        let ways = migrates.iter().map(|of_image| self.way(old, new, of_image));
        let way = ways.into_iter().find(|way| !matches!(way, Way::None)).unwrap_or(Way::None);
        if let Some(Aside { moves, written: false }) = parked
            && !place.shuffled
            && !may_change_unseen(old)
            && self.obstacles.within(moves, new).is_none()
        {
            if !matches!(way, Way::Steps(_)) {
                self.unless_written.push(place.new.clone());
            }
            let how = How::Parked(place.subject, place.was_aside());
            let source = self.source(how, new, place.was_aside());
            return Some(self.in_place_of(old, place, (source, Vec::new())));
        }
        match way {
            Way::Steps(steps) => Some(self.by_functions(old, new, steps, place)),
            Way::Several(ways) => {
                let ways: Vec<_> = ways.iter().map(|steps| names(steps)).collect();
                Some(self.refuse(refusals::several_ways(place, &ways)))
            }
            Way::Nowhere(steps) => {
                Some(self.refuse(refusals::leads_nowhere(place, new, &names(&steps))))
            }
            Way::None if parked.is_some() => Some(self.refuse(refusals::written_since(place))),
            Way::None => None,
        }
    }

    fn by_functions(
        &mut self,
        old: &'static Moves,
        new: &'static Moves,
        steps: Vec<&'static Migrate>,
        place: &Place,
    ) -> Node {
        if place.in_cell {
            return self.refuse(refusals::migrates_in_cell(place));
        }
        if let [migrate] = steps[..]
            && let Some(part) = migrate.fields()
        {
            let (Form::Struct { .. }, Form::Struct { .. }) = (&old.form, &new.form) else {
                let what =
                    "is no struct in one of the versions, and `into` moves fields of structs";
                return self.refuse(refusals::needs_conversion(place, what));
            };
            let fields = members(part).unwrap_or_default();
            return self.structs(old, new, place, Some(Part { migrate, fields, first: None }));
        }
        let source = self.source(How::Migrate(steps), new, place.new.clone());
        self.in_place_of(old, place, (source, vec![0]))
    }

    /// The old value is put aside, and one from a source comes in its place.
    fn in_place_of(
        &mut self,
        old: &'static Moves,
        place: &Place,
        (source, from): (usize, Vec<usize>),
    ) -> Node {
        let aside = place.aside();
        let Some(park) = self.park_at(aside, old, false, place, &place.old) else {
            return Node::Open;
        };
        let made = vec![Made { to: 0, source, from }];
        Node::Struct(StructPlan {
            made,
            parked: vec![Leaving { from: 0, park }],
            ..StructPlan::default()
        })
    }

    /// A field that the function makes, if it is one.
    pub(super) fn of_part(
        &mut self,
        part: &mut Part,
        new: &Member,
        around: &Place,
    ) -> Option<Given> {
        let field = part.fields.iter().find(|field| field.name == new.name)?;
        let is_first = part.first.is_none();
        let first = *part.first.get_or_insert(self.sources.len());
        let how = How::Part { migrate: part.migrate, at: field.at, first };
        let source = self.source(how, new.moves, format!("{}.{}", around.new, new.name));
        Some(Given::OfWhole(source, is_first))
    }

    /// The shortest way from the one type to the other, by functions of one image.
    fn way(&mut self, old: &'static Moves, new: &'static Moves, all: &[&'static Migrate]) -> Way {
        // By the functions' numbers; all of one length.
        let mut ways: Vec<Vec<usize>> = (0..all.len())
            .filter(|index| self.versions.are_alike(old, all[*index].takes()))
            .map(|index| vec![index])
            .collect();
        let mut been: Vec<&'static Moves> = Vec::new();
        let mut furthest = Vec::new();
        while !ways.is_empty() {
            let last = |way: &[usize]| all[way[way.len() - 1]];
            let steps = |way: &Vec<usize>| way.iter().map(|index| all[*index]).collect::<Vec<_>>();
            let found: Vec<_> = ways
                .iter()
                .filter(|way| self.versions.are_alike(new, last(way).makes()))
                .map(steps)
                .collect();
            match found.len() {
                0 => {}
                1 => return Way::Steps(found.into_iter().next().unwrap_or_default()),
                _ => return Way::Several(found),
            }
            // A function whose other fields move by their names is the whole way, or none.
            ways.retain(|way| last(way).fields().is_none());
            let is_step = |way: &&Vec<usize>| {
                let made = last(way).makes().table;
                made.is_version_of(new.table.ty()) || made.ty() == new.table.ty()
            };
            furthest.extend(ways.iter().rev().find(is_step).map(steps));
            let mut longer = Vec::new();
            for way in &ways {
                let made = last(way).makes();
                for (index, next) in all.iter().enumerate() {
                    let goes_on =
                        next.fields().is_none() && self.alikes.are_alike(made, next.takes());
                    let to = next.makes();
                    if goes_on && !been.iter().any(|known| self.alikes.are_alike(known, to)) {
                        longer.push(way.iter().copied().chain([index]).collect());
                    }
                }
            }
            been.extend(ways.iter().map(|way| last(way).makes()));
            ways = longer;
        }
        furthest.pop().map_or(Way::None, Way::Nowhere)
    }

    /// Says of functions that make the type, and take an older version of it, why they were not called.
    pub(super) fn refuse_other_versions(
        &mut self,
        old: &'static Moves,
        new: &'static Moves,
        place: &Place,
    ) {
        for migrate in self.subjects[place.subject].migrates.iter().flatten() {
            let of = migrate.takes();
            let leads = self.alikes.are_alike(new, migrate.makes());
            if leads && of.table.is_version_of(old.table.ty()) {
                let versions = &mut self.versions;
                let why = difference(old, of, &mut |was, is| versions.are_alike(was, is));
                let of = of.table.ty().spelled();
                self.refuse(refusals::other_version(place, migrate.name(), &of, &why));
            }
        }
    }
}

fn names(steps: &[&'static Migrate]) -> String {
    let names: Vec<_> = steps.iter().map(|step| format!("`{}`", step.name())).collect();
    names.join(", then ")
}
