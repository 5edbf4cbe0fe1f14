//! Memory for values that are not there yet, or not there any more; and bits on their way.

use std::{
    alloc::{Layout, alloc, dealloc, handle_alloc_error, realloc},
    mem::{MaybeUninit, forget},
    ptr,
};

use hot_rt::rt::versioned::Moves;

use crate::{judge::moving::Number, platform};

pub(super) fn layout(moves: &Moves) -> Layout {
    moves.table.layout()
}

pub(super) fn size(moves: &Moves) -> usize {
    layout(moves).size()
}

/// Of so many values, one beside the other.
pub(super) fn array(one: Layout, count: usize) -> Layout {
    let size = one.size().checked_mul(count);
    let whole = size.and_then(|size| Layout::from_size_align(size, one.align()).ok());
    // As a `Vec` would: the elements of the old version fit, but these are larger.
    whole.unwrap_or_else(|| handle_alloc_error(one))
}

/// Memory of the one heap that host and bundles share. What is in it is somebody else's to drop.
pub(super) struct Block {
    at: *mut u8,
    layout: Layout,
}

impl Block {
    /// For so many values of a type, one beside the other.
    pub(super) fn of(moves: &Moves, count: usize) -> Block {
        Block::new(array(layout(moves), count))
    }

    pub(super) fn new(layout: Layout) -> Block {
        if layout.size() == 0 {
            return Block { at: ptr::without_provenance_mut(layout.align()), layout };
        }
        // SAFETY: the size is not zero.
        let at = unsafe { alloc(layout) };
        if at.is_null() {
            handle_alloc_error(layout);
        }
        // SAFETY: it was just allocated.
        unsafe { platform::prefer_large_pages(at, layout.size()) };
        Block { at, layout }
    }

    pub(super) fn at(&self) -> *mut u8 {
        self.at
    }

    /// It belongs to a value from now on, which frees it.
    pub(super) fn give(self) -> *mut u8 {
        let at = self.at;
        forget(self);
        at
    }
}

impl Drop for Block {
    fn drop(&mut self) {
        // SAFETY: it has this layout, and nobody was given it.
        unsafe { free(self.at, self.layout) };
    }
}

/// # Safety
/// It was allocated with this layout, if that has a size, and nobody uses it any more.
pub(super) unsafe fn free(at: *mut u8, layout: Layout) {
    if layout.size() != 0 {
        // SAFETY: the caller's promise.
        unsafe { dealloc(at, layout) };
    }
}

/// The same memory with another size, wherever it is then.
///
/// # Safety
/// It was allocated with the old layout, which has a size, as the new one has; the alignment is the same.
pub(super) unsafe fn resize(at: *mut u8, old: Layout, new: Layout) -> *mut u8 {
    // SAFETY: the caller's promise; a layout's size is never too large.
    let at = unsafe { realloc(at, old, new.size()) };
    if at.is_null() {
        handle_alloc_error(new);
    }
    // SAFETY: it was just allocated. What is in it already stays.
    unsafe { platform::prefer_large_pages(at, new.size()) };
    at
}

/// Places for values, one behind the other, so many bytes apart.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) at: *mut u8,
    pub(super) stride: usize,
}

impl Run {
    pub(super) fn one(at: *mut u8) -> Run {
        Run { at, stride: 0 }
    }

    /// The part of each that begins at this offset.
    ///
    /// # Safety
    /// The offset is within the values.
    pub(super) unsafe fn part(self, offset: usize) -> Run {
        // SAFETY: the caller's promise.
        Run { at: unsafe { self.at.add(offset) }, ..self }
    }

    /// # Safety
    /// There are more than this many.
    pub(super) unsafe fn nth(self, index: usize) -> *mut u8 {
        // SAFETY: the caller's promise.
        unsafe { self.at.add(index * self.stride) }
    }
}

/// Copies so many pieces of one length: by a loop of its own for each length that is usual.
///
/// # Safety
/// So many pieces are at both runs, and they are not in each other's way.
pub(super) unsafe fn copy(from: Run, to: Run, len: usize, count: usize) {
    /// # Safety
    /// As above, of this length.
    unsafe fn fixed<const LEN: usize>(from: Run, to: Run, count: usize) {
        for index in 0..count {
            // SAFETY: the caller's promise. Bytes need no alignment, and whatever they are, they
            // may be copied.
            unsafe {
                let piece = from.nth(index).cast::<MaybeUninit<[u8; LEN]>>().read();
                to.nth(index).cast::<MaybeUninit<[u8; LEN]>>().write(piece);
            }
        }
    }
    macro_rules! lengths {
        ($($len:literal)*) => {
            match len {
                // SAFETY: the caller's promise.
                $($len => unsafe { fixed::<$len>(from, to, count) },)*
                _ if from.stride == len && to.stride == len => {
                    // SAFETY: they are one behind the other, without anything between.
                    unsafe { ptr::copy_nonoverlapping(from.at, to.at, len * count) };
                }
                _ => for index in 0..count {
                    // SAFETY: the caller's promise.
                    unsafe { ptr::copy_nonoverlapping(from.nth(index), to.nth(index), len) };
                },
            }
        };
    }
    lengths!(1 2 4 8 12 16 20 24 28 32 40 48 56 64);
}

/// Copies one piece.
///
/// # Safety
/// As above.
pub(super) unsafe fn copy_one(from: *const u8, to: *mut u8, len: usize) {
    macro_rules! lengths {
        ($($len:literal)*) => {
            match len {
                // SAFETY: the caller's promise; as above.
                $($len => unsafe {
                    to.cast::<MaybeUninit<[u8; $len]>>().write(from.cast::<MaybeUninit<[u8; $len]>>().read());
                },)*
                // SAFETY: the caller's promise.
                _ => unsafe { ptr::copy_nonoverlapping(from, to, len) },
            }
        };
    }
    lengths!(1 2 4 8 12 16 20 24 28 32);
}

/// Writes a number as one that holds it.
///
/// # Safety
/// These are a number of the first sort, and room for one of the second.
pub(super) unsafe fn widen(from: (*const u8, Number), to: (*mut u8, Number)) {
    enum Read {
        Unsigned(u128),
        Signed(i128),
        Float(f64),
    }
    macro_rules! read {
        ($($sort:ident $size:literal $ty:ty => $as:ident,)*) => {
            match from.1 {
                // SAFETY: the caller's promise.
                $(Number::$sort($size) => Read::$as(unsafe { from.0.cast::<$ty>().read_unaligned() }.into()),)*
                Number::Unsigned(_) | Number::Signed(_) | Number::Float(_) => {
                    unreachable!("no number has another size")
                }
            }
        };
    }
    let number = read! {
        Unsigned 1 u8 => Unsigned, Unsigned 2 u16 => Unsigned, Unsigned 4 u32 => Unsigned,
        Unsigned 8 u64 => Unsigned, Unsigned 16 u128 => Unsigned,
        Signed 1 i8 => Signed, Signed 2 i16 => Signed, Signed 4 i32 => Signed,
        Signed 8 i64 => Signed, Signed 16 i128 => Signed,
        Float 4 f32 => Float, Float 8 f64 => Float,
    };
    macro_rules! write {
        ($($sort:ident $size:literal $ty:ty,)*) => {
            match to.1 {
                $(Number::$sort($size) => {
                    // None loses anything: the plan has only pairs of which the one holds the other.
                    let number = match number {
                        Read::Unsigned(number) => number as $ty,
                        Read::Signed(number) => number as $ty,
                        Read::Float(number) => number as $ty,
                    };
                    // SAFETY: the caller's promise.
                    unsafe { to.0.cast::<$ty>().write_unaligned(number) };
                })*
                Number::Unsigned(_) | Number::Signed(_) | Number::Float(_) => {
                    unreachable!("no number has another size")
                }
            }
        };
    }
    write! {
        Unsigned 1 u8, Unsigned 2 u16, Unsigned 4 u32, Unsigned 8 u64, Unsigned 16 u128,
        Signed 1 i8, Signed 2 i16, Signed 4 i32, Signed 8 i64, Signed 16 i128,
        Float 4 f32, Float 8 f64,
    }
}
