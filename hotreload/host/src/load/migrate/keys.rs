//! Maps whose structure follows from what their keys say. The new keys are looked at before they are there: a
//! key that changes is put together on trial, looked at by `Hash`, `Eq` or `Ord`, and forgotten.

use std::{cmp::Ordering, ptr};

use hot_rt::rt::versioned::Key;
use rustc_hash::FxHashMap;

use super::{
    calls::failed,
    memory::{Block, size, widen},
    supply::Supply,
    walk::SeenMap,
};
use crate::{
    judge::moving::{MapPlan, Node, Plan},
    said::{Code, Reason},
};

/// What the keys of a map said.
pub(super) struct Ordered {
    pub(super) entries: Vec<[*const u8; 2]>,
    pub(super) hashes: Vec<u64>,
    /// For each place in the new map the number of the entry that comes there.
    pub(super) order: Vec<usize>,
}

/// Asks all keys of a map.
///
/// # Safety
/// The map and its keys are as they were seen, and the supplies have what was made for the keys.
pub(super) unsafe fn ask(
    plan: &Plan,
    seen: &SeenMap,
    supplies: &[Supply],
) -> Result<Ordered, Reason> {
    let Node::Map(map) = &plan.nodes[seen.node] else { unreachable!("it was seen as one") };
    let count = seen.entries.len();
    let trial = Block::of(map.to_key, if map.key_changed { count } else { 0 });
    let mut keys: Vec<_> = seen.entries.iter().map(|entry| entry[0]).collect();
    if map.key_changed {
        let mut taken: FxHashMap<_, _> = seen.before.iter().copied().collect();
        for (index, key) in keys.iter_mut().enumerate() {
            // SAFETY: there is room for each, and each key is as it was seen.
            unsafe {
                let new = trial.at().add(index * size(map.to_key));
                put_together(plan, map, (*key, new), supplies, &mut taken);
                *key = new;
            }
        }
    }
    let (entries, mut hashes) = (seen.entries.clone(), vec![0; count]);
    let mut order: Vec<_> = (0..count).collect();
    let failed = |why: String| failed(&map.path, &why);
    let abilities = map.to_key.abilities;
    // SAFETY: of each call: the keys are those of the new type, in place if they are unchanged; the functions
    // are those of the new image, and so is the hasher's, which is unchanged.
    unsafe {
        match map.new.hasher {
            Some(hasher) => {
                let (Some(all), Some(key)) = (hasher().abilities.hasher, abilities.key) else {
                    unreachable!("it was planned with them");
                };
                all((map.old.hasher_at)(seen.at), key, &keys, &mut hashes).map_err(failed)?;
                if map.key_changed {
                    are_all_different(map, key, &keys, &hashes)?;
                }
            }
            None => {
                let Some(compare) = abilities.compare else {
                    unreachable!("it was planned with it");
                };
                let compare = |a: usize, b: usize| compare(keys[a], keys[b]);
                order = sorted(order, &compare).map_err(failed)?;
                for pair in order.windows(2) {
                    if compare(pair[0], pair[1]).map_err(failed)? != Ordering::Less {
                        return Err(two_become_one(map));
                    }
                }
            }
        }
    }
    Ok(Ordered { entries, hashes, order })
}

fn two_become_one(map: &MapPlan) -> Reason {
    let what = format!("the map `{}` cannot be moved: two of its keys become one", map.path);
    let mut reason = Reason::new(Code::KeysMeet, what);
    reason.path = Some(map.path.clone());
    reason
}

/// # Safety
/// These are keys that `key` is of.
unsafe fn are_all_different(
    map: &MapPlan,
    key: Key,
    keys: &[*const u8],
    hashes: &[u64],
) -> Result<(), Reason> {
    let mut order: Vec<_> = (0..keys.len()).collect();
    order.sort_unstable_by_key(|index| hashes[*index]);
    for same in order.chunk_by(|a, b| hashes[*a] == hashes[*b]) {
        for (index, a) in same.iter().enumerate() {
            for b in &same[index + 1..] {
                // SAFETY: the caller's promise.
                let equal = unsafe { (key.eq)(keys[*a], keys[*b]) };
                if equal.map_err(|why| failed(&map.path, &why))? {
                    return Err(two_become_one(map));
                }
            }
        }
    }
    Ok(())
}

/// Sorts by merging. The standard library's sort may panic over an author's `Ord` that contradicts itself.
fn sorted(
    mut order: Vec<usize>,
    compare: &impl Fn(usize, usize) -> Result<Ordering, String>,
) -> Result<Vec<usize>, String> {
    if order.len() < 2 {
        return Ok(order);
    }
    let right = order.split_off(order.len() / 2);
    let mut left = sorted(order, compare)?.into_iter().peekable();
    let mut right = sorted(right, compare)?.into_iter().peekable();
    let mut merged = Vec::new();
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        let from = if compare(*a, *b)? == Ordering::Greater { &mut right } else { &mut left };
        merged.extend(from.next());
    }
    merged.extend(left);
    merged.extend(right);
    Ok(merged)
}

/// The bits of a new key, of which the old one and the supplies have the originals.
///
/// # Safety
/// There is such a key, and room for a new one.
unsafe fn put_together(
    plan: &Plan,
    map: &MapPlan,
    (old, new): (*const u8, *mut u8),
    supplies: &[Supply],
    taken: &mut FxHashMap<usize, usize>,
) {
    let Node::Struct(done) = &plan.nodes[map.key] else {
        unreachable!("a key that changes is planned in one go");
    };
    // SAFETY: the plan's places are within the old and the new key.
    unsafe {
        for copied in &done.copies {
            ptr::copy_nonoverlapping(old.add(copied.from), new.add(copied.to), copied.len);
        }
        for it in &done.widened {
            widen((old.add(it.from.0), it.from.1), (new.add(it.to.0), it.to.1));
        }
        for made in &done.made {
            let next = taken.entry(made.source).or_default();
            let supply = &supplies[made.source];
            ptr::copy_nonoverlapping(supply.look(*next), new.add(made.to), supply.size());
            *next += 1;
        }
    }
}
