//! A running cargo. Both of its streams are read at once, by a thread each, so that a full pipe
//! never stops it; and it is waited for whatever happens.

use std::{
    io::{self, BufRead, BufReader},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc::{self, RecvTimeoutError, Sender},
    thread,
    time::Duration,
};

use cargo_metadata::Message;

/// What a running cargo says.
pub(super) enum Event {
    /// A message in JSON, from standard output.
    Message(Box<Message>),
    /// A line of cargo's own, from standard error.
    Line(String),
    /// Some time has passed.
    Tick,
}

/// Runs cargo to its end and calls `listen` with what it says, on this thread.
pub(super) fn run(command: &mut Command, mut listen: impl FnMut(Event)) -> io::Result<ExitStatus> {
    const TICK: Duration = Duration::from_millis(100);

    let mut cargo = Running(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?);
    let (sender, events) = mpsc::channel();
    let stdout = cargo.0.stdout.take().expect("standard output is piped");
    let stderr = cargo.0.stderr.take().expect("standard error is piped");
    let to_messages = sender.clone();
    // The threads end with the pipes, which end with cargo: there is nothing to join.
    thread::Builder::new()
        .name("hot-cargo-messages".to_owned())
        .spawn(move || read_messages(BufReader::new(stdout), &to_messages))?;
    thread::Builder::new()
        .name("hot-cargo-lines".to_owned())
        .spawn(move || read_lines(BufReader::new(stderr), &sender))?;
    loop {
        match events.recv_timeout(TICK) {
            Ok(event) => listen(event),
            Err(RecvTimeoutError::Timeout) => listen(Event::Tick),
            Err(RecvTimeoutError::Disconnected) => return cargo.0.wait(),
        }
    }
}

/// A child that is no zombie afterwards, even if the listener panics. An interrupt from the
/// terminal reaches cargo by itself, being of the same process group.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Both do nothing to a child that was waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn read_messages(stdout: impl BufRead, events: &Sender<Event>) {
    for message in Message::parse_stream(stdout).map_while(Result::ok) {
        if events.send(Event::Message(Box::new(message))).is_err() {
            break;
        }
    }
}

fn read_lines(mut stderr: impl BufRead, events: &Sender<Event>) {
    let mut line = Vec::new();
    while stderr.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if events.send(Event::Line(text)).is_err() {
            break;
        }
        line.clear();
    }
}
