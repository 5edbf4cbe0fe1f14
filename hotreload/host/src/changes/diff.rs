//! Two contents compared: which exports differ, and which helpers of which exports.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use rustc_hash::FxHashSet;

use crate::file::machine_code::names::Owner;
use crate::file::machine_code::side::Side;
use crate::file::machine_code::{Id, MachineCode, names};
use crate::said::Helper;

/// How deep a difference may lie in code that nobody wrote by hand.
const ROUNDS: usize = 32;

/// Which exports and helpers of the new content differ from those of the old one.
pub(crate) fn changes(old: &MachineCode, new: &MachineCode) -> (Vec<String>, Vec<Helper>) {
    let seeds = old.differing(new);
    let entries = old.shared_entries(new);
    let moved = entries.iter().any(|(_, old, new)| old != new);
    let renamed = seeds.iter().any(|id| !old.contains(*id) || !new.contains(*id));
    if seeds.is_empty() && !moved {
        return Default::default();
    }
    let mut sides = [Side::new(old), Side::new(new)];
    for (side, content) in sides.iter_mut().zip([old, new]) {
        side.spread(seeds.clone());
        if moved {
            let entries = content.exports.iter().filter_map(|export| export.entry);
            side.unfold(entries.collect());
        }
    }
    let [mut old_side, mut new_side] = sides;
    if renamed {
        let families = old.shared_families(new);
        old_side.set_shared_families(families.clone());
        new_side.set_shared_families(families);
    }
    // As often for both, or the same code would count as different.
    let rounds = old_side.affected().max(new_side.affected()).min(ROUNDS);
    old_side.look_into(new, rounds);
    new_side.look_into(old, rounds);

    let mut edited: BTreeSet<String> = BTreeSet::new();
    for (path, before, after) in entries {
        if old_side.content_of(before, new) != new_side.content_of(after, old) {
            edited.insert(path.to_owned());
        }
    }
    let mut groups: BTreeMap<String, Group> = BTreeMap::new();
    for (id, described) in old_side.written() {
        let content = old_side.content_of(id, new);
        let group = groups.entry(described.path).or_default();
        if !old_side.is_instance(id, new) {
            group.old.insert(id, content);
        }
    }
    for (id, described) in new_side.written() {
        let content = new_side.content_of(id, old);
        let group = groups.entry(described.path).or_default();
        group.is_dependency = described.owner == Owner::Dependency;
        if !new_side.is_instance(id, old) {
            group.new.insert(id, content);
        }
    }
    let mut helpers = Vec::new();
    for (path, group) in groups.into_iter().filter(|(_, group)| group.is_changed()) {
        if let Some(export) =
            new.export_around(&path).or_else(|| new_side.body_of(&path, group.new.keys()))
        {
            let export = &new.exports[export];
            if !export.is_var {
                edited.insert(export.path.clone());
            }
            continue;
        }
        let (of, is_used) = new_side.users_of(group.new.keys().copied());
        // What a dependency has, but the bundle does not use, is not part of it.
        if !group.is_dependency || is_used || !of.is_empty() {
            helpers.push(Helper::new(path, of.into_iter().collect()));
        }
    }
    // An export that is new is not edited.
    edited.retain(|path| old.exports.iter().any(|export| export.path == *path));
    (edited.into_iter().collect(), helpers)
}

/// What has one name for people: a function with the closures in it, or the instances of a generic
/// one.
#[derive(Default)]
struct Group {
    old: BTreeMap<Id, u128>,
    new: BTreeMap<Id, u128>,
    is_dependency: bool,
}

impl Group {
    fn is_changed(&self) -> bool {
        let both = |id: &Id| self.old.contains_key(id) && self.new.contains_key(id);
        if self.old.iter().any(|(id, content)| self.new.get(id).is_some_and(|it| it != content)) {
            return true;
        }
        let rest = |side: &BTreeMap<Id, u128>| {
            let rest = side.iter().filter(|(id, _)| !both(id)).map(|(_, content)| *content);
            let mut rest: Vec<_> = rest.collect();
            rest.sort_unstable();
            rest
        };
        // An instance that only comes or goes is no edit; whoever uses it now or did has one.
        let (old, new) = (rest(&self.old), rest(&self.new));
        !old.is_empty() && !new.is_empty() && old != new
    }
}

impl MachineCode {
    /// The symbols that only one content has, or that differ.
    fn differing(&self, new: &MachineCode) -> Vec<Id> {
        let mut differing = Vec::new();
        let known: FxHashSet<_> = new.objects.iter().map(Arc::as_ptr).collect();
        for object in self.objects.iter().filter(|object| !known.contains(&Arc::as_ptr(object))) {
            for (id, _) in &object.nodes {
                let node = self.get(*id).expect("it is one of the nodes");
                if !new.get(*id).is_some_and(|new| new.is_like(node)) {
                    differing.push(*id);
                }
            }
        }
        differing.extend(new.places.keys().filter(|id| !self.contains(**id)));
        differing
    }

    /// The functions that both export, with the symbols that a host calls.
    fn shared_entries<'a>(&'a self, new: &'a MachineCode) -> Vec<(&'a str, Id, Id)> {
        let old: BTreeMap<_, _> = self.exports.iter().map(|it| (&*it.path, it.entry)).collect();
        let functions = new.exports.iter().filter(|export| !export.is_var);
        let shared = functions.filter_map(|export| {
            let before = old.get(&*export.path).copied().flatten()?;
            Some((&*export.path, before, export.entry?))
        });
        shared.collect()
    }

    /// The names, but for the compiler's numbers in them, of what both contents have.
    fn shared_families(&self, other: &MachineCode) -> FxHashSet<u128> {
        let shared = self.places.keys().filter(|id| other.contains(**id));
        shared.map(|id| names::id(names::family(self.name(*id)))).collect()
    }

    /// The export that has this path, or in which it lies.
    pub(crate) fn export_around(&self, path: &str) -> Option<usize> {
        let exports = self.exports.iter().enumerate();
        let around = exports.filter(|(_, export)| {
            let rest = path.strip_prefix(&*export.path);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        });
        around.max_by_key(|(_, export)| export.path.len()).map(|(index, _)| index)
    }
}
