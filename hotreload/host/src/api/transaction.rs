//! Several bundles that change at once.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::{
    api::{Bundle, Host},
    load::{Next, Step},
    said::{Phases, Report, Result},
};

/// Loads, reloads and rollbacks of several bundles that commit at once, or not at all.
/// [`Host::transaction`] begins one.
///
/// The host checks the steps against what will be there afterwards: two bundles that share a signature can
/// change that signature together, where one after the other would be refused.
///
/// ```no_run
/// let host = hot::Host::start()?;
/// let (world, view) = (host.load_crate("world")?, host.load_crate("view")?);
/// // edit and build both ..
/// let reports = host.transaction().reload(&world).reload(&view).commit()?;
/// assert_eq!(reports.len(), 2);
/// # Ok::<(), hot::Error>(())
/// ```
#[derive(Debug)]
#[must_use = "nothing happens before `commit`"]
pub struct Transaction {
    host: Host,
    steps: Vec<Planned>,
}

#[derive(Debug)]
enum Planned {
    Load(PathBuf),
    Reload(Bundle),
    RollBack(Bundle),
}

impl Transaction {
    pub(crate) fn new(host: Host) -> Self {
        Transaction { host, steps: Vec::new() }
    }

    /// Adds a library file, as [`Host::load`] takes it.
    ///
    /// # Safety
    /// The contract of [`Host::load`], for the file as it is at the commit and later.
    pub unsafe fn load(mut self, path: impl AsRef<Path>) -> Self {
        self.steps.push(Planned::Load(path.as_ref().to_owned()));
        self
    }

    /// Adds a bundle's library file as it will be at the commit; see [`Bundle::reload`].
    pub fn reload(mut self, bundle: &Bundle) -> Self {
        self.steps.push(Planned::Reload(bundle.clone()));
        self
    }

    /// Adds the step back of a bundle; see [`Bundle::rollback`].
    pub fn rollback(mut self, bundle: &Bundle) -> Self {
        self.steps.push(Planned::RollBack(bundle.clone()));
        self
    }

    /// Does all steps, and gives a report of each bundle, in the order of the steps.
    ///
    /// # Errors
    /// The errors of [`Host::load`], [`Bundle::reload`] and [`Bundle::rollback`], with the reasons of all
    /// bundles; [`Code::Twice`](crate::Code::Twice) if a bundle was added twice. Nothing has changed then.
    pub fn commit(self) -> Result<Vec<Arc<Report>>> {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|step| match step {
                Planned::Load(path) => Step::Load(Next::file(path)),
                Planned::Reload(bundle) => Step::Reload(bundle.crate_name()),
                Planned::RollBack(bundle) => Step::RollBack(bundle.crate_name(), None),
            })
            .collect();
        let done = self.host.inner.transact(&steps, Phases::default())?;
        Ok(done.into_iter().map(|(_, report)| report).collect())
    }
}
