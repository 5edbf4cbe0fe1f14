//! What is loaded, who calls what, and the checks between them. Everything here is under the
//! writer's lock.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    Code, Reason,
    candidate::Candidate,
    definition::Current,
    image::{Image, Site},
    manifest::Item,
    signature::{Comparison, compare, untracked},
};
use crate::rt;

/// The loaded bundles and every call site.
#[derive(Default)]
pub(crate) struct World {
    /// By crate name.
    pub(crate) bundles: BTreeMap<String, Loaded>,
    /// Every slot of the host and of all images, by the path that it calls.
    pub(crate) sites: HashMap<String, Vec<Placed>>,
    /// The baseline: what is linked into the host, by path.
    pub(crate) baseline: HashMap<String, Arc<Current>>,
    /// The storage of every var that was ever defined, by path.
    pub(crate) vars: HashMap<String, Stored>,
    /// How many generations each crate has had.
    pub(crate) counters: HashMap<String, u64>,
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

/// One party of a comparison, as messages name it.
pub(crate) struct Importer<'a> {
    pub(crate) who: String,
    pub(crate) item: &'a Item,
    pub(crate) site: Option<&'a Site>,
    /// Not code that was compiled against it, but a value that is there.
    pub(crate) is_value: bool,
}

impl World {
    /// Who would call or hold `path` once the transaction has committed: the host, the current
    /// generations of other bundles than `bundle`, a var's value. Retired images are frozen: they
    /// do not count.
    pub(crate) fn importers<'a>(
        &'a self,
        path: &str,
        bundle: &'a str,
    ) -> impl Iterator<Item = Importer<'a>> {
        let placed = self.sites.get(path).into_iter().flatten();
        placed
            .filter_map(move |placed| {
                let who = match &placed.image {
                    None => "the host".to_owned(),
                    Some(image) => {
                        let name = &image.header.crate_name;
                        let loaded = self.bundles.get(name)?;
                        if name == bundle || !Arc::ptr_eq(&loaded.image, image) {
                            return None;
                        }
                        format!(
                            "bundle `{}` (generation {})",
                            image.header.package, loaded.generation
                        )
                    }
                };
                let site = &placed.site;
                Some(Importer { who, item: &site.item, site: Some(site), is_value: false })
            })
            .chain(self.live(path).map(|stored| Importer {
                who: "the value that is there".to_owned(),
                item: &stored.site.item,
                site: Some(&stored.site),
                is_value: true,
            }))
    }

    /// The storage of a var that something defines at the moment.
    fn live(&self, path: &str) -> Option<&Stored> {
        let crate_name = path.split("::").next().unwrap_or_default();
        let is_live = self.baseline.contains_key(path) || self.bundles.contains_key(crate_name);
        self.vars.get(path).filter(|_| is_live)
    }

    /// The storage that a new image's var shall have: what is there, or new. `Err`: the text of the
    /// initialiser's panic.
    pub(crate) fn storage(&self, site: &Arc<Site>) -> Result<Stored, String> {
        match self.vars.get(&site.item.path) {
            Some(stored) if stored.site.is_alike(site) => Ok(stored.clone()),
            // Nothing is defined under that name now: the old value is left where it is.
            _ => Ok(Stored { place: rt::new_storage(site.accessor)?, site: site.clone() }),
        }
    }

    /// What the manifests alone can tell against the candidate.
    pub(crate) fn check(
        &self,
        candidate: &Candidate,
        current: impl Fn(&str) -> Option<Arc<Current>>,
    ) -> Vec<Reason> {
        let bundle = &candidate.header.crate_name;
        let mut reasons = Vec::new();
        for export in candidate.exports() {
            let mut conflicts = Conflicts::default();
            for importer in self.importers(&export.path, bundle) {
                conflicts.add(&importer, compare(importer.item, export));
            }
            reasons.extend(conflicts.reasons(export));
        }
        let who = format!("bundle `{}`, which is being loaded", candidate.header.package);
        for import in candidate.imports() {
            // A private copy of a bundle is compared with what is published, and so is an import;
            // what the bundle imports from itself, with what it brings along.
            let own = candidate.exports().find(|export| export.path == import.path);
            let current = current(&import.path);
            let published = current.as_ref().map(|current| &*current.item);
            let Some(export) = own.or(published) else { continue };
            let importer = Importer { who: who.clone(), item: import, site: None, is_value: false };
            let mut conflicts = Conflicts::default();
            conflicts.add(&importer, compare(import, export));
            reasons.extend(conflicts.reasons(export));
        }
        reasons
    }

    /// The same with the types as the compiler knows them: for the sites of an image that is
    /// mapped, or of one that is to be published again.
    pub(crate) fn check_types(
        &self,
        bundle: &str,
        exports: &[Arc<Site>],
        imports: &[Arc<Site>],
        current: impl Fn(&str) -> Option<Arc<Current>>,
    ) -> Vec<Reason> {
        let mut reasons = Vec::new();
        for export in exports {
            let mut conflicts = Conflicts::default();
            for importer in self.importers(&export.item.path, bundle) {
                let mut comparison = compare(importer.item, &export.item);
                if let Some(site) = importer.site {
                    judge(&mut comparison, site, &export.item, (export.signature, export.identity));
                }
                conflicts.add(&importer, comparison);
            }
            reasons.extend(conflicts.reasons(&export.item));
        }
        for import in imports {
            let path = &import.item.path;
            let own = exports.iter().find(|export| export.item.path == *path);
            let current = current(path);
            let own = own.map(|site| (&*site.item, (site.signature, site.identity)));
            let published = current
                .as_ref()
                .map(|current| (&*current.item, (current.signature, current.identity)));
            let Some((export, ids)) = own.or(published) else { continue };
            let importer = Importer {
                who: format!("bundle `{}`, which is being loaded", import.item.package),
                item: &import.item,
                site: None,
                is_value: false,
            };
            let mut comparison = compare(&import.item, export);
            judge(&mut comparison, import, export, ids);
            let mut conflicts = Conflicts::default();
            conflicts.add(&importer, comparison);
            reasons.extend(conflicts.reasons(export));
        }
        reasons
    }
}

/// Lets the TypeIds decide what names cannot.
fn judge(
    comparison: &mut Comparison,
    importer: &Site,
    export: &Item,
    (signature, identity): (std::any::TypeId, std::any::TypeId),
) {
    if importer.signature == signature || !comparison.conflicts.is_empty() {
        return;
    }
    let names =
        |function: &Item| function.types.iter().map(|ty| ty.name.clone()).collect::<Vec<_>>();
    let same_names = names(&importer.item) == names(export);
    // TypeIds of primitives and of std's types are the same in every crate.
    let comparable = importer.identity == identity
        || untracked(&importer.item).next().is_none()
        || untracked(export).next().is_none();
    comparison.conflicts.push(if !comparable {
        // Another version, dependency, feature or profile of the crate: each of its types has
        // another TypeId, whether it changed or not.
        (
            Code::OtherCrate,
            "has types of a crate that was compiled differently: they cannot be compared"
                .to_owned(),
        )
    } else if same_names {
        (
            Code::HiddenChange,
            "is spelled as before, but an alias in it stands for something else now".to_owned(),
        )
    } else {
        (Code::TypeChanged, "has another type".to_owned())
    });
}

/// The conflicts over one export, gathered by what conflicts: one reason names every importer.
#[derive(Default)]
struct Conflicts(Vec<(Code, String, String, Vec<String>)>);

impl Conflicts {
    fn add(&mut self, importer: &Importer<'_>, comparison: Comparison) {
        for (code, what) in comparison.conflicts {
            let code = if importer.is_value { Code::VarLayout } else { code };
            let was = importer.item.display.clone();
            let known = self
                .0
                .iter_mut()
                .find(|known| known.0 == code && known.1 == what && known.2 == was);
            match known {
                Some((.., who)) if who.contains(&importer.who) => {}
                Some((.., who)) => who.push(importer.who.clone()),
                None => self.0.push((code, what, was, vec![importer.who.clone()])),
            }
        }
    }

    fn reasons(self, export: &Item) -> impl Iterator<Item = Reason> {
        self.0.into_iter().map(move |(code, what, was, who)| {
            Reason::new(code, format!("`{}` {what}", export.path))
                .fact("was", was)
                .fact("now", &export.display)
                .fact("held", format!("by {}", who.join(", ")))
        })
    }
}
