//! Literals that a save has changed while the program runs.

use std::{fmt, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::said::{Code, json::lossy};

/// What a save has changed at once: it differs from what runs in literals only, of
/// `hot::tweak!` and `#[hot::export(tweak)]`. The build follows, and an [`Event::Saved`](crate::Event::Saved)
/// after it.
///
/// [`Display`](fmt::Display) writes it as one line.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Tweaked {
    /// The bundles' package names.
    pub bundles: Vec<String>,
    /// The files, with absolute paths.
    pub files: Vec<PathBuf>,
    /// What is read otherwise than before.
    pub literals: Vec<TweakedLiteral>,
    /// From when the system reported the save until the values were there.
    pub took: Duration,
}

impl Tweaked {
    #[cfg(any(feature = "watch", test))]
    pub(crate) fn new(
        bundles: Vec<String>,
        files: Vec<PathBuf>,
        literals: Vec<TweakedLiteral>,
        took: Duration,
    ) -> Tweaked {
        Tweaked { bundles, files, literals, took }
    }
}

/// A literal that is read as another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct TweakedLiteral {
    /// The path of the function that it is in, `garden::tick`; of a `hot::tweak!`, of the module.
    pub path: String,
    /// As it was written before, with its minus.
    pub before: String,
    /// As it is written now.
    pub now: String,
}

/// A literal that was written while the program ran, and that the build after it has otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Differing {
    /// The source file.
    #[serde(with = "lossy")]
    pub file: PathBuf,
    /// The line of the literal.
    pub line: u32,
    /// As it was written.
    pub written: String,
    /// As it stands in what was built; `None` if it is not read there.
    pub built: Option<String>,
}

/// As many stand in a line.
const NAMED: usize = 3;

/// So much of a literal stands in a line, in characters.
const LONGEST: usize = 40;

impl fmt::Display for Tweaked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("tweaked: ")?;
        for (index, literal) in self.literals.iter().take(NAMED).enumerate() {
            let separator = if index == 0 { "" } else { ", " };
            write!(f, "{separator}{literal}")?;
        }
        if let Some(more) = self.literals.len().checked_sub(NAMED).filter(|more| *more > 0) {
            write!(f, " and {more} more")?;
        }
        let milliseconds = self.took.as_secs_f64() * 1e3;
        write!(f, ", in {milliseconds:.0} ms; the build follows")
    }
}

impl fmt::Display for TweakedLiteral {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TweakedLiteral { path, before, now } = self;
        write!(f, "`{path}` {} -> {}", short(before), short(now))
    }
}

impl fmt::Display for Differing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Differing { file, line, written, built } = self;
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let code = Code::TweakDiffers.id();
        write!(f, "{code}: {} was written for {name}:{line}, and ", short(written))?;
        match built {
            Some(built) => write!(f, "{} was built", short(built)),
            None => f.write_str("the build has no such literal"),
        }
    }
}

/// The literal in one line.
fn short(literal: &str) -> String {
    let in_line = |c: char| if c.is_control() { ' ' } else { c };
    let mut rest = literal.chars().map(in_line);
    let mut text: String = rest.by_ref().take(LONGEST).collect();
    if rest.next().is_some() {
        text.push_str("..");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_what_is_read_now() {
        let literal = |path: &str, before: &str, now: &str| TweakedLiteral {
            path: path.to_owned(),
            before: before.to_owned(),
            now: now.to_owned(),
        };
        let line = |literals: Vec<TweakedLiteral>| {
            Tweaked::new(Vec::new(), Vec::new(), literals, Duration::from_micros(2100)).to_string()
        };
        let end = "in 2 ms; the build follows";
        assert_eq!(
            line(vec![literal("garden::tick", "0.5", "0.8")]),
            format!("tweaked: `garden::tick` 0.5 -> 0.8, {end}")
        );
        let long = format!("\"a\n{}\"", "é".repeat(50));
        assert_eq!(
            line(vec![literal("f", "\"\"", &long)]),
            format!("tweaked: `f` \"\" -> \"a {}.., {end}", "é".repeat(37))
        );
        assert_eq!(
            line((0..5).map(|number| literal("f", "0", &number.to_string())).collect()),
            format!("tweaked: `f` 0 -> 0, `f` 0 -> 1, `f` 0 -> 2 and 2 more, {end}")
        );
    }
}
