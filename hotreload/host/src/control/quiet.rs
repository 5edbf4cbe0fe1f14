//! Who says what a save led to: the program itself, or `cargo hotreload run`, which has started it
//! and shows its output. Never both.
//!
//! The command sets `HOTRELOAD_WATCH` for the program:
//!
//! | value | |
//! |---|---|
//! | `1` | watch, also if the builder does not ask for it; lines go to its printer or to standard error |
//! | `quiet` | the same, but while somebody listens at the control socket, only they are told |
//! | `program` | as `quiet`, but what the builder was given is called: the terminal is the program's |

use std::{env, sync::Arc};

use crate::build::{as_text, standard_error};
use crate::control::listeners;
use crate::said::{BuildSink, Printer};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// As the builder says.
    Builder,
    Watch,
    Quiet,
    Program,
}

fn mode() -> Mode {
    match env::var("HOTRELOAD_WATCH").as_deref() {
        Err(_) | Ok("" | "0") => Mode::Builder,
        Ok("quiet") => Mode::Quiet,
        Ok("program") => Mode::Program,
        Ok(_) => Mode::Watch,
    }
}

/// Whether a message is left to those who listen. `own`: the builder was given something for it.
fn is_left(mode: Mode, own: bool, heard: bool) -> bool {
    heard && (mode == Mode::Quiet || mode == Mode::Program && !own)
}

/// Who prints the lines about saves; none if nothing is watched.
#[cfg(feature = "watch")]
pub(crate) fn printer(own: Option<Printer>) -> Option<Printer> {
    let (mode, is_own) = (mode(), own.is_some());
    if mode == Mode::Builder {
        return own;
    }
    let print = own.unwrap_or_else(|| {
        Arc::new(|line: &str| {
            use std::io::Write as _;
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(std::io::stderr(), "{line}");
        })
    });
    Some(Arc::new(move |line| {
        if !is_left(mode, is_own, listeners::any()) {
            print(line);
        }
    }))
}

/// Who shows builds: those who listen, and what the builder was given for them, or for lines, or
/// standard error.
pub(crate) fn sink(own: Option<BuildSink>, lines: Option<Printer>) -> BuildSink {
    let own = own.or_else(|| lines.map(as_text));
    let (mode, is_own) = (mode(), own.is_some());
    let show = own.unwrap_or_else(standard_error);
    Arc::new(move |message| {
        let heard = listeners::build(&message);
        if !is_left(mode, is_own, heard) {
            show(message);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_said_twice_and_nothing_is_lost() {
        for mode in [Mode::Builder, Mode::Watch, Mode::Quiet, Mode::Program] {
            for own in [false, true] {
                assert!(!is_left(mode, own, false), "nobody else would say it");
            }
        }
        assert!(is_left(Mode::Quiet, true, true) && is_left(Mode::Quiet, false, true));
        assert!(is_left(Mode::Program, false, true) && !is_left(Mode::Program, true, true));
        assert!(!is_left(Mode::Watch, false, true) && !is_left(Mode::Builder, false, true));
    }
}
