//! One build, of one bundle or of several: what cargo is asked.
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
    collections::BTreeSet,
    env,
    ffi::OsString,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use crate::build::alike::Program;
use crate::build::origin::{Place, default_profile};
use crate::build::{
    Abandon, BundlePackage, HostPackage, Origin, Shared, Workspace, Wrapper, command, dep_info,
    sink,
};
use crate::load::Next;
use crate::said::BuildSink;
use crate::state::Maker;

/// Whether cargo has rustc compile incrementally. It is a part of the profile.
const INCREMENTAL: &str = "CARGO_INCREMENTAL";

/// A build to be run. [`new`](Build::new) gives the defaults, the fields change them.
pub(crate) struct Build<'a> {
    pub(super) workspace: &'a Workspace,
    pub(super) bundles: &'a [BundlePackage],
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
    /// The files of packages that stand in for those of a registry: cargo does not list them.
    pub(crate) patched: BTreeSet<PathBuf>,
    /// How long that took, with all that was waited for.
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
        let patched = BTreeSet::new();
        Built { folder, library, fresh: true, rlibs, patched, duration, warnings: 0, log, maker }
    }

    /// The files that it is made of, wherever they lie, by cargo's list; none if there is no such list.
    pub(crate) fn read(&self, root: &Path) -> Vec<PathBuf> {
        let listed = dep_info::listed(&self.library.with_extension("d"), root);
        let patched = self.patched.iter().cloned();
        listed.map(|it| it.into_iter().chain(patched).collect()).unwrap_or_default()
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

    /// What cargo is asked.
    pub(super) fn command(&self, bundles: &[BundlePackage], flips_incremental: bool) -> Command {
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
    pub(super) fn target_folder(&self) -> Option<PathBuf> {
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
