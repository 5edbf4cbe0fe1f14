//! Libraries that exist once: a workspace that `cargo hotreload share` has changed, run by `cargo
//! hotreload run`. Everything in it is compiled for itself, which takes a minute: exhaustive.
#![cfg(all(unix, feature = "exhaustive"))]

use std::{fs, process::Command};

use tests::{
    Workspace,
    project::{Piped, Project, target_dir_of_runs},
    workspace::{BUNDLE, SHARING_HOST_FEATURES},
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
use std::{panic::catch_unwind, sync::atomic::Ordering::Relaxed, thread::sleep, time::Duration};
use tracing::{Event, Metadata, Subscriber, span};

struct Lines;
impl log::Log for Lines {
    fn enabled(&self, _: &log::Metadata) -> bool { true }
    fn log(&self, record: &log::Record) {
        if record.target().starts_with(\"once\") { println!(\"logged {}.\", record.args()) }
    }
    fn flush(&self) {}
}
impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata) -> bool { metadata.target().starts_with(\"once\") }
    fn new_span(&self, _: &span::Attributes) -> span::Id { span::Id::from_u64(1) }
    fn record(&self, _: &span::Id, _: &span::Record) {}
    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}
    fn event(&self, event: &Event) { println!(\"traced {}.\", event.metadata().level()) }
    fn enter(&self, _: &span::Id) {}
    fn exit(&self, _: &span::Id) {}
}

fn main() {
    // The process's first backtrace, for which std lists the images.
    let _ = catch_unwind(|| panic!(\"the host's own\"));
    let builder = hot::Host::builder().rollback_after(2, Duration::from_secs(600));
    let host = builder.start().unwrap();
    host.on_event(|event| if let hot::Event::RolledBack(report) = event {
        println!(\"back: {:?}.\", report.why);
    });
    host.load_crate(\"once-rules\").unwrap();
    once::DEPTH.set(5);
    let (mut last, mut hears) = (String::new(), false);
    loop {
        let before = once::COUNT.load(Relaxed);
        let report = catch_unwind(|| once_rules::report());
        let report = report.unwrap_or_else(|_| \"panicked\".to_owned());
        let report = format!(\"{report} count {}\", once::COUNT.load(Relaxed) - before);
        if report != last {
            println!(\"{report}.\");
            last = report;
        }
        if last.starts_with(\"second\") && !hears {
            log::set_logger(&Lines).unwrap();
            log::set_max_level(log::LevelFilter::Info);
            tracing::subscriber::set_global_default(Lines).unwrap();
            hears = true;
            println!(\"hears.\");
        }
        sleep(Duration::from_millis(20));
    }
}
";

/// A global allocator in the shared library: it counts the blocks that it gave.
const COUNTING: &str = "
use std::{alloc::{GlobalAlloc, Layout, System}, sync::atomic::{AtomicUsize, Ordering}};
pub static BLOCKS: AtomicUsize = AtomicUsize::new(0);
struct Counting;
#[global_allocator]
static COUNTING: Counting = Counting;
// SAFETY: what System does.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        BLOCKS.fetch_add(1, Ordering::Relaxed);
        unsafe { System.alloc(layout) }
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}
";

/// The bundle: `types` defines `Config`, of which `new` is a value and `show` a text.
fn rules(name: &str, types: &str, new: &str, show: &str) -> String {
    format!(
        "hot::bundle!();\n{types}\n\
         #[hot::export]\npub fn report() -> String {{\n    \
             log::info!(\"one\");\n    \
             tracing::info!(\"one\");\n    \
             once::COUNT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);\n    \
             let found = once::keep::<Config>({new}, |it| {show});\n    \
             format!(\"{name}: {{found}} depth {{}}\", once::DEPTH.get())\n}}\n"
    )
}

/// A package that is no member of the workspace, though a bundle links it: `Config` consists of this.
fn outside(field: &str, new: &str) -> String {
    format!(
        "pub struct Config {{ n: {field} }}\n\
         pub fn new() -> Config {{ Config {{ n: {new} }} }}\n\
         pub fn show(it: &Config) -> String {{ format!(\"{field} {{}}\", it.n) }}\n"
    )
}

fn workspace() -> Workspace {
    let workspace = Workspace::new("shared-once");
    // The workspace excludes this folder.
    workspace.write(
        "out/outside/Cargo.toml",
        "[package]\nname = \"once-outside\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    workspace.write("out/outside/src/lib.rs", &outside("u64", "7"));
    let once = "once = { path = \"../once\" }\nlog = \"0.4\"\n\
                tracing = { version = \"0.1\", default-features = false, features = [\"std\"] }";
    workspace.write(
        "once/Cargo.toml",
        "[package]\nname = \"once\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
    );
    workspace.write("once/src/lib.rs", ONCE);
    let outside = "once-outside = { path = \"../out/outside\" }";
    workspace.package("once-rules", BUNDLE, "", &format!("{once}\n{outside}"));
    workspace.package(
        "once-game",
        "",
        SHARING_HOST_FEATURES,
        &format!("{once}\nonce-rules = {{ path = \"../once-rules\" }}"),
    );
    workspace.write("once-game/src/main.rs", MAIN);
    workspace
}

fn command(workspace: &Workspace, arguments: &[&str]) -> Command {
    Project::command_in(workspace.folder(), arguments)
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
    let mut run = command(workspace, &["run"]);
    run.env("RUST_BACKTRACE", "1");
    let run = Piped::start(run);
    // The host's own COUNT has counted, and its thread's DEPTH was read: there is one of each.
    run.wait_for("first: new depth 5 count 1.");
    run.wait_for("first: found 7 depth 5 count 1.");
    edit("second", NUMBER, "Config { n: 8 }", "it.n.to_string()");
    run.wait_for("second: found 7 depth 5 count 1.");
    run.wait_for("hears.");
    heard_once(workspace, &run);
    counted_and_shown(workspace, &run);
    // What rustc alone has made finds what cargo's build has kept: its types are the same. Until rustc's
    // first call is over, saves are cargo's, and have it called anew: so the waits become longer.
    let by_rustc = || run.text().matches("by rustc alone").count();
    let before = by_rustc();
    for number in 1.. {
        edit(&format!("alone {number}"), NUMBER, "Config { n: 9 }", "it.n.to_string()");
        run.wait_for(&format!("alone {number}: found 7 depth 5 count 1."));
        // The second time by one that has waited, mostly.
        if by_rustc() >= before + 2 {
            break;
        }
        assert!(number < 30, "saves are never rustc's alone: {}", run.text());
        std::thread::sleep(std::time::Duration::from_millis(200) * number);
    }
    // What is shared is the program's: nothing is loaded that is linked with another build of it.
    let once = format!("{ONCE}pub fn more() -> u32 {{ 3 }}\n");
    workspace.write("once/src/lib.rs", &once);
    run.wait_for("restart");
    edit("unlinked", NUMBER, "Config { n: 8 }", "it.n.to_string()");
    run.wait_for("HOT0208");
    let forgotten = || {
        run.text()
            .matches("what maps of types hold of its earlier types is not found any more")
            .count()
    };
    let before = forgotten();
    edit("third", TEXT, "Config { n: \"eight\".to_owned() }", "it.n.clone()");
    // Not before: what is refused would fit then, and be built and loaded until the next save is seen.
    workspace.write("once/src/lib.rs", ONCE);
    run.wait_for("third: new depth 5 count 1.");
    run.wait_for("third: found eight depth 5 count 1.");
    tests::wait_until(|| forgotten() == before + 1);
    assert!(!run.text().contains("unlinked:"), "{}", run.text());
    let inner = "Config { inner: Inner { n: [9, 9] } }";
    edit("fourth", INNER[0], inner, "it.inner.n[0].to_string()");
    run.wait_for("fourth: found 9 depth 5 count 1.");
    leave_what_a_killed_rustc_leaves();
    let inner = "Config { inner: Inner { n: \"nine\".to_owned() } }";
    edit("fifth", INNER[1], inner, "it.inner.n.clone()");
    run.wait_for("fifth: new depth 5 count 1.");
    run.wait_for("fifth: found nine depth 5 count 1.");

    // A type of a package outside of the workspace, for which cargo calls no workspace wrapper.
    edit("outer", "use once_outside::Config;", "once_outside::new()", "once_outside::show(it)");
    run.wait_for("outer: found u64 7 depth 5 count 1.");
    workspace.write("out/outside/src/lib.rs", &outside("String", "\"seven\".to_owned()"));
    run.wait_for("outer: found String seven depth 5 count 1.");

    one_source_of_two_types(workspace, &run, edit);

    // What the sources do not name is not linked from there.
    workspace
        .write("once-rules/src/lib.rs", &rules("sixth", INNER[1], inner, "it.inner.n.clone()"));
    run.wait_for("`once_rules` has copies of its own of what is in the shared library");
    run.wait_for("use shared_once_shared as _;");
    edit("seventh", INNER[1], inner, "it.inner.n.clone()");
    run.wait_for("seventh: found nine depth 5 count 1.");
    what_was_kept_goes();
    drop(run);

    // Started without the command, it builds as it was built.
    let program = target_dir_of_runs().join("debug/once-game");
    let mut alone = Command::new(program);
    alone.current_dir(workspace.folder()).env("HOTRELOAD_WATCH", "1");
    alone.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let alone = Piped::start(alone);
    alone.wait_for("seventh: new depth 5 count 1.");
    edit("eighth", INNER[1], inner, "it.inner.n.clone()");
    alone.wait_for("eighth: found nine depth 5 count 1.");
    drop(alone);
}

/// What a build script says decides which of them it is.
fn one_source_of_two_types(
    workspace: &Workspace,
    run: &Piped,
    edit: impl Fn(&str, &str, &str, &str),
) {
    const SCRIPT: &str = "fn main() {
        println!(\"cargo::rustc-check-cfg=cfg(is_text)\");
        println!(\"cargo::rerun-if-changed=is-text\");
        if std::path::Path::new(\"is-text\").exists() { println!(\"cargo::rustc-cfg=is_text\") }
    }";
    const EITHER: &str = "
        #[cfg(is_text)] type Number = String;
        #[cfg(not(is_text))] type Number = u64;
        pub struct Config { pub n: Number }
        impl Config { fn new() -> Config { Config { n: \"77\".parse().unwrap() } } }";
    let files =
        ["build.rs", "is-text"].map(|name| workspace.folder().join("once-rules").join(name));
    fs::write(&files[0], SCRIPT).unwrap();
    edit("number", EITHER, "Config::new()", "format!(\"{:?}\", it.n)");
    run.wait_for("number: found 77 depth 5 count 1.");
    fs::write(&files[1], "").unwrap();
    run.wait_for("number: found \"77\" depth 5 count 1.");
    files.iter().for_each(|file| fs::remove_file(file).unwrap());
}

fn is_of_rules(folder: &fs::DirEntry) -> bool {
    folder.file_name().to_string_lossy().split('-').next() == Some("once_rules")
}

fn leave_what_a_killed_rustc_leaves() {
    let folder = target_dir_of_runs().join("debug/incremental");
    let own = fs::read_dir(folder).unwrap().flatten();
    let own = own.filter(is_of_rules);
    let left = own.map(|it| it.path().join("0123/once_rules-1/s-working"));
    assert_eq!(left.map(|it| fs::create_dir_all(it).unwrap()).count(), 1);
}

/// What rustc has kept of types that there are no more is removed, whoever has left it.
fn what_was_kept_goes() {
    let folder = target_dir_of_runs().join("debug/incremental");
    let kept = || {
        let folders = fs::read_dir(&folder).unwrap().flatten();
        let own = folders.filter(is_of_rules);
        own.flat_map(|it| fs::read_dir(it.path()).unwrap().flatten()).map(|it| it.path())
    };
    assert_eq!(kept().count(), 1);
}

/// What a bundle logs and traces comes once to the host's, though nobody listened as it was loaded.
fn heard_once(workspace: &Workspace, run: &Piped) {
    let source = "use shared_once_shared as _;\nhot::bundle!();\n\
        pub struct Config { pub n: u64 }\n\
        #[hot::export]\npub fn report() -> String {\n\
            use std::sync::atomic::Ordering::Relaxed;\n\
            static SAID: std::sync::Once = std::sync::Once::new();\n\
            SAID.call_once(|| { log::info!(\"two\"); tracing::warn!(\"two\"); });\n\
            let before = shared_once_shared::BLOCKS.load(Relaxed);\n\
            drop(std::hint::black_box(Box::new(1)));\n\
            format!(\"allocates {}\", shared_once_shared::BLOCKS.load(Relaxed) > before)\n}\n";
    workspace.write("once-rules/src/lib.rs", source);
    run.wait_for("allocates true count 0.");
    let text = run.text();
    assert_eq!(text.matches("logged two.").count(), 1, "{text}");
    assert_eq!(text.matches("traced WARN.").count(), 1, "{text}");
}

/// Panics of a generation that was loaded after the first backtrace.
fn counted_and_shown(workspace: &Workspace, run: &Piped) {
    let source = "use shared_once_shared as _;\nhot::bundle!();\n\
        pub struct Config { pub n: u64 }\n\
        #[hot::export]\npub fn report() -> String {\n    deep(1)\n}\n\
        #[inline(never)]\nfn deep(n: u32) -> String {\n    panic!(\"on purpose {n}\")\n}\n";
    workspace.write("once-rules/src/lib.rs", source);
    run.wait_for("back: Some(\"generation 4 panicked 2 times within 600s\").");
    run.wait_for("on purpose 1");
    for frame in [
        "once_rules::deep\n",
        "once-rules/src/lib.rs:10:5",
        "once_rules::report\n",
        "once-rules/src/lib.rs:6:5",
    ] {
        run.wait_for(frame);
    }
}

/// The command takes back all that it did.
fn taken_back(workspace: &Workspace) {
    assert!(share(workspace, &["unshare"]).contains("-use shared_once_shared as _;"));
    assert!(!workspace.folder().join("shared").exists());
    assert_eq!(share(workspace, &["share", "--dry-run", "once"]).matches("+++ ").count(), 6);
}

/// The builds that are refused before anything runs.
fn refused_before_anything_runs(workspace: &Workspace) {
    let types = "pub struct Config;";
    workspace.write("once-rules/src/lib.rs", &rules("first", types, "Config", "String::new()"));
    let text = share(workspace, &["share", "once"]);
    let lines = ["+extern crate once as _;", "+use shared_once_shared as _;"];
    assert!(lines.iter().all(|line| text.contains(line)), "{text}");
    assert_eq!(share(workspace, &["share", "once"]), "nothing is to be changed\n");
    share(workspace, &["share", "log", "tracing"]);
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
    fs::write(&root, text + COUNTING).unwrap();
}
