//! A report of rustc's, read from how it is rendered: what is wrong, and where.

use std::fmt;

/// What a report says first. [`Display`](fmt::Display) writes it as a line:
/// `logic/src/lib.rs:12:5: mismatched types`.
#[derive(Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// `mismatched types`
    pub message: String,
    /// None in a report of a whole crate.
    pub place: Option<Place>,
}

/// A place in a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// As rustc writes it: from the workspace's folder, or absolute.
    pub path: String,
    line: u32,
    column: u32,
}

impl Diagnosis {
    /// Reads a report that has no colours.
    pub fn read(rendered: &str) -> Option<Diagnosis> {
        let mut lines = rendered.lines();
        let headline = lines.next()?;
        let message = headline.split_once(": ").map_or(headline, |(_, message)| message);
        let mut places = lines.filter_map(|line| line.trim_start().strip_prefix("--> "));
        Some(Diagnosis { message: message.to_owned(), place: places.find_map(Place::read) })
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{place}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl Place {
    /// Reads `logic/src/lib.rs:12:5`.
    pub fn read(text: &str) -> Option<Place> {
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
        let rendered = "error[E0308]: mismatched: types\n  --> a b/src/lib.rs:3:26\n   |\n\
                        note: defined here\n  --> other.rs:1:1\n";
        let line = Diagnosis::read(rendered).unwrap().to_string();
        assert_eq!(line, "a b/src/lib.rs:3:26: mismatched: types");
        let whole = Diagnosis::read("warning: `x` (lib) generated 1 warning\n").unwrap();
        assert_eq!((&*whole.to_string(), whole.place), ("`x` (lib) generated 1 warning", None));
        for no_place in ["lib.rs", "lib.rs:3", "lib.rs:3:x", ":3:3", "HOT0704: no"] {
            assert_eq!(Place::read(no_place), None, "{no_place}");
        }
    }
}
