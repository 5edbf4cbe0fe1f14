//! Who listens, and what they are told: a line of JSON for each event.
//!
//! ```text
//! {"event":"building","bundles":[..]}
//! {"event":"progress","bundle":"math","crates":3,"elapsed_ms":812,"waiting":false}
//! {"event":"diagnostic","rendered":"error[E0308]..","error":true}
//! {"event":"output","text":".."}                   a procedural macro printed it
//! {"event":"built"}                                cargo has ended, in whatever way
//! {"event":"loaded","report":{..},"text":".."}     also "rolled_back"
//! {"event":"unloaded","bundle":"math","text":".."}
//! {"event":"refused","error":{..},"text":".."}
//! {"event":"saved","files":[..],"outcome":"live","reports":[..],"text":".."}
//! {"event":"saved","files":[..],"outcome":"refused","bundles":[..],"error":{..},"text":".."}
//! {"event":"saved","files":[..],"outcome":"unchanged","text":".."}         also "host"
//! ```

use std::{
    collections::VecDeque,
    process,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU32, AtomicUsize, Ordering},
    },
};

use crate::control::protocol;
use crate::said::{BuildMessage, Event};
use crate::state::Inner;

/// How many bytes may wait for a listener: beyond it the listener is dropped, never the host
/// stopped.
const WAITING: usize = 1 << 20;

static LISTENERS: Mutex<Vec<Arc<Queue>>> = Mutex::new(Vec::new());
/// How many those are: most hosts have none.
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// The process whose threads write to the listeners. In a forked child there are none, and the lock
/// may be another thread's for ever.
static PROCESS: AtomicU32 = AtomicU32::new(0);

/// Passes on the host's events.
pub(super) fn start(inner: &'static Inner) {
    PROCESS.store(process::id(), Ordering::Relaxed);
    inner.on_event(Arc::new(|event: &Event| {
        if any() {
            tell(&event.into());
        }
    }));
}

/// Whether anybody listens.
pub(super) fn any() -> bool {
    COUNT.load(Ordering::Relaxed) > 0 && PROCESS.load(Ordering::Relaxed) == process::id()
}

/// Passes on what a build says. Gives whether anybody listens.
pub(super) fn build(message: &BuildMessage<'_>) -> bool {
    any() && {
        tell(&message.into());
        true
    }
}

fn tell(event: &protocol::Event) {
    let line: Arc<str> = event.line().into();
    for queue in listeners().iter() {
        queue.push(line.clone());
    }
}

fn listeners() -> MutexGuard<'static, Vec<Arc<Queue>>> {
    LISTENERS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A listener, from now until it is dropped.
pub(super) struct Listener(Arc<Queue>);

impl Listener {
    /// The first line comes before any event.
    pub(super) fn new(first: String) -> Listener {
        let queue = Arc::new(Queue::default());
        queue.push(first.into());
        listeners().push(queue.clone());
        COUNT.fetch_add(1, Ordering::Relaxed);
        Listener(queue)
    }

    pub(super) fn queue(&self) -> &Arc<Queue> {
        &self.0
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        COUNT.fetch_sub(1, Ordering::Relaxed);
        listeners().retain(|it| !Arc::ptr_eq(it, &self.0));
    }
}

/// Lines that wait to be written.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<Arc<str>>,
    bytes: usize,
    closed: bool,
}

impl Queue {
    fn push(&self, line: Arc<str>) {
        let mut waiting = self.lock();
        // One line may be longer than that by itself.
        if !waiting.lines.is_empty() && waiting.bytes + line.len() > WAITING {
            waiting.closed = true;
        } else {
            waiting.bytes += line.len();
            waiting.lines.push_back(line);
        }
        self.changed.notify_all();
    }

    /// The next line, once there is one; none if the listener is to be dropped.
    pub(super) fn next(&self) -> Option<Arc<str>> {
        let waiting = self.lock();
        let nothing = |waiting: &mut Waiting| waiting.lines.is_empty() && !waiting.closed;
        let mut waiting =
            (self.changed.wait_while(waiting, nothing)).unwrap_or_else(PoisonError::into_inner);
        if waiting.closed {
            return None;
        }
        let line = waiting.lines.pop_front()?;
        waiting.bytes -= line.len();
        Some(line)
    }

    /// Nothing more is to be written.
    pub(super) fn close(&self) {
        self.lock().closed = true;
        self.changed.notify_all();
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_that_does_not_read_is_dropped_and_the_rest_of_them_go_on() {
        let (slow, quick) = (Queue::default(), Queue::default());
        let line: Arc<str> = "x".repeat(WAITING / 10).into();
        for _ in 0..20 {
            slow.push(line.clone());
            quick.push(line.clone());
            assert_eq!(quick.next().as_deref(), Some(&*line));
        }
        assert_eq!(slow.next(), None);
        assert!(slow.lock().bytes <= WAITING);
    }

    #[test]
    fn one_long_line_passes() {
        let queue = Queue::default();
        let line: Arc<str> = "x".repeat(3 * WAITING).into();
        queue.push(line.clone());
        assert_eq!(queue.next().as_deref(), Some(&*line));
        queue.close();
        assert_eq!(queue.next(), None);
    }
}
