//! From a checked file to an image in memory whose init has staged everything.

use std::{
    iter,
    mem::ManuallyDrop,
    ptr,
    sync::{Arc, OnceLock},
};

use libloading::Library;

use crate::{
    host::{
        Code, Error, Kind, Reason, Result, TypeLayout,
        after::After,
        candidate::Candidate,
        host::Inner,
        image::{Image, Site, of_path},
        layout::Tables,
        live::Alive,
        manifest::Shared,
        per_image, platform,
        table::Stage,
        world::{Placed, Vars, World},
    },
    rt::{self, Accessor, HostTable, ImageInfo, InitStatus},
};

/// What an image's init has handed in, checked.
struct Staged {
    info: &'static ImageInfo,
    exports: Vec<Arc<Site>>,
    imports: Vec<Arc<Site>>,
    tables: Arc<Tables>,
    vars: Vars,
}

impl Inner {
    /// Maps the candidates and runs their inits, which stage. The images are added to `images`,
    /// the vars' storage is returned. If one is refused, all of them stay behind as abandoned.
    pub(super) fn map_all(
        &self,
        world: &mut World,
        images: &mut Vec<Arc<Image>>,
        candidates: &mut Vec<Candidate>,
        handles: &[Alive],
    ) -> Result<Vars> {
        let (mut opened, mut vars) = (0, Vars::default());
        let mut refused = None;
        for (index, candidate) in candidates.iter().enumerate() {
            let after = After {
                world,
                namespace: &self.namespace,
                images,
                candidates: &candidates[index..],
                handles,
            };
            match self.map(after, candidate, &mut opened) {
                Ok((image, stored)) => {
                    images.push(Arc::new(image));
                    vars.extend(stored);
                }
                Err(error) => {
                    refused = Some(error);
                    break;
                }
            }
        }
        // Code of these has run: they stay mapped, whatever happened.
        candidates
            .drain(..opened)
            .filter_map(|candidate| candidate.copy)
            .for_each(|it| drop(it.keep()));
        match refused {
            None => {
                world.images += opened;
                let mapped = &images[images.len() - opened..];
                for image in mapped {
                    for site in image.exports.iter().chain(&image.imports) {
                        let placed = Placed { site: site.clone(), image: Some(image.clone()) };
                        world.sites.entry(site.item.path.clone()).or_default().push(placed);
                    }
                }
                Ok(vars)
            }
            Some(error) => {
                world.abandoned += opened;
                Err(error)
            }
        }
    }

    /// Maps one. `opened` is raised as soon as code of the library has run.
    fn map(
        &self,
        after: After<'_>,
        candidate: &Candidate,
        opened: &mut usize,
    ) -> Result<(Image, Vars)> {
        let copy = candidate.copy.as_ref().expect("a file that is loaded was copied").path();
        let source = &candidate.source;
        let table = ptr::from_ref(self.table);
        candidate.object.write_table(copy, table.expose_provenance()).map_err(|error| {
            Error::from(Reason::new(Code::Shadow, "the copy cannot be written").file(copy))
                .caused_by(error)
        })?;
        // SAFETY: the copy is a whole library for this machine, built by this compiler for this
        // boundary (its manifest says so), and it stays mapped. What its constructors do is the
        // author's: the documentation names it as beyond reach.
        let library = unsafe { platform::open_library(copy) }.map_err(|error| {
            let what = "the system's loader refused the library";
            Error::from(Reason::new(Code::LoaderRefused, what).file(source)).caused_by(error)
        })?;
        // From here on code of the library has run: its image stays mapped, whatever happens.
        let library = ManuallyDrop::new(library);
        *opened += 1;
        let Staged { info, exports, imports, tables, vars } =
            self.init(after, candidate, &library)?;
        let header = candidate.header.clone();
        let born_as = after.world.counters.get(&header.crate_name).map_or(1, |count| count + 1);
        let (source, copy) = (source.clone(), copy.to_owned());
        let types = candidate.object.manifest.types.iter().filter(|table| header.defines(table));
        let types = types
            .filter_map(|table| Some((table.definition_kind()?, Arc::new(TypeLayout::of(table)))));
        let types = types.collect();
        let _library = library;
        let (rlibs, content) = (candidate.rlibs.clone(), OnceLock::new());
        let image = Image {
            header,
            info,
            born_as,
            source,
            copy,
            rlibs,
            content,
            exports,
            imports,
            tables,
            types,
            _library,
        };
        Ok((image, vars))
    }

    fn init(&self, after: After<'_>, candidate: &Candidate, library: &Library) -> Result<Staged> {
        let source = &candidate.source;
        type Init = unsafe extern "C" fn(*const HostTable, *mut rt::Stage) -> u32;
        let symbol = format!("bundle_init_{}", candidate.header.crate_name);
        // SAFETY: the manifest, whose fingerprint and boundary number are this host's, says that
        // `hot::bundle!` made this library, and the macro defines the symbol with this type.
        let init = unsafe { library.get::<Init>(&symbol) }.map_err(|error| {
            let what = format!("the library does not export `{symbol}`");
            Error::from(Reason::new(Code::Disagreement, what).file(source)).caused_by(error)
        })?;
        let mut stage = Stage {
            inner: self,
            after,
            candidate,
            exports: Vec::new(),
            imports: Vec::new(),
            tables: Arc::default(),
            shared: Shared::default(),
            vars: Vars::default(),
            image: None,
            reasons: Vec::new(),
            error: String::new(),
        };
        // SAFETY: the table lives as long as the process, the stage longer than the call.
        let status = unsafe { init(self.table, ptr::from_mut(&mut stage).cast()) };
        let package = &candidate.header.package;
        let refused = |code, what: &str| {
            Reason::new(code, format!("the init function of bundle `{package}` {what}"))
                .fact("said", stage.error.clone())
                .file(source)
                .into()
        };
        match status {
            status if status == InitStatus::Ready as u32 => {}
            status if status == InitStatus::Failed as u32 => {
                return Err(refused(Code::InitFailed, "failed"));
            }
            status if status == InitStatus::Panicked as u32 => {
                return Err(refused(Code::InitPanicked, "panicked"));
            }
            status if status == InitStatus::OtherTable as u32 => {
                let what = "the library expects a host with a larger table";
                return Err(Reason::new(Code::Fingerprint, what).file(source).into());
            }
            _ => {
                return Err(Error::check(
                    stage.reasons.into_iter().map(|reason| reason.file(source)).collect(),
                )
                .err()
                .unwrap_or_else(|| refused(Code::InitFailed, "ended in an unknown way")));
            }
        }
        let Some(info) = stage.image else {
            return Err(refused(Code::Disagreement, "did not introduce its library"));
        };
        let Stage { exports, imports, tables, vars, .. } = stage;
        Ok(Staged { info, exports, imports, tables, vars })
    }
}

impl Stage<'_> {
    /// Finds or makes the storage of the image's vars. Its own slots lead there at once; nobody else
    /// calls them yet.
    pub(crate) fn make_vars(&mut self) {
        let functions = self.exports.iter().filter(|site| site.item.kind != Kind::Var);
        let own = |site: &Arc<Site>| {
            let body = site.accessor.body;
            self.accessors(site).into_iter().map(move |own| (own, body))
        };
        let functions: Vec<_> = functions.flat_map(own).collect();
        // First values are made by this image's own code, which may be the first that there is.
        for (own, body) in &functions {
            own.slot.point_at(*body, ptr::null());
        }
        match self.after.world.make_vars(&self.exports, |site| self.accessors(site)) {
            Ok(vars) => self.vars = vars,
            Err(reasons) => self.reasons.extend(reasons),
        }
        // The author's init function calls what is published: the generation that it replaces.
        for (own, _) in functions {
            own.slot.point_at(own.cold, ptr::null());
        }
    }

    /// The image's own accessors for what it exports itself: the export's, and those of imports.
    fn accessors(&self, export: &Site) -> Vec<&'static Accessor> {
        let imports = of_path(&self.imports, &export.item.path).iter();
        let imports = imports.filter(|import| import.is_alike(export));
        iter::once(export.accessor).chain(imports.map(|import| import.accessor)).collect()
    }

    /// Takes the image's types. An edit that changes none of them shares those of the generation
    /// before.
    pub(crate) fn take_tables(&mut self, tables: Tables) {
        let before = self.after.world.bundles.get(&self.candidate.header.crate_name);
        let before = before.map(|loaded| &loaded.image.tables);
        self.tables = match before.filter(|before| before.is_same(&tables)) {
            Some(before) => before.clone(),
            None => Arc::new(tables),
        };
    }

    /// Refuses types that misbehave as soon as two images use them.
    pub(crate) fn check_statics(&mut self) {
        let shared_std = self.inner.requirements.shared_std;
        let sites = self.exports.iter().chain(&self.imports);
        self.reasons.extend(sites.filter_map(|site| per_image::check(site, shared_std)));
    }

    /// Compares what init registered with the manifest, and its types with those of the importers.
    pub(crate) fn check(&mut self) {
        let mut registered: Vec<_> =
            self.exports.iter().chain(&self.imports).map(|site| site.accessor.record).collect();
        let mut recorded: Vec<_> = self.candidate.object.manifest.records().collect();
        registered.sort_unstable();
        recorded.sort_unstable();
        if registered != recorded {
            let (registered, recorded) = (registered.len(), recorded.len());
            self.reasons.push(
                Reason::new(
                    Code::Disagreement,
                    "the library registers other functions than its manifest lists",
                )
                .fact("found", format!("{registered} registered, {recorded} in the manifest")),
            );
            return;
        }
        for sites in [&mut self.exports, &mut self.imports] {
            sites.sort_by(|a, b| a.item.path.cmp(&b.item.path));
        }
        let header = &self.candidate.header;
        let Stage { exports, imports, tables, .. } = &*self;
        self.reasons.extend(self.after.check_image(header, exports, imports, tables));
    }
}
