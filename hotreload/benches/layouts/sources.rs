//! The workspaces: bundles of many structs, and bundles of many exports with their host.

use std::{fmt::Write as _, fs, io, path::Path};

use super::workspace::{lock, write_file};

/// The bundles of the first workspace: with the structs as they are, with the attribute, with serde's
/// derives, and with the attribute and a state that reaches all of them.
pub(super) const BUNDLES: [&str; 4] = ["plain", "versioned", "derived", "reached"];
/// Structs of each of them.
pub(super) const TYPES: u32 = 100;
/// How many exports the bundles of the second have.
pub(super) const EXPORTS: [u32; 3] = [10, 1_000, 10_000];

/// The profile is the one that `cargo hotreload new` writes.
const STRUCTS: &str = "[workspace]
resolver = \"3\"
members = [\"*\"]
exclude = [\"target\"]

[profile.dev]
debug = \"line-tables-only\"

[profile.dev.package.\"*\"]
debug = false
";

/// Writes the workspace whose builds are measured.
pub(super) fn write_structs(folder: &Path) -> io::Result<()> {
    write_file(folder.join("Cargo.toml"), STRUCTS)?;
    lock(folder, ".")?;
    for bundle in BUNDLES {
        let serde = "serde = { version = \"1\", features = [\"derive\"] }\n";
        let dependencies = if bundle == "derived" { serde } else { "" };
        write_file(folder.join(bundle).join("Cargo.toml"), &manifest(bundle, dependencies))?;
        edit(folder, bundle, 0)?;
    }
    Ok(())
}

/// Edits one line of a bundle: the structs differ by their attribute only.
pub(super) fn edit(folder: &Path, bundle: &str, number: u32) -> io::Result<()> {
    let attribute = match bundle {
        "versioned" | "reached" => "#[hot::versioned]\n",
        "derived" => "#[derive(serde::Serialize, serde::Deserialize)]\n",
        _ => "",
    };
    let mut source = "use std::collections::HashMap;\n\nhot::bundle!();\n\n".to_owned();
    for index in 0..TYPES {
        // Not one in the next through all of them: no program nests types so deep.
        let inner = if index == 0 { "u128".to_owned() } else { format!("Type{}", index / 2) };
        let _ = writeln!(
            source,
            "{attribute}pub struct Type{index} {{\n    pub id: u32,\n    pub weight: f32,\n    \
             pub name: String,\n    pub bytes: Vec<u8>,\n    pub parent: Option<u64>,\n    \
             pub title: Option<String>,\n    pub visible: bool,\n    pub color: [f32; 4],\n    \
             pub position: (u16, i64),\n    pub next: Option<Box<Type{index}>>,\n    \
             pub counts: HashMap<String, u32>,\n    pub inner: {inner},\n}}\n"
        );
    }
    if bundle == "reached" {
        // The others are within these.
        let outermost = || TYPES / 2..TYPES;
        let fields = outermost().map(|index| format!("    pub all{index}: Vec<Type{index}>,\n"));
        let _ = writeln!(
            source,
            "{attribute}#[derive(Default)]\npub struct World {{\n{}}}\n\n\
             #[hot::export]\npub static WORLD: hot::State<World> = hot::State::new(World::default);\n",
            fields.collect::<String>()
        );
    }
    let _ = writeln!(
        source,
        "#[hot::export]\npub fn tick(n: u32) -> u32 {{\n    n.wrapping_add({})\n}}",
        7_000 + number
    );
    let path = folder.join(bundle).join("src/lib.rs");
    fs::create_dir_all(path.parent().expect("it has a folder"))?;
    fs::write(path, source)
}

/// Versioned types in the bundles of exports.
const ARGUMENTS: u32 = 20;
/// Exports of one module.
const MODULE: u32 = 500;

/// The bundle with so many exports.
pub(super) fn bundle(exports: u32) -> String {
    format!("exports{exports}")
}

/// The bundle that calls all of them.
pub(super) fn user(exports: u32) -> String {
    format!("exports{exports}_user")
}

/// Writes the workspace whose bundles are checked.
pub(super) fn write_exports(folder: &Path) -> io::Result<()> {
    let mut members = "\"host\"".to_owned();
    for count in EXPORTS {
        let (bundle, user) = (bundle(count), user(count));
        let _ = write!(members, ", \"{bundle}\", \"{user}\"");
        write_file(folder.join(&bundle).join("Cargo.toml"), &manifest(&bundle, ""))?;
        write_file(folder.join(&bundle).join("src/lib.rs"), &exports(count))?;
        let linked = format!("{bundle} = {{ path = \"../{bundle}\" }}\n");
        write_file(folder.join(&user).join("Cargo.toml"), &manifest(&user, &linked))?;
        let source = format!("hot::bundle!();\n\npub use {bundle}::call0;\n");
        write_file(folder.join(&user).join("src/lib.rs"), &source)?;
    }
    let workspace = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{members}]\n\n\
         [profile.dev]\ndebug = false\nincremental = false\n"
    );
    write_file(folder.join("Cargo.toml"), &workspace)?;
    lock(folder, ".")?;
    let host = format!(
        "[package]\nname = \"host\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [dependencies]\nhotreload = {{ path = {:?}, features = [\"host\"] }}\n\
         object = {{ version = \"0.40\", default-features = false, features = [\"read\", \"std\", \
         \"elf\", \"macho\", \"pe\"] }}\n",
        env!("CARGO_MANIFEST_DIR")
    );
    write_file(folder.join("host/Cargo.toml"), &host)?;
    write_file(folder.join("host/src/main.rs"), include_str!("scratch/host.rs"))
}

fn exports(count: u32) -> String {
    let mut source = "hot::bundle!();\n\n".to_owned();
    for index in 0..ARGUMENTS {
        let _ = writeln!(
            source,
            "#[hot::versioned]\npub struct Type{index} {{\n    pub id: u32,\n    \
             pub name: String,\n    pub scores: Vec<f32>,\n    pub position: (f32, f32),\n}}\n"
        );
    }
    for first in (0..count).step_by(MODULE as usize) {
        let _ = writeln!(source, "mod of{first} {{\n    use super::*;\n");
        for index in first..count.min(first + MODULE) {
            let ty = index % ARGUMENTS;
            let _ = writeln!(
                source,
                "    #[hot::export]\n    pub fn call{index}(a: &Type{ty}, b: u32) -> u32 {{\n        \
                 a.id ^ b\n    }}\n"
            );
        }
        source += "}\n\n";
    }
    source + "pub use of0::call0;\n"
}

fn manifest(name: &str, dependencies: &str) -> String {
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"rlib\", \"cdylib\"]\n\n\
         [dependencies]\nhot = {{ package = \"hotreload-rt\", path = \"{}/rt\" }}\n{dependencies}",
        env!("CARGO_MANIFEST_DIR")
    )
}
