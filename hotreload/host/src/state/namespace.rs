//! Names, nested, and what each of them means at the moment.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use arc_swap::ArcSwap;
use rpds::RedBlackTreeMapSync;

use crate::said::{Code, Error, Reason, Result};
use crate::state::Definition;
use crate::state::definition::{host_owned, undefined};
use hot_rt::rt::Kind;

/// Names in names: deeper ones would be a mistake, or an attack on the stack.
const DEPTH: usize = 64;

/// A container of definitions, nested: `game::physics`.
///
/// The host has one, [`Host::namespace`](crate::Host::namespace): what is there changes by loading
/// bundles only, and every call that would change it errs. A program can make others, for pointers
/// of its own: nothing here follows a pointer.
///
/// Looking up takes no lock; writers are serialised. What is updated is the old or the new pointer
/// for everybody, never something between.
///
/// ```
/// use hot::{Code, Kind, Namespace};
///
/// fn step() {}
/// fn leap() {}
/// # fn main() -> Result<(), hot::Error> {
/// let root = Namespace::new();
/// root.define("game::physics::step", Kind::Function, step as *const ())?;
/// let old = root.update("game::physics::step", leap as *const ())?;
/// assert_eq!(old, step as *const ());
///
/// let physics = root.namespace("game::physics").unwrap();
/// assert_eq!(physics.lookup("step")?.pointer(), Some(leap as *const ()));
/// root.destroy("game")?;
/// assert_eq!(root.lookup("game::physics::step").unwrap_err().code(), Code::Undefined);
/// # Ok(())
/// # }
/// ```
#[derive(Default)]
pub struct Namespace {
    /// Empty for a root.
    path: Box<str>,
    /// Whether it changes by the host's commits only.
    sealed: bool,
    entries: ArcSwap<Entries>,
    writer: Mutex<()>,
}

/// Readers have the one before while a writer makes the next of it: both share what they have in common, so
/// that a name costs the same however many there are.
#[derive(Default, Clone)]
struct Entries {
    namespaces: RedBlackTreeMapSync<Box<str>, Arc<Namespace>>,
    definitions: RedBlackTreeMapSync<Box<str>, Arc<Definition>>,
    destroyed: bool,
}

/// What to do where a namespace on the way is missing.
enum Missing {
    Create,
    Refuse,
}

impl Namespace {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The host's.
    pub(crate) fn sealed() -> Self {
        Namespace { sealed: true, ..Namespace::default() }
    }

    /// The full name; empty for a root.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The definition of this name, relative to this namespace: `physics::step`. It may be one that
    /// nothing defines at the moment.
    pub fn get(&self, path: &str) -> Option<Arc<Definition>> {
        let entries = self.entries.load();
        match path.split_once("::") {
            None => entries.definitions.get(path).cloned(),
            Some((first, rest)) => entries.namespaces.get(first)?.get(rest),
        }
    }

    /// As [`get`](Namespace::get), where a missing name is an error.
    ///
    /// # Errors
    /// [`Code::Undefined`] if there is none, or if nothing defines it at the moment.
    pub fn lookup(&self, path: &str) -> Result<Arc<Definition>> {
        let found = self.get(path).filter(|definition| definition.is_defined());
        found.ok_or_else(|| undefined(&self.full(path)))
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
        all.sort_by(|a, b| a.path().cmp(b.path()));
        all
    }

    /// Every namespace within this one, on all levels, in the order of their paths.
    pub fn namespaces(&self) -> Vec<Arc<Namespace>> {
        let entries = self.entries.load();
        let mut all: Vec<_> = entries.namespaces.values().cloned().collect();
        all.extend(entries.namespaces.values().flat_map(|namespace| namespace.namespaces()));
        all.sort_by(|a, b| a.path.cmp(&b.path));
        all
    }

    /// Creates an empty namespace, and those on the way to it.
    ///
    /// # Errors
    /// [`Code::AlreadyDefined`] if it is there; [`Code::BadName`]; [`Code::HostOwned`];
    /// [`Code::NoNamespace`] if this namespace was destroyed.
    pub fn create(&self, path: &str) -> Result<Arc<Namespace>> {
        self.change(path, Missing::Create, |parent, entries, name| {
            if entries.namespaces.contains_key(name) {
                return Err(taken(&parent.full(name), "a namespace"));
            }
            let created = Arc::new(parent.child(name));
            entries.namespaces.insert_mut(name.into(), created.clone());
            Ok(created)
        })
    }

    /// Takes a namespace away, with everything within: whoever holds one of its definitions finds it
    /// undefined, and whoever holds the namespace cannot define anything there any more.
    ///
    /// # Errors
    /// [`Code::NoNamespace`] if there is none of this name; [`Code::BadName`]; [`Code::HostOwned`].
    pub fn destroy(&self, path: &str) -> Result<()> {
        self.change(path, Missing::Refuse, |parent, entries, name| {
            let destroyed = entries.namespaces.get(name).cloned();
            entries.namespaces.remove_mut(name);
            destroyed.ok_or_else(|| no_namespace(&parent.full(name)))?.clear();
            Ok(())
        })
    }

    /// Gives a name its meaning; creates the namespaces on the way to it. A definition and a
    /// namespace may have one name, as a function and a module may.
    ///
    /// # Errors
    /// [`Code::AlreadyDefined`] if the name has one; [`Code::BadName`]; [`Code::HostOwned`];
    /// [`Code::NoNamespace`] if this namespace was destroyed.
    pub fn define(&self, path: &str, kind: Kind, pointer: *const ()) -> Result<Arc<Definition>> {
        self.change(path, Missing::Create, |parent, entries, name| {
            if let Some(known) = entries.definitions.get(name) {
                return Err(taken(known.path(), &format!("a {}", known.kind())));
            }
            let definition = Arc::new(Definition::open(parent.full(name), kind, pointer));
            entries.definitions.insert_mut(name.into(), definition.clone());
            Ok(definition)
        })
    }

    /// Lets a name mean something else from now on, and gives what it meant before, in one step.
    ///
    /// # Errors
    /// [`Code::Undefined`] if there is none of this name; [`Code::HostOwned`].
    pub fn update(&self, path: &str, pointer: *const ()) -> Result<*const ()> {
        if self.sealed {
            return Err(host_owned(&self.full(path)));
        }
        self.lookup(path)?.update(pointer)
    }

    /// Takes a name away, and gives what it meant. Whoever holds the definition finds it undefined;
    /// a later [`define`](Namespace::define) of the name makes another one.
    ///
    /// # Errors
    /// [`Code::Undefined`] if there is none of this name; [`Code::NoNamespace`] if there is no such
    /// namespace; [`Code::BadName`]; [`Code::HostOwned`].
    pub fn undefine(&self, path: &str) -> Result<*const ()> {
        self.change(path, Missing::Refuse, |parent, entries, name| {
            let definition = entries.definitions.get(name).cloned();
            entries.definitions.remove_mut(name);
            let meaning = definition.and_then(|definition| definition.take());
            meaning.ok_or_else(|| undefined(&parent.full(name)))
        })
    }

    /// The host's definition of this name; created undefined if it is new.
    pub(crate) fn place(&self, path: &str, kind: Kind) -> Arc<Definition> {
        self.get(path).unwrap_or_else(|| {
            let placed = self.descend(path, &Missing::Create, |parent, entries, name| {
                if let Some(known) = entries.definitions.get(name) {
                    return Ok(known.clone());
                }
                let placed = Arc::new(Definition::sealed(parent.full(name), kind));
                entries.definitions.insert_mut(name.into(), placed.clone());
                Ok(placed)
            });
            placed.expect("the host's namespaces are never destroyed")
        })
    }

    /// Changes the entries of the namespace that the path's last name lies in.
    fn change<T>(
        &self,
        path: &str,
        missing: Missing,
        change: impl FnOnce(&Namespace, &mut Entries, &str) -> Result<T>,
    ) -> Result<T> {
        if self.sealed {
            return Err(host_owned(&self.full(path)));
        }
        check_name(&self.full(path), path)?;
        self.descend(path, &missing, change)
    }

    /// The namespaces on the way stay locked, the outer ones first, so that none of them is
    /// destroyed meanwhile. What fails leaves everything as it was: entries are replaced at the end.
    fn descend<T>(
        &self,
        path: &str,
        missing: &Missing,
        change: impl FnOnce(&Namespace, &mut Entries, &str) -> Result<T>,
    ) -> Result<T> {
        let _writer = self.lock();
        let known = self.entries.load();
        if known.destroyed {
            return Err(no_namespace(&self.path));
        }
        let Some((first, rest)) = path.split_once("::") else {
            let mut entries = Entries::clone(&known);
            let changed = change(self, &mut entries, path)?;
            self.entries.store(Arc::new(entries));
            return Ok(changed);
        };
        if let Some(inner) = known.namespaces.get(first) {
            return inner.descend(rest, missing, change);
        }
        if let Missing::Refuse = missing {
            return Err(no_namespace(&self.full(first)));
        }
        let inner = Arc::new(self.child(first));
        let changed = inner.descend(rest, missing, change)?;
        let mut entries = Entries::clone(&known);
        entries.namespaces.insert_mut(first.into(), inner);
        self.entries.store(Arc::new(entries));
        Ok(changed)
    }

    /// Takes everything away, for ever.
    fn clear(&self) {
        let _writer = self.lock();
        let entries = self.entries.load();
        // The meanings before the names: what is not found any more is not defined any more.
        for definition in entries.definitions.values() {
            definition.take();
        }
        for namespace in entries.namespaces.values() {
            namespace.clear();
        }
        let destroyed = Entries { destroyed: true, ..Entries::default() };
        self.entries.store(Arc::new(destroyed));
    }

    fn child(&self, name: &str) -> Namespace {
        Namespace { path: self.full(name).into(), sealed: self.sealed, ..Namespace::default() }
    }

    /// The full name of what is called `path` here.
    fn full(&self, path: &str) -> String {
        if self.path.is_empty() { path.to_owned() } else { format!("{}::{path}", self.path) }
    }

    fn lock(&self) -> MutexGuard<'_, ()> {
        // A panic under the lock leaves the entries as they were: they are replaced at once.
        self.writer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Namespace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.definitions()).finish()
    }
}

/// `full` is the name from the root on, `path` the part of it that was asked for.
fn check_name(full: &str, path: &str) -> Result<()> {
    let wrong = |what: &str| {
        Err(Reason::new(Code::BadName, format!("{path:?} is not a name: {what}")).into())
    };
    if path.split("::").any(str::is_empty) {
        return wrong("a part of it is empty");
    }
    if path.replace("::", "").contains(|c: char| c == ':' || c.is_whitespace() || c.is_control()) {
        return wrong("it has a colon, a space or a control character in it");
    }
    if full.split("::").count() > DEPTH {
        return wrong(&format!("it is nested more than {DEPTH} deep"));
    }
    Ok(())
}

fn no_namespace(path: &str) -> Error {
    Reason::new(Code::NoNamespace, format!("there is no namespace `{path}`")).into()
}

fn taken(path: &str, by: &str) -> Error {
    Reason::new(Code::AlreadyDefined, format!("`{path}` is {by} already")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_nest_and_are_found_from_every_level() {
        let root = Namespace::sealed();
        root.place("game::physics::step", Kind::Function);
        root.place("game::draw", Kind::Function);
        root.place("quit", Kind::Function);
        assert_eq!(root.get("game::physics::step").unwrap().path(), "game::physics::step");
        assert!(root.get("game::physics").is_none());
        let game = root.namespace("game").unwrap();
        assert_eq!(game.get("physics::step").unwrap().path(), "game::physics::step");
        let paths: Vec<_> = root.definitions().iter().map(|d| d.path().to_owned()).collect();
        assert_eq!(paths, ["game::draw", "game::physics::step", "quit"]);
        assert!(!root.get("quit").unwrap().is_defined());
    }

    #[test]
    fn placing_twice_gives_the_same_definition() {
        let root = Namespace::sealed();
        let first = root.place("a::b", Kind::Function);
        assert!(Arc::ptr_eq(&first, &root.place("a::b", Kind::Function)));
    }

    #[test]
    fn writers_on_all_levels_lose_nothing() {
        let root = Namespace::sealed();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let root = &root;
                scope.spawn(move || {
                    for number in 0..50 {
                        root.place(&format!("n{}::t{thread}_{number}", number % 3), Kind::Function);
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
