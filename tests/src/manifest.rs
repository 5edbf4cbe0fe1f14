//! The manifest's records in a library's bytes, found by a reader of its own: what the host reads
//! is compared with what the format says, not with itself.

use std::ops::Range;

use crate::elf::{number, section};

/// The header's fields in their order. A field that is added to the format must be added here: a
/// header that is not read to its last byte fails [`header`].
pub const HEADER_FIELDS: [(&str, Field); 13] = [
    ("format", Field::Number(4)),
    ("sources", Field::Number(16)),
    ("package", Field::Text),
    ("version", Field::Text),
    ("crate_name", Field::Text),
    ("manifest_dir", Field::Text),
    ("rustc", Field::Text),
    ("commit", Field::Text),
    ("target", Field::Text),
    ("panic", Field::Text),
    ("features", Field::Number(8)),
    ("forwards_allocation", Field::Number(1)),
    ("static", Field::Number(1)),
];

/// How a field is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// A number of so many bytes.
    Number(usize),
    /// A length of four bytes, then UTF-8.
    Text,
}

/// Every record: its tag, and where it is in the file.
pub fn records(file: &[u8]) -> Vec<(u8, Range<usize>)> {
    let section = section(file, ".hot");
    let mut records = Vec::new();
    let mut at = section.start;
    while at < section.end {
        if file[at] == 0 {
            at += 1;
            continue;
        }
        let end = at + 5 + number(file, at + 1, 4);
        records.push((file[at], at..end));
        at = end;
    }
    assert_eq!(at, section.end);
    records
}

/// The header's fields by name, and where the value of each is in the file.
///
/// # Panics
/// If there is not exactly one header, or if it has other fields than [`HEADER_FIELDS`].
pub fn header(file: &[u8]) -> Vec<(&'static str, Field, Range<usize>)> {
    let headers: Vec<_> = records(file).into_iter().filter(|(tag, _)| *tag == 1).collect();
    let [(_, record)] = &headers[..] else { panic!("{} headers", headers.len()) };
    let mut at = record.start + 5;
    let fields = HEADER_FIELDS.map(|(name, field)| {
        let range = match field {
            Field::Number(size) => at..at + size,
            Field::Text => at + 4..at + 4 + number(file, at, 4),
        };
        at = range.end;
        (name, field, range)
    });
    assert_eq!(at, record.end, "a header has fields that HEADER_FIELDS does not know");
    fields.to_vec()
}
