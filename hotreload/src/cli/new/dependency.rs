//! Where a new package's `hotreload` comes from: it is on no registry.

use std::path::{Path, PathBuf};

use super::relative;
use crate::{Code, Reason, Result};

/// Where `hotreload` is.
#[derive(Debug, Clone)]
pub(super) enum Hotreload {
    /// The folder of its package, absolute.
    Folder(PathBuf),
    /// The URL of its repository.
    Git(String),
    /// What the workspace's `[workspace.dependencies]` say.
    Workspace,
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
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
        match folder.canonicalize() {
            Ok(folder) if is_hotreload(&folder) => Ok(Hotreload::Folder(folder)),
            _ => Err(Reason::new(
                Code::NotCreated,
                "the folder of `hotreload` that this command was built from is gone",
            )
            .file(folder)
            .help("say where it is now: --hotreload FOLDER, or --hotreload GIT-URL")
            .into()),
        }
    }

    /// What comes after `hotreload` in the Cargo.toml of `folder`: ` = { .. }` or `.workspace =
    /// true`. A folder in the workspace's own tree, which may be moved as a whole, is named
    /// relative to the package.
    pub(super) fn source(&self, folder: &Path, workspace: &Path) -> Result<String> {
        Ok(match self {
            Hotreload::Folder(path) if path.starts_with(workspace) => {
                format!(" = {{ path = {} }}", quoted(&relative(folder, path))?)
            }
            Hotreload::Folder(path) => format!(" = {{ path = {} }}", quoted(path)?),
            Hotreload::Git(url) => format!(" = {{ git = {} }}", toml_edit::Value::from(url)),
            Hotreload::Workspace => ".workspace = true".to_owned(),
        })
    }

    /// The same for a host, wherever it lies.
    pub(super) fn for_host(&self) -> Result<String> {
        const WATCH: &str = "features = [\"watch\"]";
        Ok(match self {
            Hotreload::Folder(path) => format!(" = {{ path = {}, {WATCH} }}", quoted(path)?),
            Hotreload::Git(url) => {
                format!(" = {{ git = {}, {WATCH} }}", toml_edit::Value::from(url))
            }
            Hotreload::Workspace => format!(" = {{ workspace = true, {WATCH} }}"),
        })
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
