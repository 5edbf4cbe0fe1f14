//! What the sources held when what is live was built, so that a save's changes are found in the text.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use crate::changes::copies::{self, Before, Copies, Source};
use crate::file::machine_code::names::FRAMEWORK;
use crate::said::{HostCopy, Outcome};
use crate::watch::program::Program;
use crate::watch::sources::{Sources, Tree};

/// The sources of the bundles that are watched.
#[derive(Default)]
pub(super) struct Texts {
    live: HashMap<PathBuf, Arc<str>>,
    /// As they were when they were first seen: what the host was compiled with.
    compiled: HashMap<PathBuf, Arc<str>>,
    /// What was saved since: as it was when a build of it began.
    saved: BTreeMap<PathBuf, Edit>,
    /// The trees of the bundles that were built, by package name.
    trees: BTreeMap<String, Tree>,
    copies: Copies,
}

struct Edit {
    /// `None` if the file is gone, or no text.
    text: Option<Arc<str>>,
    /// The package names of the bundles that it is of.
    bundles: BTreeSet<String>,
    of_host: OfHost,
}

/// What the host has of a file.
enum OfHost {
    Nothing,
    /// It is linked with a library that has been built of it.
    Linked,
    /// Its own crate includes it, or has it as a text.
    Whole {
        certain: bool,
    },
}

impl Texts {
    /// These are as they were built.
    pub(super) fn note(&mut self, files: Vec<(PathBuf, Arc<str>)>) {
        for (file, text) in files {
            self.compiled.entry(file.clone()).or_insert_with(|| text.clone());
            self.live.insert(file, text);
        }
    }

    /// What these files held when they were read last.
    pub(super) fn saved<'a>(
        &'a self,
        files: &'a BTreeSet<PathBuf>,
    ) -> impl Iterator<Item = (&'a PathBuf, &'a Arc<str>)> {
        let text = |file| Some((file, self.saved.get(file)?.text.as_ref()?));
        files.iter().filter_map(text)
    }

    /// Reads what is about to be built. `program` is what the host is built of.
    pub(super) fn read(
        &mut self,
        files: &BTreeSet<PathBuf>,
        sources: &[Sources],
        program: Option<&Program>,
    ) {
        for Sources { bundle, tree, .. } in sources {
            self.trees.insert(bundle.name.clone(), tree.clone());
        }
        for file in files {
            let of = sources.iter().filter(|it| it.tree.concerns(file));
            let bundles: BTreeSet<_> = of.map(|it| it.bundle.name.clone()).collect();
            let of_host = Self::of_host(file, &bundles, program);
            let text = fs::read_to_string(file).ok().map(Arc::from);
            self.saved.insert(file.clone(), Edit { text, bundles, of_host });
        }
    }

    fn of_host(file: &Path, bundles: &BTreeSet<String>, program: Option<&Program>) -> OfHost {
        let was_read = program.is_some_and(|program| program.was_read(file));
        if program.is_some_and(|program| program.owns(file)) {
            return OfHost::Whole { certain: true };
        }
        if !is_source(file) {
            let is_setting = program.is_some_and(|program| program.tree.is_setting(file));
            let is_included = was_read && !is_setting;
            return if is_included { OfHost::Whole { certain: false } } else { OfHost::Nothing };
        }
        let mut linked = hot_rt::rt::registered_bundles().map(|bundle| bundle.name);
        if was_read || linked.any(|name| bundles.contains(name)) {
            OfHost::Linked
        } else {
            OfHost::Nothing
        }
    }

    /// Takes what has become live, or is live already, for what the next save is compared with. Gives
    /// what the host has copies of, as far as it differs.
    pub(super) fn settle(&mut self, outcome: &Outcome, sources: &[Sources]) -> Vec<HostCopy> {
        let live: BTreeSet<_> = match outcome {
            Outcome::Refused { .. } | Outcome::Host => return Vec::new(),
            Outcome::Unchanged => BTreeSet::new(),
            Outcome::Live(reports) => reports.iter().map(|report| report.bundle.clone()).collect(),
        };
        let built = sources.iter().map(|it| it.bundle.name.clone());
        let live: BTreeSet<_> = live.into_iter().chain(built).collect();
        let (settled, rest): (BTreeMap<_, _>, _) = std::mem::take(&mut self.saved)
            .into_iter()
            .partition(|(_, edit)| !edit.bundles.is_disjoint(&live));
        self.saved = rest;
        let (mut whole, mut edited) = (Vec::new(), Vec::new());
        for (file, Edit { text, of_host, .. }) in settled {
            let now = text.clone().unwrap_or_default();
            let before = match text {
                Some(text) => self.live.insert(file.clone(), text),
                None => self.live.remove(&file),
            };
            let (Some(live), Some(compiled)) = (before, self.compiled.get(&file).cloned()) else {
                continue;
            };
            match of_host {
                OfHost::Nothing => {}
                OfHost::Linked => edited.push((file, Before { live, compiled })),
                OfHost::Whole { certain } => {
                    let is_same = |before: &str| match is_source(&file) {
                        true => copies::is_same_code(before, &now),
                        false => before == &*now,
                    };
                    if !is_same(&live) && !is_same(&compiled) {
                        whole.push(HostCopy::whole(file, certain));
                    }
                }
            }
        }
        if edited.is_empty() {
            return whole;
        }
        let all = self.live.iter().filter_map(|(file, text)| {
            let tree = self.trees.values().find(|tree| tree.is_around(file))?;
            let (file, text) = (file.clone(), text.clone());
            let place = tree.place(&file)?;
            let is_framework = FRAMEWORK.contains(&&*place.crate_name);
            (!is_framework).then_some(Source { place, file, text })
        });
        whole.extend(self.copies.find(&edited, &all.collect::<Vec<_>>()));
        whole
    }
}

fn is_source(file: &Path) -> bool {
    file.extension().is_some_and(|it| it == "rs")
}
