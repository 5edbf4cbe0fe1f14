//! `Vec`, `VecDeque`, `Box<[T]>`.

use std::collections::VecDeque;

use super::{Runs, Sequence};
use crate::Versioned;

// SAFETY, of every function here: whoever calls it gives the address of such a value; of a new one, room for
// it, and a buffer of the heap that both images share, which has so many values and the layout of an
// array of `capacity`. What is released has been moved out.

/// One run, in a buffer that may be taken, and is written to then: so no reference to it is made.
fn whole<T>(values: *const T, count: usize, capacity: usize) -> Runs {
    Runs { runs: [(values.cast(), count), (std::ptr::dangling::<T>().cast(), 0)], capacity }
}

/// Frees a buffer and drops nothing of it.
fn release<T>(mut values: Vec<T>) {
    // SAFETY: it is not longer than it was; the values belong to somebody else.
    unsafe { values.set_len(0) };
}

/// # Safety
/// As above.
unsafe fn build<T>(buffer: *mut u8, count: usize, capacity: usize) -> Vec<T> {
    // SAFETY: the caller's promise.
    unsafe { Vec::from_raw_parts(buffer.cast(), count, capacity) }
}

pub(crate) const fn vec<T: Versioned>() -> Sequence {
    Sequence {
        element: T::moves,
        open: |at| {
            // SAFETY: above.
            let values = unsafe { &*at.cast::<Vec<T>>() };
            whole(values.as_ptr(), values.len(), values.capacity())
        },
        // SAFETY: above.
        release: |at| release(unsafe { at.cast::<Vec<T>>().read() }),
        // SAFETY: above.
        build: |buffer, count, capacity, out| unsafe {
            out.cast::<Vec<T>>().write(build(buffer, count, capacity));
        },
    }
}

pub(crate) const fn deque<T: Versioned>() -> Sequence {
    Sequence {
        open: |at| {
            // SAFETY: above.
            let values = unsafe { &*at.cast::<VecDeque<T>>() };
            // The values may begin anywhere in its buffer.
            let runs: [&[T]; 2] = values.as_slices().into();
            Runs { runs: runs.map(|run| (run.as_ptr().cast(), run.len())), capacity: 0 }
        },
        // SAFETY: above. The bits may be moved within the buffer; nobody looks at them.
        release: |at| release(unsafe { at.cast::<VecDeque<T>>().read() }.into()),
        // SAFETY: above.
        build: |buffer, count, capacity, out| unsafe {
            out.cast::<VecDeque<T>>().write(build(buffer, count, capacity).into());
        },
        ..vec::<T>()
    }
}

pub(super) const fn boxed<T: Versioned>() -> Sequence {
    Sequence {
        open: |at| {
            // SAFETY: above.
            let values = unsafe { &raw const **at.cast::<Box<[T]>>() };
            whole(values.cast::<T>(), values.len(), values.len())
        },
        // SAFETY: above.
        release: |at| release(unsafe { at.cast::<Box<[T]>>().read() }.into_vec()),
        // SAFETY: above.
        build: |buffer, count, capacity, out| unsafe {
            out.cast::<Box<[T]>>().write(build(buffer, count, capacity).into_boxed_slice());
        },
        ..vec::<T>()
    }
}
