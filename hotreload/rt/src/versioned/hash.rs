//! The hash of type names and tables: SipHash-2-4 with the key of its reference implementation, the
//! bytes 0 to 15. It is not for secrets: it is the same everywhere, and usable in constants. What is
//! hashed is written down in docs/layout-format.md, with test vectors.

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
                k1 ^ 0x646f_7261_6e64_6f6d,
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
        self.bytes(&value.to_le_bytes());
    }

    /// Adds a text: its length in four bytes, then UTF-8.
    pub const fn text(&mut self, text: &str) {
        self.u32(text.len() as u32);
        self.bytes(text.as_bytes());
    }

    /// The hash of all that was added.
    pub const fn finish(mut self) -> u64 {
        self.block(self.tail | (self.length as u64) << 56);
        self.state[2] ^= 0xff;
        self.round();
        self.round();
        self.round();
        self.round();
        let [a, b, c, d] = self.state;
        a ^ b ^ c ^ d
    }

    const fn block(&mut self, block: u64) {
        self.state[3] ^= block;
        self.round();
        self.round();
        self.state[0] ^= block;
    }

    const fn round(&mut self) {
        let [mut a, mut b, mut c, mut d] = self.state;
        a = a.wrapping_add(b);
        c = c.wrapping_add(d);
        b = b.rotate_left(13) ^ a;
        d = d.rotate_left(16) ^ c;
        a = a.rotate_left(32).wrapping_add(d);
        c = c.wrapping_add(b);
        b = b.rotate_left(17) ^ c;
        d = d.rotate_left(21) ^ a;
        c = c.rotate_left(32);
        self.state = [a, b, c, d];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hash(parts: &[&[u8]]) -> u64 {
        let mut hasher = Hasher::new();
        for part in parts {
            hasher.bytes(part);
        }
        hasher.finish()
    }

    /// From the reference implementation's `vectors_sip64`: of the first 0, 1, 7, 8, 15, 16 bytes of
    /// 0, 1, 2, ...
    const VECTORS: [(usize, u64); 6] = [
        (0, 0x726f_db47_dd0e_0e31),
        (1, 0x74f8_39c5_93dc_67fd),
        (7, 0xab02_00f5_8b01_d137),
        (8, 0x93f5_f579_9a93_2462),
        (15, 0xa129_ca61_49be_45e5),
        (16, 0x3f2a_cc7f_57c2_9bdb),
    ];

    #[test]
    fn the_published_vectors() {
        let bytes: Vec<u8> = (0..16).collect();
        for (length, expected) in VECTORS {
            assert_eq!(hash(&[&bytes[..length]]), expected, "{length} bytes");
        }
    }

    #[test]
    #[allow(deprecated, reason = "an implementation of the same by others")]
    fn every_length_and_every_split_is_as_std_says() {
        use std::hash::{Hasher as _, SipHasher};
        let bytes: Vec<u8> = (0..300_u32).map(|number| (number * 7 + number / 13) as u8).collect();
        for length in [0, 1, 2, 7, 8, 9, 15, 16, 17, 63, 64, 255, 256, 257, 300] {
            let mut theirs = SipHasher::new_with_keys(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908);
            theirs.write(&bytes[..length]);
            let expected = theirs.finish();
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
        assert_eq!(hasher.finish(), hash(&[&[2, 0, 0, 0, b'a', b'b', 2, 1, 0, 0, 0, 0, 0, 0]]));
    }
}
