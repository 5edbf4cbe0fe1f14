//! The command `cargo hotreload`, as a user has it.

use std::{path::PathBuf, sync::OnceLock};

use crate::fixture::{cargo, repository, root, target_dir};

/// The file `cargo-hotreload`.
///
/// # Panics
/// If cargo fails.
pub fn command() -> PathBuf {
    static COMMAND: OnceLock<PathBuf> = OnceLock::new();
    COMMAND.get_or_init(if cfg!(feature = "exhaustive") { install } else { build }).clone()
}

/// As README says.
fn install() -> PathBuf {
    let folder = root().join("installed");
    let folder_text = folder.to_str().unwrap();
    run(&["install", "--path", "hotreload/cli", "--debug", "--force", "--root", folder_text]);
    folder.join("bin").join(name())
}

/// From the libraries that the whole repository was compiled to: by itself the package has fewer
/// features, and nothing would serve it.
fn build() -> PathBuf {
    run(&["build", "--bin", "cargo-hotreload"]);
    target_dir().join("debug").join(name())
}

fn run(arguments: &[&str]) {
    let mut cargo = cargo();
    cargo.current_dir(repository()).env_remove("CARGO_INCREMENTAL");
    let output = cargo.args(arguments).arg("--locked").output().expect("cargo runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo failed on the command:\n{stderr}");
}

fn name() -> String {
    format!("cargo-hotreload{}", std::env::consts::EXE_SUFFIX)
}
