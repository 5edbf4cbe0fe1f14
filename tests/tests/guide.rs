//! The guide is followed, word for word: its commands are run in a terminal, its edits saved, and
//! each of its outputs has to come. Numbers may differ.
#![cfg(unix)]

#[path = "../../examples/tests/terminal/mod.rs"]
mod terminal;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    thread,
    time::{Duration, Instant},
};

use terminal::Terminal;
use tests::fixture::{repository, root, target_dir};

/// What the guide tells to do.
#[derive(Debug)]
enum Step {
    Run(String),
    Edit(Edit),
    /// Lines that come, in this order.
    See(Vec<String>),
}

#[derive(Debug)]
struct Edit {
    file: String,
    /// What is there, and what is to be there instead.
    changes: Vec<(String, String)>,
}

fn guide() -> String {
    fs::read_to_string(repository().join("hotreload/docs/guide.md")).unwrap()
}

fn steps(guide: &str) -> Vec<Step> {
    let blocks = guide.split("```").skip(1).step_by(2);
    let mut steps = Vec::new();
    for (kind, block) in blocks.map(|block| block.split_once('\n').unwrap()) {
        let mut lines = block.lines().map(str::to_owned);
        match kind {
            "sh" => steps.extend(lines.map(Step::Run)),
            "text" => steps.push(Step::See(lines.collect())),
            "diff" => {
                let file = lines.next().unwrap().strip_prefix("--- ").unwrap().to_owned();
                steps.push(Step::Edit(Edit { file, changes: changes(lines) }));
            }
            other => panic!("a block of the kind {other:?}"),
        }
    }
    steps
}

fn changes(lines: impl Iterator<Item = String>) -> Vec<(String, String)> {
    let mut changes: Vec<(String, String)> = Vec::new();
    for line in lines {
        let (sign, text) = line.split_at(1);
        let last = changes.last_mut();
        match (sign, last) {
            ("-", Some((from, to))) if to.is_empty() => *from += &format!("{text}\n"),
            ("-", _) => changes.push((format!("{text}\n"), String::new())),
            ("+", Some((_, to))) => *to += &format!("{text}\n"),
            _ => panic!("{line:?} is no line of a diff"),
        }
    }
    changes
}

/// A new user: a folder, the installed command, a terminal with the program.
struct User {
    folder: PathBuf,
    program: Option<Terminal>,
    /// How many lines of the program's output have been looked at.
    seen: usize,
}

impl User {
    fn command(&self, line: &str) -> Command {
        let mut words = line.split(' ');
        let mut command = Command::new(words.next().unwrap());
        command.args(words).current_dir(&self.folder);
        for (name, _) in env::vars().filter(|(name, _)| is_from_cargo(name)) {
            command.env_remove(name);
        }
        command.env("PATH", path()).env("CARGO_TARGET_DIR", target_dir());
        command.env("CARGO_NET_OFFLINE", "true").env("NO_COLOR", "1");
        command
    }

    fn run(&self, line: &str) -> Output {
        let output = self.command(line).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {}\n{stderr}", output.status);
        output
    }

    fn follow(&mut self, step: &Step) {
        match step {
            // The tests have it: installed from here, without optimisation.
            Step::Run(line) if line == "cargo install --path hotreload --features cli" => {}
            Step::Run(line) if line.starts_with("cd ") => {
                self.folder = self.folder.join(&line[3..]);
                // The versions that the repository is tested with; nothing has to be fetched.
                let lock = repository().join("Cargo.lock");
                fs::copy(lock, self.folder.join("Cargo.lock")).unwrap();
            }
            Step::Run(line) if line == "cargo hotreload run" => {
                let mut command = terminal::command("cargo", &["hotreload", "run"]);
                command.cwd(&self.folder);
                for (name, _) in env::vars().filter(|(name, _)| is_from_cargo(name)) {
                    command.env_remove(name);
                }
                command.env("PATH", path());
                command.env("CARGO_TARGET_DIR", target_dir());
                command.env("CARGO_NET_OFFLINE", "true");
                self.program = Some(Terminal::start(command, (100, 40)));
            }
            Step::Run(line) => {
                let output = self.run(line);
                assert!(!output.stdout.is_empty() || line.contains("build"), "{line} is silent");
            }
            Step::Edit(Edit { file, changes }) => {
                let file = self.folder.join(file);
                let mut source = fs::read_to_string(&file).unwrap();
                for (from, to) in changes {
                    assert_eq!(source.matches(from).count(), 1, "{from:?} in\n{source}");
                    source = source.replace(from, to);
                }
                // What came before the save does not count.
                self.seen = self.lines().len();
                fs::write(file, source).unwrap();
            }
            Step::See(lines) => lines.iter().for_each(|line| self.see(line)),
        }
    }

    /// Waits for the line, in what the program printed after the one before.
    fn see(&mut self, expected: &str) {
        let start = Instant::now();
        loop {
            let lines = self.lines();
            let wanted = without_numbers(expected);
            // A refusal is all of its line: more reasons would stand at its end.
            let whole = expected.contains("not reloaded");
            let is_it = |line: &String| match without_numbers(line) {
                line if whole => line == wanted,
                line => line.starts_with(&wanted),
            };
            if let Some(index) = lines.iter().skip(self.seen).position(is_it) {
                self.seen += index + 1;
                return;
            }
            let new = lines.get(self.seen..).unwrap_or_default().join("\n");
            assert!(start.elapsed() < Duration::from_secs(120), "no {expected:?} in\n{new}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// The lines that the terminal got, the status line's states among them.
    fn lines(&self) -> Vec<String> {
        let Some(program) = &self.program else { return Vec::new() };
        let bytes = program.bytes();
        let text = String::from_utf8_lossy(&bytes);
        let mut plain = String::new();
        let mut rest = &*text;
        while let Some((before, sequence)) = rest.split_once("\x1b[") {
            plain += before;
            let end = sequence.find(|c| matches!(c, '@'..='~')).map_or(sequence.len(), |it| it + 1);
            // Moving to another place ends a line as well.
            if !sequence[..end].ends_with('m') {
                plain.push('\n');
            }
            rest = &sequence[end..];
        }
        plain += rest;
        let lines = plain.split(['\n', '\r']).map(str::trim_end).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect()
    }
}

fn is_from_cargo(name: &str) -> bool {
    name == "CARGO"
        || name == "RUSTFLAGS"
        || name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
}

/// The search path with the command in it.
fn path() -> String {
    let folder = tests::command().parent().unwrap().to_owned();
    let known = env::var_os("PATH").unwrap();
    let folders = [folder].into_iter().chain(env::split_paths(&known));
    env::join_paths(folders).unwrap().into_string().unwrap()
}

/// Each number as one sign, but for those of codes.
fn without_numbers(line: &str) -> String {
    let is_code = |before: &str| {
        let digits = before.rfind("HOT").map(|at| &before[at + 3..]);
        digits.is_some_and(|it| it.len() < 4 && it.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let mut out = String::new();
    for c in line.chars() {
        match c {
            '0'..='9' if is_code(&out) => out.push(c),
            '0'..='9' if out.ends_with('#') => {}
            '0'..='9' => out.push('#'),
            c => out.push(c),
        }
    }
    out
}

fn new_user() -> User {
    let folder = root().join("guide");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    User { folder, program: None, seen: 0 }
}

#[test]
fn a_new_user_follows_the_guide() {
    let guide = guide();
    let steps = steps(&guide);
    let count = |is_it: fn(&Step) -> bool| steps.iter().filter(|step| is_it(step)).count();
    assert_eq!(count(|step| matches!(step, Step::Run(_))), 5, "commands in the guide");
    assert_eq!(count(|step| matches!(step, Step::Edit(_))), 10, "edits in the guide");
    assert_eq!(count(|step| matches!(step, Step::See(_))), 11, "outputs in the guide");

    let mut user = new_user();
    steps.iter().for_each(|step| user.follow(step));

    // The hints at its end, while the program runs.
    let hints: Vec<_> = guide
        .split_once("## Go on")
        .unwrap()
        .1
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|it| it.starts_with("cargo "))
        .collect();
    assert_eq!(hints.len(), 6, "{hints:?}");
    let library = library();
    let library = library.to_str().unwrap();
    for hint in &hints {
        let hint = hint.replace("OLD NEW", &format!("{library} {library}"));
        let output = user.run(&hint.replace("target/static", "out/static"));
        if hint.ends_with("status garden") {
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(text.contains("garden_logic::tick"), "{text}");
        }
    }
    user.run(&format!("cargo hotreload inspect {library}"));
    user.run("cargo test -q");

    let mut program = user.program.unwrap();
    program.press("q");
    program.end();
    program.assert_restored();
}

fn library() -> PathBuf {
    let name = format!("{}garden_logic{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let path = target_dir().join("debug").join(name);
    assert!(Path::new(&path).is_file(), "{path:?}");
    path
}
