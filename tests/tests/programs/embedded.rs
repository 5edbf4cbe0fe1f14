//! Hosts that are libraries: a `cdylib` with the host in it, which a program in C and Python load.
#![cfg(target_os = "linux")]

use std::{
    cell::Cell,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::json;
use tests::{
    Workspace,
    control::{Control, short_folder, socket},
    dev::{patiently, replace},
    fixture::{cargo, target_dir},
    workspace::{BUNDLE, HOST_FEATURES},
};

use crate::watch_builds::Running;

const HOST: &str = r#"
use std::{ffi::{CStr, c_char, c_int}, panic::catch_unwind};

hot::import! {
    embedded_rules => {
        fn value() -> i32;
        fn fail() -> i32;
    }
}

/// # Safety
/// Null, or a text that ends.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn embedded_start(workspace: *const c_char) {
    let mut builder = hot::Host::builder().watch(|line| println!("line {line}"));
    if !workspace.is_null() {
        builder = builder.workspace(unsafe { CStr::from_ptr(workspace) }.to_str().unwrap());
    }
    match builder.start().and_then(|host| host.load_crate("embedded_rules")) {
        Ok(bundle) => println!("started {}", bundle.library().unwrap().display()),
        Err(error) => println!("error {error}"),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn embedded_value() -> c_int {
    embedded_rules::value()
}

/// Loads this file, which nobody builds.
///
/// # Safety
/// A text that ends: the path of a bundle.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn embedded_load(library: *const c_char) {
    let library = unsafe { CStr::from_ptr(library) }.to_str().unwrap();
    match hot::Host::start().and_then(|host| unsafe { host.load(library) }) {
        Ok(_) => println!("loaded {library}"),
        Err(error) => println!("error {error}"),
    }
}

/// -1 if it panics.
#[unsafe(no_mangle)]
pub extern "C" fn embedded_fail() -> c_int {
    catch_unwind(embedded_rules::fail).unwrap_or(-1)
}
"#;

/// Does what standard input says. It exports a bundle's function under its name, which the bundle
/// must not take for its own.
const C: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int bundle_init_embedded_rules(void) { puts("the program's function was called"); abort(); }

struct { void *handle; void (*start)(const char *); void (*load)(const char *); int (*value)(void); int (*fail)(void); } hosts[2];

static void *call(void *index) {
    printf("thread %d\n", hosts[(long)index].value());
    return NULL;
}

static pthread_barrier_t barrier;

static char folder[4096];

static void *load(void *index) {
    hosts[(long)index].load(folder);
    return NULL;
}

/// On a thread that ends: the system itself keeps a library for one that has thread-locals of it.
static void on_thread(void *(*run)(void *), long index) {
    pthread_t thread;
    pthread_create(&thread, NULL, run, (void *)index);
    pthread_join(thread, NULL);
}

/// Has called hot code, and ends when the library is closed.
static void *wait_outside(void *index) {
    int value = hosts[(long)index].value();
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    printf("ends %d\n", value);
    return NULL;
}

int main(int count, char **paths) {
    char line[4096], word[16];
    setvbuf(stdout, NULL, _IOLBF, 0);
    pthread_barrier_init(&barrier, NULL, 2);
    while (fgets(line, sizeof line, stdin)) {
        long n;
        sscanf(line, "%15s %ld %4095s", word, &n, folder);
        if (!strcmp(word, "open")) {
            void *handle = dlopen(paths[n + 1], RTLD_NOW | RTLD_LOCAL);
            if (!handle) { puts(dlerror()); return 1; }
            hosts[n].handle = handle;
            hosts[n].start = dlsym(handle, "embedded_start");
            hosts[n].load = dlsym(handle, "embedded_load");
            hosts[n].value = dlsym(handle, "embedded_value");
            hosts[n].fail = dlsym(handle, "embedded_fail");
            printf("open %ld\n", n);
        } else if (!strcmp(word, "start")) {
            hosts[n].start(NULL);
        } else if (!strcmp(word, "load")) {
            on_thread(load, n);
        } else if (!strcmp(word, "value")) {
            printf("value %ld %d\n", n, hosts[n].value());
        } else if (!strcmp(word, "fail")) {
            printf("fail %d\n", hosts[n].fail());
        } else if (!strcmp(word, "thread")) {
            on_thread(call, n);
        } else if (!strcmp(word, "drop")) {
            printf("drop %d\n", dlclose(hosts[n].handle));
        } else if (!strcmp(word, "mapped")) {
            void *handle = dlopen(paths[n + 1], RTLD_NOW | RTLD_NOLOAD);
            printf("mapped %ld %d\n", n, handle != NULL);
            if (handle) dlclose(handle);
        } else if (!strcmp(word, "close")) {
            pthread_t thread;
            pthread_create(&thread, NULL, wait_outside, (void *)n);
            pthread_barrier_wait(&barrier);
            printf("close %d\n", dlclose(hosts[n].handle));
            pthread_barrier_wait(&barrier);
            pthread_join(thread, NULL);
        } else if (!strcmp(word, "exit")) {
            return 0;
        }
    }
    return 1;
}
"#;

const PYTHON: &str = r#"
import ctypes, sys, threading, _ctypes
host = ctypes.CDLL(sys.argv[1], mode=ctypes.RTLD_GLOBAL)
host.embedded_start.restype = None
def say(*words): print(*words, flush=True)
for line in sys.stdin:
    word = line.split()[0]
    if word == "start": host.embedded_start(sys.argv[2].encode() if sys.argv[2:] else None)
    elif word == "value": say("value 0", host.embedded_value())
    elif word == "fail": say("fail", host.embedded_fail())
    elif word == "thread":
        thread = threading.Thread(target=lambda: say("thread", host.embedded_value()))
        thread.start()
        thread.join()
    elif word == "close":
        _ctypes.dlclose(host._handle)
        say("close 0")
    elif word == "exit": sys.exit(0)
"#;

/// A version of the bundle. What it depends on gives 10, or 20 where a feature is on that only the
/// host asks for.
fn rules(number: i32, result: &str) -> String {
    format!(
        "hot::bundle!();
         #[hot::export] pub fn value() -> {result} {{ embedded_common::value() as {result} + {number} }}
         #[hot::export] pub fn fail() -> i32 {{ panic!(\"on purpose\") }}"
    )
}

/// The workspace, and the library with the host in its place.
fn embedded() -> (Workspace, PathBuf) {
    let workspace = Workspace::new("embedded");
    let common = "embedded_common.path = \"../embedded_common\"";
    workspace.package("embedded_common", "[features]\nloud = []", "", "");
    workspace.write(
        "embedded_common/src/lib.rs",
        "pub fn value() -> i32 { if cfg!(feature = \"loud\") { 20 } else { 10 } }",
    );
    workspace.package("embedded_rules", BUNDLE, "", common);
    workspace.write("embedded_rules/src/lib.rs", &rules(1, "i32"));
    let sections =
        "[features]\nloud = [\"embedded_common/loud\"]\n\n[lib]\ncrate-type = [\"cdylib\"]";
    workspace.package("embedded", sections, HOST_FEATURES, common);
    workspace.write("embedded/src/lib.rs", HOST);
    workspace.cargo(&["build", "-p", "embedded", "--features", "loud"]);
    let library = target_dir().join("debug/libembedded.so");
    (workspace, library)
}

/// A program that is to load the host, with the environment that builds need.
fn program(path: impl AsRef<std::ffi::OsStr>) -> Command {
    let mut command = Command::new(path);
    for (name, value) in cargo().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// What the host says of the bundle that it has loaded.
fn started(running: &Running) -> String {
    patiently("a start", || {
        let error = running.find("error ");
        assert!(error.is_none(), "{error:?}");
        running.find("started ")
    })
}

/// Asks for the value whenever something was said of a save, until it is this one.
fn until(running: &Running, value: i32) {
    let wanted = format!("value 0 {value}");
    let asked = Cell::new(None);
    patiently(&wanted, || {
        let lines = running.count("line ");
        if asked.replace(Some(lines)) != Some(lines) {
            running.tell("value 0");
        }
        running.find(&wanted)
    });
}

/// A reload, a refusal, and what mends it; then the library is closed, and all goes on. `base` is what
/// the bundle's dependency gives.
fn edits(running: &Running, sources: &Path, base: i32) {
    let save = |number, result| replace(sources, &rules(number, result));
    until(running, base + 1);
    save(2, "i32");
    until(running, base + 2);
    save(3, "i64");
    let line = running.wait("not reloaded: HOT03");
    assert!(line.starts_with("line "), "{line}");
    running.tell("thread 0");
    running.wait(&format!("thread {}", base + 2));
    save(4, "i32");
    until(running, base + 4);
    running.tell("close 0");
    running.wait("close 0");
    save(5, "i32");
    until(running, base + 5);
}

/// A panic in the bundle is caught before it comes to C, and the program ends as it likes.
fn end(mut running: Running) {
    running.tell("fail 0");
    running.wait_for("fail -1", 1);
    running.tell("exit 0");
    let status = running.end();
    assert!(status.success(), "{status}");
    assert!(!socket(running.id()).exists());
}

#[test]
fn a_program_in_c_and_python_load_a_library_that_has_a_host() {
    let (workspace, library) = embedded();
    let sources = workspace.folder().join("embedded_rules/src/lib.rs");
    in_c(&workspace, &library, &sources);
    if Command::new("python3").arg("--version").output().is_ok_and(|it| it.status.success()) {
        in_python(&workspace, &library, &sources);
    } else {
        eprintln!("there is no python3: the program in C decides");
    }
}

/// The library is loaded where cargo has put it.
fn in_c(workspace: &Workspace, library: &Path, sources: &Path) {
    let source = workspace.folder().join("program.c");
    let compiled = source.with_extension("");
    workspace.write("program.c", C);
    let mut cc = Command::new("cc");
    cc.args(["-rdynamic", "-o"]).args([&compiled, &source]).args(["-ldl", "-lpthread"]);
    let output = cc.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let copy = workspace.folder().join("libother.so");
    fs::copy(library, &copy).unwrap();
    let mut command = program(&compiled);
    command.args([library, &copy]).current_dir(workspace.folder());
    let running = Running::start(command);
    running.tell("open 0");
    running.tell("start 0");
    // Built as the library was: in its profile and target folder, with its allocator and its features.
    let bundle = target_dir().join("debug/libembedded_rules.so");
    assert_eq!(started(&running), format!("started {}", bundle.display()));
    let status = Control::to(&socket(running.id())).ask(json!({"do": "status"}));
    assert_eq!(status["name"], "libembedded.so", "{status}");
    running.tell("start 0");
    running.wait("error HOT0601: the process has a host already");
    edits(&running, sources, 20);

    // Another image of the library has another host, with bundles of its own.
    let kept = workspace.folder().join("libkept.so");
    fs::copy(&bundle, &kept).unwrap();
    // Closed before it has a host, it goes: the system keeps it for nobody else.
    running.tell("open 1");
    running.wait("open 1");
    running.tell("drop 1");
    running.wait("drop 0");
    running.tell("mapped 1");
    running.wait("mapped 1 0");
    running.tell("open 1");
    running.tell(&format!("load 1 {}", kept.display()));
    running.wait("loaded ");
    replace(sources, &rules(6, "i32"));
    until(&running, 26);
    running.tell("thread 1");
    running.wait("thread 25");
    // Nobody but the host keeps it now.
    running.tell("drop 1");
    running.wait_for("drop 0", 2);
    running.tell("mapped 1");
    running.wait("mapped 1 1");
    running.tell("thread 1");
    running.wait_for("thread 25", 2);
    end(running);
}

/// The library is a copy: within the workspace, where it is found from, and elsewhere. Nobody knows
/// with which features it was built.
fn in_python(workspace: &Workspace, library: &Path, sources: &Path) {
    let elsewhere = short_folder("embedded");
    let module = workspace.folder().join("out");
    workspace.write("out/program.py", PYTHON);
    let start = |folder: &Path, arguments: &[&Path]| {
        let copy = folder.join("libembedded.so");
        fs::copy(library, &copy).unwrap();
        let mut command = program("python3");
        command.arg(module.join("program.py")).arg(copy).args(arguments).current_dir("/");
        let running = Running::start(command);
        running.tell("start 0");
        started(&running);
        running
    };
    replace(sources, &rules(1, "i32"));
    let running = start(&module, &[]);
    edits(&running, sources, 10);
    end(running);
    let running = start(&elsewhere, &[workspace.folder()]);
    until(&running, 15);
    end(running);
}
