//! Values become those of the next version of their type: planned from their records, and then three walks.
//!
//! ```text
//! walk         looks at the old values, counts, and calls nobody
//! calls, keys  all of the authors' code, whose results are kept aside
//! fill, fill_owned, fill_choice, fill_map, fill_container, flat
//!              moves bits: no author's code, nothing that can fail
//! supply       what was made in advance
//! parked       what a move removes, in its old form
//! dropping     drops values by their records, one by one
//! memory       blocks, runs, copies
//! ```
//!
//! Between the second and the third the first is done again, if code of an author ran: a conversion may have
//! changed the old value through a cell.

mod calls;
mod dropping;
mod fill;
mod fill_choice;
mod fill_container;
mod fill_map;
mod fill_owned;
mod flat;
mod keys;
mod memory;
mod parked;
mod supply;
#[cfg(test)]
mod tests;
mod walk;

use hot_rt::rt::versioned::{Migrate, Moves};

use self::{
    calls::Ready,
    fill::Fill,
    memory::{Block, Run},
    supply::Supply,
    walk::{Seen, look},
};
use crate::{
    judge::moving::{Aside, How, Park, Plan, Subject, plan},
    said::{Code, Reason},
};
pub(crate) use parked::Parked;

/// A value that moves.
pub(crate) struct Value<'a> {
    /// The record of the image that made it, and that of the one that shall have it.
    pub(crate) old: &'static Moves,
    pub(crate) new: &'static Moves,
    /// Where it is.
    pub(crate) at: *mut u8,
    /// What earlier moves have parked of it.
    pub(crate) parked: &'a mut Parked,
    /// The new version is an earlier one: what it has parked goes before what a conversion would make.
    pub(crate) back: bool,
    /// The functions of both images that make whole types: those of the new one first.
    pub(crate) migrates: [Vec<&'static Migrate>; 2],
}

/// Values that move at once. Dropped before it is filled, it leaves the old values as they are, and drops what
/// was made.
pub(crate) struct Move<'a> {
    values: Vec<Value<'a>>,
    plan: Plan,
    staged: Option<(Seen, Ready)>,
}

/// What was made for values that did not move.
#[expect(dead_code, reason = "it is dropped")]
pub(crate) struct Made(Option<(Seen, Ready)>);

/// Room for a value.
pub(crate) struct Room(Block);

impl Room {
    pub(crate) fn of(moves: &Moves) -> Room {
        Room(Block::of(moves, 1))
    }

    pub(crate) fn at(&self) -> *mut u8 {
        self.0.at()
    }

    /// It belongs to the value from now on.
    pub(crate) fn give(self) -> *mut u8 {
        self.0.give()
    }
}

/// What has moved.
#[derive(Default)]
pub(crate) struct Moved {
    /// How many structs and variants became those of a new type.
    pub(crate) values: usize,
    /// How many values were made.
    pub(crate) made: usize,
    /// How many were parked, and how many came back.
    pub(crate) parked: usize,
    pub(crate) came_back: usize,
    /// Where something was parked that did not come back: `World.enemies[].path`.
    pub(crate) forgotten: Vec<String>,
    /// What was parked in a place where something else is parked now. It is to be dropped, outside of locks.
    pub(crate) replaced: Parked,
}

fn planned(values: &[Value<'_>], without: &[(usize, String)]) -> Result<Plan, Vec<Reason>> {
    let lookups: Vec<_> = values
        .iter()
        .enumerate()
        .map(|(index, value)| {
            move |place: &str| {
                let is_out = |out: &(usize, String)| out.0 == index && out.1 == place;
                value.parked.of(place).filter(|_| !without.iter().any(is_out))
            }
        })
        .collect();
    let subjects = values.iter().zip(&lookups).map(|(value, parked)| {
        let Value { old, new, back, ref migrates, .. } = *value;
        Subject { old, new, parked, back, migrates }
    });
    plan(&subjects.collect::<Vec<_>>())
}

impl<'a> Move<'a> {
    /// Nothing of the values is looked at.
    pub(crate) fn plan(values: Vec<Value<'a>>) -> Result<Move<'a>, Vec<Reason>> {
        let plan = planned(&values, &[])?;
        Ok(Move { values, plan, staged: None })
    }

    /// What could not move back, with what this move parks; nothing if all can.
    pub(crate) fn one_way(&self) -> Vec<String> {
        let lookups: Vec<_> = (0..self.values.len())
            .map(|index| {
                move |place: &str| {
                    let of = |park: &&Park| {
                        park.subject == index && park.place == place && !park.shuffled
                    };
                    let aside = |park: &Park| Aside { moves: park.moves, written: false };
                    self.plan.parks.iter().find(of).map(aside)
                }
            })
            .collect();
        let subjects = self.values.iter().zip(&lookups).map(|(value, parked)| {
            let Value { old, new, ref migrates, .. } = *value;
            Subject { old: new, new: old, parked, back: true, migrates }
        });
        match plan(&subjects.collect::<Vec<_>>()) {
            Ok(plan) => {
                let once = |place: &String| format!("{place}, once it is written to");
                plan.unless_written.iter().map(once).collect()
            }
            Err(reasons) => {
                let place = |reason: Reason| reason.path.unwrap_or(reason.message);
                reasons.into_iter().map(place).collect()
            }
        }
    }

    /// Looks at the values, and runs all of the authors' code.
    ///
    /// # Safety
    /// At each place is a value of its old type, which nobody else uses until it is filled or given up; but
    /// the authors' code may, as far as it can by safe means. Both images stay mapped.
    pub(crate) unsafe fn stage(&mut self) -> Result<(), Vec<Reason>> {
        let mut without = Vec::new();
        let seen = loop {
            let at: Vec<_> = self.values.iter().map(|value| value.at.cast_const()).collect();
            // SAFETY: the caller's promise.
            let seen = unsafe { look(&self.plan, &at) };
            if !seen.reasons.is_empty() {
                return Err(seen.reasons);
            }
            let others =
                self.plan.sources.iter().zip(&seen.counts).filter_map(|(source, count)| {
                    let How::Parked(subject, place) = &source.how else { return None };
                    let parked = self.values[*subject].parked.count(place);
                    (parked != Some(*count)).then(|| (*subject, place.clone()))
                });
            let others: Vec<_> = others.collect();
            if others.is_empty() {
                break seen;
            }
            // There are more values now, or fewer: nobody knows which is whose.
            without.extend(others);
            self.plan = planned(&self.values, &without)?;
        };
        self.plan.forgotten.extend(without.into_iter().map(|(_, place)| place));
        // SAFETY: it was just seen.
        let ready = unsafe { calls::call(&self.plan, &seen) }.map_err(|reason| vec![reason])?;
        self.staged = Some((seen, ready));
        Ok(())
    }

    /// For which layouts of types containers of erased values that move have counted, each as often as one has.
    pub(crate) fn counted_for(&self) -> &[*const ()] {
        self.staged.as_ref().map_or(&[], |(seen, _)| &seen.counted_for)
    }

    /// The values stay what they are.
    pub(crate) fn into_made(self) -> Made {
        Made(self.staged)
    }

    /// Looks whether the values are what they were when they were looked at first.
    ///
    /// # Safety
    /// As [`stage`](Move::stage).
    pub(crate) unsafe fn verify(&mut self) -> Result<(), Vec<Reason>> {
        let Some((seen, _)) = &self.staged else { return Ok(()) };
        if !self.plan.calls_authors() {
            return Ok(());
        }
        let at: Vec<_> = self.values.iter().map(|value| value.at.cast_const()).collect();
        // SAFETY: the caller's promise.
        let again = unsafe { look(&self.plan, &at) };
        if again.tape == seen.tape && again.reasons.is_empty() {
            return Ok(());
        }
        let what = "defaults or conversions have changed the old value, or hold on to it";
        let mut reasons = vec![Reason::new(Code::ChangedMeanwhile, what)];
        reasons.extend(again.reasons);
        Err(reasons)
    }

    /// Moves all values, each to its new place. Where they were there is nothing left.
    ///
    /// # Safety
    /// As [`stage`](Move::stage), which was done, and then [`verify`](Move::verify), and none of them has
    /// failed; nobody has used the values since. There is room for a value of each new type.
    pub(crate) unsafe fn fill(self, to: &[*mut u8]) -> Moved {
        let Move { mut values, plan, staged } = self;
        let (seen, ready) = staged.expect("it was staged");
        let count = |of: &dyn Fn(&How) -> bool| -> usize {
            let counts = plan.sources.iter().zip(&seen.counts);
            counts.filter(|(source, _)| of(&source.how)).map(|(_, count)| count).sum()
        };
        let mut moved = Moved {
            made: count(&|how| !matches!(how, How::Parked(..))),
            came_back: count(&|how| matches!(how, How::Parked(..))),
            parked: seen.leaving.iter().sum(),
            ..Moved::default()
        };
        let mut fill = Fill::new(&plan, seen, ready);
        for (index, source) in plan.sources.iter().enumerate() {
            if let How::Parked(subject, place) = &source.how
                && let Some(column) = values[*subject].parked.take(place)
            {
                fill.supplies[index] = Supply::of_column(column);
            }
        }
        for ((root, value), to) in plan.roots.iter().zip(&values).zip(to) {
            // SAFETY: the caller's promise.
            unsafe { fill.values(*root, Run::one(value.at), Run::one(*to), 1) };
        }
        fill.finish();
        moved.values = fill.moved;
        let columns = fill.into_columns();
        for (park, column) in plan.parks.iter().zip(columns) {
            let Value { parked, .. } = &mut values[park.subject];
            if let Some(before) = parked.put(park.place.clone(), column) {
                moved.replaced.add(park.place.clone(), before);
            }
        }
        moved.forgotten = plan.forgotten;
        moved
    }
}

/// Drops a value by its record, one part after the other. After the first panic, whose text it gives, the
/// rest is leaked.
///
/// # Safety
/// There is a value of the type, which nobody else uses, now or later. Its image stays mapped.
pub(crate) unsafe fn drop_value(moves: &'static Moves, at: *mut u8) -> Result<(), String> {
    // SAFETY: the caller's promise.
    unsafe { dropping::drop_all(moves, at, 1) }
}
