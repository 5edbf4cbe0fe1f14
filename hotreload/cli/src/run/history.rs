//! What became of each load, save, reload and rollback: for the page that a key shows.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use hot_host::Report;

/// As many generations have a digit.
const DIGITS: usize = 9;

#[derive(Debug, Default)]
pub(super) struct History(Vec<Entry>);

#[derive(Debug)]
struct Entry {
    at: Instant,
    text: String,
    /// The generation that became live, if it was one: of which bundle, and its number as it was loaded.
    live: Option<(String, u64)>,
}

impl History {
    /// Notes what was said, and what became live.
    pub(super) fn note(&mut self, text: &str, live: &[Arc<Report>]) {
        if text.trim().is_empty() {
            return;
        }
        let live = match live {
            [one] => {
                let generation = one.rolled_back.map_or(one.generation, |way| way.to);
                Some((one.bundle.clone(), generation))
            }
            // Of several that belong together none goes back alone.
            _ => None,
        };
        self.0.push(Entry { at: Instant::now(), text: text.trim_end().to_owned(), live });
    }

    /// What was said last, whole.
    pub(super) fn last(&self) -> Option<&str> {
        self.0.last().map(|entry| entry.text.as_str())
    }

    /// All of it, the latest first, with a digit before each generation that `is_earlier` knows; and
    /// the generations that the digits stand for, from 1 on.
    pub(super) fn page(
        &self,
        is_earlier: impl Fn(&str, u64) -> bool,
    ) -> (String, Vec<(String, u64)>) {
        if self.0.is_empty() {
            let nothing = "nothing was loaded, saved, reloaded or rolled back yet\n";
            return (nothing.to_owned(), Vec::new());
        }
        let (mut text, mut choices) = (String::new(), Vec::new());
        for Entry { at, text: said, live } in self.0.iter().rev() {
            let choice = live.as_ref().filter(|live| {
                choices.len() < DIGITS && !choices.contains(*live) && is_earlier(&live.0, live.1)
            });
            choices.extend(choice.cloned());
            let digit = choice.map_or_else(String::new, |_| choices.len().to_string());
            text += &format!("{digit:1} {:>9}  {said}\n", ago(at.elapsed()));
        }
        (text, choices)
    }
}

fn ago(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s ago"),
        seconds @ 60..3600 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_short() {
        let texts = [0, 59, 60, 3599, 3600, 90_000].map(|it| ago(Duration::from_secs(it)));
        assert_eq!(
            texts,
            ["0 s ago", "59 s ago", "1 min ago", "59 min ago", "1 h ago", "25 h ago"]
        );
    }

    #[test]
    fn digits_stand_for_what_there_is_a_way_back_to() {
        let report = |generation: u64, to: Option<u64>| -> Arc<Report> {
            let way = to.map(|to| json!({"from": generation - 1, "to": to}));
            let report = json!({"bundle": "rules", "generation": generation, "rolled_back": way});
            serde_json::from_value(report).unwrap()
        };
        let mut history = History::default();
        history.note("first", &[report(1, None)]);
        history.note("second", &[report(2, None)]);
        history.note("refused", &[]);
        history.note("back", &[report(3, Some(1))]);
        history.note("fourth", &[report(4, None)]);
        let (text, choices) = history.page(|_, generation| generation < 4);
        let lines: Vec<_> = text.lines().map(|line| (&line[..1], &line[13..])).collect();
        assert_eq!(
            lines,
            [(" ", "fourth"), ("1", "back"), (" ", "refused"), ("2", "second"), (" ", "first")]
        );
        assert_eq!(choices, [("rules".to_owned(), 1), ("rules".to_owned(), 2)]);
    }
}
