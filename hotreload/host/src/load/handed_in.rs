//! What an image's init hands in, checked, with its statics made.

use std::{iter, sync::Arc};

use hot_rt::rt::{Accessor, Hook, ImageInfo, Kind, versioned::BehindHandle};

use crate::{
    boundary::{output, table::Staging},
    file::{Tables, manifest::Shared},
    judge::per_image,
    load::{
        after::After,
        candidate::Candidate,
        first_values::{Vars, make_vars},
    },
    said::{Code, Reason},
    state::{Site, image::of_path, world::crate_of},
};

/// What one image's init hands in.
pub(super) struct HandedIn<'a> {
    /// Whether host and bundles share one std.
    pub(super) shared_std: bool,
    pub(super) after: After<'a>,
    pub(super) candidate: &'a Candidate,
    pub(super) exports: Vec<Arc<Site>>,
    pub(super) imports: Vec<Arc<Site>>,
    pub(super) tables: Arc<Tables>,
    pub(super) behind_handles: Vec<BehindHandle>,
    pub(super) shared: Shared<'static>,
    pub(super) vars: Vars,
    pub(super) image: Option<&'static ImageInfo>,
    /// In the order in which they run.
    pub(super) hooks: Vec<&'static Hook>,
    pub(super) reasons: Vec<Reason>,
    pub(super) error: String,
}

impl Staging for HandedIn<'_> {
    fn image(&mut self, image: &'static ImageInfo) {
        self.image = Some(image);
        output::register(image);
        match Tables::of_image(image) {
            Ok((tables, behind_handles)) => {
                self.take_tables(tables);
                self.behind_handles = behind_handles;
            }
            Err(reason) => self.reasons.push(reason),
        }
    }

    fn accessor(&mut self, accessor: &'static Accessor) {
        match Site::new(accessor, &self.tables, &mut self.shared).map(Arc::new) {
            Ok(site) if self.candidate.owns(&site.item) => self.exports.push(site),
            Ok(site) => self.imports.push(site),
            Err(reason) => self.reasons.push(reason),
        }
    }

    fn hook(&mut self, hook: &'static Hook) {
        if crate_of(hook.path) == self.candidate.header.crate_name {
            self.hooks.push(hook);
        }
    }

    fn staged(&mut self) -> bool {
        self.hooks.sort_by_key(|hook| place_of(hook));
        self.check();
        self.check_statics();
        if self.reasons.is_empty() {
            self.make_vars();
        }
        self.reasons.is_empty()
    }

    fn failed(&mut self, text: &str) {
        text.clone_into(&mut self.error);
    }
}

/// Where it stands: the module, and the place in that.
fn place_of(hook: &Hook) -> (&'static str, u32, u32) {
    let module = hook.path.rsplit_once("::").map_or("", |(module, _)| module);
    (module, hook.line, hook.column)
}

impl HandedIn<'_> {
    /// Finds or makes the storage of the image's vars. Its own slots lead there at once, and to its
    /// own functions: until it is published, and for good where it never is, it calls itself. So
    /// first values, the author's init function and the threads that it starts meet one version of
    /// the code, theirs, which may be the first that there is.
    fn make_vars(&mut self) {
        for site in self.exports.iter().filter(|site| site.item.kind != Kind::Var) {
            for own in self.accessors(site) {
                // SAFETY: a function that this image exports, and accessors of it that are alike.
                unsafe { Site::point_at_own(own, site.accessor.body) };
            }
        }
        match make_vars(self.after.world, &self.exports, |site| self.accessors(site)) {
            Ok(vars) => self.vars = vars,
            Err(reasons) => self.reasons.extend(reasons),
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
    fn take_tables(&mut self, tables: Tables) {
        let before = self.after.world.bundles.get(&self.candidate.header.crate_name);
        let before = before.map(|loaded| &loaded.image.tables);
        self.tables = match before.filter(|before| before.is_same(&tables)) {
            Some(before) => before.clone(),
            None => Arc::new(tables),
        };
    }

    /// Refuses types that misbehave as soon as two images use them.
    fn check_statics(&mut self) {
        let shared_std = self.shared_std;
        let candidate = self.candidate;
        let is_shared = |name: &str| shared_std && candidate.shares(name);
        let sites = self.exports.iter().chain(&self.imports);
        self.reasons.extend(sites.filter_map(|site| per_image::check(site, shared_std, is_shared)));
    }

    /// Compares what init registered with the manifest, and its types with those of the importers.
    fn check(&mut self) {
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
        let HandedIn { exports, imports, tables, behind_handles, .. } = &*self;
        let checked = self.after.check_image(header, exports, imports, (tables, behind_handles));
        self.reasons.extend(checked);
    }
}
