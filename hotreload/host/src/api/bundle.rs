//! The handle of a loaded bundle.

use std::{path::PathBuf, sync::Arc, time::Duration};

use crate::{
    api::Host,
    build::Lead,
    load::{Next, Step},
    said::{Event, Phases, Report, Result},
    state::world::Loaded,
};

/// The handle of a loaded bundle, which can be cloned and sent.
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
    /// The crate's name, which paths of definitions begin with.
    crate_name: String,
    package: String,
}

impl Bundle {
    pub(crate) fn new(host: Host, crate_name: String, package: String) -> Self {
        Bundle { host, crate_name, package }
    }

    /// The name of the bundle's package, as its Cargo.toml writes it: reports, events, the status and
    /// errors call the bundle by this name, functions that take a bundle's name accept hyphens and
    /// underscores alike, and only paths of definitions begin with the crate's name.
    pub fn name(&self) -> &str {
        &self.package
    }

    pub(crate) fn crate_name(&self) -> &str {
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

    /// The report of what made the live generation: of its load, reload or rollback, whoever asked
    /// for it.
    ///
    /// ```no_run
    /// let host = hot::Host::start()?;
    /// let rules = host.load_crate("rules")?;
    /// let report = rules.report()?;
    /// println!("{report}"); // one line
    /// assert_eq!((&*report.bundle, report.generation), (rules.name(), rules.generation()?));
    /// # Ok::<(), hot::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Code::NotLoaded`](crate::Code::NotLoaded) after [`unload`](Bundle::unload).
    pub fn report(&self) -> Result<Arc<Report>> {
        self.get(|loaded| loaded.report.load_full())
    }

    /// Loads the bundle's library file again, as it is now, and makes it the next generation.
    ///
    /// # Errors
    /// The errors of [`Host::load`], and [`Code::OtherBundle`](crate::Code::OtherBundle) if the file
    /// holds another bundle now. The old code still runs.
    pub fn reload(&self) -> Result<Arc<Report>> {
        self.transact(Step::Reload(&self.crate_name))
    }

    /// Builds the bundle with cargo, where the live generation was built, then reloads it.
    ///
    /// # Errors
    /// The errors of [`Host::load_crate`]. The old code still runs.
    pub fn rebuild(&self) -> Result<Arc<Report>> {
        let (package, lead) =
            self.get(|loaded| (loaded.image.header.package.clone(), Lead::of(&loaded.image)))?;
        let inner = self.host.inner;
        let (_, built) = inner.announce(inner.build(&package, lead))?;
        self.load(built.next(), built.duration)
    }

    /// Goes back to the generation before, which stays loaded for this, under a new number. What was
    /// live is not brought back by a save that does not change its code: see
    /// [`Saved::undone`](crate::Saved::undone).
    ///
    /// # Errors
    /// [`Code::NoEarlier`](crate::Code::NoEarlier) if there is no earlier generation; HOT03xx if a
    /// caller was loaded since that cannot call the earlier generation.
    pub fn rollback(&self) -> Result<Arc<Report>> {
        self.transact(Step::RollBack(&self.crate_name, None))
    }

    /// Goes back to this earlier generation, by the number that it was loaded as. Those between are
    /// left behind: [`rollback`](Bundle::rollback) goes on from there.
    ///
    /// ```no_run
    /// let host = hot::Host::start()?;
    /// let rules = host.load_crate("rules")?;
    /// rules.rebuild()?;
    /// rules.rebuild()?;
    /// let report = rules.rollback_to(1)?;
    /// assert_eq!(report.generation, 4); // with the code of the first
    /// # Ok::<(), hot::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Code::NoEarlier`](crate::Code::NoEarlier) if the host keeps no such generation, or it is
    /// live already; and the errors of [`rollback`](Bundle::rollback).
    pub fn rollback_to(&self, generation: u64) -> Result<Arc<Report>> {
        self.transact(Step::RollBack(&self.crate_name, Some(generation)))
    }

    /// Takes the bundle's definitions back. Callers reach what the host was linked with; where the
    /// host was linked with nothing, a call panics with HOT0501. The library stays mapped. Values of
    /// the bundle's types behind a [`Live`](hot_rt::Live) stand in the way of no later load, unless the host
    /// is linked with the bundle or an exported static may hold some.
    ///
    /// Its `#[hot::on_unload]` functions run then. What has failed of them is told by
    /// [`Event::Unloaded`]: the bundle is unloaded all the same.
    ///
    /// # Errors
    /// [`Code::NotLoaded`](crate::Code::NotLoaded) if the bundle is unloaded already.
    pub fn unload(&self) -> Result<()> {
        let inner = self.host.inner;
        let (bundle, failed_hooks) = inner.announce(inner.unload(&self.crate_name))?;
        inner.emit(&Event::Unloaded { bundle, failed_hooks });
        Ok(())
    }

    fn load(&self, next: Next<'_>, build: Duration) -> Result<Arc<Report>> {
        let next = Next { expected: Some(&self.crate_name), ..next };
        let (_, report) = self.host.load_one(next, build)?;
        Ok(report)
    }

    fn transact(&self, step: Step<'_>) -> Result<Arc<Report>> {
        let mut done = self.host.inner.transact(&[step], Phases::default())?;
        Ok(done.remove(0).1)
    }

    fn get<T>(&self, read: impl FnOnce(&Loaded) -> T) -> Result<T> {
        let world = self.host.inner.write()?;
        world.world().loaded(&self.crate_name).map(read)
    }
}
