//! The handle of a loaded bundle.

use std::{path::PathBuf, sync::Arc, time::Duration};

use super::{
    Event, Host, Phases, Report, Result,
    transaction::{Next, Step},
};

/// A loaded bundle; a handle that can be cloned and sent.
///
/// ```no_run
/// let host = hot::Host::start()?;
/// let rules = host.load_crate("rules")?;
/// // edit the source ..
/// match rules.rebuild() {
///     Ok(report) => println!("{report}"),
///     Err(refused) => eprintln!("{refused}"), // the old code still runs
/// }
/// rules.rollback()?;
/// # Ok::<(), hot::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Bundle {
    host: Host,
    crate_name: String,
}

impl Bundle {
    pub(crate) fn new(host: Host, crate_name: String) -> Self {
        Bundle { host, crate_name }
    }

    /// The crate's name, with underscores.
    pub fn name(&self) -> &str {
        &self.crate_name
    }

    /// The live generation: 1 after the first load, and one more with each reload or rollback.
    ///
    /// # Errors
    /// [`Code::NotLoaded`](crate::Code::NotLoaded) after [`unload`](Bundle::unload).
    pub fn generation(&self) -> Result<u64> {
        self.get(|loaded| loaded.generation)
    }

    /// The file that the live generation was loaded from.
    ///
    /// # Errors
    /// [`Code::NotLoaded`](crate::Code::NotLoaded) after [`unload`](Bundle::unload).
    pub fn library(&self) -> Result<PathBuf> {
        self.get(|loaded| loaded.image.source.clone())
    }

    /// Loads the bundle's library file again, as it is now, and makes it the next generation.
    ///
    /// # Errors
    /// As [`Host::load`], and [`Code::OtherBundle`](crate::Code::OtherBundle) if the file holds another bundle now. The old
    /// code still runs.
    pub fn reload(&self) -> Result<Arc<Report>> {
        self.transact(Step::Reload(&self.crate_name))
    }

    /// Builds the bundle with cargo, where the live generation was built, then reloads it.
    ///
    /// # Errors
    /// As [`Host::load_crate`]. The old code still runs.
    pub fn rebuild(&self) -> Result<Arc<Report>> {
        let (package, folder) = self.get(|loaded| {
            let header = &loaded.image.header;
            (header.package.clone(), header.manifest_dir.clone())
        })?;
        let (_, built) = self.host.inner.build(&package, Some(folder.as_ref()))?;
        self.load(Next::built(&built), built.duration)
    }

    /// Goes back to the generation before, which stays loaded for this, under a new number.
    ///
    /// # Errors
    /// [`Code::NoEarlier`](crate::Code::NoEarlier) if there is none; HOT03xx if a caller was loaded since that cannot call
    /// it.
    pub fn rollback(&self) -> Result<Arc<Report>> {
        self.transact(Step::RollBack(&self.crate_name))
    }

    /// Takes the bundle's definitions back. Callers reach what the host was linked with; where it
    /// was linked with nothing, a call panics with HOT0501. The library stays mapped.
    ///
    /// # Errors
    /// [`Code::NotLoaded`](crate::Code::NotLoaded) if it is unloaded already.
    pub fn unload(&self) -> Result<()> {
        let inner = self.host.inner;
        let bundle = inner.announce(inner.unload(&self.crate_name))?;
        inner.emit(&Event::Unloaded { bundle });
        Ok(())
    }

    fn load(&self, next: Next<'_>, build: Duration) -> Result<Arc<Report>> {
        let next = Next { expected: Some(&self.crate_name), ..next };
        let (_, report) = self.host.load_one(next, build)?;
        Ok(report)
    }

    fn transact(&self, step: Step<'_>) -> Result<Arc<Report>> {
        let mut done = self.host.transact(&[step], Phases::default())?;
        Ok(done.remove(0).1)
    }

    fn get<T>(&self, read: impl FnOnce(&super::world::Loaded) -> T) -> Result<T> {
        let world = self.host.inner.write()?;
        world.world().loaded(&self.crate_name).map(read)
    }
}
