//! From a saved edit to the new code being called: `cargo bench -p hotreload --bench edit`.
//!
//! Two workspaces with the same three bundles are written under the target folder, and a third one whose
//! bundles have the engine from a shared library. In the one a
//! host watches; in the other `cargo build -p` does the same edit, by turns. The first is timed from
//! before the file is written until a thread of the host has got the new answer from a hot call.
//! Both have a target folder of their own and the same profile.

mod sources;
#[path = "../workspace/mod.rs"]
mod workspace;

use std::{
    env, fs,
    io::{self, BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, ExitCode, Stdio},
    time::Instant,
};

use workspace::{build, clean, median};

/// Edits of each bundle that are measured; a few before them are not.
const EDITS: u32 = 15;
const WARM_UP: u32 = 2;

fn main() -> ExitCode {
    workspace::end("edit", run())
}

fn run() -> io::Result<String> {
    let folder = workspace::folder("edit")?;
    let (watched, plain) = (folder.join("watched"), folder.join("plain"));
    sources::write(&watched)?;
    sources::write(&plain)?;
    println!("building both workspaces");
    build(&watched, &["-p", "host"])?;
    let (mut figures, mut others) = (String::new(), Vec::new());
    for (bundle, figure) in [("tiny", "tiny"), ("types", "serde"), ("systems", "deps")] {
        let edits = measure(&watched, &plain, bundle)?;
        let ratio =
            median(edits.iter().map(|it| it.live)) / median(edits.iter().map(|it| it.cargo));
        figures += &format!("figure: edit.{figure}_over_cargo {ratio:.3}\n");
        println!("\n# {bundle}: median milliseconds of {} edits", edits.len());
        println!("edit to live           {:8.1}", median(edits.iter().map(|it| it.live)));
        println!("cargo build -p         {:8.1}", median(edits.iter().map(|it| it.cargo)));
        for (phase, name) in
            ["save to build", "build", "check", "load", "publish"].iter().enumerate()
        {
            println!("  {name:<20} {:8.2}", median(edits.iter().map(|it| it.phases[phase])));
        }
        others.extend(edits.iter().map(|it| it.live - it.phases[1]));
        println!(
            "all but the build      {:8.2}",
            median(others[others.len() - edits.len()..].iter().copied())
        );
    }
    figures += &with_shared_library(&folder, &plain)?;
    let others = median(others.into_iter());
    Ok(format!("{figures}figure: edit.watch_and_reload_ms {others:.2}\n"))
}

/// The same edits in a workspace with a shared library, which has the engine, built as `cargo hotreload
/// run` builds it: against `cargo build -p` of the bundle that links all of its own.
fn with_shared_library(folder: &Path, plain: &Path) -> io::Result<String> {
    let shared = folder.join("shared");
    sources::write(&shared)?;
    sources::share(&shared)?;
    println!("\nbuilding the workspace with a shared library");
    let target = folder.ancestors().nth(2).ok_or(io::ErrorKind::NotFound)?;
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let into = target.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
    build(&repository, &["-p", "hotreload-cli", "--target-dir", into])?;
    // Without a bundle's name the host ends at once.
    let command = target.join("debug").join(format!("cargo-hotreload{}", env::consts::EXE_SUFFIX));
    let mut command = clean(Command::new(command));
    let status = command.args(["run", "--once", "-p", "host"]).current_dir(&shared).status()?;
    if !status.success() {
        return Err(io::Error::other(format!("cargo hotreload run: {status}")));
    }
    let mut figures = String::new();
    for (bundle, figure) in [("tiny", "tiny"), ("systems", "deps")] {
        let edits = measure(&shared, plain, bundle)?;
        let live = median(edits.iter().map(|it| it.live));
        let cargo = median(edits.iter().map(|it| it.cargo));
        figures += &format!("figure: edit.{figure}_shared_over_cargo {:.3}\n", live / cargo);
        println!("\n# {bundle}, with a shared library");
        println!("edit to live           {live:8.1}");
        println!("cargo build -p, static {cargo:8.1}");
        println!("  build                {:8.2}", median(edits.iter().map(|it| it.phases[1])));
    }
    Ok(figures)
}

/// Where the host lies: a host that the command has built builds bundles as it was built.
fn program(workspace: &Path) -> io::Result<PathBuf> {
    let target = workspace.join("target");
    let mut folders = vec![target.clone()];
    for entry in fs::read_dir(&target)? {
        folders.push(entry?.path());
    }
    let built = folders.into_iter().find(|it| it.join("hotreload-wrapper").is_file());
    let name = format!("host{}", env::consts::EXE_SUFFIX);
    Ok(built.unwrap_or(target).join("debug").join(name))
}

/// One edit, in milliseconds.
struct Edit {
    live: f64,
    cargo: f64,
    /// From the save to the build, build, check, load, publish: as the host says.
    phases: [f64; 5],
}

fn measure(watched: &Path, plain: &Path, bundle: &str) -> io::Result<Vec<Edit>> {
    sources::edit(watched, bundle, 0)?;
    sources::edit(plain, bundle, 0)?;
    build(plain, &["-p", bundle])?;
    let mut host = Host::start(watched, bundle)?;
    host.wait("live ")?;
    let mut edits = Vec::new();
    for number in 1..=WARM_UP + EDITS {
        let mut hot = || -> io::Result<(f64, [f64; 5])> {
            let started = Instant::now();
            sources::edit(watched, bundle, number)?;
            let (line, at) = host.wait("live ")?;
            let expected = sources::answer(number);
            if line != expected.to_string() {
                return Err(io::Error::other(format!("{line} became live, not {expected}")));
            }
            let live = (at - started).as_secs_f64() * 1e3;
            // What the host does afterwards shall not meet cargo's turn.
            let (line, _) = host.wait("saved ")?;
            let phases: Vec<f64> = line.split(' ').filter_map(|it| it.parse().ok()).collect();
            let phases = phases.try_into().map_err(|_| io::Error::other("five phases"))?;
            Ok((live, phases))
        };
        let cold = || -> io::Result<f64> {
            sources::edit(plain, bundle, number)?;
            let started = Instant::now();
            build(plain, &["-p", bundle])?;
            Ok(started.elapsed().as_secs_f64() * 1e3)
        };
        // By turns, and each as often the first.
        let ((live, phases), cargo) = if number % 2 == 0 {
            let hot = hot()?;
            (hot, cold()?)
        } else {
            let cold = cold()?;
            (hot()?, cold)
        };
        if number > WARM_UP {
            edits.push(Edit { live, cargo, phases });
        }
    }
    Ok(edits)
}

/// A running host; it ends with this value.
struct Host {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// What came before it was waited for.
    early: Vec<(String, Instant)>,
}

impl Host {
    fn start(workspace: &Path, bundle: &str) -> io::Result<Host> {
        let mut child = clean(Command::new(program(workspace)?))
            .arg(bundle)
            .current_dir(workspace)
            .stdout(Stdio::piped())
            .spawn()?;
        let lines = BufReader::new(child.stdout.take().expect("it is piped"));
        Ok(Host { child, lines, early: Vec::new() })
    }

    /// The rest of the next line that begins so, and when it came.
    fn wait(&mut self, begin: &str) -> io::Result<(String, Instant)> {
        if let Some(index) = self.early.iter().position(|(line, _)| line.starts_with(begin)) {
            let (line, at) = self.early.remove(index);
            return Ok((line[begin.len()..].to_owned(), at));
        }
        loop {
            let mut line = String::new();
            if self.lines.read_line(&mut line)? == 0 {
                return Err(io::Error::other("the host has ended"));
            }
            let at = Instant::now();
            let line = line.trim_end();
            if let Some(refused) = line.strip_prefix("other ") {
                return Err(io::Error::other(refused.to_owned()));
            }
            match line.strip_prefix(begin) {
                Some(rest) => return Ok((rest.to_owned(), at)),
                None => self.early.push((line.to_owned(), at)),
            }
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
