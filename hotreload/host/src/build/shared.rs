//! The shared library: a package of the workspace that is built as a `dylib`, so that the host and all
//! bundles have one copy of what it depends on.
//!
//! Linked as cargo links by itself it is an rlib, as if it were not there. rustc takes the dylib with
//! `-C prefer-dynamic`, which our wrapper of rustc adds: then std is shared, too, and every crate in the
//! library has its statics and thread-locals once in the process. The wrapper is the command's own
//! program. Cargo does not notice that it compiles otherwise than before, so what it has made lies in a
//! target folder of its own, and a file there says which program it was.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use cargo_metadata::Package;

use crate::build::Workspace;
use crate::build::workspace::library;

/// The file in a target folder that names the wrapper.
const FILE: &str = "hotreload-wrapper";

/// The shared library's package, and those that link it.
#[derive(Debug, Clone, Copy)]
pub struct Shared<'a> {
    /// What `[package.metadata.hotreload] shared = true` says it of.
    pub package: &'a Package,
    workspace: &'a Workspace,
}

impl Workspace {
    /// The workspace's shared library, if it has one.
    pub fn shared(&self) -> Option<Shared<'_>> {
        let is_it = |package: &&Package| {
            package.metadata["hotreload"]["shared"] == true
                && library(package).is_some_and(|it| it.is_dylib())
        };
        let package = self.packages().iter().find(is_it)?;
        Some(Shared { package, workspace: self })
    }
}

impl<'a> Shared<'a> {
    /// The members that depend on it: its host and its bundles.
    pub fn users(self) -> impl Iterator<Item = &'a Package> {
        let of = |package: &Package| {
            package.dependencies.iter().any(|it| it.name == *self.package.name && it.path.is_some())
        };
        self.workspace.packages().iter().filter(move |it| of(it))
    }

    /// Cargo's names of all of them. Every build selects the same ones: features of a crate are those
    /// that the selected packages ask for together, and with others the library would be another one.
    pub fn selection(self) -> impl Iterator<Item = &'a str> {
        std::iter::once(self.package).chain(self.users()).map(|it| &*it.id.repr)
    }

    /// What cargo is given besides, in this profile: rustc links no dylib with LTO, nor one that aborts
    /// where std's unwinds.
    pub fn configuration(profile: &str) -> [String; 4] {
        let set = |what: &str| format!("profile.{profile}.{what}");
        let config = || "--config".to_owned();
        [config(), set("lto=false"), config(), set("panic=\"unwind\"")]
    }
}

/// A program that cargo calls in place of rustc for the workspace's own crates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapper {
    program: PathBuf,
    /// What it does, in one word: another version of it makes other files.
    version: String,
    /// The user's own, which it calls in turn.
    inner: Option<PathBuf>,
}

impl Wrapper {
    /// The variable that tells the program that it is called as a wrapper, by its version.
    pub const VARIABLE: &'static str = "HOTRELOAD_WRAPPER";

    /// The variable that names the wrapper which it calls in turn.
    pub const INNER: &'static str = "HOTRELOAD_INNER_WRAPPER";

    /// The wrapper with this version, and the user's own.
    pub fn new(program: PathBuf, version: &str, inner: Option<PathBuf>) -> Wrapper {
        Wrapper { program, version: version.to_owned(), inner }
    }

    /// The one that has made what is in this target folder.
    pub(crate) fn of(target_dir: &Path) -> Option<Wrapper> {
        let text = fs::read_to_string(target_dir.join(FILE)).ok()?;
        let mut lines = text.lines();
        let (version, program) = lines.next()?.split_once(' ')?;
        Some(Wrapper::new(program.into(), version, lines.next().map(PathBuf::from)))
    }

    /// Its target folder, within that of the workspace.
    pub fn target_dir(&self, of: &Path) -> PathBuf {
        of.join(format!("hotreload-{}", self.version))
    }

    /// Leaves word of it in its target folder.
    pub fn leave(&self, target_dir: &Path) -> io::Result<()> {
        fs::create_dir_all(target_dir)?;
        let mut text = format!("{} {}\n", self.version, self.program.display());
        if let Some(inner) = &self.inner {
            text += &format!("{}\n", inner.display());
        }
        fs::write(target_dir.join(FILE), text)
    }

    /// What has cargo call it.
    pub fn environment(&self) -> impl Iterator<Item = (&'static str, PathBuf)> {
        let own = [
            ("RUSTC_WORKSPACE_WRAPPER", self.program.clone()),
            (Self::VARIABLE, PathBuf::from(&self.version)),
        ];
        own.into_iter().chain(self.inner.clone().map(|inner| (Self::INNER, inner)))
    }
}
