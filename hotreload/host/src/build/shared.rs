//! The shared library: a package of the workspace that is built as a `dylib`, so that the host and all
//! bundles have one copy of what it depends on.
//!
//! Linked as cargo links by itself it is an rlib, as if it were not there. rustc takes the dylib with
//! `-C prefer-dynamic`, which our wrapper of rustc adds: then std is shared, too, and every crate in the
//! library has its statics and thread-locals once in the process.

use cargo_metadata::Package;

use crate::build::Workspace;
use crate::build::workspace::library;

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
