//! The program: built and started by cargo, in a process group of its own, and ended with it.

use std::{
    env,
    ffi::OsString,
    io::{self, BufRead as _, BufReader},
    os::unix::process::CommandExt as _,
    path::PathBuf,
    process::{Child, Command, ExitStatus, Stdio},
};

use cargo_metadata::{Message, Metadata, MetadataCommand, Package};
use signal_hook::consts::SIGKILL;

use super::{Arguments, together::Together};
use crate::wrap;
use hot_host::command::{self, Wrapper};

/// Cargo, as the user has it.
pub(super) fn cargo() -> Command {
    Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// What is built and started.
pub(super) struct Plan {
    /// What `cargo build` and `cargo run` are given alike, so that the second finds the work done.
    selection: Vec<OsString>,
    /// How it is built where the workspace has a shared library.
    shared: Option<Together>,
    /// What cargo calls in place of rustc where it has none.
    looks_on: Option<Wrapper>,
    /// What the program is called.
    pub(super) name: String,
    /// Where the log may lie.
    pub(super) target_dir: PathBuf,
    /// The workspace's folder, in which cargo runs rustc.
    pub(super) workspace: PathBuf,
    /// Where the workspace's own packages lie.
    pub(super) folders: Vec<PathBuf>,
}

impl Plan {
    /// Asks cargo what there is. `None` if it has said what is wrong.
    pub(super) fn new(arguments: &Arguments) -> Option<Plan> {
        let mut command = cargo();
        command.args(["metadata", "--format-version", "1", "--no-deps"]);
        if let Some(manifest) = &arguments.manifest_path {
            command.arg("--manifest-path").arg(manifest);
        }
        let output = match command.stderr(Stdio::inherit()).output() {
            Ok(output) => output,
            Err(error) => {
                eprintln!("error: cargo could not be started: {error}");
                return None;
            }
        };
        let text = String::from_utf8_lossy(&output.stdout);
        let json = text.lines().find(|line| line.starts_with('{'));
        let metadata = MetadataCommand::parse(json?).ok()?;
        let mut selection = arguments.of_cargo();
        let mut name = arguments.example.clone().or_else(|| arguments.bin.clone());
        let mut add = |words: &[&str]| selection.extend(words.iter().map(OsString::from));
        let chosen = chosen(&metadata, arguments);
        // What `cargo run` would choose. `cargo build` would build more, with other features.
        if arguments.example.is_none()
            && let Some((package, binary)) = chosen
        {
            if arguments.package.is_none() {
                add(&["-p", &package.id.repr]);
            }
            if arguments.bin.is_none() {
                add(&["--bin", binary]);
            }
            name = Some(binary.to_owned());
        }
        let shared = chosen
            .and_then(|(package, program)| Together::new(&metadata, package, program, arguments));
        let shared = shared.transpose().unwrap_or_else(|error| {
            eprintln!("error: the shared library cannot be built: {error}");
            None
        });
        let looks_on = (shared.is_none() && !arguments.plain_cargo).then(|| look_on(&metadata));
        let manifests = metadata.packages.iter().map(|it| it.manifest_path.parent());
        let folders = manifests.flatten().map(Into::into).collect();
        let name = name.or_else(|| metadata.workspace_root.file_name().map(str::to_owned));
        Some(Plan {
            selection,
            shared,
            looks_on: looks_on.flatten(),
            name: name.unwrap_or_default(),
            target_dir: metadata.target_directory.into(),
            workspace: metadata.workspace_root.into(),
            folders,
        })
    }

    /// `cargo build` of it.
    fn cargo_build(&self) -> Command {
        let mut command = cargo();
        command.arg("build").args(&self.selection);
        if let Some(shared) = &self.shared {
            shared.prepare(&mut command);
        }
        if let Some(wrapper) = &self.looks_on {
            command.envs(wrapper.environment());
        }
        command
    }

    /// Builds it, as the user would see it. The exit status is cargo's.
    pub(super) fn build(&mut self) -> io::Result<ExitStatus> {
        let mut command = self.cargo_build();
        if self.shared.is_none() {
            return command.status();
        }
        // Cargo shows rustc's reports itself, and says where the program is.
        command.args(["--message-format", "json-render-diagnostics"]).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        for line in BufReader::new(child.stdout.take().expect("a pipe")).lines() {
            self.hear(&line?);
        }
        child.wait()
    }

    /// The same, with rustc's reports as JSON.
    pub(super) fn reported_build(&self, colours: bool) -> Command {
        let format = if colours { "json-diagnostic-rendered-ansi" } else { "json" };
        let mut command = self.cargo_build();
        command.args(["--message-format", format]);
        // A report would be printed into a line of progress.
        command.env("CARGO_TERM_PROGRESS_WHEN", "never").stdout(Stdio::piped());
        command
    }

    /// The same once something is shown: without cargo's own words.
    pub(super) fn quiet_build(&self, colours: bool) -> Command {
        let mut command = self.reported_build(colours);
        command.args(["--quiet", "--color", if colours { "always" } else { "never" }]);
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        command
    }

    /// Takes in what cargo has printed, in whole lines.
    pub(super) fn hear(&mut self, lines: &str) {
        if let Some(shared) = &mut self.shared {
            Message::parse_stream(lines.as_bytes()).flatten().for_each(|it| shared.hear(it));
        }
    }

    /// `cargo run`, which becomes the program, with the environment that programs expect; or the
    /// program itself, where `cargo run` would build it otherwise.
    pub(super) fn command(&self, arguments: &[OsString]) -> Command {
        if let Some(shared) = &self.shared {
            let mut command = shared.program();
            command.args(arguments);
            return command;
        }
        let mut command = cargo();
        command.args(["run", "--quiet"]).args(&self.selection).arg("--").args(arguments);
        command
    }
}

/// Has the program's host find the wrapper that tells it how cargo calls rustc.
fn look_on(metadata: &Metadata) -> Option<Wrapper> {
    let leave = || {
        let root = metadata.workspace_root.as_std_path();
        let wrapper = wrap::looking_on(root)?;
        wrapper.leave(metadata.target_directory.as_std_path(), root)?;
        Ok::<_, io::Error>(wrapper)
    };
    let left = leave();
    if let Err(error) = &left {
        eprintln!("note: saves are built by cargo: its target folder cannot be prepared: {error}");
    }
    left.ok()
}

/// The package and binary that `cargo run` would choose; none if it would not know either.
fn chosen<'a>(metadata: &'a Metadata, arguments: &Arguments) -> Option<(&'a Package, &'a str)> {
    let here = env::current_dir().ok()?;
    let manifest = match &arguments.manifest_path {
        Some(path) => std::path::absolute(path).ok(),
        None => here.ancestors().map(|it| it.join("Cargo.toml")).find(|it| it.is_file()),
    };
    let own = metadata
        .packages
        .iter()
        .find(|it| Some(it.manifest_path.as_std_path()) == manifest.as_deref());
    let candidates: Vec<&Package> = match (&arguments.package, own) {
        (Some(name), _) => metadata.packages.iter().filter(|it| it.name == *name).collect(),
        (None, Some(own)) => vec![own],
        (None, None) => metadata.workspace_default_packages(),
    };
    if let Some(name) = &arguments.example {
        let found = candidates.iter().find_map(|package| {
            let mut targets = package.targets.iter();
            let example = targets.find(|it| it.is_example() && it.name == *name)?;
            Some((*package, &*example.name))
        });
        return found;
    }
    let binaries = |package: &'a Package| {
        package.targets.iter().filter(|it| it.is_bin()).map(move |it| (package, it.name.as_str()))
    };
    let all: Vec<_> = candidates.iter().flat_map(|it| binaries(it)).collect();
    if let Some(name) = &arguments.bin {
        let mut named = all.iter().filter(|(_, binary)| binary == name);
        return named.next().filter(|_| named.next().is_none()).copied();
    }
    let default = |it: &&Package| it.default_run.is_some();
    match (all.as_slice(), candidates.iter().copied().find(default)) {
        ([only], _) => Some(*only),
        (_, Some(package)) => Some((package, package.default_run.as_deref()?)),
        _ => None,
    }
}

/// The running program. It is ended when this is dropped.
pub(super) struct Program {
    child: Child,
    /// Whether it leads a process group of its own. Else it is in the terminal's foreground.
    own_group: bool,
}

impl Program {
    pub(super) fn start(mut command: Command, own_group: bool) -> io::Result<Program> {
        if own_group {
            command.process_group(0);
        }
        // A cargo that the host has started is in a group of its own.
        command::adopt_orphans();
        Ok(Program { child: command.spawn()?, own_group })
    }

    pub(super) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(super) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Sends a signal to the program, and to those that it has started.
    pub(super) fn signal(&self, signal: i32) {
        command::signal(self.child.id(), self.own_group, signal);
    }

    /// Ends what it has started, in whatever group: once it has ended itself.
    pub(super) fn end_rest(&self) {
        if self.own_group {
            self.signal(SIGKILL);
        }
        command::end_orphans(self.child.id());
    }

    /// Whether it has ended. Its number, and that of its group, are kept until [`wait`](Self::wait).
    pub(super) fn has_ended(&self) -> bool {
        command::reap_orphans(self.child.id());
        command::has_ended(self.child.id())
    }

    /// Waits for its end.
    pub(super) fn wait(&mut self) -> io::Result<ExitStatus> {
        self.child.wait()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Only a program that was not waited for: this process is about to end on an error.
        if let Ok(None) = self.child.try_wait() {
            self.signal(SIGKILL);
            let _ = self.child.wait();
        }
    }
}
