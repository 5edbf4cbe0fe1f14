//! The lines of Rust that have a crate linked: rustc leaves out what no source names.

use std::fmt::Write as _;

/// Stands above the line that has the shared library linked.
const WHY_USED: &str = "// rustc links no crate that nothing names: what is in this one exists once, for host and bundles.";

/// The source with a line that has the crate in the shared library.
pub(crate) fn with_extern(text: &str, name: &str) -> String {
    let line = extern_line(name);
    if text.lines().any(|it| it.trim() == line) {
        return text.to_owned();
    }
    let mut text = text.trim_end().to_owned();
    // A comment at the top is followed by a blank line.
    let last = text.lines().last().unwrap_or_default();
    text += if last.starts_with("extern crate") || text.is_empty() { "\n" } else { "\n\n" };
    let _ = writeln!(text, "{line}");
    text.trim_start().to_owned()
}

/// The source without it.
pub(crate) fn without_extern(text: &str, name: &str) -> String {
    without(text, &extern_line(name))
}

/// The source with a line that has the shared library linked: behind what must be first.
pub(super) fn with_use(text: &str, line: &str) -> String {
    if text.lines().any(|it| it.trim() == line) {
        return text.to_owned();
    }
    let at = end_of_inner(text);
    let (before, after) = text.split_at(at);
    let space = if before.is_empty() { "" } else { "\n" };
    let after = after.trim_start_matches('\n');
    let end = if after.is_empty() { "" } else { "\n" };
    format!("{before}{space}{WHY_USED}\n{line}\n{end}{after}")
}

/// The source without it.
pub(super) fn without_use(text: &str, line: &str) -> String {
    without(&text.replace(&format!("{WHY_USED}\n{line}"), line), line)
}

fn extern_line(name: &str) -> String {
    format!("extern crate {name} as _;")
}

/// Without the line, and without one of two blank lines that it has stood between.
fn without(text: &str, line: &str) -> String {
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let mut left: Vec<&str> = Vec::new();
    let mut is_behind = false;
    for it in lines {
        if it.trim() == line {
            is_behind = true;
            continue;
        }
        let is_double = is_behind
            && it.trim().is_empty()
            && left.last().is_none_or(|last| last.trim().is_empty());
        is_behind = false;
        if !is_double {
            left.push(it);
        }
    }
    left.concat()
}

/// Where the file's own documentation and attributes end: the length of what is before the first item.
fn end_of_inner(text: &str) -> usize {
    let (mut end, mut at, mut depth) = (0, 0, 0_i32);
    for line in text.split_inclusive('\n') {
        let start = line.trim_start();
        let is_inner = depth > 0
            || start.starts_with("//!")
            || start.starts_with("#![")
            || (at == 0 && start.starts_with("#!/"));
        let is_between =
            start.trim_end().is_empty() || start.starts_with("//") && !start.starts_with("///");
        at += line.len();
        if is_inner {
            if depth > 0 || start.starts_with("#![") {
                let count = |what: char| i32::try_from(line.matches(what).count()).unwrap_or(0);
                depth += count('[') - count(']');
            }
            end = at;
        } else if !is_between {
            break;
        }
    }
    end
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::library::ROOT;

    #[test]
    fn a_line_is_added_and_taken_away() {
        const LINE: &str = "use a_shared as _;";
        for (before, after) in [
            ("", "LINE\n"),
            ("fn main() {}\n", "LINE\n\nfn main() {}\n"),
            ("//! Docs.\n\nfn main() {}\n", "//! Docs.\n\nLINE\n\nfn main() {}\n"),
            (
                "// Hello.\n#![allow(\n    dead_code,\n)]\n// Next.\nhot::bundle!();\n",
                "// Hello.\n#![allow(\n    dead_code,\n)]\n\nLINE\n\n// Next.\nhot::bundle!();\n",
            ),
            ("//! Docs.\n/// Of it.\nstruct A;\n", "//! Docs.\n\nLINE\n\n/// Of it.\nstruct A;\n"),
        ] {
            let with = with_use(before, LINE);
            assert_eq!(with, after.replace("LINE", &format!("{WHY_USED}\n{LINE}")));
            assert_eq!(with_use(&with, LINE), with);
            assert!(syn::parse_file(&with).is_ok(), "{with}");
            let without = without_use(&with, LINE);
            assert!(!without.contains(LINE) && !without.contains(WHY_USED), "{without}");
        }
        let text = "//! Docs.\n\nfn main() {}\n";
        assert_eq!(without_use(&with_use(text, LINE), LINE), text);
        // One that somebody else has written.
        assert_eq!(without_use("//! Docs.\n\nuse a_shared as _;\n\nfn main() {}\n", LINE), text);
    }

    #[test]
    fn crates_are_listed() {
        let one = with_extern(ROOT, "tokio");
        assert!(one.ends_with("other.\n\nextern crate tokio as _;\n"));
        let two = with_extern(&with_extern(&one, "axum"), "tokio");
        assert!(two.ends_with("extern crate tokio as _;\nextern crate axum as _;\n"));
        assert_eq!(without_extern(&two, "axum"), one);
        assert!(syn::parse_file(&two).is_ok());
    }
}
