//! How records are written: constants, so that they lie in a section of the library.

use core::{marker::PhantomData, ptr};

use crate::table::Numbers;

/// Counts, or writes where there is room: one description of a record serves both.
///
/// It is the compiler's interpreter that runs it, for each type and each function of a bundle in every
/// build. To copy bytes is one step there, however many there are, and a call costs as much as some ten
/// additions: so nothing is called here that a cast or an index does.
pub struct Writer<'a> {
    /// None: counts only.
    bytes: Option<*mut [u8]>,
    room: usize,
    at: usize,
    borrowed: PhantomData<&'a mut [u8]>,
}

macro_rules! numbers {
    ($($name:ident $count:literal: $what:literal;)*) => {$(
        #[doc = concat!("Adds a number of ", $what, ".")]
        pub const fn $name(&mut self, value: $name) {
            let (at, end) = (self.at, self.at + $count);
            self.at = end;
            if let Some(out) = self.bytes {
                assert!(end <= self.room, "what is written was counted");
                let value = if cfg!(target_endian = "big") { value.swap_bytes() } else { value };
                // SAFETY: `out` is borrowed, and has room for them from there, by the assertion.
                unsafe {
                    *(&raw mut (*out)[at] as *mut [u8; $count]) =
                        *(&raw const value as *const [u8; $count]);
                }
            }
        }
    )*};
}

impl<'a> Writer<'a> {
    /// One that counts.
    pub const fn counting() -> Self {
        Writer { bytes: None, room: 0, at: 0, borrowed: PhantomData }
    }

    /// One that writes to the beginning of `bytes`.
    pub const fn into(bytes: &'a mut [u8]) -> Self {
        Writer { room: bytes.len(), bytes: Some(bytes), at: 0, borrowed: PhantomData }
    }

    /// How many bytes were counted or written.
    pub const fn written(&self) -> usize {
        self.at
    }

    /// Counts so many at once, if it counts only.
    pub(super) const fn skips(&mut self, count: u32) -> bool {
        if self.bytes.is_some() {
            return false;
        }
        self.at += count as usize;
        true
    }

    numbers! {
        u8 1: "one byte";
        u32 4: "four bytes";
        u64 8: "eight bytes";
        u128 16: "sixteen bytes without a sign";
        i128 16: "sixteen bytes with a sign";
    }

    /// Adds a text: its length in four bytes, then UTF-8.
    pub const fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.laid(text.as_bytes());
    }

    /// Adds bytes that are laid out as the record has them.
    pub const fn laid(&mut self, laid: &[u8]) {
        let count = laid.len();
        let at = self.at;
        self.at = at + count;
        if let Some(out) = self.bytes
            && count > 0
        {
            assert!(self.at <= self.room, "what is written was counted");
            // SAFETY: `out` is borrowed for writing, so that what is laid out is no part of it, and has
            // room for it from there, by the assertion.
            unsafe {
                ptr::copy_nonoverlapping(
                    laid as *const [u8] as *const u8,
                    &raw mut (*out)[at],
                    count,
                );
            }
        }
    }

    /// Adds what rustc alone knows of a field.
    pub(super) const fn numbers(&mut self, numbers: &Numbers) {
        const SIZE: usize = size_of::<Numbers>();
        if cfg!(target_endian = "big") {
            self.u64(numbers.offset);
            self.u64(numbers.size);
            self.u32(numbers.align);
            self.u8(numbers.facts.to_bits());
            return;
        }
        let at = self.at;
        self.at = at + SIZE;
        if let Some(out) = self.bytes {
            assert!(self.at <= self.room, "what is written was counted");
            // SAFETY: `out` is borrowed, and has room for them from there, by the assertion. They are
            // packed: all of their bytes are numbers, and any address is aligned.
            unsafe { *(&raw mut (*out)[at] as *mut Numbers) = *numbers };
        }
    }
}

/// Gives a record type its `size` and `encode`.
#[doc(hidden)]
#[macro_export]
macro_rules! __record {
    ($record:ident) => {
        impl $record {
            /// The record's length in bytes.
            pub const fn size(&self) -> usize {
                let mut counter = $crate::rt::versioned::Writer::counting();
                self.write(&mut counter, 0);
                counter.written()
            }

            /// The record's bytes; `N` is [`size`](Self::size).
            pub const fn encode<const N: usize>(&self) -> [u8; N] {
                let mut bytes = [0; N];
                let mut writer = $crate::rt::versioned::Writer::into(&mut bytes);
                self.write(&mut writer, N as u32 - 5);
                bytes
            }
        }
    };
}
