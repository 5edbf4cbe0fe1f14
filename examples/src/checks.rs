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
    /// The scene whose next expectation is turned into its opposite.
    alter: Option<usize>,
}

impl Checks {
    /// `alter`: the first expectation of that scene is turned into its opposite, so that a test
    /// can see the run fail.
    pub fn new(alter: Option<usize>) -> Self {
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

    /// Whether something was not as expected so far.
    pub fn have_failed(&self) -> bool {
        self.failed > 0
    }

    /// Says how it went and how long it took; the status is for the process.
    pub fn finish(self) -> ExitCode {
        let seconds = self.started.elapsed().as_secs_f64();
        let altered_nothing = self.alter.filter(|_| self.failed == 0);
        if let Some(scene) = altered_nothing {
            eprintln!("there is no scene {scene} to alter");
        }
        if self.failed == 0 && altered_nothing.is_none() {
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
        self.alter == Some(self.scene) && self.alter.take().is_some()
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
