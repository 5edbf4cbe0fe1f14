//! What other programs are told: each event as a line of JSON, and rustc's places in a file.

use std::io::{self, Write as _};

use serde::Serialize;

use super::Arguments;
use crate::output::Format;
use hot_host::command::{
    line,
    protocol::{Event, HostStatus},
};

/// What only the command knows. `docs/control.md` describes it, beside the host's events.
#[derive(Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(super) enum Own<'a> {
    /// The process has been started that is the program.
    Started {
        pid: u32,
    },
    /// Its host can be reached.
    Connected(&'a HostStatus),
    Ended {
        text: &'a str,
        code: u8,
    },
    /// Cargo could not build it, and has ended with this code.
    NotBuilt {
        code: u8,
    },
}

#[derive(Debug)]
pub(super) struct Others {
    is_json: bool,
}

impl Others {
    pub(super) fn new(arguments: &Arguments) -> Others {
        Others { is_json: arguments.format == Format::Json }
    }

    /// Whether events are printed, so that nothing else is to be said of them.
    pub(super) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Whether anybody is told of builds.
    pub(super) fn any(&self) -> bool {
        self.is_json
    }

    /// Takes an event as the host has sent it; none if it is not known here.
    pub(super) fn heard(&mut self, line: &str) -> Option<Event> {
        self.print(line.trim_end());
        Event::read(line)
    }

    /// Takes an event of the program's own build.
    pub(super) fn take(&mut self, event: &Event) {
        self.print(&line(event));
    }

    pub(super) fn tell(&self, own: &Own<'_>) {
        self.print(&line(own));
    }

    fn print(&self, line: &str) {
        if self.is_json {
            // Who does not read is nobody to tell.
            let _ = io::stdout().lock().write_all(format!("{line}\n").as_bytes());
        }
    }
}
