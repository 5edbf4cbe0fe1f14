//! What owns a block of the heap: sequences and boxes.

use std::{alloc::Layout, mem::MaybeUninit, ptr};

use hot_rt::rt::versioned::Sequence;

use super::{
    fill::Fill,
    memory::{Block, Run, array, free, resize},
};
use crate::{judge::moving::Id, platform};

impl Fill<'_> {
    /// # Safety
    /// As [`values`](Fill::values), of one such sequence; the layouts are those of an old and a new element.
    pub(super) unsafe fn sequence(
        &mut self,
        (old, new): (&Sequence, &Sequence),
        element: Id,
        (was, is): (Layout, Layout),
        (from, to): (*mut u8, *mut u8),
    ) {
        // SAFETY: the caller's promise. The new sequence gets the old one's buffer, or a new one, and
        // then the old one is freed.
        unsafe {
            let opened = (old.open)(from);
            let [(first, count), (_, more)] = opened.runs;
            if count + more == 0 {
                (old.release)(from);
                return (new.build)(ptr::without_provenance_mut(is.align()), 0, 0, to);
            }
            // What was made is counted by whole runs, so that only what needs nothing is done in parts.
            if opened.capacity != 0 && self.plan.light[element] {
                let buffer = first.cast_mut();
                if was == is {
                    platform::deep(|| self.in_place(element, is, buffer, count));
                    return (new.build)(buffer, count, opened.capacity, to);
                }
                if is_large(was, opened.capacity) && was.align() == is.align() {
                    let (held, needed) = (array(was, opened.capacity), array(is, count));
                    let buffer = platform::deep(|| {
                        self.resized(element, (was, is), (held, needed), (buffer, count))
                    });
                    return (new.build)(buffer, count, count, to);
                }
            }
            let buffer = Block::new(array(is, count + more));
            let mut done = buffer.at();
            for (run, count) in opened.runs {
                let from = Run { at: run.cast_mut(), stride: was.size() };
                let to = Run { at: done, stride: is.size() };
                platform::deep(|| self.values(element, from, to, count));
                done = done.add(count * is.size());
            }
            (old.release)(from);
            (new.build)(buffer.give(), count + more, count + more, to);
        }
    }

    /// Values of one size and alignment stay where they are.
    ///
    /// # Safety
    /// As [`values`](Fill::values); it is the place of the old ones, and the new ones come to the same.
    unsafe fn in_place(&mut self, element: Id, each: Layout, buffer: *mut u8, count: usize) {
        let size = each.size();
        let mut room = [MaybeUninit::<u128>::uninit(); 64];
        let fits = size_of_val(&room).checked_div(size).unwrap_or(0);
        let large = (fits == 0 || each.align() > 16).then(|| Block::new(each));
        let fits = if large.is_some() { 1 } else { fits };
        let room = large.as_ref().map_or(room.as_mut_ptr().cast(), Block::at);
        let mut start = 0;
        while start < count {
            let some = (count - start).min(fits);
            // SAFETY: the old values are moved aside, as many as there is room for.
            unsafe {
                let at = Run { at: buffer.add(start * size), stride: size };
                ptr::copy_nonoverlapping(at.at, room, some * size);
                self.values(element, Run { at: room, stride: size }, at, some);
            }
            start += some;
        }
    }

    /// Values of another size stay in the old buffer, which grows or shrinks: the system moves the pages of a
    /// large one, where fresh ones would have to be emptied first.
    ///
    /// # Safety
    /// As [`values`](Fill::values), of so many values of these layouts, which are aligned alike. The heap has
    /// given the buffer as it is held, which is enough for the old ones; what is needed is just enough for
    /// the new ones. The buffer belongs to nobody but who gets it from here.
    unsafe fn resized(
        &mut self,
        element: Id,
        (was, is): (Layout, Layout),
        (held, needed): (Layout, Layout),
        (buffer, count): (*mut u8, usize),
    ) -> *mut u8 {
        const AT_ONCE: usize = 1024;
        let (old, new) = (was.size(), is.size());
        let room = Block::new(array(was, count.min(AT_ONCE)));
        let grows = new > old;
        // SAFETY: the old values are moved aside, as many as there is room for. Where their new ones come to,
        // no old one is left: from the last to the first if they grow, and else from the first to the last.
        // Meanwhile the buffer has what the larger ones need.
        unsafe {
            let buffer = if grows { resize(buffer, held, needed) } else { buffer };
            let parts = count.div_ceil(AT_ONCE);
            for part in 0..parts {
                let start = AT_ONCE * if grows { parts - 1 - part } else { part };
                let some = (count - start).min(AT_ONCE);
                ptr::copy_nonoverlapping(buffer.add(start * old), room.at(), some * old);
                let from = Run { at: room.at(), stride: old };
                let to = Run { at: buffer.add(start * new), stride: new };
                self.values(element, from, to, some);
            }
            if grows { buffer } else { resize(buffer, held, needed) }
        }
    }

    /// # Safety
    /// As [`values`](Fill::values), of so many boxes of values with a size; the layouts are those of an old
    /// and a new value.
    pub(super) unsafe fn boxes(
        &mut self,
        element: Id,
        (was, is): (Layout, Layout),
        from: Run,
        to: Run,
        count: usize,
    ) {
        // The stack is looked at once for all of them: one is not deeper than the other.
        platform::deep(|| {
            for index in 0..count {
                // SAFETY: the caller's promise: a box is the address of its value, which the heap has given.
                unsafe {
                    let (from, to) = (from.nth(index), to.nth(index).cast::<*mut u8>());
                    let old = from.cast::<*mut u8>().read();
                    if was == is && was.size() != 0 {
                        self.in_place(element, is, old, 1);
                        to.write(old);
                    } else {
                        let new = Block::new(is);
                        self.values(element, Run::one(old), Run::one(new.at()), 1);
                        free(old, was);
                        to.write(new.give());
                    }
                }
            }
        });
    }
}

/// Whether a block of so many values is so large that the system's heap asks the system for each block like it,
/// which can be resized without a copy. (Another heap may copy it, and then it takes longer.)
fn is_large(each: Layout, count: usize) -> bool {
    each.size() * count >= 32 << 20
}
