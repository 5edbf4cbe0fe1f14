//! Text for the terminal: what a program printed, made harmless; lines that fit.

use unicode_width::UnicodeWidthChar as _;

/// The text without what would move the cursor or change the terminal. Colours stay if asked for;
/// tabs become spaces.
pub(super) fn harmless(text: &str, colours: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '\n' => out.push(c),
            '\t' => out.push_str("    "),
            '\x1b' => escape(&mut rest, &mut out, colours),
            // Also the one-character forms of escape sequences.
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Takes an escape sequence, after its escape.
fn escape(rest: &mut std::str::Chars<'_>, out: &mut String, colours: bool) {
    let before = rest.as_str();
    match rest.next() {
        Some('[') => {
            let length =
                rest.as_str().find(|c| !matches!(c, ' '..='?')).unwrap_or(before.len() - 1);
            let parameters = &rest.as_str()[..length];
            *rest = rest.as_str()[length..].chars();
            let is_colour = parameters.chars().all(|c| matches!(c, '0'..='9' | ';' | ':'));
            if rest.next() == Some('m') && colours && is_colour {
                out.push_str("\x1b[");
                out.push_str(parameters);
                out.push('m');
            }
        }
        // A text for the terminal, such as a title: to the bell, or to `ESC \`.
        Some(']' | 'P' | '^' | '_' | 'X') => {
            while let Some(c) = rest.next() {
                match c {
                    '\x07' => break,
                    '\x1b' => {
                        rest.next();
                        break;
                    }
                    _ => {}
                }
            }
        }
        Some(' '..='/') => {
            rest.next();
        }
        _ => {}
    }
}

/// How many columns the text takes, which has no escapes.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// The text, cut at its end to so many columns.
pub(super) fn cut(text: &str, width: usize) -> String {
    if columns(text) <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        used += c.width().unwrap_or(0);
        if used + 1 > width {
            break;
        }
        out.push(c);
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// The end of the text, of so many columns.
pub(super) fn end(text: &str, width: usize) -> &str {
    let mut used = 0;
    for (at, c) in text.char_indices().rev() {
        used += c.width().unwrap_or(0);
        if used > width {
            return &text[at + c.len_utf8()..];
        }
    }
    text
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
        assert_eq!(harmless("\x1b[1\u{e9}x", true), "x", "what follows a broken one goes with it");
    }

    #[test]
    fn lines_fit_in_columns_not_characters() {
        assert_eq!(cut("count", 5), "count");
        assert_eq!(cut("counts", 5), "coun…");
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!((cut("ab", 1), cut("ab", 0)), ("…".to_owned(), String::new()));
        assert_eq!((end("count", 3), end("漢字", 3), end("x", 9)), ("unt", "字", "x"));
    }
}
