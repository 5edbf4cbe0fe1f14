//! Bundles whose init goes wrong: the image has run and stays mapped, all else is as it was.

use std::{fs, path::Path};

use hot::{Code, Error};
use tests::LoadLibrary as _;
use tests::{
    Fixture, Snapshot, elf, manifest,
    refusal::{assert_complete, codes, fact},
};

use crate::{
    HOST, VICTIM, alone, bad_init, constructor, patched, refuse, scratch, victim_of_files,
};

/// For bundles that reach for the host from within their init.
#[hot::export]
fn attempt(what: &str) -> String {
    let library = &VICTIM.library;
    let error = match what {
        "load" => HOST.load_library(library).map(drop),
        "check" => HOST.check(library),
        "reload" => VICTIM.bundle.reload().map(drop),
        "rollback" => VICTIM.bundle.rollback().map(drop),
        "unload" => VICTIM.bundle.unload(),
        "generation" => VICTIM.bundle.generation().map(drop),
        "status" => HOST.status().map(drop),
        other => panic!("no attempt {other}"),
    };
    error.map_or_else(|error| error.code().id().to_owned(), |()| "done".to_owned())
}

/// Tries to load a bundle whose init has run when it is refused: its image stays mapped.
fn refuse_late(path: &Path) -> Error {
    let before = Snapshot::take(&HOST).apart_from_images();
    let abandoned = HOST.status().unwrap().abandoned;
    HOST.check(path).expect("the file alone tells nothing");
    let error = HOST.load_library(path).expect_err("refused");
    assert_eq!(Snapshot::take(&HOST).apart_from_images(), before, "{error}");
    assert_eq!(HOST.status().unwrap().abandoned, abandoned + 1, "{error}");
    assert_eq!(victim_of_files::answer(), 1);
    assert_complete(&error, path);
    error
}

#[test]
fn a_library_without_its_init_function() {
    let _alone = alone();
    let path = scratch("libvictim_of_files.so");
    let (old, new) = ("bundle_init_victim_of_files", "bundle_inix_victim_of_files");
    fs::write(&path, patched(|bytes| elf::replace(bytes, ".dynstr", old, new))).unwrap();
    let error = refuse_late(&path);
    assert_eq!(error.code(), Code::Disagreement);
    assert!(error.reasons()[0].message.contains(old), "{error}");
    fs::remove_file(&VICTIM.ran).unwrap();
}

#[test]
fn what_a_library_registers_is_compared_with_its_manifest() {
    let _alone = alone();
    // A record removed from the section; the function that it was for is registered still.
    let path = scratch("libvictim_of_files.so");
    let removed = patched(|bytes| {
        let records = manifest::records(bytes);
        // Of one that nobody calls.
        let is_meant = |(tag, at): &(u8, std::ops::Range<usize>)| {
            *tag == 2 && bytes[at.clone()].windows(10).any(|name| name == b"::uncalled")
        };
        let (_, record) = records.into_iter().find(is_meant).unwrap();
        bytes[record].fill(0);
    });
    fs::write(&path, removed).unwrap();
    let error = refuse_late(&path);
    assert_eq!(codes(&error), [Code::Manifest], "{error}");
    fs::remove_file(&VICTIM.ran).unwrap();

    let fixture = Fixture::new("registered-and-listed");
    let record = "const RECORD: hot::rt::manifest::Function = hot::rt::manifest::Function {
            package: env!(\"CARGO_PKG_NAME\"), version: \"0.1.0\", path: \"registered_and_listed::ghost\",
            exported: true, is_unsafe: false, abi: \"Rust\", display: \"fn() -> u32\",
            types: &[hot::rt::manifest::Type::of::<u32>(\"u32\", \"\", <u32 as hot::Versioned>::REF)], tokens: 0,
        };
        #[hot::export] pub fn real() -> u32 { 1 }";
    let listed = fixture.build(&format!("{record} hot::__manifest_record!(GHOST, RECORD);"));
    let error = refuse_late(&listed);
    assert_eq!(codes(&error), [Code::Disagreement]);
    assert!(fact(&error.reasons()[0], "found").contains("1 registered, 2"), "{error}");
    let registered = fixture.build(&format!(
        "{record}
        static BYTES: [u8; RECORD.size()] = RECORD.encode();
        static SLOT: hot::rt::Slot = hot::rt::Slot::new(std::ptr::null());
        static GHOST: hot::rt::Accessor = hot::rt::Accessor {{
            kind: hot::rt::Kind::Function, layout: std::alloc::Layout::new::<()>(), lock: None, moving: || None, describe: &[],
            record: &BYTES, slot: &SLOT, cold: std::ptr::null(), body: std::ptr::null(),
            signature: || std::any::TypeId::of::<fn() -> u32>(),
            lifetimes: || hot::rt::versioned::Told::NONE,
            type_name: || std::any::type_name::<fn() -> u32>(),
            opaque: || std::any::TypeId::of::<()>(),
            identity: || std::any::TypeId::of::<real>(),
            // SAFETY: nothing calls it; the host refuses the library.
            promise: unsafe {{ hot::rt::Promise::given() }},
        }};
        hot::rt::inventory::submit! {{ hot::rt::Registered(&GHOST) }}"
    ));
    let error = refuse_late(&registered);
    assert_eq!(codes(&error), [Code::Disagreement]);
    assert!(fact(&error.reasons()[0], "found").contains("2 registered, 1"), "{error}");
}

#[test]
fn two_exports_of_one_path() {
    let _alone = alone();
    let fixture = Fixture::new("defined-twice");
    let ran = fixture.folder().join("constructor-ran");
    let library = fixture.build(&format!(
        "{}
        pub fn one() {{ #[hot::export] fn same() -> u32 {{ 1 }} let _ = same; }}
        pub fn two() {{ #[hot::export] fn same() -> u32 {{ 2 }} let _ = same; }}
        #[hot::export] fn other() {{}}
        mod inner {{ #[hot::export(name = \"renamed\")] fn a() {{}}
                     #[hot::export(name = \"renamed\")] fn b() {{}} }}",
        constructor(&ran)
    ));
    let error = refuse(&library);
    // A function body is no module: both lie at the root.
    let messages: Vec<_> = error.reasons().iter().map(|reason| &*reason.message).collect();
    assert_eq!(codes(&error), [Code::DefinedTwice; 2], "{error}");
    assert!(messages[0].contains("`defined_twice::inner::renamed`"), "{messages:?}");
    assert!(messages[1].contains("`defined_twice::same`"), "{messages:?}");
    assert!(!ran.exists());
}

#[test]
fn init_functions_that_go_wrong() {
    let _alone = alone();
    let fixture = Fixture::new("bad-init");
    let build = |version: u32, init: &str| {
        fixture.build_root(&format!(
            "hot::bundle!(init = start);
            hot::import! {{ unloaded => {{ fn never() -> u32; }} }}
            hot::import! {{ refusals_file::init => {{ fn attempt(what: &str) -> String; }} }}
            #[hot::export] pub fn version() -> u32 {{ {version} }}
            {init}"
        ))
    };
    let said = |error: &Error| fact(&error.reasons()[0], "said").to_owned();

    // Before there is any generation.
    let sees = "fn start() -> Result<(), String> {
        Err(format!(\"sees {} {}\", version(), hot::get!(version)()))
    }";
    let error = refuse_late(&build(1, sees));
    assert_eq!((codes(&error), said(&error)), (vec![Code::InitFailed], "sees 1 1".to_owned()));
    let panics = build(1, "fn start() { panic!(\"no {}\", 7) }");
    let error = refuse_late(&panics);
    assert_eq!((codes(&error), said(&error)), (vec![Code::InitPanicked], "no 7".to_owned()));

    let good = build(1, "fn start() {}");
    let bundle = HOST.load_library(&good).unwrap();
    assert_eq!((bundle.generation().unwrap(), bad_init::version()), (1, 1));

    let cases = [
        ("fn start() { panic!(\"at once\") }", Code::InitPanicked, "at once"),
        ("fn start() { std::panic::panic_any(5_u8) }", Code::InitPanicked, "not text"),
        (
            "struct Bomb; impl Drop for Bomb { fn drop(&mut self) { panic!(\"second\") } }
            fn start() { std::panic::panic_any(Bomb) }",
            Code::InitPanicked,
            "not text",
        ),
        (
            "fn start() -> Result<(), String> { Err(\"no disk\".into()) }",
            Code::InitFailed,
            "no disk",
        ),
        (
            "fn start() -> Result<(), std::fmt::Error> { Err(std::fmt::Error) }",
            Code::InitFailed,
            "error",
        ),
        // Its own calls reach its own code.
        (sees, Code::InitFailed, "sees 2 2"),
        ("fn start() { unloaded::never(); }", Code::InitPanicked, "HOT0501"),
    ];
    let mut refused = 0;
    for (init, code, text) in cases {
        let error = refuse_late(&build(2, init));
        assert_eq!(codes(&error), [code], "{init}: {error}");
        assert!(said(&error).contains(text), "{init}: {error}");
        assert_eq!((bundle.generation().unwrap(), bad_init::version()), (1, 1));
        refused += 1;
    }
    assert_eq!(refused, 7);

    // The host's own functions refuse to wait for themselves, and say so.
    let attempts = ["load", "check", "reload", "rollback", "unload", "generation", "status"];
    let list = attempts.map(|what| format!("{what:?}")).join(", ");
    let asks = format!(
        "fn start() -> Result<(), String> {{
            Err([{list}].map(attempt).join(\" \"))
        }}
        fn attempt(what: &str) -> String {{ init::attempt(what) }}"
    );
    let error = refuse_late(&build(2, &asks));
    assert_eq!(codes(&error), [Code::InitFailed]);
    assert_eq!(said(&error), ["HOT0604"; 7].join(" "));

    // A refused number is not used up.
    let good = build(2, "fn start() -> Result<(), String> { Ok(()) }");
    assert_eq!(HOST.load_library(&good).unwrap().generation().unwrap(), 2);
    assert_eq!(bad_init::version(), 2);
}

#[test]
fn names_that_are_merely_unusual_are_accepted() {
    let _alone = alone();
    let fixture = Fixture::new("unusual-names");
    let library = fixture.build("#[hot::export] pub fn answer() -> u32 { 1 }");
    let long = "l".repeat(240) + ".so";
    let mut loaded = 0;
    for name in [
        "with spaces.so",
        "\u{fc}ml\u{e4}ut.so",
        "no-suffix",
        "lib.so",
        ".so",
        "50% [x] {y}.so",
        &long,
    ] {
        let path = scratch(name);
        fs::copy(&library, &path).unwrap();
        let bundle = HOST.load_library(&path).unwrap();
        loaded += 1;
        assert_eq!(bundle.generation().unwrap(), loaded);
        fs::remove_file(&path).unwrap();
    }
    use std::os::unix::ffi::OsStrExt;
    let path = scratch("").join(std::ffi::OsStr::from_bytes(b"not-\xff-utf8.so"));
    fs::copy(&library, &path).unwrap();
    assert_eq!(HOST.load_library(&path).unwrap().generation().unwrap(), loaded + 1);
    let link = scratch("a-good-link.so");
    let _ = fs::remove_file(&link);
    std::os::unix::fs::symlink(&library, &link).unwrap();
    assert_eq!(HOST.load_library(&link).unwrap().library().unwrap(), link);
}
