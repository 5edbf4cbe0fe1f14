//! What is written into each Cargo.toml.

use std::path::{Path, PathBuf};

use cargo_metadata::Package;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Table, Value};

use hot_host::Result as HotResult;

/// A manifest that is edited.
pub(crate) struct Manifest(DocumentMut);

/// A dependency on a package that lies there.
pub(crate) fn by_path(path: &Path) -> Value {
    let path = path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
    InlineTable::from_iter([("path", Value::from(path))]).into()
}

/// How packages depend on a crate, seen from another folder: as the first of them does, with the
/// features of all. The name is that by which they know it.
pub(crate) fn dependency<'a>(
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
        let path = relative(from, &path).to_string_lossy().into_owned();
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
    pub(crate) fn parse(text: &str) -> Result<Manifest, String> {
        text.parse().map(Manifest).map_err(|error| format!("it is no TOML: {error}"))
    }

    /// Adds a dependency, or makes it this one.
    pub(crate) fn depend(mut self, name: &str, on: Value) -> Result<String, String> {
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
    pub(crate) fn forget(mut self, name: &str) -> Result<String, String> {
        self.dependencies()?.remove(name);
        Ok(self.0.to_string())
    }

    fn dependencies(&mut self) -> Result<&mut dyn toml_edit::TableLike, String> {
        let item = self.0.entry("dependencies").or_insert(Item::Table(Table::new()));
        item.as_table_like_mut().ok_or_else(|| "its `dependencies` are no table".to_owned())
    }

    /// With one more member, unless a pattern has it already.
    pub(crate) fn add_member(mut self, folder: &str) -> Result<String, String> {
        let members = self.members()?;
        let has = |it: &Value| {
            let pattern =
                it.as_str().and_then(|it| glob::Pattern::new(it.trim_start_matches("./")).ok());
            pattern.is_some_and(|it| it.matches(folder))
        };
        if !members.iter().any(has) {
            push(members, folder);
        }
        Ok(self.0.to_string())
    }

    /// Without the member.
    pub(crate) fn remove_member(mut self, folder: &str) -> Result<String, String> {
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

/// Adds to the list, in the form that it has: in one line, or one in each.
pub(crate) fn push(members: &mut Array, name: &str) {
    let text = |raw: Option<&toml_edit::RawString>| {
        raw.and_then(|raw| raw.as_str()).unwrap_or_default().to_owned()
    };
    let has_comma = members.trailing_comma();
    let mut end = text(Some(members.trailing()));
    let mut indent = None;
    if let Some(last) = members.len().checked_sub(1).and_then(|index| members.get_mut(index)) {
        let decor = last.decor_mut();
        indent = text(decor.prefix()).rsplit_once('\n').map(|(_, indent)| indent.to_owned());
        if indent.is_some() && !has_comma {
            end = text(decor.suffix());
            decor.set_suffix("");
        }
    }
    let Some(indent) = indent else { return members.push(name) };
    // A comment behind the last one stays behind it.
    let (comment, end) = end.rsplit_once('\n').unwrap_or(("", ""));
    let value = Value::from(name).decorated(format!("{comment}\n{indent}"), "");
    members.push_formatted(value);
    members.set_trailing(format!("\n{end}"));
    members.set_trailing_comma(true);
}

/// The folders of `to`, seen from `from`; both are absolute.
pub(crate) fn relative(from: &Path, to: &Path) -> PathBuf {
    let common = from.components().zip(to.components()).take_while(|(a, b)| a == b).count();
    let up = from.components().skip(common).map(|_| Path::new(".."));
    up.chain(to.components().skip(common).map(|part| Path::new(part.as_os_str()))).collect()
}
