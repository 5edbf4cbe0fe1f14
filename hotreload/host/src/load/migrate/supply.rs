//! Values that were made in advance, for each source a column, in the order in which they are taken.

use hot_rt::rt::versioned::Moves;

use super::{
    dropping,
    memory::{Block, Run, size},
    parked::Column,
};

/// The values of one source.
pub(super) struct Supply {
    moves: &'static Moves,
    values: Block,
    made: usize,
    taken: usize,
    /// All get the same bits: these are taken again and again, and are never dropped.
    once: bool,
}

impl Supply {
    pub(super) fn with_room_for(moves: &'static Moves, count: usize) -> Supply {
        Supply { moves, values: Block::of(moves, count), made: 0, taken: 0, once: false }
    }

    pub(super) fn once(moves: &'static Moves) -> Supply {
        Supply { moves, values: Block::of(moves, 1), made: 0, taken: 0, once: true }
    }

    /// What was parked.
    pub(super) fn of_column(column: Column) -> Supply {
        let (moves, values, made) = column.into_parts();
        Supply { moves, values, made, taken: 0, once: false }
    }

    /// Where the next one is made.
    pub(super) fn end(&self) -> *mut u8 {
        // SAFETY: there is room for one more, or it is the end of the block.
        unsafe { self.values.at().add(self.made * size(self.moves)) }
    }

    /// Of a value.
    pub(super) fn size(&self) -> usize {
        size(self.moves)
    }

    /// So many more are there.
    pub(super) fn add(&mut self, count: usize) {
        self.made += count;
    }

    /// One that is not taken yet.
    pub(super) fn look(&self, index: usize) -> *const u8 {
        let index = if self.once { 0 } else { index };
        assert!(index < self.made, "as many were made as are taken");
        // SAFETY: it is one of those that are there.
        unsafe { self.values.at().add(index * size(self.moves)) }
    }

    /// The next so many, whose bits belong to the caller.
    pub(super) fn take(&mut self, count: usize) -> Run {
        if self.once {
            return Run::one(self.values.at());
        }
        assert!(count <= self.made - self.taken, "as many were made as are taken");
        let size = size(self.moves);
        // SAFETY: these are among those that are there.
        let at = unsafe { self.values.at().add(self.taken * size) };
        self.taken += count;
        Run { at, stride: size }
    }
}

impl Drop for Supply {
    fn drop(&mut self) {
        if self.once {
            return;
        }
        let left = self.made - self.taken;
        // SAFETY: these were made and not taken; nobody else has them. A panic ends the dropping, and
        // what is left is leaked: the move has failed for another reason, which is told.
        let _ = unsafe {
            let at = self.values.at().add(self.taken * size(self.moves));
            dropping::drop_all(self.moves, at, left)
        };
    }
}
