//! C in a shared library: a program and a library that it opens call it there, by our linker.
//!
//! A shell script stands for what `cargo hotreload` makes cargo call instead of rustc.
#![cfg(target_os = "linux")]

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
};

use tests::{Workspace, command::command, fixture::cargo};

const WRAPPER: &str = r#"#!/bin/sh
rustc=$1; shift
case " $* " in
    *" build_script_"*) ;;
    *" --crate-type dylib "*)
        export HOTRELOAD_LINKER=cc
        exec "$rustc" "$@" -C prefer-dynamic -C rpath -C linker=COMMAND -C linker-flavor=gcc;;
    *" --crate-type bin "* | *" --crate-type cdylib "*)
        exec "$rustc" "$@" -C prefer-dynamic -C rpath -C 'link-arg=-Wl,-rpath,$ORIGIN/deps';;
esac
exec "$rustc" "$@"
"#;

/// As a crate does that brings its C with it.
const BUILD: &str = r#"
use std::{env, process::Command};

fn main() {
    let out = env::var("OUT_DIR").unwrap();
    let run = |program: &str, arguments: &[&str]| {
        assert!(Command::new(program).args(arguments).status().unwrap().success());
    };
    let objects = ["counter", "aside"].map(|name| {
        let (source, object) = (format!("src/{name}.c"), format!("{out}/{name}.o"));
        run("cc", &["-fPIC", "-O1", "-c", &source, "-o", &object]);
        object
    });
    let archive = format!("{out}/libcounter.a");
    let _ = std::fs::remove_file(&archive);
    run("ar", &["rcs", &archive, &objects[0], &objects[1]]);
    println!("cargo::rustc-link-search=native={out}");
    println!("cargo::rustc-link-lib=static=counter");
    println!("cargo::rerun-if-changed=src");
}
"#;

const COUNTER: &str = r#"
static int counted = 0;
__attribute__((visibility("hidden"))) int size_of_step = STEP;
__attribute__((visibility("hidden"))) int step(void) { return size_of_step; }
int next(void) { return counted += step(); }
"#;

/// Nothing in the crate itself calls this.
const ASIDE: &str = r#"
__attribute__((visibility("hidden"))) int step(void);
int aside(void) { return 100 * step(); }
"#;

const SYS: &str = r#"
unsafe extern "C" {
    fn next() -> i32;
    fn step() -> i32;
    fn aside() -> i32;
    static mut size_of_step: i32;
}

pub fn counted() -> i32 { unsafe { next() } }

#[inline]
pub fn inlined() -> i32 { unsafe { step() + size_of_step } }

/// Compiled where it is called.
pub fn generic<T>(_: T) -> i32 { unsafe { aside() } }
"#;

/// The program, after what it and the library that it opens do.
const RUNNER: &str = r#"
use std::{
    env,
    ffi::{CStr, CString, c_char, c_int, c_void},
};

unsafe extern "C" {
    fn dlopen(file: *const c_char, flags: c_int) -> *mut c_void;
    fn dlsym(library: *mut c_void, name: *const c_char) -> *mut c_void;
    fn dlerror() -> *const c_char;
}

fn main() {
    println!("{}", work());
    let file = CString::new(env::args().nth(1).unwrap()).unwrap();
    // All of its names, at once.
    let library = unsafe { dlopen(file.as_ptr(), 2) };
    assert!(!library.is_null(), "{:?}", unsafe { CStr::from_ptr(dlerror()) });
    let call: extern "C" fn() = unsafe { std::mem::transmute(dlsym(library, c"call".as_ptr())) };
    call();
    println!("{}", work());
}
"#;

const PLUG: &str = "#[unsafe(no_mangle)]\nextern \"C\" fn call() { println!(\"{}\", work()) }\n";

/// A workspace whose program and library do the same work, with dependencies that are shared.
struct Shared {
    workspace: Workspace,
    wrapper: PathBuf,
}

impl Shared {
    fn new(name: &str, dependencies: &str, crates: &[&str], work: &str) -> Shared {
        let workspace = Workspace::new(name);
        let package = |name: &str, sections: &str, dependencies: &str| {
            workspace.write(
                &format!("{name}/Cargo.toml"),
                &format!(
                    "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n\
                     {sections}\n[dependencies]\n{dependencies}\n"
                ),
            );
        };
        let both = format!("{dependencies}\nshared = {{ path = \"../shared\" }}");
        package("shared", "[lib]\ncrate-type = [\"dylib\", \"rlib\"]\n", dependencies);
        package("runner", "", &both);
        package("plug", "[lib]\ncrate-type = [\"cdylib\"]\n", &both);
        let named: String = crates.iter().map(|it| format!("extern crate {it} as _;\n")).collect();
        workspace.write("shared/src/lib.rs", &named);
        let work = format!("use shared as _;\n\nfn work() -> String {{\n{work}\n}}\n");
        workspace.write("runner/src/main.rs", &format!("{RUNNER}\n{work}"));
        workspace.write("plug/src/lib.rs", &format!("{PLUG}\n{work}"));

        let wrapper = workspace.folder().join("wrapper");
        workspace.write("wrapper", &WRAPPER.replace("COMMAND", command().to_str().unwrap()));
        fs::set_permissions(&wrapper, fs::Permissions::from_mode(0o755)).unwrap();
        Shared { workspace, wrapper }
    }

    fn folder(&self, profile: &str) -> PathBuf {
        self.workspace.folder().join("target").join(profile)
    }

    fn build(&self, arguments: &[&str]) -> String {
        let mut cargo = cargo();
        cargo.current_dir(self.workspace.folder()).env_remove("CARGO_TARGET_DIR");
        cargo.env("RUSTC_WORKSPACE_WRAPPER", &self.wrapper).arg("build").args(arguments);
        let output = cargo.output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.success(), "{stderr}");
        stderr
    }

    /// The library's file of the last build, by the name that the program has for it.
    fn name(&self, profile: &str) -> String {
        let mut names = needed(&self.folder(profile).join("runner"));
        names.retain(|name| name.starts_with("libshared"));
        let [name] = &*names else { panic!("{names:?}") };
        assert_eq!(
            needed(&self.folder(profile).join("libplug.so"))
                .iter()
                .filter(|it| *it == name)
                .count(),
            1
        );
        name.clone()
    }
}

/// What a file needs.
fn needed(file: &Path) -> Vec<String> {
    let output = Command::new("readelf").arg("-dW").arg(file).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let lines = text.lines().filter(|line| line.contains("(NEEDED)"));
    lines.map(|line| line.split(['[', ']']).nth(1).unwrap().to_owned()).collect()
}

/// The C names that a file has for itself.
fn defined(file: &Path, of: &[&str]) -> BTreeSet<String> {
    let output = Command::new("nm").arg("--defined-only").arg(file).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let names = text.lines().filter_map(|line| line.split(' ').nth(2));
    names.filter(|name| of.iter().any(|it| name.starts_with(it))).map(str::to_owned).collect()
}

/// Started as it is, without cargo.
fn run(program: &Path, library: &Path) -> Vec<String> {
    let output = Command::new(program).arg(library).env_remove("LD_LIBRARY_PATH").output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{stderr}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn c_in_the_shared_library_is_there_once() {
    let work =
        "format!(\"{} {} {}\", counting::counted(), counting::inlined(), counting::generic(0))";
    let shared =
        Shared::new("shared-c", "counting = { path = \"../counting\" }", &["counting"], work);
    let write = |path: &str, text: &str| shared.workspace.write(path, text);
    write(
        "counting/Cargo.toml",
        "[package]\nname = \"counting\"\nversion = \"0.1.0\"\nedition = \"2024\"\nlinks = \"counter\"\n",
    );
    write("counting/build.rs", BUILD);
    write("counting/src/lib.rs", SYS);
    write("counting/src/aside.c", ASIDE);
    write("counting/src/counter.c", &COUNTER.replace("STEP", "1"));

    shared.build(&["--offline"]);
    let folder = shared.folder("debug");
    let (runner, plug) = (folder.join("runner"), folder.join("libplug.so"));
    assert_eq!(run(&runner, &plug), ["1 2 100", "2 2 100", "3 2 100"]);
    let first = shared.name("debug");
    assert_eq!(first.len(), "libshared-.so".len() + 20, "{first}");
    assert!(needed(&runner).iter().any(|it| it.starts_with("libstd-")));
    let names = ["next", "step", "aside", "size_of_step"];
    for file in [&runner, &plug] {
        assert!(defined(file, &names).is_empty(), "{}", file.display());
    }
    assert_eq!(defined(&folder.join("deps").join(&first), &names).len(), names.len());
    assert!(shared.build(&["--offline", "-v"]).contains("Fresh shared"));

    // The next build has another name, and what was linked with the first finds that one.
    let (old_runner, old_plug) = (folder.join("old-runner"), folder.join("libold_plug.so"));
    fs::rename(&runner, &old_runner).unwrap();
    fs::rename(&plug, &old_plug).unwrap();
    write("counting/src/counter.c", &COUNTER.replace("STEP", "10"));
    shared.build(&["--offline"]);
    assert_ne!(shared.name("debug"), first);
    assert_eq!(run(&runner, &plug), ["10 20 1000", "20 20 1000", "30 20 1000"]);
    assert_eq!(run(&old_runner, &old_plug), ["1 2 100", "2 2 100", "3 2 100"]);

    // The same again is the same.
    write("counting/src/counter.c", &COUNTER.replace("STEP", "1"));
    shared.build(&["--offline"]);
    assert_eq!(shared.name("debug"), first);
}

#[cfg(feature = "exhaustive")]
const REAL_WORK: &str = r#"
    let data = b"the same thing again and again and again".repeat(1000);
    let packed = zstd::encode_all(&data[..], 3).unwrap();
    assert_eq!(zstd::decode_all(&packed[..]).unwrap(), data);
    let hash = blake3::hash(&data).to_hex();
    let digest = ring::digest::digest(&ring::digest::SHA256, &data);
    let random = ring::rand::SystemRandom::new();
    let key = ring::signature::Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let pair = ring::signature::Ed25519KeyPair::from_pkcs8(key.as_ref()).unwrap();
    let signed = pair.sign(&data);
    let sum = "local t = 0 for i = 1, 10 do t = t + i end return t";
    let sum: i64 = mlua::Lua::new().load(sum).eval().unwrap();
    let database = rusqlite::Connection::open_in_memory().unwrap();
    let answer: i64 = database.query_row("select 6 * 7", [], |row| row.get(0)).unwrap();
    let (mut size, mut small) = (200_000, vec![0u8; 200_000]);
    unsafe { libz_sys::compress(small.as_mut_ptr(), &mut size, data.as_ptr(), data.len() as _) };
    let sum_of_all = unsafe { libz_sys::crc32(0, data.as_ptr(), data.len() as _) };
    let (digest, hash, signed) = (&digest.as_ref()[..3], &hash[..8], signed.as_ref().len());
    format!("{} {hash} {digest:?} {signed} {sum} {answer} {size} {sum_of_all}", packed.len())
"#;

/// Crates that people use. They are fetched and their C is compiled, which takes minutes.
#[cfg(feature = "exhaustive")]
#[test]
fn real_crates_with_c_are_shared() {
    let dependencies = r#"
        blake3 = "=1.8.7"
        libz-sys = { version = "=1.1.33", features = ["static"] }
        mlua = { version = "=0.11.6", features = ["lua54", "vendored"] }
        ring = "=0.17.14"
        rusqlite = { version = "=0.37.0", features = ["bundled"] }
        zstd = "=0.13.5"
    "#;
    let crates = ["blake3", "libz_sys", "mlua", "ring", "rusqlite", "zstd"];
    let shared = Shared::new("shared-c-real", dependencies, &crates, REAL_WORK);
    let c = [
        "sqlite3_open",
        "lua_pcallk",
        "ZSTD_compress",
        "blake3_hash",
        "ring_core_",
        "crc32",
        "deflate",
    ];
    // As a user has it: with the C optimised a little.
    shared.workspace.profiles("[profile.release]\nopt-level = 1\n");
    for (profile, arguments) in [("debug", &[][..]), ("release", &["--release"])] {
        shared.build(arguments);
        let folder = shared.folder(profile);
        let (runner, plug) = (folder.join("runner"), folder.join("libplug.so"));
        assert_eq!(run(&runner, &plug), ["44 0b6413b2 [26, 144, 125] 64 55 42 165 2701020295"; 3]);
        for file in [&runner, &plug] {
            assert_eq!(defined(file, &c), BTreeSet::new(), "{}", file.display());
        }
        let found = defined(&folder.join("deps").join(shared.name(profile)), &c);
        for name in c {
            assert!(found.iter().any(|it| it.starts_with(name)), "{name}");
        }
    }
}
