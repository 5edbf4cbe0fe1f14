//! How the host starts.

use std::{
    env, io,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    thread,
};

use arc_swap::ArcSwap;
use hot_rt::rt;

#[cfg(feature = "watch")]
use crate::watch::Watcher;
use crate::{
    boundary::{output, table::host_table, threads},
    control,
    file::{HostFile, shadow::Shadow},
    load::{baseline, go_back},
    platform,
    said::{Code, Error, Reason, Result},
    state::{Inner, Options, Requirements, RestartListeners, fresh::Fresh},
};

/// Held while a host starts, so that a second start waits and then fails. The handlers outlive a
/// start that fails after them: the next start does not register them again.
static STARTING: Mutex<Handlers> = Mutex::new(Handlers { fork: false, exit: false });

/// Which handlers the system has.
struct Handlers {
    fork: bool,
    exit: bool,
}

impl Handlers {
    /// Registers those that the system does not have yet.
    fn register(&mut self) -> Result<()> {
        if !self.fork {
            platform::on_fork(threads::before_fork, threads::after_fork, threads::forked)
                .map_err(|error| exhausted("the system refuses a fork handler", error))?;
            self.fork = true;
        }
        if !self.exit {
            platform::at_exit(output::at_exit)
                .map_err(|error| exhausted("the system refuses an exit handler", error))?;
            self.exit = true;
        }
        Ok(())
    }
}

fn exhausted(what: &str, error: io::Error) -> Error {
    Error::from(Reason::new(Code::Exhausted, what)).caused_by(error)
}

/// Why a bundle cannot have a host. To exchange the image's table would part the image from the
/// records that its host keeps of threads, panics and values.
fn within_a_bundle() -> Error {
    Reason::new(Code::SecondHost, "a bundle has no host: this code runs in a loaded bundle")
        .fact("why", "the host that loaded the bundle directs its calls and keeps its state")
        .help("start the host in the program, and give its bundles functions that use it")
        .into()
}

/// The process's host.
pub(super) fn current() -> Result<&'static Inner> {
    // First the table: a host sets INNER before it stores its own, so a table
    // without INNER is that of the host that loaded this image.
    let is_claimed = !rt::host_table().is_null();
    Inner::get().ok_or_else(|| match is_claimed {
        true => within_a_bundle(),
        false => Reason::new(Code::NoHost, "the process has no host yet").into(),
    })
}

/// Starts the process's host. What can fail comes before the host is set, so that a start that has
/// failed can be tried again.
pub(super) fn start(mut options: Options) -> Result<&'static Inner> {
    let mut handlers = STARTING.lock().unwrap_or_else(PoisonError::into_inner);
    if Inner::get().is_some() {
        return Err(Reason::new(Code::SecondHost, "the process has a host already").into());
    }
    // A host sets INNER before it stores its table, under the lock that is
    // held here: a table without INNER is that of the host that loaded this image.
    if !rt::host_table().is_null() {
        return Err(within_a_bundle());
    }
    options.shows_colour = options.build_output.is_some();
    options.build_output = Some(control::sink(options.build_output.take(), options.watch.clone()));
    let (mut world, namespace) = baseline()?;
    world.is_strict = options.strict;
    let file = HostFile::find();
    let shared_std = file.shares_std();
    let (fresh, failed) = options.rollback_after.map(Fresh::new).unzip();
    let inner = Inner {
        namespace,
        world: Mutex::new(world),
        shadow: Shadow::create(options.shadow_dir.as_deref())?,
        requirements: Requirements {
            allocator: options.allocator.or_else(|| file.allocator()),
            shared_std,
            constructors_may_use: std::mem::take(&mut options.constructors_may_use),
        },
        file,
        started_in: env::current_dir().ok(),
        table: host_table(shared_std),
        options,
        fresh,
        listeners: ArcSwap::default(),
        restart_listeners: RestartListeners::default(),
        notices: Arc::default(),
        closed: ArcSwap::default(),
        enumerated: Mutex::default(),
        watch: OnceLock::new(),
    };
    // From here on the system, other threads and bundles have addresses in this image.
    platform::keep_own_library().map_err(|error| {
        exhausted("the library that has the host cannot be kept in memory", error)
    })?;
    handlers.register()?;
    // The starting thread may have called hot code before there was a host to number it.
    // SAFETY: the system's number of this thread.
    unsafe { rt::number_own_record(platform::thread_id()) };
    if let Some(failed) = failed {
        let going_back = thread::Builder::new().name("hot-rollback".to_owned());
        // Nothing after this can fail, so that no failed start leaves its thread behind.
        going_back
            .spawn(move || go_back(&failed))
            .map_err(|error| exhausted("the system refuses a thread", error))?;
    }
    let inner = inner.set();
    #[cfg(target_os = "linux")]
    if shared_std {
        crate::boundary::frames::install(inner.shadow.path().to_owned());
    }
    // Last: whoever finds the table finds INNER too.
    // SAFETY: the host's own table; there was none above, and no other host starts meanwhile. A bundle
    // has one, so this is no bundle.
    unsafe { rt::set_host_table(inner.table) };
    #[cfg(feature = "watch")]
    if let Some(print) = control::printer(inner.options.watch.clone()) {
        // The host is there and cannot be taken back: it runs without a watch, and says so.
        if let Err(error) = Watcher::start(inner, print.clone()) {
            print(&error.to_string());
        }
    }
    if inner.options.control {
        control::start(inner);
    }
    Ok(inner)
}
