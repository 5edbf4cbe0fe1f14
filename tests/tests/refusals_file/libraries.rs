//! A library that the host's process has mapped, and that a bundle was linked with in another build.
#![cfg(target_os = "linux")]

use std::{
    fs,
    path::{Path, PathBuf},
};

use hot::{Code, Host};
use tests::{
    LoadLibrary as _,
    child::is_child,
    fixture, in_child,
    refusal::{assert_complete, codes},
    rustc::rustc,
};

use crate::alone;

hot::import! { shared_logic => { fn level() -> u32; } }

/// Where the engine lies, and everything that is linked with it.
fn folder() -> PathBuf {
    fixture::root().join("shared-engine")
}

/// Compiles a shared library there.
fn compile(name: &str, source: &str) -> PathBuf {
    let folder = folder();
    let root = folder.join(format!("{name}.rs"));
    fs::write(&root, source).unwrap();
    let mut rustc = rustc(&folder, name);
    rustc.arg(&root).args(["--crate-type=cdylib", "-Cstrip=debuginfo", "-L"]).arg(&folder);
    assert!(rustc.arg("--out-dir").arg(&folder).status().unwrap().success());
    folder.join(format!("lib{}.so", name.replace('-', "_")))
}

fn engine(level: u32) {
    let source =
        format!("#[unsafe(no_mangle)] pub extern \"C\" fn engine_level() -> u32 {{ {level} }}");
    compile("engine", &source);
}

fn logic(version: &str, factor: u32) -> PathBuf {
    let library = compile(
        "shared-logic",
        &format!(
            "hot::bundle!();
            #[link(name = \"engine\")]
            unsafe extern \"C\" {{ safe fn engine_level() -> u32; }}
            #[hot::export] pub fn level() -> u32 {{ {factor} * engine_level() }}"
        ),
    );
    let kept = folder().join(version).join("libshared_logic.so");
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    fs::rename(library, &kept).unwrap();
    kept
}

#[test]
fn a_bundle_for_another_build_of_a_library_in_memory_is_refused() {
    let name = "libraries::a_bundle_for_another_build_of_a_library_in_memory_is_refused";
    let _alone = (!is_child(name)).then(alone);
    fs::create_dir_all(folder()).unwrap();
    let paths = folder();
    let environment = [("LD_LIBRARY_PATH", paths.to_str().unwrap())];
    let build = || {
        engine(1);
        vec![logic("first", 10), logic("second", 100)]
    };
    in_child(name, &environment, build, |libraries| {
        let host = Host::start().unwrap();
        host.load_library(&libraries[0]).unwrap();
        assert_eq!(shared_logic::level(), 10);
        // The bundle alone.
        host.load_library(&libraries[1]).unwrap();
        assert_eq!(shared_logic::level(), 100);
        // The same bytes in another file.
        let place = folder().join("libengine.so");
        let copy = folder().join("copy.so");
        fs::copy(&place, &copy).unwrap();
        refused(&host, &libraries[1], || fs::rename(&copy, &place).unwrap());
        // Another build.
        refused(&host, &logic("third", 1000), || engine(2));
        assert_eq!(shared_logic::level(), 100);
    });
}

/// After the file was replaced nothing tells what is in memory.
fn refused(host: &Host, library: &Path, replace: impl FnOnce()) {
    replace();
    assert_eq!(host.check(library).unwrap_err().code(), Code::OtherLibrary);
    let error = host.load_library(library).unwrap_err();
    assert_complete(&error, library);
    assert_eq!(codes(&error), [Code::OtherLibrary]);
    let text = error.to_string();
    assert!(text.contains("another build of `libengine.so`"), "{text}");
    assert!(text.contains("libengine.so, which was replaced since"), "{text}");
}
