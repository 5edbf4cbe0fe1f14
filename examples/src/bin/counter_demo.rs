//! Counts, and applies `counter::change` to the count every second, while `change` is replaced:
//! by the keys 1 to 5, or by whoever edits `bundles/counter/src/lib.rs` and saves.

use std::{process::ExitCode, time::Duration};

use examples::demo::{self, Demo, Edit};

#[derive(Default)]
struct Counter {
    count: i64,
}

impl Demo for Counter {
    const NAME: &'static str = "counter_demo";
    const HELP: &'static str = "\
Counts, and applies counter::change to the count every second.

counter_demo [--workspace FOLDER]

Edit bundles/counter/src/lib.rs and save: that is applied too.
Keys: 1 to 5 replace change.";
    const BUNDLE: &'static str = "counter";
    const PERIOD: Duration = Duration::from_secs(1);
    const EDITS: &'static [Edit] = &[
        Edit { short: "+1", function: "pub fn change(count: i64) -> i64 {\n    count + 1\n}" },
        Edit { short: "+10", function: "pub fn change(count: i64) -> i64 {\n    count + 10\n}" },
        Edit {
            short: "x2",
            function: "pub fn change(count: i64) -> i64 {\n    count.saturating_mul(2)\n}",
        },
        Edit { short: "-5", function: "pub fn change(count: i64) -> i64 {\n    count - 5\n}" },
        Edit { short: "=0", function: "pub fn change(_count: i64) -> i64 {\n    0\n}" },
    ];

    fn call(&mut self) {
        self.count = counter::change(self.count);
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        vec![("count", self.count.to_string())]
    }

    fn line(&self) -> String {
        format!("count {}", self.count)
    }

    fn panicked(&self) -> String {
        format!("change() panicked, the count stays {}", self.count)
    }

    fn hints(&self) -> Vec<String> {
        vec!["or edit bundles/counter/src/lib.rs and save".to_owned()]
    }
}

fn main() -> ExitCode {
    demo::main(|_| Counter::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_finds_its_function() {
        demo::assert_edits_apply::<Counter>(include_str!("../../../bundles/counter/src/lib.rs"));
    }
}
