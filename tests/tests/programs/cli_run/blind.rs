//! A program that does not watch. The framework is compiled once more for it: exhaustive.
#![cfg(feature = "exhaustive")]

use super::{in_terminal, wait_for_status};
use tests::project::Project;

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
