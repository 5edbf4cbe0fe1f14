//! From a saved edit to the new code being called: `cargo bench -p hotreload --bench edit`.
//!
//! Two workspaces with the same three bundles are written under the target folder. In the one a
//! host watches; in the other `cargo build -p` does the same edit, by turns. The first is timed from
//! before the file is written until a thread of the host has got the new answer from a hot call.
//! Both have a target folder of their own and the same profile.

mod sources;
#[path = "../workspace/mod.rs"]
mod workspace;

use std::{
    env,
    io::{self, BufRead, BufReader},
    path::Path,
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
    let others = median(others.into_iter());
    let tweak = median(tweaks(&watched)?.into_iter());
    println!("\n# tweaked: a literal is edited, and live before the build\n{tweak:.2} ms");
    Ok(format!(
        "{figures}figure: edit.watch_and_reload_ms {others:.2}\nfigure: edit.tweak_ms {tweak:.2}\n"
    ))
}

/// Milliseconds from a save that changes a literal only until a hot call gives the new value. The build
/// follows each time, and is waited for.
fn tweaks(watched: &Path) -> io::Result<Vec<f64>> {
    let bundle = "tweaked";
    sources::edit(watched, bundle, 0)?;
    let mut host = Host::start(watched, bundle)?;
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
        let program =
            workspace.join("target/debug").join(format!("host{}", env::consts::EXE_SUFFIX));
        let mut child = clean(Command::new(program))
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
