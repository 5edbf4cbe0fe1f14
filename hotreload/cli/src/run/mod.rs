//! `cargo hotreload run`: builds the program, starts it, and shows what each save led to. The program
//! does the watching, building and reloading; this is its display.
//!
//! ```text
//! session    the loop: processes come and go, the terminal stays
//! together   a program that has libraries together with its bundles
//! program    cargo, and a process with what it starts; running: with what it prints; built: its build
//! link       the control socket
//! model      what is known of the host; history: what became of saves; ending: how the program ended
//! kept       what was live till it ended
//! problems   rustc's reports
//! others     what other programs are told; locations: places in a file
//! sources    saves while the program does not run
//! screen     the terminal: text above, one line below; line: what fits there; pager: long texts
//! links      places that the terminal opens; title: what its title says
//! ```

mod built;
mod ending;
mod history;
mod kept;
mod line;
mod link;
mod links;
mod locations;
mod model;
mod others;
mod pager;
mod problems;
mod program;
mod running;
mod screen;
mod session;
mod sources;
mod text;
mod title;
mod together;

use std::{
    env,
    ffi::OsString,
    fs::File,
    io::{self, IsTerminal as _},
    path::{Path, PathBuf},
    process::ExitCode,
};

use crossterm::event::KeyCode;

use links::Links;
use others::{Others, Own};
use program::Plan;
use screen::Screen;
use session::{Session, Shown};
use sources::Sources;

use crate::output::Format;
use hot_host::command::protocol::{Answer, HostStatus, Paused, Published};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
On a terminal, what the program prints scrolls above a line that says which generation of each bundle \
is live. When the program ends, a save or R builds and starts it again. Keys:
  r  build and reload
  b  roll back what became live last; after the end, start with the generation before
  R  build and start again
  e  the last report, whole
  h  what became of saves; a digit goes back to that generation
  p  collect saves, and build them when it is pressed again
  s  what is loaded
  c  clear the screen
  q  end the program (twice: at once); Ctrl-C does, too
  ?  the keys

Elsewhere all that rustc reports and the lines about saves go to standard error. Ctrl-C ends both, and \
so does the program's end, unless --restart is given.

JSON: an object in a line for each event: building, progress, diagnostic, output, built, loaded, rolled_back, \
unloaded, refused and saved as the host tells them, and started, connected, ended, not_built. Their fields \
are in docs/control.md.

On a terminal that is known to have links, places in sources are some; FORCE_HYPERLINK=1 or 0 decides.

Environment: NO_COLOR and TERM=dumb are respected. The program gets HOTRELOAD_WATCH, which has its host \
watch the sources of its bundles.

Examples:
  cargo hotreload run
  cargo hotreload run -p game --release -- --level 3
  cargo hotreload run --format json | jq -r 'select(.event == \"saved\").text'

  # A program that draws in the terminal
  cargo hotreload run --tty -p roguelike

Exit codes: with --once, or without a terminal, the program's own, or 128 and the signal's number if one \
ended it; 0 after q, 130 after Ctrl-C, 143 after SIGTERM; cargo's if the build fails; 2 wrong usage.")]
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
    /// How it is told what happens: `json` prints a line for each event, and what the program
    /// prints goes to standard error
    #[arg(long, value_enum, default_value_t = Format::Text, conflicts_with = "tty", hide_possible_values = true)]
    format: Format,
    /// Write rustc's errors and warnings to this file after each build, a line for each, as bacon does
    #[arg(long, value_name = "FILE")]
    locations: Option<PathBuf>,
    /// Have the terminal's title say how it is: building, the generation, how many errors
    #[arg(long, conflicts_with = "tty")]
    title: bool,
    /// Ring the terminal's bell when a build breaks or a save is refused
    #[arg(long, conflicts_with = "tty")]
    bell: bool,
    /// End when the program ends
    #[arg(long)]
    once: bool,
    /// Build and start the program again when a file of its own was saved
    #[arg(long, conflicts_with = "tty")]
    restart: bool,
    /// Have cargo build every time, and never rustc alone
    #[arg(long)]
    plain_cargo: bool,
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
    /// From the process with this number.
    Of(usize, Box<FromProcess>),
    Key(KeyCode),
    /// Ctrl-C, as a key.
    Interrupt,
    /// Ctrl-Z, as a key.
    Suspend,
    Resized,
    Signal(i32),
    /// The terminal is gone.
    Hangup,
}

/// What comes from a process, or from the host in it.
enum FromProcess {
    /// From standard output (0) or standard error (1); empty at its end.
    Output(usize, Vec<u8>),
    /// The host can be reached; its status.
    Connected(Box<HostStatus>),
    /// An event, as the host has written it.
    Event(String),
    /// The answer to a reload or rollback.
    Published(Answer<Published>),
    /// The answer to whether saves are collected.
    Paused(Answer<Paused>),
    /// The host has told of the restart whom it had to tell, or nobody will.
    Told,
    /// The answer to the question what is loaded.
    Status(Answer<HostStatus>),
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    // Said before anything is built for it.
    if let Some(path) = &arguments.log
        && let Err(error) = File::create(path)
    {
        eprintln!("error: the log cannot be written: {}: {error}", path.display());
        return ExitCode::from(2);
    }
    let Some(mut plan) = Plan::new(arguments) else { return ExitCode::from(101) };
    let is_dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    let mut others = match Others::new(arguments, &plan) {
        Ok(others) => others,
        Err(error) => {
            let path = arguments.locations.as_deref().unwrap_or(Path::new(""));
            eprintln!("error: the locations cannot be written: {}: {error}", path.display());
            return ExitCode::from(2);
        }
    };
    let interactive = !arguments.tty
        && !others.is_json()
        && io::stdin().is_terminal()
        && io::stdout().is_terminal()
        && !is_dumb;
    // Whatever is saved from now on may not be in what is built.
    let sources = Sources::new(&plan.folders);
    let is_built = match built::build(&mut plan, &mut others) {
        Ok(status) if status.success() => true,
        Ok(status) => {
            let code = ending::code(status);
            others.tell(&Own::NotBuilt { code });
            // Else the loop waits for what mends it.
            if arguments.once || !(interactive || arguments.restart) {
                return ExitCode::from(code);
            }
            false
        }
        Err(error) => return failed("cargo could not be started", &error),
    };
    let shown = match shown(arguments, &plan, interactive) {
        Ok(shown) => shown,
        Err(error) => return failed("the program could not be started", &error),
    };
    let session = Session::new(arguments, plan, shown, others, sources);
    match session.and_then(|session| session.run(is_built)) {
        Ok(code) => ExitCode::from(code),
        Err(error) => failed("the program could not be started", &error),
    }
}

fn failed(what: &str, error: &io::Error) -> ExitCode {
    eprintln!("error: {what}: {error}");
    ExitCode::from(101)
}

/// Where lines go.
fn shown(arguments: &Arguments, plan: &Plan, interactive: bool) -> io::Result<Shown> {
    if arguments.tty {
        let path = arguments.log.clone().unwrap_or_else(|| plan.target_dir.join("hotreload.log"));
        let log = File::create(&path).map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", path.display()))
        })?;
        eprintln!("what saves lead to is written to {}", path.display());
        return Ok(Shown::Log(log));
    }
    if !interactive {
        return Ok(Shown::Lines);
    }
    let colours = env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    let links = if colours { Links::detect(&plan.workspace) } else { None };
    Ok(Shown::Screen(Box::new(Screen::take(colours, links, arguments.title)?)))
}
