//! What is known of builds and reloads, and how it changes.

use std::time::Duration;

use hot::Event;

use crate::{input::Input, text::plain};

/// Everything that can happen.
pub(super) enum Message {
    Input(Input),
    /// What the thread was asked for is done, or why not.
    Done(Result<(), String>),
    /// What the host tells; with what is live, and the body of the function that keys replace.
    Event(Event, Option<String>),
    /// The watcher's line about a save.
    Line(String),
    /// A report of rustc.
    Rustc(String),
    /// How far a build is; `None` when it is over.
    Building(Option<String>),
    /// A contained panic.
    Panicked(String),
}

/// What is shown besides the demo's own facts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Model {
    pub(super) generation: u64,
    /// The body of the function that keys replace.
    pub(super) body: Option<String>,
    pub(super) build: Duration,
    pub(super) reload: Duration,
    /// A build that is under way.
    pub(super) building: Option<String>,
    /// The last message.
    pub(super) headline: String,
    /// How many there have been.
    pub(super) messages: usize,
    /// Whether it is a bad one.
    pub(super) bad: bool,
    /// What rustc or the host says about it.
    pub(super) details: String,
    /// The same for the message that will come.
    pub(super) coming: String,
    /// Whether something was built since the last message.
    pub(super) built: bool,
}

impl Model {
    /// The bundle was called, and panicked.
    pub(super) fn panicked(&mut self, headline: String, says: &str) {
        self.message(true, headline);
        self.details = plain(says);
    }

    pub(super) fn say(&mut self, headline: String) {
        self.message(false, headline);
        self.details.clear();
    }

    /// The host and the watcher may both report one load.
    fn message(&mut self, bad: bool, headline: String) {
        if headline != self.headline || self.built {
            self.messages += 1;
            self.built = false;
        }
        (self.headline, self.bad) = (headline, bad);
    }

    /// A job is over. What went well was said by the event.
    pub(super) fn done(&mut self, result: Result<(), String>) {
        let Err(error) = result else { return };
        let error = plain(&error);
        let (first, rest) = error.split_once('\n').unwrap_or((&error, ""));
        let runs = match self.generation {
            0 => "what the demo was linked with runs".to_owned(),
            generation => format!("generation {generation} still runs"),
        };
        self.message(true, format!("not reloaded: {first}; {runs}"));
        self.coming.clear();
        // rustc's own report is longer than what the error repeats of it.
        if self.details.is_empty() {
            rest.clone_into(&mut self.details);
        }
    }

    pub(super) fn take(&mut self, message: Message) {
        match message {
            Message::Event(Event::Loaded(report) | Event::RolledBack(report), body) => {
                let phases = report.phases;
                self.generation = report.generation;
                self.build = phases.build;
                self.reload = phases.check + phases.load + phases.publish;
                self.body = body;
                // Warnings of its own build stay.
                if !self.built {
                    self.details.clear();
                }
                self.message(false, report.to_string());
            }
            Message::Event(Event::Refused(error), _) => self.coming = plain(&error.to_string()),
            Message::Line(line) => {
                self.message(!line.contains("is live"), plain(&line));
                if !self.coming.is_empty() {
                    self.details = std::mem::take(&mut self.coming);
                }
            }
            Message::Rustc(text) => {
                self.begin_build();
                self.details.push_str(&text);
            }
            Message::Building(Some(text)) => {
                self.begin_build();
                self.building = Some(text);
            }
            Message::Building(None) => self.building = None,
            Message::Panicked(text) => self.coming = plain(&text),
            Message::Event(..) | Message::Input(_) | Message::Done(_) => {}
        }
    }

    fn begin_build(&mut self) {
        if self.building.is_none() {
            self.building = Some("building".to_owned());
            self.built = true;
            self.details.clear();
        }
    }
}
