//! How the program and the command end, and what leads back: a start, a generation of before.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use super::{in_terminal, wait_for_id, wait_for_status};
use crate::terminal::Terminal;
use tests::{
    PATIENCE,
    control::socket,
    project::{PROGRAM, Project, assert_gone, id, is_alive},
    wait_until,
};

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
        assert!(start.elapsed() < PATIENCE, "no build script runs");
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
    // The page says what was said before it was opened, and what has changed is said after it is live.
    terminal.wait_for_text("generation 3 is live");
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
    // A thread that is starting rustc waits for that, which is stopped, and cannot be stopped itself then.
    let has_stopped = |id: u32| {
        let threads = fs::read_dir(format!("/proc/{id}/task")).unwrap().flatten();
        let threads = threads.filter_map(|it| it.file_name().to_str()?.parse().ok());
        let states: Vec<_> = threads.map(state).collect();
        states.contains(&'T') && states.iter().all(|it| matches!(it, 'T' | 'D'))
    };
    terminal.press("\x1a");
    wait_until(|| state(terminal.id()) == 'T' && has_stopped(process));
    assert!(!terminal.is_raw(), "the terminal is the shell's");
    terminal.signal("CONT");
    wait_until(|| state(process) != 'T' && terminal.is_raw());
    project.edit("2");
    terminal.wait_for_text("answer 2.");
    terminal.press("q");
    assert!(terminal.end().success());
    terminal.assert_restored();
}
