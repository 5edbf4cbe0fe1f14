//! The writer's lock.

use std::{
    cell::Cell,
    sync::{MutexGuard, PoisonError, RwLockReadGuard},
};

use crate::said::{Code, Reason, Result};
use crate::state::{Inner, World, gate, using};

thread_local! {
    /// Set while this thread holds the writer's lock.
    static WRITING: Cell<bool> = const { Cell::new(false) };
}

/// The writer's lock; a thread that asks for it again is told so instead of waiting for itself.
pub(crate) struct Writing<'a> {
    world: MutexGuard<'a, World>,
    _using: RwLockReadGuard<'static, ()>,
    /// Dropped last: when nothing is locked any more.
    _wakes: Wakes,
}

/// Whoever has closed the gate has opened it again.
struct Wakes;

impl Drop for Wakes {
    fn drop(&mut self) {
        gate::wake();
    }
}

impl Writing<'_> {
    pub(crate) fn world(&self) -> &World {
        &self.world
    }

    pub(crate) fn world_mut(&mut self) -> &mut World {
        &mut self.world
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
        let _using = using()?;
        // A panic under the lock is one of the host's own code; what it published is complete.
        let world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        WRITING.set(true);
        Ok(Writing { world, _using, _wakes: Wakes })
    }
}
