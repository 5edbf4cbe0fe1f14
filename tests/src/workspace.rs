//! Whole workspaces that are written and built by cargo: a host beside its bundles.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use crate::fixture::{PROFILE, cargo, keep, repository, root, write};

/// A cargo workspace whose members are the folders in it.
#[derive(Debug)]
pub struct Workspace {
    folder: PathBuf,
    /// What an earlier run has left. What is as it was comes from here, with its time, so that cargo
    /// need not build it again.
    earlier: PathBuf,
    kept: PathBuf,
}

/// The section of a bundle's Cargo.toml that makes it one.
pub const BUNDLE: &str = "[lib]\ncrate-type = [\"rlib\", \"cdylib\"]";

/// The features of a program that loads bundles: the same for all, so that they share one `hot`.
pub const HOST_FEATURES: &str = "\"host\", \"watch\"";

/// Those of a program with a shared library. One of them listens to what is logged: what lies in the target
/// folder of such programs is compiled for all of them alike.
pub const SHARING_HOST_FEATURES: &str = "\"host\", \"watch\", \"log\", \"tracing\"";

impl Workspace {
    /// An empty one. `name` must be the test's own: tests run in parallel.
    pub fn new(name: &str) -> Workspace {
        let folder = root().join("workspaces").join(name);
        // Members of an earlier run must not stay.
        let earlier = root().join("workspaces-earlier").join(name);
        let _ = fs::remove_dir_all(&earlier);
        fs::create_dir_all(earlier.parent().unwrap()).unwrap();
        let _ = fs::rename(&folder, &earlier);
        fs::create_dir_all(&folder).unwrap();
        let kept = root().join("libraries").join(format!("workspace-{name}"));
        let workspace = Workspace { folder, earlier, kept };
        workspace.write(
            "Cargo.toml",
            &format!(
                "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n\
                 exclude = [\"target\", \"out\", \".cargo\"]\n\n{PROFILE}"
            ),
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
        let (path, earlier) = (self.folder.join(path), self.earlier.join(path));
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let is_new = !path.exists();
        if is_new && fs::read_to_string(&earlier).ok().as_deref() == Some(content) {
            return fs::rename(earlier, path).unwrap();
        }
        write(&path, content);
    }

    /// Adds profiles to those that it has.
    pub fn profiles(&self, sections: &str) {
        let manifest = fs::read_to_string(self.folder.join("Cargo.toml")).unwrap();
        self.write("Cargo.toml", &format!("{manifest}\n{sections}"));
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

    /// Runs cargo as [`cargo`](Workspace::cargo) does and gives what it says.
    ///
    /// # Panics
    /// If it does not fail.
    pub fn cargo_fails(&self, arguments: &[&str]) -> String {
        let output = self.output(cargo(), &[arguments, &["--offline"]].concat());
        assert!(!output.status.success(), "cargo {arguments:?} does not fail");
        String::from_utf8_lossy(&output.stderr).into_owned()
    }

    /// Has cargo download what the members need and the repository itself is not built of: all else here is
    /// done without a network.
    ///
    /// # Panics
    /// If it fails.
    pub fn fetch(&self) {
        let output = self.output(cargo(), &["fetch", "--quiet", "--target", "host-tuple"]);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }

    fn output(&self, mut cargo: Command, arguments: &[&str]) -> Output {
        cargo.current_dir(&self.folder).args(arguments).output().expect("cargo runs")
    }

    fn run(&self, cargo: Command, arguments: &[&str]) -> Built<'_> {
        let json = ["--offline", "--message-format=json"];
        let output = self.output(cargo, &[arguments, &json].concat());
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
        let (prefix, suffix) = (std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
        keep(&self.path(&format!("/{prefix}{crate_name}{suffix}\"")), &self.workspace.kept)
    }

    /// The program of a package, as a copy that later builds leave alone.
    pub fn program(&self, name: &str) -> PathBuf {
        keep(&self.program_in_place(name), &self.workspace.kept)
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
}
