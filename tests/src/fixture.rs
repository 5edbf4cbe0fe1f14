//! Bundle crates that are written, built by cargo and kept, version after version.
//!
//! Every fixture is a package of its own name in a folder of its own; all of them share one target
//! folder, so that `hotreload` is compiled once. A version is an edit of the same crate, as a user
//! makes it: the compiler sees the same crate each time.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicUsize, Ordering},
};

/// A bundle crate.
#[derive(Debug)]
pub struct Fixture {
    name: String,
    folder: PathBuf,
    builds: AtomicUsize,
}

impl Fixture {
    /// A new crate. `name` is the package's and must be the test's own: tests run in parallel.
    pub fn new(name: &str) -> Fixture {
        Fixture::with_manifest(name, "")
    }

    /// As [`new`](Fixture::new), with more lines at the end of Cargo.toml, which are within the
    /// section `[dependencies]`.
    pub fn with_manifest(name: &str, more: &str) -> Fixture {
        let folder = root().join("crates").join(name);
        fs::create_dir_all(folder.join("src")).unwrap();
        let hotreload = repository().join("hotreload");
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [workspace]\n\n\
             [lib]\ncrate-type = [\"rlib\", \"cdylib\"]\n\n\
             [profile.dev]\ndebug = \"line-tables-only\"\n\n\
             [dependencies]\nhotreload = {{ path = {hotreload:?} }}\n{more}\n"
        );
        write(&folder.join("Cargo.toml"), &manifest);
        // The versions that the repository is tested with; nothing has to be fetched.
        let lock = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
        if !folder.join("Cargo.lock").exists() {
            write(&folder.join("Cargo.lock"), &lock);
        }
        Fixture { name: name.to_owned(), folder, builds: AtomicUsize::new(0) }
    }

    /// The crate's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the crate's root, after `hot::bundle!();`, and builds the library. Gives a copy of
    /// it that later builds leave alone.
    ///
    /// # Panics
    /// If cargo fails.
    pub fn build(&self, source: &str) -> PathBuf {
        self.build_root(&format!("hot::bundle!();\n{source}"))
    }

    /// As [`build`](Fixture::build), with the whole root.
    pub fn build_root(&self, source: &str) -> PathBuf {
        self.build_with(source, &["build", "--lib"])
    }

    /// As [`build_root`](Fixture::build_root), with these arguments of cargo.
    pub fn build_with(&self, source: &str, arguments: &[&str]) -> PathBuf {
        write(&self.folder.join("src/lib.rs"), source);
        let output = self.cargo(arguments);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo failed on {}:\n{stderr}", self.name);
        self.keep(&library_in(&output))
    }

    /// As [`build_root`](Fixture::build_root), with a flag of rustc's for all crates, in a target
    /// folder of its own.
    pub fn build_flags(&self, source: &str, flag: &str) -> PathBuf {
        write(&self.folder.join("src/lib.rs"), source);
        let folder: String = flag.chars().filter(|c| c.is_alphanumeric()).collect();
        let mut command = cargo();
        command.current_dir(&self.folder).env("RUSTFLAGS", flag);
        command.env("CARGO_TARGET_DIR", root().join("flags").join(folder));
        command.args(["build", "--lib", "--offline", "--message-format=json"]);
        let output = command.output().expect("cargo runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo failed on {}:\n{stderr}", self.name);
        self.keep(&library_in(&output))
    }

    /// Runs cargo in the crate's folder, over the shared target folder.
    pub fn cargo(&self, arguments: &[&str]) -> Output {
        let mut command = cargo();
        let (before, after) = match arguments.iter().position(|argument| *argument == "--") {
            Some(position) => arguments.split_at(position),
            None => (arguments, &[][..]),
        };
        command.current_dir(&self.folder).args(before).args(["--offline", "--message-format=json"]);
        command.args(after).output().expect("cargo runs")
    }

    /// A copy under the library's own name, in a folder of its own.
    fn keep(&self, library: &Path) -> PathBuf {
        let number = self.builds.fetch_add(1, Ordering::Relaxed);
        let folder = root().join("libraries").join(&self.name).join(number.to_string());
        fs::create_dir_all(&folder).unwrap();
        let copy = folder.join(library.file_name().unwrap());
        let _ = fs::remove_file(&copy);
        fs::copy(library, &copy).unwrap();
        copy
    }
}

/// A cargo that builds into the fixtures' target folder, without what `cargo test` set.
pub fn cargo() -> Command {
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    for (name, _) in env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name);
        }
    }
    command.env("CARGO_TARGET_DIR", target_dir()).env_remove("RUSTFLAGS");
    command
}

/// The target folder that all fixtures share.
pub fn target_dir() -> PathBuf {
    root().join("target")
}

/// The repository's folder.
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The folder for everything that tests write, within the target folder of this build.
pub fn root() -> PathBuf {
    let executable = env::current_exe().unwrap();
    // target/debug/deps/test-0123456789abcdef
    executable.ancestors().nth(3).unwrap().join("tests")
}

/// The shared library among cargo's messages.
fn library_in(output: &Output) -> PathBuf {
    let text = String::from_utf8_lossy(&output.stdout);
    let suffix = format!("{}\"", env::consts::DLL_SUFFIX);
    let end = text.rfind(&suffix).expect("cargo names a shared library") + suffix.len() - 1;
    let start = text[..end].rfind('"').unwrap() + 1;
    PathBuf::from(text[start..end].replace("\\\\", "\\"))
}

/// Writes a file, unless it is as it should be: cargo looks at times.
pub(crate) fn write(path: &Path, content: &str) {
    if fs::read_to_string(path).ok().as_deref() != Some(content) {
        fs::write(path, content).unwrap();
    }
}
