//! From a saved edit to the new code being called: `cargo bench -p hotreload --bench edit`.
//!
//! Two workspaces with the same three bundles are written under the target folder, and a third one
//! whose bundles have the engine from a shared library. In the first and the third `cargo hotreload run`
//! has started a host; in the other `cargo build -p` does the same edit, by turns. An edit is timed from
//! before the file is written until a thread of the host has got the new answer from a hot call. All have
//! a target folder of their own and the same profile. What is not the build is measured beside a copy of
//! the same library that is opened.

mod sources;
#[path = "../workspace/mod.rs"]
mod workspace;

use std::{
    env,
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
    let command = command()?;
    let (mut figures, mut others, mut copies) = (String::new(), Vec::new(), Vec::new());
    for (bundle, figure) in [("tiny", "tiny"), ("types", "serde"), ("systems", "deps")] {
        let edits = measure(&command, &watched, &plain, bundle)?;
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
        let by_rustc = edits.iter().filter(|it| it.by_rustc).count();
        println!("by rustc alone         {by_rustc:8}");
        println!("a copy, opened         {:8.2}", median(edits.iter().map(|it| it.copy)));
        others.extend(edits.iter().map(|it| it.live - it.phases[1]));
        copies.extend(edits.iter().map(|it| it.copy));
        println!(
            "all but the build      {:8.2}",
            median(others[others.len() - edits.len()..].iter().copied())
        );
    }
    figures += &with_shared_library(&command, &folder, &plain)?;
    let (others, copies) = (median(others.into_iter()), median(copies.into_iter()));
    let ratio = others / copies;
    let tweak = median(tweaks(&command, &watched)?.into_iter());
    println!("\n# tweaked: a literal is edited, and live before the build\n{tweak:.2} ms");
    Ok(format!(
        "{figures}figure: edit.watch_and_reload_ms {others:.2}\n\
         figure: edit.watch_and_reload_over_copy {ratio:.2}\n\
         figure: edit.tweak_ms {tweak:.2}\n"
    ))
}

/// The same edits in a workspace with a shared library, which has the engine, built as `cargo hotreload
/// run` builds it: against `cargo build -p` of the bundle that links all of its own.
fn with_shared_library(command: &Path, folder: &Path, plain: &Path) -> io::Result<String> {
    let shared = folder.join("shared");
    sources::write(&shared)?;
    sources::share(&shared)?;
    println!("\nbuilding the workspace with a shared library");
    let mut figures = String::new();
    for (bundle, figure) in [("tiny", "tiny"), ("systems", "deps")] {
        let edits = measure(command, &shared, plain, bundle)?;
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

/// Milliseconds from a save that changes a literal only until a hot call gives the new value. The build
/// follows each time, and is waited for.
fn tweaks(command: &Path, watched: &Path) -> io::Result<Vec<f64>> {
    let bundle = "tweaked";
    sources::edit(watched, bundle, 0)?;
    let mut host = Host::start(command, watched, bundle)?;
    host.wait("live ")?;
    let mut edits = Vec::new();
    for number in 1..=WARM_UP + EDITS {
        let started = Instant::now();
        sources::edit(watched, bundle, number)?;
        let (line, at) = host.wait("live ")?;
        let expected = sources::answer(number).to_string();
        if line != expected {
            return Err(io::Error::other(format!("{line} became live, not {expected}")));
        }
        let live = (at - started).as_secs_f64() * 1e3;
        host.wait("saved ")?;
        if !host.early.iter().any(|(line, _)| line == "tweaked") {
            return Err(io::Error::other("a literal became live by its build"));
        }
        host.early.clear();
        if number > WARM_UP {
            edits.push(live);
        }
    }
    Ok(edits)
}

/// One edit, in milliseconds.
struct Edit {
    live: f64,
    cargo: f64,
    /// From the save to the build, build, check, load, publish: as the host says.
    phases: [f64; 5],
    /// Whether rustc alone has built it.
    by_rustc: bool,
    /// A copy of the same library, and its opening.
    copy: f64,
}

fn measure(command: &Path, watched: &Path, plain: &Path, bundle: &str) -> io::Result<Vec<Edit>> {
    sources::edit(watched, bundle, 0)?;
    sources::edit(plain, bundle, 0)?;
    build(plain, &["-p", bundle])?;
    let mut host = Host::start(command, watched, bundle)?;
    host.wait("live ")?;
    let mut edits = Vec::new();
    for number in 1..=WARM_UP + EDITS {
        let mut hot = || -> io::Result<(f64, [f64; 5], bool, f64)> {
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
            let mut words = line.split(' ');
            let phases: Vec<f64> =
                words.by_ref().take(5).filter_map(|it| it.parse().ok()).collect();
            let phases = phases.try_into().map_err(|_| io::Error::other("five phases"))?;
            let by_rustc = words.next() == Some("rustc");
            let copy = words.next().and_then(|it| it.parse().ok());
            Ok((live, phases, by_rustc, copy.ok_or(io::ErrorKind::InvalidData)?))
        };
        let cold = || -> io::Result<f64> {
            sources::edit(plain, bundle, number)?;
            let started = Instant::now();
            build(plain, &["-p", bundle])?;
            Ok(started.elapsed().as_secs_f64() * 1e3)
        };
        // By turns, and each as often the first.
        let ((live, phases, by_rustc, copy), cargo) = if number % 2 == 0 {
            let hot = hot()?;
            (hot, cold()?)
        } else {
            let cold = cold()?;
            (hot()?, cold)
        };
        if number > WARM_UP {
            edits.push(Edit { live, cargo, phases, by_rustc, copy });
        }
    }
    Ok(edits)
}

/// `cargo-hotreload`, as README has it installed.
fn command() -> io::Result<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let folder = workspace::folder("command")?;
    let target = folder.to_string_lossy();
    workspace::cargo(
        &repository,
        &["build", "-q", "--locked", "-p", "hotreload-cli", "--target-dir", &target],
    )?;
    Ok(folder.join("debug").join(format!("cargo-hotreload{}", env::consts::EXE_SUFFIX)))
}

/// A running host; it ends with this value.
struct Host {
    child: Child,
    lines: BufReader<ChildStdout>,
    /// What came before it was waited for.
    early: Vec<(String, Instant)>,
}

impl Host {
    fn start(command: &Path, workspace: &Path, bundle: &str) -> io::Result<Host> {
        let mut child = clean(Command::new(command))
            .args(["run", "-p", "host", "--", bundle])
            .stdin(Stdio::null())
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
        // The program ends with what has started it, if that is asked to end.
        let ask = Command::new("kill").arg(self.child.id().to_string()).status();
        if !ask.is_ok_and(|it| it.success()) {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}
