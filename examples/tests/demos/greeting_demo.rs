//! `greeting_demo` as a person sees it: the real program, the real cargo.

use std::{
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use examples::scratch::Scratch;
use portable_pty::CommandBuilder;

use crate::{
    USUAL, edited, restored_whatever_ends_it,
    terminal::{Terminal, command, has_attributes, number},
};

const DEMO: &str = env!("CARGO_BIN_EXE_greeting_demo");

fn guests(screen: &str) -> Option<i64> {
    number(screen, "guests    ")
}

fn generation(screen: &str) -> Option<i64> {
    number(screen, "greeting_demo, generation ")
}

/// A demo that has loaded its bundle and greets.
fn greeting(command: CommandBuilder, size: (u16, u16)) -> Terminal {
    let mut demo = Terminal::start(command, size);
    demo.wait_for("generation 1", |screen| (generation(screen)? == 1).then_some(()));
    demo.wait_for("a guest", |screen| (guests(screen)? > 0).then_some(()));
    demo
}

#[test]
fn keys_change_the_greeting_and_the_guest_book_persists() {
    let mut demo = greeting(command(DEMO, &[]), USUAL);
    assert!(demo.is_raw());
    demo.wait_for_text("greeting  Hello, ");

    let before = demo.wait_for("guests", guests);
    demo.press("2");
    demo.wait_for_text("greet()   format!(\"Good night, {name}.\")\n");
    demo.wait_for_text("built in ");
    demo.wait_for_text(" ms, reloaded in ");
    demo.wait_for_text("greeting  Good night, ");
    let after = demo.wait_for("guests", guests);
    assert!(after > before, "{after} guests after {before}");

    demo.press("3");
    demo.wait_for_text("greeting  HEY ");
    demo.press("1");
    demo.wait_for_text("greeting  Hello, ");
    assert_eq!(demo.wait_for("generation", generation), 4);
    assert!(demo.wait_for("guests", guests) > after);
    // A picture, not a list: what was there is drawn over.
    let text = demo.text();
    assert_eq!(text.matches("greeting  ").count(), 1, "{text}");

    demo.press("q");
    assert!(demo.end().success());
    demo.assert_restored();
    demo.wait_for_text("guests at generation 4");
}

#[test]
fn the_terminal_is_restored_by_ctrl_c_a_signal_and_a_panic() {
    restored_whatever_ends_it(|| greeting(command(DEMO, &[]), USUAL));
}

#[test]
fn a_small_terminal_without_colour_shows_what_matters() {
    let mut no_colour = command(DEMO, &[]);
    no_colour.env("NO_COLOR", "1");
    let mut demo = greeting(no_colour, (40, 10));
    demo.press("3");
    demo.wait_for_text("greeting  HEY ");
    demo.wait_for_text("1 day  2 night  3 loud  q quit");
    demo.wait_for_text("generation 2 is live");
    demo.press("q");
    assert!(demo.end().success());
    demo.assert_restored();
    assert!(!has_attributes(&demo.bytes()));
}

#[test]
fn a_dumb_terminal_gets_plain_lines() {
    let mut dumb = command(DEMO, &[]);
    dumb.env("TERM", "dumb");
    let mut demo = Terminal::start(dumb, USUAL);
    demo.wait_for_text("generation 1 is live");
    assert!(!demo.is_raw());
    demo.press("2\n");
    demo.wait_for_text("\nGood night, ");
    demo.press("q\n");
    assert!(demo.end().success());
    assert!(!demo.bytes().contains(&b'\x1b'), "{}", demo.text());
}

#[test]
fn keys_come_from_a_pipe_and_each_is_heard() {
    let mut demo = Command::new(DEMO).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    demo.stdin.take().unwrap().write_all(b"32?").unwrap();
    let output = demo.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let first = |greeting: &str| {
        text.lines().position(|line| line.starts_with(greeting)).unwrap_or_else(|| panic!("{text}"))
    };
    assert!(first("Hello, ") < first("HEY ") && first("HEY ") < first("Good night, "), "{text}");
    assert!(text.contains("there is no key `?`"), "{text}");
    assert!(!text.contains('\x1b'));
}

/// With a workspace that has a copy of the crate, so that the git tree stays clean.
#[test]
fn an_edit_is_seen_and_a_panic_is_shown() {
    let root = edited();
    let copy = Scratch::copy_to(&root, "greeting").unwrap();
    let save = |to: &str| {
        let source = copy.original().replace("format!(\"Hello, {name}!\")", to);
        assert_ne!(source, copy.original());
        fs::write(copy.source_path(), source).unwrap();
    };
    let arguments = ["--workspace", root.to_str().unwrap()];
    let mut demo = greeting(command(DEMO, &arguments), USUAL);
    save("format!(\"Servus {name}\")");
    demo.wait_for_text("greeting  Servus ");
    save("panic!(\"no words for {name}\")");
    demo.wait_for_text("no words for ");
    demo.wait_for_text("the guest waits");
    let waits = demo.wait_for("guests", guests);
    demo.press("1");
    demo.wait_for_text("greeting  Hello, ");
    assert_eq!(demo.wait_for("guests", guests), waits + 1, "nobody was entered meanwhile");
    demo.press("q");
    assert!(demo.end().success());
    demo.assert_restored();
}
