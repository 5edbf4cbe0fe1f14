//! The crates that hold the rows' types, each in a way of its own, and their versions.

use std::path::PathBuf;

use tests::{
    Workspace,
    workspace::{BUNDLE, HOST_FEATURES},
};

use super::{
    moves,
    rows::{Row, SIGNATURES, rows},
};

/// The bundles, and how many versions of each there are.
const BUNDLES: [(&str, usize); 5] =
    [("mx_code", 2), ("mx_user", 2), ("mx_var", 3), ("mx_state", 3), ("mx_live", 2)];

/// Everything that is built.
pub(crate) struct Libraries {
    built: Vec<(&'static str, PathBuf)>,
    pub(crate) host: PathBuf,
    /// Of `mx_var`: only this row is changed.
    pub(crate) alone: Vec<(&'static str, PathBuf)>,
}

impl Libraries {
    /// A version of a bundle: 1 the old types, 2 the new ones, 3 those with statics marked
    /// `#[hot(reset)]`.
    pub(crate) fn of(&self, bundle: &str, version: usize) -> &PathBuf {
        let mut of_bundle = self.built.iter().filter(|(name, _)| *name == bundle);
        &of_bundle.nth(version - 1).expect("it was built").1
    }

    /// Writes and builds all of it: a run of cargo for each version.
    pub(crate) fn build() -> Libraries {
        let workspace = Workspace::new("layout_matrix");
        let owner = "mx_code = { path = \"../mx_code\" }";
        let parts = "mx_parts = { path = \"../mx_parts\" }";
        workspace.package("mx_parts", "", "", "");
        for (bundle, _) in BUNDLES {
            let dependency = if bundle == "mx_user" { owner } else { parts };
            workspace.package(bundle, BUNDLE, "", dependency);
        }
        workspace.package("mx_host", "", HOST_FEATURES, owner);
        workspace.write("mx_host/src/main.rs", &host());
        let (mut built, mut program) = (Vec::new(), None);
        for version in 1..=3 {
            workspace.write("mx_parts/src/lib.rs", parts_source(version));
            for (bundle, _) in BUNDLES.iter().filter(|(_, versions)| *versions >= version) {
                let source = source(bundle, |_| version >= 2, version == 3);
                workspace.write(&format!("{bundle}/src/lib.rs"), &source);
            }
            // The host as well: else features would be others, and with them all types.
            let library_only = ["build", "--workspace", "--lib"];
            let output = workspace.cargo(&library_only[..if version == 1 { 1 } else { 3 }]);
            program.get_or_insert_with(|| output.program("mx_host"));
            for (bundle, _) in BUNDLES.iter().filter(|(_, versions)| *versions >= version) {
                built.push((*bundle, output.library(bundle)));
            }
        }
        workspace.write("mx_parts/src/lib.rs", parts_source(1));
        let mut alone = Vec::new();
        for row in ["Respelled", "Swapped", "Invariants", "InTwo"] {
            let source = source("mx_var", |name| name == row, false);
            workspace.write("mx_var/src/lib.rs", &source);
            let output = workspace.cargo(&["build", "--workspace", "--lib"]);
            alone.push((row, output.library("mx_var")));
        }
        Libraries { built, host: program.expect("built first"), alone }
    }
}

/// A version of the bundle whose values move: which rows have their new form, `moves` says. One crate.
pub(crate) fn moving(version: usize) -> String {
    let parts = parts_source(version);
    source("mx_moves", |name| moves::is_new(name, version), false)
        + &format!("mod mx_parts {{ {parts} }}")
}

/// The dependency that all bundles share.
fn parts_source(version: usize) -> &'static str {
    if version == 1 {
        "#[hot::versioned] #[derive(Debug)] pub struct Part { x: u32 }
         pub fn part() -> Part { Part { x: 1 } }"
    } else {
        "#[hot::versioned] #[derive(Debug)] pub struct Part { x: u32, z: u32 }
         pub fn part() -> Part { Part { x: 1, z: 2 } }"
    }
}

/// A bundle's root. `is_new` says of each row which form it has.
fn source(bundle: &str, is_new: impl Fn(&str) -> bool, reset: bool) -> String {
    let mut items = "#![allow(unused, non_snake_case)]\nhot::bundle!();\n".to_owned();
    let (mut lines, mut fills) = (String::new(), String::new());
    for row in rows().iter().filter(|row| has(bundle, row)) {
        let [definitions, value] = if is_new(&row.name) { &row.now } else { &row.was };
        if bundle != "mx_user" {
            items += &(versioned(definitions) + "\n");
        }
        let held = Held::of(bundle, &row.name, value, reset);
        items += &held.items;
        lines += &format!("line(&mut all, {:?}, || {{ {} }});\n", row.name, held.text);
        fills += &held.fill;
    }
    for (name, was, now, _) in SIGNATURES {
        let [function, call] = if is_new(name) { now } else { was };
        match bundle {
            "mx_code" => items += &format!("#[hot::export] pub {function}\n"),
            "mx_user" => lines += &signature_line(name, call),
            _ => {}
        }
    }
    match bundle {
        "mx_var" | "mx_state" | "mx_moves" => {
            items += &first_values(if is_new("Same") { 2 } else { 1 })
        }
        "mx_live" => {
            items += KEPT;
            lines =
                "for kept in &*KEPT.lock().unwrap() { line(&mut all, kept.0, &kept.1); }".into();
        }
        _ => {}
    }
    format!(
        "{items} {LINE}
         #[hot::export(direct)] pub fn all() -> String {{ let mut all = String::new(); {lines} all }}
         #[hot::export] pub fn fill() {{ {fills} }}
         /// `all` of this image, whatever is loaded after it.
         #[hot::export] pub fn own_all() -> usize {{ all as fn() -> String as usize }}"
    )
}

/// Definitions with their attributes.
fn versioned(definitions: &str) -> String {
    let attributes = |keyword| format!("#[hot::versioned] #[derive(Debug)] pub {keyword}");
    definitions.replace("$struct", &attributes("struct")).replace("$enum", &attributes("enum"))
}

/// Whether the bundle can hold the row's type at all.
pub(crate) fn has(bundle: &str, row: &Row) -> bool {
    match bundle {
        "mx_var" => row.is_send,
        "mx_state" | "mx_moves" => row.is_send && row.is_sync,
        _ => true,
    }
}

/// What a bundle has for a row: items, an expression that says what is there, and statements that
/// put a value there.
struct Held {
    items: String,
    text: String,
    fill: String,
}

impl Held {
    fn of(bundle: &str, name: &str, value: &str, reset: bool) -> Held {
        let upper = name.to_uppercase();
        let attributes = if reset { "#[hot::export] #[hot(reset)]" } else { "#[hot::export]" };
        let (items, text, fill) = match bundle {
            "mx_code" => (
                format!(
                    "#[hot::export] pub fn make_{name}() -> {name} {{ {value} }}
                     #[hot::export] pub fn read_{name}(value: &{name}) -> String {{
                         format!(\"{{value:?}}\")
                     }}\n"
                ),
                format!("read_{name}(&make_{name}())"),
                String::new(),
            ),
            "mx_user" => (String::new(), call(name), String::new()),
            "mx_var" => (
                format!(
                    "{attributes} pub static {upper}: std::sync::Mutex<Option<{name}>> =
                         std::sync::Mutex::new(None);\n"
                ),
                format!("format!(\"{{:?}}\", {upper}.lock().unwrap())"),
                format!("*{upper}.lock().unwrap() = Some({value});\n"),
            ),
            "mx_state" | "mx_moves" => (
                format!(
                    "{attributes} pub static {upper}: hot::State<Vec<{name}>> =
                         hot::State::new(Vec::new);\n"
                ),
                format!("format!(\"{{:?}}\", &*{upper}.read())"),
                format!("{upper}.write().push({value});\n"),
            ),
            "mx_live" => (
                format!(
                    "#[hot::export] pub fn make_{name}() -> hot::Live<{name}> {{
                         hot::Live::new({value})
                     }}\n"
                ),
                String::new(),
                format!(
                    "let live = make_{name}();
                     let text = move || format!(\"{{:?}}\", live.get());
                     KEPT.lock().unwrap().push(Kept({name:?}, Box::new(text)));\n"
                ),
            ),
            _ => unreachable!("no such bundle"),
        };
        Held { items, text, fill }
    }
}

/// A value that `mx_code` makes and reads, for code that was compiled against its type.
fn call(name: &str) -> String {
    format!("hot::get!(mx_code::read_{name})(&hot::get!(mx_code::make_{name})())")
}

fn signature_line(name: &str, call: &str) -> String {
    let result = format!("hot::get!(mx_code::{call}");
    format!("line(&mut all, {name:?}, || unsafe {{ {result} }}.to_string());\n")
}

/// Statics whose types stay: only what they begin with is edited.
fn first_values(first: u32) -> String {
    format!(
        "use std::sync::atomic::{{AtomicU32, Ordering::Relaxed}};
         #[hot::export] pub static ATOMIC: AtomicU32 = AtomicU32::new({first});
         #[hot::export] pub static NUMBER: hot::State<u32> = hot::State::new(|| {first});
         #[hot::export] pub static UNEDITED: AtomicU32 = AtomicU32::new(7);
         #[hot::export] pub fn count() -> (u32, u32) {{
             let mut number = NUMBER.write();
             *number += 10;
             (ATOMIC.fetch_add(10, Relaxed) + 10, *number)
         }}"
    )
}

/// Values that are held by handle; the handles know how to show and to drop theirs.
const KEPT: &str = "
    struct Kept(&'static str, Box<dyn Fn() -> String>);
    unsafe impl Send for Kept {}
    static KEPT: std::sync::Mutex<Vec<Kept>> = std::sync::Mutex::new(Vec::new());
    #[hot::export] pub fn release() { KEPT.lock().unwrap().clear(); }
";

/// A line of `all`: a row and its value, or what asking for it panics with.
const LINE: &str = "
    fn line(all: &mut String, row: &str, value: impl Fn() -> String) {
        let text = std::panic::catch_unwind(std::panic::AssertUnwindSafe(&value));
        let text = text.unwrap_or_else(|payload| match payload.downcast::<String>() {
            Ok(text) => *text,
            Err(_) => String::from(\"a panic\"),
        });
        *all += &format!(\"{row}: {text}\\n\");
    }
";

/// A program that is compiled against the types: it loads a first library, and tries a second one.
fn host() -> String {
    let lines = rows().into_iter().map(|row| {
        let text = call(&row.name);
        format!("all += &format!(\"{}: {{}}\\n\", {text});\n", row.name)
    });
    let rows: String = lines.collect();
    let calls = SIGNATURES.iter().map(|(_, [_, call], ..)| {
        format!("all += &format!(\"{{}}\\n\", unsafe {{ hot::get!(mx_code::{call} }});\n")
    });
    let calls: String = calls.collect();
    format!(
        "#![allow(unused_unsafe)]
         fn all() -> String {{ let mut all = String::new(); {rows} {calls} all }}

         fn main() {{
             let host = hot::Host::start().unwrap();
             let arguments: Vec<_> = std::env::args().skip(1).collect();
             let bundle = unsafe {{ host.load(&arguments[0]) }}.unwrap();
             let (before, status) = (all(), host.status().unwrap());
             let error = unsafe {{ host.load(&arguments[1]) }}.unwrap_err();
             println!(\"{{}}\", error.to_json());
             assert_eq!(all(), before);
             assert_eq!(host.status().unwrap(), status);
             assert_eq!(bundle.generation().unwrap(), 1);
             println!(\"{{}}\", before.lines().count());
         }}"
    )
}
