//! Load, reload, roll back, unload: check everything, then publish at once. What fails before the
//! publishing leaves everything as it was.

use std::{
    cell::Cell,
    collections::HashSet,
    mem::ManuallyDrop,
    path::Path,
    ptr,
    sync::{Arc, MutexGuard, PoisonError, atomic::Ordering},
    time::{Duration, Instant},
};

use libloading::Library;

use super::{
    Code, Error, Kind, Phases, Reason, Report, Result,
    candidate::Candidate,
    definition::Current,
    fresh::Failed,
    host::Inner,
    image::{Image, Site},
    output, per_image, platform, signature,
    table::Stage,
    world::{Loaded, Placed, Stored, World},
};
use crate::rt::{self, EPOCH, HostTable, ImageInfo, InitStatus};

/// Loading asks for this many free thread keys and mappings first: beyond the last one the system
/// aborts the process, or the loader fails half-way.
const HEADROOM: usize = 64;

/// What a definition becomes.
enum Target {
    /// A function or var of the bundle's image.
    Site(Arc<Site>),
    /// What the host was linked with.
    Baseline(Arc<Current>),
    Nothing,
}

/// What an image's init has handed in, checked.
struct Staged {
    info: &'static ImageInfo,
    exports: Vec<Arc<Site>>,
    imports: Vec<Arc<Site>>,
    vars: Vec<Stored>,
}

/// Which end of the bundle's history a commit works on.
enum Direction {
    Forward,
    Back,
}

thread_local! {
    /// Set while this thread holds the writer's lock.
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

/// The writer's lock; a thread that asks for it again is told so instead of waiting for itself.
pub(crate) struct Writing<'a>(MutexGuard<'a, World>);

impl Writing<'_> {
    pub(crate) fn world(&self) -> &World {
        &self.0
    }

    pub(crate) fn world_mut(&mut self) -> &mut World {
        &mut self.0
    }
}

impl Drop for Writing<'_> {
    fn drop(&mut self) {
        WRITING.set(false);
    }
}

impl Inner {
    pub(crate) fn write(&self) -> Result<Writing<'_>> {
        if WRITING.get() {
            return Err(Reason::new(Code::Reentrant, "a reload is under way on this thread").into());
        }
        // A panic under the lock is one of the host's own code; what it published is complete.
        let guard = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        WRITING.set(true);
        Ok(Writing(guard))
    }

    /// Loads the file as the next generation of the bundle that it holds. Gives its crate's name.
    /// `expected` is the crate that the file must hold.
    pub(crate) fn load(
        &self,
        path: &Path,
        build: Duration,
        expected: Option<&str>,
    ) -> Result<(String, Report)> {
        let started = Instant::now();
        let mut world = self.write()?;
        let candidate = self.open(&world.0, path)?;
        let found = &candidate.header.crate_name;
        if let Some(expected) = expected.filter(|expected| expected != found) {
            let what = format!("the file holds bundle `{found}` now, not `{expected}`");
            return Err(Reason::new(Code::OtherBundle, what).file(path).into());
        }
        let check = started.elapsed();
        let loading = Instant::now();
        let image = self.map(&mut world.0, candidate, path)?;
        let load = loading.elapsed();
        let phases = Phases { build, check, load, publish: Duration::ZERO };
        let name = image.header.crate_name.clone();
        let retired = world.0.image_of(&name);
        let report = self.commit(&mut world.0, image, phases, Direction::Forward);
        drop(world);
        output::flush(retired.into_iter().collect());
        Ok((name, report))
    }

    /// Everything that `load` checks before any code of the library runs.
    pub(crate) fn check(&self, path: &Path) -> Result<()> {
        let world = self.write()?;
        self.open(&world.0, path).map(drop)
    }

    /// Publishes the image before the current one under a new number.
    pub(crate) fn rollback(&self, name: &str) -> Result<Report> {
        self.roll_back(self.write()?, name)
    }

    /// Goes back from a generation that failed, unless it is not the live one any more.
    pub(crate) fn rollback_from(&self, failed: &Failed) -> Result<Option<Report>> {
        let world = self.write()?;
        let live = world.0.bundles.get(&failed.bundle).map(|loaded| loaded.generation);
        if live != Some(failed.generation) {
            return Ok(None);
        }
        let mut report = self.roll_back(world, &failed.bundle)?;
        report.why = Some(failed.why.clone());
        Ok(Some(report))
    }

    fn roll_back(&self, mut world: Writing<'_>, name: &str) -> Result<Report> {
        let started = Instant::now();
        let loaded = world.0.bundles.get(name).ok_or_else(|| not_loaded(name))?;
        let Some(image) = loaded.history.last().cloned() else {
            let what =
                format!("bundle `{}` has no earlier generation", loaded.image.header.package);
            return Err(Reason::new(Code::NoEarlier, what).into());
        };
        let current = |path: &str| self.current(path);
        Error::check(world.0.check_types(name, &image.exports, &image.imports, current))?;
        let phases = Phases { check: started.elapsed(), ..Phases::default() };
        let retired = world.0.image_of(name);
        let report = self.commit(&mut world.0, image, phases, Direction::Back);
        drop(world);
        output::flush(retired.into_iter().collect());
        Ok(report)
    }

    /// Takes the bundle's definitions back: to the baseline where there is one. Gives the
    /// package's name.
    pub(crate) fn unload(&self, name: &str) -> Result<String> {
        let mut writing = self.write()?;
        let world = &mut writing.0;
        let loaded = world.bundles.remove(name).ok_or_else(|| not_loaded(name))?;
        let paths = loaded.image.exports.iter().map(|site| site.item.path.clone());
        let targets = paths.map(|path| self.without_bundle(world, path)).collect();
        self.publish(world, 0, None, targets);
        drop(writing);
        output::flush(vec![loaded.image.info]);
        Ok(loaded.image.header.package.clone())
    }

    /// The current version of a definition.
    pub(crate) fn current(&self, path: &str) -> Option<Arc<Current>> {
        self.namespace.get(path)?.current()
    }

    fn without_bundle(&self, world: &World, path: String) -> (String, Target) {
        let target = match world.baseline.get(&path) {
            Some(baseline) => Target::Baseline(baseline.clone()),
            None => Target::Nothing,
        };
        (path, target)
    }

    fn open(&self, world: &World, path: &Path) -> Result<Candidate> {
        Inner::loads(path.display())?;
        headroom(path)?;
        let candidate = Candidate::open(path, &self.shadow, &self.requirements)?;
        let reasons = world.check(&candidate, |path| self.current(path));
        Error::check(reasons.into_iter().map(|reason| reason.file(path)).collect())?;
        Ok(candidate)
    }

    /// Maps the library and runs its init, which stages.
    fn map(&self, world: &mut World, candidate: Candidate, source: &Path) -> Result<Arc<Image>> {
        let copy = candidate.copy.path();
        let table = ptr::from_ref(self.table);
        candidate.object.write_table(copy, table.expose_provenance()).map_err(|error| {
            Error::from(Reason::new(Code::Shadow, "the copy cannot be written").file(copy))
                .caused_by(error)
        })?;
        // SAFETY: the copy is a whole library for this machine, built by this compiler for this
        // boundary (its manifest says so), and it stays mapped. What its constructors do is the
        // author's: the documentation names it as beyond reach.
        let library = unsafe { platform::open_library(copy) }.map_err(|error| {
            let what = "the system's loader refused the library";
            Error::from(Reason::new(Code::LoaderRefused, what).file(source)).caused_by(error)
        })?;
        // From here on code of the library has run: its image stays mapped, whatever happens.
        let library = ManuallyDrop::new(library);
        let staged = self.init(world, &candidate, &library, source);
        candidate.copy.keep();
        let Staged { info, exports, imports, vars } = match staged {
            Ok(staged) => staged,
            Err(error) => {
                world.abandoned += 1;
                return Err(error);
            }
        };
        let counter = world.counters.entry(candidate.header.crate_name.clone()).or_default();
        let image = Arc::new(Image {
            born_as: *counter + 1,
            header: candidate.header,
            info,
            source: source.to_owned(),
            exports,
            imports,
            _library: library,
        });
        world.images += 1;
        world.vars.extend(vars.into_iter().map(|stored| (stored.site.item.path.clone(), stored)));
        for site in image.exports.iter().chain(&image.imports) {
            let placed = Placed { site: site.clone(), image: Some(image.clone()) };
            world.sites.entry(site.item.path.clone()).or_default().push(placed);
        }
        Ok(image)
    }

    fn init(
        &self,
        world: &World,
        candidate: &Candidate,
        library: &Library,
        source: &Path,
    ) -> Result<Staged> {
        type Init = unsafe extern "C" fn(*const HostTable, *mut rt::Stage) -> u32;
        let symbol = format!("bundle_init_{}", candidate.header.crate_name);
        // SAFETY: the manifest, whose fingerprint and boundary number are this host's, says that
        // `hot::bundle!` made this library, and the macro defines the symbol with this type.
        let init = unsafe { library.get::<Init>(&symbol) }.map_err(|error| {
            let what = format!("the library does not export `{symbol}`");
            Error::from(Reason::new(Code::Disagreement, what).file(source)).caused_by(error)
        })?;
        let mut stage = Stage {
            inner: self,
            world,
            candidate,
            exports: Vec::new(),
            imports: Vec::new(),
            vars: Vec::new(),
            image: None,
            reasons: Vec::new(),
            error: String::new(),
        };
        // SAFETY: the table lives as long as the process, the stage longer than the call.
        let status = unsafe { init(self.table, ptr::from_mut(&mut stage).cast()) };
        let package = &candidate.header.package;
        let refused = |code, what: &str| {
            Reason::new(code, format!("the init function of bundle `{package}` {what}"))
                .fact("said", stage.error.clone())
                .file(source)
                .into()
        };
        match status {
            status if status == InitStatus::Ready as u32 => {}
            status if status == InitStatus::Failed as u32 => {
                return Err(refused(Code::InitFailed, "failed"));
            }
            status if status == InitStatus::Panicked as u32 => {
                return Err(refused(Code::InitPanicked, "panicked"));
            }
            status if status == InitStatus::OtherTable as u32 => {
                let what = "the library expects a host with a larger table";
                return Err(Reason::new(Code::Fingerprint, what).file(source).into());
            }
            _ => {
                return Err(Error::check(
                    stage.reasons.into_iter().map(|reason| reason.file(source)).collect(),
                )
                .err()
                .unwrap_or_else(|| refused(Code::InitFailed, "ended in an unknown way")));
            }
        }
        let Some(info) = stage.image else {
            return Err(refused(Code::Disagreement, "did not introduce its library"));
        };
        Ok(Staged { info, exports: stage.exports, imports: stage.imports, vars: stage.vars })
    }

    /// Makes the image the bundle's current one. Cannot fail.
    fn commit(
        &self,
        world: &mut World,
        image: Arc<Image>,
        mut phases: Phases,
        direction: Direction,
    ) -> Report {
        let name = image.header.crate_name.clone();
        let counter = world.counters.entry(name.clone()).or_default();
        *counter += 1;
        let generation = *counter;

        if let (Some(fresh), Direction::Forward) = (&self.fresh, &direction) {
            fresh.committed(image.info, &name, generation);
        }
        let previous = world.bundles.remove(&name);
        let mut targets: Vec<_> = image
            .exports
            .iter()
            .map(|site| (site.item.path.clone(), Target::Site(site.clone())))
            .collect();
        let now: HashSet<_> = image.exports.iter().map(|site| site.item.path.as_str()).collect();
        let old = previous.iter().flat_map(|loaded| &loaded.image.exports);
        let removed: Vec<_> = old
            .map(|site| &site.item.path)
            .filter(|path| !now.contains(path.as_str()))
            .cloned()
            .collect();
        targets.extend(removed.iter().cloned().map(|path| self.without_bundle(world, path)));
        let is_there = |site: &&Arc<Site>| self.current(&site.item.path).is_some();
        let (known, fresh): (Vec<_>, Vec<_>) = image.exports.iter().partition(is_there);
        let paths = |sites: Vec<&Arc<Site>>| sites.iter().map(|it| it.item.path.clone()).collect();
        // A var that was there keeps its storage.
        let replaced = paths(known.into_iter().filter(|it| it.item.kind != Kind::Var).collect());
        let added = paths(fresh);

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
        world.bundles.insert(name, loaded);

        let publishing = Instant::now();
        self.publish(world, generation, Some(&image), targets);
        phases.publish = publishing.elapsed();
        let mut untracked: Vec<_> = image
            .exports
            .iter()
            .flat_map(|site| signature::untracked(&site.item))
            .map(str::to_owned)
            .collect();
        untracked.sort_unstable();
        untracked.dedup();
        let edited = |site: &&Arc<Site>| {
            let stored = world.vars.get(&site.item.path);
            stored.is_some_and(|stored| stored.site.item.initialiser != site.item.initialiser)
        };
        let not_applied = image.exports.iter().filter(edited);
        Report {
            bundle: image.header.package.clone(),
            generation,
            added,
            removed,
            replaced,
            not_applied: not_applied.map(|site| site.item.path.clone()).collect(),
            untracked,
            phases,
            why: None,
        }
    }

    /// Gives definitions their new versions and retargets every slot that may call them.
    fn publish(
        &self,
        world: &World,
        generation: u64,
        image: Option<&Arc<Image>>,
        targets: Vec<(String, Target)>,
    ) {
        // Keeps resolvers out: none of them shall put an older version into a slot afterwards.
        let _publishing = self.publishing.lock().unwrap_or_else(PoisonError::into_inner);
        let born = EPOCH.load(Ordering::Relaxed) + 1;
        let mut published = Vec::with_capacity(targets.len());
        for (path, target) in targets {
            let kind = match &target {
                Target::Site(site) => site.item.kind,
                Target::Baseline(current) => current.item.kind,
                // Defined before, or it would not be taken back.
                Target::Nothing => Kind::Function,
            };
            let definition = self.namespace.place(&path, kind);
            let previous = definition.current();
            let previous = previous.map_or(ptr::null(), |current| ptr::from_ref(current.version));
            let current = match target {
                Target::Site(site) => {
                    let entry = world.entry(&site);
                    Some(site.version(entry, generation, born, previous))
                }
                Target::Baseline(current) => Some(current),
                Target::Nothing => None,
            };
            definition.set(current.clone());
            published.push((path, current));
        }
        // The new image first: whoever enters it finds its calls in place.
        if let Some(image) = image {
            for site in image.exports.iter().chain(&image.imports) {
                match self.current(&site.item.path) {
                    Some(current) if site.can_call(&current) => site.point_at(&current),
                    _ => site.reset(),
                }
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
}

impl World {
    /// What callers of an export are pointed at.
    fn entry(&self, site: &Site) -> *const () {
        match site.item.kind {
            Kind::Function | Kind::Struct | Kind::Enum => site.accessor.body,
            Kind::Var => self.vars[&site.item.path].place,
        }
    }

    /// The image that is the bundle's current generation.
    fn image_of(&self, bundle: &str) -> Option<&'static ImageInfo> {
        self.bundles.get(bundle).map(|loaded| loaded.image.info)
    }

    /// Whether the site belongs to the host or to the current generation of a bundle.
    fn is_live(&self, placed: &Placed) -> bool {
        placed.image.as_ref().is_none_or(|image| {
            let loaded = self.bundles.get(&image.header.crate_name);
            loaded.is_some_and(|loaded| Arc::ptr_eq(&loaded.image, image))
        })
    }
}

impl Stage<'_> {
    /// Finds or makes the storage of the image's vars. Its own slots lead there at once, for the
    /// author's init function; nobody else calls them yet.
    pub(crate) fn make_vars(&mut self) {
        for site in self.exports.iter().filter(|site| site.item.kind == Kind::Var) {
            match self.world.storage(site) {
                Ok(stored) => {
                    site.slot().point_at(stored.place, ptr::null());
                    self.vars.push(stored);
                }
                Err(text) => {
                    let what = format!("the first value of `{}` panicked", site.item.path);
                    self.reasons.push(Reason::new(Code::VarInitialiser, what).fact("said", text));
                }
            }
        }
    }

    /// Refuses types that misbehave as soon as two images use them.
    pub(crate) fn check_statics(&mut self) {
        let shared_std = self.inner.requirements.shared_std;
        let sites = self.exports.iter().chain(&self.imports);
        self.reasons.extend(sites.filter_map(|site| per_image::check(site, shared_std)));
    }

    /// Compares what init registered with the manifest, and its types with those of the importers.
    pub(crate) fn check(&mut self) {
        let mut registered: Vec<_> =
            self.exports.iter().chain(&self.imports).map(|site| site.accessor.record).collect();
        let functions = &self.candidate.object.manifest.items;
        let mut recorded: Vec<_> = functions.iter().map(|item| &*item.raw).collect();
        registered.sort_unstable();
        recorded.sort_unstable();
        if registered != recorded {
            let (registered, recorded) = (registered.len(), recorded.len());
            self.reasons.push(
                Reason::new(
                    Code::Disagreement,
                    "the library registers other functions than its manifest lists",
                )
                .fact("found", format!("{registered} registered, {recorded} in the manifest")),
            );
            return;
        }
        let bundle = &self.candidate.header.crate_name;
        let current = |path: &str| self.inner.current(path);
        self.reasons.extend(self.world.check_types(bundle, &self.exports, &self.imports, current));
    }
}

fn headroom(path: &Path) -> Result<()> {
    let exhausted = |what: &str| {
        Reason::new(Code::Exhausted, format!("there is no room for another generation: {what}"))
            .file(path)
            .into()
    };
    if !platform::probe_thread_keys(HEADROOM) {
        return Err(exhausted("the process is almost out of thread-local keys"));
    }
    if !platform::probe_mappings(HEADROOM) {
        return Err(exhausted("the process is almost out of memory mappings"));
    }
    Ok(())
}

fn not_loaded(name: &str) -> Error {
    Reason::new(Code::NotLoaded, format!("bundle `{name}` is not loaded")).into()
}
