//! Which cargo is started, and with which environment.
//!
//! A host is mostly started by `cargo run`, which tells its child much about itself. A build
//! script that asks to be run again when one of those variables changes would be stale at our
//! build, and again at the user's next one. So the child sees the environment that `cargo run`
//! itself was started with: tried with `CARGO`, `CARGO_MANIFEST_DIR` and
//! `LD_LIBRARY_PATH`, each of which rebuilt such a crate at every change between the two.
//! `CARGO` goes too, once it has told which program to start: cargo sets it for its children. The
//! program it names is the toolchain's own, and so adds nothing to what rustup's proxy had set
//! before `cargo run`: `RUSTUP_TOOLCHAIN` and `RUST_RECURSION_COUNT` stay.

use std::{
    env,
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use crate::said::{Code, Error, Reason};

/// Where the system looks for libraries; `cargo run` puts folders in front.
pub(super) const LIBRARY_PATH: &str = if cfg!(windows) {
    "PATH"
} else if cfg!(target_os = "macos") {
    "DYLD_FALLBACK_LIBRARY_PATH"
} else {
    "LD_LIBRARY_PATH"
};

/// The cargo that built the host where it says so (`cargo run`, `cargo test`), else the one in
/// `PATH`.
fn program() -> OsString {
    env::var_os("CARGO").filter(|path| Path::new(path).is_file()).unwrap_or_else(|| "cargo".into())
}

/// Cargo in `folder`, so that the `.cargo/config.toml` and `rust-toolchain.toml` there count, with
/// the environment of a cargo that nobody's `cargo run` started. `target_dirs` are the folders
/// whose libraries `cargo run` put into the search path.
pub(super) fn cargo(folder: &Path, target_dirs: &[PathBuf]) -> Command {
    let mut command = Command::new(program());
    command.current_dir(folder).stdin(Stdio::null());
    // The workspaces of the unit tests say where they build.
    #[cfg(test)]
    command.env_remove("CARGO_TARGET_DIR");
    for (name, _) in env::vars_os().filter(|(name, _)| is_from_cargo_run(name)) {
        command.env_remove(name);
    }
    if let Some(path) = env::var_os(LIBRARY_PATH) {
        match without_cargos(&path, target_dirs) {
            Some(path) => command.env(LIBRARY_PATH, path),
            None => command.env_remove(LIBRARY_PATH),
        };
    }
    command
}

/// The error of a cargo that could not even be started.
pub(super) fn not_started(command: &Command, error: io::Error) -> Error {
    let program = command.get_program().to_string_lossy();
    let reason = Reason::new(Code::CargoFailed, format!("`{program}` could not be started"));
    let reason = match error.kind() {
        io::ErrorKind::NotFound => reason
            .help("install cargo, put it into PATH or name it in the environment variable CARGO"),
        _ => reason,
    };
    Error::from(reason).caused_by(error)
}

/// Whether `cargo run` or `cargo test` sets this variable for the program it starts.
pub(super) fn is_from_cargo_run(name: &OsStr) -> bool {
    const NAMES: [&str; 7] = [
        "CARGO",
        "CARGO_CRATE_NAME",
        "CARGO_PRIMARY_PACKAGE",
        // A jobserver whose pipes this process need not have inherited.
        "CARGO_MAKEFLAGS",
        "MAKEFLAGS",
        "MFLAGS",
        "OUT_DIR",
    ];
    const PREFIXES: [&str; 4] = ["CARGO_MANIFEST_", "CARGO_PKG_", "CARGO_BIN_", "__CARGO_"];
    name.to_str().is_some_and(|name| {
        NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    })
}

/// The search path without what `cargo run` puts in front: folders of the target folder and the
/// toolchain's libraries for the target. `None` if nothing else was in it.
fn without_cargos(path: &OsStr, target_dirs: &[PathBuf]) -> Option<OsString> {
    let is_cargos = |folder: &Path| {
        target_dirs.iter().any(|target_dir| folder.starts_with(target_dir))
            || folder.iter().rev().nth(2) == Some(OsStr::new("rustlib"))
    };
    let others: Vec<PathBuf> = env::split_paths(path).filter(|folder| !is_cargos(folder)).collect();
    if others.is_empty() { None } else { env::join_paths(others).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_run_sets_goes() {
        for name in [
            "CARGO",
            "CARGO_MANIFEST_DIR",
            "CARGO_MANIFEST_PATH",
            "CARGO_PKG_NAME",
            "CARGO_PKG_VERSION_MAJOR",
            "CARGO_BIN_NAME",
            "CARGO_BIN_EXE_host",
            "CARGO_CRATE_NAME",
            "CARGO_PRIMARY_PACKAGE",
            "CARGO_MAKEFLAGS",
            "MAKEFLAGS",
            "MFLAGS",
            "OUT_DIR",
            "__CARGO_DEFAULT_LIB_METADATA",
        ] {
            assert!(is_from_cargo_run(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn what_the_user_sets_stays() {
        for name in [
            "CARGO_HOME",
            "CARGO_TARGET_DIR",
            "CARGO_BUILD_TARGET",
            "CARGO_BUILD_RUSTFLAGS",
            "CARGO_ENCODED_RUSTFLAGS",
            "CARGO_INCREMENTAL",
            "CARGO_NET_OFFLINE",
            "CARGO_PROFILE_DEV_OPT_LEVEL",
            "CARGO_TARGET_X86_64_UNKNOWN_LINUX_GNU_LINKER",
            "RUSTC_WRAPPER",
            "RUSTFLAGS",
            "RUSTUP_TOOLCHAIN",
            "RUST_RECURSION_COUNT",
            "PATH",
            "HOME",
        ] {
            assert!(!is_from_cargo_run(OsStr::new(name)), "{name}");
        }
    }

    #[test]
    fn the_library_path_becomes_what_it_was() {
        let tests = [
            (&["/w/target/debug/deps", "/t/lib/rustlib/x86_64-unknown-linux-gnu/lib"][..], &[][..]),
            (&["/w/target/debug", "/t/lib", "/usr/mine"], &["/t/lib", "/usr/mine"]),
            (&["/w/target-of-mine"], &["/w/target-of-mine"]),
        ];
        for (given, left) in tests {
            let given = env::join_paths(given).unwrap();
            let expected = (!left.is_empty()).then(|| env::join_paths(left).unwrap());
            assert_eq!(without_cargos(&given, &["/w/target".into()]), expected);
        }
    }
}
