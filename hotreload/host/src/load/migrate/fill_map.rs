//! Maps: by their table, or built of holes that are filled.

use std::ptr;

use super::{
    fill::Fill,
    flat::AT_ONCE,
    keys::Ordered,
    memory::{Block, Run, free},
    walk::entries,
};
use crate::judge::moving::{MapPlan, Node, tables};

impl Fill<'_> {
    /// # Safety
    /// As [`values`](Fill::values), of one such map.
    pub(super) unsafe fn map(&mut self, map: &MapPlan, from: *mut u8, to: *mut u8) {
        if map.table {
            // SAFETY: the caller's promise.
            return unsafe { self.table(map, from, to) };
        }
        // SAFETY: the caller's promise. The new map has a hole for each entry, each is filled once; then
        // the old one is given up without its entries.
        unsafe {
            let Ordered { entries, hashes, order } = if map.asks() {
                self.maps.next().expect("the walk has met it")
            } else {
                let entries = entries(map, from);
                let count = entries.len();
                Ordered { entries, hashes: vec![0; count], order: (0..count).collect() }
            };
            let ordered: Vec<_> = order.iter().map(|entry| hashes[*entry]).collect();
            let mut holes = vec![[ptr::null_mut(); 2]; order.len()];
            let hasher = (map.old.hasher_at)(from);
            let shell = (map.new.shell)(hasher, &ordered, holes.as_mut_ptr());
            let mut hole_of = vec![[ptr::null_mut(); 2]; order.len()];
            for (hole, entry) in holes.into_iter().zip(order) {
                hole_of[entry] = hole;
            }
            for (which, node) in [map.key, map.value].into_iter().enumerate() {
                for (entry, hole) in entries.iter().zip(&hole_of) {
                    let old = Run::one(entry[which].cast_mut());
                    self.values(node, old, Run::one(hole[which]), 1);
                }
            }
            (map.old.release)(from);
            (map.new.finish)(shell, to);
        }
    }

    /// The new table has the old one's control bytes, and its buckets in the same order: the keys are the
    /// same, and so is the hasher.
    ///
    /// # Safety
    /// As above, of a map whose table is known.
    unsafe fn table(&mut self, map: &MapPlan, from: *mut u8, to: *mut u8) {
        let tables = tables().expect("it was planned with them");
        let (old_size, new_size) = (map.old.bucket.size(), map.new.bucket.size());
        // SAFETY: the caller's promise; whatever is in a bucket that is not full may be copied, but is
        // nothing else.
        unsafe {
            let table = tables.table(from, old_size);
            if table.buckets == 0 {
                return tables.write(from, to, table.control.cast_mut());
            }
            let (layout, begin) = table.layout(new_size);
            let base = Block::new(layout).give().add(begin);
            let control = base.add(table.buckets * new_size);
            ptr::copy_nonoverlapping(table.control, control, table.control_bytes());
            let (old, new) =
                (Run { at: table.base, stride: old_size }, Run { at: base, stride: new_size });
            if self.is_flat(map.value) {
                let moved = self.moved;
                // A few at a time: keys and values are beside each other.
                for start in (0..table.buckets).step_by(AT_ONCE) {
                    let old = Run { at: old.nth(start), ..old };
                    let new = Run { at: new.nth(start), ..new };
                    self.entries(map, old, new, AT_ONCE.min(table.buckets - start));
                }
                if self.moved != moved {
                    // In the others nothing is that could have moved.
                    self.moved = moved + table.full().count();
                }
            } else {
                for bucket in table.full() {
                    let (old, new) = (Run::one(old.nth(bucket)), Run::one(new.nth(bucket)));
                    self.entries(map, old, new, 1);
                }
            }
            tables.write(from, to, control);
            let (layout, begin) = table.layout(old_size);
            free(table.base.sub(begin), layout);
        }
    }

    /// Whether nothing is done but to copy bits, whatever they are.
    fn is_flat(&self, id: usize) -> bool {
        matches!(&self.plan.nodes[id], Node::Struct(done)
            if self.plan.light[id] && done.parts.is_empty() && done.widened.is_empty())
    }

    /// # Safety
    /// So many buckets are there, and room for so many.
    unsafe fn entries(&mut self, map: &MapPlan, from: Run, to: Run, count: usize) {
        // SAFETY: keys and values are at these places of each bucket.
        unsafe {
            let (at, new_at) = (map.old.at, map.new.at);
            self.values(map.key, from.part(at[0]), to.part(new_at[0]), count);
            self.values(map.value, from.part(at[1]), to.part(new_at[1]), count);
        }
    }
}
