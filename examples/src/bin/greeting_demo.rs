//! Greets a guest every three seconds, while `greet` is replaced: by the keys 1 to 3, or by whoever
//! edits `bundles/greeting/src/lib.rs` and saves. The guest book lives in the bundle and stays.

use std::{process::ExitCode, time::Duration};

use examples::demo::{self, Demo, Edit};

const GUESTS: [&str; 6] = ["Ann", "Bob", "Cid", "Dan", "Eve", "Flo"];

#[derive(Default)]
struct Greeting {
    greeting: String,
}

impl Demo for Greeting {
    const NAME: &'static str = "greeting_demo";
    const HELP: &'static str = "\
Greets a guest every 3 seconds with greeting::greet.

greeting_demo [--workspace FOLDER]

Edit bundles/greeting/src/lib.rs and save: the next guest hears it.
Keys: 1 to 3 replace greet.";
    const BUNDLE: &'static str = "greeting";
    const PERIOD: Duration = Duration::from_secs(3);
    const EDITS: &'static [Edit] = &[
        Edit {
            short: "day",
            function: "pub fn greet(name: &str) -> String {\n    format!(\"Hello, {name}!\")\n}",
        },
        Edit {
            short: "night",
            function: "pub fn greet(name: &str) -> String {\n    format!(\"Good night, {name}.\")\n}",
        },
        Edit {
            short: "loud",
            function: "pub fn greet(name: &str) -> String {\n    format!(\"HEY {}!!\", name.to_uppercase())\n}",
        },
    ];

    fn call(&mut self) {
        let guest = GUESTS[greeting::BOOK.read().len() % GUESTS.len()];
        self.greeting = greeting::greet(guest);
        greeting::enter(guest);
    }

    fn facts(&self) -> Vec<(&'static str, String)> {
        vec![
            ("greeting", self.greeting.clone()),
            ("guests", greeting::BOOK.read().len().to_string()),
        ]
    }

    fn line(&self) -> String {
        self.greeting.clone()
    }

    fn summary(&self) -> String {
        format!("{} guests", greeting::BOOK.read().len())
    }

    fn panicked(&self) -> String {
        "greet() panicked, the guest waits".to_owned()
    }

    fn hints(&self) -> Vec<String> {
        vec!["or edit bundles/greeting/src/lib.rs and save".to_owned()]
    }
}

fn main() -> ExitCode {
    demo::main(|_| Greeting::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_finds_its_function() {
        demo::assert_edits_apply::<Greeting>(include_str!("../../../bundles/greeting/src/lib.rs"));
    }
}
