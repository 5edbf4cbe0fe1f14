//! Moves bits. Nothing here is code of an author, and nothing can fail: whatever can was made before.

use std::vec;

use hot_rt::rt::versioned::Shared;
use rustc_hash::FxHashMap;

use super::{
    calls::Ready,
    flat::{Flat, flats},
    keys::Ordered,
    memory::{Block, Run, copy},
    parked::Column,
    supply::Supply,
    walk::Seen,
};
use crate::{
    judge::moving::{Id, Node, Plan, StructPlan},
    platform,
};

/// Moves all values of a transaction.
pub(super) struct Fill<'a> {
    pub(super) plan: &'a Plan,
    /// Of each node that is a struct.
    flats: Vec<Option<Flat<'a>>>,
    pub(super) supplies: Vec<Supply>,
    pub(super) maps: vec::IntoIter<Ordered>,
    shares: vec::IntoIter<*const u8>,
    pub(super) containers: vec::IntoIter<Vec<Vec<(*const u8, usize)>>>,
    /// The new place of what is shared, and what gives up the reference that was made with it.
    shared: FxHashMap<*const u8, (*mut u8, &'static Shared)>,
    /// What is parked, by the plan's numbers.
    pub(super) columns: Vec<Column>,
    /// How many structs and variants became those of a new type.
    pub(super) moved: usize,
}

impl<'a> Fill<'a> {
    pub(super) fn new(plan: &'a Plan, seen: Seen, ready: Ready) -> Fill<'a> {
        let Ready { mut supplies, maps } = ready;
        let parks = plan.parks.iter().zip(&seen.leaving);
        let columns =
            parks.map(|(park, count)| Column::with_room_for(park.moves, *count, park.shuffled));
        Fill {
            plan,
            flats: flats(plan, &mut supplies),
            supplies,
            maps: maps.into_iter(),
            shares: seen.shares.into_iter(),
            containers: seen.containers.into_iter(),
            shared: FxHashMap::default(),
            columns: columns.collect(),
            moved: 0,
        }
    }

    /// Gives up the references that hold what is shared until all of it is there.
    pub(super) fn finish(&mut self) {
        for (new, shared) in self.shared.drain().map(|(_, known)| known) {
            // SAFETY: it is the reference that `alloc` has made, and the value has others.
            unsafe { (shared.free)(new) };
        }
    }

    /// What is parked, by the plan's numbers.
    pub(super) fn into_columns(self) -> Vec<Column> {
        self.columns
    }

    /// # Safety
    /// So many values of the node's old type are there, which are used no more afterwards, as they were
    /// seen; and room for so many of the new one.
    pub(super) unsafe fn values(&mut self, id: Id, from: Run, to: Run, count: usize) {
        let plan = self.plan;
        // SAFETY: the caller's promise.
        unsafe {
            match &plan.nodes[id] {
                Node::Struct(done) => self.structs(id, done, from, to, count),
                Node::Boxed { element, from: old, to: new } => {
                    self.boxes(*element, (*old, *new), from, to, count);
                }
                node => {
                    for index in 0..count {
                        self.value(node, from.nth(index), to.nth(index));
                    }
                }
            }
        }
    }

    /// # Safety
    /// As above.
    unsafe fn structs(&mut self, id: Id, done: &StructPlan, from: Run, to: Run, count: usize) {
        let flat = self.flats[id].as_ref().expect("it is a struct");
        if !flat.is_bits {
            self.moved += count;
        }
        // SAFETY: the plan's places are within the old and the new struct.
        unsafe {
            flat.write(from, to, count);
            for (source, at) in &flat.taken {
                let supply = &mut self.supplies[*source];
                let size = supply.size();
                copy(supply.take(count), to.part(*at), size, count);
            }
            for leaving in &done.parked {
                self.columns[leaving.park].push(from.part(leaving.from), count);
            }
            for part in &done.parts {
                self.values(part.node, from.part(part.from), to.part(part.to), count);
            }
        }
    }

    /// # Safety
    /// As above, of one value.
    unsafe fn value(&mut self, node: &'a Node, from: *mut u8, to: *mut u8) {
        // SAFETY: of each call: a value of the node's old type is there, and so is what it leads to.
        unsafe {
            match node {
                Node::Array { element, count, from: old, to: new } => {
                    let (from, to) = (Run { at: from, stride: *old }, Run { at: to, stride: *new });
                    self.values(*element, from, to, *count);
                }
                Node::Choice { old, new, arms, .. } => self.choice((old, new), arms, from, to),
                Node::Sequence { old, new, element, from: was, to: is } => {
                    self.sequence((old, new), *element, (*was, *is), (from, to));
                }
                Node::IntoBox { element, to: is } => {
                    let new = Block::new(*is);
                    self.values(*element, Run::one(from), Run::one(new.at()), 1);
                    to.cast::<*mut u8>().write(new.give());
                }
                Node::IntoOption { element, new, to: is } => {
                    let some = Block::new(*is);
                    self.values(*element, Run::one(from), Run::one(some.at()), 1);
                    (new.build)(1, [some.at().cast_const()].as_ptr(), to);
                }
                Node::Shared { old, new, element, .. } => {
                    platform::deep(|| self.share((old, new), *element, from, to));
                }
                Node::Map(map) => platform::deep(|| self.map(map, from, to)),
                Node::Container(plan) => platform::deep(|| self.container(plan, from, to)),
                Node::Struct(_) | Node::Boxed { .. } | Node::Open => {
                    unreachable!("looked at above; never given out")
                }
            }
        }
    }

    /// # Safety
    /// As [`value`](Fill::value), of such a pointer.
    unsafe fn share(
        &mut self,
        (old, new): (&'static Shared, &'static Shared),
        element: Id,
        from: *mut u8,
        to: *mut u8,
    ) {
        let was = self.shares.next().expect("the walk has met it");
        // SAFETY: the caller's promise. The new value has its place before it is there: others may lead to
        // it from within. Nobody looks at it until everything is done.
        unsafe {
            if was.is_null() {
                (new.share)(was, to);
                return (old.release)(from);
            }
            let known = self.shared.get(&was).map(|(known, _)| *known);
            let is = known.unwrap_or_else(|| {
                let is = (new.alloc)();
                self.shared.insert(was, (is, new));
                is
            });
            (new.share)(is, to);
            if known.is_none() {
                self.values(element, Run::one(was.cast_mut()), Run::one(is), 1);
            }
            (old.release)(from);
        }
    }
}
