//! What a move removes stays, in its old form, as long as its generation may come back.

use std::{collections::BTreeMap, mem};

use hot_rt::rt::versioned::Moves;

use super::{
    dropping,
    memory::{Block, Run, copy, size},
};
use crate::judge::moving::Aside;

/// What is parked of one state, by the place that it had: `World.enemies[].path`.
#[derive(Default)]
pub(crate) struct Parked(BTreeMap<String, Column>);

/// Values of one place, in the order in which they were met.
pub(crate) struct Column {
    moves: &'static Moves,
    values: Block,
    count: usize,
    /// They may come back in another order: only good for being dropped.
    shuffled: bool,
    /// Somebody may have changed the value that these were taken from since then.
    written: bool,
}

// SAFETY: the values are those of a state, which any thread may drop: a `State` is `Sync` only for values
// that are `Send`. Or of a handle, which keeps them where they are. If its type was not `Send` it moves only on the
// thread that made it, and where the new version is, no code that could give it to another thread gets it: the
// signature or the static that leads to it has changed. Until they are dropped nobody looks at them.
unsafe impl Send for Column {}

impl Parked {
    /// What may come back to a place.
    pub(super) fn of(&self, place: &str) -> Option<Aside> {
        let column = self.0.get(place).filter(|column| !column.shuffled)?;
        Some(Aside { moves: column.moves, written: column.written })
    }

    /// Somebody may have changed the value that all of it was taken from.
    pub(crate) fn mark_written(&mut self) {
        self.0.values_mut().for_each(|column| column.written = true);
    }

    pub(super) fn count(&self, place: &str) -> Option<usize> {
        self.0.get(place).map(|column| column.count)
    }

    pub(super) fn take(&mut self, place: &str) -> Option<Column> {
        self.0.remove(place)
    }

    /// Gives back what was parked there before.
    #[must_use]
    pub(super) fn put(&mut self, place: String, column: Column) -> Option<Column> {
        self.0.insert(place, column)
    }

    /// One more column of what is to be dropped.
    pub(super) fn add(&mut self, place: String, column: Column) {
        let mut at = place;
        while self.0.contains_key(&at) {
            // Of another state.
            at.push('\'');
        }
        self.0.insert(at, column);
    }

    /// How many values there are.
    pub(crate) fn len(&self) -> usize {
        self.0.values().map(|column| column.count).sum()
    }

    /// Drops all of it; gives the texts of panics, one for each place at most, with the place. What was left there is
    /// leaked.
    pub(crate) fn drop_all(self) -> Vec<(String, String)> {
        let panics = self.0.into_iter().filter_map(|(place, column)| {
            let panic = column.drop_all().err()?;
            Some((place, panic))
        });
        panics.collect()
    }
}

impl Column {
    pub(super) fn with_room_for(moves: &'static Moves, count: usize, shuffled: bool) -> Column {
        Column { moves, values: Block::of(moves, count), count: 0, shuffled, written: false }
    }

    /// Takes over the bits of so many values.
    ///
    /// # Safety
    /// They are there, are used no more where they are, and there is room for them.
    pub(super) unsafe fn push(&mut self, from: Run, count: usize) {
        let size = size(self.moves);
        // SAFETY: the caller's promise.
        unsafe {
            let to = Run { at: self.values.at().add(self.count * size), stride: size };
            copy(from, to, size, count);
        }
        self.count += count;
    }

    /// The values, which belong to the caller from now on.
    pub(super) fn into_parts(mut self) -> (&'static Moves, Block, usize) {
        let count = mem::take(&mut self.count);
        (self.moves, mem::replace(&mut self.values, Block::of(self.moves, 0)), count)
    }

    /// Drops the values; gives the text of a panic, after which the rest is leaked.
    pub(super) fn drop_all(mut self) -> Result<(), String> {
        let count = mem::take(&mut self.count);
        // SAFETY: the values are the column's own, and it has none from now on.
        unsafe { dropping::drop_all(self.moves, self.values.at(), count) }
    }
}

impl Drop for Column {
    fn drop(&mut self) {
        let count = mem::take(&mut self.count);
        // SAFETY: as above. Who wants to know of a panic calls the other function.
        let _ = unsafe { dropping::drop_all(self.moves, self.values.at(), count) };
    }
}
