//! `cargo hotreload calls`: what it finds in a workspace where calls are written in every way, and
//! what it leaves alone.

use std::fs;

use serde_json::Value;
use tests::{Workspace, ran::run};

/// A line with `// FOUND path` must be reported as a call of that function, one with `// VALUE path`
/// as a function that is passed on; no other line may be.
const APP: &str = r#"
mod deeper;
#[path = "elsewhere/odd.rs"]
mod renamed_file;
mod import {
    hot::import! { other => { fn rally(a: i32) -> i32; } }
    pub fn hot_by_itself() { other::rally(1); }
}

use calls_math::add;
use calls_math::{self as m, sums::{total, self}, add as plus};
use sums::*;
use calls_math::again as twice;

fn main() {
    hot::get!(add)(1, 2);
    hot::get!(calls_math::add)(add(1, 2), 3); // FOUND calls_math::add
    let handle = hot::try_get!(add).unwrap();
    handle(1, 2);
    let _ = hot::fn_ptr!(add);
    add(1, 2); // FOUND calls_math::add
    (add)(1, 2); // FOUND calls_math::add
    plus(1, 2); // FOUND calls_math::add
    m::add(1, 2); // FOUND calls_math::add
    ::calls_math::add(1, 2); // FOUND calls_math::add
    calls_math::always(1);
    calls_math::plain(1);
    total(&[1]); // FOUND calls_math::sums::total
    sums::total(&[1]); // FOUND calls_math::sums::total
    of_none(); // FOUND calls_math::sums::of_none
    twice(1); // FOUND calls_math::sums::deep::again
    calls_math::again(1); // FOUND calls_math::sums::deep::again
    calls_math::prelude::again(1); // FOUND calls_math::sums::deep::again
    calls_math::named(); // FOUND calls_math::named
    println!("{} {x}", add(1, 2), x = add(3, 4)); // FOUND calls_math::add // FOUND calls_math::add
    assert_eq!(add(1, 2), 3, "{}", 1); // FOUND calls_math::add
    let _ = vec![add(1, 2); 3]; // FOUND calls_math::add
    let _ = dbg!(vec![add(1, 2)]); // FOUND calls_math::add
    let _ = matches!(add(1, 2), 3 | 4); // FOUND calls_math::add
    let sum = [1, 2].into_iter().reduce(add); // VALUE calls_math::add
    let pointer: fn(i32, i32) -> i32 = add; // VALUE calls_math::add
    pointer(1, sum.unwrap());
    deeper::call();
    renamed_file::call();
    import::hot_by_itself();
    shadows(|a, _| a);
    in_blocks();
    Adder.add(1, 2);
    Adder::add(&Adder, 1, 2);
    unsafe_one();
    if let Some(add) = Some(|_: i32, _: i32| 1) { add(1, 2); } else { add(1, 2); } // FOUND calls_math::add
    match 1 { add if add > 1 => {} _ => { add(1, 2); } } // FOUND calls_math::add
    let closure = |a| add(a, 1); // FOUND calls_math::add
    closure(1);
    let add = add(1, 2); // FOUND calls_math::add
    let _ = add;
    async { plus(1, 2) }; // FOUND calls_math::add
}

fn unsafe_one() {
    unsafe { calls_math::risky(1) }; // FOUND calls_math::risky
}

struct Adder;
impl Adder {
    fn add(&self, _: i32, _: i32) {
        add(1, 2); // FOUND calls_math::add
    }
}

fn shadows(add: fn(i32, i32) -> i32) {
    add(1, 2);
    fn inner() {
        plus(1, 2); // FOUND calls_math::add
    }
    inner();
    for add in [add] { add(1, 2); }
    let total = |_: i32| 1;
    total(1);
    println!("{}", total(1));
}

fn in_blocks() {
    {
        fn add(_: i32, _: i32) {}
        add(1, 2);
        self::add(1, 2); // FOUND calls_math::add
    }
    {
        use calls_math::sums::deep::again as add;
        add(1); // FOUND calls_math::sums::deep::again
        mod inside {
            pub fn call() { super::total(&[]); } // FOUND calls_math::sums::total
        }
        inside::call();
    }
    add(1, 2); // FOUND calls_math::add
}

#[cfg(test)]
mod tests {
    #[test]
    fn in_a_test() { super::add(1, 2); } // TEST calls_math::add
}

#[cfg(not(test))]
fn not_in_a_test() { add(1, 2); } // FOUND calls_math::add

#[test]
fn a_test() { add(1, 2); } // TEST calls_math::add
"#;

const DEEPER: &str = r#"
pub mod below;
pub fn call() {
    super::add(1, 2); // FOUND calls_math::add
    crate::add(1, 2); // FOUND calls_math::add
    self::below::call();
    nowhere();
}
fn nowhere() {}
#[cfg(windows)]
mod only_elsewhere;
"#;

const BELOW: &str = "use super::super::{add};
pub fn call() { add(1, 2); } // FOUND calls_math::add
";

const ODD: &str = "use crate::*;
pub fn call() { plus(1, 2); } // FOUND calls_math::add
";

const MATH: &str = r#"
hot::bundle!();
use hot::export;
pub mod sums;
pub mod prelude { pub use super::circle::*; pub use crate::sums::deep::*; }
pub mod circle { pub use super::prelude::*; }
pub use sums::deep::again;
#[hot::export] pub fn add(a: i32, b: i32) -> i32 { a + b }
#[hot::export(always)] pub fn always(a: i32) -> i32 { add(a, 1) } // OWN calls_math::add
#[export(name = "other")] pub fn named() {}
#[export] pub unsafe fn risky(a: i32) -> i32 { a }
pub fn plain(a: i32) -> i32 { a }
"#;

const SUMS: &str = "
#[hot::export] pub fn total(of: &[i32]) -> i32 { of.iter().sum() }
#[cfg_attr(all(), hot::export)] pub fn of_none() {}
pub mod deep {
    #[hot::export] pub fn again(a: i32) -> i32 { if a > 1 { again(a - 1) } else { super::total(&[]) } } // OWN calls_math::sums::deep::again // OWN calls_math::sums::total
}
";

const RENAMED: &str = "fn main() { sums::add(1, 2); } // FOUND calls_math::add\n";

fn workspace() -> Workspace {
    let workspace = Workspace::new("cli_calls");
    workspace.package("calls-math", "[lib]\ncrate-type = [\"rlib\", \"cdylib\"]", "", "");
    workspace.package("calls-app", "", "", "calls-math = { path = \"../calls-math\" }");
    let renamed = "sums = { package = \"calls-math\", path = \"../calls-math\" }";
    workspace.package("calls-renamed", "", "", renamed);
    for (path, content) in FILES {
        workspace.write(path, content);
    }
    workspace
}

const FILES: [(&str, &str); 7] = [
    ("calls-app/src/main.rs", APP),
    ("calls-app/src/deeper.rs", DEEPER),
    ("calls-app/src/deeper/below.rs", BELOW),
    ("calls-app/src/elsewhere/odd.rs", ODD),
    ("calls-math/src/lib.rs", MATH),
    ("calls-math/src/sums.rs", SUMS),
    ("calls-renamed/src/main.rs", RENAMED),
];

/// What the marks with one of these words announce: file, line, function, whether it is a call.
fn marked(words: &[&str]) -> Vec<(String, u64, String, bool)> {
    let mut marked = Vec::new();
    for (path, content) in FILES {
        for (number, line) in content.lines().enumerate() {
            for mark in line.split("// ").skip(1) {
                let (word, function) = mark.trim().split_once(' ').unwrap();
                if words.contains(&word) {
                    let number = number as u64 + 1;
                    marked.push((path.to_owned(), number, function.to_owned(), word != "VALUE"));
                }
            }
        }
    }
    marked.sort();
    marked
}

fn found(json: &Value) -> Vec<(String, u64, String, bool)> {
    let calls = json["calls"].as_array().unwrap().iter().map(|call| {
        let text = |field: &str| call[field].as_str().unwrap().to_owned();
        (text("file"), call["line"].as_u64().unwrap(), text("function"), text("kind") == "call")
    });
    let mut found: Vec<_> = calls.collect();
    found.sort();
    found
}

#[test]
fn every_way_to_write_a_call() {
    let workspace = workspace();
    // It is what rustc takes.
    workspace.cargo(&["check", "--workspace"]);
    let json = |arguments: &[&str]| {
        let ran = run(workspace.folder(), &[&["calls", "--format", "json"], arguments].concat());
        assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""), "{ran:?}");
        serde_json::from_str::<Value>(&ran.out).unwrap()
    };
    let default = json(&[]);
    assert_eq!(found(&default), marked(&["FOUND", "VALUE"]));
    assert_eq!((&default["left_out"], &default["errors"]), (&3.into(), &Value::Array(vec![])));
    let all = json(&["--all"]);
    assert_eq!(found(&all), marked(&["FOUND", "VALUE", "OWN"]));
    assert_eq!(all["left_out"], 0);
    assert_eq!(found(&json(&["--tests"])), marked(&["FOUND", "VALUE", "TEST"]));

    let ran = run(&workspace.folder().join("calls-app/src"), &["calls", "--workspace", ".."]);
    assert_eq!(ran.code, Some(1));
    let line = APP.lines().position(|line| line.contains("    m::add")).unwrap() + 1;
    let expected = format!(
        "calls-app/src/main.rs:{line}:5: calls_math::add is called plainly: this call stays in the \
         version it was compiled with; write hot::get!(m::add)(..)"
    );
    assert!(ran.out.lines().any(|it| it == expected), "{expected}\n{}", ran.out);
    assert!(ran.out.contains("reduce") || ran.out.contains("hot::fn_ptr!(add)"), "{}", ran.out);
    assert!(ran.out.contains("3 more are within their own bundle"), "{}", ran.out);
}

#[test]
fn nothing_to_report_is_nothing() {
    let workspace = Workspace::new("cli_calls_none");
    workspace.package("calls-none", "[lib]\ncrate-type = [\"cdylib\"]", "", "");
    workspace.write(
        "calls-none/src/lib.rs",
        "hot::bundle!();\n#[hot::export] pub fn f() {}\npub fn g() { hot::get!(f)() }\n",
    );
    let ran = run(workspace.folder(), &["calls"]);
    assert_eq!((ran.code, ran.out.as_str(), ran.err.as_str()), (Some(0), "", ""));
    let ran = run(workspace.folder(), &["calls", "--format=json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, json["calls"].as_array().unwrap().len()), (Some(0), 0));
}

#[test]
fn sources_that_cannot_be_read_are_named_and_the_others_listed() {
    let workspace = Workspace::new("cli_calls_broken");
    workspace.package("calls-broken", "[lib]\ncrate-type = [\"rlib\"]", "", "");
    let root = "#[hot::export] pub fn f() {}
        mod broken; mod missing; mod bytes; mod deep; mod deeper; #[path = \"lib.rs\"] mod again;
        pub fn g() { f(); }\n";
    workspace.write("calls-broken/src/lib.rs", root);
    workspace.write("calls-broken/src/broken.rs", "fn h() { f(; }\n");
    let nested = format!("fn h() {{ {}1{} }}\n", "(".repeat(900), ")".repeat(900));
    workspace.write("calls-broken/src/deep.rs", &nested);
    let nested = format!("fn h() {{ {}1{} }}\n", "if a {".repeat(50_000), "}".repeat(50_000));
    workspace.write("calls-broken/src/deeper.rs", &nested);
    fs::write(workspace.folder().join("calls-broken/src/bytes.rs"), [0xff, 0xfe, 0]).unwrap();
    let ran = run(workspace.folder(), &["calls"]);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    assert!(ran.out.contains("lib.rs:3:22: calls_broken::f is called plainly"), "{ran:?}");
    for part in [
        "broken.rs\n",
        "cause: line 1, column 1",
        "`mod missing;` is missing",
        "bytes.rs\n",
        "nested deeper",
    ] {
        assert!(ran.err.contains(part), "{part}: {}", ran.err);
    }
    assert_eq!(ran.err.matches("HOT0713").count(), 4, "{}", ran.err);
    let ran = run(workspace.folder(), &["calls", "--format=json"]);
    let json: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((ran.code, json["errors"].as_array().unwrap().len()), (Some(2), 4));
}

#[test]
fn no_workspace_is_said() {
    let folder = std::env::temp_dir();
    let ran = run(&folder, &["calls", "--workspace", "no/such/folder\u{7}"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{ran:?}");
    assert!(ran.err.starts_with("HOT0701"), "{ran:?}");
    assert!(!ran.err.contains('\u{7}'), "{ran:?}");
}
