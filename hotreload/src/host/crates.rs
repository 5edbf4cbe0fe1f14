//! From a package's name to a library: which workspace, and how it is built.

use std::path::{Path, PathBuf};

use super::{
    Result,
    cargo::{Build, Built, BundlePackage, Workspace},
    host::Inner,
    manifest::Manifest,
};
use crate::rt;

impl Inner {
    /// Builds the bundle of this name. `folder` is where its package is, or was when it was last
    /// built.
    pub(crate) fn build(&self, name: &str, folder: Option<&Path>) -> Result<Built> {
        Inner::loads(name)?;
        let (workspace, bundle) = self.find_crate(name, folder)?;
        self.build_in(&workspace, &bundle)
    }

    pub(crate) fn build_in(&self, workspace: &Workspace, bundle: &BundlePackage) -> Result<Built> {
        let mut build = Build::new(workspace, bundle);
        if let Ok(executable) = std::env::current_exe() {
            build = build.like(&executable);
        }
        let options = &self.options;
        if let Some(profile) = &options.profile {
            build.profile.clone_from(profile);
        }
        if let Some(target_dir) = &options.target_dir {
            build.target_dir = Some(target_dir.clone());
        }
        if let Some(sink) = &options.build_output {
            build.sink = sink.clone();
            build.colour = true;
        }
        build.forward_allocation = !self.requirements.system_allocator;
        build.run()
    }

    pub(crate) fn find_crate(
        &self,
        name: &str,
        folder: Option<&Path>,
    ) -> Result<(Workspace, BundlePackage)> {
        let workspace = Workspace::find(&self.folders(name, folder))?;
        let bundle = workspace.bundle(name)?;
        Ok((workspace, bundle))
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
        if let Ok(executable) = std::env::current_exe() {
            folders.extend(executable.ancestors().skip(1).map(PathBuf::from));
        }
        folders
    }
}
