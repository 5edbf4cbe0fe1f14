//! What requests of a web service cost: `cargo bench -p hotreload --bench service`.
//!
//! Writes an axum service and a bundle (the files in `scratch/`) into a folder under the target
//! folder, builds them with cargo in the release profile and lets the service measure itself. So
//! nothing of this repository depends on axum; the client is the one that examples/real is proved
//! with.

#[path = "../workspace/processes.rs"]
mod processes;
#[path = "../workspace/mod.rs"]
mod workspace;

use std::{
    io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use processes::measure;
use workspace::{build, clean, lock, median, write_file};

/// Path and content of each file; `HOTRELOAD` stands for the folder of package hotreload.
const FILES: [(&str, &str); 6] = [
    ("Cargo.toml", "[workspace]\nresolver = \"3\"\nmembers = [\"pages\", \"measure\"]\n"),
    (
        "pages/Cargo.toml",
        "[package]\nname = \"pages\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"rlib\", \"cdylib\"]\n\n\
         [dependencies]\nhot = { package = \"hotreload-rt\", path = HOTRELOAD/rt }\n",
    ),
    ("pages/src/lib.rs", include_str!("scratch/pages.rs")),
    (
        "measure/Cargo.toml",
        "[package]\nname = \"measure\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nhotreload = { path = HOTRELOAD, features = [\"host\"] }\npages = { path = \"../pages\" }\n\
         axum = { version = \"0.8\", default-features = false, features = [\"http1\", \"tokio\"] }\n\
         tokio = { version = \"1\", features = [\"net\", \"rt-multi-thread\"] }\n",
    ),
    ("measure/src/main.rs", include_str!("scratch/measure.rs")),
    ("measure/src/http.rs", include_str!("../../../examples/real/proof/tests/axum/http.rs")),
];

/// How often the service is started, which asks itself about a quarter of a minute then.
const PROCESSES: usize = 3;

fn main() -> ExitCode {
    workspace::end("service", run())
}

fn run() -> io::Result<String> {
    let folder = write()?;
    println!("building the service");
    build(&folder, &["--release"])?;
    let program = folder.join("target/release/measure");
    let runs = (0..PROCESSES).map(|_| measure(clean(Command::new(&program)).current_dir(&folder)));
    let runs = runs.collect::<io::Result<Vec<_>>>()?;
    print!("{}", runs[0].0);
    let mut figures = String::new();
    for (index, (name, _)) in runs[0].1.iter().enumerate() {
        let values: Vec<_> = runs.iter().map(|(_, figures)| figures[index].1).collect();
        println!("{name} in {PROCESSES} processes: {values:?}");
        figures += &format!("figure: {name} {:.3}\n", median(values.into_iter()));
    }
    Ok(figures)
}

fn write() -> io::Result<PathBuf> {
    let folder = workspace::folder("service")?;
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, content) in FILES {
        let content = content.replace("HOTRELOAD/rt", &format!("{:?}", package.join("rt")));
        write_file(folder.join(path), &content.replace("HOTRELOAD", &format!("{package:?}")))?;
    }
    lock(&folder, "examples/real/axum")?;
    Ok(folder)
}
