//! A host that depends on its bundle holds what it calls, and nothing else that the bundle exports.

use std::{path::PathBuf, process::Command};

use tests::{
    Workspace,
    workspace::{BUNDLE, HOST_FEATURES},
};

const RUNNER: &str = r#"
use std::panic::{AssertUnwindSafe, catch_unwind};

use hot::{Bundle, Host};
use logic::World;

fn load(host: &Host, library: &str) -> Option<Bundle> {
    match unsafe { host.load(library) } {
        Ok(bundle) => {
            println!("live, closed: {}", bundle.report().unwrap().closed.join(" "));
            Some(bundle)
        }
        Err(error) => {
            for reason in error.reasons() {
                println!("{} {}", reason.code.id(), reason.message);
            }
            None
        }
    }
}

fn save() -> String {
    let saved = catch_unwind(AssertUnwindSafe(|| logic::save(&World { turn: 7 })));
    saved.map_or_else(|panic| *panic.downcast::<String>().unwrap(), |saved| saved.to_string())
}

fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let [mode, grown, fits, gone] = &arguments[..] else { panic!("{arguments:?}") };
    // What is called before the bundle is loaded counts for nothing: before the host, and in it.
    println!("{} {}", logic::tick(), save());
    let builder = Host::builder();
    let host = if mode == "strict" { builder.strict() } else { builder }.start().unwrap();
    println!("{} {}", logic::tick(), save());
    let kept = hot::get!(logic::by_value);
    if mode == "strict" {
        assert!(load(&host, grown).is_none());
        return;
    }
    host.check(grown).unwrap();
    let bundle = load(&host, grown).unwrap();
    // The first value is that of the code that needs it first.
    println!("{} {} {}", logic::tick(), *logic::LEVEL, save());
    println!("{}", hot::try_get!(logic::save).err().unwrap());
    for closed in host.status().unwrap().closed {
        println!("{}: {}", closed.path, closed.why);
    }
    load(&host, fits);
    println!("{} {} {}", logic::tick(), save(), kept(World { turn: 1 }));
    load(&host, grown);
    load(&host, gone);
    println!("{} {}", logic::tick(), save());
    bundle.unload().unwrap();
    println!("{} {} {}", logic::tick(), save(), *logic::LEVEL);
    let bundle = load(&host, gone).unwrap();
    println!("{} {}", logic::tick(), save());
    bundle.unload().unwrap();
    println!("{} {}", logic::tick(), save());
}
"#;

/// A version of the bundle.
fn logic(number: u32, field: &str, save: &str) -> String {
    format!(
        "hot::bundle!();
         #[hot::versioned] pub struct World {{ pub turn: u32, {field} }}
         #[hot::export] pub static LEVEL: u32 = {number};
         #[hot::export] pub fn tick() -> u32 {{ {number} }}
         #[hot::export] pub fn by_value(world: World) -> u32 {{ {number}00 + world.turn }}
         {save} pub fn save(world: &World) -> u32 {{ {number}00 + world.turn }}"
    )
}

#[test]
fn a_linked_host_holds_what_it_calls() {
    let workspace = Workspace::new("linked-host");
    workspace.package("logic", BUNDLE, "", "");
    workspace.package("linked-runner", "", HOST_FEATURES, "logic = { path = \"../logic\" }");
    workspace.write("linked-runner/src/main.rs", RUNNER);
    let export = "#[hot::export]";
    workspace.write("logic/src/lib.rs", &logic(1, "", export));
    let runner = workspace.cargo(&["build"]).program("linked-runner");
    let build = |number, field, save| -> PathBuf {
        workspace.write("logic/src/lib.rs", &logic(number, field, save));
        workspace.cargo(&["build", "-p", "logic"]).library("logic")
    };
    let libraries = [build(2, "pub age: u32", export), build(3, "", export), build(4, "", "")];
    let run = |mode: &str| {
        let output = Command::new(&runner).arg(mode).args(&libraries).output().unwrap();
        let stdout = String::from_utf8(output.stdout).unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{stdout}{stderr}");
        stdout
    };
    let older = "the host was compiled with an older `World`: restart it to use";
    let gone = "HOT0507: bundle `logic` has no `logic::save`, which the host was compiled with: restart it \
                to use `logic::save`";
    assert_eq!(
        run("").lines().collect::<Vec<_>>(),
        [
            "1 107",
            "1 107",
            "live, closed: logic::by_value logic::save",
            &format!("2 2 HOT0507: {older} `logic::save`"),
            &format!("HOT0507: {older} `logic::save`"),
            &format!("logic::by_value: {older} `logic::by_value`"),
            &format!("logic::save: {older} `logic::save`"),
            "live, closed: ",
            "3 307 301",
            "HOT0310 the field `World.age` was added",
            "HOT0329 `logic::save` is called, and the new version does not export it",
            "3 307",
            // Unloaded: back to what the host is linked with, and the value stays.
            "1 107 2",
            "live, closed: ",
            &format!("4 {gone}"),
            "1 107",
        ]
    );
    assert_eq!(
        run("strict").lines().collect::<Vec<_>>(),
        ["1 107", "1 107", "HOT0310 the field `World.age` was added"]
    );
}
