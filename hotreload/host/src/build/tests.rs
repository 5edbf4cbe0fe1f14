//! Real cargo on small workspaces, made for each test in a folder of its own.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
    sync::{Arc, Mutex},
    time::Duration,
};

use tempfile::TempDir;

use crate::build::alike::Program;
use crate::build::origin::Place;
use crate::build::{Build, Built, Origin, Unit, Workspace};
use crate::said::BuildMessage;
use crate::said::{Code, Result};

const VIRTUAL: &str = "[workspace]\nresolver = \"3\"\nmembers = [\"[a-z]*\"]\nexclude = [\"elsewhere\", \"out\", \"shared\", \"target\"]\n";
const FUNCTION: &str = "#[unsafe(no_mangle)] pub extern \"C\" fn f() {}";

/// A virtual workspace with these files. On some systems the folder for temporary files is a link,
/// which cargo resolves.
fn workspace(files: &[(&str, &str)]) -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let root = folder.path().canonicalize().unwrap();
    write(&root, &[("Cargo.toml", VIRTUAL)]);
    write(&root, files);
    (folder, root)
}

fn write(root: &Path, files: &[(&str, &str)]) {
    for (path, text) in files {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

fn package(name: &str, rest: &str) -> String {
    format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n{rest}")
}

fn bundle(name: &str, rest: &str) -> String {
    package(name, &format!("[lib]\ncrate-type = [\"rlib\", \"cdylib\"]\n{rest}"))
}

/// The build of a bundle, its reports collected.
fn build(
    workspace: &Workspace,
    name: &str,
    change: impl FnOnce(&mut Build<'_>),
) -> (Result<Built>, String) {
    let package = [workspace.bundle(name).unwrap()];
    let shown = Arc::new(Mutex::new(String::new()));
    let mut build = Build::new(workspace, &package);
    let collect = shown.clone();
    build.sink = Arc::new(move |message| match message {
        BuildMessage::Diagnostic { rendered, .. } => collect.lock().unwrap().push_str(rendered),
        BuildMessage::Line(line) => collect.lock().unwrap().push_str(&format!("{line}\n")),
        BuildMessage::Done => collect.lock().unwrap().push_str("done"),
        _ => {}
    });
    build.colour = false;
    build.profile = "dev".to_owned();
    change(&mut build);
    let built = build.run().map(|mut built| built.remove(0));
    drop(build);
    (built, Arc::into_inner(shown).unwrap().into_inner().unwrap())
}

#[test]
fn a_virtual_workspace_with_a_host_of_binaries_only() {
    let host = "[dependencies]\nshared = { path = \"../shared\", features = [\"of-host\"] }\n\
                [dev-dependencies]\nshared = { path = \"../shared\", features = [\"of-dev\"] }\n";
    let shared = "#[cfg(feature = \"of-host\")] pub const HOST: u8 = 1;\n\
                  #[cfg(feature = \"of-dev\")] pub const DEV: u8 = 1;";
    let uses_host = format!("{FUNCTION}\npub const A: u8 = shared::HOST;");
    let (_folder, root) = workspace(&[
        (".cargo/config.toml", "[build]\ntarget-dir = \"out\"\n"),
        (
            "my-bundle/Cargo.toml",
            &bundle("my-bundle", "[dependencies]\nshared.path = \"../shared\"\n"),
        ),
        ("my-bundle/src/lib.rs", &uses_host),
        ("shared/Cargo.toml", &package("shared", "[features]\nof-host = []\nof-dev = []\n")),
        ("shared/src/lib.rs", shared),
        ("app/Cargo.toml", &package("app", host)),
        ("app/src/main.rs", "fn main() {}"),
        ("app/examples/tour.rs", "fn main() {}"),
    ]);
    // Found from below, while this process works elsewhere.
    let workspace = Workspace::find(&[root.join("app/src")]).unwrap();
    assert_eq!(workspace.root(), root);
    assert_eq!(workspace.target_dir(), root.join("out"));

    // Alone, the bundle lacks the feature that the host asks for.
    let (alone, _) = build(&workspace, "my_bundle", |_| {});
    assert_eq!(alone.unwrap_err().code(), Code::BuildFailed);

    let origin = |place, target: &str| Origin {
        target_dir: root.join("out"),
        triple: None,
        profile: "dev".to_owned(),
        place,
        target: target.to_owned(),
    };
    let app = workspace.host(&origin(Place::Bin, "app")).unwrap();
    assert_eq!((app.name.as_str(), app.place), ("app", Place::Bin));
    assert_eq!(workspace.host(&origin(Place::Bin, "tour")), None);
    assert_eq!(workspace.host(&origin(Place::Example, "tour")).unwrap().name, "app");

    let (first, shown) = build(&workspace, "my-bundle", |build| build.host = Some(app.clone()));
    let first = first.unwrap();
    assert!(!first.fresh && first.duration > Duration::ZERO);
    assert!(first.library.starts_with(root.join("out/debug")) && first.library.is_file());
    assert_eq!(shown, "done");
    let (again, _) = build(&workspace, "my-bundle", |build| build.host = Some(app));
    let again = again.unwrap();
    assert!(again.fresh && again.library == first.library);

    // The dev-dependencies of a host that is an example or a test count.
    write(
        &root,
        &[("my-bundle/src/lib.rs", &format!("{uses_host}\npub const B: u8 = shared::DEV;"))],
    );
    for (place, target) in [(Place::Example, "tour"), (Place::Harness, "app")] {
        let host = workspace.host(&origin(place, target));
        assert!(host.is_some());
        build(&workspace, "my-bundle", |build| build.host = host).0.unwrap();
    }
}

#[test]
fn names_profiles_and_target_folders() {
    let custom = package("named", "[lib]\nname = \"other_name\"\ncrate-type = [\"cdylib\"]\n");
    let (_folder, root) = workspace(&[
        ("named/Cargo.toml", &custom),
        ("named/src/lib.rs", FUNCTION),
        ("plain/Cargo.toml", &package("plain", "")),
        ("plain/src/lib.rs", ""),
        ("program/Cargo.toml", &package("program", "")),
        ("program/src/main.rs", "fn main() {}"),
    ]);
    let profile = "[profile.my-fast]\ninherits = \"release\"\nopt-level = 1\n";
    write(&root, &[("Cargo.toml", &format!("{VIRTUAL}{profile}"))]);
    let workspace = Workspace::find(std::slice::from_ref(&root)).unwrap();
    assert_eq!(workspace.bundle("named").unwrap(), workspace.bundle("other-name").unwrap());
    assert_eq!(workspace.bundle("named").unwrap().crate_name, "other_name");

    let file = format!("{}other_name{}", env::consts::DLL_PREFIX, env::consts::DLL_SUFFIX);
    let (built, _) = build(&workspace, "named", |build| build.profile = "my-fast".to_owned());
    assert_eq!(built.unwrap().library, root.join("target/my-fast").join(&file));
    let (built, _) =
        build(&workspace, "named", |build| build.target_dir = Some(root.join("out/else where")));
    assert_eq!(built.unwrap().library, root.join("out/else where/debug").join(&file));

    // A program in that folder was built so; one outside of any says nothing.
    let package = [workspace.bundle("named").unwrap()];
    let like = Build::new(&workspace, &package).like(&root.join("out/else where/my-fast/program"));
    assert_eq!(like.target_dir, Some(root.join("out/else where")));
    // Nobody has left word there.
    assert!(like.wrapper.is_none() && like.why_unwrapped().contains("`cargo hotreload run`"));
    assert_eq!((like.profile.as_str(), like.host.unwrap().name.as_str()), ("my-fast", "program"));
    let like = Build::new(&workspace, &package).like(&root.join("program"));
    assert!(like.target_dir.is_none() && like.host.is_none());
    // One of another workspace, in the same target folder: the bundle gets a folder of its own.
    write(&root, &[(".cargo/config.toml", "[build]\ntarget-dir = \"shared\"\n")]);
    let sharing = Workspace::find(std::slice::from_ref(&root)).unwrap();
    write(&root, &[("shared/CACHEDIR.TAG", ""), ("elsewhere/CACHEDIR.TAG", "")]);
    let like = Build::new(&sharing, &package).like(&root.join("shared/debug/stranger"));
    assert_eq!(like.target_dir, Some(root.join("target")));
    let why = "the program is not known to be one of the bundle's workspace";
    assert_eq!(like.why_unwrapped(), why, "whatever the command has built");
    let like = Build::new(&sharing, &package).like(&root.join("elsewhere/debug/stranger"));
    assert_eq!(like.target_dir, None);

    let error = workspace.bundle("namde").unwrap_err();
    assert_eq!(error.code(), Code::NoPackage);
    assert!(error.to_string().contains("did you mean `named`?"), "{error}");
    for name in ["plain", "program"] {
        assert_eq!(workspace.bundle(name).unwrap_err().code(), Code::NotABundle);
    }
    let (failed, _) = build(&workspace, "named", |build| build.profile = "missing".to_owned());
    let error = failed.unwrap_err();
    assert_eq!(error.code(), Code::CargoFailed);
    assert!(error.to_string().contains("profile `missing` is not defined"), "{error}");
}

#[test]
fn forwarded_allocation_has_a_folder_of_its_own() {
    let source = format!(
        "#![allow(unexpected_cfgs)]\n#[cfg(hot_forward_allocator)]\n{FUNCTION}\n\
                          #[cfg(not(hot_forward_allocator))]\npub fn unused() {{ nothing() }}"
    );
    let (_folder, root) = workspace(&[
        ("my-bundle/Cargo.toml", &bundle("my-bundle", "")),
        ("my-bundle/src/lib.rs", &source),
    ]);
    let workspace = Workspace::find(std::slice::from_ref(&root)).unwrap();
    let (built, _) = build(&workspace, "my-bundle", |build| build.forward_allocation = true);
    assert!(built.unwrap().library.starts_with(root.join("target/hot-forward/debug")));
}

#[test]
fn reports_are_those_of_rustc() {
    let (_folder, root) = workspace(&[
        ("broken/Cargo.toml", &bundle("broken", "")),
        (
            "broken/src/lib.rs",
            "fn unused() {}\npub fn f() -> u8 { nowhere() }\npub fn g() { nobody() }",
        ),
    ]);
    let workspace = Workspace::find(std::slice::from_ref(&root)).unwrap();
    let (failed, shown) = build(&workspace, "broken", |_| {});
    let error = failed.unwrap_err();
    assert_eq!(error.code(), Code::BuildFailed);
    assert_eq!(error.reasons()[0].message, "`broken` does not compile: 2 errors");
    assert!(error.reasons()[0].facts[0].1.contains("cannot find function `nowhere`"), "{error}");
    assert!(shown.contains("cannot find function `nobody`") && shown.ends_with("done"), "{shown}");
    assert!(!shown.contains('\x1b'), "{shown}");
    let (failed, shown) = build(&workspace, "broken", |build| build.colour = true);
    assert!(shown.contains('\x1b'), "{shown}");
    assert!(!failed.unwrap_err().to_string().contains('\x1b'));

    write(&root, &[("broken/src/lib.rs", "fn unused() {}")]);
    let (built, shown) = build(&workspace, "broken", |_| {});
    assert_eq!(built.unwrap().warnings, 1);
    assert!(shown.contains("function `unused` is never used"), "{shown}");

    // Two bounds ask one place for the same.
    let twice = "pub trait Known {}\npub struct Own;\nfn one<T: Known>() {}\nfn two<T: Known>() {}\n\
                 macro_rules! both { ($t:ty) => { pub fn f() { one::<$t>(); two::<$t>() } } }\n\
                 both!(Own);";
    write(&root, &[("broken/src/lib.rs", twice)]);
    let (failed, shown) = build(&workspace, "broken", |_| {});
    assert_eq!(failed.unwrap_err().reasons()[0].message, "`broken` does not compile: 1 error");
    assert_eq!(shown.matches("`Own: Known` is not satisfied").count(), 1, "{shown}");

    // What only cargo knows is shown, and is in the error: here, a build script.
    let script = "fn main() { eprintln!(\"the disk is full\"); std::process::exit(3) }";
    write(&root, &[("broken/build.rs", script)]);
    let (failed, shown) = build(&workspace, "broken", |_| {});
    let error = failed.unwrap_err();
    assert_eq!(error.code(), Code::CargoFailed);
    assert!(error.to_string().contains("the disk is full"), "{error}");
    assert!(shown.contains("  the disk is full\n"), "{shown}");
}

#[test]
fn what_is_no_workspace_is_said() {
    let folder = TempDir::new().unwrap();
    let nowhere = folder.path().join("nowhere");
    write(folder.path(), &[("broken/Cargo.toml", "[package")]);
    let error = Workspace::find(&[nowhere.clone(), folder.path().join("broken")]).unwrap_err();
    assert_eq!(error.code(), Code::NoWorkspace);
    let text = error.to_string();
    assert!(
        text.contains(&nowhere.display().to_string()) && text.contains("unclosed table"),
        "{text}"
    );
    // A later candidate serves.
    let (_folder, root) = workspace(&[("a/Cargo.toml", &bundle("a", "")), ("a/src/lib.rs", "")]);
    assert_eq!(Workspace::find(&[nowhere, root.join("a")]).unwrap().root(), root);
}

#[test]
fn path_dependencies_are_watched_wherever_they_lie() {
    let (_elsewhere, outside) = workspace(&[
        ("far/Cargo.toml", &package("far", "[dependencies]\nfarther.path = \"../farther\"\n")),
        ("far/src/lib.rs", ""),
        (
            "farther/Cargo.toml",
            &package("farther", "[dependencies]\nscripted.path = \"../scripted\"\n"),
        ),
        ("scripted/Cargo.toml", &package("scripted", "")),
        ("scripted/src/lib.rs", ""),
        ("scripted/build.rs", "fn main() {}"),
        ("farther/src/lib.rs", ""),
    ]);
    let dependencies = format!(
        "[dependencies]\nnear.path = \"../near\"\nfar.path = {:?}\n[dev-dependencies]\nunrelated.path = \"../unrelated\"\n",
        outside.join("far")
    );
    let (_folder, root) = workspace(&[
        ("my-bundle/Cargo.toml", &bundle("my-bundle", &dependencies)),
        ("my-bundle/src/lib.rs", ""),
        (
            "near/Cargo.toml",
            &package("near", "[build-dependencies]\nscripts.path = \"../scripts\"\n"),
        ),
        ("near/src/lib.rs", ""),
        ("scripts/Cargo.toml", &package("scripts", "")),
        ("scripts/src/lib.rs", ""),
        ("unrelated/Cargo.toml", &package("unrelated", "")),
        ("unrelated/src/lib.rs", ""),
    ]);
    let workspace = Workspace::find(std::slice::from_ref(&root)).unwrap();
    let packages = workspace.path_packages(&workspace.bundle("my-bundle").unwrap().folder);
    assert!(packages.iter().all(|it| it.has_build_script == it.folder.ends_with("scripted")));
    let mut folders: Vec<_> = packages.into_iter().map(|it| it.folder).collect();
    assert_eq!(folders[0], root.join("my-bundle"));
    folders.sort();
    let mut expected = vec![
        root.join("my-bundle"),
        root.join("near"),
        root.join("scripts"),
        outside.join("far"),
        outside.join("farther"),
        outside.join("scripted"),
    ];
    expected.sort();
    assert_eq!(folders, expected);
}

#[test]
fn the_program_is_found_in_both_layouts_of_build_folders() {
    let (_folder, root) = workspace(&[
        (
            "app/Cargo.toml",
            &package(
                "app",
                "[features]\nfancy = [\"engine/loud\"]\n[dependencies]\nengine.path = \"../engine\"\n",
            ),
        ),
        ("app/src/main.rs", "mod own; fn main() { own::f() }"),
        ("app/src/own.rs", "pub fn f() {}"),
        ("app/examples/tour.rs", "fn main() {}"),
        ("app/tests/all.rs", "#[test] fn works() {}"),
        ("engine/Cargo.toml", &package("engine", "[features]\ndefault = []\nloud = []\n")),
        ("engine/src/lib.rs", ""),
    ]);
    let workspace = Workspace::find(std::slice::from_ref(&root)).unwrap();
    // The newer one is not yet the usual one.
    for option in [None, Some("-Zbuild-dir-new-layout")] {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&root).env_remove("CARGO_TARGET_DIR").env("RUSTC_BOOTSTRAP", "1");
        cargo.args(["test", "--no-run", "--message-format=json", "--features=app/fancy"]);
        let output =
            cargo.args(["--test=all", "--example=tour", "--bin=app"]).args(option).output();
        let text = String::from_utf8(output.unwrap().stdout).unwrap();
        let programs = cargo_metadata::Message::parse_stream(text.as_bytes());
        let programs: Vec<PathBuf> = programs
            .filter_map(|message| match message.unwrap() {
                cargo_metadata::Message::CompilerArtifact(artifact) => artifact.executable,
                _ => None,
            })
            .map(Into::into)
            .collect();
        let mut places = Vec::new();
        for program in programs {
            let origin = Origin::of(&program).unwrap();
            let host = workspace.host(&origin).unwrap();
            assert_eq!(host.name, "app");
            let unit = Unit::of(&workspace, &origin, &host, &program).unwrap();
            let dep_info = fs::read_to_string(&unit.dep_info).unwrap();
            assert_eq!(dep_info.contains("own.rs"), origin.target == "app", "{dep_info}");
            let program = Program::of(&workspace, &origin, &host, &program).unwrap();
            let features = program.arguments(&workspace, &["app", "engine"]);
            assert_eq!(features, ["--features", "app/fancy,engine/loud"]);
            places.push((origin.place, origin.target));
        }
        places.sort_by_key(|place| format!("{place:?}"));
        let place = |place, name: &str| (place, name.to_owned());
        let mut expected = [
            place(Place::Bin, "app"),
            // There it lies where tests do; both count with their dev-dependencies.
            place(if option.is_some() { Place::Harness } else { Place::Example }, "tour"),
            place(Place::Harness, "all"),
            place(Place::Harness, "app"),
        ];
        expected.sort_by_key(|place| format!("{place:?}"));
        assert_eq!(places, expected, "{option:?}");
        // What was built is not that of the other layout.
        fs::remove_dir_all(root.join("target")).unwrap();
    }
}
