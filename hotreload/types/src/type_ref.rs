//! The name of a type: its package, path and arguments, never its fields. So it is a constant for
//! recursive types too.

use super::{hash::Hasher, writer::length};

/// A type's name. What it does not say: lifetimes, and everything that is in the type's table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TypeRef {
    /// The package that defines it: `std` for the standard library, nothing for the language.
    pub package: &'static str,
    /// The part of the package's version that cargo keeps apart: see [`compatible`].
    pub version: &'static str,
    /// `game::physics::World`, `Vec`, `&mut`, and for a constant argument its value.
    pub path: &'static str,
    /// Types and constants, in their order.
    pub args: &'static [&'static TypeRef],
}

impl TypeRef {
    /// The name of a type of a package.
    pub const fn new(
        package: &'static str,
        version: &'static str,
        path: &'static str,
        args: &'static [&'static TypeRef],
    ) -> Self {
        TypeRef { package, version, path, args }
    }

    /// The hash of all of it. It is computed where it is asked for, at run time: in rustc's interpreter it
    /// takes a millisecond, and would be needed for each type of a bundle in every build.
    pub const fn id(&self) -> u128 {
        let mut hasher = Hasher::new();
        hasher.text(self.package);
        hasher.text(self.version);
        hasher.text(self.path);
        hasher.u32(self.args.len() as u32);
        let mut index = 0;
        while index < self.args.len() {
            hasher.u128(self.args[index].id());
            index += 1;
        }
        hasher.digest()
    }

    /// How many bytes it has in a record.
    pub(crate) const fn length(&self) -> usize {
        let TypeRef { package, version, path, mut args } = *self;
        let mut length = 16 + length!(package) + length!(version) + length!(path);
        while let [first, rest @ ..] = args {
            length += first.length();
            args = rest;
        }
        length
    }

    /// Whether it is this name, in constants.
    pub(crate) const fn is(&self, other: &TypeRef) -> bool {
        let (mut index, mut same) = (0, self.args.len() == other.args.len());
        while same && index < self.args.len() {
            same = self.args[index].is(other.args[index]);
            index += 1;
        }
        same && same_text(self.path, other.path)
            && same_text(self.package, other.package)
            && same_text(self.version, other.version)
    }

    /// The name of a type of the language, and a constant's value.
    pub const fn of_language(path: &'static str, args: &'static [&'static TypeRef]) -> Self {
        TypeRef::new("", "", path, args)
    }

    /// The name of a type of the standard library. It has no version: the fingerprint has.
    pub const fn of_std(path: &'static str, args: &'static [&'static TypeRef]) -> Self {
        TypeRef::new("std", "", path, args)
    }
}

/// Whether both are one text, in constants.
pub(crate) const fn same_text(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let (mut index, mut same) = (0, a.len() == b.len());
    while same && index < a.len() {
        same = a[index] == b[index];
        index += 1;
    }
    same
}

/// The part of a version in which two copies of a package differ if they are in one program: `1` of
/// 1.2.3, `0.3` of 0.3.1, `0.0.7` of 0.0.7.
pub const fn compatible(version: &'static str) -> &'static str {
    let bytes = version.as_bytes();
    let mut end = 0;
    let mut significant = false;
    while end < bytes.len() {
        match bytes[end] {
            b'.' if significant => break,
            b'-' | b'+' => break,
            b'1'..=b'9' => significant = true,
            _ => {}
        }
        end += 1;
    }
    version.split_at(end).0
}

/// A number as text, in constants.
#[derive(Debug)]
pub struct Digits {
    bytes: [u8; 40],
    start: usize,
}

impl Digits {
    /// Of a number without a sign.
    pub const fn unsigned(mut number: u128) -> Self {
        let mut digits = Digits { bytes: [b'0'; 40], start: 40 };
        loop {
            digits.start -= 1;
            digits.bytes[digits.start] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return digits;
            }
        }
    }

    /// Of a number with a sign.
    pub const fn signed(number: i128) -> Self {
        let mut digits = Digits::unsigned(number.unsigned_abs());
        if number < 0 {
            digits.start -= 1;
            digits.bytes[digits.start] = b'-';
        }
        digits
    }

    /// The text.
    pub const fn as_str(&self) -> &str {
        match str::from_utf8(self.bytes.split_at(self.start).1) {
            Ok(text) => text,
            Err(_) => unreachable!(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_std_does() {
        for number in [0, 1, 9, 10, 255, 1 << 64, u128::MAX] {
            assert_eq!(Digits::unsigned(number).as_str(), number.to_string());
        }
        for number in [0, -1, 10, -128, i128::MIN, i128::MAX] {
            assert_eq!(Digits::signed(number).as_str(), number.to_string());
        }
    }

    #[test]
    fn versions_differ_as_cargo_keeps_them_apart() {
        let cases = [
            ("1.2.3", "1"),
            ("12.0.1", "12"),
            ("0.3.1", "0.3"),
            ("0.0.7", "0.0.7"),
            ("0.10.0-beta.2", "0.10"),
            ("2.0.0-rc.1+meta.5", "2"),
            ("0.0.0", "0.0.0"),
            ("0.0.0-dev", "0.0.0"),
        ];
        for (version, expected) in cases {
            assert_eq!(compatible(version), expected, "{version}");
        }
    }

    #[test]
    fn every_part_of_the_name_counts() {
        static BYTE: TypeRef = TypeRef::of_language("u8", &[]);
        static WORD: TypeRef = TypeRef::of_language("u16", &[]);
        let names = [
            TypeRef::new("p", "1", "p::T", &[]),
            TypeRef::new("q", "1", "p::T", &[]),
            TypeRef::new("p", "2", "p::T", &[]),
            TypeRef::new("p", "1", "p::U", &[]),
            TypeRef::new("p", "1p", "::T", &[]),
            TypeRef::new("p", "1", "p::T", const { &[&BYTE] }),
            TypeRef::new("p", "1", "p::T", const { &[&WORD] }),
            TypeRef::new("p", "1", "p::T", const { &[&BYTE, &WORD] }),
            TypeRef::new("p", "1", "p::T", const { &[&WORD, &BYTE] }),
        ];
        let ids: std::collections::HashSet<_> = names.iter().map(TypeRef::id).collect();
        assert_eq!(ids.len(), names.len());
    }
}
