//! What subcommands print, and how they end.

use std::{
    ffi::OsString,
    fmt::Write as _,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
};

use anstream::{AutoStream, ColorChoice};
use clap::builder::styling::{AnsiColor, Style};

use hot_host::Error;

/// How a subcommand ends that found something: a reload would be refused, a call is not hot.
pub(super) const FOUND: u8 = 1;
/// How a subcommand ends that could not be done.
pub(super) const FAILED: u8 = 2;

pub(super) const HEADING: Style = Style::new().bold();
pub(super) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(super) const BAD: Style = AnsiColor::Red.on_default().bold();

/// How a subcommand prints what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// For programs: one object in one line
    Json,
}

/// The value of `--color` among the arguments, before they are parsed. What is wrong with it, the
/// parser says.
pub(super) fn asked_colour(arguments: &[OsString]) -> clap::ColorChoice {
    let texts: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let end = texts.iter().position(|text| text == "--").unwrap_or(texts.len());
    let mut values = (0..end).filter_map(|index| match &*texts[index] {
        "--color" => texts.get(index + 1).map(|value| value.to_string()),
        text => text.strip_prefix("--color=").map(str::to_owned),
    });
    values.next_back().and_then(|value| value.parse().ok()).unwrap_or_default()
}

/// The columns that lines of standard output are wrapped at; none where no terminal shows them. Colour that
/// is asked for says that one does in the end, behind a pager.
pub(super) fn width() -> Option<usize> {
    const WIDEST: u16 = 100;
    const USUAL: u16 = 80;
    let stdout = io::stdout();
    let is_shown = stdout.is_terminal() || AutoStream::choice(&stdout) != ColorChoice::Never;
    let columns = || crossterm::terminal::size().map_or(USUAL, |(columns, _)| columns);
    is_shown.then(|| columns().clamp(1, WIDEST).into())
}

/// Sets for the whole process whether [`print()`] and [`fail`] use colour.
pub(super) fn use_colour(colour: clap::ColorChoice) {
    match colour {
        clap::ColorChoice::Auto => ColorChoice::Auto,
        clap::ColorChoice::Always => ColorChoice::Always,
        clap::ColorChoice::Never => ColorChoice::Never,
    }
    .write_global();
}

/// Prints to standard output. A reader that has seen enough (`| head`) is no error; a disk that is
/// full is one.
pub(super) fn print(text: &str, code: u8) -> ExitCode {
    let mut stdout = anstream::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            complain(&format!("the output cannot be written: {error}"));
            FAILED.into()
        }
        _ => code.into(),
    }
}

/// Prints why it could not be done, to standard error.
pub(super) fn fail(error: &Error, format: Format) -> ExitCode {
    match format {
        Format::Text => write_error(&reasons(&error.to_string())),
        Format::Json => write_error(&error.to_json()),
    }
    FAILED.into()
}

/// Prints an error that has no code: a wrong argument.
pub(super) fn complain(text: &str) {
    write_error(&format!("{BAD}error:{BAD:#} {}", plain(text)));
}

/// Prints a line to standard error, or nowhere if that is closed.
pub(super) fn write_error(line: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}

/// Reasons as they print, each code in colour. A code begins a line; what belongs to it is indented.
pub(super) fn reasons(text: &str) -> String {
    let mut styled = String::new();
    for line in plain(text).lines() {
        match line.split_once(": ").filter(|_| line.starts_with("HOT")) {
            Some((code, what)) => writeln!(styled, "{BAD}{code}{BAD:#}: {what}"),
            None => writeln!(styled, "{line}"),
        }
        .expect("a String takes everything");
    }
    styled.trim_end().to_owned()
}

/// Text that came from a file: a library's manifest may hold anything, also what would move a
/// terminal's cursor.
pub(super) fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\n' => plain.push('\n'),
            character if character.is_control() || is_reordering(character) => {
                plain.extend(character.escape_default());
            }
            character => plain.push(character),
        }
    }
    plain
}

/// Characters that let the text after them appear before it.
fn is_reordering(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A heading with what belongs to it, set off from what stands before; nothing if that is nothing.
pub(super) fn section(heading: &str, text: &str) -> String {
    let text = hot_host::command::section(&format!("{HEADING}{heading}{HEADING:#}"), text);
    text.map_or_else(String::new, |text| format!("\n{text}"))
}

/// Sections that somebody else has written, with their headings bold. What belongs to one is indented.
pub(super) fn sections(text: &str) -> String {
    let line = |line: &str| match line.starts_with(' ') || line.is_empty() {
        true => format!("{line}\n"),
        false => format!("{HEADING}{line}{HEADING:#}\n"),
    };
    plain(text).lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_says_cannot_move_the_cursor() {
        assert_eq!(plain("a\u{1b}[2Jb\rc\u{202e}d\ne"), "a\\u{1b}[2Jb\\rc\\u{202e}d\ne");
        assert_eq!(plain("größer → 好"), "größer → 好");
    }

    #[test]
    fn the_last_colour_counts_and_nothing_after_the_end_of_options() {
        let asked = |arguments: &[&str]| {
            asked_colour(&arguments.iter().map(Into::into).collect::<Vec<OsString>>())
        };
        assert_eq!(asked(&["x", "--color", "never"]), clap::ColorChoice::Never);
        assert_eq!(asked(&["--color=never", "--color=always"]), clap::ColorChoice::Always);
        assert_eq!(asked(&["--color=red"]), clap::ColorChoice::Auto);
        assert_eq!(asked(&["x", "--", "--color=never"]), clap::ColorChoice::Auto);
        assert_eq!(asked(&["--color"]), clap::ColorChoice::Auto);
    }

    #[test]
    fn headings_of_sections_are_bold() {
        let text = sections("bundles\n  game 1\n\nstates\n  a\u{1b}[2J\n");
        let head = |text: &str| format!("{HEADING}{text}{HEADING:#}");
        let (bundles, states) = (head("bundles"), head("states"));
        assert_eq!(text, format!("{bundles}\n  game 1\n\n{states}\n  a\\u{{1b}}[2J\n"));
    }
}
