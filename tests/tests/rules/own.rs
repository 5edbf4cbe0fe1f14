//! Tests of rules that have no better place.

use std::{
    collections::HashSet,
    fs,
    sync::{Barrier, LazyLock},
    thread,
};

use hot::Host;
use tests::Fixture;
use tests::LoadLibrary as _;

static HOST: LazyLock<Host> = LazyLock::new(|| Host::start().unwrap());

hot::import! {
    rules_outer => { fn through_copy() -> u32; fn through_host() -> String; }
    rules_inner => { fn answer() -> u32; }
}

#[test]
fn a_private_copy_of_a_bundle_never_defines() {
    let inner = Fixture::with_manifest("rules_inner", "");
    inner.build("#[hot::export(direct)]\npub fn answer() -> u32 { 1 }");
    let dependency = format!("rules_inner = {{ path = {:?} }}", inner.folder());
    // Both crates' symbols and entries are in this library.
    let outer = Fixture::with_manifest("rules_outer", &dependency).build(
        "#[hot::export]\npub fn through_copy() -> u32 { rules_inner::answer() }\n\
         #[hot::export]\npub fn through_host() -> String {\n\
             let call = std::panic::catch_unwind(|| hot::get!(rules_inner::answer)());\n\
             match call {\n\
                 Ok(answer) => answer.to_string(),\n\
                 Err(payload) => *payload.downcast::<String>().unwrap(),\n\
             }\n\
         }",
    );
    let bundle = HOST.load_library(&outer).unwrap();
    assert_eq!(bundle.name(), "rules_outer");
    let defined = |path| HOST.namespace().get(path).is_some_and(|it| it.is_defined());
    assert!(defined("rules_outer::through_copy") && !defined("rules_inner::answer"));
    assert_eq!(hot::get!(rules_outer::through_copy)(), 1, "a direct call");
    let undefined = "HOT0501: `rules_inner::answer` is not defined";
    assert!(hot::get!(rules_outer::through_host)().starts_with(undefined));
    // Loaded, it is what both reach; the copy stays what it was.
    HOST.load_library(inner.build("#[hot::export(direct)]\npub fn answer() -> u32 { 2 }")).unwrap();
    assert_eq!(hot::get!(rules_inner::answer)(), 2);
    assert_eq!(hot::get!(rules_outer::through_host)(), "2");
    assert_eq!(hot::get!(rules_outer::through_copy)(), 1);
}

hot::import! { rules_staged => { fn seen_by_init() -> bool; } }

#[hot::export]
fn is_visible() -> bool {
    let host = Host::current().unwrap();
    host.namespace().get("rules_staged::seen_by_init").is_some()
}

#[test]
fn nothing_is_visible_while_init_runs() {
    let library = Fixture::new("rules_staged").build_root(
        "use std::sync::atomic::{AtomicU32, Ordering::SeqCst};\n\
         hot::bundle!(init = start);\n\
         hot::import! { rules::own => { fn is_visible() -> bool; } }\n\
         static SEEN: AtomicU32 = AtomicU32::new(2);\n\
         fn start() { SEEN.store(hot::get!(own::is_visible)().into(), SeqCst); }\n\
         #[hot::export]\npub fn seen_by_init() -> bool {\n\
             match SEEN.load(SeqCst) { 0 => false, 1 => true, _ => panic!(\"init did not run\") }\n\
         }",
    );
    HOST.load_library(&library).unwrap();
    assert!(!hot::get!(rules_staged::seen_by_init)());
    assert!(is_visible());
}

#[hot::export]
fn linked_in() -> u32 {
    3
}

#[test]
fn a_second_start_is_an_error_and_handles_may_be_dropped() {
    let handle = HOST.clone();
    // The handle goes with the thread.
    thread::spawn(move || handle.status().unwrap()).join().unwrap();
    assert_eq!(Host::start().unwrap_err().code(), hot::Code::SecondHost);
    assert!(HOST.namespace().get("rules::own::linked_in").unwrap().is_defined());
    assert_eq!(hot::get!(linked_in)(), 3);
}

static INSIDE: Barrier = Barrier::new(2);
static GO_ON: Barrier = Barrier::new(2);

/// The old image's thread waits here.
#[hot::export]
fn turn() {
    INSIDE.wait();
    GO_ON.wait();
}

hot::import! {
    rules_caller => { fn run() -> String; }
}

#[test]
fn a_retired_image_keeps_calling_what_it_was_linked_against() {
    let callee = Fixture::new("rules_callee");
    let caller = Fixture::new("rules_caller");
    let export = |body: &str| format!("#[hot::export]\npub fn describe({body}");
    let call = |import: &str, argument: &str| {
        format!(
            "hot::import! {{\n\
                 rules::own => {{ fn turn(); }}\n\
                 rules_callee => {{ fn describe({import}) -> String; }}\n\
             }}\n\
             #[hot::export]\npub fn run() -> String {{\n\
                 let call = || hot::get!(rules_callee::describe)({argument});\n\
                 let mut said = vec![call()];\n\
                 for _ in 0..3 {{ hot::get!(own::turn)(); said.push(call()); }}\n\
                 said.join(\", \")\n\
             }}"
        )
    };
    let first = export("text: &str) -> String { format!(\"first {text}\") }");
    let second = export("text: &str) -> String { format!(\"second {text}\") }");
    let other = export("number: u64) -> String { format!(\"other {number}\") }");
    let [first, second, other] = [&first, &second, &other].map(|source| callee.build(source));
    let with_text = caller.build(&call("text: &str", "\"text\""));
    let without =
        caller.build("#[hot::export]\npub fn run() -> String { \"calls nothing\".to_owned() }");
    let with_number = caller.build(&call("number: u64", "7"));

    HOST.load_library(&first).unwrap();
    HOST.load_library(&with_text).unwrap();
    thread::scope(|scope| {
        let old = scope.spawn(|| hot::get!(rules_caller::run)());
        let next = || {
            GO_ON.wait();
            INSIDE.wait();
        };
        INSIDE.wait();
        // The same signature: the thread reaches it.
        HOST.load_library(&second).unwrap();
        next();
        // Another one: refused as long as the caller is current, accepted once it is retired.
        assert_eq!(HOST.load_library(&other).unwrap_err().code(), hot::Code::TypeChanged);
        HOST.load_library(&without).unwrap();
        HOST.load_library(&other).unwrap();
        next();
        // The caller for the new signature does not thaw the old image.
        HOST.load_library(&with_number).unwrap();
        GO_ON.wait();
        assert_eq!(old.join().unwrap(), "first text, second text, second text, second text");

        let new = scope.spawn(|| hot::get!(rules_caller::run)());
        for _ in 0..3 {
            INSIDE.wait();
            GO_ON.wait();
        }
        assert_eq!(new.join().unwrap(), "other 7, other 7, other 7, other 7");
    });
}

hot::import! { rules_mapped => { fn text() -> &'static str; } }

#[test]
fn a_retired_generation_stays_mapped() {
    let fixture = Fixture::new("rules_mapped");
    let build = |text| {
        fixture.build(&format!("#[hot::export]\npub fn text() -> &'static str {{ {text:?} }}"))
    };
    let libraries = ["one", "two", "three"].map(build);
    let mut texts = Vec::new();
    for library in &libraries {
        HOST.load_library(library).unwrap();
        texts.push(hot::get!(rules_mapped::text)());
    }
    HOST.bundle("rules_mapped").unwrap().unload().unwrap();
    // What borrows from their images is still there.
    assert_eq!(texts, ["one", "two", "three"]);
    let maps = fs::read_to_string("/proc/self/maps").unwrap();
    let mapped: HashSet<_> = maps
        .lines()
        .filter_map(|line| line.split_once('/'))
        .map(|(_, path)| path)
        .filter(|path| path.contains("librules_mapped-"))
        .collect();
    assert_eq!(mapped.len(), 3, "{mapped:?}");
}
