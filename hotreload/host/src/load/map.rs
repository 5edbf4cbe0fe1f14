//! From a checked file to an image in memory whose init has staged everything.

use std::{
    mem::ManuallyDrop,
    ptr,
    sync::{Arc, OnceLock},
};

use libloading::Library;

use crate::boundary::cells::Alive;
use crate::boundary::table::Stage;
use crate::file::manifest::Shared;
use crate::file::{Tables, TypeLayout};
use crate::load::after::After;
use crate::load::candidate::Candidate;
use crate::load::first_values::Vars;
use crate::load::handed_in::HandedIn;
use crate::platform;
use crate::said::{Code, Error, Reason, Result};
use crate::state::world::{Placed, World};
use crate::state::{Image, Inner, Site};
use hot_rt::rt::{self as rt, Hook, HostTable, ImageInfo, InitStatus, versioned::BehindHandle};

/// What an image's init has handed in, checked.
struct Staged {
    info: &'static ImageInfo,
    hooks: Vec<&'static Hook>,
    exports: Vec<Arc<Site>>,
    imports: Vec<Arc<Site>>,
    tables: Arc<Tables>,
    behind_handles: Vec<BehindHandle>,
    vars: Vars,
}

impl Inner {
    /// Maps the candidates and runs their inits, which stage. The images are added to `images`,
    /// the vars' storage is returned. If one is refused, all of them stay behind as abandoned.
    pub(crate) fn map_all(
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
                looks_only: false,
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
                let mapped = &images[images.len() - opened..];
                world.images.extend_from_slice(mapped);
                for image in mapped {
                    for site in image.exports.iter().chain(&image.imports) {
                        let (site, image) = (site.clone(), Some(image.clone()));
                        let placed = Placed { site, image, may_go: false };
                        let path = placed.site.item.path.clone();
                        world.sites.entry(path).or_default().push(placed);
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
        // SAFETY: the copy is a whole library for this machine, built by this compiler from this
        // host's sources of the framework (its manifest says so), and it stays mapped. What its constructors do is the
        // author's: the documentation names it as beyond reach.
        let library = unsafe { platform::open_library(copy) }.map_err(|error| {
            let what = "the system's loader refused the library";
            Error::from(Reason::new(Code::LoaderRefused, what).file(source)).caused_by(error)
        })?;
        // From here on code of the library has run: its image stays mapped, whatever happens.
        let library = ManuallyDrop::new(library);
        *opened += 1;
        let Staged { info, hooks, exports, imports, tables, behind_handles, vars } =
            self.init(after, candidate, &library)?;
        let header = candidate.header.clone();
        let born_as = after.world.next_generation(&header.crate_name);
        let (source, copy) = (source.clone(), copy.to_owned());
        let types = candidate.object.manifest.types.iter().filter(|table| header.defines(table));
        let types = types
            .filter_map(|table| Some((table.definition_kind()?, Arc::new(TypeLayout::of(table)))));
        let types = types.collect();
        let _library = library;
        let (rlibs, folder) = (candidate.rlibs.clone(), candidate.folder.clone());
        let maker = candidate.maker.clone();
        let types_in_maps = candidate.types_in_maps();
        let image = Image {
            header,
            info,
            hooks,
            born_as,
            source,
            copy,
            rlibs,
            folder,
            maker,
            types_in_maps,
            compiled: OnceLock::new(),
            exports,
            imports,
            tables,
            behind_handles,
            types,
            _library,
        };
        Ok((image, vars))
    }

    fn init(&self, after: After<'_>, candidate: &Candidate, library: &Library) -> Result<Staged> {
        let source = &candidate.source;
        type Init = unsafe extern "C" fn(*const HostTable, *mut rt::Stage) -> u32;
        let symbol = format!("bundle_init_{}", candidate.header.crate_name);
        // SAFETY: the manifest says that `hot::bundle!` made this library, and the macro defines the
        // symbol with this type: the fingerprint, a hash of the macros' sources and of the types' in
        // it, is this host's.
        let init = unsafe { library.get::<Init>(&symbol) }.map_err(|error| {
            let what = format!("the library does not export `{symbol}`");
            Error::from(Reason::new(Code::Disagreement, what).file(source)).caused_by(error)
        })?;
        let mut handed = HandedIn {
            shared_std: self.requirements.shared_std,
            after,
            candidate,
            exports: Vec::new(),
            imports: Vec::new(),
            tables: Arc::default(),
            behind_handles: Vec::new(),
            shared: Shared::default(),
            vars: Vars::default(),
            image: None,
            hooks: Vec::new(),
            reasons: Vec::new(),
            error: String::new(),
        };
        let mut stage = Stage(&mut handed);
        // SAFETY: the table lives as long as the process, the stage longer than the call; the bundle
        // was compiled from the same definition of the table, as the fingerprint tells.
        let status = unsafe { init(self.table, ptr::from_mut(&mut stage).cast()) };
        let package = &candidate.header.package;
        let refused = |code, what: &str| {
            Reason::new(code, format!("the init function of bundle `{package}` {what}"))
                .fact("said", handed.error.clone())
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
            status if status == InitStatus::OtherHost as u32 => {
                let what = format!("the library of bundle `{package}` serves another host");
                let why = "two copies of the framework in one process have a host each";
                return Err(Reason::new(Code::SecondHost, what)
                    .fact("why", why)
                    .file(source)
                    .help("let one of them load the bundle")
                    .into());
            }
            status if status == InitStatus::CalledBefore as u32 => {
                let what =
                    format!("a thread of bundle `{package}` called hot code before it had a host");
                return Err(Reason::new(Code::InitFailed, what)
                    .fact("why", "a constructor of the library has started it")
                    .file(source)
                    .help("start threads in the init function, `hot::bundle!(init = ..)`")
                    .into());
            }
            _ => {
                return Err(Error::check(
                    handed.reasons.into_iter().map(|reason| reason.file(source)).collect(),
                )
                .err()
                .unwrap_or_else(|| refused(Code::InitFailed, "ended in an unknown way")));
            }
        }
        let Some(info) = handed.image else {
            return Err(refused(Code::Disagreement, "did not introduce its library"));
        };
        let HandedIn { hooks, exports, imports, tables, behind_handles, vars, .. } = handed;
        Ok(Staged { info, hooks, exports, imports, tables, behind_handles, vars })
    }
}
