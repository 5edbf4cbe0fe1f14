//! From a package's name to a library: which workspace, and how it is built.

use std::{
    env,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use crate::build::alike::Program;
use crate::build::{
    Abandon, Build, Built, BundlePackage, HostPackage, Origin, Workspace, standard_error,
};
use crate::file::manifest::Manifest;
use crate::said::Result;
use crate::state::Inner;

/// What the names of these variables begin with; a crate's name follows.
pub const KEPT: &str = "HOTRELOAD_LIBRARY_";

impl Inner {
    /// Builds the bundle of this name, unless the program was started again with a library that it
    /// had before. `folder` is where its package is, or was when it was last
    /// built.
    pub(crate) fn build(
        &self,
        name: &str,
        folder: Option<&Path>,
    ) -> Result<((Workspace, BundlePackage), Built)> {
        Inner::loads(name)?;
        let workspace = Workspace::find(&self.folders(name, folder))?;
        let bundle = [workspace.bundle(name)?];
        if let Some(library) = self.kept(&bundle[0].crate_name) {
            let [bundle] = bundle;
            return Ok(((workspace, bundle), Built::before(library)));
        }
        let mut built = self.build_in(&workspace, &bundle, None)?;
        let [bundle] = bundle;
        Ok(((workspace, bundle), built.remove(0)))
    }

    /// The library that the bundle's first generation is loaded from without a build: a copy that an
    /// earlier process of this program had, named by `cargo hotreload run`.
    fn kept(&self, crate_name: &str) -> Option<PathBuf> {
        let library = PathBuf::from(env::var_os(format!("{KEPT}{crate_name}"))?);
        let is_first = self.write().is_ok_and(|it| it.world().next_generation(crate_name) == 1);
        (is_first && library.is_file()).then_some(library)
    }

    /// Builds these bundles of one workspace together. Gives them in their order.
    pub(crate) fn build_in(
        &self,
        workspace: &Workspace,
        bundles: &[BundlePackage],
        abandon: Option<Abandon>,
    ) -> Result<Vec<Built>> {
        let mut build = Build::new(workspace, bundles);
        build.abandon = abandon;
        if let Some(executable) = &self.executable {
            build = build.like(executable);
        }
        let options = &self.options;
        if let Some(profile) = &options.profile {
            build.profile.clone_from(profile);
            build.has_own_profile = true;
        }
        if let Some(target_dir) = &options.target_dir {
            build.target_dir = Some(target_dir.clone());
        }
        build.colour |= options.shows_colour;
        build.sink = options.build_output.clone().unwrap_or_else(standard_error);
        build.forward_allocation = !self.requirements.allows_system();
        if let (Some(host), Some(executable)) = (&build.host, &self.executable) {
            build.program = program(workspace, host, executable);
            if !build.forward_allocation {
                build.features = features_of_run();
            }
        }
        build.run()
    }

    /// Builds these bundles, given by package and folder: together where they share a workspace.
    pub(crate) fn build_all(&self, bundles: &[(String, PathBuf)]) -> Result<Vec<Built>> {
        let mut workspaces: Vec<(Workspace, Vec<BundlePackage>)> = Vec::new();
        for (package, folder) in bundles {
            let workspace = Workspace::find(&self.folders(package, Some(folder)))?;
            let bundle = workspace.bundle(package)?;
            match workspaces.iter_mut().find(|(known, _)| known.root() == workspace.root()) {
                Some((_, bundles)) => bundles.push(bundle),
                None => workspaces.push((workspace, vec![bundle])),
            }
        }
        let builds = workspaces.iter().map(|(workspace, it)| self.build_in(workspace, it, None));
        Ok(builds.collect::<Result<Vec<_>>>()?.concat())
    }

    /// Where the workspace may be, the surest first.
    fn folders(&self, name: &str, folder: Option<&Path>) -> Vec<PathBuf> {
        let mut folders: Vec<_> = folder.into_iter().map(Path::to_owned).collect();
        if let Some(folder) = &self.options.workspace {
            folders.push(folder.clone());
            return folders;
        }
        let crate_name = name.replace('-', "_");
        let headers = hot_rt::rt::registered_bundles()
            .filter_map(|bundle| Manifest::parse(bundle.record).ok()?.headers.pop());
        let (same, other): (Vec<_>, Vec<_>) =
            headers.partition(|header| header.crate_name == crate_name || header.package == name);
        folders.extend(same.into_iter().chain(other).map(|header| header.manifest_dir.into()));
        folders.extend(env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from));
        if let Some(executable) = &self.executable {
            folders.extend(executable.ancestors().skip(1).map(PathBuf::from));
        }
        folders
    }
}

/// How this program was built. Looked at once: a later build writes over the notes of an earlier one.
fn program(
    workspace: &Workspace,
    host: &HostPackage,
    executable: &Path,
) -> Option<&'static Program> {
    static PROGRAM: OnceLock<Option<Program>> = OnceLock::new();
    let look = || Program::of(workspace, &Origin::of(executable)?, host, executable);
    PROGRAM.get_or_init(look).as_ref()
}

/// The features that `cargo hotreload run` has built the host with: without them shared crates would
/// be others.
fn features_of_run() -> Vec<String> {
    let features = env::var("HOTRELOAD_FEATURES").unwrap_or_default();
    features.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect()
}
