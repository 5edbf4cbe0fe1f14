//! What a call costs: `cargo bench -p hotreload --bench calls`.
//!
//! Writes a host and two bundles (the files in `scratch/`) into a folder under the target folder,
//! builds them with cargo and lets the host measure. The last lines are the figures, those of the
//! release profile; how they are made is said in `scratch/measure.rs`.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

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
    match run() {
        Ok(figures) => {
            print!("\n{figures}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("calls: {error}");
            ExitCode::FAILURE
        }
    }
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
        let built = build(&folder, &target, profile, features)?;
        let library = |name| {
            built.join(format!("{}{name}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX))
        };
        let program = built.join(format!("measure{}", env::consts::EXE_SUFFIX));
        let libraries = [library("near"), library("far")];
        let libraries = if features.is_none() { &libraries[..] } else { &[] };
        let runs = (0..PROCESSES).map(|_| measure(&program, libraries));
        let runs = runs.collect::<io::Result<Vec<_>>>()?;
        print!("{}", runs[0].0);
        if profile == "dev" {
            continue;
        }
        for (index, (name, _)) in runs[0].1.iter().enumerate() {
            let mut values: Vec<_> = runs.iter().map(|(_, figures)| figures[index].1).collect();
            values.sort_by(f64::total_cmp);
            println!("{name} in {PROCESSES} processes: {values:?}");
            figures += &format!("figure: {name} {:.3}\n", values[PROCESSES / 2]);
        }
    }
    Ok(figures)
}

/// What one process printed, and its figures.
fn measure(program: &Path, libraries: &[PathBuf]) -> io::Result<(String, Vec<(String, f64)>)> {
    let output = Command::new(program).args(libraries).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err(io::Error::other(format!("the host ended with {}", output.status)));
    }
    let (mut shown, mut figures) = (String::new(), Vec::new());
    for line in String::from_utf8_lossy(&output.stdout).lines() {
        match line.strip_prefix("figure: ").and_then(|figure| figure.split_once(' ')) {
            Some((name, value)) => {
                let value = value.parse().map_err(io::Error::other)?;
                figures.push((name.to_owned(), value));
            }
            None => shown += &format!("{line}\n"),
        }
    }
    Ok((shown, figures))
}

/// Writes what is not there yet; cargo looks at times.
fn write() -> io::Result<PathBuf> {
    let executable = env::current_exe()?;
    // target/release/deps/calls-0123456789abcdef
    let target = executable.ancestors().nth(3).ok_or(io::ErrorKind::NotFound)?;
    let folder = target.join("benches").join("calls");
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let quoted = format!("{package:?}");
    let write = |path: PathBuf, content: &str| {
        fs::create_dir_all(path.parent().expect("it has a folder"))?;
        let there = fs::read_to_string(&path).ok();
        if there.as_deref() == Some(content) { Ok(()) } else { fs::write(&path, content) }
    };
    for (path, content) in FILES {
        write(folder.join(path), &content.replace("HOTRELOAD", &quoted))?;
    }
    if !folder.join("Cargo.lock").exists() {
        // The versions that the repository is tested with.
        fs::copy(package.join("../Cargo.lock"), folder.join("Cargo.lock"))?;
    }
    Ok(folder)
}

/// Gives the folder with what was built.
fn build(
    folder: &Path,
    target: &Path,
    profile: &str,
    features: Option<&str>,
) -> io::Result<PathBuf> {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(folder).args(["build", "--quiet", "--workspace", "--profile", profile]);
    cargo.env("CARGO_TARGET_DIR", target).env_remove("RUSTFLAGS");
    if let Some(features) = features {
        cargo.args(["--features", features]);
    }
    let status = cargo.status()?;
    if !status.success() {
        return Err(io::Error::other(format!("cargo ended with {status}")));
    }
    Ok(target.join(if profile == "dev" { "debug" } else { profile }))
}
