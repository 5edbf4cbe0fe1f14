use std::ffi::OsString;

use tempfile::TempDir;

use super::reads::spelled;
use super::*;
use syn::visit::Visit as _;

/// A crate in a folder of its own.
struct Crate {
    folder: TempDir,
    invocation: Invocation,
}

impl Crate {
    fn new(files: &[(&str, &str)]) -> Crate {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("src/lib.rs");
        let made = Crate { folder, invocation: Invocation::default() };
        made.write("src/lib.rs", "");
        files.iter().for_each(|(path, text)| made.write(path, text));
        let words = ["--crate-name", "rules", "--crate-type", "rlib", "--out-dir"];
        let words = words.into_iter().map(OsString::from);
        let words = words.chain([made.folder.path().into(), root.into()]).collect::<Vec<_>>();
        Crate { invocation: Invocation::of(&words).unwrap(), ..made }
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn types(&self) -> Types {
        Found::of(&self.invocation).unwrap().types
    }

    fn hash(&self) -> Hash {
        self.types().own
    }

    /// Whether the hash is another one once `path` has this text.
    fn changes(&self, path: &str, text: &str) -> bool {
        let before = self.hash();
        self.write(path, text);
        self.hash() != before
    }
}

/// Whether a crate of this one file has another hash with the other text.
fn differ(one: &str, other: &str) -> bool {
    Crate::new(&[("src/lib.rs", one)]).changes("src/lib.rs", other)
}

#[test]
fn what_types_consist_of() {
    for (one, other) in [
        ("struct A { n: u64 }", "struct A { n: String }"),
        ("struct A(B); type B = u8;", "struct A(B); type B = u16;"),
        ("use a::B; struct A(B);", "use b::B; struct A(B);"),
        ("extern crate a as b;", "extern crate c as b;"),
        ("enum A { B }", "enum A { B, C }"),
        ("union A { b: u8 }", "union A { b: u16 }"),
        ("const N: usize = 2; struct A([u8; N]);", "const N: usize = 3; struct A([u8; N]);"),
        ("static N: usize = 2; const M: usize = N;", "static N: usize = 3; const M: usize = N;"),
        ("const fn n() -> usize { 2 }", "const fn n() -> usize { 3 }"),
        ("const N: u8 = 2; struct A(B<N>);", "const N: u8 = 3; struct A(B<N>);"),
        (
            "const N: u8 = 2; const M: u16 = N as _; struct A([u8; M as usize]);",
            "const N: u8 = 3; const M: u16 = N as _; struct A([u8; M as usize]);",
        ),
        (
            "mod a { pub const r#N: bool = true; } use a::N as M; struct A(B<M>);",
            "mod a { pub const r#N: bool = false; } use a::N as M; struct A(B<M>);",
        ),
        (
            "struct A; impl A { const N: i8 = 2; } struct B([u8; A::N as usize]);",
            "struct A; impl A { const N: i8 = 3; } struct B([u8; A::N as usize]);",
        ),
        (
            "trait T { const N: char = 'a'; } struct A(B<{ <u8 as T>::N }>);",
            "trait T { const N: char = 'b'; } struct A(B<{ <u8 as T>::N }>);",
        ),
        ("m!(N); const N: u8 = 2;", "m!(N); const N: u8 = 3;"),
        (
            "const OF_A: u8 = 2; paste! { struct A([u8; [<OF_ A>] as usize]); }",
            "const OF_A: u8 = 3; paste! { struct A([u8; [<OF_ A>] as usize]); }",
        ),
        (
            "const N: u8 = env!(\"A\").len(); const M: usize = N as usize;",
            "const N: u8 = env!(\"B\").len(); const M: usize = N as usize;",
        ),
        ("struct A; impl A { const N: usize = 2; }", "struct A; impl A { const N: usize = 3; }"),
        (
            "struct A; impl A { const fn n() -> usize { 2 } }",
            "struct A; impl A { const fn n() -> usize { 3 } }",
        ),
        ("impl T for A { type B = u8; }", "impl T for A { type B = u16; }"),
        ("trait T { type B; const N: usize = 2; }", "trait T { type B; const N: usize = 3; }"),
        (
            "macro_rules! m { () => { struct A(u8); } } m!();",
            "macro_rules! m { () => { struct A(u16); } } m!();",
        ),
        ("m! { A { n: u8 } }", "m! { A { n: u16 } }"),
        ("fn f() { struct A(u8); }", "fn f() { struct A(u16); }"),
        ("fn f() { m!(u8); }", "fn f() { m!(u16); }"),
        (
            "impl A { fn f() { let _ = { struct B(u8); }; } }",
            "impl A { fn f() { let _ = { struct B(u16); }; } }",
        ),
        ("mod a { mod b { struct A(u8); } }", "mod a { mod b { struct A(u16); } }"),
        ("const _: () = { struct A(u8); };", "const _: () = { struct A(u16); };"),
        ("static F: fn() = || { struct A(u8); };", "static F: fn() = || { struct A(u16); };"),
        ("#[derive(B)] struct A;", "#[derive(C)] struct A;"),
        ("#[repr(C)] struct A(u8, u16);", "struct A(u8, u16);"),
        ("#[cfg(a)] struct A(u8);", "#[cfg(b)] struct A(u8);"),
        ("#[make(u8)] fn f() {}", "#[make(u16)] fn f() {}"),
        ("#[make(u8)] impl A {}", "#[make(u16)] impl A {}"),
        // No syntax: rustc may know it.
        ("struct A(u8); ??", "struct A(u16); ??"),
    ] {
        assert!(differ(one, other), "{one}\n{other}");
    }
}

#[test]
fn what_says_nothing_of_types() {
    for (one, other) in [
        ("fn f() -> u8 { 1 }", "fn f() -> u8 { 2 }"),
        ("pub fn f(a: u8) {}", "pub fn f(a: u16, b: u8) { g(); }"),
        ("impl A { fn f(&self) { 1; } }", "impl A { fn f(&self) { 2; } fn g() {} }"),
        (
            "impl T for A { type B = u8; fn f() { 1; } }",
            "impl T for A { type B = u8; fn f() { 2; } }",
        ),
        ("struct A { n: u8 }", "/// One.\nstruct A {\n    /// Two.\n    n: u8 // three\n}"),
        ("enum A { B }", "//! One.\n\n/// Two.\nenum A { /** Three. */ B }"),
        ("const fn f() {}", "/// One.\nconst fn f() {}"),
        ("impl T for A { type B = u8; }", "/// One.\nimpl T for A {\n/// Two.\ntype B = u8; }"),
        ("trait T { type B; }", "/// One.\ntrait T { /// Two.\n type B; }"),
        ("const N: u32 = 2; struct A(u8);", "const N: u32 = 3; struct A(u8);"),
        ("static N: u64 = 2; fn f() { N; }", "static N: u64 = 3; fn f() { N; }"),
        ("struct A; impl A { const N: i8 = 2; }", "struct A; impl A { const N: i8 = 3; }"),
        ("trait T { const ON: bool = true; }", "trait T { const ON: bool = false; }"),
        ("const A: f64 = 0.5;", "const A: f64 = 0.25;"),
        ("static A: Mutex<u8> = Mutex::new(1);", "static A: Mutex<u8> = Mutex::new(2);"),
        ("static A: AtomicU32 = AtomicU32::new(1);", "static A: AtomicU32 = AtomicU32::new(2);"),
        ("fn f() { println!(\"a\"); vec![1]; }", "fn f() { println!(\"b\"); vec![2]; }"),
        (
            "#[hot::export] fn f() -> u8 { hot::get!(a)() }",
            "#[hot::export] fn f() -> u8 { hot::get!(b)() }",
        ),
        ("#[inline] fn f() {}", "#[must_use] fn f() { 1; }"),
    ] {
        assert!(!differ(one, other), "{one}\n{other}");
    }
}

#[test]
fn files_of_modules() {
    let (one, other) = ("pub struct A(u8);", "pub struct A(u16);");
    for (root, path) in [
        ("mod a;", "src/a.rs"),
        ("mod a;", "src/a/mod.rs"),
        ("mod r#type;", "src/type.rs"),
        ("mod a { mod b; }", "src/a/b.rs"),
        ("mod r#type { mod b; }", "src/type/b.rs"),
        ("#[path = \"x/y.rs\"] mod a;", "src/x/y.rs"),
        ("mod a { #[path = \"y.rs\"] mod b; }", "src/a/y.rs"),
        ("#[path = \"x\"] mod a { mod b; }", "src/x/b.rs"),
        (
            "#[cfg_attr(unix, path = \"u.rs\")] #[cfg_attr(windows, path = \"w.rs\")] mod a;",
            "src/u.rs",
        ),
        (
            "#[cfg_attr(unix, path = \"u.rs\")] #[cfg_attr(windows, path = \"w.rs\")] mod a;",
            "src/w.rs",
        ),
        ("#[cfg_attr(windows, path = \"w.rs\")] mod a;", "src/a.rs"),
        ("cfg_if! { if #[cfg(unix)] { mod a; } else { pub mod b; } }", "src/b.rs"),
        ("include!(\"a.in\");", "src/a.in"),
        ("include!(concat!(\"a\", \".in\"));", "src/a.in"),
        ("mod a { include!(\"a.in\"); }", "src/a.in"),
        ("fn f() { include!(\"a.in\") }", "src/a.in"),
        ("const A: &[u8] = include_bytes!(\"a.bin\");", "src/a.bin"),
        ("const N: usize = include_str!(\"a.bin\").len();", "src/a.bin"),
    ] {
        let it = Crate::new(&[("src/lib.rs", root), (path, one)]);
        assert!(it.changes(path, other), "{root} {path}");
        assert!(!it.changes("src/nobody.rs", other), "{root}");
    }
}

#[test]
fn files_that_files_name() {
    let (one, other) = ("pub struct A(u8);", "pub struct A(u16);");
    for (path, text, named) in [
        ("src/a.rs", "mod b;", "src/a/b.rs"),
        ("src/a/mod.rs", "mod b;", "src/a/b.rs"),
        // Not in the folder of the module's own modules.
        ("src/a.rs", "#[path = \"y.rs\"] mod b;", "src/y.rs"),
        ("src/a.rs", "mod b { #[path = \"y.rs\"] mod c; }", "src/a/b/y.rs"),
        ("src/a.rs", "include!(\"a.in\");", "src/a.in"),
        ("src/a.rs", "mod b { include!(\"a.in\"); }", "src/a.in"),
        ("src/a/mod.rs", "include!(\"a.in\");", "src/a/a.in"),
    ] {
        let it = Crate::new(&[("src/lib.rs", "mod a;"), (path, text), (named, one)]);
        assert!(it.changes(named, other), "{path} {text}");
    }
    // What has a path is where its own modules are.
    let it = Crate::new(&[
        ("src/lib.rs", "#[path = \"x/y.rs\"] mod a;"),
        ("src/x/y.rs", "mod b;"),
        ("src/x/b.rs", one),
    ]);
    assert!(it.changes("src/x/b.rs", other));
}

#[test]
fn files_that_rustc_has_read() {
    let it = Crate::new(&[("src/lib.rs", "automod::dir!(\"src/made\");")]);
    it.write("src/made/two words.rs", "struct A(u8);");
    let path = it.folder.path().join("src/made/two words.rs");
    let path = path.to_str().unwrap().replace(' ', "\\ ");
    it.write("rules.d", &format!("/t/librules.rlib: src/lib.rs {path}\n\nsrc/lib.rs:\n"));
    assert!(it.changes("src/made/two words.rs", "struct A(u16);"));
    assert!(!it.changes("src/made/two words.rs", "struct A(u16); // said"));
}

#[test]
fn the_environment() {
    // Cargo sets both for the tests.
    let value = std::env::var("CARGO_PKG_NAME").unwrap();
    let of = |text: &str| Crate::new(&[("src/lib.rs", text)]).hash();
    let mut found = Definitions::default();
    found.text("const N : usize = len (env ! (\"CARGO_PKG_NAME\")) ;".to_owned());
    assert!(found.found.iter().any(|it| it.contains(&value)), "{found:?}");
    let folder = std::env::var("CARGO_MANIFEST_DIR").unwrap();
    let call: syn::Macro = syn::parse_quote!(include!(concat!(env!("CARGO_MANIFEST_DIR"), "/a")));
    let spelled = spelled(&call.parse_body().unwrap());
    assert_eq!(spelled, Some(format!("{folder}/a")));
    assert_ne!(of("const A: usize = 1;"), of("const A: usize = 2;"));
}

/// Prints the hashes of a crate, for the tests that give it variables.
#[test]
fn prints_hashes() {
    let Some(text) = std::env::var_os("HASHED_TEXT") else { return };
    let types = Crate::new(&[("src/lib.rs", text.to_str().unwrap())]).types();
    println!("hashes: {} {}", types.own, types.for_others);
}

/// The crate's hash of its own types and the one for others, where the variable `WIDTH` has this value.
fn hashes_with(text: &str, width: Option<&str>) -> (String, String) {
    let mut this = std::process::Command::new(std::env::current_exe().unwrap());
    this.args(["--exact", "wrap::types::tests::prints_hashes", "--nocapture"]);
    this.env("HASHED_TEXT", text).env_remove("WIDTH").envs(width.map(|it| ("WIDTH", it)));
    let said = String::from_utf8(this.output().unwrap().stdout).unwrap();
    let hashes = said.split_once("hashes: ").and_then(|(_, rest)| rest.lines().next());
    let (own, for_others) = hashes.and_then(|it| it.split_once(' ')).unwrap();
    (own.to_owned(), for_others.to_owned())
}

#[test]
fn variables_that_definitions_read_count() {
    for text in [
        "struct A([u8; width(option_env!(\"WIDTH\"))]);",
        "struct A([u8; width(std::option_env!(r\"WIDTH\"))]);",
        "const fn width() -> usize { parse(env!(\"WIDTH\", \"is not set\")) }",
        "const N: u32 = parse(env!(concat!(\"WI\", \"DTH\"))); struct A([u8; N as usize]);",
        "macro_rules! width { () => { env!(\"WIDTH\") } }",
    ] {
        let values = [None, Some(""), Some("3"), Some("4")];
        let of_values = values.map(|width| hashes_with(text, width).0);
        let different: BTreeSet<_> = of_values.iter().collect();
        assert_eq!(different.len(), values.len(), "{text}");
    }
    let text = "fn f() -> &'static str { env!(\"WIDTH\") } struct A;";
    assert_eq!(hashes_with(text, Some("3")), hashes_with(text, Some("4")));
    // One that nothing names here may be a length elsewhere.
    let text = "pub const N: u32 = parse(env!(\"WIDTH\"));";
    let (three, four) = (hashes_with(text, Some("3")), hashes_with(text, Some("4")));
    assert!(three.0 == four.0 && three.1 != four.1);
}

#[test]
fn what_it_is_compiled_with_counts() {
    let text = "struct A { #[cfg(wide)] n: String, #[cfg(not(wide))] n: u64 }";
    let mut it = Crate::new(&[("src/lib.rs", text)]);
    let mut with = |cfgs: &[&str]| {
        it.invocation.cfgs = cfgs.iter().map(|&it| it.to_owned()).collect();
        it.types()
    };
    let (narrow, wide) = (with(&[]), with(&["wide"]));
    assert!(narrow.own != wide.own && narrow.for_others != wide.for_others);
    assert_ne!(with(&["a", "wide"]), wide);
}

#[test]
fn files_that_constants_read() {
    // The constant counts only by its name, and its file lies where it stands.
    let it = Crate::new(&[
        ("src/lib.rs", "mod a; struct A([u8; a::N as usize]);"),
        ("src/a/mod.rs", "pub const N: u8 = include_bytes!(\"n.bin\")[0];"),
        ("src/a/n.bin", "1"),
    ]);
    assert!(it.changes("src/a/n.bin", "2"));
    let path = it.folder.path().join("src/a/n.bin");
    let hash_of = |byte: u8| {
        fs::write(&path, [byte]).unwrap();
        it.hash()
    };
    assert_ne!(hash_of(0x80), hash_of(0x81), "no text");
}

#[test]
fn crates_below_count() {
    let mut it = Crate::new(&[("src/lib.rs", "")]);
    it.write("deps/libmodel-1.types", "one");
    it.invocation.externs.push(it.folder.path().join("deps/libmodel-1.rmeta"));
    it.write("deps/model-1.types", "one");
    assert!(it.changes("deps/model-1.types", "two"));
    let made = it.types();
    made.leave(&it.invocation).unwrap();
    let note = fs::read_to_string(it.folder.path().join("rules.types")).unwrap();
    assert_eq!(note.lines().next(), Some(&*made.own.to_string()));

    // A length of theirs may be a constant of this one, which has none of it.
    it.write("src/lib.rs", "pub const N: u32 = 2;");
    let one = it.types();
    it.write("src/lib.rs", "pub const N: u32 = 3;");
    let other = it.types();
    assert!(one.own == other.own && one.for_others != other.for_others);
}

#[test]
fn what_is_saved_meanwhile() {
    let it = Crate::new(&[("src/lib.rs", "mod a; mod b { struct B(u8); } fn f() -> u8 { 1 }")]);
    let found = Found::of(&it.invocation).unwrap();
    let holds = || found.holds(&it.invocation).unwrap();
    assert!(holds());
    it.write("src/lib.rs", "mod a; mod b { struct B(u8); } fn f() -> u8 { 2 }");
    assert!(holds(), "another body");
    it.write("src/lib.rs", "mod a; mod b { struct B(u16); } fn f() -> u8 { 1 }");
    assert!(!holds(), "another type");
    it.write("src/lib.rs", "mod a; mod b { struct B(u8); } fn f() -> u8 { 1 }");
    assert!(holds());
    it.write("src/a.rs", "struct A;");
    assert!(!holds(), "a file that was not there");
}

/// The sources of this project are parsed with all bodies, and without those that are left out: what is found
/// in them is the same.
#[test]
fn nothing_is_found_in_bodies_that_are_left_out() {
    let mut looked_at = 0;
    for path in files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("..")) {
        let Some(text) = fs::read_to_string(&path).ok().filter(|text| !text.starts_with('#'))
        else {
            continue;
        };
        let is_source = path.extension().is_some_and(|it| it == "rs");
        let Some(all) = syn::parse_file(&text).ok().filter(|_| is_source) else { continue };
        let tokens = bodies::left_out(text.parse().unwrap());
        let less: syn::File = syn::parse2(tokens).unwrap();
        let found = |file: &syn::File| {
            let mut definitions = Definitions::default();
            definitions.visit_file(file);
            (definitions.name_constants(), definitions.found)
        };
        assert_eq!(found(&all), found(&less), "{}", path.display());
        looked_at += 1;
    }
    assert!(looked_at > 200, "{looked_at} sources");
}
