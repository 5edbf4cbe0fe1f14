//! What became of each save, reload and rollback: for the page that a key shows.

use std::time::{Duration, Instant};

#[derive(Debug, Default)]
pub(super) struct History(Vec<(Instant, String)>);

impl History {
    /// Notes what was said.
    pub(super) fn note(&mut self, text: &str) {
        if !text.trim().is_empty() {
            self.0.push((Instant::now(), text.trim_end().to_owned()));
        }
    }

    /// What was said last, whole.
    pub(super) fn last(&self) -> Option<&str> {
        self.0.last().map(|(_, text)| text.as_str())
    }

    /// All of it, the latest first.
    pub(super) fn text(&self) -> String {
        if self.0.is_empty() {
            return "nothing was saved, reloaded or rolled back yet\n".to_owned();
        }
        let line = |(at, text): &(Instant, String)| format!("{:>9}  {text}\n", ago(at.elapsed()));
        self.0.iter().rev().map(line).collect()
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
    use super::*;

    #[test]
    fn times_are_short() {
        let texts = [0, 59, 60, 3599, 3600, 90_000].map(|it| ago(Duration::from_secs(it)));
        assert_eq!(
            texts,
            ["0 s ago", "59 s ago", "1 min ago", "59 min ago", "1 h ago", "25 h ago"]
        );
    }
}
