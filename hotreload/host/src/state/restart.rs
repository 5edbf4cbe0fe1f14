//! Who is told before the program is ended to be started again.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;

/// Is given the time that is left.
type Listener = Arc<dyn Fn(Duration) + Send + Sync>;

/// Who wants to be told.
#[derive(Default)]
pub(crate) struct RestartListeners(ArcSwap<Vec<Listener>>);

impl RestartListeners {
    pub(crate) fn add(&self, listener: impl Fn(Duration) + Send + Sync + 'static) {
        let listener: Listener = Arc::new(listener);
        self.0.rcu(|listeners| {
            let mut listeners = Vec::clone(listeners);
            listeners.push(listener.clone());
            listeners
        });
    }

    /// Tells them, one after the other, and waits so long at most. Whether all have returned.
    #[cfg(unix)]
    pub(crate) fn tell(&self, within: Duration) -> bool {
        use std::{panic, sync::mpsc, thread, time::Instant};

        let listeners = self.0.load_full();
        if listeners.is_empty() {
            return true;
        }
        let began = Instant::now();
        let (returned, all) = mpsc::channel();
        let calls = move || {
            for listener in &**listeners {
                let left = within.saturating_sub(began.elapsed());
                // One that panics has said so, and the others are told.
                let _ = panic::catch_unwind(panic::AssertUnwindSafe(|| listener(left)));
            }
            // Nobody hears it who has waited long enough.
            let _ = returned.send(());
        };
        // A thread of its own, on which a listener may take longer than anybody waits.
        let told = thread::Builder::new().name("hot-restart".to_owned()).spawn(calls);
        told.is_ok() && all.recv_timeout(within).is_ok()
    }
}
