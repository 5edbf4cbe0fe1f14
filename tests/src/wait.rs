//! Waiting for what another thread does, not for ever.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// How long a test waits for what others may hold up: the cargo that has the target folder, and all those that
/// wait for it as well. Of the exhaustive tests some twenty do, each with a build of its own.
pub const PATIENCE: Duration = Duration::from_secs(30 * 60);

/// Waits until it holds. What comes at once is seen at once; for the rest the processor is left to those
/// who are waited for.
///
/// # Panics
/// If it does not come to hold within [`PATIENCE`].
pub fn wait_until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        let waited = start.elapsed();
        assert!(waited < PATIENCE, "it never happened");
        match waited < Duration::from_millis(1) {
            true => thread::yield_now(),
            false => thread::sleep(Duration::from_millis(1)),
        }
    }
}

/// Ends threads that loop until it is set, also when the test fails.
#[derive(Debug)]
pub struct Stop<'a>(pub &'a AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}
