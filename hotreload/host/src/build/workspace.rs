//! The cargo workspace: which packages there are, which of them is meant, and where its sources
//! lie. All of it is cargo's answer (`cargo metadata --no-deps`, which resolves nothing and so
//! never asks the network).

use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId, Target};

use crate::build::command;
use crate::build::origin::{Origin, Place};
use crate::said::{Code, Error, Reason, Result};
use crate::said::{crate_name, nearest};

/// A cargo workspace, as it was when it was found.
#[derive(Debug, Clone)]
pub struct Workspace {
    root: PathBuf,
    target_dir: PathBuf,
    /// Where intermediate files are: `target_dir`, unless the user set `build.build-dir`.
    build_dir: PathBuf,
    packages: Vec<Package>,
}

/// A package that builds a bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BundlePackage {
    /// The package's name, as written in its `Cargo.toml`.
    pub(crate) name: String,
    /// The name of its crate: `[lib] name`, or the package's with underscores.
    pub(crate) crate_name: String,
    /// The folder of its `Cargo.toml`.
    pub(crate) folder: PathBuf,
    /// Cargo's identity, which tells versions apart.
    pub(super) id: PackageId,
}

/// A package whose sources lie in a folder of the user's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathPackage {
    /// The package's name, as it says itself or whoever depends on it.
    pub(crate) name: Option<String>,
    /// The folder of its `Cargo.toml`.
    pub(crate) folder: PathBuf,
    /// The root of the workspace that it inherits from, if that is another one.
    pub(crate) workspace: Option<PathBuf>,
    /// Whether it has a build script, which may read any file.
    pub(crate) has_build_script: bool,
    /// The name of its library's crate and the crate's root file, if it could be read.
    pub(crate) library: Option<(String, PathBuf)>,
    /// Whether its library is, or is also, a Rust library that several programs share (`dylib`).
    pub(crate) is_dylib: bool,
}

/// The package that the running program belongs to, or the library that has its host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct HostPackage {
    /// The package's name.
    pub(crate) name: String,
    /// The target's name, as written in its `Cargo.toml`.
    pub(crate) target: String,
    /// What kind of program it is.
    pub(crate) place: Place,
    /// The folder of its `Cargo.toml`.
    pub(crate) folder: PathBuf,
    pub(super) id: PackageId,
    pub(super) has_dev_dependencies: bool,
}

impl Workspace {
    /// The workspace of the first candidate that lies in one: in each, the nearest `Cargo.toml`
    /// upward is asked. The caller puts the most certain candidate first.
    pub fn find(candidates: &[PathBuf]) -> Result<Workspace> {
        let mut reason = Reason::new(Code::NoWorkspace, "no cargo workspace found");
        let mut asked: Vec<&Path> = Vec::new();
        for candidate in candidates {
            let Some(folder) = Self::folder_around(candidate) else {
                reason = reason.fact(
                    "tried",
                    format!("{}: no Cargo.toml there or above", candidate.display()),
                );
                continue;
            };
            if asked.contains(&folder) {
                continue;
            }
            asked.push(folder);
            match Self::at(folder) {
                Ok(workspace) => return Ok(workspace),
                Err(Refusal::NotStarted(error)) => return Err(error),
                Err(Refusal::Said(text)) => {
                    reason =
                        reason.fact("tried", format!("{}\n{}", folder.display(), text.trim_end()));
                }
            }
        }
        Err(reason.into())
    }

    /// The nearest folder upward that has a `Cargo.toml`.
    pub(super) fn folder_around(place: &Path) -> Option<&Path> {
        place.ancestors().find(|it| it.join("Cargo.toml").is_file())
    }

    /// The workspace of the package in `folder`, asked in its root: so the configuration is the one
    /// that counts when it is built.
    fn at(folder: &Path) -> Result<Workspace, Refusal> {
        let mut metadata = metadata(folder)?;
        if metadata.workspace_root.as_std_path() != folder {
            metadata = self::metadata(metadata.workspace_root.as_std_path())?;
        }
        Ok(Workspace::of(metadata))
    }

    /// What `cargo metadata` has said.
    pub fn of(metadata: Metadata) -> Workspace {
        let target_dir = metadata.target_directory.into_std_path_buf();
        Workspace {
            root: metadata.workspace_root.into(),
            build_dir: metadata.build_directory.map_or_else(|| target_dir.clone(), Into::into),
            target_dir,
            packages: metadata.packages,
        }
    }

    /// The folder of the workspace's `Cargo.toml`.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The target folder that cargo uses when nobody names another one.
    pub fn target_dir(&self) -> &Path {
        &self.target_dir
    }

    /// Every member.
    pub fn packages(&self) -> &[Package] {
        &self.packages
    }

    /// Both folders that cargo writes to.
    pub(crate) fn output_dirs(&self) -> [PathBuf; 2] {
        [self.target_dir.clone(), self.build_dir.clone()]
    }

    /// Where cargo keeps what it makes on the way to a program that was built like this one.
    pub(super) fn intermediate_of(&self, origin: &Origin) -> PathBuf {
        let is_usual = origin.target_dir == self.target_dir;
        let mut folder = if is_usual { &self.build_dir } else { &origin.target_dir }.clone();
        folder.extend(&origin.triple);
        folder.join(origin.profile_folder())
    }

    /// Where cargo keeps what it makes on the way to what lies in this folder of a target folder.
    pub(super) fn intermediate_beside(&self, target_dir: &Path, profile: &Path) -> Option<PathBuf> {
        if self.build_dir == self.target_dir {
            return Some(profile.to_owned());
        }
        Some(self.build_dir.join(profile.strip_prefix(target_dir).ok()?))
    }

    /// The package of this name, or whose library has this name; hyphens and underscores are
    /// equal.
    pub(crate) fn bundle(&self, name: &str) -> Result<BundlePackage> {
        let package = self.package(name).ok_or_else(|| self.no_package(name))?;
        let library = library(package).filter(|it| it.is_cdylib()).ok_or_else(|| {
            let message = format!("`{}` builds no shared library", package.name);
            Reason::new(Code::NotABundle, message).file(package.manifest_path.as_std_path())
        })?;
        Ok(BundlePackage {
            name: package.name.to_string(),
            crate_name: crate_name(&library.name),
            folder: folder_of(package).to_owned(),
            id: package.id.clone(),
        })
    }

    fn package(&self, name: &str) -> Option<&Package> {
        let wanted = crate_name(name);
        let called = |it: &&Package| library(it).is_some_and(|it| crate_name(&it.name) == wanted);
        let mut packages = self.packages.iter();
        packages
            .find(|it| crate_name(&it.name) == wanted)
            .or_else(|| self.packages.iter().find(called))
    }

    /// The folder of the package of this name, as [`bundle`](Workspace::bundle) takes it.
    pub(super) fn folder_of(&self, name: &str) -> Option<&Path> {
        self.package(name).map(folder_of)
    }

    /// Whether a package makes a program of this name; hyphens and underscores are equal.
    pub(super) fn has_target(&self, name: &str) -> bool {
        let mut targets = self.packages.iter().flat_map(|it| &it.targets);
        targets.any(|it| !it.is_custom_build() && crate_name(&it.name) == crate_name(name))
    }

    fn no_package(&self, name: &str) -> Error {
        let mut members: Vec<&str> = self.packages.iter().map(|it| it.name.as_str()).collect();
        members.sort_unstable();
        let reason = Reason::new(Code::NoPackage, format!("no package `{name}` in the workspace"))
            .file(&self.root.join("Cargo.toml"))
            .fact("members", members.join(", "));
        match nearest(name, members) {
            Some(meant) => reason.help(format!("did you mean `{meant}`?")).into(),
            None => reason.into(),
        }
    }

    /// The package whose target this program or library is, if the workspace has it.
    pub(crate) fn host(&self, origin: &Origin) -> Option<HostPackage> {
        let wanted = crate_name(&origin.target);
        let target_in = |package: &Package| {
            let is_target = |it: &&Target| {
                crate_name(&it.name) == wanted
                    && match origin.place {
                        Place::Bin => it.is_bin(),
                        Place::Library => it.is_cdylib(),
                        Place::Example => it.is_example(),
                        Place::Harness => !it.is_custom_build(),
                    }
            };
            package.targets.iter().find(is_target).map(|it| it.name.clone())
        };
        let mut found = self.packages.iter().filter_map(|it| target_in(it).map(|name| (it, name)));
        let first = found.next()?;
        // Two packages may have binaries of one name; then `cargo run` has told which one runs.
        let told = std::env::var("CARGO_PKG_NAME").ok();
        let (package, target) =
            found.find(|(it, _)| told.as_deref() == Some(it.name.as_str())).unwrap_or(first);
        Some(HostPackage {
            name: package.name.to_string(),
            target,
            place: origin.place,
            folder: folder_of(package).to_owned(),
            id: package.id.clone(),
            has_dev_dependencies: (package.dependencies.iter())
                .any(|it| it.kind == DependencyKind::Development),
        })
    }

    /// The package in `folder` and all packages that it depends on by path, wherever they lie: what
    /// can change what is built of it. The package itself comes first. A folder may hold the target
    /// folder, as that of a package at the workspace's root does.
    ///
    /// One that cannot be read is named all the same: mending it is a change.
    pub(crate) fn path_packages(&self, folder: &Path) -> Vec<PathPackage> {
        // Packages outside of the workspace are described by their own.
        let mut others: Vec<(Package, PathBuf)> = Vec::new();
        let new = |folder: PathBuf| PathPackage {
            name: None,
            folder,
            workspace: None,
            has_build_script: false,
            library: None,
            is_dylib: false,
        };
        let mut found = vec![new(folder.to_owned())];
        let mut next = 0;
        while let Some(folder) = found.get(next).map(|it| it.folder.clone()) {
            next += 1;
            let is_there = |it: &&Package| folder_of(it) == folder;
            let is_other = |it: &&(Package, PathBuf)| folder_of(&it.0) == folder;
            let own = self.packages.iter().find(is_there);
            if own.is_none() && !others.iter().any(|it| is_other(&it)) {
                others.extend(metadata(&folder).into_iter().flat_map(|it| {
                    let root: PathBuf = it.workspace_root.into();
                    it.packages.into_iter().map(move |it| (it, root.clone()))
                }));
            }
            let other = others.iter().find(is_other).filter(|_| own.is_none());
            let Some(package) = own.or(other.map(|(it, _)| it)) else { continue };
            found[next - 1].workspace = other.map(|(_, root)| root.clone());
            found[next - 1].name = Some(package.name.to_string());
            found[next - 1].has_build_script =
                package.targets.iter().any(|target| target.is_custom_build());
            found[next - 1].is_dylib = package.targets.iter().any(|target| target.is_dylib());
            found[next - 1].library =
                library(package).map(|it| (crate_name(&it.name), it.src_path.clone().into()));
            for dependency in &package.dependencies {
                match &dependency.path {
                    Some(path) if dependency.kind != DependencyKind::Development => {
                        let folder = path.as_std_path().to_owned();
                        if found.iter().all(|known| known.folder != folder) {
                            found.push(PathPackage {
                                name: Some(dependency.name.clone()),
                                ..new(folder)
                            });
                        }
                    }
                    _ => {}
                }
            }
        }
        found
    }
}

/// The package's library: all of its forms.
pub(super) fn library(package: &Package) -> Option<&Target> {
    let is_it = |it: &&Target| it.is_cdylib() || it.is_rlib() || it.is_lib() || it.is_dylib();
    package.targets.iter().find(is_it)
}

fn folder_of(package: &Package) -> &Path {
    package.manifest_path.as_std_path().parent().expect("a manifest lies in a folder")
}

/// Why `cargo metadata` gave nothing.
enum Refusal {
    /// No cargo: asking elsewhere is of no use.
    NotStarted(Error),
    /// What it says: the manifest may be broken, or not be meant.
    Said(String),
}

fn metadata(folder: &Path) -> Result<Metadata, Refusal> {
    let mut command = command::cargo(folder, &[]);
    command.args(["metadata", "--format-version", "1", "--no-deps", "--color", "never"]);
    let output = command
        .output()
        .map_err(|error| Refusal::NotStarted(command::not_started(&command, error)))?;
    if !output.status.success() {
        return Err(Refusal::Said(String::from_utf8_lossy(&output.stderr).into_owned()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let json = text.lines().find(|line| line.starts_with('{')).unwrap_or_default();
    MetadataCommand::parse(json).map_err(|error| Refusal::Said(error.to_string()))
}
