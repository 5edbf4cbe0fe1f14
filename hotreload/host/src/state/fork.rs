//! The locks that a forked child needs. A child has one thread: a lock that another thread of the
//! parent held is never released there, and what it protects may be half done (the system copies
//! the memory page by page, as the other threads go on). So the thread that forks takes them before.

use std::{
    cell::Cell,
    mem::ManuallyDrop,
    sync::{
        Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard, TryLockError,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::said::{Code, Reason};
use crate::state::{gate, turn};

/// Held while slots and definitions change; never while anybody else's code runs.
static PUBLISHING: Mutex<()> = Mutex::new(());

/// Read by whoever is about to take a lock of the host's own that is held for moments only, while
/// nobody else's code runs; written by a fork, which finds all of these locks free.
static MOMENTS: RwLock<()> = RwLock::new(());

/// Read by whoever loads, or looks at what is loaded; written by a fork only, which never waits for
/// it. So a thread may have it more than once.
static USING: RwLock<()> = RwLock::new(());

/// Whether this process is a child without what is needed to load.
static ORPHANED: AtomicBool = AtomicBool::new(false);

/// What a thread that forks has meanwhile.
struct Taken {
    _publishing: MutexGuard<'static, ()>,
    _moments: RwLockWriteGuard<'static, ()>,
    /// None: a thread was loading, maybe this one.
    using: Option<RwLockWriteGuard<'static, ()>>,
}

thread_local! {
    /// How many forks the thread is in: the handlers of one may fork again.
    static FORKS: Cell<u32> = const { Cell::new(0) };
    /// What it took for the first of them. Without a destructor, so that the thread's last
    /// destructors may fork too.
    static TAKEN: Cell<ManuallyDrop<Option<Taken>>> = const { Cell::new(ManuallyDrop::new(None)) };
}

/// Takes the lock of publishing. None: the calling thread has it, since its fork has begun, and now
/// runs the handlers of somebody else, who may make hot calls.
pub(crate) fn publishing() -> Option<MutexGuard<'static, ()>> {
    (FORKS.get() == 0).then(|| PUBLISHING.lock().unwrap_or_else(PoisonError::into_inner))
}

/// As [`publishing`], and nobody closes the gate until the lock is let go.
fn publishing_with_open_gate() -> Option<MutexGuard<'static, ()>> {
    loop {
        let publishing = publishing()?;
        if !gate::is_closed_to_fork() {
            return Some(publishing);
        }
        // Whoever has closed it may publish.
        drop(publishing);
        gate::wait_to_fork();
    }
}

/// Before a lock that is held for moments, and kept for as long: a fork waits until it is dropped. So
/// nobody waits for anything else meanwhile, or asks for it twice. None: a fork of the calling thread
/// has begun, and all of these locks are free.
pub(crate) fn moment() -> Option<RwLockReadGuard<'static, ()>> {
    (FORKS.get() == 0).then(|| MOMENTS.read().unwrap_or_else(PoisonError::into_inner))
}

/// Has a fork see, until the result is dropped, that the calling thread loads, or looks at what is
/// loaded. Refuses in a child that cannot.
pub(crate) fn using() -> Result<RwLockReadGuard<'static, ()>, Reason> {
    let refused = |what| Err(Reason::new(Code::Forked, what));
    // Relaxed: a child had one thread when it was set.
    if ORPHANED.load(Ordering::Relaxed) {
        return refused("this process was forked while a thread loaded or reloaded");
    }
    if FORKS.get() > 0 {
        return refused("a fork is under way on this thread");
    }
    Ok(USING.read().unwrap_or_else(PoisonError::into_inner))
}

/// Before a fork, on the thread that forks.
pub(crate) fn before_fork() {
    // In this order: who publishes may be in a moment, who is in a moment never publishes.
    if let Some(publishing) = publishing_with_open_gate() {
        let moments = MOMENTS.write().unwrap_or_else(PoisonError::into_inner);
        let using = match USING.try_write() {
            Ok(using) => Some(using),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        };
        TAKEN.set(ManuallyDrop::new(Some(Taken {
            _publishing: publishing,
            _moments: moments,
            using,
        })));
    }
    FORKS.set(FORKS.get() + 1);
}

/// After a fork, in the parent and, as `forked`, in the child: the thread that forked is in both.
pub(crate) fn after_fork() {
    drop(release());
}

/// After a fork, in the child. Waits for nothing.
pub(crate) fn forked() {
    gate::forked();
    turn::forked();
    if release().is_some_and(|taken| taken.using.is_none()) {
        ORPHANED.store(true, Ordering::Relaxed);
    }
}

/// What the thread took, at the end of the outermost fork.
fn release() -> Option<Taken> {
    let forks = FORKS.get().saturating_sub(1);
    FORKS.set(forks);
    if forks > 0 {
        return None;
    }
    ManuallyDrop::into_inner(TAKEN.replace(ManuallyDrop::new(None)))
}

#[cfg(all(test, unix))]
mod tests {
    use std::{sync::atomic::AtomicBool, thread, time::Duration};

    use super::*;
    use crate::platform;

    static BRIEF: Mutex<u32> = Mutex::new(0);

    /// Has the lock nearly always.
    fn brief() {
        let _moment = moment();
        let mut brief = BRIEF.lock().unwrap();
        thread::sleep(Duration::from_millis(1));
        *brief += 1;
    }

    /// As the handlers of somebody else, within a fork.
    fn within() {
        let _moment = moment();
        // A panic here ends the process.
        assert!(BRIEF.try_lock().is_ok(), "a fork finds it held");
    }

    extern "C" fn before() {
        before_fork();
        within();
    }

    extern "C" fn after() {
        within();
        after_fork();
    }

    extern "C" fn child() {
        within();
        forked();
    }

    #[test]
    fn a_child_finds_free_what_is_held_for_moments() {
        static DONE: AtomicBool = AtomicBool::new(false);
        platform::on_fork(before, after, child).unwrap();
        let busy = || {
            while !DONE.load(Ordering::Relaxed) {
                brief();
            }
        };
        let busy = [thread::spawn(busy), thread::spawn(busy)];
        for round in 0..50 {
            let held = platform::tests::in_forked_child(|| {
                brief();
                true
            });
            assert_eq!(held, Ok(()), "fork {round}");
        }
        DONE.store(true, Ordering::Relaxed);
        busy.into_iter().for_each(|thread| thread.join().unwrap());
    }
}
