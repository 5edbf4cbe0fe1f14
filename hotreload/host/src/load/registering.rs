//! Constructors of a bundle that use what exists once in the process: they register something there, with
//! each generation once more, and nothing takes it out again.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use crate::file::constructors;
use crate::said::{Code, Reason};

/// Names of what may be registered again and again. `derive(Reflect)` has each type's registration
/// listed, and who goes through the list registers types by their `TypeId`s.
const HARMLESS: [&str; 1] = ["AutomaticReflectRegistrations"];

/// What registers nothing by itself: the allocator, and the functions that put something into a registry
/// which they are given. Each bundle has registries of its own, of its exports for example.
const NOTHING: [&str; 2] = ["__rustc::", "inventory::"];

/// As many constructors as a message names.
const SHOWN: usize = 3;

/// A reason for each set of crates that constructors of this file use, if none of them is in `may_use`.
/// `of_libraries` are the names that the file has from the libraries that it needs.
pub(super) fn check(
    file: &Path,
    of_libraries: &BTreeSet<String>,
    may_use: &BTreeSet<String>,
) -> Vec<Reason> {
    let shown = |name: &String| format!("{:#}", rustc_demangle::demangle(name));
    // Of functions of std's that the library has instances of, no crate is left; C has no paths.
    let counts = |name: &String| {
        !NOTHING.iter().any(|it| name.starts_with(it))
            && (!name.contains("::") || crates(name).next().is_some())
    };
    // What constructors use takes far longer to find out.
    if !of_libraries.iter().map(shown).any(|name| counts(&name)) {
        return Vec::new();
    }
    let mut found: BTreeMap<BTreeSet<String>, Vec<String>> = BTreeMap::new();
    for constructor in constructors::of(file) {
        let names = constructor.uses.intersection(of_libraries).map(shown);
        let names: Vec<_> = names.filter(counts).collect();
        let crates: BTreeSet<_> =
            names.iter().flat_map(|name| crates(name)).map(str::to_owned).collect();
        let is_harmless = names.iter().any(|name| HARMLESS.iter().any(|it| name.contains(it)));
        if !names.is_empty() && !is_harmless && crates.is_disjoint(may_use) {
            found.entry(crates).or_default().push(constructor.name);
        }
    }
    found.into_iter().map(|(crates, constructors)| reason(&crates, &constructors)).collect()
}

fn reason(crates: &BTreeSet<String>, constructors: &[String]) -> Reason {
    let names: Vec<_> = crates.iter().map(|name| format!("`{name}`")).collect();
    let names = if names.is_empty() { "a shared library".to_owned() } else { names.join(", ") };
    let what = format!("a constructor of the bundle would use {names} as soon as it is opened");
    let shown = constructors.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    let shown = match constructors.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown}, and {more} more"),
    };
    Reason::new(Code::Registers, what).fact("constructor", shown)
}

/// The crates that a symbol's path begins with, and those in it: `<engine::Plugin as inventory::Collect>`.
fn crates(name: &str) -> impl Iterator<Item = &str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let paths = name.split(move |c: char| !is_word(c) && c != ':');
    let first = paths.filter_map(|path| path.split_once("::").map(|(first, _)| first));
    first.filter(|it| !it.is_empty() && !matches!(*it, "core" | "alloc" | "std" | "_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn crates_in_names() {
        let of = |name| crates(name).collect::<Vec<_>>();
        assert_eq!(of("once::COUNT"), ["once"]);
        assert_eq!(
            of("engine::_::<impl inventory::Collect for engine::Plugin>::registry::REGISTRY"),
            ["engine", "inventory", "engine"]
        );
        assert_eq!(of("<alloc::vec::Vec<u8> as engine::Plugin>::name"), ["engine"]);
        assert!(of("sqlite3_auto_extension").is_empty());
    }
}
