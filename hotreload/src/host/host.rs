//! The host: one for each process.

use std::{
    env, panic,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError, atomic::Ordering, mpsc::Receiver},
    thread,
    time::Duration,
};

use arc_swap::ArcSwap;

use super::{
    Bundle, BundleStatus, Code, DefinitionStatus, Error, Event, HostBuilder, Kind, Namespace,
    Phases, Reason, Report, Result, Status, TypeLayout, allocator,
    builder::Options,
    candidate::{Requirements, duplicates},
    control,
    fresh::{Failed, Fresh},
    image::Site,
    layout::Tables,
    manifest::Shared,
    object_file::executable_shares_std,
    output, platform,
    shadow::Shadow,
    table::host_table,
    threads,
    transaction::{Next, Step, Transaction},
    world::{Placed, Stored, World},
};
use crate::rt::{self, Accessor, HostTable, TABLE};

/// The program's side of hot reloading: loads bundles and replaces them.
///
/// There is one for each process; the value is a handle to it. Dropping the handles changes
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

type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// The state behind the handles.
pub(crate) struct Inner {
    pub(crate) namespace: Namespace,
    /// The writer's lock.
    pub(crate) world: Mutex<World>,
    /// Held while slots and definitions change; never while anybody else's code runs.
    pub(crate) publishing: Mutex<()>,
    pub(crate) shadow: Shadow,
    pub(crate) requirements: Requirements,
    /// The program's file, as it was called at the start: the system calls it "(deleted)" once cargo
    /// has built it again.
    pub(crate) executable: Option<PathBuf>,
    pub(crate) table: &'static HostTable,
    pub(crate) options: Options,
    /// For the policy `rollback_after`.
    pub(crate) fresh: Option<Fresh>,
    listeners: ArcSwap<Vec<Listener>>,
    #[cfg(feature = "watch")]
    pub(crate) watcher: OnceLock<super::watch::Watcher>,
}

static INNER: OnceLock<Inner> = OnceLock::new();
/// Held while a host starts, so that a second start waits and then fails.
static STARTING: Mutex<()> = Mutex::new(());

impl Host {
    /// Starts the host with the usual options.
    ///
    /// # Errors
    /// [`Code::SecondHost`] if the process has one; [`Code::Shadow`] if the private folder for
    /// copies cannot be made; [`Code::DefinedTwice`] if two functions linked into the program are
    /// exported under one name.
    pub fn start() -> Result<Host> {
        Host::builder().start()
    }

    /// Chooses options before the start.
    pub fn builder() -> HostBuilder {
        HostBuilder::default()
    }

    /// The process's host, if it was started.
    pub fn current() -> Option<Host> {
        Inner::get().map(|inner| Host { inner })
    }

    /// Loads a bundle from a library file. If the bundle is loaded already, the file becomes its
    /// next generation.
    ///
    /// Everything that can be checked is checked before any code of the library runs. If anything
    /// is refused, what ran before goes on running and nothing is changed.
    ///
    /// # Errors
    /// HOT01xx to HOT03xx; see [`Code`].
    pub fn load(&self, path: impl AsRef<Path>) -> Result<Bundle> {
        let (bundle, _) = self.load_one(Next::file(path.as_ref()), Duration::ZERO)?;
        Ok(bundle)
    }

    /// Builds a bundle with cargo and loads it. `name` is the package's; hyphens and underscores
    /// are the same.
    ///
    /// The workspace is found by [`HostBuilder::workspace`], by the bundle if the program was
    /// linked with it, by the environment of `cargo run`, or by the place of the executable. Host
    /// and bundle are built together and alike, so that they agree on shared types.
    ///
    /// # Errors
    /// HOT07xx if it cannot be found or built, else as [`load`](Host::load).
    pub fn load_crate(&self, name: &str) -> Result<Bundle> {
        self.build_and_load(name, None)
    }

    /// As [`load_crate`](Host::load_crate), of the cargo workspace that `folder` lies in. If that is
    /// not the host's own workspace, it is built in a target folder of its own.
    ///
    /// A bundle of that name which is loaded already gets its next generation from there. A bundle's
    /// sources are watched where it was built first.
    ///
    /// # Errors
    /// As [`load_crate`](Host::load_crate).
    pub fn load_crate_in(&self, folder: impl AsRef<Path>, name: &str) -> Result<Bundle> {
        self.build_and_load(name, Some(folder.as_ref()))
    }

    fn build_and_load(&self, name: &str, folder: Option<&Path>) -> Result<Bundle> {
        #[cfg(feature = "watch")]
        let began = std::time::SystemTime::now();
        let (_crate, built) = self.inner.announce(self.inner.build(name, folder))?;
        let (bundle, _) = self.load_one(Next::built(&built), built.duration)?;
        #[cfg(feature = "watch")]
        if let Some(watcher) = self.inner.watcher.get() {
            let (workspace, package) = _crate;
            watcher.add(workspace, package, &built.library, began);
        }
        Ok(bundle)
    }

    /// Loads, reloads and rollbacks that commit at once.
    pub fn transaction(&self) -> Transaction {
        Transaction::new(self.clone())
    }

    /// Makes the files the next generations of their bundles: all of them at once, or none.
    /// `phases` are those that came before.
    pub(crate) fn load_together(
        &self,
        next: &[Next<'_>],
        phases: Phases,
    ) -> Result<Vec<(Bundle, Arc<Report>)>> {
        self.transact(&next.iter().copied().map(Step::Load).collect::<Vec<_>>(), phases)
    }

    /// Does all steps, or none, and tells the listeners.
    pub(crate) fn transact(
        &self,
        steps: &[Step<'_>],
        phases: Phases,
    ) -> Result<Vec<(Bundle, Arc<Report>)>> {
        self.inner.announce(self.attempt(steps, phases))
    }

    /// As [`transact`](Host::transact), but the listeners do not hear of a refusal.
    pub(crate) fn attempt(
        &self,
        steps: &[Step<'_>],
        phases: Phases,
    ) -> Result<Vec<(Bundle, Arc<Report>)>> {
        let done = self.inner.transact(steps, phases)?;
        let done = done.into_iter().zip(steps).map(|((name, report), step)| {
            let report = Arc::new(report);
            let event = match step {
                Step::Load(_) | Step::Reload(_) => Event::Loaded,
                Step::RollBack(_) => Event::RolledBack,
            };
            self.inner.emit(&event(report.clone()));
            (Bundle::new(self.clone(), name), report)
        });
        Ok(done.collect())
    }

    pub(crate) fn load_one(
        &self,
        next: Next<'_>,
        build: Duration,
    ) -> Result<(Bundle, Arc<Report>)> {
        let phases = Phases { build, ..Phases::default() };
        let mut loaded = self.load_together(&[next], phases)?;
        Ok(loaded.remove(0))
    }

    /// Says whether the file would be refused, as far as that can be told without running any of
    /// its code. Changes nothing, and reads the file where it lies.
    ///
    /// # Errors
    /// As [`load`](Host::load).
    pub fn check(&self, path: impl AsRef<Path>) -> Result<()> {
        self.inner.check(path.as_ref())
    }

    /// The loaded bundle of this package or crate name.
    pub fn bundle(&self, name: &str) -> Option<Bundle> {
        let name = name.replace('-', "_");
        let world = self.inner.write().ok()?;
        world.world().bundles.contains_key(&name).then(|| Bundle::new(self.clone(), name))
    }

    /// The root of all definitions.
    pub fn namespace(&self) -> &Namespace {
        &self.inner.namespace
    }

    /// Calls `listener` with everything that happens from now on, on the thread that caused it,
    /// after it has happened. The listener may call the host. If it panics, the others hear of it
    /// all the same, and the panic ends there.
    pub fn on_event(&self, listener: impl Fn(&Event) + Send + Sync + 'static) {
        let listener: Listener = Arc::new(listener);
        self.inner.listeners.rcu(|listeners| {
            let mut listeners = Vec::clone(listeners);
            listeners.push(listener.clone());
            listeners
        });
    }

    /// What is loaded, defined and still running.
    ///
    /// # Errors
    /// [`Code::Reentrant`] from within a bundle's init function.
    pub fn status(&self) -> Result<Status> {
        let world = self.inner.write()?;
        let world = world.world();
        let bundles = world.bundles.values().map(|loaded| BundleStatus {
            name: loaded.image.header.package.clone(),
            version: loaded.image.header.version.clone(),
            generation: loaded.generation,
            loaded_as: loaded.image.born_as,
            library: loaded.image.source.clone(),
            earlier: loaded.history.len(),
        });
        let definitions = self.inner.namespace.definitions();
        let definitions = definitions.iter().map(|definition| DefinitionStatus {
            path: definition.path().to_owned(),
            kind: definition.kind(),
            signature: definition.signature(),
            generation: definition.generation(),
        });
        Ok(Status {
            bundles: bundles.collect(),
            definitions: definitions.collect(),
            threads: threads::in_older_code(),
            retired: world.images - world.bundles.len(),
            abandoned: world.abandoned,
            shadow_bytes: self.inner.shadow.bytes(),
            shadow_dir: self.inner.shadow.path().to_owned(),
        })
    }
}

impl std::fmt::Debug for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Host").finish_non_exhaustive()
    }
}

impl Inner {
    pub(crate) fn get() -> Option<&'static Inner> {
        INNER.get()
    }

    pub(crate) fn start(options: Options) -> Result<&'static Inner> {
        let _starting = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
        if INNER.get().is_some() {
            return Err(Reason::new(Code::SecondHost, "the process has a host already").into());
        }
        let (world, namespace) = baseline()?;
        let shared_std = executable_shares_std();
        let (fresh, failed) = options.rollback_after.map(Fresh::new).unzip();
        let inner = Inner {
            namespace,
            world: Mutex::new(world),
            publishing: Mutex::new(()),
            shadow: Shadow::create(options.shadow_dir.as_deref())?,
            requirements: Requirements {
                system_allocator: allocator::is_system_compatible(),
                shared_std,
            },
            executable: env::current_exe().ok(),
            table: host_table(shared_std),
            options,
            fresh,
            listeners: ArcSwap::default(),
            #[cfg(feature = "watch")]
            watcher: OnceLock::new(),
        };
        platform::on_fork_in_child(threads::forked).map_err(|error| {
            Error::from(Reason::new(Code::Exhausted, "the system refuses a fork handler"))
                .caused_by(error)
        })?;
        platform::at_exit(output::at_exit).map_err(|error| {
            Error::from(Reason::new(Code::Exhausted, "the system refuses an exit handler"))
                .caused_by(error)
        })?;
        // The starting thread may have called hot code before there was a host to number it.
        rt::own_record().thread.store(platform::thread_id(), Ordering::Relaxed);
        if let Some(failed) = failed {
            let going_back = thread::Builder::new().name("hot-rollback".to_owned());
            going_back.spawn(move || go_back(&failed)).map_err(|error| {
                Error::from(Reason::new(Code::Exhausted, "the system refuses a thread"))
                    .caused_by(error)
            })?;
        }
        let inner = INNER.get_or_init(|| inner);
        // Last, and Release: pairs with the Acquire load in `table()`. Whoever finds the table
        // finds INNER too.
        TABLE.store(std::ptr::from_ref(inner.table).cast_mut(), Ordering::Release);
        #[cfg(feature = "watch")]
        if let Some(print) = control::printer(inner.options.watch.clone()) {
            match super::watch::Watcher::start(Host { inner }, print.clone()) {
                Ok(watcher) => drop(inner.watcher.set(watcher)),
                // Only the environment has asked for it.
                Err(error) if inner.options.watch.is_none() => print(&error.to_string()),
                Err(error) => return Err(error),
            }
        }
        if inner.options.control {
            control::start(&Host { inner });
        }
        Ok(inner)
    }

    /// The entry for a slot that nobody has resolved yet. Runs on any thread, also under the
    /// loader's lock and within a bundle's init.
    pub(crate) fn resolve(&self, accessor: &'static Accessor) -> Option<*const ()> {
        let tables = Tables::of_accessor(accessor).ok()?;
        let site = Site::new(accessor, &Arc::new(tables), &mut Shared::default()).ok()?;
        // Against `publish`: else the version that is current now could be stored over a newer one.
        let _publishing = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let current = self.current(&site.item.path)?;
        if !site.can_call(&current) {
            return None;
        }
        site.point_at(&current);
        Some(current.version.entry)
    }

    /// Refuses where calls are fixed: what is loaded would never be called.
    pub(crate) fn loads(what: impl std::fmt::Display) -> Result<()> {
        if !rt::STATIC {
            return Ok(());
        }
        let message =
            format!("`{what}` cannot be loaded: the program was built with the feature `static`");
        Err(Reason::new(Code::StaticBuild, message).into())
    }

    /// Tells the listeners of a refusal.
    pub(crate) fn announce<T>(&self, result: Result<T>) -> Result<T> {
        result.inspect_err(|error| self.emit(&Event::Refused(Arc::new(error.clone()))))
    }

    pub(crate) fn emit(&self, event: &Event) {
        for listener in &**self.listeners.load_full() {
            // One that panics has said so. What has happened has, and the others hear of it.
            let _ = panic::catch_unwind(panic::AssertUnwindSafe(|| listener(event)));
        }
    }
}

/// Takes back what has panicked too often: never on the panicking thread, which may hold locks and
/// is about to unwind through the very code that is to be replaced.
fn go_back(failed: &Receiver<Failed>) {
    for failed in failed {
        // Nothing is loaded, and nothing fails, before the host has started.
        let Some(inner) = Inner::get() else { continue };
        let event = match inner.rollback_from(&failed) {
            Ok(Some(report)) => Event::RolledBack(Arc::new(report)),
            Ok(None) => continue,
            Err(error) => Event::Refused(Arc::new(error.because(&failed.why))),
        };
        inner.emit(&event);
    }
}

/// What is linked into the executable: definitions of generation 0 and the host's call sites.
fn baseline() -> Result<(World, Namespace)> {
    let mut world = World::default();
    let namespace = Namespace::sealed();
    let tables = Arc::new(Tables::of_host()?);
    let mut shared = Shared::default();
    let sites =
        rt::registered().map(|accessor| Site::new(accessor, &tables, &mut shared).map(Arc::new));
    let sites = sites.collect::<Result<Vec<_>, Reason>>()?;
    for table in tables.all() {
        // What is linked in with bundles; types of other crates are nobody's definitions.
        let bundles = rt::registered_bundles().map(|bundle| bundle.name);
        if let (Some(kind), true) =
            (table.definition_kind(), bundles.into_iter().any(|name| name == table.name.package))
        {
            let layout = Arc::new(TypeLayout::of(table));
            namespace.place(&layout.path, kind).set_type(Some((layout.clone(), kind, 0)));
            world.types.insert(layout.path.clone(), (kind, layout));
        }
    }
    let exported = || sites.iter().filter(|site| site.item.exported);
    Error::check(duplicates(exported().map(|site| site.item.path.as_str())))?;
    for site in exported() {
        let path = &site.item.path;
        let entry = match site.item.kind {
            Kind::Var => {
                let stored = rt::storage(site.accessor).map_err(|text| {
                    let what = format!("the first value of `{path}` panicked");
                    Reason::new(Code::VarInitialiser, what).fact("said", text)
                })?;
                world.vars.insert(path.clone(), Stored { place: stored, site: site.clone() });
                stored
            }
            _ => site.accessor.body,
        };
        let current = site.version(entry, 0, 0, std::ptr::null());
        namespace.place(path, site.item.kind).set(Some(current.clone()));
        world.baseline.insert(path.clone(), current);
    }
    for site in sites {
        let path = site.item.path.clone();
        if let Some(current) = world.baseline.get(&path).filter(|current| site.can_call(current)) {
            site.point_at(current);
        }
        world.sites.entry(path).or_default().push(Placed { site, image: None });
    }
    Ok((world, namespace))
}
