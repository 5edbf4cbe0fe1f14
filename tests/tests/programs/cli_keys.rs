//! Each key of `cargo hotreload run`, in each state that the program can be in.
#![cfg(unix)]

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use crate::cli_run::{in_terminal, wait_for_status};
use crate::terminal::{DEADLINE, Terminal};
use tests::project::Project;

/// What a key leads to.
#[derive(Clone, Copy)]
enum Leads {
    /// This is on the screen then.
    Says(&'static str),
    /// A page with this title, which another key ends.
    Page(&'static str),
    /// Nothing that is said at once.
    Nothing,
}

use Leads::{Nothing, Page, Says};

/// A state of the program.
struct State {
    name: &'static str,
    /// What the program is given.
    argument: &'static str,
    enter: fn(&Project, &mut Terminal),
    /// The keys whose effect is this state's, in an order in which each finds it.
    keys: &'static [(char, Leads)],
    /// After the last of them, if it takes something to come to an end.
    leave: fn(&Project),
}

/// Keys that do the same in all states, and leave all as it is.
const ANYWHERE: [(char, Leads); 5] = [
    ('?', Says("R  build and start again")),
    ('e', Page("the last report")),
    ('h', Page("what became of saves, the latest first")),
    ('x', Nothing),
    ('1', Nothing),
];

const LOADED: (char, Leads) = ('s', Page("what is loaded"));
const FIRST: (char, Leads) = ('b', Says("HOT0602"));
const COLLECTED: (char, Leads) = ('p', Says("saves are collected"));
const BUILT: (char, Leads) = ('p', Says("saves are built again"));
const STARTS: (char, Leads) = ('R', Says("process "));

const STATES: [State; 7] = [
    State {
        name: "starting",
        argument: "nohost",
        enter: |_, terminal| terminal.wait_for_text("process "),
        keys: &[
            ('r', Says("the host does not answer yet")),
            ('s', Says("the host does not answer yet")),
            ('b', Says("the host does not answer yet")),
            COLLECTED,
            BUILT,
            STARTS,
        ],
        leave: |_| (),
    },
    State {
        name: "running",
        argument: "",
        enter: |_, _| (),
        keys: &[
            ('r', Says("nothing changed since generation 1")),
            LOADED,
            FIRST,
            COLLECTED,
            BUILT,
            STARTS,
        ],
        leave: |_| (),
    },
    State {
        name: "paused",
        argument: "",
        enter: |_, terminal| {
            terminal.press("p");
            wait_for_status(terminal, "paused");
        },
        keys: &[
            ('r', Says("nothing changed since generation 1")),
            LOADED,
            FIRST,
            STARTS,
            ('?', Says("live · paused")),
            BUILT,
        ],
        leave: |_| (),
    },
    State {
        name: "building",
        argument: "",
        enter: |project, terminal| {
            project.workspace.write("gate", "closed");
            project.edit("2");
            wait_for_status(terminal, "building");
        },
        keys: &[LOADED, FIRST, COLLECTED, BUILT, ('r', Nothing), ('R', Says("building"))],
        leave: |project| fs::remove_file(project.workspace.folder().join("gate")).unwrap(),
    },
    State {
        name: "broken",
        argument: "",
        enter: |project, terminal| {
            project.edit("true");
            wait_for_status(terminal, "failed to compile");
        },
        keys: &[
            ('r', Says("HOT0704")),
            LOADED,
            FIRST,
            COLLECTED,
            BUILT,
            ('R', Says("a save or R starts it again")),
        ],
        leave: |_| (),
    },
    State {
        name: "refused",
        argument: "",
        enter: |project, terminal| {
            let source = "hot::bundle!();\n#[hot::export]\npub fn answer() -> u64 { 7 }\n";
            project.workspace.write("keyed-rules/src/lib.rs", source);
            wait_for_status(terminal, "refused HOT0301");
        },
        keys: &[
            ('r', Says("HOT0301")),
            LOADED,
            FIRST,
            COLLECTED,
            BUILT,
            ('R', Says("a save or R starts it again")),
        ],
        leave: |_| (),
    },
    State {
        name: "ended",
        argument: "exit",
        enter: |_, terminal| wait_for_status(terminal, "ended · R start again"),
        keys: &[
            ('r', Says("the program does not run: R starts it")),
            ('s', Says("the program does not run: R starts it")),
            ('b', Says("R builds and starts it")),
            COLLECTED,
            BUILT,
            ('R', Says("exit code 7")),
        ],
        leave: |_| (),
    },
];

#[test]
fn each_key_in_each_state() {
    let project = Project::new("keyed");
    let script = "fn main() {
        let gate = std::env::var(\"CARGO_MANIFEST_DIR\").unwrap() + \"/../gate\";
        while std::fs::exists(&gate).unwrap() {
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }";
    project.workspace.write("keyed-rules/build.rs", script);
    let mut pressed = 0;
    for State { name, argument, enter, keys, leave } in STATES {
        println!("{name}");
        project.edit("1");
        let mut terminal = in_terminal(&project, &["run", "--", argument], (100, 30));
        if argument.is_empty() {
            wait_for_status(&mut terminal, &project.generation(1));
        }
        enter(&project, &mut terminal);
        for (key, leads) in ANYWHERE.iter().chain(keys) {
            press(&mut terminal, *key, *leads);
            pressed += 1;
        }
        leave(&project);
        terminal.press("q");
        assert!(terminal.end().success(), "{name}");
        terminal.assert_restored();
    }
    assert_eq!(pressed, 7 * 5 + 42);
}

/// Presses the key on an empty screen.
fn press(terminal: &mut Terminal, key: char, leads: Leads) {
    clear(terminal);
    terminal.press(&key.to_string());
    match leads {
        Nothing => {}
        Says(text) => terminal.wait_for_text(text),
        Page(title) => {
            terminal.wait_for("a page", |text| text.starts_with(title).then_some(()));
            terminal.press("q");
            terminal.wait_for("its end", |text| (!text.starts_with(title)).then_some(()));
        }
    }
}

/// Empties the screen but for its status line.
fn clear(terminal: &mut Terminal) {
    let start = Instant::now();
    loop {
        terminal.press("c");
        // The program may print its line right after the key: then the key is pressed again.
        for _ in 0..100 {
            let screen = terminal.text();
            if screen.lines().filter(|line| !line.trim().is_empty()).count() <= 1 {
                return;
            }
            thread::sleep(Duration::from_millis(10));
        }
        assert!(start.elapsed() < DEADLINE, "an empty screen: not seen on\n{}", terminal.text());
    }
}
