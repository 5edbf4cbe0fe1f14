//! What cargo would look at to find out whether more has to be built than the bundle's own crate: files,
//! and what was built of them. As long as all of it is as it was, rustc's call is the same.
//!
//! Of the crate's own sources nothing is kept: rustc reads them anew. What others read, too, a build
//! script or a path dependency, is theirs.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use crate::build::dep_info::listed;
use crate::build::origin::without_hash;
use crate::build::replay::Done;
use crate::build::replay::rustc::Rustc;
use crate::build::unit::entries;
use crate::build::{PathPackage, Workspace};

/// More files than a build script may want to be told of, here.
const MOST: usize = 20_000;

/// A file's time can be older than the moment at which it was written, by a tick of the kernel.
const CLOCK_TICK: Duration = Duration::from_millis(20);

/// What cargo would look at.
#[derive(Debug, Clone, Default)]
pub(in crate::build) struct Inputs {
    /// What people and programs write.
    sources: BTreeMap<PathBuf, Stamp>,
    /// What cargo and rustc have written. A new link to such a file does not count.
    artifacts: BTreeMap<PathBuf, Stamp>,
    /// The sources of everything else that the library is built of.
    pub(super) of_others: BTreeSet<PathBuf>,
}

/// What tells one content of a file from another; nothing is there by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    found: Option<(u64, SystemTime)>,
    /// When the file, its name or its times were changed, which nobody can set.
    changed: Option<(i64, i64)>,
}

impl Stamp {
    pub(super) fn of(path: &Path, is_artifact: bool) -> Stamp {
        let Ok(metadata) = fs::metadata(path) else { return Stamp::default() };
        #[cfg(unix)]
        let changed = {
            use std::os::unix::fs::MetadataExt as _;
            (!is_artifact).then(|| (metadata.ctime(), metadata.ctime_nsec()))
        };
        #[cfg(not(unix))]
        let changed = is_artifact.then_some((0, 0));
        Stamp { found: metadata.modified().ok().map(|time| (metadata.len(), time)), changed }
    }

    /// Whether it was as it is before this moment.
    pub(super) fn is_before(&self, moment: SystemTime) -> bool {
        let Some(limit) = moment.checked_sub(CLOCK_TICK) else { return false };
        let Ok(limit_since) = limit.duration_since(SystemTime::UNIX_EPOCH) else { return false };
        let limit_since = (limit_since.as_secs() as i64, i64::from(limit_since.subsec_nanos()));
        self.found.is_none_or(|(_, time)| time < limit)
            && self.changed.is_none_or(|time| time < limit_since)
    }
}

impl Inputs {
    /// Those of a bundle that cargo has just built, or why they cannot be known.
    pub(super) fn of(rustc: &Rustc, done: &Done<'_>) -> Result<Inputs, String> {
        let Done { workspace, bundle, .. } = *done;
        let root = workspace.root();
        let no_list = || "it is not known what it is built of".to_owned();
        let all = listed(&done.library.with_extension("d"), root).ok_or_else(no_list)?;
        let own_list = rustc.file(&rustc.cargos, &bundle.crate_name, "d");
        let own = listed(&own_list, &rustc.capture().folder).ok_or_else(no_list)?;
        let own: BTreeSet<_> = own.into_iter().collect();
        // They are in both lists, unless cargo's are relative to a folder that nothing tells.
        if !all.iter().any(|it| own.contains(it)) {
            return Err(no_list());
        }
        let packages = workspace.path_packages(&bundle.folder);
        let mut sources: BTreeSet<PathBuf> = settings(root)?;
        sources.extend(workspace.packages().iter().map(|it| it.manifest_path.clone().into()));
        // Cargo takes a file of this name for a build script, once there is one.
        let of_cargo =
            |it: &PathPackage| ["Cargo.toml", "build.rs"].map(|name| it.folder.join(name));
        sources.extend(packages.iter().flat_map(of_cargo));
        // A package inherits from the workspace that it lies in.
        sources.extend(
            packages.iter().filter_map(|it| Some(it.workspace.as_ref()?.join("Cargo.toml"))),
        );
        let all = all.into_iter().chain(done.patched.iter().cloned());
        let of_others: BTreeSet<_> = all.filter(|it| !own.contains(it)).collect();
        // Patches are packages that nobody names as theirs, though they may be of the workspace.
        let folders = of_others.iter().filter_map(|it| Workspace::folder_around(it));
        let folders: BTreeSet<_> = folders.map(canonical).collect();
        for folder in folders {
            let is_known = || packages.iter().any(|it| canonical(&it.folder) == folder);
            if folder.join("build.rs").exists() && !is_known() {
                return Err(format!("{} has a build script", folder.display()));
            }
            sources.extend(["Cargo.toml", "build.rs"].map(|name| folder.join(name)));
        }
        sources.extend(scripts(rustc, &packages)?);
        let mut lists = rustc.dependencies.iter().flat_map(|folder| {
            let build = folder.parent().map(|it| it.join("build"));
            let scripts = build.iter().flat_map(|it| entries(it)).flat_map(|it| entries(&it));
            entries(folder).chain(scripts.collect::<Vec<_>>())
        });
        let is_others = |path: &PathBuf| {
            path.extension().is_some_and(|it| it == "d") && *path != own_list && {
                // Its own tests read the same, and are in nothing that is loaded.
                let name = path.file_stem().and_then(|it| it.to_str()).map(without_hash);
                name != Some(&bundle.crate_name)
            }
        };
        // One file may have several names.
        let names: BTreeSet<_> = own.iter().filter_map(|it| it.file_name()).collect();
        let places: BTreeSet<_> = own.iter().map(|it| canonical(it)).collect();
        let is_own = |path: &PathBuf| {
            path.file_name().is_some_and(|it| names.contains(it))
                && places.contains(&canonical(path))
        };
        while let Some(list) = lists.find(is_others) {
            sources.extend(listed(&list, root).unwrap_or_default().into_iter().filter(is_own));
        }
        sources.extend(of_others.iter().cloned());
        let named = rustc.named.iter().map(|it| rustc.capture().folder.join(it));
        let artifacts = named.chain(done.made.iter().cloned());
        let artifacts = artifacts.map(|it| (Stamp::of(&it, true), it));
        Ok(Inputs {
            sources: sources.into_iter().map(|it| (it.clone(), Stamp::of(&it, false))).collect(),
            artifacts: artifacts.map(|(stamp, it)| (it, stamp)).collect(),
            of_others,
        })
    }

    /// The same files as they are now.
    pub(super) fn now(&self) -> Inputs {
        let again = |files: &BTreeMap<PathBuf, Stamp>, is_artifact| {
            files.keys().map(|it| (it.clone(), Stamp::of(it, is_artifact))).collect()
        };
        Inputs {
            sources: again(&self.sources, false),
            artifacts: again(&self.artifacts, true),
            of_others: self.of_others.clone(),
        }
    }

    /// Looks at one of the sources as it is now.
    pub(in crate::build) fn look_at(&mut self, path: &Path) {
        self.sources.insert(path.to_owned(), Stamp::of(path, false));
    }

    /// The first file that is not as it was.
    pub(super) fn changed(&self) -> Option<&Path> {
        self.changed_source().or_else(|| self.changed_artifact())
    }

    /// The first of what people and programs write.
    pub(super) fn changed_source(&self) -> Option<&Path> {
        changed(&self.sources, false)
    }

    /// The first of what cargo and rustc have written.
    pub(super) fn changed_artifact(&self) -> Option<&Path> {
        changed(&self.artifacts, true)
    }

    /// The first source that was perhaps saved while a build ran that began then. `before` is what was
    /// there at that moment, as far as that is known.
    pub(super) fn saved_since(&self, began: SystemTime, before: &Inputs) -> Option<&Path> {
        let is_sure = |(path, stamp): &(&PathBuf, &Stamp)| {
            let same = before.sources.get(*path) == Some(stamp);
            same || stamp.is_before(began)
        };
        self.sources.iter().find(|it| !is_sure(it)).map(|(path, _)| &**path)
    }
}

fn changed(files: &BTreeMap<PathBuf, Stamp>, is_artifact: bool) -> Option<&Path> {
    let found = files.iter().find(|(path, stamp)| Stamp::of(path, is_artifact) != **stamp);
    found.map(|(path, _)| &**path)
}

/// Whether the file was as it is before this moment.
pub(super) fn is_older(path: &Path, moment: SystemTime) -> bool {
    let time = fs::metadata(path).and_then(|it| it.modified());
    time.is_ok_and(|time| time <= moment)
}

/// What cargo and rustup read besides manifests: at the workspace's root, above it and at home.
fn settings(root: &Path) -> Result<BTreeSet<PathBuf>, String> {
    let mut found = configuration(root)?;
    found.extend(["Cargo.toml", "Cargo.lock"].map(|name| root.join(name)));
    let toolchains = root
        .ancestors()
        .flat_map(|it| ["rust-toolchain", "rust-toolchain.toml"].map(|name| it.join(name)));
    found.extend(toolchains);
    found.extend(home("RUSTUP_HOME", ".rustup").map(|it| it.join("settings.toml")));
    found.extend(env::var_os("CARGO").map(PathBuf::from));
    Ok(found)
}

/// Where cargo's configuration may be for a folder: in it, above it and at home.
pub(super) fn configuration(folder: &Path) -> Result<BTreeSet<PathBuf>, String> {
    let mut found = BTreeSet::new();
    let folders =
        folder.ancestors().map(|it| it.join(".cargo")).chain(home("CARGO_HOME", ".cargo"));
    for file in folders.flat_map(|it| ["config", "config.toml"].map(|name| it.join(name))) {
        let text = fs::read_to_string(&file).unwrap_or_default();
        if text.lines().any(|line| line.trim_start().starts_with("include")) {
            return Err(format!("{} includes other files", file.display()));
        }
        found.insert(file);
    }
    Ok(found)
}

/// The folder that a variable names, or that is usual.
fn home(variable: &str, folder: &str) -> Option<PathBuf> {
    let named = env::var_os(variable).map(PathBuf::from);
    named.or_else(|| env::home_dir().map(|home| home.join(folder)))
}

/// What build scripts want to be told of. Cargo runs a script that says nothing of it after every save
/// in its package: then nothing can be known.
fn scripts(rustc: &Rustc, packages: &[PathPackage]) -> Result<BTreeSet<PathBuf>, String> {
    let mut found = BTreeSet::new();
    let mut said: BTreeMap<String, (SystemTime, bool)> = BTreeMap::new();
    let builds = rustc.dependencies.iter().filter_map(|it| it.parent());
    let runs: BTreeSet<_> = builds.flat_map(|it| entries(&it.join("build"))).collect();
    let own = rustc.capture().variable("OUT_DIR").and_then(|it| Path::new(it).parent());
    for run in runs.iter().map(|it| &**it).chain(own) {
        let output = run.join("output");
        let Ok(text) = fs::read_to_string(&output) else { continue };
        let written = fs::metadata(&output).and_then(|it| it.modified()).ok();
        let name = run.file_name().and_then(|it| it.to_str()).map(without_hash).unwrap_or_default();
        let package = packages.iter().find(|it| it.name.as_deref() == Some(name));
        let instructions = text.lines().filter_map(|line| {
            line.strip_prefix("cargo::").or_else(|| line.strip_prefix("cargo:"))
        });
        let mut says = false;
        for instruction in instructions {
            says |= instruction.starts_with("rerun-if-");
            let Some(path) = instruction.strip_prefix("rerun-if-changed=").map(Path::new) else {
                continue;
            };
            // What a package of a registry has in its folder nobody changes.
            match package {
                Some(package) => add(&package.folder.join(path), &mut found)?,
                None if path.is_absolute() => add(path, &mut found)?,
                None => {}
            }
        }
        if package.is_some() {
            let latest = said.entry(name.to_owned()).or_insert((SystemTime::UNIX_EPOCH, false));
            *latest = (*latest).max((written.unwrap_or(SystemTime::now()), says));
        }
    }
    let scripts = packages.iter().filter(|it| it.has_build_script);
    for name in scripts.map(|it| it.name.as_deref().unwrap_or_default()) {
        match said.get(name) {
            Some((_, true)) => {}
            Some((_, false)) => {
                return Err(format!(
                    "the build script of `{name}` does not say what it reads: \
                     `cargo::rerun-if-changed=build.rs` would"
                ));
            }
            None => return Err(format!("it is not known what the build script of `{name}` reads")),
        }
    }
    Ok(found)
}

/// The path without links, if there is anything.
fn canonical(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// A file, or a folder with all that is in it.
fn add(path: &Path, found: &mut BTreeSet<PathBuf>) -> Result<(), String> {
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(entries(&path));
        }
        found.insert(path);
        if found.len() > MOST {
            return Err("build scripts read too many files".to_owned());
        }
    }
    Ok(())
}
