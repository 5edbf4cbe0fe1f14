//! Containers of erased values, which move with the states that they are in.

use std::{ptr, sync::atomic::Ordering};

use hot_rt::rt::LiveCell;

use crate::{
    boundary::cells::Alive,
    file::manifest::TypeName,
    judge::{
        Conflicts, Holder, Moves,
        moving::{have_contradicting_lists, have_other_lists},
    },
    load::after::After,
    said::{Code, Reason},
    state::{Site, world::Stored},
};

/// A type of which containers may have values, in a form that they shall not have any more.
pub(super) struct InContainers {
    ty: TypeName,
    cell: &'static LiveCell,
}

/// Whether a value goes on as it is: it is laid out as the new site says, and so is what is in its containers
/// of erased values.
pub(super) fn stays(stored: &Stored, site: &Site) -> bool {
    let lists_differ = || {
        let (was, is) = (stored.moving()?, (site.accessor.moving)()?);
        Some(have_other_lists(was.value, is.value))
    };
    stored.writer.is_alike(site) && lists_differ() != Some(true)
}

/// Whether new code can use a value as it is, though there may be types in its containers that are new.
pub(super) fn fits(stored: &Stored, site: &Site) -> bool {
    let contradict = || {
        let (was, is) = (stored.moving()?, (site.accessor.moving)()?);
        Some(have_contradicting_lists(was.value, is.value))
    };
    stored.writer.is_alike(site) && contradict() != Some(true)
}

impl InContainers {
    /// Why the values do not move, where this many of the containers that move may have some.
    pub(super) fn refusal(&self, counted_for: &[*const ()]) -> Option<Reason> {
        let found = counted_for.iter().filter(|cell| ptr::addr_eq(**cell, self.cell)).count();
        let others = self.cell.containers.load(Ordering::Relaxed).saturating_sub(found);
        if others == 0 {
            return None;
        }
        let what = format!(
            "values of `{}` are in a container that does not move",
            self.ty.without_paths()
        );
        Some(
            Reason::new(Code::HandleLayout, what)
                .fact("held", format!("by {}", Holder::Containers(others, Moves::Never)))
                .help("only containers in states of the bundles that are reloaded move, and those behind `hot::Live`"),
        )
    }
}

impl After<'_> {
    /// The types in containers that are laid out differently in an image that comes.
    pub(super) fn in_containers(&self) -> Vec<InContainers> {
        let differs = |alive: &&Alive| {
            let held = Holder::Containers(alive.containers, Moves::Never);
            self.images.iter().any(|image| {
                let mut conflicts = Conflicts::default();
                conflicts.add_values(held, &alive.ty, &alive.tables, &image.tables);
                !conflicts.reasons().is_empty()
            })
        };
        let alive = self.handles.iter().filter(|alive| alive.containers > 0).filter(differs);
        alive.map(|Alive { ty, cell, .. }| InContainers { ty: ty.clone(), cell }).collect()
    }
}
