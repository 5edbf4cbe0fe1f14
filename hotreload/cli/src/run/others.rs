//! What other programs are told: each event as a line of JSON, and rustc's places in a file.

use std::io::{self, Write as _};

use serde::Serialize;

use super::{Arguments, locations::Locations, model::ended, program::Plan};
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
    locations: Option<Locations>,
}

impl Others {
    /// An error is one of the file with the locations.
    pub(super) fn new(arguments: &Arguments, plan: &Plan) -> io::Result<Others> {
        let locations = arguments.locations.as_deref();
        let locations = locations.map(|file| Locations::new(file, &plan.workspace));
        Ok(Others { is_json: arguments.format == Format::Json, locations: locations.transpose()? })
    }

    /// Whether events are printed, so that nothing else is to be said of them.
    pub(super) fn is_json(&self) -> bool {
        self.is_json
    }

    /// Whether anybody is told of builds.
    pub(super) fn any(&self) -> bool {
        self.is_json || self.locations.is_some()
    }

    /// Takes an event as the host has sent it; none if it is not known here.
    pub(super) fn heard(&mut self, line: &str) -> Option<Event> {
        self.print(line.trim_end());
        let event = Event::read(line)?;
        self.locate(&event);
        Some(event)
    }

    /// Takes an event of the program's own build, and gives what is to be shown of it.
    pub(super) fn take(&mut self, event: Event) -> String {
        // Cargo's own words are for people.
        if let Event::Output { text } = event {
            return ended(text);
        }
        self.print(&line(&event));
        self.locate(&event);
        match event {
            Event::Diagnostic { rendered, .. } if !self.is_json => ended(rendered),
            _ => String::new(),
        }
    }

    fn locate(&mut self, event: &Event) {
        // It could be written before: what is wrong now, the next build may find mended.
        if let Some(locations) = &mut self.locations {
            let _ = locations.take(event);
        }
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
