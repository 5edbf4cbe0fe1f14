//! A program of a workspace with a shared library: it is built together with all bundles, by our wrapper
//! of rustc, and started from where it lies. `cargo run` takes one package, whose features alone would
//! make another library.

use std::{env, ffi::OsString, fs, io, path::PathBuf, process::Command};

use cargo_metadata::{Message, Metadata, Package, camino::Utf8PathBuf};

use toml_edit::DocumentMut;

use super::Arguments;
use crate::wrap;
use hot_host::command::{Folder, Shared, Workspace};

/// How the program is built together with its bundles.
pub(super) struct Together {
    /// The variables that have cargo call it.
    variables: Vec<(&'static str, OsString)>,
    /// What cargo is given besides.
    arguments: Vec<OsString>,
    target_dir: PathBuf,
    /// Nobody removes it while this lives.
    _folder: Folder,
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
        let manifest = fs::read_to_string(metadata.workspace_root.join("Cargo.toml"));
        let off = set_off(&manifest.unwrap_or_default(), profile, |name| env::var(name).ok());
        if !off.is_empty() {
            let verb = if off.len() == 1 { "is" } else { "are" };
            let off = off.join(" and ");
            eprintln!(
                "note: {off} of the profile `{profile}` {verb} off in this run: rustc has no shared library with it"
            );
        }
        let mut arguments: Vec<OsString> = vec!["--lib".into()];
        arguments.extend(shared.selection().flat_map(|it| ["-p".into(), it.into()]));
        arguments.extend(Shared::configuration(profile).map(OsString::from));
        let root = metadata.workspace_root.as_std_path();
        let wrapper = match wrap::sharing(root) {
            Ok(wrapper) => wrapper,
            Err(error) => return Some(Err(error)),
        };
        let target_dir = wrapper.target_dir(metadata.target_directory.as_std_path());
        arguments.extend(["--target-dir".into(), target_dir.clone().into()]);
        let variables = wrapper.environment();
        let variables = variables.map(|(name, value)| (name, value.into_os_string())).collect();
        Some(wrapper.take(&target_dir, root).map(|folder| Together {
            _folder: folder,
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

/// What the profile asks for that this build cannot have: see [`Shared::configuration`].
fn set_off(
    manifest: &str,
    profile: &str,
    variable: impl Fn(&str) -> Option<String>,
) -> Vec<&'static str> {
    let document = manifest.parse::<DocumentMut>().unwrap_or_default();
    let setting = |what: &str| {
        let mut name = profile;
        // Profiles inherit from each other; cargo refuses a circle.
        for _ in 0..8 {
            let variables = name.to_uppercase().replace('-', "_");
            let said = variable(&format!("CARGO_PROFILE_{variables}_{}", what.to_uppercase()));
            let table = document.get("profile").and_then(|it| it.get(name));
            let written = table.and_then(|it| it.get(what)).and_then(|it| {
                it.as_str().map(str::to_owned).or_else(|| it.as_bool().map(|it| it.to_string()))
            });
            if let Some(found) = said.or(written) {
                return Some(found);
            }
            name = table?.get("inherits")?.as_str()?;
        }
        None
    };
    let mut off = Vec::new();
    if setting("lto").is_some_and(|it| it != "false" && it != "off") {
        off.push("`lto`");
    }
    if setting("panic").is_some_and(|it| it == "abort") {
        off.push("`panic = \"abort\"`");
    }
    off
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shared_std_cannot_have() {
        let manifest = "[profile.release]\nlto = true\npanic = \"abort\"\n\
            [profile.fast]\ninherits = \"release\"\nlto = \"off\"\n\
            [profile.thin]\ninherits = \"fast\"\nlto = \"thin\"\n";
        let off = |profile| set_off(manifest, profile, |_| None);
        assert_eq!(off("release"), ["`lto`", "`panic = \"abort\"`"]);
        assert_eq!(off("fast"), ["`panic = \"abort\"`"]);
        assert_eq!(off("thin"), ["`lto`", "`panic = \"abort\"`"]);
        assert!(off("dev").is_empty());
        let set = |name: &str| (name == "CARGO_PROFILE_RELEASE_LTO").then(|| "false".to_owned());
        assert_eq!(set_off(manifest, "release", set), ["`panic = \"abort\"`"]);
        assert!(set_off("no manifest", "release", |_| None).is_empty());
    }
}
