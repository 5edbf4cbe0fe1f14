//! The feature `static`: the same sources as plain calls, and what a program built so refuses.
//! Everything is built in target folders of its own, since cargo switches a feature on for a whole
//! build.

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use hot::{Code, Host};
use tests::{
    child::text,
    fixture::{self, repository, root},
    refusal::{codes, fact},
    workspace::{BUNDLE, Workspace},
};

/// A target folder that only one of the two modes uses.
fn target(mode: &str) -> PathBuf {
    root().join("modes").join(mode)
}

fn cargo(folder: &Path, mode: &str, arguments: &[&str]) -> Output {
    let mut command = fixture::cargo();
    command.current_dir(folder).env("CARGO_TARGET_DIR", target(mode)).arg(arguments[0]);
    command.arg("--offline");
    if mode == "static" {
        command.args(["--features", "hotreload/static"]);
    }
    let output = command.args(&arguments[1..]).output().expect("cargo runs");
    assert!(output.status.success(), "{arguments:?}:\n{}", text(&output.stderr));
    output
}

const SHOP: &str = r#"
hot::bundle!();
use std::sync::atomic::AtomicU32;

#[hot::export]
pub fn add(a: u32, b: u32) -> u32 { a + b }

#[hot::export(always)]
pub fn twice(a: u32) -> u32 { 2 * a }

#[hot::export]
pub unsafe fn read(at: *const u32) -> u32 { unsafe { *at } }

#[hot::export]
pub fn close(code: i32) -> ! { std::process::exit(code) }

#[hot::export]
pub fn apply(values: &[u32], change: &dyn Fn(u32) -> u32) -> Vec<u32> {
    values.iter().map(|value| change(*value)).collect()
}

#[hot::export]
pub fn boxed(change: Box<dyn FnOnce(&str) -> String>) -> String { change("in a box") }

#[hot::export]
pub fn longest<'a>(a: &'a str, b: &'a str) -> &'a str { if a.len() > b.len() { a } else { b } }

#[hot::export]
pub fn fails(payload: u64) { std::panic::panic_any(payload) }

#[hot::export]
pub static SOLD: AtomicU32 = AtomicU32::new(5);

#[hot::export]
pub static GUESTS: hot::State<Vec<String>> = hot::State::new(|| vec!["Ann".to_owned()]);

#[hot::versioned]
pub struct Till { pub sum: u32 }

#[hot::export]
impl Till {
    pub fn new(sum: u32) -> Till { Till { sum } }
    pub fn take(&mut self, price: u32) -> u32 { self.sum += price; self.sum }
}
"#;

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
pub extern "C" fn proof_always() -> u32 { shop::twice(22) }
#[unsafe(no_mangle)] #[inline(never)]
pub extern "C" fn proof_method() -> u32 { shop::Till::new(40).take(5) }
#[unsafe(no_mangle)] #[inline(never)]
pub extern "C" fn proof_var() -> u32 { OWN.load(Relaxed) }
"#;

/// Their names, and what they give if that is a constant. Identical ones would be merged.
const PROOFS: [(&str, Option<&str>); 5] = [
    ("proof_function", Some("42")),
    ("proof_handle", Some("43")),
    ("proof_always", Some("44")),
    ("proof_method", Some("45")),
    ("proof_var", None),
];

fn shop(name: &str) -> Workspace {
    let workspace = Workspace::new(name);
    workspace.package("shop", BUNDLE, "", "");
    workspace.write("shop/src/lib.rs", SHOP);
    workspace
}

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
    cargo(workspace.folder(), mode, &[&arguments[..], &emit].concat());
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
        assert!(code.iter().any(|line| leaves(line)), "{name} does not call:\n{code:#?}");
    }
}

const HOST: &str = r#"
use std::sync::atomic::Ordering::Relaxed;

hot::import! {
    shop => {
        fn add(a: u32, b: u32) -> u32;
        fn longest<'a>(a: &'a str, b: &'a str) -> &'a str;
        fn apply(values: &[u32], change: &dyn Fn(u32) -> u32) -> Vec<u32>;
        static SOLD: std::sync::atomic::AtomicU32;
    }
    other => { fn add(a: u32, b: u32) -> u32; }
}
mod renamed {
    hot::import! { shop => { fn twice(a: u64) -> u64; } }
    pub fn twice() -> u64 { shop::twice(1) }
}

fn said(caught: std::thread::Result<impl std::fmt::Debug>) -> String {
    *caught.unwrap_err().downcast::<String>().unwrap()
}

fn calls() {
    println!("{} {}", hot::get!(::shop::add)(40, 2), ::shop::twice(21));
    let (fixed, three) = (hot::get!(::shop::read), 3);
    println!("{}", unsafe { fixed(&three) });
    let handle = hot::get!(::shop::add);
    println!("{}", std::thread::spawn(move || handle(1, 2)).join().unwrap());
    let add = 10;
    println!("{:?}", hot::get!(::shop::apply)(&[1, 2], &|value| value + add));
    println!("{}", hot::get!(::shop::boxed)(Box::new(|text| text.to_owned())));
    println!("{}", hot::get!(::shop::longest)("a", "bb"));
    let mut till = ::shop::Till::new(1);
    println!("{}", till.take(2));
    println!("{} {}", ::shop::SOLD.fetch_add(1, Relaxed), hot::get!(::shop::SOLD).load(Relaxed));
    ::shop::GUESTS.write().push("Bob".to_owned());
    println!("{:?}", *::shop::GUESTS.read());
    // A plain panic: its payload arrives as it is.
    let caught = std::panic::catch_unwind(|| hot::get!(::shop::fails)(17)).unwrap_err();
    println!("{}", caught.downcast::<u64>().unwrap());
    // Imports find what is linked in, and nothing else.
    println!("{} {}", hot::get!(shop::add)(4, 5), shop::longest("ccc", "bb"));
    println!("{:?} {}", shop::apply(&[1], &|value| value + add), shop::SOLD.load(Relaxed));
    println!("{}", said(std::panic::catch_unwind(|| other::add(1, 2))));
    println!("{}", said(std::panic::catch_unwind(renamed::twice)));
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    if std::env::args().len() == 1 {
        return calls();
    }
    let host = hot::Host::start().unwrap();
    host.on_event(|event| {
        if let hot::Event::Refused(error) = event { println!("event {}", error.code().id()) }
    });
    calls();
    println!("{}", host.load("no/such/file").unwrap_err());
    println!("{}", host.load_crate("shop").unwrap_err().code().id());
    println!("{}", host.load_crate_in(".", "shop").unwrap_err().code().id());
    println!("{}", host.check("no/such/file").unwrap_err().code().id());
    println!("{}", host.bundle("shop").is_none());
    println!("{}", host.status().unwrap().definitions.iter().all(|d| d.generation == Some(0)));
    hot::get!(::shop::close)(3);
}
"#;

#[test]
fn the_same_sources_run_as_they_are_linked() {
    let workspace = shop("static-program");
    workspace.package("till", "", "\"host\"", "shop = { path = \"../shop\" }");
    workspace.write("till/src/main.rs", HOST);
    cargo(workspace.folder(), "static", &["build", "-p", "till"]);
    let run = |arguments: &[&str]| {
        Command::new(target("static").join("debug/till")).args(arguments).output().unwrap()
    };
    let calls = |sold: u32| {
        format!(
            "42 42\n3\n3\n[11, 12]\nin a box\nbb\n3\n{sold} {}\n[\"Ann\", \"Bob\"]\n17\n9 ccc\n[11] {}\n\
             HOT0501: `other::add` is not defined: no bundle that exports it is loaded\n\
             HOT0501: `shop::twice` is not defined: no bundle that exports it is loaded\n",
            sold + 1,
            sold + 1
        )
    };
    let alone = run(&[]);
    assert_eq!(text(&alone.stdout), calls(5), "{}", text(&alone.stderr));
    assert!(alone.status.success());

    let hosted = run(&["host"]);
    let refused = "event HOT0112\n\
        HOT0112: `no/such/file` cannot be loaded: the program was built with the feature `static`\n  \
        help:  build the program without the feature `static` to load bundles\n\
        event HOT0112\nHOT0112\nevent HOT0112\nHOT0112\nHOT0112\ntrue\ntrue\n";
    assert_eq!(text(&hosted.stdout), calls(5) + refused, "{}", text(&hosted.stderr));
    assert_eq!(hosted.status.code(), Some(3), "`close` ends it");
}

#[test]
fn a_library_built_so_is_refused() {
    let workspace = shop("static-library");
    cargo(workspace.folder(), "static", &["build", "-p", "shop", "--lib"]);
    let name = format!("{}shop{}", std::env::consts::DLL_PREFIX, std::env::consts::DLL_SUFFIX);
    let host = Host::start().unwrap();
    let error = host.load(target("static").join("debug").join(name)).expect_err("refused");
    assert_eq!(codes(&error), [Code::Fingerprint], "{error}");
    let reason = &error.reasons()[0];
    assert!(reason.message.contains("the feature `static`"), "{error}");
    assert_eq!((fact(reason, "host"), fact(reason, "found")), ("off", "on"));
}

#[test]
fn the_examples_run() {
    cargo(&repository(), "static", &["build", "-p", "examples", "--bins"]);
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
