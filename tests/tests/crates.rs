//! What each crate of the framework brings along: a bundle has nothing of the host in it, and an
//! engine needs the types alone.

use std::{
    collections::BTreeSet,
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use tests::LoadLibrary as _;
use tests::{
    fixture::{cargo, repository, target_dir},
    workspace::{BUNDLE, Workspace},
};

const ENGINE: &str = "
#[hot::versioned]
#[derive(Default)]
pub struct World { pub names: Vec<String>, pub heat: f32 }

pub fn is_known<T: hot::Versioned>(_: &T) -> bool { true }
";

const LOGIC: &str = "
hot::bundle!();

#[hot::export]
pub static WORLD: hot::State<engine::World> = hot::State::new(engine::World::default);

#[hot::export]
pub fn add(name: &str) -> usize {
    let mut world = WORLD.write();
    assert!(engine::is_known(&*world));
    world.names.push(name.to_owned());
    // Instances of std's generic code, which the host has too.
    let mut sorted: Vec<String> = world.names.iter().cloned().collect();
    sorted.sort();
    let map: std::collections::HashMap<String, usize> = sorted.into_iter().zip(0..).collect();
    map.len()
}
";

/// An engine and a bundle. Their names have that of the test in them: tests share a target folder,
/// where packages of one name overwrite each other.
fn workspace() -> Workspace {
    let workspace = Workspace::new("alone");
    let dependency = |package: &str, folder: &str| {
        format!("hot = {{ package = {package:?}, path = {:?} }}\n", repository().join(folder))
    };
    let package = |name: &str, folder: &str, sections: &str, dependencies: &str| {
        let manifest = format!(
            "[package]\nname = {name:?}\nversion = \"0.1.0\"\nedition = \"2024\"\n\n{sections}\n\n\
             [dependencies]\n{dependencies}"
        );
        workspace.write(&format!("{folder}/Cargo.toml"), &manifest);
    };
    package("alone-engine", "engine", "", &dependency("hotreload-types", "hotreload/types"));
    let engine = "engine = { package = \"alone-engine\", path = \"../engine\" }\n";
    package("alone", "alone", BUNDLE, &(dependency("hotreload-rt", "hotreload/rt") + engine));
    workspace.write("engine/src/lib.rs", ENGINE);
    workspace.write("alone/src/lib.rs", LOGIC);
    workspace
}

/// The crates that a package of the repository needs: `name-version`.
fn needs(package: &str, features: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--edges", "normal", "--prefix", "none"])
        .args(["--package", package, "--features", features, "--format", "{p}"])
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let name = |line: &str| {
        let mut words = line.split_whitespace();
        Some(format!("{}-{}", words.next()?, words.next()?.strip_prefix('v')?))
    };
    text.lines().filter_map(name).collect()
}

/// What there is in the file of the host's crate and of the crates that only the host needs. Symbols
/// have the crate's name in them, lines the path of the source file.
fn of_the_host(file: &Path, crates: &BTreeSet<String>) -> Vec<String> {
    let bytes = fs::read(file).unwrap();
    let text = String::from_utf8_lossy(&bytes);
    let host = ["hot_host", "hotreload/host/src"];
    let mut found: Vec<_> = host.map(str::to_owned).into();
    found.retain(|part| text.contains(part));
    // Read once, whatever the number of crates is.
    let sources = text.match_indices("/src").map(|(at, _)| &text.as_bytes()[..at]);
    let folders: BTreeSet<_> =
        sources.filter_map(|path| path.rsplit(|byte| *byte == b'/').next()).collect();
    let are_there = crates.iter().filter(|name| folders.contains(name.as_bytes()));
    found.extend(are_there.map(|name| format!("/{name}/src")));
    found
}

#[test]
fn no_symbol_and_no_line_of_the_host_is_in_a_bundle() {
    const BUNDLES: [&str; 3] = ["aquarium", "counter", "greeting"];
    let rt = needs("hotreload-rt", "log,tracing");
    let host = needs("hotreload-host", "watch,log,tracing");
    let only_host: BTreeSet<_> = host.difference(&rt).cloned().collect();
    assert!(only_host.iter().any(|name| name.starts_with("serde_json-")), "{only_host:?}");
    // Together with the demos, which ask for all that there is.
    let mut cargo = cargo();
    cargo.current_dir(repository()).env_remove("CARGO_INCREMENTAL");
    cargo.args(["build", "--offline", "--locked", "--lib", "-p", "examples"]);
    BUNDLES.iter().for_each(|bundle| _ = cargo.args(["-p", bundle]));
    assert!(cargo.status().unwrap().success());
    for bundle in BUNDLES {
        let name = format!("{}{bundle}{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
        // What it asks for itself is its own.
        let foreign = only_host.difference(&needs(bundle, "")).cloned().collect();
        assert_eq!(of_the_host(&target_dir().join("debug").join(name), &foreign), [""; 0]);
    }
    // What is looked for is what is there if it is.
    let in_program = of_the_host(&env::current_exe().unwrap(), &only_host);
    assert!(in_program.len() > 10, "{in_program:?}");
}

/// The features of each dependency, for a choice of packages and of edges.
fn features(packages: &[&str], edges: &str) -> BTreeSet<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "--prefix", "none", "--no-dedupe"])
        .args(["--edges", edges, "--format", "{p} [{f}]"])
        .args(packages)
        .current_dir(repository())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// Else what is compiled for one choice would not serve another: see tests/features/Cargo.toml.
#[test]
fn whichever_package_is_built_its_dependencies_have_the_same_features() {
    // As `cargo test --workspace` chooses them.
    let all = features(&["--workspace"], "normal,dev");
    assert!(all.iter().any(|line| line.starts_with("syn v3") && line.contains("full")), "{all:?}");
    for packages in [&["-p", "examples"][..], &["-p", "tests"], &["-p", "examples", "-p", "ping"]] {
        let other: Vec<_> = features(packages, "normal").difference(&all).cloned().collect();
        assert_eq!(other, [""; 0], "for {packages:?}");
    }
}

fn build(workspace: &Workspace) -> PathBuf {
    workspace.cargo(&["build"]).library("alone")
}

#[test]
fn an_engine_that_depends_on_the_types_alone_is_checked_as_any_crate() {
    let workspace = workspace();
    let host = hot::Host::start().unwrap();
    let logic = host.load_library(build(&workspace)).unwrap();
    let add = hot::lookup!(host, "alone::add", fn(&str) -> usize).unwrap();
    assert_eq!((add("Ann"), add("Bob")), (1, 2));
    workspace.write("alone/src/lib.rs", &LOGIC.replace("map.len()", "map.len() * 10"));
    host.load_library(build(&workspace)).unwrap();
    assert_eq!(add("Cid"), 30, "the state has lived on");
    let wider = ENGINE.replace("pub heat: f32", "pub heat: f64");
    workspace.write("engine/src/lib.rs", &wider);
    host.load_library(build(&workspace)).unwrap();
    let moved = logic.report().unwrap().migration.clone().unwrap();
    assert_eq!(moved.states, ["alone::WORLD"], "{moved}");
    assert_eq!(add("Dan"), 40, "the state has moved to the engine's new type");
    workspace.write("engine/src/lib.rs", &wider.replace("pub heat", "heat"));
    let refused = host.load_library(build(&workspace)).unwrap_err();
    assert_eq!(refused.code(), hot::Code::StateLayout, "{refused}");
    assert!(refused.to_string().contains("World.heat"), "{refused}");
    assert_eq!((add("Eve"), logic.generation().unwrap()), (50, 3));
}
