//! What saved files lead to: builds, or a line.

use std::{
    collections::{BTreeMap, BTreeSet},
    mem,
    path::{Path, PathBuf},
};

use crate::said::Outcome;
use crate::watch::known_files::is_written_by_cargo;
use crate::watch::rebuild::Task;
use crate::watch::saves::Saved;
use crate::watch::watching::Watch;
use crate::watch::work::{Cause, Work};
use crate::watch::{Sources, tweaks};

/// So many builds in a row are begun only since the one before may have misread a file: a program may write
/// one all the time.
const MOST_MISREAD: u32 = 3;

impl Watch {
    /// What these files lead to.
    pub(super) fn decide(&mut self, saved: Vec<Saved>) {
        let mut works: Vec<Work> = Vec::new();
        let (mut host, mut unchanged) = (BTreeSet::new(), Vec::new());
        for Saved { path, is_edit, is_misread, received } in saved {
            let bundles = self.concerned(&path);
            let waiting = self.waiting.iter().flat_map(BTreeMap::keys);
            let mut refused = waiting.chain(self.failed.iter().flatten());
            let is_repaired = refused.any(|name| bundles.contains(name));
            let is_built_again = is_misread && !is_edit && self.misread < MOST_MISREAD;
            if !bundles.is_empty() && (is_edit || is_repaired || is_built_again) {
                self.misread = if is_edit { 0 } else { self.misread + u32::from(is_built_again) };
                let is_setting = self.trees().any(|tree| tree.is_setting(&path));
                let cause = match is_edit || is_repaired {
                    _ if is_written_by_cargo(&path) => Cause::Cargo,
                    true => Cause::Save,
                    false => Cause::Misread,
                };
                let asks = is_setting && cause != Cause::Cargo;
                let files = BTreeSet::from([path]);
                let mut work = Work { bundles, files, received, asks, cause };
                // What is saved at once belongs together, but not across workspaces.
                for other in mem::take(&mut works) {
                    if other.shares(&work) || self.root_of(&other) == self.root_of(&work) {
                        work.add(other);
                    } else {
                        works.push(other);
                    }
                }
                works.push(work);
            } else if !is_edit {
                let is_known = !bundles.is_empty() || self.is_of_host(&path);
                if is_known && !is_written_by_cargo(&path) {
                    unchanged.push((path, bundles));
                }
            } else if self.is_of_host(&path) {
                host.insert(path);
            }
        }
        let say = |files: BTreeSet<PathBuf>, outcome| {
            if !files.is_empty() {
                // That thread ends with the process only.
                let _ = self.tasks.send(Task::Say(crate::said::Saved::new(files, outcome)));
            }
        };
        say(host, Outcome::Host);
        // Beside an edit of the same bundle, a file that was saved as it is does not matter. It may
        // be the edit itself, read before it was reported.
        let building = self.building.iter().map(|(work, _)| work);
        let edits = || building.clone().chain(&self.queued).chain(&works);
        unchanged.retain(|(_, bundles)| edits().all(|it| it.bundles.is_disjoint(bundles)));
        say(unchanged.into_iter().map(|(path, _)| path).collect(), Outcome::Unchanged);
        for work in works {
            self.tweak(&work);
            self.queue(work);
        }
    }

    /// What the save has changed may be literals that need no build.
    fn tweak(&self, work: &Work) {
        let sources = work.bundles.iter().filter_map(|name| self.bundles.get(name)).cloned();
        let files = work.files.iter().cloned();
        let save = tweaks::Save {
            sources: sources.collect(),
            files: files.collect(),
            received: work.received,
        };
        // That thread ends with the process only.
        let _ = self.tweaks.send(save);
    }

    /// The workspace of the first bundle.
    fn root_of(&self, work: &Work) -> Option<&Path> {
        self.bundles.get(work.bundles.first()?).map(|it| it.workspace.root())
    }

    /// The bundles that a new content of the file can change.
    fn concerned(&self, path: &Path) -> BTreeSet<String> {
        let is_of_program = self.program.as_ref().is_some_and(|program| program.owns(path));
        let concerned = self.bundles.iter().filter(|(name, Sources { tree, .. })| {
            // A build that failed may have read what the one before it had not.
            let may_be_read = || {
                tree.was_read(path)
                    || tree.may_be_read(path)
                    || self.failed.iter().any(|group| group.contains(*name))
            };
            tree.concerns(path) && !tree.is_in_memory(path) && (!is_of_program || may_be_read())
        });
        concerned.map(|(name, _)| name.clone()).collect()
    }

    /// Whether what runs in this process was built of the file, and no reload changes that.
    fn is_of_host(&self, path: &Path) -> bool {
        self.program.as_ref().is_some_and(|program| program.was_read(path))
            || self.trees().any(|tree| tree.is_in_memory(path))
    }
}
