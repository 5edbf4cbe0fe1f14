//! `cargo hotreload explain HOT0301`.

use std::{borrow::Cow, process::ExitCode};

use super::{
    markdown,
    output::{self, FAILED, HEADING},
    pages::page,
};
use hot_host::Code;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  # All codes with their titles
  cargo hotreload explain

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
        Some(code) => output::print(&format!("{}\n", shown(*code).trim_end()), 0),
        None => {
            output::complain(&format!("there is no code `{wanted}`"));
            for code in number.into_iter().flat_map(alike) {
                output::write_error(&format!("  there is {}", title(code)));
            }
            output::write_error("  `cargo hotreload explain` lists all of them");
            FAILED.into()
        }
    }
}

/// The page as a terminal shows it, or as it is written for what reads it elsewhere.
fn shown(code: Code) -> Cow<'static, str> {
    match output::width() {
        Some(width) => markdown::rendered(page(code), width).into(),
        None => page(code).into(),
    }
}

/// `HOT0301`, `hot0301`, `0301` and `301` are one.
fn number(text: &str) -> Option<u32> {
    let upper = text.trim().to_ascii_uppercase();
    let digits = upper.strip_prefix("HOT").unwrap_or(&upper);
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    digits.parse().ok().filter(|_| is_number)
}

/// The codes that were meant, perhaps: two digits beside each other are swapped in them. Of the codes with
/// another digit there are too many.
fn alike(wanted: u32) -> Vec<Code> {
    let wanted = format!("HOT{wanted:04}");
    let swapped = |at: usize| {
        let mut bytes = wanted.clone().into_bytes();
        bytes.swap(at, at + 1);
        bytes
    };
    let all: Vec<_> = (3..wanted.len() - 1).map(swapped).collect();
    let is_one = |code: &&Code| all.iter().any(|it| it == code.id().as_bytes());
    Code::ALL.iter().filter(is_one).copied().collect()
}

/// The first line of the code's page: `HOT0301: the types of a signature have changed`.
fn title(code: Code) -> &'static str {
    page(code).lines().next().unwrap_or_default().trim_start_matches("# ")
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
    }

    #[test]
    fn swapped_digits_are_seen() {
        let ids = |wanted| alike(wanted).into_iter().map(Code::id).collect::<Vec<_>>();
        assert_eq!(ids(3001), ["HOT0301"]);
        assert_eq!(ids(310), ["HOT0301"]);
        assert_eq!(ids(9999), [""; 0]);
        assert_eq!(ids(u32::MAX), [""; 0]);
    }
}
