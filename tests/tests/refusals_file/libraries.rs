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
    linked(name, source, "--no-undefined")
}

/// As [`compile`], with an option of the linker.
fn linked(name: &str, source: &str, option: &str) -> PathBuf {
    let folder = folder();
    let root = folder.join(format!("{name}.rs"));
    fs::write(&root, source).unwrap();
    let mut rustc = rustc(&folder, name);
    rustc.arg(&root).args(["--crate-type=cdylib", "-Cstrip=debuginfo", "-L"]).arg(&folder);
    rustc.arg(format!("-Clink-arg=-Wl,{option}"));
    assert!(rustc.arg("--out-dir").arg(&folder).status().unwrap().success());
    folder.join(format!("lib{}.so", name.replace('-', "_")))
}

fn engine(level: u32) {
    let source =
        format!("#[unsafe(no_mangle)] pub extern \"C\" fn engine_level() -> u32 {{ {level} }}");
    linked("engine", &source, "--build-id=none");
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
        // The same bytes in another file, of which nothing tells that they are the same.
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

hot::import! { built_logic => { fn height() -> u32; } }

/// A build of the tower, under the name that our linker would give it, and a bundle that needs it.
fn tower(build: &str, floors: u32) -> PathBuf {
    let name = format!("libtower-{build}.so");
    let floor = |number| {
        format!("#[unsafe(no_mangle)] pub extern \"C\" fn floor_{number}() -> u32 {{ 3 }}\n")
    };
    let source: String = (0..floors).map(floor).collect();
    let library = linked("tower", &source, &format!("-soname={name},--build-id=0x{build}"));
    let calls = |sign: &str, end: &str| {
        let calls: Vec<_> = (0..floors).map(|number| format!("floor_{number}(){end}")).collect();
        calls.join(sign)
    };
    let bundle = compile(
        "built-logic",
        &format!(
            "hot::bundle!();
            #[link(name = \"tower\")]
            unsafe extern \"C\" {{ safe fn {}; }}
            #[hot::export] pub fn height() -> u32 {{ {} }}",
            calls("; safe fn ", " -> u32"),
            calls(" + ", ""),
        ),
    );
    let kept = folder().join(build).join("libbuilt_logic.so");
    fs::create_dir_all(kept.parent().unwrap()).unwrap();
    fs::rename(bundle, &kept).unwrap();
    fs::rename(library, folder().join(name)).unwrap();
    kept
}

#[test]
fn a_build_is_known_by_its_id() {
    let name = "libraries::a_build_is_known_by_its_id";
    let _alone = (!is_child(name)).then(alone);
    fs::create_dir_all(folder()).unwrap();
    let paths = folder();
    let environment = [("LD_LIBRARY_PATH", paths.to_str().unwrap())];
    let [one, other, cut] = ["1", "2", "3"].map(|digit| digit.repeat(20));
    let file = |build: &str| folder().join(format!("libtower-{build}.so"));
    let build = || {
        let libraries = vec![tower(&one, 1), tower(&other, 2), tower(&cut, 9)];
        // This one was built otherwise than the bundle was linked with.
        let kept = file(&cut).with_extension("kept");
        fs::rename(&libraries[2], &kept).unwrap();
        tower(&cut, 2);
        fs::rename(kept, &libraries[2]).unwrap();
        libraries
    };
    in_child(name, &environment, build, |libraries| {
        let host = Host::start().unwrap();
        let lacking = |library: &Path| {
            assert_eq!(host.check(library).unwrap_err().code(), Code::NameMissing);
            let error = host.load_library(library).unwrap_err();
            assert_complete(&error, library);
            assert_eq!(codes(&error), [Code::NameMissing]);
            let text = error.to_string();
            assert!(
                text.contains("floor_2, floor_3, floor_4, floor_5, floor_6, and 2 more"),
                "{text}"
            );
            assert!(text.contains(&*file(&cut).to_string_lossy()), "{text}");
        };
        // Nothing of it is in memory yet.
        lacking(&libraries[2]);
        host.load_library(&libraries[0]).unwrap();
        assert_eq!(built_logic::height(), 3);
        // Another build would be there beside the first.
        let error = host.load_library(&libraries[1]).unwrap_err();
        assert_eq!(codes(&error), [Code::OtherLibrary]);
        let text = error.to_string();
        assert!(text.contains("another build of `libtower.so` in memory"), "{text}");
        let towers = || fs::read_to_string("/proc/self/maps").unwrap().matches("libtower-").count();
        let before = towers();
        // The same build again, in a file of its own: known by what is in memory.
        let (place, copy) = (file(&one), folder().join("copy.so"));
        fs::copy(&place, &copy).unwrap();
        fs::rename(&copy, &place).unwrap();
        host.load_library(&libraries[0]).unwrap();
        assert_eq!((built_logic::height(), towers()), (3, before));
    });
}
