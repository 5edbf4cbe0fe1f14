//! Values that are held by handle, or in containers of erased values: the cells that count them.

use std::{
    collections::HashMap,
    slice,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

use super::{layout::Tables, manifest::TypeName};
use crate::rt::{CellAlone, LiveCell, take_cells_alone};

/// Values of one layout of a type.
pub(crate) struct Alive {
    pub(crate) ty: TypeName,
    pub(crate) handles: usize,
    pub(crate) containers: usize,
    pub(crate) tables: Arc<Tables>,
}

/// One layout of a type, of which there may be values.
struct Known {
    cell: &'static LiveCell,
    ty: TypeName,
    tables: Arc<Tables>,
}

type All = HashMap<(u64, u64), Known>;

/// By the type's id and the hash of its layout. Grows by one for each layout that a type ever had.
static KNOWN: Mutex<Option<All>> = Mutex::new(None);

/// Calls `f` with all layouts, also those of values that are older than the host.
fn with_known<R>(f: impl FnOnce(&mut All) -> R) -> R {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let known = known.get_or_insert_default();
    for CellAlone { id, records, cell } in take_cells_alone() {
        find(known, id, &records, || cell);
    }
    f(known)
}

/// The cell of the layout that the records describe, of the type with this id; a new one if there
/// is none.
fn find(
    known: &mut All,
    id: u64,
    records: &[u8],
    new: impl Fn() -> &'static LiveCell,
) -> &'static LiveCell {
    let described = Tables::of_described(records).ok();
    let ty = described.as_ref().and_then(|tables| Some(tables.of_id(id)?.name.clone()));
    let (Some(tables), Some(ty)) = (described, ty) else {
        // Nobody agrees with what cannot be read: a cell that is in no list.
        return new();
    };
    let layout = tables.hash(std::iter::once(&ty));
    let entry = known.entry((id, layout));
    entry.or_insert_with(|| Known { cell: new(), ty, tables: Arc::new(tables) }).cell
}

/// The values that there are.
pub(crate) fn alive() -> Vec<Alive> {
    let count = |known: &Known| Alive {
        ty: known.ty.clone(),
        handles: known.cell.handles.load(Ordering::Relaxed),
        containers: known.cell.containers.load(Ordering::Relaxed),
        tables: known.tables.clone(),
    };
    let mut alive: Vec<_> = with_known(|known| known.values().map(count).collect());
    alive.retain(|alive| alive.handles + alive.containers > 0);
    alive.sort_by(|a, b| (&a.ty.path, a.ty.id).cmp(&(&b.ty.path, b.ty.id)));
    alive
}

/// The cell of the layout that the records describe, of the type with this id.
///
/// # Safety
/// So many bytes are there.
pub(crate) unsafe extern "C" fn live_cell(
    id: u64,
    records: *const u8,
    length: usize,
) -> *const LiveCell {
    // SAFETY: the caller's promise.
    let records = unsafe { slice::from_raw_parts(records, length) };
    with_known(|known| find(known, id, records, || Box::leak(Box::default())))
}
