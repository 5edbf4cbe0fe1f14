//! Loads, reloads and rollbacks that commit at once: check everything, then publish. What fails
//! before the publishing leaves everything as it was.
//!
//! ```text
//! writing   the lock that all of it happens under
//! giving_up values that make way for new ones
//! map       a checked file becomes an image whose init has staged
//! publish   new versions into definitions and slots; the reports
//! ```

mod giving_up;
mod map;
mod publish;
mod writing;

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Instant,
};

use super::{
    Bundle, Code, Error, Host, Phases, Reason, Report, Result, after::After, candidate::Candidate,
    cargo::Built, changes, fresh::Failed, host::Inner, image::Image, live, output, platform,
};
use giving_up::Locks;
pub(crate) use writing::Writing;

/// Loading asks for this many free thread keys and mappings first: beyond the last one the system
/// aborts the process, or the loader fails half-way.
const HEADROOM: usize = 64;

/// Loads, reloads and rollbacks of several bundles that commit at once, or not at all. From
/// [`Host::transaction`].
///
/// They are checked against what will be there afterwards: two bundles that share a signature can
/// change it together, where one after the other would be refused.
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
    pub fn load(mut self, path: impl AsRef<Path>) -> Self {
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

    /// Does all of it. Gives a report of each bundle, in the order in which they were added.
    ///
    /// # Errors
    /// As [`Host::load`], [`Bundle::reload`] and [`Bundle::rollback`], with the reasons of all
    /// bundles; [`Code::Twice`] if a bundle was added twice. Nothing has changed then.
    pub fn commit(self) -> Result<Vec<Arc<Report>>> {
        let steps: Vec<_> = self
            .steps
            .iter()
            .map(|step| match step {
                Planned::Load(path) => Step::Load(Next::file(path)),
                Planned::Reload(bundle) => Step::Reload(bundle.name()),
                Planned::RollBack(bundle) => Step::RollBack(bundle.name()),
            })
            .collect();
        let done = self.host.transact(&steps, Phases::default())?;
        Ok(done.into_iter().map(|(_, report)| report).collect())
    }
}

/// One bundle's part in a transaction.
pub(crate) enum Step<'a> {
    Load(Next<'a>),
    /// The file that the bundle with this crate name came from, as it is now.
    Reload(&'a str),
    /// Back to the image before, of the bundle with this crate name.
    RollBack(&'a str),
}

/// A file that shall become a bundle's next generation.
#[derive(Clone, Copy)]
pub(crate) struct Next<'a> {
    pub(crate) path: &'a Path,
    /// The crate that it must hold.
    pub(crate) expected: Option<&'a str>,
    /// The rlibs that the same build has written, to tell what changed.
    pub(crate) rlibs: &'a [PathBuf],
}

impl<'a> Next<'a> {
    pub(crate) fn file(path: &'a Path) -> Self {
        Next { path, expected: None, rlibs: &[] }
    }

    pub(crate) fn built(built: &'a Built) -> Self {
        Next { path: &built.library, expected: None, rlibs: &built.rlibs }
    }
}

/// Which end of the bundle's history a commit works on.
#[derive(Clone, Copy)]
enum Direction {
    Forward,
    Back,
}

impl Inner {
    /// Does all steps, or none. Gives the crates' names with their reports, in the steps' order.
    pub(crate) fn transact(
        &self,
        steps: &[Step<'_>],
        phases: Phases,
    ) -> Result<Vec<(String, Report)>> {
        self.transact_under(self.write()?, steps, phases)
    }

    fn transact_under(
        &self,
        mut writing: Writing<'_>,
        steps: &[Step<'_>],
        phases: Phases,
    ) -> Result<Vec<(String, Report)>> {
        let started = Instant::now();
        let world = writing.world_mut();
        let (mut errors, mut names) = (Vec::new(), Vec::new());
        let (mut candidates, mut images) = (Vec::new(), Vec::new());
        for step in steps {
            let opened = match step {
                Step::Load(next) => self.open(next),
                Step::Reload(name) => world.loaded(name).and_then(|loaded| {
                    self.open(&Next { expected: Some(name), ..Next::file(&loaded.image.source) })
                }),
                Step::RollBack(name) => {
                    match world.earlier(name) {
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
            let what = format!("bundle `{name}` is in the transaction twice");
            return Err(Reason::new(Code::Twice, what).into());
        }
        let handles = live::alive();
        let after = After {
            world,
            namespace: &self.namespace,
            images: &images,
            candidates: &candidates,
            handles: &handles,
        };
        let mut reasons = after.check();
        for image in &images {
            let Image { header, exports, imports, tables, .. } = &**image;
            reasons.extend(after.check_image(header, exports, imports, tables));
        }
        Error::check(reasons)?;
        let patience = self.options.guard_patience;
        // Asked now too: what is refused here costs no mapping.
        drop(Locks::take(&after.given_up(), patience)?);
        let check = started.elapsed();

        let loading = Instant::now();
        let going_back = images.len();
        let mut vars = self.map_all(world, &mut images, &mut candidates, &handles)?;
        let made: Result<()> = images[..going_back].iter().try_for_each(|image| {
            // Older code may run in it: its slots stay as they are till then.
            let made = world.make_vars(&image.exports, |_| Vec::new());
            vars.extend(made.map_err(Error::of)?);
            Ok(())
        });
        let replaced = world.replaced_by(&vars);
        let reset: Vec<_> = replaced.iter().map(|stored| stored.site.item.path.clone()).collect();
        let locks = made.and_then(|()| Locks::take(&replaced, patience)).inspect_err(|_| {
            // Their inits have run: they stay mapped.
            let mapped = images.len() - going_back;
            world.images -= mapped;
            world.abandoned += mapped;
        })?;
        let phases = Phases { check, load: loading.elapsed(), ..phases };
        let vars = vars.keep().into_iter();
        world.vars.extend(vars.map(|var| (var.site.item.path.clone(), var.stored)));
        let before: Vec<_> =
            names.iter().map(|(name, _)| Some(world.loaded(name).ok()?.image.clone())).collect();
        let retired = names.iter().filter_map(|(name, _)| world.image_of(name)).collect();
        let commits = names.iter().map(|(name, direction)| {
            let image = images.iter().find(|image| image.header.crate_name == *name);
            (image.expect("each name is one of an image").clone(), *direction)
        });
        let commits: Vec<_> = commits.collect();
        let mut reports = self.commit(world, commits.clone(), phases);
        // Only now: until the slots lead elsewhere, calls of the newest code ask for these values.
        locks.give_up();
        for (name, report) in &mut reports {
            let of_bundle = |path: &&String| path.split("::").next() == Some(name);
            report.reset = reset.iter().filter(of_bundle).cloned().collect();
        }
        drop(writing);
        // Everything is live; what is left is to say what it was.
        for ((before, (image, direction)), (_, report)) in
            before.iter().zip(&commits).zip(&mut reports)
        {
            let is_new = matches!(direction, Direction::Forward);
            changes::tell(report, before.as_deref(), image, is_new);
        }
        output::flush(retired);
        Ok(reports)
    }

    /// Everything that a load checks before any code of the library runs.
    pub(crate) fn check(&self, path: &Path) -> Result<()> {
        let writing = self.write()?;
        Inner::loads(path.display())?;
        headroom(path)?;
        let candidates = [Candidate::look(path, &self.requirements)?];
        let (world, namespace) = (writing.world(), &self.namespace);
        let handles = &live::alive();
        Error::check(
            After { world, namespace, images: &[], candidates: &candidates, handles }.check(),
        )
    }

    /// Goes back from a generation that failed, unless it is not the live one any more.
    pub(crate) fn rollback_from(&self, failed: &Failed) -> Result<Option<Report>> {
        let writing = self.write()?;
        let live = writing.world().bundles.get(&failed.bundle).map(|loaded| loaded.generation);
        if live != Some(failed.generation) {
            return Ok(None);
        }
        let steps = [Step::RollBack(&failed.bundle)];
        let mut done = self.transact_under(writing, &steps, Phases::default())?;
        let (_, mut report) = done.remove(0);
        report.why = Some(failed.why.clone());
        Ok(Some(report))
    }

    /// Takes the bundle's definitions back: to the baseline where there is one. Gives the
    /// package's name.
    pub(crate) fn unload(&self, name: &str) -> Result<String> {
        let mut writing = self.write()?;
        let image = self.retract(writing.world_mut(), name)?;
        drop(writing);
        output::flush(vec![image.info]);
        Ok(image.header.package.clone())
    }

    fn open(&self, next: &Next<'_>) -> Result<Candidate> {
        let Next { path, expected, rlibs } = *next;
        Inner::loads(path.display())?;
        headroom(path)?;
        let mut candidate = Candidate::open(path, &self.shadow, &self.requirements)?;
        let found = &candidate.header.crate_name;
        if let Some(expected) = expected.filter(|expected| expected != found) {
            let what = format!("the file holds bundle `{found}` now, not `{expected}`");
            return Err(Reason::new(Code::OtherBundle, what).file(path).into());
        }
        candidate.rlibs = rlibs.to_vec();
        Ok(candidate)
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
