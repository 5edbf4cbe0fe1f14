//! `cargo hotreload man [DIR]`.

use std::{fs, path::PathBuf, process::ExitCode};

use clap::CommandFactory as _;
use clap_mangen::Man;

use super::output;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Install them:
  cargo hotreload man ~/.local/share/man/man1
  man cargo-hotreload-run

Exit codes: 0 written, 2 wrong usage, or a file that cannot be written.")]
pub(super) struct Arguments {
    /// The folder to write them to, which is made if it is not there; else the command's own page is
    /// printed
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let command = super::Arguments::command().name("cargo-hotreload").disable_help_subcommand(true);
    let Some(folder) = &arguments.folder else {
        let mut page = Vec::new();
        Man::new(command).render(&mut page).expect("a Vec takes all");
        return output::print(&String::from_utf8_lossy(&page), 0);
    };
    let written =
        fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    match written {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let folder = folder.display();
            output::complain(&format!("the pages cannot be written to {folder}: {error}"));
            output::FAILED.into()
        }
    }
}
