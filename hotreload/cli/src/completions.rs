//! `cargo hotreload completions SHELL`.

use std::process::ExitCode;

use clap::CommandFactory as _;

use super::output;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The script completes the command when it is written `cargo-hotreload`: cargo's own completion does not \
ask for those of its subcommands.

Install it, for bash, zsh (DIR is one of $fpath), fish, powershell or elvish:
  cargo-hotreload completions bash > ~/.local/share/bash-completion/completions/cargo-hotreload
  cargo-hotreload completions zsh > DIR/_cargo-hotreload
  cargo-hotreload completions fish > ~/.config/fish/completions/cargo-hotreload.fish
  cargo-hotreload completions powershell >> $PROFILE
  cargo-hotreload completions elvish >> ~/.config/elvish/rc.elv

Exit codes: 0 printed, 2 wrong usage.")]
pub(super) struct Arguments {
    /// The shell
    shell: clap_complete::Shell,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let mut command = super::Arguments::command();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, "cargo-hotreload", &mut script);
    output::print(&String::from_utf8_lossy(&script), 0)
}
