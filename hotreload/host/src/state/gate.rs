//! The gate before hot code, for those who close it and those who wait at it. What is read of it at each
//! call is a bit of the clock (`hot_rt`'s `Clock`).

use std::{
    cell::Cell,
    marker::PhantomData,
    sync::atomic::{AtomicU32, Ordering},
};

use hot_rt::rt::{EPOCH, existing_record};

use crate::{platform, state::publishing};

/// Whether the gate is closed, for those who wait: the system wakes them by this word. It is no lock,
/// so that a fork need not care who waits.
static SHUT: AtomicU32 = AtomicU32::new(OPEN);

const OPEN: u32 = 0;
const CLOSED: u32 = 1;

thread_local! {
    /// Whether this thread has closed it. Without a destructor: hot code may be called from others'.
    static CLOSED_HERE: Cell<bool> = const { Cell::new(false) };
}

/// The gate is closed until this is dropped, on the thread that has closed it.
#[must_use]
pub(crate) struct Closed(PhantomData<*const ()>);

/// Closes the gate. Only under the writer's lock, which is held until it is open again. Who was inside
/// before may be there still.
pub(crate) fn close() -> Closed {
    // A thread that forks has this lock meanwhile, and has waited before for the gate to open.
    let _publishing = publishing();
    SHUT.store(CLOSED, Ordering::Relaxed);
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
    // After the bit: whoever is woken finds it open. Pairs with the Acquire of `wait`.
    SHUT.store(OPEN, Ordering::Release);
    platform::wake_all(&SHUT);
}

/// Waits while the gate is closed. True: the calling thread has closed it, and passes.
pub(crate) extern "C" fn passes_gate() -> bool {
    if CLOSED_HERE.get() {
        return true;
    }
    wait();
    false
}

fn wait() {
    while SHUT.load(Ordering::Acquire) == CLOSED {
        platform::wait_while(&SHUT, CLOSED);
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
    wait();
}

/// In a forked child, which has no other thread: what another one has closed, nobody would open.
pub(super) fn forked() {
    if !CLOSED_HERE.get() {
        open();
    }
}
