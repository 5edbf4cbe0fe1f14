//! Numbers for a type with all that it reaches: the shortcut of [`Differ`](super::Differ). Equal
//! numbers in one process say that nothing differs.

use std::{
    collections::HashSet,
    hash::{self, Hash},
};

use crate::file::Tables;
use crate::file::manifest::{Field, Table, TypeName};
use hot_rt::rt::versioned::{Facts, Hasher};

/// The numbers of types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Numbers {
    /// Of everything that has to be the same.
    pub(crate) layout: u128,
    /// Of what may differ: which fields are public, which has a direction, and the identities of opaque
    /// ones, which not all images can compare. Where these differ, [`Tables::keep_apart`] tells.
    pub(crate) aside: u128,
}

impl Tables {
    /// The numbers of several types together.
    pub(crate) fn hash<'a>(&self, roots: impl Iterator<Item = &'a TypeName>) -> Numbers {
        let (mut layout, mut aside) = (Hasher::new(), Hasher::new());
        for hash in roots.map(|root| self.hash_of(root)) {
            hash.layout.hash(&mut layout);
            hash.aside.hash(&mut aside);
        }
        Numbers { layout: layout.digest(), aside: aside.digest() }
    }

    /// Whether fields that are public here are private in `other`, which has the same layouts, or opaque
    /// ones have another type there.
    pub(crate) fn keep_apart<'a>(
        &self,
        other: &Tables,
        roots: impl Iterator<Item = &'a TypeName>,
    ) -> bool
    where
        Self: 'a,
    {
        let mut seen = HashSet::new();
        let mut todo: Vec<&TypeName> = roots.filter(|root| seen.insert(root.id)).collect();
        while let Some(name) = todo.pop() {
            let table = self.table(name);
            if let (Some(this), Some(other)) = (table, other.table(name))
                && this.hides(other)
            {
                return true;
            }
            if let (Some(this), Some(other)) = (self.identities(name), other.identities(name))
                && this.differ(other).next().is_some()
            {
                return true;
            }
            todo.extend(leads_to(name, table).filter(|name| seen.insert(name.id)));
        }
        false
    }

    fn hash_of(&self, root: &TypeName) -> Numbers {
        let mut known = self.hashes.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Some(known) = known.get(&root.id) {
            return *known;
        }
        let mut seen = HashSet::from([root.id]);
        let mut todo = vec![root];
        let (mut hashes, mut all_aside) = (Vec::new(), Vec::new());
        while let Some(name) = todo.pop() {
            let table = self.table(name);
            let (mut hasher, mut aside) = (Hasher::new(), Hasher::new());
            (name.id, table.is_some()).hash(&mut hasher);
            if let Some(table) = table {
                table.compared(&mut hasher, &mut aside);
            }
            if name.is_handle() {
                [Facts::SEND, Facts::SYNC]
                    .map(|fact| self.promises(&name.args[0], fact))
                    .hash(&mut hasher);
            }
            self.lifetimes.get(&name.id).hash(&mut hasher);
            let hash = hasher.digest();
            (hash, self.identities(name)).hash(&mut aside);
            hashes.push(hash);
            all_aside.push(aside.digest());
            todo.extend(leads_to(name, table).filter(|name| seen.insert(name.id)));
        }
        // The order of the way does not count.
        let together = |mut all: Vec<u128>| {
            all.sort_unstable();
            let mut hasher = Hasher::new();
            all.hash(&mut hasher);
            hasher.digest()
        };
        let hash = Numbers { layout: together(hashes), aside: together(all_aside) };
        known.insert(root.id, hash);
        hash
    }
}

/// The types that a type reaches in one step.
pub(crate) fn leads_to<'a>(
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
    /// Whether a field is public here and private in the other, of the same layout.
    fn hides(&self, other: &Table) -> bool {
        let variants = self.variants.iter().zip(&other.variants);
        let mut pairs = variants.map(|(this, other)| (&this.fields, &other.fields));
        hides(&self.fields, &other.fields) || pairs.any(|(this, other)| hides(this, other))
    }

    /// Everything that a comparison looks at, and nothing else: not how a type is spelled. Each list has
    /// its length before it, so that no two tables give the same bytes.
    fn compared(&self, hasher: &mut impl hash::Hasher, public: &mut impl hash::Hasher) {
        (self.kind as u8, self.size, self.align, self.option_size).hash(hasher);
        (self.facts.to_bits(), &self.repr, &self.generics, self.invariants).hash(hasher);
        fields(&self.fields, hasher, public);
        self.variants.len().hash(hasher);
        for variant in &self.variants {
            (&variant.name, &variant.form, variant.discriminant).hash(hasher);
            fields(&variant.fields, hasher, public);
        }
    }
}

fn hides(this: &[Field], other: &[Field]) -> bool {
    let is_private = |name: &str| other.iter().any(|field| field.name == name && !field.is_public);
    this.iter().any(|field| field.is_public && is_private(&field.name))
}

/// Fields with offsets are told by their names, in whatever order they are written.
fn fields(all: &[Field], hasher: &mut impl hash::Hasher, public: &mut impl hash::Hasher) {
    all.len().hash(hasher);
    let mut ordered: Vec<_> = all.iter().collect();
    if all.iter().all(|field| field.offset.is_some()) {
        ordered.sort_by_key(|field| &field.name);
    }
    for field in ordered {
        field.is_public.hash(public);
        (&field.name, field.offset, &field.lifetimes).hash(hasher);
        // What a generic type promises is known in the fields of others only.
        (field.size, field.align, field.facts.to_bits()).hash(hasher);
        field.ty.as_ref().map(|ty| ty.id).hash(hasher);
    }
}
