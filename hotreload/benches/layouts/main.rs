//! What it costs to know the layouts of types: `cargo bench -p hotreload --bench layouts`. With
//! `-- quick` it measures a few times only; with `-- compiling` or `-- checking` one of both parts.
//!
//! **When compiling.** A workspace with four bundles is written under the target folder: the same
//! hundred structs of twelve fields, as they are in the first, with `#[hot::versioned]` in the second,
//! with serde's two derives in the third, and in the fourth with `#[hot::versioned]` and a state that has
//! all of them in it. No exported signature has them; the exported function that
//! is edited is the same. All are built by turns, with the profile `dev`, after an edit of one line and
//! from nothing but their dependencies. The figures are the median of the differences to the first,
//! for one type; the ratio of these medians, `layouts.edit_over_serde` and
//! `layouts.clean_over_serde`, and with `reached_` those of the fourth; and the difference of the sections
//! `.hot`.
//!
//! **When checking.** A second workspace has bundles of 10, 1,000 and 10,000 exports over twenty
//! versioned types, and for each a bundle `.._user` that is linked with it as an rlib, and so calls
//! every export. An optimised host loads both, and asks [`hot::Host::check`] again and again about the
//! first one's file: every export is compared with the one that its user was compiled against. A
//! check reads the file where it lies; a load does the same with a copy of it, and what that takes
//! is measured by turns (`copy_ms`): with the profile `dev`, and no debug information, some kilobytes
//! of each export are copied.

mod sources;
#[path = "../workspace/mod.rs"]
mod workspace;

use std::{
    collections::HashMap,
    env, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    time::Instant,
};

use sources::{EXPORTS, TYPES};
use workspace::{build, cargo, clean, median};

/// How often it is measured.
struct Effort {
    edits: u32,
    clean_builds: u32,
    /// How often a host is started for each number of exports: where the system puts things changes
    /// what the same code takes.
    hosts: u32,
    checks: u32,
}

const THOROUGH: Effort = Effort { edits: 21, clean_builds: 7, hosts: 5, checks: 31 };
const QUICK: Effort = Effort { edits: 5, clean_builds: 2, hosts: 1, checks: 9 };

/// Edits before those that are measured.
const WARM_UP: u32 = 2;

fn main() -> ExitCode {
    let given = |name: &str| env::args().any(|argument| argument == name);
    let effort = if given("quick") { &QUICK } else { &THOROUGH };
    let all = !given("compiling") && !given("checking");
    workspace::end("layouts", run(effort, all || given("compiling"), all || given("checking")))
}

fn run(effort: &Effort, is_compiling: bool, is_checking: bool) -> io::Result<String> {
    let folder = workspace::folder("layouts")?;
    let (structs, exports) = (folder.join("structs"), folder.join("exports"));
    sources::write_structs(&structs)?;
    sources::write_exports(&exports)?;
    println!("building the host");
    build(&exports, &["--release", "-p", "host"])?;
    let host = exports.join("target/release").join(format!("host{}", env::consts::EXE_SUFFIX));
    let mut figures = String::new();
    if is_compiling {
        figures += &compiling(&structs, &host, effort)?;
    }
    if is_checking {
        figures += &checking(&exports, &host, effort)?;
    }
    Ok(figures)
}

/// What the attribute costs when a bundle is compiled.
fn compiling(structs: &Path, host: &Path, effort: &Effort) -> io::Result<String> {
    println!("building the bundles of {TYPES} structs");
    for bundle in sources::BUNDLES {
        sources::edit(structs, bundle, 0)?;
        build(structs, &["-p", bundle])?;
    }
    let edits = by_turns(WARM_UP + effort.edits, |bundle, number| {
        sources::edit(structs, bundle, 1 + number)?;
        timed(|| build(structs, &["-p", bundle]))
    })?;
    let clean_builds = by_turns(effort.clean_builds, |bundle, _| {
        cargo(structs, &["clean", "-q", "-p", bundle])?;
        timed(|| build(structs, &["-p", bundle]))
    })?;
    let mut figures = String::new();
    for (name, rounds) in [("edit", &edits[WARM_UP as usize..]), ("clean", &clean_builds)] {
        println!("\n# {name}: median milliseconds of {} builds", rounds.len());
        for (bundle, name) in sources::BUNDLES.iter().enumerate() {
            println!("{name:<12}{:8.1}", median(rounds.iter().map(|it| it[bundle])));
        }
        let [versioned, serde, reached] =
            [1, 2, 3].map(|bundle| median(rounds.iter().map(|it| it[bundle] - it[0])));
        let one = versioned / f64::from(TYPES);
        figures += &format!("figure: layouts.{name}_ms_per_type {one:.3}\n");
        figures += &format!("figure: layouts.{name}_over_serde {:.3}\n", versioned / serde);
        figures += &format!("figure: layouts.reached_{name}_over_serde {:.3}\n", reached / serde);
    }
    let size = |bundle| -> io::Result<f64> {
        let library = library(structs, bundle);
        Ok(measure(host, &["section".as_ref(), library.as_ref()])?["section"])
    };
    let bytes = (size("versioned")? - size("plain")?) / f64::from(TYPES);
    Ok(figures + &format!("figure: layouts.manifest_bytes_per_type {bytes:.0}\n"))
}

/// Milliseconds of the same build of each bundle.
type Round = [f64; sources::BUNDLES.len()];

/// Measures all bundles; each comes first as often as the others.
fn by_turns(
    rounds: u32,
    mut one: impl FnMut(&'static str, u32) -> io::Result<f64>,
) -> io::Result<Vec<Round>> {
    let count = sources::BUNDLES.len();
    let measured = (0..rounds).map(|number| {
        let mut round = Round::default();
        for turn in 0..count {
            let bundle = (number as usize + turn) % count;
            round[bundle] = one(sources::BUNDLES[bundle], number)?;
        }
        Ok(round)
    });
    measured.collect()
}

fn timed(run: impl FnOnce() -> io::Result<()>) -> io::Result<f64> {
    let started = Instant::now();
    run()?;
    Ok(started.elapsed().as_secs_f64() * 1e3)
}

/// What a check costs before a bundle is loaded.
fn checking(exports: &Path, host: &Path, effort: &Effort) -> io::Result<String> {
    for count in EXPORTS {
        println!("building the bundle of {count} exports");
        let bundle = sources::bundle(count);
        let seconds =
            timed(|| build(exports, &["-p", &bundle, "-p", &sources::user(count)]))? / 1e3;
        println!("  {seconds:.0} s");
    }
    let rounds = effort.checks.to_string();
    // By turns: other load on the machine comes and goes.
    let mut hosts: HashMap<u32, Vec<HashMap<String, f64>>> = HashMap::new();
    for _ in 0..effort.hosts {
        for count in EXPORTS {
            let bundle = library(exports, &sources::bundle(count));
            let user = library(exports, &sources::user(count));
            let arguments = ["check".as_ref(), bundle.as_ref(), user.as_ref(), rounds.as_ref()];
            hosts.entry(count).or_default().push(measure(host, &arguments)?);
        }
    }
    let of = |count, name: &str| median(hosts[&count].iter().map(|host| host[name]));
    println!("\n# checks: medians of {} hosts, {} checks each", effort.hosts, effort.checks);
    println!("exports    check ms    copy alone   load ms    megabytes");
    let mut figures = String::new();
    for count in EXPORTS {
        let [check, copy, load, bytes] =
            ["check", "copy", "load", "bytes"].map(|name| of(count, name));
        println!("{count:>7}  {check:>10.3}  {copy:>12.3} {load:>9.1} {:>12.1}", bytes / 1e6);
        figures += &format!("figure: layouts.preflight_ms_{count} {check:.3}\n");
        figures += &format!("figure: layouts.copy_ms_{count} {copy:.3}\n");
    }
    let growth = of(10_000, "check") / of(1_000, "check") / 10.0;
    Ok(figures + &format!("figure: layouts.preflight_growth {growth:.3}\n"))
}

/// Where cargo has put a bundle.
fn library(workspace: &Path, bundle: &str) -> PathBuf {
    let name = format!("{}{bundle}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    workspace.join("target/debug").join(name)
}

/// Runs the host. It prints names and values.
fn measure(host: &Path, arguments: &[&std::ffi::OsStr]) -> io::Result<HashMap<String, f64>> {
    let mut command = clean(Command::new(host));
    let output = command.args(arguments).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!("the host ended with {}", output.status)));
    }
    let lines = String::from_utf8_lossy(&output.stdout);
    let values = lines.lines().filter_map(|line| {
        let (name, value) = line.split_once(' ')?;
        Some((name.to_owned(), value.parse().ok()?))
    });
    Ok(values.collect())
}
