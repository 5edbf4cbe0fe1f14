//! What a running build reports: the libraries it makes, rustc's reports, and cargo's own words, which
//! are kept for the error that they may explain.

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    process::ExitStatus,
};

use cargo_metadata::{
    Artifact, CompilerMessage, CrateType, Message, PackageId,
    diagnostic::{Diagnostic, DiagnosticLevel},
};

use crate::build::alike::Made;
use crate::build::patched::Local;
use crate::build::process::Event;
use crate::build::replay::Part;
use crate::build::sink::without_colour;
use crate::said::{BuildMessage, BuildSink};
use crate::said::{Code, Reason, counted};

/// A message, and the places that it is about: files with the first and the last byte.
type Reported = (String, Vec<(String, u32, u32)>);

/// What a build has said so far.
#[derive(Default)]
pub(super) struct Report {
    /// The shared libraries, and whether they were there already.
    pub(super) libraries: HashMap<PackageId, (PathBuf, bool)>,
    /// The rlibs of packages with a local path.
    pub(super) rlibs: Vec<PathBuf>,
    /// What was made of packages with a local path.
    pub(super) local: Vec<Local>,
    /// All libraries.
    pub(super) made: Vec<Made>,
    /// The files of all crates.
    pub(super) files: Vec<PathBuf>,
    /// The framework's own crates.
    pub(super) framework: Vec<Part>,
    /// What rustc has said.
    pub(super) messages: Vec<CompilerMessage>,
    /// Crates compiled, not found fresh.
    pub(super) crates: usize,
    /// Whether cargo waits for another one's lock.
    pub(super) waiting: bool,
    /// How many warnings rustc has.
    pub(super) warnings: usize,
    errors: usize,
    /// What was reported, and where.
    reported: HashSet<Reported>,
    /// The crate and the text of the first error.
    first_error: Option<(String, String)>,
    /// What cargo itself said, but for its accounts of progress.
    pub(super) log: String,
}

impl Report {
    /// Takes in one event, and shows it where it is to be shown as it is.
    pub(super) fn take(&mut self, event: Event, sink: &BuildSink) {
        let message = match event {
            Event::Tick | Event::End | Event::Abandoned => return,
            Event::Line(line) => return self.line(&line),
            Event::Message(message) => *message,
        };
        self.waiting = false;
        match message {
            Message::CompilerArtifact(artifact) => {
                self.crates += usize::from(!artifact.fresh);
                self.made.extend(Made::of(&artifact));
                self.local.extend(Local::of(&artifact));
                self.framework.extend(Part::of(&artifact));
                self.files.extend(artifact.filenames.iter().map(|file| file.clone().into()));
                // Cargo's identities of packages begin with where they come from.
                if artifact.package_id.repr.starts_with("path+") {
                    self.rlibs.extend(rlibs(&artifact));
                }
                if let Some(library) = shared_library(&artifact) {
                    self.libraries.insert(artifact.package_id, (library, artifact.fresh));
                }
            }
            Message::CompilerMessage(message) => {
                self.diagnostic(&message.target.name, &message.message, sink);
                self.messages.push(message);
            }
            Message::TextLine(line) => sink(BuildMessage::Line(&line)),
            _ => {}
        }
    }

    fn line(&mut self, line: &str) {
        if is_status(line) {
            self.waiting = line.trim_start().starts_with("Blocking");
        } else {
            self.log.push_str(line);
            self.log.push('\n');
        }
    }

    /// Takes in what rustc says of the crate of this name.
    pub(super) fn diagnostic(&mut self, name: &str, diagnostic: &Diagnostic, sink: &BuildSink) {
        if self.is_repeated(diagnostic) {
            return;
        }
        let rendered = diagnostic.rendered.as_deref().unwrap_or(&diagnostic.message);
        let error = matches!(diagnostic.level, DiagnosticLevel::Error | DiagnosticLevel::Ice);
        sink(BuildMessage::Diagnostic { rendered, error });
        if diagnostic.level == DiagnosticLevel::Warning && !diagnostic.spans.is_empty() {
            self.warnings += 1;
        }
        if error {
            self.errors += 1;
            self.first_error.get_or_insert_with(|| (name.to_owned(), without_colour(rendered)));
        }
    }

    /// Whether the same was said of the same place: a type can be asked for by several bounds, of which
    /// rustc tells each.
    fn is_repeated(&mut self, diagnostic: &Diagnostic) -> bool {
        let primary = diagnostic.spans.iter().filter(|span| span.is_primary);
        let places: Vec<_> =
            primary.map(|it| (it.file_name.clone(), it.byte_start, it.byte_end)).collect();
        !places.is_empty() && !self.reported.insert((diagnostic.message.clone(), places))
    }

    /// Why a cargo that ended so has failed. What cargo itself said is shown now: rustc's errors were
    /// when they came.
    pub(super) fn failure(&self, status: ExitStatus, sink: &BuildSink) -> Reason {
        /// Enough for the place and the remark; the whole was shown before.
        const LINES: usize = 12;
        let Some((name, text)) = &self.first_error else {
            self.log.lines().for_each(|line| sink(BuildMessage::Line(line)));
            let last: Vec<&str> = self.log.trim_end().lines().rev().take(2 * LINES).collect();
            let said: Vec<&str> = last.into_iter().rev().collect();
            return Reason::new(Code::CargoFailed, format!("cargo failed ({status})"))
                .fact("cargo", said.join("\n"));
        };
        let errors = counted(self.errors, "error");
        let first: Vec<&str> = text.trim_end().lines().take(LINES).collect();
        Reason::new(Code::BuildFailed, format!("`{name}` does not compile: {errors}"))
            .fact("rustc", first.join("\n"))
    }
}

/// The shared library among the files of an artifact: with it come import libraries, debug
/// information and the rlib.
fn shared_library(artifact: &Artifact) -> Option<PathBuf> {
    let shared =
        artifact.target.is_cdylib() || artifact.target.crate_types.contains(&CrateType::CDyLib);
    let is_library = |file: &&cargo_metadata::camino::Utf8PathBuf| {
        file.extension() == Some(std::env::consts::DLL_EXTENSION)
    };
    artifact.filenames.iter().filter(|_| shared).find(is_library).map(|it| it.clone().into())
}

fn rlibs(artifact: &Artifact) -> impl Iterator<Item = PathBuf> + '_ {
    let is_rlib = |file: &&cargo_metadata::camino::Utf8PathBuf| file.extension() == Some("rlib");
    artifact.filenames.iter().filter(is_rlib).map(|it| it.clone().into())
}

/// Whether a line of cargo's is an account of progress: its verb ends in column 12.
fn is_status(line: &str) -> bool {
    let words = line.trim_start();
    let verb = words.split(' ').next().unwrap_or_default();
    verb.starts_with(|c: char| c.is_ascii_uppercase())
        && line.len() - words.len() + verb.len() == 12
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_of_progress_are_told_from_errors() {
        for line in [
            "   Compiling greeting v0.1.0",
            "    Blocking waiting for file lock on build directory",
        ] {
            assert!(is_status(line), "{line}");
        }
        for line in [
            "error: could not compile `greeting`",
            "  Caused by: x",
            "",
            "Caused by:",
            "warning: unused",
        ] {
            assert!(!is_status(line), "{line}");
        }
    }
}
