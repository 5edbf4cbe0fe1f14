//! Text for the terminal: what a program printed, made harmless; lines that fit.

use anstyle_parse::{Params, Parser, Perform, Utf8Parser};
use unicode_truncate::UnicodeTruncateStr as _;
use unicode_width::UnicodeWidthStr as _;

/// The text without what would move the cursor or change the terminal. Colours stay if asked for;
/// tabs become spaces.
pub(super) fn harmless(text: &str, colours: bool) -> String {
    let mut parser = Parser::<Utf8Parser>::new();
    let mut harmless = Harmless { text: String::with_capacity(text.len()), colours };
    text.bytes().for_each(|byte| parser.advance(&mut harmless, byte));
    harmless.text
}

/// Keeps what it is told of: the rest of the escape sequences is told to nobody.
struct Harmless {
    text: String,
    colours: bool,
}

impl Perform for Harmless {
    fn print(&mut self, c: char) {
        // Some control characters are escape sequences of one character.
        if !c.is_control() {
            self.text.push(c);
        }
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            b'\n' => self.text.push('\n'),
            b'\t' => self.text.push_str("    "),
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, parameters: &Params, between: &[u8], ignore: bool, action: u8) {
        if self.colours && action == b'm' && between.is_empty() && !ignore {
            let parameters = parameters.iter().map(|parts| {
                let parts: Vec<_> = parts.iter().map(u16::to_string).collect();
                parts.join(":")
            });
            let parameters: Vec<_> = parameters.collect();
            self.text += &format!("\x1b[{}m", parameters.join(";"));
        }
    }
}

/// How many columns the text takes, which has no escapes.
pub(super) fn columns(text: &str) -> usize {
    text.width()
}

/// The text, cut at its end to so many columns.
pub(super) fn cut(text: &str, width: usize) -> String {
    match width {
        _ if text.width() <= width => text.to_owned(),
        0 => String::new(),
        width => format!("{}…", text.unicode_truncate(width - 1).0),
    }
}

/// The line in rows of so many columns, broken between words.
pub(super) fn wrap(line: &str, width: usize) -> Vec<String> {
    let indent: String = line.chars().take_while(|it| *it == ' ').collect();
    let options = textwrap::Options::new(width.max(1)).subsequent_indent(&indent);
    textwrap::wrap(line, options).into_iter().map(|row| row.into_owned()).collect()
}

/// The end of the text, of so many columns.
pub(super) fn end(text: &str, width: usize) -> &str {
    text.unicode_truncate_start(width).0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_colours_get_through() {
        let text = "\x1b[1;38:5:9mred\x1b[0m\tx\x1b[2J\x1b[H\x1b[?25l\x1b]0;title\x07y\x1b]8;;a\x1b\\z\x1bc\x1b(Bw\r\x08\u{9b}2J";
        assert_eq!(harmless(text, true), "\x1b[1;38:5:9mred\x1b[0m    xyzw2J");
        assert_eq!(harmless(text, false), "red    xyzw2J");
        for cut in ["\x1b", "\x1b[", "\x1b[1;", "\x1b]0;t", "\x1b]\x1b", "\x1b("] {
            assert_eq!(harmless(cut, true), "", "{cut:?}");
        }
        assert_eq!(
            harmless("\x1b[1\u{e9}xy", true),
            "y",
            "a broken one ends where a whole one would"
        );
    }

    #[test]
    fn lines_fit_in_columns_not_characters() {
        assert_eq!(cut("count", 5), "count");
        assert_eq!(cut("counts", 5), "coun…");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!(wrap("  a bc def", 6), ["  a bc", "  def"]);
        assert_eq!((cut("ab", 1), cut("ab", 0)), ("…".to_owned(), String::new()));
        assert_eq!((end("count", 3), end("漢字", 3), end("x", 9)), ("unt", "字", "x"));
    }
}
