//! What a symbol of a content counts as, beside another content.
//!
//! Most symbols have the same name, bytes and uses in both: they are settled by that alone, and
//! their names need not even be demangled. From those that differ it spreads to what uses them, as
//! long as that is code that nobody wrote by hand: generic code of other crates and the macros'
//! entries have no names that mean anything from build to build, so they count as their content.
//! The author's functions count as their names: what changed within a helper is no change of its
//! callers.

use std::{cell::OnceCell, collections::BTreeSet};

use hot_rt::rt::versioned::Hasher;
use rustc_hash::FxHashSet;

use crate::file::machine_code::names::{Described, Owner};
use crate::file::machine_code::{Id, MachineCode, Map, Node, Role, names};

/// One of two contents while they are compared.
pub(crate) struct Side<'a> {
    content: &'a MachineCode,
    /// Who uses a symbol; made when it is asked for.
    users: OnceCell<Map<Id, Vec<Id>>>,
    described: Map<Id, Described>,
    /// Where something may differ.
    affected: FxHashSet<Id>,
    /// The contents of affected code that nobody wrote by hand.
    deep: Map<Id, u128>,
    /// The names, but for the compiler's numbers in them, of what both contents have.
    families: FxHashSet<u128>,
}

impl<'a> Side<'a> {
    pub(crate) fn new(content: &'a MachineCode) -> Self {
        Side {
            content,
            users: OnceCell::new(),
            described: Map::default(),
            affected: FxHashSet::default(),
            deep: Map::default(),
            families: FxHashSet::default(),
        }
    }

    pub(crate) fn set_shared_families(&mut self, families: FxHashSet<u128>) {
        self.families = families;
    }

    /// How many symbols are affected.
    pub(crate) fn affected(&self) -> usize {
        self.affected.len()
    }

    /// Whether it is an instance of a generic function of which the other content has no such
    /// instance, but others that this one has too: it came or went, and was not renamed.
    pub(crate) fn is_instance(&self, id: Id, other: &MachineCode) -> bool {
        let family = || names::id(names::family(self.content.name(id)));
        !other.contains(id) && self.families.contains(&family())
    }

    fn users(&self, id: Id) -> &[Id] {
        let users = self.users.get_or_init(|| {
            let mut users: Map<Id, Vec<Id>> = Map::default();
            for (id, node) in self.content.nodes() {
                for used in &node.uses {
                    users.entry(*used).or_default().push(id);
                }
            }
            users
        });
        users.get(&id).map_or(&[], |users| users)
    }

    fn describe(&mut self, id: Id) -> &Described {
        let content = self.content;
        self.described
            .entry(id)
            .or_insert_with(|| names::describe(content.name(id), &content.crates))
    }

    /// Whether the symbol counts as its content, not as its name.
    fn is_transparent(&mut self, id: Id) -> bool {
        let is_function = self.content.get(id).is_some_and(|node| node.role == Role::Function);
        match self.describe(id).owner {
            Owner::Foreign => true,
            Owner::Generated => is_function,
            Owner::Bundle | Owner::Dependency => false,
        }
    }

    /// Marks these symbols and everything that may differ with them.
    pub(crate) fn spread(&mut self, mut queue: Vec<Id>) {
        let content = self.content;
        while let Some(id) = queue.pop() {
            if !content.contains(id) {
                continue;
            }
            if self.affected.insert(id) && self.is_transparent(id) {
                queue.extend(self.users(id));
            }
        }
    }

    /// Marks these symbols and the code that nobody wrote by hand below them.
    pub(crate) fn unfold(&mut self, mut queue: Vec<Id>) {
        let content = self.content;
        let mut seen = FxHashSet::default();
        while let Some(id) = queue.pop() {
            let Some(node) = content.get(id) else { continue };
            if seen.insert(id) && self.is_transparent(id) {
                self.affected.insert(id);
                queue.extend(&node.uses);
            }
        }
    }

    /// Computes what the affected code holds that counts as its content: in each round one step
    /// deeper, so that cycles end and the order does not matter.
    pub(crate) fn look_into(&mut self, other: &MachineCode, rounds: usize) {
        let content = self.content;
        let mut nodes = Vec::new();
        for id in self.affected.clone() {
            let node = content.get(id).expect("only what is defined is affected");
            if self.is_transparent(id) {
                nodes.push((id, node));
                self.deep.insert(id, node.own);
            }
        }
        for _ in 0..rounds {
            let next: Vec<_> =
                nodes.iter().map(|(id, node)| (*id, self.mix(node, other))).collect();
            self.deep.extend(next);
        }
    }

    fn mix(&mut self, node: &Node, other: &MachineCode) -> u128 {
        let mut hasher = Hasher::new();
        hasher.u128(node.own);
        for id in &node.uses {
            let key = self.key(*id, other);
            hasher.u128(key);
        }
        hasher.digest()
    }

    /// What a use of the symbol counts as.
    fn key(&mut self, id: Id, other: &MachineCode) -> u128 {
        let content = self.content;
        let Some(node) = content.get(id) else { return id };
        if content.is_part(id, node) {
            return content.generated[&id];
        }
        if !self.affected.contains(&id) {
            return id;
        }
        match self.deep.get(&id) {
            Some(deep) => *deep,
            None if other.contains(id) || self.is_instance(id, other) => id,
            // Renamed by the compiler, or by a change of its signature.
            None => names::id(self.describe(id).full.as_bytes()),
        }
    }

    pub(crate) fn content_of(&mut self, id: Id, other: &MachineCode) -> u128 {
        let content = self.content;
        match content.get(id) {
            Some(node) if self.affected.contains(&id) => match self.deep.get(&id) {
                Some(deep) => *deep,
                None => self.mix(node, other),
            },
            _ => id,
        }
    }

    /// The affected functions and statics that people wrote.
    pub(crate) fn written(&mut self) -> Vec<(Id, Described)> {
        let mut written = Vec::new();
        for id in self.affected.clone() {
            let described = self.describe(id);
            // Where in the source a tracing event is: lines move with every edit above them.
            let is_place = described.full.contains("::__CALLSITE");
            if matches!(described.owner, Owner::Bundle | Owner::Dependency) && !is_place {
                written.push((id, described.clone()));
            }
        }
        written
    }

    /// The exports that use these symbols, and whether anything in the bundle's crate does.
    pub(crate) fn users_of(
        &mut self,
        symbols: impl Iterator<Item = Id>,
    ) -> (BTreeSet<String>, bool) {
        let content = self.content;
        let mut entries: Map<Id, Vec<&str>> = Map::default();
        for export in content.exports.iter().filter(|export| !export.is_var) {
            if let Some(entry) = export.entry {
                entries.entry(entry).or_default().push(&export.path);
            }
        }
        let (mut of, mut is_used) = (BTreeSet::new(), false);
        let mut queue: Vec<Id> = symbols.collect();
        let mut seen: FxHashSet<Id> = queue.iter().copied().collect();
        while let Some(id) = queue.pop() {
            if let Some(paths) = entries.get(&id) {
                of.extend(paths.iter().map(|path| (*path).to_owned()));
                continue;
            }
            // From here on it is whoever calls the export as it is then.
            if content.get(id).is_none_or(|node| content.is_part(id, node)) {
                continue;
            }
            is_used |= self.describe(id).owner == Owner::Bundle;
            queue.extend(self.users(id).iter().filter(|user| seen.insert(**user)));
        }
        (of, is_used)
    }

    /// Whether there is a function of this name.
    fn has_body(&mut self, path: &str) -> bool {
        let content = self.content;
        let last = names::last(path).as_bytes();
        let named = |id: &&Id| names::contains(content.name(**id), last);
        content.places.keys().filter(named).any(|id| self.describe(*id).path == path)
    }

    /// The export whose body a group of another name is: `name = ".."` gives the definition a name
    /// of its own, and a method's symbol need not say in which module it was written.
    pub(crate) fn body_of<'i>(
        &mut self,
        path: &str,
        group: impl Iterator<Item = &'i Id>,
    ) -> Option<usize> {
        let content = self.content;
        for id in group {
            let is_renamed = names::contains(content.name(*id), b"__hot_body_");
            let mut queue = vec![*id];
            let mut seen = FxHashSet::default();
            while let Some(id) = queue.pop() {
                if !seen.insert(id) {
                    continue;
                }
                let found = content.exports.iter().position(|export| {
                    export.entry == Some(id)
                        && !export.is_var
                        && (is_renamed
                            || names::last(&export.path) == names::last(path)
                            || !(path.starts_with('<') || self.has_body(&export.path)))
                });
                if found.is_some() {
                    return found;
                }
                for user in self.users(id).to_vec() {
                    if self.is_transparent(user) {
                        queue.push(user);
                    }
                }
            }
        }
        None
    }
}
