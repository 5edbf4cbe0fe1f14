//! The feature `static` in release builds and in the examples: no hot call is left.

#![cfg(feature = "exhaustive")]

use std::{
    fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
};

use tests::{
    child::text,
    fixture::{self, repository},
    workspace::Workspace,
};

use crate::static_mode::{cargo, shop};

/// A target folder that only one of the two modes uses: programs of the repository are built in it.
fn target(mode: &str) -> PathBuf {
    fixture::root().join("modes").join(mode)
}

/// Functions whose machine code is looked at.
const PROOF: &str = r#"
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
#[hot::export]
pub static OWN: AtomicU32 = AtomicU32::new(5);
#[unsafe(no_mangle)] #[inline(never)]
pub extern "C" fn proof_function() -> u32 { hot::get!(shop::add)(40, 2) }
#[unsafe(no_mangle)] #[inline(never)]
pub extern "C" fn proof_handle() -> u32 { let add = hot::get!(shop::add); add(20, 23) }
#[unsafe(no_mangle)] #[inline(never)]
pub extern "C" fn proof_plain() -> u32 { shop::twice(22) }
#[unsafe(no_mangle)] #[inline(never)]
pub extern "C" fn proof_method() -> u32 { shop::Till::new(40).take(5) }
#[unsafe(no_mangle)] #[inline(never)]
pub extern "C" fn proof_tweak() -> u32 { hot::tweak!(46) }
#[unsafe(no_mangle)] #[inline(never)]
pub extern "C" fn proof_var() -> u32 { OWN.load(Relaxed) }
"#;

/// A literal, which is itself in every release build.
const TWEAK: &str = "proof_tweak";

/// Their names, and what they give if that is a constant. Identical ones would be merged.
const PROOFS: [(&str, Option<&str>); 6] = [
    ("proof_function", Some("42")),
    ("proof_handle", Some("43")),
    ("proof_plain", Some("44")),
    ("proof_method", Some("45")),
    (TWEAK, Some("46")),
    ("proof_var", None),
];

/// The instructions of each proof.
fn instructions(workspace: &Workspace, mode: &str) -> Vec<Vec<String>> {
    let deps = target(mode).join("release/deps");
    let listing = || {
        let files = fs::read_dir(&deps).into_iter().flatten().map(|entry| entry.unwrap().path());
        files.filter(|path| {
            let name = path.file_name().unwrap().to_string_lossy();
            name.starts_with("proof-") && name.ends_with(".s")
        })
    };
    listing().for_each(|old| fs::remove_file(old).unwrap());
    // A source that is newer than what is there: else cargo emits nothing.
    workspace.write("proof/src/lib.rs", "");
    workspace.write("proof/src/lib.rs", PROOF);
    let arguments = ["rustc", "-p", "proof", "--lib", "--release", "--"];
    let emit = ["--emit=asm", "-Ccodegen-units=1"];
    cargo(workspace.folder(), &target(mode), mode, &[&arguments[..], &emit].concat());
    let [listing] = &listing().collect::<Vec<_>>()[..] else { panic!("one listing") };
    let assembly = fs::read_to_string(listing).unwrap();
    let of = |(name, _): (&str, _)| {
        let mut lines = assembly.lines().map(str::trim);
        lines.find(|line| line.trim_start_matches('_') == format!("{name}:")).expect(name);
        lines
            .take_while(|line| {
                !line.starts_with(".size") && !line.starts_with(".Lfunc_end") && !line.is_empty()
            })
            .filter(|line| !line.starts_with(['.', '#', ';']) && !line.ends_with(':'))
            .map(|line| line.replace('\t', " "))
            .collect::<Vec<_>>()
    };
    PROOFS.map(of).to_vec()
}

fn leaves(instruction: &str) -> bool {
    let word = instruction.split(' ').next().unwrap();
    word.starts_with("call") || word.starts_with("jmp") || matches!(word, "bl" | "blr" | "b" | "br")
}

#[test]
fn a_hot_call_is_gone_from_the_machine_code() {
    let workspace = shop("static-proof");
    workspace.package("proof", "", "", "shop = { path = \"../shop\" }");
    let fixed = instructions(&workspace, "static");
    for ((name, value), code) in PROOFS.iter().zip(&fixed) {
        assert!(!code.iter().any(|line| leaves(line)), "{name} calls:\n{code:#?}");
        assert!(code.last().unwrap().starts_with("ret"), "{name}: {code:#?}");
        // A constant, or the load of a static, whose address is one or two instructions.
        let most = if value.is_none() { 4 } else { 2 };
        assert!(code.len() <= most, "{name}: {code:#?}");
        let is_folded = |value: &str| code[0].contains(value);
        assert!(value.is_none_or(is_folded), "{name}: {code:#?}");
    }
    // The same check, where it must fail.
    let hot = instructions(&workspace, "hot");
    for ((name, _), code) in PROOFS.iter().zip(&hot) {
        if *name == TWEAK {
            assert!(code[0].contains("46") && code.len() <= 2, "{name}: {code:#?}");
            continue;
        }
        assert!(code.iter().any(|line| leaves(line)), "{name} does not call:\n{code:#?}");
    }
}

#[test]
fn the_examples_run() {
    cargo(&repository(), &target("static"), "static", &["build", "-p", "examples", "--bins"]);
    let run = |name: &str, keys: &str| {
        let mut child = Command::new(target("static").join("debug").join(name))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(keys.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    };
    // Each goes on with what it was linked with: a key's reload is refused, and replaces nothing.
    for (demo, package, keys, shown) in [
        ("counter_demo", "counter", "2q", "count 1\n"),
        ("greeting_demo", "greeting", "1q", "Hello, Ann!"),
        ("hot_reload", "example", "q", "compute(20, 22) = 42"),
    ] {
        let output = run(demo, keys);
        let (out, err) = (text(&output.stdout), text(&output.stderr));
        assert!(output.status.success(), "{demo}:\n{out}\n{err}");
        assert!(out.contains(&format!("HOT0112: `{package}` cannot be loaded")), "{demo}:\n{out}");
        assert!(out.contains(shown), "{demo}:\n{out}");
    }

    let tour = run("tour", "");
    let out = text(&tour.stdout);
    assert!(out.contains("the tour cannot go on: HOT0112"), "{out}");
    assert_eq!(tour.status.code(), Some(1), "{out}\n{}", text(&tour.stderr));
}
