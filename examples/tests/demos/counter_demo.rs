//! `counter_demo` as a person sees it: the real program, the real cargo.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use examples::scratch::Scratch;
use portable_pty::CommandBuilder;

use crate::{
    USUAL, edited,
    terminal::{Terminal, command, has_attributes, number},
};

const DEMO: &str = env!("CARGO_BIN_EXE_counter_demo");

fn count(screen: &str) -> Option<i64> {
    number(screen, "count     ")
}

fn generation(screen: &str) -> Option<i64> {
    number(screen, "counter_demo, generation ")
}

/// A demo that has loaded its bundle and counts.
fn counting(command: CommandBuilder, size: (u16, u16)) -> Terminal {
    let mut demo = Terminal::start(command, size);
    demo.wait_for("generation 1", |screen| (generation(screen)? == 1).then_some(()));
    demo.wait_for("a count", |screen| (count(screen)? > 0).then_some(()));
    demo
}

#[test]
fn keys_change_what_is_done_and_the_count_persists() {
    let mut demo = counting(command(DEMO, &[]), USUAL);
    assert!(demo.is_raw());
    demo.wait_for_text("change()  count + 1\n");

    let before = demo.wait_for("count", count);
    demo.press("2");
    demo.wait_for_text("change()  count + 10\n");
    let at = demo.wait_for("count", count);
    assert!(at >= before, "{at} after {before}");
    demo.wait_for("ten more", |screen| (count(screen)? >= at + 10).then_some(()));

    demo.press("3");
    demo.wait_for_text("saturating_mul(2)");
    let at = demo.wait_for("count", count);
    demo.wait_for("twice as much", |screen| (count(screen)? >= at * 2).then_some(()));

    demo.press("4");
    demo.wait_for_text("change()  count - 5\n");
    let at = demo.wait_for("count", count);
    demo.wait_for("five less", |screen| (count(screen)? <= at - 5).then_some(()));

    demo.press("5");
    demo.wait_for("zero", |screen| (count(screen)? == 0).then_some(()));
    demo.press("1");
    demo.wait_for("one", |screen| (count(screen)? == 1).then_some(()));
    assert_eq!(demo.wait_for("generation", generation), 6);

    demo.press("q");
    assert!(demo.end().success());
    demo.assert_restored();
    demo.wait_for_text("at generation 6");
}

#[test]
fn the_terminal_is_restored_by_ctrl_c_a_signal_and_a_panic() {
    let mut demo = counting(command(DEMO, &[]), USUAL);
    demo.press("\x03");
    assert!(demo.end().success());
    demo.assert_restored();

    for (signal, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        let demo = &mut counting(command(DEMO, &[]), USUAL);
        demo.signal(signal);
        assert_eq!(demo.end().exit_code(), code);
        demo.assert_restored();
    }

    let mut demo = counting(command(DEMO, &[]), USUAL);
    demo.press("!");
    assert_eq!(demo.end().exit_code(), 101);
    demo.assert_restored();
    demo.wait_for_text("the demo panics, as asked for");
}

#[test]
fn a_small_terminal_shows_what_matters_and_may_grow() {
    let mut demo = counting(command(DEMO, &[]), (40, 10));
    demo.press("2");
    demo.wait_for_text("change()  count + 10\n");
    demo.wait_for_text("1 +1  2 +10  3 x2  4 -5  5 =0  q quit");
    demo.wait_for_text("generation 2 is live");
    demo.resize(USUAL);
    demo.wait_for_text("or edit bundles/counter/src/lib.rs and save");
    demo.resize((12, 3));
    demo.wait_for("a cut screen", |screen| screen.starts_with("counter_dem…").then_some(()));
    demo.press("q");
    assert!(demo.end().success());
    demo.assert_restored();
}

/// Of two events at once, crossterm's reader with `mio` drops one: its `use-dev-tty` is needed.
#[test]
fn a_key_right_after_a_new_size_is_not_lost() {
    let mut demo = counting(command(DEMO, &[]), USUAL);
    for columns in 77..80 {
        for (key, change) in [("2", "change()  count + 10\n"), ("1", "change()  count + 1\n")] {
            demo.resize((columns, 24));
            demo.resize(USUAL);
            demo.press(key);
            demo.wait_for_text(change);
        }
    }
    demo.press("q");
    assert!(demo.end().success());
}

#[test]
fn no_colour_if_none_is_wanted() {
    let mut usual = counting(command(DEMO, &[]), USUAL);
    usual.press("q");
    usual.end();
    assert!(has_attributes(&usual.bytes()));

    let mut no_colour = command(DEMO, &[]);
    no_colour.env("NO_COLOR", "1");
    let mut demo = counting(no_colour, USUAL);
    demo.press("q");
    demo.end();
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
    demo.press("5\n");
    demo.wait_for_text("count 0");
    demo.press("q\n");
    assert!(demo.end().success());
    assert!(!demo.bytes().contains(&b'\x1b'), "{}", demo.text());
}

#[test]
fn keys_come_from_a_pipe_and_each_is_done_with_before_the_next() {
    let mut demo = Command::new(DEMO).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    // Closed at once: the end is a key too, and waits for its turn.
    demo.stdin.take().unwrap().write_all(b"52?\n4").unwrap();
    let output = demo.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}");
    let counts: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("count ")).collect();
    // A build may take longer than a second: then the last change is applied once more.
    let mut after_reset =
        counts.iter().skip_while(|count| **count != "0").skip_while(|it| **it == "0");
    assert_eq!(after_reset.next(), Some(&"10"), "{text}");
    assert_eq!(counts.last().and_then(|it| it.chars().last()), Some('5'), "{text}");
    assert!(text.contains("there is no key `?`"), "{text}");
    assert!(!text.contains('\x1b'));

    // The same with the picture in a terminal.
    let both = format!("printf 54 | '{DEMO}'");
    let mut demo = Terminal::start(command("sh", &["-c", &both]), USUAL);
    assert!(demo.end().success());
    demo.assert_restored();
    // The same number of steps if the build takes longer.
    demo.wait_for("a count below zero", |screen| {
        let count = screen.lines().find_map(|line| line.strip_prefix("count -"))?;
        count.trim_end().strip_suffix(" at generation 3")?.ends_with(['5', '0']).then_some(())
    });
}

#[test]
fn ends_when_nobody_reads() {
    let mut demo = Command::new(DEMO).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(demo.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.starts_with("keys: "), "{line}");
    assert!(demo.wait().unwrap().success());
}

/// With a workspace that has a copy of the crate, so that the git tree stays clean.
#[test]
fn an_edit_of_the_source_is_seen_and_a_mistake_is_shown() {
    let root = edited();
    let copy = Scratch::copy_to(&root, "counter").unwrap();
    let save = |from: &str, to: &str| {
        assert!(copy.original().contains(from));
        // As an editor does it: into the file itself.
        fs::write(copy.source_path(), copy.original().replace(from, to)).unwrap();
    };
    let arguments = ["--workspace", root.to_str().unwrap()];
    let mut demo = counting(command(DEMO, &arguments), USUAL);

    save("count + 1", "count + 100");
    demo.wait_for_text("change()  count + 100\n");
    let at = demo.wait_for("count", count);
    demo.wait_for("a hundred more", |screen| (count(screen)? >= at + 100).then_some(()));

    save("count + 1", "count + \"1\"");
    demo.wait_for_text("does not compile");
    demo.wait_for_text("error[E0277]");
    let at = demo.wait_for("count", count);
    demo.wait_for("it counts on", |screen| (count(screen)? >= at + 100).then_some(()));

    save("(count: i64)", "(count: i64, _by: i64)");
    demo.wait_for_text("HOT0301");
    demo.wait_for_text("takes 2 parameters, not 1");
    let at = demo.wait_for("count", count);
    demo.wait_for("it counts on", |screen| (count(screen)? >= at + 100).then_some(()));

    save("count + 1", "panic!(\"not today\")");
    demo.wait_for_text("not today");
    demo.wait_for_text("the count stays");

    // A key loads another copy; a save loads this one again.
    demo.press("5");
    demo.wait_for("zero", |screen| (count(screen)? == 0).then_some(()));
    save("count + 1", "count + 7");
    demo.wait_for("seven", |screen| (count(screen)? == 7).then_some(()));
    demo.press("q");
    assert!(demo.end().success());
    demo.assert_restored();
}
