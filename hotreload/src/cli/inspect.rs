//! `cargo hotreload inspect FILE`.

use std::{fmt::Write as _, path::PathBuf, process::ExitCode};

use serde_json::{Value, json};

use super::{
    layouts,
    output::{self, Format, HEADING},
};
use crate::{
    Kind,
    host::{
        library::Library,
        manifest::{Item, Type},
    },
};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The file is read, not loaded: none of its code runs. Types of signatures are shown as the
manifest has them: size, alignment, and the size of their Option, all in bytes. Types marked
`#[hot::versioned]` are shown with their fields; generic ones are known when they are loaded.

Examples:
  cargo hotreload inspect target/debug/libmath.so
  cargo hotreload inspect target/debug/libmath.so --format json | jq '.exports[].path'

JSON: an object of package, version, crate, file, sources, build, and the lists exports,
imports and layouts; each export and import has kind, path, signature, package, version,
unsafe, abi and types (a function's last one is its result); each layout has name, package,
version, kind, size, align, option_size, repr, fields and variants.

Exit codes: 0 printed, 2 wrong usage, or the file is no bundle of this machine.")]
pub(super) struct Arguments {
    /// A bundle's library
    file: PathBuf,
    /// How it is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    match Library::open(&arguments.file) {
        Err(error) => output::fail(&error, arguments.format),
        Ok(library) => match arguments.format {
            Format::Text => output::print(&text(&library), 0),
            Format::Json => output::print(&format!("{}\n", json(&library)), 0),
        },
    }
}

fn text(library: &Library) -> String {
    let header = &library.header;
    let name = format!("{} {}", header.package, header.version);
    let mut text = format!("{HEADING}{}{HEADING:#}\n", output::plain(&name));
    let mut facts = vec![
        ("crate", header.crate_name.clone()),
        ("file", library.path.display().to_string()),
        ("sources", header.manifest_dir.clone()),
    ];
    facts.extend(library.build().map(|(name, value)| (short(name), value)));
    let allocation = if header.forwards_allocation { "the host's" } else { "its own" };
    facts.extend([("allocator", allocation.to_owned()), ("boundary", header.abi.to_string())]);
    text += &rows(facts.into_iter().map(|(name, value)| (name.to_owned(), value)));

    let defined = |kind| library.exports.iter().filter(move |item| item.kind == kind);
    list(&mut text, "functions", defined(Kind::Function));
    list(&mut text, "vars", defined(Kind::Var));
    list(&mut text, "imports", library.imports.iter());
    let types = types(library);
    if !types.is_empty() {
        let widest = types.iter().map(|ty| output::plain(&ty.name).chars().count()).max();
        let column = widest.unwrap_or(0).clamp(4, 32);
        let heading = format!("{:column$}", "types");
        let _ = writeln!(text, "\n{HEADING}{heading}{HEADING:#}      size   align  option");
        for Type { name, size, align, option_size, .. } in types {
            let name = output::plain(name);
            let _ = writeln!(text, "  {name:column$}  {size:>6}  {align:>6}  {option_size:>6}");
        }
    }
    text + &layouts::text(&library.layouts)
}

/// The name of a fact where there is a heading's room for it.
fn short(name: &'static str) -> &'static str {
    match name {
        "compiler commit" => "commit",
        "panic strategy" => "panic",
        "target features" => "features",
        "setting of the feature `static`" => "static",
        name => name,
    }
}

fn list<'a>(text: &mut String, heading: &str, items: impl Iterator<Item = &'a Item>) {
    let rows = rows(items.map(|item| (item.path.clone(), item.display.to_string())));
    if !rows.is_empty() {
        let _ = write!(text, "\n{HEADING}{heading}{HEADING:#}\n{rows}");
    }
}

fn rows(rows: impl Iterator<Item = (String, String)>) -> String {
    let rows: Vec<_> =
        rows.map(|(name, value)| (output::plain(&name), output::plain(&value))).collect();
    output::two_columns(&rows)
}

/// Every type of a signature or var, once. One name may stand for several types.
fn types(library: &Library) -> Vec<&Type> {
    let mut types: Vec<_> = library
        .exports
        .iter()
        .chain(&library.imports)
        .flat_map(|item| &item.types)
        .map(|ty| &**ty)
        .collect();
    let key = |ty: &&Type| (ty.name.clone(), ty.size, ty.align, ty.option_size);
    types.sort_by_key(key);
    types.dedup_by_key(|ty| key(ty));
    types
}

fn json(library: &Library) -> Value {
    let header = &library.header;
    let facts = library.build().map(|(name, value)| (short(name).to_owned(), Value::from(value)));
    let mut build = serde_json::Map::from_iter(facts);
    let names = build["features"].as_str().unwrap_or_default();
    let names: Value = names.split_whitespace().collect();
    build["features"] = names;
    build["static"] = header.is_static.into();
    build.insert("allocator".to_owned(), allocator(library).into());
    build.insert("boundary".to_owned(), header.abi.into());
    json!({
        "package": header.package,
        "version": header.version,
        "crate": header.crate_name,
        "file": library.path.to_string_lossy(),
        "sources": header.manifest_dir,
        "build": build,
        "exports": library.exports.iter().map(item).collect::<Value>(),
        "imports": library.imports.iter().map(item).collect::<Value>(),
        "layouts": layouts::json(&library.layouts),
    })
}

fn allocator(library: &Library) -> &'static str {
    if library.header.forwards_allocation { "host" } else { "own" }
}

fn item(item: &Item) -> Value {
    let Item { kind, path, package, version, is_unsafe, abi, display, types, .. } = item;
    json!({
        "kind": kind.to_string(),
        "path": path,
        "signature": **display,
        "package": **package,
        "version": **version,
        "unsafe": is_unsafe,
        "abi": (*kind == Kind::Function).then_some(&**abi),
        "types": types.iter().map(|one| ty(one)).collect::<Value>(),
    })
}

/// Of a function's list the last one is the result.
fn ty(ty: &Type) -> Value {
    let Type { name, lifetimes, size, align, option_size, ty: is } = ty;
    json!({
        "name": **name,
        "lifetimes": **lifetimes,
        "size": size,
        "align": align,
        "option_size": option_size,
        "type": is.with_version(),
        "id": format!("{:016x}", is.id),
    })
}
