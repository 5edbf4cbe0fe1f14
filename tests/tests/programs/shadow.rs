//! The private folder of copies when hosts are killed.

use std::{
    collections::BTreeSet,
    env, fs,
    io::{BufRead, BufReader, Write, stdin},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use hot::Host;
use tests::LoadLibrary as _;
use tests::{
    Fixture,
    child::{command, given_libraries, is_child},
    fixture::root,
};

hot::import! { shadow_bundle => { fn answer() -> u32; } }

const NAME: &str = "after_a_kill_only_the_dead_hosts_files_go";
const FOLDER: &str = "HOT_TEST_SHADOW_DIR";
const RELOADS: usize = 30;

/// A host in a process of its own.
struct Other {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    folder: PathBuf,
}

impl Other {
    /// Starts a host, which loads and reloads.
    fn start(base: &Path, libraries: &[PathBuf]) -> Other {
        let mut command = command(NAME, libraries);
        let mut child =
            command.env(FOLDER, base).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut other =
            Other { child, input, output: BufReader::new(output), folder: PathBuf::new() };
        other.folder = other.reads("ready in ").into();
        other
    }

    /// What it prints after `prefix`, at the beginning of some next line.
    fn reads(&mut self, prefix: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "it has ended");
            if let Some(rest) = line.strip_prefix(prefix) {
                return rest.trim_end().to_owned();
            }
        }
    }

    /// Has it reload once more, and gives the answers before and after.
    fn reloads(&mut self) -> String {
        writeln!(self.input).unwrap();
        self.reads("answers ")
    }

    fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

fn run_child() -> ! {
    let libraries = given_libraries();
    let base = env::var_os(FOLDER).unwrap();
    let host = Host::builder().shadow_dir(base).start().unwrap();
    for number in 0..=RELOADS {
        host.load_library(&libraries[number % 2]).unwrap();
    }
    println!("\nready in {}", host.status().unwrap().shadow_dir.display());
    for (number, _) in stdin().lines().enumerate() {
        let before = hot::get!(shadow_bundle::answer)();
        host.load_library(&libraries[(number + 1) % 2]).unwrap();
        println!("answers {before} {}", hot::get!(shadow_bundle::answer)());
    }
    unreachable!("the parent kills this process");
}

fn files(folder: &Path) -> BTreeSet<PathBuf> {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[test]
fn after_a_kill_only_the_dead_hosts_files_go() {
    if is_child(NAME) {
        run_child();
    }
    let fixture = Fixture::new("shadow_bundle");
    let build =
        |answer| fixture.build(&format!("#[hot::export]\npub fn answer() -> u32 {{ {answer} }}"));
    let libraries = [build(1), build(2)];
    let base = root().join("shadow");
    let _ = fs::remove_dir_all(&base);

    let mut dead = Other::start(&base, &libraries);
    let mut live = Other::start(&base, &libraries);
    // A copy for each generation, and the lock.
    assert_eq!(files(&dead.folder).len(), RELOADS + 2);
    let of_live = files(&live.folder);
    assert_eq!(of_live.len(), RELOADS + 2);
    dead.kill();
    assert_eq!(files(&dead.folder).len(), RELOADS + 2, "nobody has tidied up yet");

    let mut next = Other::start(&base, &libraries);
    assert!(!dead.folder.exists(), "its lock was free");
    assert_eq!(files(&live.folder), of_live);
    assert_eq!(files(&next.folder).len(), RELOADS + 2);
    assert_eq!(live.reloads(), "1 2");
    assert_eq!(live.reloads(), "2 1");
    assert_eq!(next.reloads(), "1 2");

    live.kill();
    next.kill();
    Other::start(&base, &libraries).kill();
    assert!(!live.folder.exists() && !next.folder.exists());
}
