//! `hot_reload` as a person sees it, who builds in another terminal.

use std::{
    env, fs,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
    thread,
    time::Duration,
};

use examples::scratch::Scratch;
use portable_pty::CommandBuilder;

use crate::{
    USUAL, edited, restored_whatever_ends_it,
    terminal::{Terminal, command, has_attributes, number},
};

const DEMO: &str = env!("CARGO_BIN_EXE_hot_reload");

/// A workspace with a copy of the crate, so that the git tree stays clean.
struct Workspace {
    root: PathBuf,
    copy: Scratch,
}

impl Workspace {
    fn new() -> Workspace {
        let root = edited();
        let copy = Scratch::copy_to(&root, "example").unwrap();
        Workspace { root, copy }
    }

    fn demo(&self) -> CommandBuilder {
        command(DEMO, &["--workspace", self.root.to_str().unwrap()])
    }

    fn edit(&self, from: &str, to: &str) {
        assert!(self.copy.original().contains(from));
        fs::write(self.copy.source_path(), self.copy.original().replace(from, to)).unwrap();
    }

    /// As in another terminal.
    fn build(&self) -> bool {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["build", "--quiet", "--offline", "-p", "example"]).current_dir(&self.root);
        cargo.env("CARGO_TARGET_DIR", self.root.join("target")).stderr(Stdio::null());
        cargo.status().unwrap().success()
    }
}

fn generation(screen: &str) -> Option<i64> {
    number(screen, "hot_reload, generation ")
}

fn calling(command: CommandBuilder, size: (u16, u16)) -> Terminal {
    let mut demo = Terminal::start(command, size);
    demo.wait_for("generation 1", |screen| (generation(screen)? == 1).then_some(()));
    demo.wait_for_text("compute(20, 22) = 42");
    demo
}

#[test]
fn a_build_made_outside_is_seen_and_a_bad_one_is_refused() {
    let workspace = Workspace::new();
    let mut demo = calling(workspace.demo(), USUAL);
    demo.wait_for_text("edit bundles/example/src/lib.rs");
    demo.wait_for_text("cargo build -p example");

    workspace.edit("a + b", "a * b");
    // Two looks, which find nothing: neither the source nor the first build's file counts.
    thread::sleep(Duration::from_millis(4500));
    assert_eq!(demo.wait_for("generation", generation), 1);
    assert!(demo.text().contains("compute(20, 22) = 42"), "{}", demo.text());
    assert!(workspace.build());
    demo.wait_for_text("compute(20, 22) = 440");
    assert_eq!(demo.wait_for("generation", generation), 2);

    workspace.edit("version() -> u32", "version() -> i32");
    assert!(workspace.build());
    demo.wait_for_text("HOT0301");
    demo.wait_for_text("generation 2 still runs");
    demo.wait_for_text("compute(20, 22) = 440");

    workspace.edit("a + b", "if a == 20 { panic!(\"no twenties\") } else { b }");
    assert!(workspace.build());
    demo.wait_for_text("no twenties");
    workspace.edit("    1\n", "    7\n");
    assert!(workspace.build());
    demo.wait_for_text("version() = 7");
    demo.wait_for_text("compute(20, 22) = 42");
    assert_eq!(demo.wait_for("generation", generation), 4);
    demo.press("q");
    assert!(demo.end().success());
    demo.assert_restored();

    // What cannot be built at first can be later; till then the demo calls what it was linked with.
    workspace.edit("a + b", "a + \"b\"");
    let mut demo = Terminal::start(workspace.demo(), USUAL);
    demo.wait_for_text("HOT0704");
    demo.wait_for_text("error[E0277]");
    demo.wait_for_text("compute(20, 22) = 42");
    assert!(!workspace.build());
    assert_eq!(demo.wait_for("generation", generation), 0);
    workspace.edit("a + b", "a - b");
    assert!(workspace.build());
    demo.wait_for_text("compute(20, 22) = -2");
    demo.press("q");
    assert!(demo.end().success());
    demo.assert_restored();
}

#[test]
fn the_terminal_is_restored_by_ctrl_c_a_signal_and_a_panic() {
    restored_whatever_ends_it(|| calling(command(DEMO, &[]), USUAL));
}

#[test]
fn a_small_terminal_without_colour_says_what_to_do() {
    let mut no_colour = command(DEMO, &[]);
    no_colour.env("NO_COLOR", "1");
    let mut demo = calling(no_colour, (40, 10));
    demo.wait_for_text("edit bundles/example/src/lib.rs, run\n");
    demo.wait_for_text("  cargo build -p example\n");
    demo.press("q");
    assert!(demo.end().success());
    demo.assert_restored();
    assert!(!has_attributes(&demo.bytes()));
}

#[test]
fn a_dumb_terminal_and_a_pipe_get_plain_lines() {
    let mut dumb = command(DEMO, &[]);
    dumb.env("TERM", "dumb");
    let mut demo = Terminal::start(dumb, USUAL);
    demo.wait_for_text("compute(20, 22) = 42, version() = 1");
    demo.press("q\n");
    assert!(demo.end().success());
    assert!(!demo.bytes().contains(&b'\x1b'), "{}", demo.text());

    let mut demo = Command::new(DEMO).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    demo.stdin.take().unwrap().write_all(b"1\n").unwrap();
    let output = demo.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    assert!(text.starts_with("keys: q quit\nedit bundles/example/src/lib.rs"), "{text}");
    assert!(text.contains("there is no key `1`"), "{text}");
    assert!(text.contains("generation 1 is live") && !text.contains('\x1b'), "{text}");
}
