//! Whether the values of a type may go to other threads: all that the holder of a handle relies on.

use std::collections::HashSet;

use crate::file::Tables;
use crate::file::manifest::TypeName;
use crate::file::tables::hash::leads_to;
use hot_rt::rt::versioned::Facts;

impl Tables {
    /// Whether a type has the trait, [`Facts::SEND`] or [`Facts::SYNC`]; none if something that it
    /// reaches is not known before it is loaded.
    ///
    /// An image tells of the types of authors. For those of libraries it is found as rustc finds it, from
    /// what is in them.
    pub(crate) fn promises(&self, name: &TypeName, fact: u8) -> Option<bool> {
        let mut seen = HashSet::from([(name.id, fact)]);
        let mut todo = vec![(name, fact)];
        while let Some((name, fact)) = todo.pop() {
            let table = self.table(name);
            match table.and_then(|table| table.facts.has(fact)) {
                Some(true) => continue,
                Some(false) => return Some(false),
                None if table.is_none() && self.generic(name).is_some() => return None,
                None => {}
            }
            if name.package.is_empty() && name.path.starts_with("dyn") {
                if !self.object_promises(name, fact) {
                    return Some(false);
                }
                continue;
            }
            let Some(needed) = needed(name, fact) else { return Some(false) };
            let held = name.args.iter().filter(|_| name.is_handle());
            for part in leads_to(name, table).chain(held) {
                let new = needed.iter().filter(|fact| seen.insert((part.id, **fact)));
                todo.extend(new.map(|fact| (part, *fact)));
            }
        }
        Some(true)
    }

    /// Of `dyn Trait`: by its spelling, or by a supertrait. Those that a `hot::Dyn` can be of have no
    /// others.
    fn object_promises(&self, object: &TypeName, fact: u8) -> bool {
        let promise = if fact == Facts::SEND { "Send" } else { "Sync" };
        let mut supertraits = object.args.iter().filter_map(|name| self.table(name));
        object.path.contains(promise)
            || supertraits.any(|of| {
                let mut objects = of.fields.iter().filter_map(|field| field.ty.as_deref());
                objects.any(|of| of.args.iter().any(|of| of.package == "std" && of.path == promise))
            })
    }
}

/// The traits that a type's parts need for it to have one; none if it never has it.
fn needed(name: &TypeName, fact: u8) -> Option<&'static [u8]> {
    const SEND: &[u8] = &[Facts::SEND];
    const SYNC: &[u8] = &[Facts::SYNC];
    const BOTH: &[u8] = &[Facts::SEND, Facts::SYNC];
    let needs_sync = fact == Facts::SYNC;
    Some(match (name.package.as_str(), name.path.as_str()) {
        ("", "*const" | "*mut") | ("std", "Rc" | "rc::Weak" | "NonNull") => return None,
        ("std", "Cell" | "RefCell" | "UnsafeCell" | "OnceCell") if needs_sync => return None,
        ("", path) if path.ends_with("fn") => &[],
        ("std", "AtomicPtr") => &[],
        ("", "&") => SYNC,
        ("std", "Arc" | "sync::Weak") => BOTH,
        ("std", "Mutex") => SEND,
        ("std", "RwLock" | "OnceLock" | "LazyLock") if needs_sync => BOTH,
        _ if needs_sync => SYNC,
        _ => SEND,
    })
}
