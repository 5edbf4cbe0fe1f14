//! Which attributes of types, and which functions, no value needs: asked of all that is loaded, and
//! of the ways back.

use std::ptr;

use super::moving::in_order;
use crate::{
    file::Tables,
    judge::moving::{untidy, untidy_functions},
    said::{Result, Untidy},
    state::Inner,
};

impl Inner {
    /// What the current code says of how values move, and nobody needs.
    pub(crate) fn tidy(&self) -> Result<Vec<Untidy>> {
        let mut writing = self.write()?;
        self.catch_up(writing.world_mut());
        let world = writing.world();
        let linked = || world.baseline.values().map(|current| &*current.site.tables);
        let alive = world.vars.values().map(|stored| &*stored.writer.tables);
        let earlier = world.bundles.values().flat_map(|loaded| &loaded.history);
        let earlier = earlier.map(|image| &*image.tables);
        let mut others: Vec<&Tables> = linked().chain(alive).chain(earlier).collect();
        others.sort_by_key(|tables| ptr::from_ref(*tables));
        others.dedup_by_key(|tables| ptr::from_ref(*tables));
        let loaded = world.bundles.values().map(|loaded| &*loaded.image.tables);
        let mut found = untidy(loaded, &others);
        for loaded in world.bundles.values() {
            // Any state of an image knows all functions of it.
            let mut states = loaded.image.exports.iter().map(|site| (site.accessor.moving)());
            if let Some(moving) = states.find_map(|moving| moving) {
                found.extend(untidy_functions(&in_order((moving.migrates)()), &others));
            }
        }
        Ok(found)
    }
}
