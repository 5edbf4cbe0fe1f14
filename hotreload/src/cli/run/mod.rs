//! `cargo hotreload run`: builds the program, starts it, and shows what each save led to. The program
//! does the watching, building and reloading; this is its display.
//!
//! ```text
//! program   cargo, and the process
//! link      the control socket
//! model     what the status line says
//! screen    the terminal: text above, one line below
//! session   the loop
//! ```

mod link;
mod model;
mod program;
mod screen;
mod session;
mod text;

use std::{
    env,
    ffi::OsString,
    fs::File,
    io::{self, IsTerminal as _},
    path::PathBuf,
    process::{ExitCode, Stdio},
};

use program::{Plan, Program};
use screen::Screen;
use serde_json::Value;
use session::{Session, Shown};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
On a terminal, what the program prints scrolls above a line that says which generation of each bundle
is live. Keys:
  r  build and reload            b  roll back what became live last
  s  what is loaded              q  end the program (twice: at once); also Ctrl-C
  ?  this

Elsewhere the lines about saves go to standard error, and Ctrl-C ends both.

Environment: NO_COLOR and TERM=dumb are respected. The program gets HOTRELOAD_WATCH, which has its
host watch the sources of its bundles.

Examples:
  cargo hotreload run
  cargo hotreload run -p game --release -- --level 3
  cargo hotreload run --tty -p roguelike        a program that draws in the terminal

Exit codes: the program's own, or 128 and the signal's number if one ended it; 0 after q, 130 after
Ctrl-C, 143 after SIGTERM; cargo's if the build fails; 2 wrong usage.")]
pub(super) struct Arguments {
    /// The package that has the program
    #[arg(short, long)]
    package: Option<String>,
    /// The program, if there are several
    #[arg(long, conflicts_with = "example")]
    bin: Option<String>,
    /// An example as the program
    #[arg(long)]
    example: Option<String>,
    /// Build with the profile `release`
    #[arg(short, long, conflicts_with = "profile")]
    release: bool,
    /// Build with this profile
    #[arg(long)]
    profile: Option<String>,
    /// Features to switch on, separated by commas
    #[arg(short = 'F', long)]
    features: Vec<String>,
    /// The Cargo.toml to begin with
    #[arg(long, value_name = "PATH")]
    manifest_path: Option<PathBuf>,
    /// Leave the terminal to the program: no keys, no status line, the lines go to a file
    #[arg(long)]
    tty: bool,
    /// That file; `hotreload.log` in the target folder by default
    #[arg(long, value_name = "FILE", requires = "tty")]
    log: Option<PathBuf>,
    /// What the program is given
    #[arg(last = true)]
    arguments: Vec<OsString>,
}

impl Arguments {
    /// Those that `cargo build` and `cargo run` know, too.
    fn of_cargo(&self) -> Vec<OsString> {
        let mut arguments: Vec<OsString> = Vec::new();
        let mut add = |name: &str, value: &Option<String>| {
            arguments.extend(value.iter().flat_map(|value| [name.into(), value.into()]));
        };
        add("--package", &self.package);
        add("--bin", &self.bin);
        add("--example", &self.example);
        add("--profile", &self.profile);
        for features in &self.features {
            add("--features", &Some(features.clone()));
        }
        if self.release {
            arguments.push("--release".into());
        }
        if let Some(path) = &self.manifest_path {
            arguments.extend(["--manifest-path".into(), path.into()]);
        }
        arguments
    }
}

/// What comes from outside.
enum Message {
    /// From standard output (0) or standard error (1); empty at its end.
    Output(usize, Vec<u8>),
    /// The host can be reached; its status.
    Connected(Value),
    Event(Value),
    Answer(Value),
    Key(char),
    /// Ctrl-C, as a key.
    Interrupt,
    Resized,
    Signal(i32),
    /// The terminal is gone.
    Hangup,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    // Said before anything is built for it.
    if let Some(path) = &arguments.log
        && let Err(error) = File::create(path)
    {
        eprintln!("error: the log cannot be written: {}: {error}", path.display());
        return ExitCode::from(2);
    }
    let Some(plan) = Plan::new(arguments) else { return ExitCode::from(101) };
    match plan.build() {
        Ok(status) if status.success() => {}
        Ok(status) => return ExitCode::from(session::code(status)),
        Err(error) => return failed("cargo could not be started", &error),
    }
    match start(arguments, &plan) {
        Ok(session) => session.run(),
        Err(error) => failed("the program could not be started", &error),
    }
}

fn failed(what: &str, error: &io::Error) -> ExitCode {
    eprintln!("error: {what}: {error}");
    ExitCode::from(101)
}

fn start(arguments: &Arguments, plan: &Plan) -> io::Result<Session> {
    let mut command = plan.command(&arguments.arguments);
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    let interactive =
        !arguments.tty && io::stdin().is_terminal() && io::stdout().is_terminal() && !is_dumb;
    command.env("HOTRELOAD_FEATURES", arguments.features.join(","));
    command.env("HOTRELOAD_WATCH", if arguments.tty { "program" } else { "quiet" });
    if arguments.tty {
        let path = arguments.log.clone().unwrap_or_else(|| plan.target_dir.join("hotreload.log"));
        let log = File::create(&path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        eprintln!("what saves lead to is written to {}", path.display());
        return Session::new(Program::start(command, false)?, Shown::Log(log));
    }
    if !interactive {
        if io::stdin().is_terminal() {
            // In a group of its own it would be stopped when it reads.
            command.stdin(Stdio::null());
        }
        return Session::new(Program::start(command, true)?, Shown::Lines);
    }
    let colours = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    // It writes into a pipe whose other end is a terminal.
    if colours && env::var_os("CLICOLOR_FORCE").is_none() {
        command.env("CLICOLOR_FORCE", "1");
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped());
    if io::stderr().is_terminal() {
        command.stderr(Stdio::piped());
    }
    let program = Program::start(command, true)?;
    Session::new(program, Shown::Screen(Box::new(Screen::take(colours)?)))
}
