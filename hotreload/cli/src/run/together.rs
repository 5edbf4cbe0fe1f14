//! A program of a workspace with a shared library: it is built together with all bundles, by our wrapper
//! of rustc, and started from where it lies. `cargo run` takes one package, whose features alone would
//! make another library.

use std::{env, ffi::OsString, io, path::PathBuf, process::Command};

use cargo_metadata::{Message, Metadata, Package, camino::Utf8PathBuf};

use super::Arguments;
use crate::wrap;
use hot_host::command::{Shared, Workspace};

/// How the program is built together with its bundles.
pub(super) struct Together {
    /// The variables that have cargo call it.
    variables: Vec<(&'static str, OsString)>,
    /// What cargo is given besides.
    arguments: Vec<OsString>,
    target_dir: PathBuf,
    /// What the program is called.
    name: String,
    /// What `cargo run` would tell it.
    about: Vec<(&'static str, String)>,
    /// Where it lies, once it was built.
    executable: Option<Utf8PathBuf>,
    /// Where libraries lie that build scripts have made.
    linked: Vec<Utf8PathBuf>,
}

impl Together {
    /// `None` if the workspace has no shared library.
    pub(super) fn new(
        metadata: &Metadata,
        package: &Package,
        program: &str,
        asked: &Arguments,
    ) -> Option<io::Result<Together>> {
        let workspace = Workspace::of(metadata.clone());
        let shared = workspace.shared()?;
        let profile =
            asked.profile.as_deref().unwrap_or(if asked.release { "release" } else { "dev" });
        let mut arguments: Vec<OsString> = vec!["--lib".into()];
        arguments.extend(shared.selection().flat_map(|it| ["-p".into(), it.into()]));
        arguments.extend(Shared::configuration(profile).map(OsString::from));
        let (wrapper, inner) = match wrap::this(metadata.workspace_root.as_std_path()) {
            Ok(wrapper) => wrapper,
            Err(error) => return Some(Err(error)),
        };
        let target_dir = wrapper.target_dir(metadata.target_directory.as_std_path());
        arguments.extend(["--target-dir".into(), target_dir.clone().into()]);
        let own = wrapper.environment().map(|(name, value)| (name, value.into_os_string()));
        let variables = own.into_iter().chain(inner).collect();
        Some(wrapper.leave(&target_dir).map(|()| Together {
            variables,
            arguments,
            target_dir,
            name: program.to_owned(),
            about: about(package),
            executable: None,
            linked: Vec::new(),
        }))
    }

    /// Has `cargo build` build all of it.
    pub(super) fn prepare(&self, command: &mut Command) {
        command
            .args(&self.arguments)
            .envs(self.variables.iter().map(|(name, value)| (name, value)));
    }

    /// Takes in what the build says.
    pub(super) fn hear(&mut self, message: Message) {
        match message {
            Message::CompilerArtifact(artifact)
                if artifact.target.name == self.name && artifact.executable.is_some() =>
            {
                self.executable = artifact.executable;
            }
            Message::BuildScriptExecuted(script) => {
                // `native=/folder`, or the folder alone. Cargo gives programs those in its own folders.
                let paths = script.linked_paths.iter().map(|path| {
                    path.as_str().split_once('=').map_or(path.as_str(), |(_, path)| path).into()
                });
                let own = paths.filter(|path: &Utf8PathBuf| path.starts_with(&self.target_dir));
                let own: Vec<_> = own.filter(|path| !self.linked.contains(path)).collect();
                self.linked.extend(own);
            }
            _ => {}
        }
    }

    /// What starts it, with what `cargo run` would tell it. Its host builds as it was built.
    pub(super) fn program(&self) -> Command {
        let mut command = Command::new(self.executable.as_deref().unwrap_or("".into()));
        command.envs(self.about.iter().map(|(name, value)| (name, value)));
        command.env("CARGO", env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        if !self.linked.is_empty() {
            let old = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
            let all = self.linked.iter().map(PathBuf::from).chain(env::split_paths(&old));
            command.envs(env::join_paths(all).map(|path| ("LD_LIBRARY_PATH", path)));
        }
        command
    }
}

/// The variables that `cargo run` sets, of the package.
fn about(package: &Package) -> Vec<(&'static str, String)> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let folder = package.manifest_path.parent().map(ToString::to_string).unwrap_or_default();
    vec![
        ("CARGO_MANIFEST_DIR", folder),
        ("CARGO_MANIFEST_PATH", package.manifest_path.to_string()),
        ("CARGO_PKG_AUTHORS", package.authors.join(":")),
        ("CARGO_PKG_DESCRIPTION", text(&package.description)),
        ("CARGO_PKG_HOMEPAGE", text(&package.homepage)),
        ("CARGO_PKG_LICENSE", text(&package.license)),
        ("CARGO_PKG_NAME", package.name.to_string()),
        ("CARGO_PKG_REPOSITORY", text(&package.repository)),
        ("CARGO_PKG_VERSION", package.version.to_string()),
        ("CARGO_PKG_VERSION_MAJOR", package.version.major.to_string()),
        ("CARGO_PKG_VERSION_MINOR", package.version.minor.to_string()),
        ("CARGO_PKG_VERSION_PATCH", package.version.patch.to_string()),
        ("CARGO_PKG_VERSION_PRE", package.version.pre.to_string()),
    ]
}
