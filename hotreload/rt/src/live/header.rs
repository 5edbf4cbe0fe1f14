//! What every image knows of a value behind a handle, whatever its type.

use std::{
    alloc::{Layout, dealloc},
    any::Any,
    cell::UnsafeCell,
    ptr::{self, NonNull},
    sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering},
};

use crate::{
    cells::{LiveCell, OtherLayout, cell_of, in_moment},
    init::{IMAGE, ImageInfo},
    looked::{Asked, Looked},
    panic::resume,
    pin::record,
    record::ThreadRecord,
    rt::versioned::{BehindHandle, Versioned},
};

/// What a handle points to. All images have this very definition: the fingerprint compares its source.
#[repr(C)]
#[derive(Debug)]
pub(crate) struct LiveHeader {
    pub(super) looked: Looked,
    /// Whether a guard was given that writes, since the value came here.
    pub(super) written: AtomicBool,
    /// How many milliseconds others wait for the load that moves the value. 0: none has said it yet.
    pub(super) patience: AtomicU32,
    /// The image that was found to agree with the value's layout last.
    agrees: AtomicPtr<ImageInfo>,
    /// Where it is in the cell's list; only under its lock.
    pub(crate) at: AtomicUsize,
    maker: Maker,
    /// The value was made of a type that is not `Send`: it stays with the thread that made it.
    stays: bool,
    /// Read by whoever looks, written by the load that moves the value, taken by who drops it.
    behind: UnsafeCell<Behind>,
}

/// The value, and what the image said of it that made it or that it moved to.
#[repr(C)]
#[derive(Debug)]
struct Behind {
    cell: &'static LiveCell,
    of: BehindHandle,
    /// It lies where a `Box` would have it.
    at: *mut u8,
    /// What the host has put aside of it.
    beside: Option<Box<dyn Any>>,
}

/// The thread that made a value.
#[repr(C)]
#[derive(Debug, Clone, Copy)]
pub struct Maker {
    record: &'static ThreadRecord,
    owners: u32,
}

impl Maker {
    fn current() -> Maker {
        let record = record();
        Maker { record, owners: record.owners.load(Ordering::Relaxed) }
    }

    /// Whether it is the calling thread.
    pub fn is_current(&self) -> bool {
        self.record().is_some_and(|maker| ptr::eq(maker, record()))
    }

    /// The thread's record; none if another thread has it since.
    pub fn record(&self) -> Option<&'static ThreadRecord> {
        // Relaxed: no other thread has the record while its owner lives.
        (self.record.owners.load(Ordering::Relaxed) == self.owners).then_some(self.record)
    }
}

impl LiveHeader {
    /// Of a new value of this image, which it owns from now on.
    ///
    /// # Panics
    /// If the type shares its name with another.
    pub(super) fn of<T: Versioned + 'static>(value: Box<T>, of: &BehindHandle) -> NonNull<Self> {
        let cell = cell_of::<T>();
        let at = Box::into_raw(value).cast();
        let header = NonNull::from(Box::leak(Box::new(LiveHeader {
            looked: Looked::new(),
            written: AtomicBool::new(false),
            patience: AtomicU32::new(0),
            agrees: AtomicPtr::new(ptr::from_ref(&IMAGE).cast_mut()),
            at: AtomicUsize::new(0),
            maker: Maker::current(),
            stays: !of.is_send,
            behind: UnsafeCell::new(Behind { cell, of: *of, at, beside: None }),
        })));
        // Whoever commits looks at the list, or misses a value that is being made; its layout is compared at
        // each use.
        in_moment(|| cell.add(header));
        header
    }

    /// What the image says of the value's type that made it, or that it moved to.
    ///
    /// # Safety
    /// The header is there, and nobody moves the value meanwhile.
    pub(crate) unsafe fn said(header: NonNull<LiveHeader>) -> BehindHandle {
        // SAFETY: only who moves the value writes it.
        unsafe { (*header.as_ref().behind.get()).of }
    }

    /// Where the value is, if this image lays out `T` as the one did that made it.
    ///
    /// # Safety
    /// The caller looks, as [`Looked`] says it.
    #[inline]
    pub(super) unsafe fn value<T: Versioned + 'static>(&self) -> Result<NonNull<T>, OtherLayout> {
        // SAFETY: nobody writes while somebody looks.
        let behind = unsafe { &*self.behind.get() };
        // Relaxed: who looks has seen what the latest load has stored; others store an image that agrees
        // with the same layout.
        if !ptr::eq(self.agrees.load(Ordering::Relaxed), &IMAGE) {
            self.compare::<T>(behind)?;
        }
        // SAFETY: it is a box's.
        Ok(unsafe { NonNull::new_unchecked(behind.at.cast()) })
    }

    #[cold]
    fn compare<T: Versioned + 'static>(&self, behind: &Behind) -> Result<(), OtherLayout> {
        if !ptr::eq(behind.cell, cell_of::<T>()) {
            return Err(OtherLayout::of::<T>());
        }
        self.agrees.store(ptr::from_ref(&IMAGE).cast_mut(), Ordering::Relaxed);
        Ok(())
    }

    /// Drops the value, by the code of the image that made it, and frees all of it. What panics in that is
    /// the result: the value is gone all the same.
    ///
    /// # Safety
    /// [`Looked`] has given it to the caller to be dropped; nobody uses it afterwards.
    pub(super) unsafe fn finish(header: NonNull<LiveHeader>) -> Result<(), String> {
        // SAFETY: it is there still, and nobody else has it but the list.
        let cell = unsafe { (*header.as_ref().behind.get()).cell };
        in_moment(|| cell.remove(header));
        // SAFETY: `of` made it, in an image of the one heap.
        let header = unsafe { Box::from_raw(header.as_ptr()) };
        let Behind { of, at, beside, .. } = header.behind.into_inner();
        let moves = (of.moves)();
        // SAFETY: it is a value of the type, in a block of its own, and nobody else has it. Images stay mapped.
        let dropped = unsafe {
            let dropped = moves.drop.map_or(Ok(()), |drop| drop(at));
            free(at, moves.table.layout());
            dropped
        };
        // The host catches what panics in it.
        drop(beside);
        dropped
    }

    /// Whether the calling thread is another one than that with which it stays.
    fn is_elsewhere(&self) -> bool {
        self.stays && !self.maker.is_current()
    }
}

/// # Safety
/// A box of this layout lay there, whose value is gone.
unsafe fn free(at: *mut u8, layout: Layout) {
    if layout.size() != 0 {
        // SAFETY: the caller's promise.
        unsafe { dealloc(at, layout) };
    }
}

/// As [`LiveHeader::finish`], where the panic goes on.
///
/// # Safety
/// As there.
pub(super) unsafe fn finish(header: NonNull<LiveHeader>) {
    // SAFETY: the caller's promise.
    if let Err(text) = unsafe { LiveHeader::finish(header) } {
        resume(text);
    }
}

/// A value that a load moves: nobody looks at it, and its handle stays until [`let_go`](LiveLock::let_go).
#[must_use]
#[derive(Debug)]
pub struct LiveLock(NonNull<LiveHeader>);

/// A value whose handle was dropped while a load moved it.
#[must_use]
#[derive(Debug)]
pub struct Gone(NonNull<LiveHeader>);

/// What came of asking for all values of a layout.
#[must_use]
#[derive(Debug, Default)]
pub struct AskedAll {
    /// Those that nobody looks at.
    pub locks: Vec<LiveLock>,
    /// The addresses of the headers of those that somebody looks at.
    pub in_use: Vec<usize>,
    /// Who has made those that stay with another thread. They are not asked for: who drops the handle of one
    /// must not leave the value to this thread.
    pub elsewhere: Vec<Maker>,
}

impl AskedAll {
    /// Asks for the value of a handle that is in a cell's list, whose lock is held.
    pub(crate) fn ask(&mut self, header: NonNull<LiveHeader>) {
        // SAFETY: it is taken out of the list before it is freed.
        let of = unsafe { header.as_ref() };
        if of.is_elsewhere() {
            return self.elsewhere.push(of.maker);
        }
        match of.looked.ask() {
            Asked::Given => {
                // Relaxed: the thread that loads, and those that it starts, find it; others may wait for the
                // time that an earlier load has said.
                let patience = record().patience.load(Ordering::Relaxed);
                of.patience.store(patience, Ordering::Relaxed);
                self.locks.push(LiveLock(header));
            }
            Asked::Gone => {}
            Asked::InUse => self.in_use.push(header.addr().get()),
        }
    }
}

impl LiveLock {
    fn header(&self) -> &LiveHeader {
        // SAFETY: whoever drops the handle leaves it to this lock.
        unsafe { self.0.as_ref() }
    }

    fn behind(&self) -> *mut Behind {
        self.header().behind.get()
    }

    /// Where the value is, and what the image whose it is says of its type.
    pub fn value(&self) -> (*mut u8, BehindHandle) {
        // SAFETY: nobody else reads or writes it while it is locked.
        let Behind { at, of, .. } = unsafe { &*self.behind() };
        (*at, *of)
    }

    /// Whether a guard was given that writes, since the value came here.
    pub fn was_written(&self) -> bool {
        self.header().written.load(Ordering::Relaxed)
    }

    /// What was put aside of it.
    pub fn beside(&mut self) -> &mut Option<Box<dyn Any>> {
        // SAFETY: as in `value`; what is given borrows the lock.
        unsafe { &mut (*self.behind()).beside }
    }

    /// The value has moved: where it was, only the block is left. Within a moment.
    ///
    /// # Safety
    /// At `at`, which a `Box` could have allocated, is a value of this type, that is the handle's from now on.
    pub unsafe fn moved(&mut self, to: &BehindHandle, at: *mut u8) {
        // SAFETY: a cell, by which `cell_of` answers; cells are never freed.
        let cell: &'static LiveCell = unsafe { &*(to.layout)().cast() };
        // SAFETY: as in `value`.
        let behind = unsafe { &mut *self.behind() };
        // SAFETY: the value was moved out of it.
        unsafe { free(behind.at, (behind.of.moves)().table.layout()) };
        behind.cell.remove(self.0);
        behind.cell = cell;
        (behind.of, behind.at) = (*to, at);
        cell.add(self.0);
        // Relaxed, both: who looks next has seen that it was let go.
        self.header().agrees.store(ptr::null_mut(), Ordering::Relaxed);
        self.header().written.store(false, Ordering::Relaxed);
    }

    /// The load is through. What is given was dropped meanwhile.
    pub fn let_go(self) -> Option<Gone> {
        let LiveLock(header) = self;
        // SAFETY: as in `header`. It is not used afterwards unless nobody else has it.
        unsafe { header.as_ref() }.looked.let_go().then_some(Gone(header))
    }
}

impl Gone {
    /// Drops the value. On the thread that has let it go, or any if the type is `Send`.
    pub fn finish(self) -> Result<(), String> {
        // SAFETY: the handle is gone, and left it to who let it go.
        unsafe { LiveHeader::finish(self.0) }
    }
}
