//! One call of rustc, and what came of it.

use std::{
    fs::{self, File, TryLockError},
    io,
    ops::ControlFlow,
    path::PathBuf,
    process::ExitStatus,
    sync::atomic::Ordering,
    thread,
    time::{Duration, Instant, SystemTime},
};

use cargo_metadata::diagnostic::{Diagnostic, DiagnosticLevel};
use serde::Deserialize;

use crate::build::process::{self, Event, Running};
use crate::build::replay::facade::Facade;
use crate::build::replay::load::{LOAD, Load};
use crate::build::replay::waiting::WAITING;
use crate::build::replay::{Recorded, inputs, sessions};
use crate::build::unit::entries;
use crate::build::{Abandon, dep_info};

/// What came of a call.
pub(in crate::build) enum Ended {
    /// The library, what its machine code was read from for the linker, and rustc's warnings.
    Built {
        library: PathBuf,
        rlibs: Vec<PathBuf>,
        said: Said,
        /// Whether it was made of what cargo's build was made of.
        of_cargos: bool,
    },
    /// The crate does not compile.
    Errors {
        status: ExitStatus,
        said: Said,
    },
    Abandoned,
    /// What cargo would look at is not as it was, and this is what.
    Changed(String),
    /// Cargo has to be asked, and this is why.
    Unclear(String),
}

/// What is known once rustc has read all sources of the crate.
struct Read {
    /// Whether these are what cargo's build was made of.
    of_cargos: bool,
    /// What of others' was changed meanwhile.
    changed: Option<String>,
    /// Whether they could be listed beside the library.
    listed: io::Result<()>,
}

/// What rustc has said.
#[derive(Debug, Default)]
pub(in crate::build) struct Said {
    pub(in crate::build) diagnostics: Vec<Diagnostic>,
    /// What else was printed, to standard output and to standard error.
    pub(in crate::build) printed: Vec<String>,
    pub(in crate::build) lines: Vec<String>,
}

/// A line of rustc's.
#[derive(Deserialize)]
#[serde(tag = "$message_type", rename_all = "snake_case")]
enum Line {
    Diagnostic(Diagnostic),
    /// A file is written.
    Artifact {
        artifact: PathBuf,
    },
    #[serde(other)]
    Other,
}

impl Said {
    /// Takes it in; a file that rustc has written is given back.
    fn take(&mut self, event: Event) -> Option<PathBuf> {
        match event {
            Event::Line(line) => match serde_json::from_str(&line) {
                Ok(Line::Diagnostic(diagnostic)) if is_sum(&diagnostic) => {}
                Ok(Line::Diagnostic(diagnostic)) => self.diagnostics.push(diagnostic),
                Ok(Line::Artifact { artifact }) => return Some(artifact),
                Ok(Line::Other) => {}
                Err(_) => self.lines.push(line),
            },
            Event::Message(message) => {
                if let cargo_metadata::Message::TextLine(line) = *message {
                    self.printed.push(line);
                }
            }
            Event::Tick | Event::End | Event::Abandoned => {}
        }
        None
    }

    /// Whether rustc has found errors in sources, and none that it has elsewhere: the linker's, or a
    /// crate that is not what it was.
    fn is_of_sources(&self) -> bool {
        /// A crate is another one than was compiled with, is not there, is of another rustc, or cannot be
        /// read. They have a place, where the sources name the crate.
        const OF_CRATES: [&str; 4] = ["E0460", "E0463", "E0514", "E0786"];

        let is_error =
            |it: &&Diagnostic| matches!(it.level, DiagnosticLevel::Error | DiagnosticLevel::Ice);
        let mut errors = self.diagnostics.iter().filter(is_error).peekable();
        let is_of_crate =
            |it: &Diagnostic| it.code.as_ref().is_some_and(|it| OF_CRATES.contains(&&*it.code));
        let is_of_source = |it: &Diagnostic| {
            !it.spans.is_empty() && it.level == DiagnosticLevel::Error && !is_of_crate(it)
        };
        errors.peek().is_some() && errors.all(is_of_source)
    }
}

/// Whether rustc says how many errors or warnings there were. Cargo leaves that out.
fn is_sum(diagnostic: &Diagnostic) -> bool {
    let Diagnostic { message, spans, .. } = diagnostic;
    let is_said = message.starts_with("aborting due to")
        || message.ends_with(" warning emitted")
        || message.ends_with(" warnings emitted");
    spans.is_empty() && is_said
}

impl Recorded {
    /// Calls rustc. `tick` is called several times a second.
    pub(in crate::build) fn run(
        &self,
        abandon: Option<&Abandon>,
        tick: &mut dyn FnMut(&Event),
    ) -> Ended {
        self.run_for(abandon, false, tick)
    }

    /// Calls rustc for the sources of cargo's build, and abandons it once it has read others: it would be
    /// of no use, and the save that waits for it is cargo's. A cargo that is asked meanwhile abandons it, too.
    pub(super) fn run_first(&self) -> Ended {
        self.run_for(Some(&self.first), true, &mut |_| ())
    }

    fn run_for(
        &self,
        abandon: Option<&Abandon>,
        is_first: bool,
        tick: &mut dyn FnMut(&Event),
    ) -> Ended {
        let mut call = || match self.try_to_run(abandon, is_first, tick) {
            Ok(ended) => ended,
            Err(error) => Ended::Unclear(format!("rustc could not be called: {error}")),
        };
        let mut ended = call();
        let is_decided =
            matches!(ended, Ended::Built { .. } | Ended::Abandoned | Ended::Changed(_));
        if !is_decided && self.has_facade.swap(false, Ordering::Relaxed) {
            // The bundle may use the host: with cargo's own `hot` it compiles then, from now on.
            ended = call();
            self.has_facade.store(!matches!(ended, Ended::Built { .. }), Ordering::Relaxed);
        }
        match &ended {
            Ended::Built { rlibs, .. } => {
                let latest = rlibs.first().filter(|_| self.rustc.is_incremental);
                self.tidy(latest.cloned(), Some(LOAD.expected()));
            }
            Ended::Errors { .. } => self.tidy(None, None),
            Ended::Abandoned | Ended::Changed(_) | Ended::Unclear(_) => {}
        }
        ended
    }

    fn try_to_run(
        &self,
        abandon: Option<&Abandon>,
        is_first: bool,
        tick: &mut dyn FnMut(&Event),
    ) -> io::Result<Ended> {
        let rustc = &self.rustc;
        let name = &self.bundle.crate_name;
        fs::create_dir_all(&rustc.own)?;
        let list = rustc.file(&rustc.own, name, "d");
        if !list.exists() {
            // The wrapper asks what was read the last time.
            fs::copy(rustc.file(&rustc.cargos, name, "d"), &list)?;
        }
        // Until this returns: the other one's linker may write what this one's has written.
        let Some(_turn) = self.turn(abandon)? else { return Ok(Ended::Abandoned) };
        // Another cargo waits for it meanwhile. One that has it already does not matter, unless it
        // changes what rustc reads: then that is seen below.
        let lock = rustc.cargos.parent().map(|it| it.join(".cargo-lock")).map(File::open);
        let lock = lock.and_then(Result::ok).filter(|it| it.try_lock().is_ok());
        let began = SystemTime::now();
        let mut said = Said::default();
        let facade = self.facade.as_ref().filter(|_| self.has_facade.load(Ordering::Relaxed));
        let mut command = rustc.command(self.wrapper.as_deref(), facade.map(Facade::instead));
        // With what a wrapper starts it has a group: that would write to the same files as the next call.
        let start = || match WAITING.take(&command) {
            Some(running) => Ok(running),
            None => Running::start(&mut command, true),
        };
        let library = self.library();
        let (mut changed, mut read) = (None, None);
        // rustc's start takes longer than this, and mostly nothing has changed.
        let look = || {
            changed = self.says_changed(self.inputs.changed());
            if changed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        };
        let status = process::run_until(start, abandon, look, |event| {
            tick(&event);
            let written = said.take(event);
            if written.as_ref() == Some(&list) {
                // It has read all sources by now, which may be saved again from here on; and it goes on.
                let now = self.has_read();
                if is_first && !now.of_cargos {
                    abandon.into_iter().for_each(Abandon::abandon);
                }
                read = Some(now);
            }
            // What rustc does afterwards is to tidy up. The wrapper has looked at the library by now.
            match written.is_some_and(|it| it == library) {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        drop(lock);
        if abandon.is_some_and(Abandon::is_abandoned) {
            return Ok(Ended::Abandoned);
        }
        let status = status?;
        if let Some(what) = changed {
            return Ok(Ended::Changed(what));
        }
        let Read { of_cargos, changed, listed } = read.unwrap_or_else(|| self.has_read());
        // What rustc has read of it may have been of both.
        let changed = changed.or_else(|| self.says_changed(self.inputs.changed_artifact()));
        if let Some(what) = changed {
            return Ok(Ended::Changed(format!("{what} while rustc ran")));
        }
        if let Some(status) = status.filter(|it| !it.success()) {
            return Ok(match said.is_of_sources() {
                true => Ended::Errors { status, said },
                false => Ended::Unclear(format!("rustc alone has failed ({status})")),
            });
        }
        let is_new = fs::metadata(&library).and_then(|it| it.modified()).is_ok_and(|time| {
            // A tick of the kernel's clock, or of a coarse file system's.
            time + Duration::from_secs(2) >= began
        });
        if !is_new {
            return Ok(Ended::Unclear("rustc alone made no library".to_owned()));
        }
        listed?;
        Ok(Ended::Built { library, rlibs: self.code(), said, of_cargos })
    }

    /// Waits until no other process calls rustc for this crate: two copies of a program may have one folder,
    /// and both build what is saved. `None` if that was abandoned.
    fn turn(&self, abandon: Option<&Abandon>) -> io::Result<Option<File>> {
        /// A process that was stopped may have it for ever. A call beside another one may fail: then it is
        /// cargo's.
        const LONGEST: Duration = Duration::from_secs(10);
        const INTERVAL: Duration = Duration::from_millis(2);

        let path = self.rustc.file(&self.rustc.own, &self.bundle.crate_name, "lock");
        let turn = File::options().create(true).append(true).open(path)?;
        let start = Instant::now();
        loop {
            match turn.try_lock() {
                Err(TryLockError::WouldBlock) if start.elapsed() < LONGEST => {}
                // Some file systems have no locks.
                Ok(()) | Err(_) => return Ok(Some(turn)),
            }
            if abandon.is_some_and(Abandon::is_abandoned) {
                return Ok(None);
            }
            thread::sleep(INTERVAL);
        }
    }

    /// Has a rustc wait for the next call, and removes what calls before have left, on a thread: nobody waits
    /// for it, least of all the load that comes now. `latest` is the session that this call has left.
    fn tidy(&self, latest: Option<PathBuf>, load: Option<Load>) {
        let (rustc, name) = (self.rustc.clone(), self.bundle.crate_name.clone());
        let wrapper = self.wrapper.clone();
        let tidy = move || {
            load.into_iter().for_each(Load::wait);
            if let Some(next) = rustc.next(wrapper.as_deref()) {
                WAITING.begin(next);
            }
            latest.iter().for_each(|it| sessions::remove_older(it));
            rustc.remove_old_debug_information(&name);
        };
        // The next call does without: rustc removes sessions itself.
        let _ = thread::Builder::new().name("hot-tidy".to_owned()).spawn(tidy);
    }

    /// The library that it makes.
    fn library(&self) -> PathBuf {
        self.rustc.library(&self.rustc.own, &self.bundle.crate_name)
    }

    /// rustc has read all sources of the crate. Writes beside the library what cargo writes beside its own:
    /// the sources of all crates.
    fn has_read(&self) -> Read {
        let own = self.rustc.file(&self.rustc.own, &self.bundle.crate_name, "d");
        let own = dep_info::listed(&own, &self.rustc.capture().folder).unwrap_or_default();
        let library = self.library();
        let text = dep_info::written(&library, own.iter().chain(&self.inputs.of_others));
        Read {
            of_cargos: self.are_cargos(&own),
            changed: self.says_changed(self.inputs.changed_source()),
            listed: fs::write(library.with_extension("d"), text),
        }
    }

    /// Whether these sources of the crate were there before cargo's build began.
    fn are_cargos(&self, own: &[PathBuf]) -> bool {
        // What a build script has made cargo may have had made just now.
        let output = self.rustc.capture().variable("OUT_DIR").map(PathBuf::from);
        let is_made = |path: &PathBuf| output.as_ref().is_some_and(|it| path.starts_with(it));
        let is_older = |path: &PathBuf| inputs::is_older(path, self.began);
        own.iter().filter(|it| !is_made(it)).all(is_older)
    }

    /// Where the machine code is that the library was linked from: in what rustc keeps for the next time,
    /// or in an rlib. Then what is below it.
    pub(super) fn code(&self) -> Vec<PathBuf> {
        let own = &self.rustc.own;
        let first = if self.rustc.is_incremental {
            let kept = own.join("incremental");
            // The wrapper has a folder in it for the crate, and in that for what its types are.
            let crates = format!("{}{}", self.bundle.crate_name, self.rustc.suffix);
            let of_types = entries(&kept.join(crates)).flat_map(|it| entries(&it));
            sessions::latest(entries(&kept).chain(of_types), &self.bundle.crate_name)
        } else {
            let name = format!("lib{}{}.rlib", self.bundle.crate_name, self.rustc.suffix);
            Some(own.join(name)).filter(|it| it.is_file())
        };
        match first {
            Some(first) => [first].into_iter().chain(self.rlibs.iter().cloned()).collect(),
            None => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What rustc says, as it says it: a level, a code, and whether it names a place.
    fn said(lines: &[(&str, Option<&str>, bool)]) -> Said {
        let mut said = Said::default();
        for (level, code, has_place) in lines {
            let code = code.map(|it| serde_json::json!({ "code": it, "explanation": null }));
            let place = serde_json::json!({
                "file_name": "src/lib.rs", "byte_start": 0, "byte_end": 1, "line_start": 1,
                "line_end": 1, "column_start": 1, "column_end": 2, "is_primary": true,
                "text": [], "label": null, "suggested_replacement": null,
                "suggestion_applicability": null, "expansion": null,
            });
            let places: Vec<_> = has_place.then_some(place).into_iter().collect();
            let line = serde_json::json!({
                "$message_type": "diagnostic", "message": "it is so", "code": code,
                "level": level, "spans": places, "children": [], "rendered": "it is so",
            });
            assert_eq!(said.take(Event::Line(line.to_string())), None);
        }
        assert_eq!(said.diagnostics.len(), lines.len(), "{said:?}");
        said
    }

    #[test]
    fn errors_of_sources_are_told_from_others() {
        let plain = ("error", None, true);
        assert!(said(&[plain, ("warning", Some("E0463"), false)]).is_of_sources());
        assert!(said(&[("error", Some("E0308"), true)]).is_of_sources());
        assert!(!said(&[("warning", None, true)]).is_of_sources());
        let linkers = ("error", None, false);
        assert!(!said(&[plain, linkers]).is_of_sources());
        assert!(!said(&[("error: internal compiler error", None, true)]).is_of_sources());
        // A crate is not what it was: cargo knows what to do.
        for code in ["E0460", "E0463", "E0514", "E0786"] {
            assert!(!said(&[plain, ("error", Some(code), true)]).is_of_sources(), "{code}");
        }
    }
}
