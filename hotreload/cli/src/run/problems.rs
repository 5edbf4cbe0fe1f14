//! What rustc has reported: the first error as it comes, warnings once, the rest when a key asks for it.

use std::mem;

use hot_host::command::{Diagnosis, counted};

use super::text::harmless;

#[derive(Debug, Default)]
pub(super) struct Problems {
    errors: Vec<String>,
    warnings: Vec<String>,
    /// Those of the build before, which were shown.
    known: Vec<String>,
    /// Whether all but the first error and new warnings wait until a key asks for them.
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
        (is_first || is_new || !self.has_keys).then_some(rendered)
    }

    /// How many errors there are.
    pub(super) fn errors(&self) -> usize {
        self.errors.len()
    }

    /// The first error in a line: `logic/src/lib.rs:12:5: mismatched types`.
    pub(super) fn first(&self) -> Option<String> {
        let first = Diagnosis::read(&harmless(self.errors.first()?, false))?;
        Some(first.to_string())
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
        for _ in 0..2 {
            lines.begin();
            for report in [(error(1), true), (error(2), true), ("warning: w\n".to_owned(), false)] {
                assert_eq!(lines.take(report.0.clone(), report.1), Some(report.0));
            }
            assert_eq!(lines.take(error(1), true), None, "said again by another crate type");
            assert_eq!(lines.more(), None, "all were shown");
        }
    }
}
