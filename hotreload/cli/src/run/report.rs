//! A report of rustc's, read from how it is rendered: what is wrong, and where.

use std::fmt;

use super::text::harmless;

/// What a report says first.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// `mismatched types`
    pub(super) message: String,
    /// None in a report of a whole crate.
    pub(super) place: Option<Place>,
}

/// A place in a source, its path as rustc writes it: from the workspace's folder, or absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) path: String,
    line: u32,
    column: u32,
}

impl Report {
    /// Reads it, with or without its colours.
    pub(super) fn read(rendered: &str) -> Option<Report> {
        let text = harmless(rendered, false);
        let mut lines = text.lines();
        let headline = lines.next()?;
        let message = headline.split_once(": ").map_or(headline, |(_, message)| message);
        let mut places = lines.filter_map(|line| line.trim_start().strip_prefix("--> "));
        Some(Report { message: message.to_owned(), place: places.find_map(Place::read) })
    }
}

impl Place {
    /// Reads `logic/src/lib.rs:12:5`.
    pub(super) fn read(text: &str) -> Option<Place> {
        let mut parts = text.trim().rsplitn(3, ':');
        let mut number = || parts.next()?.parse().ok();
        let (column, line) = (number()?, number()?);
        let path = parts.next().filter(|path| !path.is_empty())?.to_owned();
        Some(Place { path, line, column })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}", self.path, self.line, self.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_place_is_where_it_is_wrong() {
        let rendered = "\x1b[1m\x1b[91merror[E0308]\x1b[0m\x1b[1m: mismatched: types\x1b[0m\n  \
                        \x1b[1m\x1b[94m--> \x1b[0ma b/src/lib.rs:3:26\n   |\nnote: defined here\n  \
                        --> other.rs:1:1\n";
        let report = Report::read(rendered).unwrap();
        assert_eq!(report.message, "mismatched: types");
        assert_eq!(report.place.unwrap().to_string(), "a b/src/lib.rs:3:26");
        let whole = Report::read("warning: `x` (lib) generated 1 warning\n").unwrap();
        assert_eq!((&*whole.message, whole.place), ("`x` (lib) generated 1 warning", None));
        for no_place in ["lib.rs", "lib.rs:3", "lib.rs:3:x", ":3:3", "HOT0704: no"] {
            assert_eq!(Place::read(no_place), None, "{no_place}");
        }
    }
}
