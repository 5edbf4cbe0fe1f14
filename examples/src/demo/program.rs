//! The program: arguments, the terminal, and the one loop.

use std::{
    collections::VecDeque,
    env,
    io::{self, IsTerminal as _},
    path::Path,
    process::ExitCode,
    sync::mpsc::{self, Receiver, RecvTimeoutError},
    time::Instant,
};

use super::{
    Demo,
    model::{Message, Model},
    reloads::Reloads,
    show::Show,
};
use crate::{
    input::{self, Input},
    panics::{self, contained},
    scratch,
    screen::Screen,
    text,
};

/// What `--help` says of every demo.
const HELP: &str = "\
q quits, ! lets the demo panic. Keys are read from standard input, also if that
is no terminal; then each is done with, and the bundle has been called, before
the next one is read.

--workspace FOLDER  use the bundle of another cargo workspace";

/// Runs a demo, which `make` makes for a workspace.
pub fn main<D: Demo>(make: impl FnOnce(&Path) -> D) -> ExitCode {
    let mut arguments = env::args_os().skip(1);
    let mut workspace = scratch::repository();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--workspace") => match arguments.next() {
                Some(folder) => workspace = folder.into(),
                None => return wrong::<D>("--workspace needs a folder"),
            },
            Some("-h" | "--help") => {
                println!("{}\n{HELP}", D::HELP);
                return ExitCode::SUCCESS;
            }
            _ => return wrong::<D>(&format!("unknown argument {argument:?}")),
        }
    }
    match run(make(&workspace), &workspace) {
        Ok(code) => code,
        // Whoever read it has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error}", D::NAME);
            ExitCode::FAILURE
        }
    }
}

fn wrong<D: Demo>(what: &str) -> ExitCode {
    eprintln!("{}: {what}\n\n{}\n{HELP}", D::NAME, D::HELP);
    ExitCode::from(2)
}

fn run<D: Demo>(demo: D, workspace: &Path) -> io::Result<ExitCode> {
    let draws = io::stdout().is_terminal() && !text::is_dumb();
    let raw = draws && io::stdin().is_terminal();
    let (sender, messages) = mpsc::channel();
    let reloads = Reloads::start::<D>(workspace, sender.clone())?;
    reloads.ask(demo.first());

    let others = sender.clone();
    panics::on_panic(move |text| _ = others.send(Message::Panicked(text)));
    let signals = sender.clone();
    input::on_signal(move |signal| _ = signals.send(Message::Input(signal)))?;
    let mut show = Show::new(draws.then(|| Screen::enter(raw)).transpose()?);
    input::on_key(raw, move |input| _ = sender.send(Message::Input(input)));

    let mut program = Program {
        demo,
        model: Model::default(),
        reloads,
        messages,
        keys: VecDeque::new(),
        busy: true,
        called: true,
        raw,
    };
    let result = program.run(&mut show);
    drop(show);
    let code = result?;
    if draws {
        println!("{} at generation {}", program.demo.summary(), program.model.generation);
    }
    Ok(code)
}

struct Program<D> {
    demo: D,
    model: Model,
    reloads: Reloads,
    messages: Receiver<Message>,
    /// Keys that wait for the one before to be done with.
    keys: VecDeque<Input>,
    /// Whether a job is under way.
    busy: bool,
    /// Whether the bundle was called since the last job was done.
    called: bool,
    raw: bool,
}

impl<D: Demo> Program<D> {
    fn run(&mut self, show: &mut Show) -> io::Result<ExitCode> {
        let mut next = Instant::now();
        loop {
            show.model(&self.demo, &self.model)?;
            match self.messages.recv_timeout(next.saturating_duration_since(Instant::now())) {
                Ok(Message::Input(input)) => {
                    if let Some(code) = self.input(input) {
                        return Ok(code);
                    }
                }
                Ok(Message::Done(result)) => {
                    self.busy = false;
                    self.called = false;
                    self.model.done(result);
                }
                Ok(message) => self.model.take(message),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => unreachable!("the listeners never end"),
            }
            if Instant::now() >= next {
                // From now: a laptop that slept does not make up for it.
                next = Instant::now() + D::PERIOD;
                self.call();
                show.called(&self.demo)?;
            }
            while !self.busy && (self.raw || self.called) {
                let Some(key) = self.keys.pop_front() else { break };
                if let Some(code) = self.key(key) {
                    return Ok(code);
                }
                // The next key may be the last one.
                show.model(&self.demo, &self.model)?;
            }
        }
    }

    fn call(&mut self) {
        if let Err(says) = contained(|| self.demo.call()) {
            self.model.panicked(self.demo.panicked(), &says);
        }
        self.called = true;
        if !self.busy
            && let Some(job) = self.demo.look(&self.reloads.host)
        {
            self.busy = true;
            self.reloads.ask(job);
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
            Input::Key(key) => match edit_of(key, D::EDITS.len()) {
                Some(position) => {
                    self.busy = true;
                    self.reloads.ask(self.reloads.edit(D::EDITS[position]));
                }
                None => self.model.say(format!("there is no key `{}`", key.escape_default())),
            },
            _ => return Some(ExitCode::SUCCESS),
        }
        None
    }
}

/// Which one the keys 1, 2, .. mean.
fn edit_of(key: char, edits: usize) -> Option<usize> {
    let number = usize::try_from(key.to_digit(10)?).ok()?;
    (1..=edits).contains(&number).then(|| number - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_count_from_one() {
        assert_eq!(edit_of('1', 3), Some(0));
        assert_eq!(edit_of('3', 3), Some(2));
        for key in ['0', '4', 'a', '?'] {
            assert_eq!(edit_of(key, 3), None);
        }
    }
}
