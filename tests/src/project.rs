//! A project as a user has it, for `cargo hotreload`: a program and a bundle.
#![cfg(unix)]

use std::{
    env, fs,
    io::{BufRead, BufReader, Read},
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use crate::{
    PATIENCE, Workspace, command,
    fixture::target_dir,
    workspace::{BUNDLE, HOST_FEATURES},
};

/// A workspace with a program, and a bundle whose `answer` it prints when it changes.
#[derive(Debug)]
pub struct Project {
    name: &'static str,
    /// Where it lies.
    pub workspace: Workspace,
    _alone: Option<MutexGuard<'static, ()>>,
}

impl Project {
    /// The project `usual`, which is compiled once for all tests of a program: one at a time has
    /// it, and edits its bundle only.
    pub fn shared() -> Project {
        static ALONE: Mutex<()> = Mutex::new(());
        let alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        Project { _alone: Some(alone), ..Project::new("usual") }
    }

    /// A project of this name, which is the test's own, whose program can watch.
    pub fn new(name: &'static str) -> Project {
        Project::with_features(name, HOST_FEATURES)
    }

    /// As [`new`](Project::new), with these features of `hotreload`.
    pub fn with_features(name: &'static str, features: &str) -> Project {
        let workspace = Workspace::new(&format!("run-{name}"));
        workspace.package(&format!("{name}-rules"), BUNDLE, "", "");
        workspace.package(&format!("{name}-game"), "", features, "libc = \"0.2\"");
        workspace.write(
            &format!("{name}-game/src/main.rs"),
            &PROGRAM.replace("NAME", &name.replace('-', "_")),
        );
        let project = Project { name, workspace, _alone: None };
        project.edit("1");
        project
    }

    /// Writes the bundle so that `answer` is this.
    pub fn edit(&self, answer: &str) {
        let source =
            format!("hot::bundle!();\n#[hot::export]\npub fn answer() -> u32 {{ {answer} }}\n");
        self.workspace.write(&format!("{}-rules/src/lib.rs", self.name), &source);
    }

    /// How the status line says that this generation is live.
    pub fn generation(&self, number: u32) -> String {
        format!("{}-rules {number} · live", self.name)
    }

    /// The command without a terminal.
    pub fn command(&self, arguments: &[&str]) -> Command {
        Project::command_in(self.workspace.folder(), arguments)
    }

    /// The same in another workspace's folder.
    pub fn command_in(folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(command());
        command.current_dir(folder).args(arguments);
        for (name, _) in env::vars().filter(|(name, _)| is_from_cargo(name)) {
            command.env_remove(name);
        }
        command.env("CARGO_TARGET_DIR", target_dir()).env("CARGO_NET_OFFLINE", "true");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }
}

/// The target folder of `cargo hotreload run` where a workspace has a shared library: that of the
/// command's version, within the one of the fixtures.
///
/// # Panics
/// If nothing was built there yet.
pub fn target_dir_of_runs() -> PathBuf {
    let entries = fs::read_dir(target_dir()).unwrap().flatten().map(|it| it.path());
    let folders = entries.filter(|it| it.join("hotreload-wrapper").is_file());
    let built = |it: &PathBuf| it.metadata().unwrap().modified().unwrap();
    folders.max_by_key(built).expect("a build by `cargo hotreload run`")
}

/// Whether cargo sets this variable for the tests that it runs.
pub fn is_from_cargo(name: &str) -> bool {
    name == "CARGO"
        || name == "RUSTFLAGS"
        || name.starts_with("CARGO_PKG_")
        || name.starts_with("CARGO_MANIFEST_")
}

/// The program. It does at first what its argument says.
pub const PROGRAM: &str = r#"
use std::{env, io::Write, process, thread::sleep, time::Duration};

hot::import! { NAME_rules => { fn answer() -> u32; } }

fn main() {
    let how = env::args().nth(1).unwrap_or_default();
    if how == "stubborn" {
        unsafe { libc::signal(libc::SIGTERM, libc::SIG_IGN) };
    }
    println!("process {}.", process::id());
    if how == "nohost" {
        loop { sleep(Duration::from_secs(1)) }
    }
    let host = hot::Host::start().unwrap();
    host.load_crate("NAME-rules").unwrap();
    match how.as_str() {
        "abort" => process::abort(),
        "exit" => process::exit(7),
        "panic" => panic!("on purpose"),
        "family" | "stubborn" => {
            let child = process::Command::new("sleep").arg("1000").spawn().unwrap();
            println!("child {}.", child.id());
            // Its parent ends at once, it a little later.
            let script = "sleep 0.1 >/dev/null & echo orphan $!.";
            process::Command::new("sh").args(["-c", script]).status().unwrap();
        }
        "partial" => {
            print!("what is your na");
            std::io::stdout().flush().unwrap();
        }
        "wild" => {
            println!("\x1b[2J\x1b[H\x1b[?1049h\x1b]0;title\x07\x1b[31mred\x1b[0m wild");
            println!("{}", "long ".repeat(30));
            eprintln!("an error line");
        }
        "flood" => (0..20_000).for_each(|number| println!("line {number}")),
        "stdin" => {
            let mut line = String::new();
            std::io::stdin().read_line(&mut line).unwrap();
            println!("read {line}");
        }
        _ => {}
    }
    let mut last = 0;
    loop {
        let answer = hot::get!(NAME_rules::answer)();
        if answer != last {
            println!("answer {answer}.");
            last = answer;
        }
        sleep(Duration::from_millis(20));
    }
}
"#;

/// The number behind the word, before a full stop.
pub fn id(text: &str, word: &str) -> Option<u32> {
    let (_, rest) = text.split_once(&format!("{word} "))?;
    rest.split_once('.')?.0.parse().ok()
}

/// Whether a process of this number is there, and no zombie.
pub fn is_alive(id: u32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
}

/// Waits until there is no such process.
///
/// # Panics
/// If there still is after a minute.
pub fn assert_gone(id: u32) {
    let start = Instant::now();
    while is_alive(id) {
        assert!(start.elapsed() < Duration::from_secs(60), "process {id} is still there");
        thread::sleep(Duration::from_millis(10));
    }
}

/// A command without a terminal, and what it has printed.
#[derive(Debug)]
pub struct Piped {
    /// The command itself.
    pub child: Child,
    text: Arc<Mutex<String>>,
    readers: [JoinHandle<()>; 2],
}

impl Piped {
    /// Starts it.
    pub fn start(mut command: Command) -> Piped {
        let mut child = command.process_group(0).spawn().unwrap();
        let text = Arc::new(Mutex::new(String::new()));
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
        let readers = streams.map(|stream| {
            let text = text.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
                    let mut text = text.lock().unwrap();
                    text.push_str(&String::from_utf8_lossy(&line));
                    text.push('\n');
                }
            })
        });
        Piped { child, text, readers }
    }

    /// What it has printed so far.
    pub fn text(&self) -> String {
        self.text.lock().unwrap().clone()
    }

    /// Waits until it has printed this.
    ///
    /// # Panics
    /// If it does not: at once if nobody can print any more.
    pub fn wait_for(&self, wanted: &str) {
        let start = Instant::now();
        loop {
            // Asked first: what is printed until then is in the text.
            let has_ended = self.readers.iter().all(JoinHandle::is_finished);
            let text = self.text();
            if text.contains(wanted) {
                return;
            }
            assert!(!has_ended, "it has ended without {wanted}:\n{text}");
            assert!(start.elapsed() < PATIENCE, "no {wanted}:\n{text}");
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: i32) {
        // SAFETY: takes numbers only; the child was not waited for.
        unsafe { libc::kill(self.child.id().try_into().unwrap(), signal) };
    }
}

impl Drop for Piped {
    fn drop(&mut self) {
        self.signal(libc::SIGTERM);
        let _ = self.child.wait();
    }
}
