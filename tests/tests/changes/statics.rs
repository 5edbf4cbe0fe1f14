//! Statics and thread-locals that begin anew with a generation, and bundles without an rlib.

use std::fs;

use tests::LoadLibrary as _;
use tests::{Edits, Fixture};

use crate::host;

const SOURCE: &str = r#"
    use std::{cell::{Cell, RefCell}, sync::{LazyLock, Mutex, OnceLock, atomic::{AtomicU32, Ordering::Relaxed}}};
    static HITS: AtomicU32 = AtomicU32::new(3);
    static ZERO: AtomicU32 = AtomicU32::new(0);
    static mut RAW: u32 = 0;
    static CACHE: Mutex<Vec<u32>> = Mutex::new(Vec::new());
    static ONCE: OnceLock<String> = OnceLock::new();
    static LAZY: LazyLock<String> = LazyLock::new(|| String::from("lazy"));
    static NAME: &str = "never changes";
    static TABLE: [u32; 3] = [1, 2, 3];
    const LIMIT: AtomicU32 = AtomicU32::new(4);
    thread_local! {
        static LATER: RefCell<Vec<u8>> = RefCell::new(vec![1]);
        static AT_ONCE: Cell<u8> = const { Cell::new(1) };
    }
    mod inner { pub static DEEP: super::AtomicU32 = super::AtomicU32::new(0); }
    #[hot::export] pub static SCORE: AtomicU32 = AtomicU32::new(1);
    #[hot::export] pub static BOARD: hot::State<u32> = hot::State::new(|| 5);
    #[hot::export] pub fn f() -> u32 {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        LATER.with_borrow_mut(|later| later.push(2));
        AT_ONCE.set(AT_ONCE.get() + 1);
        unsafe { RAW += 1 };
        CACHE.lock().unwrap().push(1);
        ONCE.get_or_init(String::new);
        [&HITS, &ZERO, &COUNT, &inner::DEEP, &*SCORE, &LIMIT].map(|it| it.fetch_add(1, Relaxed)).iter().sum::<u32>()
            + LAZY.len() as u32 + NAME.len() as u32 + TABLE[1]
    }
"#;
const RESTARTED: [&str; 10] =
    ["AT_ONCE", "CACHE", "HITS", "LATER", "LAZY", "ONCE", "RAW", "ZERO", "f::COUNT", "inner::DEEP"];

fn in_crate(name: &str) -> Vec<String> {
    RESTARTED.iter().map(|it| format!("{name}::{it}")).collect()
}

#[test]
fn what_restarts_is_named() {
    let edits = Edits::new(host(), "statics-restart", SOURCE);
    // Whether it was edited or not.
    assert_eq!(edits.edit("TABLE[1]", "TABLE[2]"), "f |");
    assert_eq!(edits.report().restarted, in_crate("statics_restart"));
    let line = edits.report().to_string();
    assert!(line.contains("; restarted: AT_ONCE, CACHE, HITS and 7 more"), "{line}");
    // One that is new does not restart, nor does one that is gone.
    assert_eq!(edits.edit("ZERO", "NULL"), "f |");
    let report = edits.report();
    assert!(!report.restarted.iter().any(|it| it.contains("ZERO") || it.contains("NULL")));
    assert_eq!(report.restarted.len(), 9);
    // Other first values are changes of whoever uses them.
    assert_eq!(edits.edit("new(3)", "new(4)"), "| HITS of f");
    assert_eq!(edits.edit("from(\"lazy\")", "from(\"lazier\")"), "| LAZY of f");
    assert_eq!(edits.edit("vec![1]", "vec![2]"), "| LATER of f");
    // Vars are the host's: they go on.
    assert_eq!(edits.edit("AtomicU32::new(1)", "AtomicU32::new(2)"), "|");
    assert_eq!(edits.report().not_applied, ["statics_restart::SCORE"]);
    assert_eq!(edits.report().restarted.len(), 10);
    // What is live again after a rollback has the values that it had.
    let report = edits.bundle().rollback().unwrap();
    assert!(report.restarted.is_empty(), "{:?}", report.restarted);
}

#[test]
fn without_an_rlib_the_text_is_compared() {
    let name = "statics-cdylib";
    let source = format!(
        "{SOURCE}\n fn helper() -> u32 {{ 1 }}\n#[hot::export] pub fn g() -> u32 {{ helper() }}"
    );
    let edits = Edits::with(host(), name, &source, |workspace| {
        workspace.package(name, "[lib]\ncrate-type = [\"cdylib\"]", "", "");
    });
    assert_eq!(edits.edit("TABLE[1]", "TABLE[2]"), "f |");
    let report = edits.report();
    assert!(!report.changes.as_ref().unwrap().exact);
    assert_eq!(report.restarted, in_crate("statics_cdylib"));
    assert!(
        report.to_string().contains(
            "live: f changed; without an rlib nothing tells which private functions changed ("
        ),
        "{report}"
    );
    // Nobody says that nothing changed.
    assert_eq!(edits.edit("u32 { 1 }", "u32 { 2 }"), "|");
    let line = edits.report().to_string();
    assert!(!line.contains("no definition changed"), "{line}");
    assert!(
        line.contains("no exported function was edited; without an rlib nothing tells which private functions changed"),
        "{line}"
    );
    assert_eq!(edits.edit("u32 { helper() }", "u32 {\n // why\n helper() }"), "|");
    assert_eq!(edits.edit("helper() }", "helper() + 0 }"), "g |");
}

#[test]
fn a_file_that_the_host_did_not_build() {
    let fixture = Fixture::new("statics-by-hand");
    let one = "#[hot::export] pub fn f() -> u32 { 1 }\n#[hot::export] pub fn g() {}";
    let bundle = host().load_library(fixture.build(one)).unwrap();
    let library = bundle.library().unwrap();
    fs::copy(fixture.build(&one.replace('1', "2")), &library).unwrap();
    let report = bundle.reload().unwrap();
    let changes = report.changes.as_ref().unwrap();
    assert_eq!((&*changes.edited, changes.exact), (&["statics_by_hand::f".to_owned()][..], false));
    // The signature belongs to it.
    fs::copy(fixture.build(&one.replace("pub fn g()", "pub fn g(_a: u8)")), &library).unwrap();
    let report = bundle.reload().unwrap();
    let changes = report.changes.as_ref().unwrap();
    assert_eq!(changes.edited, ["statics_by_hand::f", "statics_by_hand::g"]);
}

#[test]
fn stripped_libraries() {
    let edits = Edits::new(host(), "statics-stripped", SOURCE);
    let manifest = "Cargo.toml";
    // The rlib keeps its symbols.
    let stripped = "debug = \"line-tables-only\"\nstrip = \"symbols\"";
    edits.edit_in(manifest, "debug = \"line-tables-only\"", stripped);
    assert_eq!(edits.edit("TABLE[1]", "TABLE[2]"), "f |");
    assert!(edits.report().changes.as_ref().unwrap().exact);
    assert_eq!(edits.report().restarted, in_crate("statics_stripped"));
    // Without it, nothing is known.
    let file = "statics-stripped/Cargo.toml";
    edits.edit_in(file, "\"rlib\", \"cdylib\"", "\"cdylib\"");
    assert_eq!(edits.edit("TABLE[2]", "TABLE[1]"), "f |");
    assert!(!edits.report().changes.as_ref().unwrap().exact);
    assert_eq!(edits.report().restarted, Vec::<String>::new());
}
