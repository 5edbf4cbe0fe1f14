//! What is known of types, by their ids.
//!
//! ```text
//! described   asked of an image, which describes its types
//! name        what names of types tell
//! hash        a number for all that types reach
//! untracked   what is opaque
//! promises    whether a type is `Send` or `Sync`
//! ```

mod described;
mod hash;
mod name;
mod promises;
mod untracked;

pub(crate) use crate::file::tables::hash::Numbers;

use std::{collections::hash_map::Entry, sync::Mutex};

use rustc_hash::FxHashMap;

use crate::file::manifest::{Field, GenericType, Identities, Lifetimes, Manifest, Table, TypeName};
use crate::said::{Code, Reason};
use hot_rt::rt::versioned::TypeKind;

/// What is known of types: from a library's manifest, or from an image that describes them.
#[derive(Debug, Default)]
pub(crate) struct Tables {
    pub(crate) types: FxHashMap<u128, Table>,
    generics: FxHashMap<u128, GenericType>,
    /// What only an image knows.
    lifetimes: FxHashMap<u128, Lifetimes>,
    identities: FxHashMap<u128, Identities>,
    /// Those that were asked for.
    hashes: Mutex<FxHashMap<u128, Numbers>>,
}

impl Tables {
    /// Of a manifest.
    pub(crate) fn of_manifest(manifest: &Manifest) -> Result<Tables, Reason> {
        let mut tables = Tables::default();
        tables.add(manifest)?;
        Ok(tables)
    }

    /// Of what an image describes: the same records. Those of the manifest may be added to them.
    pub(crate) fn of_described(bytes: &[u8]) -> Result<Tables, Reason> {
        Tables::of_manifest(&Manifest::parse(bytes)?)
    }

    /// Adds the types of a manifest.
    pub(crate) fn add(&mut self, manifest: &Manifest) -> Result<(), Reason> {
        for table in &manifest.types {
            insert(&mut self.types, &table.name, table)?;
        }
        for generic in &manifest.generics {
            insert(&mut self.generics, &generic.name, generic)?;
        }
        self.lifetimes.extend(manifest.lifetimes.iter().cloned());
        self.identities.extend(manifest.identities.iter().cloned());
        // What an image describes has no records of them; a manifest has no tables of what they
        // become. The one shall be comparable with the other.
        let of_generics = manifest.types.iter().filter(|table| table.is_of_generic());
        for table in of_generics {
            let definition = self.generics.entry(table.name.definition());
            definition.or_insert_with(|| GenericType::of(table));
        }
        Ok(())
    }

    /// The table of a type.
    pub(crate) fn table(&self, name: &TypeName) -> Option<&Table> {
        self.types.get(&name.id)
    }

    /// Whether both say the same of the same types.
    pub(crate) fn is_same(&self, other: &Tables) -> bool {
        (&self.types, &self.generics, &self.lifetimes, &self.identities)
            == (&other.types, &other.generics, &other.lifetimes, &other.identities)
    }

    /// Where the type has lifetimes, if an image has said it.
    pub(crate) fn lifetimes(&self, table: &Table) -> Option<&Lifetimes> {
        self.lifetimes.get(&table.name.id)
    }

    /// Which types the type's opaque fields are of, if it has any and an image has said it.
    pub(crate) fn identities(&self, name: &TypeName) -> Option<&Identities> {
        self.identities.get(&name.id)
    }

    /// Every table.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Table> {
        self.types.values()
    }

    /// The table of the type with this id.
    pub(crate) fn of_id(&self, id: u128) -> Option<&Table> {
        self.types.get(&id)
    }

    /// The definition of which the type is one.
    pub(crate) fn generic(&self, name: &TypeName) -> Option<&GenericType> {
        if self.generics.is_empty() { None } else { self.generics.get(&name.definition()) }
    }

    /// Whether everything that the type reaches is there. A manifest lacks the types that generic
    /// ones become; an image describes them. Those of other crates that `hot` knows have no record.
    pub(crate) fn is_complete(&self, root: &TypeName) -> bool {
        let mut seen = std::collections::HashSet::from([root.id]);
        let mut todo = vec![root];
        while let Some(name) = todo.pop() {
            let table = self.table(name);
            if table.is_none() && self.generic(name).is_some() {
                return false;
            }
            todo.extend(hash::leads_to(name, table).filter(|name| seen.insert(name.id)));
        }
        true
    }
}

/// Adds what has a name, unless it is there already; two different ones of one name are an error.
fn insert<T: PartialEq + Clone>(
    all: &mut FxHashMap<u128, T>,
    name: &TypeName,
    one: &T,
) -> Result<(), Reason> {
    match all.entry(name.id) {
        Entry::Vacant(entry) => {
            entry.insert(one.clone());
            Ok(())
        }
        Entry::Occupied(entry) if entry.get() == one => Ok(()),
        Entry::Occupied(_) => Err(Reason::new(
            Code::Manifest,
            format!("two types are called `{name}`: nothing could tell one from the other"),
        )
        .help("give one of them a name of its own: `#[hot::versioned(name = \"..\")]`")),
    }
}

impl Table {
    /// Whether the layout follows from the arguments.
    pub(crate) fn is_library(&self) -> bool {
        matches!(self.kind, TypeKind::Builtin | TypeKind::Unsized)
    }

    /// Whether it is what a definition of an author's becomes with arguments.
    fn is_of_generic(&self) -> bool {
        let of_author =
            !matches!(self.kind, TypeKind::Builtin | TypeKind::Opaque | TypeKind::Unsized);
        of_author && !self.name.args.is_empty()
    }

    /// The fields, and those of the variants.
    pub(crate) fn all_fields(&self) -> impl Iterator<Item = &Field> {
        self.fields.iter().chain(self.variants.iter().flat_map(|variant| &variant.fields))
    }
}
