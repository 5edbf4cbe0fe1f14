//! Looks at the old values and calls no code of an author: how many values have to be made of what, what is
//! parked, which variants there are, who holds what is shared.

use std::ptr;

use hot_rt::{
    Found,
    rt::versioned::{HELD, Shared},
};
use rustc_hash::FxHashMap;

use super::memory::Run;
use crate::{
    judge::moving::{
        Arm, ArmPart, ContainerPlan, Id, KindPlan, MapPlan, Node, Plan, StructPlan, refusals,
        tables,
    },
    platform,
    said::{Code, Reason},
};

/// What was seen.
pub(super) struct Seen {
    /// Every pointer, length and variant, in the order of the walk: a second walk must see the same.
    pub(super) tape: Vec<usize>,
    /// How many values each source has to give.
    pub(super) counts: Vec<usize>,
    /// The old fields that each conversion is called with, one after the other.
    pub(super) arguments: Vec<Vec<*const u8>>,
    /// How many values each place will park.
    pub(super) leaving: Vec<usize>,
    /// What is shared, as it was met. A `Weak` cannot be asked any more when the strong pointers are gone.
    pub(super) shares: Vec<*const u8>,
    /// Maps whose keys are asked for.
    pub(super) maps: Vec<SeenMap>,
    /// Containers of erased values: of each old type where they are, one beside the other.
    pub(super) containers: Vec<Vec<Vec<(*const u8, usize)>>>,
    /// The layouts of types that these have counted for, each as often as a container has.
    pub(super) counted_for: Vec<*const ()>,
    /// What stands in the way.
    pub(super) reasons: Vec<Reason>,
}

/// A walk over all values of a transaction.
struct Walk<'a> {
    plan: &'a Plan,
    seen: Seen,
    /// Whether there will be a second walk.
    is_taped: bool,
    shared: FxHashMap<*const u8, Known>,
    /// How many values are refused, by the node and by what is the matter.
    refused: FxHashMap<(Id, usize), usize>,
}

/// A map whose keys are asked for.
pub(super) struct SeenMap {
    pub(super) node: Id,
    pub(super) at: *const u8,
    pub(super) entries: Vec<[*const u8; 2]>,
    /// How many values each source had to give before those for its keys.
    pub(super) before: Vec<(usize, usize)>,
}

/// A value behind pointers that share it.
struct Known {
    node: Id,
    class: usize,
    /// How often it was met: strong and weak.
    met: [usize; 2],
    /// How often it is pointed to.
    counted: [usize; 2],
}

/// In place of a variant.
const LOCKED: usize = usize::MAX;
const OTHER_CLASS: usize = usize::MAX - 1;
const OUTSIDE: usize = usize::MAX - 2;

/// Looks at all of these values, one for each root of the plan.
///
/// # Safety
/// They are of the types that the plan is from, and nobody else uses them meanwhile.
pub(super) unsafe fn look(plan: &Plan, values: &[*const u8]) -> Seen {
    let seen = Seen {
        tape: Vec::new(),
        counts: vec![0; plan.sources.len()],
        arguments: vec![Vec::new(); plan.sources.len()],
        leaving: vec![0; plan.parks.len()],
        shares: Vec::new(),
        maps: Vec::new(),
        containers: Vec::new(),
        counted_for: Vec::new(),
        reasons: Vec::new(),
    };
    let is_taped = plan.calls_authors();
    let (shared, refused) = (FxHashMap::default(), FxHashMap::default());
    let mut walk = Walk { plan, seen, is_taped, shared, refused };
    for (root, at) in plan.roots.iter().zip(values) {
        // SAFETY: the caller's promise.
        unsafe { walk.values(*root, Run::one(at.cast_mut()), 1) };
    }
    for known in walk.shared.values() {
        if known.met != known.counted {
            *walk.refused.entry((known.node, OUTSIDE)).or_default() += 1;
        }
    }
    let mut reasons = walk.reasons();
    reasons.append(&mut walk.seen.reasons);
    Seen { reasons, ..walk.seen }
}

impl Walk<'_> {
    fn reasons(&self) -> Vec<Reason> {
        let mut refused: Vec<_> = self.refused.iter().collect();
        refused.sort();
        let reasons = refused.into_iter().map(|(&(id, what), &count)| {
            let values = if count == 1 { "a value" } else { "values" };
            let (code, place, text) = match (&self.plan.nodes[id], what) {
                (Node::Choice { path, .. }, LOCKED) => {
                    let text = format!("`{path}` cannot be moved: it is borrowed, or its lock is held");
                    (Code::InUse, path, text)
                }
                (Node::Choice { path, old, .. }, variant) => {
                    let name = old.variants[variant].name;
                    let text = format!("`{path}` has {values} of the variant `{name}`, which is gone");
                    (Code::VariantGone, path, text)
                }
                (Node::Shared { path, .. }, OTHER_CLASS) => {
                    let text = format!("`{path}` cannot be moved: it is shared by two states that make different types of it");
                    (Code::InUse, path, text)
                }
                (Node::Shared { path, .. }, _) => {
                    let text = format!("`{path}` cannot be moved: somebody outside of what moves holds on to it");
                    (Code::InUse, path, text)
                }
                _ => unreachable!("nothing else is refused by what values are"),
            };
            let mut reason = Reason::new(code, text).fact("values", count.to_string());
            reason.path = Some(place.clone());
            reason
        });
        reasons.collect()
    }

    fn see(&mut self, what: usize) {
        if self.is_taped {
            self.seen.tape.push(what);
        }
    }

    /// # Safety
    /// There are so many values of the node's old type, which nobody else uses meanwhile.
    unsafe fn values(&mut self, id: Id, run: Run, count: usize) {
        let plan = self.plan;
        if plan.light[id] {
            return;
        }
        if let Node::Struct(done) = &plan.nodes[id] {
            // SAFETY: the caller's promise.
            return unsafe { self.structs(done, run, count) };
        }
        for index in 0..count {
            // SAFETY: the caller's promise.
            unsafe { self.value(id, run.nth(index)) };
        }
    }

    /// # Safety
    /// As above.
    unsafe fn structs(&mut self, done: &StructPlan, run: Run, count: usize) {
        for made in &done.made {
            self.seen.counts[made.source] += count;
            if !made.from.is_empty() {
                for index in 0..count {
                    // SAFETY: the fields are within the struct.
                    let fields = made.from.iter().map(|at| unsafe { run.nth(index).add(*at) });
                    self.seen.arguments[made.source].extend(fields.map(<*mut u8>::cast_const));
                }
            }
        }
        for leaving in &done.parked {
            self.seen.leaving[leaving.park] += count;
        }
        for part in &done.parts {
            // SAFETY: the part is within the struct.
            unsafe { self.values(part.node, run.part(part.from), count) };
        }
    }

    /// # Safety
    /// As above, of one value.
    unsafe fn value(&mut self, id: Id, at: *const u8) {
        // SAFETY: of each call: a value of the node's old type is there, and so is what it leads to.
        unsafe {
            match &self.plan.nodes[id] {
                Node::Array { element, count, from, .. } => {
                    let run = Run { at: at.cast_mut(), stride: *from };
                    self.values(*element, run, *count);
                }
                Node::Choice { old, arms, .. } => {
                    let most = old.variants.iter().map(|it| it.fields.len()).max().unwrap_or(0);
                    let mut fields = [ptr::null(); 8];
                    let mut more = Vec::new();
                    let fields = match fields.get_mut(..most) {
                        Some(fields) => fields,
                        None => {
                            more.resize(most, ptr::null());
                            &mut more[..]
                        }
                    };
                    let variant = (old.open)(at, fields.as_mut_ptr());
                    self.see(variant);
                    match arms.get(variant) {
                        Some(Some(arm)) => self.arm(arm, fields),
                        Some(None) => *self.refused.entry((id, variant)).or_default() += 1,
                        None => {
                            debug_assert!(variant == HELD);
                            *self.refused.entry((id, LOCKED)).or_default() += 1;
                        }
                    }
                }
                Node::Sequence { old, element, from, .. } => {
                    let stride = from.size();
                    let opened = (old.open)(at);
                    for (run, count) in opened.runs {
                        self.see(run.addr());
                        self.see(count);
                        let run = Run { at: run.cast_mut(), stride };
                        platform::deep(|| self.values(*element, run, count));
                    }
                }
                Node::Boxed { element, .. } => {
                    let value = at.cast::<*mut u8>().read();
                    self.see(value.addr());
                    platform::deep(|| self.values(*element, Run::one(value), 1));
                }
                Node::IntoBox { element, .. } | Node::IntoOption { element, .. } => {
                    self.values(*element, Run::one(at.cast_mut()), 1);
                }
                Node::Shared { old, element, class, .. } => {
                    self.share(id, old, (*element, *class), at);
                }
                Node::Map(map) => self.map(id, map, at),
                Node::Container(container) => self.container(container, at),
                Node::Struct(_) | Node::Open => unreachable!("looked at above; never given out"),
            }
        }
    }

    /// # Safety
    /// These are the fields of the variant.
    unsafe fn arm(&mut self, arm: &Arm, fields: &[*const u8]) {
        for index in &arm.order {
            match &arm.parts[*index].0 {
                ArmPart::Moved(from, id) => {
                    // SAFETY: the caller's promise.
                    unsafe { self.values(*id, Run::one(fields[*from].cast_mut()), 1) };
                }
                ArmPart::Made(made) => {
                    self.seen.counts[made.source] += 1;
                    self.seen.arguments[made.source].extend(made.from.iter().map(|at| fields[*at]));
                }
            }
        }
        for leaving in &arm.parked {
            self.seen.leaving[leaving.park] += 1;
        }
    }

    /// # Safety
    /// As [`value`](Walk::value), of such a pointer.
    unsafe fn share(&mut self, id: Id, old: &Shared, (element, class): (Id, usize), at: *const u8) {
        // SAFETY: the caller's promise.
        let value = unsafe { (old.data)(at) };
        self.see(value.addr());
        self.seen.shares.push(value);
        if value.is_null() {
            return;
        }
        let is_new = !self.shared.contains_key(&value);
        let known = self.shared.entry(value).or_insert_with(|| {
            // SAFETY: the caller's promise.
            let counted = unsafe { (old.counts)(at) };
            Known { node: id, class, met: [0; 2], counted }
        });
        known.met[usize::from(old.is_weak)] += 1;
        if known.class != class {
            *self.refused.entry((id, OTHER_CLASS)).or_default() += 1;
        }
        if is_new {
            // SAFETY: a pointer to it is there.
            platform::deep(|| unsafe { self.values(element, Run::one(value.cast_mut()), 1) });
        }
    }

    /// # Safety
    /// As [`value`](Walk::value), of such a map.
    unsafe fn map(&mut self, id: Id, map: &MapPlan, at: *const u8) {
        // SAFETY: the caller's promise; the table's own entries are those of the map.
        unsafe {
            if let Some(tables) = tables().filter(|_| map.table) {
                let (stride, value) = (map.old.bucket.size(), map.old.at[1]);
                let table = tables.table(at, stride);
                self.see(table.control.addr());
                let full: Vec<_> = table.full().collect();
                self.see(full.len());
                full.iter().for_each(|at| self.see(*at));
                for bucket in full {
                    let value = table.base.add(bucket * stride + value);
                    platform::deep(|| self.values(map.value, Run::one(value), 1));
                }
                return;
            }
            let entries = entries(map, at);
            for [key, value] in &entries {
                self.see(key.addr());
                self.see(value.addr());
            }
            if map.asks()
                && let Node::Struct(key) = &self.plan.nodes[map.key]
            {
                let sources = key.made.iter().map(|made| made.source);
                let before = sources.map(|source| (source, self.seen.counts[source])).collect();
                self.seen.maps.push(SeenMap { node: id, at, entries: entries.clone(), before });
            }
            for [key, _] in &entries {
                self.values(map.key, Run::one(key.cast_mut()), 1);
            }
            for [_, value] in &entries {
                platform::deep(|| self.values(map.value, Run::one(value.cast_mut()), 1));
            }
        }
    }

    /// # Safety
    /// As [`value`](Walk::value), of such a container.
    unsafe fn container(&mut self, plan: &ContainerPlan, at: *const u8) {
        let ContainerPlan { old, kinds, path, .. } = plan;
        let mut found = vec![Vec::new(); kinds.len()];
        let mut add = |kind: usize, at, count| found[kind].push((at, count));
        // SAFETY: the caller's promise.
        let listed = unsafe {
            self.seen.counted_for.extend((old.functions.counts)(at));
            (old.functions.list)(old, at, &mut Found::new(&mut add))
        };
        if let Err(why) = listed {
            return self.seen.reasons.push(refusals::container(path, &why));
        }
        for (kind, (plan, runs)) in kinds.iter().zip(&found).enumerate() {
            let count: usize = runs.iter().map(|(_, count)| count).sum();
            self.see(count);
            let Some(KindPlan { node, layouts: [from, _], .. }) = plan else {
                if count > 0 {
                    let ty = old.types[kind]().table.ty();
                    self.seen.reasons.push(refusals::unlisted(path, ty, count));
                }
                continue;
            };
            for (at, count) in runs {
                self.see(at.addr());
                self.see(*count);
                let run = Run { at: at.cast_mut(), stride: from.size() };
                // SAFETY: the container has them.
                platform::deep(|| unsafe { self.values(*node, run, *count) });
            }
        }
        self.seen.containers.push(found);
    }
}

/// Where each key and value is.
///
/// # Safety
/// Such a map is there.
pub(super) unsafe fn entries(map: &MapPlan, at: *const u8) -> Vec<[*const u8; 2]> {
    // SAFETY: the caller's promise; there is room for all of them.
    unsafe {
        let mut entries = vec![[ptr::null(); 2]; (map.old.len)(at)];
        (map.old.entries)(at, entries.as_mut_ptr());
        entries
    }
}
