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
    pub(crate) rollback_after: Option<Policy>,
    pub(crate) build_output: Option<BuildSink>,
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
            rollback_after: None,
            build_output: None,
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

    /// Where rustc's reports and the progress of builds go, instead of standard error.
    pub fn build_output(mut self, sink: BuildSink) -> Self {
        self.options.build_output = Some(sink);
        self
    }

    /// Rebuilds and reloads each bundle that came from [`Host::load_crate`] whenever one of its
    /// source files is saved, and passes one line about each save to `print`.
    #[cfg(feature = "watch")]
    pub fn watch(mut self, print: impl Fn(&str) + Send + Sync + 'static) -> Self {
        self.options.watch = Some(std::sync::Arc::new(print));
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
