//! The state behind the handles: one for each process.

use std::{
    collections::BTreeSet,
    panic,
    path::PathBuf,
    sync::{
        Arc, Mutex, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use arc_swap::ArcSwap;
use hot_rt::rt::HostTable;

use crate::{
    file::{Allocator, HostFile, shadow::Shadow},
    said::{Code, Event, Reason, Result},
    state::{
        Current, Namespace, Notices, Options, RestartListeners, World, closed_site::ClosedSite,
        fresh::Fresh, world::Placed,
    },
};

/// Hears of everything that happens.
pub(crate) type Listener = Arc<dyn Fn(&Event) + Send + Sync>;

/// The state behind the handles.
pub(crate) struct Inner {
    pub(crate) namespace: Namespace,
    /// The writer's lock.
    pub(crate) world: Mutex<World>,
    pub(crate) shadow: Shadow,
    pub(crate) requirements: Requirements,
    /// The file that the host was linked into.
    pub(crate) file: HostFile,
    /// The folder that the program was started in.
    pub(crate) started_in: Option<PathBuf>,
    pub(crate) table: &'static HostTable,
    pub(crate) options: Options,
    /// For the policy `rollback_after`.
    pub(crate) fresh: Option<Fresh>,
    pub(crate) listeners: ArcSwap<Vec<Listener>>,
    pub(crate) restart_listeners: RestartListeners,
    /// Shared with those who show builds.
    pub(crate) notices: Arc<Notices>,
    /// The sites that are closed. Replaced under the lock of publishing.
    pub(crate) closed: ArcSwap<Vec<ClosedSite>>,
    /// Sites that `hot::each!` has made and the world does not know yet.
    pub(crate) enumerated: Mutex<Vec<Placed>>,
    /// How saves are watched; nothing if they are not.
    pub(crate) watch: OnceLock<WatchSwitch>,
}

/// Whether saves lead to builds, or are collected until they do.
pub(crate) struct WatchSwitch {
    is_paused: AtomicBool,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl WatchSwitch {
    #[cfg(feature = "watch")]
    /// `wake` has the watch look at the switch.
    pub(crate) fn new(wake: impl Fn() + Send + Sync + 'static) -> WatchSwitch {
        WatchSwitch { is_paused: AtomicBool::new(false), wake: Box::new(wake) }
    }

    pub(crate) fn is_paused(&self) -> bool {
        // Nothing is read on the strength of it.
        self.is_paused.load(Ordering::Relaxed)
    }

    /// A build that has begun goes on.
    pub(crate) fn pause(&self, is_paused: bool) {
        self.is_paused.store(is_paused, Ordering::Relaxed);
        (self.wake)();
    }
}

static INNER: OnceLock<Inner> = OnceLock::new();

/// What the host requires of every bundle.
pub(crate) struct Requirements {
    /// What the program's global allocator hands out, if that is known.
    pub(crate) allocator: Option<Allocator>,
    pub(crate) shared_std: bool,
    /// The crates in a shared library that constructors may use.
    pub(crate) constructors_may_use: BTreeSet<String>,
}

impl Requirements {
    /// Whether bundles may allocate with System: what one side allocates the other frees.
    pub(crate) fn allows_system(&self) -> bool {
        self.allocator == Some(Allocator::System)
    }
}

impl Inner {
    pub(crate) fn get() -> Option<&'static Inner> {
        INNER.get()
    }

    /// Makes it the process's.
    pub(crate) fn set(self) -> &'static Inner {
        INNER.get_or_init(|| self)
    }

    /// The names of a loaded bundle's crate and package, by either of them; hyphens and underscores
    /// are the same.
    pub(crate) fn names(&self, name: &str) -> Option<(String, String)> {
        let name = name.replace('-', "_");
        let writing = self.write().ok()?;
        let bundles = &writing.world().bundles;
        let of_package =
            || bundles.iter().find(|(_, it)| it.image.header.package.replace('-', "_") == name);
        let (crate_name, loaded) = bundles.get_key_value(&name).or_else(of_package)?;
        Some((crate_name.clone(), loaded.image.header.package.clone()))
    }

    /// Whether the bundle with this crate name is loaded.
    #[cfg(feature = "watch")]
    pub(crate) fn is_loaded(&self, crate_name: &str) -> bool {
        self.write().is_ok_and(|writing| writing.world().bundles.contains_key(crate_name))
    }

    /// Whether what is live of it was built in this folder.
    #[cfg(feature = "watch")]
    pub(crate) fn is_built_in(&self, crate_name: &str, folder: &std::path::Path) -> bool {
        self.write().is_ok_and(|writing| {
            let loaded = writing.world().bundles.get(crate_name);
            loaded.is_some_and(|it| it.image.folder.as_deref() == Some(folder))
        })
    }

    /// Lets `listener` hear of everything that happens from now on.
    pub(crate) fn on_event(&self, listener: Listener) {
        self.listeners.rcu(|listeners| {
            let mut listeners = Vec::clone(listeners);
            listeners.push(listener.clone());
            listeners
        });
    }

    /// The current version of a definition.
    pub(crate) fn current(&self, path: &str) -> Option<Arc<Current>> {
        self.namespace.get(path)?.current()
    }

    /// Refuses where calls are fixed: what is loaded would never be called.
    pub(crate) fn loads(what: impl std::fmt::Display) -> Result<()> {
        if !hot_rt::rt::STATIC {
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
        // First, so that a listener finds it.
        self.notices.hear(event);
        for listener in &**self.listeners.load_full() {
            // One that panics has said so. What has happened has, and the others hear of it.
            let _ = panic::catch_unwind(panic::AssertUnwindSafe(|| listener(event)));
        }
    }
}
