//! A host whose allocator has memory of its own for small blocks, which it never gives back, and passes
//! large ones on to the system's: whoever tries it with the wrong size takes it for the system's.

use std::{
    alloc::{GlobalAlloc, Layout, System},
    ptr,
    sync::atomic::{AtomicPtr, AtomicUsize, Ordering::SeqCst},
};

const SIZE: usize = 1 << 28;

/// The largest block of the arena.
const SMALL: usize = 256;

/// One block of the system's, which is cut into pieces.
struct Arena {
    memory: AtomicPtr<u8>,
    used: AtomicUsize,
}

impl Arena {
    fn memory(&self) -> *mut u8 {
        let memory = self.memory.load(SeqCst);
        if !memory.is_null() {
            return memory;
        }
        // SAFETY: the layout has a size.
        let fresh = unsafe { System.alloc(Layout::new::<[u8; SIZE]>()) };
        match self.memory.compare_exchange(ptr::null_mut(), fresh, SeqCst, SeqCst) {
            Ok(_) => fresh,
            // Of two threads the other one was first. What this one asked for stays unused.
            Err(first) => first,
        }
    }
}

// SAFETY: small blocks lie in the arena's memory, no two of them overlap, and they are as large and
// as aligned as the layout asks; or they are null. The others are System's, which frees them.
unsafe impl GlobalAlloc for Arena {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.size() > SMALL {
            // SAFETY: the caller's promise.
            return unsafe { System.alloc(layout) };
        }
        let memory = self.memory();
        // Room to align what begins anywhere.
        let size = layout.size() + layout.align();
        let at = self.used.fetch_add(size, SeqCst);
        if memory.is_null() || at + size > SIZE {
            return ptr::null_mut();
        }
        let block = memory.wrapping_add(at);
        block.wrapping_add(block.align_offset(layout.align()))
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if layout.size() > SMALL {
            // SAFETY: a block of this size came from System, with this layout.
            unsafe { System.dealloc(block, layout) }
        } else {
            let at = block.addr().wrapping_sub(self.memory().addr());
            // A block that another allocator has made.
            if at >= SIZE {
                std::process::abort();
            }
        }
    }
}

#[global_allocator]
static ALLOCATOR: Arena =
    Arena { memory: AtomicPtr::new(ptr::null_mut()), used: AtomicUsize::new(0) };

fn main() {
    tests::exchange::main(hot::Host::builder(), || 0);
}
