//! The world as a transaction would leave it, and the checks against it: who would call or hold
//! what, compiled against which form of it.

use std::sync::Arc;

use hot_rt::rt::Kind;
use rustc_hash::FxHashMap;

use crate::boundary::cells::Alive;
use crate::file::Tables;
use crate::file::manifest::Header;
use crate::judge::{
    Conflicts, Holder, Moves, Party,
    moving::{Leads, foresee},
};
use crate::load::candidate::Candidate;
use crate::load::containers::stays;
use crate::load::unfit::removed;
use crate::said::{Code, Reason, nearest};
use crate::state::world::{Placed, Stored, World, crate_of};
use crate::state::{Current, Image, Namespace, Site};
use hot_rt::rt::versioned::BehindHandle;

/// The world after a transaction that has not happened.
#[derive(Clone, Copy)]
pub(crate) struct After<'a> {
    pub(crate) world: &'a World,
    pub(crate) namespace: &'a Namespace,
    /// The next images that are in memory.
    pub(crate) images: &'a [Arc<Image>],
    /// Those that are files still.
    pub(crate) candidates: &'a [Candidate],
    /// What the program holds by handle.
    pub(crate) handles: &'a [Alive],
    /// Whether what the host used of a bundle counts before that is loaded first: no load has taken
    /// the marks away.
    pub(crate) looks_only: bool,
}

/// One image, or one file, that is to become a bundle's next generation.
struct Next<'a> {
    bundle: &'a str,
    package: &'a str,
    /// In the order of their paths.
    exports: Vec<Party<'a>>,
    imports: Vec<Party<'a>>,
    tables: &'a Tables,
    /// The types of values behind handles that its code can have; none if nobody knows yet.
    behind_handles: Option<&'a [BehindHandle]>,
}

impl<'a> After<'a> {
    /// The next image of a bundle, if it has one in memory.
    fn image(&self, crate_name: &str) -> Option<&'a Image> {
        self.images.iter().find(|image| image.header.crate_name == crate_name).map(|image| &**image)
    }

    fn candidate(&self, crate_name: &str) -> Option<&'a Candidate> {
        self.candidates.iter().find(|candidate| candidate.header.crate_name == crate_name)
    }

    fn changes(&self, crate_name: &str) -> bool {
        self.image(crate_name).is_some() || self.candidate(crate_name).is_some()
    }

    /// The sites of `path` outside of what the transaction changes and of the bundle itself: of the host and
    /// of other bundles. Retired images are frozen: they do not count.
    pub(super) fn placed<'s>(
        &self,
        path: &'s str,
    ) -> impl Iterator<Item = &'a Placed> + use<'a, 's> {
        let (this, own, sites) = (*self, crate_of(path), self.world.sites.get(path));
        let sites = sites.into_iter().flatten();
        sites.filter(move |placed| match &placed.image {
            None => true,
            Some(image) => {
                let name = &image.header.crate_name;
                name != own && !this.changes(name) && this.world.is_live(placed)
            }
        })
    }

    /// Whether the site holds what it was compiled with: somebody uses it, and it is not closed.
    pub(super) fn holds(&self, placed: &Placed) -> bool {
        let path = &placed.site.item.path;
        let counts = placed.site.is_used()
            && !(self.looks_only
                && placed.image.is_none()
                && !self.world.counters.contains_key(crate_of(path)));
        let current = || self.namespace.get(path)?.current();
        self.world.is_strict
            || counts && current().is_none_or(|current| placed.site.can_call(&current))
    }

    /// Who calls `path` now, and would go on; or would not do without it, if it is gone.
    fn callers<'s>(
        &self,
        path: &'s str,
        is_gone: bool,
    ) -> impl Iterator<Item = (Holder<'a>, Party<'a>)> + use<'a, 's> {
        let this = *self;
        let holding = move |placed: &&Placed| this.holds(placed) && !(is_gone && placed.may_go);
        self.placed(path).filter(holding).filter_map(move |placed| {
            let holder = match &placed.image {
                None => Holder::Host("the host"),
                Some(image) => {
                    let loaded = this.world.bundles.get(&image.header.crate_name)?;
                    Holder::Bundle(&image.header.package, loaded.generation)
                }
            };
            Some((holder, Party::site(&placed.site)))
        })
    }

    /// Who would call `path`: who does so now, and other bundles of the transaction than `bundle`.
    fn importers<'s>(
        &self,
        path: &'s str,
        bundle: &'s str,
    ) -> impl Iterator<Item = (Holder<'a>, Party<'a>)> + use<'a, 's> {
        let placed = self.callers(path, false);
        let others = self.images.iter().filter(move |image| image.header.crate_name != bundle);
        let next = others.flat_map(move |image| {
            let holder = Holder::Loading(&image.header.package);
            let imports = image.imports(path).iter();
            imports.map(move |site| (holder, Party::site(site)))
        });
        placed.chain(next)
    }

    /// What `path` leads to where the transaction does not change it.
    fn current(&self, path: &str) -> Option<Arc<Current>> {
        let defined = || self.namespace.get(path)?.current();
        // While a bundle is loaded, what the host is linked with of it is not called.
        if self.changes(crate_of(path)) { None } else { defined() }
    }

    /// What `path` would lead to.
    fn provider<'b>(&'b self, path: &str, current: Option<&'b Current>) -> Option<Party<'b>> {
        let crate_name = crate_of(path);
        let next = match (self.image(crate_name), self.candidate(crate_name)) {
            (Some(image), _) => image.export(path).map(|site| Party::site(site)),
            (None, Some(candidate)) => candidate.export(path).map(|item| candidate.party(item)),
            (None, None) => None,
        };
        next.or_else(|| current.map(|current| Party::site(&current.site)))
    }

    /// What the manifests alone can tell against the candidates.
    pub(crate) fn check(&self) -> Vec<Reason> {
        let reasons = self.candidates.iter().flat_map(|candidate| {
            let next = Next {
                bundle: &candidate.header.crate_name,
                package: &candidate.header.package,
                exports: candidate.exports.iter().map(|item| candidate.party(item)).collect(),
                imports: candidate.imports.iter().map(|item| candidate.party(item)).collect(),
                tables: &candidate.tables,
                behind_handles: None,
            };
            let mut reasons = self.check_next(&next);
            reasons.extend(self.foreseen(candidate));
            reasons.into_iter().map(|reason| reason.file(&candidate.source))
        });
        reasons.collect()
    }

    /// Why states' values cannot move to what the file has of them, as far as manifests tell.
    fn foreseen(&self, candidate: &Candidate) -> Vec<Reason> {
        let befores = self.world.befores(candidate.exports.iter().map(Arc::as_ref));
        let moving = candidate.exports.iter().filter(|item| item.kind == Kind::Var && !item.reset);
        let reasons = moving.flat_map(|item| {
            let live = befores.get(&*item.path)?;
            let was = &live.writer;
            if self.world.parked.get(&was.item.path).is_some_and(|parked| parked.values() > 0) {
                return None;
            }
            let of_file = candidate.object.manifest.migrates.iter().map(Leads::of_file);
            let of_image = (was.accessor.moving)().map(|moving| (moving.migrates)());
            let of_image = of_image.unwrap_or_default();
            let leads: Vec<_> = of_file.chain(of_image.into_iter().map(Leads::of_image)).collect();
            Some(foresee((&was.item, &was.tables), (item, &candidate.tables), &leads).reasons)
        });
        reasons.flatten().collect()
    }

    /// The same with everything that an image in memory says of its types: of one that is mapped
    /// just now, or is to be published again.
    pub(crate) fn check_image(
        &self,
        header: &Header,
        exports: &[Arc<Site>],
        imports: &[Arc<Site>],
        (tables, behind_handles): (&Tables, &[BehindHandle]),
    ) -> Vec<Reason> {
        self.check_next(&Next {
            bundle: &header.crate_name,
            package: &header.package,
            exports: exports.iter().map(|site| Party::site(site)).collect(),
            imports: imports.iter().map(|site| Party::site(site)).collect(),
            tables,
            behind_handles: Some(behind_handles),
        })
    }

    /// The values that would make way for others, since they are laid out differently: those of vars
    /// that are marked so, and of states, which move.
    pub(crate) fn making_way(&self) -> Vec<Stored> {
        let of_files = self.candidates.iter().flat_map(|candidate| {
            let befores = self.world.befores(candidate.exports.iter().map(Arc::as_ref));
            candidate.exports.iter().filter_map(move |item| {
                let stored = *befores.get(&*item.path)?;
                let mut conflicts = Conflicts::default();
                // Whatever differs counts.
                let held = Holder::Var(&item.path);
                conflicts.add(held, Party::site(&stored.writer), candidate.party(item));
                (!conflicts.reasons().is_empty()).then_some(stored)
            })
        });
        let of_images = self.images.iter().flat_map(|image| {
            let befores = self.world.befores(image.exports.iter().map(|site| &*site.item));
            image.exports.iter().filter_map(move |site| {
                let stored = *befores.get(&*site.item.path)?;
                (!stays(stored, site)).then_some(stored)
            })
        });
        of_files.chain(of_images).cloned().collect()
    }

    fn check_next(&self, next: &Next<'_>) -> Vec<Reason> {
        let paths = next.imports.iter().map(|import| &*import.item.path);
        let currents: Vec<_> = paths.map(|path| self.current(path)).collect();
        let mut conflicts = Conflicts::default();
        let befores = self.world.befores(next.exports.iter().map(|export| export.item));
        for export in &next.exports {
            for (holder, party) in self.importers(&export.item.path, next.bundle) {
                conflicts.add(holder, party, *export);
            }
            // A value that is given up does not count.
            let value = befores.get(&*export.item.path).filter(|_| !export.item.reset);
            if let Some(stored) = value {
                conflicts.add(
                    Holder::value(&stored.writer.item),
                    Party::site(&stored.writer),
                    *export,
                );
            }
        }
        let loading = Holder::Loading(next.package);
        for (import, current) in next.imports.iter().zip(&currents) {
            // A private copy of a bundle is compared with what is published, and so is an import;
            // what the bundle imports from itself, with what it brings along.
            let path = &*import.item.path;
            let own = next.exports.binary_search_by(|export| (*export.item.path).cmp(path));
            let own = own.ok().map(|index| next.exports[index]);
            let Some(provider) = own.or_else(|| self.provider(path, current.as_deref())) else {
                continue;
            };
            conflicts.add(loading, *import, provider);
        }
        let mut reasons = self.removed(next);
        reasons.extend(two_of_one(next, &befores));
        for alive in self.handles {
            let gets = |all: &[BehindHandle]| all.iter().any(|it| it.id == alive.ty.id);
            let moves = match next.behind_handles.is_none_or(gets) {
                true => Moves::Maybe,
                false => Moves::Never,
            };
            let containers =
                |count: usize, moves| (count > 0).then_some(Holder::Containers(count, moves));
            let held = [
                (alive.handles > 0).then_some(Holder::Handles(alive.handles, moves)),
                containers(alive.fixed, Moves::Never),
                containers(alive.containers.saturating_sub(alive.fixed), Moves::Maybe),
            ];
            for holder in held.into_iter().flatten() {
                conflicts.add_values(holder, &alive.ty, &alive.tables, next.tables);
            }
        }
        reasons.extend(conflicts.reasons());
        reasons
    }

    /// What the bundle exports no more, and somebody calls.
    fn removed(&self, next: &Next<'_>) -> Vec<Reason> {
        let before = self.world.bundles.get(next.bundle);
        let is_new = |path: &str| before.is_none_or(|loaded| loaded.image.export(path).is_none());
        let new = || next.exports.iter().map(|it| &*it.item.path).filter(|path| is_new(path));
        let removed = removed(before, next.exports.iter().map(|it| &*it.item.path)).filter_map(|site| {
            let path = &site.item.path;
            let held: Vec<_> = self.callers(path, true).map(|(holder, _)| holder.to_string()).collect();
            if held.is_empty() {
                return None;
            }
            let used = if site.item.kind == Kind::Function { "called" } else { "used" };
            let what = format!("`{path}` is {used}, and the new version does not export it");
            let reason = Reason::new(Code::UsedRemoved, what)
                .fact("was", &*site.item.display)
                .fact("held", format!("by {}", held.join(", ")));
            Some(match nearest(path, new()).or_else(|| only(next, site, is_new)) {
                Some(new) => reason.fact("like", format!("`{new}`, which is new")).help(format!(
                    "if `{path}` is `{new}` now, keep the old name too: `#[hot::export(name = \"..\")]`; \
                     or `unload` the bundle and load the new version then"
                )),
                None => reason,
            })
        });
        removed.collect()
    }
}

/// The only new export with the signature of one that went.
fn only<'n>(next: &Next<'n>, gone: &Site, is_new: impl Fn(&str) -> bool) -> Option<&'n str> {
    let shape = gone.item.shape();
    let like = next.exports.iter().map(|export| export.item);
    let mut like = like.filter(|item| is_new(&item.path) && item.shape() == shape);
    let first = like.next()?;
    like.next().is_none().then_some(&*first.path)
}

/// Statics that say they are what another one is, which says so too.
fn two_of_one(next: &Next<'_>, befores: &FxHashMap<&str, &Stored>) -> Vec<Reason> {
    let says = |path: &str| {
        let at = next.exports.binary_search_by(|export| (*export.item.path).cmp(path)).ok()?;
        next.exports[at].item.old_path()
    };
    let left = next.exports.iter().filter(|export| !befores.contains_key(&*export.item.path));
    let twins = left.filter_map(|export| {
        let (path, was) = (&*export.item.path, export.item.old_path()?);
        let of_both = |(other, stored): &(&&str, &&Stored)| {
            stored.writer.item.path == was && says(other).as_deref() == Some(&*was)
        };
        let (other, _) = befores.iter().find(of_both)?;
        let (one, other) = if path < *other { (path, *other) } else { (*other, path) };
        let what = format!("`{one}` and `{other}` would both go on with the value of `{was}`");
        Some(Reason::new(Code::TwoOfOne, what))
    });
    twins.collect()
}
