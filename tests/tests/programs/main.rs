//! Whole programs, run as users run them: the command, generated hosts and projects, rustc. No test
//! in here starts a host itself, so that all of them share one process.

#[cfg(unix)]
#[path = "../../../examples/tests/terminal/mod.rs"]
mod terminal;

mod allocators;
#[cfg(unix)]
mod aquarium;
mod cli_clean;
mod cli_keys;
mod cli_lines;
mod cli_new;
mod cli_others;
mod cli_run;
mod cli_signs;
mod cli_usage;
mod diff;
mod editors;
mod embedded;
mod guide;
mod interchange;
mod layout_tables;
mod limits;
mod linked_host;
mod page;
mod readme;
mod reference;
mod renamed;
mod replayed;
mod replayed_files;
mod shadow;
mod shared;
mod shared_builds;
mod shared_c;
mod shared_registries;
mod static_machine_code;
mod static_mode;
mod ui;
mod user;
mod watch_alike;
mod watch_builds;
mod watch_copies;
mod watch_host_copies;
mod watch_host_files;
mod watch_places;
