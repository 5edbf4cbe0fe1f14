//! What is on the screen: what the program prints, and below it what became of saves.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use super::{in_terminal, in_terminal_with, status_line, wait_for_id, wait_for_status};
use crate::terminal::has_attributes;
use tests::{
    PATIENCE,
    control::socket,
    project::{PROGRAM, Piped, Project, assert_gone, is_alive},
    wait_until,
};

#[test]
fn a_save_is_live_below_what_the_program_prints() {
    let project = Project::new("live");
    let mut terminal = in_terminal(&project, &["run"], (110, 40));
    terminal.wait_for_text("answer 1.");
    wait_for_status(&mut terminal, &project.generation(1));
    assert!(terminal.is_raw());
    let process = wait_for_id(&terminal, "process");

    project.edit("2");
    terminal.wait_for_text("answer 2.");
    wait_for_status(&mut terminal, &format!("{} · built ", project.generation(2)));
    terminal.wait_for_text("generation 2 is live");

    project.edit("true");
    wait_for_status(&mut terminal, "failed to compile");
    terminal.wait_for_text("error[E0308]: mismatched types");
    terminal.wait_for_text("expected `u32`, found `bool`");
    terminal.wait_for_text("HOT0704");
    let bytes = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    assert!(bytes.contains("merror[E0308]\x1b["), "in rustc's colours: {bytes:?}");
    assert!(is_alive(process));

    project.edit("3");
    terminal.wait_for_text("answer 3.");
    wait_for_status(&mut terminal, &project.generation(3));
    terminal.wait_for_text("generation 3 is live");
    let text = terminal.text();
    for line in ["generation 2 is live", "HOT0704", "generation 3 is live"] {
        assert_eq!(text.matches(line).count(), 1, "one line for each save:\n{text}");
    }

    let main = format!("{}\n// edited\n", PROGRAM.replace("NAME", "live"));
    project.workspace.write("live-game/src/main.rs", &main);
    terminal.wait_for_text("main.rs belongs to the host: restart it");
    wait_for_status(&mut terminal, "the host was edited");

    terminal.press("b");
    wait_for_status(&mut terminal, &project.generation(4));
    terminal.wait_for("the earlier answer", |text| {
        (text.matches("answer 2.").count() == 2).then_some(())
    });
    // A rollback holds, whatever else is saved, until somebody wants what it has undone.
    project.edit("3 /* a comment */");
    terminal.wait_for_text(
        "live-rules stays at generation 4: its code is that of generation 3, which was rolled \
         back: r loads it",
    );
    terminal.press("r");
    wait_for_status(&mut terminal, &project.generation(5));
    terminal.press("r");
    terminal.wait_for_text("live-rules: nothing changed since generation 5");
    terminal.press("s");
    terminal.wait_for_text("live_rules::answer  generation 5  fn() -> u32");
    terminal.press("q?");
    terminal.wait_for_text("b  roll back what became live last");
    terminal.press("xyzB\x1b[A\x1b[5~ ");

    terminal.press("q");
    let status = terminal.end();
    assert!(status.success(), "{status:?}");
    terminal.assert_restored();
    assert_gone(process);
    assert!(!socket(process).exists());
    assert!(!terminal.text().contains("q quit"), "the line is gone:\n{}", terminal.text());
}

#[test]
fn errors_are_shown_first_one_first_and_all_of_them_when_asked_for() {
    let project = Project::shared();
    let mut terminal = in_terminal(&project, &["run"], (120, 30));
    wait_for_status(&mut terminal, &project.generation(1));
    project.edit("let _: u8 = \"a\"; let _: u8 = \"b\"; let unread = 3; let _: u8 = \"c\"; 1");
    terminal.wait_for_text("and 2 more errors: e");
    wait_for_status(&mut terminal, "failed to compile · usual-rules/src/lib.rs:3:38: mismatched");
    let text = terminal.text();
    assert_eq!(text.matches("error[E0308]").count(), 1, "{text}");
    terminal.press("e");
    terminal.wait_for("all of them", |text| {
        (terminal_lines(text, "error[E0308]") >= 2 && text.contains("the last report"))
            .then_some(())
    });
    assert!(terminal.screen(vt100::Screen::alternate_screen));
    // What happens meanwhile is shown afterwards.
    project.edit("let unread = 3; 2");
    terminal.press("G");
    terminal.wait_for_text("HOT0704");
    terminal.resize((100, 20));
    terminal.press("q");
    terminal.wait_for_text("answer 2.");
    terminal.wait_for_text("unused variable: `unread`");
    assert!(!terminal.screen(vt100::Screen::alternate_screen));
    // A warning is shown once.
    project.edit("let unread = 3; 3");
    terminal.wait_for_text("answer 3.");
    wait_for_status(&mut terminal, &project.generation(3));
    // Its line comes after the line at the bottom; below it would be seen after `c`.
    terminal.wait_for_text("generation 3 is live");
    assert_eq!(terminal.text().matches("unused variable").count(), 1, "{}", terminal.text());
    terminal.press("h");
    terminal.wait_for_text("what became of saves");
    terminal.wait_for_text("generation 2 is live");
    terminal.wait_for_text("HOT0704");
    terminal.press("qc");
    wait_for_status(&mut terminal, &project.generation(3));
    terminal.wait_for("a clear screen", |text| (!text.contains("answer")).then_some(()));
    terminal.press("q");
    assert!(terminal.end().success());
    terminal.assert_restored();
}

fn terminal_lines(text: &str, wanted: &str) -> usize {
    text.lines().filter(|line| line.contains(wanted)).count()
}

#[test]
fn small_terminals_and_new_sizes_show_one_whole_line() {
    let project = Project::shared();
    let mut terminal = in_terminal(&project, &["run"], (20, 5));
    terminal.wait_for("a cut line", |screen| {
        (status_line(screen) == "usual-rules 1 · li…").then_some(())
    });
    for (size, line) in [
        ((10, 3), "usual-ru…"),
        ((120, 10), "usual-rules 1 · live"),
        ((1, 1), ""),
        ((30, 5), "usual-rules 1 · live · ? help"),
    ] {
        terminal.resize(size);
        terminal.wait_for(line, |screen| status_line(screen).starts_with(line).then_some(()));
    }
    for (columns, keys) in
        [(80, &["r reload"][..]), (200, &["r reload", "b roll", "s status", "R restart"])]
    {
        terminal.resize((columns, 5));
        terminal.wait_for("keys", |screen| {
            let line = status_line(screen);
            (line.ends_with("? help") && keys.iter().all(|key| line.contains(key))).then_some(())
        });
    }
    terminal.resize((40, 5));
    project.edit("2");
    terminal.wait_for_text("answer 2.");
    terminal.wait_for_text("usual-rules 2 · live");
    terminal.press("?");
    wait_for_status(&mut terminal, "usual-rules 2");
    let text = terminal.text();
    assert_eq!(text.matches("usual-rules 2 ·").count(), 1, "one status:\n{text}");
    // Events that come at once: none is lost.
    for generation in 3..8 {
        terminal.resize((40, 6));
        terminal.resize((40, 5));
        terminal.press(if generation % 2 == 0 { "r" } else { "b" });
        wait_for_status(&mut terminal, &format!("usual-rules {generation}"));
    }
    terminal.press("q");
    assert!(terminal.end().success());
    terminal.assert_restored();
}

#[test]
fn what_the_program_prints_stays_whole_and_tame() {
    let project = Project::shared();
    let mut terminal = in_terminal(&project, &["run", "--", "partial"], (80, 24));
    terminal.wait_for_text("what is your na");
    wait_for_status(&mut terminal, &project.generation(1));
    // The line goes on when the next output comes.
    terminal.wait_for_text("what is your naanswer 1.");
    assert_eq!(terminal.text().matches("what is").count(), 1, "{}", terminal.text());
    terminal.press("q");
    assert!(terminal.end().success());

    let mut terminal = in_terminal(&project, &["run", "--", "wild"], (80, 24));
    terminal.wait_for_text("answer 1.");
    wait_for_status(&mut terminal, &project.generation(1));
    let text = terminal.text();
    assert!(text.contains("red wild") && text.contains("an error line"), "{text}");
    assert_eq!(text.split_whitespace().filter(|it| *it == "long").count(), 30, "{text}");
    let bytes = terminal.bytes();
    let bytes = String::from_utf8_lossy(&bytes);
    assert!(bytes.contains("\x1b[31mred"), "colours stay");
    assert!(
        !bytes.contains("\x1b[2J") && !bytes.contains("\x1b[?1049h") && !bytes.contains("title")
    );
    terminal.press("q");
    assert!(terminal.end().success());

    let mut terminal = in_terminal(&project, &["run", "--", "flood"], (80, 24));
    terminal.wait_for_text("answer 1.");
    let bytes = terminal.bytes();
    let bytes = String::from_utf8_lossy(&bytes);
    let lines = (0..20_000).filter(|number| bytes.contains(&format!("line {number}\r\n"))).count();
    assert_eq!(lines, 20_000);
    terminal.press("q");
    assert!(terminal.end().success());
}

#[test]
fn colour_is_left_away_where_it_is_not_wanted() {
    let project = Project::shared();
    let mut terminal = in_terminal_with(
        &project,
        &["run"],
        (100, 40),
        &[("NO_COLOR", "1"), ("CARGO_TERM_COLOR", "never")],
    );
    wait_for_status(&mut terminal, &project.generation(1));
    project.edit("true");
    terminal.wait_for_text("mismatched types");
    wait_for_status(&mut terminal, "failed to compile");
    terminal.press("q");
    assert!(terminal.end().success());
    assert!(!has_attributes(&terminal.bytes()));

    // A terminal without escapes gets lines.
    project.edit("4");
    let mut terminal = in_terminal_with(&project, &["run"], (100, 40), &[("TERM", "dumb")]);
    terminal.wait_for_text("answer 4.");
    project.edit("5");
    terminal.wait_for_text("answer 5.");
    terminal.wait_for_text("generation 2 is live");
    assert!(!terminal.text().contains("q quit"));
    assert!(!terminal.is_raw());
    terminal.signal("INT");
    assert_eq!(terminal.end().exit_code(), 130);
    assert!(!has_attributes(&terminal.bytes()) && !terminal.bytes().contains(&0x1b));
}

#[test]
fn a_program_with_the_terminal_to_itself_is_logged() {
    let project = Project::shared();
    let log = project.workspace.folder().join("lines.log");
    let log_text = log.to_str().unwrap();
    let mut terminal =
        in_terminal(&project, &["run", "--tty", "--log", log_text, "--", "wild"], (80, 24));
    terminal
        .wait_for("the program's own screen", |screen| screen.contains("answer 1.").then_some(()));
    assert!(terminal.screen(vt100::Screen::alternate_screen), "the terminal is the program's");
    let logged = |wanted: &str| {
        let start = Instant::now();
        while !fs::read_to_string(&log).unwrap_or_default().contains(wanted) {
            assert!(start.elapsed() < PATIENCE, "{wanted} is not in the log");
            thread::sleep(Duration::from_millis(10));
        }
    };
    project.edit("2");
    terminal.wait_for_text("answer 2.");
    logged("generation 2 is live");
    project.edit("true");
    logged("mismatched types");
    logged("HOT0704");
    assert!(!fs::read_to_string(&log).unwrap().contains('\x1b'), "no escapes in a file");
    assert!(!terminal.text().contains("mismatched"), "{}", terminal.text());
    let process = wait_for_id(&terminal, "process");
    // Ctrl-C is the program's: it ends by it.
    terminal.press("\x03");
    assert_eq!(terminal.end().exit_code(), 130);
    assert_gone(process);

    project.edit("1");
    let mut terminal = in_terminal(&project, &["run", "--tty"], (80, 24));
    terminal.wait_for_text("hotreload.log");
    terminal.wait_for_text("answer 1.");
    terminal.signal("TERM");
    assert_eq!(terminal.end().exit_code(), 143);
}

/// What the builder was given is left alone while the command shows the lines, and called where the
/// terminal is the program's.
#[test]
fn a_program_that_prints_lines_itself_does_not_double_them() {
    let project = Project::new("own");
    let main = PROGRAM.replace("NAME", "own").replace(
        "hot::Host::start()",
        "hot::Host::builder().watch(|line| println!(\"own {line}\")).start()",
    );
    project.workspace.write("own-game/src/main.rs", &main);
    let run = Piped::start(project.command(&["run"]));
    run.wait_for("answer 1.");
    project.edit("2");
    run.wait_for("generation 2 is live");
    project.edit("3");
    run.wait_for("generation 3 is live");
    let text = run.text();
    assert_eq!((text.matches(" is live").count(), text.matches("own own-rules").count()), (2, 0));
    drop(run);

    let log = project.workspace.folder().join("own.log");
    let log_text = log.to_str().unwrap();
    let mut terminal = in_terminal(&project, &["run", "--tty", "--log", log_text], (100, 30));
    terminal.wait_for_text("answer 3.");
    project.edit("4");
    terminal.wait_for_text("own own-rules: generation 2 is live");
    // The command writes its log by itself: it may hear of the generation later than the program.
    wait_until(|| fs::read_to_string(&log).unwrap().contains("generation 2 is live"));
    terminal.signal("TERM");
    assert_eq!(terminal.end().exit_code(), 143);
}

#[test]
fn a_program_that_starts_no_host_is_said_to() {
    let project = Project::shared();
    let mut terminal = in_terminal(&project, &["run", "--", "nohost"], (100, 30));
    let process = wait_for_id(&terminal, "process");
    terminal.press("r");
    terminal.wait_for_text("the host does not answer yet");
    terminal.wait_for_text("no host answers yet");
    terminal.press("q");
    assert!(terminal.end().success());
    assert_gone(process);
}
