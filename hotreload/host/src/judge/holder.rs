//! Who stands in the way of a change.

use std::fmt;

use hot_rt::rt::Kind;

use crate::{file::manifest::Item, said::Code};

/// Who has compiled code or a value of the old form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Holder<'a> {
    /// The host's code, which was compiled against it; or how messages call it.
    Host(&'static str),
    /// The code of another bundle: its package and generation.
    Bundle(&'a str, u64),
    /// The code of a bundle that is loaded at the same time, or is about to be: its package.
    Loading(&'a str),
    /// The value of a var of this path.
    Var(&'a str),
    /// The value of a `hot::State` of this path.
    State(&'a str),
    /// So many values behind `hot::Live`, that cannot move, or that may.
    Handles(usize, Moves),
    /// So many containers of `hot::tracked!`, which may have values of it, and which cannot be taken apart, or
    /// may.
    Containers(usize, Moves),
}

/// Whether values can move to the next version of their type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Moves {
    /// The next version has what moves them, or nobody knows before it is loaded.
    Maybe,
    /// It has not.
    Never,
}

impl<'a> Holder<'a> {
    /// Whether its values become those of the new type where only what can move has changed.
    pub(super) fn moves(&self) -> bool {
        matches!(
            self,
            Holder::State(_)
                | Holder::Handles(_, Moves::Maybe)
                | Holder::Containers(_, Moves::Maybe)
        )
    }

    /// The value of a var.
    pub(crate) fn value(item: &'a Item) -> Self {
        match item.types[0].ty.is_state() {
            true => Holder::State(&item.path),
            false => Holder::Var(&item.path),
        }
    }

    /// The code of a difference that is in its way; `usual` if it is code.
    pub(super) fn code(&self, usual: Code) -> Code {
        match self {
            Holder::Host(_) | Holder::Bundle(..) | Holder::Loading(_) => usual,
            Holder::Var(_) => Code::VarLayout,
            Holder::State(_) => Code::StateLayout,
            Holder::Handles(..) | Holder::Containers(..) => Code::HandleLayout,
        }
    }

    /// The holder with an export that leads there.
    pub(super) fn using(&self, Item { path, kind, .. }: &Item) -> String {
        let verb = if *kind == Kind::Function { "calls" } else { "uses" };
        match self {
            Holder::Host(_) | Holder::Bundle(..) => format!("{self}, which {verb} `{path}`"),
            Holder::Loading(_) => format!("{self} and {verb} `{path}`"),
            Holder::Var(_) | Holder::State(_) | Holder::Handles(..) | Holder::Containers(..) => {
                self.to_string()
            }
        }
    }
}

impl fmt::Display for Holder<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Holder::Host(who) => f.write_str(who),
            Holder::Bundle(package, generation) => {
                write!(f, "bundle `{package}` (generation {generation})")
            }
            Holder::Loading(package) => write!(f, "bundle `{package}`, which is being loaded"),
            Holder::Var(path) => write!(f, "the value of the var `{path}`"),
            Holder::State(path) => write!(f, "the value of the state `{path}`"),
            Holder::Handles(1, _) => f.write_str("1 value that a `hot::Live` holds"),
            Holder::Handles(count, _) => write!(f, "{count} values that `hot::Live`s hold"),
            Holder::Containers(1, _) => f.write_str("1 container of `hot::tracked!`"),
            Holder::Containers(count, _) => write!(f, "{count} containers of `hot::tracked!`"),
        }
    }
}
