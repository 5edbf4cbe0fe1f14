//! What the demo knows, and how it changes.

use std::time::Duration;

use examples::{input::Input, panics::contained, text::plain};
use hot::Event;

use crate::reloads::Reloads;

/// Everything that can happen.
pub(crate) enum Message {
    Input(Input),
    /// What the thread was asked for is done, or why not.
    Done(Result<(), String>),
    Event(Event),
    /// The watcher's line about a save.
    Line(String),
    /// A report of rustc.
    Rustc(String),
    /// How far a build is; `None` when it is over.
    Building(Option<String>),
    /// A contained panic.
    Panicked(String),
}

/// What is shown.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Model {
    pub(crate) count: i64,
    pub(crate) generation: u64,
    /// The body of `change`.
    pub(crate) body: String,
    pub(crate) build: Duration,
    pub(crate) reload: Duration,
    /// A build that is under way.
    pub(crate) building: Option<String>,
    /// The last message.
    pub(crate) headline: String,
    /// How many there have been.
    pub(crate) messages: usize,
    /// Whether it is a bad one.
    pub(crate) bad: bool,
    /// What rustc or the host says about it.
    pub(crate) details: String,
    /// The same for the message that will come.
    pub(crate) coming: String,
    /// Whether something was built since the last message.
    pub(crate) built: bool,
}

impl Model {
    /// One second has passed.
    pub(crate) fn tick(&mut self) {
        let count = self.count;
        match contained(|| hot::get!(counter::change)(count)) {
            Ok(count) => self.count = count,
            Err(says) => {
                self.message(true, format!("change() panicked, the count stays {count}"));
                self.details = plain(&says);
            }
        }
    }

    pub(crate) fn say(&mut self, headline: String) {
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

    /// A key's work is over. What went well was said by the event.
    pub(crate) fn done(&mut self, result: Result<(), String>) {
        let Err(error) = result else { return };
        let error = plain(&error);
        let (first, rest) = error.split_once('\n').unwrap_or((&error, ""));
        let generation = self.generation;
        self.message(true, format!("not reloaded: {first}; generation {generation} still runs"));
        self.coming.clear();
        // rustc's own report is longer than what the error repeats of it.
        if self.details.is_empty() {
            rest.clone_into(&mut self.details);
        }
    }

    pub(crate) fn take(&mut self, message: Message, reloads: &Reloads) {
        match message {
            Message::Event(Event::Loaded(report) | Event::RolledBack(report)) => {
                let phases = report.phases;
                self.generation = report.generation;
                self.build = phases.build;
                self.reload = phases.check + phases.load + phases.publish;
                self.body = reloads.body().unwrap_or_else(|| "?".to_owned());
                self.message(false, report.to_string());
            }
            Message::Event(Event::Refused(error)) => self.coming = plain(&error.to_string()),
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
            Message::Event(_) | Message::Input(_) | Message::Done(_) => {}
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
