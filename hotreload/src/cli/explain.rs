//! `cargo hotreload explain HOT0301`.

use std::process::ExitCode;

use super::output::{self, FAILED, HEADING};
use crate::Code;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  cargo hotreload explain                  all codes with their titles
  cargo hotreload explain HOT0301
  cargo hotreload explain 301

Exit codes: 0 printed, 2 there is no such code.")]
pub(super) struct Arguments {
    /// The code as printed, for example HOT0301, or its number; without it all codes are listed
    code: Option<String>,
}

pub(super) fn run(arguments: &Arguments) -> ExitCode {
    let Some(wanted) = &arguments.code else { return output::print(&list(), 0) };
    let number = number(wanted);
    match Code::ALL.iter().find(|code| number == self::number(code.id())) {
        Some(code) => output::print(&format!("{}\n", code.page().trim_end()), 0),
        None => {
            output::complain(&format!("there is no code `{wanted}`"));
            output::write_error(&match number.map(nearest) {
                Some(code) => format!("  the nearest is {}", title(code)),
                None => "  `cargo hotreload explain` lists all of them".to_owned(),
            });
            FAILED.into()
        }
    }
}

/// `HOT0301`, `hot0301`, `0301` and `301` are one.
fn number(text: &str) -> Option<u32> {
    let upper = text.trim().to_ascii_uppercase();
    let digits = upper.strip_prefix("HOT").unwrap_or(&upper);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

fn nearest(wanted: u32) -> Code {
    let distance = |code: &&Code| number(code.id()).map(|it| it.abs_diff(wanted));
    *Code::ALL.iter().min_by_key(distance).expect("there are codes")
}

/// The first line of the code's page: `HOT0301: the types of a signature have changed`.
fn title(code: Code) -> &'static str {
    code.page().lines().next().unwrap_or_default().trim_start_matches("# ")
}

fn list() -> String {
    let lines = Code::ALL.iter().map(|code| match title(*code).split_once(": ") {
        Some((id, title)) => format!("{HEADING}{id}{HEADING:#}  {title}\n"),
        None => format!("{}\n", code.id()),
    });
    lines.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_page_begins_with_its_code_and_a_title() {
        for code in Code::ALL {
            let (id, title) = title(*code).split_once(": ").expect("a title");
            assert_eq!(id, code.id());
            assert!(!title.is_empty() && number(id).is_some());
        }
    }

    #[test]
    fn all_spellings_of_a_number() {
        for text in ["HOT0301", "hot0301", "Hot301", "0301", "301", " 301 "] {
            assert_eq!(number(text), Some(301), "{text}");
        }
        for text in ["", "HOT", "+301", "-301", "HOT03O1", "99999999999", "é"] {
            assert_eq!(number(text), None, "{text}");
        }
        assert_eq!(nearest(399).id(), "HOT0401");
        assert_eq!(nearest(0).id(), "HOT0101");
    }
}
