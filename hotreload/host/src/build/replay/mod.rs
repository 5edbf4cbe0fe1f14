//! rustc called again as cargo has called it: a save of a bundle then costs neither cargo nor what
//! nobody loads.
//!
//! ```text
//! capture  how cargo has called rustc: written by the wrapper
//! question what cargo is asked, and what it looks at besides that is in no fingerprint
//! rustc    the call that is made instead
//! facade   the `hot` that it is given
//! inputs   what cargo would look at
//! sessions what rustc keeps for the next call
//! waiting  a rustc that has been started for the next call
//! run      the call, and what rustc says
//! load     what follows it, and what waits for that
//! ```
//!
//! Whatever cargo would have noticed is cargo's: `inputs` are the files of everything but the crate
//! itself, and cargo's question and its environment have to be those that it had. Nothing is decided by
//! what was saved. A call counts if it has made the very library that a cargo has just made for this
//! process, or has found to be up to date. Whatever is in doubt is cargo's, too, and is captured again.
//!
//! The library goes to a folder of its own beside cargo's (`debug/hotreload`), so that cargo's library is
//! what cargo has made of it. `metadata` and the crate's name stay, and the sort of library is none of
//! what a `TypeId` depends on: types are those of cargo's build.

mod capture;
mod facade;
mod inputs;
mod load;
mod question;
mod run;
mod rustc;
mod sessions;
#[cfg(all(test, target_os = "linux"))]
mod tests;
mod waiting;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    sync::{
        Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, SystemTime},
};

use cargo_metadata::CompilerMessage;

use crate::build::{Abandon, BundlePackage, Workspace, Wrapper};
use crate::file::machine_code::MachineCode;
use crate::said::BuiltBy;
use crate::state::Maker;
pub use capture::Capture;
use facade::Facade;
pub(super) use facade::Part;
pub(super) use inputs::Inputs;
pub(crate) use load::load_is_over;
pub(super) use question::Question;
pub(super) use run::{Ended, Said};
use rustc::Rustc;

/// A build that cargo has done, as far as a later one without cargo needs it.
pub(super) struct Done<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) bundle: &'a BundlePackage,
    pub(super) question: Question,
    pub(super) wrapper: &'a Wrapper,
    /// The build's.
    pub(super) number: u64,
    pub(super) began: SystemTime,
    /// What was there then of what the build before had looked at.
    pub(super) before: &'a Inputs,
    /// Cargo's library, and the target folder that it is in.
    pub(super) library: &'a Path,
    pub(super) target_dir: &'a Path,
    /// Whether cargo has found that to be up to date.
    pub(super) is_fresh: bool,
    /// The files of all crates.
    pub(super) made: &'a [PathBuf],
    /// The files of packages that stand in for those of a registry.
    pub(super) patched: &'a BTreeSet<PathBuf>,
    /// The rlibs of packages with a local path.
    pub(super) rlibs: &'a [PathBuf],
    /// The framework's own crates.
    pub(super) framework: &'a [Part],
    /// What rustc has said of other crates.
    pub(super) others: Vec<CompilerMessage>,
}

/// All that a call of rustc for one bundle needs.
#[derive(Debug)]
pub(super) struct Recorded {
    bundle: BundlePackage,
    question: Question,
    /// The wrapper, if rustc's call has to go through it.
    wrapper: Option<PathBuf>,
    rustc: Rustc,
    facade: Option<Facade>,
    /// Whether that was made, and does.
    has_facade: AtomicBool,
    inputs: Arc<Inputs>,
    /// The rlibs of the packages below it.
    rlibs: Vec<PathBuf>,
    others: Vec<CompilerMessage>,
    /// Of cargo's build.
    number: u64,
    /// When that began.
    began: SystemTime,
    /// Whether rustc's first call has something to go on from, so that it is as short as the next.
    is_warm: bool,
    /// Ends rustc's first call.
    first: Abandon,
    /// What rustc alone has made of the same sources.
    twin: OnceLock<Arc<MachineCode>>,
}

/// How it stands with a bundle.
enum State {
    /// rustc is called for the first time, so that the next call finds what it keeps.
    Preparing(Arc<Recorded>),
    Ready(Arc<Recorded>),
    /// Cargo has to be asked.
    Unfit(Unfit),
}

/// What is left of a build that no later one can go by.
struct Unfit {
    /// Why cargo has to be asked.
    why: String,
    /// What cargo has looked at, when that was last known: cargo's next build has to tell what was saved
    /// before it from what was saved meanwhile.
    last: Option<Arc<Inputs>>,
}

impl From<String> for Unfit {
    fn from(why: String) -> Unfit {
        Unfit { why, last: None }
    }
}

impl State {
    /// What cargo has looked at, as far as that is known.
    fn inputs(&self) -> Option<&Arc<Inputs>> {
        match self {
            State::Preparing(recorded) | State::Ready(recorded) => Some(&recorded.inputs),
            State::Unfit(unfit) => unfit.last.as_ref(),
        }
    }
}

/// By the folders of the bundles' packages. There is one host in a process.
static STATES: Mutex<BTreeMap<PathBuf, State>> = Mutex::new(BTreeMap::new());

/// One of them is another one now.
static CHANGED: Condvar = Condvar::new();

fn states() -> MutexGuard<'static, BTreeMap<PathBuf, State>> {
    STATES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What is recorded of a bundle, if cargo would be asked the same; else why cargo has to be asked, unless
/// it never was. The files that cargo would look at are compared while rustc runs.
pub(super) fn of(
    bundle: &BundlePackage,
    question: &Question,
) -> Result<Arc<Recorded>, Option<String>> {
    let recorded = match states().get(&bundle.folder) {
        None => return Err(None),
        Some(State::Unfit(unfit)) => return Err(Some(unfit.why.clone())),
        Some(State::Preparing(recorded)) => {
            let changed = recorded.differs(question);
            return Err(Some(
                changed.unwrap_or_else(|| "rustc's first call is not over".to_owned()),
            ));
        }
        Some(State::Ready(recorded)) => recorded.clone(),
    };
    match recorded.is_asked_otherwise(question) {
        None => Ok(recorded),
        Some(why) => Err(Some(why)),
    }
}

/// Waits for rustc's first call, where that is a short one and the next can be rustc's alone: cargo would
/// take longer, and begin it anew. Who saves in quick succession would be cargo's for ever.
pub(super) fn wait_for_first(
    bundle: &BundlePackage,
    question: &Question,
    abandon: Option<&Abandon>,
) {
    const INTERVAL: Duration = Duration::from_millis(20);

    let mut states = states();
    let Some(State::Preparing(first)) = states.get(&bundle.folder) else { return };
    let first = first.clone();
    if !first.is_warm || first.differs(question).is_some() {
        return;
    }
    let is_first =
        |it: Option<&State>| matches!(it, Some(State::Preparing(it)) if Arc::ptr_eq(it, &first));
    while is_first(states.get(&bundle.folder)) && !abandon.is_some_and(Abandon::is_abandoned) {
        // Nobody tells who has abandoned it.
        let waited = CHANGED.wait_timeout(states, INTERVAL);
        states = waited.unwrap_or_else(PoisonError::into_inner).0;
    }
}

/// Cargo is about to be asked: what was recorded of these bundles is of no use any more, and rustc's first call
/// ends, since cargo would wait for it. Gives what is there of what cargo would look at.
pub(super) fn forget(bundles: &[BundlePackage], why: &str) -> Option<Inputs> {
    let mut states = states();
    let mut before = None;
    for bundle in bundles {
        let state = states.remove(&bundle.folder);
        if let Some(State::Preparing(recorded)) = &state {
            recorded.first.abandon();
        }
        let last = state.as_ref().and_then(State::inputs).cloned();
        before = last.clone().or(before);
        let why = why.to_owned();
        states.insert(bundle.folder.clone(), State::Unfit(Unfit { why, last }));
    }
    drop(states);
    before.map(|it| it.now())
}

/// Takes in what cargo has done, and has rustc called for the first time, on a thread.
pub(super) fn record(done: Done<'_>) {
    let folder = done.bundle.folder.clone();
    let found = Recorded::of(done).map(Arc::new);
    // The thread waits for this lock: it may not end before its state is there.
    let mut states = states();
    let state = match found {
        Ok(recorded) => {
            let first = recorded.clone();
            let prepare = move || prepare(&first);
            match thread::Builder::new().name("hot-first-rustc".to_owned()).spawn(prepare) {
                Ok(_) => State::Preparing(recorded),
                Err(error) => State::Unfit(Unfit {
                    why: format!("no thread could be started: {error}"),
                    last: Some(recorded.inputs.clone()),
                }),
            }
        }
        Err(Unfit { why, last }) => {
            let earlier = || states.get(&folder)?.inputs().cloned();
            State::Unfit(Unfit { why, last: last.or_else(earlier) })
        }
    };
    states.insert(folder, state);
}

/// Calls rustc for the sources as they are: what it keeps serves the next call.
fn prepare(recorded: &Arc<Recorded>) {
    /// One at a time: they are as large as builds.
    static TURN: Mutex<()> = Mutex::new(());

    let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let made = recorded.facade.as_ref().is_some_and(|it| it.make(&recorded.rustc).is_ok());
    recorded.has_facade.store(made, Ordering::Relaxed);
    let ended = recorded.run_first();
    drop(turn);
    let unfit = |why: String| State::Unfit(Unfit { why, last: Some(recorded.inputs.clone()) });
    let state = match ended {
        Ended::Built { rlibs, of_cargos: true, .. } => {
            if let Some(code) = MachineCode::read(&recorded.bundle.crate_name, &rlibs, None) {
                let _ = recorded.twin.set(Arc::new(code));
            }
            State::Ready(recorded.clone())
        }
        // Without a twin nobody could tell what the next save has changed, nor whether it is what was
        // rolled back.
        Ended::Built { .. } | Ended::Errors { .. } | Ended::Abandoned => {
            unfit("the sources were saved during rustc's first call".to_owned())
        }
        Ended::Changed(why) | Ended::Unclear(why) => unfit(why),
    };
    let mut states = states();
    let Some(now) = states.get_mut(&recorded.bundle.folder) else { return };
    // Cargo may have been asked again since.
    if matches!(now, State::Preparing(it) if Arc::ptr_eq(it, recorded)) {
        *now = state;
        CHANGED.notify_all();
    }
}

impl Recorded {
    fn of(done: Done<'_>) -> Result<Recorded, Unfit> {
        let rustc = called(&done)?;
        let inputs = Arc::new(Inputs::of(&rustc, &done)?);
        let Done { bundle, question, wrapper, began, before, .. } = done;
        if let Some(file) = inputs.saved_since(began, before) {
            let why = format!("{} was saved while cargo built", shown(file, &question.folder));
            return Err(Unfit { why, last: Some(inputs) });
        }
        let is_own = |rlib: &&PathBuf| {
            let name = rlib.file_stem().and_then(|it| it.to_str()).unwrap_or_default();
            name != format!("lib{}{}", bundle.crate_name, rustc.suffix)
        };
        let mut rlibs: Vec<_> = done.rlibs.iter().filter(is_own).cloned().collect();
        // Cargo lists the crate's own library without what is appended, where others look for it.
        let copied = format!("lib{}", bundle.crate_name);
        rlibs.retain(|it| it.file_stem().is_none_or(|name| name != &*copied));
        Ok(Recorded {
            bundle: bundle.clone(),
            question,
            wrapper: wrapper.shares().then(|| wrapper.program().to_owned()),
            facade: Facade::of(&rustc, done.framework),
            has_facade: AtomicBool::new(false),
            rustc,
            inputs,
            rlibs,
            others: done.others,
            number: done.number,
            began,
            is_warm: false,
            first: Abandon::default(),
            twin: OnceLock::new(),
        }
        .warm())
    }

    fn warm(self) -> Recorded {
        Recorded { is_warm: self.rustc.is_incremental && !self.code().is_empty(), ..self }
    }

    /// In what cargo would find that all is not as it was.
    fn differs(&self, question: &Question) -> Option<String> {
        self.is_asked_otherwise(question).or_else(|| self.says_changed(self.inputs.changed()))
    }

    /// That this file was changed, if there is one.
    fn says_changed(&self, file: Option<&Path>) -> Option<String> {
        file.map(|file| format!("{} was changed", shown(file, &self.question.folder)))
    }

    /// In what the question is another one, or why it is.
    fn is_asked_otherwise(&self, question: &Question) -> Option<String> {
        let was = &self.question;
        if was.environment != question.environment {
            let all = was.environment.keys().chain(question.environment.keys());
            let mut names =
                all.filter(|it| was.environment.get(*it) != question.environment.get(*it));
            let name = names.next().map(|it| it.to_string_lossy().into_owned());
            return Some(format!("the variable {} was changed", name.unwrap_or_default()));
        }
        if was.arguments == question.arguments && was.folder == question.folder {
            return None;
        }
        // What is asked for follows from manifests.
        let file = self.says_changed(self.inputs.changed());
        Some(file.unwrap_or_else(|| "cargo is asked for something else".to_owned()))
    }

    /// Who makes what it makes.
    pub(super) fn maker(&self) -> Maker {
        Maker { by: BuiltBy::Rustc, number: self.number, twin: self.twin.get().cloned() }
    }

    /// What rustc has said of other crates when cargo had built them.
    pub(super) fn others(&self) -> &[CompilerMessage] {
        &self.others
    }

    /// The crate.
    pub(super) fn bundle(&self) -> &BundlePackage {
        &self.bundle
    }
}

/// The call of rustc that has made cargo's library.
fn called(done: &Done<'_>) -> Result<Rustc, String> {
    let unknown = || match done.is_fresh {
        true => "cargo had nothing to compile",
        false => "the wrapper has not left word of rustc's call",
    };
    let profile = done.library.parent();
    let profile = profile.and_then(|it| done.workspace.intermediate_beside(done.target_dir, it));
    let path = Capture::path(profile.as_deref().ok_or_else(unknown)?, &done.bundle.crate_name);
    let capture = Capture::read(&path).ok_or_else(unknown)?;
    // Another package may have a crate of that name.
    if capture.variable("CARGO_MANIFEST_DIR").is_none_or(|it| Path::new(it) != done.bundle.folder) {
        return Err("rustc's call was another package's".to_owned());
    }
    let called = Rustc::of(capture).ok_or("rustc's call has an unknown form")?;
    if called.cargos.parent() != profile.as_deref()
        || !called.capture().has_made(&called.library(&called.cargos, &done.bundle.crate_name))
    {
        return Err(unknown().to_owned());
    }
    if done.is_fresh && !called.capture().is_that_of(&done.question, &called, done.made) {
        let why = "cargo had nothing to compile, and its settings are not those of the last time";
        return Err(why.to_owned());
    }
    Ok(called.with_variables_of(&done.question))
}

/// A file, as people know it.
fn shown(file: &Path, root: &Path) -> String {
    file.strip_prefix(root).unwrap_or(file).display().to_string()
}
