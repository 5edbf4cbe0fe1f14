//! What rustc has reported: the first error as it comes, warnings once, the rest when a key asks for it.

use std::mem;

use hot_host::command::counted;

use super::text::harmless;

#[derive(Debug, Default)]
pub(super) struct Problems {
    errors: Vec<String>,
    warnings: Vec<String>,
    /// Those of the build before, which were shown.
    known: Vec<String>,
    /// Whether further errors wait until a key asks for them.
    has_keys: bool,
}

impl Problems {
    pub(super) fn new(has_keys: bool) -> Problems {
        Problems { has_keys, ..Problems::default() }
    }

    /// A build begins.
    pub(super) fn begin(&mut self) {
        self.errors.clear();
        self.known = mem::take(&mut self.warnings);
    }

    /// Takes a report, as rustc renders it, and gives it back if it is to be shown now.
    pub(super) fn take(&mut self, rendered: String, is_error: bool) -> Option<String> {
        let is_first = self.errors.is_empty() && is_error;
        let is_new = !is_error && !self.known.contains(&rendered);
        let reports = if is_error { &mut self.errors } else { &mut self.warnings };
        if reports.contains(&rendered) {
            return None;
        }
        reports.push(rendered.clone());
        (is_first || is_new || is_error && !self.has_keys).then_some(rendered)
    }

    /// The first error in a line: `logic/src/lib.rs:12:5: mismatched types`.
    pub(super) fn first(&self) -> Option<String> {
        let text = harmless(self.errors.first()?, false);
        let mut lines = text.lines();
        let headline = lines.next()?;
        let message = headline.split_once(": ").map_or(headline, |(_, message)| message);
        let place = lines.find_map(|line| line.trim_start().strip_prefix("--> "));
        Some(place.map_or_else(|| message.to_owned(), |place| format!("{place}: {message}")))
    }

    /// What is said at the build's end of errors that were not shown.
    pub(super) fn more(&self) -> Option<String> {
        let more = self.errors.len().saturating_sub(1);
        (self.has_keys && more > 0).then(|| format!("and {}: e\n", counted(more, "more error")))
    }

    /// All of them, errors first.
    pub(super) fn all(&self) -> String {
        self.errors
            .iter()
            .chain(&self.warnings)
            .map(|text| text.trim_end().to_owned() + "\n\n")
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_error_and_new_warnings_are_shown() {
        let mut problems = Problems::new(true);
        let error = |n: u32| {
            format!(
                "\x1b[31merror[E0308]\x1b[0m: mismatched {n}\n  --> logic/src/lib.rs:{n}:5\n   |\n"
            )
        };
        problems.begin();
        assert_eq!(
            problems.take("warning: w\n".to_owned(), false).as_deref(),
            Some("warning: w\n")
        );
        assert_eq!(problems.take(error(1), true), Some(error(1)));
        for later in 2..5 {
            assert_eq!(problems.take(error(later), true), None);
        }
        assert_eq!(problems.take(error(3), true), None, "said again by another crate type");
        assert_eq!(problems.first().as_deref(), Some("logic/src/lib.rs:1:5: mismatched 1"));
        assert_eq!(problems.more().as_deref(), Some("and 3 more errors: e\n"));
        assert_eq!(problems.all().matches("error[E0308]").count(), 4);
        assert!(problems.all().ends_with("warning: w\n\n"));
        problems.begin();
        assert_eq!(problems.take("warning: w\n".to_owned(), false), None, "it has not changed");
        assert_eq!(
            problems.take("warning: v\n".to_owned(), false).as_deref(),
            Some("warning: v\n")
        );
        assert_eq!((problems.first(), problems.more()), (None, None));
        let mut lines = Problems::new(false);
        assert_eq!([1, 2].map(|n| lines.take(error(n), true)), [1, 2].map(|n| Some(error(n))));
        assert_eq!(lines.more(), None, "all were shown");
    }
}
