//! Values that a transaction gives up for new ones: those of vars marked `#[hot(reset)]`. A thread
//! that holds a guard of one is in the middle of something: it is waited for, not for ever.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    host::{Code, Error, Reason, Result, threads, world::Stored},
    rt::Locked,
};

/// How often the locks are asked for.
const INTERVAL: Duration = Duration::from_millis(1);

/// The locks of all values that make way: nobody has a guard of any. Dropped, everything is as it
/// was.
#[must_use]
pub(super) struct Locks(Vec<Box<dyn Locked>>);

impl Locks {
    /// Takes all of the locks at once. Never holds one while it waits for another: a thread that has
    /// a guard of that and waits for a guard of this would never come to its end.
    pub(super) fn take(values: &[Stored], patience: Duration) -> Result<Locks> {
        let start = Instant::now();
        let mut misses = vec![0_u64; values.len()];
        loop {
            let locks: Vec<_> = values.iter().map(Stored::lock).collect();
            for (misses, lock) in misses.iter_mut().zip(&locks) {
                *misses += u64::from(lock.is_none());
            }
            if let Some(locks) = locks.into_iter().collect() {
                return Ok(Locks(locks));
            }
            if start.elapsed() >= patience {
                break;
            }
            thread::sleep(INTERVAL);
        }
        // Not those that were in use now and then.
        let most = misses.iter().max();
        let in_the_way = values.iter().zip(&misses).filter(|(_, misses)| Some(*misses) == most);
        Err(Error::of(in_the_way.map(|(stored, _)| busy_reason(stored)).collect()))
    }

    /// Gives the values up, and lets their locks go.
    pub(super) fn give_up(self) {
        self.0.iter().for_each(|locked| locked.give_up());
    }
}

fn busy_reason(stored: &Stored) -> Reason {
    let path = &stored.site.item.path;
    let holders = threads::holding(stored.place.addr());
    let holders = match holders.is_empty() {
        true => "a thread that is not known".to_owned(),
        false => holders.join(", "),
    };
    Reason::new(Code::GuardHeld, format!("the value of `{path}` cannot be given up: it is in use"))
        .fact("held", format!("by a guard of {holders}"))
}
