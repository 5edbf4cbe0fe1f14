//! Small libraries that the system's compiler makes.

use std::{
    collections::BTreeSet,
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{Closure, Dynamic, Mapped, Names, mapped, without_build};
use crate::platform;

struct Libraries(tempfile::TempDir);

impl Libraries {
    fn new() -> Libraries {
        Libraries(tempfile::tempdir().unwrap())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn library(&self, path: &str, source: &str, arguments: &[&str]) -> PathBuf {
        let (output, root) = (self.path(path), self.path("source.c"));
        fs::create_dir_all(output.parent().unwrap()).unwrap();
        fs::write(&root, source).unwrap();
        let mut cc = Command::new("cc");
        cc.args(["-shared", "-fPIC", "-o"]).arg(&output).arg(root).current_dir(self.0.path());
        let made = cc.args(arguments).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        output
    }
}

fn found(closure: &Closure) -> Vec<(&OsStr, &Path)> {
    closure.found.iter().map(|it| (&*it.name, &*it.found)).collect()
}

#[test]
fn libraries_are_found_as_the_loader_finds_them() {
    let all = Libraries::new();
    let soname = "-Wl,-soname,libdeep.so";
    let deep = all.library("one/two/libdeep.so", "int deep(void) { return 1; }", &[soname]);
    all.library("libdeep.so", "int deep(void) { return 2; }", &[soname]);
    let middle = all.library(
        "one/libmiddle.so",
        "int deep(void); int middle(void) { return deep(); }",
        &["one/two/libdeep.so", "-Wl,-soname,libmiddle.so,--disable-new-dtags,-rpath,$ORIGIN/two"],
    );
    all.library("gone/libgone.so", "int gone(void) { return 1; }", &["-Wl,-soname,libgone.so"]);
    let top = all.library(
        "libtop.so",
        "int middle(void); int gone(void); int top(void) { return middle() + gone(); }",
        &[
            "one/libmiddle.so",
            "gone/libgone.so",
            "-Wl,--no-as-needed,--enable-new-dtags,-rpath,/no/such:${ORIGIN}/one",
        ],
    );
    fs::remove_dir_all(all.path("gone")).unwrap();
    let expected = [("libmiddle.so".as_ref(), &*middle), ("libdeep.so".as_ref(), &*deep)];
    let closure = Closure::named(&top, &top);
    assert_eq!(found(&closure), expected);
    assert!(closure.lacking.contains(OsStr::new("libgone.so")));

    // A copy is searched for as what it is a copy of, too.
    fs::create_dir(all.path("copies")).unwrap();
    let copy = all.path("copies/libtop.so");
    fs::copy(&top, &copy).unwrap();
    assert_eq!(found(&Closure::named(&copy, &top)), expected);
    assert_eq!(found(&Closure::named(&copy, &copy)), []);
    assert_eq!(found(&Closure::named(&all.path("source.c"), &top)), []);
}

#[test]
fn names_that_are_nowhere_are_listed() {
    let all = Libraries::new();
    let soname = "-Wl,-soname,libengine.so";
    all.library(
        "libengine.so",
        "int kept; int gone; __thread int own; int also(void) { return 1; }",
        &[soname],
    );
    let top = all.library(
        "libtop.so",
        "#include <stdio.h>\n#include <math.h>\n
         extern int kept, gone; extern __thread int own; int also(void); int nowhere(void);
         __attribute__((weak)) int perhaps(void);
         int top(double it) { return puts(\"\") + (int)cos(it) + kept + gone + own + also() + nowhere()
             + (perhaps ? perhaps() : 0); }",
        &["libengine.so", "-lm", "-Wl,-rpath,$ORIGIN"],
    );
    let memory = mapped(&platform::mappings());
    let names = |memory: &[Mapped]| {
        let Names { missing, of_libraries } =
            Names::of(&top, &top, &Closure::named(&top, &top).found, memory);
        let named = |of: BTreeSet<String>| of.into_iter().collect::<Vec<_>>().join(" ");
        (named(missing), named(of_libraries))
    };
    let is = |missing: &str, of_libraries: &str| (missing.to_owned(), of_libraries.to_owned());
    // Not those of the system's libraries, which the file needs as well.
    assert_eq!(names(&memory), is("nowhere", "also gone kept own"));
    for style in ["gnu", "sysv"] {
        let style = format!("-Wl,--hash-style={style}");
        let source = "int kept; __thread int own; int perhaps(void) { return 1; }";
        all.library("libengine.so", source, &[soname, &style]);
        assert_eq!(names(&memory), is("also gone nowhere", "kept own perhaps"));
    }

    // Something that is in memory may have the names, or a library that is not found.
    let replaced = Mapped { inode: 1, path: "/x/libold.so".into(), deleted: true, start: 0 };
    let memory: Vec<Mapped> = memory.into_iter().chain([replaced]).collect();
    assert_eq!(names(&memory).0, "");
    fs::remove_file(all.path("libengine.so")).unwrap();
    let memory = mapped(&platform::mappings());
    assert_eq!(names(&memory).0, "");
}

#[test]
fn a_build_id_is_read_from_memory_too() {
    let memory = mapped(&platform::mappings());
    let mut compared = 0;
    for file in memory.iter().filter(|it| !it.deleted) {
        if let Some(id) = Dynamic::open(&file.path).and_then(|it| it.build_id()) {
            assert_eq!(file.build_id(), Some(id), "{}", file.path.display());
            compared += 1;
        }
    }
    assert!(compared > 1, "libc at least, and the loader: {memory:?}");
    // What is no program has none, and neither has what is not there.
    let nowhere = Mapped { inode: 1, path: "/x/libx.so".into(), deleted: false, start: 4096 };
    assert_eq!(nowhere.build_id(), None);
}

#[test]
fn builds_share_a_name() {
    let without = |name: &str| without_build(OsStr::new(name));
    assert_eq!(without("libshared-0123456789abcdef0123.so"), OsString::from("libshared.so"));
    let others = [
        "libshared.so",
        "libbevy_dylib-0123456789abcdef.so",
        "libshared-0123456789abcdef012x.so",
        "libshared-0123456789abcdef0123.so.1",
        "-0123456789abcdef0123",
        ".so",
        "libé-0123456789abcdef012.so",
    ];
    for name in others {
        assert_eq!(without(name), OsString::from(name));
    }
}
