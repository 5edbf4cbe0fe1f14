//! A generation that has panicked too often is taken back.

use std::sync::{Arc, mpsc::Receiver};

use crate::{
    load::{Step, handles::DropsGone},
    said::{Event, Phases, Report, Result},
    state::{Inner, fresh::Failed},
};

/// Takes back what has panicked too often: never on the panicking thread, which may hold locks and
/// is about to unwind through the very code that is to be replaced.
pub(crate) fn go_back(failed: &Receiver<Failed>) {
    for failed in failed {
        // Nothing is loaded, and nothing fails, before the host has started.
        let Some(inner) = Inner::get() else { continue };
        let event = match inner.rollback_from(&failed) {
            Ok(Some(report)) => Event::RolledBack(report),
            Ok(None) => continue,
            Err(error) => Event::Refused(Arc::new(error.because(&failed.why))),
        };
        inner.emit(&event);
    }
}

impl Inner {
    /// Goes back from a generation that failed, unless it is not the live one any more.
    fn rollback_from(&self, failed: &Failed) -> Result<Option<Arc<Report>>> {
        let _gone = DropsGone;
        // Nobody waits for this thread.
        let writing = self.write_in_turn(true)?;
        let live = writing.world().bundles.get(&failed.bundle).map(|loaded| loaded.generation);
        if live != Some(failed.generation) {
            return Ok(None);
        }
        let steps = [Step::RollBack(&failed.bundle, None)];
        let mut done =
            self.transact_under(writing, &steps, Phases::default(), Some(&failed.why), &mut None)?;
        Ok(Some(done.remove(0).1))
    }
}
