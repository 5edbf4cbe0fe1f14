//! The thread that builds and loads what saves have changed, and says what came of it.

use std::{
    collections::{BTreeMap, btree_map::Entry},
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, Sender},
    },
    time::SystemTime,
};

use crate::build::{Abandon, Built, BundlePackage, Workspace, load_is_over};
use crate::load::{Next, Repeated, Step};
use crate::said::Printer;
use crate::said::{Code, Differing, Error, Event, Outcome, Phases, Reason, Result, Saved, Undone};
use crate::state::{Image, Inner};
use crate::watch::Sources;
use crate::watch::program::Program;
use crate::watch::texts::Texts;
use crate::watch::tweaks::Running;
use crate::watch::watching::Message;
use crate::watch::work::{Cause, Work};

/// Told of a crate's image that comes, and of the one before it.
type Come<'a> = dyn Fn(&str, &Image, Option<&Image>) + 'a;

/// Built crates that were refused together.
pub(super) type Group = BTreeMap<String, Built>;

pub(super) enum Task {
    /// Builds these bundles and loads them, if possible with those that wait.
    Build {
        work: Work,
        sources: Vec<Sources>,
        /// What the host is built of, as far as that is known.
        program: Option<Box<Program>>,
        /// They have none of the crates of `work`.
        waiting: Vec<Group>,
        abandon: Abandon,
    },
    /// What these sources held when what is live was built.
    Note(Vec<(PathBuf, Arc<str>)>),
    /// There is nothing to build.
    Say(Saved),
    /// The sources cannot be watched.
    Complain(Error),
}

/// A build has ended.
pub(super) struct Done {
    pub(super) ended: Ended,
    /// When it began.
    pub(super) began: SystemTime,
    /// What the bundles are made of now.
    pub(super) sources: Vec<Sources>,
    /// What the host would be, if that was looked at.
    pub(super) program: Option<Program>,
}

pub(super) enum Ended {
    /// It was stale.
    Abandoned,
    /// There is nothing to load.
    Failed,
    /// There is; these bundles could not become live.
    Built { waiting: Vec<Group> },
}

pub(super) struct Rebuilder {
    pub(super) inner: &'static Inner,
    pub(super) print: Printer,
    pub(super) done: Sender<Message>,
    /// For saves of literals.
    pub(super) running: Arc<Running>,
}

impl Rebuilder {
    pub(super) fn run(&self, tasks: &Receiver<Task>) {
        let mut texts = Texts::default();
        for task in tasks {
            match task {
                Task::Build { work, sources, program, waiting, abandon } => {
                    texts.read(&work.files, &sources, program.as_deref());
                    self.running.known().begin(texts.saved(&work.files));
                    self.build(work, sources, waiting, &abandon, &mut texts);
                }
                Task::Note(files) => texts.note(files),
                Task::Say(saved) => self.say(saved),
                Task::Complain(error) => {
                    let cause = std::error::Error::source(&error);
                    let cause = cause.map_or_else(String::new, |cause| format!(": {cause}"));
                    let reason = &error.reasons()[0];
                    let line =
                        format!("{}: {}{cause}; {}", reason.code.id(), reason.message, reason.help);
                    guarded(|| (self.print)(&line));
                    guarded(|| self.inner.emit(&Event::Refused(Arc::new(error))));
                }
            }
        }
    }

    fn build(
        &self,
        mut work: Work,
        sources: Vec<Sources>,
        waiting: Vec<Group>,
        abandon: &Abandon,
        texts: &mut Texts,
    ) {
        let began = SystemTime::now();
        let inner = self.inner;
        let mut rebuild = Rebuild {
            inner,
            cause: work.cause,
            running: &self.running,
            began,
            abandon,
            sources,
            waiting,
            has_built: false,
            program: None,
            undone: Vec::new(),
            differing: Vec::new(),
        };
        // What was unloaded by hand stays so.
        rebuild.sources.retain(|it| inner.is_loaded(&it.bundle.crate_name));
        work.files.retain(|file| rebuild.sources.iter().any(|it| it.tree.concerns(file)));
        // The build's messages go to code of the user's.
        let outcome = catch_unwind(AssertUnwindSafe(|| rebuild.run(&work))).unwrap_or_else(|_| {
            let bundles = rebuild.sources.iter().map(|it| it.bundle.name.clone()).collect();
            let reason = Reason::new(Code::CargoFailed, "a panic has ended the build");
            Some(Outcome::Refused { bundles, error: Arc::new(reason.into()) })
        });
        let Rebuild { sources, waiting, has_built, program, undone, differing, .. } = rebuild;
        let ended = match &outcome {
            None if abandon.is_abandoned() => Ended::Abandoned,
            Some(Outcome::Refused { .. }) if !has_built => Ended::Failed,
            _ => Ended::Built { waiting },
        };
        // Nobody has saved what cargo has written.
        let is_quiet = work.cause == Cause::Cargo;
        let saved = outcome.map(|outcome| {
            let mut saved = Saved::new(work.files, outcome);
            (saved.undone, saved.differing) = (undone, differing);
            // What it finds is worth less than that the watching goes on.
            let settle = || texts.settle(&saved.outcome, &sources);
            saved.host_copies = catch_unwind(AssertUnwindSafe(settle)).unwrap_or_default();
            saved
        });
        let done = Done { ended, began, sources, program };
        // The thread ends with the process only. It hears of it before anybody else does: what is saved from
        // then on is looked for in what the bundles are made of now.
        let _ = self.done.send(Message::Done(Box::new(done)));
        match saved {
            None => {}
            Some(saved) if is_quiet && matches!(saved.outcome, Outcome::Unchanged) => {
                // But that the build began is known.
                self.inner.notices.hear(&Event::Saved(Arc::new(saved)));
            }
            Some(saved) => self.say(saved),
        }
    }

    fn say(&self, saved: Saved) {
        let saved = Arc::new(saved);
        guarded(|| (self.print)(&saved.line()));
        guarded(|| self.inner.emit(&Event::Saved(saved.clone())));
    }
}

/// Calls code of the user's. If it panics it has said so; the watching goes on.
fn guarded(call: impl FnOnce()) {
    let _ = catch_unwind(AssertUnwindSafe(call));
}

/// What the save leaves as it is, since somebody has gone back from it.
fn undone(inner: &Inner, name: &str, built: &Built) -> Option<Undone> {
    let Repeated::RolledBack { undone, live } = inner.repeated(name, &built.next())? else {
        return None;
    };
    let (_, bundle) = inner.names(name)?;
    Some(Undone { bundle, generation: undone, live })
}

/// One build.
struct Rebuild<'a> {
    inner: &'static Inner,
    running: &'a Running,
    cause: Cause,
    /// When the build began.
    began: SystemTime,
    abandon: &'a Abandon,
    /// The bundles that a save concerns.
    sources: Vec<Sources>,
    /// What was refused before, and may fit them.
    waiting: Vec<Group>,
    has_built: bool,
    program: Option<Program>,
    /// What was built, and was rolled back before.
    undone: Vec<Undone>,
    /// Literals that were built otherwise than they were written.
    differing: Vec<Differing>,
}

impl Rebuild<'_> {
    /// `None` if it was abandoned, or nothing is loaded any more.
    fn run(&mut self, work: &Work) -> Option<Outcome> {
        let bundles: Vec<_> = self.sources.iter().map(|it| it.bundle.name.clone()).collect();
        if bundles.is_empty() {
            return None;
        }
        let building = Event::Building { bundles: bundles.clone() };
        guarded(|| self.inner.emit(&building));
        if work.asks {
            // What is wrong with a manifest the build says, too.
            let _ = self.ask();
        }
        let phases = Phases { watch: work.received.elapsed(), ..Phases::default() };
        let loaded = self.build(phases).and_then(|(built, phases)| {
            self.has_built = true;
            if self.abandon.is_abandoned() {
                return Ok(None);
            }
            let mut known = self.running.known();
            let sources = self.sources.clone();
            let (outcome, differing) = known
                .load(self.inner, &sources, self.began, |come| self.load(&built, phases, come));
            drop(known);
            load_is_over();
            self.differing = differing;
            self.look(&built);
            outcome.map(Some)
        });
        match loaded {
            Ok(outcome) => outcome,
            Err(_) if !self.has_built && self.abandon.is_abandoned() => None,
            Err(error) => Some(Outcome::Refused { bundles, error: Arc::new(error) }),
        }
    }

    fn build(&mut self, mut phases: Phases) -> Result<(Group, Phases)> {
        let mut built: Group = BTreeMap::new();
        for (workspace, bundles) in self.by_workspace() {
            let abandon = Some(self.abandon.clone());
            let libraries = self.inner.build_in(&workspace, &bundles, abandon)?;
            phases.build += libraries.first().map(|it| it.duration).unwrap_or_default();
            built.extend(bundles.into_iter().map(|it| it.crate_name).zip(libraries));
        }
        Ok((built, phases))
    }

    /// Loads what is not live yet: with all that wait, or else with some of them, or else alone.
    /// `come` is called with each image that comes.
    fn load(&mut self, built: &Group, phases: Phases, come: &Come<'_>) -> Result<Outcome> {
        let inner = self.inner;
        self.undone = built.iter().filter_map(|(name, built)| undone(inner, name, built)).collect();
        // What was unloaded by hand meanwhile stays so.
        let is_next = |name: &String, built: &mut Built| {
            inner.is_loaded(name) && inner.repeated(name, &built.next()).is_none()
        };
        self.waiting.iter_mut().for_each(|group| group.retain(is_next));
        self.waiting.retain(|group| !group.is_empty());
        let mut own = built.clone();
        // What somebody has loaded from elsewhere meanwhile stays until the next save here.
        let may_come = |name: &str, built: &Built| {
            self.cause == Cause::Save || inner.is_built_in(name, &built.folder)
        };
        // Cargo and rustc alone make different files of the same sources.
        let is_live = |name: &str, built: &Built| {
            self.cause == Cause::Cargo && inner.is_live_code(name, &built.next())
        };
        own.retain(|name, built| {
            is_next(name, built) && may_come(name, built) && !is_live(name, built)
        });
        if own.is_empty() {
            return Ok(Outcome::Unchanged);
        }
        let all = self.waiting.iter().flatten();
        let mut tries = vec![all.map(|(name, built)| (name.clone(), built.clone())).collect()];
        tries.extend(self.waiting.iter().filter(|_| self.waiting.len() > 1).cloned());
        for waiting in tries.iter().filter(|group: &&Group| !group.is_empty()) {
            if let Ok(live) = self.try_to_load(own.iter().chain(waiting), phases, come) {
                self.waiting.retain(|group| group.keys().all(|name| !waiting.contains_key(name)));
                return Ok(live);
            }
        }
        let result = inner.announce(self.try_to_load(&own, phases, come));
        if result.is_err() {
            self.waiting.push(own);
        }
        result
    }

    fn try_to_load<'a>(
        &self,
        bundles: impl IntoIterator<Item = (&'a String, &'a Built)>,
        phases: Phases,
        come: &Come<'_>,
    ) -> Result<Outcome> {
        let come = |image: &Image, before: Option<&Image>| {
            come(&image.header.crate_name, image, before);
        };
        let steps = bundles.into_iter().map(|(name, built)| {
            let next = built.next();
            Step::Load(Next { expected: Some(name), newest: Some(&come), ..next })
        });
        let loaded = self.inner.attempt(&steps.collect::<Vec<_>>(), phases)?;
        Ok(Outcome::Live(loaded.into_iter().map(|(_, report)| report).collect()))
    }

    /// Looks what the build has read.
    fn look(&mut self, built: &Group) {
        for Sources { workspace, bundle, tree } in &mut self.sources {
            if let Some(built) = built.get(&bundle.crate_name) {
                tree.take_read(built.read(workspace.root()));
            }
        }
    }

    /// Asks cargo anew which packages there are.
    fn ask(&mut self) -> Result<()> {
        let mut asked: BTreeMap<PathBuf, Workspace> = BTreeMap::new();
        for sources in &mut self.sources {
            let root = sources.workspace.root().to_owned();
            let workspace = match asked.entry(root) {
                Entry::Occupied(known) => known.get().clone(),
                Entry::Vacant(new) => {
                    let folder = std::slice::from_ref(&sources.bundle.folder);
                    new.insert(Workspace::find(folder)?).clone()
                }
            };
            let bundle = workspace.bundle(&sources.bundle.name)?;
            self.program = self.program.take().or_else(|| Program::of(&workspace));
            sources.renew(workspace, bundle);
        }
        Ok(())
    }

    /// Those of one workspace are built together.
    fn by_workspace(&self) -> Vec<(Workspace, Vec<BundlePackage>)> {
        let mut groups: BTreeMap<PathBuf, (Workspace, Vec<BundlePackage>)> = BTreeMap::new();
        for Sources { workspace, bundle, .. } in &self.sources {
            let group = groups.entry(workspace.root().to_owned());
            let (_, bundles) = group.or_insert_with(|| (workspace.clone(), Vec::new()));
            bundles.push(bundle.clone());
        }
        groups.into_values().collect()
    }
}
