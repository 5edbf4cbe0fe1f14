//! Loads, reloads and rollbacks that commit at once: check everything, then publish.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use crate::boundary::{
    cells::{self, Alive},
    output, started,
};
use crate::load::after::After;
use crate::load::candidate::Candidate;
use crate::load::first_values::{Vars, make_vars, replaced_by};
use crate::load::handles::{DropsGone, handles_to_linked};
use crate::load::held;
use crate::load::hooks::{self, Hooks};
use crate::load::moving::{AllMoving, Moving, Refused, moving_to_linked, rename_to_linked};
use crate::load::unfit::Unfit;
use crate::said::{Code, Error, Event, FailedHook, Migration, Phases, Reason, Report, Result};
use crate::state::world::{PutAside, crate_of};
use crate::state::{Image, Inner, Maker, Site, Turn, World, Writing, publishing, using};
use crate::{changes, platform};

/// Loading asks for this many free thread keys and mappings first: beyond the last one the system
/// aborts the process, or the loader fails half-way.
const HEADROOM: usize = 64;

/// One bundle's part in a transaction.
pub(crate) enum Step<'a> {
    Load(Next<'a>),
    /// The file that the bundle with this crate name came from, as it is now.
    Reload(&'a str),
    /// Back to the image before, of the bundle with this crate name, or to that of this generation.
    RollBack(&'a str, Option<u64>),
}

/// What is told of an image that comes, and of the one before it.
pub(crate) type Newest<'a> = dyn Fn(&Image, Option<&Image>) + 'a;

/// A file that shall become a bundle's next generation.
#[derive(Clone, Copy)]
pub(crate) struct Next<'a> {
    pub(crate) path: &'a Path,
    /// The crate that it must hold.
    pub(crate) expected: Option<&'a str>,
    /// The rlibs that the same build has written, to tell what changed.
    pub(crate) rlibs: &'a [PathBuf],
    /// Where the package is that the host has built it of.
    pub(crate) folder: Option<&'a Path>,
    /// Who has built it.
    pub(crate) maker: Option<&'a Maker>,
    /// Called with its image, and the one before it, before anybody is led to it: has it read literals
    /// that were saved since it was built. It does not panic.
    pub(crate) newest: Option<&'a Newest<'a>>,
}

impl<'a> Next<'a> {
    pub(crate) fn file(path: &'a Path) -> Self {
        Next { path, expected: None, rlibs: &[], folder: None, maker: None, newest: None }
    }
}

/// Which end of the bundle's history a commit works on.
#[derive(Clone, Copy)]
pub(super) enum Direction {
    Forward,
    Back,
}

/// What a transaction's steps lead to.
struct Opened {
    /// The crates, in the steps' order.
    names: Vec<(String, Direction)>,
    candidates: Vec<Candidate>,
    images: Vec<Arc<Image>>,
}

impl Inner {
    /// Does all steps, or none. Gives the crates' names with their reports, in the steps' order.
    pub(crate) fn transact(
        &self,
        steps: &[Step<'_>],
        phases: Phases,
    ) -> Result<Vec<(String, Arc<Report>)>> {
        self.announce(self.attempt(steps, phases))
    }

    /// As [`transact`](Inner::transact), but the listeners do not hear of a refusal.
    pub(crate) fn attempt(
        &self,
        steps: &[Step<'_>],
        phases: Phases,
    ) -> Result<Vec<(String, Arc<Report>)>> {
        let _gone = DropsGone;
        self.drop_given_up()?;
        let mut turn = None;
        let writing = self.write_in_turn(false)?;
        let done = self.transact_under(writing, steps, phases, None, &mut turn)?;
        let (mut events, mut loaded) = (Vec::new(), Vec::new());
        for ((name, report), step) in done.iter().zip(steps) {
            events.push(match step {
                Step::Load(_) | Step::Reload(_) => {
                    loaded.push((&**name, &**report));
                    Event::Loaded(report.clone())
                }
                Step::RollBack(..) => Event::RolledBack(report.clone()),
            });
        }
        let undone = self.undo_failed(&loaded, &mut turn, &mut events);
        // Who listens may load.
        drop(turn);
        events.iter().for_each(|event| self.emit(event));
        undone.map(|()| done)
    }

    /// As [`attempt`](Inner::attempt), under a lock that is held already, and without an event. `why`
    /// is for the reports of a host that goes back by itself. What bundles run has run, and the turn is
    /// still taken if there was anything.
    pub(super) fn transact_under(
        &self,
        mut writing: Writing<'_>,
        steps: &[Step<'_>],
        phases: Phases,
        why: Option<&str>,
        turn: &mut Option<Turn>,
    ) -> Result<Vec<(String, Arc<Report>)>> {
        // Longer than the writer's lock: what an edit changed is told without it.
        let in_use = using()?;
        let started = Instant::now();
        let world = writing.world_mut();
        self.catch_up(world);
        let Opened { names, mut candidates, mut images } = self.opened(world, steps)?;
        names.iter().for_each(|(name, _)| self.forget_first_uses(world, name));
        let handles = held::alive(world);
        let after = After { candidates: &candidates, ..self.after(world, &images, &handles) };
        self.check_after(&after, first_export(world, &names))?;
        let check = started.elapsed();

        let loading = Instant::now();
        let going_back = images.len();
        let mut vars = self.map_all(world, &mut images, &mut candidates, &handles)?;
        let made: Result<()> = images[..going_back].iter().try_for_each(|image| {
            // Older code may run in it: its slots stay as they are till then.
            let made = make_vars(world, &image.exports, |_| Vec::new());
            vars.extend(made.map_err(Error::of)?);
            Ok(())
        });
        let goes_back =
            |name: &str| names.iter().any(|(it, way)| it == name && matches!(way, Direction::Back));
        let replaced = replaced_by(&vars).into_iter();
        let (replaced, moving): (Vec<_>, Vec<_>) =
            replaced.partition(|(_, new)| new.site.item.reset);
        let replaced: Vec<_> = replaced.into_iter().map(|(old, _)| old).collect();
        let moving = moving.into_iter().map(|(old, new)| {
            let back = goes_back(crate_of(&new.site.item.path));
            Moving { old, new, back }
        });
        let moving = moving.collect();
        let reset: Vec<_> = replaced.iter().map(|stored| stored.site.item.path.clone()).collect();
        let of_handles = self.after(world, &images, &handles).moving_handles(goes_back);
        let made = made.and(of_handles.as_ref().map(|_| ()).map_err(|it| Error::of(it.clone())));
        let in_containers = self.after(world, &images, &handles).in_containers();
        let mut moving =
            AllMoving::new(world, moving, of_handles.unwrap_or_default(), in_containers);
        let mut unfit = self.after(world, &images, &handles).unfit();
        let export = first_export(world, &names).map(str::to_owned);
        let staged = made.map_err(Refused::from);
        let staged =
            staged.and_then(|()| self.stage(world, &mut moving, &replaced, export.as_deref()));
        let staged = staged.and_then(|staged| {
            // Whoever resolves from here on finds the new versions. Before anything changes, it is asked
            // once more who calls what: a thread may have begun to since that was checked.
            let publishing = publishing();
            if self.record_enumerated(world) {
                unfit = self.after(world, &images, &handles).unfit();
            }
            if self.after(world, &images, &handles).is_overtaken(&unfit) {
                drop(publishing);
                return Err(staged.refuse(self.after(world, &images, &handles).overtaken()));
            }
            match self.check_first_values(world, &vars) {
                Ok(()) => Ok((staged, publishing)),
                Err(error) => {
                    drop(publishing);
                    Err(staged.refuse(error))
                }
            }
        });
        let (staged, publishing) = match staged {
            Ok(ready) => ready,
            Err(refused) => {
                drop(moving.give_back(world));
                // Their inits have run: they stay mapped.
                let mapped = images.len() - going_back;
                world.images.truncate(world.images.len() - mapped);
                world.abandoned += mapped;
                return Err(refused.error());
            }
        };
        let phases = Phases { check, load: loading.elapsed(), ..phases };
        let parked = take_over(world, vars);
        let before = names.iter().map(|(name, _)| {
            let loaded = world.bundles.get(name)?;
            Some((loaded.image.clone(), loaded.report.load().threads_left > 0))
        });
        let before: Vec<_> = before.collect();
        let retired = names.iter().filter_map(|(name, _)| world.image_of(name)).collect();
        let commits = names.iter().map(|(name, direction)| {
            let image = images.iter().find(|image| image.header.crate_name == *name);
            (image.expect("each name is one of an image").clone(), *direction)
        });
        let commits: Vec<_> = commits.collect();
        for (step, ((image, _), before)) in steps.iter().zip(commits.iter().zip(&before)) {
            let before = before.as_ref().map(|(image, _)| &**image);
            match step {
                Step::Load(Next { newest: Some(newest), .. }) => newest(image, before),
                Step::Load(_) | Step::Reload(_) => {}
                // A rollback goes back to the code with the values that it was built with.
                Step::RollBack(..) => image.forget_tweaks(),
            }
        }
        let is_meant = |name: &str| names.iter().any(|(it, _)| it == name);
        let going = hooks::live(world, is_meant);
        // Before anybody is led to the new states.
        let (filled, migration, leftovers) = staged.fill();
        let of_handles = moving.hand_on(world);
        let closed = unfit.into_iter().map(Unfit::close).collect();
        let mut reports = self.commit(world, commits.clone(), closed, phases);
        drop(publishing);
        // Only now: until the slots lead elsewhere, bundles' own threads ask for these values.
        drop(of_handles);
        filled.give_up();
        world.given_up.extend(replaced);
        for (name, report) in &mut reports {
            let of_bundle = |path: &&String| crate_of(path) == name;
            report.reset = reset.iter().filter(of_bundle).cloned().collect();
            report.why = why.map(str::to_owned);
            let image = &world.bundles[name].image;
            report.untracked = image.tables.untracked(image.exports.iter().map(|site| &*site.item));
            report.migration = Some(migration.clone()).filter(Migration::is_of_any);
        }
        let kept = reports.iter().map(|(name, report)| {
            let kept = world.bundles[name].report.clone();
            // For those who ask before the changes are told.
            kept.store(Arc::new(report.clone()));
            kept
        });
        let kept: Vec<_> = kept.collect();
        let hooks = Hooks::new(&going, &hooks::live(world, is_meant));
        let is_reloaded = |bundle: &str| reports.iter().any(|(_, it)| it.bundle == bundle);
        let copies: Vec<_> =
            world.copies.iter().filter(|(_, bundle, _)| is_reloaded(bundle)).cloned().collect();
        hooks.take_turn(&writing, turn);
        drop(writing);
        // An author's `Drop` may do anything.
        drop(parked);
        let leaked = leftovers.drop_all();
        for migration in reports.iter_mut().filter_map(|(_, report)| report.migration.as_mut()) {
            migration.leaked = leaked.iter().map(|(place, _)| place.clone()).collect();
        }
        // They may fork: what is loaded is complete.
        drop(in_use);
        let failed = hooks.run();
        let _in_use = using().ok();
        for (name, report) in &mut reports {
            let of_bundle = failed.iter().filter(|failed| crate_of(&failed.hook) == name);
            report.failed_hooks = of_bundle.cloned().collect();
        }
        // Everything is live; what is left is to say what it was.
        for ((before, (image, direction)), (_, report)) in
            before.iter().zip(&commits).zip(&mut reports)
        {
            let is_new = matches!(direction, Direction::Forward);
            changes::tell(report, before.as_ref().map(|(image, _)| &**image), image, is_new);
            if let Some((_, had_left)) = before {
                let (left, own) = started::left_and_own(&copies, &report.bundle, image.born_as);
                (report.threads_left, report.threads_started) = (left, own);
                report.first_to_leave_threads = left > 0 && !had_left;
            }
        }
        let reports = reports.into_iter().zip(kept).map(|((name, report), kept)| {
            let report = Arc::new(report);
            kept.store(report.clone());
            (name, report)
        });
        let reports = reports.collect();
        output::flush(retired);
        Ok(reports)
    }

    /// All that can be said before any code of the files runs. The values that would move are asked for now
    /// too: what is refused here costs no mapping.
    fn check_after(&self, after: &After<'_>, export: Option<&str>) -> Result<()> {
        let mut reasons = after.check();
        for image in after.images {
            let Image { header, exports, imports, tables, behind_handles, .. } = &**image;
            let types = (&**tables, &behind_handles[..]);
            reasons.extend(after.check_image(header, exports, imports, types));
        }
        Error::check(reasons)?;
        let (values, handles) = (after.making_way(), after.handles_making_way());
        drop(self.lock(after.world, &values, &handles, export)?);
        Ok(())
    }

    /// What the steps lead to: files, and images that are in memory still. No bundle twice.
    fn opened(&self, world: &World, steps: &[Step<'_>]) -> Result<Opened> {
        let (mut errors, mut names) = (Vec::new(), Vec::new());
        let (mut candidates, mut images) = (Vec::new(), Vec::new());
        for step in steps {
            let opened = match step {
                Step::Load(next) => self.open(world, next),
                Step::Reload(name) => world.loaded(name).and_then(|loaded| {
                    let image = &loaded.image;
                    let (expected, folder) = (Some(*name), image.folder.as_deref());
                    self.open(world, &Next { expected, folder, ..Next::file(&image.source) })
                }),
                Step::RollBack(name, to) => {
                    match world.earlier(name, *to) {
                        Ok(image) => {
                            images.push(image);
                            names.push(((*name).to_owned(), Direction::Back));
                        }
                        Err(error) => errors.push(error),
                    }
                    continue;
                }
            };
            match opened {
                Ok(candidate) => {
                    names.push((candidate.header.crate_name.clone(), Direction::Forward));
                    candidates.push(candidate);
                }
                Err(error) => errors.push(error),
            }
        }
        Error::join(errors)?;
        let mut seen = BTreeSet::new();
        if let Some((name, _)) = names.iter().find(|(name, _)| !seen.insert(name)) {
            let new = candidates.iter().map(|candidate| &candidate.header);
            let mut headers = new.chain(images.iter().map(|image| &image.header));
            let package = headers.find(|header| header.crate_name == *name);
            let package = package.map_or(name, |header| &header.package);
            let what = format!("bundle `{package}` is in the transaction twice");
            return Err(Reason::new(Code::Twice, what).into());
        }
        Ok(Opened { names, candidates, images })
    }

    /// The world as it will be, once all of the next images are in memory.
    fn after<'a>(
        &'a self,
        world: &'a World,
        images: &'a [Arc<Image>],
        handles: &'a [Alive],
    ) -> After<'a> {
        let (namespace, candidates) = (&self.namespace, &[]);
        After { world, namespace, images, candidates, handles, looks_only: false }
    }

    /// Everything that a load checks before any code of the library runs.
    pub(crate) fn check(&self, path: &Path) -> Result<()> {
        self.drop_given_up()?;
        let mut writing = self.write()?;
        self.catch_up(writing.world_mut());
        Inner::loads(path.display())?;
        headroom(path)?;
        let candidates = [Candidate::look(path, &self.requirements, writing.world())?];
        let (world, namespace) = (writing.world(), &self.namespace);
        let handles = &held::alive(world);
        let (images, looks_only) = (&[], true);
        let after =
            After { world, namespace, images, candidates: &candidates, handles, looks_only };
        Error::check(after.check())
    }

    /// Takes the bundle's definitions back: to the baseline where there is one. Gives the
    /// package's name, and what has failed of what the bundle runs then.
    pub(crate) fn unload(&self, name: &str) -> Result<(String, Vec<FailedHook>)> {
        let _gone = DropsGone;
        self.drop_given_up()?;
        self.unload_under(self.write_in_turn(false)?, name, &mut None)
    }

    /// As [`unload`](Inner::unload), under a lock that is held already.
    pub(super) fn unload_under(
        &self,
        mut writing: Writing<'_>,
        name: &str,
        turn: &mut Option<Turn>,
    ) -> Result<(String, Vec<FailedHook>)> {
        self.catch_up(writing.world_mut());
        let world = writing.world_mut();
        world.loaded(name)?;
        // What the host is linked with goes on with the values.
        let handles = handles_to_linked(world, name, &held::alive(world));
        let mut moving = AllMoving::new(world, moving_to_linked(world, name), handles, Vec::new());
        let export = first_export(world, &[(name.to_owned(), Direction::Back)]).map(str::to_owned);
        let staged = match self.stage(world, &mut moving, &[], export.as_deref()) {
            Ok(staged) => staged,
            Err(refused) => {
                drop(moving.give_back(world));
                return Err(refused.error());
            }
        };
        let (filled, _, leftovers) = staged.fill();
        let of_handles = moving.hand_on(world);
        let others = rename_to_linked(world, name);
        let hooks = Hooks::new(&hooks::live(world, |it| it == name), &[]);
        let image = self.retract(world, name)?;
        drop(of_handles);
        filled.give_up();
        // What the host is linked with goes on using the values.
        if !world.baseline.values().any(|current| current.site.item.is_of(name)) {
            // Statics keep their values for when they are defined again.
            let kept = world.vars.values().flat_map(|stored| {
                let Site { tables, item, .. } = &*stored.writer;
                tables.held(item.roots())
            });
            cells::forget(name, &kept.collect());
        }
        hooks.take_turn(&writing, turn);
        drop(writing);
        // An author's `Drop` may do anything.
        drop((leftovers, others));
        let failed = hooks.run();
        output::flush(vec![image.info]);
        Ok((image.header.package.clone(), failed))
    }

    fn open(&self, world: &World, next: &Next<'_>) -> Result<Candidate> {
        let Next { path, expected, rlibs, folder, maker, .. } = *next;
        Inner::loads(path.display())?;
        headroom(path)?;
        let mut candidate = Candidate::open(path, &self.shadow, &self.requirements, world)?;
        let found = &candidate.header;
        if let Some(expected) = expected.filter(|expected| *expected != found.crate_name) {
            let (found, expected) = (&found.package, world.package(expected));
            let what = format!("the file holds bundle `{found}` now, not `{expected}`");
            return Err(Reason::new(Code::OtherBundle, what).file(path).into());
        }
        candidate.rlibs = rlibs.to_vec();
        candidate.folder = folder.map(Path::to_owned);
        candidate.maker = maker.cloned();
        Ok(candidate)
    }
}

/// Something that the first of these bundles exports at the moment, if it is loaded.
fn first_export<'a>(world: &'a World, names: &[(String, Direction)]) -> Option<&'a str> {
    let (name, _) = names.first()?;
    Some(&*world.bundles.get(name)?.image.exports.first()?.item.path)
}

/// Gives the statics their new places and names. What was put aside belongs to the values that were there
/// before, so new ones do not get it: it is to be dropped. (That of values that move is not here.)
fn take_over(world: &mut World, vars: Vars) -> Vec<Box<dyn PutAside>> {
    let mut leftovers = Vec::new();
    for (old, new) in vars.renamed() {
        world.vars.remove(&old);
        // Of another value that was called so.
        leftovers.extend(world.parked.remove(&new));
        if let Some(parked) = world.parked.remove(&old) {
            world.parked.insert(new, parked);
        }
    }
    let vars = vars.keep();
    let new = vars.iter().filter(|var| var.is_new).map(|var| &var.site.item.path);
    leftovers.extend(new.filter_map(|path| world.parked.remove(path)));
    world.vars.extend(vars.into_iter().map(|var| (var.site.item.path.clone(), var.stored)));
    leftovers
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
