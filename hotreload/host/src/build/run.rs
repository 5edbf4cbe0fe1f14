//! How a build is run: by rustc alone, where an earlier one by cargo tells how and nothing else has changed;
//! else by cargo.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Instant, SystemTime},
};

use crate::build::outdated::MadeIn;
use crate::build::process::Event;
use crate::build::replay::{self, Ended, Question, Recorded};
use crate::build::report::Report;
use crate::build::{Abandon, Build, Built, BundlePackage, command, patched, process, sink};
use crate::said::{BuildMessage, BuiltBy};
use crate::said::{Code, Error, Reason, Result};
use crate::state::Maker;

impl Build<'_> {
    /// Builds, waits for it, and says where the libraries are, in the order of the bundles.
    pub(crate) fn run(&self) -> Result<Vec<Built>> {
        if !self.forward_allocation {
            return self.build(self.bundles);
        }
        let mut built = Vec::new();
        for bundle in self.bundles {
            built.extend(self.build(std::slice::from_ref(bundle))?);
        }
        Ok(built)
    }

    /// Has rustc build alone what cargo had it build before, if nothing else has changed since.
    fn build(&self, bundles: &[BundlePackage]) -> Result<Vec<Built>> {
        let start = Instant::now();
        let why = match self.recorded(bundles) {
            Ok(recorded) => match self.run_rustc(&recorded, start) {
                Ok(built) => return built.map(|built| vec![built]),
                Err(why) => Some(why),
            },
            Err(why) => why,
        };
        self.run_cargo(bundles, why, start)
    }

    /// What is known of an earlier build by cargo, or why that is of no use.
    fn recorded(&self, bundles: &[BundlePackage]) -> Result<Arc<Recorded>, Option<String>> {
        if !self.replays {
            return Err(None);
        }
        if self.wrapper.is_none() {
            // Of a save, once. Who calls for a build has not asked how it is done.
            static SAID: AtomicBool = AtomicBool::new(false);
            let is_new = self.abandon.is_some() && !SAID.swap(true, Ordering::Relaxed);
            return Err(is_new.then(|| self.why_unwrapped().to_owned()));
        }
        let [bundle] = bundles else {
            return Err(Some("several bundles are built together".to_owned()));
        };
        let question = Question::of(&self.command(bundles, self.flips_incremental() == Some(true)));
        replay::wait_for_first(bundle, &question, self.abandon.as_ref());
        replay::of(bundle, &question)
    }

    /// Why nobody has left word of how rustc was called, or who has is not there.
    pub(super) fn why_unwrapped(&self) -> &'static str {
        match self.host {
            Some(_) => {
                "`cargo hotreload run` has not built the program, or is not where it was then"
            }
            None => "the program is not known to be one of the bundle's workspace",
        }
    }

    /// Runs rustc alone, for a build that has begun at `start`. The error says why cargo has to be asked.
    fn run_rustc(&self, recorded: &Recorded, start: Instant) -> Result<Result<Built>, String> {
        let bundle = recorded.bundle();
        let mut progress = |event: &Event| {
            if matches!(event, Event::Tick) {
                self.progress(&bundle.name, 1, start, false);
            }
        };
        let ended = recorded.run(self.abandon.as_ref(), &mut progress);
        let mut report = Report::default();
        let mut tell = |said: replay::Said| {
            for other in recorded.others() {
                report.diagnostic(&other.target.name, &other.message, &self.sink);
            }
            for mut diagnostic in said.diagnostics {
                // rustc colours all that it says, for cargo to take the colours off.
                let rendered = diagnostic.rendered.take();
                let plain = |it: String| if self.colour { it } else { sink::without_colour(&it) };
                diagnostic.rendered = rendered.map(plain);
                report.diagnostic(&bundle.crate_name, &diagnostic, &self.sink);
            }
            said.printed.iter().for_each(|line| (self.sink)(BuildMessage::Line(line)));
            said.lines.join("\n")
        };
        let built = match ended {
            Ended::Built { library, rlibs, said, .. } => {
                let log = tell(said);
                Ok(Built {
                    folder: bundle.folder.clone(),
                    library,
                    fresh: false,
                    rlibs,
                    // They are in rustc's list.
                    patched: BTreeSet::new(),
                    duration: start.elapsed(),
                    warnings: report.warnings,
                    log,
                    maker: Some(recorded.maker()),
                })
            }
            Ended::Errors { status, said } => {
                tell(said);
                Err(report.failure(status, &self.sink).into())
            }
            Ended::Abandoned => {
                let reason = Reason::new(Code::CargoFailed, "the build was abandoned");
                Err(reason.into())
            }
            Ended::Changed(why) | Ended::Unclear(why) => return Err(why),
        };
        (self.sink)(BuildMessage::Done);
        Ok(built)
    }

    fn progress(&self, bundle: &str, crates: usize, start: Instant, waiting: bool) {
        let elapsed = start.elapsed();
        (self.sink)(BuildMessage::Progress { bundle, crates, elapsed, waiting });
    }

    /// Runs cargo, and once more where that makes the bundles as the program is: a program that was
    /// built with another `CARGO_INCREMENTAL` than it runs with does not know. `why` is why rustc alone
    /// does not do. The build has begun at `start`.
    fn run_cargo(
        &self,
        bundles: &[BundlePackage],
        why: Option<String>,
        start: Instant,
    ) -> Result<Vec<Built>> {
        let built = |ran: Ran| ran.built(self, bundles, why, start);
        let Some(program) = self.program else {
            return built(self.run_once(bundles, false)?);
        };
        let flips = self.flips_incremental();
        let differences = |ran: &Ran| program.differences(&ran.report.made, !self.has_own_profile);
        let ran = self.run_once(bundles, flips == Some(true))?;
        let found = differences(&ran);
        if found.profile && flips.is_none() {
            let again = self.run_once(bundles, true)?;
            let helps = differences(&again).reasons.is_empty();
            let _ = program.flips_incremental.set(helps);
            if helps {
                return built(again);
            }
        }
        Error::check(found.reasons)?;
        built(ran)
    }

    /// Whether cargo's word on incremental compilation has to be the reverse, once that is known.
    fn flips_incremental(&self) -> Option<bool> {
        self.program?.flips_incremental.get().copied()
    }

    fn run_once(&self, bundles: &[BundlePackage], flips_incremental: bool) -> Result<Ran> {
        let ran = self.call_cargo(bundles, flips_incremental)?;
        match ran.forget_outdated(self, bundles) {
            true => self.call_cargo(bundles, flips_incremental),
            false => Ok(ran),
        }
    }

    fn call_cargo(&self, bundles: &[BundlePackage], flips_incremental: bool) -> Result<Ran> {
        // Nothing else depends on it.
        static NUMBER: AtomicU64 = AtomicU64::new(1);

        let mut command = self.command(bundles, flips_incremental);
        let question = Question::of(&command);
        let mut before =
            replay::forget(bundles, "cargo's last build has failed").unwrap_or_default();
        let mut has_begun = false;
        let (start, began) = (Instant::now(), SystemTime::now());
        let names: Vec<_> = bundles.iter().map(|bundle| bundle.name.as_str()).collect();
        let names = names.join(", ");
        let mut report = Report::default();
        let status = process::run(&mut command, self.abandon.as_ref(), |event| {
            if matches!(event, Event::Message(_)) && !has_begun {
                // Cargo writes this file itself, before it has anything compiled.
                before.look_at(&self.workspace.root().join("Cargo.lock"));
                has_begun = true;
            }
            report.take(event, &self.sink);
            self.progress(&names, report.crates, start, report.waiting);
        });
        if self.abandon.as_ref().is_some_and(Abandon::is_abandoned) {
            replay::forget(bundles, "cargo's last build was ended by another save");
        }
        let failure = status.as_ref().ok().filter(|status| !status.success());
        let failure = failure.map(|status| report.failure(*status, &self.sink));
        (self.sink)(BuildMessage::Done);
        status.map_err(|error| command::not_started(&command, error))?;
        if let Some(failure) = failure {
            return Err(failure.into());
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Ok(Ran { report, number, question, began, before })
    }
}

/// A cargo that has ended well.
struct Ran {
    report: Report,
    /// Of cargo's builds, in this process.
    number: u64,
    question: Question,
    began: SystemTime,
    /// What was there then of what the build before had looked at.
    before: replay::Inputs,
}

impl Ran {
    fn built(
        mut self,
        build: &Build<'_>,
        bundles: &[BundlePackage],
        why: Option<String>,
        start: Instant,
    ) -> Result<Vec<Built>> {
        let mut all = Vec::new();
        let patched = patched::files(&self.report.local, build.workspace.root());
        for bundle in bundles {
            let found = self.report.libraries.remove(&bundle.id);
            let (library, fresh) = found.ok_or_else(|| {
                let message = format!("cargo built no shared library of `{}`", bundle.name);
                let reason = Reason::new(Code::NotABundle, message);
                match self.report.log.trim_end() {
                    "" => reason,
                    log => reason.fact("cargo", log),
                }
            })?;
            self.record(build, bundle, (&library, fresh), &patched);
            let Ran { report, number, .. } = &self;
            all.push(Built {
                folder: bundle.folder.clone(),
                library,
                fresh,
                rlibs: report.rlibs.clone(),
                patched: patched.clone(),
                duration: start.elapsed(),
                warnings: report.warnings,
                log: report.log.clone(),
                maker: Some(Maker {
                    by: BuiltBy::Cargo { why: why.clone() },
                    number: *number,
                    twin: None,
                }),
            });
        }
        Ok(all)
    }

    /// Has cargo forget what is fresh to it and is not; whether there was any.
    fn forget_outdated(&self, build: &Build<'_>, bundles: &[BundlePackage]) -> bool {
        let target_dir = build.target_folder();
        let target_dir = target_dir.as_deref().unwrap_or(build.workspace.target_dir());
        let mut is_any = false;
        for bundle in bundles {
            let Some((library, _)) = self.report.libraries.get(&bundle.id) else { continue };
            let profile = library.parent();
            let made = profile.and_then(|it| build.workspace.intermediate_beside(target_dir, it));
            let Some(profile) = made.as_deref() else { continue };
            let made_in = MadeIn { library, profile, root: build.workspace.root() };
            is_any |= made_in.forget_outdated();
        }
        is_any
    }

    /// So that the next build can do without cargo.
    fn record(
        &self,
        build: &Build<'_>,
        bundle: &BundlePackage,
        (library, is_fresh): (&Path, bool),
        patched: &BTreeSet<PathBuf>,
    ) {
        let Some(wrapper) = build.wrapper.as_ref().filter(|_| build.replays) else { return };
        let others = self.report.messages.iter().filter(|it| it.package_id != bundle.id);
        let target_dir = build.target_folder();
        replay::record(replay::Done {
            workspace: build.workspace,
            bundle,
            question: self.question.clone(),
            wrapper,
            number: self.number,
            began: self.began,
            before: &self.before,
            library,
            target_dir: target_dir.as_deref().unwrap_or(build.workspace.target_dir()),
            is_fresh,
            made: &self.report.files,
            patched,
            rlibs: &self.report.rlibs,
            framework: &self.report.framework,
            others: others.cloned().collect(),
        });
    }
}
