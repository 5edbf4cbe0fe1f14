//! What a call costs: `cargo bench -p hotreload --bench calls`.
//!
//! Writes a host and two bundles (the files in `scratch/`) into a folder under the target folder,
//! builds them with cargo and lets the host measure. The last lines are the figures, those of the
//! release profile; how they are made is said in `scratch/measure.rs`.

#[path = "../workspace/processes.rs"]
mod processes;
#[path = "../workspace/mod.rs"]
mod workspace;

use std::{
    env, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use processes::measure;
use workspace::{build, clean, lock, median, write_file};

/// Path and content of each file; `HOTRELOAD` stands for the folder of package hotreload.
const FILES: [(&str, &str); 7] = [
    ("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"near\", \"far\", \"measure\"]\n"),
    (
        "near/Cargo.toml",
        "[package]\nname = \"near\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"rlib\", \"cdylib\"]\n\n\
         [dependencies]\nhotreload = { path = HOTRELOAD }\n",
    ),
    ("near/src/lib.rs", include_str!("scratch/near.rs")),
    (
        "far/Cargo.toml",
        "[package]\nname = \"far\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"rlib\", \"cdylib\"]\n\n\
         [dependencies]\nhotreload = { path = HOTRELOAD }\nnear = { path = \"../near\" }\n",
    ),
    ("far/src/lib.rs", include_str!("scratch/far.rs")),
    (
        "measure/Cargo.toml",
        "[package]\nname = \"measure\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nhotreload = { path = HOTRELOAD, features = [\"host\"] }\n\
         arc-swap = \"1\"\nlibc = \"0.2\"\n\
         far = { path = \"../far\" }\nnear = { path = \"../near\" }\n",
    ),
    ("measure/src/main.rs", include_str!("scratch/measure.rs")),
];

/// How often the host is started. Where the system puts stacks and libraries changes what the same
/// loop takes: a figure is the median of the processes.
const PROCESSES: usize = 5;

fn main() -> ExitCode {
    // Another argument is a filter's: there is one benchmark only.
    workspace::end("calls", run())
}

fn run() -> io::Result<String> {
    let folder = write()?;
    let mut figures = String::new();
    for (title, profile, features) in [
        ("dev profile", "dev", None),
        ("release profile", "release", None),
        ("release profile, feature static", "release", Some("hotreload/static")),
    ] {
        println!("\n# {title}");
        // Features are switched on for a whole build: one target folder for each set.
        let target = folder.join(if features.is_some() { "target-static" } else { "target" });
        let built = build_all(&folder, &target, profile, features)?;
        let library = |name| {
            built.join(format!("{}{name}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX))
        };
        let program = built.join(format!("measure{}", env::consts::EXE_SUFFIX));
        let libraries = [library("near"), library("far")];
        let libraries = if features.is_none() { &libraries[..] } else { &[] };
        let runs = (0..PROCESSES).map(|_| measure(clean(Command::new(&program)).args(libraries)));
        let runs = runs.collect::<io::Result<Vec<_>>>()?;
        print!("{}", runs[0].0);
        if profile == "dev" {
            continue;
        }
        for (index, (name, _)) in runs[0].1.iter().enumerate() {
            let values: Vec<_> = runs.iter().map(|(_, figures)| figures[index].1).collect();
            println!("{name} in {PROCESSES} processes: {values:?}");
            figures += &format!("figure: {name} {:.3}\n", median(values.into_iter()));
        }
    }
    Ok(figures)
}

/// Writes what is not there yet.
fn write() -> io::Result<PathBuf> {
    let folder = workspace::folder("calls")?;
    let quoted = format!("{:?}", Path::new(env!("CARGO_MANIFEST_DIR")));
    for (path, content) in FILES {
        write_file(folder.join(path), &content.replace("HOTRELOAD", &quoted))?;
    }
    lock(&folder, ".")?;
    Ok(folder)
}

/// Gives the folder with what was built.
fn build_all(
    folder: &Path,
    target: &Path,
    profile: &str,
    features: Option<&str>,
) -> io::Result<PathBuf> {
    let target_dir = target.to_str().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut arguments = vec!["--workspace", "--profile", profile, "--target-dir", target_dir];
    arguments.extend(features.iter().flat_map(|features| ["--features", features]));
    build(folder, &arguments)?;
    Ok(target.join(if profile == "dev" { "debug" } else { profile }))
}
