//! Saves of what the host was compiled with, too: the line says so, for a host that is linked with
//! the bundle, and only for what it can have.
#![cfg(target_os = "linux")]

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use tests::{
    Workspace,
    dev::{patiently, replace},
    fixture::cargo,
    project::Piped,
    workspace::BUNDLE,
};

const GARDEN: &str = r#"hot::bundle!();

mod tools;

pub const LIMIT: u32 = 1;
const STEP: u32 = 2;
const BOOST: u32 = 3;
/// Commented.
pub struct Seed { pub size: u32 }
impl Default for Seed {
    fn default() -> Self { Seed { size: 4 } }
}
impl Seed {
    pub fn plant(&self) -> u32 { self.size + 5 }
}
pub fn scale<T: Into<u32>>(value: T) -> u32 { value.into() * 6 + BOOST }
pub fn unused<T: Into<u32>>(value: T) -> u32 { value.into() * 7 }
#[inline]
pub fn half(value: u32) -> u32 { value / 8 }
#[macro_export]
macro_rules! more { ($value:expr) => { $value + 9 } }
pub fn shared(value: u32) -> u32 { value + 10 }
#[hot::export]
pub fn tick(ticks: u32) -> u32 { 11 + helper(ticks) + shared(STEP) + tools::rake(garden_seeds::COUNT) }
fn helper(ticks: u32) -> u32 { ticks + 12 }
"#;

/// Uses the bundle in every way that needs no slot, and says what came of each save.
const HOST: &str = r#"
fn main() {
    let host = hot::Host::builder().watch(|_| {}).start().unwrap();
    let count = std::sync::atomic::AtomicU32::new(0);
    host.on_event(move |event| {
        if let hot::Event::Saved(saved) = event {
            let count = count.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let copies = saved.host_copies.iter();
            let copies = copies.map(|copy| (copy.item.as_str(), copy.certain));
            println!("saved {count}: {saved} {:?}.", copies.collect::<Vec<_>>());
        }
    });
    host.load_crate("garden_copies").unwrap();
    println!("ready {}.", USES);
    std::thread::sleep(std::time::Duration::from_secs(600));
}
"#;

const LINKED: &str = "{ use garden_copies::{more, tick, LIMIT}; \
                      hot::get!(tick)(1) + LIMIT + garden_copies::Seed::default().plant() \
                      + garden_copies::scale(1u8) + garden_copies::half(1) + more!(1) }";

fn start(workspace: &Workspace, program: &Path, name: &str) -> Piped {
    let mut command = Command::new(program);
    for (name, value) in cargo().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.env("CARGO_MANIFEST_DIR", workspace.folder().join(name));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let host = Piped::start(command);
    host.wait_for("ready ");
    host
}

fn saved(host: &Piped, count: usize) -> String {
    patiently("a line", || {
        let text = host.text();
        let start = text.find(&format!("saved {count}: "))?;
        text[start..].split_once('\n').map(|(line, _)| line.to_owned())
    })
}

#[test]
fn what_the_host_was_compiled_with_is_said() {
    let workspace = Workspace::new("garden_copies");
    workspace.package("garden_copies", BUNDLE, "", "garden_seeds = { path = \"../garden_seeds\" }");
    workspace.package("garden_seeds", "", "", "");
    workspace.write("garden_seeds/src/lib.rs", "pub const COUNT: u32 = 13;\n");
    workspace.write("garden_copies/src/lib.rs", GARDEN);
    let tools = "pub fn rake(count: u32) -> u32 { count + 14 }\n";
    workspace.write("garden_copies/src/tools.rs", tools);
    workspace.package(
        "garden_linked",
        "",
        "\"watch\"",
        "garden_copies = { path = \"../garden_copies\" }",
    );
    workspace.write("garden_linked/src/main.rs", &HOST.replace("USES", LINKED));
    workspace.package("garden_guest", "", "\"watch\"", "");
    let import = "{ hot::import! { garden_copies => { fn tick(ticks: u32) -> u32; } } \
                  garden_copies::tick(1) }";
    workspace.write("garden_guest/src/main.rs", &HOST.replace("USES", import));
    let built = workspace.cargo(&["build", "-p", "garden_linked", "-p", "garden_guest"]);
    let [linked, guest] = ["garden_linked", "garden_guest"]
        .map(|name| start(&workspace, &built.program_in_place(name), name));

    let is = |item: &str| format!("; `{item}` is also compiled into the host: restart it");
    let may_be =
        |item: &str| format!("; `{item}` is also compiled into the host, if the host uses it: ");
    let nothing = String::new();
    let lib = "garden_copies/src/lib.rs";
    for (count, (file, from, to, expected)) in [
        // Reached by the slot of `tick`, or by what only `tick` uses.
        (lib, "{ 11 +", "{ 110 +", nothing.clone()),
        (lib, "+ 12", "+ 120", nothing.clone()),
        (lib, "STEP: u32 = 2", "STEP: u32 = 20", nothing.clone()),
        ("garden_copies/src/tools.rs", "+ 14", "+ 140", nothing.clone()),
        (lib, "/// Commented.", "/// Commented on.", nothing.clone()),
        // Used by nobody: there is no instance.
        (lib, "* 7", "* 70", nothing.clone()),
        (lib, "LIMIT: u32 = 1", "LIMIT: u32 = 10", may_be("garden_copies::LIMIT")),
        (lib, "+ 9", "+ 90", may_be("garden_copies::more!")),
        (lib, "* 6", "* 60", is("garden_copies::scale")),
        (lib, "BOOST: u32 = 3", "BOOST: u32 = 30", is("garden_copies::BOOST")),
        (lib, "/ 8", "/ 80", is("garden_copies::half")),
        (lib, "size: 4", "size: 40", is("<garden_copies::Seed as Default>::default")),
        (lib, "+ 5", "+ 50", is("garden_copies::Seed::plant")),
        // The host has it for the sake of `tick`, and may call it too.
        (lib, "+ 10 }", "+ 100 }", may_be("garden_copies::shared")),
        ("garden_seeds/src/lib.rs", "= 13", "= 130", may_be("garden_seeds::COUNT")),
        // What was said of one save is not said again.
        (lib, "+ 120", "+ 121", nothing.clone()),
        // What is put back is as the host has it.
        (lib, "LIMIT: u32 = 10", "LIMIT: u32 = 1", nothing.clone()),
    ]
    .into_iter()
    .enumerate()
    {
        let path = workspace.folder().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.matches(from).count(), 1, "{from}");
        replace(&path, &text.replace(from, to));
        let line = saved(&linked, count);
        println!("{line}");
        if expected.is_empty() {
            assert!(!line.contains("compiled into"), "{from}: {line}");
        } else {
            assert!(line.contains(&expected), "{from}: {line}");
            assert!(!line.contains(": nothing changed;"), "{from}: {line}");
            let certain = expected.ends_with("restart it");
            assert!(line.ends_with(&format!(", {certain})].")), "{line}");
        }
        let line = saved(&guest, count);
        assert!(!line.contains("compiled into") && line.ends_with(" []."), "{from}: {line}");
    }
}
