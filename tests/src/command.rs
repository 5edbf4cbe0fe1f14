//! The command `cargo hotreload`, as a user has it.

use std::{path::PathBuf, sync::OnceLock};

use crate::fixture::{cargo, repository, root};

/// The installed `cargo-hotreload`. It has a target folder of its own: the feature `cli` would else
/// be switched on in the hosts that tests build.
///
/// # Panics
/// If cargo fails.
pub fn command() -> PathBuf {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    INSTALLED.get_or_init(install).clone()
}

fn install() -> PathBuf {
    let folder = root().join("installed");
    // That of the tests themselves: whatever was compiled for them serves here too.
    let target_dir = root().parent().expect("it lies in the target folder").to_owned();
    let mut cargo = cargo();
    cargo.current_dir(repository()).env("CARGO_TARGET_DIR", target_dir);
    // As README says; in less time.
    cargo.args(["install", "--path", "hotreload", "--features", "cli", "--debug"]);
    cargo.args(["--locked", "--force", "--root"]).arg(&folder);
    let output = cargo.output().expect("cargo runs");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "cargo failed on the command:\n{stderr}");
    folder.join("bin").join(format!("cargo-hotreload{}", std::env::consts::EXE_SUFFIX))
}
