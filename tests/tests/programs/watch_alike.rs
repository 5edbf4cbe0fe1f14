//! Hosts that cargo was asked to build in a way that no manifest says: their bundles are built alike,
//! or refused.
#![cfg(target_os = "linux")]

use std::fs;

use tests::{
    Workspace,
    dev::replace,
    fixture::{cargo, target_dir},
    workspace::BUNDLE,
};

use crate::watch_builds::{Running, host};

const MATH: &str = r#"hot::bundle!();
#[hot::export]
pub fn value() -> String {
    let mut features = vec!["first"];
    if cfg!(feature = "usual") { features.push("usual"); }
    if cfg!(feature = "fancy") { features.push("fancy"); }
    if alike_engine::SOUND { features.push("sound"); }
    if alike_far::DEEP { features.push("deep"); }
    features.join("+")
}
"#;

const MAIN: &str = r#"
fn main() {
    let (lines, received) = std::sync::mpsc::channel::<String>();
    let builder = hot::Host::builder().watch(move |line| lines.send(line.to_owned()).unwrap());
    let host = builder.start().unwrap();
    if let Err(error) = host.load_crate("alike_math") {
        println!("{error}\nrefused");
        return;
    }
    println!("value {}", alike_math::value());
    for line in received {
        println!("{line}\nvalue {}", alike_math::value());
    }
}
"#;

fn workspace() -> Workspace {
    let workspace = Workspace::new("alike");
    let features = "[features]\ndefault = [\"usual\"]\nusual = [\"alike_math/usual\"]\n\
                    fancy = [\"alike_math/fancy\"]\nsound = [\"alike_engine/sound\"]";
    let engine = "alike_engine = { path = \"../alike_engine\" }\n\
                  alike_far = { path = \"../out/alike_far\" }";
    workspace.package(
        "alike",
        features,
        "\"host\", \"watch\"",
        &format!("alike_math = {{ path = \"../alike_math\" }}\n{engine}"),
    );
    workspace.write("alike/src/main.rs", MAIN);
    let sections = format!("{BUNDLE}\n[features]\nusual = []\nfancy = []");
    workspace.package("alike_math", &sections, "", engine);
    workspace.write("alike_math/src/lib.rs", MATH);
    let package = |name: &str, rest: &str| {
        let head = "version = \"0.1.0\"\nedition = \"2024\"\n";
        let last = name.rsplit('/').next().unwrap();
        let manifest = format!("[package]\nname = \"{last}\"\n{head}{rest}");
        workspace.write(&format!("{name}/Cargo.toml"), &manifest);
    };
    package("alike_engine", "[features]\ndefault = []\nsound = []\n");
    let engine = "pub const SOUND: bool = cfg!(feature = \"sound\");\n";
    workspace.write("alike_engine/src/lib.rs", engine);
    // Not of the workspace.
    package("out/alike_far", "[features]\ndeep = []\n");
    let far = "pub const DEEP: bool = cfg!(feature = \"deep\");\n";
    workspace.write("out/alike_far/src/lib.rs", far);
    for (name, path, feature) in [
        ("alike_loud", "alike_engine = { path = \"../alike_engine\"", "sound"),
        ("alike_diver", "alike_far = { path = \"../out/alike_far\"", "deep"),
    ] {
        package(name, &format!("[dependencies]\n{path}, features = [{feature:?}] }}\n"));
        workspace.write(&format!("{name}/src/lib.rs"), "");
    }
    workspace
}

#[test]
fn a_bundle_is_built_as_its_host_or_refused() {
    let workspace = workspace();
    // Without the variable, which would be set to the reverse for a build that is not alike, in case that is
    // what differs: the framework is the same without it and with 0, since the profile says so.
    let start = |arguments: &[&str]| {
        let mut build = cargo();
        build.current_dir(workspace.folder()).args(["build", "--offline", "-p", "alike"]);
        assert!(build.args(arguments).env_remove("CARGO_INCREMENTAL").status().unwrap().success());
        let mut host = host(&target_dir().join("debug/alike"), None);
        host.env_remove("CARGO_INCREMENTAL");
        Running::start(host)
    };
    let lib = workspace.folder().join("alike_math/src/lib.rs");
    for (arguments, expected) in [
        (&["--features", "alike/fancy,alike/sound"][..], "first+usual+fancy+sound"),
        // Another package of the same run of cargo asks for `sound`.
        (
            &["--no-default-features", "--features", "alike/fancy", "-p", "alike_loud"],
            "first+fancy+sound",
        ),
    ] {
        let running = start(arguments);
        assert_eq!(running.wait_for("value ", 1), format!("value {expected}"), "{arguments:?}");
        let text = fs::read_to_string(&lib).unwrap();
        replace(&lib, &text.replace("first", "second"));
        let expected = expected.replace("first", "second");
        assert_eq!(running.wait_for("value ", 2), format!("value {expected}"), "{arguments:?}");
        drop(running);
        replace(&lib, &text);
    }

    // Of a package outside of the workspace nobody can ask for a feature, and of what the command
    // line says of profiles nothing can be known. One crate stands for all.
    let profile = "profile.dev.package.alike_engine.opt-level=1";
    let running = start(&["-p", "alike_diver", "--config", profile]);
    running.wait("refused");
    for what in [
        "`alike_far` was built without the feature `deep`",
        "`alike_engine` was built with another profile than in the host",
    ] {
        running.wait(&format!("HOT0714: {what}"));
    }
}
