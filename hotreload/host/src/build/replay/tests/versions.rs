//! Other versions of packages, other lints, another build script: what manifests and the lock file say.

use super::*;

/// Replaces crates.io, so that no version has to be fetched.
pub(super) const SOURCES: &str = "[source.crates-io]
replace-with = \"here\"
[source.here]
directory = \"vendor\"
";

impl Project {
    /// Puts a package where the registry's are.
    pub(super) fn publish(&self, name: &str, version: &str, dependencies: &str, source: &str) {
        let folder = format!("vendor/{name}-{version}");
        let package = format!("[package]\nname = \"{name}\"\nedition = \"2024\"\n");
        let manifest = format!("{package}version = \"{version}\"\n{dependencies}");
        self.write(&format!("{folder}/Cargo.toml"), &manifest);
        self.write(&format!("{folder}/src/lib.rs"), source);
        self.write(&format!("{folder}/.cargo-checksum.json"), "{\"files\": {}}");
        // A file that nobody knew has to be older than the build.
        thread::sleep(Duration::from_millis(50));
    }

    pub(super) fn write_helper(&self, folder: &str, version: &str, name: &str) {
        let package = "[package]\nname = \"helper\"\nedition = \"2024\"\n";
        self.write(&format!("{folder}/Cargo.toml"), &format!("{package}version = \"{version}\"\n"));
        let source = format!("pub const NAME: &str = \"{name}\";\n");
        self.write(&format!("{folder}/src/lib.rs"), &source);
        // A file that nobody knew has to be older than the build.
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn other_versions_are_cargos() {
    let mut project = Project::new();
    project.write(".cargo/config.toml", SOURCES);
    let publish = |project: &Project, version: &str| {
        let source = format!("pub const NAME: &str = \"helper-{version}\";\n");
        project.publish("helper", version, "", &source);
    };
    publish(&project, "1.0.0");
    let dependencies = "[dependencies]\nhelper = \"1\"";
    project.replace("logic/Cargo.toml", "[dependencies]", dependencies);
    project.replace("logic/src/lib.rs", "\"first\"", "helper::NAME");
    thread::sleep(Duration::from_millis(50));
    let (by, value) = project.built();
    assert_eq!(by, BuiltBy::Cargo { why: None }, "the first");
    assert!(value.contains("helper-1.0.0"), "{value}");
    assert_eq!(value, project.cargos());
    project.write("logic/src/text.txt", "text one");
    project.by_rustc("helper-1.0.0 text one");

    publish(&project, "1.0.1");
    let mut cargo = crate::build::command::cargo(&project.root, &[]);
    assert!(cargo.args(["update", "-q", "--offline", "helper"]).status().unwrap().success());
    project.by_cargo("Cargo.lock was changed", "helper-1.0.1");
    project.write("logic/src/text.txt", "text two");
    project.by_rustc("helper-1.0.1 text two");

    // A patch is a package that no manifest names as a dependency.
    project.write_helper("patched", "1.0.1", "patched");
    let manifest = fs::read_to_string(project.root.join("Cargo.toml")).unwrap();
    let patch = "\n[patch.crates-io]\nhelper = { path = \"patched\" }\n";
    project.write("Cargo.toml", &(manifest + patch));
    project.by_cargo("Cargo.toml was changed", "patched");
    project.write("logic/src/text.txt", "text three");
    project.by_rustc("patched text three");
    project.replace("patched/src/lib.rs", "patched", "patched-again");
    project.by_cargo("patched/src/lib.rs was changed", "patched-again");
    project.write_helper("other-patch", "1.0.1", "other-patch");
    project.replace("Cargo.toml", "\"patched\"", "\"other-patch\"");
    project.by_cargo("Cargo.toml was changed", "other-patch");

    // A warning becomes an error.
    let dead = "fn dead() {}\npub struct Own";
    project.replace("logic/src/lib.rs", "pub struct Own", dead);
    project.by_rustc("other-patch");
    let lints = "[lints.rust]\ndead_code = \"deny\"\n\n[features]";
    project.replace("logic/Cargo.toml", "[features]", lints);
    let error = project.build().unwrap_err();
    assert!(error.to_string().contains("function `dead` is never used"), "{error}");
    project.replace("logic/src/lib.rs", "fn dead() {}\n", "");
    project.write("logic/src/text.txt", "text four");
    project.by_cargo("cargo's last build has failed", "text four");

    // A build script that says something else of the same files.
    project.replace("logic/build.rs", "-made", "-made-otherwise");
    project.by_cargo("logic/build.rs was changed", "asset-made-otherwise");
    project.write("logic/src/text.txt", "text five");
    project.by_rustc("text five");
}
