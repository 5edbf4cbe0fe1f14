//! Small libraries that the system's compiler makes.

use std::{collections::BTreeSet, fs, process::Command};

use super::{Constructor, of};

/// What the constructors of a library use that was compiled of this, by the compiler's arguments.
fn made(source: &str, arguments: &[&str]) -> Vec<Constructor> {
    let folder = tempfile::tempdir().unwrap();
    let (root, output) = (folder.path().join("source.c"), folder.path().join("libmade.so"));
    fs::write(&root, source).unwrap();
    let mut cc = Command::new("cc");
    // As rustc and the crate `cc` do it: each function by itself, so that no distance is short.
    cc.args(["-shared", "-fPIC", "-ffunction-sections", "-o"]);
    let made = cc.arg(&output).arg(root).args(arguments).output();
    let made = made.unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    of(&output)
}

/// The names of others that its constructors are said to use. One that the compiler adds asks for names
/// which nothing has.
fn uses(source: &str, arguments: &[&str]) -> BTreeSet<String> {
    let all = made(source, arguments).into_iter().flat_map(|it| it.uses);
    all.filter(|name| !name.starts_with('_')).collect()
}

/// Ways to something of others, and what is to be found.
const WAYS: [(&str, &[&str]); 7] = [
    ("CONSTRUCTOR start(void) { shared(); }", &["shared"]),
    ("CONSTRUCTOR start(void) { variable = 1; }", &["variable"]),
    ("APART go(void) { shared(); } CONSTRUCTOR start(void) { go(); }", &["shared"]),
    (
        "APART go(void) { shared(); } static struct { long n; void (*f)(void); } table = {1, go};
         CONSTRUCTOR start(void) { table.n++; table.f(); }",
        &["shared"],
    ),
    ("static void (*volatile f)(void) = shared; CONSTRUCTOR start(void) { f(); }", &["shared"]),
    ("CONSTRUCTOR start(void) { if (variable) own(); else shared(); }", &["shared", "variable"]),
    ("static volatile int n; CONSTRUCTOR start(void) { n = 1; own(); }", &[]),
];

/// The same with a function that nothing leads to.
fn source(way: &str) -> String {
    let way = way.replace("CONSTRUCTOR", "__attribute__((constructor)) static void");
    let text = format!(
        "void shared(void); void unrelated(void); extern int variable;\n\
         APART own(void) {{ __asm__(\"\"); }}\n\
         void nobody(void) {{ own(); unrelated(); }}\n{way}\n"
    );
    text.replace("APART", "__attribute__((noinline)) static void")
}

#[test]
fn what_a_constructor_leads_to() {
    for (way, expected) in WAYS {
        for optimised in ["-O0", "-O2", "-Os"] {
            for more in ["-g", "-Wl,-z,now", "-fno-plt"] {
                let arguments = [optimised, more];
                let found = uses(&source(way), &arguments);
                assert!(found.iter().eq(expected), "{way} {arguments:?}");
            }
        }
    }
}

/// Where functions end is not known then: what is found may be more.
#[test]
fn a_file_without_symbols_is_read_too() {
    for (way, expected) in WAYS {
        let found = uses(&source(way), &["-O2", "-s"]);
        assert!(expected.iter().all(|it| found.contains(*it)), "{way} {found:?}");
    }
}

/// rustc gives its tables no names. What stands behind one in the file is another thing in each build.
#[test]
fn tables_end_where_the_next_begins() {
    const TABLES: &str = r#"
        __asm__(".section .data.rel.ro,\"aw\"\n .balign 8\n .Lpointer: .quad .Ltable\n"
                ".Ltable: .quad 0, 0, 1, go\n .Lnext: .quad far, 16, BEHIND, far\n .previous");
        void shared(void); void unrelated(void);
        void go(void) { shared(); }
        void far(void) { unrelated(); }
        void nobody(void) { void (**next)(void); ADDRESS(next); next[3](); }
        __attribute__((constructor)) static void start(void) { HOW }"#;
    let ways = [
        "void (**table)(void); ADDRESS(table); table[3]();",
        "void (***pointer)(void); ADDRESS(pointer); pointer[0][3]();",
    ];
    for way in ways {
        for behind in ["8", "far"] {
            let mut source = TABLES.replace("HOW", way).replace("BEHIND", behind);
            for name in ["table", "pointer", "next"] {
                let address = format!(r#"__asm__("lea .L{name}(%%rip), %0" : "=r"({name}))"#);
                source = source.replace(&format!("ADDRESS({name})"), &address);
            }
            for optimised in ["-O0", "-O2"] {
                let found = uses(&source, &[optimised, "-fvisibility=hidden"]);
                assert!(found.iter().eq(["shared"]), "{source} {optimised} {found:?}");
            }
        }
    }
}

/// What stands in a number is no instruction: here the bytes of a call.
#[test]
fn code_is_decoded() {
    const NUMBER: &str = r#"
        void unrelated(void);
        __attribute__((noinline, used)) static void nobody(void) { unrelated(); }
        __attribute__((constructor)) static void start(void) {
            __asm__(".byte 0x48, 0xb8, 0xe8\n .long nobody - (. + 4)\n .byte 0, 0, 0" ::: "rax");
        }"#;
    for optimised in ["-O0", "-O2"] {
        assert_eq!(uses(NUMBER, &[optimised]), BTreeSet::new());
    }
    let call = NUMBER.replace("0x48, 0xb8, ", "");
    assert!(uses(&call, &["-O0"]).iter().eq(["unrelated"]));
}

#[test]
fn what_has_no_constructor_or_is_no_library() {
    assert!(uses("void shared(void); void f(void) { shared(); }", &[]).is_empty());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    assert_eq!(of(&file), []);
    for text in [&b""[..], b"text", b"\x7fELF\x02\x01\x01"] {
        fs::write(&file, text).unwrap();
        assert_eq!(of(&file), []);
    }
}
