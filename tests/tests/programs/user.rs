//! A new user, who follows a page: a folder, the installed command, a terminal.
#![cfg(unix)]

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use portable_pty::CommandBuilder;

use crate::{
    diff::{self, Change},
    page::{Edit, Step},
    terminal::{self, Terminal},
};
use tests::{
    PATIENCE,
    control::short_folder,
    fixture::{repository, root, target_dir},
    picture::without_numbers,
    project::{is_from_cargo, target_dir_of_runs},
};

pub(crate) struct User {
    pub(crate) folder: PathBuf,
    pub(crate) program: Option<Terminal>,
    /// How many lines of the program's output have been looked at.
    seen: usize,
}

impl User {
    /// One with an empty folder of this name.
    pub(crate) fn new(name: &str) -> User {
        let folder = root().join(name);
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        User { folder, program: None, seen: 0 }
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, line: &str) -> Output {
        let mut words = line.split(' ');
        let mut command = Command::new(words.next().unwrap());
        command.args(words).current_dir(&self.folder);
        for (name, _) in env::vars().filter(|(name, _)| is_from_cargo(name)) {
            command.env_remove(name);
        }
        command.envs(variables()).env("NO_COLOR", "1");
        let output = command.output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}: {}\n{stderr}", output.status);
        output
    }

    /// Starts a program that stays, in a terminal of so many columns and rows.
    pub(crate) fn start(&mut self, program: &str, arguments: &[&str], size: (u16, u16)) {
        let mut command: CommandBuilder = terminal::command(program, arguments);
        command.cwd(&self.folder);
        for (name, _) in env::vars().filter(|(name, _)| is_from_cargo(name)) {
            command.env_remove(name);
        }
        for (name, value) in variables() {
            command.env(name, value);
        }
        self.program = Some(Terminal::start(command, size));
        self.seen = 0;
    }

    /// Does what the page says.
    pub(crate) fn follow(&mut self, step: &Step) {
        match step {
            // The tests have it, without optimisation.
            Step::Run(line) if line == "cargo install --debug --locked --path hotreload/cli" => {}
            Step::Run(line) if line.starts_with("cd ") => {
                self.folder = self.folder.join(&line[3..]);
                self.lock();
            }
            Step::Run(line) if line == "cargo hotreload run" => {
                self.start("cargo", &["hotreload", "run"], (100, 40));
            }
            Step::Run(line) => {
                let output = self.run(line);
                assert!(!output.stdout.is_empty(), "{line} is silent");
            }
            Step::Write(file, content) => fs::write(self.folder.join(file), content).unwrap(),
            Step::Edit(Edit { file, changes }) => self.save(file, changes),
            Step::See(lines) => lines.iter().for_each(|line| self.see(line)),
        }
    }

    /// Changes a text in a file.
    pub(crate) fn edit(&mut self, file: &str, from: &str, to: &str) {
        self.change(file, &[(from, to)]);
    }

    /// Changes texts in a file, in one save.
    pub(crate) fn change(&mut self, file: &str, changes: &[(&str, &str)]) {
        let changes = changes.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned()));
        self.save(file, &changes.collect::<Vec<_>>());
    }

    fn save(&mut self, file: &str, changes: &[Change]) {
        // What came before the save does not count.
        self.seen = self.lines().len();
        diff::apply(&self.folder.join(file), changes);
    }

    /// The versions that the repository is tested with; nothing has to be fetched.
    pub(crate) fn lock(&self) {
        fs::copy(repository().join("Cargo.lock"), self.folder.join("Cargo.lock")).unwrap();
    }

    /// Waits for the line, in what the program printed after the one before. ` .. ` is for what the
    /// page leaves out.
    pub(crate) fn see(&mut self, expected: &str) {
        let start = Instant::now();
        loop {
            let lines = self.lines();
            let wanted = without_numbers(expected);
            let (begins, goes_on) = wanted.split_once(" .. ").unwrap_or((&wanted, ""));
            // A refusal is all of its line: more reasons would stand at its end.
            let whole = expected.contains("not reloaded");
            let is_it = |line: &String| match without_numbers(line) {
                line if whole => line == wanted,
                line => line.starts_with(begins) && line.contains(goes_on),
            };
            if let Some(index) = lines.iter().skip(self.seen).position(is_it) {
                self.seen += index + 1;
                return;
            }
            let new = lines.get(self.seen..).unwrap_or_default().join("\n");
            assert!(start.elapsed() < PATIENCE, "no {expected:?} in\n{new}");
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

/// With the command in the search path, and over what the tests have compiled.
fn variables() -> [(&'static str, String); 5] {
    // Of the hosts of this user, those of other tests are none.
    static RUNTIME: LazyLock<String> =
        LazyLock::new(|| short_folder("user").into_os_string().into_string().unwrap());
    let folder = tests::command().parent().unwrap().to_owned();
    let known = env::var_os("PATH").unwrap();
    let folders = [folder].into_iter().chain(env::split_paths(&known));
    let path = env::join_paths(folders).unwrap().into_string().unwrap();
    let target_dir = target_dir().into_os_string().into_string().unwrap();
    [
        ("PATH", path),
        ("CARGO_TARGET_DIR", target_dir),
        ("XDG_RUNTIME_DIR", RUNTIME.clone()),
        ("CARGO_NET_OFFLINE", "true".to_owned()),
        // The other way the framework would be compiled anew.
        ("CARGO_INCREMENTAL", "0".to_owned()),
    ]
}

/// A user who will make the project `garden`, one at a time and in one place: to cargo, members of two
/// workspaces that are called alike are the same, and it would give one the library of the other.
pub(crate) fn of_garden() -> (User, MutexGuard<'static, ()>) {
    static ALONE: Mutex<()> = Mutex::new(());
    let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    (User::new("guide"), alone)
}

/// The library that `cargo hotreload run` has made of a crate, in a project with a shared library.
pub(crate) fn library(crate_name: &str) -> PathBuf {
    let name = format!("{}{crate_name}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let path = target_dir_of_runs().join("debug").join(name);
    assert!(Path::new(&path).is_file(), "{path:?}");
    path
}
