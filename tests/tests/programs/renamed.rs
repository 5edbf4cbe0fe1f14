//! The macros in crates that are not like ours: another edition, the library by another name.

use std::{fs, path::Path};

use tests::{
    fixture::{PROFILE, cargo},
    workspace::HOST_FEATURES,
};

/// Builds `fixtures/renamed.rs` as a package of its own and runs it.
fn run_in_edition(edition: &str) {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let scratch = Path::new(env!("CARGO_TARGET_TMPDIR")).join("renamed");
    let name = format!("renamed_{edition}");
    let package = scratch.join(&name);
    fs::create_dir_all(package.join("src")).unwrap();
    fs::copy(here.join("fixtures/renamed.rs"), package.join("src/main.rs")).unwrap();
    // The versions of the workspace, so that nothing has to be downloaded.
    fs::copy(here.join("../Cargo.lock"), package.join("Cargo.lock")).unwrap();
    let manifest = format!(
        "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = {edition:?}\n\n\
         [dependencies]\n\
         renamed = {{ package = \"hotreload\", path = {:?}, features = [{HOST_FEATURES}] }}\n\n[workspace]\n\n{PROFILE}",
        here.join("../hotreload"),
    );
    fs::write(package.join("Cargo.toml"), manifest).unwrap();
    let mut cargo = cargo();
    let status =
        cargo.args(["run", "--quiet", "--offline"]).current_dir(&package).status().unwrap();
    assert!(status.success(), "edition {edition}: {status}");
}

#[test]
fn a_renamed_dependency_in_edition_2021() {
    run_in_edition("2021");
}

#[test]
fn a_renamed_dependency_in_edition_2024() {
    run_in_edition("2024");
}
