//! The workspace that a new bundle lies in, and its list of members.

use std::{
    cell::OnceCell,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use toml_edit::{Array, DocumentMut, Item, Value};

use super::{dependency::Hotreload, failed};
use crate::library::{Library, push, relative};
use hot_host::{Code, Error, Reason, Result, command::Workspace};

/// The nearest workspace above a folder.
pub(super) struct Enclosing {
    /// The folder of its Cargo.toml.
    pub(super) root: PathBuf,
    /// Where its packages have `hotreload` from.
    pub(super) hotreload: Option<Hotreload>,
    manifest: DocumentMut,
    /// What cargo says of it, once it was asked.
    workspace: OnceCell<Result<Workspace>>,
}

impl Enclosing {
    /// The workspace that a package in this folder, which is absolute, would belong to; none if it
    /// excludes the folder.
    ///
    /// # Errors
    /// If a Cargo.toml on the way up cannot be read.
    pub(super) fn of(folder: &Path) -> Result<Option<Enclosing>> {
        for root in folder.ancestors().skip(1) {
            let path = root.join("Cargo.toml");
            if !path.is_file() {
                continue;
            }
            let text = fs::read_to_string(&path)
                .map_err(|error| failed("the workspace's manifest cannot be read", &path, error))?;
            let manifest: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
                let what = "the manifest above the new folder is no TOML";
                Error::from(Reason::new(Code::NotCreated, what).file(&path)).caused_by(error)
            })?;
            if manifest.get("workspace").is_some_and(Item::is_table_like) {
                let (root, workspace) = (root.to_owned(), OnceCell::new());
                let mut found = Enclosing { root, hotreload: None, manifest, workspace };
                if found.excludes(folder) {
                    return Ok(None);
                }
                found.hotreload = found.dependency();
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn workspace(&self) -> &Result<Workspace> {
        self.workspace.get_or_init(|| Workspace::find(std::slice::from_ref(&self.root)))
    }

    /// The shared library, which each bundle of the workspace links.
    pub(super) fn library(&self) -> Option<Library> {
        Library::of(self.workspace().as_ref().ok()?)
    }

    pub(super) fn manifest(&self) -> PathBuf {
        self.root.join("Cargo.toml")
    }

    /// Whether the folder is a member without being added: by its name or by a pattern.
    pub(super) fn takes(&self, folder: &Path) -> bool {
        let name = self.name(folder);
        let options =
            glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::new() };
        self.list("members").iter().any(|member| {
            let member = member.trim_start_matches("./").trim_end_matches('/');
            let pattern = glob::Pattern::new(member);
            member == name || pattern.is_ok_and(|pattern| pattern.matches_with(&name, options))
        })
    }

    fn excludes(&self, folder: &Path) -> bool {
        self.list("exclude").iter().any(|it| folder.starts_with(self.root.join(it)))
            && !self.list("members").contains(&self.name(folder))
    }

    /// Refuses a name that a package of the workspace has.
    ///
    /// # Errors
    /// That, or what cargo says of the workspace if it cannot read it. It cannot if a pattern has no
    /// match yet; then the new bundle may be the first one.
    pub(super) fn check_name(&self, name: &str, folder: &Path) -> Result<()> {
        let crate_name = |name: &str| name.replace('-', "_");
        let workspace = match self.workspace() {
            Ok(workspace) => workspace,
            Err(_) if self.takes(folder) => return Ok(()),
            Err(error) => return Err(error.clone()),
        };
        let same = |it: &&cargo_metadata::Package| crate_name(&it.name) == crate_name(name);
        let Some(known) = workspace.packages().iter().find(same) else { return Ok(()) };
        let what = format!("the workspace has a package `{}`", known.name);
        let reason = Reason::new(Code::NotCreated, what).file(known.manifest_path.as_std_path());
        Err(reason.help("choose another name").into())
    }

    /// Adds the folder to the members: the file is replaced as a whole.
    pub(super) fn add(&self, folder: &Path) -> Result<()> {
        let mut manifest = self.manifest.clone();
        let path = self.manifest();
        let name = self.name(folder);
        let members = manifest["workspace"]
            .as_table_like_mut()
            .expect("it was found by that")
            .entry("members")
            .or_insert_with(|| Array::new().into());
        let Some(members) = members.as_array_mut() else {
            return Err(Reason::new(Code::NotCreated, "the workspace's `members` is no list")
                .file(&path)
                .into());
        };
        push(members, &name);
        let cannot = |error| failed("the workspace's manifest cannot be written", &path, error);
        // Where a link leads, with the rights that the file has.
        let target = path.canonicalize().map_err(cannot)?;
        let rights = fs::metadata(&target).map_err(cannot)?.permissions();
        let mut file = tempfile::NamedTempFile::new_in(target.parent().unwrap_or(&self.root))
            .map_err(cannot)?;
        file.write_all(manifest.to_string().as_bytes()).map_err(cannot)?;
        file.as_file().set_permissions(rights).map_err(cannot)?;
        file.persist(&target).map_err(|error| cannot(error.error))?;
        Ok(())
    }

    /// The folder's path in the workspace, as Cargo.toml has it.
    fn name(&self, folder: &Path) -> String {
        relative(&self.root, folder).to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
    }

    fn list(&self, key: &str) -> Vec<String> {
        let list = self.manifest.get("workspace").and_then(|it| it.get(key)?.as_array());
        let texts = list.into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }

    /// One workspace must use one `hotreload`: two of them are two libraries.
    fn dependency(&self) -> Option<Hotreload> {
        let shared = self.manifest.get("workspace")?.get("dependencies");
        let shared = |name: &str| shared.and_then(|it| it.get(name));
        if shared("hotreload").is_some() {
            let package = |it: &Item| Some(it.get("package")?.as_str()? == "hotreload-rt");
            let for_bundles = shared("hot").and_then(package).unwrap_or(false);
            return Some(Hotreload::Workspace { for_bundles });
        }
        let workspace = self.workspace().as_ref().ok()?;
        let mut dependencies = workspace.packages().iter().flat_map(|it| &it.dependencies);
        let folder = dependencies.find_map(|it| {
            let path = it.path.as_deref()?;
            match &*it.name {
                "hotreload" => Some(path),
                // Its folder is within that of `hotreload`.
                "hotreload-rt" => path.parent(),
                _ => None,
            }
        });
        folder.map(|folder| Hotreload::Folder(folder.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The manifest with `folder` as a member.
    fn added(manifest: &str, folder: &str) -> String {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().canonicalize().unwrap();
        fs::write(path.join("Cargo.toml"), manifest).unwrap();
        let outer = Enclosing::of(&path.join(folder)).unwrap().unwrap();
        assert!(!outer.takes(&path.join(folder)));
        outer.add(&path.join(folder)).unwrap();
        let again = Enclosing::of(&path.join(folder)).unwrap().unwrap();
        assert!(again.takes(&path.join(folder)));
        fs::read_to_string(path.join("Cargo.toml")).unwrap()
    }

    #[test]
    fn the_list_keeps_its_form() {
        for (before, after) in [
            ("[workspace]\n", "[workspace]\nmembers = [\"x/y\"]\n"),
            ("[workspace]\nmembers = []\n", "[workspace]\nmembers = [\"x/y\"]\n"),
            (
                "[workspace]\nmembers = [\"a\"] # b\n",
                "[workspace]\nmembers = [\"a\", \"x/y\"] # b\n",
            ),
            (
                "[workspace]\nmembers = [\n    # first\n    \"a\", # the a\n]\n",
                "[workspace]\nmembers = [\n    # first\n    \"a\", # the a\n    \"x/y\",\n]\n",
            ),
            (
                "[workspace]\nmembers = [\n  \"a\",\n  \"b\"\n]\n",
                "[workspace]\nmembers = [\n  \"a\",\n  \"b\",\n  \"x/y\",\n]\n",
            ),
            (
                "[workspace]\nmembers = [\n\t\"a\" # the a\n]\n",
                "[workspace]\nmembers = [\n\t\"a\", # the a\n\t\"x/y\",\n]\n",
            ),
            ("workspace = { members = [\"a\"] }\n", "workspace = { members = [\"a\", \"x/y\"] }\n"),
        ] {
            assert_eq!(added(before, "x/y"), after);
        }
    }

    #[test]
    fn members_and_exclusions() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().canonicalize().unwrap();
        let manifest = "[workspace]\nmembers = [\"bundles/*\", \"./own/\"]\nexclude = [\"old\"]\n";
        fs::write(path.join("Cargo.toml"), manifest).unwrap();
        let takes = |folder: &str| {
            Enclosing::of(&path.join(folder)).unwrap().map(|it| it.takes(&path.join(folder)))
        };
        assert_eq!(takes("bundles/a"), Some(true));
        assert_eq!(takes("bundles/a/b"), Some(false));
        assert_eq!(takes("own"), Some(true));
        assert_eq!(takes("other"), Some(false));
        assert_eq!(takes("old/a"), None);
    }
}
