//! The standard library's hash maps as the host sees them without anybody's help: where a map keeps its table,
//! found by looking at maps of the host's own, and tried out before it is believed. Host and bundles have
//! one standard library, so that what holds for these maps holds for theirs.

use std::{
    alloc::Layout,
    collections::HashMap,
    hash::{Hash, RandomState},
    mem::{MaybeUninit, offset_of},
    ptr,
    sync::LazyLock,
};

const WORD: usize = size_of::<usize>();
/// Words of a map with `RandomState`: whatever its key and value are, it has the same fields.
const WORDS: usize = size_of::<HashMap<u64, u64>>() / WORD;
/// Control bytes that follow the last bucket's: as many as a register of SSE2 has, which every x86-64 has.
const GROUP: usize = 16;

/// Which words of a map are what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tables {
    control: usize,
    mask: usize,
}

/// A map's table: buckets from `base` on, the first bucket last, then a control byte for each.
pub(crate) struct Table {
    pub(crate) base: *mut u8,
    pub(crate) control: *const u8,
    /// None: nothing is allocated.
    pub(crate) buckets: usize,
}

static KNOWN: LazyLock<Option<Tables>> = LazyLock::new(find);

/// How tables are read; none where it is not known.
pub(crate) fn tables() -> Option<Tables> {
    *KNOWN
}

fn words<K, V>(map: &HashMap<K, V, RandomState>) -> [usize; WORDS] {
    const { assert!(size_of::<HashMap<K, V, RandomState>>() == WORDS * WORD) };
    // SAFETY: it is as large, as was just asserted, and begins at an address for words, since it has
    // pointers. Its fields are words: two keys, a pointer, a mask, two counts; no byte of it is padding.
    unsafe { ptr::from_ref(map).cast::<[usize; WORDS]>().read() }
}

fn find() -> Option<Tables> {
    if !cfg!(target_arch = "x86_64") {
        return None;
    }
    let mut map = HashMap::<u64, u64>::with_capacity(100);
    map.extend([(1, 1), (2, 2), (3, 3)]);
    let copy = map.clone();
    // A clone has the same hasher, counts and mask, and a table of its own: that is the word that
    // differs. 100 values need 128 buckets, whose mask is 127; no count is as large.
    let (map, copy) = (words(&map), words(&copy));
    let only = |holds: &dyn Fn(usize) -> bool| {
        let mut all = (0..WORDS).filter(|at| holds(*at));
        all.next().filter(|_| all.next().is_none())
    };
    let tables =
        Tables { control: only(&|at| map[at] != copy[at])?, mask: only(&|at| map[at] == 127)? };
    (tried::<u8, [u8; 3]>(tables, &|n| (n as u8, [n as u8; 3]))
        && tried::<u64, [u64; 5]>(tables, &|n| (n, [n; 5]))
        && tried::<String, u8>(tables, &|n| (n.to_string(), n as u8)))
    .then_some(tables)
}

/// Whether the table has each entry where the map says that it is.
fn tried<K: Hash + Eq, V>(tables: Tables, make: &dyn Fn(u64) -> (K, V)) -> bool {
    [0, 1, 3, 4, 7, 14, 28, 200].into_iter().all(|count| {
        let mut map: HashMap<K, V, RandomState> = (0..count).map(make).collect();
        for gone in (0..count).step_by(3) {
            map.remove(&make(gone).0);
        }
        let size = size_of::<(K, V)>();
        // SAFETY: it is such a map; and if it were read wrongly, the next line compares addresses.
        let table = unsafe { tables.table(ptr::from_ref(&map).cast(), size) };
        let mut said: Vec<usize> = map.keys().map(|key| ptr::from_ref(key).addr()).collect();
        let first = table.base.addr() + offset_of!((K, V), 0);
        let mut seen: Vec<usize> = table.full().map(|at| first + at * size).collect();
        said.sort_unstable();
        seen.sort_unstable();
        said == seen
    })
}

impl Tables {
    /// # Safety
    /// At the address is a map with `RandomState`, whose buckets are of this size and aligned to [`GROUP`] at
    /// most.
    pub(crate) unsafe fn table(self, map: *const u8, size: usize) -> Table {
        // SAFETY: the map has as many words, and these two were found among them.
        let (control, mask) = unsafe {
            let words = map.cast::<usize>();
            (words.add(self.control).cast::<*mut u8>().read(), words.add(self.mask).read())
        };
        // One that has never allocated has the control bytes of a table with one bucket, which is never full.
        let buckets = if mask == 0 { 0 } else { mask + 1 };
        Table { base: control.wrapping_sub(buckets * size), control, buckets }
    }

    /// Writes the same map with another table.
    ///
    /// # Safety
    /// As above; at the new address is room for such a map; the control bytes are those of a table whose
    /// entries are hashed alike.
    pub(crate) unsafe fn write(self, old: *const u8, new: *mut u8, control: *mut u8) {
        // SAFETY: both have so many words; they are two places.
        unsafe {
            let words = old.cast::<[MaybeUninit<usize>; WORDS]>().read();
            new.cast::<[MaybeUninit<usize>; WORDS]>().write(words);
            new.cast::<*mut u8>().add(self.control).write(control);
        }
    }
}

impl Table {
    /// Of the allocation, for buckets of this size, and where in it they begin.
    pub(crate) fn layout(&self, size: usize) -> (Layout, usize) {
        let buckets = self.buckets * size;
        let data = buckets.next_multiple_of(GROUP);
        let layout = Layout::from_size_align(data + self.control_bytes(), GROUP);
        (layout.expect("a table of nearly this size is there"), data - buckets)
    }

    pub(crate) fn control_bytes(&self) -> usize {
        self.buckets + GROUP
    }

    /// The full buckets, counted from `base`.
    pub(crate) fn full(&self) -> impl Iterator<Item = usize> + '_ {
        // SAFETY: each bucket has a control byte.
        let full = |at: &usize| unsafe { *self.control.add(*at) } & 0x80 == 0;
        (0..self.buckets).filter(full).map(|at| self.buckets - 1 - at)
    }
}

#[cfg(test)]
mod tests {
    #[test]
    #[cfg(target_arch = "x86_64")]
    fn the_tables_of_this_standard_library_are_known() {
        assert!(super::tables().is_some());
    }
}
