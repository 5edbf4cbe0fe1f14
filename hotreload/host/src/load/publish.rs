//! Publishing: new versions for definitions and slots, of all bundles of a transaction at once.

use std::{collections::HashSet, ptr, sync::Arc, time::Instant};

use arc_swap::ArcSwap;

use crate::file::TypeLayout;
use crate::load::transact::Direction;
use crate::load::unfit::linked_only;
use crate::said::{Phases, Report, Result, RolledBack};
use crate::state::closed_site::ClosedSite;
use crate::state::world::{Loaded, World, crate_of};
use crate::state::{Current, Image, Inner, Site, publishing};
use hot_rt::rt::EPOCH;
use hot_rt::rt::Kind;

/// What definitions become, and what brings it about.
struct Publication {
    generation: u64,
    /// The image that is the bundle's current one from now on, if there is one.
    image: Option<Arc<Image>>,
    targets: Vec<(String, Target)>,
    /// Types that come, and that go.
    types: Vec<(Kind, Arc<TypeLayout>)>,
    gone: Vec<String>,
}

/// What a definition becomes.
enum Target {
    /// A function or var of the bundle's image.
    Site(Arc<Site>),
    /// What the host was linked with.
    Baseline(Arc<Current>),
    Nothing,
}

impl Inner {
    /// Makes the images their bundles' current ones, and closes the sites that do not fit them. Cannot
    /// fail. The caller has the lock of publishing.
    pub(super) fn commit(
        &self,
        world: &mut World,
        images: Vec<(Arc<Image>, Direction)>,
        closed: Vec<ClosedSite>,
        phases: Phases,
    ) -> Vec<(String, Report)> {
        let (publications, mut reports): (Vec<_>, Vec<_>) =
            images.into_iter().map(|(image, way)| self.succeed(world, image, way)).unzip();
        let publishing = Instant::now();
        self.publish(world, publications);
        let crates: Vec<_> = reports.iter().map(|(name, _)| name.clone()).collect();
        let closed = self.close(world, &crates, closed);
        let phases = Phases { publish: publishing.elapsed(), ..phases };
        for (name, report) in &mut reports {
            let of_bundle = closed.iter().filter(|path| crate_of(path) == name);
            report.closed = of_bundle.cloned().collect();
            report.phases = phases;
        }
        reports
    }

    /// Gives a bundle its next image in the books. Nobody calls it yet.
    fn succeed(
        &self,
        world: &mut World,
        image: Arc<Image>,
        direction: Direction,
    ) -> (Publication, (String, Report)) {
        let name = image.header.crate_name.clone();
        let counter = world.counters.entry(name.clone()).or_default();
        *counter += 1;
        let generation = *counter;
        if let (Some(fresh), Direction::Forward) = (&self.fresh, direction) {
            fresh.committed(image.info, &name, generation);
        }
        if let Direction::Forward = direction {
            world.copies.push((image.copy.clone(), image.header.package.clone(), generation));
        }
        let previous = world.bundles.remove(&name);

        let own = |site: &Arc<Site>| (site.item.path.clone(), Target::Site(site.clone()));
        let mut targets: Vec<_> = image.exports.iter().map(own).collect();
        let now: HashSet<_> = image.exports.iter().map(|site| &site.item.path).collect();
        let old = previous.iter().flat_map(|loaded| &loaded.image.exports);
        let gone = old.map(|site| &site.item.path).filter(|path| !now.contains(path));
        let removed: Vec<_> = gone.cloned().collect();
        let linked = linked_only(world, &image).map(str::to_owned);
        // What the host is linked with stays away: an older body would run into state that is laid out anew.
        let gone = removed.iter().cloned().chain(linked.filter(|path| !removed.contains(path)));
        targets.extend(gone.map(|path| (path, Target::Nothing)));

        let (types, gone) = types_of(&image, previous.as_ref());

        // Of a path that the bundle had left to what the host is linked with, it is new.
        let is_there = |site: &&Arc<Site>| match &previous {
            Some(loaded) => loaded.image.export(&site.item.path).is_some(),
            None => self.current(&site.item.path).is_some(),
        };
        let (known, fresh): (Vec<_>, Vec<_>) = image.exports.iter().partition(is_there);
        let edited = |site: &&Arc<Site>| {
            let stored = world.vars.get(&site.item.path);
            stored.is_some_and(|stored| stored.site.item.tokens != site.item.tokens)
        };
        let not_applied = paths(image.exports.iter().filter(edited));
        let rolled_back = previous.as_ref().filter(|_| matches!(direction, Direction::Back));
        let rolled_back =
            rolled_back.map(|left| RolledBack { from: left.generation, to: image.born_as });
        let had = previous.as_ref().and_then(|loaded| loaded.image.types_in_maps.as_ref());
        let retyped = had.zip(image.types_in_maps.as_ref()).is_some_and(|(had, has)| had != has);
        let report = Report {
            bundle: image.header.package.clone(),
            generation,
            added: paths(fresh),
            removed,
            // A var that was there keeps its storage.
            replaced: paths(known.into_iter().filter(|it| it.item.kind != Kind::Var)),
            changes: None,
            restarted: Vec::new(),
            retyped,
            not_applied,
            migration: None,
            reset: Vec::new(),
            closed: Vec::new(),
            untracked: Vec::new(),
            failed_hooks: Vec::new(),
            threads_left: 0,
            threads_started: 0,
            first_to_leave_threads: false,
            copy: image.copy.clone(),
            rolled_back,
            built_by: image.built_by().filter(|_| matches!(direction, Direction::Forward)),
            phases: Phases::default(),
            why: None,
        };

        let mut loaded = Loaded {
            generation,
            image: image.clone(),
            history: Vec::new(),
            undone: Vec::new(),
            forgotten: false,
            report: Arc::new(ArcSwap::from_pointee(report.clone())),
        };
        if let Some(previous) = previous {
            (loaded.history, loaded.forgotten) = (previous.history, previous.forgotten);
            match direction {
                Direction::Forward => loaded.history.push(previous.image),
                Direction::Back => {
                    let is_it = |it: &Arc<Image>| Arc::ptr_eq(it, &image);
                    let at = loaded.history.iter().rposition(is_it).expect("it was found there");
                    let left = loaded.history.drain(at..).skip(1);
                    loaded.undone = previous.undone;
                    loaded.undone.extend(left.map(|image| (image.born_as, image)));
                    loaded.undone.push((previous.generation, previous.image));
                }
            }
        }
        let excess = loaded.history.len().saturating_sub(self.options.history);
        loaded.history.drain(..excess);
        loaded.forgotten |= excess > 0;
        world.bundles.insert(name.clone(), loaded);
        world.packages.insert(name.clone(), image.header.package.clone());
        (Publication { generation, image: Some(image), targets, types, gone }, (name, report))
    }

    /// Takes a bundle's definitions back. Gives the image that had them.
    pub(crate) fn retract(&self, world: &mut World, name: &str) -> Result<Arc<Image>> {
        let loaded = world.bundles.remove(name).ok_or_else(|| world.not_loaded(name))?;
        let linked = linked_only(world, &loaded.image).map(str::to_owned);
        let paths = loaded.image.exports.iter().map(|site| site.item.path.clone()).chain(linked);
        let targets = paths.map(|path| without_bundle(world, path)).collect();
        let gone = loaded.image.types.iter().map(|(_, layout)| layout.path.clone()).collect();
        let (image, types) = (None, Vec::new());
        let _publishing = publishing();
        self.record_enumerated(world);
        self.publish(world, vec![Publication { generation: 0, image, targets, types, gone }]);
        self.close(world, &[name.to_owned()], Vec::new());
        Ok(loaded.image)
    }

    /// Gives definitions their new versions and retargets every slot that is used and may call them. The
    /// others stay cold: who calls them first asks, and is compared. The caller has the lock of
    /// publishing, which keeps resolvers out: none of them shall put an older version into a slot
    /// afterwards.
    fn publish(&self, world: &World, publications: Vec<Publication>) {
        let born = EPOCH.now() + 1;
        let (mut images, mut published) = (Vec::new(), Vec::new());
        for Publication { generation, image, targets, types, gone } in publications {
            images.extend(image);
            for (path, target) in targets {
                let current = self.define(world, &path, target, (generation, born));
                published.push((path, current));
            }
            self.define_types(world, types, gone, generation);
        }
        // The new images first: whoever enters one finds its calls in place.
        for image in &images {
            for site in image.exports.iter().chain(&image.imports) {
                let is_own = crate_of(&site.item.path) == image.header.crate_name;
                let current = self.current(&site.item.path).filter(|_| is_own || site.is_used());
                if !current.is_some_and(|current| site.point_at(&current)) {
                    site.reset();
                }
            }
        }
        for (path, current) in &published {
            for placed in world.sites.get(path).into_iter().flatten() {
                match current {
                    // It is cold, unless an image without a host resolves it at this moment, and asks
                    // the host afterwards.
                    _ if !placed.is_own() && !placed.site.is_used() => placed.site.reset(),
                    // A slot is retargeted only to what it was compiled against; those of older
                    // images keep calling what they were linked with.
                    Some(current) => _ = placed.site.point_at(current),
                    None if world.is_live(placed) => {
                        if placed.may_go {
                            placed.site.slot().forget_use();
                        }
                        placed.site.reset();
                    }
                    None => {}
                }
            }
        }
        // SAFETY: all of its slots are stored, under the lock without which nobody publishes.
        unsafe { EPOCH.advance() };
    }

    fn define_types(
        &self,
        world: &World,
        types: Vec<(Kind, Arc<TypeLayout>)>,
        gone: Vec<String>,
        generation: u64,
    ) {
        for path in gone {
            let baseline = world.types.get(&path).cloned();
            if let Some(definition) = self.namespace.get(&path) {
                definition.set_type(baseline.map(|(kind, layout)| (layout, kind, 0)));
            }
        }
        for (kind, layout) in types {
            self.namespace.place(&layout.path, kind).set_type(Some((layout, kind, generation)));
        }
    }

    /// Gives one definition its new version.
    fn define(
        &self,
        world: &World,
        path: &str,
        target: Target,
        (generation, born): (u64, u64),
    ) -> Option<Arc<Current>> {
        let kind = match &target {
            Target::Site(site) => site.item.kind,
            Target::Baseline(current) => current.site.item.kind,
            // Defined before, or it would not be taken back.
            Target::Nothing => Kind::Function,
        };
        let definition = self.namespace.place(path, kind);
        let current = match target {
            Target::Site(site) => Some(site.version(world.entry(&site), generation, born)),
            Target::Baseline(linked) => Some(baseline(world, &linked)),
            Target::Nothing => None,
        };
        definition.set(current.clone());
        current
    }
}

/// The types of a bundle's next image, and the paths of those that only the one before has.
fn types_of(
    image: &Image,
    previous: Option<&Loaded>,
) -> (Vec<(Kind, Arc<TypeLayout>)>, Vec<String>) {
    let now: HashSet<_> = image.types.iter().map(|(_, layout)| &layout.path).collect();
    let old = previous.into_iter().flat_map(|loaded| &loaded.image.types);
    let gone = old.map(|(_, layout)| &layout.path).filter(|path| !now.contains(path));
    (image.types.clone(), gone.cloned().collect())
}

/// What a definition becomes when the bundle does not define it any more.
fn without_bundle(world: &World, path: String) -> (String, Target) {
    let target = match world.baseline.get(&path) {
        Some(baseline) => Target::Baseline(baseline.clone()),
        None => Target::Nothing,
    };
    (path, target)
}

/// What the host is linked with, with a static's value where there is one that fits.
fn baseline(world: &World, linked: &Arc<Current>) -> Arc<Current> {
    let site = &linked.site;
    if site.item.kind != Kind::Var {
        return linked.clone();
    }
    let known = world.vars.get(&site.item.path).filter(|stored| stored.writer.is_alike(site));
    site.version(known.map_or(ptr::null(), |stored| stored.place), 0, 0)
}

fn paths<'a>(sites: impl IntoIterator<Item = &'a Arc<Site>>) -> Vec<String> {
    sites.into_iter().map(|site| site.item.path.clone()).collect()
}
