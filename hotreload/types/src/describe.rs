//! Tables at run time: of a type, with all that it reaches.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

use super::{
    Table, Versioned,
    facts::Facts,
    identities, lifetimes,
    moves::{Migrate, MovesOf},
};

/// Collects tables. A list of what is to be done, in place of recursion: chains of types may be
/// longer than the stack.
#[derive(Debug, Default)]
pub struct Describe {
    done: Description,
    /// The types that are described, by id, with the compiler's name for each.
    names: BTreeMap<u128, &'static str>,
    todo: VecDeque<fn(&mut Describe)>,
}

/// What was collected.
#[derive(Debug, Default)]
pub struct Description {
    /// The records, one after another, as in a manifest.
    pub bytes: Vec<u8>,
    /// Types that share one name.
    pub clashes: Vec<Clash>,
    /// The types of values that are held by handle.
    pub behind_handles: Vec<BehindHandle>,
}

/// A type of values that are held by handle, as one image has it.
#[derive(Debug, Clone, Copy)]
#[repr(C)]
pub struct BehindHandle {
    /// The type's id.
    pub id: u128,
    /// What moves its values.
    pub moves: MovesOf,
    /// The image's functions that make whole types.
    pub migrates: fn() -> Vec<&'static Migrate>,
    /// What identifies its layout to all images, by an address.
    pub layout: fn() -> *const (),
    /// Whether it is `Send`.
    pub is_send: bool,
    /// Whether it is `Sync`.
    pub is_sync: bool,
}

impl BehindHandle {
    /// Of a type; only where code is made for it are its traits known.
    pub fn of<T: Versioned>(
        moves: MovesOf,
        migrates: fn() -> Vec<&'static Migrate>,
        layout: fn() -> *const (),
    ) -> BehindHandle {
        let facts = Facts::asked::<T>();
        let has = |fact| facts.has(fact) == Some(true);
        let (is_send, is_sync) = (has(Facts::SEND), has(Facts::SYNC));
        BehindHandle { id: T::REF.id(), moves, migrates, layout, is_send, is_sync }
    }
}

/// Two types of one name, which only happens within bodies of functions.
#[derive(Debug, PartialEq, Eq)]
pub struct Clash {
    /// The name's id.
    pub id: u128,
    /// The compiler's names of both.
    pub types: [&'static str; 2],
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` and `{}`", self.types[0], self.types[1])
    }
}

impl Describe {
    /// Describes these types (they are `T::describe`) and everything that they reach, each once.
    pub fn all(roots: impl IntoIterator<Item = fn(&mut Describe)>) -> Description {
        let mut describe = Describe { todo: roots.into_iter().collect(), ..Describe::default() };
        while let Some(next) = describe.todo.pop_front() {
            next(&mut describe);
        }
        describe.done
    }

    /// Adds the table of a type that is one of many, and what it reaches to the list. Only here are its
    /// traits known.
    pub fn one_of_many<T: Versioned>(&mut self) {
        let table = T::TABLE.with_facts::<T>(Facts::asked::<T>());
        self.table(core::any::type_name::<T>(), &table);
    }

    /// Adds a handle's own table, what it reaches to the list, and the type of the value behind it.
    pub fn handle<T: Versioned>(&mut self, behind: BehindHandle) {
        let known = self.done.behind_handles.iter().any(|known| known.id == behind.id);
        if !known {
            self.done.behind_handles.push(behind);
        }
        self.table(core::any::type_name::<T>(), T::TABLE);
    }

    /// Adds a type's table, and what it reaches to the list. `name` is the compiler's.
    pub(super) fn table(&mut self, name: &'static str, table: &Table) {
        let id = table.ty().id();
        match self.names.insert(id, name) {
            None => {
                self.done.bytes.extend(table.to_bytes());
                self.done.bytes.extend(lifetimes::record(table.ty(), table.lifetimes));
                self.done.bytes.extend(identities::record(table.ty(), table.identities));
                self.todo.extend(table.reaches());
            }
            Some(known) if known == name => {}
            Some(known) => {
                self.names.insert(id, known);
                let clash = Clash { id, types: [known, name] };
                if !self.done.clashes.contains(&clash) {
                    self.done.clashes.push(clash);
                }
            }
        }
    }
}
