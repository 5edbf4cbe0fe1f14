//! Values that a transaction gives up for new ones: those of vars marked `#[hot(reset)]`. A thread
//! that holds a guard of one is in the middle of something: it is waited for, not for ever.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::host::{Code, Error, Reason, Result, threads, world::Stored};

/// How often the lock is asked for.
const INTERVAL: Duration = Duration::from_millis(1);

/// States that give no guards any more. Undone unless it is kept.
#[must_use]
pub(super) struct GivenUp {
    states: Vec<Stored>,
}

impl GivenUp {
    /// Says whether the values could be given up now, and gives none up.
    pub(super) fn probe(values: &[Stored], patience: Duration) -> Result<()> {
        let busy = |stored: &&Stored| !wait(stored, false, patience);
        Error::check(values.iter().filter(busy).map(busy_reason).collect())
    }

    /// Gives all of the values up, or none.
    pub(super) fn all(values: Vec<Stored>, patience: Duration) -> Result<GivenUp> {
        let mut given_up = GivenUp { states: Vec::new() };
        for stored in values {
            if !wait(&stored, true, patience) {
                return Err(busy_reason(&stored).into());
            }
            given_up.states.push(stored);
        }
        Ok(given_up)
    }

    /// They stay as they are.
    pub(super) fn keep(mut self) {
        self.states.clear();
    }
}

impl Drop for GivenUp {
    fn drop(&mut self) {
        for stored in &self.states {
            // Nobody has a guard: none was given since.
            give_up(stored, false);
        }
    }
}

fn wait(stored: &Stored, gone: bool, patience: Duration) -> bool {
    let start = Instant::now();
    loop {
        if give_up(stored, gone) {
            return true;
        }
        if start.elapsed() >= patience {
            return false;
        }
        thread::sleep(INTERVAL);
    }
}

fn give_up(stored: &Stored, gone: bool) -> bool {
    // SAFETY: the place was made for a var of this accessor's type, by its initialiser, and its image
    // stays mapped.
    stored.site.accessor.give_up.is_none_or(|give_up| unsafe { give_up(stored.place, gone) })
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
