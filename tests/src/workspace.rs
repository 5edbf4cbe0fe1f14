//! Whole workspaces that are written and built by cargo: a host beside its bundles.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicUsize, Ordering},
};

use crate::fixture::{cargo, repository, root, write};

/// A cargo workspace whose members are the folders in it.
#[derive(Debug)]
pub struct Workspace {
    folder: PathBuf,
    kept: PathBuf,
    files: AtomicUsize,
}

/// The section of a bundle's Cargo.toml that makes it one.
pub const BUNDLE: &str = "[lib]\ncrate-type = [\"rlib\", \"cdylib\"]";

impl Workspace {
    /// An empty one. `name` must be the test's own: tests run in parallel.
    pub fn new(name: &str) -> Workspace {
        let folder = root().join("workspaces").join(name);
        // Members of an earlier run must not stay.
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        let workspace = Workspace {
            folder,
            kept: root().join("libraries").join(format!("workspace-{name}")),
            files: AtomicUsize::new(0),
        };
        workspace.write(
            "Cargo.toml",
            "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\nexclude = [\"target\", \"out\", \".cargo\"]\n\n\
             [profile.dev]\ndebug = \"line-tables-only\"\n",
        );
        let lock = fs::read_to_string(repository().join("Cargo.lock")).unwrap();
        workspace.write("Cargo.lock", &lock);
        workspace
    }

    /// The workspace's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes a file, given by its path in the workspace.
    pub fn write(&self, path: &str, content: &str) {
        let path = self.folder.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write(&path, content);
    }

    /// Writes a package's manifest: `sections` before `[dependencies]`, then `hotreload` with these
    /// features, then `dependencies`.
    pub fn package(&self, name: &str, sections: &str, features: &str, dependencies: &str) {
        let hotreload = repository().join("hotreload");
        self.write(
            &format!("{name}/Cargo.toml"),
            &format!(
                "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
                 {sections}\n\n[dependencies]\n\
                 hotreload = {{ path = {hotreload:?}, features = [{features}] }}\n{dependencies}\n"
            ),
        );
    }

    /// Runs cargo in the workspace's folder, over the target folder that all fixtures share.
    ///
    /// # Panics
    /// If it fails.
    pub fn cargo(&self, arguments: &[&str]) -> Built<'_> {
        self.run(cargo(), arguments)
    }

    /// As [`cargo`](Workspace::cargo), over the target folder that the workspace itself names.
    pub fn cargo_at_home(&self, arguments: &[&str]) -> Built<'_> {
        let mut cargo = cargo();
        cargo.env_remove("CARGO_TARGET_DIR");
        self.run(cargo, arguments)
    }

    fn run(&self, mut cargo: Command, arguments: &[&str]) -> Built<'_> {
        let output = cargo
            .current_dir(&self.folder)
            .args(arguments)
            .args(["--offline", "--message-format=json"])
            .output()
            .expect("cargo runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "cargo {arguments:?} failed:\n{stderr}");
        Built { workspace: self, output }
    }
}

/// What one run of cargo made.
#[derive(Debug)]
pub struct Built<'a> {
    workspace: &'a Workspace,
    output: Output,
}

impl Built<'_> {
    /// The library of a crate, as a copy that later builds leave alone.
    pub fn library(&self, crate_name: &str) -> PathBuf {
        self.keep(&self.path(&format!(
            "/{}{crate_name}{}\"",
            std::env::consts::DLL_PREFIX,
            std::env::consts::DLL_SUFFIX
        )))
    }

    /// The program of a package, as a copy that later builds leave alone.
    pub fn program(&self, name: &str) -> PathBuf {
        self.keep(&self.program_in_place(name))
    }

    /// The program of a package where cargo put it.
    pub fn program_in_place(&self, name: &str) -> PathBuf {
        self.path(&format!("/{name}{}\"", std::env::consts::EXE_SUFFIX))
    }

    /// The last path in cargo's messages with this end.
    fn path(&self, end: &str) -> PathBuf {
        let text = String::from_utf8_lossy(&self.output.stdout);
        let found = text.rfind(end).unwrap_or_else(|| panic!("cargo names no {end}"));
        let start = text[..found].rfind('"').unwrap() + 1;
        PathBuf::from(&text[start..found + end.len() - 1])
    }

    fn keep(&self, file: &Path) -> PathBuf {
        let number = self.workspace.files.fetch_add(1, Ordering::Relaxed);
        let folder = self.workspace.kept.join(number.to_string());
        fs::create_dir_all(&folder).unwrap();
        let copy = folder.join(file.file_name().unwrap());
        let _ = fs::remove_file(&copy);
        fs::copy(file, &copy).unwrap();
        copy
    }
}
