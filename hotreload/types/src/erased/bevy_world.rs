//! [`bevy_ecs::world::World`].
//!
//! Nothing of bevy's takes values out of a world without running hooks and observers, which are the
//! author's code, or puts them there so. Both are found by the numbers that a world has given to its types. So
//! the parts of a world that have its values are exchanged with those of a *bare* one, which has given the same
//! numbers to types with the same layouts, and knows no hook, no observer and no queued command.

mod bare;
mod entities;
mod obstacles;

use core::{
    any::type_name,
    mem::{self, MaybeUninit, needs_drop, offset_of},
    ptr::NonNull,
};
use std::collections::HashMap;

use bevy_ecs::{
    change_detection::MaybeLocation,
    component::{Component, ComponentId, Immutable, StorageType},
    entity::{Entity, EntityAllocator},
    ptr::OwningPtr,
    resource::Resource,
    storage::Table,
    world::World,
};

use self::{
    bare::{bare, exchange},
    entities::{Numbers, give_generations, numbers_of},
    obstacles::obstacle,
};
use super::{Erased, ErasedOf, Found, Values};
use crate::{
    Table as TypeTable, TypeRef, Versioned,
    moves::{Form, Moves, Whole},
};

/// A resource of a `bevy_ecs` world, where [`tracked!`](../hot/macro.tracked.html) lists the types of its
/// values: `of Position, hot::ResourceOf<Score>`.
///
/// It is laid out as the resource.
#[repr(transparent)]
#[derive(Debug)]
pub struct ResourceOf<R>(R);

// SAFETY: one field, of the type that is the argument.
unsafe impl<R: Versioned> Versioned for ResourceOf<R> {
    const REF: &'static TypeRef =
        &TypeRef::new("bevy_ecs", "0.18", "hot::ResourceOf", const { &[R::REF] });
    const TABLE: &'static TypeTable = &TypeTable::builtin::<Self>(const { &[R::describe] });
    type Lifetimes = (R::Lifetimes,);
    type Parts = R::Parts;
    type Owned = Whole<Self>;

    const MOVES: Moves = Moves::of::<Self>(Form::Tuple {
        fields: const { &[R::moves] },
        offsets: const { &[offset_of!(Self, 0)] },
    });
}

/// A type of components, or of one resource.
#[derive(Debug)]
pub struct Kind {
    is_resource: bool,
    needs_drop: bool,
    size: usize,
    name: fn() -> &'static str,
    /// Its number in a world that has it.
    id: fn(&World) -> Option<ComponentId>,
    register: fn(&mut World) -> ComponentId,
    /// Where its column is.
    column: fn(&Table, ComponentId) -> Option<*const u8>,
    /// Has a bare world give the next number to a type whose values are bits.
    register_bits: fn(&mut World) -> ComponentId,
    /// Takes it out of a bare world, as bits.
    forget: fn(&mut World, Entity),
}

/// A value that has moved: bits, of which nothing is known.
struct Bits<T>(MaybeUninit<T>);

impl<T: Component> Component for Bits<T> {
    const STORAGE_TYPE: StorageType = T::STORAGE_TYPE;
    type Mutability = Immutable;
}

/// The same, of a resource.
struct ResourceBits<R>(MaybeUninit<R>);

impl<R: Resource> Resource for ResourceBits<R> {}

// SAFETY: all of it is about `T`, and its bits are laid out as it is.
unsafe impl<T: Component> ErasedOf<T> for World {
    const KIND: &'static Kind = &Kind {
        is_resource: false,
        needs_drop: needs_drop::<T>(),
        size: size_of::<T>(),
        name: type_name::<T>,
        id: |world| world.components().component_id::<T>(),
        register: |world| world.register_component::<T>(),
        // SAFETY: the column has this number's type, which is `T`.
        column: |table, id| Some(unsafe { table.get_data_slice_for::<T>(id) }?.as_ptr().cast()),
        register_bits: |world| world.register_component::<Bits<T>>(),
        forget: |world, entity| _ = world.entity_mut(entity).take::<Bits<T>>(),
    };
}

// SAFETY: as above.
unsafe impl<R: Resource> ErasedOf<ResourceOf<R>> for World {
    const KIND: &'static Kind = &Kind {
        is_resource: true,
        needs_drop: needs_drop::<R>(),
        size: size_of::<R>(),
        name: type_name::<R>,
        id: |world| world.components().resource_id::<R>(),
        register: |world| world.register_resource::<R>(),
        column: |_, _| None,
        register_bits: |world| world.register_resource::<ResourceBits<R>>(),
        forget: |world, _| _ = world.remove_resource::<ResourceBits<R>>(),
    };
}

/// The entities of a table, or of an archetype, and the kinds of their components that are there.
struct Group<'w> {
    table: Option<&'w Table>,
    entities: Vec<Entity>,
    kinds: Vec<usize>,
}

/// All values of a world, in the order in which they are listed.
struct Inventory<'w> {
    /// Values that lie one beside the other.
    tables: Vec<Group<'w>>,
    /// Those that each lie somewhere.
    sparse: Vec<Group<'w>>,
    resources: Vec<usize>,
}

impl<'w> Inventory<'w> {
    fn of(world: &'w World, kinds: &[&Kind]) -> Inventory<'w> {
        let numbers: HashMap<ComponentId, usize> = numbers(world, kinds).collect();
        let kinds_of = |ids: &mut dyn Iterator<Item = ComponentId>| {
            ids.filter_map(|id| numbers.get(&id).copied()).collect::<Vec<_>>()
        };
        let (mut tables, mut sparse, mut seen) = (Vec::new(), Vec::new(), Vec::new());
        for archetype in world.archetypes().iter().filter(|archetype| !archetype.is_empty()) {
            // Archetypes that differ in components elsewhere have one table.
            if !seen.contains(&archetype.table_id()) {
                seen.push(archetype.table_id());
                let table = &world.storages().tables[archetype.table_id()];
                let kinds = kinds_of(&mut archetype.table_components());
                tables.push(Group {
                    table: Some(table),
                    entities: table.entities().to_vec(),
                    kinds,
                });
            }
            let kinds = kinds_of(&mut archetype.sparse_set_components());
            if !kinds.is_empty() {
                let entities = archetype.entities().iter().map(|of| of.id()).collect();
                sparse.push(Group { table: None, entities, kinds });
            }
        }
        let is_there = |kind: &usize| {
            let kind = kinds[*kind];
            kind.is_resource && (kind.id)(world).is_some_and(|id| world.contains_resource_by_id(id))
        };
        Inventory { tables, sparse, resources: (0..kinds.len()).filter(is_there).collect() }
    }

    /// Each component and resource, one by one.
    fn each(&self) -> impl Iterator<Item = (usize, Entity)> {
        let groups = self.tables.iter().chain(&self.sparse);
        let components = groups.flat_map(|group| {
            let of = |kind: &usize| {
                let kind = *kind;
                group.entities.iter().map(move |entity| (kind, *entity))
            };
            group.kinds.iter().flat_map(of)
        });
        components.chain(self.resources.iter().map(|kind| (*kind, Entity::PLACEHOLDER)))
    }

    /// Without what is the world's.
    fn frame(&self) -> [Vec<Entities>; 2] {
        [&self.tables, &self.sparse].map(|groups| {
            let group = |group: &Group<'_>| {
                (
                    group.entities.iter().map(|entity| entity.to_bits()).collect(),
                    group.kinds.clone(),
                )
            };
            groups.iter().map(group).collect()
        })
    }
}

/// Which kinds of components a world has, by its numbers.
fn numbers<'a>(
    world: &'a World,
    kinds: &'a [&Kind],
) -> impl Iterator<Item = (ComponentId, usize)> + 'a {
    let components = kinds.iter().enumerate().filter(|(_, kind)| !kind.is_resource);
    components.filter_map(|(number, kind)| Some(((kind.id)(world)?, number)))
}

/// The entities of a group, and the numbers of their kinds.
type Entities = (Vec<u64>, Vec<usize>);

// SAFETY: of a table all values of a column are listed, and of other components each one; a component or resource
// that no kind is of is an obstacle, and so there is no other value. `Inventory` gives them in one order, of
// which the frame says what is needed to find it again. What was listed is taken out of the old world as bits,
// where it has something to drop; and where it has not, the world itself has no function that would look at it.
unsafe impl Erased for World {
    type Kind = Kind;
    /// The tables and other components, the resources, and the numbers of entities.
    type Frame = (Vec<Entities>, Vec<Entities>, Vec<usize>, Numbers);

    fn accepts(kinds: &[&Kind]) -> Result<(), String> {
        // Types that require each other panic.
        let mut world = World::new();
        kinds.iter().for_each(|kind| _ = (kind.register)(&mut world));
        Ok(())
    }

    fn list(&self, kinds: &[&Kind], found: &mut Found<'_>) -> Result<(), String> {
        if let Some(obstacle) = obstacle(self, kinds) {
            return Err(obstacle);
        }
        let id = |kind: usize| (kinds[kind].id)(self).expect("it has values of it");
        let Inventory { tables, sparse, resources } = Inventory::of(self, kinds);
        for Group { table, entities, kinds: of } in tables {
            let table = table.expect("it is a table's");
            for kind in of {
                let column = (kinds[kind].column)(table, id(kind));
                found.add(kind, column.expect("the table has such a column"), entities.len());
            }
        }
        for Group { entities, kinds: of, .. } in sparse {
            for kind in of {
                let set = self.storages().sparse_sets.get(id(kind)).expect("it is stored so");
                for entity in &entities {
                    let at = set.get(*entity).expect("the entity has it");
                    found.add(kind, at.as_ptr(), 1);
                }
            }
        }
        for kind in resources {
            let at = self.get_resource_by_id(id(kind)).expect("it was seen to be there");
            found.add(kind, at.as_ptr(), 1);
        }
        Ok(())
    }

    unsafe fn take_apart(mut self, kinds: &[&Kind]) -> Self::Frame {
        let allocator = mem::take(self.entities_allocator_mut());
        let numbers = numbers_of(&self, &allocator);
        let inventory = Inventory::of(&self, kinds);
        let [tables, sparse] = inventory.frame();
        let has_drop = |kind: &usize| kinds[*kind].needs_drop;
        let moved: Vec<_> = inventory.each().filter(|(kind, _)| has_drop(kind)).collect();
        let resources = inventory.resources;

        let bits = kinds.iter().filter(|kind| kind.needs_drop);
        let bits = bits.filter_map(|kind| Some(((kind.id)(&self)?, *kind))).collect();
        let mut bare = bare(&self, &bits);
        exchange(&mut self, &mut bare);
        for (kind, entity) in moved {
            (kinds[kind].forget)(&mut bare, entity);
        }
        (tables, sparse, resources, numbers)
    }

    unsafe fn put_together(
        (tables, sparse, resources, (generations, free, next)): Self::Frame,
        kinds: &[&Kind],
        values: &mut Values<'_>,
    ) -> World {
        let mut world = World::new();
        let ids: Vec<_> = kinds.iter().map(|kind| (kind.register)(&mut world)).collect();
        let mut bare = bare(&world, &HashMap::new());
        give_generations(&mut bare, &generations);

        // In the order in which they were listed.
        let column = |kind: &usize, count, values: &mut Values<'_>| {
            let (kind, at) = values.take(*kind, count);
            (ids[kind], kinds[kind].size, at)
        };
        let columns = tables.iter().map(|(entities, of)| {
            let columns = of.iter().map(|kind| column(kind, entities.len(), values));
            columns.collect::<Vec<_>>()
        });
        let columns: Vec<_> = columns.collect();
        let mut elsewhere: HashMap<u64, Vec<(ComponentId, *mut u8)>> = HashMap::new();
        for (entities, of) in &sparse {
            for kind in of {
                for entity in entities {
                    let (id, _, at) = column(kind, 1, values);
                    elsewhere.entry(*entity).or_default().push((id, at));
                }
            }
        }
        for ((entities, _), columns) in tables.iter().zip(&columns) {
            for (row, bits) in entities.iter().enumerate() {
                let beside =
                    columns.iter().map(|(id, size, at)| (*id, at.wrapping_add(row * size)));
                let of: Vec<_> = beside.chain(elsewhere.remove(bits).unwrap_or_default()).collect();
                let ids: Vec<_> = of.iter().map(|(id, _)| *id).collect();
                let entity = Entity::from_bits(*bits);
                let mut entity = bare.spawn_empty_at(entity).expect("its number is free");
                if !ids.is_empty() {
                    let at = of.into_iter().map(|(_, at)| owned(at));
                    // SAFETY: these are values of the types that have these numbers, each given once.
                    unsafe { entity.insert_by_ids(&ids, at) };
                }
            }
        }
        exchange(&mut world, &mut bare);
        for kind in resources {
            let (id, _, at) = column(&kind, 1, values);
            // SAFETY: as above.
            unsafe { world.insert_resource_by_id(id, owned(at), MaybeLocation::caller()) };
        }

        let allocator = world.entities_allocator_mut();
        *allocator = EntityAllocator::default();
        _ = allocator.alloc_many(next);
        free.iter().for_each(|bits| allocator.free(Entity::from_bits(*bits)));
        world
    }
}

/// A value that the caller takes from there.
fn owned<'a>(at: *mut u8) -> OwningPtr<'a> {
    let at = NonNull::new(at).expect("it is in a block of values");
    // SAFETY: a value is there, aligned as its type is, and nobody else takes it.
    unsafe { OwningPtr::new(at) }
}
