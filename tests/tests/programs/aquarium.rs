//! The demo `aquarium` as a person sees it: its own sources as a project of another name, which is
//! edited while it runs.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use portable_pty::CommandBuilder;
use tests::{
    dev::patiently,
    fixture::{repository, target_dir},
    workspace::{BUNDLE, HOST_FEATURES, Workspace},
};

use crate::terminal::{Terminal, command};

const USUAL: (u16, u16) = (80, 24);

/// The project, and its program. A copy with the demo's own name would write over the library that
/// cargo has built of the demo.
static PROJECT: LazyLock<(Workspace, PathBuf)> = LazyLock::new(|| {
    let workspace = Workspace::new("fishbowl");
    let manifest = |path: &str| fs::read_to_string(repository().join(path)).unwrap();
    let (bundle, examples) =
        (manifest("bundles/aquarium/Cargo.toml"), manifest("examples/Cargo.toml"));
    let line = |manifest: &str, name: &str| {
        let line = manifest.lines().find(|line| line.starts_with(&format!("{name} = ")));
        line.unwrap_or_else(|| panic!("no {name} in {manifest}")).to_owned() + "\n"
    };
    let lines = |manifest: &str, names: &[&str]| -> String {
        names.iter().map(|name| line(manifest, name)).collect()
    };
    let of_bundle = lines(&bundle, &["hecs", "ratatui-core"]);
    workspace.package("fishbowl", BUNDLE, "\"hecs\"", &of_bundle);
    let of_program =
        lines(&examples, &["crossterm", "ratatui-core", "ratatui-crossterm", "signal-hook"]);
    let library = format!(
        "[lib]\nname = \"examples\"\npath = {:?}",
        repository().join("examples/src/lib.rs")
    );
    // A package of its own, which is not compiled again for each edit of the bundle.
    workspace.package("fishbowl-examples", &library, HOST_FEATURES, &of_program);
    let others = "fishbowl = { path = \"../fishbowl\" }\n\
                  examples = { package = \"fishbowl-examples\", path = \"../fishbowl-examples\" }\n";
    workspace.package("fishbowl-program", "", HOST_FEATURES, &(of_program + others));
    workspace.write("fishbowl-program/src/main.rs", &main_rs());
    for file in fs::read_dir(repository().join(SOURCES)).unwrap() {
        let file = file.unwrap().file_name().into_string().unwrap();
        save_in(&workspace, &file, &[]);
    }
    let program = workspace.cargo(&["build"]).program_in_place("fishbowl-program");
    (workspace, program)
});

fn main_rs() -> String {
    let main = fs::read_to_string(repository().join("examples/src/bin/aquarium.rs")).unwrap();
    main.replace("aquarium", "fishbowl")
}

const SOURCES: &str = "bundles/aquarium/src";

/// What the last line says when there is nothing to say.
const HINT: &str = "edit bundles/fishbowl/src/life.rs or picture.rs, save, and look";

/// How long the program shows a line that is no error.
const SEEN: Duration = Duration::from_secs(5);

/// There is one project: while a test edits it, no other looks. Whoever has it finds it unedited.
fn alone() -> MutexGuard<'static, ()> {
    static PROJECT_IN_USE: Mutex<()> = Mutex::new(());
    let alone = PROJECT_IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    for file in ["life.rs", "picture.rs"] {
        save(file, &[]);
    }
    alone
}

fn fishbowl() -> CommandBuilder {
    let mut command = command(PROJECT.1.to_str().unwrap(), &[]);
    command.env_remove("CARGO_MANIFEST_DIR");
    command.env("CARGO_TARGET_DIR", target_dir());
    // The program was built without: the host finds it out.
    command.env_remove("CARGO_INCREMENTAL");
    command
}

/// Saves a file of the bundle, each of the texts replaced in what the repository has.
fn save(file: &str, edits: &[(&str, &str)]) {
    save_in(&PROJECT.0, file, edits);
}

fn save_in(workspace: &Workspace, file: &str, edits: &[(&str, &str)]) {
    let mut text = fs::read_to_string(repository().join(SOURCES).join(file)).unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    workspace.write(&format!("fishbowl/src/{file}"), &text);
}

/// An aquarium in which a fish of each size is seen.
fn with_fish(size: (u16, u16)) -> Terminal {
    let mut program = Terminal::start(fishbowl(), size);
    program.wait_for_text("f feeds");
    for eye in ["°", "º"] {
        program.wait_for_text(eye);
    }
    program
}

/// What is seen once nothing moves.
fn at_rest(program: &mut Terminal) -> String {
    loop {
        let before = program.text();
        // Several frames.
        thread::sleep(Duration::from_millis(300));
        if program.text() == before {
            return before;
        }
    }
}

/// All but the two lines below the tank.
fn tank(screen: &str) -> String {
    screen.lines().take(usize::from(USUAL.1) - 2).collect::<Vec<_>>().join("\n")
}

#[test]
fn code_changes_and_the_fish_stay() {
    let _alone = alone();
    let mut program = with_fish(USUAL);
    assert!(program.is_raw());

    // Other eyes in the same fish.
    program.press(" ");
    let before = tank(&at_rest(&mut program));
    save("picture.rs", &[("°", "@"), ("º", "O")]);
    program.wait_for_text("fishbowl: generation 2 is live: picture::shape changed");
    program.wait_for_text(HINT);
    program.wait_for_text("@");
    assert_eq!(tank(&at_rest(&mut program)), before.replace('°', "@").replace('º', "O"));
    program.press(" ");
    program.wait_for("they swim on", |screen| (tank(screen) != before).then_some(()));

    // What the fish in the tank are made of may change: they are there, and all the rest.
    let age = [
        ("hunger: f32,", "hunger: f32,\n    #[hot(default = 5.0)] pub(crate) age: f32,"),
        ("hunger: dice.roll(),", "hunger: dice.roll(), age: 0.0,"),
    ];
    program.press("f ");
    let before = tank(&at_rest(&mut program));
    save("life.rs", &age);
    program.wait_for_text("fishbowl: generation 3 is live");
    assert_eq!(tank(&at_rest(&mut program)), before);
    program.press(" ");
    let eyes = [("°", "@"), ("º", "O")];
    let shape = "shape(fish.kind)[to_the_right], colour";
    let old = "if fish.age > 4.0 { \"<OLD>\" } else { shape(fish.kind)[to_the_right] }, colour";
    save("picture.rs", &[eyes[0], eyes[1], (shape, old)]);
    program.wait_for_text("<OLD>");
    save("picture.rs", &eyes);
    program.wait_for_text("fishbowl: generation 5 is live");
    // And the field is gone again.
    program.press(" ");
    let before = tank(&at_rest(&mut program));
    save("life.rs", &[]);
    program.wait_for_text("fishbowl: generation 6 is live");
    assert_eq!(tank(&at_rest(&mut program)), before);
    program.press(" ");
    program.press("f");
    program.wait_for_text("*");

    // rustc says what and where, in a red bar that stays; a panic is shown, and over with the next save.
    save("life.rs", &[("    hunt(world, seconds);", "    hunt(world, \"soon\");")]);
    program.wait_for_text("building fishbowl");
    program.wait_for_text("fishbowl/src/life.rs:");
    let bar = |program: &Terminal| {
        patiently("a red bar", || {
            let text = program.text();
            let is_red = |column| {
                let cell = |it: &vt100::Screen| it.cell(USUAL.1 - 1, column).unwrap().bgcolor();
                program.screen(cell) == vt100::Color::Idx(1)
            };
            let is_whole = is_red(0) && is_red(USUAL.0 - 1);
            (is_whole && text.trim_end().ends_with(": mismatched types")).then_some(())
        });
    };
    bar(&program);
    // Longer than another line is seen.
    thread::sleep(SEEN + Duration::from_secs(1));
    bar(&program);
    save("life.rs", &[("    hunt(world, seconds);", "    panic!(\"not today\");")]);
    program.wait_for_text("fishbowl panicked: not today");
    save("life.rs", &[("Kind::Tang => 0.08", "Kind::Tang => 0.2")]);
    program.wait_for_text("is live: ");
    let before = tank(&program.text());
    program.wait_for("they swim on", |screen| (tank(screen) != before).then_some(()));
    program.wait_for_text(HINT);
    let main = "fishbowl-program/src/main.rs";
    PROJECT.0.write(main, &format!("{}// Edited.\n", main_rs()));
    program.wait_for_text("main.rs belongs to the host: restart it");
    PROJECT.0.write(main, &main_rs());

    for size in [(20, 5), (3, 2), (1, 1), (200, 3)] {
        program.resize(size);
        thread::sleep(Duration::from_millis(200));
    }
    program.resize(USUAL);
    program.wait_for_text("░░░░");
    program.press("q");
    assert!(program.end().success());
    program.assert_restored();
}

#[test]
fn the_terminal_is_restored_by_ctrl_c_and_a_signal() {
    let _alone = alone();
    for (keys, code) in [("\x03", 0), ("", 143)] {
        let mut program = with_fish((40, 10));
        match keys {
            "" => program.signal("TERM"),
            keys => program.press(keys),
        }
        assert_eq!(program.end().exit_code(), code);
        program.assert_restored();
    }
}

#[test]
fn lines_where_there_is_no_terminal() {
    let _alone = alone();
    let run = |arguments: &[&str]| {
        let mut program = Command::new(&PROJECT.1);
        program.args(arguments).env_remove("CARGO_MANIFEST_DIR").stdin(Stdio::null());
        program.env("CARGO_TARGET_DIR", target_dir()).env("CARGO_INCREMENTAL", "0");
        let output = program.output().unwrap();
        (output.status.code(), String::from_utf8(output.stdout).unwrap())
    };
    let (code, text) = run(&["--seconds", "3"]);
    assert_eq!((code, text.contains('\x1b')), (Some(0), false), "{text}");
    let census = text.lines().filter(|line| line.starts_with("8 fish, ")).count();
    assert!((2..=3).contains(&census), "{text}");

    let (code, text) = run(&["--help"]);
    assert!(code == Some(0) && text.contains("--seconds N"), "{text}");
    for wrong in [&["--second"][..], &["--seconds"], &["--seconds", "few"]] {
        assert_eq!(run(wrong), (Some(2), String::new()));
    }
}
