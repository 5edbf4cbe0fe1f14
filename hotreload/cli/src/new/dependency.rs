//! Where a new package's `hotreload` comes from: it is on no registry.
//!
//! A bundle depends on its part `hotreload-rt`, under the name `hot`, so that no code of the host is
//! in the bundle; a host depends on the whole.

use std::path::{Path, PathBuf};

use crate::library::relative;
use hot_host::{Code, Reason, Result};

/// The package that a bundle depends on.
const RT: &str = "package = \"hotreload-rt\"";

/// Where `hotreload` is.
#[derive(Debug, Clone)]
pub(super) enum Hotreload {
    /// The folder of its package, absolute.
    Folder(PathBuf),
    /// The URL of its repository.
    Git(String),
    /// What the workspace's `[workspace.dependencies]` say of `hotreload`.
    Workspace {
        /// Whether they have `hot`, for bundles, too.
        for_bundles: bool,
    },
}

impl Hotreload {
    /// What the user named.
    pub(super) fn given(text: &str) -> Result<Hotreload> {
        let is_url = text.contains("://") || text.starts_with("git@") || text.ends_with(".git");
        let path = Path::new(text);
        if is_url && !path.is_dir() {
            // Git's short form, `git@host:path`, is no URL, and cargo takes nothing else.
            let short = text.strip_prefix("git@").and_then(|short| short.split_once(':'));
            return Ok(Hotreload::Git(match short.filter(|_| !text.contains("://")) {
                Some((host, path)) => format!("ssh://git@{host}/{path}"),
                None => text.to_owned(),
            }));
        }
        // The repository's folder is meant, too.
        let folders = [path.to_owned(), path.join("hotreload")];
        let found = folders.iter().find(|folder| is_hotreload(folder));
        match found.and_then(|folder| folder.canonicalize().ok()) {
            Some(folder) => Ok(Hotreload::Folder(folder)),
            None => Err(Reason::new(Code::NotCreated, "there is no package `hotreload`")
                .file(path)
                .help("name the folder of its Cargo.toml, or its git URL, with --hotreload")
                .into()),
        }
    }

    /// The folder that this command was built from.
    pub(super) fn default() -> Result<Hotreload> {
        // This package's folder is within that of `hotreload`.
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        match folder.canonicalize() {
            Ok(folder) if is_hotreload(&folder) => Ok(Hotreload::Folder(folder)),
            _ => Err(Reason::new(
                Code::NotCreated,
                "the folder of `hotreload` that this command was built from is gone",
            )
            .file(&folder)
            .help("say where it is now: --hotreload FOLDER, or --hotreload GIT-URL")
            .into()),
        }
    }

    /// The dependency of a bundle in `folder`, a line of its Cargo.toml.
    pub(super) fn for_bundle(&self, folder: &Path, workspace: &Path) -> Result<String> {
        Ok(match self {
            Hotreload::Folder(path) => {
                let path = near(&path.join("rt"), folder, workspace);
                format!("hot = {{ {RT}, path = {} }}", quoted(&path)?)
            }
            Hotreload::Git(url) => {
                format!("hot = {{ {RT}, git = {} }}", toml_edit::Value::from(url))
            }
            Hotreload::Workspace { for_bundles: true } => "hot.workspace = true".to_owned(),
            // Its library is called `hot` as well. The workspace's own line may name a branch or a
            // commit, which another line would have to repeat.
            Hotreload::Workspace { for_bundles: false } => "hotreload.workspace = true".to_owned(),
        })
    }

    /// The dependency of a host in `folder` without a feature.
    pub(super) fn for_workspace(&self, folder: &Path, workspace: &Path) -> Result<String> {
        Ok(match self {
            Hotreload::Folder(path) => {
                format!("hotreload = {{ path = {} }}", quoted(&near(path, folder, workspace))?)
            }
            Hotreload::Git(url) => {
                format!("hotreload = {{ git = {} }}", toml_edit::Value::from(url))
            }
            Hotreload::Workspace { .. } => "hotreload.workspace = true".to_owned(),
        })
    }

    /// The dependency of a host, wherever it lies.
    pub(super) fn for_host(&self) -> Result<String> {
        const WATCH: &str = "features = [\"watch\"]";
        Ok(match self {
            Hotreload::Folder(path) => {
                format!("hotreload = {{ path = {}, {WATCH} }}", quoted(path)?)
            }
            Hotreload::Git(url) => {
                format!("hotreload = {{ git = {}, {WATCH} }}", toml_edit::Value::from(url))
            }
            Hotreload::Workspace { .. } => {
                format!("hotreload = {{ workspace = true, {WATCH} }}")
            }
        })
    }
}

/// A folder in the workspace's own tree, which may be moved as a whole, is named relative to the
/// package in `folder`.
fn near(path: &Path, folder: &Path, workspace: &Path) -> PathBuf {
    match path.starts_with(workspace) {
        true => relative(folder, path),
        false => path.to_owned(),
    }
}

/// A path as TOML has it: with `/` on every system.
pub(super) fn quoted(path: &Path) -> Result<String> {
    let text = path.to_str().ok_or_else(|| {
        Reason::new(Code::NotCreated, "a path that is not UTF-8 cannot be written to Cargo.toml")
            .file(path)
            .help("give the folder a name that is UTF-8, or use a git URL")
    })?;
    let text = if cfg!(windows) { text.replace('\\', "/") } else { text.to_owned() };
    Ok(toml_edit::Value::from(text).to_string())
}

/// Whether the folder's Cargo.toml is that of the package `hotreload`.
fn is_hotreload(folder: &Path) -> bool {
    let text = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap_or_default();
    let manifest = text.parse::<toml_edit::DocumentMut>().ok();
    let name =
        |it: &toml_edit::DocumentMut| it.get("package")?.get("name")?.as_str().map(str::to_owned);
    manifest.as_ref().and_then(name).as_deref() == Some("hotreload")
}
