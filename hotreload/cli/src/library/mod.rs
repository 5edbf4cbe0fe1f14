//! The workspace's shared library: how it is called, what it begins with, and how a crate says that it
//! links it. `new` makes one with a project, `share` adds one to a workspace.
//!
//! ```text
//! manifest  what is written into each Cargo.toml
//! source    what is written at the root of a crate
//! ```

mod manifest;
mod source;

use std::path::{Path, PathBuf};

use hot_host::command::Workspace;

pub(crate) use manifest::{Manifest, dependency, push, relative};
pub(crate) use source::{with_extern, without_extern};

/// The folder of a shared library that is made.
pub(crate) const FOLDER: &str = "shared";

/// The root of a new shared library.
pub(crate) const ROOT: &str = "\
//! What exists once in the process, for the host and all bundles: the crates that are named here, and what
//! they depend on, such as a runtime or an engine. `cargo hotreload share CRATE` adds one.
//!
//! Linked by `cargo hotreload run` this is a shared library; by cargo alone, it is a crate as any other.
";

/// The shared library's package, there or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Library {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
}

impl Library {
    /// The one of a workspace, if it has one.
    pub(crate) fn of(workspace: &Workspace) -> Option<Library> {
        let package = workspace.shared()?.package;
        let folder = package.manifest_path.as_std_path().parent()?;
        Some(Library { name: package.name.to_string(), folder: folder.to_owned() })
    }

    /// One that is to be made, for the workspace in this folder.
    pub(crate) fn new(workspace: &Path) -> Library {
        let root = workspace.file_name().unwrap_or_default().to_string_lossy();
        let is_word = |it: char| it.is_ascii_alphanumeric() || it == '-' || it == '_';
        let root: String = root.chars().filter(|it| is_word(*it)).collect();
        let root = root.trim_start_matches(|it: char| !it.is_ascii_alphabetic());
        let name = if root.is_empty() { FOLDER.to_owned() } else { format!("{root}-{FOLDER}") };
        Library { name, folder: workspace.join(FOLDER) }
    }

    /// Its manifest, without a dependency.
    pub(crate) fn manifest(&self) -> String {
        format!(
            "[package]\nname = \"{}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
             [lib]\n# dylib: what `cargo hotreload run` has host and bundles linked to. rlib: what cargo alone links.\n\
             crate-type = [\"dylib\", \"rlib\"]\n\n\
             [package.metadata.hotreload]\nshared = true\n\n[dependencies]\n",
            self.name
        )
    }

    /// The manifest of a package in this folder, with the dependency on it.
    ///
    /// # Errors
    /// What is wrong with the manifest.
    pub(crate) fn linked_by_manifest(&self, text: &str, folder: &Path) -> Result<String, String> {
        let path = relative(folder, &self.folder);
        Manifest::parse(text)?.depend(&self.name, manifest::by_path(&path))
    }

    /// The root of a crate, with the line that has it linked.
    pub(crate) fn linked_by_root(&self, text: &str) -> String {
        source::with_use(text, &self.use_line())
    }

    /// The root of a crate without that line.
    pub(crate) fn unlinked_root(&self, text: &str) -> String {
        source::without_use(text, &self.use_line())
    }

    fn use_line(&self) -> String {
        format!("use {} as _;", self.name.replace('-', "_"))
    }
}
