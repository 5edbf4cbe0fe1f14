//! Names, nested, and what each of them means at the moment.

use std::{
    any::TypeId,
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::{ArcSwap, ArcSwapOption};

use super::manifest::Function;
use crate::rt::Version;

/// What a definition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Kind {
    /// A function.
    Function,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Kind::Function => "function",
        })
    }
}

/// A container of definitions, nested: `game::physics`.
///
/// Looking up takes no lock; writers are serialised.
///
/// ```
/// #[hot::export]
/// fn double(number: i32) -> i32 {
///     number * 2
/// }
///
/// # fn main() {
/// let host = hot::Host::start().unwrap();
/// let paths: Vec<_> = host.namespace().definitions().iter().map(|d| d.path().to_owned()).collect();
/// assert!(paths.iter().any(|path| path.ends_with("::double")));
/// # }
/// ```
#[derive(Default)]
pub struct Namespace {
    entries: ArcSwap<Entries>,
    writer: Mutex<()>,
}

#[derive(Default, Clone)]
struct Entries {
    namespaces: BTreeMap<Box<str>, Arc<Namespace>>,
    definitions: BTreeMap<Box<str>, Arc<Definition>>,
}

/// A name, a kind, and the current version.
pub struct Definition {
    path: Box<str>,
    kind: Kind,
    current: ArcSwapOption<Current>,
}

/// A definition's current version with what a caller must have been compiled with to reach it.
pub(crate) struct Current {
    pub(crate) version: &'static Version,
    pub(crate) function: Arc<Function>,
    pub(crate) shape: u64,
    pub(crate) signature: TypeId,
    pub(crate) identity: TypeId,
}

impl Namespace {
    /// The definition of this name, relative to this namespace: `physics::step`.
    pub fn get(&self, path: &str) -> Option<Arc<Definition>> {
        let entries = self.entries.load();
        match path.split_once("::") {
            None => entries.definitions.get(path).cloned(),
            Some((first, rest)) => entries.namespaces.get(first)?.get(rest),
        }
    }

    /// The namespace of this name, relative to this one.
    pub fn namespace(&self, path: &str) -> Option<Arc<Namespace>> {
        let entries = self.entries.load();
        match path.split_once("::") {
            None => entries.namespaces.get(path).cloned(),
            Some((first, rest)) => entries.namespaces.get(first)?.namespace(rest),
        }
    }

    /// Every definition in this namespace and those within, in the order of their paths.
    pub fn definitions(&self) -> Vec<Arc<Definition>> {
        let entries = self.entries.load();
        let mut all: Vec<_> = entries.definitions.values().cloned().collect();
        all.extend(entries.namespaces.values().flat_map(|namespace| namespace.definitions()));
        all.sort_by(|a, b| a.path.cmp(&b.path));
        all
    }

    /// The definition of this name; created undefined if it is new.
    pub(crate) fn define(&self, path: &str, kind: Kind) -> Arc<Definition> {
        self.define_within(path, path, kind)
    }

    fn define_within(&self, relative: &str, path: &str, kind: Kind) -> Arc<Definition> {
        let _writer = self.lock();
        let mut entries = Entries::clone(&self.entries.load());
        match relative.split_once("::") {
            None => {
                let definition = entries.definitions.entry(relative.into()).or_insert_with(|| {
                    Arc::new(Definition {
                        path: path.into(),
                        kind,
                        current: ArcSwapOption::empty(),
                    })
                });
                let definition = definition.clone();
                self.entries.store(Arc::new(entries));
                definition
            }
            Some((first, rest)) => {
                let inner = entries.namespaces.entry(first.into()).or_default().clone();
                let definition = inner.define_within(rest, path, kind);
                self.entries.store(Arc::new(entries));
                definition
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        // A panic under the lock leaves the entries as they were: they are replaced at once.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Definition {
    /// The full name, `crate::module::name`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What it is.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether anything defines it now: a loaded bundle, or the baseline.
    pub fn is_defined(&self) -> bool {
        self.current.load().is_some()
    }

    /// The generation that defines it now: 0 is the baseline; `None`, nothing does.
    pub fn generation(&self) -> Option<u64> {
        self.current.load().as_ref().map(|current| current.version.generation)
    }

    /// The current signature for people, for example `fn(&str) -> String`.
    pub fn signature(&self) -> Option<String> {
        self.current.load().as_ref().map(|current| current.function.display.clone())
    }

    pub(crate) fn current(&self) -> Option<Arc<Current>> {
        self.current.load_full()
    }

    pub(crate) fn set(&self, current: Option<Arc<Current>>) {
        self.current.store(current);
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.definitions()).finish()
    }
}

impl fmt::Debug for Definition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Definition")
            .field("path", &self.path)
            .field("kind", &self.kind)
            .field("generation", &self.generation())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_nest_and_are_found_from_every_level() {
        let root = Namespace::default();
        root.define("game::physics::step", Kind::Function);
        root.define("game::draw", Kind::Function);
        root.define("quit", Kind::Function);
        assert_eq!(root.get("game::physics::step").unwrap().path(), "game::physics::step");
        assert!(root.get("game::physics").is_none());
        let game = root.namespace("game").unwrap();
        assert_eq!(game.get("physics::step").unwrap().path(), "game::physics::step");
        let paths: Vec<_> = root.definitions().iter().map(|d| d.path().to_owned()).collect();
        assert_eq!(paths, ["game::draw", "game::physics::step", "quit"]);
        assert!(!root.get("quit").unwrap().is_defined());
    }

    #[test]
    fn defining_twice_gives_the_same_definition() {
        let root = Namespace::default();
        let first = root.define("a::b", Kind::Function);
        assert!(Arc::ptr_eq(&first, &root.define("a::b", Kind::Function)));
    }

    #[test]
    fn writers_on_all_levels_lose_nothing() {
        let root = Namespace::default();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let root = &root;
                scope.spawn(move || {
                    for number in 0..50 {
                        root.define(
                            &format!("n{}::t{thread}_{number}", number % 3),
                            Kind::Function,
                        );
                        assert!(
                            root.get(&format!("n{}::t{thread}_{number}", number % 3)).is_some()
                        );
                    }
                });
            }
        });
        assert_eq!(root.definitions().len(), 200);
    }
}
