//! The variants of enums, and what else is opened and built by a call: `Option`, cells, locks.

use hot_rt::rt::versioned::{Choice, Form, Moves};

use super::{
    Arm, ArmPart, Id, Node,
    fields::{Decided, Given},
    members::{Member, members_of},
    names::{self, Name as _},
    place::Place,
    plan::{Made, StructPlan},
    planner::Planner,
};

impl Planner<'_> {
    pub(super) fn choices(
        &mut self,
        (old, from): (&'static Moves, &'static Choice),
        (new, to): (&'static Moves, &'static Choice),
        place: &Place,
    ) -> Node {
        let mut around = place.clone();
        around.in_cell |= is_cell(old, from);
        around.many |= self.is_recursive(new);
        // A lock is the same inside, whether it is poisoned or not.
        let mut inside = None;
        let [was, is] = [from, to].map(|choice| -> Vec<names::Said<'_>> {
            choice.variants.iter().map(|it| (it.name, it.renamed_from)).collect()
        });
        let matches = names::matched(&was, &is, self.subjects[place.subject].back);
        let arms = from.variants.iter().enumerate().map(|(index, variant)| {
            let at = matches.iter().position(|was| *was == Some(index))?;
            let was = members_of(old, index, variant);
            let is = members_of(new, at, &to.variants[at]);
            let place = match from.is_cell {
                // Paths go through cells.
                true => around.clone(),
                false => around.renamed(
                    &format!("::{}", variant.name),
                    &format!("::{}", to.variants[at].name),
                ),
            };
            if let ([was], [is], true) = (&was[..], &is[..], from.is_cell) {
                let node = *inside.get_or_insert_with(|| self.node(was.moves, is.moves, &place));
                let parts = vec![(ArmPart::Moved(0, node), is.moves)];
                return Some(Arm { to: at, parts, order: vec![0], parked: Vec::new() });
            }
            Some(self.arm(&was, &is, at, &place))
        });
        let arms = arms.collect();
        Node::Choice { old: from, new: to, arms, path: place.new.clone() }
    }

    fn arm(&mut self, old: &[Member], new: &[Member], to: usize, place: &Place) -> Arm {
        if !self.positions_fit(old, new, place) {
            return Arm { to, parts: Vec::new(), order: Vec::new(), parked: Vec::new() };
        }
        let Decided { given, order, parked } = self.decide(old, new, None, None, place);
        let parts = given.into_iter().zip(new).map(|(given, new)| {
            let part = match given {
                Some(Given::Bits(at)) => ArmPart::Moved(at, self.bits(new.moves)),
                Some(Given::Node(at, id)) => ArmPart::Moved(at, id),
                Some(Given::Source(source, from)) => ArmPart::Made(Made { to: 0, source, from }),
                // A part is of a struct, and a variant is none.
                Some(Given::OfWhole(..)) => unreachable!("it was asked for no part"),
                // It was refused: nobody will build it.
                None => ArmPart::Moved(0, self.bits(new.moves)),
            };
            (part, new.moves)
        });
        let parts = parts.collect();
        Arm { to, parts, order, parked }
    }

    fn bits(&mut self, moves: &'static Moves) -> Id {
        self.nodes.push(Node::Struct(StructPlan::bits(moves.table.layout().size())));
        self.nodes.len() - 1
    }
}

/// Whether code with a shared reference may change what is in it. What is in a `OnceCell` stays.
fn is_cell(moves: &Moves, choice: &Choice) -> bool {
    let ty = moves.table.ty();
    choice.is_cell && !ty.is_std("OnceCell") && !ty.is_std("OnceLock")
}

/// Whether a value may be changed by code that has asked for no guard that writes.
pub(super) fn may_change_unseen(moves: &'static Moves) -> bool {
    has_such(moves, |moves| {
        let ty = moves.table.ty();
        matches!(moves.form, Form::Leaf) && ty.package == "std" && ty.path.starts_with("Atomic")
    })
}

/// The same of any type, also of what it is made of, but for what is shared.
pub(super) fn has_cells(moves: &'static Moves) -> bool {
    has_such(moves, |_| false)
}

fn has_such(moves: &'static Moves, or: impl Fn(&Moves) -> bool) -> bool {
    let (mut todo, mut seen) = (vec![moves], Vec::new());
    while let Some(moves) = todo.pop() {
        match &moves.form {
            _ if or(moves) => return true,
            Form::Choice(choice) if is_cell(moves, choice) => return true,
            // The key's hash does not follow what somebody else may change through it either.
            Form::Shared(_) | Form::Opaque | Form::Unchanged(_) | Form::Fixed(_) => return true,
            _ => {}
        }
        let at: *const Moves = moves;
        if !seen.contains(&at) {
            seen.push(at);
            todo.extend(super::planner::parts(moves));
        }
    }
    false
}
