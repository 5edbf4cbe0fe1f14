//! Real archives and real links, by the system's compiler.

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    ffi::{OsStr, OsString},
    fs::{self, File},
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, SystemTime},
};

use object::{Object as _, ObjectSymbol as _};
use tempfile::TempDir;

use super::{
    archive::{Archive, Kind},
    arguments::{Arguments, Compiler},
    exports::Exports,
    link,
};

/// A version script as rustc writes it.
const SCRIPT: &str = "{\n  global:\n    listed;\n\n  local:\n    *;\n};";

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

struct Folder(TempDir);

impl Folder {
    fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn object(&self, name: &str, source: &str) -> PathBuf {
        let (source_file, object) = (self.path("source.c"), self.path(name));
        fs::write(&source_file, source).unwrap();
        let mut cc = Command::new("cc");
        done(cc.args(["-fPIC", "-O1", "-fcommon", "-c", "-o"]).arg(&object).arg(source_file));
        object
    }

    fn archive(&self, name: &str, how: &str, members: &[PathBuf]) -> PathBuf {
        let archive = self.path(name);
        done(Command::new("ar").current_dir(self.0.path()).arg(how).arg(&archive).args(members));
        archive
    }

    /// A library of one archive, linked with what rustc would say.
    fn link(&self, archive: &Path, more: &[&str]) -> PathBuf {
        let output = self.path("libgiven.so");
        let status = link(&Compiler("cc".as_ref()), &self.arguments(archive, more)).unwrap();
        assert!(status.success());
        output
    }

    fn arguments(&self, archive: &Path, more: &[&str]) -> Arguments {
        let script = self.path("list");
        if !script.exists() {
            fs::write(&script, SCRIPT).unwrap();
        }
        let mut all = vec![OsString::from(format!("-Wl,--version-script={}", script.display()))];
        all.push("-Wl,--no-undefined-version".into());
        all.push(self.object("listed.rcgu.o", "int listed(void) { return 0; }").into());
        all.push(archive.into());
        all.extend(["-shared", "-Wl,-soname=libgiven.so", "-o"].map(OsString::from));
        all.push(self.path("libgiven.so").into());
        all.extend(more.iter().map(OsString::from));
        Arguments::read(all)
    }

    fn files(&self) -> BTreeSet<String> {
        let entries = fs::read_dir(self.0.path()).unwrap();
        entries.map(|it| it.unwrap().file_name().into_string().unwrap()).collect()
    }

    /// The files under the names of builds.
    fn builds(&self) -> BTreeSet<String> {
        self.files().into_iter().filter(|it| it.starts_with("libgiven-")).collect()
    }
}

fn done(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
}

/// What a library exports.
fn exported(library: &Path) -> BTreeSet<String> {
    let bytes = fs::read(library).unwrap();
    let file = object::File::parse(&*bytes).unwrap();
    let symbols = file.dynamic_symbols().filter(|it| !it.is_undefined());
    symbols.map(|it| it.name().unwrap().to_owned()).collect()
}

fn soname(library: &Path) -> String {
    let output = Command::new("readelf").arg("-dW").arg(library).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let line = text.lines().find(|line| line.contains("(SONAME)")).unwrap();
    line.split(['[', ']']).nth(1).unwrap().to_owned()
}

fn names(of: &[&str]) -> BTreeSet<String> {
    of.iter().map(|it| (*it).to_owned()).collect()
}

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
        folder.object("used.o", "int used(void) { return 1; }"),
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
            "int listed(void) { return 2; } int beside_listed(void) { return 2; }",
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
    assert_eq!(exported(&library), names(&["calls", "listed", "used"]));
    let all = [
        "beside_gcc",
        "beside_libc",
        "beside_listed",
        "calls",
        "lacking",
        "lacking_too",
        "started",
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
    let some = ["calls", "listed", "started", "twice", "used", "with_other"];
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
fn a_build_is_named_by_what_is_in_it() {
    let folder = Folder::new();
    let output = folder.path("libgiven.so");
    let of = |number: u32| {
        let source = format!("int number(void) {{ return {number}; }}");
        let object = folder.object("number.o", &source);
        fs::remove_file(folder.path("libnumber.rlib")).ok();
        folder.link(&folder.archive("libnumber.rlib", "rcs", &[object]), &[]);
        soname(&output)
    };
    let (first, again, second) = (of(1), of(1), of(2));
    assert_eq!(first, again);
    assert_ne!(first, second);
    assert_eq!(folder.builds(), names(&[&first, &second]));
    assert_eq!(soname(&folder.path(&first)), first);
    let inode = |path: &Path| fs::metadata(path).unwrap().ino();
    assert_eq!(inode(&output), inode(&folder.path(&second)), "one file under two names");
    assert_ne!(inode(&output), inode(&folder.path(&first)));

    // What cargo itself names is nobody's build, nor what belongs to others.
    let strangers = ["libgiven-0123456789abcdef.so", "libgiven_too-0123456789abcdef0123.so"];
    strangers.iter().for_each(|it| fs::write(folder.path(it), "").unwrap());
    let mut known = vec![first.clone(), second];
    for number in 3..7 {
        // The clock of a file system may be coarse.
        for (age, name) in known.iter().rev().enumerate() {
            let file = File::options().append(true).open(folder.path(name));
            let age = Duration::from_secs(60 * (1 + age as u64));
            if let Ok(file) = file {
                file.set_modified(SystemTime::now() - age).unwrap();
            }
        }
        known.push(of(number));
    }
    let mut kept = names(&known.iter().rev().take(4).map(String::as_str).collect::<Vec<_>>());
    kept.insert(strangers[0].to_owned());
    assert_eq!(folder.builds(), kept);
    assert!(folder.path(strangers[1]).exists());
    assert_eq!(of(1), first, "one that had gone comes again");
    assert!(
        !folder.files().iter().any(|it| it.starts_with(".hotreload")),
        "nothing is left behind"
    );
}

#[test]
fn a_link_that_fails_changes_nothing() {
    let folder = Folder::new();
    let object = folder.object("one.o", "int one(void) { return 1; }");
    let archive = folder.archive("libone.rlib", "rcs", &[object]);
    let output = folder.link(&archive, &[]);
    let (before, bytes) = (folder.files(), fs::read(&output).unwrap());

    let script = folder.path("linker");
    fs::write(&script, "#!/bin/sh\ntest -z \"$HOTRELOAD_LINKER\" || exit 1\nexit 42\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let status = link(&Compiler(script.as_os_str()), &folder.arguments(&archive, &[])).unwrap();
    assert_eq!(status.code(), Some(42));
    fs::remove_file(script).unwrap();
    assert_eq!((folder.files(), fs::read(&output).unwrap()), (before, bytes));
    link(&Compiler("/no/such/linker".as_ref()), &folder.arguments(&archive, &[])).unwrap_err();
}

#[test]
fn without_a_build_id_the_name_is_rustcs() {
    let folder = Folder::new();
    let object = folder.object("one.o", "int one(void) { return 1; }");
    let archive = folder.archive("libone.rlib", "rcs", &[object]);
    let script = folder.path("linker");
    fs::write(&script, "#!/bin/sh\nexec cc \"$@\" -Wl,--build-id=none\n").unwrap();
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).unwrap();
    let status = link(&Compiler(script.as_os_str()), &folder.arguments(&archive, &[])).unwrap();
    assert!(status.success());
    assert_eq!(soname(&folder.path("libgiven.so")), "libgiven.so");
    assert_eq!(exported(&folder.path("libgiven.so")), names(&["listed", "one"]));
    assert!(folder.builds().is_empty());

    // One that somebody else asks for is used, and short.
    let library = folder.link(&archive, &["-Wl,--build-id=0x1234"]);
    assert_eq!(soname(&library), "libgiven-12340000000000000000.so");
    // No build id is none.
    assert_ne!(soname(&folder.link(&archive, &["-Wl,--build-id=none"])), "libgiven.so");
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

#[test]
fn arguments_come_from_files_as_well() {
    let folder = Folder::new();
    let (file, nested) = (folder.path("arguments"), folder.path("nested"));
    fs::write(&nested, "in\\ nested\n'single \"quotes\"'").unwrap();
    let text =
        format!("one\\ word\n\"two \\\" words\" @{}\n  three'' ''\n-l\nsome", nested.display());
    fs::write(&file, text).unwrap();
    let given = [format!("@{}", file.display()), "@/no/such/file".into(), "last".into()];
    let read = Arguments::read(given.map(OsString::from));
    let words = [
        "one word",
        "two \" words",
        "in nested",
        "single \"quotes\"",
        "three",
        "",
        "-lsome",
        "@/no/such/file",
        "last",
    ];
    assert_eq!(read.0, words.map(OsString::from));

    let written = Arguments(
        ["a b", "\"q\"", "it's", "back\\slash", "plain", "line\nbreak"].map(OsString::from).into(),
    );
    fs::write(&file, written.to_text()).unwrap();
    let again = Arguments::read([OsString::from(format!("@{}", file.display()))]);
    assert_eq!(again.0, written.0);
}

/// More than the system takes at once, which rustc passes in a file.
#[test]
fn many_arguments_are_linked() {
    let folder = Folder::new();
    let object = folder.object("one.o", "int one(void) { return 1; }");
    let archive = folder.archive("libone.rlib", "rcs", &[object]);
    let mut arguments = folder.arguments(&archive, &[]);
    let roundabout = folder.path(&"./".repeat(1500)).join("libone.rlib");
    arguments.0.extend(std::iter::repeat_n(OsString::from(roundabout), 1000));
    let file = folder.path("linker-arguments");
    fs::write(&file, arguments.to_text()).unwrap();
    let mut argument = OsString::from("@");
    argument.push(&file);
    let status = link(&Compiler("cc".as_ref()), &Arguments::read([argument])).unwrap();
    assert!(status.success());
    assert_eq!(exported(&folder.path("libgiven.so")), names(&["listed", "one"]));
}

/// A program is linked as if nobody stood between.
#[test]
fn a_program_is_none_of_our_business() {
    let folder = Folder::new();
    let object = folder.object("main.o", "int main(void) { return 7; }");
    let output = folder.path("program");
    let arguments = [object.as_os_str(), OsStr::new("-o"), output.as_os_str()];
    let status = link(&Compiler("cc".as_ref()), &Arguments::read(arguments.map(OsStr::to_owned)));
    assert!(status.unwrap().success());
    assert_eq!(Command::new(output).status().unwrap().code(), Some(7));
}
