//! Which names the library exports, and how it comes by them.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    process::Command,
};

use super::{Folder, SCRIPT, done, exported, names, soname};
use crate::link::{
    archive::{Archive, Kind},
    arguments::Compiler,
    exports::Exports,
};

/// One of each kind of name.
const KINDS: &str = r#"
    __attribute__((visibility("hidden"))) extern int elsewhere(void);
    int shown(void) { return elsewhere(); }
    __attribute__((visibility("hidden"))) int hidden(void) { return 1; }
    __attribute__((visibility("internal"))) int internal(void) { return 1; }
    __attribute__((visibility("protected"))) int guarded(void) { return 2; }
    __attribute__((weak)) int weak(void) { return 3; }
    __attribute__((weak)) int wanted_weakly(void);
    static int local(void) { return 4; }
    int (*address)(void) = local;
    int (*other_address)(void) = wanted_weakly;
    __thread int for_each_thread = 5;
    int data = 6;
    const int constant = 7;
    __attribute__((visibility("hidden"))) int hidden_data = 8;
    int versioned_inside(void) { return 9; }
    __asm__(".symver versioned_inside, versioned@OLD_1");
"#;

#[test]
fn every_kind_of_name_is_told_apart() {
    let folder = Folder::new();
    let long = format!("{}.o", "a_member_whose_name_is_long".repeat(4));
    let members = [
        folder.object("kinds.o", KINDS),
        folder.object(&long, "int in_long; int merged[3];"),
        // Not of even length, as members of archives must begin at even places.
        {
            fs::write(folder.path("text"), "odd").unwrap();
            folder.path("text")
        },
        folder.object("made_by.rcgu.o", "int rustcs(void) { return 0; }"),
        folder.object("after.o", "int after(void) { return 0; }"),
    ];
    let archive = folder.archive("libkinds.a", "rcs", &members);
    let before = fs::read(&archive).unwrap();
    let read = Archive::read(&archive).unwrap();
    assert_eq!(read.members.len(), 3, "neither the text nor rustc's");
    assert!(read.unreadable.is_empty());

    let mut kinds: BTreeMap<&str, Kind> = BTreeMap::new();
    for symbol in read.members.iter().flat_map(|it| &it.symbols) {
        kinds.insert(&symbol.name, symbol.kind);
    }
    kinds.retain(|name, _| *name != "_GLOBAL_OFFSET_TABLE_");
    let of = |kind: Kind| {
        let found = kinds.iter().filter(|(_, it)| **it == kind);
        found.map(|(name, _)| *name).collect::<Vec<_>>()
    };
    assert_eq!(
        of(Kind::Defined),
        [
            "address",
            "after",
            "constant",
            "data",
            "for_each_thread",
            "guarded",
            "hidden",
            "hidden_data",
            "internal",
            "other_address",
            "shown",
            "versioned_inside"
        ]
    );
    assert_eq!(of(Kind::DefinedWeakly), ["in_long", "merged", "weak"]);
    assert_eq!(of(Kind::Wanted), ["elsewhere"]);
    assert_eq!(of(Kind::WantedWeakly), ["wanted_weakly"]);

    // Only what is named is shown, the rest stays as it is, and the archive too.
    let some: HashSet<&str> = ["hidden", "internal", "hidden_data", "shown"].into();
    assert!(read.hides(&some));
    let copy = read.show(&some, &folder.path("copy")).unwrap();
    assert_eq!(fs::read(&archive).unwrap(), before);
    let changed = fs::read(&copy).unwrap();
    let differing = changed.iter().zip(&before).filter(|(one, other)| one != other).count();
    assert_eq!((changed.len(), differing), (before.len(), 3));
    let copy = Archive::read(&copy).unwrap();
    assert!(!copy.hides(&some));
    assert!(copy.hides(&["elsewhere"].into()));
}

#[test]
fn hidden_names_are_found_by_other_libraries() {
    let folder = Folder::new();
    let user = r#"
        __attribute__((visibility("hidden"))) extern int hidden_data;
        __attribute__((visibility("hidden"))) int hidden(void);
        int elsewhere(void) { return hidden() + hidden_data; }
        int wanted_weakly(void) { return 1; }
    "#;
    let kinds = KINDS.replace("__asm__", "//");
    let members = [folder.object("kinds.o", &kinds), folder.object("user.o", user)];
    let all = [
        "address",
        "constant",
        "data",
        "elsewhere",
        "for_each_thread",
        "guarded",
        "hidden",
        "hidden_data",
        "internal",
        "listed",
        "other_address",
        "shown",
        "versioned_inside",
        "wanted_weakly",
        "weak",
    ];
    // The same archive, named twice as rustc does; then one that only says where its members are.
    for how in ["rcs", "rcsT"] {
        let archive = folder.archive(&format!("lib{how}.a"), how, &members);
        let again = archive.to_str().unwrap().to_owned();
        let library = folder.link(&archive, &[&again]);
        assert_eq!(exported(&library), names(&all), "{how}");

        let caller = folder.path("caller.c");
        fs::write(
            &caller,
            "int hidden(void); extern int hidden_data; int elsewhere(void);
             int main(void) { hidden_data++; return hidden() + hidden_data + elsewhere(); }",
        )
        .unwrap();
        let program = folder.path("caller");
        let mut cc = Command::new("cc");
        done(cc.arg("-fPIC").arg(&caller).arg(&library).arg("-o").arg(&program));
        let status =
            Command::new(&program).env("LD_LIBRARY_PATH", folder.0.path()).status().unwrap();
        // 1 + 9 + (1 + 9): the library has seen the caller's change.
        assert_eq!(status.code(), Some(20), "{how}");
    }
    assert_eq!(folder.builds().len(), 1, "equal content, equal name");
}

#[test]
fn what_others_define_or_lack_stays_out() {
    let folder = Folder::new();
    let members = [
        // Names of glibc's that nobody can link with any more, such as `step`, are free.
        folder.object("used.o", "int used(void) { return 1; } int step(void) { return 1; }"),
        // libc's and the compiler's.
        folder.object(
            "libc.o",
            "int getline(void) { return 1; } int beside_libc(void) { return 1; }",
        ),
        folder.object(
            "builtins.o",
            "int __udivti3(void) { return 1; } int beside_gcc(void) { return 1; }",
        ),
        // It would end the opening of the library.
        folder.object("lacking.o", "int nowhere(void); int lacking(void) { return nowhere(); }"),
        folder.object(
            "lacking_too.o",
            "int lacking(void); int lacking_too(void) { return lacking(); }",
        ),
        folder.object(
            "listed.o",
            "int beside_listed(void) { return 2; } int listed(void) { return 2; }",
        ),
        // Each can be linked, both cannot.
        folder.object("one.o", "int twice(void) { return 1; } int with_one(void) { return 1; }"),
        folder
            .object("other.o", "int twice(void) { return 2; } int with_other(void) { return 2; }"),
        folder.object(
            "starts.o",
            "int started; __attribute__((constructor)) static void go(void) { started = 1; }",
        ),
        folder.object(
            "calls.o",
            "#include <math.h>\n#include <stdio.h>\nint listed_too(void); \
             int calls(double it) { return puts(\"\") + (int)sin(it) + listed_too(); }",
        ),
        folder.object("listed_too.rcgu.o", "int listed_too(void) { return 3; }"),
    ];
    let archive = folder.archive("libmany.rlib", "rcs", &members);
    let arguments = folder.arguments(&archive, &["-nodefaultlibs", "-lgcc_s", "-lm", "-lc"]);
    let exports = Exports::find(&arguments, &Compiler("cc".as_ref()), SCRIPT);
    assert!(exports.doubts.is_empty(), "{:?}", exports.doubts);
    let library = folder.link(&archive, &["-nodefaultlibs", "-lgcc_s", "-lm", "-lc"]);
    assert_eq!(exported(&library), names(&["calls", "listed", "step", "used"]));
    let all = [
        "beside_gcc",
        "beside_libc",
        "beside_listed",
        "calls",
        "lacking",
        "lacking_too",
        "started",
        "step",
        "twice",
        "used",
        "with_one",
        "with_other",
    ];
    assert_eq!(exports.names(), names(&all).into_iter().collect::<Vec<_>>());
    assert_eq!(fs::read_to_string(folder.path("list")).unwrap(), SCRIPT, "rustc's is as it was");

    // What the library needs for itself is exported, whatever else is in that member.
    let library = folder.link(
        &archive,
        &["-lgcc_s", "-lm", "-lc", "-Wl,--undefined=with_other", "-Wl,--undefined=started"],
    );
    let some = ["calls", "listed", "started", "step", "twice", "used", "with_other"];
    assert_eq!(exported(&library), names(&some));
}

#[test]
fn archives_are_found_by_name() {
    let folder = Folder::new();
    let hidden = r#"__attribute__((visibility("hidden"))) int NAME(void) { return 1; }"#;
    for name in ["one", "two", "three"] {
        let object = folder.object(&format!("{name}.o"), &hidden.replace("NAME", name));
        folder.archive(&format!("lib{name}.a"), "rcs", &[object]);
    }
    let empty = folder.archive("libempty.rlib", "rcs", &[]);
    let search = format!("-L{}", folder.0.path().display());
    let last = folder.0.path().to_str().unwrap().to_owned();
    let library = folder.link(
        &empty,
        &[
            &search,
            "-Wl,-Bstatic",
            "-lone",
            "-l",
            "two",
            "-Wl,-Bdynamic",
            "-L",
            &last,
            "-l:libthree.a",
            "-lc",
        ],
    );
    assert_eq!(exported(&library), names(&["listed", "one", "three", "two"]));
}

#[test]
fn other_linkers_do_it_too() {
    let folder = Folder::new();
    let kinds = folder.object(
        "kinds.o",
        r#"
        __attribute__((visibility("hidden"))) int hidden_data = 1;
        __attribute__((visibility("hidden"))) int hidden(void) { return hidden_data; }
    "#,
    );
    let user = folder.object(
        "user.o",
        r#"
        __attribute__((visibility("hidden"))) int hidden(void);
        __attribute__((visibility("hidden"))) extern int hidden_data;
        int aside(void) { return hidden() + hidden_data; }
    "#,
    );
    let archive = folder.archive("libgiven.rlib", "rcs", &[kinds, user]);
    for linker in ["bfd", "gold", "lld", "mold"] {
        let option = format!("-fuse-ld={linker}");
        // Only those that are installed; the first always is.
        let is_there = Command::new("cc").args([&option, "-Wl,--version"]).output().unwrap();
        if is_there.status.success() {
            let library = folder.link(&archive, &[&option]);
            assert_eq!(
                exported(&library),
                names(&["aside", "hidden", "hidden_data", "listed"]),
                "{linker}"
            );
            assert!(folder.builds().contains(&soname(&library)), "{linker}");
        }
    }
}

#[test]
fn what_cannot_be_read_is_said() {
    let folder = Folder::new();
    let bitcode = folder.path("bitcode.o");
    fs::write(&bitcode, b"BC\xc0\xde....").unwrap();
    let object = folder.object("one.o", "int one(void) { return 1; }");
    let archive = folder.archive("libone.rlib", "rcs", &[object, bitcode]);
    let cut = folder.path("libcut.rlib");
    let bytes = fs::read(&archive).unwrap();
    fs::write(&cut, &bytes[..bytes.len() / 2]).unwrap();
    let arguments = folder.arguments(&archive, &[cut.to_str().unwrap()]);
    let exports = Exports::find(&arguments, &Compiler("cc".as_ref()), SCRIPT);
    let [one, other] = &*exports.doubts else { panic!("{:?}", exports.doubts) };
    assert!(one.contains("the names in `bitcode.o` of"), "{one}");
    assert!(other.contains("libcut.rlib cannot be read"), "{other}");
    assert_eq!(exports.names(), ["one"]);
}
