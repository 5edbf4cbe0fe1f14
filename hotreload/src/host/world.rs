//! What is loaded, and who calls what. Everything here is under the writer's lock.

use std::{collections::BTreeMap, sync::Arc};

use rustc_hash::FxHashMap;

use super::{
    Code, Error, Kind, Reason, Result, TypeLayout,
    definition::Current,
    image::{Image, Site},
};
use crate::rt::{self, ImageInfo};

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
    /// The storage of every var that was ever defined, by path.
    pub(crate) vars: FxHashMap<String, Stored>,
    /// How many generations each crate has had.
    pub(crate) counters: FxHashMap<String, u64>,
    /// How many images were ever published; all of them are still mapped.
    pub(crate) images: usize,
    /// Images whose init was refused after it had run: mapped, never called.
    pub(crate) abandoned: usize,
}

/// A site and the image that it lies in.
#[derive(Clone)]
pub(crate) struct Placed {
    pub(crate) site: Arc<Site>,
    /// `None`: the host.
    pub(crate) image: Option<Arc<Image>>,
}

/// A var's storage and the site that it was made for. Never freed.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) place: *const (),
    pub(crate) site: Arc<Site>,
}

/// A var of an image that shall become current, with its storage.
pub(crate) struct Var {
    pub(crate) stored: Stored,
    pub(crate) site: Arc<Site>,
}

// SAFETY: the place is an address that is passed on; what lies there is `Sync`, or no static of its
// type could have been written.
unsafe impl Send for Stored {}

/// A bundle with a current generation.
pub(crate) struct Loaded {
    pub(crate) generation: u64,
    pub(crate) image: Arc<Image>,
    /// The images that `rollback` goes back to, the latest last.
    pub(crate) history: Vec<Arc<Image>>,
}

impl World {
    /// The bundle with this crate name.
    pub(crate) fn loaded(&self, name: &str) -> Result<&Loaded> {
        self.bundles.get(name).ok_or_else(|| not_loaded(name))
    }

    /// The image that `rollback` of this crate's bundle goes back to.
    pub(crate) fn earlier(&self, name: &str) -> Result<Arc<Image>> {
        let loaded = self.loaded(name)?;
        loaded.history.last().cloned().ok_or_else(|| {
            let what =
                format!("bundle `{}` has no earlier generation", loaded.image.header.package);
            Reason::new(Code::NoEarlier, what).into()
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

    /// The storage of a var that something defines at the moment.
    pub(crate) fn live(&self, path: &str) -> Option<&Stored> {
        // Asked of functions too, which are never there.
        let stored = self.vars.get(path)?;
        let crate_name = path.split("::").next().unwrap_or_default();
        let is_var = |loaded: &Loaded| {
            loaded.image.export(path).is_some_and(|site| site.item.kind == Kind::Var)
        };
        let is_live =
            self.baseline.contains_key(path) || self.bundles.get(crate_name).is_some_and(is_var);
        is_live.then_some(stored)
    }

    /// The storage that an image's vars shall have: what is there, or new.
    pub(crate) fn make_vars(
        &self,
        exports: &[Arc<Site>],
    ) -> std::result::Result<Vec<Var>, Vec<Reason>> {
        let (mut vars, mut reasons) = (Vec::new(), Vec::new());
        for site in exports.iter().filter(|site| site.item.kind == Kind::Var) {
            let known = self.vars.get(&site.item.path);
            let is_alike = |stored: &&Stored| stored.site.is_alike(site);
            if !site.item.reset && self.live(&site.item.path).is_some_and(|live| !is_alike(&live)) {
                // No difference was found, and yet they are not one: never take it for the other.
                let what = format!("the value of `{}` is laid out differently", site.item.path);
                reasons.push(Reason::new(Code::VarLayout, what));
                continue;
            }
            let stored = match known.filter(is_alike) {
                Some(stored) => Ok(stored.clone()),
                // Either nothing is defined under that name now, and the old value is left where it
                // is; or it is given up.
                None => {
                    rt::new_storage(site.accessor).map(|place| Stored { place, site: site.clone() })
                }
            };
            match stored {
                Ok(stored) => vars.push(Var { stored, site: site.clone() }),
                Err(text) => {
                    let what = format!("the first value of `{}` panicked", site.item.path);
                    reasons.push(Reason::new(Code::VarInitialiser, what).fact("said", text));
                }
            }
        }
        if reasons.is_empty() { Ok(vars) } else { Err(reasons) }
    }

    /// The values that somebody may use and that make way for these.
    pub(crate) fn replaced_by(&self, vars: &[Var]) -> Vec<Stored> {
        let replaced = vars.iter().filter_map(|var| {
            let live = self.live(&var.site.item.path)?;
            (live.place != var.stored.place).then(|| live.clone())
        });
        replaced.collect()
    }
}

pub(crate) fn not_loaded(name: &str) -> Error {
    Reason::new(Code::NotLoaded, format!("bundle `{name}` is not loaded")).into()
}
