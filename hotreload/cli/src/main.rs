//! The command `cargo hotreload`. A thin layer: what it says of files and hosts, the library knows.
//!
//! ```text
//! new          a project that runs at once, or a bundle for one
//! share        libraries that exist once for a program and its bundles; library, what the crate is
//!              that has them
//! run          build a program, start it, show what saves lead to
//! status       which hosts run, and what they have loaded
//! tidy         which attributes no value needs
//! check        would a reload be refused?
//! inspect      what a library's manifest says; layouts, those of its versioned types
//! explain      the page of an error code, from pages; markdown, for a terminal
//! clean        removes what earlier runs have left
//! completions  for a shell
//! man          pages for `man`
//! link         this program as the linker of a shared library (Linux)
//! output       text, JSON, colour, exit codes
//! wrap         this program in place of rustc, for libraries that exist once
//! ```
//!
//! `run`, `status` and `tidy` need the control socket, which Windows does not have yet.

mod check;
#[cfg(unix)]
mod clean;
#[cfg(unix)]
mod client;
mod completions;
mod explain;
mod inspect;
mod layouts;
mod library;
#[cfg(target_os = "linux")]
mod link;
mod man;
mod markdown;
mod new;
mod output;
mod pages;
#[cfg(unix)]
mod run;
#[cfg(unix)]
mod share;
#[cfg(unix)]
mod status;
#[cfg(unix)]
mod tidy;
#[cfg(unix)]
mod wrap;

use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

/// Hot reload for Rust: make projects, run them, see what a reload would do.
#[derive(Debug, Parser)]
#[command(name = "cargo hotreload", bin_name = "cargo hotreload", version, after_help = HELP)]
struct Arguments {
    /// When to use colour; `auto` heeds NO_COLOR, CLICOLOR, CLICOLOR_FORCE and TERM=dumb
    #[arg(long, global = true, value_name = "WHEN", default_value_t = ColorChoice::Auto)]
    color: ColorChoice,
    #[command(subcommand)]
    command: Command,
}

const HELP: &str = "\
Begin with:
  cargo hotreload new garden
  cd garden
  cargo hotreload run

Then edit logic/src/lib.rs and save.

Exit codes, of all subcommands that do not say otherwise:
  0  done, nothing was found
  1  something was found: a reload would be refused
  2  it could not be done: wrong usage, or a file that cannot be read or written";

#[derive(Debug, Subcommand)]
enum Command {
    /// Make a project that runs and reloads at once, or a bundle for one that exists
    New(new::Arguments),
    /// Build a program, start it, and show what each save leads to
    #[cfg(unix)]
    Run(run::Arguments),
    /// Have crates exist once, for the program and all bundles
    #[cfg(unix)]
    Share(share::Share),
    /// Take crates out of the shared library, or remove it
    #[cfg(unix)]
    Unshare(share::Unshare),
    /// List the hosts that run, or all about one of them
    #[cfg(unix)]
    Status(status::Arguments),
    /// List attributes for moving values that no value of a running host needs
    #[cfg(unix)]
    Tidy(tidy::Arguments),
    /// Would a reload from one library to another be refused?
    Check(check::Arguments),
    /// Show what a bundle's library exports, imports, and how it was built
    Inspect(inspect::Arguments),
    /// Print the page of an error code, or list all codes
    Explain(explain::Arguments),
    /// Remove what earlier runs have left on the disk
    #[cfg(unix)]
    Clean(clean::Arguments),
    /// Print a script that completes this command's arguments in a shell
    Completions(completions::Arguments),
    /// Write manual pages of this command and its subcommands
    Man(man::Arguments),
}

/// Runs the command with the process's arguments.
fn main() -> ExitCode {
    #[cfg(target_os = "linux")]
    if let Some(linker) = std::env::var_os(link::VARIABLE) {
        return link::run(&linker, std::env::args_os().skip(1));
    }
    #[cfg(unix)]
    if let Some(asked) = wrap::asked() {
        return wrap::run(asked);
    }
    // Cargo calls `cargo-hotreload hotreload ..`.
    let mut arguments: Vec<_> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|first| first == "hotreload") {
        arguments.remove(1);
    }
    // What clap itself prints while it reads the arguments has a colour or none, too.
    let colour = output::asked_colour(&arguments);
    output::use_colour(colour);
    let parsed = Arguments::command().color(colour).try_get_matches_from(arguments);
    let arguments = match parsed.and_then(|matches| Arguments::from_arg_matches(&matches)) {
        Ok(arguments) => arguments,
        Err(error) => {
            // Whoever closed the pipe has seen enough.
            let _ = error.print();
            return if error.use_stderr() { output::FAILED.into() } else { ExitCode::SUCCESS };
        }
    };
    match arguments.command {
        Command::New(arguments) => new::run(&arguments),
        #[cfg(unix)]
        Command::Run(arguments) => run::run(&arguments),
        #[cfg(unix)]
        Command::Share(arguments) => share::share(&arguments),
        #[cfg(unix)]
        Command::Unshare(arguments) => share::unshare(&arguments),
        #[cfg(unix)]
        Command::Status(arguments) => status::run(&arguments),
        #[cfg(unix)]
        Command::Tidy(arguments) => tidy::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Inspect(arguments) => inspect::run(&arguments),
        Command::Explain(arguments) => explain::run(&arguments),
        #[cfg(unix)]
        Command::Clean(arguments) => clean::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
        Command::Man(arguments) => man::run(&arguments),
    }
}
