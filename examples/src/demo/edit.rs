//! What keys make of a function. It reads no Rust: braces in texts and comments count.

use crate::text::plain;

/// Another version of a function, which a key puts into the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Edit {
    /// What the key's line calls it.
    pub short: &'static str,
    /// The whole function, from `pub fn`.
    pub function: &'static str,
}

impl Edit {
    /// The source with this function instead of its own.
    pub(super) fn apply(&self, source: &str) -> Option<String> {
        let (start, end) = find(source, self.head())?;
        Some(format!("{}{}{}", &source[..start], self.function.trim_end(), &source[end..]))
    }

    /// The function's name.
    pub(super) fn name(&self) -> &'static str {
        self.head().trim_start_matches("pub fn ")
    }

    /// What the function's body is in a source, in one line.
    pub(super) fn body_in(&self, source: &str) -> Option<String> {
        let (start, end) = find(source, self.head())?;
        let (_, body) = source[start..end - 1].split_once('{')?;
        let lines = body.lines().map(str::trim).filter(|line| !line.is_empty());
        Some(plain(&lines.collect::<Vec<_>>().join(" ")))
    }

    fn head(&self) -> &'static str {
        self.function.split('(').next().unwrap_or_default()
    }
}

/// Where the function with this head starts and ends.
fn find(source: &str, head: &str) -> Option<(usize, usize)> {
    let start = source.find(&format!("{head}("))?;
    let mut depth = 0;
    for (at, c) in source[start..].char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => return Some((start, start + at + 1)),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZERO: Edit = Edit { short: "=0", function: "pub fn change(_: i64) -> i64 {\n    0\n}\n" };

    #[test]
    fn the_function_only_is_changed() {
        let source =
            "x\n/// {\npub fn change(a: i64) -> i64 {\n    if a { 1 } else { 2 }\n}\n\nfn b() {}\n";
        let edited = "x\n/// {\npub fn change(_: i64) -> i64 {\n    0\n}\n\nfn b() {}\n";
        assert_eq!(ZERO.apply(source).unwrap(), edited);
        assert_eq!(ZERO.apply(edited).unwrap(), edited);
        assert_eq!(ZERO.apply("pub fn changed(a: i64) {}"), None);
        assert_eq!(ZERO.name(), "change");
    }

    #[test]
    fn the_body_is_shown_in_one_line() {
        let source =
            "x\npub fn change(a: i64) -> i64 {\n    if a > 1 {\n        0\n    } else { 1 }\n}\n}";
        assert_eq!(ZERO.body_in(source).unwrap(), "if a > 1 { 0 } else { 1 }");
        assert_eq!(ZERO.body_in("pub fn change("), None);
        assert_eq!(ZERO.body_in("pub fn other() {}"), None);
    }
}
