//! Just enough of ELF (64 bits, little-endian) to damage a library where it hurts.

use std::ops::Range;

/// The offset of `e_machine` in the file.
pub const MACHINE: usize = 18;
/// The offset of the class: 32 or 64 bits.
pub const CLASS: usize = 4;
/// The offset of the byte order.
pub const ORDER: usize = 5;

/// Where the program headers are.
pub fn program_headers(file: &[u8]) -> Range<usize> {
    let start = number(file, 32, 8);
    start..start + number(file, 54, 2) * number(file, 56, 2)
}

/// Where the section headers are.
pub fn section_headers(file: &[u8]) -> Range<usize> {
    let start = number(file, 40, 8);
    start..start + number(file, 58, 2) * number(file, 60, 2)
}

/// Where a section's bytes are.
///
/// # Panics
/// If there is none of this name.
pub fn section(file: &[u8], name: &str) -> Range<usize> {
    let headers = section_headers(file);
    let size = number(file, 58, 2);
    let range = |header: usize| {
        let start = number(file, header + 24, 8);
        start..start + number(file, header + 32, 8)
    };
    let names = range(headers.start + size * number(file, 62, 2));
    let header = headers.clone().step_by(size).find(|header| {
        let at = names.start + number(file, *header, 4);
        let length = file[at..].iter().position(|byte| *byte == 0).unwrap();
        file[at..at + length] == *name.as_bytes()
    });
    range(header.unwrap_or_else(|| panic!("a section {name}")))
}

/// Replaces the one occurrence of `old` in a section by a text of the same length.
///
/// # Panics
/// If there is none, or several, or the lengths differ.
pub fn replace(file: &mut [u8], name: &str, old: &str, new: &str) {
    assert_eq!(old.len(), new.len());
    let range = section(file, name);
    let found = file[range.clone()].windows(old.len()).enumerate();
    let found: Vec<_> = found.filter(|(_, window)| *window == old.as_bytes()).collect();
    let [(at, _)] = found[..] else { panic!("{} times {old} in {name}", found.len()) };
    let start = range.start + at;
    file[start..start + new.len()].copy_from_slice(new.as_bytes());
}

/// The little-endian number of `size` bytes at an offset.
pub fn number(file: &[u8], at: usize, size: usize) -> usize {
    let bytes = file[at..at + size].iter().rev();
    bytes.fold(0, |number, byte| number << 8 | usize::from(*byte))
}
