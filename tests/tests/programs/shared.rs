//! Libraries that exist once: a workspace that `cargo hotreload share` has changed, run by `cargo
//! hotreload run`. Everything in it is compiled for itself, which takes a minute: exhaustive.
#![cfg(all(unix, feature = "exhaustive"))]

use std::{fs, process::Command};

use tests::{
    Workspace,
    fixture::target_dir,
    project::{Piped, Project},
    workspace::{BUNDLE, HOST_FEATURES},
};

/// A library with what must exist once: a static, a thread-local, a type map.
const ONCE: &str = "
use std::{any::{Any, TypeId}, cell::Cell, collections::HashMap, sync::{Mutex, MutexGuard}};
use std::sync::atomic::AtomicU32;
pub static COUNT: AtomicU32 = AtomicU32::new(0);
thread_local! { pub static DEPTH: Cell<u32> = const { Cell::new(0) }; }
type Map = HashMap<TypeId, Box<dyn Any + Send>>;
static MAP: Mutex<Option<Map>> = Mutex::new(None);
pub fn map() -> MutexGuard<'static, Option<Map>> {
    let mut map = MAP.lock().unwrap();
    map.get_or_insert_with(Map::new);
    map
}
/// The value of this type, or `new` put there.
pub fn keep<T: Any + Send>(new: T, show: impl FnOnce(&T) -> String) -> String {
    let mut map = map();
    let map = map.as_mut().unwrap();
    match map.get(&TypeId::of::<T>()) {
        Some(found) => format!(\"found {}\", show(found.downcast_ref::<T>().unwrap())),
        None => { map.insert(TypeId::of::<T>(), Box::new(new)); \"new\".to_owned() }
    }
}
";

const MAIN: &str = "
use std::{sync::atomic::Ordering::Relaxed, thread::sleep, time::Duration};
fn main() {
    let host = hot::Host::start().unwrap();
    host.load_crate(\"once-rules\").unwrap();
    once::DEPTH.set(5);
    let mut last = String::new();
    loop {
        let before = once::COUNT.load(Relaxed);
        let report = once_rules::report();
        let report = format!(\"{report} count {}\", once::COUNT.load(Relaxed) - before);
        if report != last {
            println!(\"{report}.\");
            last = report;
        }
        sleep(Duration::from_millis(20));
    }
}
";

/// The bundle: `types` defines `Config`, of which `new` is a value and `show` a text.
fn rules(name: &str, types: &str, new: &str, show: &str) -> String {
    format!(
        "hot::bundle!();\n{types}\n\
         #[hot::export]\npub fn report() -> String {{\n    \
             once::COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);\n    \
             let found = once::keep::<Config>({new}, |it| {show});\n    \
             format!(\"{name}: {{found}} depth {{}}\", once::DEPTH.get())\n}}\n"
    )
}

fn workspace() -> Workspace {
    let workspace = Workspace::new("shared-once");
    let once = "once = { path = \"../once\" }";
    workspace.write(
        "once/Cargo.toml",
        "[package]\nname = \"once\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    workspace.write("once/src/lib.rs", ONCE);
    workspace.package("once-rules", BUNDLE, "", once);
    workspace.package(
        "once-game",
        "",
        HOST_FEATURES,
        &format!("{once}\nonce-rules = {{ path = \"../once-rules\" }}"),
    );
    workspace.write("once-game/src/main.rs", MAIN);
    workspace
}

fn command(workspace: &Workspace, arguments: &[&str]) -> Command {
    Project::command_in(workspace, arguments)
}

fn share(workspace: &Workspace, arguments: &[&str]) -> String {
    let output = command(workspace, arguments).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    text
}

/// One test, since all of it is compiled once.
#[test]
fn what_is_shared_exists_once() {
    let workspace = workspace();
    refused_before_anything_runs(&workspace);
    found_by_the_definition(&workspace);
    taken_back(&workspace);
}

/// A type map never hands out what was another type.
fn found_by_the_definition(workspace: &Workspace) {
    const NUMBER: &str = "pub struct Config { pub n: u64 }";
    const TEXT: &str = "pub struct Config { pub n: String }";
    const INNER: [&str; 2] = [
        "pub struct Config { pub inner: Inner }\npub struct Inner { pub n: [u64; 2] }",
        "pub struct Config { pub inner: Inner }\npub struct Inner { pub n: String }",
    ];
    let edit = |name: &str, types: &str, new: &str, show: &str| {
        let text = rules(name, types, new, show)
            .replace("hot::bundle!();", "use shared_once_shared as _;\nhot::bundle!();");
        workspace.write("once-rules/src/lib.rs", &text);
    };
    edit("first", NUMBER, "Config { n: 7 }", "it.n.to_string()");
    let run = Piped::start(command(workspace, &["run"]));
    // The host's own COUNT has counted, and its thread's DEPTH was read: there is one of each.
    run.wait_for("first: new depth 5 count 1.");
    run.wait_for("first: found 7 depth 5 count 1.");
    edit("second", NUMBER, "Config { n: 8 }", "it.n.to_string()");
    run.wait_for("second: found 7 depth 5 count 1.");
    edit("third", TEXT, "Config { n: \"eight\".to_owned() }", "it.n.clone()");
    run.wait_for("third: new depth 5 count 1.");
    run.wait_for("third: found eight depth 5 count 1.");
    let inner = "Config { inner: Inner { n: [9, 9] } }";
    edit("fourth", INNER[0], inner, "it.inner.n[0].to_string()");
    run.wait_for("fourth: found 9 depth 5 count 1.");
    let inner = "Config { inner: Inner { n: \"nine\".to_owned() } }";
    edit("fifth", INNER[1], inner, "it.inner.n.clone()");
    run.wait_for("fifth: new depth 5 count 1.");
    run.wait_for("fifth: found nine depth 5 count 1.");

    // What the sources do not name is not linked from there.
    workspace
        .write("once-rules/src/lib.rs", &rules("sixth", INNER[1], inner, "it.inner.n.clone()"));
    run.wait_for("`once_rules` has copies of its own of what is in the shared library");
    run.wait_for("use shared_once_shared as _;");
    edit("seventh", INNER[1], inner, "it.inner.n.clone()");
    run.wait_for("seventh: found nine depth 5 count 1.");
    // What was of types that are gone went with them.
    let kept = target_dir().join(folder_of_builds()).join("debug/incremental");
    let kept = fs::read_dir(kept).unwrap().flatten();
    assert_eq!(
        kept.filter(|it| it.file_name().to_string_lossy().starts_with("once_rules-")).count(),
        1
    );
    drop(run);

    // Started without the command, it builds as it was built.
    let program = target_dir().join(folder_of_builds()).join("debug/once-game");
    let mut alone = Command::new(program);
    alone.current_dir(workspace.folder()).env("HOTRELOAD_WATCH", "1");
    alone.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let alone = Piped::start(alone);
    alone.wait_for("seventh: new depth 5 count 1.");
    edit("eighth", INNER[1], inner, "it.inner.n.clone()");
    alone.wait_for("eighth: found nine depth 5 count 1.");
    drop(alone);
}

/// The command takes back all that it did.
fn taken_back(workspace: &Workspace) {
    assert!(share(workspace, &["unshare"]).contains("-use shared_once_shared as _;"));
    assert!(!workspace.folder().join("shared").exists());
    assert_eq!(share(workspace, &["share", "--dry-run", "once"]).matches("+++ ").count(), 6);
}

/// The target folder of the wrapper, within that of the fixtures.
fn folder_of_builds() -> String {
    let entries = fs::read_dir(target_dir()).unwrap().flatten();
    let names = entries.filter(|it| it.path().join("hotreload-wrapper").is_file());
    let latest = names.max_by_key(|it| it.metadata().unwrap().modified().unwrap()).unwrap();
    latest.file_name().to_str().unwrap().to_owned()
}

/// The builds that are refused before anything runs.
fn refused_before_anything_runs(workspace: &Workspace) {
    let types = "pub struct Config;";
    workspace.write("once-rules/src/lib.rs", &rules("first", types, "Config", "String::new()"));
    let text = share(workspace, &["share", "once"]);
    let lines = ["+extern crate once as _;", "+use shared_once_shared as _;"];
    assert!(lines.iter().all(|line| text.contains(line)), "{text}");
    assert_eq!(share(workspace, &["share", "once"]), "nothing is to be changed\n");
    let refused = |path: &str, from: &str, to: &str, said: &str| {
        let path = workspace.folder().join(path);
        let before = fs::read_to_string(&path).unwrap();
        assert!(before.contains(from), "{before}");
        fs::write(&path, before.replacen(from, to, 1)).unwrap();
        let mut run = Piped::start(command(workspace, &["run", "--once"]));
        run.wait_for("HOT0715");
        run.wait_for(said);
        assert!(!run.child.wait().unwrap().success());
        assert!(!run.text().contains("count 1"), "{}", run.text());
        fs::write(&path, before).unwrap();
    };
    refused(
        "shared/src/lib.rs",
        "extern crate once as _;",
        "",
        "`once` is not in the shared library",
    );
    refused(
        "once-rules/src/lib.rs",
        "use shared_once_shared as _;",
        "",
        "`once_rules` has copies of its own",
    );
    refused(
        "once-game/src/main.rs",
        "fn main() {",
        "#[global_allocator]\nstatic ALLOCATOR: std::alloc::System = std::alloc::System;\nfn main() {",
        "`once_game` has a `#[global_allocator]`",
    );
    let hot = format!(
        "[dependencies]\nhotreload = {{ path = {:?} }}",
        tests::fixture::repository().join("hotreload")
    );
    let root = workspace.folder().join("shared/src/lib.rs");
    let text = fs::read_to_string(&root).unwrap();
    fs::write(&root, format!("{text}extern crate hot as _;\n")).unwrap();
    refused(
        "shared/Cargo.toml",
        "[dependencies]",
        &hot,
        "is in the shared library `shared_once_shared`",
    );
    fs::write(&root, text).unwrap();
}
