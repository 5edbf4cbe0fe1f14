//! What is loaded, and who calls what. Everything here is under the writer's lock.

use std::{any::Any, collections::BTreeMap, path::PathBuf, ptr, sync::Arc};

use arc_swap::ArcSwap;
use hot_rt::rt::{ImageInfo, Kind, Locked, Moving, versioned::BehindHandle};
use rustc_hash::{FxHashMap, FxHashSet};

pub(crate) use crate::file::manifest::crate_of;
use crate::{
    file::{TypeLayout, manifest::Item},
    said::{Code, Error, Reason, Report, Result},
    state::{Current, Image, Site},
};

/// The loaded bundles and every call site.
#[derive(Default)]
pub(crate) struct World {
    /// By crate name.
    pub(crate) bundles: BTreeMap<String, Loaded>,
    /// Every slot of the host and of all images, by the path that it calls.
    pub(crate) sites: FxHashMap<String, Vec<Placed>>,
    /// The baseline: what is linked into the host, by path.
    pub(crate) baseline: FxHashMap<String, Arc<Current>>,
    /// The types of the baseline, by path.
    pub(crate) types: FxHashMap<String, (Kind, Arc<TypeLayout>)>,
    /// The types of values that the host's own code holds by handle.
    pub(crate) behind_handles: Vec<BehindHandle>,
    /// The storage of every var that was ever defined, by path.
    pub(crate) vars: FxHashMap<String, Stored>,
    /// What moves have parked of states, by path.
    pub(crate) parked: FxHashMap<String, Box<dyn PutAside>>,
    /// Values that were given up and are not dropped yet.
    pub(crate) given_up: Vec<Stored>,
    /// The package of every bundle that was ever loaded, by crate name.
    pub(crate) packages: FxHashMap<String, String>,
    /// How many generations each crate has had.
    pub(crate) counters: FxHashMap<String, u64>,
    /// The copy that each generation was loaded from, with its package.
    pub(crate) copies: Vec<(PathBuf, String, u64)>,
    /// Every image that was ever published, in the order in which they were loaded; all are still mapped.
    pub(crate) images: Vec<Arc<Image>>,
    /// Images whose init was refused after it had run: mapped, never called.
    pub(crate) abandoned: usize,
    /// Whether sites that nobody uses count as used.
    pub(crate) is_strict: bool,
}

/// What moves of a state have left. Only they know what it is.
pub(crate) trait PutAside: Any + Send {
    /// How many values.
    fn values(&self) -> usize;
}

/// A site and the image that it lies in.
#[derive(Clone)]
pub(crate) struct Placed {
    pub(crate) site: Arc<Site>,
    /// `None`: the host.
    pub(crate) image: Option<Arc<Image>>,
    /// Whether it calls nothing where the definition is gone: then nobody holds that.
    pub(crate) may_go: bool,
}

impl Placed {
    /// Whether the image calls itself there.
    pub(crate) fn is_own(&self) -> bool {
        let crate_name = crate_of(&self.site.item.path);
        self.image.as_ref().is_some_and(|image| image.header.crate_name == crate_name)
    }
}

/// A var's storage and the site that it was made for. Never freed.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) place: *const (),
    pub(crate) site: Arc<Site>,
    /// The latest site of it: of code that could write every field that any code before could.
    pub(crate) writer: Arc<Site>,
    pub(crate) past: Past,
}

/// What became of a value so far.
#[derive(Clone, Copy, Default)]
pub(crate) struct Past {
    /// The generation that has made it; 0 is the baseline.
    pub(crate) made_by: u64,
    /// How often it became one of another version of its type.
    pub(crate) moves: usize,
}

// SAFETY: the place is an address that is passed on; what lies there is `Sync`, or no static of its
// type could have been written.
unsafe impl Send for Stored {}

impl Stored {
    /// A value of this site, by what the host is linked with unless the past says otherwise.
    pub(crate) fn new(place: *const (), site: Arc<Site>) -> Stored {
        Stored { place, writer: site.clone(), site, past: Past::default() }
    }

    /// The same value, at another place and of another version of its type.
    pub(crate) fn moved(&self, place: *const (), site: Arc<Site>) -> Stored {
        let past = Past { moves: self.past.moves + 1, ..self.past };
        Stored { past, ..Stored::new(place, site) }
    }

    /// What moves its value; none if it is no state.
    pub(crate) fn moving(&self) -> Option<Moving> {
        (self.writer.accessor.moving)()
    }

    /// Its lock; none while a guard is held.
    pub(crate) fn lock(&self) -> Option<Box<dyn Locked>> {
        // The latest code drops the value.
        let Some(lock) = self.writer.accessor.lock else { return Some(Box::new(())) };
        // SAFETY: the place was made for a var of a type that is laid out as this accessor's, or this site
        // would not be one of it; it is never freed, and the accessor's image stays mapped.
        unsafe { lock(self.place) }
    }
}

/// A bundle with a current generation.
pub(crate) struct Loaded {
    pub(crate) generation: u64,
    pub(crate) image: Arc<Image>,
    /// The images that `rollback` goes back to, the latest last.
    pub(crate) history: Vec<Arc<Image>>,
    /// What was rolled back since something was loaded, with the numbers that it was live as.
    pub(crate) undone: Vec<(u64, Arc<Image>)>,
    /// Whether there were earlier ones than those, which the host was not to keep.
    pub(crate) forgotten: bool,
    /// What made the generation. What changed is told only after the writer's lock is let go: the
    /// report is replaced then, without the lock.
    pub(crate) report: Arc<ArcSwap<Report>>,
}

impl Loaded {
    /// Why there is no way back to this generation.
    fn no_generation(&self, number: u64) -> Reason {
        let package = &self.image.header.package;
        if self.image.born_as == number {
            let what = format!("generation {number} of bundle `{package}` is live already");
            return Reason::new(Code::NoEarlier, what).help("name an earlier one");
        }
        let kept: Vec<_> = self.history.iter().map(|image| image.born_as.to_string()).collect();
        let kept = if kept.is_empty() { "none".to_owned() } else { kept.join(", ") };
        let what = format!("generation {number} of bundle `{package}` is not kept");
        Reason::new(Code::NoEarlier, what)
            .fact("kept", kept)
            .help("go back to one that is kept, or build and load the version that you want")
    }
}

impl World {
    /// The number that the crate's next generation gets.
    pub(crate) fn next_generation(&self, crate_name: &str) -> u64 {
        self.counters.get(crate_name).map_or(1, |count| count + 1)
    }

    /// The bundle with this crate name.
    pub(crate) fn loaded(&self, name: &str) -> Result<&Loaded> {
        self.bundles.get(name).ok_or_else(|| self.not_loaded(name))
    }

    /// The error of a bundle that is not loaded.
    pub(crate) fn not_loaded(&self, name: &str) -> Error {
        let what = format!("bundle `{}` is not loaded", self.package(name));
        Reason::new(Code::NotLoaded, what).into()
    }

    /// The name that users know the bundle with this crate name by: its package's, if it was ever
    /// loaded.
    pub(crate) fn package<'a>(&'a self, name: &'a str) -> &'a str {
        self.packages.get(name).map_or(name, String::as_str)
    }

    /// The image that `rollback` of this crate's bundle goes back to: that before, or that of a
    /// generation.
    pub(crate) fn earlier(&self, name: &str, to: Option<u64>) -> Result<Arc<Image>> {
        let loaded = self.loaded(name)?;
        if let Some(to) = to {
            let found = loaded.history.iter().rev().find(|image| image.born_as == to);
            return found.cloned().ok_or_else(|| loaded.no_generation(to).into());
        }
        loaded.history.last().cloned().ok_or_else(|| {
            let what =
                format!("bundle `{}` has no earlier generation", loaded.image.header.package);
            let reason = Reason::new(Code::NoEarlier, what);
            let is_back = loaded.generation != loaded.image.born_as;
            match (loaded.forgotten, is_back) {
                (true, _) => reason.help(
                    "there were more than the host keeps (`Host::builder().history(..)`): build and load \
                     the version that you want",
                ),
                (false, true) => reason.help(
                    "the first version that was loaded is live again: build and load a later one, by \
                     `rebuild` or a save, to go forward",
                ),
                (false, false) => reason,
            }
            .into()
        })
    }

    /// The image that is the bundle's current generation.
    pub(crate) fn image_of(&self, bundle: &str) -> Option<&'static ImageInfo> {
        self.bundles.get(bundle).map(|loaded| loaded.image.info)
    }

    /// Whether the site belongs to the host or to the current generation of a bundle.
    pub(crate) fn is_live(&self, placed: &Placed) -> bool {
        placed.image.as_ref().is_none_or(|image| {
            let loaded = self.bundles.get(&image.header.crate_name);
            loaded.is_some_and(|loaded| Arc::ptr_eq(&loaded.image, image))
        })
    }

    /// What callers of an export are pointed at.
    pub(crate) fn entry(&self, site: &Site) -> *const () {
        match site.item.kind {
            Kind::Var => self.vars[&site.item.path].place,
            _ => site.accessor.body,
        }
    }

    /// The values that the statics among a bundle's next exports go on with, by their paths; no value goes on as
    /// two. It is that of the same name or, where the next version has only one of them, of the name that it
    /// had before, or that it has now and did not have then. Where the versions are not of one mind on that, the
    /// later one is right: on the way back the one that is there.
    pub(crate) fn befores<'n>(
        &self,
        next: impl IntoIterator<Item = &'n Item>,
    ) -> FxHashMap<&'n str, &Stored> {
        let next: Vec<_> = next.into_iter().filter(|item| item.kind == Kind::Var).collect();
        // All are of one version.
        let is_back = next.first().is_some_and(|item| self.is_earlier(item));
        let (mut befores, mut taken) = (FxHashMap::default(), FxHashSet::default());
        for item in &next {
            if let Some(stored) = self.live(&item.path) {
                befores.insert(&*item.path, stored);
                taken.insert(stored.place);
            }
        }
        if befores.len() == next.len() {
            return befores;
        }
        let old = self.vars.iter().filter(|(path, _)| self.live(path).is_some());
        let old = old.map(|(path, stored)| (path, stored.writer.item.old_path(), stored));
        let old: Vec<_> = old.filter(|(.., stored)| !taken.contains(&stored.place)).collect();
        for asks_old in [is_back, !is_back] {
            for item in &next {
                let said = item.old_path();
                let stored = old.iter().find(|(path, was, stored)| {
                    let is_it = match asks_old {
                        true => was.as_ref() == Some(&item.path),
                        false => said.as_ref() == Some(*path),
                    };
                    is_it && !taken.contains(&stored.place)
                });
                if let Some((.., stored)) = stored.filter(|_| !befores.contains_key(&*item.path)) {
                    befores.insert(&*item.path, *stored);
                    taken.insert(stored.place);
                }
            }
        }
        befores
    }

    /// What a record says that is, byte by byte, that of a function which the host has read before. Statics are
    /// read again: [`befores`](World::befores) tells their versions by where they are.
    pub(crate) fn known(&self, path: &str, record: &[u8]) -> Option<Arc<Item>> {
        // The latest are the last.
        let sites = self.sites.get(path)?.iter().rev().map(|placed| &placed.site);
        let mut functions = sites.filter(|site| site.item.kind == Kind::Function);
        functions.find(|site| site.accessor.record == record).map(|site| site.item.clone())
    }

    /// Whether it is of a version that was there before.
    fn is_earlier(&self, item: &Item) -> bool {
        let is_it = |site: &Arc<Site>| ptr::eq(&*site.item, item);
        let history = self.bundles.get(crate_of(&item.path)).map(|loaded| &loaded.history);
        history.into_iter().flatten().any(|image| image.exports.iter().any(is_it))
            || self.baseline.get(&item.path).is_some_and(|current| is_it(&current.site))
    }

    /// The storage of a var that something defines at the moment.
    pub(crate) fn live(&self, path: &str) -> Option<&Stored> {
        // Asked of functions too, which are never there.
        let stored = self.vars.get(path)?;
        let crate_name = crate_of(path);
        let is_var = |loaded: &Loaded| {
            loaded.image.export(path).is_some_and(|site| site.item.kind == Kind::Var)
        };
        let is_live =
            self.baseline.contains_key(path) || self.bundles.get(crate_name).is_some_and(is_var);
        is_live.then_some(stored)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file::{Tables, manifest::Shared};

    #[hot::export]
    fn probed(text: &str, count: u32) -> bool {
        text.len() > count as usize
    }

    #[hot::export]
    static PROBED: hot::State<u32> = hot::State::new(|| 1);

    /// A world that has read the item of this name, and no other.
    fn world(name: &str) -> (World, Arc<Site>) {
        let (tables, mut shared) = (Arc::new(Tables::default()), Shared::default());
        let sites = hot_rt::rt::registered().map(|it| Site::new(it, &tables, &mut shared).unwrap());
        let site = Arc::new(sites.into_iter().find(|site| site.item.path == name).unwrap());
        let placed = Placed { site: site.clone(), image: None, may_go: false };
        let mut world = World::default();
        world.sites.insert(site.item.path.clone(), vec![placed]);
        (world, site)
    }

    #[test]
    fn a_record_is_known_only_if_every_byte_is_the_same() {
        let (world, site) = world("hot_host::state::world::tests::probed");
        let (path, record) = (&site.item.path, site.accessor.record);
        let known = world.known(path, record).expect("it was read");
        assert!(Arc::ptr_eq(&known, &site.item));
        for index in 0..record.len() {
            let mut other = record.to_vec();
            other[index] ^= 1;
            assert!(world.known(path, &other).is_none(), "byte {index}");
            assert!(world.known(path, &record[..index]).is_none(), "the first {index}");
        }
        assert!(world.known(path, &[record, &[0]].concat()).is_none());
        assert!(world.known("hot_host::state::world::tests::other", record).is_none());
    }

    #[test]
    fn statics_are_read_again() {
        let (world, site) = world("hot_host::state::world::tests::PROBED");
        assert!(world.known(&site.item.path, site.accessor.record).is_none());
    }
}
