//! What matters now, kept so that a program may ask in each frame: reading takes no lock.

use std::{sync::Arc, time::Instant};

use arc_swap::ArcSwap;

use crate::said::{BuildMessage, Diagnosis, Error, Event, Level, Notice, Outcome, Report, Saved};

/// Hears what happens, and says what of it matters now.
#[derive(Default)]
pub(crate) struct Notices(ArcSwap<Now>);

#[derive(Clone, Default)]
struct Now {
    building: Option<Building>,
    /// What was saved and does not run, the oldest first: it matters until it is mended, whatever
    /// happens to other bundles.
    broken: Vec<Broken>,
    /// What has happened last.
    last: Option<Arc<Line>>,
}

#[derive(Clone)]
struct Building {
    bundles: Vec<String>,
    /// A save has begun it, and what came of the save is said once it is loaded, too.
    by_save: bool,
    line: Arc<Line>,
}

#[derive(Clone)]
struct Broken {
    bundles: Vec<String>,
    line: Arc<Line>,
}

struct Line {
    text: String,
    level: Level,
    since: Instant,
}

impl Notices {
    /// The one line that matters now.
    pub(crate) fn now(&self) -> Option<Notice> {
        let now = self.0.load();
        let Line { text, level, since } = now.line()?;
        Some(Notice { text: text.clone(), level: *level, age: since.elapsed() })
    }

    /// Something has happened.
    pub(crate) fn hear(&self, event: &Event) {
        self.change(|now| now.hear(event));
    }

    /// A build says something. Those that no save has begun are announced by nothing else.
    pub(crate) fn hear_build(&self, message: BuildMessage<'_>) {
        match message {
            // It is said several times a second.
            BuildMessage::Progress { bundle, .. } if self.0.load().building.is_none() => {
                let bundles: Vec<_> = bundle.split(", ").map(str::to_owned).collect();
                self.change(|now| now.building = Some(Building::new(&bundles, false)));
            }
            BuildMessage::Done => {
                self.change(|now| now.building = now.building.take().filter(|it| it.by_save));
            }
            _ => {}
        }
    }

    /// Somebody has had the bundle built, and what was built is live already.
    pub(crate) fn unchanged(&self, bundle: &str, text: &str) {
        self.change(|now| {
            now.mend(&[bundle.to_owned()]);
            now.last = Some(Line::new(text.to_owned(), Level::Info));
        });
    }

    fn change(&self, change: impl Fn(&mut Now)) {
        self.0.rcu(|now| {
            let mut now = Now::clone(now);
            change(&mut now);
            now
        });
    }
}

impl Now {
    fn line(&self) -> Option<&Line> {
        let is_error = |line: &&Arc<Line>| line.level == Level::Error;
        let building = self.building.as_ref().map(|it| &it.line);
        building
            .or(self.last.as_ref().filter(is_error))
            .or(self.broken.first().map(|it| &it.line))
            .or(self.last.as_ref())
            .map(|line| &**line)
    }

    fn hear(&mut self, event: &Event) {
        self.last = Some(match event {
            Event::Building { bundles } => {
                self.building = Some(Building::new(bundles, true));
                return;
            }
            Event::Loaded(report) | Event::RolledBack(report) => {
                self.mend(std::slice::from_ref(&report.bundle));
                Line::new(event.to_string(), Level::Info)
            }
            Event::Unloaded { bundle, .. } => {
                self.mend(std::slice::from_ref(bundle));
                self.building = self.building.take().filter(|it| !it.bundles.contains(bundle));
                Line::new(event.to_string(), Level::Info)
            }
            Event::Refused(error) => Line::new(first_reason(error), Level::Error),
            Event::Tweaked(_) => Line::new(event.to_string(), Level::Info),
            Event::Saved(saved) => self.hear_of_save(saved),
        });
    }

    fn hear_of_save(&mut self, saved: &Saved) -> Arc<Line> {
        let built = self.building.take();
        let level = match &saved.outcome {
            Outcome::Refused { bundles, error } => {
                self.mend(bundles);
                let line = Line::new(first_reason(error), Level::Error);
                self.broken.push(Broken { bundles: bundles.clone(), line: line.clone() });
                return line;
            }
            Outcome::Live(reports) => {
                let bundles = reports.iter().map(|report: &Arc<Report>| report.bundle.clone());
                self.mend(&bundles.collect::<Vec<_>>());
                Level::Info
            }
            Outcome::Unchanged => {
                // A file that is as it was needs no build, and mends nothing.
                self.mend(&built.map(|it| it.bundles).unwrap_or_default());
                Level::Info
            }
            Outcome::Host => Level::Warning,
        };
        let is_behind = !saved.undone.is_empty()
            || !saved.differing.is_empty()
            || saved.host_copies.iter().any(|it| it.certain);
        Line::new(saved.to_string(), if is_behind { Level::Warning } else { level })
    }

    /// These bundles are not broken any more.
    fn mend(&mut self, bundles: &[String]) {
        self.broken.retain(|broken| broken.bundles.iter().all(|it| !bundles.contains(it)));
    }
}

impl Building {
    fn new(bundles: &[String], by_save: bool) -> Building {
        let line = Line::new(format!("building {}", bundles.join(", ")), Level::Info);
        Building { bundles: bundles.to_vec(), by_save, line }
    }
}

impl Line {
    fn new(text: String, level: Level) -> Arc<Line> {
        Arc::new(Line { text, level, since: Instant::now() })
    }
}

/// The first reason in a line: where rustc has found something and what, or the code and its
/// sentence.
fn first_reason(error: &Error) -> String {
    let reason = &error.reasons()[0];
    let rustc = reason.facts.iter().find(|(label, _)| *label == "rustc");
    let diagnosis = rustc.and_then(|(_, text)| Diagnosis::read(text));
    diagnosis.map_or_else(
        || format!("{}: {}", reason.code.id(), reason.message),
        |diagnosis| diagnosis.to_string(),
    )
}

#[cfg(test)]
mod tests {
    use std::{path::PathBuf, time::Duration};

    use super::*;
    use crate::said::{Code, HostCopy, Reason};

    fn report(bundle: &str) -> Arc<Report> {
        Arc::new(Report { bundle: bundle.to_owned(), generation: 2, ..Report::default() })
    }

    fn names(bundles: &[&str]) -> Vec<String> {
        bundles.iter().map(|it| (*it).to_owned()).collect()
    }

    fn broken() -> Error {
        Reason::new(Code::BuildFailed, "`rules` does not compile: 2 errors")
            .fact("rustc", "error[E0308]: mismatched types\n --> rules/src/lib.rs:3:5\n  |")
            .into()
    }

    fn refused() -> Error {
        Reason::new(Code::TypeChanged, "`rules::f` has another result").into()
    }

    fn building(bundles: &[&str]) -> Event {
        Event::Building { bundles: names(bundles) }
    }

    fn saved(file: &str, outcome: Outcome) -> Event {
        Event::Saved(Arc::new(Saved::new([PathBuf::from(file)], outcome)))
    }

    fn refuses(bundles: &[&str], error: Error) -> Event {
        let error = Arc::new(error);
        saved("lib.rs", Outcome::Refused { bundles: names(bundles), error })
    }

    fn live(bundle: &str) -> [Event; 2] {
        let report = report(bundle);
        [Event::Loaded(report.clone()), saved("lib.rs", Outcome::Live(vec![report]))]
    }

    /// What matters after these.
    #[track_caller]
    fn check(notices: &Notices, events: &[Event], level: Level, text: &str) {
        events.iter().for_each(|event| notices.hear(event));
        let notice = notices.now().unwrap();
        assert!(notice.text.starts_with(text) && !text.is_empty(), "{notice:?}");
        assert_eq!(notice.level, level, "{notice:?}");
    }

    const FIRST: &str = "rules/src/lib.rs:3:5: mismatched types";

    #[test]
    fn an_error_matters_until_it_is_mended() {
        let notices = Notices::default();
        assert_eq!(notices.now(), None);
        check(&notices, &[building(&["rules"])], Level::Info, "building rules");
        check(&notices, &live("rules"), Level::Info, "rules: generation 2 is live");
        check(&notices, &[building(&["rules"])], Level::Info, "building rules");
        check(&notices, &[refuses(&["rules"], broken())], Level::Error, FIRST);
        // What happens to others does not mend it.
        let host = || saved("main.rs", Outcome::Host);
        check(&notices, &[host()], Level::Error, FIRST);
        check(&notices, &[saved("main.rs", Outcome::Unchanged)], Level::Error, FIRST);
        check(&notices, &[building(&["other"])], Level::Info, "building other");
        check(&notices, &live("other"), Level::Error, FIRST);
        let other = Event::Refused(Arc::new(refused()));
        check(&notices, &[other], Level::Error, "HOT0301: `rules::f` has another result");
        check(&notices, &live("other"), Level::Error, FIRST);
        check(&notices, &[building(&["rules"])], Level::Info, "building rules");
        check(&notices, &live("rules"), Level::Info, "rules: generation 2 is live");
        let to_restart = "main.rs belongs to the host: restart it";
        check(&notices, &[host()], Level::Warning, to_restart);

        check(&notices, &[refuses(&["rules", "other"], refused())], Level::Error, "HOT0301: ");
        let unchanged = [building(&["rules"]), saved("lib.rs", Outcome::Unchanged)];
        check(&notices, &unchanged, Level::Info, "lib.rs: nothing changed");
        check(&notices, &[refuses(&["rules"], broken())], Level::Error, FIRST);
        notices.unchanged("rules", "rules: nothing changed since generation 2");
        check(&notices, &[], Level::Info, "rules: nothing changed since");
        check(&notices, &[refuses(&["rules"], broken())], Level::Error, FIRST);
        let unloaded = Event::Unloaded { bundle: "rules".to_owned(), failed_hooks: Vec::new() };
        check(&notices, &[building(&["rules"]), unloaded], Level::Info, "rules: unloaded");
    }

    #[test]
    fn a_build_that_nobody_has_announced_is_told_while_it_runs() {
        let notices = Notices::default();
        let progress = |bundle| BuildMessage::Progress {
            bundle,
            crates: 0,
            elapsed: Duration::ZERO,
            waiting: false,
        };
        notices.hear_build(progress("rules, other"));
        check(&notices, &[], Level::Info, "building rules, other");
        notices.hear_build(BuildMessage::Done);
        assert_eq!(notices.now(), None);
        check(&notices, &[building(&["rules"])], Level::Info, "building rules");
        notices.hear_build(progress("other"));
        // It is yet to be loaded.
        notices.hear_build(BuildMessage::Done);
        check(&notices, &[], Level::Info, "building rules");
    }

    #[test]
    fn what_the_host_keeps_as_it_was_is_a_warning() {
        for (certain, level) in [(true, Level::Warning), (false, Level::Info)] {
            let notices = Notices::default();
            let mut saved = Saved::new([], Outcome::Live(vec![report("rules")]));
            let (item, file) = ("rules::LIMIT".to_owned(), PathBuf::from("lib.rs"));
            saved.host_copies = vec![HostCopy { item, file, certain }];
            check(&notices, &[Event::Saved(Arc::new(saved))], level, "rules: generation 2 is live");
        }
    }
}
