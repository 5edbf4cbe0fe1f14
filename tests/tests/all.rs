//! Runs all other test programs of this package side by side, each as it would run alone.
//!
//! Cargo runs test programs one after the other. Most tests here wait: for a lock, a terminal, a
//! compiler's single thread. Cargo.toml therefore tells cargo to run this program only; `cargo test
//! -p tests --test NAME` runs one of them as ever. Arguments go on to each program.
//!
//! With the feature `exhaustive`, and without arguments, it runs what tests more then, and leaves
//! out what `cargo test --workspace` has run in the same way: a file of tests is run if it mentions
//! the feature.

use std::{
    collections::HashMap,
    env, fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{self, Command, ExitCode, Output, Stdio},
    sync::Mutex,
    thread,
    time::Instant,
};

#[cfg(unix)]
use std::os::unix::fs::DirBuilderExt as _;

use serde_json::Value;

/// What takes longest, so that it is not left alone at the end.
const FIRST: [&str; 2] = ["programs", "layout_verdicts"];

/// What runs cargo most of the time, as `programs` does: each locks the target folder, so that two of
/// them at once would wait for each other.
const LAST: [&str; 5] = ["erased", "changes", "changes_release", "lto", "watch"];

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args_os().skip(1).collect();
    let mut targets = targets();
    if cfg!(feature = "exhaustive") && arguments.is_empty() {
        targets.retain_mut(Target::keep_what_tests_more);
    }
    targets.sort_by_key(|target| place(&target.name));
    let mut programs = build(targets);
    programs.reverse();
    let (left, failed) = (Mutex::new(programs), Mutex::new(Vec::new()));
    let sockets = Sockets::new();
    let lane = || {
        while let Some((Target { name, modules, .. }, program)) = { left.lock().unwrap().pop() } {
            let started = Instant::now();
            let mut command = Command::new(program);
            command.env("XDG_RUNTIME_DIR", sockets.of(&name));
            if name == "programs" {
                // Many of them wait for each other: for one project, one target folder.
                command.env("RUST_TEST_THREADS", "8");
            }
            let output = command.args(&arguments).args(modules).stdin(Stdio::null()).output();
            let output = output.expect("a program that cargo has built can be started");
            show(&name, &output, started.elapsed().as_secs());
            if !output.status.success() {
                failed.lock().unwrap().push(name);
            }
        }
    };
    // One more than there are processors: `programs` waits for one cargo most of the time.
    let lanes = thread::available_parallelism().map_or(1, usize::from) + 1;
    thread::scope(|scope| (0..lanes).for_each(|_| drop(scope.spawn(lane))));
    let failed = failed.into_inner().unwrap();
    for name in &failed {
        eprintln!("failed, to rerun pass `-p tests --test {name}`");
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Where a program stands in the order.
fn place(name: &str) -> (usize, usize) {
    let is_it = |it: &&str| *it == name;
    match (FIRST.iter().position(is_it), LAST.iter().position(is_it)) {
        (Some(at), _) => (0, at),
        (None, None) => (1, 0),
        (None, Some(at)) => (2, at),
    }
}

/// All that a program said, in one piece.
fn show(name: &str, output: &Output, seconds: u64) {
    let mut text = format!("\n     Ran tests/{name} in {seconds} s\n").into_bytes();
    text.extend(&output.stdout);
    text.extend(&output.stderr);
    // Nobody may be there to read.
    let _ = std::io::stdout().lock().write_all(&text);
}

/// A test program of this package that cargo does not run by itself.
struct Target {
    name: String,
    /// Its file, or the main one of its folder.
    path: PathBuf,
    /// Of what its tests' names begin with; if empty, it runs all of them.
    modules: Vec<String>,
    is_exhaustive: bool,
}

impl Target {
    /// Whether the feature changes any of its tests; if not all files have such, only theirs are left.
    fn keep_what_tests_more(&mut self) -> bool {
        if self.is_exhaustive || mentions_exhaustive(&self.path) {
            return true;
        }
        if self.path.file_name().is_some_and(|name| name == "main.rs") {
            self.modules = exhaustive_modules(self.path.parent().unwrap(), "");
        }
        !self.modules.is_empty()
    }
}

/// What the names of the tests begin with whose files in this folder mention the feature.
fn exhaustive_modules(folder: &Path, above: &str) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let modules = entries.flat_map(|path| {
        let name = format!("{above}{}::", path.file_stem().unwrap().to_str().unwrap());
        match path.is_dir() {
            true => exhaustive_modules(&path, &name),
            false if mentions_exhaustive(&path) => vec![name],
            false => Vec::new(),
        }
    });
    modules.collect()
}

fn mentions_exhaustive(path: &Path) -> bool {
    fs::read_to_string(path).unwrap().contains("feature = \"exhaustive\"")
}

fn targets() -> Vec<Target> {
    let output = cargo(&["metadata", "--no-deps", "--format-version=1", "--locked"]);
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo's form");
    let is_this = |package: &&Value| package["name"] == env!("CARGO_PKG_NAME");
    let package = metadata["packages"].as_array().unwrap().iter().find(is_this).unwrap();
    let targets = package["targets"].as_array().unwrap().iter();
    let targets = targets.filter(|target| target["kind"][0] == "test" && target["test"] == false);
    let targets = targets.map(|target| Target {
        name: target["name"].as_str().unwrap().to_owned(),
        path: target["src_path"].as_str().unwrap().into(),
        modules: Vec::new(),
        is_exhaustive: target["required-features"].as_array().is_some_and(|it| !it.is_empty()),
    });
    targets.filter(|target| cfg!(feature = "exhaustive") || !target.is_exhaustive).collect()
}

/// Builds them as this program was built.
fn build(targets: Vec<Target>) -> Vec<(Target, PathBuf)> {
    let mut arguments = vec!["test", "--no-run", "--locked", "--message-format=json"];
    arguments.extend(["-p", env!("CARGO_PKG_NAME")]);
    if cfg!(feature = "exhaustive") {
        arguments.extend(["--features", "exhaustive"]);
    }
    if !cfg!(debug_assertions) {
        arguments.push("--release");
    }
    arguments.extend(targets.iter().flat_map(|target| ["--test", &target.name]));
    let output = cargo(&arguments);
    let messages = output.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    let built = messages.filter_map(|line| {
        let message: Value = serde_json::from_slice(line).expect("cargo's form");
        let program = message["executable"].as_str()?.into();
        Some((message["target"]["name"].as_str()?.to_owned(), program))
    });
    let built: HashMap<String, PathBuf> = built.collect();
    let program = |target: Target| {
        let program = built.get(&target.name).expect("cargo has built each program").clone();
        (target, program)
    };
    targets.into_iter().map(program).collect()
}

fn cargo(arguments: &[&str]) -> Output {
    let mut cargo = Command::new(env!("CARGO"));
    let output = cargo.args(arguments).stderr(Stdio::inherit()).output().expect("cargo runs");
    assert!(output.status.success(), "cargo {arguments:?} failed");
    output
}

/// Where the hosts of each program listen. Commands ask all hosts of a user: with one folder for all, a
/// test of one program would have the host of another one open files.
struct Sockets(PathBuf);

impl Sockets {
    fn new() -> Sockets {
        Sockets(env::temp_dir().join(format!("hot-all-{}", process::id())))
    }

    fn of(&self, program: &str) -> PathBuf {
        let folder = self.0.join(program);
        let mut builder = fs::DirBuilder::new();
        // Others have nothing to do there, and a host would not use it.
        #[cfg(unix)]
        builder.mode(0o700);
        builder.recursive(true).create(&folder).expect("the folder for temporary files takes more");
        folder
    }
}

impl Drop for Sockets {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
