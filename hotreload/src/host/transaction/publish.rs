//! Publishing: new versions for definitions and slots, of all bundles of a transaction at once.

use std::{
    collections::HashSet,
    ptr,
    sync::{Arc, PoisonError, atomic::Ordering},
    time::Instant,
};

use super::Direction;
use crate::{
    host::{
        Kind, Phases, Report, Result, TypeLayout,
        definition::Current,
        host::Inner,
        image::{Image, Site},
        signature,
        world::{Loaded, World, not_loaded},
    },
    rt::EPOCH,
};

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
    /// Makes the images their bundles' current ones. Cannot fail.
    pub(super) fn commit(
        &self,
        world: &mut World,
        images: Vec<(Arc<Image>, Direction)>,
        phases: Phases,
    ) -> Vec<(String, Report)> {
        let (publications, mut reports): (Vec<_>, Vec<_>) =
            images.into_iter().map(|(image, way)| self.succeed(world, image, way)).unzip();
        let publishing = Instant::now();
        self.publish(world, publications);
        let phases = Phases { publish: publishing.elapsed(), ..phases };
        reports.iter_mut().for_each(|(_, report)| report.phases = phases);
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
        let previous = world.bundles.remove(&name);

        let own = |site: &Arc<Site>| (site.item.path.clone(), Target::Site(site.clone()));
        let mut targets: Vec<_> = image.exports.iter().map(own).collect();
        let now: HashSet<_> = image.exports.iter().map(|site| &site.item.path).collect();
        let old = previous.iter().flat_map(|loaded| &loaded.image.exports);
        let gone = old.map(|site| &site.item.path).filter(|path| !now.contains(path));
        let removed: Vec<_> = gone.cloned().collect();
        targets.extend(removed.iter().cloned().map(|path| without_bundle(world, path)));

        let (types, gone) = types_of(&image, previous.as_ref());

        // Of a path that the bundle had left to what the host is linked with, it is new.
        let is_there = |site: &&Arc<Site>| match &previous {
            Some(loaded) => loaded.image.export(&site.item.path).is_some(),
            None => self.current(&site.item.path).is_some(),
        };
        let (known, fresh): (Vec<_>, Vec<_>) = image.exports.iter().partition(is_there);
        let edited = |site: &&Arc<Site>| {
            let stored = world.vars.get(&site.item.path);
            stored.is_some_and(|stored| stored.site.item.content != site.item.content)
        };
        let not_applied = paths(image.exports.iter().filter(edited));
        let mut untracked: Vec<_> = image
            .exports
            .iter()
            .flat_map(|site| signature::untracked(&site.item))
            .map(str::to_owned)
            .collect();
        untracked.sort_unstable();
        untracked.dedup();
        let report = Report {
            bundle: image.header.package.clone(),
            generation,
            added: paths(fresh),
            removed,
            // A var that was there keeps its storage.
            replaced: paths(known.into_iter().filter(|it| it.item.kind != Kind::Var)),
            changes: None,
            restarted: Vec::new(),
            not_applied,
            reset: Vec::new(),
            untracked,
            phases: Phases::default(),
            why: None,
        };

        let mut loaded = Loaded { generation, image: image.clone(), history: Vec::new() };
        if let Some(previous) = previous {
            loaded.history = previous.history;
            match direction {
                Direction::Forward => loaded.history.push(previous.image),
                Direction::Back => drop(loaded.history.pop()),
            }
        }
        let excess = loaded.history.len().saturating_sub(self.options.history);
        loaded.history.drain(..excess);
        world.bundles.insert(name.clone(), loaded);
        (Publication { generation, image: Some(image), targets, types, gone }, (name, report))
    }

    /// Takes a bundle's definitions back. Gives the image that had them.
    pub(super) fn retract(&self, world: &mut World, name: &str) -> Result<Arc<Image>> {
        let loaded = world.bundles.remove(name).ok_or_else(|| not_loaded(name))?;
        let paths = loaded.image.exports.iter().map(|site| site.item.path.clone());
        let targets = paths.map(|path| without_bundle(world, path)).collect();
        let gone = loaded.image.types.iter().map(|(_, layout)| layout.path.clone()).collect();
        let (image, types) = (None, Vec::new());
        self.publish(world, vec![Publication { generation: 0, image, targets, types, gone }]);
        Ok(loaded.image)
    }

    /// The current version of a definition.
    pub(crate) fn current(&self, path: &str) -> Option<Arc<Current>> {
        self.namespace.get(path)?.current()
    }

    /// Gives definitions their new versions and retargets every slot that may call them.
    fn publish(&self, world: &World, publications: Vec<Publication>) {
        // Keeps resolvers out: none of them shall put an older version into a slot afterwards.
        let _publishing = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let born = EPOCH.load(Ordering::Relaxed) + 1;
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
        for site in images.iter().flat_map(|image| image.exports.iter().chain(&image.imports)) {
            match self.current(&site.item.path) {
                Some(current) if site.can_call(&current) => site.point_at(&current),
                _ => site.reset(),
            }
        }
        for (path, current) in &published {
            for placed in world.sites.get(path).into_iter().flatten() {
                match current {
                    // A slot is retargeted only to what it was compiled against; those of older
                    // images keep calling what they were linked with.
                    Some(current) if placed.site.can_call(current) => placed.site.point_at(current),
                    Some(_) => {}
                    None if world.is_live(placed) => placed.site.reset(),
                    None => {}
                }
            }
        }
        // Release, after all slot stores: a thread that reads this epoch (Acquire, in `Pin::enter`)
        // finds every slot of the commit.
        EPOCH.store(born, Ordering::Release);
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
        let previous = definition.current();
        let previous = previous.map_or(ptr::null(), |current| ptr::from_ref(current.version));
        let current = match target {
            Target::Site(site) => {
                Some(site.version(world.entry(&site), generation, born, previous))
            }
            Target::Baseline(current) => Some(current),
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

fn paths<'a>(sites: impl IntoIterator<Item = &'a Arc<Site>>) -> Vec<String> {
    sites.into_iter().map(|site| site.item.path.clone()).collect()
}
