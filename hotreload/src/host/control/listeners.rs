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

use serde_json::{Value, json};

use crate::host::{BuildMessage, Event, Host, Outcome, Report, Saved, json::Json};

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
pub(super) fn start(host: &Host) {
    PROCESS.store(process::id(), Ordering::Relaxed);
    host.on_event(|event| {
        if any() {
            tell(&of_event(event));
        }
    });
}

/// Whether anybody listens.
pub(super) fn any() -> bool {
    COUNT.load(Ordering::Relaxed) > 0 && PROCESS.load(Ordering::Relaxed) == process::id()
}

/// Passes on what a build says. Gives whether anybody listens.
pub(super) fn build(message: &BuildMessage<'_>) -> bool {
    any() && {
        tell(&of_build(message));
        true
    }
}

fn tell(event: &Value) {
    let line: Arc<str> = format!("{event}\n").into();
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
    pub(super) fn new(first: &Value) -> Listener {
        let queue = Arc::new(Queue::default());
        queue.push(format!("{first}\n").into());
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

fn of_event(event: &Event) -> Value {
    let text = event.to_string();
    match event {
        Event::Loaded(report) => json!({"event": "loaded", "report": report.json(), "text": text}),
        Event::RolledBack(report) => {
            json!({"event": "rolled_back", "report": report.json(), "text": text})
        }
        Event::Unloaded { bundle } => json!({"event": "unloaded", "bundle": bundle, "text": text}),
        Event::Refused(error) => json!({"event": "refused", "error": error.json(), "text": text}),
        Event::Building { bundles } => json!({"event": "building", "bundles": bundles}),
        Event::Saved(saved) => of_saved(saved, &text),
    }
}

fn of_saved(Saved { files, outcome }: &Saved, text: &str) -> Value {
    let files: Vec<_> = files.iter().map(|file| file.to_string_lossy()).collect();
    let mut value = json!({"event": "saved", "files": files, "text": text});
    match outcome {
        Outcome::Live(live) => {
            value["outcome"] = "live".into();
            value["reports"] = reports(live);
        }
        Outcome::Refused { bundles, error } => {
            value["outcome"] = "refused".into();
            value["bundles"] = json!(bundles);
            value["error"] = error.json();
        }
        Outcome::Unchanged => value["outcome"] = "unchanged".into(),
        Outcome::Host => value["outcome"] = "host".into(),
    }
    value
}

/// Reports as a list.
pub(super) fn reports(reports: &[Arc<Report>]) -> Value {
    reports.iter().map(|report| report.json()).collect()
}

fn of_build(message: &BuildMessage<'_>) -> Value {
    match *message {
        BuildMessage::Diagnostic { rendered, error } => {
            json!({"event": "diagnostic", "rendered": rendered, "error": error})
        }
        BuildMessage::Line(line) => json!({"event": "output", "text": line}),
        BuildMessage::Progress { bundle, crates, elapsed, waiting } => {
            let elapsed = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
            json!({
                "event": "progress",
                "bundle": bundle,
                "crates": crates,
                "elapsed_ms": elapsed,
                "waiting": waiting,
            })
        }
        BuildMessage::Done => json!({"event": "built"}),
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
