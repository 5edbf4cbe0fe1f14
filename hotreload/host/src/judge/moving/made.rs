//! Values that no old one gives: parked ones, conversions, defaults.

use hot_rt::rt::versioned::{Form, Make, Moves};

use super::{
    Aside, How, Source, fields::Given, members::Member, names::Name as _, place::Place,
    planner::Planner, refusals,
};

impl Planner<'_> {
    pub(super) fn source(&mut self, how: How, moves: &'static Moves, path: String) -> usize {
        self.sources.push(Source { how, moves, path });
        self.sources.len() - 1
    }

    /// The place where a new field's value would have been parked.
    fn parked_at(new: &Member, around: &Place) -> String {
        format!("{}.{}", around.old, new.name)
    }

    /// What is parked of its name and type.
    fn aside(&mut self, new: &Member, around: &Place) -> Option<Aside> {
        let parked = (self.subjects[around.subject].parked)(&Self::parked_at(new, around))?;
        // It lies elsewhere since: what may lead anywhere does not come back.
        let fits = self.alikes.are_alike(parked.moves, new.moves)
            && (new.said.stays
                || (!new.pinned && self.obstacles.within(parked.moves, new.moves).is_none()));
        fits.then_some(parked)
    }

    pub(super) fn may_come_back(&mut self, new: &Member, around: &Place) -> bool {
        let is_sure = |aside: Aside| !(around.shuffled || around.many && aside.written);
        self.aside(new, around).is_some_and(is_sure)
    }

    /// What an earlier move has parked of a field of this name and type.
    pub(super) fn parked(&mut self, new: &Member, around: &Place) -> Option<usize> {
        self.aside(new, around)?;
        let place = Self::parked_at(new, around);
        if !self.may_come_back(new, around) {
            self.forgotten.push(place);
            return None;
        }
        let how = How::Parked(around.subject, place.clone());
        Some(self.source(how, new.moves, place))
    }

    /// A field's conversion, if the old fields are what it takes.
    pub(super) fn converted(
        &mut self,
        old: &[Member],
        own: Option<usize>,
        new: &Member,
        around: &Place,
    ) -> Result<Option<Given>, ()> {
        let Some(convert) = new.said.convert else { return Ok(None) };
        let mut from = Vec::new();
        for (name, of) in convert.from.iter().zip(convert.types) {
            let at = match name.is_empty() {
                true => own,
                false => old.iter().position(|was| was.name == *name),
            };
            match at {
                Some(at) if self.alikes.are_alike(old[at].moves, of()) => from.push(at),
                _ => return Ok(None),
            }
        }
        let place = around.field(&new.name, &new.name);
        if around.in_cell {
            self.refuse(refusals::converts_in_cell(&place));
            return Err(());
        }
        let source = self.source(How::Convert(convert.call), new.moves, place.new);
        Ok(Some(Given::Source(source, from)))
    }

    /// A field that the old version does not have. `whole` is the new struct, with the first source that
    /// its default gives.
    pub(super) fn added(
        &mut self,
        old: &[Member],
        new: &Member,
        (whole, group): (Option<&'static Moves>, &mut Option<usize>),
        around: &Place,
    ) -> Option<Given> {
        let given = |source| Some(Given::Source(source, Vec::new()));
        if let Some(source) = self.parked(new, around) {
            return given(source);
        }
        match self.converted(old, None, new, around) {
            Ok(Some(by)) => return Some(by),
            Ok(None) => {}
            Err(()) => return None,
        }
        let path = format!("{}.{}", around.new, new.name);
        if let Some(make) = new.said.default {
            let is_once = new.said.is_literal && new.moves.abilities.is_copy;
            let how = if is_once { How::Once(make) } else { How::Each(make) };
            return given(self.source(how, new.moves, path));
        }
        if let Some((whole, make)) = whole.and_then(default_of_whole) {
            let first = *group.get_or_insert(self.sources.len());
            let how = How::Within { make, whole, at: new.at, first };
            return given(self.source(how, new.moves, path));
        }
        let Some(make) = new.moves.abilities.default else {
            let of = new.moves.table.ty().spelled();
            self.refuse(refusals::no_default(around, &new.name, &of));
            return None;
        };
        let how = if is_plain(new.moves) { How::Once(make) } else { How::Each(make) };
        given(self.source(how, new.moves, path))
    }
}

/// A type without a `Drop` of its own can be taken apart.
fn default_of_whole(whole: &'static Moves) -> Option<(&'static Moves, Make)> {
    let make = whole.abilities.default?;
    (!whole.abilities.has_drop).then_some((whole, make))
}

/// Whether its default is nobody's code but the standard library's, and always the same bits.
fn is_plain(moves: &Moves) -> bool {
    let is_library = matches!(moves.table.ty().package, "" | "std");
    is_library && moves.abilities.is_copy && matches!(moves.form, Form::Leaf)
}
