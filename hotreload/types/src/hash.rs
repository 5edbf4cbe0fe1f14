//! The one hash of the framework: SipHash-2-4 with 128 bits, and with the key of its reference
//! implementation, the bytes 0 to 15. It is not for secrets: it is the same everywhere, and usable in
//! constants. Names and tables of types, the code of functions and what files hold are told apart by
//! it. What is hashed of a type is written down in docs/layout-format.md, with test vectors.
//!
//! Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", and `vectors_sip128` of its
//! reference implementation.

/// A hash that is being computed.
#[derive(Debug, Clone, Copy)]
pub struct Hasher {
    state: [u64; 4],
    /// Bytes that do not fill a block yet.
    tail: u64,
    length: usize,
}

impl Hasher {
    /// Of nothing so far.
    #[expect(clippy::new_without_default, reason = "`default` cannot be called in a constant")]
    pub const fn new() -> Self {
        let (k0, k1) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
        Hasher {
            state: [
                k0 ^ 0x736f_6d65_7073_6575,
                k1 ^ 0x646f_7261_6e64_6f6d ^ 0xee,
                k0 ^ 0x6c79_6765_6e65_7261,
                k1 ^ 0x7465_6462_7974_6573,
            ],
            tail: 0,
            length: 0,
        }
    }

    /// Adds bytes.
    pub const fn bytes(&mut self, bytes: &[u8]) {
        let end = bytes.len();
        let mut at = 0;
        // Eight at a time: a step costs rustc's interpreter as much as it does with one byte.
        while end - at >= 8 {
            let word = u64::from_le_bytes([
                bytes[at],
                bytes[at + 1],
                bytes[at + 2],
                bytes[at + 3],
                bytes[at + 4],
                bytes[at + 5],
                bytes[at + 6],
                bytes[at + 7],
            ]);
            self.word(word);
            at += 8;
        }
        while at < end {
            let place = self.length % 8;
            self.tail |= (bytes[at] as u64) << (8 * place);
            if place == 7 {
                self.block(self.tail);
                self.tail = 0;
            }
            self.length += 1;
            at += 1;
        }
    }

    /// Adds a number of four bytes, little-endian.
    pub const fn u32(&mut self, value: u32) {
        self.bytes(&value.to_le_bytes());
    }

    /// Adds a number of eight bytes, little-endian.
    pub const fn u64(&mut self, value: u64) {
        self.word(value);
    }

    /// Adds a number of sixteen bytes, little-endian.
    pub const fn u128(&mut self, value: u128) {
        self.word(value as u64);
        self.word((value >> 64) as u64);
    }

    /// Adds a text: its length in four bytes, then UTF-8.
    pub const fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.bytes(text.as_bytes());
    }

    /// The hash of all that was added.
    pub const fn digest(mut self) -> u128 {
        self.block(self.tail | (self.length as u64) << 56);
        self.state[2] ^= 0xee;
        let low = self.half();
        self.state[1] ^= 0xdd;
        low as u128 | (self.half() as u128) << 64
    }

    const fn half(&mut self) -> u64 {
        self.round();
        self.round();
        self.round();
        self.round();
        let [a, b, c, d] = self.state;
        a ^ b ^ c ^ d
    }

    const fn word(&mut self, word: u64) {
        let bits = self.length % 8 * 8;
        self.block(self.tail | word << bits);
        self.tail = if bits == 0 { 0 } else { word >> (64 - bits) };
        self.length += 8;
    }

    const fn block(&mut self, block: u64) {
        self.state[3] ^= block;
        self.round();
        self.round();
        self.state[0] ^= block;
    }

    /// Rotations are shifts: rustc's interpreter, which runs it for each type and each function of an
    /// edit, takes less than half the time so.
    #[expect(clippy::manual_rotate, reason = "slower in constants, as said above")]
    const fn round(&mut self) {
        let [mut a, mut b, mut c, mut d] = self.state;
        a = a.wrapping_add(b);
        c = c.wrapping_add(d);
        b = (b << 13 | b >> 51) ^ a;
        d = (d << 16 | d >> 48) ^ c;
        a = (a << 32 | a >> 32).wrapping_add(d);
        c = c.wrapping_add(b);
        b = (b << 17 | b >> 47) ^ c;
        d = (d << 21 | d >> 43) ^ a;
        c = c << 32 | c >> 32;
        self.state = [a, b, c, d];
    }
}

/// So that values are hashed by their `Hash`.
impl core::hash::Hasher for Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.bytes(bytes);
    }

    fn write_u64(&mut self, value: u64) {
        self.word(value);
    }

    /// Half of the [`digest`](Hasher::digest).
    fn finish(&self) -> u64 {
        self.digest() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(parts: &[&[u8]]) -> u128 {
        let mut hasher = Hasher::new();
        for part in parts {
            hasher.bytes(part);
        }
        hasher.digest()
    }

    /// From the reference implementation's `vectors_sip128`: of nothing, and of the byte 0.
    const VECTORS: [(usize, [u8; 16]); 2] = [
        (
            0,
            [
                0xa3, 0x81, 0x7f, 0x04, 0xba, 0x25, 0xa8, 0xe6, 0x6d, 0xf6, 0x72, 0x14, 0xc7, 0x55,
                0x02, 0x93,
            ],
        ),
        (
            1,
            [
                0xda, 0x87, 0xc1, 0xd8, 0x6b, 0x99, 0xaf, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9b, 0x22,
                0xfc, 0x45,
            ],
        ),
    ];

    #[test]
    fn the_published_vectors() {
        let bytes: Vec<u8> = (0..16).collect();
        for (length, expected) in VECTORS {
            assert_eq!(hash(&[&bytes[..length]]).to_le_bytes(), expected, "{length} bytes");
        }
    }

    #[test]
    fn every_length_and_every_split_is_as_others_say() {
        use siphasher::sip128::{Hasher128 as _, SipHasher24};
        let key: [u8; 16] = core::array::from_fn(|index| index as u8);
        let bytes: Vec<u8> = (0..300_u32).map(|number| (number * 7 + number / 13) as u8).collect();
        for length in [0, 1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 255, 256, 257, 300] {
            let mut theirs = SipHasher24::new_with_key(&key);
            core::hash::Hasher::write(&mut theirs, &bytes[..length]);
            let expected = theirs.finish128().as_u128();
            for split in 0..=length {
                let (first, second) = bytes[..length].split_at(split);
                assert_eq!(hash(&[first, second]), expected, "{length} bytes, split at {split}");
            }
        }
    }

    #[test]
    fn numbers_and_texts_are_the_bytes_that_the_format_says() {
        let mut hasher = Hasher::new();
        hasher.text("ab");
        hasher.u64(0x0102);
        assert_eq!(hasher.digest(), hash(&[&[2, 0, 0, 0, b'a', b'b', 2, 1, 0, 0, 0, 0, 0, 0]]));
    }
}
