//! Which files a bundle, or the host, is made of.
//!
//! Cargo knows the packages (`cargo metadata`), and after a build the very files (the dep-info file
//! beside the library: also what `include_str!` and build scripts read, wherever it lies). A file
//! that is new cannot be among those: so any `.rs` file in a package's folder counts. Other files
//! there do not: a program may keep its own data in its package's folder.

use std::{
    collections::{HashMap, HashSet},
    fs,
    path::{Path, PathBuf},
};

use crate::build::{Built, BundlePackage, PathPackage, Workspace};
use crate::changes::copies::Place;
#[cfg(target_os = "linux")]
use crate::{build, file::needed, platform};

/// What a bundle is made of.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    pub(super) workspace: Workspace,
    pub(super) bundle: BundlePackage,
    pub(super) tree: Tree,
}

/// The files that something is built of. All paths are free of links.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree {
    packages: Vec<PathPackage>,
    /// The folders of those packages whose code is in a shared library that the process has mapped.
    in_memory: HashSet<PathBuf>,
    /// The workspace's folder.
    root: PathBuf,
    /// What the last build has read.
    read: HashSet<PathBuf>,
    /// Folders that a build script wants to be told of, with all that lies in them.
    read_folders: Vec<PathBuf>,
    /// What cargo reads besides the packages' own manifests.
    settings: Vec<PathBuf>,
    /// Folders that links within the packages lead to.
    linked: Vec<PathBuf>,
    /// Where cargo writes.
    outputs: Vec<PathBuf>,
}

impl Sources {
    /// Those of a bundle whose library cargo has built.
    pub(crate) fn new(workspace: Workspace, bundle: BundlePackage, built: &Built) -> Sources {
        let mut tree = Tree::new(&workspace, &bundle.folder);
        tree.take_read(built.read(workspace.root()));
        Sources { workspace, bundle, tree }
    }

    /// Those of the bundle after its manifest or its workspace's was saved. Which files it reads is
    /// known after the next build.
    pub(super) fn renew(&mut self, workspace: Workspace, bundle: BundlePackage) {
        let tree = Tree::new(&workspace, &bundle.folder);
        let Tree { read, read_folders, linked, .. } = std::mem::take(&mut self.tree);
        self.tree = Tree { read, read_folders, linked, ..tree };
        (self.workspace, self.bundle) = (workspace, bundle);
    }
}

impl Tree {
    /// The package in `folder` and its path dependencies.
    pub(super) fn new(workspace: &Workspace, folder: &Path) -> Tree {
        let packages = workspace.path_packages(folder);
        // What a shared library depends on is in it too: else there would be two of it.
        let in_memory = in_memory(&packages).flat_map(|it| workspace.path_packages(&it.folder));
        let in_memory = in_memory.map(|it| canonical(&it.folder)).collect();
        let packages = packages.into_iter();
        let packages: Vec<_> =
            packages.map(|it| PathPackage { folder: canonical(&it.folder), ..it }).collect();
        let root = canonical(workspace.root());
        let names = [
            "Cargo.toml",
            "Cargo.lock",
            ".cargo/config.toml",
            ".cargo/config",
            "rust-toolchain.toml",
            "rust-toolchain",
        ];
        let settings = names.iter().map(|name| root.join(name));
        // A package inherits from the workspace that it lies in.
        let others = packages.iter().filter_map(|it| it.workspace.as_ref());
        let others = others.map(|root| canonical(root).join("Cargo.toml"));
        Tree {
            in_memory,
            settings: settings.chain(others).collect(),
            packages,
            outputs: workspace.output_dirs().iter().map(|folder| canonical(folder)).collect(),
            root,
            ..Tree::default()
        }
    }

    /// Takes over what the last build has read. Nothing changes if that is not known.
    pub(super) fn take_read(&mut self, paths: Vec<PathBuf>) {
        if paths.is_empty() {
            return;
        }
        self.read.clear();
        self.read_folders.clear();
        // There are many files and few folders.
        let mut folders: HashMap<PathBuf, Option<PathBuf>> = HashMap::new();
        for path in paths {
            let (Some(folder), Some(name)) = (path.parent(), path.file_name()) else { continue };
            let folder = folders.entry(folder.to_owned()).or_insert_with(|| {
                let folder = canonical(folder);
                (!self.is_in_output(&folder)).then_some(folder)
            });
            let Some(folder) = folder else { continue };
            let place = folder.join(name);
            let target = canonical(&place);
            if target.is_dir() {
                self.read_folders.push(target);
            } else {
                self.read.extend([place, target]);
            }
        }
    }

    /// Whether a change of this file can change what is built.
    pub(super) fn concerns(&self, path: &Path) -> bool {
        self.read.contains(path)
            || self.settings.iter().any(|file| file == path)
            || self.read_folders.iter().any(|folder| is_visible(folder, path))
            || self.linked.iter().any(|folder| is_visible(folder, path) && is_source(path))
            || self.owner(path).is_some_and(|owner| owner.has_build_script || is_source(path))
    }

    /// Whether what was built last has read it, or would if it were built again. A package may
    /// hold the sources of other programs.
    pub(super) fn was_read(&self, path: &Path) -> bool {
        self.concerns(path)
            && (self.read.is_empty() || self.read.contains(path) || self.is_setting(path))
    }

    /// Whether the file can change what is built although the last build has not read it: it is of a
    /// package with a build script, which may read any file.
    pub(super) fn may_be_read(&self, path: &Path) -> bool {
        self.owner(path).is_some_and(|owner| owner.has_build_script)
    }

    /// Whether the file is a source of a shared library that the process has mapped: what comes of
    /// it stays as it is until the process ends.
    pub(super) fn is_in_memory(&self, path: &Path) -> bool {
        let is_in_memory = |owner: &PathPackage| self.in_memory.contains(&owner.folder);
        self.concerns(path) && !self.is_setting(path) && self.owner(path).is_some_and(is_in_memory)
    }

    /// Whether cargo has to be asked anew which packages there are, and which of them have a build script.
    pub(super) fn is_setting(&self, path: &Path) -> bool {
        let is_script = || self.packages.iter().any(|it| it.folder.join("build.rs") == path);
        is_manifest(path) || self.settings.iter().any(|file| file == path) || is_script()
    }

    /// Whether the file is of one of its packages' folders; those of other programs may be there.
    pub(super) fn is_around(&self, path: &Path) -> bool {
        self.packages.iter().any(|it| path.starts_with(&it.folder))
    }

    /// Which crate the file is of, and which module of it: where nobody has given it another path.
    /// `None` if it is no source of a library.
    pub(super) fn place(&self, path: &Path) -> Option<Place> {
        let (crate_name, root) = self.owner(path)?.library.as_ref()?;
        path.extension().filter(|it| *it == "rs")?;
        let within = canonical(root).parent().and_then(|folder| path.strip_prefix(folder).ok())?;
        let mut modules: Vec<_> =
            within.iter().map(|it| it.to_string_lossy().into_owned()).collect();
        modules.pop();
        let stem = path.file_stem()?.to_string_lossy();
        if path != canonical(root) && stem != "mod" {
            modules.push(stem.into_owned());
        }
        Some(Place { crate_name: crate_name.clone(), modules })
    }

    /// The package that the file is of.
    fn owner(&self, path: &Path) -> Option<&PathPackage> {
        let around = self.packages.iter().filter(|it| is_visible(&it.folder, path));
        let owner = around.max_by_key(|it| it.folder.as_os_str().len())?;
        let mut between = path.ancestors().skip(1).take_while(|folder| *folder != owner.folder);
        (!between.any(|folder| self.is_foreign(folder))).then_some(owner)
    }

    /// Whether what lies there is not of the package around it: another package, or cargo's output.
    fn is_foreign(&self, folder: &Path) -> bool {
        folder.join("Cargo.toml").is_file() || is_output(&self.outputs, folder)
    }

    /// Whether what lies in the folder was written by cargo. A target folder may lie around the
    /// packages.
    fn is_in_output(&self, folder: &Path) -> bool {
        let is_around = |output: &Path| {
            let mut roots = self.packages.iter().map(|it| &it.folder).chain([&self.root]);
            roots.any(|root| root.starts_with(output))
        };
        folder.ancestors().any(|it| is_output(&self.outputs, it) && !is_around(it))
    }

    /// Looks which folders and files there are now.
    pub(super) fn walk(&mut self) -> Found {
        let mut found = Found::default();
        let mut linked = HashSet::new();
        let roots = self.packages.iter().map(|it| &it.folder).chain(&self.read_folders);
        let mut open: Vec<PathBuf> = roots.cloned().collect();
        let mut seen: HashSet<PathBuf> = open.iter().cloned().collect();
        while let Some(folder) = open.pop() {
            for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let Ok(metadata) = fs::metadata(&path) else { continue };
                let is_link = entry.file_type().is_ok_and(|kind| kind.is_symlink());
                let target = if is_link { canonical(&path) } else { path.clone() };
                if is_hidden(&path) {
                } else if metadata.is_dir() {
                    if !self.is_foreign(&target) && seen.insert(target.clone()) {
                        if is_link {
                            linked.insert(target.clone());
                        }
                        open.push(target);
                    }
                } else if is_link && is_source(&path) {
                    self.read.insert(target);
                }
            }
            found.folders.push(folder);
        }
        self.linked.extend(linked);
        self.linked.sort_unstable();
        self.linked.dedup();
        for folder in &found.folders {
            let files = fs::read_dir(folder).into_iter().flatten().flatten().map(|it| it.path());
            found.files.extend(files.filter(|path| self.concerns(path) && !path.is_dir()));
        }
        found.files.extend(self.read.iter().chain(&self.settings).cloned());
        // The folders above tell when a package goes and comes back, as branches are changed.
        for package in &self.packages {
            let is_within = package.folder.starts_with(&self.root);
            let above = package.folder.ancestors().skip(1);
            let above = above.take_while(|it| is_within && it.starts_with(&self.root));
            found.folders.extend(above.chain(package.folder.parent()).map(Path::to_owned));
        }
        found.folders.extend(self.root.parent().map(Path::to_owned));
        found.folders.extend(found.files.iter().filter_map(|it| it.parent()).map(Path::to_owned));
        found
    }

    /// Whether a folder that has come or gone can bring or take files of this tree.
    pub(super) fn may_hold(&self, folder: &Path) -> bool {
        let roots = self.packages.iter().map(|it| &it.folder).chain(&self.read_folders);
        !is_output(&self.outputs, folder)
            && (roots
                .chain(&self.linked)
                .any(|root| root.starts_with(folder) || is_visible(root, folder))
                || self.settings.iter().chain(&self.read).any(|file| file.starts_with(folder)))
    }
}

/// What a tree consists of at a moment.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The folders to watch, each for itself, those with sources first: there may be a limit. Some
    /// come twice.
    pub(super) folders: Vec<PathBuf>,
    /// The files, and the places where one would count.
    pub(super) files: HashSet<PathBuf>,
}

/// Whether cargo writes there; it marks its target folders.
fn is_output(outputs: &[PathBuf], folder: &Path) -> bool {
    outputs.iter().any(|output| output == folder) || folder.join("CACHEDIR.TAG").is_file()
}

fn is_source(path: &Path) -> bool {
    path.extension().is_some_and(|it| it == "rs") || is_manifest(path)
}

fn is_manifest(path: &Path) -> bool {
    path.file_name().is_some_and(|it| it == "Cargo.toml")
}

/// Whether the path is below the folder, and nothing on the way is hidden.
fn is_visible(folder: &Path, path: &Path) -> bool {
    path.strip_prefix(folder).is_ok_and(|below| !below.iter().any(|it| is_hidden(Path::new(it))))
}

/// Hidden files, and what editors keep beside the file that is edited.
fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(['.', '#'])
        || name.ends_with('~')
        || [".swp", ".swx", ".tmp", ".bak", "___"].iter().any(|end| name.ends_with(end))
        || name == "4913"
}

/// The path without links. Where nothing is there, without those of the nearest folder above.
pub(super) fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) if !parent.as_os_str().is_empty() => {
            canonical(parent).join(name)
        }
        _ => path.to_owned(),
    })
}

/// Those of the packages whose library is a shared one and is mapped.
fn in_memory(packages: &[PathPackage]) -> impl Iterator<Item = &PathPackage> {
    let mut packages = packages.iter().filter(|it| it.is_dylib).peekable();
    #[cfg(target_os = "linux")]
    let mapped = match packages.peek() {
        Some(_) => needed::mapped(&platform::mappings()),
        None => Vec::new(),
    };
    #[cfg(target_os = "linux")]
    let packages = packages.filter(move |it| {
        let name = it.library.as_ref().map(|(name, _)| format!("lib{name}"));
        let names = mapped.iter().filter_map(|it| it.path.file_name().map(needed::without_build));
        let names = names.filter_map(|it| it.into_string().ok());
        let mut names =
            names.filter_map(|it| Some(it.strip_suffix(platform::DLL_SUFFIX)?.to_owned()));
        names.any(|it| Some(build::without_hash(&it)) == name.as_deref())
    });
    // Elsewhere nothing tells what is mapped.
    #[cfg(not(target_os = "linux"))]
    let packages = packages.filter(|_| false);
    packages
}
