//! The fields of a struct or a variant, and what they become of.

use hot_rt::rt::versioned::Moves;

use super::{
    Copied, Id, Leaving, Node,
    members::{Member, by_position, matched, members, same_name},
    names::{self, Name as _},
    obstacles::PINNED,
    place::Place,
    plan::{self, Made, Park, StructPlan},
    planner::Planner,
    refusals,
    whole::Part,
};

/// What a new field becomes of.
pub(super) enum Given {
    /// The bits of the old field of this number.
    Bits(usize),
    /// The old field of this number, by a node.
    Node(usize, Id),
    /// A value from a source; the numbers of the old fields that it is converted from.
    Source(usize, Vec<usize>),
    /// A value from a source that is made of the whole struct; whether it is the first of these.
    OfWhole(usize, bool),
}

/// What becomes of fields.
pub(super) struct Decided {
    /// Of each new field; none if it was refused.
    pub(super) given: Vec<Option<Given>>,
    /// In which order they are looked at.
    pub(super) order: Vec<usize>,
    /// Old fields that no new one takes, and where they are parked.
    pub(super) parked: Vec<Leaving>,
}

impl Planner<'_> {
    pub(super) fn structs(
        &mut self,
        old: &'static Moves,
        new: &'static Moves,
        place: &Place,
        part: Option<Part>,
    ) -> Node {
        let (Some(from), Some(to)) = (members(old), members(new)) else { return Node::Open };
        if [old, new].iter().any(|moves| moves.table.repr().contains("packed")) {
            return self.refuse(refusals::needs_conversion(place, "is `repr(packed)` and changed"));
        }
        if !self.positions_fit(&from, &to, place) {
            return Node::Open;
        }
        let mut place = place.clone();
        place.many |= self.is_recursive(new);
        let Decided { mut given, order, mut parked } =
            self.decide(&from, &to, Some(new), part, &place);
        let mut done = StructPlan::default();
        for index in order {
            let to = &to[index];
            match given[index].take() {
                Some(Given::Bits(at)) => {
                    let len = to.moves.table.layout().size();
                    done.copies.push(Copied { from: from[at].at, to: to.at, len });
                }
                Some(Given::Node(at, id)) => match &self.nodes[id] {
                    // Structs in structs are done in one go.
                    Node::Struct(inner) => done.take_in(inner, from[at].at, to.at),
                    _ => done.parts.push(plan::Part { from: from[at].at, to: to.at, node: id }),
                },
                Some(Given::Source(source, olds)) => {
                    let from = olds.iter().map(|at| from[*at].at).collect();
                    done.made.push(Made { to: to.at, source, from });
                }
                Some(Given::OfWhole(source, is_first)) => {
                    let from = if is_first { vec![0] } else { Vec::new() };
                    done.made.push(Made { to: to.at, source, from });
                }
                None => {}
            }
        }
        parked.iter_mut().for_each(|leaving| leaving.from = from[leaving.from].at);
        done.parked.extend(parked);
        done.merge();
        Node::Struct(done)
    }

    /// Fields without names are told by their position: none may come or go.
    pub(super) fn positions_fit(&mut self, old: &[Member], new: &[Member], place: &Place) -> bool {
        let count = |members: &[Member]| (by_position(members), members.len());
        let Some(what) = names::positions(count(old), count(new)) else { return true };
        self.refuse(refusals::needs_conversion(place, &what));
        false
    }

    /// What each new field becomes of, and which old ones are left. `whole` is the new struct.
    pub(super) fn decide(
        &mut self,
        old: &[Member],
        new: &[Member],
        whole: Option<&'static Moves>,
        mut part: Option<Part>,
        place: &Place,
    ) -> Decided {
        let matches = matched(old, new, self.subjects[place.subject].back);
        let mut group = None;
        let given: Vec<_> = new
            .iter()
            .zip(&matches)
            .map(|(field, at)| {
                if let Some(part) = &mut part
                    && let Some(given) = self.of_part(part, field, place)
                {
                    return Some(given);
                }
                match at {
                    Some(at) => self.kept(old, (*at, field), place),
                    None if self.looks_renamed(old, &matches, field, place) => None,
                    None => self.added(old, field, (whole, &mut group), place),
                }
            })
            .collect();
        // By a name that both versions know, so that what is parked and what comes back is met in one
        // order, however the fields are ordered.
        let mut order: Vec<_> = (0..new.len()).collect();
        order.sort_by_key(|index| {
            let own = &new[*index].name;
            matches[*index].map_or(own, |at| own.min(&old[at].name))
        });
        let is_taken = |at: usize| {
            given.iter().flatten().any(
                |given| matches!(given, Given::Bits(from) | Given::Node(from, _) if *from == at),
            )
        };
        // What was refused is said already.
        let is_refused = |at: usize| {
            let of = matches.iter().position(|from| *from == Some(at));
            of.is_some_and(|index| given[index].is_none())
        };
        let mut parked = Vec::new();
        for (at, field) in old.iter().enumerate() {
            if !is_taken(at) && !is_refused(at) {
                parked.extend(self.park(at, field, place));
            }
        }
        Decided { given, order, parked }
    }

    /// A field that both versions have.
    fn kept(
        &mut self,
        old: &[Member],
        (at, new): (usize, &Member),
        around: &Place,
    ) -> Option<Given> {
        let was = &old[at];
        let place = around.field(&was.name, &new.name);
        let stays = was.said.stays || new.said.stays;
        if self.alikes.are_alike(was.moves, new.moves) {
            let found = match was.pinned {
                true => Some((String::new(), PINNED)),
                false => self.obstacles.within(was.moves, new.moves),
            };
            if let Some((path, what)) = found.filter(|_| !stays) {
                self.refuse(refusals::may_lead_anywhere(&place.step(&path), what));
                return None;
            }
            return Some(Given::Bits(at));
        }
        let back = self.subjects[around.subject].back;
        if back && let Some(source) = self.parked(new, around) {
            return Some(Given::Source(source, Vec::new()));
        }
        match self.converted(old, Some(at), new, around) {
            Ok(Some(given)) => return Some(given),
            Ok(None) => {}
            Err(()) => return None,
        }
        let known = same_name(was.moves.table, new.moves.table);
        if !back
            && !known
            && let Some(source) = self.parked(new, around)
        {
            return Some(Given::Source(source, Vec::new()));
        }
        let refused = self.reasons.len();
        let id = self.node(was.moves, new.moves, &place);
        (self.reasons.len() == refused).then_some(Given::Node(at, id))
    }

    /// A removed and an added field of one type, of which nobody has said that they are two.
    fn looks_renamed(
        &mut self,
        old: &[Member],
        matches: &[Option<usize>],
        new: &Member,
        place: &Place,
    ) -> bool {
        let is_said = new.said.default.is_some() || new.said.convert.is_some();
        if is_said || self.may_come_back(new, place) {
            return false;
        }
        let removed = old.iter().enumerate().find(|(at, was)| {
            let is_new = was.said.default.is_some() || was.said.convert.is_some();
            !matches.contains(&Some(*at)) && !is_new && {
                self.alikes.are_alike(was.moves, new.moves)
            }
        });
        if let Some((_, was)) = removed {
            let of = new.moves.table.ty().spelled();
            self.refuse(refusals::renamed(place, &was.name, &new.name, &of));
            return true;
        }
        false
    }

    /// Where an old field is parked that no new one takes.
    fn park(&mut self, at: usize, field: &Member, around: &Place) -> Option<Leaving> {
        let place = format!("{}.{}", around.new, field.name);
        if field.said.stays {
            return Some(Leaving { from: at, park: self.parked_there(place, field.moves, around) });
        }
        let gone = format!("{}.{}", around.old, field.name);
        let park = self.park_at(place, field.moves, field.pinned, around, &gone)?;
        Some(Leaving { from: at, park })
    }

    /// A new column for what is parked at a place; `gone` is what it was called.
    pub(super) fn park_at(
        &mut self,
        place: String,
        moves: &'static Moves,
        pinned: bool,
        around: &Place,
        gone: &str,
    ) -> Option<usize> {
        let found = match pinned {
            true => Some((String::new(), PINNED)),
            false => self.obstacles.within(moves, moves),
        };
        // Bits without a `Drop` are never looked at again, unless they come back.
        if let Some((path, what)) = found.filter(|_| moves.drop.is_some()) {
            self.refuse(refusals::gone_may_lead_anywhere(&format!("{gone}{path}"), what));
            return None;
        }
        Some(self.parked_there(place, moves, around))
    }

    fn parked_there(&mut self, place: String, moves: &'static Moves, around: &Place) -> usize {
        let (subject, shuffled) = (around.subject, around.shuffled);
        self.parks.push(Park { subject, place, moves, shuffled });
        self.parks.len() - 1
    }
}
