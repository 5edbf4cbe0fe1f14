//! A rustc that was started before anybody saves, and waits: to be started and to have itself linked is a
//! tenth of what it takes for a small crate.
//!
//! rustc reads arguments from a file that it is told of, `@path`, before it does anything else. Here that is
//! its standard input, a pipe. So it waits for the arguments, and when the host is gone, however that has
//! ended, it reads that there are none, and ends. What is given to it before is the environment and the
//! folder: a call that has others, or another rustc, is not its.
//!
//! One waits in a process, for the bundle that was saved last: each has some memory of its own.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    io::{self, PipeReader, PipeWriter, Write as _},
    path::{Path, PathBuf},
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::build::Wrapper;
use crate::build::process::Running;
use crate::build::replay::inputs::Stamp;

/// A pipe takes as much before somebody reads.
const ROOM: usize = 60_000;

/// The process's.
pub(super) static WAITING: Slot = Slot::new();

/// Where one waits, or none.
pub(super) struct Slot(Mutex<Option<Waiting>>);

struct Waiting {
    /// What it was started with.
    place: Place,
    running: Running,
    arguments: PipeWriter,
    /// Its other end. With nobody at it, writing would end a program that has not said what it does then.
    _kept: PipeReader,
}

/// What a process cannot be told any more once it runs.
#[derive(PartialEq, Eq)]
struct Place {
    /// The programs: rustc, perhaps after the wrapper that calls it.
    programs: Vec<(PathBuf, Stamp)>,
    folder: Option<PathBuf>,
    environment: BTreeMap<OsString, Option<OsString>>,
}

impl Slot {
    const fn new() -> Slot {
        Slot(Mutex::new(None))
    }

    /// Has one wait that is started like this, in place of the one that waits now. `rustc` has no arguments,
    /// and a wrapper those that name programs. Where it cannot be started nobody waits.
    pub(super) fn begin(&self, rustc: Command) {
        let mut waiting = self.waiting();
        // Who comes for it now has it sooner than one that is started beside it.
        let old = std::mem::replace(&mut *waiting, Waiting::start(rustc).ok());
        drop(waiting);
        // It is ended outside of the lock.
        drop(old);
    }

    /// The one that waits, if it does what the command would do; it has begun then.
    pub(super) fn take(&self, command: &Command) -> Option<Running> {
        let is_it = |it: &mut Waiting| {
            it.place == Place::of(command, it.place.programs.len())
                && it.text_of(command).is_some_and(|text| text.len() < ROOM)
        };
        let mut found = self.waiting().take_if(is_it)?;
        let text = found.text_of(command)?;
        let is_given = found.running.runs() && found.arguments.write_all(text.as_bytes()).is_ok();
        is_given.then_some(found.running)
    }

    fn waiting(&self) -> MutexGuard<'_, Option<Waiting>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    fn start(mut rustc: Command) -> io::Result<Waiting> {
        let place = Place::of(&rustc, 1 + rustc.get_args().len());
        let (reader, arguments) = io::pipe()?;
        let kept = reader.try_clone()?;
        let running = Running::start(rustc.arg(Wrapper::GIVEN_LATER).stdin(reader), true)?;
        Ok(Waiting { place, running, arguments, _kept: kept })
    }

    /// What it is given to do what the command would do: each argument is a line.
    fn text_of(&self, command: &Command) -> Option<String> {
        let mut text = String::new();
        // The first program is no argument.
        for argument in command.get_args().skip(self.place.programs.len() - 1) {
            let argument = argument.to_str().filter(|it| !it.contains(['\n', '\r']))?;
            text.extend([argument, "\n"]);
        }
        Some(text)
    }
}

impl Place {
    /// That of a command whose first words are so many programs.
    fn of(command: &Command, programs: usize) -> Place {
        let owned = |text: &OsStr| text.to_owned();
        let words = [command.get_program()].into_iter().chain(command.get_args());
        let variables = command.get_envs();
        Place {
            programs: words
                .take(programs)
                .map(|it| (it.into(), Stamp::of(it.as_ref(), false)))
                .collect(),
            folder: command.get_current_dir().map(Path::to_owned),
            environment: variables.map(|(name, value)| (owned(name), value.map(owned))).collect(),
        }
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use std::{ops::ControlFlow, thread, time::Duration};

    use super::*;
    use crate::build::process::{Event, run_until};

    /// The real one: rustup's would start another program first.
    fn rustc() -> Command {
        let mut rustc = Command::new("rustc");
        let sysroot = rustc.args(["--print", "sysroot"]).output().unwrap().stdout;
        let sysroot = String::from_utf8(sysroot).unwrap();
        Command::new(Path::new(sysroot.trim_end()).join("bin/rustc"))
    }

    fn with(mut command: Command, arguments: &[&str]) -> Command {
        command.args(arguments);
        command
    }

    /// What it says to standard output, and whether it ends well.
    fn said(running: Running) -> (Vec<String>, bool) {
        let mut lines = Vec::new();
        let status = run_until(
            || Ok(running),
            None,
            || ControlFlow::Continue(()),
            |event| {
                if let Event::Message(message) = event
                    && let cargo_metadata::Message::TextLine(line) = *message
                {
                    lines.push(line);
                }
                ControlFlow::Continue(())
            },
        );
        (lines, status.unwrap().unwrap().success())
    }

    #[test]
    fn it_does_what_the_command_would_do() {
        let slot = Slot::new();
        let asks = |names: &[&str]| with(rustc(), names);
        assert!(slot.take(&asks(&["--print", "cfg"])).is_none(), "nobody waits");
        slot.begin(rustc());
        // What cannot be a line is no argument of its.
        assert!(slot.take(&asks(&["--cfg", "a=\"\n\""])).is_none());
        let long = "a".repeat(ROOM);
        assert!(slot.take(&asks(&["--cfg", &long])).is_none());
        let arguments = ["--print", "cfg", "--cfg", "text=\"of two words\"", "--cfg", "@a"];
        let running = slot.take(&asks(&arguments[..4])).unwrap();
        assert!(slot.take(&asks(&arguments[..4])).is_none(), "one call for each");
        let (lines, success) = said(running);
        assert!(success && lines.contains(&"text=\"of two words\"".to_owned()), "{lines:?}");
        let plain = asks(&arguments[..4]).output().unwrap().stdout;
        assert_eq!(lines, String::from_utf8(plain).unwrap().lines().collect::<Vec<_>>());
        // No argument is a file.
        slot.begin(rustc());
        assert!(!said(slot.take(&asks(&arguments)).unwrap()).1);
    }

    /// As the command's wrapper does, this one has rustc wait.
    #[test]
    fn a_program_before_rustc_waits_with_it() {
        let slot = Slot::new();
        let wrapped = |arguments: &[&str]| {
            let mut command = Command::new("/usr/bin/env");
            command.arg(rustc().get_program()).args(arguments);
            command
        };
        slot.begin(wrapped(&[]));
        assert!(slot.take(&with(rustc(), &["-vV"])).is_none());
        let mut other = Command::new("/usr/bin/env");
        assert!(slot.take(other.args(["rustc", "-vV"])).is_none());
        let (lines, success) = said(slot.take(&wrapped(&["-vV"])).unwrap());
        assert!(success && lines.iter().any(|line| line.starts_with("LLVM version")), "{lines:?}");
    }

    #[test]
    fn a_call_in_another_place_is_not_its() {
        let slot = Slot::new();
        slot.begin(rustc());
        let asks = || with(rustc(), &["-vV"]);
        let mut elsewhere = asks();
        elsewhere.current_dir("/");
        assert!(slot.take(&elsewhere).is_none());
        let mut with_variable = asks();
        with_variable.env("HOT_WAITING", "1");
        assert!(slot.take(&with_variable).is_none());
        let mut without = asks();
        without.env_remove("HOT_WAITING");
        assert!(slot.take(&without).is_none());
        assert!(slot.take(&Command::new("/bin/true")).is_none());
        // Another rustc is at its place.
        let folder = tempfile::tempdir().unwrap();
        let program = folder.path().join("rustc");
        std::os::unix::fs::symlink("/bin/cat", &program).unwrap();
        slot.begin(Command::new(&program));
        std::fs::remove_file(&program).unwrap();
        std::os::unix::fs::symlink("/bin/true", &program).unwrap();
        assert!(slot.take(&Command::new(&program)).is_none());
        // One that is gone is not waited for.
        slot.begin(Command::new("/bin/true"));
        while slot.waiting().as_mut().is_some_and(|it| it.running.runs()) {
            thread::sleep(Duration::from_millis(1));
        }
        assert!(slot.take(&Command::new("/bin/true")).is_none());
        slot.begin(with(Command::new("/nowhere/rustc"), &[]));
        assert!(slot.waiting().is_none());
    }

    /// As the system does it when a host ends, however that comes about.
    #[test]
    fn it_ends_when_its_host_is_gone() {
        let Waiting { mut running, arguments, _kept: kept, .. } = Waiting::start(rustc()).unwrap();
        assert!(running.runs());
        drop((arguments, kept));
        // It shows how it is called.
        assert!(said(running).0.iter().any(|line| line.contains("Usage: rustc")));
    }
}
