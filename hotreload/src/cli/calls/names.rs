//! Which definition a path leads to: modules, `use`, globs, re-exports and other crates, as far as
//! the sources tell. Visibility is left to rustc: what it refuses does not run.

use std::collections::{HashMap, HashSet};

/// The number of a module, or of a block that has items of its own.
pub(super) type Id = usize;

/// The names of all crates.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) crates: Vec<Crate>,
    modules: Vec<Module>,
}

/// A crate: a target of a package.
#[derive(Debug)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) root: Id,
    /// Whether a host loads it: then calls within it are replaced together with their callers.
    pub(super) is_bundle: bool,
    /// The crates that it can name, and their roots.
    pub(super) externs: HashMap<String, Id>,
}

#[derive(Debug, Default)]
struct Module {
    /// Empty of a root or block.
    name: String,
    krate: usize,
    /// What `super` is, and where a block's names are looked up that it does not have.
    parent: Option<Id>,
    is_block: bool,
    values: HashMap<String, Value>,
    /// `#[cfg]` is ignored: there may be several modules of one name.
    types: HashMap<String, Vec<Type>>,
    uses: Vec<(String, Path)>,
    globs: Vec<Path>,
}

/// A path as it is written.
#[derive(Debug, Clone)]
pub(super) struct Path {
    pub(super) is_global: bool,
    pub(super) segments: Vec<String>,
}

/// A name among functions and other values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Export(Export),
    Other,
}

/// An exported function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Export {
    /// `math::add`.
    pub(super) path: String,
    pub(super) krate: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Type {
    Module(Id),
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Space {
    Values,
    Types,
}

#[derive(Debug)]
enum Found {
    Value(Value),
    Type(Type),
}

/// What is being looked up: `use` may lead in circles.
type Seen = HashSet<(Id, String, Space)>;

impl Names {
    /// A new root, module or block.
    pub(super) fn add(&mut self, krate: usize, parent: Option<Id>, is_block: bool) -> Id {
        self.modules.push(Module { krate, parent, is_block, ..Module::default() });
        self.modules.len() - 1
    }

    /// A new module within another, or within a block.
    pub(super) fn add_module(&mut self, parent: Id, name: &str) -> Id {
        let module = self.add(self.crate_of(parent), Some(parent), false);
        self.modules[module].name = name.to_owned();
        self.ty(parent, name.to_owned(), Type::Module(module));
        module
    }

    /// The module's path: `math::sums`.
    pub(super) fn path_of(&self, module: Id) -> String {
        let Module { name, krate, parent, .. } = &self.modules[module];
        match parent {
            None => self.crates[*krate].name.clone(),
            Some(parent) if name.is_empty() => self.path_of(*parent),
            Some(parent) => format!("{}::{name}", self.path_of(*parent)),
        }
    }

    pub(super) fn crate_of(&self, module: Id) -> usize {
        self.modules[module].krate
    }

    pub(super) fn value(&mut self, module: Id, name: String, value: Value) {
        let known = self.modules[module].values.entry(name).or_insert(Value::Other);
        // Of two under different `#[cfg]`s, the exported one.
        if matches!(value, Value::Export(_)) {
            *known = value;
        }
    }

    pub(super) fn ty(&mut self, module: Id, name: String, ty: Type) {
        self.modules[module].types.entry(name).or_default().push(ty);
    }

    pub(super) fn import(&mut self, module: Id, name: String, path: Path) {
        self.modules[module].uses.push((name, path));
    }

    pub(super) fn glob(&mut self, module: Id, path: Path) {
        self.modules[module].globs.push(path);
    }

    /// Whether the module or block itself has this name among its values, by whatever means.
    pub(super) fn has_value(&self, module: Id, name: &str) -> bool {
        self.within(module, name, Space::Values, &mut Seen::new()).is_some()
    }

    /// The exported function that a path in this module leads to, if it leads to one.
    pub(super) fn export(&self, module: Id, path: &Path) -> Option<Export> {
        match self.find(module, path, Space::Values, &mut Seen::new())? {
            Found::Value(Value::Export(export)) => Some(export),
            _ => None,
        }
    }

    fn find(&self, module: Id, path: &Path, space: Space, seen: &mut Seen) -> Option<Found> {
        let (last, front) = path.segments.split_last()?;
        let Some((first, middle)) = front.split_first() else {
            return match last.as_str() {
                "self" | "crate" | "super" => self.start(module, path.is_global, last, seen),
                last if path.is_global => self.external(module, last, space),
                last => self.around(module, last, space, seen),
            };
        };
        let mut at = self.start(module, path.is_global, first, seen)?;
        for name in middle {
            let Found::Type(Type::Module(id)) = at else { return None };
            at = match name.as_str() {
                "super" => Found::Type(Type::Module(self.outer(id)?)),
                name => self.within(id, name, Space::Types, seen)?,
            };
        }
        let Found::Type(Type::Module(id)) = at else { return None };
        match last.as_str() {
            "self" => Some(at),
            "super" => Some(Found::Type(Type::Module(self.outer(id)?))),
            last => self.within(id, last, space, seen),
        }
    }

    /// What the first segment of a longer path is.
    fn start(&self, module: Id, is_global: bool, first: &str, seen: &mut Seen) -> Option<Found> {
        let module_found = |id| Some(Found::Type(Type::Module(id)));
        match first {
            _ if is_global => self.external(module, first, Space::Types),
            "crate" => module_found(self.crates[self.modules[module].krate].root),
            "self" => module_found(self.real(module)),
            "super" => module_found(self.outer(self.real(module))?),
            first => self.around(module, first, Space::Types, seen),
        }
    }

    /// The module that a block lies in.
    fn real(&self, mut module: Id) -> Id {
        while let Module { is_block: true, parent: Some(parent), .. } = self.modules[module] {
            module = parent;
        }
        module
    }

    fn outer(&self, module: Id) -> Option<Id> {
        self.modules[module].parent.map(|parent| self.real(parent))
    }

    /// A name as it is seen from within: of the block, those around it, the module, other crates.
    fn around(&self, module: Id, name: &str, space: Space, seen: &mut Seen) -> Option<Found> {
        let mut at = module;
        loop {
            if let Some(found) = self.within(at, name, space, seen) {
                return Some(found);
            }
            match self.modules[at] {
                Module { is_block: true, parent: Some(parent), .. } => at = parent,
                _ => return self.external(module, name, space),
            }
        }
    }

    fn external(&self, module: Id, name: &str, space: Space) -> Option<Found> {
        let root = self.crates[self.modules[module].krate].externs.get(name)?;
        (space == Space::Types).then_some(Found::Type(Type::Module(*root)))
    }

    /// A name of the module: its own, one that it uses, one of a glob.
    fn within(&self, module: Id, name: &str, space: Space, seen: &mut Seen) -> Option<Found> {
        let key = (module, name.to_owned(), space);
        if !seen.insert(key.clone()) {
            return None;
        }
        let found = self.look(module, name, space, seen);
        // What is not there is not looked for again: modules may all use each other's names.
        if found.is_some() {
            seen.remove(&key);
        }
        found
    }

    fn look(&self, module: Id, name: &str, space: Space, seen: &mut Seen) -> Option<Found> {
        let it = &self.modules[module];
        let own = match space {
            Space::Values => it.values.get(name).cloned().map(Found::Value),
            Space::Types => {
                let types = it.types.get(name);
                // A module rather than the accessor that an export adds.
                let module = types.and_then(|all| all.iter().find(|it| **it != Type::Other));
                module.or_else(|| types?.first()).copied().map(Found::Type)
            }
        };
        let used = || it.uses.iter().filter(|(known, _)| known == name);
        own.or_else(|| {
            let mut used = used();
            used.find_map(|(_, path)| self.find(module, path, space, seen))
        })
        .or_else(|| {
            it.globs.iter().find_map(|path| match self.find(module, path, Space::Types, seen)? {
                Found::Type(Type::Module(id)) => self.within(id, name, space, seen),
                _ => None,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> Path {
        Path { is_global: false, segments: text.split("::").map(str::to_owned).collect() }
    }

    #[test]
    fn modules_that_all_use_each_other_are_searched_once() {
        let mut names = Names::default();
        let root = names.add(0, None, false);
        let externs = HashMap::new();
        names.crates.push(Crate { name: "c".to_owned(), root, is_bundle: false, externs });
        let modules: Vec<_> = (0..40).map(|it| names.add_module(root, &format!("m{it}"))).collect();
        for module in &modules {
            for other in 0..40 {
                names.glob(*module, path(&format!("crate::m{other}")));
            }
        }
        let export = Export { path: "c::m39::f".to_owned(), krate: 0 };
        names.value(modules[39], "f".to_owned(), Value::Export(export.clone()));
        assert_eq!(names.export(modules[0], &path("g")), None);
        assert_eq!(names.export(modules[0], &path("f")), Some(export.clone()));
        assert_eq!(names.export(root, &path("m3::f")), Some(export));
    }
}
