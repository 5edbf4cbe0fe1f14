//! From a package's name to a library: which workspace, and how it is built.

use std::path::{Path, PathBuf};

use super::{
    Result,
    cargo::{Abandon, Build, Built, BundlePackage, Workspace},
    control,
    host::Inner,
    manifest::Manifest,
};
use crate::rt;

impl Inner {
    /// Builds the bundle of this name. `folder` is where its package is, or was when it was last
    /// built.
    pub(crate) fn build(
        &self,
        name: &str,
        folder: Option<&Path>,
    ) -> Result<((Workspace, BundlePackage), Built)> {
        Inner::loads(name)?;
        let workspace = Workspace::find(&self.folders(name, folder))?;
        let bundle = [workspace.bundle(name)?];
        let mut built = self.build_in(&workspace, &bundle, None)?;
        let [bundle] = bundle;
        Ok(((workspace, bundle), built.remove(0)))
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
        }
        if let Some(target_dir) = &options.target_dir {
            build.target_dir = Some(target_dir.clone());
        }
        build.colour |= options.build_output.is_some();
        build.sink = control::sink(options.build_output.clone());
        build.forward_allocation = !self.requirements.system_allocator;
        if build.host.is_some() && !build.forward_allocation {
            build.features = features_of_run();
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
        let headers = rt::registered_bundles()
            .filter_map(|bundle| Manifest::parse(bundle.record).ok()?.headers.pop());
        let (same, other): (Vec<_>, Vec<_>) =
            headers.partition(|header| header.crate_name == crate_name || header.package == name);
        folders.extend(same.into_iter().chain(other).map(|header| header.manifest_dir.into()));
        folders.extend(std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from));
        if let Some(executable) = &self.executable {
            folders.extend(executable.ancestors().skip(1).map(PathBuf::from));
        }
        folders
    }
}

/// The features that `cargo hotreload run` has built the host with: without them shared crates would
/// be others.
fn features_of_run() -> Vec<String> {
    let features = std::env::var("HOTRELOAD_FEATURES").unwrap_or_default();
    features.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect()
}
