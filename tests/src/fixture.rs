//! Bundle crates that are written, compiled and kept, version after version.
//!
//! Every fixture is a package of its own name in a folder of its own. A version is an edit of the
//! same crate, as a user makes it: the compiler sees the same crate each time.

use std::{
    env,
    fs::{self, File},
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::rustc;

/// The profile of everything that tests build, that of this repository and of new projects: so that
/// dependencies are compiled once. To a project the framework is one more dependency, which is not
/// edited: as if it came from a registry.
pub const PROFILE: &str = "[profile.dev]\ndebug = \"line-tables-only\"\n\n\
                           [profile.dev.package.\"*\"]\ndebug = false\nincremental = false\n";

/// A bundle crate.
#[derive(Debug)]
pub struct Fixture {
    name: String,
    folder: PathBuf,
    /// Whether cargo compiles it, and not rustc alone.
    by_cargo: bool,
}

impl Fixture {
    /// A new crate, which depends on `hotreload` only. `name` is the package's, and no other test
    /// may have it.
    pub fn new(name: &str) -> Fixture {
        Fixture { by_cargo: false, ..Fixture::with_manifest(name, "") }
    }

    /// As [`new`](Fixture::new), with more lines at the end of Cargo.toml, which are within the
    /// section `[dependencies]`. Cargo compiles it: needed too by what others depend on, else they
    /// would be linked with another crate.
    pub fn with_manifest(name: &str, more: &str) -> Fixture {
        let hotreload = repository().join("hotreload");
        Fixture::with_dependencies(name, &format!("hotreload = {{ path = {hotreload:?} }}\n{more}"))
    }

    /// As [`with_manifest`](Fixture::with_manifest), without `hotreload`: with these dependencies only.
    pub fn with_dependencies(name: &str, dependencies: &str) -> Fixture {
        let folder = root().join("crates").join(name);
        fs::create_dir_all(folder.join("src")).unwrap();
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
             [workspace]\n\n\
             [lib]\ncrate-type = [\"rlib\", \"cdylib\"]\n\n\
             {PROFILE}\n\
             [dependencies]\n{dependencies}\n"
        );
        let _locked = Locked::new(&folder.join(".lock"));
        write(&folder.join("Cargo.toml"), &manifest);
        // The versions that the repository is tested with; nothing has to be fetched.
        let lock = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
        if !folder.join("Cargo.lock").exists() {
            write(&folder.join("Cargo.lock"), &lock);
        }
        Fixture { name: name.to_owned(), folder, by_cargo: true }
    }

    /// The crate's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Compiles the crate whose root is this, after `hot::bundle!();`. Gives a library that later
    /// builds leave alone, and that the caller must leave as it is, too.
    ///
    /// # Panics
    /// If it does not compile.
    pub fn build(&self, source: &str) -> PathBuf {
        self.build_root(&format!("hot::bundle!();\n{source}"))
    }

    /// As [`build`](Fixture::build), with the whole root.
    pub fn build_root(&self, source: &str) -> PathBuf {
        if self.by_cargo {
            return self.build_with(source, &["build", "--lib"]);
        }
        rustc::compile(&self.folder, &self.name, "cdylib", source)
    }

    /// As [`build_root`](Fixture::build_root), by cargo with a flag of rustc's for all crates, in a
    /// target folder of its own.
    pub fn build_flags(&self, source: &str, flag: &str) -> PathBuf {
        let _locked = Locked::new(&self.folder.join(".lock"));
        write(&self.folder.join("src/lib.rs"), source);
        let folder: String = flag.chars().filter(|c| c.is_alphanumeric()).collect();
        let mut command = cargo();
        command.current_dir(&self.folder).env("RUSTFLAGS", flag);
        command.env("CARGO_TARGET_DIR", root().join("flags").join(folder));
        self.built(command.args(["build", "--lib", "--offline", "--message-format=json"]))
    }

    /// As [`build_root`](Fixture::build_root), by cargo with these arguments.
    pub fn build_with(&self, source: &str, arguments: &[&str]) -> PathBuf {
        let _locked = Locked::new(&self.folder.join(".lock"));
        write(&self.folder.join("src/lib.rs"), source);
        self.built(&mut self.command(arguments))
    }

    /// Runs cargo, and keeps the library that it makes.
    fn built(&self, cargo: &mut Command) -> PathBuf {
        let output = cargo.output().expect("cargo runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo failed on {}:\n{stderr}", self.name);
        keep(&library_in(&output), &root().join("libraries").join(&self.name))
    }

    /// Runs cargo in the crate's folder, over the shared target folder.
    pub fn cargo(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("cargo runs")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = cargo();
        let (before, after) = match arguments.iter().position(|argument| *argument == "--") {
            Some(position) => arguments.split_at(position),
            None => (arguments, &[][..]),
        };
        command.current_dir(&self.folder).args(before).args(["--offline", "--message-format=json"]);
        command.args(after);
        command
    }
}

/// Held by one process at a time; the system takes it back from a process that ends.
#[derive(Debug)]
pub struct Locked(#[expect(dead_code, reason = "the file is unlocked when it is closed")] File);

impl Locked {
    /// Waits for the lock on this file.
    ///
    /// # Panics
    /// If there is no such folder.
    pub fn new(path: &Path) -> Locked {
        let file = File::create(path).unwrap();
        file.lock().unwrap();
        Locked(file)
    }
}

/// A copy of a file that cargo made, in a folder that is named by its content: the file's own name
/// stays, and later builds leave the copy alone.
pub(crate) fn keep(file: &Path, kept: &Path) -> PathBuf {
    let content = fs::read(file).unwrap();
    let mut hash = DefaultHasher::new();
    content.hash(&mut hash);
    let folder = kept.join(format!("{:016x}", hash.finish()));
    let copy = folder.join(file.file_name().unwrap());
    if !copy.exists() {
        fs::create_dir_all(&folder).unwrap();
        let draft = folder.join(format!("draft-{}", std::process::id()));
        // Cargo gives a file that it makes anew a place of its own: a link costs no space.
        let _ = fs::remove_file(&draft);
        if fs::hard_link(file, &draft).is_err() {
            fs::copy(file, &draft).unwrap();
        }
        fs::rename(draft, &copy).unwrap();
    }
    copy
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
    // What is built once needs no notes for the next time.
    command.env("CARGO_INCREMENTAL", "0");
    command
}

/// The target folder, that of these tests themselves: what is compiled for them serves here too.
pub fn target_dir() -> PathBuf {
    root().parent().expect("it lies in the target folder").to_owned()
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
pub fn write(path: &Path, content: &str) {
    if fs::read_to_string(path).ok().as_deref() != Some(content) {
        fs::write(path, content).unwrap();
    }
}
