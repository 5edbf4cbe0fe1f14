//! The host's options.

use std::{path::Path, sync::Arc, time::Duration};

use crate::{
    api::{Host, start::start},
    file::Allocator,
    said::{BuildMessage, Result},
    state::{Options, fresh::Policy},
};

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

impl HostBuilder {
    /// The folder of the cargo workspace that bundles are built in, or one within it. By default it is
    /// found, from the host's file first: see [`load_crate`](Host::load_crate). A library that has
    /// the host and was copied out of its project has to be told.
    pub fn workspace(mut self, folder: impl AsRef<Path>) -> Self {
        self.options.workspace = Some(folder.as_ref().to_owned());
        self
    }

    /// The cargo profile that bundles are built with: `dev`, `release` or a custom one. The
    /// default is the profile that the host was built with.
    pub fn profile(mut self, name: impl Into<String>) -> Self {
        self.options.profile = Some(name.into());
        self
    }

    /// The target folder that bundles are built in. The default is the host's.
    pub fn target_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.options.target_dir = Some(folder.as_ref().to_owned());
        self
    }

    /// The folder in which the host keeps its private copies of libraries. The default is a
    /// folder of the user's own among the temporary files. The host removes the folders of hosts that
    /// have ended.
    pub fn shadow_dir(mut self, folder: impl AsRef<Path>) -> Self {
        self.options.shadow_dir = Some(folder.as_ref().to_owned());
        self
    }

    /// Says what the program's global allocator hands out. The host asks the symbols of its own
    /// file, which tell a program without a `#[global_allocator]`; it cannot tell what an allocator
    /// does that the program has, nor anything of a file that was stripped. Where it cannot, bundles
    /// have to forward allocation, as those do that [`load_crate`](Host::load_crate) builds then.
    ///
    /// # Safety
    /// With [`Allocator::System`] each block of the program's global allocator must be a block of
    /// [`System`](std::alloc::System) with the same layout, and the reverse: the allocator counts,
    /// traces or limits, and passes every layout on as it is.
    pub unsafe fn allocator(mut self, allocator: Allocator) -> Self {
        self.options.allocator = Some(allocator);
        self
    }

    /// How many earlier generations of a bundle `rollback` can go back to. The default is 8.
    pub fn history(mut self, generations: usize) -> Self {
        self.options.history = generations;
        self
    }

    /// How long a commit that moves the value of a [`State`](../hot/struct.State.html) to a new type, or gives the
    /// value of a static up (`#[hot(reset)]`), waits until no thread uses it. So long, at most, calls from outside hot code wait. After that time the commit is refused
    /// and callers go on: where a thread is inside hot code and does not leave
    /// ([`Code::Inside`](crate::Code::Inside)), or one that a bundle has started holds a guard
    /// ([`Code::GuardHeld`](crate::Code::GuardHeld)). The default is one second.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.options.patience = patience;
        self
    }

    /// Has everything that the program and its bundles are linked with stand in the way of a change,
    /// whether it is called or not.
    ///
    /// By default only what is used holds what it was compiled with: a reload closes what nobody has called yet
    /// and what would not fit any more, and says so ([`Report::closed`](crate::Report::closed)); the
    /// first call of that panics with HOT0507.
    ///
    /// ```
    /// let host = hot::Host::builder().strict().start().unwrap();
    /// # let _ = host;
    /// ```
    pub fn strict(mut self) -> Self {
        self.options.strict = true;
        self
    }

    /// Goes back to the generation before when a new one panics `panics` times within this time
    /// after it was loaded. The host does not do so by default.
    ///
    /// The panicking call panics all the same, and calls go on reaching the failing generation
    /// until another thread has taken it back, right afterwards. Then there is an
    /// [`Event::RolledBack`] whose report says [why](crate::Report::why); or, if there is no earlier
    /// generation or a caller was loaded since that cannot call it, an [`Event::Refused`], once.
    ///
    /// What counts is each panic that code of the generation raises, on whatever thread, also one
    /// that the bundle catches itself. A panic that only passes through the generation does not
    /// count. A generation that the host went back to, by hand or by itself, is not taken back again:
    /// that generation has proved itself before.
    /// With a shared std (a shared library, `-C prefer-dynamic`) what counts is each call of the
    /// generation that ends with a panic of its own: not one that the bundle catches itself, nor one on a
    /// thread that it has started.
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

    /// Goes back to the generation before when a `#[hot::on_load]` function of a new one fails, or panics. By
    /// default the host does not: it tells of it ([`Report::failed_hooks`](crate::Report::failed_hooks)), and
    /// the new generation stays.
    ///
    /// What was loaded together goes back together, at once; a bundle that was not loaded before is unloaded.
    /// On that way functions run as on any: `#[hot::on_unload]` of the generation that has failed, then
    /// `#[hot::on_load]` of the one that comes back. If that fails too, it is told and no more. The load or
    /// reload is an error, [`Code::HookFailed`](crate::Code::HookFailed), after an
    /// [`Event::Loaded`](crate::Event::Loaded) and an [`Event::RolledBack`](crate::Event::RolledBack) or
    /// [`Event::Unloaded`](crate::Event::Unloaded).
    ///
    /// Where there is no way back, since a state cannot move back for example, the new generation stays: there
    /// is an [`Event::Refused`](crate::Event::Refused), and the load is none. A rollback that was asked for
    /// stays, too, and so does what a `#[hot::on_unload]` function fails at: the generation that it is of is
    /// gone.
    ///
    /// ```
    /// let host = hot::Host::builder().rollback_on_hook_error().start().unwrap();
    /// # let _ = host;
    /// ```
    pub fn rollback_on_hook_error(mut self) -> Self {
        self.options.rollback_on_hook_error = true;
        self
    }

    /// Has bundles loaded whose constructors use this crate of a shared library: something that they
    /// register there, as `inventory::submit!` does, stays registered, and each generation registers it
    /// anew. By default such a bundle is refused before it is opened ([`Code::Registers`](crate::Code::Registers)),
    /// unless it is known that it does no harm: what `derive(Reflect)` of bevy's makes is.
    ///
    /// The name is the crate's, as in paths; where a constructor uses several crates, any of them will do.
    /// Code that is linked statically does not matter, since each generation has its own.
    ///
    /// ```
    /// let host = hot::Host::builder().constructors_may_use("inventory").start().unwrap();
    /// # let _ = host;
    /// ```
    pub fn constructors_may_use(mut self, crate_name: impl Into<String>) -> Self {
        self.options.constructors_may_use.insert(crate_name.into());
        self
    }

    /// Calls `sink` with rustc's reports and the progress of builds. Otherwise the reports go to what
    /// `HostBuilder::watch` was given, or all of it to standard error. The thread that builds
    /// calls it. Under `cargo hotreload run` the command shows builds,
    /// and the host does not call `sink`, unless the command was given `--tty`. [`BuildMessage`] has
    /// an example.
    pub fn build_output(mut self, sink: impl Fn(BuildMessage<'_>) + Send + Sync + 'static) -> Self {
        self.options.build_output = Some(Arc::new(sink));
        self
    }

    /// Has cargo build every time. Otherwise a save of a bundle's own sources has rustc called alone, as
    /// cargo has called it before, if `cargo hotreload run` has built the program: that is faster, and
    /// makes the same library. Whatever only cargo would notice is cargo's in either case.
    /// [`Report::built_by`](crate::Report::built_by) says who it was.
    ///
    /// ```
    /// let host = hot::Host::builder().plain_cargo().start().unwrap();
    /// # let _ = host;
    /// ```
    pub fn plain_cargo(mut self) -> Self {
        self.options.plain_cargo = true;
        self
    }

    /// Rebuilds and reloads each bundle that came from [`Host::load_crate`] or
    /// [`Host::load_crate_in`] whenever something is saved that it is built of, and passes one line
    /// about each save to `print`. The same is said by [`Event::Saved`](crate::Event::Saved).
    ///
    /// What builds say goes to `print`, too, unless [`build_output`](HostBuilder::build_output) takes
    /// it: each report of rustc's as one text of several lines, without colours, before the line of
    /// the save, and what cargo says when it fails. So nothing is written to standard error, across the
    /// screen of a program that fills it.
    ///
    /// That is all that cargo reads: sources and manifests of the package and of its path
    /// dependencies, the workspace's settings, and the files that were read by the last build, such
    /// as those of `include_str!` and of build scripts. Edits during a build begin it again. Bundles
    /// that share a crate change together, or not at all. What does not compile, or is refused, is
    /// tried again with the next save, and the old code goes on. `print` is called by a thread of
    /// the host's, and must not wait for the next save; during [`Host::load_crate`] and
    /// [`Bundle::rebuild`](crate::Bundle::rebuild) also by the thread that called those.
    ///
    /// If the watch cannot start, the host runs without it, and `print` is told why (HOT0706).
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
        self.options.watch = Some(Arc::new(print));
        self
    }

    /// Whether `cargo hotreload` may find this host, list what it has loaded, and reload and roll
    /// back its bundles; it may by default.
    ///
    /// On Unix the host listens at a socket `hotreload-<user>/<process>.sock` in
    /// `$XDG_RUNTIME_DIR`, or in the folder for temporary files, that nobody but the user can reach.
    /// If the socket cannot be made, the host starts without one. On other systems the host has no
    /// socket yet.
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
    /// The errors of [`Host::start`].
    pub fn start(self) -> Result<Host> {
        let inner = start(self.options)?;
        Ok(Host { inner })
    }
}

impl std::fmt::Debug for HostBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("HostBuilder").finish_non_exhaustive()
    }
}
