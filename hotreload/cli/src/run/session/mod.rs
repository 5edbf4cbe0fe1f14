//! The loop: what comes in, and what is done about it. Processes come and go, the terminal stays.

mod keys;
mod processes;

use std::{
    ffi::OsString,
    fs::File,
    io::{self, Write as _},
    sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    thread,
    time::Duration,
};

use crossterm::event::KeyCode;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use keys::pass_keys_on;

use super::{
    Arguments, FromProcess, Message, built,
    ending::Panics,
    line,
    model::{Model, Phase},
    others::{Others, Own},
    pager::Read,
    program::Plan,
    running::{Kind, Running},
    screen::Screen,
    sources::Sources,
    text::harmless,
    title::title,
};
use hot_host::command::protocol::{Event, Request, SaveOutcome, Watching};

/// How often to look whether the process has ended.
const TICK: Duration = Duration::from_millis(50);
/// When to say that no host has answered.
const SILENCE: Duration = Duration::from_secs(10);

/// Where lines are shown.
pub(super) enum Shown {
    /// Above the status line.
    Screen(Box<Screen>),
    /// On standard error.
    Lines,
    Log(File),
}

pub(super) struct Session {
    plan: Plan,
    arguments: Vec<OsString>,
    features: String,
    /// Whether its host is to have cargo build every time.
    plain_cargo: bool,
    /// Whether the program's end is the command's, too.
    is_once: bool,
    /// Whether an edit of the program's own starts it again.
    restarts: bool,
    /// Whether the terminal rings when a build breaks or a save is refused.
    rings: bool,
    shown: Shown,
    others: Others,
    send: SyncSender<Message>,
    messages: Receiver<Message>,
    /// What runs now; nothing after its end.
    running: Option<Running>,
    /// How many processes there were.
    count: usize,
    model: Model,
    panics: Panics,
    sources: Sources,
    /// What the digits of the history stand for.
    choices: Vec<(String, u64)>,
    /// Said once.
    told_silence: bool,
    told_watch: bool,
    /// The exit code, once all is to end.
    ending: Option<u8>,
}

impl Session {
    pub(super) fn new(
        arguments: &Arguments,
        plan: Plan,
        shown: Shown,
        others: Others,
        sources: Sources,
    ) -> io::Result<Session> {
        // Bounded: a program that prints faster than the terminal shows has to wait.
        let (send, messages) = mpsc::sync_channel(64);
        let is_screen = matches!(shown, Shown::Screen(_));
        if is_screen {
            pass_keys_on(send.clone());
        }
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let to_signals = send.clone();
        thread::spawn(move || {
            for signal in signals.forever() {
                let _ = to_signals.send(Message::Signal(signal));
            }
        });
        Ok(Session {
            plan,
            arguments: arguments.arguments.clone(),
            features: arguments.features.join(","),
            plain_cargo: arguments.plain_cargo,
            // Nobody starts it again where no key can be pressed, unless a save does.
            is_once: arguments.once || !(is_screen || arguments.restart),
            restarts: arguments.restart,
            rings: arguments.bell,
            shown,
            others,
            send,
            messages,
            running: None,
            count: 0,
            model: Model::new(is_screen, arguments.restart),
            panics: Panics::default(),
            sources,
            choices: Vec::new(),
            told_silence: false,
            told_watch: false,
            ending: None,
        })
    }

    /// Runs until all is to end; the exit code.
    pub(super) fn run(mut self, is_built: bool) -> io::Result<u8> {
        if is_built {
            self.start()?;
        } else {
            self.not_built();
        }
        loop {
            match self.messages.recv_timeout(TICK) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => unreachable!("the session has a sender"),
            }
            self.tick();
            if self.running.as_mut().is_some_and(Running::has_ended)
                && let Some(code) = self.ended()?
            {
                return Ok(code);
            }
            if let (None, Some(code)) = (&self.running, self.ending) {
                return Ok(code);
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Of(number, what) => {
                // One that has ended is not asked any more.
                if self.running.as_ref().is_some_and(|it| it.number == number) {
                    self.take_from_process(*what);
                }
            }
            Message::Key(key) => {
                let read = match &mut self.shown {
                    Shown::Screen(screen) => screen.key(key),
                    _ => None,
                };
                match (read, key) {
                    (Some(Read::Chosen(choice)), _) => self.go_to(choice),
                    (Some(_), _) => {}
                    (None, KeyCode::Char(key)) => self.key(key),
                    (None, _) => {}
                }
            }
            Message::Interrupt => self.quit(SIGTERM, 130),
            Message::Suspend => self.suspend(),
            Message::Hangup => self.quit(SIGHUP, 129),
            // The terminal has sent it to the program as well.
            Message::Signal(SIGINT) if matches!(self.shown, Shown::Log(_)) => {}
            Message::Signal(signal) => self.quit(signal, 128 + u8::try_from(signal).unwrap_or(0)),
            Message::Resized => {
                if let Shown::Screen(screen) = &mut self.shown {
                    let _ = screen.resized();
                }
            }
        }
    }

    fn take_from_process(&mut self, what: FromProcess) {
        let Some(running) = &mut self.running else { return };
        match what {
            FromProcess::Output(stream, bytes) => {
                let (kind, lines) = (running.kind, running.output(stream, &bytes));
                self.printed(kind, &lines);
            }
            FromProcess::Connected(status) => {
                running.connected = true;
                self.others.tell(&Own::Connected(&status));
                self.model.connected(running.number, &status);
                if self.model.is_paused() {
                    self.ask(Request::Watch { pause: true });
                }
                let unwatched = match status.watch {
                    Watching::On | Watching::Paused => return,
                    Watching::Missing => UNWATCHED,
                    Watching::Off => OFF,
                };
                if !self.told_watch {
                    self.told_watch = true;
                    self.say(unwatched);
                }
            }
            FromProcess::Event(line) => {
                let Some(event) = self.others.heard(&line) else { return };
                let is_host = matches!(&event, Event::Saved { outcome: SaveOutcome::Host, .. });
                if matches!(&event, Event::Saved { outcome: SaveOutcome::Refused { .. }, .. }) {
                    self.ring();
                }
                if let Event::Building { bundles } = &event {
                    self.remark(&format!("building {}\n", bundles.join(", ")));
                }
                let text = self.model.take(event);
                if !self.others.is_json() {
                    self.say(&text);
                }
                if is_host && self.restarts {
                    self.restart();
                }
            }
            FromProcess::Published(answer) => {
                if answer.is_err() {
                    self.ring();
                }
                let text = self.model.published(answer);
                self.say(&text);
            }
            FromProcess::Told => running.told(),
            FromProcess::Paused(answer) => {
                let text = self.model.paused(answer);
                self.say(&text);
            }
            FromProcess::Status(answer) => {
                let text = answer.map_or_else(|refusal| refusal.text, |status| status.text);
                self.page("what is loaded", &text);
            }
        }
    }

    /// What is due.
    fn tick(&mut self) {
        let silent = self.running.as_ref().is_some_and(|it| {
            it.kind == Kind::Program && !it.connected && it.started.elapsed() > SILENCE
        });
        if silent && !self.told_silence {
            self.told_silence = true;
            self.say("no host answers yet: it does once the program has called `Host::start`\n");
        }
        if let Some(Running { kind: Kind::Build, started, .. }) = &self.running
            && self.ending.is_none()
        {
            let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
            self.model.phase(Phase::Building { crates: 0, milliseconds, waiting: false });
        }
        if self.running.is_none()
            && !self.model.is_paused()
            && let Some(saved) = self.sources.saved()
        {
            self.say(&format!("{} was saved\n", saved.display()));
            self.start_again();
        }
        let Session { plan, shown, model, running, .. } = self;
        if let Shown::Screen(screen) = shown {
            // A terminal that is gone says so by its end.
            let partial = running.as_ref().map(Running::partial);
            let _ = screen.partial(&partial.unwrap_or_default());
            let fit = |room| line::fit(&model.state(), &model.detail(), model.keys(), room);
            let _ = screen.status(fit);
            let _ = screen.title(|| title(&plan.name, model));
        }
    }

    fn ring(&self) {
        if let (true, Shown::Screen(screen)) = (self.rings, &self.shown) {
            let _ = screen.ring();
        }
    }

    /// Shows what the process has printed.
    fn printed(&mut self, kind: Kind, lines: &str) {
        if kind == Kind::Program {
            self.panics.read(lines);
            match &mut self.shown {
                Shown::Screen(screen) => _ = screen.print(lines),
                _ => self.say(lines),
            }
            return;
        }
        self.plan.hear(lines);
        for event in built::events(lines) {
            let text = self.others.take(event);
            self.say(&text);
        }
    }

    /// Says what the line on a screen shows, where there is none.
    fn remark(&mut self, text: &str) {
        if !matches!(self.shown, Shown::Screen(_)) && !self.others.is_json() {
            self.say(text);
        }
    }

    /// Shows lines.
    fn say(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        // Who does not read is nobody to tell.
        let _ = match &mut self.shown {
            Shown::Screen(screen) => screen.say(text),
            Shown::Lines => io::stderr().lock().write_all(text.as_bytes()),
            Shown::Log(file) => file.write_all(harmless(text, false).as_bytes()),
        };
    }
}

const UNWATCHED: &str = "\
the program was built without the feature `watch`: edits are not seen, r reloads
write in its Cargo.toml: hotreload = { .., features = [\"watch\"] }
";

const OFF: &str = "the program's host does not watch: edits are not seen, r reloads\n";
