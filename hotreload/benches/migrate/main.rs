//! What it takes that a state's value moves to the new version of its type:
//! `cargo bench -p hotreload --bench migrate`.
//!
//! A workspace is written under the target folder (the files in `scratch/`): a bundle for each kind of value,
//! in two versions, and a host that reloads them. Everything is built by cargo with the profile `release`:
//! a host of the profile `dev` moves values by code that is not optimised, unless its own profile says so
//! for `hotreload-host`, and is slower. What is compared, and how, is said in `scratch/measure.rs`.
//!
//! The time of a move is what the host says of a real reload (`Report::migration`, its `took`): the plan from
//! the two types' records, the walk over the old value, all defaults, the move itself, and that the old
//! memory is given back. What is not in it: opening the library, waiting for callers and locks.
//! `migrate.pause_ms` is how long a thread that calls the bundle waited at most: that and whatever else
//! happens while callers are kept out, of the kind for which it is the longest.
//!
//! `postcard` is the lower end of what serde can do: it has no fields' names, and so cannot read its bytes as
//! the new type at all; it reads them as the old one. `rmp-serde` by name makes the new type.

#[path = "../workspace/processes.rs"]
mod processes;
#[path = "../workspace/mod.rs"]
mod workspace;

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use processes::measure;
use workspace::{build, clean, lock, median, write_file};

/// Each with its value's type and what makes it.
const BUNDLES: [(&str, &str); 4] =
    [("units", "Units"), ("texts", "Texts"), ("rows", "Rows"), ("grown", "Tree")];

const VALUES: &str = include_str!("scratch/values.rs");

/// How often the host is started. A figure is the median of the processes.
const PROCESSES: usize = 3;

fn main() -> ExitCode {
    workspace::end("migrate", run())
}

fn run() -> io::Result<String> {
    let folder = workspace::folder("migrate")?;
    write(&folder)?;
    println!("building the host, and the bundles in two versions");
    let old = build_version(&folder, "old", include_str!("scratch/old.rs"))?;
    let new = build_version(&folder, "new", include_str!("scratch/new.rs"))?;
    build(&folder, &["--release", "-p", "measure"])?;
    let program = folder.join("target/release").join(format!("measure{}", env::consts::EXE_SUFFIX));
    let runs = (0..PROCESSES).map(|_| measure(clean(Command::new(&program)).args([&old, &new])));
    let runs = runs.collect::<io::Result<Vec<_>>>()?;
    let mut figures = String::new();
    runs.iter().for_each(|(shown, _)| print!("{shown}"));
    for (index, (name, _)) in runs[0].1.iter().enumerate() {
        let value = median(runs.iter().map(|(_, figures)| figures[index].1));
        figures += &format!("figure: {name} {value:.3}\n");
    }
    Ok(figures)
}

fn types(version: &str) -> String {
    // The file's own comment stays its first.
    format!("{version}\n{}", VALUES.split_once("\n\n").map_or(VALUES, |(_, rest)| rest))
}

/// Writes what is the same in both versions.
fn write(folder: &Path) -> io::Result<()> {
    let package = env!("CARGO_MANIFEST_DIR");
    let members: Vec<_> = BUNDLES.iter().map(|(name, _)| format!("{name:?}, ")).collect();
    let workspace =
        format!("[workspace]\nresolver = \"3\"\nmembers = [{}\"measure\"]\n", members.concat());
    write_file(folder.join("Cargo.toml"), &workspace)?;
    lock(folder, ".")?;
    let serde = "serde = { version = \"1\", features = [\"derive\"] }\n";
    for (name, ty) in BUNDLES {
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [lib]\ncrate-type = [\"rlib\", \"cdylib\"]\n\n\
             [dependencies]\nhot = {{ package = \"hotreload-rt\", path = \"{package}/rt\" }}\n{serde}"
        );
        write_file(folder.join(name).join("Cargo.toml"), &manifest)?;
        let source = include_str!("scratch/bundle.rs").replace("TYPE", ty).replace("MAKE", name);
        write_file(folder.join(name).join("src/lib.rs"), &source)?;
    }
    let manifest = format!(
        "[package]\nname = \"measure\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nhotreload = {{ path = {package:?}, features = [\"host\"] }}\nlibc = \"0.2\"\n\
         postcard = {{ version = \"1\", features = [\"use-std\"] }}\nrmp-serde = \"1\"\n{serde}"
    );
    let source = folder.join("measure/src");
    write_file(folder.join("measure/Cargo.toml"), &manifest)?;
    write_file(source.join("main.rs"), include_str!("scratch/measure.rs"))?;
    write_file(source.join("old.rs"), &types(include_str!("scratch/old.rs")))?;
    write_file(source.join("new.rs"), &types(include_str!("scratch/new.rs")))
}

/// Builds the bundles with these types, and gives the folder with copies of them.
fn build_version(folder: &Path, name: &str, version: &str) -> io::Result<PathBuf> {
    let copies = folder.join(name);
    fs::create_dir_all(&copies)?;
    for (bundle, _) in BUNDLES {
        write_file(folder.join(bundle).join("src/types.rs"), &types(version))?;
        build(folder, &["--release", "-p", bundle])?;
        let file = format!("{}{bundle}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
        fs::copy(folder.join("target/release").join(&file), copies.join(&file))?;
    }
    Ok(copies)
}
