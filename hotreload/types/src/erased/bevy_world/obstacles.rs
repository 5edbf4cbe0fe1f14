//! What would be lost with a world.

use std::collections::HashMap;

use bevy_ecs::{
    archetype::Archetype,
    component::{ComponentId, ComponentInfo},
    entity_disabling::{DefaultQueryFilters, Disabled},
    observer::Observer,
    schedule::Schedules,
    world::World,
};

use super::{
    Kind,
    bare::{has_its_parts_inside, silent},
    numbers,
};

/// Why a world cannot move: what would be lost.
pub(super) fn obstacle(world: &World, kinds: &[&Kind]) -> Option<String> {
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
