//! Worlds that know of their types how they are laid out, and nothing else.

use core::{alloc::Layout, ptr};
use std::collections::HashMap;

use bevy_ecs::{
    component::{ComponentCloneBehavior, ComponentDescriptor, ComponentId, StorageType},
    lifecycle::{ComponentHook, ComponentHooks},
    ptr::OwningPtr,
    world::World,
};

use super::Kind;

/// Hooks that do nothing, where there are some; and where that is.
pub(super) fn silent(hooks: &ComponentHooks) -> (ComponentHooks, [bool; 5]) {
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
pub(super) fn bare(world: &World, bits: &HashMap<ComponentId, &Kind>) -> World {
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

pub(super) fn has_its_parts_inside(world: &World) -> bool {
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
pub(super) fn exchange(one: &mut World, other: &mut World) {
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
