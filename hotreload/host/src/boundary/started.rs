//! Threads that bundles have started, by the generation that did.
//!
//! A bundle's private pool of threads, that of `rayon` for example, is a static of its image: the
//! next generation has another one, and the threads of the first wait for work that never comes.

use std::{
    collections::{BTreeMap, HashSet},
    fs,
    path::PathBuf,
};

use crate::platform;
use crate::said::StartedThreads;
use crate::state::World;

/// The threads that generations have started and that are still there.
pub(crate) fn threads(world: &World) -> Vec<StartedThreads> {
    of_copies(&world.copies)
}

/// Of a bundle: how many another image has started than that of this generation, and how many that one.
pub(crate) fn left_and_own(
    copies: &[(PathBuf, String, u64)],
    bundle: &str,
    born_as: u64,
) -> (usize, usize) {
    let of_bundle = of_copies(copies).into_iter().filter(|it| it.bundle == bundle);
    let (own, left): (Vec<_>, Vec<_>) = of_bundle.partition(|it| it.generation == born_as);
    let sum = |all: &[StartedThreads]| all.iter().map(|it| it.threads).sum();
    (sum(&left), sum(&own))
}

fn of_copies(copies: &[(PathBuf, String, u64)]) -> Vec<StartedThreads> {
    let mut counts: BTreeMap<PathBuf, usize> = BTreeMap::new();
    for file in platform::files_that_threads_began_in() {
        *counts.entry(file).or_default() += 1;
    }
    let names: HashSet<_> = counts.keys().map(|file| file.file_name()).collect();
    // A process may have thousands of generations.
    let started = copies.iter().filter(|(copy, ..)| names.contains(&copy.file_name()));
    let started = started.filter_map(|(copy, bundle, generation)| {
        let threads = *counts.get(&fs::canonicalize(copy).ok()?)?;
        Some(StartedThreads { bundle: bundle.clone(), generation: *generation, threads })
    });
    started.collect()
}
