//! Allocation through the host, for hosts whose allocator is not the system's.

use core::alloc::{GlobalAlloc, Layout};
use std::alloc::System;

use crate::alone::table;

/// The global allocator of a bundle that was built with `--cfg hot_forward_allocator`: memory that
/// one side allocates may be freed by the other.
#[derive(Debug)]
pub struct Forward;

// SAFETY: every method passes its arguments on to the host's global allocator (or to System where
// there is none), whose contract is the same.
unsafe impl GlobalAlloc for Forward {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { (table().alloc)(layout.size(), layout.align()) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { (table().alloc_zeroed)(layout.size(), layout.align()) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { (table().realloc)(block, layout.size(), layout.align(), size) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise.
        unsafe { (table().dealloc)(block, layout.size(), layout.align()) }
    }
}

/// Defines the four functions of a host table over an allocator.
macro_rules! table_functions {
    ($vis:vis fn, $allocator:expr; $alloc:ident $alloc_zeroed:ident $realloc:ident $dealloc:ident) => {
        /// As the method of `GlobalAlloc`.
        ///
        /// # Safety
        /// As there.
        $vis unsafe extern "C" fn $alloc(size: usize, align: usize) -> *mut u8 {
            // SAFETY: `Forward` passes a valid layout on.
            unsafe { $allocator.alloc(Layout::from_size_align_unchecked(size, align)) }
        }
        /// As the method of `GlobalAlloc`.
        ///
        /// # Safety
        /// As there.
        $vis unsafe extern "C" fn $alloc_zeroed(size: usize, align: usize) -> *mut u8 {
            // SAFETY: `Forward` passes a valid layout on.
            unsafe { $allocator.alloc_zeroed(Layout::from_size_align_unchecked(size, align)) }
        }
        /// As the method of `GlobalAlloc`.
        ///
        /// # Safety
        /// As there.
        $vis unsafe extern "C" fn $realloc(
            block: *mut u8,
            size: usize,
            align: usize,
            new_size: usize,
        ) -> *mut u8 {
            // SAFETY: `Forward` passes a block of this allocator and its layout on.
            unsafe {
                $allocator.realloc(block, Layout::from_size_align_unchecked(size, align), new_size)
            }
        }
        /// As the method of `GlobalAlloc`.
        ///
        /// # Safety
        /// As there.
        $vis unsafe extern "C" fn $dealloc(block: *mut u8, size: usize, align: usize) {
            // SAFETY: `Forward` passes a block of this allocator and its layout on.
            unsafe { $allocator.dealloc(block, Layout::from_size_align_unchecked(size, align)) }
        }
    };
}

table_functions!(pub(crate) fn, System; alloc_alone alloc_zeroed_alone realloc_alone dealloc_alone);

pub use host::{alloc_host, alloc_zeroed_host, dealloc_host, realloc_host};

mod host {
    use super::*;

    /// The global allocator of the image, whatever it is.
    struct Global;

    // SAFETY: passes everything on to the global allocator.
    unsafe impl GlobalAlloc for Global {
        unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
            // SAFETY: the caller's promise.
            unsafe { std::alloc::alloc(layout) }
        }
        unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
            // SAFETY: the caller's promise.
            unsafe { std::alloc::alloc_zeroed(layout) }
        }
        unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
            // SAFETY: the caller's promise.
            unsafe { std::alloc::realloc(block, layout, size) }
        }
        unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
            // SAFETY: the caller's promise.
            unsafe { std::alloc::dealloc(block, layout) }
        }
    }

    table_functions!(pub fn, Global; alloc_host alloc_zeroed_host realloc_host dealloc_host);
}
