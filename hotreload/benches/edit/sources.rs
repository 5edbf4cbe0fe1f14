//! The workspaces that are edited: a bundle of four lines; the same with a literal that needs no build;
//! one with a hundred serde types; one with thirty systems of an engine, which has some fifty
//! dependencies.

use std::{fmt::Write as _, fs, io, path::Path};

use super::workspace::{lock, write_file};

/// The profile is the one that `cargo hotreload new` writes.
const WORKSPACE: &str = "[workspace]
resolver = \"3\"
members = [\"host\", \"tiny\", \"tweaked\", \"types\", \"systems\"]

[profile.dev]
debug = \"line-tables-only\"

[profile.dev.package.\"*\"]
debug = false
";

/// Writes the whole workspace, before any edit.
pub(super) fn write(folder: &Path) -> io::Result<()> {
    let package = env!("CARGO_MANIFEST_DIR");
    write_file(folder.join("Cargo.toml"), WORKSPACE)?;
    lock(folder, ".")?;
    for (name, features, more) in [
        ("host", "features = [\"watch\"]", "libloading = \"0.9\"\n"),
        ("tiny", "", ""),
        ("tweaked", "", ""),
        ("types", "", "serde = { version = \"1\", features = [\"derive\"] }\nserde_json = \"1\"\n"),
        ("systems", "", "bevy_ecs = \"0.20\"\n"),
    ] {
        let library =
            if name == "host" { "" } else { "[lib]\ncrate-type = [\"rlib\", \"cdylib\"]\n\n" };
        let features = if features.is_empty() { String::new() } else { format!(", {features}") };
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{library}\
             [dependencies]\nhotreload = {{ path = {package:?}{features} }}\n{more}"
        );
        write_file(folder.join(name).join("Cargo.toml"), &manifest)?;
    }
    write_file(folder.join("host/src/main.rs"), include_str!("scratch/host.rs"))?;
    for bundle in ["tiny", "tweaked", "types", "systems"] {
        edit(folder, bundle, 0)?;
    }
    Ok(())
}

/// What has the shared library linked.
const SHARED: &str = "use edit_shared as _;\n\n";

/// Gives a workspace a shared library with the engine in it, as `cargo hotreload share bevy_ecs` does.
pub(super) fn share(folder: &Path) -> io::Result<()> {
    const MANIFEST: &str = "[package]\nname = \"edit-shared\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
         [lib]\ncrate-type = [\"dylib\", \"rlib\"]\n\n\
         [package.metadata.hotreload]\nshared = true\n\n\
         [dependencies]\nbevy_ecs = \"0.20\"\n";
    let root = WORKSPACE.replace("\"systems\"]", "\"systems\", \"shared\"]");
    write_file(folder.join("Cargo.toml"), &root)?;
    write_file(folder.join("shared/Cargo.toml"), MANIFEST)?;
    write_file(folder.join("shared/src/lib.rs"), "extern crate bevy_ecs as _;\n")?;
    for package in ["host", "tiny", "types", "systems"] {
        let manifest = folder.join(package).join("Cargo.toml");
        let text = fs::read_to_string(&manifest)?;
        fs::write(manifest, format!("{text}edit-shared = {{ path = \"../shared\" }}\n"))?;
    }
    let host = format!("{}\n{SHARED}", include_str!("scratch/host.rs"));
    fs::write(folder.join("host/src/main.rs"), host)?;
    ["tiny", "types", "systems"].into_iter().try_for_each(|bundle| edit(folder, bundle, 0))
}

/// What the bundle's `answer` gives after this edit.
pub(super) fn answer(number: u32) -> u32 {
    7_000 + number
}

/// Edits one function of the bundle.
pub(super) fn edit(folder: &Path, bundle: &str, number: u32) -> io::Result<()> {
    let source = match bundle {
        "tiny" => tiny(number),
        "tweaked" => tweaked(number),
        "types" => types(number),
        _ => systems(number),
    };
    // As an editor does: the file is written in place.
    fs::create_dir_all(folder.join(bundle).join("src"))?;
    let shared = if folder.join("shared").exists() { SHARED } else { "" };
    fs::write(folder.join(bundle).join("src/lib.rs"), format!("{shared}{source}"))
}

fn tiny(number: u32) -> String {
    format!(
        "hot::bundle!();\n#[hot::export]\npub fn answer() -> u32 {{\n    {}\n}}\n",
        answer(number)
    )
}

fn tweaked(number: u32) -> String {
    tiny(number).replace("hot::export", "hot::export(tweak)")
}

fn types(number: u32) -> String {
    let mut source = "use serde::{Deserialize, Serialize};\n\nhot::bundle!();\n\n".to_owned();
    for index in 0..100 {
        let _ = writeln!(
            source,
            "#[derive(Debug, Default, Clone, PartialEq, Serialize, Deserialize)]\n\
             pub struct Type{index} {{\n    pub id: u64,\n    pub name: String,\n    \
             pub scores: Vec<f32>,\n    pub parent: Option<Box<Type{index}>>,\n    \
             pub flags: [bool; 4],\n}}\n"
        );
    }
    let mut uses = String::new();
    for index in 0..100 {
        let _ = writeln!(
            uses,
            "    let text = serde_json::to_string(&Type{index}::default()).unwrap();\n    \
             assert_eq!(serde_json::from_str::<Type{index}>(&text).unwrap(), Type{index}::default());"
        );
    }
    let _ = writeln!(
        source,
        "#[hot::export]\npub fn round_trips() {{\n{uses}}}\n\n\
         #[hot::export]\npub fn answer() -> u32 {{\n    {}\n}}",
        answer(number)
    );
    source
}

fn systems(number: u32) -> String {
    let mut source = "use bevy_ecs::prelude::*;\n\nhot::bundle!();\n\n\
        #[derive(Component)]\npub struct Position(f32, f32);\n\
        #[derive(Component)]\npub struct Velocity(f32, f32);\n\
        #[derive(Component)]\npub struct Health(u32);\n\
        #[derive(Resource, Default)]\npub struct Answer(u32);\n\n"
        .to_owned();
    let mut added = String::new();
    for index in 0..30 {
        let _ = writeln!(
            source,
            "fn system{index}(mut bodies: Query<(&mut Position, &Velocity, Option<&Health>)>, \
             mut answer: ResMut<Answer>) {{\n    \
             for (mut position, velocity, health) in &mut bodies {{\n        \
             position.0 += velocity.0 * {index}.0;\n        position.1 += velocity.1;\n        \
             answer.0 += health.map_or({index}, |health| health.0);\n    }}\n    \
             answer.0 = ANSWER + {index};\n}}\n"
        );
        let _ = write!(added, "system{index}, ");
        if index % 10 == 9 {
            let _ = writeln!(
                source,
                "fn add{index}(schedule: &mut Schedule) {{\n    \
                 schedule.add_systems(({added}).chain());\n}}\n"
            );
            added.clear();
        }
    }
    // What is asked again and again while cargo builds costs nothing; the edit is in a system too.
    source
        + &format!("const ANSWER: u32 = {};\n\n", answer(number))
        + "#[hot::export]\npub fn answer() -> u32 {\n    ANSWER\n}\n\n\
        #[hot::export]\npub fn run() -> u32 {\n    let mut world = World::new();\n    \
        world.init_resource::<Answer>();\n    \
        world.spawn((Position(0.0, 0.0), Velocity(1.0, 1.0), Health(3)));\n    \
        let mut schedule = Schedule::default();\n    \
        add9(&mut schedule);\n    add19(&mut schedule);\n    add29(&mut schedule);\n    \
        schedule.run(&mut world);\n    world.resource::<Answer>().0\n}\n"
}
