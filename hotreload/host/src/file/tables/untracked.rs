//! What is opaque in the types of a signature, and within all that they reach.

use std::{collections::HashSet, iter};

use crate::file::Tables;
use crate::file::manifest::{Field, Item, Table, TypeName, untracked};
use crate::file::tables::hash::leads_to;

impl Tables {
    /// The types of the items' signatures that have something opaque, and the fields behind them.
    pub(crate) fn untracked<'a>(&self, items: impl Iterator<Item = &'a Item>) -> Vec<String> {
        let items: Vec<_> = items.collect();
        let mut found: Vec<_> =
            items.iter().flat_map(|item| untracked(item)).map(str::to_owned).collect();
        let roots = items.iter().flat_map(|item| item.roots());
        let tables = self.reached(roots).filter_map(|name| self.table(name));
        found.extend(tables.flat_map(Table::opaque_fields));
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The types that code which has these gets to, also by a handle.
    pub(crate) fn reached<'a>(
        &'a self,
        roots: impl Iterator<Item = &'a TypeName>,
    ) -> impl Iterator<Item = &'a TypeName> {
        let mut seen = HashSet::new();
        let mut todo: Vec<&TypeName> = roots.filter(|name| seen.insert(name.id)).collect();
        iter::from_fn(move || {
            let name = todo.pop()?;
            let next = leads_to(name, self.table(name)).chain(name.held());
            todo.extend(next.filter(|name| seen.insert(name.id)));
            Some(name)
        })
    }

    /// Of which types there may be values behind the handles that code which has these gets to.
    pub(crate) fn held<'a>(
        &'a self,
        roots: impl Iterator<Item = &'a TypeName>,
    ) -> impl Iterator<Item = u128> {
        self.reached(roots).filter_map(|name| Some(name.held()?.id))
    }
}

impl Table {
    /// The paths of those that have something opaque in them.
    fn opaque_fields(&self) -> Vec<String> {
        let of = self.name.without_paths();
        let is_opaque = |field: &&Field| field.ty.as_ref().is_some_and(|ty| ty.has_opaque());
        let in_variants = self.variants.iter().flat_map(|variant| {
            let fields = variant.fields.iter().filter(is_opaque);
            fields.map(|field| format!("{of}::{}.{}", variant.name, field.name))
        });
        let fields = self.fields.iter().filter(is_opaque);
        fields.map(|field| format!("{of}.{}", field.name)).chain(in_variants).collect()
    }
}
