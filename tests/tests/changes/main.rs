//! What a reload says has changed: the functions whose machine code did, and nothing else.

mod statics;

use std::sync::OnceLock;

use hot::Host;
use tests::{Edits, fixture, workspace::BUNDLE};

fn host() -> &'static Host {
    static HOST: OnceLock<Host> = OnceLock::new();
    HOST.get_or_init(|| Host::builder().target_dir(fixture::target_dir()).start().unwrap())
}

#[test]
fn one_of_thirty() {
    let functions = (0..30).map(|number| {
        format!("#[hot::export] pub fn fun{number}(a: u32) -> u32 {{\n    let list = [a, {number}];\n    list[a as usize] + {number}\n}}\n")
    });
    let hook = "#[hot::on_load] fn start() { std::hint::black_box(3); }\n";
    let functions = functions.collect::<String>() + hook;
    let edits = Edits::new(host(), "changes-thirty", &functions);
    assert_eq!(edits.edit("+ 17\n", "+ 1017\n"), "fun17 |");
    let report = edits.report();
    assert_eq!((report.replaced.len(), report.added.len()), (30, 0));
    assert!(report.changes.as_ref().unwrap().exact);
    let line = report.to_string();
    assert!(line.starts_with("changes-thirty: generation 2 is live: fun17 changed ("), "{line}");

    // Lines above move all panics; comments and blank lines are nothing.
    assert_eq!(edits.edit("hot::bundle!();\n", "hot::bundle!();\n\n// A comment.\n\n\n"), "|");
    assert!(edits.report().changes.as_ref().unwrap().is_empty());
    let line = edits.report().to_string();
    assert!(line.contains("generation 3 is live: no definition changed ("), "{line}");
    let added = "#[hot::export] pub fn first(a: u32) -> u32 { a / 3 }\n\n// Above.\n#[hot::export] pub fn fun0(a";
    assert_eq!(edits.edit("#[hot::export] pub fn fun0(a", added), "|");
    assert_eq!(edits.report().added, ["changes_thirty::first"]);
    assert_eq!(edits.edit("+ 3\n", "+ (1 << 9)\n"), "fun3 |");
    // An edit, and the lines of all others move.
    assert_eq!(edits.edit("+ 4\n", "\n        \n + a * 2\n"), "fun4 |");
    assert_eq!(edits.edit("a / 3", "a / 3 + 1"), "first |");
    let added = added.replace("a / 3", "a / 3 + 1");
    assert_eq!(edits.edit(&added, "#[hot::export] pub fn fun0(a"), "|");
    assert_eq!(edits.report().removed, ["changes_thirty::first"]);
    // Nobody calls it but the host.
    assert_eq!(edits.edit("black_box(3)", "black_box(4)"), "| start of nobody");
}

#[test]
fn helpers_name_those_who_use_them() {
    let source = r#"
        const LIMIT: u32 = 10;
        static TABLE: [u32; 3] = [1, 2, 3];
        static NAME: &str = "abc";
        fn deep(a: u32) -> u32 { a ^ 5 }
        fn clamp(a: u32) -> u32 { deep(a).min(LIMIT) }
        fn show<T: std::fmt::Debug>(t: T) -> String { format!("<{t:?}>") }
        macro_rules! twice { ($a:expr) => { $a + $a } }
        pub mod inner {
            #[hot::versioned] pub struct World { pub size: u32 }
            impl World { fn area(&self) -> u32 { self.size * self.size } }
            #[hot::export]
            impl World { pub fn step(&self) -> u32 { self.area() + 1 } }
            impl Drop for World { fn drop(&mut self) { std::hint::black_box(7); } }
            impl std::fmt::Display for World {
                fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { write!(f, "{}", self.size) }
            }
        }
        #[hot::versioned] pub struct Other;
        mod elsewhere { #[hot::export] impl super::Other { pub fn far(&self) -> u32 { 3 } } }
        #[hot::export] pub fn add(a: u32, b: u32) -> u32 { clamp(a + b) }
        #[hot::export] pub fn sub(a: u32, b: u32) -> u32 { clamp(a - b) + TABLE[1] }
        #[hot::export] pub fn limit() -> u32 { LIMIT }
        #[hot::export] pub fn name() -> &'static str { NAME }
        #[hot::export] pub fn text(a: u32) -> String { show(a) + &show(a as u8) }
        #[hot::export] pub fn bytes(a: u8) -> String { show(a) }
        #[hot::export] pub fn double(a: u32) -> u32 { twice!(a) }
        #[hot::export] pub fn drops(size: u32) { drop(inner::World { size }) }
        #[hot::export] pub fn boxes(size: u32) -> String {
            let list: Vec<Box<dyn std::fmt::Display>> = vec![Box::new(inner::World { size })];
            list[0].to_string()
        }
        #[hot::export] pub fn closure(list: Vec<u32>) -> Vec<u32> {
            fn nested(a: u32) -> u32 { a + 40 }
            list.into_iter().map(|a| nested(a) + 30).filter(|a| *a > 3).collect()
        }
        #[hot::export] pub fn triple(a: u32) -> u32 { [a].iter().map(|a| a * 3).sum() }
        #[hot::export] pub fn calls(a: u32) -> u32 { triple(a) + hot::get!(add)(a, a) }
        #[hot::export] pub extern "C" fn foreign(a: u32) -> u32 {
            match a { 0 => 5, 1 => 11, 2 => 12, 3 => 17, 4 => 3, 5 => 8, 6 => 200, _ => 0 }
        }
        #[hot::export(name = "other_name")] pub fn renamed(a: u32) -> u32 { a + 21 }
        #[hot::export] pub fn word(a: u32) -> &'static str { if a > 3 { "eightlet" } else { "a longer one" } }
        #[hot::export] pub fn included() -> &'static str { include_str!("data.txt") }
    "#;
    let name = "changes-helpers";
    let edits = Edits::with(host(), name, source, |workspace| {
        workspace.package(name, BUNDLE, "", "");
        workspace.write("changes-helpers/src/data.txt", "data");
    });
    let cases = [
        // Two levels.
        ("a ^ 5", "a ^ 6", "| deep of add sub"),
        (".min(LIMIT)", ".min(LIMIT) + 1", "| clamp of add sub"),
        // A constant is compiled into whoever uses it.
        ("LIMIT: u32 = 10", "LIMIT: u32 = 12", "limit | clamp of add sub"),
        ("[1, 2, 3]", "[1, 2, 4]", "| TABLE of sub"),
        ("\"abc\"", "\"abd\"", "| NAME of name"),
        ("<{t:?}>", "[{t:?}]", "| show of bytes text"),
        // An instance less is no edit of the others.
        ("show(a) + &show(a as u8)", "show(a)", "text |"),
        (
            "bytes(a: u8) -> String { show(a) }",
            "bytes(a: u8) -> String { show(a as i64) }",
            "bytes |",
        ),
        ("{ $a + $a }", "{ $a * 2 }", "double |"),
        ("self.size * self.size", "self.size * 9", "| inner::World::area of inner::World::step"),
        ("self.area() + 1", "self.area() + 2", "inner::World::step |"),
        ("{ 3 }", "{ 4 }", "elsewhere::Other::far |"),
        ("black_box(7)", "black_box(8)", "| <inner::World as Drop>::drop of boxes drops"),
        ("\"{}\", self.size", "\"{} \", self.size", "| <inner::World as Display>::fmt of boxes"),
        ("+ 30)", "+ 31)", "closure |"),
        ("*a > 3", "*a > 4", "closure |"),
        ("a + 40", "a + 41", "closure |"),
        ("a * 3", "a * 4", "triple |"),
        ("200", "201", "foreign |"),
        ("a + 21", "a + 22", "other_name |"),
        // Strings of eight bytes are kept apart by the compiler.
        ("\"eightlet\"", "\"eightlot\"", "word |"),
        ("longer", "larger", "word |"),
        ("fn deep(a: u32)", "fn shallow() {}\n fn deep(a: u32)", "|"),
        // A helper with another signature has another symbol.
        (
            "fn deep(a: u32) -> u32 { a ^ 6",
            "extern \"C\" fn deep(a: u32) -> u32 { a ^ 9",
            "| deep of add sub",
        ),
    ];
    for (from, to, expected) in cases {
        assert_eq!(edits.edit(from, to), expected, "{from} -> {to}");
    }
    assert_eq!(edits.edit_in("changes-helpers/src/data.txt", "data", "dates"), "included |");
    // Everything moves.
    assert_eq!(edits.edit("const LIMIT", "\n\n\nconst LIMIT"), "|");

    // Going back says what is different then.
    edits.edit("a ^ 9", "a ^ 7");
    let report = edits.bundle().rollback().unwrap();
    let changes = report.changes.as_ref().unwrap();
    assert_eq!(changes.helpers[0].name, "changes_helpers::deep");
    assert_eq!((changes.edited.len(), changes.helpers.len()), (0, 1));
}

#[test]
fn path_dependencies() {
    let name = "changes-dependency";
    let source = "
        #[hot::export] pub fn add(a: u32) -> u32 { changes_dep::plus(a) }
        #[hot::export] pub fn list(a: u32) -> Vec<u32> { changes_dep::many(a) }
        #[hot::export] pub fn none() {}";
    let dependency = "
        use std::sync::atomic::{AtomicU32, Ordering};
        static USED: AtomicU32 = AtomicU32::new(0);
        static UNUSED: AtomicU32 = AtomicU32::new(0);
        fn hidden(a: u32) -> u32 { a + 1 + USED.fetch_add(1, Ordering::Relaxed) }
        pub fn plus(a: u32) -> u32 { hidden(a) }
        pub fn many<T: Clone>(a: T) -> Vec<T> { vec![a; 2] }
        pub fn unused(a: u32) -> u32 { a + 8 + UNUSED.fetch_add(1, Ordering::Relaxed) }";
    let edits = Edits::with(host(), name, source, |workspace| {
        workspace.package(name, BUNDLE, "", "changes-dep = { path = \"../changes-dep\" }");
        workspace.write(
            "changes-dep/Cargo.toml",
            "[package]\nname = \"changes-dep\"\nversion = \"0.1.0\"\nedition = \"2024\"\n",
        );
        workspace.write("changes-dep/src/lib.rs", dependency);
    });
    let file = "changes-dep/src/lib.rs";
    assert_eq!(edits.edit_in(file, "a + 1", "a + 2"), "| changes_dep::hidden of add");
    assert_eq!(edits.report().restarted, ["changes_dep::USED"]);
    assert_eq!(edits.edit_in(file, "vec![a; 2]", "vec![a; 3]"), "| changes_dep::many of list");
    // Nobody in the bundle uses it.
    assert_eq!(edits.edit_in(file, "a + 8", "a + 9"), "|");
    assert_eq!(edits.edit_in(file, "static USED", "\n\n\nstatic USED"), "|");
    // Another version of it renames all its symbols, and those of the bundle.
    let manifest = "changes-dep/Cargo.toml";
    assert_eq!(edits.edit_in(manifest, "0.1.0", "0.2.0"), "|");
    assert_eq!(edits.edit("pub fn none() {}", "pub fn none() { println!() }"), "none |");
}

#[test]
fn bundles_that_call_each_other() {
    let name = "changes-caller";
    let source = "
        #[hot::export] pub fn twice(a: u32) -> u32 { hot::get!(changes_called::once)(a) * 2 }
        #[hot::export] pub fn plain(a: u32) -> u32 { changes_called::ordinary(a) }";
    let called = "hot::bundle!();
        #[hot::export] pub fn once(a: u32) -> u32 { a + 1 }
        pub fn ordinary(a: u32) -> u32 { a + 2 }";
    let edits = Edits::with(host(), name, source, |workspace| {
        workspace.package(name, BUNDLE, "", "changes-called = { path = \"../changes-called\" }");
        workspace.package("changes-called", BUNDLE, "", "");
        workspace.write("changes-called/src/lib.rs", called);
    });
    let file = "changes-called/src/lib.rs";
    // A hot call reaches the other bundle, not the copy that is linked into this one.
    assert_eq!(edits.edit_in(file, "a + 1", "a + 3"), "|");
    assert_eq!(edits.edit_in(file, "a + 2", "a + 4"), "| changes_called::ordinary of plain");
}

#[test]
fn layouts_and_new_impls() {
    let source = "
        struct State { a: u32, b: u32 }
        struct Plain { _a: u32 }
        fn make(a: u32) -> State { State { a, b: 7 } }
        #[hot::export] pub fn first(a: u32) -> u32 { make(a).b }
        #[hot::export] pub fn list(a: usize) -> usize { Vec::<Plain>::with_capacity(a).capacity() }
        #[hot::export] pub fn other(a: u32) -> u32 { a }";
    let edits = Edits::new(host(), "changes-layouts", source);
    // The field lies elsewhere, in the helper and in the export.
    let wider = "#[derive(Default)] #[repr(C)] struct State { z: [u64; 4], a: u32, b: u32 }";
    edits.workspace().write(
        "changes-layouts/src/lib.rs",
        &format!("hot::bundle!();\n{}", source)
            .replace("struct State { a: u32, b: u32 }", wider)
            .replace("b: 7 }", "b: 7, ..State::default() }"),
    );
    assert_eq!(edits.rebuild(), "first | make of first");
    // Only generic code differs: that of `Vec`, as its element is larger.
    assert_eq!(edits.edit("{ _a: u32 }", "{ _a: u64 }"), "list |");
    // What is dropped has a destructor now.
    let drops = "#[hot::export] pub fn list";
    let said =
        edits.edit(drops, &format!("impl Drop for Plain {{ fn drop(&mut self) {{}} }}\n{drops}"));
    assert_eq!(said, "list |");
}
