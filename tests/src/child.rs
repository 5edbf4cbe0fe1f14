//! Tests that need a process of their own: they run themselves again.

use std::{
    env,
    path::PathBuf,
    process::{self, Command, Output, Stdio},
};

/// Names the test whose body the process is to run.
const VARIABLE: &str = "HOT_TEST_CHILD";

/// The libraries that the parent built: children that build would write over each other's sources.
const LIBRARIES: &str = "HOT_TEST_LIBRARIES";

/// Runs `body` in a process of its own, with these environment variables, and gives what that
/// process printed. `test` is the calling test's name, which is like no other's in its program. This process builds the libraries.
///
/// # Panics
/// If the process did not come to the end of `body`.
pub fn in_child(
    test: &str,
    variables: &[(&str, &str)],
    libraries: impl FnOnce() -> Vec<PathBuf>,
    body: impl FnOnce(&[PathBuf]),
) -> Output {
    let done = format!("child of {test} is done");
    if is_child(test) {
        body(&given_libraries());
        println!("\n{done}");
        process::exit(0);
    }
    let mut command = command(test, &libraries());
    let output = command.envs(variables.iter().copied()).output().unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    let status = output.status;
    assert!(status.success() && out.contains(&done), "{test}: {status}\n{out}\n{err}");
    output
}

/// This program, running only this test, as a child for which [`is_child`] holds.
pub fn command(test: &str, libraries: &[PathBuf]) -> Command {
    let mut command = Command::new(env::current_exe().unwrap());
    command.args([test, "--nocapture", "--test-threads=1"]);
    command.env(VARIABLE, test).stdin(Stdio::null());
    command.env(LIBRARIES, env::join_paths(libraries).unwrap());
    command
}

/// Whether this process was made by [`command`] for this test.
pub fn is_child(test: &str) -> bool {
    env::var_os(VARIABLE).is_some_and(|name| name == test)
}

/// In a child: the libraries that the parent built.
pub fn given_libraries() -> Vec<PathBuf> {
    env::split_paths(&env::var_os(LIBRARIES).unwrap()).collect()
}

/// Output as text.
pub fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
