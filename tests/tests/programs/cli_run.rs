//! `cargo hotreload run` in a terminal: real projects, keys in, screen out.
#![cfg(unix)]

use std::{
    env, fs, thread,
    time::{Duration, Instant},
};

use crate::terminal::{self, Terminal, has_attributes};
use tests::{
    control::socket,
    fixture::target_dir,
    project::{PROGRAM, Piped, Project, assert_gone, id, is_alive, is_from_cargo},
    wait_until,
};

/// The command in a terminal, in this project's folder.
pub(super) fn in_terminal(project: &Project, arguments: &[&str], size: (u16, u16)) -> Terminal {
    in_terminal_with(project, arguments, size, &[])
}

pub(super) fn in_terminal_with(
    project: &Project,
    arguments: &[&str],
    size: (u16, u16),
    variables: &[(&str, &str)],
) -> Terminal {
    let program = tests::command();
    let mut command = terminal::command(program.to_str().unwrap(), arguments);
    command.cwd(project.workspace.folder());
    for (name, _) in env::vars().filter(|(name, _)| is_from_cargo(name)) {
        command.env_remove(name);
    }
    command.env("CARGO_TARGET_DIR", target_dir());
    command.env("CARGO_NET_OFFLINE", "true");
    for (name, value) in variables {
        command.env(name, value);
    }
    Terminal::start(command, size)
}

/// The number behind the word, in what has come out of the terminal.
fn wait_for_id(terminal: &Terminal, word: &str) -> u32 {
    let start = Instant::now();
    loop {
        if let Some(id) = id(&String::from_utf8_lossy(&terminal.bytes()), word) {
            return id;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "no {word}:\n{}", terminal.text());
        thread::sleep(Duration::from_millis(10));
    }
}

/// The last line that shows something.
fn status_line(screen: &str) -> &str {
    screen.lines().rfind(|line| !line.trim().is_empty()).unwrap_or_default()
}

pub(super) fn wait_for_status(terminal: &mut Terminal, text: &str) {
    terminal.wait_for(text, |screen| status_line(screen).contains(text).then_some(()));
}

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
fn ends_leave_no_process_and_the_terminal_as_it_was() {
    let project = Project::shared();
    for (how, key, code) in
        [("family", "q", 0), ("family", "\x03", 130), ("stubborn", "q", 0), ("stubborn", "qq", 0)]
    {
        let mut terminal = in_terminal(&project, &["run", "--", how], (80, 24));
        let child = wait_for_id(&terminal, "child");
        let process = wait_for_id(&terminal, "process");
        wait_for_status(&mut terminal, &project.generation(1));
        let orphan = wait_for_id(&terminal, "orphan");
        wait_until(|| !fs::exists(format!("/proc/{orphan}")).unwrap());
        terminal.press(key);
        assert_eq!(terminal.end().exit_code(), code, "{how} {key:?}");
        terminal.assert_restored();
        assert_gone(process);
        assert_gone(child);
        assert!(!socket(process).exists(), "a killed host's socket is removed");
    }
    for (signal, code) in [("TERM", 143), ("HUP", 129), ("INT", 130)] {
        let mut terminal = in_terminal(&project, &["run", "--", "family"], (80, 24));
        let child = wait_for_id(&terminal, "child");
        wait_for_status(&mut terminal, &project.generation(1));
        terminal.signal(signal);
        assert_eq!(terminal.end().exit_code(), code, "{signal}");
        terminal.assert_restored();
        assert_gone(child);
    }
}

/// The host's cargo is in a group of its own, and its build script hears of nothing.
#[test]
fn an_end_during_a_build_ends_the_build() {
    let project = Project::new("midway");
    let mut terminal = in_terminal(&project, &["run"], (80, 24));
    wait_for_status(&mut terminal, &project.generation(1));
    project.workspace.write(
        "midway-rules/build.rs",
        "fn main() {
            let file = std::env::var(\"CARGO_MANIFEST_DIR\").unwrap() + \"/../script\";
            std::fs::write(&file, format!(\"script {}.\", std::process::id())).unwrap();
            std::thread::sleep(std::time::Duration::from_secs(1000));
        }",
    );
    wait_for_status(&mut terminal, "building");
    let file = project.workspace.folder().join("script");
    let start = Instant::now();
    let script = loop {
        if let Some(script) = id(&fs::read_to_string(&file).unwrap_or_default(), "script") {
            break script;
        }
        assert!(start.elapsed() < Duration::from_secs(120), "no build script runs");
        thread::sleep(Duration::from_millis(10));
    };
    let stat = fs::read_to_string(format!("/proc/{script}/stat")).unwrap();
    let cargo = stat.rsplit_once(") ").unwrap().1.split(' ').nth(1).unwrap().parse().unwrap();
    assert!(is_alive(cargo));
    terminal.press("q");
    assert!(terminal.end().success());
    assert!(!is_alive(script) && !is_alive(cargo), "at once");
    terminal.assert_restored();
}

#[test]
fn the_programs_own_end_is_passed_on() {
    let project = Project::shared();
    for (how, code, said) in [
        ("exit", 7, None),
        ("panic", 101, Some("on purpose")),
        ("abort", 134, Some("the program was ended by signal 6 (SIGABRT)")),
    ] {
        let mut terminal = in_terminal(&project, &["run", "--once", "--", how], (80, 24));
        assert_eq!(terminal.end().exit_code(), code, "{how}");
        terminal.assert_restored();
        if let Some(said) = said {
            terminal.wait_for_text(said);
        }
        assert!(!terminal.text().contains("q quit"), "{}", terminal.text());
        let process = wait_for_id(&terminal, "process");
        assert!(!socket(process).exists());

        let output = project.command(&["run", "--", how]).output().unwrap();
        assert_eq!(output.status.code(), Some(i32::try_from(code).unwrap()), "{how}");
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.is_none_or(|said| errors.contains(said)), "{errors}");
    }
}

#[test]
fn the_programs_end_does_not_end_the_loop() {
    let project = Project::shared();
    for (how, said) in [
        ("exit", "the program ended with exit code 7"),
        ("panic", "the program ended: panicked at usual-game/src/main.rs:"),
        ("abort", "the program was ended by signal 6 (SIGABRT)"),
    ] {
        let mut terminal = in_terminal(&project, &["run", "--", how], (120, 60));
        let ends = |terminal: &mut Terminal, count: usize| {
            terminal.wait_for("an end", |text| (text.matches(said).count() == count).then_some(()));
            wait_for_status(terminal, "ended · R start again");
        };
        ends(&mut terminal, 1);
        terminal.press("s");
        terminal.wait_for_text("the program does not run: R starts it");
        terminal.press("R");
        ends(&mut terminal, 2);
        project.edit(&format!("{}", how.as_bytes()[0]));
        terminal.wait_for_text("lib.rs was saved");
        ends(&mut terminal, 3);
        let process = wait_for_id(&terminal, "process");
        assert!(!socket(process).exists());
        terminal.press("q");
        assert!(terminal.end().success());
        terminal.assert_restored();
    }
}

#[test]
fn saves_are_collected_and_a_generation_is_chosen() {
    let project = Project::shared();
    let mut terminal = in_terminal(&project, &["run"], (100, 30));
    wait_for_status(&mut terminal, &project.generation(1));
    terminal.press("p");
    terminal.wait_for_text("saves are collected: p goes on");
    wait_for_status(&mut terminal, "1 · live · paused");
    wait_for_status(&mut terminal, "p go on");
    project.edit("2");
    // As long as a build takes, and longer.
    thread::sleep(Duration::from_secs(3));
    project.edit("3");
    terminal.press("s");
    terminal.wait_for_text("usual_rules::answer");
    assert!(terminal.text().contains("generation 1 "), "{}", terminal.text());
    terminal.press("qp");
    terminal.wait_for_text("answer 3.");
    wait_for_status(&mut terminal, &project.generation(2));
    let text = terminal.text();
    assert!(!text.contains("answer 2.") && text.contains("saves are built again"), "{text}");

    project.edit("4");
    terminal.wait_for_text("answer 4.");
    wait_for_status(&mut terminal, &project.generation(3));
    terminal.press("h");
    terminal.wait_for("choices", |text| {
        let line = |digit: &str, said: &str| {
            text.lines().any(|line| line.starts_with(digit) && line.contains(said))
        };
        let all = line(" ", "generation 3 is live")
            && line("1", "generation 2 is live")
            && line("2", "generation 1 is live");
        all.then_some(())
    });
    terminal.wait_for_text("a digit goes there");
    // One that stands for nothing leaves the page as it is.
    terminal.press("92");
    terminal.wait_for_text("rolled back from generation 3 to 1");
    wait_for_status(&mut terminal, &project.generation(4));
    terminal.press("q");
    assert!(terminal.end().success());
    terminal.assert_restored();
}

#[test]
fn a_program_that_wants_to_keep_something_is_told_of_a_restart() {
    let project = Project::new("restart");
    let main = PROGRAM.replace("NAME", "restart").replace(
        "let host = hot::Host::start().unwrap();\n",
        "let host = hot::Host::start().unwrap();
        let kept = std::fs::read_to_string(\"kept.txt\").unwrap_or_default();
        println!(\"kept {}.\", kept.lines().count());
        let waits = how == \"waits\";
        host.on_restart(move |left| {
            assert!(!left.is_zero() && left.as_secs() <= 2);
            let kept = std::fs::File::options().create(true).append(true).open(\"kept.txt\");
            writeln!(kept.unwrap(), \"a line\").unwrap();
            while waits { sleep(Duration::from_secs(1)) }
        });\n",
    );
    project.workspace.write("restart-game/src/main.rs", &main);
    let kept = project.workspace.folder().join("kept.txt");
    let count = || fs::read_to_string(&kept).unwrap_or_default().lines().count();
    let _ = fs::remove_file(&kept);
    let mut terminal = in_terminal(&project, &["run"], (80, 24));
    wait_for_status(&mut terminal, &project.generation(1));
    terminal.press("R");
    terminal.wait_for_text("kept 1.");
    wait_for_status(&mut terminal, &project.generation(1));
    // Nothing is kept where nobody starts it again.
    terminal.press("q");
    assert!(terminal.end().success());
    assert_eq!(count(), 1);

    // One that does not come to an end is not waited for.
    let mut terminal = in_terminal(&project, &["run", "--restart", "--", "waits"], (80, 24));
    wait_for_status(&mut terminal, &project.generation(1));
    project.workspace.write("restart-game/src/main.rs", &format!("{main}// edited\n"));
    terminal.wait_for_text("kept 2.");
    wait_for_status(&mut terminal, &project.generation(1));
    // Nor is one whose end is wanted now.
    terminal.press("R");
    wait_until(|| count() == 3);
    terminal.press("q");
    assert!(terminal.end().success());
    assert_eq!(count(), 3);
    terminal.assert_restored();
}

/// What the program prints after it was started with the generation before.
fn wait_for_again(terminal: &mut Terminal, printed: &str) {
    terminal.wait_for("the answer before", |text| {
        let (_, rest) = text.rsplit_once("nothing is built")?;
        rest.contains(printed).then_some(())
    });
}

#[test]
fn a_panic_in_edited_code_says_which_edit_and_waits() {
    let project = Project::shared();
    let mut terminal = in_terminal(&project, &["run"], (200, 60));
    wait_for_status(&mut terminal, &project.generation(1));
    project.edit("if true { panic!(\"no index 3\") } else { 1 }");
    let said = "the program ended: panicked at usual-rules/src/lib.rs:3:36: no index 3 \
                (generation 2 of usual-rules was live, with your edit of `answer`); \
                a save or R starts it again";
    terminal.wait_for_text(said);
    wait_for_status(&mut terminal, "ended · R start again  b start the one before");
    // Started as it was before the edit, although that is still in the source.
    terminal.press("b");
    terminal.wait_for_text("the program starts with generation 1 of usual-rules; nothing is built");
    wait_for_again(&mut terminal, "answer 1.");
    wait_for_status(&mut terminal, &project.generation(1));
    project.edit("5");
    terminal.wait_for_text("answer 5.");
    wait_for_status(&mut terminal, &project.generation(2));
    project.edit("if true { panic!(\"no index 4\") } else { 1 }");
    terminal.wait_for_text("no index 4 (generation 3 of usual-rules was live");
    terminal.press("b");
    wait_for_again(&mut terminal, "answer 5.");
    project.edit("if true { panic!(\"no index 6\") } else { 1 }");
    terminal.wait_for_text("no index 6 (generation 2 of usual-rules was live");
    // What it loads is broken, and then what it is built from.
    project.edit("true");
    terminal.wait_for_text(
        "HOT0704: `usual_rules` does not compile: 1 error; a save or R starts it again",
    );
    let main = |more: &str| {
        let main = PROGRAM.replace("NAME", "usual");
        project.workspace.write("usual-game/src/main.rs", &format!("{main}{more}"));
    };
    main("fn broken() -> u32 { true }");
    terminal.wait_for_text("the program was not built: a save or R tries again");
    wait_for_status(&mut terminal, "not built · R start again");
    terminal.press("s");
    terminal.wait_for_text("the program does not run: R starts it");
    project.edit("3");
    main("");
    terminal.wait_for_text("answer 3.");
    wait_for_status(&mut terminal, &project.generation(1));

    // Restarted while it runs.
    let process = wait_for_id(&terminal, "process");
    terminal.press("R");
    terminal.wait_for("two answers", |text| (text.matches("answer 3.").count() == 2).then_some(()));
    wait_for_status(&mut terminal, &project.generation(1));
    assert_gone(process);
    terminal.press("q");
    assert!(terminal.end().success());
    terminal.assert_restored();

    // From the start.
    main("fn broken() -> u32 { true }");
    let mut terminal = in_terminal(&project, &["run", "--restart"], (80, 24));
    terminal.wait_for_text("the program was not built: a save or R tries again");
    project.edit("4");
    main("");
    terminal.wait_for_text("answer 4.");
    wait_for_status(&mut terminal, &project.generation(1));
    let process = wait_for_id(&terminal, "process");
    main("// edited\n");
    terminal.wait_for_text("main.rs belongs to the host: restart it, as --restart does");
    terminal
        .wait_for("a second answer", |text| (text.matches("answer 4.").count() == 2).then_some(()));
    assert_gone(process);
    main("");
    terminal.signal("TERM");
    assert_eq!(terminal.end().exit_code(), 143);
    terminal.assert_restored();
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
fn no_keys_at_any_time_break_it() {
    let project = Project::shared();
    let mut terminal = in_terminal(&project, &["run"], (80, 24));
    wait_for_status(&mut terminal, &project.generation(1));
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    for turn in 0..200 {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let keys =
            ["r", "b", "R", "e", "h", "s", "c", "?", "p", "j", "G", "1", "\x1b[A", "\x1b[6~"];
        terminal.press(keys[usize::try_from(random % 14).unwrap()]);
        match turn % 40 {
            10 => project.edit(&(turn + 1).to_string()),
            20 => project.edit("true"),
            30 => terminal.resize((30 + turn, 10)),
            _ => thread::sleep(Duration::from_millis(20)),
        }
    }
    project.edit("7");
    terminal.press("\x03");
    assert_eq!(terminal.end().exit_code(), 130);
    terminal.assert_restored();
    let bytes = terminal.bytes();
    let bytes = String::from_utf8_lossy(&bytes);
    let processes: Vec<u32> = bytes
        .split("process ")
        .skip(1)
        .filter_map(|it| it.split('.').next()?.parse().ok())
        .collect();
    assert!(!processes.is_empty());
    processes.into_iter().for_each(assert_gone);
}

#[test]
fn the_command_stops_and_goes_on_as_a_shells_job() {
    let project = Project::shared();
    let mut terminal = in_terminal(&project, &["run"], (80, 24));
    wait_for_status(&mut terminal, &project.generation(1));
    let process = wait_for_id(&terminal, "process");
    let state = |id: u32| {
        let stat = fs::read_to_string(format!("/proc/{id}/stat")).unwrap();
        stat.rsplit_once(") ").unwrap().1.chars().next().unwrap()
    };
    terminal.press("\x1a");
    wait_until(|| state(terminal.id()) == 'T' && state(process) == 'T');
    assert!(!terminal.is_raw(), "the terminal is the shell's");
    terminal.signal("CONT");
    wait_until(|| state(process) != 'T' && terminal.is_raw());
    project.edit("2");
    terminal.wait_for_text("answer 2.");
    terminal.press("q");
    assert!(terminal.end().success());
    terminal.assert_restored();
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
            assert!(start.elapsed() < Duration::from_secs(120), "{wanted} is not in the log");
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

/// Exhaustive: the framework is compiled once more for it.
#[cfg(feature = "exhaustive")]
#[test]
fn a_program_without_watch_is_told_what_to_write() {
    let project = Project::with_features("blind", "\"host\"");
    let mut terminal = in_terminal(&project, &["run"], (100, 30));
    terminal.wait_for_text("answer 1.");
    terminal.wait_for_text("features = [\"watch\"]");
    project.edit("2");
    terminal.press("r");
    terminal.wait_for_text("answer 2.");
    wait_for_status(&mut terminal, &project.generation(2));
    project.edit("true");
    terminal.press("r");
    terminal.wait_for_text("mismatched types");
    wait_for_status(&mut terminal, "failed to compile");
    let bytes = String::from_utf8_lossy(&terminal.bytes()).into_owned();
    assert_eq!(bytes.matches("was built without").count(), 1, "{bytes}");
    terminal.press("q");
    assert!(terminal.end().success());
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
