//! One run of the program: what comes in, and what is done about it.

use std::{
    fs::File,
    io::{self, Read, Write as _},
    os::unix::process::ExitStatusExt as _,
    process::{ExitCode, ExitStatus},
    sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender},
    thread,
    time::{Duration, Instant},
};

use crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use serde_json::json;
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGKILL, SIGTERM},
    iterator::Signals,
    low_level::signal_name,
};

use super::{
    Message,
    link::{self, Commands},
    model::{Model, Phase},
    program::Program,
    screen::Screen,
    text::harmless,
};
use crate::cli::client;

/// How often to look whether the program has ended.
const TICK: Duration = Duration::from_millis(50);
/// After which time the beginning of a line is shown.
const PARTIAL: Duration = Duration::from_millis(100);
/// How long the program has to end by itself.
const GRACE: Duration = Duration::from_secs(3);
/// How long to wait, after the program's end, for output that others still hold open.
const REST: Duration = Duration::from_millis(300);
/// When to say that no host has answered.
const SILENCE: Duration = Duration::from_secs(10);
/// The longest line that is waited for.
const LINE: usize = 1 << 16;

/// Where lines are shown.
pub(super) enum Shown {
    /// Above the status line.
    Screen(Box<Screen>),
    /// On standard error.
    Lines,
    Log(File),
}

pub(super) struct Session {
    program: Program,
    shown: Shown,
    messages: Receiver<Message>,
    commands: Commands,
    model: Model,
    /// What the program began to print without ending the line, of either stream, and since when.
    partial: [(Vec<u8>, Option<Instant>); 2],
    /// Whether output is still to be read, of either stream.
    open: [bool; 2],
    connected: bool,
    started: Instant,
    /// Said once.
    told_silence: bool,
    told_watch: bool,
    /// Since when the program is to end, and the exit code then.
    ending: Option<(Instant, u8)>,
}

impl Session {
    pub(super) fn new(mut program: Program, shown: Shown) -> io::Result<Session> {
        // Bounded: a program that prints faster than the terminal shows has to wait.
        let (send, messages) = mpsc::sync_channel(64);
        let stdout = program.child().stdout.take();
        let stderr = program.child().stderr.take();
        let open = [stdout.is_some(), stderr.is_some()];
        if let Some(stdout) = stdout {
            pass_on(stdout, 0, send.clone());
        }
        if let Some(stderr) = stderr {
            pass_on(stderr, 1, send.clone());
        }
        if let Shown::Screen(_) = shown {
            pass_keys_on(send.clone());
        }
        let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
        let to_signals = send.clone();
        thread::spawn(move || {
            for signal in signals.forever() {
                let _ = to_signals.send(Message::Signal(signal));
            }
        });
        link::listen(program.id(), send.clone());
        let commands = Commands::new(program.id(), send);
        Ok(Session {
            program,
            shown,
            messages,
            commands,
            model: Model::default(),
            partial: Default::default(),
            open,
            connected: false,
            started: Instant::now(),
            told_silence: false,
            told_watch: false,
            ending: None,
        })
    }

    /// Runs until the program has ended.
    pub(super) fn run(mut self) -> ExitCode {
        let mut ended = None;
        loop {
            match self.messages.recv_timeout(TICK) {
                Ok(message) => self.take(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => unreachable!("the signals have a sender"),
            }
            self.tick();
            if ended.is_none() && self.program.has_ended() {
                ended = Some(Instant::now());
                if self.ending.is_some() {
                    self.program.end_rest();
                }
            }
            let is_read = self.open == [false, false];
            if ended.is_some_and(|since| is_read || since.elapsed() > REST) {
                return self.end();
            }
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Output(stream, bytes) if bytes.is_empty() => {
                self.open[stream] = false;
                self.output(stream, b"");
            }
            Message::Output(stream, bytes) => self.output(stream, &bytes),
            Message::Connected(status) => {
                self.connected = true;
                self.model.connected(&status);
                if status["watch"] != "on" && !self.told_watch {
                    self.told_watch = true;
                    self.say(if status["watch"] == "missing" { UNWATCHED } else { OFF });
                }
            }
            Message::Event(event) => {
                let text = self.model.take(&event);
                self.say(&text);
            }
            Message::Answer(answer) => {
                let text = self.model.answer(&answer);
                self.say(&text);
            }
            Message::Key(key) => self.key(key),
            Message::Interrupt => self.quit(SIGTERM, 130),
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

    fn key(&mut self, key: char) {
        let request = match key {
            'q' => return self.quit(SIGTERM, 0),
            '?' => return self.say(HELP),
            'r' => json!({ "do": "reload" }),
            's' => json!({ "do": "status" }),
            'b' => json!({ "do": "rollback", "bundle": self.model.last() }),
            _ => return,
        };
        if !self.connected {
            return self.say("the host does not answer yet\n");
        }
        if !self.commands.send(request) {
            self.say("the host is busy\n");
        }
    }

    /// Ends the program: politely first.
    fn quit(&mut self, signal: i32, code: u8) {
        if self.ending.is_some() {
            return self.program.signal(SIGKILL);
        }
        self.ending = Some((Instant::now(), code));
        self.model.phase(Phase::Ending);
        self.program.signal(signal);
    }

    /// What is due.
    fn tick(&mut self) {
        if self.ending.is_some_and(|(since, _)| since.elapsed() > GRACE) {
            self.program.signal(SIGKILL);
        }
        if !self.connected && !self.told_silence && self.started.elapsed() > SILENCE {
            self.told_silence = true;
            self.say("no host answers yet: it does once the program has called `Host::start`\n");
        }
        let late = |(_, since): &&(Vec<u8>, Option<Instant>)| {
            since.is_some_and(|since| since.elapsed() > PARTIAL)
        };
        let partial = self.partial.iter().find(late).map(|(text, _)| String::from_utf8_lossy(text));
        if let Shown::Screen(screen) = &mut self.shown {
            // A terminal that is gone says so by its end.
            let _ = screen.partial(&partial.unwrap_or_default());
            let _ = screen.status(&self.model.line());
        }
    }

    /// Takes what the program printed; nothing at the stream's end.
    fn output(&mut self, stream: usize, bytes: &[u8]) {
        let (partial, since) = &mut self.partial[stream];
        partial.extend(bytes);
        let mut complete = partial.iter().rposition(|it| *it == b'\n').map_or(0, |at| at + 1);
        if bytes.is_empty() || partial.len() - complete > LINE {
            complete = partial.len();
        }
        if complete > 0 {
            let lines: Vec<u8> = partial.drain(..complete).collect();
            *since = None;
            self.say(&String::from_utf8_lossy(&lines));
        }
        let (partial, since) = &mut self.partial[stream];
        *since = if partial.is_empty() { None } else { since.or_else(|| Some(Instant::now())) };
    }

    /// Shows lines.
    fn say(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        // Who does not read is nobody to tell.
        let _ = match &mut self.shown {
            Shown::Screen(screen) => screen.print(text),
            Shown::Lines => io::stderr().lock().write_all(text.as_bytes()),
            Shown::Log(file) => file.write_all(harmless(text, false).as_bytes()),
        };
    }

    fn end(mut self) -> ExitCode {
        let id = self.program.id();
        for stream in [0, 1] {
            self.output(stream, b"");
        }
        let status = self.program.wait();
        // Restores the terminal.
        drop(self.shown);
        client::remove_dead(id);
        match (status, self.ending) {
            (_, Some((_, code))) => ExitCode::from(code),
            (Ok(status), None) => {
                if let Some(signal) = status.signal() {
                    let name = signal_name(signal).unwrap_or("unknown");
                    eprintln!("the program was ended by signal {signal} ({name})");
                }
                ExitCode::from(code(status))
            }
            (Err(error), None) => {
                eprintln!("error: the program's end was not seen: {error}");
                ExitCode::FAILURE
            }
        }
    }
}

const UNWATCHED: &str = "\
the program was built without the feature `watch`: edits are not seen, r reloads
write in its Cargo.toml: hotreload = { .., features = [\"watch\"] }
";

const OFF: &str = "the program's host does not watch: edits are not seen, r reloads\n";

const HELP: &str = "\
r  build and reload    b  roll back what became live last
s  what is loaded      q  end the program (twice: at once)
";

/// The exit code that stands for this end.
pub(super) fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

/// Passes on what the program prints, as it comes.
fn pass_on(mut from: impl Read + Send + 'static, stream: usize, send: SyncSender<Message>) {
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if send.send(Message::Output(stream, buffer[..length].to_vec())).is_err() {
                return;
            }
        }
        let _ = send.send(Message::Output(stream, Vec::new()));
    });
}

/// Passes on the keys. The thread ends with the process: nothing interrupts a read.
fn pass_keys_on(send: SyncSender<Message>) {
    thread::spawn(move || {
        while let Ok(event) = event::read() {
            let message = match event {
                Event::Resize(..) => Message::Resized,
                Event::Key(key) if key.kind == KeyEventKind::Press => match key.code {
                    KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => {
                        Message::Interrupt
                    }
                    KeyCode::Char(c) if (key.modifiers - KeyModifiers::SHIFT).is_empty() => {
                        Message::Key(c)
                    }
                    _ => continue,
                },
                _ => continue,
            };
            if send.send(message).is_err() {
                return;
            }
        }
        let _ = send.send(Message::Hangup);
    });
}
