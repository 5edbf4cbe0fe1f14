//! [`bevy_ecs::world::World`].
//!
//! Nothing of bevy's takes values out of a world without running hooks and observers, which are the
//! author's code, or puts them there so. Both are found by the numbers that a world has given to its types. So
//! the parts of a world that have its values are exchanged with those of a *bare* one, which has given the same
//! numbers to types with the same layouts, and knows no hook, no observer and no queued command.

use core::{
    alloc::Layout,
    any::type_name,
    mem::{self, MaybeUninit, needs_drop, offset_of},
    ptr::{self, NonNull},
};
use std::collections::HashMap;

use bevy_ecs::{
    archetype::Archetype,
    change_detection::MaybeLocation,
    component::{
        Component, ComponentCloneBehavior, ComponentDescriptor, ComponentId, ComponentInfo,
        Immutable, StorageType,
    },
    entity::{Entity, EntityAllocator, EntityGeneration, EntityIndex},
    entity_disabling::{DefaultQueryFilters, Disabled},
    lifecycle::{ComponentHook, ComponentHooks},
    observer::Observer,
    ptr::OwningPtr,
    resource::Resource,
    schedule::Schedules,
    storage::Table,
    world::World,
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

    fn moves<M>() -> &'static Moves {
        const {
            &Moves::of::<Self>(Form::Tuple {
                fields: const { &[R::moves::<M>] },
                offsets: const { &[offset_of!(Self, 0)] },
            })
        }
    }
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
        forget: |world, entity| drop(world.entity_mut(entity).take::<Bits<T>>()),
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
        forget: |world, _| drop(world.remove_resource::<ResourceBits<R>>()),
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

/// Why a world cannot move: what would be lost.
fn obstacle(world: &World, kinds: &[&Kind]) -> Option<String> {
    if !has_its_parts_inside(world) {
        return Some("this version of `bevy_ecs` has another form of worlds".to_owned());
    }
    let has = |archetype: &&Archetype, id| !archetype.is_empty() && archetype.contains(id);
    let observer = world.components().component_id::<Observer>();
    if observer.is_some_and(|id| world.archetypes().iter().any(|it| has(&it, id))) {
        return Some("it has observers, which are code of the version that added them".to_owned());
    }
    let is_listed: HashMap<ComponentId, usize> = numbers(world, kinds).collect();
    for archetype in world.archetypes().iter().filter(|archetype| !archetype.is_empty()) {
        if let Some(id) = archetype.iter_components().find(|id| !is_listed.contains_key(id)) {
            let count = archetype.len();
            let name = world.components().get_info(id).map(ComponentInfo::name);
            return Some(format!(
                "{count} of its entities have components that its list of types does not name \
                 ({})",
                name.map(|name| name.to_string()).unwrap_or_default()
            ));
        }
    }
    let filters = world.components().resource_id::<DefaultQueryFilters>();
    // A schedule that runs on the world leaves an empty list of schedules there.
    let is_empty =
        |of: &Schedules| of.iter().next().is_none() && of.ignored_scheduling_ambiguities.is_empty();
    let schedules = world.get_resource::<Schedules>().filter(|of| is_empty(of));
    let schedules = schedules.and(world.components().resource_id::<Schedules>());
    let resources: Vec<_> = kinds.iter().filter(|kind| kind.is_resource).collect();
    let is_named = |id| {
        [filters, schedules].contains(&Some(id))
            || resources.iter().any(|it| (it.id)(world) == Some(id))
    };
    if let Some((info, _)) = world.iter_resources().find(|(info, _)| !is_named(info.id())) {
        let name = info.name();
        return Some(format!("it has a resource that its list of types does not name ({name})"));
    }
    if world.storages().non_send_resources.iter().any(|(_, data)| data.is_present()) {
        return Some("it has a resource that is not `Send`".to_owned());
    }
    let disabled = world.components().component_id::<Disabled>();
    let disabling = world.get_resource::<DefaultQueryFilters>();
    if !disabling.is_some_and(|of| of.disabling_ids().eq(disabled)) {
        return Some("its queries have default filters of their own".to_owned());
    }
    registered_later(world, kinds)
}

/// What was registered for a type besides what the type itself says, since that would be lost.
fn registered_later(world: &World, kinds: &[&Kind]) -> Option<String> {
    let mut other = World::new();
    for kind in kinds.iter().filter(|kind| !kind.is_resource) {
        let declared = (kind.register)(&mut other);
        let Some(info) = (kind.id)(world).and_then(|id| world.components().get_info(id)) else {
            continue;
        };
        let declared = other.components().get_info(declared).expect("it was just registered");
        let count = |of: &ComponentInfo| of.required_components().iter_ids().count();
        if silent(info.hooks()).1 != silent(declared.hooks()).1 || count(info) != count(declared) {
            return Some(format!(
                "hooks or required components were registered for `{}` besides those that the type declares",
                (kind.name)()
            ));
        }
    }
    None
}

/// Hooks that do nothing, where there are some; and where that is.
fn silent(hooks: &ComponentHooks) -> (ComponentHooks, [bool; 5]) {
    const SILENT: ComponentHook = |_, _| ();
    let (mut of, mut silent) = (hooks.clone(), ComponentHooks::default());
    let has = [
        of.try_on_add(SILENT).is_none(),
        of.try_on_insert(SILENT).is_none(),
        of.try_on_replace(SILENT).is_none(),
        of.try_on_remove(SILENT).is_none(),
        of.try_on_despawn(SILENT).is_none(),
    ];
    let set: [fn(&mut ComponentHooks, ComponentHook) -> &mut ComponentHooks; 5] = [
        ComponentHooks::on_add,
        ComponentHooks::on_insert,
        ComponentHooks::on_replace,
        ComponentHooks::on_remove,
        ComponentHooks::on_despawn,
    ];
    for (_, set) in has.iter().zip(set).filter(|(has, _)| **has) {
        set(&mut silent, SILENT);
    }
    (silent, has)
}

/// A world that has given the same numbers to types which are laid out alike. It knows nothing else of them but
/// how they are dropped, and of these kinds, not even that.
fn bare(world: &World, bits: &HashMap<ComponentId, &Kind>) -> World {
    let mut bare = World::new();
    let last = world.components().iter_registered().map(|info| info.id().index()).max();
    // Those that every world has come first.
    for number in bare.components().len()..last.map_or(0, |last| last + 1) {
        let id = ComponentId::new(number);
        let info = world.components().get_info(id);
        let given = match (bits.get(&id), info) {
            (Some(kind), _) => (kind.register_bits)(&mut bare),
            (None, Some(info)) => bare.register_component_with_descriptor(descriptor(
                info.storage_type(),
                info.layout(),
                info.drop(),
            )),
            // It was only asked for.
            (None, None) => bare.register_component_with_descriptor(descriptor(
                StorageType::Table,
                Layout::new::<()>(),
                None,
            )),
        };
        assert_eq!(given, id, "all numbers before it are taken");
        // Whether there are hooks is written into the archetypes.
        if let (None, Some(info)) = (bits.get(&id), info) {
            let hooks = bare.register_component_hooks_by_id(given).expect("it was just registered");
            *hooks = silent(info.hooks()).0;
        }
    }
    bare
}

fn descriptor(
    storage: StorageType,
    layout: Layout,
    drop: Option<unsafe fn(OwningPtr<'_>)>,
) -> ComponentDescriptor {
    // SAFETY: the function drops what is laid out so: both are from one record of the type. All components
    // are `Send` and `Sync`.
    unsafe {
        ComponentDescriptor::new_with_layout(
            "",
            storage,
            layout,
            drop,
            false,
            ComponentCloneBehavior::Default,
            None,
        )
    }
}

/// Where a part of a world is in it, if it is.
fn offset<P>(world: &World, part: fn(&World) -> &P) -> Option<usize> {
    let offset = ptr::from_ref(part(world)).addr().checked_sub(ptr::from_ref(world).addr())?;
    (offset + size_of::<P>() <= size_of::<World>()).then_some(offset)
}

fn has_its_parts_inside(world: &World) -> bool {
    [
        offset(world, World::archetypes),
        offset(world, World::storages),
        offset(world, World::bundles),
        offset(world, World::entities),
    ]
    .iter()
    .all(Option::is_some)
}

/// Exchanges what two worlds have of entities and values. Their numbers of types agree, as far as these parts
/// name any.
fn exchange(one: &mut World, other: &mut World) {
    fn part<P>(one: &mut World, other: &mut World, part: fn(&World) -> &P) {
        let [one, other] = [one, other].map(|world| {
            let offset = offset(world, part).expect("a world that has it elsewhere does not move");
            // SAFETY: what a world gives a reference to, and lies in the world, is a field of it.
            unsafe { ptr::from_mut(world).byte_add(offset).cast::<P>() }
        });
        // SAFETY: both worlds are borrowed exclusively.
        unsafe { ptr::swap(one, other) };
    }
    part(one, other, World::archetypes);
    part(one, other, World::storages);
    part(one, other, World::bundles);
    part(one, other, World::entities);
}

/// The entities of a group, and the numbers of their kinds.
type Entities = (Vec<u64>, Vec<usize>);

/// Which entities there were: the generation of each number, the free ones, and the next number.
type Numbers = (Vec<u32>, Vec<u64>, u32);

fn numbers_of(world: &World, allocator: &EntityAllocator) -> Numbers {
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
fn give_generations(world: &mut World, generations: &[u32]) {
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
        drop(allocator.alloc_many(next));
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
