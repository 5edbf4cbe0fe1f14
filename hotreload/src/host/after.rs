//! The world as a transaction would leave it, and the checks against it: who would call or hold
//! what, compiled against which form of it.

use std::sync::Arc;

use super::{
    Namespace, Reason,
    candidate::Candidate,
    conflicts::{Conflicts, Holder, Party},
    definition::Current,
    image::{Image, Site},
    layout::Tables,
    live,
    manifest::Header,
    world::{Stored, World},
};

/// The world after a transaction that has not happened.
#[derive(Clone, Copy)]
pub(crate) struct After<'a> {
    pub(crate) world: &'a World,
    pub(crate) namespace: &'a Namespace,
    /// The next images that are in memory.
    pub(crate) images: &'a [Arc<Image>],
    /// Those that are files still.
    pub(crate) candidates: &'a [Candidate],
    /// What the program holds by handle.
    pub(crate) handles: &'a [live::Alive],
}

/// One image, or one file, that is to become a bundle's next generation.
struct Next<'a> {
    bundle: &'a str,
    package: &'a str,
    /// In the order of their paths.
    exports: Vec<Party<'a>>,
    imports: Vec<Party<'a>>,
    tables: &'a Tables,
}

impl<'a> After<'a> {
    /// The next image of a bundle, if it has one in memory.
    fn image(&self, crate_name: &str) -> Option<&'a Image> {
        self.images.iter().find(|image| image.header.crate_name == crate_name).map(|image| &**image)
    }

    fn candidate(&self, crate_name: &str) -> Option<&'a Candidate> {
        self.candidates.iter().find(|candidate| candidate.header.crate_name == crate_name)
    }

    fn changes(&self, crate_name: &str) -> bool {
        self.image(crate_name).is_some() || self.candidate(crate_name).is_some()
    }

    /// Who would call or hold `path`: the host, other bundles than `bundle`, a var's value. Retired
    /// images are frozen: they do not count.
    fn importers<'s>(
        &self,
        path: &'s str,
        bundle: &'s str,
    ) -> impl Iterator<Item = (Holder<'a>, Party<'a>)> + use<'a, 's> {
        let (world, this) = (self.world, *self);
        let placed = world.sites.get(path).into_iter().flatten().filter_map(move |placed| {
            let holder = match &placed.image {
                None => Holder::Host("the host"),
                Some(image) => {
                    let name = &image.header.crate_name;
                    let loaded = world.bundles.get(name)?;
                    let is_current = Arc::ptr_eq(&loaded.image, image);
                    if *name == bundle || this.changes(name) || !is_current {
                        return None;
                    }
                    Holder::Bundle(&image.header.package, loaded.generation)
                }
            };
            Some((holder, Party::site(&placed.site)))
        });
        let others = self.images.iter().filter(move |image| image.header.crate_name != bundle);
        let next = others.flat_map(move |image| {
            let holder = Holder::Loading(&image.header.package);
            let imports = image.imports(path).iter();
            imports.map(move |site| (holder, Party::site(site)))
        });
        placed.chain(next)
    }

    /// What `path` leads to where the transaction does not change it.
    fn current(&self, path: &str) -> Option<Arc<Current>> {
        let defined = || self.namespace.get(path)?.current();
        let crate_name = path.split("::").next().unwrap_or_default();
        let current = if self.changes(crate_name) { None } else { defined() };
        current.or_else(|| self.world.baseline.get(path).cloned())
    }

    /// What `path` would lead to.
    fn provider<'b>(&'b self, path: &str, current: Option<&'b Current>) -> Option<Party<'b>> {
        let crate_name = path.split("::").next().unwrap_or_default();
        let next = match (self.image(crate_name), self.candidate(crate_name)) {
            (Some(image), _) => image.export(path).map(|site| Party::site(site)),
            (None, Some(candidate)) => candidate.export(path).map(|item| candidate.party(item)),
            (None, None) => None,
        };
        next.or_else(|| current.map(|current| Party::site(&current.site)))
    }

    /// What the manifests alone can tell against the candidates.
    pub(crate) fn check(&self) -> Vec<Reason> {
        let reasons = self.candidates.iter().flat_map(|candidate| {
            let next = Next {
                bundle: &candidate.header.crate_name,
                package: &candidate.header.package,
                exports: candidate.exports.iter().map(|item| candidate.party(item)).collect(),
                imports: candidate.imports.iter().map(|item| candidate.party(item)).collect(),
                tables: &candidate.tables,
            };
            let reasons = self.check_next(&next);
            reasons.into_iter().map(|reason| reason.file(&candidate.source))
        });
        reasons.collect()
    }

    /// The same with everything that an image in memory says of its types: of one that is mapped
    /// just now, or is to be published again.
    pub(crate) fn check_image(
        &self,
        header: &Header,
        exports: &[Arc<Site>],
        imports: &[Arc<Site>],
        tables: &Tables,
    ) -> Vec<Reason> {
        self.check_next(&Next {
            bundle: &header.crate_name,
            package: &header.package,
            exports: exports.iter().map(|site| Party::site(site)).collect(),
            imports: imports.iter().map(|site| Party::site(site)).collect(),
            tables,
        })
    }

    /// The values that the transaction would give up: of vars marked so, laid out differently.
    pub(crate) fn given_up(&self) -> Vec<Stored> {
        let of_files = self.candidates.iter().flat_map(|candidate| {
            candidate.exports.iter().filter(|item| item.reset).filter_map(|item| {
                let stored = self.world.live(&item.path)?;
                let mut conflicts = Conflicts::default();
                let held = Holder::value(item);
                conflicts.add(held, Party::site(&stored.site), candidate.party(item));
                (!conflicts.reasons().is_empty()).then_some(stored)
            })
        });
        let of_images = self.images.iter().flat_map(|image| &image.exports).filter_map(|site| {
            let stored = self.world.live(&site.item.path)?;
            (!stored.site.is_alike(site)).then_some(stored)
        });
        of_files.chain(of_images).cloned().collect()
    }

    fn check_next(&self, next: &Next<'_>) -> Vec<Reason> {
        let paths = next.imports.iter().map(|import| &*import.item.path);
        let currents: Vec<_> = paths.map(|path| self.current(path)).collect();
        let mut conflicts = Conflicts::default();
        for export in &next.exports {
            for (holder, party) in self.importers(&export.item.path, next.bundle) {
                conflicts.add(holder, party, *export);
            }
            // A value that is given up does not count.
            let value = self.world.live(&export.item.path).filter(|_| !export.item.reset);
            if let Some(stored) = value {
                conflicts.add(Holder::value(&stored.site.item), Party::site(&stored.site), *export);
            }
        }
        let loading = Holder::Loading(next.package);
        for (import, current) in next.imports.iter().zip(&currents) {
            // A private copy of a bundle is compared with what is published, and so is an import;
            // what the bundle imports from itself, with what it brings along.
            let path = &*import.item.path;
            let own = next.exports.binary_search_by(|export| (*export.item.path).cmp(path));
            let own = own.ok().map(|index| next.exports[index]);
            let Some(provider) = own.or_else(|| self.provider(path, current.as_deref())) else {
                continue;
            };
            conflicts.add(loading, *import, provider);
        }
        for alive in self.handles {
            let held = [
                (alive.handles > 0).then_some(Holder::Handles(alive.handles)),
                (alive.containers > 0).then_some(Holder::Containers(alive.containers)),
            ];
            for holder in held.into_iter().flatten() {
                conflicts.add_values(holder, &alive.ty, &alive.tables, next.tables);
            }
        }
        conflicts.reasons()
    }
}
