//! `cargo hotreload run` in a terminal: real projects, keys in, screen out.
//!
//! ```text
//! shown  what is on the screen: saves, errors, what the program prints
//! blind  where the program does not watch
//! ends   how the program and the command end, and the ways back: start again, an earlier generation
//! ```
#![cfg(unix)]

mod blind;
mod ends;
mod shown;

use std::{
    env, thread,
    time::{Duration, Instant},
};

use crate::terminal::{self, Terminal};
use tests::{
    PATIENCE,
    fixture::target_dir,
    project::{Project, id, is_from_cargo},
};

/// The command in a terminal, in this project's folder.
pub(super) fn in_terminal(project: &Project, arguments: &[&str], size: (u16, u16)) -> Terminal {
    in_terminal_with(project, arguments, size, &[])
}

pub(super) fn in_terminal_with(
    project: &Project,
    arguments: &[&str],
    size: (u16, u16),
    variables: &[(&str, &str)],
) -> Terminal {
    let program = tests::command();
    let mut command = terminal::command(program.to_str().unwrap(), arguments);
    command.cwd(project.workspace.folder());
    for (name, _) in env::vars().filter(|(name, _)| is_from_cargo(name)) {
        command.env_remove(name);
    }
    command.env("CARGO_TARGET_DIR", target_dir());
    command.env("CARGO_NET_OFFLINE", "true");
    for (name, value) in variables {
        command.env(name, value);
    }
    Terminal::start(command, size)
}

/// The number behind the word, in what has come out of the terminal.
fn wait_for_id(terminal: &Terminal, word: &str) -> u32 {
    let start = Instant::now();
    loop {
        if let Some(id) = id(&String::from_utf8_lossy(&terminal.bytes()), word) {
            return id;
        }
        assert!(start.elapsed() < PATIENCE, "no {word}:\n{}", terminal.text());
        thread::sleep(Duration::from_millis(10));
    }
}

/// The last line that shows something.
fn status_line(screen: &str) -> &str {
    screen.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default()
}

pub(super) fn wait_for_status(terminal: &mut Terminal, text: &str) {
    terminal.wait_for(text, |screen| status_line(screen).contains(text).then_some(()));
}
