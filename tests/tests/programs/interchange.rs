//! However cargo was asked to build a bundle: it works, or it is refused with a reason.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use tests::{
    Workspace,
    fixture::{PROFILE, target_dir},
    workspace::{BUNDLE, HOST_FEATURES},
};

/// Says which TypeId a shared type has in the host, then loads what it is given and calls it.
const HOST: &str = r#"
#[path = "SNAPSHOT"]
mod snapshot;

hot::import! { plain => { fn shape_id() -> String; fn answer(number: u64) -> u64; } }

fn main() {
    // Strict: what no caller of this host fits is refused, rather than closed to it until it is used.
    let host = hot::Host::builder().strict().start().unwrap();
    println!("host's shape: {:?}", std::any::TypeId::of::<shared::Shape>());
    for library in std::env::args().skip(1) {
        let before = snapshot::Snapshot::take(&host).apart_from_images();
        match unsafe { host.load(&library) } {
            Ok(bundle) => println!("{library} live {}", bundle.name()),
            Err(error) => {
                assert_eq!(snapshot::Snapshot::take(&host).apart_from_images(), before);
                for reason in error.reasons() {
                    println!("{library} {} {}", reason.code.id(), reason.help);
                }
            }
        }
        if library.contains("libplain") {
            println!("{library} shape {} answer {}", plain::shape_id(), plain::answer(20));
        }
        // Whatever was loaded or refused, these calls are sound.
        let shape = shared::Shape { sides: 4, name: "square".into() };
        assert_eq!(hot::get!(typed::describe)(&shape), "square with 4 sides");
        let seal = shared::Seal(5);
        assert_eq!(hot::get!(sealed::open)(&seal), 5);
        assert_eq!(hot::get!(sealed::view)(shared::View("view")), 4);
        assert_eq!(hot::get!(sealed::alias)(&shape), 4);
        assert_eq!(hot::get!(owner::read)(owner::Own { a: 7, b: String::from("own"), ..Default::default() }), "own 7");
    }
}
"#;

fn workspace(name: &str) -> Workspace {
    let workspace = Workspace::new(name);
    workspace.package("shared", "", "", "");
    workspace.write(
        "shared/src/lib.rs",
        "#[hot::versioned] pub struct Shape { pub sides: u32, pub name: String }
        #[hot::versioned] pub struct View<'a>(pub &'a str);
        pub type Borrowed<'a> = &'a Shape;
        pub struct Seal(pub u64);",
    );
    let shared = "shared = { path = \"../shared\" }";
    workspace.package("plain", BUNDLE, "", shared);
    workspace.write(
        "plain/src/lib.rs",
        "hot::bundle!();
        #[hot::export] pub fn shape_id() -> String { format!(\"{:?}\", std::any::TypeId::of::<shared::Shape>()) }
        #[hot::export] pub fn answer(number: u64) -> u64 { number + 22 }",
    );
    workspace.package("typed", BUNDLE, "", shared);
    workspace.write(
        "typed/src/lib.rs",
        "hot::bundle!();
        #[hot::export] pub fn describe(shape: &shared::Shape) -> String { format!(\"{} with {} sides\", shape.name, shape.sides) }",
    );
    // What only the compiler's identities of types tell apart.
    workspace.package("sealed", BUNDLE, "", shared);
    workspace.write(
        "sealed/src/lib.rs",
        "hot::bundle!();
        #[hot::export] pub fn open(#[hot(unsafe(opaque))] seal: &shared::Seal) -> u64 { seal.0 }
        #[hot::export] pub fn view(view: shared::View<'_>) -> usize { view.0.len() }
        #[hot::export] pub fn alias(shape: shared::Borrowed<'_>) -> u32 { shape.sides }",
    );
    workspace.package("owner", BUNDLE, "", "");
    workspace.write(
        "owner/src/lib.rs",
        "hot::bundle!();
        #[hot::versioned] #[derive(Default)] pub struct Own {
            pub a: u32, pub b: String, #[cfg(debug_assertions)] pub checked: u64,
        }
        #[hot::export] pub fn read(own: Own) -> String { format!(\"{} {}\", own.b, own.a) }",
    );
    let dependencies = format!(
        "{shared}\ntyped = {{ path = \"../typed\" }}\nsealed = {{ path = \"../sealed\" }}\nowner = {{ path = \"../owner\" }}"
    );
    workspace.package("interchange-runner", "", HOST_FEATURES, &dependencies);
    workspace.write(
        "interchange-runner/src/main.rs",
        &HOST.replace("SNAPSHOT", tests::snapshot::SOURCE),
    );
    workspace
}

const BUNDLES: [&str; 4] = ["plain", "typed", "sealed", "owner"];

#[test]
fn bundles_of_every_build_in_hosts_of_every_build() {
    let workspace = workspace("interchange");
    let mut libraries: Vec<(&str, &str, PathBuf)> = Vec::new();
    let mut hosts = Vec::new();
    // Of the framework it does not count how it was optimised.
    workspace.profiles("[profile.release.package.\"*\"]\nopt-level = 0\n");
    let profiles: [(&str, &[&str]); 2] = [("dev", &[]), ("release", &["--release"])];
    let profiles = &profiles[..if cfg!(feature = "exhaustive") { 2 } else { 1 }];
    for (profile, flags) in profiles.iter().copied() {
        let cargo = |arguments: &[&str]| workspace.cargo(&[arguments, flags].concat());
        let all = cargo(&["build"]);
        hosts.push((profile, all.program("interchange-runner")));
        let mut keep = |how, bundle, library| libraries.push((how, bundle, library));
        for bundle in BUNDLES {
            keep(
                ["all", "all --release"][usize::from(!flags.is_empty())],
                bundle,
                all.library(bundle),
            );
        }
        for bundle in BUNDLES {
            let alone = cargo(&["build", "-p", bundle]);
            keep(
                ["-p", "-p --release"][usize::from(!flags.is_empty())],
                bundle,
                alone.library(bundle),
            );
            let together = cargo(&["build", "-p", bundle, "-p", "interchange-runner", "--lib"]);
            keep(
                ["together", "together --release"][usize::from(!flags.is_empty())],
                bundle,
                together.library(bundle),
            );
        }
    }
    assert_eq!((libraries.len(), hosts.len()), (12 * profiles.len(), profiles.len()));

    let (mut accepted, mut refused, mut other_types) = (0, 0, 0);
    for (profile, host) in &hosts {
        let output =
            Command::new(host).args(libraries.iter().map(|(.., path)| path)).output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let host_id = text.lines().next().unwrap().strip_prefix("host's shape: ").unwrap();
        let said = |path: &Path| -> Vec<&str> {
            let path = path.to_str().unwrap();
            text.lines().filter_map(|line| line.strip_prefix(path)?.strip_prefix(' ')).collect()
        };
        // The shared type's TypeId in each kind of build, as the bundle of primitives says it.
        let ids: BTreeMap<_, _> = libraries
            .iter()
            .filter(|(_, bundle, _)| *bundle == "plain")
            .map(|(how, _, path)| {
                let lines = said(path);
                assert_eq!(lines[0], "live plain", "{how}: primitives are the same everywhere");
                let id = lines[1].strip_prefix("shape ").unwrap();
                (*how, id.strip_suffix(" answer 42").unwrap() == host_id)
            })
            .collect();
        assert_eq!(ids.len(), 3 * profiles.len());
        other_types += ids.values().filter(|is_one| !**is_one).count();
        for (how, bundle, path) in &libraries {
            let lines = said(path);
            let case =
                format!("{bundle} built by `{how}` in a host of profile {profile}: {lines:?}");
            let is_live = lines[0] == format!("live {bundle}");
            if *bundle == "sealed" && !is_live {
                // Twice where two ways of building have made the same file.
                let says = |line: &&str| *line == "HOT0205 rebuild the host and restart it";
                assert!(!lines.is_empty() && lines.iter().all(says), "{case}");
            } else if !is_live {
                let said = lines
                    .iter()
                    .all(|line| line.starts_with("HOT0310 ") || line.starts_with("HOT0311 "));
                assert!(said && !lines.is_empty(), "{case}");
            }
            let is_like_the_host = how.contains("--release") == (*profile == "release");
            match *bundle {
                // The layouts are the same, whether or not the compiler says that it is one type.
                "plain" | "typed" => assert!(is_live, "{case}"),
                // Accepted if and only if the compiler says that they are the same types.
                "sealed" => assert_eq!(is_live, ids[how], "{case}"),
                // It has a field more in debug builds.
                _ => assert_eq!(is_live, is_like_the_host, "{case}"),
            }
            // What `load_crate` does, and plain `cargo build`, always fit a host of that profile.
            if is_like_the_host && !how.starts_with("-p") {
                assert!(is_live, "{case}");
            }
            *(if is_live { &mut accepted } else { &mut refused }) += 1;
        }
    }
    assert_eq!(accepted + refused, 12 * profiles.len() * profiles.len());
    // Of `owner` the three builds of the other profile, in each host.
    assert_eq!(refused, (profiles.len() - 1) * 2 * 3 + other_types);
    assert!(other_types > 0, "the compiler told types apart that are laid out alike");
}

/// Builds and loads a bundle by its name, edits it, builds again.
const BY_NAME: &str = r#"
fn main() {
    let host = hot::Host::builder().build_output(|_| {}).start().unwrap();
    let arguments: Vec<_> = std::env::args().collect();
    let bundle = host.load_crate(&arguments[1]).unwrap();
    println!("{}", bundle.library().unwrap().display());
    println!("{}", hot::get!(my_bundle::greet)(my_bundle::Guest { name: "Ann".into() }));
    let source = std::fs::read_to_string(&arguments[2]).unwrap();
    std::fs::write(&arguments[2], source.replace("Hello", "Bye")).unwrap();
    let report = bundle.rebuild().unwrap();
    println!("{} {}", report.generation, hot::get!(my_bundle::greet)(my_bundle::Guest { name: "Ann".into() }));
    std::fs::write(&arguments[2], source.replace("Hello", "Broken \" ")).unwrap();
    println!("{}", bundle.rebuild().unwrap_err().code().id());
    std::fs::write(&arguments[2], source.replace("pub name: String", "pub name: String, pub age: u32")).unwrap();
    println!("{}", bundle.rebuild().unwrap_err().code().id());
    std::fs::write(&arguments[2], &source).unwrap();
    println!("{} {}", bundle.rebuild().unwrap().generation, hot::get!(my_bundle::greet)(my_bundle::Guest { name: "Ann".into() }));
}
"#;

#[test]
fn load_crate_from_anywhere_in_any_profile() {
    let workspace = Workspace::new("by-name");
    workspace.write(
        "Cargo.toml",
        &format!(
            "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n\
             exclude = [\"out put\", \".cargo\"]\n\n{PROFILE}\n\
             [profile.my-own]\ninherits = \"dev\"\nopt-level = 1\n\
             [profile.my-own.package.\"*\"]\nopt-level = 0\n"
        ),
    );
    // Each of the two compiles the framework where nothing is there of it yet.
    let (out, profile, folder) = match cfg!(feature = "exhaustive") {
        true => (workspace.folder().join("out put"), "my-own", "my-own"),
        false => (target_dir(), "dev", "debug"),
    };
    workspace.write(".cargo/config.toml", &format!("[build]\ntarget-dir = {out:?}\n"));
    workspace.package("my-bundle", BUNDLE, "", "");
    let source = "hot::bundle!();
        #[hot::versioned] pub struct Guest { pub name: String }
        #[hot::export] pub fn greet(guest: Guest) -> String { format!(\"Hello, {}\", guest.name) }";
    workspace.write("my-bundle/src/lib.rs", source);
    workspace.package("my-host", "", HOST_FEATURES, "my-bundle = { path = \"../my-bundle\" }");
    workspace.write("my-host/src/main.rs", BY_NAME);
    let edited = workspace.folder().join("my-bundle/src/lib.rs");
    let host = workspace.cargo_at_home(&["build", "--profile", profile]);
    let host = host.program_in_place("my-host");
    let out = fs::canonicalize(out.join(folder)).unwrap();
    assert_eq!(fs::canonicalize(&host).unwrap().parent(), Some(&*out));
    for (name, cwd) in [("my-bundle", "/"), ("my_bundle", env!("CARGO_TARGET_TMPDIR"))] {
        workspace.write("my-bundle/src/lib.rs", source);
        let mut command = Command::new(&host);
        command.arg(name).arg(&edited).current_dir(cwd);
        // As started by hand: nothing of this test's own cargo.
        for (variable, _) in std::env::vars_os() {
            if variable.to_string_lossy().starts_with("CARGO_") && variable != "CARGO_HOME" {
                command.env_remove(variable);
            }
        }
        let output = command.output().unwrap();
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(fs::canonicalize(lines[0]).unwrap().parent(), Some(&*out), "{text}");
        assert_eq!(
            lines[1..],
            ["Hello, Ann", "2 Bye, Ann", "HOT0704", "HOT0310", "3 Hello, Ann"],
            "{profile} {name}"
        );
    }
}
