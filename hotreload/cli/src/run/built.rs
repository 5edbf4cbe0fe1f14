//! The program's own build, told as a host tells of those of its bundles.

use std::{
    io::{self, BufRead as _, BufReader, Write as _},
    process::ExitStatus,
};

use anstream::{AutoStream, ColorChoice};
use cargo_metadata::{Message, diagnostic::DiagnosticLevel};

use super::{others::Others, program::Plan};
use hot_host::command::protocol::Event;

/// Builds it before anything is shown. The exit status is cargo's.
pub(super) fn build(plan: &mut Plan, others: &mut Others) -> io::Result<ExitStatus> {
    if !others.any() {
        return plan.build();
    }
    let colours = !others.is_json() && AutoStream::choice(&io::stderr()) != ColorChoice::Never;
    let mut child = plan.reported_build(colours).spawn()?;
    others.take(begin());
    for line in BufReader::new(child.stdout.take().expect("a pipe")).lines() {
        let line = line?;
        plan.hear(&line);
        for event in events(&line) {
            // Nobody is left to tell when standard error is closed.
            let _ = io::stderr().lock().write_all(others.take(event).as_bytes());
        }
    }
    let status = child.wait();
    others.take(Event::Built);
    status
}

/// The event with which it begins: there is no bundle in it.
pub(super) fn begin() -> Event {
    Event::Building { bundles: Vec::new() }
}

/// What cargo has printed, in whole lines, as events.
pub(super) fn events(lines: &str) -> Vec<Event> {
    let event = |message| match message {
        Message::CompilerMessage(message) => {
            let message = message.message;
            // Cargo says it with its own words.
            let is_sum = message.spans.is_empty()
                && (message.message.starts_with("aborting due to")
                    || message.message.ends_with(" emitted"));
            let error = matches!(message.level, DiagnosticLevel::Error | DiagnosticLevel::Ice);
            let rendered = message.rendered.unwrap_or(message.message);
            (!is_sum).then_some(Event::Diagnostic { rendered, error })
        }
        Message::TextLine(text) => Some(Event::Output { text }),
        _ => None,
    };
    Message::parse_stream(lines.as_bytes()).map_while(Result::ok).filter_map(event).collect()
}
