//! Tables at run time: of a type, with all that it reaches.

use std::{
    collections::{BTreeMap, VecDeque},
    fmt,
};

use super::{Table, lifetimes};

/// Collects tables. A list of what is to be done, in place of recursion: chains of types may be
/// longer than the stack.
#[derive(Debug, Default)]
pub struct Describe {
    done: Description,
    /// The types that are described, by id, with the compiler's name for each.
    names: BTreeMap<u64, &'static str>,
    todo: VecDeque<fn(&mut Describe)>,
}

/// What was collected.
#[derive(Debug, Default)]
pub struct Description {
    /// The records, one after another, as in a manifest.
    pub bytes: Vec<u8>,
    /// Types that share one name.
    pub clashes: Vec<Clash>,
}

/// Two types of one name, which only happens within bodies of functions.
#[derive(Debug, PartialEq, Eq)]
pub struct Clash {
    /// The name's id.
    pub id: u64,
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

    /// Adds a type's table, and what it reaches to the list. `name` is the compiler's.
    pub(super) fn table(&mut self, name: &'static str, table: &Table) {
        let id = table.ty().id;
        match self.names.insert(id, name) {
            None => {
                self.done.bytes.extend(table.to_bytes());
                self.done.bytes.extend(lifetimes::record(table.ty(), table.lifetimes));
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
