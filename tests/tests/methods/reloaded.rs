//! A host that sees methods change.

use std::process::Command;

use tests::{
    child::text,
    workspace::{BUNDLE, HOST_FEATURES, Workspace},
};

/// The bundle: `VERSION` and `STEP` are edited.
const GAME: &str = r#"
hot::bundle!();

#[hot::versioned]
#[derive(Debug, Default)]
pub struct World { pub heat: u32, pub log: Vec<String> }

#[hot::export]
impl World {
    pub fn new() -> Self { let mut new = World::default(); new.note("VERSION made it"); new }
    pub fn step(&mut self, by: u32) -> &str {
        self.heat += STEP;
        let note = format!("VERSION step {}", self.amount());
        self.note(&note);
        self.log.last().unwrap()
    }
    pub fn note(&mut self, text: &str) { self.log.push(format!("{text} [VERSION]")); }
    pub fn visit(&self, visitor: &mut dyn FnMut(&str)) { self.log.iter().for_each(|note| visitor(note)); }
    fn amount(&self) -> u32 { self.heat }
    pub fn fails(&self) -> u32 { panic!("VERSION fails") }
}

#[hot::export]
pub fn version() -> String { "VERSION".to_owned() }

/// What it calls at once is of one version; a closure may be called by whoever got it.
#[hot::export]
pub fn levels(n: u32, change: &dyn Fn()) -> String {
    change();
    if n == 0 { return version_here().to_owned(); }
    let closure = || levels(0, &|| {});
    format!("{} {} {}", version_here(), levels(n - 1, &|| {}), closure())
}
fn version_here() -> &'static str { "VERSION" }

#[hot::export]
pub extern "C" fn c_version(fail: bool) -> u32 { assert!(!fail, "VERSION c"); NUMBER }
"#;

const HOST: &str = r#"
use std::panic;

fn said(call: impl FnOnce() -> u32) -> String {
    let payload = panic::catch_unwind(panic::AssertUnwindSafe(call)).unwrap_err();
    *payload.downcast::<String>().unwrap()
}

fn main() {
    panic::set_hook(Box::new(|_| {}));
    let mut world = methods_game::World::new();
    println!("{} | {}", methods_game::version(), world.step(1));
    let host = hot::Host::start().unwrap();
    for library in std::env::args().skip(1) {
        let load = || match unsafe { host.load(&library) } {
            Ok(_) => println!("loaded"),
            Err(error) => println!("refused {:?}", error.code()),
        };
        println!("{}", methods_game::levels(1, &load));
        println!("{} {}", methods_game::version(), hot::get!(methods_game::version)());
        println!("{}", world.step(2));
        println!("{}", said(|| world.fails()));
        println!("{}", said(|| hot::get!(methods_game::c_version)(true)));
        println!("{}", hot::get!(methods_game::c_version)(false));
    }
    let mut log = Vec::new();
    world.visit(&mut |note| log.push(note.to_owned()));
    println!("{}", log.join(" | "));
    for definition in host.namespace().definitions() {
        println!("{} {}", definition.path(), definition.signature().unwrap());
    }
}
"#;

fn game(version: &str, step: &str, number: u32) -> String {
    GAME.replace("VERSION", version).replace("STEP", step).replace("NUMBER", &number.to_string())
}

#[test]
fn methods_are_edited_and_reloaded() {
    let workspace = Workspace::new("methods");
    workspace.package("methods-game", BUNDLE, "", "");
    workspace.package(
        "methods-host",
        "",
        HOST_FEATURES,
        "methods-game = { path = \"../methods-game\" }",
    );
    workspace.write("methods-host/src/main.rs", HOST);
    workspace.write("methods-game/src/lib.rs", &game("one", "by", 1));
    let built = workspace.cargo(&["build"]);
    let (host, first) = (built.program("methods-host"), built.library("methods_game"));
    let build = |source: &str| {
        workspace.write("methods-game/src/lib.rs", source);
        workspace.cargo(&["build"]).library("methods_game")
    };
    let second = build(&game("two", "10 * by", 2));
    // Another export before them: nothing else changes.
    let third = build(&game("three", "100 * by", 3).replace(
        "#[hot::export]\nimpl",
        "#[hot::export]\npub fn zeroth() {}\n#[hot::export]\nimpl",
    ));
    let refused = build(
        &game("four", "by as u32", 4)
            .replace("step(&mut self, by: u32)", "step(&mut self, by: u64)"),
    );
    let libraries = [first, second, third, refused];
    let output = Command::new(host).args(libraries).output().unwrap();
    let (out, err) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "{}\n{out}\n{err}", output.status);
    let expected = "\
one | one step 1 [one]
loaded
one one one
one one
one step 3 [one]
one fails
one c
1
loaded
one one two
two two
two step 23 [two]
two fails
two c
2
loaded
two two three
three three
three step 223 [three]
three fails
three c
3
refused TypeChanged
three three three
three three
three step 423 [three]
three fails
three c
3
one made it [one] | one step 1 [one] | one step 3 [one] | two step 23 [two] | three step 223 [three] | three step 423 [three]
methods_game::World struct of 32 bytes
methods_game::World::fails fn(&World) -> u32
methods_game::World::new fn() -> World
methods_game::World::note fn(&mut World, &str)
methods_game::World::step fn(&mut World, u32) -> &str
methods_game::World::visit fn(&World, &mut dyn FnMut(&str))
methods_game::c_version extern \"C\" fn(bool) -> u32
methods_game::levels fn(u32, &dyn Fn()) -> String
methods_game::version fn() -> String
methods_game::zeroth fn()
";
    assert_eq!(out, expected, "{err}");
}
