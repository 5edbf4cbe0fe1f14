//! Edits as the pages show them: a block of lines that go, after it those that come instead.

use std::{fs, path::Path};

/// What is there, and what is to be there instead.
pub(crate) type Change = (String, String);

pub(crate) fn changes(lines: impl Iterator<Item = String>) -> Vec<Change> {
    let mut changes: Vec<Change> = Vec::new();
    for line in lines {
        let (sign, text) = line.split_at(1);
        let last = changes.last_mut();
        match (sign, last) {
            ("-", Some((from, to))) if to.is_empty() => *from += &format!("{text}\n"),
            ("-", _) => changes.push((format!("{text}\n"), String::new())),
            ("+", Some((_, to))) => *to += &format!("{text}\n"),
            _ => panic!("{line:?} is no line of a diff"),
        }
    }
    changes
}

/// Makes the changes, and saves once.
pub(crate) fn apply(file: &Path, changes: &[Change]) {
    let mut source = fs::read_to_string(file).unwrap();
    for (from, to) in changes {
        assert_eq!(source.matches(from).count(), 1, "{from:?} in\n{source}");
        source = source.replace(from, to);
    }
    fs::write(file, source).unwrap();
}
