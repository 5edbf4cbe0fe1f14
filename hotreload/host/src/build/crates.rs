//! From a package's name to a library.

use std::{
    env, iter,
    path::{Path, PathBuf},
    sync::{Arc, Once, OnceLock},
};

use crate::build::alike::Program;
use crate::build::places::Places;
use crate::build::{
    Abandon, Build, Built, BundlePackage, HostPackage, Lead, Origin, Workspace, Wrapper,
    standard_error,
};
use crate::file::manifest::Manifest;
use crate::said::{BuildMessage, BuildSink, Code, Reason, Result};
use crate::state::Inner;

/// What the names of these variables begin with; a crate's name follows.
pub const KEPT: &str = "HOTRELOAD_LIBRARY_";

/// The variable that has cargo build every time.
pub const PLAIN_CARGO: &str = "HOTRELOAD_PLAIN_CARGO";

impl Inner {
    /// Builds the bundle of this name, unless the program was started again with a library that it
    /// had before.
    pub(crate) fn build(
        &self,
        name: &str,
        lead: Lead,
    ) -> Result<((Workspace, BundlePackage), Built)> {
        Inner::loads(name)?;
        let workspace = self.workspace(name, lead)?;
        let bundle = [workspace.bundle(name)?];
        if let Some(library) = self.kept(&bundle[0].crate_name) {
            let [bundle] = bundle;
            let built = Built::before(bundle.folder.clone(), library);
            return Ok(((workspace, bundle), built));
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
        if let Some(folder) = Wrapper::lost() {
            let what = "the folder that the program was built in was removed since";
            let reason = Reason::new(Code::CargoFailed, what).file(folder);
            let help = "start the program again with `cargo hotreload run`; the code that ran before \
                        goes on running";
            return Err(reason.help(help).into());
        }
        let mut build = Build::new(workspace, bundles);
        build.abandon = abandon;
        if let Some(file) = self.file.path() {
            build = build.like(file);
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
        build.sink = self.sink();
        build.replays = !options.plain_cargo && env::var_os(PLAIN_CARGO).is_none();
        build.forward_allocation = !self.requirements.allows_system();
        if let (Some(host), Some(file)) = (&build.host, self.file.path()) {
            build.program = program(workspace, host, file);
            if !build.forward_allocation {
                build.features = features_of_run();
            }
        }
        build.run()
    }

    /// Builds these bundles, given by package: together where they share a workspace. Each comes with
    /// its package.
    pub(crate) fn build_all(&self, bundles: Vec<(String, Lead)>) -> Result<Vec<(String, Built)>> {
        let mut workspaces: Vec<(Workspace, Vec<String>, Vec<BundlePackage>)> = Vec::new();
        for (package, lead) in bundles {
            let workspace = self.workspace(&package, lead)?;
            let bundle = workspace.bundle(&package)?;
            match workspaces.iter_mut().find(|(known, ..)| known.root() == workspace.root()) {
                Some((_, packages, bundles)) => {
                    packages.push(package);
                    bundles.push(bundle);
                }
                None => workspaces.push((workspace, vec![package], vec![bundle])),
            }
        }
        let mut built = Vec::new();
        for (workspace, packages, bundles) in workspaces {
            built.extend(packages.into_iter().zip(self.build_in(&workspace, &bundles, None)?));
        }
        Ok(built)
    }

    /// The workspace of the bundle.
    fn workspace(&self, name: &str, lead: Lead) -> Result<Workspace> {
        static REMARK: Once = Once::new();
        let mut places = self.places(name);
        match lead {
            Lead::Name => {}
            Lead::Folder(folder) => {
                let folders: Vec<_> = iter::once(folder).chain(places.all()).collect();
                return Workspace::find(&folders);
            }
            Lead::Library { file, compiled_in } => {
                places.named.push(file);
                places.compiled_in.insert(0, (name.to_owned(), compiled_in));
            }
        }
        let workspace = places.workspace(name)?;
        if let Some(remark) = places.remark(&workspace) {
            REMARK.call_once(|| self.sink()(BuildMessage::Line(&remark)));
        }
        Ok(workspace)
    }

    fn places(&self, name: &str) -> Places {
        if let Some(folder) = &self.options.workspace {
            return Places { named: vec![folder.clone()], ..Places::default() };
        }
        let crate_name = name.replace('-', "_");
        let headers = hot_rt::rt::registered_bundles()
            .filter_map(|bundle| Manifest::parse(bundle.record).ok()?.headers.pop());
        let (same, other): (Vec<_>, Vec<_>) =
            headers.partition(|header| header.crate_name == crate_name || header.package == name);
        let headers = same.into_iter().chain(other);
        Places {
            named: Vec::new(),
            host_file: self.file.path().map(Path::to_owned),
            manifest_dir: env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from),
            started_in: self.started_in.clone(),
            compiled_in: headers.map(|it| (it.package, it.manifest_dir.into())).collect(),
        }
    }

    fn sink(&self) -> BuildSink {
        let notices = self.notices.clone();
        let show = self.options.build_output.clone().unwrap_or_else(standard_error);
        Arc::new(move |message| {
            notices.hear_build(message);
            show(message);
        })
    }
}

/// How this program was built. Looked at once: a later build writes over the notes of an earlier one.
fn program(workspace: &Workspace, host: &HostPackage, file: &Path) -> Option<&'static Program> {
    static PROGRAM: OnceLock<Option<Program>> = OnceLock::new();
    let look = || Program::of(workspace, &Origin::of(file)?, host, file);
    PROGRAM.get_or_init(look).as_ref()
}

/// The features that `cargo hotreload run` has built the host with: without them shared crates would
/// be others.
fn features_of_run() -> Vec<String> {
    let features = env::var("HOTRELOAD_FEATURES").unwrap_or_default();
    features.split(',').filter(|it| !it.is_empty()).map(str::to_owned).collect()
}
