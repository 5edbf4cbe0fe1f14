//! Where the last build found something wrong, in a file that editors read: the lines that bacon
//! exports.

use std::{
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use hot_host::command::{Diagnosis, protocol::Event};

use super::text::harmless;

#[derive(Debug)]
pub(super) struct Locations {
    file: PathBuf,
    /// Where relative paths begin.
    workspace: PathBuf,
    errors: Vec<String>,
    warnings: Vec<String>,
    /// Whether the next build's events are to come: what was found before is past.
    is_over: bool,
}

impl Locations {
    /// Locations in this file, in which there are none at first.
    pub(super) fn new(file: &Path, workspace: &Path) -> io::Result<Locations> {
        let locations = Locations {
            file: file.to_owned(),
            workspace: workspace.to_owned(),
            errors: Vec::new(),
            warnings: Vec::new(),
            is_over: false,
        };
        locations.write()?;
        Ok(locations)
    }

    /// Takes in what happens in a build. One that a save has not started is not announced, and one
    /// save may need several runs of cargo.
    pub(super) fn take(&mut self, event: &Event) -> io::Result<()> {
        match event {
            Event::Building { .. } => self.is_over = true,
            Event::Diagnostic { .. } | Event::Progress { .. } | Event::Built => {
                if std::mem::take(&mut self.is_over) {
                    self.errors.clear();
                    self.warnings.clear();
                }
            }
            Event::Output { .. } | Event::Tweaked { .. } => {}
            _ => self.is_over = true,
        }
        match event {
            Event::Diagnostic { rendered, error } => self.add(rendered, *error),
            Event::Built => return self.write(),
            _ => {}
        }
        Ok(())
    }

    fn add(&mut self, rendered: &str, is_error: bool) {
        let report = harmless(rendered, false);
        let Some(Diagnosis { message, place: Some(mut place) }) = Diagnosis::read(&report) else {
            return;
        };
        place.path = self.workspace.join(&place.path).to_string_lossy().into_owned();
        let (kind, lines) = match is_error {
            true => ("error", &mut self.errors),
            false => ("warning", &mut self.warnings),
        };
        let line = format!("{kind} {place} {message}\n");
        // Said again where a crate is compiled twice.
        if !lines.contains(&line) {
            lines.push(line);
        }
    }

    /// Who reads it sees the old lines or the new ones, never some of them.
    fn write(&self) -> io::Result<()> {
        let folder = self.file.parent().filter(|it| !it.as_os_str().is_empty());
        let mut builder = tempfile::Builder::new();
        builder.prefix(".hotreload-locations");
        #[cfg(unix)]
        {
            use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};
            // As any file, less what the user's mask takes away.
            builder.permissions(Permissions::from_mode(0o666));
        }
        let mut new = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
        for line in self.errors.iter().chain(&self.warnings) {
            new.write_all(line.as_bytes())?;
        }
        new.persist(&self.file)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn errors_come_first_and_a_new_build_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("locations");
        let mut locations = Locations::new(&file, Path::new("/w")).unwrap();
        let mut take = |event: Event| {
            locations.take(&event).unwrap();
            fs::read_to_string(&file).unwrap()
        };
        let report = |kind: &str, line: u32| Event::Diagnostic {
            rendered: format!("{kind}: it is wrong\n --> a/lib.rs:{line}:3\n  |\n"),
            error: kind == "error",
        };
        let begins = || Event::Building { bundles: Vec::new() };
        assert_eq!(take(begins()), "");
        take(report("warning", 1));
        take(report("error", 2));
        take(report("error", 2));
        take(Event::Diagnostic { rendered: "error: no place\n".to_owned(), error: true });
        let text = "error /w/a/lib.rs:2:3 it is wrong\nwarning /w/a/lib.rs:1:3 it is wrong\n";
        assert_eq!(take(Event::Built), text);
        take(report("error", 4));
        assert!(take(Event::Built).starts_with(text.split_once('\n').unwrap().0), "the same save");
        assert!(take(begins()).starts_with("error"), "until it is built");
        assert_eq!(take(Event::Built), "");
        // A key has started it: it is not announced.
        take(report("error", 5));
        assert_ne!(take(Event::Built), "");
        take(Event::Unloaded {
            bundle: String::new(),
            failed_hooks: Vec::new(),
            text: String::new(),
        });
        assert_eq!(take(Event::Built), "");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left behind");
    }
}
