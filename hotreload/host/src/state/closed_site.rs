//! Sites that are closed: nobody had used them when a reload came that they do not fit.

use std::{ptr, sync::Arc};

use hot_rt::rt::Accessor;

use crate::{
    said::ClosedStatus,
    state::{
        Inner, World,
        world::{Placed, crate_of},
    },
};

/// A site that a commit has closed. Its slot is cold: what is called is told why. A version that
/// fits opens it.
#[derive(Clone)]
pub(crate) struct ClosedSite {
    pub(crate) placed: Placed,
    /// For whoever calls it. Never freed: an error keeps it.
    pub(crate) why: &'static str,
    /// Whether the definition is gone, and not another one.
    pub(crate) is_gone: bool,
}

impl ClosedSite {
    pub(crate) fn path(&self) -> &str {
        &self.placed.site.item.path
    }

    fn is_of(&self, accessor: &Accessor) -> bool {
        ptr::eq(self.placed.site.accessor, accessor)
    }
}

impl Inner {
    /// Why the accessor's site is closed, if a commit has closed it.
    pub(crate) fn closed(&self, accessor: &Accessor) -> Option<&'static str> {
        let closed = self.closed.load();
        closed.iter().find(|closed| closed.is_of(accessor)).map(|closed| closed.why)
    }

    /// Closes these sites, and opens those that a commit of these crates has closed before. Gives
    /// the paths of those that were open, each once.
    pub(crate) fn close(
        &self,
        world: &World,
        crates: &[String],
        now: Vec<ClosedSite>,
    ) -> Vec<String> {
        let before = self.closed.load();
        let is_known = |closed: &ClosedSite| {
            before.iter().any(|known| known.is_of(closed.placed.site.accessor))
        };
        let closed = now.iter().filter(|closed| !closed.is_gone && !is_known(closed));
        let mut paths: Vec<_> = closed.map(|closed| closed.path().to_owned()).collect();
        paths.sort();
        paths.dedup();
        let stays = |closed: &&ClosedSite| {
            let crate_name = crate_of(closed.path());
            !crates.iter().any(|it| it == crate_name) && world.is_live(&closed.placed)
        };
        let mut all: Vec<_> = before.iter().filter(stays).cloned().collect();
        all.extend(now);
        self.closed.store(Arc::new(all));
        paths
    }

    /// Every site that is closed, by path.
    pub(super) fn closed_sites(&self) -> Vec<ClosedStatus> {
        let closed = self.closed.load();
        let mut sites: Vec<_> = closed
            .iter()
            .map(|closed| ClosedStatus {
                path: closed.path().to_owned(),
                why: closed.why.to_owned(),
            })
            .collect();
        sites.sort();
        sites.dedup();
        sites
    }
}
