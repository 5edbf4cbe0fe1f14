//! What requests of a web service cost: `cargo bench -p hotreload --bench service`.
//!
//! Writes an axum service and a bundle (the files in `scratch/`) into a folder under the target
//! folder, builds them with cargo in the release profile and lets the service measure itself. So
//! nothing of this repository depends on axum; the client is the one that examples/real is proved
//! with.

#[path = "../workspace/mod.rs"]
mod workspace;

use std::{
    fs, io,
    path::{Path, PathBuf},
    process::{Command, ExitCode},
};

use workspace::{build, clean, write_file};

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

fn main() -> ExitCode {
    workspace::end("service", run())
}

fn run() -> io::Result<String> {
    let folder = write()?;
    println!("building the service");
    build(&folder, &["--release"])?;
    let mut measure = clean(Command::new(folder.join("target/release/measure")));
    let output = measure.current_dir(&folder).output()?;
    eprint!("{}", String::from_utf8_lossy(&output.stderr));
    if !output.status.success() {
        return Err(io::Error::other(format!("the service: {}", output.status)));
    }
    String::from_utf8(output.stdout).map_err(io::Error::other)
}

fn write() -> io::Result<PathBuf> {
    let folder = workspace::folder("service")?;
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (path, content) in FILES {
        let content = content.replace("HOTRELOAD/rt", &format!("{:?}", package.join("rt")));
        write_file(folder.join(path), &content.replace("HOTRELOAD", &format!("{package:?}")))?;
    }
    // The versions that the example is proved with.
    if !folder.join("Cargo.lock").exists() {
        let lock = package.join("../examples/real/axum/Cargo.lock");
        fs::copy(lock, folder.join("Cargo.lock"))?;
    }
    Ok(folder)
}
