//! A variant is built by the image that knows it, from fields that are moved or made beside it.

use std::{
    cell::{Cell, RefCell, UnsafeCell},
    ptr,
};

use hot_rt::rt::versioned::{Choice, Moves};

use super::{
    fill::Fill,
    memory::{Block, Run, layout},
};
use crate::judge::moving::{Arm, ArmPart, Node};

/// Of most variants: more fields, and larger ones, take memory of the heap.
const FIELDS: usize = 8;
const WORDS: usize = 16;

/// A few fields at most.
struct Fields {
    few: [*const u8; FIELDS],
    many: Vec<*const u8>,
}

impl Fields {
    fn new(count: usize) -> Fields {
        let many = if count > FIELDS { vec![ptr::null(); count] } else { Vec::new() };
        Fields { few: [ptr::null(); FIELDS], many }
    }

    fn all(&mut self) -> &mut [*const u8] {
        if self.many.is_empty() { &mut self.few } else { &mut self.many }
    }
}

/// Room for fields that are not whole yet. Only used by shared references: the fields' addresses stay good.
struct Room {
    words: UnsafeCell<[u128; WORDS]>,
    used: Cell<usize>,
    blocks: RefCell<Vec<Block>>,
}

impl Room {
    fn of(&self, moves: &Moves) -> *mut u8 {
        let layout = layout(moves);
        let words = layout.size().div_ceil(size_of::<u128>());
        let used = self.used.get();
        if layout.align() <= align_of::<u128>() && words <= WORDS - used {
            self.used.set(used + words);
            // SAFETY: so many words are there, of which this one is at most the end.
            return unsafe { self.words.get().cast::<u128>().add(used) }.cast();
        }
        let block = Block::of(moves, 1);
        let at = block.at();
        self.blocks.borrow_mut().push(block);
        at
    }
}

impl Fill<'_> {
    /// # Safety
    /// As [`values`](Fill::values), of one such value.
    pub(super) unsafe fn choice(
        &mut self,
        (old, new): (&Choice, &Choice),
        arms: &[Option<Arm>],
        from: *mut u8,
        to: *mut u8,
    ) {
        let most = old.variants.iter().map(|branch| branch.fields.len()).max().unwrap_or(0);
        let mut fields = Fields::new(most);
        // SAFETY: there is such a value, and room for the fields of every variant.
        let variant = unsafe { (old.open)(from, fields.all().as_mut_ptr()) };
        let Some(Some(arm)) = arms.get(variant) else {
            // The walk has seen no such value, and nobody was let in since: it would be half moved.
            std::process::abort()
        };
        // SAFETY: these are its fields.
        unsafe { self.arm(arm, fields.all(), new, to) };
    }

    /// # Safety
    /// These are the fields of the variant, and there is room for the new value.
    unsafe fn arm(&mut self, arm: &Arm, old: &[*const u8], new: &Choice, to: *mut u8) {
        self.moved += 1;
        let mut fields = Fields::new(arm.parts.len());
        let room = Room {
            words: UnsafeCell::new([0; WORDS]),
            used: Cell::new(0),
            blocks: RefCell::default(),
        };
        // SAFETY: each old field is moved once, to room for the new one; what was made is there, as
        // bits that are used once. Then all of them are in the new value.
        unsafe {
            for index in &arm.order {
                let (part, moves) = &arm.parts[*index];
                fields.all()[*index] = match part {
                    ArmPart::Moved(from, node) => {
                        let from = old[*from];
                        match &self.plan.nodes[*node] {
                            Node::Struct(done) if done.is_bits() => from,
                            _ => {
                                let at = room.of(moves);
                                self.values(*node, Run::one(from.cast_mut()), Run::one(at), 1);
                                at
                            }
                        }
                    }
                    ArmPart::Made(made) => self.supplies[made.source].take(1).at,
                };
            }
            for leaving in &arm.parked {
                let from = Run::one(old[leaving.from].cast_mut());
                self.columns[leaving.park].push(from, 1);
            }
            (new.build)(arm.to, fields.all().as_ptr(), to);
        }
    }
}
