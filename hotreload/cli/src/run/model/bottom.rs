//! What the bottom line says of it.

use std::{fmt::Write as _, time::Duration};

use super::{Model, Phase};
use crate::run::line::Key;
use hot_host::command::counted;

impl Model {
    /// What the bottom line says first.
    pub(in crate::run) fn state(&self) -> String {
        let mut line = String::new();
        for (name, generation) in &self.bundles {
            let comma = if line.is_empty() { "" } else { ", " };
            write!(line, "{comma}{name} {generation}").expect("a String takes all");
        }
        if line.is_empty() {
            line.push_str("no bundle");
        }
        line.push_str(" · ");
        match &self.phase {
            Phase::Starting => line.push_str("starting"),
            Phase::Building { crates, milliseconds, waiting } => {
                let (seconds, tenths) = (milliseconds / 1000, milliseconds / 100 % 10);
                let crates = match crates {
                    0 => String::new(),
                    crates => format!(", {}", counted(*crates, "crate")),
                };
                let waiting = if *waiting { ", another cargo runs" } else { "" };
                write!(line, "building {seconds}.{tenths} s{crates}{waiting}")
                    .expect("a String takes all");
            }
            Phase::Live if self.bundles.is_empty() => line.push_str("running"),
            Phase::Live => line.push_str("live"),
            Phase::Refused(code) if code == "HOT0704" => line.push_str("failed to compile"),
            Phase::Refused(code) => {
                line.push_str("refused ");
                line.push_str(code);
            }
            Phase::HostEdited => line.push_str("live, but the host was edited"),
            Phase::Restarting => line.push_str("ending, to start again"),
            // Of what does not run no generation is live.
            Phase::Ended => line = "ended".to_owned(),
            Phase::NotBuilt => line = "not built".to_owned(),
            Phase::Ending => line.push_str("ending"),
        }
        if self.is_paused() {
            line.push_str(" · paused");
        }
        line
    }

    /// What it says where there is room for more.
    pub(in crate::run) fn detail(&self) -> String {
        match (&self.phase, self.times) {
            (Phase::Live, Some((build, load))) => {
                let ms = |time: Duration| time.as_secs_f64() * 1e3;
                let built = match build.is_zero() {
                    true => String::new(),
                    false => format!("built {:.0} ms + ", ms(build)),
                };
                format!("{built}{:.0} ms", ms(load))
            }
            (Phase::Refused(code), _) if code == "HOT0704" => {
                self.problems.first().unwrap_or_default()
            }
            _ => String::new(),
        }
    }

    /// The keys that it names, most useful first; the last one tells of all others.
    pub(in crate::run) fn keys(&self) -> &'static [Key] {
        match self.phase {
            _ if self.is_paused() => &[
                ("p", "go on"),
                ("r", "reload"),
                ("R", "restart"),
                ("q", "quit"),
                ("h", "history"),
                ("s", "status"),
                HELP,
            ],
            Phase::Ended => &[
                ("R", "start again"),
                ("b", "start the one before"),
                ("q", "quit"),
                ("e", "report"),
                ("h", "history"),
                HELP,
            ],
            Phase::NotBuilt => {
                &[("R", "start again"), ("q", "quit"), ("e", "report"), ("h", "history"), HELP]
            }
            Phase::HostEdited => &[
                ("R", "restart"),
                ("q", "quit"),
                ("r", "reload"),
                ("b", "roll back"),
                ("s", "status"),
                HELP,
            ],
            Phase::Refused(_) => &[
                ("e", "report"),
                ("r", "reload"),
                ("b", "roll back"),
                ("q", "quit"),
                ("h", "history"),
                ("R", "restart"),
                HELP,
            ],
            _ => &[
                ("r", "reload"),
                ("b", "roll back"),
                ("q", "quit"),
                ("s", "status"),
                ("h", "history"),
                ("R", "restart"),
                HELP,
            ],
        }
    }
}

const HELP: Key = ("?", "help");
