//! Values that the program holds without knowing their layout: behind handles, and in containers of
//! erased values.
//!
//! Each layout of a type has one [`LiveCell`], in the host: images that agree on the layout find the
//! same cell, so that its address tells whether they do.

use core::{
    any::{TypeId, type_name},
    mem, ptr, slice,
    sync::atomic::{AtomicPtr, AtomicUsize, Ordering},
};
use std::{
    collections::HashMap,
    error::Error,
    fmt,
    mem::MaybeUninit,
    sync::{Mutex, PoisonError, RwLock},
};

use crate::{
    init::{IMAGE, ImageInfo},
    table::{TABLE, table},
    versioned::{Describe, TypeRef, Versioned},
};

/// One layout of one type, and who relies on it. Never freed.
#[repr(C)]
#[derive(Debug, Default)]
pub struct LiveCell {
    /// Values behind handles.
    pub handles: AtomicUsize,
    /// Containers of erased values that may hold some.
    pub containers: AtomicUsize,
}

/// What lies before the value.
#[repr(C)]
#[derive(Debug)]
pub struct LiveHeader {
    cell: &'static LiveCell,
    /// The image that was found to agree with the value's layout last.
    agrees: AtomicPtr<ImageInfo>,
    /// Drops and frees header and value, in the image that made them.
    pub drop: unsafe fn(*mut LiveHeader) -> MaybeUninit<()>,
}

impl LiveHeader {
    /// Of a new `T` of this image.
    ///
    /// # Panics
    /// If the type shares its name with another.
    pub fn new<T: Versioned + 'static>(
        drop: unsafe fn(*mut LiveHeader) -> MaybeUninit<()>,
    ) -> LiveHeader {
        let cell = cell_of::<T>();
        // Relaxed: whoever commits looks under the lock that `cell_of` takes in the host, or misses
        // a value that is being made; its layout is compared at each use.
        cell.handles.fetch_add(1, Ordering::Relaxed);
        LiveHeader { cell, agrees: AtomicPtr::new(ptr::from_ref(&IMAGE).cast_mut()), drop }
    }

    /// Whether this image lays out `T` as the one did that made the value.
    #[inline]
    pub fn agrees<T: Versioned + 'static>(&self) -> Result<(), OtherLayout> {
        // Relaxed: the answer is the same for ever, and nothing else is read by it.
        if ptr::eq(self.agrees.load(Ordering::Relaxed), &IMAGE) {
            return Ok(());
        }
        self.compare::<T>()
    }

    #[cold]
    fn compare<T: Versioned + 'static>(&self) -> Result<(), OtherLayout> {
        if !ptr::eq(self.cell, cell_of::<T>()) {
            return Err(OtherLayout { what: type_name::<T>() });
        }
        self.agrees.store(ptr::from_ref(&IMAGE).cast_mut(), Ordering::Relaxed);
        Ok(())
    }

    /// The value is gone.
    pub fn end(&self) {
        self.cell.handles.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The cell of the layout that `T` has in this image.
fn cell_of<T: Versioned + 'static>() -> &'static LiveCell {
    static CELLS: RwLock<Option<HashMap<TypeId, &'static LiveCell>>> = RwLock::new(None);
    let id = TypeId::of::<T>();
    let cells = CELLS.read().unwrap_or_else(PoisonError::into_inner);
    if let Some(cell) = cells.as_ref().and_then(|cells| cells.get(&id)) {
        return cell;
    }
    drop(cells);
    let description = Describe::all([T::describe as fn(&mut Describe)]);
    if let Some(clash) = description.clashes.first() {
        panic!("{clash} have one name: give one another, `#[hot::versioned(name = \"..\")]`");
    }
    let (records, length) = (description.bytes.as_ptr(), description.bytes.len());
    let TypeRef { id: root, .. } = T::REF;
    // SAFETY: the bytes outlive the call; a cell is never freed.
    let cell = unsafe { &*(table().live_cell)(*root, records, length) };
    let mut cells = CELLS.write().unwrap_or_else(PoisonError::into_inner);
    cells.get_or_insert_default().insert(id, cell);
    cell
}

/// A container of erased values that says which types they are of. It counts for the layouts that
/// these have in each image that has used it.
#[derive(Debug)]
pub struct Tracked<C> {
    /// The image that was found to agree last.
    agrees: AtomicPtr<ImageInfo>,
    cells: Mutex<Vec<Cell>>,
    container: C,
}

/// A type of the values in a container: its id, the layout that they have, and what the container
/// itself knows it by.
pub type Cell = (u64, &'static LiveCell, TypeId);

/// The cell of a type, for [`Tracked`].
pub fn tracked<T: Versioned + 'static>() -> (Cell, &'static str) {
    ((T::REF.id, cell_of::<T>(), TypeId::of::<T>()), type_name::<T>())
}

impl<C> Tracked<C> {
    /// A new container.
    pub const fn new(container: C) -> Self {
        Tracked {
            agrees: AtomicPtr::new(ptr::null_mut()),
            cells: Mutex::new(Vec::new()),
            container,
        }
    }

    /// The container, if this image lays all types in it out as the values are; `types` are those
    /// that it may put there.
    #[inline]
    pub fn get(&self, types: fn() -> Vec<(Cell, &'static str)>) -> Result<&C, OtherLayout> {
        self.compare(types)?;
        Ok(&self.container)
    }

    /// As [`get`](Tracked::get).
    #[inline]
    pub fn get_mut(
        &mut self,
        types: fn() -> Vec<(Cell, &'static str)>,
    ) -> Result<&mut C, OtherLayout> {
        self.compare(types)?;
        Ok(&mut self.container)
    }

    #[inline]
    fn compare(&self, types: fn() -> Vec<(Cell, &'static str)>) -> Result<(), OtherLayout> {
        // Acquire: pairs with the Release below, so that the types are counted before any is used.
        if ptr::eq(self.agrees.load(Ordering::Acquire), &IMAGE) {
            return Ok(());
        }
        self.count(types())
    }

    #[cold]
    fn count(&self, types: Vec<(Cell, &'static str)>) -> Result<(), OtherLayout> {
        let mut cells = self.cells.lock().unwrap_or_else(PoisonError::into_inner);
        for ((id, cell, ty), what) in &types {
            // A crate that was compiled with another feature or dependency has other TypeIds, whatever
            // the layout: the container would find none of its values, in silence.
            let is_other = |(known, other, known_type): &Cell| {
                known == id && !(ptr::eq(*other, *cell) && known_type == ty)
            };
            if cells.iter().any(is_other) {
                return Err(OtherLayout { what });
            }
        }
        for (new, _) in types {
            if !cells.iter().any(|(known, ..)| *known == new.0) {
                new.1.containers.fetch_add(1, Ordering::Relaxed);
                cells.push(new);
            }
        }
        self.agrees.store(ptr::from_ref(&IMAGE).cast_mut(), Ordering::Release);
        Ok(())
    }
}

impl<C> Drop for Tracked<C> {
    fn drop(&mut self) {
        let cells = self.cells.get_mut().unwrap_or_else(PoisonError::into_inner);
        for (_, cell, _) in cells.iter() {
            cell.containers.fetch_sub(1, Ordering::Relaxed);
        }
    }
}

/// A cell of an executable that had no host yet.
#[derive(Debug)]
pub struct CellAlone {
    /// The type's id.
    pub id: u64,
    /// What describes the type.
    pub records: Vec<u8>,
    /// Its cell.
    pub cell: &'static LiveCell,
}

static ALONE: Mutex<Vec<CellAlone>> = Mutex::new(Vec::new());

/// Without a host there is one image, and one layout of each type. A host may come, and the values
/// stay: those of exported statics that are linked into the executable are always older than it.
pub(crate) unsafe extern "C" fn cell_alone(
    id: u64,
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
