//! `aquarium` as a person sees it, in a copy of the repository that is edited while it runs.
#![cfg(unix)]

mod terminal;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::{LazyLock, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use examples::scratch;
use portable_pty::CommandBuilder;
use terminal::{Terminal, command};

const USUAL: (u16, u16) = (80, 24);

/// The copy, in which the program is built as anybody would.
static COPY: LazyLock<PathBuf> = LazyLock::new(|| {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join("aquarium");
    scratch::copy_repository(&root).unwrap();
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "--offline", "-p", "examples", "--bin", "aquarium"]);
    cargo.current_dir(&root).env("CARGO_TARGET_DIR", root.join("target"));
    assert!(cargo.status().unwrap().success());
    root
});

/// There is one copy: while a test edits it, no other looks. Whoever has it finds it unedited.
fn alone() -> MutexGuard<'static, ()> {
    static COPY_IN_USE: Mutex<()> = Mutex::new(());
    let alone = COPY_IN_USE.lock().unwrap_or_else(PoisonError::into_inner);
    for file in ["life.rs", "picture.rs"] {
        save(file, &[]);
    }
    alone
}

/// The program of the copy, which knows where it is from.
fn program() -> PathBuf {
    COPY.join("target/debug/aquarium")
}

fn aquarium() -> CommandBuilder {
    let mut command = command(program().to_str().unwrap(), &[]);
    command.env_remove("CARGO_MANIFEST_DIR");
    command
}

/// Saves a file of the bundle, each of the texts replaced in what the repository has.
fn save(file: &str, edits: &[(&str, &str)]) {
    let file = Path::new("bundles/aquarium/src").join(file);
    let mut text = fs::read_to_string(scratch::repository().join(&file)).unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    fs::write(COPY.join(file), text).unwrap();
}

/// An aquarium in which a fish of each size is seen.
fn with_fish(size: (u16, u16)) -> Terminal {
    let mut program = Terminal::start(aquarium(), size);
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
    program.wait_for_text("aquarium: generation 2 is live: picture::shape changed");
    program.wait_for_text("@");
    assert_eq!(tank(&at_rest(&mut program)), before.replace('°', "@").replace('º', "O"));
    program.press(" ");
    program.wait_for("they swim on", |screen| (tank(screen) != before).then_some(()));

    // What the fish in the tank are made of stays.
    save(
        "life.rs",
        &[
            ("hunger: f32,", "hunger: f32,\n    pub(crate) age: f32,"),
            ("hunger: dice.roll(),", "hunger: dice.roll(), age: 0.0,"),
        ],
    );
    program.wait_for_text("aquarium: not reloaded: HOT0404: the field `Fish.age` was added");
    program.press("f");
    program.wait_for_text("*");

    // rustc says what and where; a panic is shown, and over with the next save.
    save("life.rs", &[("    hunt(world, seconds);", "    hunt(world, \"soon\");")]);
    program.wait_for_text("error[E0308]: mismatched types --> bundles/aquarium/src/life.rs:");
    program.wait_for_text("aquarium: not reloaded: HOT0704");
    save("life.rs", &[("    hunt(world, seconds);", "    panic!(\"not today\");")]);
    program.wait_for_text("aquarium panicked: not today");
    save("life.rs", &[("Kind::Tang => 0.08", "Kind::Tang => 0.2")]);
    program.wait_for_text("is live: ");
    let before = tank(&program.text());
    program.wait_for("they swim on", |screen| (tank(screen) != before).then_some(()));

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
        let mut program = Command::new(program());
        program.args(arguments).env_remove("CARGO_MANIFEST_DIR").stdin(Stdio::null());
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
