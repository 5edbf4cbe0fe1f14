//! The host: one for each process.

use std::{path::Path, sync::Arc, time::Duration};

use hot_rt::rt::Accessor;

#[cfg(feature = "watch")]
use crate::watch::Watcher;
use crate::{
    api::{Bundle, HostBuilder, Transaction},
    boundary::{started, threads},
    build::Lead,
    load::{Next, Step},
    said::{Event, Notice, Phases, Report, Result, Status, Untidy},
    state::{Inner, Namespace},
};

/// The program's side of hot reloading: loads bundles and replaces them.
///
/// Each process has one host, and the value is a handle to that host. Dropping the handles changes
/// nothing: definitions stay in place.
///
/// ```
/// #[hot::export]
/// fn add(a: i32, b: i32) -> i32 {
///     a + b
/// }
///
/// # fn main() {
/// let host = hot::Host::start().unwrap();
/// assert_eq!(hot::get!(add)(2, 3), 5);
/// assert_eq!(hot::Host::start().unwrap_err().code(), hot::Code::SecondHost);
/// # let _ = host;
/// # }
/// ```
#[derive(Clone)]
pub struct Host {
    pub(crate) inner: &'static Inner,
}

// A panic that passes through a call of the host leaves nothing behind: what is published is
// complete, and what is not is not seen.
impl std::panic::UnwindSafe for Host {}
impl std::panic::RefUnwindSafe for Host {}

impl Host {
    /// Starts the host with the usual options.
    ///
    /// In a library (`cdylib`) that another program loads, in C or in Python, the library is what a
    /// program is elsewhere: its file tells where the workspace is, how it was built, and which global
    /// allocator it has. It stays in memory from then on, also when it is closed. No panic may leave
    /// an `extern "C"` function, and a panic in a hot call goes on in its caller: catch it.
    ///
    /// ```
    /// /// 0 if the host is there.
    /// #[unsafe(no_mangle)]
    /// pub extern "C" fn game_start() -> i32 {
    ///     match hot::Host::start() {
    ///         Ok(_) => 0,
    ///         Err(error) => {
    ///             eprintln!("{error}");
    ///             1
    ///         }
    ///     }
    /// }
    /// # assert_eq!(game_start(), 0);
    /// ```
    ///
    /// # Errors
    /// [`Code::SecondHost`](crate::Code::SecondHost) if the process has a host, also where a bundle asks (two libraries may each have one); [`Code::Shadow`](crate::Code::Shadow) if the private folder for
    /// copies cannot be made; [`Code::DefinedTwice`](crate::Code::DefinedTwice) if two functions linked into the program are
    /// exported under one name.
    pub fn start() -> Result<Host> {
        Host::builder().start()
    }

    /// Chooses options before the start.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// The process's host.
    ///
    /// # Errors
    /// [`Code::NoHost`](crate::Code::NoHost) before a start; [`Code::SecondHost`](crate::Code::SecondHost) within a bundle, which has its
    /// own copy of this library: it says why.
    pub fn current() -> Result<Host> {
        Ok(Host { inner: crate::api::start::current()? })
    }

    /// Loads a bundle from a library file. If the bundle is loaded already, the file becomes its
    /// next generation. [`Bundle::report`] tells what the load has changed.
    ///
    /// What the file tells is checked before any code of the library runs; what only the compiler's
    /// type identities tell, after its constructors and before its init function. If anything is
    /// refused, what ran before goes on running and nothing is changed.
    ///
    /// # Errors
    /// HOT01xx to HOT03xx; see [`Code`](crate::Code).
    ///
    /// # Safety
    /// The system's loader runs a library's constructors, and those of the libraries that it needs,
    /// and what the library's records say of its code is believed. So the file has to be what cargo
    /// and rustc have made of a bundle's sources, and its constructors must be sound to run in this
    /// process at any time. That holds for the file as it is now and as it will be at each
    /// [`Bundle::reload`]. A file that is no library, or a damaged one, is refused, but a file that
    /// somebody has made to deceive is not found out. [`load_crate`](Host::load_crate) builds what it
    /// loads.
    pub unsafe fn load(&self, path: impl AsRef<Path>) -> Result<Bundle> {
        let (bundle, _) = self.load_one(Next::file(path.as_ref()), Duration::ZERO)?;
        Ok(bundle)
    }

    /// Builds a bundle with cargo and loads it. `name` is the package's; hyphens and underscores
    /// are the same.
    ///
    /// The workspace is that of [`HostBuilder::workspace`], or else the first one that has the
    /// package: around the file of the program, or of the library that has the host, where the program was started, or where what it was
    /// linked with was compiled. The first two must make the program, too. Where the program is a
    /// copy, together with its project, of one that is there still, a line of the build's output
    /// says which one is built. Host and bundle are built together and alike, so that they agree on
    /// shared types.
    ///
    /// # Errors
    /// HOT07xx if the package cannot be found or built, and the errors of [`load`](Host::load).
    pub fn load_crate(&self, name: &str) -> Result<Bundle> {
        self.build_and_load(name, Lead::Name)
    }

    /// Does what [`load_crate`](Host::load_crate) does, in the cargo workspace that `folder` lies in.
    /// If that workspace is not the host's own, the bundle is built in a target folder of that
    /// workspace.
    ///
    /// A bundle of that name which is loaded already gets its next generation from there. A bundle's
    /// sources are watched where it was built first: the next save there brings them back.
    ///
    /// # Errors
    /// The errors of [`load_crate`](Host::load_crate).
    pub fn load_crate_in(&self, folder: impl AsRef<Path>, name: &str) -> Result<Bundle> {
        self.build_and_load(name, Lead::Folder(folder.as_ref().to_owned()))
    }

    fn build_and_load(&self, name: &str, lead: Lead) -> Result<Bundle> {
        #[cfg(feature = "watch")]
        let began = std::time::SystemTime::now();
        let (_crate, built) = self.inner.announce(self.inner.build(name, lead))?;
        let (bundle, _) = self.load_one(built.next(), built.duration)?;
        #[cfg(feature = "watch")]
        if let Some(watcher) = Watcher::get() {
            let (workspace, package) = _crate;
            watcher.add(workspace, package, &built, began);
        }
        Ok(bundle)
    }

    /// Begins a transaction: loads, reloads and rollbacks that commit at once.
    pub fn transaction(&self) -> Transaction {
        Transaction::new(self.clone())
    }

    /// Calls `listener` with everything that happens from now on, on the thread that caused it,
    /// after it has happened. The listener may call the host. If one listener panics, the panic ends
    /// there, and the other listeners hear of the event all the same.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        self.inner.on_event(Arc::new(listener));
    }

    /// Calls `listener` before `cargo hotreload run` ends the program to build it and start it again:
    /// by the key `R`, or with `--restart` because a file of its own was saved. So the program can
    /// keep something: write a saved game, end a level cleanly.
    ///
    /// The listener is given the time that is left, two seconds at first, and called on a thread of
    /// the host's; several are called one after the other. The program is ended (SIGTERM) once all
    /// have returned, and in any case when the time is over. If one panics, the panic ends there. An
    /// end without a new start (the key `q`, Ctrl-C) calls nobody.
    ///
    /// ```
    /// let host = hot::Host::start()?;
    /// host.on_restart(|left| {
    ///     // The next process may read it.
    ///     if left.as_millis() > 100 {
    ///         let _ = std::fs::write("game.save", "level 3");
    ///     }
    /// });
    /// # Ok::<(), hot::Error>(())
    /// ```
    pub fn on_restart(&self, listener: impl Fn(Duration) + Send + Sync + 'static) {
        self.inner.restart_listeners.add(listener);
    }

    /// The one line that matters now, for a program that shows it on its own screen; `None` as long
    /// as nothing has happened.
    ///
    /// While something is being built, that is `building rules`. While a bundle does not compile, or
    /// its last save was refused, it is the first error, until the bundle is mended: where rustc has
    /// found it and what it is, or the code and its sentence. Otherwise it is the line of what has
    /// happened last: of a reload, a rollback, or a save that belongs to the host. [`Notice::age`]
    /// tells when it is old enough to be hidden. [`on_event`](Host::on_event) tells all.
    ///
    /// It may be asked for in each frame, on any thread: it takes no lock, and a build or a reload
    /// does not hold it up.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// let host = hot::Host::start()?;
    /// assert!(host.notice().is_none());
    /// // SAFETY: there is no such file.
    /// unsafe { host.load("missing.so") }.unwrap_err();
    ///
    /// // In each frame:
    /// if let Some(notice) = host.notice() {
    ///     match notice.level {
    ///         hot::Level::Error => eprintln!("\x1b[41m{notice}\x1b[0m"), // a red bar
    ///         _ if notice.age < Duration::from_secs(5) => eprintln!("{notice}"),
    ///         _ => {}
    ///     }
    /// }
    /// # let notice = host.notice().unwrap();
    /// # assert_eq!(notice.level, hot::Level::Error);
    /// # assert!(notice.text.starts_with("HOT0101: "), "{notice}");
    /// # Ok::<(), hot::Error>(())
    /// ```
    pub fn notice(&self) -> Option<Notice> {
        self.inner.notices.now()
    }

    /// Tells what is loaded, defined and still running.
    ///
    /// # Errors
    /// [`Code::Reentrant`](crate::Code::Reentrant) from within a bundle's init function.
    pub fn status(&self) -> Result<Status> {
        self.inner.status(threads::in_older_code(), started::threads)
    }

    /// Lists what the source says of how values move, and no value needs: none that is alive, and none
    /// that a rollback or an unload would lead back to. `cargo hotreload tidy` prints it.
    ///
    /// ```
    /// let host = hot::Host::start()?;
    /// for attribute in host.tidy()? {
    ///     println!("{attribute}"); // game::World.heat: #[hot(default = ..)]
    /// }
    /// # Ok::<(), hot::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Code::Reentrant`](crate::Code::Reentrant) from within a bundle's init function.
    pub fn tidy(&self) -> Result<Vec<Untidy>> {
        self.inner.tidy()
    }

    pub(crate) fn load_one(
        &self,
        next: Next<'_>,
        build: Duration,
    ) -> Result<(Bundle, Arc<Report>)> {
        let phases = Phases { build, ..Phases::default() };
        let mut loaded = self.inner.transact(&[Step::Load(next)], phases)?;
        let (name, report) = loaded.remove(0);
        let bundle = Bundle::new(self.clone(), name, report.bundle.clone());
        Ok((bundle, report))
    }

    /// Says whether the file would be refused, as far as that can be told without running any of
    /// its code. The check changes nothing, and reads the file where it lies.
    ///
    /// # Errors
    /// The errors of [`load`](Host::load).
    pub fn check(&self, path: impl AsRef<Path>) -> Result<()> {
        self.inner.check(path.as_ref())
    }

    /// The loaded bundle of this package or crate; hyphens and underscores are the same.
    pub fn bundle(&self, name: &str) -> Option<Bundle> {
        let (crate_name, package) = self.inner.names(name)?;
        Some(Bundle::new(self.clone(), crate_name, package))
    }

    /// The root of all definitions.
    pub fn namespace(&self) -> &Namespace {
        &self.inner.namespace
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

impl Host {
    /// What `hot::lookup!` expands to.
    #[doc(hidden)]
    pub fn look_up<H>(&self, accessor: &'static Accessor, handle: H) -> Result<H> {
        // A slot that leads somewhere leads to a definition of this very signature; the host knows
        // it, and turns it back to the resolver when nothing defines the name any more.
        if accessor.slot.entry() == accessor.cold {
            self.inner.look_up(accessor)?;
        }
        Ok(handle)
    }
}
