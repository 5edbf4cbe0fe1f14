//! The values of states that a transaction moves to the new version of their type.

use std::{
    any::Any,
    mem,
    sync::Arc,
    time::{Duration, Instant},
};

use hot_rt::rt::{self, versioned::Migrate};

use crate::{
    boundary::threads::Patient,
    load::{
        containers::{InContainers, stays},
        giving_up::{Behind, LockedHandles, Locks},
        handles::{HandleLock, Handles, OfCell},
        migrate::{Made, Move, Moved, Parked, Room, Value},
    },
    said::{Error, Migration, Result},
    state::{
        Closed, Inner, Site, Touched,
        world::{PutAside, Stored, World},
    },
};

/// A value that moves: where it is, and where it shall be.
pub(super) struct Moving {
    pub(super) old: Stored,
    pub(super) new: Stored,
    /// The new version is an earlier one.
    pub(super) back: bool,
}

impl Moving {
    fn path(&self) -> &String {
        &self.new.site.item.path
    }

    fn old_path(&self) -> &String {
        &self.old.writer.item.path
    }
}

/// All of them, with what earlier moves have parked.
pub(super) struct AllMoving {
    all: Vec<Moving>,
    before: Vec<Parked>,
    handles: Vec<Handles>,
    /// What is in containers that have to move with them.
    in_containers: Vec<InContainers>,
    /// The values behind handles, once they are locked; and what earlier moves have left of each.
    locked: Vec<BehindHandle>,
    beside: Vec<Parked>,
}

/// A value behind a handle.
struct BehindHandle {
    /// The number of its layout.
    of: usize,
    lock: HandleLock,
}

/// Values behind handles that nobody looks at until this is dropped.
#[must_use]
pub(super) struct LockedBehind(#[expect(dead_code, reason = "it is dropped")] Vec<BehindHandle>);

/// Why nothing has moved. What was made meanwhile is dropped when nothing is locked any more.
pub(super) struct Refused {
    pub(super) error: Error,
    made: Option<Box<Made>>,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Refused {
        Refused { error, made: None }
    }
}

impl Refused {
    /// Drops what was made, and gives the reasons.
    pub(super) fn error(self) -> Error {
        drop(self.made);
        self.error
    }
}

impl PutAside for Parked {
    fn values(&self) -> usize {
        self.len()
    }
}

/// All of them, and nothing can fail any more; and values that are given up.
#[must_use]
pub(super) struct Staged<'a> {
    locked: Locked,
    all: &'a [Moving],
    handles: &'a [Handles],
    behind: &'a mut [BehindHandle],
    moves: Move<'a>,
    took: Duration,
}

/// Values that nobody uses: while the gate is closed, if there are any.
pub(super) struct Locked {
    locks: Locks,
    handles: LockedHandles,
    /// How many of them, from the first on, have moved.
    moved: usize,
    /// Authors' code may run meanwhile.
    _patient: Option<Patient>,
    /// Opened last.
    _closed: Option<Closed>,
}

impl Locked {
    /// Gives the values up, and lets callers go on.
    pub(super) fn give_up(mut self) {
        self.locks.split_off(self.moved).give_up();
        self.locks.moved_out();
    }
}

impl Inner {
    /// Waits until no caller is inside and nobody holds a guard of these values. `export` is one of a bundle
    /// whose values they are.
    pub(super) fn lock(
        &self,
        world: &World,
        values: &[Stored],
        handles: &[Behind<'_>],
        export: Option<&str>,
    ) -> Result<Locked> {
        let deadline = Instant::now() + self.options.patience;
        let is_needed = !values.is_empty() || !handles.is_empty();
        let export = values.first().map(|stored| &*stored.site.item.path).or(export);
        let mut touched = Touched::default();
        values.iter().for_each(|stored| touched.add_site(&stored.writer));
        handles.iter().for_each(|behind| touched.add_types([behind.ty].into_iter(), behind.tables));
        let futures = world.futures_that_see(&touched);
        let closed = is_needed.then(|| self.close_gate(export, &futures, deadline)).transpose()?;
        // First: whoever waits for one of the locks finds how long.
        let patient = closed.is_some().then(|| Patient::begin(self.options.patience));
        let (locks, handles) = Locks::take(values, handles, deadline)?;
        Ok(Locked { locks, handles, moved: 0, _patient: patient, _closed: closed })
    }

    /// Locks the values that move and those that are given up, and does all of the first that can fail.
    pub(super) fn stage<'a>(
        &self,
        world: &World,
        moving: &'a mut AllMoving,
        given_up: &[Stored],
        export: Option<&str>,
    ) -> Result<Staged<'a>, Refused> {
        let values = moving.all.iter().map(|one| &one.old).chain(given_up);
        let values: Vec<_> = values.cloned().collect();
        let handles = moving.handles.iter().map(|Handles { ty, tables, cell, .. }| Behind {
            ty,
            tables,
            cell,
        });
        let mut locked = self.lock(world, &values, &handles.collect::<Vec<_>>(), export)?;
        locked.moved = moving.all.len();
        moving.take_handles(mem::take(&mut locked.handles))?;
        let at = locked.locks.values();
        let moved = &at[..locked.moved];
        assert!(moved.iter().all(|(at, _)| !at.is_null()), "a state that is live has a value");
        // SAFETY: these are the places of the values, in this order, and the locks are held until they
        // are filled, or dropped with what was staged.
        unsafe { moving.stage(&at, locked) }
    }
}

/// What the host is linked with of a bundle.
fn linked<'a>(world: &'a World, name: &str) -> impl Iterator<Item = &'a Arc<Site>> {
    let linked = world.baseline.values().map(|current| &current.site);
    linked.filter(move |site| site.item.is_of(name))
}

/// The values that the code which the host is linked with could not use as they are.
pub(super) fn moving_to_linked(world: &World, name: &str) -> Vec<Moving> {
    let befores = world.befores(linked(world, name).map(|site| &*site.item));
    let moving = linked(world, name).filter_map(|site| {
        let old = *befores.get(&*site.item.path)?;
        let moving = (site.accessor.moving)()?;
        if stays(old, site) || old.moving().is_none() || site.item.reset {
            return None;
        }
        // SAFETY: it is the accessor's.
        let place = unsafe { rt::empty_storage(site.accessor, moving) };
        let new = old.moved(place, site.clone());
        Some(Moving { old: old.clone(), new, back: true })
    });
    moving.collect()
}

/// Gives the values that the code which the host is linked with uses as they are the names that they have
/// there. Gives what was put aside of others that were called so.
pub(super) fn rename_to_linked(world: &mut World, name: &str) -> Vec<Box<dyn PutAside>> {
    let befores = world.befores(linked(world, name).map(|site| &*site.item));
    let renamed = linked(world, name).filter_map(|site| {
        let old = befores.get(&*site.item.path)?;
        let (was, is) = (&old.writer.item.path, &site.item.path);
        (was != is && old.writer.is_alike(site)).then(|| (was.clone(), site.clone()))
    });
    let mut others = Vec::new();
    for (was, site) in renamed.collect::<Vec<_>>() {
        others.extend(world.parked.remove(&site.item.path));
        if let Some(stored) = world.vars.remove(&was) {
            let stored = Stored { writer: site.clone(), ..stored };
            world.vars.insert(site.item.path.clone(), stored);
        }
        if let Some(parked) = world.parked.remove(&was) {
            world.parked.insert(site.item.path.clone(), parked);
        }
    }
    others
}

/// Linkers choose the order; refusals shall not.
pub(super) fn in_order(mut migrates: Vec<&'static Migrate>) -> Vec<&'static Migrate> {
    migrates.sort_by_key(|migrate| migrate.name());
    migrates
}

impl AllMoving {
    pub(super) fn new(
        world: &mut World,
        all: Vec<Moving>,
        handles: Vec<Handles>,
        in_containers: Vec<InContainers>,
    ) -> AllMoving {
        let before = all.iter().map(|one| {
            let before: Box<dyn Any> = world.parked.remove(one.old_path())?;
            before.downcast().ok().map(|before| *before)
        });
        let before = before.map(Option::unwrap_or_default).collect();
        let (locked, beside) = (Vec::new(), Vec::new());
        AllMoving { all, before, handles, in_containers, locked, beside }
    }

    /// Takes over the values behind handles, and what was put aside of each.
    fn take_handles(&mut self, locked: LockedHandles) -> Result<()> {
        let mut reasons = Vec::new();
        for (of, OfCell { locks, elsewhere }) in locked.into_iter().enumerate() {
            reasons.extend(elsewhere.iter().map(|maker| self.handles[of].elsewhere(maker)));
            for mut lock in locks {
                let beside = lock.beside().take().and_then(|it| it.downcast().ok());
                self.beside.push(beside.map(|it| *it).unwrap_or_default());
                self.locked.push(BehindHandle { of, lock });
            }
        }
        let refused = self.locked.iter().filter_map(|it| self.handles[it.of].refusal(&it.lock));
        reasons.extend(refused);
        reasons.dedup();
        Error::check(reasons)
    }

    /// Their new places, by path.
    fn stored(&self) -> impl Iterator<Item = (String, Stored)> {
        self.all.iter().map(|one| (one.path().clone(), one.new.clone()))
    }

    /// What is parked stays with the values, which have not moved.
    pub(super) fn give_back(self, world: &mut World) -> LockedBehind {
        self.park(world, Moving::old_path)
    }

    /// What is parked goes with the values, which have moved.
    pub(super) fn hand_on(self, world: &mut World) -> LockedBehind {
        self.all.iter().for_each(|one| drop(world.vars.remove(one.old_path())));
        world.vars.extend(self.stored());
        self.park(world, Moving::path)
    }

    /// That of states stays with the world, and that of values behind handles with these.
    fn park(mut self, world: &mut World, path: impl Fn(&Moving) -> &String) -> LockedBehind {
        let paths = self.all.iter().map(|one| path(one).clone());
        let before = self.before.into_iter().map(|it| -> Box<dyn PutAside> { Box::new(it) });
        world.parked.extend(paths.zip(before));
        for (behind, parked) in self.locked.iter_mut().zip(self.beside) {
            if parked.len() > 0 {
                *behind.lock.beside() = Some(Box::new(parked));
            }
        }
        LockedBehind(self.locked)
    }

    /// Plans, and runs all of the authors' code. Nothing has changed but what that has.
    ///
    /// # Safety
    /// At these places are the old values, whose locks are these.
    unsafe fn stage(
        &mut self,
        at: &[(*mut u8, bool)],
        locked: Locked,
    ) -> Result<Staged<'_>, Refused> {
        let started = Instant::now();
        let AllMoving { all, before, handles, in_containers, locked: behind, beside } = self;
        let places = all.iter().zip(at).zip(before);
        let values = places.map(|((one, (at, written)), parked)| {
            let (old, new) = (one.old.moving()?, one.new.moving()?);
            let migrates = [&new, &old].map(|moving| in_order((moving.migrates)()));
            let (old, new) = (old.value, new.value);
            if *written {
                parked.mark_written();
            }
            Some(Value { old, new, at: *at, parked, back: one.back, migrates })
        });
        let of_handles = behind.iter().zip(beside).map(|(one, parked)| {
            let lock = one.lock.get();
            let ((at, old), Handles { to, back, .. }) = (lock.value(), &handles[one.of]);
            let migrates = [to, &old].map(|of| in_order((of.migrates)()));
            if lock.was_written() {
                parked.mark_written();
            }
            let (old, new) = ((old.moves)(), (to.moves)());
            Some(Value { old, new, at, parked, back: *back, migrates })
        });
        let values = values.chain(of_handles).collect::<Option<Vec<_>>>();
        let mut moves = Move::plan(values.expect("only states move")).map_err(Error::of)?;
        // SAFETY: the caller's promise, and these handles are locked; images stay mapped.
        let staged = unsafe { moves.stage().and_then(|()| moves.verify()) };
        let staged = staged.and_then(|()| {
            let refusal = |it: &InContainers| it.refusal(moves.counted_for());
            let refused: Vec<_> = in_containers.iter().filter_map(refusal).collect();
            if refused.is_empty() { Ok(()) } else { Err(refused) }
        });
        if let Err(reasons) = staged {
            let made = Some(Box::new(moves.into_made()));
            return Err(Refused { error: Error::of(reasons), made });
        }
        Ok(Staged { locked, all, handles, behind, moves, took: started.elapsed() })
    }
}

impl Staged<'_> {
    /// Leaves everything as it was: the gate is open, and what was made is dropped with the reasons.
    pub(super) fn refuse(self, error: Error) -> Refused {
        let Staged { locked, moves, .. } = self;
        drop(locked);
        Refused { error, made: Some(Box::new(moves.into_made())) }
    }

    /// Moves all values into their new states; where they were they are not to be used. Gives what is to
    /// be dropped, under no lock.
    pub(super) fn fill(self) -> (Locked, Migration, Parked) {
        let started = Instant::now();
        let Staged { locked, all, handles, behind, moves, took } = self;
        let new: Vec<_> =
            all.iter().map(|one| one.new.moving().expect("only states move")).collect();
        let blocks: Vec<_> = new.iter().map(|moving| Room::of(moving.value)).collect();
        let of_handles = behind.iter().map(|one| Room::of((handles[one.of].to.moves)()));
        let of_handles: Vec<_> = of_handles.collect();
        let to: Vec<_> = blocks.iter().chain(&of_handles).map(Room::at).collect();
        let one_way = moves.one_way();
        // SAFETY: it was staged and verified, and the locks are held still. Each block has room for the value,
        // and is freed without it, or is its handle's from then on; the state is an empty one that was made by
        // these functions.
        let Moved { values, made, parked, came_back, forgotten, replaced } = unsafe {
            let moved = moves.fill(&to);
            for ((moving, one), at) in new.iter().zip(all).zip(to) {
                (moving.fill)(one.new.place, at);
            }
            for (one, room) in behind.iter_mut().zip(of_handles) {
                handles[one.of].moved(&mut one.lock, room.give());
            }
            moved
        };
        let leaked = Vec::new();
        let states = all.iter().map(|one| one.path().clone()).collect();
        let count = |of: usize| behind.iter().filter(|one| one.of == of).count();
        let live = handles.iter().enumerate().filter_map(|(of, Handles { ty, .. })| {
            let count = count(of);
            let values = if count == 1 { "value" } else { "values" };
            (count > 0).then(|| format!("{ty} ({count} {values})"))
        });
        let live = live.collect();
        handles.iter().for_each(Handles::count_anew);
        let took = took + started.elapsed();
        let migration = Migration {
            states,
            live,
            values,
            made,
            parked,
            came_back,
            forgotten,
            one_way,
            leaked,
            took,
        };
        (locked, migration, replaced)
    }
}
