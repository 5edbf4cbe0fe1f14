//! An allocator that counts for each thread what is allocated, and checks each layout that is given back.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    cell::Cell,
};

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
}

/// How many blocks this thread has allocated, less those that it has given back.
pub(super) fn live() -> isize {
    LIVE.get()
}

struct Counting;

#[global_allocator]
static HEAP: Counting = Counting;

/// The layout is written in front of each block.
fn outer(layout: Layout) -> (Layout, usize) {
    Layout::new::<[usize; 2]>().extend(layout).expect("small enough")
}

// SAFETY: each block is one of the system's, behind room for its layout.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (whole, at) = outer(layout);
        // A thread that comes to its end may have lost the count.
        let _ = LIVE.try_with(|live| live.set(live.get() + 1));
        // SAFETY: the layout has a size; the words are in front of the block, which is behind them.
        unsafe {
            let block = System.alloc(whole).add(at);
            block.cast::<[usize; 2]>().sub(1).write_unaligned([layout.size(), layout.align()]);
            block
        }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        let (whole, at) = outer(layout);
        let _ = LIVE.try_with(|live| live.set(live.get() - 1));
        // SAFETY: it is one that `alloc` has given.
        unsafe {
            let was = block.cast::<[usize; 2]>().sub(1).read_unaligned();
            if was != [layout.size(), layout.align()] {
                eprintln!("freed as {layout:?}, allocated as {was:?}");
                std::process::abort();
            }
            System.dealloc(block.sub(at), whole);
        }
    }
}
