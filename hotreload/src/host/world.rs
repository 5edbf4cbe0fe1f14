//! What is loaded, and who calls what. Everything here is under the writer's lock.

use std::{collections::BTreeMap, mem, ptr, sync::Arc};

use rustc_hash::FxHashMap;

use super::{
    Code, Error, Kind, Reason, Result, TypeLayout,
    definition::Current,
    first_values::{self, New},
    image::{Image, Site},
};
use crate::rt::{Accessor, ImageInfo, Locked};

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
    /// Whether the storage was made for it.
    is_new: bool,
}

/// All of them. What was made for them comes to its end here, unless it is kept.
#[must_use]
#[derive(Default)]
pub(crate) struct Vars(Vec<Var>);

impl Vars {
    pub(crate) fn extend(&mut self, mut more: Vars) {
        self.0.append(&mut more.0);
    }

    /// The image becomes current.
    pub(crate) fn keep(mut self) -> Vec<Var> {
        mem::take(&mut self.0)
    }
}

impl Drop for Vars {
    fn drop(&mut self) {
        // The latest first: it may hold on to those that it was made from.
        for var in self.0.drain(..).rev().filter(|var| var.is_new) {
            // One that is in use stays: by a thread that the image's init has started. So does what
            // is no state, since there may be references to it.
            if let Some(locked) = var.stored.lock() {
                locked.discard();
            }
        }
    }
}

// SAFETY: the place is an address that is passed on; what lies there is `Sync`, or no static of its
// type could have been written.
unsafe impl Send for Stored {}

impl Stored {
    /// Its lock; none while a guard is held.
    pub(crate) fn lock(&self) -> Option<Box<dyn Locked>> {
        let Some(lock) = self.site.accessor.lock else { return Some(Box::new(())) };
        // SAFETY: the place was made for a var of this accessor's type, by its initialiser, and is
        // never freed; its image stays mapped.
        unsafe { lock(self.place) }
    }
}

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

    /// The storage that an image's vars shall have: what is there, or new. The slots of these
    /// accessors of its image lead to a var as soon as it is there.
    pub(crate) fn make_vars(
        &self,
        exports: &[Arc<Site>],
        accessors: impl Fn(&Site) -> Vec<&'static Accessor>,
    ) -> std::result::Result<Vars, Vec<Reason>> {
        let (mut vars, mut new, mut reasons) = (Vars::default(), Vec::new(), Vec::new());
        for site in exports.iter().filter(|site| site.item.kind == Kind::Var) {
            let known = self.vars.get(&site.item.path);
            let is_alike = |stored: &&Stored| stored.site.is_alike(site);
            if !site.item.reset && self.live(&site.item.path).is_some_and(|live| !is_alike(&live)) {
                // No difference was found, and yet they are not one: never take it for the other.
                let what = format!("the value of `{}` is laid out differently", site.item.path);
                reasons.push(Reason::new(Code::VarLayout, what));
                continue;
            }
            match known.filter(is_alike) {
                Some(stored) => {
                    for own in accessors(site) {
                        own.slot.point_at(stored.place, ptr::null());
                    }
                    let (stored, site) = (stored.clone(), site.clone());
                    vars.0.push(Var { stored, site, is_new: false });
                }
                // Either nothing is defined under that name now, and the old value is left where it
                // is; or it is given up.
                None => new.push(New { site: site.clone(), accessors: accessors(site) }),
            }
        }
        if !reasons.is_empty() {
            return Err(reasons);
        }
        let (made, reasons) = first_values::make(new);
        vars.0.extend(made.into_iter().map(|stored| {
            let site = stored.site.clone();
            Var { stored, site, is_new: true }
        }));
        if reasons.is_empty() { Ok(vars) } else { Err(reasons) }
    }

    /// The values that somebody may use and that make way for these.
    pub(crate) fn replaced_by(&self, vars: &Vars) -> Vec<Stored> {
        let replaced = vars.0.iter().filter_map(|var| {
            let live = self.live(&var.site.item.path)?;
            (live.place != var.stored.place).then(|| live.clone())
        });
        replaced.collect()
    }
}

pub(crate) fn not_loaded(name: &str) -> Error {
    Reason::new(Code::NotLoaded, format!("bundle `{name}` is not loaded")).into()
}
