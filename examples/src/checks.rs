//! A demo that shows something also checks it.

use std::{
    fmt::Debug,
    io::{self, IsTerminal as _, Write as _},
    process::ExitCode,
    time::Instant,
};

use crate::text::{Style, paint, wants_colour};

/// Prints a line. Whoever closed standard output wants the status only.
fn print(line: &str) {
    let _ = writeln!(io::stdout(), "{line}");
}

/// Says something about the scene, every line set in.
pub fn say(text: impl ToString) {
    text.to_string().lines().for_each(|line| print(&format!("   {line}")));
}

/// Prints scenes and what was checked in them; knows whether all was so.
pub struct Checks {
    coloured: bool,
    started: Instant,
    scene: usize,
    passed: usize,
    failed: usize,
    /// The scenes whose next expectation is turned into its opposite.
    alter: Vec<usize>,
}

impl Checks {
    /// `alter`: the first expectation of each of these scenes is turned into its opposite, so that
    /// a test can see the run fail.
    pub fn new(alter: Vec<usize>) -> Self {
        let coloured = wants_colour(io::stdout().is_terminal());
        Checks { coloured, started: Instant::now(), scene: 0, passed: 0, failed: 0, alter }
    }

    /// Begins the next scene.
    pub fn scene(&mut self, title: &str) {
        self.scene += 1;
        let heading = format!("{}. {title}", self.scene);
        print(&format!("\n{}", paint(Style::Bold, &heading, self.coloured)));
    }

    /// Shows what came out, and checks that it is what was expected.
    pub fn equal<T: Debug + PartialEq<U>, U: Debug>(&mut self, what: &str, found: T, expected: U) {
        let altered = self.is_altered();
        if (found == expected) != altered {
            self.pass(&format!("{what}: {found:?}"));
        } else {
            let not = if altered { "anything but " } else { "" };
            self.fail(&format!("{what}: {found:?}, expected {not}{expected:?}"));
        }
    }

    /// Checks that something holds.
    pub fn holds(&mut self, what: &str, condition: bool) {
        let altered = self.is_altered();
        if condition != altered {
            self.pass(what);
        } else {
            let not = if altered { "expected not so: " } else { "not so: " };
            self.fail(&format!("{not}{what}"));
        }
    }

    /// Whether an expectation is still to be altered.
    pub fn has_to_alter(&self) -> bool {
        !self.alter.is_empty()
    }

    /// Says how it went and how long it took; the status is for the process.
    pub fn finish(self) -> ExitCode {
        let seconds = self.started.elapsed().as_secs_f64();
        for scene in &self.alter {
            eprintln!("there is no scene {scene} to alter");
        }
        if self.failed == 0 && self.alter.is_empty() {
            print(&format!("\n{} checks, all as expected, {seconds:.1} s", self.passed));
            return ExitCode::SUCCESS;
        }
        print(&format!(
            "\n{} checks, {} not as expected, {seconds:.1} s",
            self.passed + self.failed,
            self.failed
        ));
        ExitCode::FAILURE
    }

    fn is_altered(&mut self) -> bool {
        let found = self.alter.iter().position(|scene| *scene == self.scene);
        found.map(|at| self.alter.swap_remove(at)).is_some()
    }

    fn pass(&mut self, text: &str) {
        self.passed += 1;
        print(&format!("   {} {text}", paint(Style::Good, "ok", self.coloured)));
    }

    fn fail(&mut self, text: &str) {
        self.failed += 1;
        print(&format!("   {} {text}", paint(Style::Bad, "NOT OK", self.coloured)));
    }
}
