//! The loop: what comes in, and what is done about it. Processes come and go, the terminal stays.

use std::{
    ffi::OsString,
    fs::File,
    io::{self, IsTerminal as _, Write as _},
    process::{Command, Stdio},
    sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    thread,
    time::Duration,
};

use crossterm::event::{self, KeyCode, KeyEventKind, KeyModifiers};
use signal_hook::{
    consts::{SIGCONT, SIGHUP, SIGINT, SIGSTOP, SIGTERM},
    iterator::Signals,
    low_level,
};

use super::{
    Arguments, FromProcess, Message, built,
    ending::{self, Panics},
    line,
    model::{Model, Phase, ended},
    others::{Others, Own},
    pager::Pager,
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
            model: Model::new(is_screen),
            panics: Panics::default(),
            sources,
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

    /// Starts the program, which was built.
    fn start(&mut self) -> io::Result<()> {
        self.start_by(self.plan.command(&self.arguments))
    }

    /// Starts the program with the generation before that which was live when it ended.
    fn start_before(&mut self) {
        let started = self.model.kept.back(&self.model.last()).and_then(|mut again| {
            self.say(&again.said);
            again.command.args(&self.arguments);
            self.start_by(again.command).map_err(|error| error.to_string())
        });
        if let Err(why) = started {
            self.say(&format!("{why}: R builds and starts it\n"));
        }
    }

    fn start_by(&mut self, mut command: Command) -> io::Result<()> {
        command.env("HOTRELOAD_FEATURES", &self.features);
        let is_log = matches!(self.shown, Shown::Log(_));
        command.env("HOTRELOAD_WATCH", if is_log { "program" } else { "quiet" });
        match &self.shown {
            Shown::Log(_) => {}
            Shown::Lines => {
                // In a group of its own it would be stopped when it reads.
                if io::stdin().is_terminal() {
                    command.stdin(Stdio::null());
                }
                if self.others.is_json() {
                    command.stdout(Stdio::piped()).stderr(Stdio::piped());
                }
            }
            Shown::Screen(screen) => {
                // It writes into a pipe whose other end is a terminal.
                if screen.has_colours() && std::env::var_os("CLICOLOR_FORCE").is_none() {
                    command.env("CLICOLOR_FORCE", "1");
                }
                command.stdin(Stdio::null()).stdout(Stdio::piped());
                if io::stderr().is_terminal() {
                    command.stderr(Stdio::piped());
                }
            }
        }
        self.model.starts();
        (self.panics, self.told_silence) = Default::default();
        self.run_process(command, !is_log, Kind::Program)?;
        if let Some(running) = &self.running {
            self.others.tell(&Own::Started { pid: running.id() });
        }
        Ok(())
    }

    /// Builds the program, which is started then.
    fn build(&mut self) -> io::Result<()> {
        let colours = matches!(&self.shown, Shown::Screen(screen) if screen.has_colours());
        self.model.phase(Phase::Building { crates: 0, milliseconds: 0, waiting: false });
        let command = self.plan.quiet_build(colours);
        // Whatever is saved from now on may not be in it.
        self.look_at_sources();
        self.others.take(built::begin());
        self.remark(&format!("building {}\n", self.plan.name));
        self.run_process(command, true, Kind::Build)
    }

    fn run_process(&mut self, command: Command, own_group: bool, kind: Kind) -> io::Result<()> {
        self.count += 1;
        self.running = Some(Running::start(command, own_group, (kind, self.count), &self.send)?);
        Ok(())
    }

    fn look_at_sources(&mut self) {
        self.sources = Sources::new(&self.plan.folders);
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
                let taken = match &mut self.shown {
                    // A terminal that is gone says so by its end.
                    Shown::Screen(screen) => screen.key(key).is_some(),
                    _ => false,
                };
                if let (false, KeyCode::Char(key)) = (taken, key) {
                    self.key(key);
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
                let unwatched = match status.watch {
                    Watching::On => return,
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
            FromProcess::Status(answer) => {
                let text = answer.map_or_else(|refusal| refusal.text, |status| status.text);
                self.page("what is loaded", &text);
            }
        }
    }

    fn key(&mut self, key: char) {
        match key {
            'q' => self.quit(SIGTERM, 0),
            'R' => self.restart(),
            'e' => self.page("the last report", &self.model.report()),
            'h' => self.page("what became of saves, the latest first", &self.model.history.text()),
            '?' => self.say(HELP),
            'c' => {
                if let Shown::Screen(screen) = &mut self.shown {
                    let _ = screen.clear();
                }
            }
            'r' => self.ask(Request::Reload { bundle: Vec::new() }),
            's' => self.ask(Request::Status),
            'b' if self.running.is_none() => self.start_before(),
            'b' => self.ask(Request::Rollback { bundle: self.model.last() }),
            _ => {}
        }
    }

    fn ask(&mut self, request: Request) {
        let text = match &self.running {
            Some(running) if running.kind == Kind::Program => match running.connected {
                false => "the host does not answer yet\n",
                true if running.commands.send(request) => return,
                true => "the host is busy\n",
            },
            _ => "the program does not run: R starts it\n",
        };
        self.say(text);
    }

    /// Shows a text page by page.
    fn page(&mut self, title: &'static str, text: &str) {
        match &mut self.shown {
            Shown::Screen(screen) => _ = screen.page(Pager::new(title, text)),
            _ => self.say(&ended(text.to_owned())),
        }
    }

    /// Ends the program, if it runs, to build it and start it again.
    fn restart(&mut self) {
        match &mut self.running {
            // It is on its way.
            Some(running) if running.kind == Kind::Build => {}
            Some(running) => {
                running.quit(SIGTERM);
                self.model.phase(Phase::Restarting);
            }
            None => self.start_again(),
        }
    }

    fn start_again(&mut self) {
        if let Err(error) = self.build() {
            self.say(&format!("error: cargo could not be started: {error}\n"));
            self.model.phase(Phase::NotBuilt);
        }
    }

    /// Ends all: politely first.
    fn quit(&mut self, signal: i32, code: u8) {
        self.ending.get_or_insert(code);
        self.model.phase(Phase::Ending);
        if let Some(running) = &mut self.running {
            running.quit(signal);
        }
    }

    /// Stops with the program, as any job of a shell does, until the shell lets it go on.
    fn suspend(&mut self) {
        let signal = |signal| {
            if let Some(running) = &self.running {
                running.signal(signal);
            }
        };
        signal(SIGSTOP);
        if let Shown::Screen(screen) = &mut self.shown {
            let _ = screen.retake(|| _ = low_level::raise(SIGSTOP));
        }
        signal(SIGCONT);
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

    /// What ran has ended. The exit code, if that ends all.
    fn ended(&mut self) -> io::Result<Option<u8>> {
        let Some(running) = self.running.take() else { return Ok(None) };
        let kind = running.kind;
        let (rest, status) = running.end();
        self.printed(kind, &rest);
        let status = status?;
        let (sentence, code) = (ending::sentence(status, &self.panics), ending::code(status));
        match kind {
            Kind::Build => _ = self.others.take(Event::Built),
            Kind::Program => {
                // Who hears of the end may save at once.
                self.look_at_sources();
                let text = &format!("{sentence}{}", self.model.was_live());
                self.others.tell(&Own::Ended { text, code });
            }
        }
        if self.ending.is_some() {
            return Ok(self.ending);
        }
        if kind == Kind::Build {
            match status.success() {
                true => {
                    self.remark(&format!("starting {}\n", self.plan.name));
                    self.start()?;
                }
                false => {
                    self.others.tell(&Own::NotBuilt { code });
                    self.not_built();
                }
            }
            return Ok(None);
        }
        self.model.kept.ended();
        if self.is_once {
            // Restores the terminal.
            self.shown = Shown::Lines;
            if status.code().is_none() {
                self.say(&format!("{sentence}\n"));
            }
            return Ok(Some(code));
        }
        if let Shown::Screen(screen) = &mut self.shown {
            // The program may have changed the terminal.
            let _ = screen.retake(|| ());
        }
        if self.model.is(&Phase::Restarting) {
            self.start_again();
            return Ok(None);
        }
        self.say(&format!("{sentence}{}; a save or R starts it again\n", self.model.was_live()));
        self.model.phase(Phase::Ended);
        Ok(None)
    }

    fn not_built(&mut self) {
        self.ring();
        self.say("the program was not built: a save or R tries again\n");
        self.model.phase(Phase::NotBuilt);
    }
}

const UNWATCHED: &str = "\
the program was built without the feature `watch`: edits are not seen, r reloads
write in its Cargo.toml: hotreload = { .., features = [\"watch\"] }
";

const OFF: &str = "the program's host does not watch: edits are not seen, r reloads\n";

const HELP: &str = "\
r  build and reload        b  roll back what became live last
R  build and start again   e  the last report, whole
h  what became of saves    s  what is loaded
c  clear the screen        q  end the program (twice: at once)
";

/// Passes on the keys. The thread ends with the process: nothing interrupts a read.
fn pass_keys_on(send: SyncSender<Message>) {
    thread::spawn(move || {
        while let Ok(event) = event::read() {
            let message = match event {
                event::Event::Resize(..) => Message::Resized,
                event::Event::Key(key) if key.kind == KeyEventKind::Press => {
                    match (key.code, key.modifiers - KeyModifiers::SHIFT) {
                        (KeyCode::Char('c'), KeyModifiers::CONTROL) => Message::Interrupt,
                        (KeyCode::Char('z'), KeyModifiers::CONTROL) => Message::Suspend,
                        (code, modifiers) if modifiers.is_empty() => Message::Key(code),
                        _ => continue,
                    }
                }
                _ => continue,
            };
            if send.send(message).is_err() {
                return;
            }
        }
        let _ = send.send(Message::Hangup);
    });
}
