//! Closing the gate, so that nobody is inside hot code while values are given up: a call that reads a
//! state, works and then writes must find the same value both times.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::boundary::threads;
use crate::platform;
use crate::said::{Code, Reason, Result};
use crate::state::{Closed, FuturesOf, Inner, close_gate};

/// How often it is looked whether somebody is inside still.
const INTERVAL: Duration = Duration::from_micros(100);

impl Inner {
    /// Closes the gate and waits until no thread is inside and none of these futures is alive, for the sake of
    /// values of the bundle that exports this. Under the
    /// writer's lock and no other: who is inside may wait for a state, and for whoever publishes. Who
    /// waits for the writer's lock there does not leave before the deadline.
    pub(super) fn close_gate(
        &self,
        export: Option<&str>,
        futures: &[FuturesOf],
        deadline: Instant,
    ) -> Result<Closed> {
        if threads::is_inside() {
            let what = "the thread that loads is inside hot code itself";
            let help = "load from outside: from the host's own loop, or on another thread";
            return Err(Reason::new(Code::Inside, what).help(help).into());
        }
        let cannot = || {
            let what = "the system cannot tell whether a thread is inside hot code";
            Reason::new(Code::Inside, what)
                .fact("why", "it has no `membarrier`")
                .help("restart the host")
        };
        // Before anybody waits: the first barrier of a process takes longer.
        if !platform::barrier_in_all_threads() {
            return Err(cannot().into());
        }
        // Futures that have begun are polled until all of those are over. Then nobody enters any more, and only
        // who is inside could begin another one.
        let are_over = || futures.iter().all(|it| it.alive() == 0);
        let mut is_to_all = are_over();
        let closed = close_gate(is_to_all);
        // From here on, whoever did not see the gate is seen.
        if !platform::barrier_in_all_threads() {
            return Err(cannot().into());
        }
        loop {
            let are_over_now = are_over();
            if is_to_all != are_over_now {
                is_to_all = are_over_now;
                closed.to_all(is_to_all);
                // As above.
                if !platform::barrier_in_all_threads() {
                    return Err(cannot().into());
                }
            }
            let inside = threads::inside();
            if is_to_all && inside.is_empty() && are_over() {
                return Ok(closed);
            }
            let alive = futures.iter().filter(|it| it.alive() > 0).map(FuturesOf::to_string);
            let alive = alive.collect::<Vec<_>>().join("; ");
            if Instant::now() >= deadline && !(inside.is_empty() && alive.is_empty()) {
                drop(closed);
                let inside = inside.iter().map(|(record, epoch)| {
                    format!("{}, {}", threads::name(record), self.since(export, *epoch))
                });
                let inside = inside.collect::<Vec<_>>().join("; ");
                return Err(in_the_way(alive, inside).into());
            }
            thread::sleep(INTERVAL);
        }
    }

    /// How long a thread has been inside that entered in this epoch, in generations of the bundle that
    /// exports this.
    fn since(&self, export: Option<&str>, epoch: u64) -> String {
        let current = export.and_then(|path| self.current(path));
        match current.map(|current| current.version) {
            Some(version) if epoch >= version.born => {
                format!("since generation {}", version.generation)
            }
            Some(version) => format!("since before generation {}", version.generation),
            None => format!("since commit {epoch}"),
        }
    }
}

/// Why nothing can change: these futures do not end, or these threads do not leave.
fn in_the_way(alive: String, inside: String) -> Reason {
    let reason = if alive.is_empty() {
        let what =
            "a thread does not leave hot code, and values may change only while nobody is inside";
        Reason::new(Code::Inside, what)
    } else {
        let what =
            "futures do not end, and values that their code knows may change only when they have";
        Reason::new(Code::Suspended, what).fact("alive", alive)
    };
    if inside.is_empty() { reason } else { reason.fact("inside", inside) }
}
