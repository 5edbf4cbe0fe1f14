//! What is shown while a build runs: rustc's reports as it renders them, and on a terminal one
//! line that tells how far it is.

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

/// What a build says while it runs. A [`BuildSink`] is called with each.
///
/// ```no_run
/// use hot::BuildMessage;
///
/// let host = hot::Host::builder()
///     .build_output(std::sync::Arc::new(|message| match message {
///         BuildMessage::Diagnostic { rendered, .. } => eprint!("{rendered}"),
///         BuildMessage::Line(line) => eprintln!("cargo: {line}"),
///         BuildMessage::Progress { crates, .. } => eprintln!("{crates} crates"),
///         _ => {}
///     }))
///     .start()?;
/// # Ok::<(), hot::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildMessage<'a> {
    /// A report of rustc as rustc renders it, of several lines, the last one ended; in colour where
    /// standard error shows colour.
    #[non_exhaustive]
    Diagnostic {
        /// The report.
        rendered: &'a str,
        /// Whether it is an error. The rest are warnings and notes.
        error: bool,
    },
    /// A line that something else printed, such as a procedural macro; or cargo itself, when it has
    /// failed.
    Line(&'a str),
    /// How far the build is; said several times a second.
    #[non_exhaustive]
    Progress {
        /// The bundle's package.
        bundle: &'a str,
        /// How many crates were compiled so far.
        crates: usize,
        /// The time since the start.
        elapsed: Duration,
        /// Whether cargo waits until another cargo is done.
        waiting: bool,
    },
    /// The build is over. Always said, and said last.
    Done,
}

/// Shows a build. It is called by the thread that builds. See [`BuildMessage`] for an example.
pub type BuildSink = Arc<dyn Fn(BuildMessage<'_>) + Send + Sync>;

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

/// The text that shows `message`, after erasing a drawn line of progress.
fn write(text: &mut String, message: BuildMessage<'_>, progress: bool, drawn: bool) {
    /// A build that is over sooner leaves no flicker.
    const PATIENCE: Duration = Duration::from_millis(300);
    const COLUMNS: usize = 60;

    if let BuildMessage::Progress { bundle, crates, elapsed, waiting } = message {
        if progress && elapsed >= PATIENCE {
            let seconds = elapsed.as_secs_f32();
            let note = if waiting { "  another cargo runs" } else { "" };
            let crates = match crates {
                1 => "1 crate".to_owned(),
                crates => format!("{crates} crates"),
            };
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

/// Whether standard error shows colour.
pub(super) fn is_coloured() -> bool {
    wants_colour(
        |name| env::var(name).ok().filter(|value| !value.is_empty()),
        io::stderr().is_terminal(),
    )
}

fn wants_colour(variable: impl Fn(&str) -> Option<String>, terminal: bool) -> bool {
    if variable("NO_COLOR").is_some() || variable("TERM").is_some_and(|term| term == "dumb") {
        return false;
    }
    match variable("CARGO_TERM_COLOR").as_deref() {
        Some("always") => true,
        Some("never") => false,
        _ => terminal || variable("CLICOLOR_FORCE").is_some_and(|value| value != "0"),
    }
}

/// The text without its colours (CSI sequences, as rustc writes them).
pub(super) fn without_colour(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, sequence)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        let end = sequence.find(|c| matches!(c, '@'..='~')).map_or(sequence.len(), |end| end + 1);
        rest = &sequence[end..];
    }
    plain + rest
}

#[cfg(test)]
mod tests {
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
    fn colour_is_asked_for_in_this_order() {
        let wants = |set: &[(&str, &str)], terminal| {
            let find = |name: &str| set.iter().find(|(known, _)| *known == name);
            wants_colour(|name| find(name).map(|(_, value)| (*value).to_owned()), terminal)
        };
        assert!(wants(&[], true));
        assert!(!wants(&[], false));
        assert!(wants(&[("CLICOLOR_FORCE", "1")], false));
        assert!(!wants(&[("CLICOLOR_FORCE", "0")], false));
        assert!(wants(&[("CARGO_TERM_COLOR", "always")], false));
        assert!(!wants(&[("CARGO_TERM_COLOR", "never")], true));
        assert!(!wants(&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], true));
        assert!(!wants(&[("TERM", "dumb"), ("CLICOLOR_FORCE", "1")], true));
    }

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(without_colour("\x1b[1m\x1b[38;5;9merror\x1b[0m: no\x1b[K"), "error: no");
        assert_eq!(without_colour("plain"), "plain");
        assert_eq!(without_colour("cut \x1b[1"), "cut ");
    }
}
