//! One build, of one bundle or of several: its arguments, and what came of it.
//!
//! Bundles and host package are named together (`-p bundle -p host --lib`). Built alone, the bundle
//! would see only the features it asks for itself; a shared dependency with other features is
//! another crate, and its types have other identities. What was tried with cargo 1.95:
//! - `--lib` skips a package that has only binaries as long as another one has a library, and the
//!   features of the skipped one count. Nothing of the host is linked.
//! - Dev-dependencies count only if examples, tests or benchmarks are built. A host that is one of
//!   those was built with them, so the bundle is too, by `--example NAME` or `--examples`. The
//!   latter builds nothing in a package that has none; `--tests` and `--benches` would build
//!   harnesses of libraries.
//! - `cargo rustc`, needed to give one crate a `--cfg`, takes one package: there the host's features
//!   do not count. The dependencies keep their identities otherwise; the bundle gets another one.
//!   So several bundles are several runs of cargo.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant, SystemTime},
};

use crate::build::alike::Program;
use crate::build::origin::{Place, default_profile};
use crate::build::process::Event;
use crate::build::replay::{self, Ended, Question, Recorded};
use crate::build::report::Report;
use crate::build::{
    Abandon, BundlePackage, HostPackage, Origin, Shared, Workspace, Wrapper, command, process, sink,
};
use crate::load::Next;
use crate::said::{BuildMessage, BuildSink, BuiltBy};
use crate::said::{Code, Error, Reason, Result};
use crate::state::Maker;

/// Whether cargo has rustc compile incrementally. It is a part of the profile.
const INCREMENTAL: &str = "CARGO_INCREMENTAL";

/// A build to be run. [`new`](Build::new) gives the defaults, the fields change them.
pub(crate) struct Build<'a> {
    workspace: &'a Workspace,
    bundles: &'a [BundlePackage],
    /// The host's package; its features count.
    pub(crate) host: Option<HostPackage>,
    /// Cargo's name of the profile.
    pub(crate) profile: String,
    /// What is given as `--target`.
    pub(crate) triple: Option<String>,
    /// A target folder instead of the workspace's.
    pub(crate) target_dir: Option<PathBuf>,
    /// Features to switch on, as given to `--features`, where it is not known how the host was built.
    pub(crate) features: Vec<String>,
    /// What called rustc when the host was built.
    pub(super) wrapper: Option<Wrapper>,
    /// Whether rustc may be called as that has called it; else cargo is asked every time.
    pub(crate) replays: bool,
    /// How the host was built.
    pub(crate) program: Option<&'a Program>,
    /// Whether somebody has chosen the profile: then it need not be the host's.
    pub(crate) has_own_profile: bool,
    /// Whether the bundle is to allocate with the host's allocator.
    pub(crate) forward_allocation: bool,
    /// Whether rustc's reports are coloured.
    pub(crate) colour: bool,
    /// Who shows the build.
    pub(crate) sink: BuildSink,
    /// Ends the build from another thread.
    pub(crate) abandon: Option<Abandon>,
}

/// A bundle that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Built {
    /// The folder of the package.
    pub(crate) folder: PathBuf,
    /// The shared library, as cargo names it.
    pub(crate) library: PathBuf,
    /// Whether it was there already.
    pub(crate) fresh: bool,
    /// The libraries for rustc of all packages with a local path that took part: the bundle's own
    /// and those of its path dependencies are among them.
    pub(crate) rlibs: Vec<PathBuf>,
    /// How long cargo took.
    pub(crate) duration: Duration,
    /// How many warnings rustc has, also of crates that were there already.
    pub(crate) warnings: usize,
    /// What cargo itself said on standard error.
    pub(crate) log: String,
    /// Who has built it; `None` if nobody has.
    pub(crate) maker: Option<Maker>,
}

impl Built {
    /// One that was loaded before, by another process: nothing was built.
    pub(crate) fn before(folder: PathBuf, library: PathBuf) -> Built {
        let (rlibs, log) = (Vec::new(), String::new());
        let (duration, maker) = (Duration::ZERO, None);
        Built { folder, library, fresh: true, rlibs, duration, warnings: 0, log, maker }
    }

    /// As what shall be loaded next.
    pub(crate) fn next(&self) -> Next<'_> {
        let (folder, maker) = (Some(&*self.folder), self.maker.as_ref());
        Next { rlibs: &self.rlibs, folder, maker, ..Next::file(&self.library) }
    }
}

impl<'a> Build<'a> {
    /// A build in the profile that this library was compiled in, shown on standard error.
    pub(crate) fn new(workspace: &'a Workspace, bundles: &'a [BundlePackage]) -> Self {
        Build {
            workspace,
            bundles,
            host: None,
            profile: default_profile().to_owned(),
            triple: None,
            target_dir: None,
            features: Vec::new(),
            wrapper: None,
            replays: false,
            program: None,
            has_own_profile: false,
            forward_allocation: false,
            colour: sink::is_coloured(),
            sink: sink::standard_error(),
            abandon: None,
        }
    }

    /// The same build, done as the program of this path was: its package, profile, target and
    /// target folder. Nothing changes if it does not lie in a target folder.
    ///
    /// A program of another workspace keeps its target folder to itself: cargo gives shared
    /// libraries of workspaces no hash in their names, so that two packages of one name would take
    /// each other's library for their own, fresh one.
    pub(crate) fn like(mut self, host_file: &Path) -> Self {
        if let Some(origin) = Origin::of(host_file) {
            self.host = self.workspace.host(&origin);
            self.wrapper = self
                .host
                .as_ref()
                .and_then(|_| Wrapper::of(&origin.target_dir, self.workspace.root()));
            let usual = self.workspace.output_dirs().contains(&origin.target_dir);
            self.target_dir = match self.host {
                Some(_) => (!usual).then_some(origin.target_dir),
                // `CARGO_TARGET_DIR` puts all workspaces into one folder.
                None => usual.then(|| self.workspace.root().join("target")),
            };
            self.profile = origin.profile;
            self.triple = origin.triple;
        }
        self
    }

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
        self.run_cargo(bundles, why)
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
            let why = "`cargo hotreload run` has not built the program";
            return Err(is_new.then(|| why.to_owned()));
        }
        let [bundle] = bundles else {
            return Err(Some("several bundles are built together".to_owned()));
        };
        let question = question(&self.command(bundles, self.flips_incremental() == Some(true)));
        replay::wait_for_first(bundle, &question, self.abandon.as_ref());
        replay::of(bundle, &question)
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
    /// does not do.
    fn run_cargo(&self, bundles: &[BundlePackage], why: Option<String>) -> Result<Vec<Built>> {
        let Some(program) = self.program else {
            return self.run_once(bundles, false)?.built(self, bundles, why);
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
                return again.built(self, bundles, why);
            }
        }
        Error::check(found.reasons)?;
        ran.built(self, bundles, why)
    }

    /// Whether cargo's word on incremental compilation has to be the reverse, once that is known.
    fn flips_incremental(&self) -> Option<bool> {
        self.program?.flips_incremental.get().copied()
    }

    /// What cargo is asked.
    fn command(&self, bundles: &[BundlePackage], flips_incremental: bool) -> Command {
        let [target_dir, build_dir] = self.workspace.output_dirs();
        let outputs = [target_dir, build_dir].into_iter().chain(self.target_dir.clone());
        let mut command = command::cargo(self.workspace.root(), &outputs.collect::<Vec<_>>());
        command.args(self.arguments(bundles)).env("CARGO_TERM_PROGRESS_WHEN", "never");
        let is_needed = |it: &&Wrapper| it.shares() || self.replays;
        if let Some(wrapper) = self.wrapper.as_ref().filter(is_needed) {
            command.envs(wrapper.environment());
        }
        if flips_incremental {
            let is_off = env::var_os(INCREMENTAL).is_some_and(|value| value == "0");
            command.env(INCREMENTAL, if is_off { "1" } else { "0" });
        }
        command
    }

    fn run_once(&self, bundles: &[BundlePackage], flips_incremental: bool) -> Result<Ran> {
        // Nothing else depends on it.
        static NUMBER: AtomicU64 = AtomicU64::new(1);

        let mut command = self.command(bundles, flips_incremental);
        let question = question(&command);
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
        let failure = status.as_ref().ok().filter(|status| !status.success());
        let failure = failure.map(|status| report.failure(*status, &self.sink));
        (self.sink)(BuildMessage::Done);
        status.map_err(|error| command::not_started(&command, error))?;
        if let Some(failure) = failure {
            return Err(failure.into());
        }
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        Ok(Ran { report, duration: start.elapsed(), number, question, began, before })
    }

    fn arguments(&self, bundles: &[BundlePackage]) -> Vec<OsString> {
        let verb = if self.forward_allocation { "rustc" } else { "build" };
        let mut arguments: Vec<OsString> = vec![verb.into()];
        let mut add = |words: &[&str]| arguments.extend(words.iter().map(OsString::from));
        bundles.iter().for_each(|bundle| add(&["-p", &bundle.id.repr]));
        add(&["--lib"]);
        let host = self.host.as_ref().filter(|_| !self.forward_allocation);
        let program = self.program.filter(|_| host.is_some());
        let below = program.map(|program| program.below(self.workspace, bundles));
        let below = below.unwrap_or_default();
        below.iter().for_each(|package| add(&["-p", &package.id.repr]));
        if let Some(host) = host {
            if bundles.iter().all(|bundle| bundle.id != host.id) {
                add(&["-p", &host.id.repr]);
            }
            add(&with_dev_dependencies(host));
        }
        let shares = self.wrapper.as_ref().is_some_and(Wrapper::shares);
        if let Some(shared) = self.workspace.shared().filter(|_| shares) {
            shared.selection().for_each(|package| add(&["-p", package]));
            Shared::configuration(&self.profile).iter().for_each(|word| add(&[word]));
        }
        if self.forward_allocation {
            add(&["--crate-type", "cdylib"]);
        }
        add(&["--profile", &self.profile]);
        if let Some(triple) = &self.triple {
            add(&["--target", triple]);
        }
        if let Some(program) = self.program {
            let bundles = bundles.iter().map(|bundle| &*bundle.name);
            let below = below.iter().map(|package| package.name.as_str());
            let selected = bundles.chain(host.map(|host| &*host.name)).chain(below);
            let selected: Vec<_> = selected.collect();
            let features = program.arguments(self.workspace, &selected);
            features.iter().for_each(|argument| add(&[argument]));
        } else if !self.features.is_empty() {
            add(&["--features", &self.features.join(",")]);
        }
        let format = if self.colour { "json-diagnostic-rendered-ansi" } else { "json" };
        add(&["--message-format", format, "--color", "never"]);
        if let Some(folder) = self.target_folder() {
            arguments.extend(["--target-dir".into(), folder.into()]);
        }
        if self.forward_allocation {
            arguments.extend(["--", "--cfg", "hot_forward_allocator"].map(OsString::from));
        }
        arguments
    }

    /// The target folder to name. A bundle that forwards allocation gets one of its own: in a shared
    /// one either build would replace the library of the other.
    fn target_folder(&self) -> Option<PathBuf> {
        if !self.forward_allocation {
            return self.target_dir.clone();
        }
        let usual = || self.workspace.target_dir().to_owned();
        Some(self.target_dir.clone().unwrap_or_else(usual).join("hot-forward"))
    }
}

/// What makes cargo count the host's dev-dependencies, if they counted when the host was built.
fn with_dev_dependencies(host: &HostPackage) -> Vec<&str> {
    match host.place {
        _ if !host.has_dev_dependencies => vec![],
        // It would be linked anew while it runs, which Windows forbids.
        Place::Example if cfg!(windows) => vec![],
        Place::Example => vec!["--example", &host.target],
        Place::Harness => vec!["--examples"],
        Place::Bin | Place::Library => vec![],
    }
}

/// What a command asks.
fn question(command: &Command) -> Question {
    let mut environment: BTreeMap<_, _> = env::vars_os().collect();
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => environment.insert(name.to_owned(), value.to_owned()),
            None => environment.remove(name),
        };
    }
    Question {
        folder: command.get_current_dir().unwrap_or(Path::new("")).to_owned(),
        arguments: command.get_args().map(OsString::from).collect(),
        environment,
    }
}

/// A cargo that has ended well.
struct Ran {
    report: Report,
    duration: Duration,
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
    ) -> Result<Vec<Built>> {
        let mut all = Vec::new();
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
            self.record(build, bundle, &library, fresh);
            let Ran { report, duration, number, .. } = &self;
            all.push(Built {
                folder: bundle.folder.clone(),
                library,
                fresh,
                rlibs: report.rlibs.clone(),
                duration: *duration,
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

    /// So that the next build can do without cargo.
    fn record(&self, build: &Build<'_>, bundle: &BundlePackage, library: &Path, is_fresh: bool) {
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
            rlibs: &self.report.rlibs,
            framework: &self.report.framework,
            others: others.cloned().collect(),
        });
    }
}
