//! The values behind handles that stand in the way of a change of their type.

use std::{collections::HashSet, sync::Arc};

use rustc_hash::FxHashMap;

use crate::boundary::cells::{self, Alive};
use crate::file::Tables;
use crate::file::manifest::TypeName;
use crate::state::World;

/// The values behind handles, and in containers of erased values, that code of another image may get.
///
/// A handle gets from one image to another by a signature or a static of both that leads to it, or by
/// a container of which one says the types. What no site leads to, of the host or of any image, retired
/// ones too, stays with the code that made it: in a private static, on a stack, in an object or a closure of
/// that image. New code is never given it, so that it is in nobody's way.
pub(super) fn alive(world: &World) -> Vec<Alive> {
    let mut alive = cells::alive();
    if alive.iter().all(|alive| alive.handles == 0) {
        return alive;
    }
    let crossing = crossing(world, &alive);
    for alive in alive.iter_mut().filter(|alive| !crossing.contains(&alive.ty.id)) {
        alive.handles = 0;
    }
    alive
}

/// Of which types a handle may have come from one image to another.
fn crossing(world: &World, alive: &[Alive]) -> HashSet<u128> {
    // The sites of an image share its tables.
    let mut roots: FxHashMap<*const Tables, (&Tables, Vec<&TypeName>)> = FxHashMap::default();
    for site in world.sites.values().flatten().map(|placed| &placed.site) {
        let (_, of_image) =
            roots.entry(Arc::as_ptr(&site.tables)).or_insert_with(|| (&site.tables, Vec::new()));
        of_image.extend(site.item.roots());
    }
    let in_signatures =
        roots.into_values().flat_map(|(tables, roots)| tables.held(roots.into_iter()));
    // What a container may have no signature says.
    let in_containers = alive.iter().filter(|alive| alive.containers > 0);
    let in_containers =
        in_containers.flat_map(|alive| alive.tables.held(std::iter::once(&alive.ty)));
    in_signatures.chain(in_containers).collect()
}
