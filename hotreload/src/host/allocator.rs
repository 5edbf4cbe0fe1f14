//! Whether bundles may free what the host allocates, and the reverse.
//!
//! A bundle built by plain cargo allocates with [`System`]. That is sound if the host's
//! `#[global_allocator]` is [`System`] or only wraps it (counts, traces): a block of one is then
//! a block of the other.
//!
//! There is no way to ask, and freeing a block with the wrong allocator to see what happens is
//! undefined. So nothing is freed across: a block of one allocator is freed *by that allocator*,
//! and then the other is asked for blocks of that size. If they share their free lists, it hands
//! out the same address; if not, it cannot, because the first still owns that address.

use std::{
    alloc::{GlobalAlloc, Layout, System, alloc, dealloc},
    hint::black_box,
};

/// Sizes that fill a block of glibc's to the last byte (16 n + 8). An allocator that adds even
/// one byte of its own to each block asks System for another class of blocks, and is found out.
const SIZES: [usize; 8] = [264, 360, 456, 552, 648, 744, 840, 936];

/// How often a size is tried, since other threads can come between: where threads share a heap,
/// glibc may just have filled this thread's cache from it.
const ATTEMPTS: usize = 4;

/// How many blocks are looked at, at most, to find those for the attempts. A free block of 16
/// bytes more than asked for is too small to be cut: glibc hands it out whole, and takes it back
/// as one of another size. A heap may be full of them.
const LOOKS: usize = 4096;

/// Whether the global allocator is [`System`], or a wrapper that adds nothing to a block.
///
/// `false` is the safe answer: an allocator that hands out its free blocks in another order than
/// glibc hides that they are shared. An allocator with memory of its own can never feign it. One
/// that pads System's blocks could only where threads keep no free blocks (glibc's tunable
/// `tcache_count=0`) and other threads use the same heap: eight sizes, both ways, make it rare.
///
/// The calling thread does as well as a fresh one, by trial: what other threads do meanwhile
/// matters, not what this one has freed before.
pub(crate) fn is_system_compatible() -> bool {
    share_blocks(&System, &Global)
}

fn share_blocks(one: &dyn GlobalAlloc, other: &dyn GlobalAlloc) -> bool {
    SIZES.into_iter().all(|size| {
        let layout = Layout::from_size_align(size, 8).expect("a valid layout");
        hands_over(one, other, layout) && hands_over(other, one, layout)
    })
}

/// Whether `to` hands out the address of a block that `from` has freed, where `from` itself does.
fn hands_over(from: &dyn GlobalAlloc, to: &dyn GlobalAlloc, layout: Layout) -> bool {
    // Kept until the end, lest they come again. Room for all of them, made now: what this list
    // asks for meanwhile would come between.
    let mut kept = Vec::with_capacity(3 * LOOKS);
    let (mut attempts, mut found) = (0, false);
    for _ in 0..LOOKS {
        // Three blocks, of which the middle one is freed: between two that are in use it cannot
        // melt into free space that a larger block would be cut from. With more than one, glibc's
        // cache of the thread, full or just filled, has room for the one that is freed.
        let blocks = [(); 3].map(|()| allocate(from, layout));
        let freed = blocks[1].addr();
        free(from, blocks[1], layout);
        let again = allocate(from, layout);
        kept.extend([blocks[0], blocks[2]]);
        if again.addr() != freed || again.is_null() {
            kept.push(again);
            continue;
        }
        free(from, again, layout);

        // One block only: the more are asked for, the more often does an allocator that pads its
        // blocks happen on the address by way of a heap shared with other threads.
        let asked = allocate(to, layout);
        found = asked.addr() == freed;
        free(to, asked, layout);
        attempts += 1;
        if found || attempts == ATTEMPTS {
            break;
        }
    }
    kept.into_iter().for_each(|block| free(from, block, layout));
    found
}

/// A block, or null. The compiler knows allocators, and may remove an allocation whose result it
/// sees unused: `black_box` hides where the pointer goes.
fn allocate(from: &dyn GlobalAlloc, layout: Layout) -> *mut u8 {
    debug_assert_ne!(layout.size(), 0);
    // SAFETY: the layout's size is not zero: it is one of `SIZES`.
    black_box(unsafe { from.alloc(layout) })
}

/// Frees what [`allocate`] gave, if it gave anything. Each caller frees a block once, with the
/// allocator and layout that it came from.
fn free(from: &dyn GlobalAlloc, block: *mut u8, layout: Layout) {
    if !block.is_null() {
        // SAFETY: `block` is `from`'s own, allocated with this layout, and freed once: the caller
        // keeps at most its address, as a number.
        unsafe { from.dealloc(block, layout) };
    }
}

/// The program's global allocator, as a value.
struct Global;

// SAFETY: both methods are the global allocator's own, which keeps this contract; the others are
// the trait's, made of these two.
unsafe impl GlobalAlloc for Global {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller gives a layout whose size is not zero.
        unsafe { alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller gives a block of this allocator with the layout it was asked with.
        unsafe { dealloc(block, layout) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adds to each block of System's.
    struct Padded;

    // SAFETY: System's own promise, for a layout that is larger than the one asked for.
    unsafe impl GlobalAlloc for Padded {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: the caller's promise; the size is not zero.
            unsafe { System.alloc(padded(layout)) }
        }

        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            // SAFETY: the caller's promise; the block came from `alloc` above.
            unsafe { System.dealloc(block, padded(layout)) }
        }
    }

    fn padded(layout: Layout) -> Layout {
        Layout::from_size_align(layout.size() + 1, layout.align()).unwrap()
    }

    /// Leaves this thread with free blocks, each a little larger than one of a size asks for: too
    /// little to cut off.
    fn leave_holes() -> Vec<Vec<u8>> {
        let hole = |size| move |_| (vec![0_u8; size + 16], vec![0_u8; 24]);
        let blocks = SIZES.into_iter().flat_map(|size| (0..400).map(hole(size)));
        let (holes, between): (Vec<_>, Vec<_>) = blocks.unzip();
        drop(holes);
        between
    }

    #[test]
    fn system_is_compatible_with_itself() {
        // Whatever blocks this thread keeps.
        for size in SIZES {
            drop((0..20).map(|_| vec![0_u8; size]).collect::<Vec<_>>());
        }
        assert!((0..100).all(|_| is_system_compatible()));
        let between = leave_holes();
        assert!((0..100).all(|_| is_system_compatible()));
        drop(between);
    }

    #[test]
    fn an_allocator_that_pads_blocks_is_found_out() {
        assert!((0..100).all(|_| !share_blocks(&System, &Padded)));
        let between = leave_holes();
        assert!((0..100).all(|_| !share_blocks(&System, &Padded)));
        drop(between);
    }
}
