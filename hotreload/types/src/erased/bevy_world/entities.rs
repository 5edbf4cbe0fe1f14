//! The numbers of entities: those that are used, and those that will be given out.

use bevy_ecs::{
    entity::{Entity, EntityAllocator, EntityGeneration, EntityIndex},
    world::World,
};

/// Which entities there were: the generation of each number, the free ones, and the next number.
pub(super) type Numbers = (Vec<u32>, Vec<u64>, u32);

pub(super) fn numbers_of(world: &World, allocator: &EntityAllocator) -> Numbers {
    let entities = world.entities();
    let known = (0..entities.len()).filter_map(EntityIndex::from_raw_u32);
    let of = known.map(|index| entities.resolve_from_index(index).generation().to_bits());
    let mut generations: Vec<u32> = of.collect();
    let used = generations.iter().rposition(|of| *of != EntityGeneration::FIRST.to_bits());
    generations.truncate(used.map_or(0, |last| last + 1));

    // No more of them are free than the world knows. So the last of these is new; before it are others, in order
    // and without a generation, and before those the free ones.
    let count = entities.len() + 1;
    let mut all: Vec<Entity> = allocator.alloc_many(count).collect();
    let last = all.last().map_or(0, |last| last.index_u32());
    let is_new = |(back, entity): &(u32, &Entity)| {
        entity.generation() == EntityGeneration::FIRST && entity.index_u32() + back == last
    };
    let new = (0..).zip(all.iter().rev()).take_while(is_new).count();
    let next = all[all.len() - new].index_u32();
    all.truncate(all.len() - new);
    (generations, all.into_iter().map(Entity::to_bits).collect(), next)
}

/// Gives a world without entities these numbers.
pub(super) fn give_generations(world: &mut World, generations: &[u32]) {
    for (index, generation) in (0..).zip(generations) {
        let index = EntityIndex::from_raw_u32(index).expect("it was an entity's");
        for generation in 0..*generation {
            let generation = EntityGeneration::from_bits(generation);
            let entity = Entity::from_index_and_generation(index, generation);
            world.spawn_empty_at(entity).expect("it is the next of its number");
            world.despawn_no_free(entity).expect("it was just spawned");
        }
    }
}
