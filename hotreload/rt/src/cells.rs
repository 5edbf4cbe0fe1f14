//! Values that the program holds without knowing their layout: behind handles, and in containers of
//! erased values.
//!
//! Each layout of a type has one [`LiveCell`], in the host: images that agree on the layout find the
//! same cell, so that its address tells whether they do.

use core::{
    any::{TypeId, type_name},
    mem,
    ptr::{self, NonNull},
    slice,
    sync::atomic::{AtomicUsize, Ordering},
};
use std::{
    error::Error,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
};

use crate::{
    alone::table,
    growing::Growing,
    live::{AskedAll, LiveHeader},
    rt::versioned::{BehindHandle, Describe, Versioned},
    table::TABLE,
};

/// One layout of one type, and who relies on it. Never freed.
#[repr(C)]
#[derive(Debug, Default)]
pub struct LiveCell {
    /// The values behind handles. Taken in a moment, for as long as nothing else is waited for.
    handles: Mutex<Headers>,
    /// Containers of erased values that may hold some.
    pub containers: AtomicUsize,
    /// Those of them that cannot move.
    pub fixed: AtomicUsize,
}

/// The headers of handles, each at the number that it knows.
#[derive(Debug, Default)]
struct Headers(Vec<NonNull<LiveHeader>>);

// SAFETY: a header may be looked at by every thread, as long as it is in the list; what it says of
// a value only those use who may have the value.
unsafe impl Send for Headers {}

impl LiveCell {
    fn headers(&self) -> MutexGuard<'_, Headers> {
        self.handles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many values there are behind handles. Within a moment.
    pub fn handles(&self) -> usize {
        self.headers().0.len()
    }

    /// One more. Within a moment.
    pub(crate) fn add(&self, header: NonNull<LiveHeader>) {
        let Headers(all) = &mut *self.headers();
        // SAFETY: it is there until it is taken out. Relaxed: under the lock.
        unsafe { header.as_ref() }.at.store(all.len(), Ordering::Relaxed);
        all.push(header);
    }

    /// One less. Within a moment.
    pub(crate) fn remove(&self, header: NonNull<LiveHeader>) {
        let Headers(all) = &mut *self.headers();
        // SAFETY: of both: what is in the list is there.
        unsafe {
            let at = header.as_ref().at.load(Ordering::Relaxed);
            all.swap_remove(at);
            if let Some(other) = all.get(at) {
                other.as_ref().at.store(at, Ordering::Relaxed);
            }
        }
    }

    /// What images say of the values behind handles, each once. Within a moment, by a thread that loads.
    pub fn said(&self) -> Vec<BehindHandle> {
        let mut said: Vec<BehindHandle> = Vec::new();
        for header in &self.headers().0 {
            // SAFETY: what is in the list is there, and nobody else moves the value: loads are one at a time.
            let of = unsafe { LiveHeader::said(*header) };
            if !said.iter().any(|known| ptr::fn_addr_eq(known.moves, of.moves)) {
                said.push(of);
            }
        }
        said
    }

    /// Asks for all values behind handles, to move them. Waits for none. Within a moment.
    pub fn ask_all(&self) -> AskedAll {
        let mut all = AskedAll::default();
        for header in &self.headers().0 {
            all.ask(*header);
        }
        all
    }
}

/// Runs what takes the lock of a cell's list: no fork begins meanwhile.
pub(crate) fn in_moment(run: impl FnOnce()) {
    unsafe extern "C" fn call<F: FnOnce()>(run: *mut ()) {
        // SAFETY: `in_moment` passes it along, and waits.
        if let Some(run) = unsafe { (*run.cast::<Option<F>>()).take() } {
            run();
        }
    }
    /// The function for what is passed.
    fn of<F: FnOnce()>(_: &Option<F>) -> unsafe extern "C" fn(*mut ()) {
        call::<F>
    }
    let mut run = Some(run);
    let function = of(&run);
    // SAFETY: the function is that of what is passed along, which outlives the call.
    unsafe { (table().in_moment)(function, (&raw mut run).cast()) }
}

/// The cell of the layout that `T` has in this image.
pub(crate) fn cell_of<T: Versioned + 'static>() -> &'static LiveCell {
    static CELLS: Growing<TypeId, &LiveCell> = Growing::new();
    let id = TypeId::of::<T>();
    if let Some(cell) = CELLS.get(&id) {
        return cell;
    }
    let description = Describe::all([T::describe as fn(&mut Describe)]);
    if let Some(clash) = description.clashes.first() {
        panic!("{clash} have one name: give one another, `#[hot::versioned(name = \"..\")]`");
    }
    let (records, length) = (description.bytes.as_ptr(), description.bytes.len());
    // SAFETY: the bytes outlive the call; a cell is never freed.
    let cell = unsafe { &*(table().live_cell)(T::REF.id(), records, length) };
    CELLS.add(id, cell);
    cell
}

/// A cell of an executable that had no host yet.
#[derive(Debug)]
pub struct CellAlone {
    /// The type's id.
    pub id: u128,
    /// What describes the type.
    pub records: Vec<u8>,
    /// Its cell.
    pub cell: &'static LiveCell,
}

static ALONE: Mutex<Vec<CellAlone>> = Mutex::new(Vec::new());

/// Without a host there is one image, and one layout of each type. A host may come, and the values
/// stay: those of exported statics that are linked into the executable are always older than it.
pub(crate) unsafe extern "C" fn cell_alone(
    id: u128,
    records: *const u8,
    length: usize,
) -> *const LiveCell {
    let mut alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    // A host that has taken the cells already is seen: it stores its table first, and takes them
    // under the lock.
    if !TABLE.load(Ordering::Acquire).is_null() {
        drop(alone);
        // SAFETY: the caller's promise.
        return unsafe { (table().live_cell)(id, records, length) };
    }
    // SAFETY: the caller's promise.
    let records = unsafe { slice::from_raw_parts(records, length) };
    let known = alone.iter().find(|known| known.id == id && known.records == records);
    known.map(|known| known.cell).unwrap_or_else(|| {
        let cell = Box::leak(Box::default());
        alone.push(CellAlone { id, records: records.to_owned(), cell });
        cell
    })
}

/// The cells that were made before there was a host, for the host. Its table is stored.
pub fn take_cells_alone() -> Vec<CellAlone> {
    mem::take(&mut ALONE.lock().unwrap_or_else(PoisonError::into_inner))
}

/// A value was laid out for another version of its type than the code that asks for it was compiled
/// with; from [`State`](../hot/struct.State.html) and [`Live`](../hot/struct.Live.html).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OtherLayout {
    what: &'static str,
}

impl OtherLayout {
    /// Of a type with this name of the compiler's.
    pub(crate) fn named(what: &'static str) -> OtherLayout {
        OtherLayout { what }
    }

    /// Of a type of this name.
    pub fn of<T>() -> OtherLayout {
        OtherLayout { what: type_name::<T>() }
    }

    /// The compiler's name of the type.
    pub fn type_name(&self) -> &'static str {
        self.what
    }
}

impl fmt::Display for OtherLayout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "HOT0405: the value was laid out for another version of `{}` than this code was \
             compiled with",
            self.what
        )
    }
}

impl Error for OtherLayout {}

#[cfg(test)]
mod tests {
    use std::{rc::Rc, thread};

    use super::*;
    use crate::live::Live;

    #[test]
    fn no_other_thread_asks_for_what_stays() {
        let ask = || {
            let AskedAll { locks, in_use, elsewhere } = cell_of::<Rc<u8>>().ask_all();
            let counts = [locks.len(), in_use.len(), elsewhere.len()];
            locks.into_iter().for_each(|lock| assert!(lock.let_go().is_none()));
            counts
        };
        let value = Live::new(Rc::new(5_u8));
        assert_eq!(ask(), [1, 0, 0]);
        assert_eq!(thread::spawn(ask).join().unwrap(), [0, 0, 1]);
        let guard = value.get();
        assert_eq!(ask(), [0, 1, 0]);
        drop(guard);
        drop(value);
        assert_eq!(ask(), [0, 0, 0]);
    }
}
