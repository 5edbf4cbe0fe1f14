//! How a program ended, in words.

use std::{os::unix::process::ExitStatusExt as _, process::ExitStatus};

use signal_hook::low_level::signal_name;

use super::text::harmless;

/// Listens for panics in what a program prints: the last one may be what ends it.
#[derive(Debug, Default)]
pub(super) struct Panics {
    last: Option<(String, String)>,
    /// Where the panic was whose message comes in the next line.
    begun: Option<String>,
}

impl Panics {
    /// Takes whole lines.
    pub(super) fn read(&mut self, lines: &str) {
        for line in lines.lines() {
            if let Some(place) = self.begun.take() {
                self.last = Some((place, harmless(line, false).trim().to_owned()));
            } else if let Some(thread) = line.strip_prefix("thread ")
                && let Some((_, place)) = thread.split_once(" panicked at ")
            {
                self.begun = Some(harmless(place, false).trim_end_matches(':').to_owned());
            } else if let (Some((place, _)), Some(bundle)) =
                (&mut self.last, line.strip_prefix("  in bundle `"))
                && let Some((_, within)) = bundle.rsplit_once(" at ")
            {
                // The framework has raised it again for the caller.
                *place = within.to_owned();
            }
        }
    }
}

/// What a program's end was, as a sentence without its full stop.
pub(super) fn sentence(status: ExitStatus, panics: &Panics) -> String {
    match (status.signal(), status.code(), &panics.last) {
        (Some(signal), ..) => {
            let name = signal_name(signal).unwrap_or("unknown");
            format!("the program was ended by signal {signal} ({name})")
        }
        (_, Some(101), Some((place, message))) => {
            format!("the program ended: panicked at {place}: {message}")
        }
        (_, Some(0), _) => "the program ended by itself".to_owned(),
        (_, code, _) => format!("the program ended with exit code {}", code.unwrap_or_default()),
    }
}

/// The exit code that stands for this end.
pub(super) fn code(status: ExitStatus) -> u8 {
    let code = status.code().or_else(|| Some(128 + status.signal()?));
    code.and_then(|code| u8::try_from(code).ok()).unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(raw: i32, printed: &str) -> String {
        let mut panics = Panics::default();
        panics.read(printed);
        sentence(ExitStatus::from_raw(raw), &panics)
    }

    #[test]
    fn an_end_is_said_with_its_panic() {
        let caught = "thread 'worker' panicked at a.rs:1:1:\nfirst\n";
        let last =
            "thread 'main' (81) panicked at logic/src/lib.rs:12:5:\n\x1b[1mno index 3\x1b[0m\n";
        assert_eq!(
            of(101 << 8, &format!("{caught}x\n{last}note: run with ..\n")),
            "the program ended: panicked at logic/src/lib.rs:12:5: no index 3"
        );
        let again = "thread 'main' panicked at host.rs:1:1:\nno index\n  in bundle `logic` at logic/src/lib.rs:2:3\n";
        assert_eq!(
            of(101 << 8, again),
            "the program ended: panicked at logic/src/lib.rs:2:3: no index"
        );
        assert_eq!(of(7 << 8, caught), "the program ended with exit code 7");
        assert_eq!(of(101 << 8, ""), "the program ended with exit code 101");
        assert_eq!(of(0, caught), "the program ended by itself");
        assert_eq!(of(6, last), "the program was ended by signal 6 (SIGABRT)");
    }
}
