//! The host's options.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use super::{Host, Result, cargo::BuildSink, fresh::Policy, host::Inner};

/// Options of a [`Host`], from [`Host::builder`].
///
/// ```no_run
/// let host = hot::Host::builder().workspace("../game").profile("release").history(3).start()?;
/// let rules = host.load_crate("rules")?;
/// # Ok::<(), hot::Error>(())
/// ```
#[derive(Default)]
#[must_use]
pub struct HostBuilder {
    options: Options,
}

pub(crate) struct Options {
    pub(crate) workspace: Option<PathBuf>,
    pub(crate) profile: Option<String>,
    pub(crate) target_dir: Option<PathBuf>,
    pub(crate) shadow_dir: Option<PathBuf>,
    pub(crate) history: usize,
    pub(crate) guard_patience: Duration,
    pub(crate) rollback_after: Option<Policy>,
    pub(crate) build_output: Option<BuildSink>,
    pub(crate) control: bool,
    #[cfg(feature = "watch")]
    pub(crate) watch: Option<super::watch::Printer>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            workspace: None,
            profile: None,
            target_dir: None,
            shadow_dir: None,
            history: 8,
            guard_patience: Duration::from_secs(1),
            rollback_after: None,
            build_output: None,
            control: true,
            #[cfg(feature = "watch")]
            watch: None,
        }
    }
}

impl HostBuilder {
    /// The folder of the cargo workspace that bundles are built in, or one within it.
    pub fn workspace(mut self, folder: impl AsRef<Path>) -> Self {
        self.options.workspace = Some(folder.as_ref().to_owned());
        self
    }

    /// The cargo profile that bundles are built with: `dev`, `release` or a custom one. By default
    /// the one that the host was built with.
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.options.profile = Some(name.into());
        self
    }

    /// The target folder that bundles are built in. By default the host's.
    pub fn target_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.options.target_dir = Some(folder.as_ref().to_owned());
        self
    }

    /// The folder in which the host keeps its private copies of libraries. By default one of the
    /// user's own among the temporary files. Folders of hosts that have ended are removed from it.
    pub fn shadow_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.options.shadow_dir = Some(folder.as_ref().to_owned());
        self
    }

    /// How many earlier generations of a bundle `rollback` can go back to; 8 by default.
    pub fn history(mut self, generations: usize) -> Self {
        self.options.history = generations;
        self
    }

    /// How long a commit waits for a thread that holds a guard of a [`State`](crate::State) whose
    /// value is given up by it; then it is refused ([`Code::GuardHeld`](crate::Code::GuardHeld)). One
    /// second by default.
    pub fn guard_patience(mut self, patience: Duration) -> Self {
        self.options.guard_patience = patience;
        self
    }

    /// Goes back to the generation before when a new one panics `panics` times within this time
    /// after it was loaded. Off by default.
    ///
    /// The panicking call panics all the same, and calls go on reaching the failing generation
    /// until another thread has taken it back, right afterwards. Then there is an
    /// [`Event::RolledBack`] whose report says [why](crate::Report::why); or, if there is no earlier
    /// generation or a caller was loaded since that cannot call it, an [`Event::Refused`], once.
    ///
    /// What counts is each panic that code of the generation raises, on whatever thread, also one
    /// that the bundle catches itself; not a panic that only passes through it. A generation that
    /// was gone back to, by hand or by this, is not taken back again: it has proved itself before.
    /// With a shared std (`-C prefer-dynamic`) panics cannot be told apart by bundle: none counts.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let host = hot::Host::builder().rollback_after(3, Duration::from_secs(10)).start().unwrap();
    /// host.on_event(|event| match event {
    ///     hot::Event::RolledBack(report) if report.why.is_some() => eprintln!("{report}"),
    ///     _ => {}
    /// });
    /// ```
    ///
    /// # Panics
    /// If `panics` is 0.
    ///
    /// [`Event::RolledBack`]: crate::Event::RolledBack
    /// [`Event::Refused`]: crate::Event::Refused
    pub fn rollback_after(mut self, panics: u32, within: Duration) -> Self {
        assert!(panics > 0, "a generation that has not panicked is not taken back");
        self.options.rollback_after = Some(Policy { panics, within });
        self
    }

    /// Where rustc's reports and the progress of builds go, instead of standard error. Under
    /// `cargo hotreload run` the command shows them, and `sink` is not called, unless it was given
    /// `--tty`.
    pub fn build_output(mut self, sink: BuildSink) -> Self {
        self.options.build_output = Some(sink);
        self
    }

    /// Rebuilds and reloads each bundle that came from [`Host::load_crate`] or
    /// [`Host::load_crate_in`] whenever something is saved that it is built of, and passes one line
    /// about each save to `print`. The same is said by [`Event::Saved`](crate::Event::Saved).
    ///
    /// That is all that cargo reads: sources and manifests of the package and of its path
    /// dependencies, the workspace's settings, and the files that were read by the last build, such
    /// as those of `include_str!` and of build scripts. Edits during a build begin it again. Bundles
    /// that share a crate change together, or not at all. What does not compile, or is refused, is
    /// tried again with the next save, and the old code goes on. `print` is called by a thread of
    /// the host's, and must not wait for the next save.
    ///
    /// Started by `cargo hotreload run`, a host watches in any case, and the command shows these
    /// lines: `print` is not called then, unless the command was given `--tty`.
    ///
    /// ```no_run
    /// let host = hot::Host::builder().watch(|line| eprintln!("{line}")).start()?;
    /// let rules = host.load_crate("rules")?;
    /// # Ok::<(), hot::Error>(())
    /// ```
    #[cfg(feature = "watch")]
    pub fn watch(mut self, print: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.options.watch = Some(std::sync::Arc::new(print));
        self
    }

    /// Whether `cargo hotreload` may find this host, list what it has loaded, and reload and roll
    /// back its bundles; it may by default.
    ///
    /// On Unix the host listens at a socket `hotreload-<user>/<process>.sock` in
    /// `$XDG_RUNTIME_DIR`, or in the folder for temporary files, that nobody but the user can reach.
    /// If it cannot be made there is none, and the host starts all the same. On other systems there
    /// is none yet.
    ///
    /// ```
    /// let host = hot::Host::builder().control(false).start().unwrap();
    /// # let _ = host;
    /// ```
    pub fn control(mut self, serve: bool) -> Self {
        self.options.control = serve;
        self
    }

    /// Starts the host.
    ///
    /// # Errors
    /// As [`Host::start`].
    pub fn start(self) -> Result<Host> {
        let inner = Inner::start(self.options)?;
        Ok(Host { inner })
    }
}

impl std::fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostBuilder").finish_non_exhaustive()
    }
}
