//! Text for terminals: colour where it is wanted, and lines that fit.

use std::env;

/// What a line stands for; its colour follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// As the terminal shows text.
    Plain,
    /// A heading, or what changes.
    Bold,
    /// What is of less interest.
    Dim,
    /// What went as it should.
    Good,
    /// What did not.
    Bad,
}

/// Whether colour is wanted on a stream that is a terminal or not.
pub fn wants_colour(terminal: bool) -> bool {
    terminal && !is_dumb() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Whether the terminal understands no escapes.
pub fn is_dumb() -> bool {
    env::var_os("TERM").is_some_and(|term| term == "dumb")
}

/// The text in its colour.
pub fn paint(style: Style, text: &str, coloured: bool) -> String {
    let code = match style {
        Style::Bold => "1",
        Style::Dim => "2",
        Style::Good => "32",
        Style::Bad => "31",
        Style::Plain => return text.to_owned(),
    };
    if coloured { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

/// The text as it may be drawn: without escapes, tabs and other control characters but for line
/// ends.
pub fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\n' => plain.push(c),
            '\t' => plain.push_str("    "),
            // A CSI sequence ends with the first character of this range after the bracket.
            '\x1b' if rest.as_str().starts_with('[') => {
                rest.next();
                rest.by_ref().find(|c| matches!(c, '@'..='~'));
            }
            c if c.is_control() => {}
            c => plain.push(c),
        }
    }
    plain
}

/// The line, cut to the width. A character is taken to be one column wide.
pub fn cut(line: &str, width: usize) -> String {
    if line.chars().count() <= width {
        return line.to_owned();
    }
    let kept = width.saturating_sub(1);
    line.chars().take(kept).chain((width > 0).then_some('…')).collect()
}

/// The text in lines of at most this width, broken between words where that is possible.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        let mut word: Vec<char> = word.chars().collect();
        let used = line.chars().count();
        if used > 0 && used + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
        } else if used > 0 {
            line.push(' ');
        }
        while word.len() > width {
            lines.push(word.drain(..width).collect());
        }
        line.extend(word);
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_and_controls_are_taken_off() {
        assert_eq!(plain("\x1b[1m\x1b[38;5;9merror\x1b[0m:\tno\r\n\x1b[K!"), "error:    no\n!");
        assert_eq!(plain("cut \x1b[1"), "cut ");
    }

    #[test]
    fn lines_fit() {
        assert_eq!(cut("count + 10", 10), "count + 10");
        assert_eq!(cut("count + 10", 6), "count…");
        assert_eq!(cut("count", 0), "");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a abcdefgh b", 3), ["a", "abc", "def", "gh", "b"]);
        assert_eq!(wrap("  ", 3), [""; 0]);
        assert_eq!(wrap("ab c", 0), ["a", "b", "c"]);
    }
}
