//! `cargo hotreload run` in terminals that have links.
#![cfg(unix)]

use std::process::Command;

use crate::{
    cli_run::{in_terminal_with, wait_for_status},
    terminal::Terminal,
};
use tests::project::Project;

fn bytes(terminal: &Terminal) -> String {
    String::from_utf8_lossy(&terminal.bytes()).into_owned()
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
