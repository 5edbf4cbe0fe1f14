//! Counts, and applies `counter::change` to the count every second, while `change` is replaced:
//! by the keys 1 to 5, or by whoever edits `bundles/counter/src/lib.rs` and saves.

mod frame;
mod model;
mod reloads;

use std::{
    collections::VecDeque,
    env,
    io::{self, IsTerminal as _, Write as _},
    path::PathBuf,
    process::ExitCode,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::{Duration, Instant},
};

use examples::{
    input::{self, Input},
    panics, scratch,
    screen::Screen,
    text,
};
use model::{Message, Model};
use reloads::{Job, Reloads};

const HELP: &str = "\
Counts, and applies counter::change to the count every second.

counter_demo [--workspace FOLDER]

Keys: 1 to 5 replace change, q quits, ! lets the demo panic. They are read
from standard input, also if that is no terminal; then each is done with, and
has been applied to the count, before the next one is read.
Edit bundles/counter/src/lib.rs and save: that is applied too.

--workspace FOLDER  watch the counter crate of another cargo workspace";

fn main() -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let mut workspace = scratch::repository();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--workspace") => match arguments.next() {
                Some(folder) => workspace = folder.into(),
                None => return wrong("--workspace needs a folder"),
            },
            Some("-h" | "--help") => {
                println!("{HELP}");
                return ExitCode::SUCCESS;
            }
            _ => return wrong(&format!("unknown argument {argument:?}")),
        }
    }
    match run(workspace) {
        Ok(code) => code,
        // Whoever read it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("counter_demo: {error}");
            ExitCode::FAILURE
        }
    }
}

fn wrong(what: &str) -> ExitCode {
    eprintln!("counter_demo: {what}\n\n{HELP}");
    ExitCode::from(2)
}

fn run(workspace: PathBuf) -> io::Result<ExitCode> {
    let draws = io::stdout().is_terminal() && !text::is_dumb();
    let raw = draws && io::stdin().is_terminal();
    let (sender, messages) = mpsc::channel();
    let reloads = Reloads::start(workspace, sender.clone())?;

    let others = sender.clone();
    panics::on_panic(move |text| _ = others.send(Message::Panicked(text)));
    let signals = sender.clone();
    input::on_signal(move |signal| _ = signals.send(Message::Input(signal)))?;
    let mut show = Show {
        screen: draws.then(|| Screen::enter(raw)).transpose()?,
        printed: None,
        building: false,
    };
    input::on_key(raw, move |input| _ = sender.send(Message::Input(input)));

    let mut demo = Demo {
        model: Model::default(),
        reloads,
        messages,
        keys: VecDeque::new(),
        busy: true,
        counted: true,
        raw,
    };
    let result = demo.run(&mut show);
    drop(show);
    let code = result?;
    if draws {
        println!("count {} at generation {}", demo.model.count, demo.model.generation);
    }
    Ok(code)
}

/// The terminal as a picture, or plain lines.
struct Show {
    screen: Option<Screen>,
    /// The number of the last message that was printed.
    printed: Option<usize>,
    building: bool,
}

impl Show {
    fn model(&mut self, model: &Model) -> io::Result<()> {
        if let Some(screen) = &mut self.screen {
            return screen.draw(&frame::picture(model, Screen::size()));
        }
        let mut out = io::stdout().lock();
        let began = model.building.is_some() && !self.building;
        self.building = model.building.is_some();
        if began {
            writeln!(out, "building ..")?;
        }
        if self.printed != Some(model.messages) {
            self.printed = Some(model.messages);
            frame::message(model).iter().try_for_each(|line| writeln!(out, "{line}"))?;
        }
        out.flush()
    }

    fn count(&mut self, model: &Model) -> io::Result<()> {
        match self.screen {
            Some(_) => Ok(()),
            None => writeln!(io::stdout(), "{}", frame::count(model)),
        }
    }
}

/// The demo's one loop.
struct Demo {
    model: Model,
    reloads: Reloads,
    messages: Receiver<Message>,
    /// Keys that wait for the one before to be done with.
    keys: VecDeque<Input>,
    /// Whether a build and load is under way that a key asked for.
    busy: bool,
    /// Whether the count has changed since the last key was done with.
    counted: bool,
    raw: bool,
}

impl Demo {
    fn run(&mut self, show: &mut Show) -> io::Result<ExitCode> {
        const SECOND: Duration = Duration::from_secs(1);
        let mut next = Instant::now() + SECOND;
        loop {
            show.model(&self.model)?;
            match self.messages.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(Message::Input(input)) => {
                    if let Some(code) = self.input(input) {
                        return Ok(code);
                    }
                }
                Ok(Message::Done(result)) => {
                    self.busy = false;
                    self.counted = false;
                    self.model.done(result);
                }
                Ok(message) => self.model.take(message, &self.reloads),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => unreachable!("the listeners never end"),
            }
            if Instant::now() >= next {
                // From now: a laptop that slept does not count all at once.
                next = Instant::now() + SECOND;
                self.model.tick();
                self.counted = true;
                show.count(&self.model)?;
            }
            while !self.busy && (self.raw || self.counted) {
                let Some(key) = self.keys.pop_front() else { break };
                if let Some(code) = self.key(key) {
                    return Ok(code);
                }
            }
        }
    }

    /// What cannot wait is done at once.
    fn input(&mut self, input: Input) -> Option<ExitCode> {
        match input {
            Input::Interrupt => return Some(ExitCode::SUCCESS),
            // As the shell reports a program that a signal has ended.
            Input::Signal(signal) => {
                return Some(ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX)));
            }
            Input::Key('q') | Input::End if self.raw => return Some(ExitCode::SUCCESS),
            // The loop draws anyway.
            Input::Resized => {}
            Input::Key(_) | Input::End => self.keys.push_back(input),
        }
        None
    }

    fn key(&mut self, input: Input) -> Option<ExitCode> {
        match input {
            Input::Key('!') => panic!("the demo panics, as asked for"),
            Input::Key(key) if key.is_whitespace() => {}
            Input::Key('q') => return Some(ExitCode::SUCCESS),
            Input::Key(key) => match reloads::Behaviour::of(key) {
                Some(behaviour) => {
                    self.busy = true;
                    self.reloads.ask(Job::Become(behaviour));
                }
                None => self.model.say(format!("there is no key `{}`", key.escape_default())),
            },
            _ => return Some(ExitCode::SUCCESS),
        }
        None
    }
}
