//! The futures that are alive, by the images whose code they run.

use std::{collections::HashSet, sync::Arc};

use hot_rt::rt::{FUTURES, Futures};

use crate::{
    file::{Tables, manifest::TypeName},
    said::{SuspendedFutures, counted},
    state::{Image, Site, World},
};

/// Those of an image.
pub(crate) struct FuturesOf {
    /// None: the host's own.
    image: Option<Arc<Image>>,
    futures: &'static Futures,
}

impl FuturesOf {
    /// How many are alive.
    pub(crate) fn alive(&self) -> u64 {
        self.futures.alive()
    }
}

impl std::fmt::Display for FuturesOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let futures = counted(usize::try_from(self.alive()).unwrap_or(usize::MAX), "future");
        match &self.image {
            Some(image) => {
                write!(f, "{futures} of `{}`, generation {}", image.header.package, image.born_as)
            }
            None => write!(f, "{futures} of the host's own code"),
        }
    }
}

/// What values that move have to do with: who knows one of these sees the move.
#[derive(Default)]
pub(crate) struct Touched {
    /// Of states.
    paths: HashSet<String>,
    /// Of definitions of types.
    types: HashSet<String>,
}

impl Touched {
    /// A value that lies at this site.
    pub(crate) fn add_site(&mut self, site: &Site) {
        self.paths.insert(site.item.path.clone());
        self.add_types(site.item.types.iter().map(|ty| &ty.ty), &site.tables);
    }

    /// Types, and all that they reach.
    pub(crate) fn add_types<'a>(
        &mut self,
        types: impl Iterator<Item = &'a TypeName>,
        tables: &'a Tables,
    ) {
        let reached = tables.reached(types).filter_map(|name| tables.table(name));
        let of_authors = reached.filter(|table| !table.is_library());
        self.types.extend(of_authors.map(|table| table.name.path.clone()));
    }

    fn is_known_to<'a>(&self, sites: impl Iterator<Item = &'a Arc<Site>>, tables: &Tables) -> bool {
        let mut sites = sites;
        sites.any(|site| self.paths.contains(&site.item.path))
            || tables.all().any(|table| self.types.contains(&table.name.path))
    }
}

impl World {
    /// The futures of the code that knows what moves, of all generations.
    pub(crate) fn futures_that_see(&self, touched: &Touched) -> Vec<FuturesOf> {
        let of_images = self.images.iter().filter(|image| {
            let sites = image.exports.iter().chain(&image.imports);
            touched.is_known_to(sites, &image.tables)
        });
        let of_images = of_images
            .map(|image| FuturesOf { futures: image.info.futures, image: Some(image.clone()) });
        let hosts = self.sites.values().flatten().filter(|placed| placed.image.is_none());
        let mut hosts = hosts.map(|placed| &placed.site);
        let is_hosts = hosts.any(|site| touched.is_known_to([site].into_iter(), &site.tables));
        let of_host = is_hosts.then_some(FuturesOf { image: None, futures: &FUTURES });
        of_images.chain(of_host).collect()
    }

    /// The futures of images that are no bundle's current generation.
    pub(crate) fn futures_in_older_code(&self) -> Vec<SuspendedFutures> {
        let is_current = |image: &Image| {
            let loaded = self.bundles.get(&image.header.crate_name);
            loaded.is_some_and(|loaded| std::ptr::eq(&*loaded.image, image))
        };
        let old = self.images.iter().filter(|image| !is_current(image));
        let alive = old.map(|image| SuspendedFutures {
            bundle: image.header.package.clone(),
            generation: image.born_as,
            futures: image.info.futures.alive(),
        });
        alive.filter(|it| it.futures > 0).collect()
    }
}
