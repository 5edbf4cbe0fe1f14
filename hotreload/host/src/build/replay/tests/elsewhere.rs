//! Packages of other workspaces, and those that stand in for a registry's.

use super::versions::SOURCES;
use super::*;

#[test]
fn what_lies_elsewhere_is_cargos() {
    let mut project = Project::new();
    project.write(".cargo/config.toml", SOURCES);
    // Only a package of the registry needs the one that is patched: cargo lists no file of it.
    project.publish(
        "outer",
        "1.0.0",
        "[dependencies]\nhelper = \"1\"\n",
        "pub use helper::NAME;\n",
    );
    project.publish("helper", "1.0.0", "", "pub const NAME: &str = \"helper\";\n");
    project.write_helper("patched", "1.0.0", "patched");
    let patch = "\n[patch.crates-io]\nhelper = { path = \"patched\" }\n";
    let members = ROOT.replace("\"names\"]", "\"names\", \"patched\"]");
    project.write("Cargo.toml", &(members + patch));
    // It has its version from a root that is not the bundle's.
    let version = |number: &str| {
        format!("[workspace]\nmembers = [\"part\"]\n[workspace.package]\nversion = \"{number}\"\n")
    };
    project.write("../engine/Cargo.toml", &version("3.0.0"));
    let part = "[package]\nname = \"part\"\nversion.workspace = true\nedition = \"2024\"\n";
    project.write("../engine/part/Cargo.toml", part);
    let source = "pub const VERSION: &str = env!(\"CARGO_PKG_VERSION\");\n";
    project.write("../engine/part/src/lib.rs", source);
    let dependencies = "[dependencies]\nouter = \"1\"\npart.path = \"../../engine/part\"";
    project.replace("logic/Cargo.toml", "[dependencies]", dependencies);
    let both = "outer::NAME.to_owned() + part::VERSION";
    project.replace("logic/src/lib.rs", "\"first\"", both);
    thread::sleep(Duration::from_millis(50));

    let built = project.build().unwrap();
    let patched = project.root.join("patched/src/lib.rs");
    assert!(built.read(&project.root).contains(&patched), "{built:?}");
    project.built();
    project.write("logic/src/text.txt", "text one");
    project.by_rustc("patched3.0.0 text one");
    let built = project.build().unwrap();
    assert_eq!(built.maker.as_ref().unwrap().by, BuiltBy::Rustc);
    assert!(built.read(&project.root).contains(&patched), "{built:?}");

    project.replace("patched/src/lib.rs", "patched", "again");
    project.by_cargo("patched/src/lib.rs was changed", "again3.0.0");
    project.write("../engine/Cargo.toml", &version("3.1.0"));
    project.by_cargo("engine/Cargo.toml was changed", "again3.1.0");
    project.write("logic/src/text.txt", "text two");
    project.by_rustc("again3.1.0 text two");

    // What such a script reads is not known.
    project.write("patched/build.rs", "fn main() {}\n");
    project.by_cargo("patched/build.rs was changed", "again");
    project.write("logic/src/text.txt", "text three");
    project.by_cargo("patched has a build script", "text three");
}

#[test]
fn lists_that_are_relative_to_a_folder_above() {
    let mut project = Project::new();
    project.write("../.cargo/config.toml", "[build]\ndep-info-basedir = \".\"\n");
    project.built();
    let list = fs::read_to_string(project.root.join("target/debug/liblogic.d")).unwrap();
    assert!(list.contains(" workspace/dep/src/lib.rs"), "{list}");
    project.write("logic/src/text.txt", "text one");
    project.by_rustc("text one");
    project.replace("dep/src/lib.rs", "u8", "u64");
    project.by_cargo("dep/src/lib.rs was changed", " 8 ");
}
