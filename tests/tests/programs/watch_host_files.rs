//! Saves of what the host itself is made of, where host and bundle share a package, a file or a crate.
#![cfg(target_os = "linux")]

use std::{env, fs, iter};

use tests::{Workspace, dev::replace, workspace::BUNDLE};

use crate::watch_builds::{Running, host};

const LIB: &str = r#"hot::bundle!();
mod both;
#[hot::export]
pub fn value() -> i32 { both::one() + files_engine::two() + files_shared::three() }
"#;

const MAIN: &str = r#"
mod both;
mod own;
fn main() {
    let (lines, received) = std::sync::mpsc::channel::<String>();
    // Lines only: no reports.
    let builder = hot::Host::builder().build_output(|_| {});
    let builder = builder.watch(move |line| lines.send(line.to_owned()).unwrap());
    let host = builder.start().unwrap();
    host.load_crate("files").unwrap();
    let own = own::zero() + both::one() + files_engine::two() + files_engine::unused();
    println!("ready {} {}", files::value(), own + files_shared::three());
    for line in received {
        println!("line {line}\nvalue {}", files::value());
    }
}
"#;

#[test]
fn what_the_host_is_made_of_belongs_to_it() {
    let workspace = Workspace::new("files");
    let path = |name: &str| format!("{name} = {{ path = \"../{name}\" }}\n");
    workspace.package(
        "files",
        BUNDLE,
        "\"host\", \"watch\"",
        &(path("files_engine") + &path("files_shared")),
    );
    workspace.write("files/src/lib.rs", LIB);
    workspace.write("files/src/main.rs", MAIN);
    workspace.write("files/src/own.rs", "pub fn zero() -> i32 { 0 }\n");
    workspace.write("files/src/both.rs", "pub fn one() -> i32 { 1 }\n");
    let package = |name: &str, sections: &str| {
        let head = "version = \"0.1.0\"\nedition = \"2024\"\n";
        workspace.write(
            &format!("{name}/Cargo.toml"),
            &format!("[package]\nname = \"{name}\"\n{head}{sections}"),
        );
    };
    package("files_engine", "");
    workspace.write(
        "files_engine/src/lib.rs",
        "pub fn two() -> i32 { include_str!(\"two.txt\").len() as i32 }\n\
         pub fn unused() -> i32 { 5 }\n",
    );
    workspace.write("files_engine/src/two.txt", "22");
    package("files_shared", "[lib]\ncrate-type = [\"dylib\"]\n");
    workspace.write("files_shared/src/lib.rs", "pub fn three() -> i32 { 3 }\n");

    let program = workspace.cargo(&["build", "-p", "files"]).program_in_place("files");
    let mut command = host(&program, None);
    // Cargo has put the folder of the shared std into it for this program.
    let folders = env::var_os("LD_LIBRARY_PATH").unwrap_or_default();
    let deps = iter::once(program.parent().unwrap().join("deps"));
    let folders = env::join_paths(deps.chain(env::split_paths(&folders))).unwrap();
    command.env("LD_LIBRARY_PATH", folders);
    let running = Running::start(command);
    running.wait("ready 6 11");

    let mut count = 0;
    let mut save = |file: &str, from: &str, to: &str, expected: &str, value: i32| {
        let path = workspace.folder().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        replace(&path, &text.replace(from, to));
        count += 1;
        let line = running.wait_for("line ", count);
        assert!(line.ends_with(expected), "{from}: {line}");
        assert_eq!(running.wait_for("value ", count), format!("value {value}"), "{from}");
        line
    };
    let hosts = |file: &str| format!("line {file} belongs to the host: restart it");
    let also =
        |what: &str| format!("; `{what}` is also compiled into the host: restart it for that part");
    // The bundle's own.
    let line = save("files/src/lib.rs", "{ both", "{ 10 + both", "ms later)", 16);
    assert!(line.contains("generation 2 is live: value changed ("), "{line}");
    // The host's own, in the same package: nothing is built, and so nothing has to compile.
    save("files/src/main.rs", "ready", "steady", &hosts("main.rs"), 16);
    save("files/src/own.rs", "{ 0 }", "{ 7 }", &hosts("own.rs"), 16);
    save("files/src/main.rs", "fn main", "fn fn main", &hosts("main.rs"), 16);
    // A module of both.
    let line = save("files/src/both.rs", "{ 1 }", "{ 100 }", &also("both.rs"), 115);
    assert!(line.contains("generation 3 is live: both::one changed"), "{line}");
    let nothing = "line both.rs: nothing changed";
    save("files/src/both.rs", "{ 100 }", "{ 100 } // a hundred", nothing, 115);
    // Put back, it is as the host has it.
    save("files/src/both.rs", "{ 100 }", "{ 1 }", "ms later)", 16);
    // A crate that both are linked with.
    let line = save("files_engine/src/lib.rs", "{ 5 }", "{ 6 }", &also("files_engine::unused"), 16);
    assert!(line.starts_with("line lib.rs: nothing changed in the library; "), "{line}");
    let may_be =
        "; `two.txt` is also compiled into the host, if the host uses it: restart it for that part";
    save("files_engine/src/two.txt", "22", "333", may_be, 17);
    // A file of the host's that the bundle begins to include: a build has read it, and failed.
    let module = "mod both;\nmod own;";
    let line = save(
        "files/src/lib.rs",
        "mod both;",
        &format!("{module} fn f() -> u8 {{ own::zero() }}"),
        "1 error",
        17,
    );
    assert!(line.contains("HOT0704"), "{line}");
    save("files/src/own.rs", "-> i32 { 7 }", "-> u8 { 8 }", "restart it for that part", 17);
    // A shared library, whose code is in memory once.
    save("files_shared/src/lib.rs", "{ 3 }", "{ 4 }", &hosts("lib.rs"), 17);
    save("files_shared/src/lib.rs", "{ 4 }", "{ 4 + }", &hosts("lib.rs"), 17);
}
