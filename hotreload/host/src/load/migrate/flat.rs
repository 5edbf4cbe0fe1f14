//! What is written into a new struct and needs nothing but the plan: bits of the old one, bits that all get,
//! numbers that become wider.

use super::{
    memory::{Run, copy, copy_one, widen},
    supply::Supply,
};
use crate::judge::moving::{How, Node, Plan, StructPlan, Widened};

/// Of one node that is a struct.
pub(super) struct Flat<'a> {
    pieces: Vec<Piece>,
    widened: &'a [Widened],
    /// What else is made, in the order in which it is taken: of which source, and where it comes to.
    pub(super) taken: Vec<(usize, usize)>,
    /// The new value is the old one's bits.
    pub(super) is_bits: bool,
}

/// Bits that come to this place.
struct Piece {
    from: From,
    to: usize,
    len: usize,
}

enum From {
    /// This place of the old struct.
    Old(usize),
    /// What was made once, for all.
    Once(*mut u8),
}

/// So many structs at a time stay in the first cache while one piece after the other is copied.
pub(super) const AT_ONCE: usize = 128;

/// Of each node of the plan; none of those that are no structs. The supplies stay as long as this is used.
pub(super) fn flats<'a>(plan: &'a Plan, supplies: &mut [Supply]) -> Vec<Option<Flat<'a>>> {
    let flats = plan.nodes.iter().map(|node| match node {
        Node::Struct(done) => Some(Flat::new(plan, done, supplies)),
        _ => None,
    });
    flats.collect()
}

impl<'a> Flat<'a> {
    fn new(plan: &Plan, done: &'a StructPlan, supplies: &mut [Supply]) -> Flat<'a> {
        let copies = done.copies.iter();
        let mut pieces: Vec<_> = copies
            .map(|copied| Piece { from: From::Old(copied.from), to: copied.to, len: copied.len })
            .collect();
        let mut taken = Vec::new();
        for made in &done.made {
            if matches!(plan.sources[made.source].how, How::Once(_)) {
                let supply = &mut supplies[made.source];
                let (once, len) = (supply.take(1).at, supply.size());
                pieces.push(Piece { from: From::Once(once), to: made.to, len });
            } else {
                taken.push((made.source, made.to));
            }
        }
        Flat { pieces, widened: &done.widened, taken, is_bits: done.is_bits() }
    }

    /// # Safety
    /// So many of the old structs are there, and room for so many new ones.
    pub(super) unsafe fn write(&self, from: Run, to: Run, count: usize) {
        // SAFETY: the plan's places are within the old and the new struct; what was made is there.
        unsafe {
            if count == 1 {
                for piece in &self.pieces {
                    let from = match piece.from {
                        From::Old(at) => from.at.add(at),
                        From::Once(once) => once,
                    };
                    copy_one(from, to.at.add(piece.to), piece.len);
                }
                return self.widen(from, to, 1);
            }
            let mut start = 0;
            while start < count {
                let some = (count - start).min(AT_ONCE);
                let from = Run { at: from.nth(start), ..from };
                let to = Run { at: to.nth(start), ..to };
                for piece in &self.pieces {
                    let from = match piece.from {
                        From::Old(at) => from.part(at),
                        From::Once(once) => Run::one(once),
                    };
                    copy(from, to.part(piece.to), piece.len, some);
                }
                self.widen(from, to, some);
                start += some;
            }
        }
    }

    /// # Safety
    /// As above.
    unsafe fn widen(&self, from: Run, to: Run, count: usize) {
        for it in self.widened {
            for index in 0..count {
                // SAFETY: the caller's promise.
                unsafe {
                    let old = from.part(it.from.0).nth(index);
                    widen((old, it.from.1), (to.part(it.to.0).nth(index), it.to.1));
                }
            }
        }
    }
}
