//! Containers of erased values: which of their types is which, and what becomes of each.

use std::ptr;

use hot_rt::rt::versioned::{Container, Form, Moves};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    ContainerPlan, KindPlan, Node,
    members::same_name,
    names::Name as _,
    place::Place,
    planner::{Planner, parts},
    refusals,
};

/// A type that both versions of a container list: its number and record in each.
pub(super) struct Listed {
    pub(super) old: (usize, &'static Moves),
    pub(super) new: (usize, &'static Moves),
}

impl Listed {
    /// How its values are called, by both versions.
    pub(super) fn segment(&self) -> (String, String) {
        let segment = |moves: &Moves| format!("[{}]", moves.table.ty().spelled());
        (segment(self.old.1), segment(self.new.1))
    }
}

/// For each of the old types the new one that it is.
pub(super) fn pairs(old: &Container, new: &Container) -> Vec<Option<Listed>> {
    let [old, mut free] =
        [old, new].map(|of| of.types.iter().map(|of| of()).enumerate().collect::<Vec<_>>());
    let mut take = |is_it: &dyn Fn(&Moves) -> bool| {
        let at = free.iter().position(|(_, is)| is_it(is))?;
        Some(free.swap_remove(at))
    };
    let mut pairs: Vec<Option<Listed>> = Vec::new();
    for was in &old {
        let new = take(&|is| is.table.ty() == was.1.table.ty());
        pairs.push(new.map(|new| Listed { old: *was, new }));
    }
    // Of another version of the package, or renamed. No two become one.
    for (was, pair) in old.iter().zip(&mut pairs).filter(|(_, pair)| pair.is_none()) {
        let new = take(&|is| same_name(was.1.table, is.table));
        *pair = new.map(|new| Listed { old: *was, new });
    }
    pairs
}

/// Whether the new version of a container lists a type that the old one does not, or in another form, or
/// that the container knows by another id.
pub(super) fn differ(old: &Container, new: &Container) -> bool {
    let was = (old.known)();
    (new.known)().iter().any(|is| !was.contains(is))
}

/// Whether values of the old type may have a container in them whose list differs from that of the new
/// version.
pub(crate) fn have_other_lists(old: &'static Moves, new: &'static Moves) -> bool {
    any_lists(old, new, differ)
}

/// The same, where both versions list a type, and not in one form.
pub(crate) fn have_contradicting_lists(old: &'static Moves, new: &'static Moves) -> bool {
    any_lists(old, new, |old, new| {
        let was = (old.known)();
        (new.known)().iter().any(|is| was.iter().any(|was| was.id == is.id && was != is))
    })
}

fn any_lists(
    old: &'static Moves,
    new: &'static Moves,
    which: impl Fn(&Container, &Container) -> bool,
) -> bool {
    let was = lists_in(old);
    if was.is_empty() {
        return false;
    }
    lists_in(new).iter().any(|(ty, is)| was.get(ty).is_some_and(|was| which(was, is)))
}

/// By the types of the containers.
fn lists_in(moves: &'static Moves) -> FxHashMap<u128, &'static Container> {
    let (mut found, mut seen) = (FxHashMap::default(), FxHashSet::default());
    let mut todo = vec![moves];
    while let Some(moves) = todo.pop() {
        if !seen.insert(ptr::from_ref(moves)) {
            continue;
        }
        if let Form::Container(container) = &moves.form {
            found.insert(moves.table.ty().id(), container);
        }
        todo.extend(parts(moves));
    }
    found
}

impl Planner<'_> {
    pub(super) fn container(
        &mut self,
        old: &'static Container,
        new: &'static Container,
        place: &Place,
    ) -> Node {
        let [was, is] = [old, new].map(|of| (of.functions.frame)());
        if !self.alikes.are_alike(was, is) || self.obstacles.within(was, is).is_some() {
            return self.refuse(refusals::other_frame(place));
        }
        if let Err(why) = (new.functions.accepts)(new) {
            return self.refuse(refusals::not_accepted(place, &why));
        }
        let kinds = pairs(old, new).into_iter().map(|listed| {
            let listed = listed?;
            let (old, new) = listed.segment();
            let ((_, was), (to, is)) = (listed.old, listed.new);
            let node = self.node(was, is, &place.renamed(&old, &new).many());
            Some(KindPlan { node, to, layouts: [was, is].map(|of| of.table.layout()) })
        });
        let kinds = kinds.collect();
        Node::Container(ContainerPlan { old, new, kinds, path: place.new.clone() })
    }
}
