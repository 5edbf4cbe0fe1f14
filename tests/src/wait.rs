//! Waiting for what another thread does, without sleeping and not for ever.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

/// Waits until it holds.
///
/// # Panics
/// If it does not come to hold within five minutes.
pub fn wait_until(condition: impl Fn() -> bool) {
    let start = Instant::now();
    while !condition() {
        assert!(start.elapsed() < Duration::from_secs(300), "it never happened");
        thread::yield_now();
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
