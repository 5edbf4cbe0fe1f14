//! What bundles do to registries, locks and allocators that exist once: one workspace, run by `cargo
//! hotreload run`. Everything in it is compiled for itself: exhaustive.
#![cfg(all(target_os = "linux", feature = "exhaustive"))]

use std::fs;

use tests::{
    Workspace,
    project::{Piped, Project},
    workspace::{BUNDLE, SHARING_HOST_FEATURES},
};

/// What lies in the shared library. Its crates are those that people use.
const ENGINE: &str = r#"
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
pub struct Plugin(pub &'static str);
inventory::collect!(Plugin);
pub fn plugins() -> Vec<&'static str> {
    let mut names: Vec<_> = inventory::iter::<Plugin>.into_iter().map(|it| it.0).collect();
    names.sort_unstable();
    names
}

pub static REGISTERED: AtomicU32 = AtomicU32::new(0);
pub fn register() { REGISTERED.fetch_add(1, Relaxed); }

#[linkme::distributed_slice]
pub static SLICE: [u32];
#[linkme::distributed_slice(SLICE)]
static ITS_OWN: u32 = 1;
pub fn slice() -> usize { SLICE.len() }

#[typetag::serde]
pub trait Shape { fn name(&self) -> String; }
pub fn shape(json: &str) -> String {
    match serde_json::from_str::<Box<dyn Shape>>(json) {
        Ok(shape) => shape.name(),
        Err(error) => error.to_string(),
    }
}

pub static LOCK: parking_lot::Mutex<u32> = parking_lot::Mutex::new(5);
"#;

const MAIN: &str = r#"
fn main() {
    let mut builder = hot::Host::builder();
    if std::env::args().any(|it| it == "may") {
        builder = builder.constructors_may_use("inventory");
    }
    let host = builder.start().unwrap();
    host.load_crate("entries-rules").unwrap();
    println!("host's {}.", entries_shared::is_mimalloc(&*Box::new(1)));
    let mut last = String::new();
    loop {
        let report = entries_rules::report();
        if report != last {
            println!("{report}.");
            last = report;
        }
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
}
"#;

const ALLOCATOR: &str = "
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
";

/// Asks it: a function of C, called from whoever is compiled with this.
const ASK: &str = "
pub fn is_mimalloc<T>(of: &T) -> bool {
    unsafe extern \"C\" { fn mi_is_in_heap_region(block: *const u8) -> bool; }
    unsafe { mi_is_in_heap_region(std::ptr::from_ref(of).cast()) }
}
";

const USE: &str = "use entries_shared as _;\n";

/// The bundle: these items, and what it reports.
fn rules(items: &str, report: &str) -> String {
    format!(
        "{USE}hot::bundle!();\n{items}\n#[hot::export]\npub fn report() -> String {{ {report} }}\n"
    )
}

fn workspace() -> Workspace {
    let workspace = Workspace::new("entries");
    workspace.write(
        "engine/Cargo.toml",
        "[package]\nname = \"entries-engine\"\nversion = \"0.1.0\"\nedition = \"2024\"\n[dependencies]\n\
         inventory = \"0.3\"\nlinkme = \"0.3\"\n\
         parking_lot = \"0.12\"\nserde_json = \"1\"\ntypetag = \"0.2\"\n",
    );
    workspace.write("engine/src/lib.rs", ENGINE);
    let engine = "entries-engine = { path = \"../engine\" }\n\
                  mimalloc = { version = \"0.1\", default-features = false }";
    workspace.package(
        "entries-rules",
        BUNDLE,
        "",
        &format!(
            "{engine}\narc-swap = \"1\"\nctor = \"0.4\"\ninventory = \"0.3\"\nlinkme = \"0.3\"\n\
             parking_lot = \"0.12\"\nserde = {{ version = \"1\", features = [\"derive\"] }}\n\
             typetag = \"0.2\""
        ),
    );
    workspace.write("entries-rules/src/lib.rs", &rules("", "\"first\".to_owned()"));
    let rules = "entries-rules = { path = \"../entries-rules\" }";
    workspace.package("entries-game", "", SHARING_HOST_FEATURES, &format!("{engine}\n{rules}"));
    workspace.write(
        "entries-game/src/main.rs",
        "fn main() { println!(\"first {}.\", std::hint::black_box(Box::new(1))) }\n",
    );
    workspace.fetch();
    share(&workspace, "entries-engine");
    workspace
}

fn share(workspace: &Workspace, name: &str) {
    let output = Project::command_in(workspace.folder(), &["share", name]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// One test, since all of it is compiled once.
#[test]
fn what_bundles_register() {
    let workspace = workspace();
    an_allocator_belongs_into_the_shared_library(&workspace);
    constructors_need_the_builders_word(&workspace);
    what_the_builder_allows(&workspace);
}

fn an_allocator_belongs_into_the_shared_library(workspace: &Workspace) {
    for (path, image) in [
        ("entries-game/src/main.rs", "entries_game"),
        ("entries-rules/src/lib.rs", "entries_rules"),
    ] {
        let path = workspace.folder().join(path);
        let before = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{before}{ALLOCATOR}")).unwrap();
        let mut run = Piped::start(Project::command_in(workspace.folder(), &["run", "--once"]));
        run.wait_for(&format!("HOT0715: `{image}` has a `#[global_allocator]`"));
        run.wait_for("move it to the lib.rs of `entries_shared`");
        assert!(!run.child.wait().unwrap().success());
        assert!(!run.text().contains("first 1."), "{}", run.text());
        fs::write(&path, before).unwrap();
    }
    share(workspace, "mimalloc");
    let path = workspace.folder().join("shared/src/lib.rs");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, format!("{text}{ALLOCATOR}{ASK}")).unwrap();
    workspace.write("entries-game/src/main.rs", &format!("{USE}{MAIN}"));
}

fn constructors_need_the_builders_word(workspace: &Workspace) {
    let edit = |items: &str, report: &str| {
        workspace.write("entries-rules/src/lib.rs", &rules(items, report));
    };
    let mut run = Piped::start(Project::command_in(workspace.folder(), &["run"]));
    run.wait_for("host's true.");
    run.wait_for("first.");
    edit("", "format!(\"its {}\", entries_shared::is_mimalloc(&*Box::new(1)))");
    run.wait_for("its true.");

    let plugins = "format!(\"plugins {:?}\", entries_engine::plugins())";
    edit("inventory::submit! { entries_engine::Plugin(\"refused\") }", plugins);
    run.wait_for(
        "HOT0716: a constructor of the bundle would use `entries_engine`, `inventory` as soon",
    );
    edit("", plugins);
    run.wait_for("plugins [].");

    let registered = "format!(\"registered {}\", entries_engine::REGISTERED.load(std::sync::atomic::Ordering::Relaxed))";
    edit("#[ctor::ctor]\nfn start() { entries_engine::register() }", registered);
    run.wait_for("HOT0716: a constructor of the bundle would use `entries_engine` as soon");
    edit("", registered);
    run.wait_for("registered 0.");

    let shape = "#[derive(serde::Serialize, serde::Deserialize)]\nstruct Circle;\n\
        #[typetag::serde]\nimpl entries_engine::Shape for Circle { fn name(&self) -> String { \"round\".to_owned() } }";
    edit(shape, "entries_engine::shape(r#\"{\"Circle\":null}\"#)");
    run.wait_for("would use `entries_engine`, `erased_serde`, `inventory` as soon");

    // What a constructor does with the bundle's own is its own affair.
    let own = "struct Own(u32);\ninventory::collect!(Own);\ninventory::submit! { Own(3) }\n\
        static STARTED: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);\n\
        #[ctor::ctor]\nfn start() { STARTED.store(4, std::sync::atomic::Ordering::Relaxed) }";
    edit(
        own,
        "format!(\"own {:?} {STARTED:?}\", inventory::iter::<Own>.into_iter().map(|it| it.0).collect::<Vec<_>>())",
    );
    run.wait_for("own [3] 4.");

    // There is no constructor: the section of another library is not that of the slice.
    edit(
        "#[linkme::distributed_slice(entries_engine::SLICE)]\nstatic MINE: u32 = 2;",
        "format!(\"slice {} {MINE}\", entries_engine::slice())",
    );
    run.wait_for("slice 1 2.");

    // A lock that exists once may cross, one that does not may not.
    let lock = "#[hot::export]\npub fn locked(#[hot(unsafe(opaque))] lock: &parking_lot::Mutex<u32>) -> u32 { *lock.lock() }";
    edit(lock, "format!(\"locked {}\", locked(&entries_engine::LOCK))");
    run.wait_for("locked 5.");
    let swap = "#[hot::export]\npub fn swap(#[hot(unsafe(opaque))] it: &arc_swap::ArcSwap<u32>) -> u32 { **it.load() }";
    edit(&format!("{lock}\n{swap}"), "\"swap\".to_owned()");
    run.wait_for("HOT0207: `entries_rules::swap` has a type whose statics exist once per image");
    edit("", "\"done\".to_owned()");
    run.wait_for("done.");
    let text = run.text();
    // What was refused has not run, and no constructor was said to use what another function uses.
    for refused in ["plugins [\"refused\"]", "registered 1.", "round", "\nswap.", "`serde_core`"] {
        assert!(!text.contains(refused), "{refused}: {text}");
    }
    run.signal(libc::SIGTERM);
    run.child.wait().unwrap();
}

/// Each generation's entries stay, and `typetag` answers from what was there when it was first asked.
fn what_the_builder_allows(workspace: &Workspace) {
    let edit = |name: &str| {
        let items = format!(
            "inventory::submit! {{ entries_engine::Plugin(\"{name}\") }}\n\
             #[derive(serde::Serialize, serde::Deserialize)]\nstruct Circle;\n\
             #[typetag::serde]\nimpl entries_engine::Shape for Circle {{ \
             fn name(&self) -> String {{ \"{name}\".to_owned() }} }}"
        );
        let report = "format!(\"{:?} {}\", entries_engine::plugins(), entries_engine::shape(r#\"{\"Circle\":null}\"#))";
        workspace.write("entries-rules/src/lib.rs", &rules(&items, report));
    };
    let start = || Piped::start(Project::command_in(workspace.folder(), &["run", "--", "may"]));
    let run = start();
    run.wait_for("done.");
    edit("one");
    run.wait_for("[\"one\"] one.");
    edit("two");
    run.wait_for("[\"one\", \"two\"] one.");
    drop(run);
    // A host registers, too, what the copy has that it is linked with.
    start().wait_for("[\"two\", \"two\"] non-unique tag");
}
