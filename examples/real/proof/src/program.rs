//! A copy of a program, which runs and is edited.

use std::{
    fs,
    io::{self, BufRead, BufReader, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex},
    thread,
    time::{Duration, Instant},
};

/// What is waited for comes within this time, also on a slow machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// The program's start does: everything is compiled before it.
const COLD: Duration = Duration::from_secs(1200);

/// The folder of the framework's sources.
pub fn repository() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(3).expect("this package lies in examples/real").to_owned()
}

/// A program that `cargo hotreload run` runs. It ends with this value.
#[derive(Debug)]
pub struct Program {
    folder: PathBuf,
    sockets: PathBuf,
    command: Child,
    said: Arc<Mutex<String>>,
}

impl Program {
    /// Copies a folder of `examples/real` aside, and starts the program in it, with arguments and with
    /// variables of its environment.
    ///
    /// # Errors
    /// If a file cannot be written, or cargo does not build the command.
    pub fn start(
        name: &str,
        arguments: &[&str],
        environment: &[(&str, &str)],
    ) -> io::Result<Program> {
        let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target").join(name);
        let folder = std::env::temp_dir().join(format!("hotreload-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        copy(&repository().join("examples/real").join(name), &folder)?;
        let manifest = folder.join("Cargo.toml");
        let framework = format!("\"{}/hotreload", repository().display());
        let text = fs::read_to_string(&manifest)?.replace("\"../../../hotreload", &framework);
        fs::write(&manifest, text)?;
        // Short, as paths of sockets must be.
        let sockets = folder.join("run");
        fs::create_dir(&sockets)?;

        let mut command = Command::new(command()?);
        command.args(["hotreload", "run", "--"]).args(arguments).current_dir(&folder);
        command.env("CARGO_TARGET_DIR", target).env("XDG_RUNTIME_DIR", &sockets);
        command.envs(environment.iter().copied());
        // Panics on purpose are told in a line.
        command.env("RUST_BACKTRACE", "0");
        for (name, _) in std::env::vars().filter(|(name, _)| is_from_cargo(name)) {
            command.env_remove(name);
        }
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut command = command.spawn()?;
        let said = Arc::new(Mutex::new(String::new()));
        let streams: [Box<dyn Read + Send>; 2] = [
            Box::new(command.stdout.take().expect("it is piped")),
            Box::new(command.stderr.take().expect("it is piped")),
        ];
        for stream in streams {
            let said = said.clone();
            thread::spawn(move || {
                for line in BufReader::new(stream).lines().map_while(Result::ok) {
                    println!("    {line}");
                    let mut said = said.lock().expect("nothing in here panics");
                    said.push_str(&line);
                    said.push('\n');
                }
            });
        }
        Ok(Program { folder, sockets, command, said })
    }

    /// The rest of the line, once the program or the command has said this since it was started.
    ///
    /// # Panics
    /// If neither says it.
    pub fn said(&self, words: &str) -> String {
        self.said_since(0, words, COLD)
    }

    /// The same, of what is said from now on.
    ///
    /// # Panics
    /// If neither says it.
    pub fn says(&self, words: &str) -> String {
        let since = self.said.lock().expect("nothing in there panics").len();
        self.said_since(since, words, PATIENCE)
    }

    /// Changes a source, and gives what is said behind `words` thereafter.
    ///
    /// # Panics
    /// If the file has not exactly one such place, or what is waited for is not said.
    pub fn edit(&self, path: &str, edits: &[(&str, &str)], words: &str) -> String {
        let path = self.folder.join(path);
        let mut text = fs::read_to_string(&path).expect("the source is there");
        for (from, to) in edits {
            assert_eq!(text.matches(from).count(), 1, "{from}\n{text}");
            text = text.replacen(from, to, 1);
        }
        let since = self.said.lock().expect("nothing in there panics").len();
        fs::write(&path, text).expect("the source can be written");
        self.said_since(since, words, PATIENCE)
    }

    fn said_since(&self, since: usize, words: &str, patience: Duration) -> String {
        let started = Instant::now();
        loop {
            let said = self.said.lock().expect("nothing in there panics")[since..].to_owned();
            // Whole lines only, or the rest of one may be missing.
            if let Some((_, rest)) = said.split_once(words)
                && let Some((rest, _)) = rest.split_once('\n')
            {
                return rest.to_owned();
            }
            assert!(started.elapsed() < patience, "nobody says `{words}`:\n{said}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Sends the program's host a request, as the keys of the command do, and gives its answer: lines
    /// of JSON, as hotreload/docs/control.md has them.
    ///
    /// # Errors
    /// If nobody answers.
    pub fn ask(&self, request: &str) -> io::Result<String> {
        let mut stream = UnixStream::connect(self.socket()?)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        writeln!(stream, "{request}")?;
        let mut answer = String::new();
        BufReader::new(stream).read_line(&mut answer)?;
        Ok(answer)
    }

    /// The one socket in the folder for sockets, which is the program's own.
    fn socket(&self) -> io::Result<PathBuf> {
        for folder in fs::read_dir(&self.sockets)? {
            for file in fs::read_dir(folder?.path())? {
                let path = file?.path();
                if path.extension().is_some_and(|it| it == "sock") {
                    return Ok(path);
                }
            }
        }
        Err(io::Error::new(io::ErrorKind::NotFound, "the host has no socket"))
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // The command ends the program, too, if it is asked and not killed.
        let asked = Command::new("kill").arg(self.command.id().to_string()).status();
        if !asked.is_ok_and(|it| it.success()) {
            let _ = self.command.kill();
        }
        let _ = self.command.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The command, built from this repository as its own tests build it.
fn command() -> io::Result<PathBuf> {
    let mut cargo = Command::new("cargo");
    cargo.args(["build", "--quiet", "--locked", "--bin", "cargo-hotreload"]);
    if !cargo.current_dir(repository()).status()?.success() {
        return Err(io::Error::other("cargo does not build the command"));
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    Ok(target.unwrap_or_else(|| repository().join("target")).join("debug/cargo-hotreload"))
}

/// Whether cargo sets this variable for the tests that it runs.
fn is_from_cargo(name: &str) -> bool {
    name == "CARGO" || name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_")
}

/// Copies sources, and not what was built of them.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        if !entry.file_type()?.is_dir() {
            fs::copy(&path, to.join(name))?;
        } else if name != "target" {
            copy(&path, &to.join(name))?;
        }
    }
    Ok(())
}
