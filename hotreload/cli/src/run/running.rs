//! A process that is shown: a build or the program itself. What it prints comes in whole lines.

use std::{
    io::{self, Read},
    process::{Command, ExitStatus},
    sync::{Arc, mpsc::SyncSender},
    thread,
    time::{Duration, Instant},
};

use signal_hook::consts::{SIGKILL, SIGTERM};

use super::{FromProcess, Message, link, link::Commands, program::Program};
use crate::client;

/// After which time the beginning of a line is shown.
const PARTIAL: Duration = Duration::from_millis(100);
/// How long the process has to end by itself.
const GRACE: Duration = Duration::from_secs(3);
/// How long it has to keep what the next one may want, before that.
const TELLING: Duration = Duration::from_secs(2);
/// How long to wait, after its end, for output that others still hold open.
const REST: Duration = Duration::from_millis(300);
/// The longest line that is waited for.
const LINE: usize = 1 << 16;

/// What sort of process it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Build,
    Program,
}

pub(super) struct Running {
    pub(super) kind: Kind,
    /// Which of all processes so far: messages of an earlier one may still come.
    pub(super) number: usize,
    program: Program,
    pub(super) commands: Commands,
    /// What it began to print without ending the line, of either stream, and since when.
    partial: [(Vec<u8>, Option<Instant>); 2],
    /// Whether output is still to be read, of either stream.
    open: [bool; 2],
    pub(super) connected: bool,
    pub(super) started: Instant,
    /// Since when its host tells of the restart.
    telling: Option<Instant>,
    /// Since when it is to end.
    ending: Option<Instant>,
    /// Whether it is to be started again then.
    pub(super) restarts: bool,
    ended: Option<Instant>,
    /// Who listens for its host ends with it.
    _listens: Arc<()>,
}

impl Running {
    pub(super) fn start(
        command: Command,
        own_group: bool,
        (kind, number): (Kind, usize),
        send: &SyncSender<Message>,
    ) -> io::Result<Running> {
        let mut program = Program::start(command, own_group)?;
        let (stdout, stderr) = (program.child().stdout.take(), program.child().stderr.take());
        let open = [stdout.is_some(), stderr.is_some()];
        if let Some(stdout) = stdout {
            pass_on(stdout, 0, number, send.clone());
        }
        if let Some(stderr) = stderr {
            pass_on(stderr, 1, number, send.clone());
        }
        let listens = Arc::new(());
        if kind == Kind::Program {
            link::listen(program.id(), number, Arc::downgrade(&listens), send.clone());
        }
        Ok(Running {
            kind,
            number,
            commands: Commands::new(program.id(), number, send.clone()),
            program,
            partial: Default::default(),
            open,
            connected: false,
            started: Instant::now(),
            telling: None,
            ending: None,
            restarts: false,
            ended: None,
            _listens: listens,
        })
    }

    /// Takes what it printed, nothing at the stream's end, and gives what is complete of it.
    pub(super) fn output(&mut self, stream: usize, bytes: &[u8]) -> String {
        if bytes.is_empty() {
            self.open[stream] = false;
        }
        let (partial, since) = &mut self.partial[stream];
        partial.extend(bytes);
        let mut complete = partial.iter().rposition(|it| *it == b'\n').map_or(0, |at| at + 1);
        if bytes.is_empty() || partial.len() - complete > LINE {
            complete = partial.len();
        }
        let lines: Vec<u8> = partial.drain(..complete).collect();
        if complete > 0 {
            *since = None;
        }
        *since = if partial.is_empty() { None } else { since.or_else(|| Some(Instant::now())) };
        String::from_utf8_lossy(&lines).into_owned()
    }

    /// The beginning of a line that nothing has ended for a while.
    pub(super) fn partial(&self) -> String {
        let late = |(_, since): &&(Vec<u8>, Option<Instant>)| {
            since.is_some_and(|since| since.elapsed() > PARTIAL)
        };
        let late = self.partial.iter().find(late);
        late.map_or_else(String::new, |(text, _)| String::from_utf8_lossy(text).into_owned())
    }

    /// The process's own number.
    pub(super) fn id(&self) -> u32 {
        self.program.id()
    }

    pub(super) fn signal(&self, signal: i32) {
        self.program.signal(signal);
    }

    /// Ends it to start it again. It is told first, unless it knows already or nobody can tell it.
    pub(super) fn restart(&mut self, send: &SyncSender<Message>) {
        let is_first = !self.restarts;
        self.restarts = true;
        if !(self.connected && is_first && self.ending.is_none()) {
            return self.quit(SIGTERM);
        }
        self.telling = Some(Instant::now());
        link::tell_of_restart(self.id(), self.number, TELLING, send.clone());
    }

    /// It was told of the restart, and need not be waited for.
    pub(super) fn told(&mut self) {
        if self.telling.is_some() {
            self.quit(SIGTERM);
        }
    }

    /// Ends it: politely first, at once when it is asked again.
    pub(super) fn quit(&mut self, signal: i32) {
        self.telling = None;
        if self.ending.replace(Instant::now()).is_some() {
            return self.program.signal(SIGKILL);
        }
        self.program.signal(signal);
    }

    /// Whether it has ended, and all that it printed was read.
    pub(super) fn has_ended(&mut self) -> bool {
        if self.ended.is_none() {
            if self.telling.is_some_and(|since| since.elapsed() > TELLING) {
                self.told();
            }
            if self.ending.is_some_and(|since| since.elapsed() > GRACE) {
                self.program.signal(SIGKILL);
            }
            if self.program.has_ended() {
                self.ended = Some(Instant::now());
                if self.ending.is_some() {
                    self.program.end_rest();
                }
            }
        }
        self.ended.is_some_and(|since| self.open == [false, false] || since.elapsed() > REST)
    }

    /// What it printed last, and how it ended.
    pub(super) fn end(mut self) -> (String, io::Result<ExitStatus>) {
        let rest = self.output(0, b"") + &self.output(1, b"");
        let id = self.program.id();
        let status = self.program.wait();
        client::remove_dead(id);
        (rest, status)
    }
}

/// Passes on what the process prints, as it comes.
fn pass_on(
    mut from: impl Read + Send + 'static,
    stream: usize,
    number: usize,
    send: SyncSender<Message>,
) {
    let message = move |bytes| Message::Of(number, Box::new(FromProcess::Output(stream, bytes)));
    thread::spawn(move || {
        let mut buffer = [0; 8192];
        while let Ok(length @ 1..) = from.read(&mut buffer) {
            if send.send(message(buffer[..length].to_vec())).is_err() {
                return;
            }
        }
        let _ = send.send(message(Vec::new()));
    });
}
