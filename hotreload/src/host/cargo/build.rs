//! One build of one bundle: its arguments, and what came of it.
//!
//! Bundle and host package are named together (`-p bundle -p host --lib`). Built alone, the bundle
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

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use super::{
    BuildMessage, BuildSink, BundlePackage, HostPackage, Origin, Workspace, command,
    origin::{Place, default_profile},
    process,
    report::Report,
    sink,
};
use crate::host::{Code, Reason, Result};

/// A build to be run. [`new`](Build::new) gives the defaults, the fields change them.
pub(crate) struct Build<'a> {
    workspace: &'a Workspace,
    bundle: &'a BundlePackage,
    /// The host's package; its features count.
    pub(crate) host: Option<HostPackage>,
    /// Cargo's name of the profile.
    pub(crate) profile: String,
    /// What is given as `--target`.
    pub(crate) triple: Option<String>,
    /// A target folder instead of the workspace's.
    pub(crate) target_dir: Option<PathBuf>,
    /// Features to switch on, as given to `--features`.
    pub(crate) features: Vec<String>,
    /// Whether the bundle is to allocate with the host's allocator.
    pub(crate) forward_allocation: bool,
    /// Whether rustc's reports are coloured.
    pub(crate) colour: bool,
    /// Who shows the build.
    pub(crate) sink: BuildSink,
}

/// A bundle that was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Built {
    /// The shared library, as cargo names it.
    pub(crate) library: PathBuf,
    /// Whether it was there already.
    pub(crate) fresh: bool,
    /// How long cargo took.
    pub(crate) duration: Duration,
    /// How many warnings rustc has, also of crates that were there already.
    pub(crate) warnings: usize,
    /// What cargo itself said on standard error.
    pub(crate) log: String,
}

impl<'a> Build<'a> {
    /// A build in the profile that this library was compiled in, shown on standard error.
    pub(crate) fn new(workspace: &'a Workspace, bundle: &'a BundlePackage) -> Self {
        Build {
            workspace,
            bundle,
            host: None,
            profile: default_profile().to_owned(),
            triple: None,
            target_dir: None,
            features: Vec::new(),
            forward_allocation: false,
            colour: sink::is_coloured(),
            sink: sink::standard_error(),
        }
    }

    /// The same build, done as the program of this path was: its package, profile, target and
    /// target folder. Nothing changes if it does not lie in a target folder.
    ///
    /// A program of another workspace keeps its target folder to itself: cargo gives shared
    /// libraries of workspaces no hash in their names, so that two packages of one name would take
    /// each other's library for their own, fresh one.
    pub(crate) fn like(mut self, executable: &Path) -> Self {
        if let Some(origin) = Origin::of(executable) {
            self.host = self.workspace.host(&origin);
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

    /// Builds, waits for cargo, and says where the library is.
    pub(crate) fn run(&self) -> Result<Built> {
        let start = Instant::now();
        let [target_dir, build_dir] = self.workspace.output_dirs();
        let outputs = [target_dir, build_dir].into_iter().chain(self.target_dir.clone());
        let mut command = command::cargo(self.workspace.root(), &outputs.collect::<Vec<_>>());
        command.args(self.arguments()).env("CARGO_TERM_PROGRESS_WHEN", "never");
        let mut report = Report::default();
        let status = process::run(&mut command, |event| {
            report.take(event, &self.bundle.id, &self.sink);
            (self.sink)(BuildMessage::Progress {
                bundle: &self.bundle.name,
                crates: report.crates,
                elapsed: start.elapsed(),
                waiting: report.waiting,
            });
        });
        (self.sink)(BuildMessage::Done);
        let status = status.map_err(|error| command::not_started(&command, error))?;
        if !status.success() {
            return Err(report.failure(status).into());
        }
        let (library, fresh) = report.library.ok_or_else(|| {
            let message = format!("cargo built no shared library of `{}`", self.bundle.name);
            let reason = Reason::new(Code::NotABundle, message);
            if report.log.is_empty() { reason } else { reason.fact("cargo", report.log.trim_end()) }
        })?;
        Ok(Built {
            library,
            fresh,
            duration: start.elapsed(),
            warnings: report.warnings,
            log: report.log,
        })
    }

    fn arguments(&self) -> Vec<OsString> {
        let verb = if self.forward_allocation { "rustc" } else { "build" };
        let mut arguments: Vec<OsString> = vec![verb.into()];
        let mut add = |words: &[&str]| arguments.extend(words.iter().map(OsString::from));
        add(&["-p", &self.bundle.id.repr, "--lib"]);
        let host = self.host.as_ref().filter(|_| !self.forward_allocation);
        if let Some(host) = host {
            if host.id != self.bundle.id {
                add(&["-p", &host.id.repr]);
            }
            add(&with_dev_dependencies(host));
        }
        if self.forward_allocation {
            add(&["--crate-type", "cdylib"]);
        }
        add(&["--profile", &self.profile]);
        if let Some(triple) = &self.triple {
            add(&["--target", triple]);
        }
        if !self.features.is_empty() {
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
        Place::Bin => vec![],
    }
}
