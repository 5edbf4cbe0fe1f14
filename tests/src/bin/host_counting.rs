//! A host whose allocator wraps the system's.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    sync::atomic::{AtomicIsize, Ordering::Relaxed},
};

/// Counts the live bytes, and the blocks that only the bundle's constructor asks for.
struct Counting;

static LIVE: AtomicIsize = AtomicIsize::new(0);
static EARLY: AtomicIsize = AtomicIsize::new(0);

// SAFETY: passes everything on to System.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE.fetch_add(layout.size().cast_signed(), Relaxed);
        EARLY.fetch_add(isize::from(layout.size() == tests::exchange::EARLY), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        LIVE.fetch_sub(layout.size().cast_signed(), Relaxed);
        // SAFETY: the caller's promise.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

fn main() {
    // SAFETY: each block is one of System with the same layout.
    let builder = unsafe { hot::Host::builder().allocator(hot::Allocator::System) };
    tests::exchange::main(builder, || LIVE.load(Relaxed));
    println!("{} early", EARLY.load(Relaxed));
}
