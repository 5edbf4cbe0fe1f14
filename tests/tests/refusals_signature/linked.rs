//! A host that is linked with what the bundle defines.

use std::{path::PathBuf, process::Command};

use tests::{
    Workspace,
    workspace::{BUNDLE, HOST_FEATURES},
};

use crate::alone;

/// A host that depends on its bundle: their types are the same ones.
const RUNNER: &str = r#"
#[path = "SNAPSHOT"]
mod snapshot;

fn main() {
    let host = hot::Host::start().unwrap();
    host.on_event(|event| {
        if let hot::Event::Loaded(report) = event {
            println!("not tracked: {}", report.untracked.join(" "));
        }
    });
    for library in std::env::args().skip(1) {
        let before = snapshot::Snapshot::take(&host).apart_from_images();
        match unsafe { host.load(&library) } {
            Ok(bundle) => {
                println!("live {}", bundle.generation().unwrap());
                // Only what is used holds its form.
                let _ = (hot::get!(thing::grown), hot::get!(thing::by_value), hot::get!(thing::niche));
                let _ = (hot::get!(thing::align), hot::get!(thing::same), hot::get!(thing::alias));
                let _ = hot::get!(thing::hidden);
            }
            Err(error) => {
                for reason in error.reasons() {
                    println!("{} {}", reason.code.id(), reason.message);
                }
                assert_eq!(snapshot::Snapshot::take(&host).apart_from_images(), before);
            }
        }
        println!("says {}, abandoned {}", hot::get!(thing::version)(), host.status().unwrap().abandoned);
    }
}
"#;

/// The bundle of that host. Each type is used by a function of its own.
fn thing(version: u32, types: &str) -> String {
    format!(
        "hot::bundle!();
        #[hot::export] pub fn version() -> u32 {{ {version} }}
        {types}
        #[hot::export] pub fn grown(_: &Grown) {{}}
        #[hot::export] pub fn by_value(_: Value) {{}}
        #[hot::export] pub fn niche(_: Niche) {{}}
        #[hot::export] pub fn align(_: Align) {{}}
        #[hot::export] pub fn same(_: Same) {{}}
        #[hot::export] pub fn alias(_: Alias) {{}}
        #[hot::export] pub fn hidden(text: &str) -> Out<'_> {{ let _ = text; \"\" }}"
    )
}

const TYPES: &str = "#[hot::versioned] pub struct Grown(pub u32);
    #[hot::versioned] pub struct Value(pub u32);
    #[hot::versioned] pub struct Niche(pub std::num::NonZeroU32);
    #[hot::versioned] pub struct Align(pub [u8; 4]);
    #[hot::versioned] pub struct Same { pub a: u32, pub b: f32 }
    pub type Alias = u32; pub type Out<'a> = &'a str;";

#[test]
fn a_host_that_is_linked_with_the_bundles_types() {
    let _alone = alone();
    let workspace = Workspace::new("linked-types");
    workspace.package("thing", BUNDLE, "", "");
    workspace.package("runner", "", HOST_FEATURES, "thing = { path = \"../thing\" }");
    workspace.write("runner/src/main.rs", &RUNNER.replace("SNAPSHOT", tests::snapshot::SOURCE));
    workspace.write("thing/src/lib.rs", &thing(1, TYPES));
    let built = workspace.cargo(&["build"]);
    let (runner, first) = (built.program("runner"), built.library("thing"));
    let build = |version, changes: &[(&str, &str)]| -> PathBuf {
        let mut types = TYPES.to_owned();
        for (was, now) in changes {
            assert!(types.contains(was), "{was}");
            types = types.replace(was, now);
        }
        workspace.write("thing/src/lib.rs", &thing(version, &types));
        workspace.cargo(&["build"]).library("thing")
    };
    let libraries = [
        first,
        // Also behind a reference.
        build(
            2,
            &[
                ("Grown(pub u32)", "Grown(pub u32, pub u32)"),
                ("Value(pub u32)", "Value(pub u32, pub u32)"),
                ("Niche(pub std::num::NonZeroU32)", "Niche(pub u32)"),
                ("Align(pub [u8; 4])", "Align(pub u32)"),
                ("Alias = u32", "Alias = i32"),
                ("{ pub a: u32, pub b: f32 }", "{ pub a: f32, pub b: u32 }"),
            ],
        ),
        // What TypeIds tell.
        build(3, &[("Out<'a> = &'a str", "Out<'a> = &'static str")]),
        // Nobody uses what is new.
        build(4, &[("pub type Alias", "#[hot::versioned] pub struct New(Same); pub type Alias")]),
    ];
    // The program holds the bundle too, and is of a library's form: only the loader can tell.
    let output = Command::new(&runner).args(&libraries).arg(&runner).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines: Vec<_> = text.lines().collect();
    // The linker says in which order the reasons of one refusal come.
    lines.chunk_by_mut(|a, b| a.starts_with("HOT") && b.starts_with("HOT")).for_each(<[_]>::sort);
    assert_eq!(
        lines,
        [
            "not tracked: ",
            "live 1",
            "says 1, abandoned 0",
            "HOT0301 `thing::alias` has another parameter 1: `u32` became `i32`",
            "HOT0310 the field `Grown.1` was added",
            "HOT0310 the field `Value.1` was added",
            "HOT0314 `Align.0` has another type: `[u8; 4]` became `u32`",
            "HOT0314 `Niche.0` has another type: `NonZero<u32>` became `u32`",
            "HOT0314 `Same.a` has another type: `u32` became `f32`",
            "HOT0314 `Same.b` has another type: `f32` became `u32`",
            "says 1, abandoned 0",
            "HOT0304 `thing::hidden` is spelled as before, but an alias in it stands for something else now",
            "says 1, abandoned 1",
            "not tracked: ",
            "live 2",
            "says 4, abandoned 1",
            "HOT0106 the system's loader refused the library",
            "says 4, abandoned 1",
        ]
    );
}
