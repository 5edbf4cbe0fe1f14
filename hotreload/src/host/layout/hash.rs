//! One number for a type with all that it reaches: the shortcut of [`Differ`](super::Differ). Equal
//! numbers in one process say that nothing differs.

use std::{
    collections::HashSet,
    hash::{Hash, Hasher},
};

use rustc_hash::FxHasher;

use super::Tables;
use crate::{
    host::manifest::{Field, Table, TypeName},
    rt::versioned::Facts,
};

impl Tables {
    /// The number of several types together.
    pub(crate) fn hash<'a>(&self, roots: impl Iterator<Item = &'a TypeName>) -> u64 {
        let mut hasher = FxHasher::default();
        roots.for_each(|root| self.hash_of(root).hash(&mut hasher));
        hasher.finish()
    }

    fn hash_of(&self, root: &TypeName) -> u64 {
        let mut known = self.hashes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = known.get(&root.id) {
            return *known;
        }
        let mut seen = HashSet::from([root.id]);
        let mut todo = vec![root];
        let mut hashes = Vec::new();
        while let Some(name) = todo.pop() {
            let table = self.table(name);
            let mut hasher = FxHasher::default();
            name.id.hash(&mut hasher);
            if let Some(table) = table {
                table.compared(&mut hasher);
            }
            if name.is_handle() {
                [Facts::SEND, Facts::SYNC]
                    .map(|fact| self.promises(&name.args[0], fact))
                    .hash(&mut hasher);
            }
            self.lifetimes.get(&name.id).hash(&mut hasher);
            hashes.push(hasher.finish());
            todo.extend(leads_to(name, table).filter(|name| seen.insert(name.id)));
        }
        // The order of the way does not count.
        hashes.sort_unstable();
        let mut hasher = FxHasher::default();
        hashes.hash(&mut hasher);
        let hash = hasher.finish();
        known.insert(root.id, hash);
        hash
    }
}

/// The types that a type reaches in one step.
pub(super) fn leads_to<'a>(
    name: &'a TypeName,
    table: Option<&'a Table>,
) -> impl Iterator<Item = &'a TypeName> {
    let fields = table.into_iter().flat_map(Table::all_fields);
    // The arguments of an author's type count only as far as it has fields of them.
    let of_arguments = table.is_none_or(Table::is_library);
    let fields = fields.filter_map(|field| field.ty.as_deref());
    fields.chain(name.types().filter(move |_| of_arguments))
}

impl Table {
    /// Everything that a comparison looks at, and nothing else: not how a type is spelled.
    fn compared(&self, hasher: &mut impl Hasher) {
        (self.kind as u8, self.size, self.align, self.option_size).hash(hasher);
        (self.facts.to_bits(), &self.repr, &self.generics, self.invariants).hash(hasher);
        fields(&self.fields, hasher);
        for variant in &self.variants {
            (&variant.name, &variant.form, variant.discriminant).hash(hasher);
            fields(&variant.fields, hasher);
        }
    }
}

/// Fields with offsets are told by their names, in whatever order they are written.
fn fields(all: &[Field], hasher: &mut impl Hasher) {
    let mut ordered: Vec<_> = all.iter().collect();
    if all.iter().all(|field| field.offset.is_some()) {
        ordered.sort_by_key(|field| &field.name);
    }
    for field in ordered {
        (&field.name, field.offset, &field.lifetimes).hash(hasher);
        // What a generic type promises is known in the fields of others only.
        (field.size, field.align, field.facts.to_bits()).hash(hasher);
        field.ty.as_ref().map(|ty| ty.id).hash(hasher);
    }
    all.len().hash(hasher);
}
