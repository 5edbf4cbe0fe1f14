//! How records are written: constants, so that they lie in a section of the library.

use core::{marker::PhantomData, ptr};

use crate::{
    TypeRef,
    table::{Field, Numbers},
};

/// Counts, or writes where there is room: one description of a record serves both.
///
/// It is the compiler's interpreter that runs it, for each type and each function of a bundle in every
/// build. To copy bytes is one step there, however many there are, and a call costs as much as some ten
/// additions: so nothing is called here that a cast, an index or a pattern does. The length of a slice is a call
/// there, and that of a text is three.
pub struct Writer<'a> {
    /// None: counts only.
    bytes: Option<*mut [u8]>,
    room: usize,
    at: usize,
    borrowed: PhantomData<&'a mut [u8]>,
}

/// What rustc alone knows of a field, as the record has it where numbers are little-endian.
#[repr(C, packed)]
struct Known {
    offset: u64,
    numbers: Numbers,
}

/// At any address.
#[repr(C, packed)]
struct Anywhere<T>(T);

/// Writes what there is room for, and goes behind it: in place of a call, for what is written most often.
macro_rules! put {
    (text $out:ident, $at:ident, $text:ident, $count:ident) => {
        put!(u32 4 $out, $at, $count as u32);
        put!(bytes $out, $at, $text, $count);
    };
    (bytes $out:ident, $at:ident, $bytes:ident, $count:expr) => {
        let count = $count;
        if count > 0 {
            let from = &raw const *$bytes as *const u8;
            ptr::copy_nonoverlapping(from, &raw mut (*$out)[$at], count);
            $at += count;
        }
    };
    ($number:ident $count:literal $out:ident, $at:ident, $value:expr) => {
        let value: $number = $value;
        #[cfg(target_endian = "big")]
        let value = value.swap_bytes();
        *(&raw mut (*$out)[$at] as *mut Anywhere<$number>) = Anywhere(value);
        $at += $count;
    };
}

/// A text's length in one call: its own function makes two more.
macro_rules! length {
    ($text:ident) => {
        // SAFETY: a text is its bytes.
        unsafe { &*(&raw const *$text as *const [u8]) }.len()
    };
}
pub(crate) use length;

macro_rules! numbers {
    ($($name:ident $count:literal: $what:literal;)*) => {$(
        #[doc = concat!("Adds a number of ", $what, ".")]
        pub const fn $name(&mut self, value: $name) {
            let mut at = self.at;
            if let Some(out) = self.bytes {
                assert!(self.room - at >= $count, "what is written was counted");
                // SAFETY: `out` is borrowed, and has room for it from there, by the assertion.
                unsafe {
                    put!($name $count out, at, value);
                }
                self.at = at;
            } else {
                self.at = at + $count;
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

    /// Adds a name.
    pub const fn name(&mut self, name: &TypeRef) {
        let Some(out) = self.bytes else {
            self.at += name.length();
            return;
        };
        let TypeRef { package, version, path, mut args } = *name;
        let mut at = self.at;
        let (of_package, of_version, of_path) = (length!(package), length!(version), length!(path));
        assert!(
            at + 16 + of_package + of_version + of_path <= self.room,
            "what is written was counted"
        );
        // SAFETY: `out` is borrowed for writing, so that the texts are no part of it, and has room for all of
        // the name but its arguments from there, by the assertion.
        unsafe {
            put!(text out, at, package, of_package);
            put!(text out, at, version, of_version);
            put!(text out, at, path, of_path);
            put!(u32 4 out, at, args.len() as u32);
        }
        self.at = at;
        while let [first, rest @ ..] = args {
            self.name(first);
            args = rest;
        }
    }

    /// Adds fields: of each what rustc alone knows of it, then what is laid out, then the type's name.
    pub(super) const fn fields(&mut self, mut fields: &[Field]) {
        self.u32(fields.len() as u32);
        while let [first, rest @ ..] = fields {
            fields = rest;
            // As they are: each look at a constant's value costs as much as a call.
            let Field(laid, offset, of) = *first;
            let mut at = self.at;
            let count = laid.len();
            if let Some(out) = self.bytes {
                assert!(at + 21 + count + of.length <= self.room, "what is written was counted");
                // The highest number stays that, however many bits an address has.
                let offset = offset as isize as u64;
                // SAFETY: `out` is borrowed for writing, so that what is laid out and the name are no part of it,
                // and has room for all of it from there, by the assertion. The name has so many bytes. The
                // numbers are packed: all of their bytes are numbers, and any address is aligned.
                unsafe {
                    if cfg!(target_endian = "big") {
                        put!(u64 8 out, at, offset);
                        put!(u64 8 out, at, of.numbers.size);
                        put!(u32 4 out, at, of.numbers.align);
                        put!(u8 1 out, at, of.numbers.facts.to_bits());
                    } else {
                        *(&raw mut (*out)[at] as *mut Known) =
                            Known { offset, numbers: of.numbers };
                        at += 21;
                    }
                    put!(bytes out, at, laid, count);
                    let name = &of.name;
                    put!(bytes out, at, name, of.length);
                }
                self.at = at;
            } else {
                self.at = at + 21 + count + of.length;
            }
            if of.length == 0 {
                self.name(of.ty);
            }
        }
    }
}

/// The number in [`Writer::fields`], where a constant would be looked up in each step.
const _: () = assert!(size_of::<Known>() == 21);

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
