//! Generation 0: what is linked into the executable.

use std::sync::Arc;

use hot_rt::rt::Kind;

use crate::{
    file::{Tables, TypeLayout, manifest::Shared},
    load::candidate::duplicates,
    said::{Error, Reason, Result},
    state::{
        Namespace, Site, World,
        world::{Placed, Stored},
    },
};

/// What is linked into the executable: definitions of generation 0 and the host's call sites.
pub(crate) fn baseline() -> Result<(World, Namespace)> {
    let mut world = World::default();
    let namespace = Namespace::sealed();
    let (tables, behind_handles) = Tables::of_host()?;
    let tables = Arc::new(tables);
    world.behind_handles = behind_handles;
    let mut shared = Shared::default();
    let sites = hot_rt::rt::registered()
        .map(|accessor| Site::new(accessor, &tables, &mut shared).map(Arc::new));
    let sites = sites.collect::<Result<Vec<_>, Reason>>()?;
    for table in tables.all() {
        // What is linked in with bundles; types of other crates are nobody's definitions.
        let bundles = hot_rt::rt::registered_bundles().map(|bundle| bundle.name);
        if let (Some(kind), true) =
            (table.definition_kind(), bundles.into_iter().any(|name| name == table.name.package))
        {
            let layout = Arc::new(TypeLayout::of(table));
            namespace.place(&layout.path, kind).set_type(Some((layout.clone(), kind, 0)));
            world.types.insert(layout.path.clone(), (kind, layout));
        }
    }
    let exported = || sites.iter().filter(|site| site.item.exported);
    Error::check(duplicates(exported().map(|site| site.item.path.as_str())))?;
    for site in exported() {
        let path = &site.item.path;
        let entry = match site.item.kind {
            // What was used before there was a host has its value, the others get theirs when it is
            // needed. A thread that makes one at this moment asks the host afterwards.
            Kind::Var => {
                let known = site.slot().entry();
                if !known.is_null() {
                    world.vars.insert(path.clone(), Stored::new(known, site.clone()));
                }
                known
            }
            _ => site.accessor.body,
        };
        let current = site.version(entry, 0, 0);
        namespace.place(path, site.item.kind).set(Some(current.clone()));
        world.baseline.insert(path.clone(), current);
    }
    for site in sites {
        let path = site.item.path.clone();
        world.sites.entry(path).or_default().push(Placed { site, image: None, may_go: false });
    }
    Ok((world, namespace))
}
