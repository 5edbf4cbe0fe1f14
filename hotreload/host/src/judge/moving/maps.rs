//! Maps and sets.

use hot_rt::rt::versioned::{Form, Map, Moves};

use super::{
    MapPlan, Node, names::Name as _, place::Place, plan::StructPlan, planner::Planner, refusals,
    variants::has_cells,
};

impl Planner<'_> {
    pub(super) fn map(&mut self, old: &'static Map, new: &'static Map, place: &Place) -> Node {
        let (from, to) = ((old.key)(), (new.key)());
        let key_changed = !self.alikes.are_alike(from, to);
        let table = !key_changed && is_known(old) && is_known(new);
        if let Err(why) = self.asked(old, new, (from, to), place, (key_changed, table)) {
            return self.refuse(refusals::map(place, &why));
        }
        let mut of_key = place.step("[key]").many();
        // A map that is built anew has its entries in another order.
        of_key.shuffled |= key_changed;
        let key = self.node(from, to, &of_key);
        // A key that is put together on trial has to be whole without anything that is opened.
        let is_flat = |node: &Node| matches!(node, Node::Struct(StructPlan { parts, .. }) if parts.is_empty());
        if key_changed && !matches!(self.nodes[key], Node::Open) && !is_flat(&self.nodes[key]) {
            let why =
                format!("a container within its key `{}` has changed", to.table.ty().spelled());
            return self.refuse(refusals::map(place, &why));
        }
        let mut within = place.step("[]").many();
        // A map whose keys are hashed anew has another order.
        within.shuffled |= new.hasher.is_some() && !table || key_changed;
        let value = self.node((old.value)(), (new.value)(), &within);
        let path = place.new.clone();
        Node::Map(MapPlan { old, new, key, value, to_key: to, key_changed, table, path })
    }

    /// Whether what the map's structure follows from can be asked for.
    fn asked(
        &mut self,
        old: &Map,
        new: &Map,
        (from, to): (&'static Moves, &'static Moves),
        place: &Place,
        (key_changed, table): (bool, bool),
    ) -> Result<(), String> {
        let asks = key_changed || new.hasher.is_some() && !table;
        let key = || to.table.ty().spelled();
        match (old.hasher, new.hasher) {
            (Some(was), Some(is)) => {
                let (was, is) = (was(), is());
                let hasher = is.table.ty().spelled();
                if !self.alikes.are_alike(was, is) {
                    return Err(format!("its hasher `{hasher}` has changed"));
                }
                if is.drop.is_some() {
                    return Err(format!("its hasher `{hasher}` has something to drop"));
                }
                if asks && is.abilities.hasher.is_none() {
                    return Err(format!("the `BuildHasher` of `{hasher}` is not known"));
                }
                if asks && to.abilities.key.is_none() {
                    return Err(format!("`Hash` and `Eq` of its key `{}` are not known", key()));
                }
            }
            (None, None) if key_changed && to.abilities.compare.is_none() => {
                return Err(format!("`Ord` of its key `{}` is not known", key()));
            }
            (None, None) => {}
            _ => return Err("it is sorted in one version only".to_owned()),
        }
        if key_changed && (has_cells(from) || has_cells(to)) {
            return Err(format!("its key `{}` has changed, and a cell is in it", key()));
        }
        if asks && place.in_cell {
            let why = "it is in a cell, and code of an author would be asked about its keys there";
            return Err(why.to_owned());
        }
        Ok(())
    }
}

/// Whether the host can find what is in its table without asking anybody.
fn is_known(map: &Map) -> bool {
    let is_random = |hasher: &Moves| {
        hasher.table.ty().is_std("RandomState") && matches!(hasher.form, Form::Leaf)
    };
    map.hasher.is_some_and(|hasher| is_random(hasher()))
        && map.bucket.size() != 0
        && map.bucket.align() <= 16
        && super::tables().is_some()
}
