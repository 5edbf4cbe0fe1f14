//! Standard output of bundles. Each image has its own copy of std with its own buffer: what it
//! printed after the last line break stays there until somebody flushes.
//!
//! Flushing waits while another thread holds the image's standard output, for ever if that thread
//! waits for us. So helper threads do it, and whoever asks waits for them a moment only: what could
//! not be written by then is written as soon as the output is let go, if the process lives on.

use std::{
    sync::{
        Arc, Condvar, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use hot_rt::rt::ImageInfo;

/// How long to wait for an image whose standard output is held.
const PATIENCE: Duration = Duration::from_millis(100);
/// How many of them to wait for.
const HELD: usize = 5;

/// Every image whose init has begun, also one that was refused then.
static IMAGES: Mutex<Vec<&'static ImageInfo>> = Mutex::new(Vec::new());

/// Has the image's output flushed when the process exits.
pub(crate) fn register(image: &'static ImageInfo) {
    IMAGES.lock().unwrap_or_else(PoisonError::into_inner).push(image);
}

/// Runs as the process exits.
pub(crate) extern "C" fn at_exit() {
    // Whoever holds it on another thread is in `register`, at the very moment of the exit.
    if let Ok(images) = IMAGES.try_lock() {
        flush(images.clone());
    }
}

/// What the helpers share.
struct Work {
    images: Vec<&'static ImageInfo>,
    /// The next image that nobody has taken.
    next: AtomicUsize,
    /// How many are flushed.
    done: Mutex<usize>,
    progress: Condvar,
}

impl Work {
    fn help(&self) {
        while let Some(image) = self.images.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            (image.flush)();
            *self.done.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            self.progress.notify_one();
        }
    }
}

/// Writes out what the images hold back. Call it without any lock.
pub(crate) fn flush(images: Vec<&'static ImageInfo>) {
    let total = images.len();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(0));
    let work = Arc::new(Work { images, next, done, progress: Condvar::new() });
    let mut seen = 0;
    for _ in 0..HELD {
        if work.next.load(Ordering::Relaxed) >= total {
            return;
        }
        // The helper before this one, if any, waits for an output that is held: another one goes on
        // with the rest.
        let helper = work.clone();
        let builder = thread::Builder::new().name("hot-flush".to_owned());
        if builder.spawn(move || helper.help()).is_err() {
            return;
        }
        let mut done = work.done.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if *done == total {
                return;
            }
            let waited = work.progress.wait_timeout_while(done, PATIENCE, |done| *done == seen);
            let timeout;
            (done, timeout) = waited.unwrap_or_else(PoisonError::into_inner);
            if timeout.timed_out() {
                break;
            }
            seen = *done;
        }
    }
}
