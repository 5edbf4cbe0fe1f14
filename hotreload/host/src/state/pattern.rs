//! A pattern of paths.

use crate::said::{Code, Reason, Result};

/// A path in whose place of a name may stand `*`, for any one name, and `**`, for any number of names.
#[derive(Debug)]
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn new(text: &str) -> Result<Pattern> {
        let is_name = |name: &str| {
            let mut letters = name.chars();
            letters.next().is_some_and(|first| first.is_alphabetic() || first == '_')
                && letters.all(|it| it.is_alphanumeric() || it == '_')
        };
        let wrong = text.split("::").find(|it| !(*it == "*" || *it == "**" || is_name(it)));
        match wrong {
            None => Ok(Pattern(text.to_owned())),
            Some(wrong) => {
                let what =
                    format!("{text:?} is no pattern: {wrong:?} is neither a name nor `*` or `**`");
                let help = "write names, `*` for any one and `**` for any number, joined by `::`";
                Err(Reason::new(Code::BadName, what).help(help).into())
            }
        }
    }

    pub(crate) fn text(&self) -> &str {
        &self.0
    }

    pub(crate) fn matches(&self, path: &str) -> bool {
        let pattern: Vec<_> = self.0.split("::").collect();
        let path: Vec<_> = path.split("::").collect();
        let (mut at, mut name) = (0, 0);
        // Where the last `**` is, and from which name on its rest was tried: only that one need ever give way.
        let mut last = None;
        while name < path.len() {
            match pattern.get(at) {
                Some(&"**") => {
                    last = Some((at, name));
                    at += 1;
                }
                Some(part) if *part == "*" || *part == path[name] => {
                    (at, name) = (at + 1, name + 1)
                }
                _ => {
                    let Some((stars, tried)) = last else { return false };
                    last = Some((stars, tried + 1));
                    (at, name) = (stars + 1, tried + 1);
                }
            }
        }
        pattern[at..].iter().all(|part| *part == "**")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_names() {
        for (pattern, path, expected) in [
            ("a::b", "a::b", true),
            ("a::b", "a::c", false),
            ("a::b", "a::b::c", false),
            ("a::b", "a", false),
            ("*::b", "a::b", true),
            ("*::b", "a::a::b", false),
            ("a::*", "a", false),
            ("a::**", "a", true),
            ("a::**", "a::b::c", true),
            ("**", "a", true),
            ("**::c", "c", true),
            ("**::c", "a::b::c", true),
            ("**::c", "a::c::b", false),
            ("**::c", "a::c::c", true),
            ("a::**::c::*", "a::c::b::c::d", true),
            ("a::**::c::*", "a::c::d::e", false),
            ("**::*", "a", true),
            ("**::**::a", "b::a", true),
        ] {
            let found = Pattern::new(pattern).unwrap().matches(path);
            assert_eq!(found, expected, "{pattern} {path}");
        }
    }

    /// Trying all ways would take for ever.
    #[test]
    fn many_stars_take_no_longer() {
        let pattern = Pattern::new(&vec!["**::a"; 30].join("::")).unwrap();
        let path = vec!["a"; 60].join("::") + "::b";
        assert!(!pattern.matches(&path));
    }

    #[test]
    fn what_is_no_pattern_is_an_error() {
        for wrong in ["", "a::", "::a", "a:b", "a::*b", "a::***", "a b", "1a", "a::\u{0}"] {
            let error = Pattern::new(wrong).unwrap_err();
            assert_eq!(error.code(), Code::BadName, "{wrong:?}");
        }
    }
}
