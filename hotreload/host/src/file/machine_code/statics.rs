//! Which statics and thread-locals can change: each image has its own, so they begin anew.

use std::{collections::BTreeSet, path::Path};

use object::{File, Object, ObjectSection, ObjectSymbol};

use crate::file::machine_code::names::{Described, Owner};
use crate::file::machine_code::object::role;
use crate::file::machine_code::side::Side;
use crate::file::machine_code::{MachineCode, Role, names, read_whole};

impl MachineCode {
    /// The statics and thread-locals that can change: of the bundle's crate, and those of its path
    /// dependencies that it uses.
    pub(crate) fn variables(&self) -> BTreeSet<String> {
        let mut side = None;
        let mut names = BTreeSet::new();
        for (id, _) in self.nodes().filter(|(_, node)| node.role == Role::Variable) {
            let described = names::describe(self.name(id), &self.crates);
            if described.owner == Owner::Dependency {
                let side = side.get_or_insert_with(|| Side::new(self));
                let (of, is_used) = side.users_of([id].into_iter());
                if of.is_empty() && !is_used {
                    continue;
                }
            }
            names.extend(name_of(described));
        }
        names
    }
}

/// The same, of a library without rlib and of its own crate only. Empty if its symbols were
/// stripped.
pub(crate) fn variables_of_library(path: &Path, crate_name: &str) -> BTreeSet<String> {
    let read = || {
        let bytes = read_whole(path)?;
        let file = File::parse(&*bytes).ok()?;
        let sections = file.sections();
        let variables: Vec<_> = sections
            .filter(|section| role(section) == Some(Role::Variable))
            .map(|section| section.index())
            .collect();
        let crates = [crate_name.to_owned()];
        let symbols = file.symbols().filter(|symbol| {
            symbol.section_index().is_some_and(|section| variables.contains(&section))
        });
        let names = symbols.filter_map(|symbol| {
            let name = symbol.name_bytes().ok()?;
            let is_own = names::is_mangled(name) && names::contains(name, crate_name.as_bytes());
            is_own.then(|| name_of(names::describe(names::plain(name), &crates)))?
        });
        Some(names.collect())
    };
    read().unwrap_or_default()
}

/// What people call it; none of what macros generate.
fn name_of(described: Described) -> Option<String> {
    let Described { path, owner, .. } = described;
    let path = of_lazy_static(&path).unwrap_or(path);
    let is_written = matches!(owner, Owner::Bundle | Owner::Dependency);
    let is_hidden = names::last(&path).starts_with("__") || path.contains("::__CALLSITE");
    (is_written && !is_hidden).then_some(path)
}

/// `lazy_static!` keeps the value within `Deref::deref` of a type with the static's name.
fn of_lazy_static(path: &str) -> Option<String> {
    let (name, _) = path.strip_prefix('<')?.split_once(" as Deref>::deref")?;
    Some(name.to_owned())
}
