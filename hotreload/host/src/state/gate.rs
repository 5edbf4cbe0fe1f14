//! The gate before hot code, for those who close it and those who wait at it. What is read of it at each
//! call is a bit of the clock (`hot_rt`'s `Clock`).

use std::{
    cell::Cell,
    marker::PhantomData,
    panic::{self, AssertUnwindSafe},
    ptr,
    sync::atomic::{AtomicPtr, AtomicU32, Ordering, fence},
    task::Waker,
    thread,
};

use hot_rt::rt::{EPOCH, existing_record};

use crate::{platform, state::publishing};

/// Whether the gate is closed, for those who wait: the system wakes them by this word. It is no lock,
/// so that a fork need not care who waits.
static SHUT: AtomicU32 = AtomicU32::new(OPEN);

const OPEN: u32 = 0;
/// A future that has begun may be polled still: it is waited for.
const CLOSED: u32 = 1;
const CLOSED_TO_ALL: u32 = 2;

thread_local! {
    /// Whether this thread has closed it. Without a destructor: hot code may be called from others'.
    static CLOSED_HERE: Cell<bool> = const { Cell::new(false) };
}

/// What polls have left here that found the gate closed, the newest first. As above no lock.
static WAKERS: AtomicPtr<Waiting> = AtomicPtr::new(ptr::null_mut());

struct Waiting {
    waker: Waker,
    next: *mut Waiting,
}

/// The gate is closed until this is dropped, on the thread that has closed it.
#[must_use]
pub(crate) struct Closed(PhantomData<*const ()>);

impl Closed {
    /// Whether futures that have begun are kept out too. Once they are, whoever makes all processors pass a
    /// barrier, and looks at all records after it, finds each thread that polls one.
    pub(crate) fn to_all(&self, is_to_all: bool) {
        shut(is_to_all);
        if !is_to_all {
            platform::wake_all(&SHUT);
            // On a thread that has no lock: see there.
            thread::spawn(wake);
        }
    }
}

fn shut(is_to_all: bool) {
    // Relaxed: the barrier of who closes the gate orders it.
    SHUT.store(if is_to_all { CLOSED_TO_ALL } else { CLOSED }, Ordering::Relaxed);
}

/// Closes the gate, to futures that have begun too or not. Only under the writer's lock, which is held until it
/// is open again. Who was inside before may be there still.
pub(crate) fn close(is_to_all: bool) -> Closed {
    // A thread that forks has this lock meanwhile, and has waited before for the gate to open.
    let _publishing = publishing();
    shut(is_to_all);
    CLOSED_HERE.set(true);
    // SAFETY: it was open, since whoever closes it has the writer's lock; `Closed` opens it.
    unsafe { EPOCH.close() };
    Closed(PhantomData)
}

impl Drop for Closed {
    fn drop(&mut self) {
        CLOSED_HERE.set(false);
        open();
    }
}

fn open() {
    // SAFETY: `Closed` is dropped, so that what needed it is over; or this is a child, where nobody
    // goes on with it.
    unsafe { EPOCH.open() };
    // After the bit: whoever is woken finds it open. Pairs with the Acquire of `is_shut`.
    SHUT.store(OPEN, Ordering::Release);
    platform::wake_all(&SHUT);
}

/// Has those polled again that could not be while the gate was closed. A waker is anybody's code: this is
/// called under no lock. One that panics is not asked what became of it.
pub(crate) fn wake() {
    // Pairs with the fence in `wakes`: either this finds the waker, or that finds the gate open.
    fence(Ordering::SeqCst);
    if WAKERS.load(Ordering::Relaxed).is_null() {
        return;
    }
    // Acquire pairs with the Release of `wakes`.
    let mut next = WAKERS.swap(ptr::null_mut(), Ordering::Acquire);
    while !next.is_null() {
        // SAFETY: `wakes` has boxed it, and the swap has made it this thread's.
        let Waiting { waker, next: after } = *unsafe { Box::from_raw(next) };
        let _ = panic::catch_unwind(AssertUnwindSafe(|| waker.wake()));
        next = after;
    }
}

/// Whether a future may be polled or dropped although the gate is closed. The thread is marked as inside.
pub(crate) extern "C" fn lets_pass(has_begun: bool) -> bool {
    // Relaxed: the barrier of who closes it orders it, after the mark.
    CLOSED_HERE.get() || has_begun && SHUT.load(Ordering::Relaxed) == CLOSED
}

/// Keeps a waker until the gate is open; false: it is.
pub(crate) extern "C" fn wakes(waker: &Waker) -> bool {
    if !is_shut() {
        return false;
    }
    let mut next = WAKERS.load(Ordering::Relaxed);
    let waiting = Box::into_raw(Box::new(Waiting { waker: waker.clone(), next }));
    // Release pairs with the Acquire of `wake`.
    while let Err(newer) =
        WAKERS.compare_exchange_weak(next, waiting, Ordering::Release, Ordering::Relaxed)
    {
        next = newer;
        // SAFETY: nobody else knows of it yet.
        unsafe { (*waiting).next = next };
    }
    // Pairs with the fence in `wake`.
    fence(Ordering::SeqCst);
    if !is_shut() {
        // It may have come too late for that.
        wake();
    }
    true
}

fn is_shut() -> bool {
    // Pairs with the Release of `open`.
    SHUT.load(Ordering::Acquire) != OPEN
}

/// Waits while the gate is closed, to the end of a future that has begun, or to anything else. True: the calling
/// thread has closed it, and passes.
pub(crate) extern "C" fn passes_gate(has_begun: bool) -> bool {
    if CLOSED_HERE.get() {
        return true;
    }
    wait(has_begun);
    false
}

fn wait(has_begun: bool) {
    loop {
        // Pairs with the Release of `open`.
        let shut = SHUT.load(Ordering::Acquire);
        if shut == OPEN || has_begun && shut == CLOSED {
            return;
        }
        platform::wait_while(&SHUT, shut);
    }
}

/// Whether a fork of the calling thread has to wait until the gate is open, so that its child finds all
/// of what is done meanwhile, or nothing. Who is inside does not wait: he is waited for.
pub(super) fn is_closed_to_fork() -> bool {
    // SAFETY: null, or the calling thread's record; records are never freed.
    let record = unsafe { existing_record().as_ref() };
    let is_inside = record.is_some_and(|record| record.entered_counted().is_some());
    EPOCH.is_closed() && !CLOSED_HERE.get() && !is_inside
}

/// Before a fork that has to wait.
pub(super) fn wait_to_fork() {
    wait(false);
}

/// In a forked child, which has no other thread: what another one has closed, nobody would open.
pub(super) fn forked() {
    if !CLOSED_HERE.get() {
        open();
    }
}
