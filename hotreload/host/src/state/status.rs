//! What is loaded, for those who ask.

use std::{collections::BTreeSet, path::Path};

use crate::{
    file::shadow::bytes_in,
    said::{
        BuiltBy, BundleStatus, DefinitionStatus, Result, StartedThreads, StateStatus, Status,
        ThreadStatus,
    },
    state::{Inner, World},
};

impl Inner {
    /// What is loaded and defined; `threads` are those that are in older code, and `started` those that
    /// bundles have started.
    pub(crate) fn status(
        &self,
        threads: Vec<ThreadStatus>,
        started: impl FnOnce(&World) -> Vec<StartedThreads>,
    ) -> Result<Status> {
        let writing = self.write()?;
        let world = writing.world();
        // Of all that is mapped.
        let by_rustc = world.images.iter().filter(|it| it.built_by() == Some(BuiltBy::Rustc));
        let rustc_dirs: BTreeSet<_> =
            by_rustc.filter_map(|it| it.source.parent()).map(Path::to_owned).collect();
        let bundles = world.bundles.values().map(|loaded| BundleStatus {
            built_by: loaded.image.built_by(),
            name: loaded.image.header.package.clone(),
            version: loaded.image.header.version.clone(),
            generation: loaded.generation,
            loaded_as: loaded.image.born_as,
            library: loaded.image.source.clone(),
            copy: loaded.image.copy.clone(),
            earlier: loaded.history.len(),
        });
        let definitions = self.namespace.definitions();
        let definitions = definitions.iter().map(|definition| DefinitionStatus {
            path: definition.path().to_owned(),
            kind: definition.kind(),
            signature: definition.signature(),
            generation: definition.generation(),
        });
        let states = world.vars.iter().filter(|(path, _)| world.live(path).is_some());
        let states = states.filter_map(|(path, stored)| {
            let moving = stored.moving()?;
            Some(StateStatus {
                path: path.clone(),
                type_name: stored.writer.item.types.first().map(|ty| ty.ty.to_string())?,
                layout: format!("{:032x}", stored.writer.layout()),
                size: moving.value.table.layout().size(),
                made_by: stored.past.made_by,
                moves: stored.past.moves,
                put_aside: world.parked.get(path).map_or(0, |it| it.values()),
            })
        });
        let mut states: Vec<_> = states.collect();
        states.sort_by(|a, b| a.path.cmp(&b.path));
        let mut status = Status {
            states,
            bundles: bundles.collect(),
            definitions: definitions.collect(),
            threads,
            futures: world.futures_in_older_code(),
            started: started(world),
            closed: self.closed_sites(),
            retired: world.images.len() - world.bundles.len(),
            abandoned: world.abandoned,
            shadow_bytes: 0,
            shadow_dir: self.shadow.path().to_owned(),
            rustc_bytes: 0,
        };
        // Nobody waits while the disk is looked at.
        drop(writing);
        status.shadow_bytes = self.shadow.bytes();
        status.rustc_bytes = rustc_dirs.iter().map(|it| bytes_in(it)).sum();
        Ok(status)
    }
}
