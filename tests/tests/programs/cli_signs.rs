//! `cargo hotreload run` in terminals that have links, a title and a bell.
#![cfg(unix)]

use std::process::Command;

use crate::{
    cli_run::{in_terminal, in_terminal_with, wait_for_status},
    terminal::Terminal,
};
use tests::{project::Project, wait_until};

fn bytes(terminal: &Terminal) -> String {
    String::from_utf8_lossy(&terminal.bytes()).into_owned()
}

/// The titles that it was given, and how often it rang.
fn signs(terminal: &Terminal) -> (Vec<String>, usize) {
    let bytes = bytes(terminal);
    let (mut titles, mut bells) = (Vec::new(), 0);
    for (number, part) in bytes.split("\x1b]0;").enumerate() {
        let text = match part.split_once('\x07') {
            Some((title, text)) if number > 0 => {
                titles.push(title.to_owned());
                text
            }
            _ => part,
        };
        bells += text.matches('\x07').count();
    }
    (titles, bells)
}

#[test]
fn places_in_sources_are_links() {
    let project = Project::shared();
    let run = |variables: &[(&str, &str)]| {
        let arguments = ["run", "--once", "--", "panic"];
        let mut terminal = in_terminal_with(&project, &arguments, (120, 40), variables);
        assert_eq!(terminal.end().exit_code(), 101);
        terminal.assert_restored();
        bytes(&terminal)
    };
    let without = run(&[("FORCE_HYPERLINK", "0")]);
    assert!(!without.contains("\x1b]") && !without.contains("\x1b[22"), "{without:?}");

    let mut terminal = in_terminal_with(&project, &["run"], (120, 40), &[("FORCE_HYPERLINK", "1")]);
    wait_for_status(&mut terminal, &project.generation(1));
    project.edit("if true { panic!(\"no index\") } else { true }");
    terminal.wait_for_text("HOT0704");
    let folder = project.workspace.folder().display().to_string();
    let host = Command::new("uname").arg("-n").output().unwrap().stdout;
    let host = String::from_utf8(host).unwrap();
    let link = |place: &str| {
        let (path, _) = place.split_once(':').unwrap();
        let host = host.trim();
        format!("\x1b]8;;file://{host}{folder}/{path}\x1b\\{place}\x1b]8;;\x1b\\")
    };
    let text = bytes(&terminal);
    assert!(text.contains(&link("usual-rules/src/lib.rs:3:64")), "{text:?}");

    project.edit("if true { panic!(\"no index\") } else { 1 }");
    terminal.wait_for_text("the program ended: panicked at");
    let text = bytes(&terminal);
    let place = "usual-rules/src/lib.rs:3:36";
    assert_eq!(text.matches(&link(place)).count(), 1, "{text:?}");
    assert!(text.matches(place).count() > 1, "what the program prints is left alone: {text:?}");
    terminal.press("q");
    assert!(terminal.end().success());
}

#[test]
fn title_and_bell_tell_who_looks_elsewhere() {
    let project = Project::shared();
    let mut terminal = in_terminal(&project, &["run", "--title", "--bell"], (120, 40));
    let says = |terminal: &Terminal, title: &str, bells: usize| {
        wait_until(|| signs(terminal).0.last().is_some_and(|it| it == title));
        assert_eq!(signs(terminal).1, bells, "{title}");
    };
    says(&terminal, "usual-game: generation 1", 0);
    project.edit("true");
    says(&terminal, "usual-game: 1 error", 1);
    project.edit("2");
    says(&terminal, "usual-game: generation 2", 1);
    let (titles, _) = signs(&terminal);
    assert!(titles.iter().any(|it| it == "usual-game: building"), "{titles:?}");
    terminal.press("q");
    assert!(terminal.end().success());
    terminal.assert_restored();
    wait_until(|| bytes(&terminal).contains("\x1b[23;0t"));
    let text = bytes(&terminal);
    let (first, last) = (text.find("\x1b]0;"), text.rfind("\x1b]0;"));
    assert!(text.find("\x1b[22;0t") < first && last < text.rfind("\x1b[23;0t"), "{text:?}");
}
