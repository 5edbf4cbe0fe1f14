//! Scratch workspaces that cargo builds as a user's: what the benchmarks share.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

/// Ends a benchmark: its figures are the last that is printed.
pub(crate) fn end(benchmark: &str, figures: io::Result<String>) -> ExitCode {
    match figures {
        Ok(figures) => {
            print!("\n{figures}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{benchmark}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The folder of the benchmark's workspaces, under the target folder.
pub(crate) fn folder(benchmark: &str) -> io::Result<PathBuf> {
    let executable = env::current_exe()?;
    // target/release/deps/edit-0123456789abcdef
    let target = executable.ancestors().nth(3).ok_or(io::ErrorKind::NotFound)?;
    Ok(target.join("benches").join(benchmark))
}

/// Gives a workspace the versions that this folder of the repository is tested with, where it has
/// them.
pub(crate) fn lock(workspace: &Path, tested: &str) -> io::Result<()> {
    if !workspace.join("Cargo.lock").exists() {
        let tested = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(tested);
        fs::copy(tested.join("Cargo.lock"), workspace.join("Cargo.lock"))?;
    }
    Ok(())
}

/// `cargo build` as a user runs it.
pub(crate) fn build(workspace: &Path, arguments: &[&str]) -> io::Result<()> {
    cargo(workspace, &[&["build", "-q"], arguments].concat())
}

/// Runs cargo as a user does.
pub(crate) fn cargo(workspace: &Path, arguments: &[&str]) -> io::Result<()> {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = clean(Command::new(program));
    let status = command.current_dir(workspace).args(arguments).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("cargo: {status}"))) }
}

/// Without what the cargo that runs this benchmark has set.
pub(crate) fn clean(mut command: Command) -> Command {
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command.env_remove("CARGO_TARGET_DIR").env_remove("RUSTFLAGS");
    command
}

pub(crate) fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len() % 2 == 1 { values[middle] } else { (values[middle - 1] + values[middle]) / 2.0 }
}

/// Writes a file, unless it is as it should be: cargo looks at times.
pub(crate) fn write_file(path: PathBuf, content: &str) -> io::Result<()> {
    fs::create_dir_all(path.parent().expect("it has a folder"))?;
    if fs::read_to_string(&path).ok().as_deref() == Some(content) {
        return Ok(());
    }
    fs::write(path, content)
}
