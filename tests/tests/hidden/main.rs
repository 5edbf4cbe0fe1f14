//! What nothing in the source of a signature, a trait or a field shows: a caller that was compiled
//! before would read what is gone, or use what it may not.

mod attributes;
mod generics;
mod lifetimes;
mod promises;

use std::{
    path::PathBuf,
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
};

use hot::{Code, Host};
use tests::LoadLibrary as _;
use tests::{
    Fixture, Workspace,
    refusal::{assert_complete, codes},
    rustc,
    workspace::BUNDLE,
};

/// The process's host, to which whoever could call counts; only one test at a time loads.
fn host() -> (MutexGuard<'static, ()>, Host) {
    static HOST: LazyLock<Host> = LazyLock::new(|| Host::builder().strict().start().unwrap());
    static LOCK: Mutex<()> = Mutex::new(());
    (LOCK.lock().unwrap_or_else(PoisonError::into_inner), HOST.clone())
}

hot::import! {
    hidden_cow_user => { fn run() -> String; }
    hidden_option_user => { fn run() -> String; }
    hidden_object_user => { fn run() -> String; }
    hidden_field_user => { fn run() -> String; }
    hidden_method_user => { fn run() -> String; }
    hidden_text_user => { fn run() -> String; }
    hidden_swap_user => { fn run() -> String; }
    hidden_self_user => { fn run() -> String; }
    hidden_item_user => { fn run() -> String; }
    hidden_deep_user => { fn run() -> String; }
    hidden_place_user => { fn run() -> String; }
    hidden_within_user => { fn run() -> String; }
    attributes_user => { fn run() -> String; }
    promises_user => { fn run() -> String; }
    promises_deep_user => { fn run() -> String; }
    promises_live_user => { fn run() -> String; }
}

/// A bundle, and one that was compiled against its first form: `run` keeps a text for longer than what
/// the bundle got it from lives.
struct Pair {
    build: Box<dyn Fn(&str) -> PathBuf>,
    run: fn() -> String,
}

/// The bundle that uses another one.
fn user(name: &str, code: &str) -> String {
    format!(
        "hot::bundle!();
         use {name}::*;
         #[hot::export] pub fn run() -> String {{ {code} }}"
    )
}

impl Pair {
    fn load(
        host: &Host,
        name: &'static str,
        source: &str,
        (run, code): (fn() -> String, &str),
    ) -> Pair {
        let fixture = Fixture::new(name);
        let build = move |source: &str| {
            let source = format!("hot::bundle!();\n{source}");
            rustc::compile(fixture.folder(), name, "rlib,cdylib", &source)
        };
        let first = build(source);
        let user_name = format!("{name}_user");
        let fixture = Fixture::new(&user_name);
        let source = user(name, code);
        let crates = [(name, &*rustc::rlib_of(&first))];
        let user = rustc::compile_with(fixture.folder(), &user_name, "cdylib", &source, &crates);
        host.load_library(first).unwrap();
        host.load_library(user).unwrap();
        Pair { build: Box::new(build), run }
    }

    /// By cargo, in a workspace that has what the bundle depends on.
    fn load_in(
        host: &Host,
        workspace: Workspace,
        dependencies: &str,
        name: &'static str,
        source: &str,
        (run, code): (fn() -> String, &str),
    ) -> Pair {
        workspace.package(name, BUNDLE, "", dependencies);
        let user_name = format!("{name}_user");
        let dependency = format!("{name} = {{ path = \"../{name}\" }}");
        workspace.package(&user_name, BUNDLE, "", &dependency);
        workspace.write(&format!("{user_name}/src/lib.rs"), &user(name, code));
        let file = format!("{name}/src/lib.rs");
        let write = move |workspace: &Workspace, source: &str| {
            workspace.write(&file, &format!("hot::bundle!();\n{source}"));
        };
        write(&workspace, source);
        let built = workspace.cargo(&["build", "--lib", "-p", name, "-p", &user_name]);
        host.load_library(built.library(name)).unwrap();
        host.load_library(built.library(&user_name)).unwrap();
        let build = move |source: &str| {
            write(&workspace, source);
            workspace.cargo(&["build", "--lib", "-p", name]).library(name)
        };
        Pair { build: Box::new(build), run }
    }

    fn build(&self, source: &str) -> PathBuf {
        (self.build)(source)
    }

    fn refuse(&self, host: &Host, source: &str, code: Code, message: &str) {
        let library = self.build(source);
        let refused = host.load_library(&library).unwrap_err();
        assert_complete(&refused, &library);
        assert_eq!(codes(&refused), [code], "{refused}");
        assert!(refused.reasons()[0].message.contains(message), "{refused}");
        assert_eq!((self.run)(), "static");
    }

    fn accept(&self, host: &Host, source: &str) {
        host.load_library(self.build(source)).unwrap();
        assert_eq!((self.run)(), "static");
    }
}

/// What says that each of these changed.
fn assert_changed(refused: &hot::Error, code: Code, changed: &[&str]) {
    assert_eq!(codes(refused), vec![code; changed.len()], "{refused}");
    for (reason, what) in refused.reasons().iter().zip(changed) {
        assert!(reason.message.contains(what), "{what}: {refused}");
    }
}
