//! A running cargo. Both of its streams are read at once, by a thread each, so that a full pipe
//! never stops it; and it is waited for whatever happens.

use std::{
    io::{self, BufRead, BufReader},
    ops::ControlFlow,
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, RecvTimeoutError, Sender},
    },
    thread,
    time::Duration,
};

use cargo_metadata::Message;

#[cfg(unix)]
use crate::platform;

/// What a running cargo says.
pub(super) enum Event {
    /// A message in JSON, from standard output.
    Message(Box<Message>),
    /// A line of cargo's own, from standard error.
    Line(String),
    /// Some time has passed.
    Tick,
    /// One of the two streams has ended.
    End,
    /// Nobody wants the build any more.
    Abandoned,
}

/// Ends a build that has become stale, from another thread. The build then fails.
#[derive(Debug, Clone, Default)]
pub(crate) struct Abandon(Arc<Mutex<Wanted>>);

#[derive(Debug, Default)]
struct Wanted {
    abandoned: bool,
    running: Option<Sender<Event>>,
}

impl Abandon {
    /// Ends the build, if it runs; one that has not begun yet does not begin.
    pub(crate) fn abandon(&self) {
        let mut wanted = self.wanted();
        wanted.abandoned = true;
        if let Some(running) = wanted.running.take() {
            // A build that is over does not listen.
            let _ = running.send(Event::Abandoned);
        }
    }

    /// Whether somebody has asked for the end.
    pub(crate) fn is_abandoned(&self) -> bool {
        self.wanted().abandoned
    }

    /// `false` if the build is not to begin.
    fn begin(&self, running: Sender<Event>) -> bool {
        let mut wanted = self.wanted();
        wanted.running = Some(running);
        !wanted.abandoned
    }

    fn wanted(&self) -> std::sync::MutexGuard<'_, Wanted> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs cargo to its end and calls `listen` with what it says, on this thread.
///
/// If it can be abandoned, cargo gets a process group of its own, for the whole of it to be ended: a
/// rustc that outlives its cargo would write into the folders of the next build. An interrupt from
/// the terminal then reaches the host only; when that dies, cargo finds nobody at the other end of
/// its pipes as soon as a crate is done, and ends there. Without `abandon` the interrupt reaches
/// cargo by itself, being of the host's group.
pub(super) fn run(
    command: &mut Command,
    abandon: Option<&Abandon>,
    mut listen: impl FnMut(Event),
) -> io::Result<ExitStatus> {
    let go_on = || ControlFlow::Continue(());
    let start = || Running::start(command, abandon.is_some());
    let run = run_until(start, abandon, go_on, |event| {
        listen(event);
        go_on()
    })?;
    run.ok_or_else(|| io::Error::other("it runs on, and nobody has said that it may"))
}

/// As [`run`], of a program that `start` starts and that need not be waited for: where `listen` says so it
/// runs on by itself, and there is no exit status. What it says then nobody hears. `meanwhile` is called once
/// while it runs, and may have it ended.
pub(super) fn run_until(
    start: impl FnOnce() -> io::Result<Running>,
    abandon: Option<&Abandon>,
    meanwhile: impl FnOnce() -> ControlFlow<()>,
    mut listen: impl FnMut(Event) -> ControlFlow<()>,
) -> io::Result<Option<ExitStatus>> {
    const TICK: Duration = Duration::from_millis(100);

    let (sender, events) = mpsc::channel();
    if abandon.is_some_and(|abandon| !abandon.begin(sender.clone())) {
        return Err(io::ErrorKind::Interrupted.into());
    }
    let mut cargo = start()?;
    let stdout = cargo.cargo.stdout.take().expect("standard output is piped");
    let stderr = cargo.cargo.stderr.take().expect("standard error is piped");
    let to_messages = sender.clone();
    // The threads end with the pipes, which end with cargo: there is nothing to join.
    thread::Builder::new()
        .name("hot-cargo-messages".to_owned())
        .spawn(move || read_messages(BufReader::new(stdout), &to_messages))?;
    thread::Builder::new()
        .name("hot-cargo-lines".to_owned())
        .spawn(move || read_lines(BufReader::new(stderr), &sender))?;
    if meanwhile().is_break() {
        cargo.end();
        return Ok(None);
    }
    let mut open = 2_usize;
    while open > 0 {
        match events.recv_timeout(TICK) {
            Ok(Event::End) => open -= 1,
            Ok(Event::Abandoned) => {
                cargo.end();
                return cargo.cargo.wait().map(Some);
            }
            Ok(event) => {
                if listen(event).is_break() {
                    // Its pipes are read to their ends: it would fail with nobody at the other one.
                    let rest = move || {
                        while open > 0 {
                            open -= usize::from(matches!(events.recv(), Ok(Event::End) | Err(_)));
                        }
                        let _ = cargo.cargo.wait();
                    };
                    thread::Builder::new().name("hot-rustc-ends".to_owned()).spawn(rest)?;
                    return Ok(None);
                }
            }
            Err(RecvTimeoutError::Timeout) => _ = listen(Event::Tick),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    cargo.end_what_it_left();
    cargo.cargo.wait().map(Some)
}

/// A child that is no zombie afterwards, even if the listener panics.
pub(super) struct Running {
    cargo: Child,
    /// Whether it leads a process group.
    group: bool,
}

impl Running {
    /// Starts it, perhaps in a process group of its own.
    pub(super) fn start(command: &mut Command, group: bool) -> io::Result<Running> {
        #[cfg(unix)]
        if group {
            std::os::unix::process::CommandExt::process_group(command, 0);
        }
        let cargo = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        Ok(Running { cargo, group })
    }

    /// Whether it has not ended yet.
    pub(super) fn runs(&mut self) -> bool {
        matches!(self.cargo.try_wait(), Ok(None))
    }

    /// Waits for cargo, which nobody has waited for yet. Killed by somebody, it has left its children
    /// at work, which are ended too.
    fn end_what_it_left(&self) {
        #[cfg(unix)]
        if self.group {
            let cargo = self.cargo.id();
            if platform::was_killed(cargo) {
                platform::kill_group(cargo);
            }
        }
    }

    /// Ends cargo and, where it has a group, everything that it has started; returns when they are
    /// gone.
    fn end(&mut self) {
        #[cfg(unix)]
        if self.group && matches!(self.cargo.try_wait(), Ok(None)) {
            let group = self.cargo.id();
            platform::kill_group(group);
            let _ = self.cargo.wait();
            // Its children are not this process's to wait for. Killed, they are gone in no time,
            // unless the system leaves them as zombies: that no file is written is what counts.
            for _ in 0..200 {
                // Should the number be another group's by now, nothing happens to that.
                if !platform::is_group(group) {
                    return;
                }
                thread::sleep(Duration::from_millis(1));
            }
            return;
        }
        // Both do nothing to a child that was waited for.
        let _ = self.cargo.kill();
        let _ = self.cargo.wait();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.end();
    }
}

fn read_messages(stdout: impl BufRead, events: &Sender<Event>) {
    for message in Message::parse_stream(stdout).map_while(Result::ok) {
        if events.send(Event::Message(Box::new(message))).is_err() {
            return;
        }
    }
    let _ = events.send(Event::End);
}

fn read_lines(mut stderr: impl BufRead, events: &Sender<Event>) {
    let mut line = Vec::new();
    while stderr.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
        let text = String::from_utf8_lossy(&line).trim_end().to_owned();
        if events.send(Event::Line(text)).is_err() {
            return;
        }
        line.clear();
    }
    let _ = events.send(Event::End);
}
