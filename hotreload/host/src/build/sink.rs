//! What is shown while a build runs: rustc's reports as it renders them, and on a terminal one
//! line that tells how far it is.

use crate::said::{BuildMessage, BuildSink, Printer, counted};
use std::{
    env,
    fmt::Write as _,
    io::{self, IsTerminal, Write as _},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anstream::{AutoStream, ColorChoice, adapter::strip_str};

/// Shows a build on standard error, with a line of progress if that is a terminal.
pub(crate) fn standard_error() -> BuildSink {
    let progress =
        io::stderr().is_terminal() && env::var_os("TERM").is_none_or(|term| term != "dumb");
    let drawn = AtomicBool::new(false);
    Arc::new(move |message| {
        // Only the building thread calls this: the flag orders nothing.
        let mut text = String::new();
        let was_drawn = drawn.load(Ordering::Relaxed);
        write(&mut text, message, progress, was_drawn);
        drawn.store(
            matches!(message, BuildMessage::Progress { .. }) && (was_drawn || !text.is_empty()),
            Ordering::Relaxed,
        );
        // Nobody is left to tell when standard error is closed.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    })
}

/// Passes on what a build says, without colours and the line of progress: each report as one text.
pub(crate) fn as_text(print: Printer) -> BuildSink {
    Arc::new(move |message| match message {
        BuildMessage::Diagnostic { rendered, .. } => print(without_colour(rendered).trim_end()),
        BuildMessage::Line(line) => print(line),
        _ => {}
    })
}

/// The text that shows `message`, after erasing a drawn line of progress.
fn write(text: &mut String, message: BuildMessage<'_>, progress: bool, drawn: bool) {
    /// A build that is over sooner leaves no flicker.
    const PATIENCE: Duration = Duration::from_millis(300);
    const COLUMNS: usize = 60;

    if let BuildMessage::Progress { bundle, crates, elapsed, waiting } = message {
        if progress && elapsed >= PATIENCE {
            let seconds = elapsed.as_secs_f32();
            let note = if waiting { "  another cargo runs" } else { "" };
            let crates = counted(crates, "crate");
            let line = format!("building {bundle}  {crates}  {seconds:.1} s{note}");
            text.push('\r');
            text.extend(line.chars().take(COLUMNS));
            text.push_str("\x1b[K");
        }
        return;
    }
    if drawn {
        text.push_str("\r\x1b[K");
    }
    match message {
        BuildMessage::Diagnostic { rendered, .. } => text.push_str(rendered),
        BuildMessage::Line(line) => writeln!(text, "{line}").expect("a String takes all"),
        _ => {}
    }
}

/// Whether standard error shows colour: what is said for cargo holds for those that it starts.
pub(super) fn is_coloured() -> bool {
    let cargo = env::var("CARGO_TERM_COLOR").ok();
    let standard_error = AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    !anstyle_query::no_color() && wants_colour(cargo.as_deref(), standard_error)
}

/// `cargo`: what its variable says. `standard_error`: whether that shows colour by itself.
fn wants_colour(cargo: Option<&str>, standard_error: bool) -> bool {
    match cargo {
        Some("always") => true,
        Some("never") => false,
        _ => standard_error,
    }
}

/// The text without its colours.
pub(super) fn without_colour(text: &str) -> String {
    strip_str(text).to_string()
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    fn shown(message: BuildMessage<'_>, progress: bool, drawn: bool) -> String {
        let mut text = String::new();
        write(&mut text, message, progress, drawn);
        text
    }

    fn after(milliseconds: u64, bundle: &str) -> BuildMessage<'_> {
        let elapsed = Duration::from_millis(milliseconds);
        BuildMessage::Progress { bundle, crates: 12, elapsed, waiting: true }
    }

    #[test]
    fn progress_is_short_late_and_for_terminals() {
        assert_eq!(shown(after(200, "greeting"), true, false), "");
        assert_eq!(shown(after(3400, "greeting"), false, false), "");
        let line = shown(after(3400, "greeting"), true, false);
        assert_eq!(line, "\rbuilding greeting  12 crates  3.4 s  another cargo runs\x1b[K");
        let line = shown(after(3400, &"x".repeat(100)), true, false);
        assert_eq!(line.chars().filter(|c| !c.is_control()).count(), 60 + "[K".len());
    }

    #[test]
    fn a_report_erases_the_progress() {
        let report = BuildMessage::Diagnostic { rendered: "error: no\n", error: true };
        assert_eq!(shown(report, true, true), "\r\x1b[Kerror: no\n");
        assert_eq!(shown(report, true, false), "error: no\n");
        assert_eq!(shown(BuildMessage::Done, true, true), "\r\x1b[K");
        assert_eq!(shown(BuildMessage::Done, true, false), "");
    }

    #[test]
    fn a_report_is_one_text() {
        let printed = Arc::<Mutex<Vec<String>>>::default();
        let texts = printed.clone();
        let sink = as_text(Arc::new(move |text| texts.lock().unwrap().push(text.to_owned())));
        let rendered = "\x1b[1merror\x1b[0m: no\n --> lib.rs:1:1\n\n";
        sink(BuildMessage::Diagnostic { rendered, error: true });
        sink(after(3400, "greeting"));
        sink(BuildMessage::Line("from a macro"));
        sink(BuildMessage::Done);
        assert_eq!(*printed.lock().unwrap(), ["error: no\n --> lib.rs:1:1", "from a macro"]);
    }

    #[test]
    fn what_is_said_for_cargo_comes_first() {
        assert!(wants_colour(None, true) && !wants_colour(None, false));
        assert!(wants_colour(Some("auto"), true) && !wants_colour(Some("auto"), false));
        assert!(wants_colour(Some("always"), false) && !wants_colour(Some("never"), true));
    }

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(without_colour("\x1b[1m\x1b[38;5;9merror\x1b[0m: no\x1b[K"), "error: no");
        assert_eq!(without_colour("plain"), "plain");
        assert_eq!(without_colour("cut \x1b[1"), "cut ");
    }
}
