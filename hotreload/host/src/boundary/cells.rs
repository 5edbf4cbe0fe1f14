//! Values that are held by handle, or in containers of erased values: the cells that count them.

use std::{
    collections::{HashMap, HashSet},
    ptr, slice,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
};

use crate::file::Tables;
use crate::file::manifest::TypeName;
use crate::state::moment;
use hot_rt::rt::{CellAlone, LiveCell, take_cells_alone};

/// Values of one layout of a type.
pub(crate) struct Alive {
    pub(crate) cell: &'static LiveCell,
    pub(crate) ty: TypeName,
    pub(crate) handles: usize,
    pub(crate) containers: usize,
    /// So many of them cannot be taken apart.
    pub(crate) fixed: usize,
    pub(crate) tables: Arc<Tables>,
}

/// One layout of a type, of which there may be values.
struct Known {
    cell: &'static LiveCell,
    ty: TypeName,
    tables: Arc<Tables>,
    /// So many handles of it do not count.
    forgotten: usize,
}

type All = HashMap<(u128, u128), Vec<Known>>;

/// By the type's id and the hash of its layout. Grows by one for each layout that a type ever had, and
/// each time that a public field of it becomes private.
static KNOWN: Mutex<Option<All>> = Mutex::new(None);

/// Calls `f` with all layouts, also those of values that are older than the host.
fn with_known<R>(f: impl FnOnce(&mut All) -> R) -> R {
    let _moment = moment();
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
    id: u128,
    records: &[u8],
    new: impl Fn() -> &'static LiveCell,
) -> &'static LiveCell {
    let described = Tables::of_described(records).ok();
    let ty = described.as_ref().and_then(|tables| Some(tables.of_id(id)?.name.clone()));
    let (Some(tables), Some(ty)) = (described, ty) else {
        // Nobody agrees with what cannot be read: a cell that is in no list.
        return new();
    };
    let layout = tables.hash(std::iter::once(&ty)).layout;
    let all = known.entry((id, layout)).or_default();
    // Code for which a field is private may rely on what code for which it is public can break: they
    // share no value. A field that becomes public is one from then on.
    let fits = |known: &&mut Known| !known.tables.keep_apart(&tables, std::iter::once(&ty));
    if let Some(known) = all.iter_mut().rev().find(fits) {
        if tables.keep_apart(&known.tables, std::iter::once(&ty)) {
            known.tables = Arc::new(tables);
        }
        known.forgotten = 0;
        return known.cell;
    }
    let cell = new();
    all.push(Known { cell, ty, tables: Arc::new(tables), forgotten: 0 });
    cell
}

/// The values that there are.
pub(crate) fn alive() -> Vec<Alive> {
    let count = |known: &Known| Alive {
        cell: known.cell,
        ty: known.ty.clone(),
        handles: known.cell.handles().saturating_sub(known.forgotten),
        containers: known.cell.containers.load(Ordering::Relaxed),
        fixed: known.cell.fixed.load(Ordering::Relaxed),
        tables: known.tables.clone(),
    };
    let mut alive: Vec<_> = with_known(|known| known.values().flatten().map(count).collect());
    alive.retain(|alive| alive.handles + alive.containers > 0);
    alive.sort_by(|a, b| (&a.ty.path, a.ty.id).cmp(&(&b.ty.path, b.ty.id)));
    alive
}

/// Lets the handles that there are of a crate's types stand in nobody's way, as its bundle is gone; but for
/// types of which a static is `kept` that may hold some. A retired image's own static may have them, where
/// nobody can drop them. That is sound, since each use of a handle compares: code of another layout is
/// refused the value (HOT0405). They count again as soon as an image asks for the same layout.
pub(crate) fn forget(crate_name: &str, kept: &HashSet<u128>) {
    with_known(|known| {
        let is_gone =
            |known: &&mut Known| known.ty.mentions(crate_name) && !kept.contains(&known.ty.id);
        for known in known.values_mut().flatten().filter(is_gone) {
            known.forgotten = known.cell.handles();
        }
    });
}

/// The values of these layouts have moved, from the one to the other: all count.
pub(crate) fn moved(cells: [&LiveCell; 2]) {
    with_known(|known| {
        let is_one = |known: &&mut Known| cells.iter().any(|cell| ptr::eq(*cell, known.cell));
        known.values_mut().flatten().filter(is_one).for_each(|known| known.forgotten = 0);
    });
}

/// The cell of the layout that the records describe, of the type with this id.
///
/// # Safety
/// So many bytes are there.
pub(crate) unsafe extern "C" fn live_cell(
    id: u128,
    records: *const u8,
    length: usize,
) -> *const LiveCell {
    // SAFETY: the caller's promise.
    let records = unsafe { slice::from_raw_parts(records, length) };
    with_known(|known| find(known, id, records, || Box::leak(Box::default())))
}
