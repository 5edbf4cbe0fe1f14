//! What is written into each Cargo.toml.

use std::path::{Path, PathBuf};

use cargo_metadata::Package;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

use super::super::new;
use hot_host::Result as HotResult;

/// A manifest that is edited.
pub(super) struct Manifest(DocumentMut);

/// The manifest of a new shared library.
pub(super) fn new_library(name: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\npublish = false\n\n\
         [lib]\n# dylib: what `cargo hotreload run` has host and bundles linked to. rlib: what cargo alone links.\n\
         crate-type = [\"dylib\", \"rlib\"]\n\n\
         [package.metadata.hotreload]\nshared = true\n\n[dependencies]\n"
    )
}

/// A dependency on a package that lies there.
pub(super) fn by_path(path: &Path) -> Value {
    let path = path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    InlineTable::from_iter([("path", Value::from(path))]).into()
}

/// How packages depend on a crate, seen from another folder: as the first of them does, with the
/// features of all. The name is that by which they know it.
pub(super) fn dependency<'a>(
    packages: impl Iterator<Item = (&'a Package, &'a Path)>,
    name: &str,
    from: &Path,
) -> HotResult<Option<(String, Value)>> {
    let mut found: Option<(String, InlineTable)> = None;
    for (package, folder) in packages {
        let text = std::fs::read_to_string(&package.manifest_path).unwrap_or_default();
        let Ok(manifest) = text.parse::<DocumentMut>() else { continue };
        let Some((key, item)) = listed(&manifest, name) else { continue };
        let own = inline(item, folder, from);
        match &mut found {
            None => found = Some((key.to_owned(), own)),
            Some((_, first)) => merge(first, &own),
        }
    }
    Ok(found.map(|(key, table)| {
        let only_version = table.len() == 1 && table.contains_key("version");
        (key, if only_version { table["version"].clone() } else { table.into() })
    }))
}

/// The dependency of this name, of a package or as it is called there.
fn listed<'a>(manifest: &'a DocumentMut, name: &str) -> Option<(&'a str, &'a Item)> {
    let dependencies = manifest.get("dependencies")?.as_table_like()?;
    let same = |key: &str| key.replace('-', "_") == name.replace('-', "_");
    dependencies.iter().find(|(key, item)| {
        let package = item.get("package").and_then(Item::as_str);
        same(key) || package.is_some_and(same)
    })
}

/// A dependency's table, with its path as seen from another folder.
fn inline(item: &Item, folder: &Path, from: &Path) -> InlineTable {
    let mut table = match item.as_table_like() {
        Some(table) => {
            let values =
                table.iter().filter_map(|(key, item)| Some((key, item.as_value()?.clone())));
            InlineTable::from_iter(values.filter(|(key, _)| *key != "optional"))
        }
        None => InlineTable::from_iter(item.as_value().map(|it| ("version", it.clone()))),
    };
    if let Some(path) = table.get("path").and_then(Value::as_str) {
        let path = plain(&folder.join(path));
        let path = new::relative(from, &path).to_string_lossy().into_owned();
        table.insert("path", path.into());
    }
    table.decor_mut().clear();
    table.fmt();
    table
}

/// The path without `..` in it.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => _ = plain.pop(),
            std::path::Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// Adds the features of another dependency on the same crate.
fn merge(table: &mut InlineTable, other: &InlineTable) {
    let features = |of: &InlineTable| -> Vec<String> {
        let list = of.get("features").and_then(Value::as_array);
        list.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect()
    };
    let mut all = features(table);
    all.extend(features(other).into_iter().filter(|it| !features(table).contains(it)));
    if !all.is_empty() {
        table.insert("features", Array::from_iter(all).into());
    }
    // Whoever wants them, gets them.
    if table.get("default-features").is_some() && other.get("default-features").is_none() {
        table.remove("default-features");
    }
    table.fmt();
}

impl Manifest {
    pub(super) fn parse(text: &str) -> Result<Manifest, String> {
        text.parse().map(Manifest).map_err(|error| format!("it is no TOML: {error}"))
    }

    /// Adds a dependency, or makes it this one.
    pub(super) fn depend(mut self, name: &str, on: Value) -> Result<String, String> {
        let is_inherited = self.dependencies()?.get(name).is_some_and(|known| {
            let key = |key: &str| known.get(key).is_some();
            key("path") && on.as_inline_table().is_some_and(|it| it.contains_key("path"))
                || key("workspace")
        });
        if !is_inherited {
            self.dependencies()?.insert(name, Item::Value(on));
        }
        Ok(self.0.to_string())
    }

    /// Without the dependency.
    pub(super) fn forget(mut self, name: &str) -> Result<String, String> {
        self.dependencies()?.remove(name);
        Ok(self.0.to_string())
    }

    fn dependencies(&mut self) -> Result<&mut dyn toml_edit::TableLike, String> {
        let item = self.0.entry("dependencies").or_insert(Item::Table(Table::new()));
        item.as_table_like_mut().ok_or_else(|| "its `dependencies` are no table".to_owned())
    }

    /// With one more member, unless a pattern has it already.
    pub(super) fn add_member(mut self, folder: &str) -> Result<String, String> {
        let members = self.members()?;
        let has = |it: &Value| {
            let pattern =
                it.as_str().and_then(|it| glob::Pattern::new(it.trim_start_matches("./")).ok());
            pattern.is_some_and(|it| it.matches(folder))
        };
        if !members.iter().any(has) {
            new::push(members, folder);
        }
        Ok(self.0.to_string())
    }

    /// Without the member.
    pub(super) fn remove_member(mut self, folder: &str) -> Result<String, String> {
        let members = self.members()?;
        let at = members.iter().position(|it| it.as_str() == Some(folder));
        if let Some(at) = at {
            members.remove(at);
        }
        Ok(self.0.to_string())
    }

    fn members(&mut self) -> Result<&mut Array, String> {
        let workspace = self.0.get_mut("workspace").and_then(Item::as_table_like_mut);
        let workspace =
            workspace.ok_or("there is no [workspace] in it, which the shared library needs")?;
        let members = workspace.entry("members").or_insert_with(|| Array::new().into());
        members.as_array_mut().ok_or_else(|| "the workspace's `members` is no list".to_owned())
    }
}
