//! `cargo hotreload inspect FILE`.

use std::{borrow::Cow, fmt::Write as _, path::PathBuf, process::ExitCode};

use serde::Serialize;

use super::{
    layouts::{self, LayoutForm},
    output::{self, Format, HEADING},
};
use hot_host::{
    Kind,
    command::{Item, Library, Migrate, Type, columns, line},
};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The file is read, not loaded: none of its code runs. Types of signatures are shown as the manifest has \
them: size, alignment, and the size of their Option, all in bytes. Types marked `#[hot::versioned]` are \
shown with their fields; generic ones are known when they are loaded.

Examples:
  cargo hotreload inspect target/debug/libmath.so
  cargo hotreload inspect target/debug/libmath.so --format json | jq '.exports[].path'

JSON: an object of package, version, crate, file, sources, build, and the lists exports, imports, \
migrates and layouts; each export and import has kind, path, signature, package, version, unsafe, abi \
and types (a function's last one is its result); each migrate function has path, old and new; each \
layout has name, package, version, kind, size, align, option_size, repr, fields and variants.

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
            Format::Json => output::print(&(line(&LibraryForm::of(&library)) + "\n"), 0),
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
    facts.extend([("allocator", allocation.to_owned()), ("format", header.format.to_string())]);
    text += &rows(facts.into_iter().map(|(name, value)| (name.to_owned(), value)));

    let defined = |kind| library.exports.iter().filter(move |item| item.kind == kind);
    list(&mut text, "functions", defined(Kind::Function));
    list(&mut text, "vars", defined(Kind::Var));
    list(&mut text, "imports", library.imports.iter());
    let migrates = library.migrates.iter();
    let migrates = migrates.map(|it| (it.path.clone(), format!("makes {} of {}", it.new, it.old)));
    text += &output::section("migrate functions", &rows(migrates));
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
        "version of the framework" => "framework",
        "setting of the feature `static`" => "static",
        name => name,
    }
}

fn list<'a>(text: &mut String, heading: &str, items: impl Iterator<Item = &'a Item>) {
    let items = items.map(|item| (item.path.clone(), item.display.to_string()));
    *text += &output::section(heading, &rows(items));
}

fn rows(rows: impl Iterator<Item = (String, String)>) -> String {
    let rows: Vec<_> =
        rows.map(|(name, value)| [output::plain(&name), output::plain(&value)]).collect();
    columns(&rows)
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

/// A library in its form as JSON.
#[derive(Serialize)]
struct LibraryForm<'a> {
    package: &'a str,
    version: &'a str,
    #[serde(rename = "crate")]
    crate_name: &'a str,
    file: Cow<'a, str>,
    sources: &'a str,
    build: BuildForm,
    exports: Vec<ItemForm<'a>>,
    imports: Vec<ItemForm<'a>>,
    migrates: Vec<MigrateForm<'a>>,
    layouts: Vec<LayoutForm<'a>>,
}

#[derive(Serialize)]
struct MigrateForm<'a> {
    path: &'a str,
    old: String,
    new: String,
}

#[derive(Serialize)]
struct BuildForm {
    compiler: String,
    commit: String,
    target: String,
    panic: String,
    features: Vec<String>,
    std: String,
    #[serde(rename = "static")]
    is_static: bool,
    allocator: &'static str,
    framework: String,
    format: u32,
}

#[derive(Serialize)]
struct ItemForm<'a> {
    kind: String,
    path: &'a str,
    signature: &'a str,
    package: &'a str,
    version: &'a str,
    #[serde(rename = "unsafe")]
    is_unsafe: bool,
    /// Of a function.
    abi: Option<&'a str>,
    /// Of a function's list the last one is the result.
    types: Vec<TypeForm<'a>>,
}

#[derive(Serialize)]
struct TypeForm<'a> {
    name: &'a str,
    lifetimes: &'a str,
    size: u64,
    align: u64,
    option_size: u64,
    #[serde(rename = "type")]
    is: String,
    id: String,
}

impl<'a> LibraryForm<'a> {
    fn of(library: &'a Library) -> LibraryForm<'a> {
        let header = &library.header;
        LibraryForm {
            package: &header.package,
            version: &header.version,
            crate_name: &header.crate_name,
            file: library.path.to_string_lossy(),
            sources: &header.manifest_dir,
            build: BuildForm::of(library),
            exports: library.exports.iter().map(ItemForm::of).collect(),
            imports: library.imports.iter().map(ItemForm::of).collect(),
            migrates: library.migrates.iter().map(MigrateForm::of).collect(),
            layouts: library.layouts.iter().map(LayoutForm::of).collect(),
        }
    }
}

impl BuildForm {
    fn of(library: &Library) -> BuildForm {
        let header = &library.header;
        let [compiler, commit, target, panic, features, std, _, framework] =
            library.build().map(|(_, value)| value);
        BuildForm {
            compiler,
            commit,
            target,
            panic,
            features: features.split_whitespace().map(str::to_owned).collect(),
            std,
            is_static: header.is_static,
            allocator: if header.forwards_allocation { "host" } else { "own" },
            framework,
            format: header.format,
        }
    }
}

impl<'a> MigrateForm<'a> {
    fn of(function: &'a Migrate) -> MigrateForm<'a> {
        let Migrate { path, old, new } = function;
        MigrateForm { path, old: old.with_version(), new: new.with_version() }
    }
}

impl<'a> ItemForm<'a> {
    fn of(item: &'a Item) -> ItemForm<'a> {
        let Item { kind, path, package, version, is_unsafe, abi, display, types, .. } = item;
        ItemForm {
            kind: kind.to_string(),
            path,
            signature: display,
            package,
            version,
            is_unsafe: *is_unsafe,
            abi: (*kind == Kind::Function).then_some(abi),
            types: types.iter().map(|ty| TypeForm::of(ty)).collect(),
        }
    }
}

impl<'a> TypeForm<'a> {
    fn of(ty: &'a Type) -> TypeForm<'a> {
        let Type { name, lifetimes, size, align, option_size, ty: is } = ty;
        TypeForm {
            name,
            lifetimes,
            size: *size,
            align: *align,
            option_size: *option_size,
            is: is.with_version(),
            id: format!("{:016x}", is.id),
        }
    }
}
