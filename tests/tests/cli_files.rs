//! `cargo hotreload check` and `inspect`: what they say of real libraries, and of files that are
//! none.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::LazyLock,
};

use serde_json::Value;
use tests::LoadLibrary as _;
use tests::{
    Fixture,
    fixture::root,
    manifest,
    ran::{Ran, cli, ran},
};

const FIRST: &str = "hot::bundle!();
    pub type Id = u32;
    #[hot::versioned] pub struct World { pub heat: f32 }
    #[hot::export] pub static COUNT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);
    #[hot::export] pub fn add(a: i32, b: i32) -> i32 { a + b }
    #[hot::export] pub fn pick<'a>(a: &'a str, _b: &str) -> &'a str { a }
    #[hot::export] pub fn find(id: u32) -> u32 { id }
    #[hot::export] pub fn step(world: &mut World) { world.heat += 1.0; }
    #[hot::versioned] pub struct Pair<T> { pub left: T, pub right: T }
    #[hot::export] pub fn swap(pair: Pair<u8>) -> Pair<u8> { Pair { left: pair.right, right: pair.left } }
    #[hot::export] pub fn old() {}
";

/// The first version and further ones: each an edit of the first.
struct Versions {
    first: PathBuf,
    body: PathBuf,
    refused: PathBuf,
    quiet: PathBuf,
}

static VERSIONS: LazyLock<Versions> = LazyLock::new(|| {
    let fixture = Fixture::with_manifest("cli_checked", "");
    let edited = |edits: &[(&str, &str)]| {
        let edit = |source: String, (from, to): &(&str, &str)| {
            assert!(source.contains(from), "{from}");
            source.replace(from, to)
        };
        fixture.build_root(&edits.iter().fold(FIRST.to_owned(), edit))
    };
    Versions {
        first: edited(&[]),
        body: edited(&[("a + b", "a * b")]),
        refused: edited(&[
            ("b: i32) -> i32 { a + b }", "b: i64) -> i32 { a + b as i32 }"),
            ("_b: &str) -> &'a", "_b: &'a str) -> &'a"),
            ("pub fn old", "pub unsafe fn old"),
            ("AtomicU32", "AtomicU64"),
            ("heat: f32", "heat: f64"),
        ]),
        quiet: edited(&[
            ("AtomicU32::new(1)", "AtomicU32::new(2)"),
            ("find(id: u32)", "find(id: Id)"),
            ("pub fn old", "pub fn new"),
        ]),
    }
});

fn on(subcommand: &str, files: &[&Path], more: &[&str]) -> Ran {
    let mut command = cli(&root(), &[subcommand]);
    ran(command.args(files).args(more))
}

fn json(subcommand: &str, files: &[&Path]) -> (Option<i32>, Value) {
    let ran = on(subcommand, files, &["--format", "json"]);
    assert_eq!(ran.out.lines().count(), 1, "one line: {ran:?}");
    (ran.code, serde_json::from_str(&ran.out).unwrap())
}

fn texts(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect()
}

#[test]
fn what_can_be_reloaded_is_accepted() {
    let Versions { first, body, quiet, .. } = &*VERSIONS;
    for new in [first, body] {
        let ran = on("check", &[first, new], &[]);
        assert_eq!(ran.code, Some(0), "{ran:?}");
        assert!(ran.out.ends_with("accepted: cli_checked can be reloaded\n"), "{ran:?}");
        assert!(!ran.out.contains("added") && ran.err.is_empty(), "{ran:?}");
    }
    let (code, verdict) = json("check", &[first, quiet]);
    assert_eq!((code, &verdict["verdict"]), (Some(0), &"accepted".into()));
    assert_eq!(texts(&verdict["added"]), ["cli_checked::new"]);
    assert_eq!(texts(&verdict["removed"]), ["cli_checked::old"]);
    assert_eq!(texts(&verdict["undecided"]), ["Pair<u8>"]);
    assert_eq!(texts(&verdict["not_applied"]), ["cli_checked::COUNT"]);
    assert_eq!(verdict["reasons"].as_array().unwrap().len(), 0);
    let ran = on("check", &[first, quiet], &[]);
    let sections = "added\n  cli_checked::new\n\nremoved\n  cli_checked::old\n\n\
                    not decided before it is loaded\n  Pair<u8>\n\n\
                    first values not applied\n  cli_checked::COUNT\n\n\
                    accepted: cli_checked can be reloaded\n";
    assert_eq!(ran.out, sections);
}

#[test]
fn what_becomes_of_states_is_said() {
    let fixture = Fixture::new("cli_state");
    let version = |fields: &str| {
        fixture.build(&format!(
            "#[hot::versioned] #[derive(Default)] pub struct World {{ {fields} }}
             #[hot::export] pub static WORLD: hot::State<World> = hot::State::new(World::default);
             #[hot::export] pub fn tick() {{}}"
        ))
    };
    let old = version("pub heat: f32, pub rain: u32, pub name: String");
    let new = version(
        "pub heat: f64, #[hot(default = 3)] pub snow: u8, #[hot(renamed_from = \"name\")] pub title: String",
    );
    let ran = on("check", &[&old, &new], &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let section = "\na host that has called none of these accepts it, and closes them to callers\n  \
                   cli_state::WORLD\n\n";
    assert!(ran.out.contains(section), "{ran:?}");
    let (_, verdict) = json("check", &[&old, &new]);
    assert_eq!(
        texts(&verdict["moves"]),
        [
            "cli_state::WORLD: `World.heat` becomes `f64`",
            "cli_state::WORLD: `World.snow` is new",
            "cli_state::WORLD: `World.name` becomes `World.title`",
            "cli_state::WORLD: `World.rain` is put aside",
        ]
    );
    assert_eq!(
        (&verdict["only_callers"], texts(&verdict["closed"])),
        (&true.into(), vec!["cli_state::WORLD"])
    );
    let renamed = version("pub heat: f32, pub snow: u32, pub name: String");
    let (_, verdict) = json("check", &[&old, &renamed]);
    assert_eq!(
        (&verdict["only_callers"], &verdict["reasons"][0]["code"]),
        (&false.into(), &"HOT0409".into())
    );
}

#[test]
fn what_is_not_compared_is_said() {
    let library = Fixture::new("cli_opaque").build(
        "pub struct Hidden;
        #[hot::export] pub fn hide(#[hot(unsafe(opaque))] _hidden: &Hidden) {}",
    );
    let ran = on("check", &[&library, &library], &[]);
    assert!(ran.out.contains("fields not tracked\n  &Hidden\n"), "{ran:?}");
}

#[test]
fn every_reason_is_given_as_a_reload_would_give_it() {
    let Versions { first, refused, .. } = &*VERSIONS;
    let ran = on("check", &[first, refused], &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    let expected = format!(
        "HOT0301: `cli_checked::add` has another parameter 2: `i32` became `i64`
  was:   fn(i32, i32) -> i32
  now:   fn(i32, i64) -> i32
  held:  by a host of the old library
  file:  {}
  help:  restart the host after rebuilding it, or keep the signature and export the new one under another name
",
        refused.display()
    );
    assert!(ran.out.contains(&expected), "{}", ran.out);
    assert!(ran.out.ends_with("refused: cli_checked cannot be reloaded, for 6 reasons\n"));
    let (code, verdict) = json("check", &[first, refused]);
    assert_eq!((code, &verdict["verdict"]), (Some(1), &"refused".into()));
    let reasons = verdict["reasons"].as_array().unwrap();
    let mut codes: Vec<_> = reasons.iter().map(|it| it["code"].as_str().unwrap()).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["HOT0301", "HOT0301", "HOT0302", "HOT0303", "HOT0314", "HOT0401"]);
    let file = serde_json::json!({ "label": "file", "text": refused.to_str().unwrap() });
    for reason in reasons {
        assert!(reason["facts"].as_array().unwrap().contains(&file), "{reason}");
        assert!(!reason["help"].as_str().unwrap().is_empty());
    }
    // What was taken away may come back, what was added may go: not the same as the way there.
    let (code, back) = json("check", &[refused, first]);
    assert_eq!(code, Some(1));
    assert!(back["reasons"].to_string().contains("`i64` became `i32`"), "{back}");
}

/// Uses all that the first version exports, as the command supposes: what nobody has called holds
/// nothing.
const CALLER: &str = "use std::sync::atomic::Ordering::Relaxed;
    use ::cli_checked::World;
    hot::import! { cli_checked => {
        static COUNT: std::sync::atomic::AtomicU32;
        fn add(a: i32, b: i32) -> i32;
        fn pick<'a>(a: &'a str, b: &str) -> &'a str;
        fn find(id: u32) -> u32;
        fn old();
        fn step(world: &mut World);
    } }
    #[hot::export] pub fn use_all() -> u32 {
        let mut world = World { heat: 0.0 };
        cli_checked::step(&mut world);
        cli_checked::old();
        assert_eq!((cli_checked::add(1, 2), cli_checked::pick(\"a\", \"b\")), (3, \"a\"));
        cli_checked::find(world.heat as u32) + cli_checked::COUNT.load(Relaxed)
    }";

#[test]
fn a_host_that_uses_everything_says_the_same() {
    let Versions { first, refused, quiet, body } = &*VERSIONS;
    let host = hot::Host::start().unwrap();
    host.load_library(first).unwrap();
    let dependency = format!("cli_checked = {{ path = {:?} }}", root().join("crates/cli_checked"));
    host.load_library(Fixture::with_manifest("cli_caller", &dependency).build(CALLER)).unwrap();
    assert_eq!(hot::lookup!(host, "cli_caller::use_all", fn() -> u32).unwrap()(), 2);
    let sorted = |mut messages: Vec<String>| {
        messages.sort();
        messages
    };
    for new in [body, quiet, refused] {
        let (_, verdict) = json("check", &[first, new]);
        let reasons = verdict["reasons"].as_array().unwrap().iter();
        let said = reasons.map(|it| format!("{}: {}", it["code"], it["message"]));
        // The command lists what was removed, which only a host that calls it refuses.
        let removed = texts(&verdict["removed"]).into_iter().map(|path| {
            let message = format!("`{path}` is called, and the new version does not export it");
            format!("\"HOT0329\": {}", Value::from(message))
        });
        let said = said.chain(removed).collect();
        let error = host.check(new).err();
        let reasons = error.iter().flat_map(|error| error.reasons());
        let json = |text: &str| Value::from(text).to_string();
        let heard = reasons.map(|it| format!("{}: {}", json(it.code.id()), json(&it.message)));
        assert_eq!(sorted(said), sorted(heard.collect()), "{}", new.display());
    }
}

#[test]
fn another_compiler_or_bundle_is_refused() {
    let first = &VERSIONS.first;
    let mut bytes = fs::read(first).unwrap();
    let header = manifest::header(&bytes);
    for field in ["rustc", "target"] {
        let range = &header.iter().find(|(name, ..)| *name == field).unwrap().2;
        bytes[range.end - 1] ^= 1;
    }
    let folder = root().join("cli_files");
    fs::create_dir_all(&folder).unwrap();
    let other = folder.join("libcli_checked.so");
    fs::write(&other, bytes).unwrap();
    let ran = on("check", &[first, &other], &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert_eq!(ran.out.matches("HOT0202: the bundle was built with another").count(), 2, "{ran:?}");

    let stranger = Fixture::new("cli_stranger").build("#[hot::export] pub fn add() {}");
    let ran = on("check", &[first, &stranger], &[]);
    assert_eq!(ran.code, Some(1), "{ran:?}");
    assert!(ran.out.contains("HOT0111: the file holds bundle `cli_stranger`"), "{ran:?}");
    assert_eq!(ran.out.matches("HOT0").count(), 1, "nobody has asked what else differs: {ran:?}");
}

#[test]
fn a_manifest_is_printed_as_it_is() {
    let first = &VERSIONS.first;
    let ran = on("inspect", &[first], &[]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    let lines: Vec<_> = ran.out.lines().collect();
    assert_eq!(lines[0], "cli_checked 0.1.0");
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    let find = |words_of: &str| {
        let found = lines.iter().find(|line| words(line) == words(words_of));
        *found.unwrap_or_else(|| panic!("{words_of}\n{}", ran.out))
    };
    for line in ["panic unwind", "std static", "allocator its own"] {
        find(line);
    }
    find("cli_checked::COUNT AtomicU32");
    // Under one another.
    let place = |line: &str, word: &str| line.find(word).unwrap();
    let add = find("cli_checked::add fn(i32, i32) -> i32");
    let old = find("cli_checked::old fn()");
    assert_eq!(place(add, "fn("), place(old, "fn("));
    let heading = find("types size align option");
    for (ty, size) in [("&str 16 8 16", "16 "), ("i32 4 4 8", "4 ")] {
        let end = place(find(ty), size) + size.len() - 1;
        assert_eq!(end, place(heading, "size") + 4, "{heading}\n{}", find(ty));
    }
    let (code, json) = json("inspect", &[first]);
    assert_eq!(code, Some(0));
    assert_eq!(
        (&json["package"], &json["build"]["static"]),
        (&"cli_checked".into(), &false.into())
    );
    assert!(texts(&json["build"]["features"]).iter().all(|name| !name.contains(' ')));
    let exports = json["exports"].as_array().unwrap();
    let paths: Vec<_> = exports.iter().map(|it| it["path"].as_str().unwrap()).collect();
    let names = ["COUNT", "add", "find", "old", "pick", "step", "swap"];
    assert_eq!(paths, names.map(|name| format!("cli_checked::{name}")));
    let pick = &exports[4];
    assert_eq!((&pick["kind"], &pick["abi"]), (&"function".into(), &"Rust".into()));
    let sizes: Vec<_> = pick["types"].as_array().unwrap().iter().map(|it| &it["size"]).collect();
    assert_eq!(sizes, [16, 16, 16]);
    assert_eq!(pick["types"][0]["lifetimes"], pick["types"][2]["lifetimes"]);
    assert_ne!(pick["types"][0]["lifetimes"], pick["types"][1]["lifetimes"]);
    assert_eq!(exports[0]["abi"], Value::Null);
}

#[test]
fn the_layouts_of_versioned_types_are_printed() {
    let library = Fixture::new("cli_layouts").build(
        "#[hot::versioned] #[repr(C)] pub struct World { pub heat: f32, pub beings: Vec<Being> }
         #[hot::versioned] pub enum Being { Tree(Box<World>), Player { name: String }, Nothing }
         #[hot::versioned] pub struct Pair<T> { pub left: T, pub right: T }
         #[hot::versioned] pub trait Act { fn act(&mut self, times: u32) -> bool; }
         #[hot::export] pub fn step(_: &mut World) {}",
    );
    let ran = on("inspect", &[&library], &[]);
    assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{ran:?}");
    let (_, layouts) = ran.out.split_once("\nlayouts\n").expect(&ran.out);
    for line in [
        "  struct cli_layouts::World (cli_layouts 0.1): 32 bytes, aligned to 8",
        "    offset    size",
        "         0       4  heat: f32",
        "         8      24  beings: Vec<cli_layouts::Being>",
        "  enum cli_layouts::Being (cli_layouts 0.1): 24 bytes, aligned to 8",
        "    Tree { 0: Box<cli_layouts::World> }",
        "    Player { name: String }",
        "    Nothing",
        "  trait cli_layouts::Act (cli_layouts 0.1)",
    ] {
        assert!(layouts.lines().any(|it| it == line), "{line}\n{layouts}");
    }
    assert!(!layouts.contains("Pair"), "generic types are known when they are loaded\n{layouts}");
    let (_, json) = json("inspect", &[&library]);
    let layouts = json["layouts"].as_array().unwrap();
    let world = layouts.iter().find(|it| it["name"] == "cli_layouts::World").unwrap();
    assert_eq!((&world["size"], &world["repr"]), (&32.into(), &"C".into()));
    assert_eq!(
        (&world["fields"][1]["offset"], &world["fields"][1]["size"]),
        (&8.into(), &24.into())
    );
    let being = layouts.iter().find(|it| it["name"] == "cli_layouts::Being").unwrap();
    assert_eq!(being["variants"][1]["fields"][0]["type"], "String");
    assert_eq!(being["variants"][0]["fields"][0]["offset"], Value::Null);
}

#[test]
fn a_manifest_cannot_write_to_the_terminal() {
    let mut bytes = fs::read(&VERSIONS.first).unwrap();
    let version = manifest::header(&bytes).into_iter().find(|(name, ..)| *name == "version");
    let range = version.unwrap().2;
    bytes[range.start..range.end].copy_from_slice(b"\x1b[2J\x07");
    let folder = root().join("cli_files");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("libescape.so");
    fs::write(&file, &bytes).unwrap();
    let ran = on("inspect", &[&file], &[]);
    assert_eq!(ran.code, Some(0));
    assert!(ran.out.starts_with("cli_checked \\u{1b}[2J\\u{7}\n"), "{ran:?}");
    assert_eq!(json("inspect", &[&file]).1["version"], "\u{1b}[2J\u{7}");
}

#[test]
fn files_that_are_no_bundles_are_told_apart() {
    let folder = root().join("cli_hostile");
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    let first = &VERSIONS.first;
    let write = |name: &str, bytes: &[u8]| {
        let path = folder.join(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    let bytes = fs::read(first).unwrap();
    let pipe = folder.join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let unreadable = folder.join(OsStr::new("missing \u{1b}[2J"));
    let files = [
        (write("empty.so", b""), "HOT0102"),
        (write("text.so", b"hot::bundle!();\n"), "HOT0102"),
        (write("half.so", &bytes[..bytes.len() / 2]), "HOT0102"),
        (write("header.so", &bytes[..64]), "HOT0102"),
        (write("nothing.so", &[0; 4096]), "HOT0102"),
        (tests::command::command(), "HOT010"),
        (folder.clone(), "HOT0101"),
        (pipe, "HOT0101"),
        ("/dev/zero".into(), "HOT0101"),
        (unreadable, "HOT0101"),
    ];
    for (file, code) in &files {
        for ran in [
            on("inspect", &[file], &[]),
            on("check", &[first, file], &[]),
            on("check", &[file, first], &[]),
        ] {
            assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
            assert!(ran.err.starts_with(code) && ran.err.contains("\n  help:"), "{ran:?}");
            assert!(!ran.err.contains('\u{1b}'), "{ran:?}");
        }
        let ran = on("inspect", &[file], &["--format=json"]);
        let json: Value = serde_json::from_str(&ran.err).unwrap();
        assert!(json["reasons"][0]["code"].as_str().unwrap().starts_with(code), "{ran:?}");
    }
}

#[test]
fn no_damage_to_a_manifest_ends_in_a_panic() {
    let bytes = fs::read(&VERSIONS.first).unwrap();
    let folder = root().join("cli_damaged");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join("libcli_checked.so");
    let mut codes = std::collections::BTreeSet::new();
    for (number, (_, record)) in manifest::records(&bytes).into_iter().enumerate() {
        for place in [0, 1, 5, record.len() / 2, record.len() - 1] {
            let mut other = bytes.clone();
            other[record.start + place] ^= if number % 2 == 0 { 0xff } else { 0x01 };
            fs::write(&file, &other).unwrap();
            codes.insert(on("inspect", &[&file], &[]).code);
            codes.insert(on("check", &[&VERSIONS.first, &file], &[]).code);
        }
    }
    assert_eq!(codes.into_iter().collect::<Vec<_>>(), [Some(0), Some(1), Some(2)]);
}
