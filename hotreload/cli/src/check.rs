//! `cargo hotreload check OLD NEW`.

use std::{borrow::Cow, path::PathBuf, process::ExitCode};

use serde::Serialize;

use super::output::{self, BAD, FOUND, Format, GOOD};
use hot_host::command::{Library, Verdict, counted, line};

#[derive(Debug, clap::Args)]
#[command(after_help = "\
It is asked of the worst host: one that calls everything that OLD exports, holds a value of every \
static, and was built like OLD. Nothing of either library is run: types that generic definitions \
become are listed as undecided. A host that runs is asked with `Host::check`.

Examples:
  cargo hotreload check shipped/libmath.so target/debug/libmath.so
  cargo hotreload check old.so new.so --format json | jq .verdict

JSON: an object of verdict (accepted, refused), bundle, old, new, reasons (each with code, message, \
path, facts, help), only_callers (a host that has called none of the list closed accepts it), and the \
lists closed, added, removed, undecided, untracked, not_applied, moves, reset.

Exit codes: 0 it would be accepted, 1 it would be refused, 2 wrong usage, or a file that cannot be read.")]
pub(super) struct Arguments {
    /// The library that runs now
    old: PathBuf,
    /// The library that would be loaded in its place
    new: PathBuf,
    /// How the verdict is printed
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let Arguments { old, new, format } = arguments;
    let opened = Library::open(old).and_then(|old| Ok((old, Library::open(new)?)));
    let (old, new) = match opened {
        Ok(both) => both,
        Err(error) => return output::fail(&error, *format),
    };
    let verdict = old.reload(&new);
    let code = if verdict.reasons.is_empty() { 0 } else { FOUND };
    let text = match format {
        Format::Text => text(&new, &verdict),
        Format::Json => json(&old, &new, &verdict),
    };
    output::print(&text, code)
}

fn text(new: &Library, verdict: &Verdict) -> String {
    let Verdict {
        reasons,
        closed,
        only_callers,
        added,
        removed,
        undecided,
        untracked,
        not_applied,
        moves,
        reset,
    } = verdict;
    let mut text = String::new();
    for reason in reasons {
        text += &format!("{}\n", output::reasons(&reason.to_string()));
    }
    let lists = [
        ("added", added),
        ("removed", removed),
        ("not decided before it is loaded", undecided),
        ("fields not tracked", untracked),
        ("first values not applied", not_applied),
        ("what becomes of states' values", moves),
        ("values given up", reset),
    ];
    for (heading, list) in lists {
        text += &output::section(heading, &rows(list));
    }
    if *only_callers {
        let heading = "a host that has called none of these accepts it, and closes them to callers";
        text += &output::section(heading, &rows(closed));
    }
    let package = output::plain(&new.header.package);
    let blank = if text.is_empty() { "" } else { "\n" };
    text.trim_start().to_owned()
        + blank
        + &match reasons.len() {
            0 => format!("{GOOD}accepted{GOOD:#}: {package} can be reloaded\n"),
            count => {
                let reasons = counted(count, "reason");
                format!("{BAD}refused{BAD:#}: {package} cannot be reloaded, for {reasons}\n")
            }
        }
}

fn rows(list: &[String]) -> String {
    list.iter().map(|it| format!("  {}\n", output::plain(it))).collect()
}

fn json(old: &Library, new: &Library, verdict: &Verdict) -> String {
    #[derive(Serialize)]
    struct Form<'a> {
        verdict: &'a str,
        bundle: &'a str,
        old: Cow<'a, str>,
        new: Cow<'a, str>,
        #[serde(flatten)]
        rest: &'a Verdict,
    }
    let form = Form {
        verdict: if verdict.reasons.is_empty() { "accepted" } else { "refused" },
        bundle: &new.header.package,
        old: old.path.to_string_lossy(),
        new: new.path.to_string_lossy(),
        rest: verdict,
    };
    line(&form) + "\n"
}
