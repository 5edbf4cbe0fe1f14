//! [`hecs::World`].

use hecs::{
    Archetype, ColumnBatchBuilder, ColumnBatchType, Component, DynamicBundle, Entity, World,
};

use super::{Erased, ErasedOf, Found, Values};

/// A type of components.
#[derive(Debug)]
pub struct Components {
    has: fn(&Archetype) -> bool,
    /// Where its column is.
    column: fn(&Archetype) -> Option<*const u8>,
    add_to: fn(&mut ColumnBatchType),
    /// Moves so many components into an empty column.
    fill: unsafe fn(&ColumnBatchBuilder, *mut u8, usize),
}

// SAFETY: all of it is about `T`.
unsafe impl<T: Component> ErasedOf<T> for World {
    const KIND: &'static Components = &Components {
        has: |archetype| archetype.has::<T>(),
        column: |archetype| Some(archetype.get::<&T>()?.as_ptr().cast()),
        add_to: |types| _ = types.add::<T>(),
        fill: |batch, at, count| {
            let mut column = batch.writer::<T>().expect("it was added to the batch's types");
            for index in 0..count {
                // SAFETY: whoever calls it gives so many values, which are moved out once.
                let component = unsafe { at.cast::<T>().add(index).read() };
                if column.push(component).is_err() {
                    unreachable!("the batch has room for as many as there are entities");
                }
            }
        },
    };
}

/// The entities of an archetype, and the numbers of its components.
type Entities = (Vec<u64>, Vec<usize>);

fn kinds_of(archetype: &Archetype, kinds: &[&Components]) -> Vec<usize> {
    (0..kinds.len()).filter(|kind| (kinds[*kind].has)(archetype)).collect()
}

fn entity(bits: &u64) -> Entity {
    Entity::from_bits(*bits).expect("the bits are an entity's")
}

// SAFETY: a column is listed as a whole, by archetype and then by kind; if an archetype has more columns than
// kinds are found in it, that is an error. What was taken out of the world is given up by `put` without being
// dropped. The frame has the archetypes in the order in which they were listed, so that the columns come
// back to theirs; it has entities as numbers only.
unsafe impl Erased for World {
    type Kind = Components;
    /// The archetypes that have entities, and those entities that will be given out next.
    type Frame = (Vec<Entities>, Vec<u64>);

    fn list(&self, kinds: &[&Components], found: &mut Found<'_>) -> Result<(), String> {
        for archetype in self.archetypes().filter(|archetype| !archetype.is_empty()) {
            let of_archetype = kinds_of(archetype, kinds);
            let count = archetype.len() as usize;
            if of_archetype.len() != archetype.component_types().len() {
                return Err(format!(
                    "{count} of its entities have components that its list of types does not name"
                ));
            }
            for kind in of_archetype {
                let column = (kinds[kind].column)(archetype).expect("it has such a column");
                found.add(kind, column, count);
            }
        }
        Ok(())
    }

    unsafe fn take_apart(mut self, kinds: &[&Components]) -> Self::Frame {
        // Entities that are only reserved become real: they are somebody's.
        self.flush();
        let frame = self.archetypes().filter(|archetype| !archetype.is_empty()).map(|archetype| {
            // SAFETY: an archetype's entities are alive.
            let bits = |id: &u32| unsafe { self.find_entity_from_id(*id) }.to_bits().get();
            (archetype.ids().iter().map(bits).collect(), kinds_of(archetype, kinds))
        });
        let frame: Vec<Entities> = frame.collect();
        let free = self.freelist().map(|entity| entity.to_bits().get()).collect();
        for (entities, _) in &frame {
            // The last first: nothing has to take its place.
            for bits in entities.iter().rev() {
                let taken = self.take(entity(bits)).expect("it is alive");
                // SAFETY: the components belong to somebody else, and nothing is done with their bits.
                unsafe { taken.put(|_, _| ()) };
            }
        }
        (frame, free)
    }

    unsafe fn put_together(
        (archetypes, free): Self::Frame,
        kinds: &[&Components],
        values: &mut Values<'_>,
    ) -> World {
        let mut world = World::new();
        // All entities up to the last are there, without components, until they get their own: to ask for one
        // that is not takes as long as there are such.
        let all = archetypes.iter().flat_map(|(entities, _)| entities);
        let count = all.map(|bits| entity(bits).id() + 1).max().unwrap_or(0);
        world.reserve_entities(count);
        world.flush();
        let (empty, others): (Vec<_>, Vec<_>) =
            archetypes.into_iter().partition(|(_, of_archetype)| of_archetype.is_empty());
        let mut is_used = vec![false; count as usize];
        for (entities, _) in empty.iter().chain(&others) {
            entities.iter().for_each(|bits| is_used[entity(bits).id() as usize] = true);
        }
        for (entities, of_archetype) in &others {
            let columns = of_archetype.iter().map(|kind| values.take(*kind, entities.len()));
            let columns: Vec<_> = columns.collect();
            let mut types = ColumnBatchType::new();
            columns.iter().for_each(|(kind, _)| (kinds[*kind].add_to)(&mut types));
            spawn(&mut world, entities, types, |batch| {
                for (kind, at) in columns {
                    // SAFETY: so many values of this kind are there, which were just taken.
                    unsafe { (kinds[kind].fill)(batch, at, entities.len()) };
                }
            });
        }
        let unused = is_used.iter().enumerate().filter(|(_, is_used)| !**is_used);
        for (id, _) in unused {
            let id = u32::try_from(id).expect("there are so many entities");
            // SAFETY: it was made above, and is alive still.
            let entity = unsafe { world.find_entity_from_id(id) };
            world.despawn(entity).expect("it is alive");
        }
        // Last: their places among those without components follow from who is there.
        for (entities, _) in &empty {
            spawn(&mut world, entities, ColumnBatchType::new(), |_| ());
        }
        world.set_freelist(&free.iter().map(entity).collect::<Vec<_>>());
        world
    }
}

/// Gives these entities components of these types.
fn spawn(
    world: &mut World,
    entities: &[u64],
    types: ColumnBatchType,
    fill: impl FnOnce(&ColumnBatchBuilder),
) {
    let count = u32::try_from(entities.len()).expect("there are so many entities");
    let batch = types.into_batch(count);
    fill(&batch);
    let batch = batch.build().expect("each column is filled");
    let handles: Vec<_> = entities.iter().map(entity).collect();
    world.spawn_column_batch_at(&handles, batch);
}
