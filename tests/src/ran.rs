//! A run of the command `cargo hotreload`.

use std::{
    path::Path,
    process::{Command, Stdio},
};

use crate::{child::text, command::command};

/// What a run came to.
#[derive(Debug)]
pub struct Ran {
    /// The exit code; none if a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

/// The command with these arguments in a folder, started without what decides on colours.
pub fn cli(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(command());
    command.current_dir(folder).args(arguments).stdin(Stdio::null());
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        command.env_remove(name);
    }
    command
}

/// Runs the command in a folder.
///
/// # Panics
/// If it panics.
pub fn run(folder: &Path, arguments: &[&str]) -> Ran {
    ran(&mut cli(folder, arguments))
}

/// Runs this command.
///
/// # Panics
/// If it panics.
pub fn ran(command: &mut Command) -> Ran {
    let output = command.output().expect("it runs");
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(!err.contains("panicked"), "{command:?}\n{err}");
    Ran { code: output.status.code(), out, err }
}
