//! How records are written: constants, so that they lie in a section of the library.

/// Counts, or writes where there is room: one description of a record serves both.
///
/// It is the compiler's interpreter that runs it, for each type and each function of a bundle in every
/// build. A call costs it as much as some ten additions, and std's functions on slices are many calls
/// within each other: bytes are written one by one.
pub struct Writer<'a> {
    /// None: counts only.
    bytes: Option<&'a mut [u8]>,
    at: usize,
}

impl<'a> Writer<'a> {
    /// One that counts.
    pub const fn counting() -> Self {
        Writer { bytes: None, at: 0 }
    }

    /// One that writes to the beginning of `bytes`.
    pub const fn into(bytes: &'a mut [u8]) -> Self {
        Writer { bytes: Some(bytes), at: 0 }
    }

    /// How many bytes were counted or written.
    pub const fn written(&self) -> usize {
        self.at
    }

    const fn bytes(&mut self, bytes: &[u8]) {
        let length = bytes.len();
        if let Some(out) = &mut self.bytes {
            let (out, at): (&mut [u8], usize) = (out, self.at);
            let mut index = 0;
            while index < length {
                out[at + index] = bytes[index];
                index += 1;
            }
        }
        self.at += length;
    }

    /// The lowest `count` bytes of a number.
    const fn number(&mut self, mut number: u128, count: usize) {
        if let Some(out) = &mut self.bytes {
            let (out, mut at): (&mut [u8], usize) = (out, self.at);
            let end = at + count;
            while at < end {
                out[at] = number as u8;
                number >>= 8;
                at += 1;
            }
        }
        self.at += count;
    }

    /// Adds a number of one byte.
    pub const fn u8(&mut self, value: u8) {
        self.number(value as u128, 1);
    }

    /// Adds a number of four bytes.
    pub const fn u32(&mut self, value: u32) {
        self.number(value as u128, 4);
    }

    /// Adds a number of eight bytes.
    pub const fn u64(&mut self, value: u64) {
        self.number(value as u128, 8);
    }

    /// Adds a number of sixteen bytes without a sign.
    pub const fn u128(&mut self, value: u128) {
        self.number(value, 16);
    }

    /// Adds a number of sixteen bytes with a sign.
    pub const fn i128(&mut self, value: i128) {
        self.number(value as u128, 16);
    }

    /// Adds a text: its length in four bytes, then UTF-8.
    pub const fn text(&mut self, text: &str) {
        let bytes = text.as_bytes();
        self.u32(bytes.len() as u32);
        self.bytes(bytes);
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
