//! What fits into the bottom line.

use super::text::{columns, cut};

/// A key and what it does.
pub(super) type Key = (&'static str, &'static str);

/// Columns below which there is room for the state only.
const NARROW: usize = 29;
/// How many keys come before the detail.
const FIRST: usize = 1;

/// The state, and beside it what there is room for: the first keys, then the detail, then the other keys.
/// The last key, which tells of all others, is there wherever a key is.
pub(super) fn fit(state: &str, detail: &str, keys: &[Key], room: usize) -> String {
    let Some((last, others)) = keys.split_last() else { return cut(state, room) };
    if room < NARROW {
        return cut(state, room);
    }
    let said = |(key, does): &Key| format!("{key} {does}");
    let line = |detail: &str, count: usize| {
        let keys: Vec<_> = others[..count].iter().chain([last]).map(said).collect();
        let detail = if detail.is_empty() { String::new() } else { format!(" · {detail}") };
        format!("{state}{detail} · {}", keys.join("  "))
    };
    let counts = |detail| (0..=others.len()).rev().map(move |count| (detail, count));
    let with_detail = counts(detail).filter(|(_, count)| *count >= FIRST.min(others.len()));
    let mut tries = with_detail.chain(counts("")).map(|(detail, count)| line(detail, count));
    tries.find(|it| columns(it) <= room).unwrap_or_else(|| {
        // Rather a part of the state than no way to the keys.
        let key = format!(" · {}", last.0);
        cut(state, room - columns(&key)) + &key
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[Key] =
        &[("r", "reload"), ("b", "back"), ("e", "report"), ("s", "status"), ("?", "help")];

    #[test]
    fn the_first_keys_come_before_the_detail() {
        let fits = |room| fit("math 4 · live", "built 212 ms + 4 ms", KEYS, room);
        assert_eq!(
            fits(100),
            "math 4 · live · built 212 ms + 4 ms · r reload  b back  e report  s status  ? help"
        );
        assert_eq!(
            fits(79),
            "math 4 · live · built 212 ms + 4 ms · r reload  b back  e report  ? help"
        );
        assert_eq!(fits(60), "math 4 · live · built 212 ms + 4 ms · r reload  ? help");
        assert_eq!(fits(50), "math 4 · live · r reload  b back  e report  ? help");
        assert_eq!(fits(39), "math 4 · live · r reload  ? help");
        assert_eq!(fits(29), "math 4 · live · ? help");
        assert_eq!(fits(10), "math 4 · …");
        assert_eq!(
            fit("a long name 4 · refused HOT0301", "", KEYS, 29),
            "a long name 4 · refused … · ?"
        );
        for room in 0..120 {
            assert!(columns(&fits(room)) <= room);
        }
    }
}
