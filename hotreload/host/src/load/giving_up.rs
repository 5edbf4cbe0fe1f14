//! Values that a transaction gives up for new ones: those of vars marked `#[hot(reset)]`. The gate is
//! closed meanwhile, so nobody who counts is inside. A thread that a bundle has started may still hold a
//! guard, and is in the middle of something: it is waited for, not for ever. The old values are dropped
//! later, by the next transaction.

use std::{
    mem, ptr, thread,
    time::{Duration, Instant},
};

use crate::boundary::threads;
use crate::file::{Tables, manifest::TypeName};
use crate::load::handles::{HandleLock, OfCell};
use crate::load::migrate::{Room, drop_value};
use crate::said::{Code, Error, Reason, Result};
use crate::state::Inner;
use crate::state::world::Stored;
use hot_rt::rt::{LiveCell, Locked};

/// How often the locks are asked for.
const INTERVAL: Duration = Duration::from_millis(1);

/// Values behind handles that make way: of this layout of a type.
#[derive(Clone, Copy)]
pub(super) struct Behind<'a> {
    pub(super) ty: &'a TypeName,
    /// Those that know the type.
    pub(super) tables: &'a Tables,
    pub(super) cell: &'static LiveCell,
}

/// The locks of all values that make way: nobody has a guard of any. Dropped, everything is as it
/// was.
#[must_use]
pub(crate) struct Locks(Vec<Box<dyn Locked>>);

/// Those of the values behind handles, of each layout's cell.
pub(super) type LockedHandles = Vec<OfCell>;

impl Locks {
    /// Takes all of the locks at once. Never holds one while it waits for another: a thread that has
    /// a guard of that and waits for a guard of this would never come to its end.
    pub(super) fn take(
        values: &[Stored],
        handles: &[Behind<'_>],
        deadline: Instant,
    ) -> Result<(Locks, LockedHandles)> {
        let mut misses = vec![0_u64; values.len()];
        let in_use = loop {
            let locks: Vec<_> = values.iter().map(Stored::lock).collect();
            for (misses, lock) in misses.iter_mut().zip(&locks) {
                *misses += u64::from(lock.is_none());
            }
            let (of_handles, in_use): (Vec<_>, Vec<_>) =
                handles.iter().map(|behind| HandleLock::take_all(behind.cell)).unzip();
            let are_free = in_use.iter().all(Vec::is_empty);
            if let Some(locks) = locks.into_iter().collect::<Option<_>>().filter(|_| are_free) {
                return Ok((Locks(locks), of_handles));
            }
            drop(of_handles);
            if Instant::now() >= deadline {
                break in_use;
            }
            thread::sleep(INTERVAL);
        };
        // Not those that were in use now and then.
        let most = misses.iter().max().filter(|most| **most > 0);
        let in_the_way = values.iter().zip(&misses).filter(|(_, misses)| Some(*misses) == most);
        let states = in_the_way.map(|(stored, _)| {
            busy_reason(&format!("`{}`", stored.site.item.path), &[stored.place.addr()])
        });
        let in_use = handles.iter().zip(in_use).filter(|(_, in_use)| !in_use.is_empty());
        let of_handles = in_use.map(|(behind, in_use)| {
            busy_reason(&format!("a `hot::Live<{}>`", behind.ty.without_paths()), &in_use)
        });
        Err(Error::of(states.chain(of_handles).collect()))
    }

    /// Where the values are, null where there is none; and whether they were written to.
    pub(crate) fn values(&mut self) -> Vec<(*mut u8, bool)> {
        self.0.iter_mut().map(|locked| (locked.value(), locked.was_written())).collect()
    }

    /// Gives the values up, and lets their locks go.
    pub(crate) fn give_up(self) {
        self.0.iter().for_each(|locked| locked.give_up());
    }

    /// The locks from the one of this number on.
    pub(crate) fn split_off(&mut self, at: usize) -> Locks {
        Locks(self.0.split_off(at))
    }

    /// Forgets the values, which were moved elsewhere, and lets their locks go.
    pub(crate) fn moved_out(self) {
        self.0.into_iter().for_each(|locked| locked.moved_out());
    }
}

impl Inner {
    /// Drops what was given up by earlier commits, as far as nobody uses it: it may hold values of types
    /// that are to change now. Sound at any time, since the lock is held while the value is taken out:
    /// references to it are behind guards, and old code that asks later is refused. Not at the commit itself:
    /// code that entered before it may be about to take its guard. Under no lock of the host's: an author's
    /// `Drop` may do anything.
    pub(super) fn drop_given_up(&self) -> Result<()> {
        let all = mem::take(&mut self.write()?.world_mut().given_up);
        let kept: Vec<_> = all.into_iter().filter(|stored| !discard_unused(stored)).collect();
        if !kept.is_empty() {
            self.write()?.world_mut().given_up.extend(kept);
        }
        Ok(())
    }
}

/// Drops a value that was given up, unless it is in use.
fn discard_unused(stored: &Stored) -> bool {
    match stored.lock() {
        Some(locked) if !locked.is_awaited() => {
            discard(stored, locked);
            true
        }
        _ => false,
    }
}

/// Drops a value that was never published, or is given up. Once its lock is free: an author's `Drop` may ask
/// for it, and gets an error. Each value in it is dropped on its own, since a panic in one must not
/// come upon that of another.
pub(super) fn discard(stored: &Stored, mut locked: Box<dyn Locked>) {
    let Some(moving) = stored.moving() else { return locked.discard() };
    let at = locked.value();
    if at.is_null() {
        // It was moved out, or never came.
        return locked.give_up();
    }
    let value = Room::of(moving.value);
    // SAFETY: there is a value of the type that the record is of, which the lock keeps from everybody
    // else; and then nobody finds it any more. There is room for it.
    unsafe {
        ptr::copy_nonoverlapping(at, value.at(), moving.value.table.layout().size());
        locked.moved_out();
        // The hook of panics has told of one.
        let _ = drop_value(moving.value, value.at());
    }
}

/// Why a value does not move, or none of those behind handles, whose guards are known by these addresses.
fn busy_reason(of: &str, at: &[usize]) -> Reason {
    let holders: Vec<_> = at.iter().flat_map(|at| threads::holding(*at)).collect();
    let holders = match holders.is_empty() {
        true => "a thread that is not known".to_owned(),
        false => holders.join("; "),
    };
    Reason::new(
        Code::GuardHeld,
        format!("the value of {of} is in use: it can neither move nor be given up"),
    )
    .fact("held", format!("by a guard of {holders}"))
}
