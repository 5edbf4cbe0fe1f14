//! Whether a bundle is built as the host was.
//!
//! A program that `cargo run` has started does not know what cargo was told: `--features`,
//! `--no-default-features`, `--config`. Cargo's fingerprints know what came of it, for each crate:
//!
//! ```text
//! .fingerprint/math-<hash>/lib-math        a number, in hexadecimal
//! .fingerprint/math-<hash>/lib-math.json   {"features":"[\"fancy\"]","profile":87..,"rustflags":[],
//!                                           "deps":[[id,"engine",false,<the number of that one>],..],..}
//! ```
//!
//! So the program's own crate leads to all that it was linked with. Its features are asked for when a
//! bundle is built, and those of the bundle and of the workspace's packages below it. What a build has
//! made is then compared with what the program has: nobody can ask for features of a package that
//! lies outside of the workspace, and a profile may come from the command line. This format is
//! nobody's promise: where it is another one, nothing is known, and nothing is refused.

use std::{
    collections::{BTreeSet, HashMap},
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use cargo_metadata::{Artifact, Package};
use serde::Deserialize;

use crate::build::origin::without_hash;
use crate::build::unit::entries;
use crate::build::{BundlePackage, HostPackage, Origin, Unit, Workspace};
use crate::said::{Code, Reason};

/// The framework's packages. Its features may differ: they change nothing that is compared, and what
/// is compared its own fingerprint tells.
const FRAMEWORK: [&str; 4] = ["hotreload", "hotreload-host", "hotreload-rt", "hotreload-types"];

/// How cargo has compiled a crate.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Compiled {
    /// The package's name.
    package: String,
    fingerprint: PathBuf,
    notes: Notes,
    /// What those that depend on it know it by; the program's own crate has none.
    number: Option<u64>,
}

/// Cargo's notes on it, as far as they are of interest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
struct Notes {
    /// A list, as a text.
    features: String,
    profile: u64,
    rustflags: Vec<String>,
    deps: Vec<(u64, String, bool, u64)>,
}

/// How the running program was compiled: its own crate, and those that it is linked with, of the
/// user's packages and of the framework's.
#[derive(Debug, Clone)]
pub(crate) struct Program {
    host: Compiled,
    linked: Vec<Compiled>,
    /// Whether it was built incrementally where the environment says the reverse, once that is known.
    pub(super) flips_incremental: OnceLock<bool>,
}

/// In what libraries were made otherwise than those of the program.
#[derive(Debug, Default)]
pub(super) struct Differences {
    pub(super) reasons: Vec<Reason>,
    /// Whether one of them is the profile.
    pub(super) profile: bool,
}

/// A library that a build has made.
#[derive(Debug, Clone)]
pub(super) struct Made {
    package: String,
    features: Vec<String>,
    unit: Option<Unit>,
}

impl Compiled {
    fn read(package: &str, fingerprint: &Path) -> Option<Compiled> {
        let is_json = |path: &PathBuf| path.extension().is_some_and(|it| it == "json");
        let file = entries(fingerprint).find(is_json)?;
        let notes = serde_json::from_slice(&fs::read(file).ok()?).ok()?;
        let (package, fingerprint) = (package.to_owned(), fingerprint.to_owned());
        Some(Compiled { package, fingerprint, notes, number: None })
    }

    fn features(&self) -> BTreeSet<String> {
        serde_json::from_str(&self.notes.features).unwrap_or_default()
    }
}

impl Program {
    /// `None` if cargo's notes are not there, or of another form.
    pub(super) fn of(
        workspace: &Workspace,
        origin: &Origin,
        host: &HostPackage,
        host_file: &Path,
    ) -> Option<Program> {
        let unit = Unit::of(workspace, origin, host, host_file)?;
        let own = Compiled::read(&host.name, &unit.fingerprint)?;
        let packages = workspace.path_packages(&host.folder).into_iter().filter_map(|it| it.name);
        let packages: BTreeSet<_> = packages.chain(FRAMEWORK.map(str::to_owned)).collect();
        let libraries = libraries(&workspace.intermediate_of(origin), &packages);
        let mut linked: Vec<Compiled> = Vec::new();
        let mut open: Vec<u64> = own.notes.deps.iter().map(|dep| dep.3).collect();
        while let Some(number) = open.pop() {
            let Some((package, fingerprint)) = libraries.get(&number) else { continue };
            if linked.iter().any(|known| known.fingerprint == *fingerprint) {
                continue;
            }
            if let Some(library) = Compiled::read(package, fingerprint) {
                open.extend(library.notes.deps.iter().map(|dep| dep.3));
                linked.push(Compiled { number: Some(number), ..library });
            }
        }
        Some(Program { host: own, linked, flips_incremental: OnceLock::new() })
    }

    /// The user's packages of the workspace that these bundles depend on in the program: if cargo is
    /// asked to build them too, they can be given the features that they have there, whoever has
    /// switched them on.
    pub(super) fn below<'w>(
        &self,
        workspace: &'w Workspace,
        bundles: &[BundlePackage],
    ) -> Vec<&'w Package> {
        let is_bundle = |name: &str| bundles.iter().any(|bundle| bundle.name == name);
        let mut found: Vec<_> = self.linked.iter().filter(|it| is_bundle(&it.package)).collect();
        let mut next = 0;
        while let Some(library) = found.get(next).copied() {
            next += 1;
            let is_needed = |it: &&Compiled| {
                library.notes.deps.iter().any(|dep| Some(dep.3) == it.number)
                    && found.iter().all(|known| known.number != it.number)
            };
            found.extend(self.linked.iter().filter(is_needed).collect::<Vec<_>>());
        }
        let members = workspace.packages().iter().filter(|member| {
            let name = member.name.as_str();
            // A macro that cargo is asked for by name it compiles in another profile, and with it all
            // that depends on it.
            let is_macro = member.targets.iter().any(|target| target.is_proc_macro());
            !is_macro
                && found.iter().any(|it| it.package == name)
                && !is_bundle(name)
                && name != self.host.package
                && !FRAMEWORK.contains(&name)
        });
        members.collect()
    }

    /// What cargo has to be told for the packages of these names, which it is asked to build, to have
    /// the features that they have in the program. Features that a package has no more are left out:
    /// what lacks them then is found out by [`differences`](Program::differences).
    pub(super) fn arguments(&self, workspace: &Workspace, selected: &[&str]) -> Vec<String> {
        let package = |name: &str| workspace.packages().iter().find(|it| it.name.as_str() == name);
        let declares = |package: &Package, feature: &str| package.features.contains_key(feature);
        let mut features = Vec::new();
        let (mut lacks_default, mut defaults) = (false, Vec::new());
        for name in selected {
            let Some(package) = package(name) else { continue };
            let default = || format!("{name}/default");
            let known = [&self.host].into_iter().chain(&self.linked).find(|it| it.package == *name);
            let Some(compiled) = known else {
                defaults.extend(declares(package, "default").then(default));
                continue;
            };
            let wanted = compiled.features();
            match (declares(package, "default"), wanted.contains("default")) {
                (true, true) => defaults.push(default()),
                (true, false) => lacks_default = true,
                (false, _) => {}
            }
            let others = wanted.iter().filter(|it| *it != "default" && declares(package, it));
            features.extend(others.map(|feature| format!("{name}/{feature}")));
        }
        let mut arguments = Vec::new();
        if lacks_default {
            arguments.push("--no-default-features".to_owned());
            features.extend(defaults);
        }
        if !features.is_empty() {
            arguments.extend(["--features".to_owned(), features.join(",")]);
        }
        arguments
    }

    /// In what these libraries were made otherwise than those of the program: they lack a feature, or
    /// had another profile (where that `counts`) or other flags.
    pub(super) fn differences(&self, made: &[Made], profile_counts: bool) -> Differences {
        let Differences { mut reasons, mut profile } = Differences::default();
        let mut is_told = !profile_counts;
        for made in made {
            let same = |it: &&Compiled| it.package == made.package;
            let linked: Vec<_> = self.linked.iter().filter(same).collect();
            let fingerprint = made.unit.as_ref().map(|unit| &unit.fingerprint);
            if linked.is_empty() || linked.iter().any(|it| Some(&it.fingerprint) == fingerprint) {
                continue;
            }
            let is_framework = FRAMEWORK.contains(&&*made.package);
            let missing = |it: &&Compiled| -> Vec<String> {
                let features = it.features().into_iter();
                features.filter(|feature| !made.features.contains(feature)).collect()
            };
            let missing = linked.iter().map(missing).min_by_key(Vec::len).unwrap_or_default();
            reasons.extend(missing.iter().filter(|_| !is_framework).map(|feature| {
                let message =
                    format!("`{}` was built without the feature `{feature}`", made.package);
                Reason::new(Code::NotAlike, message).fact("host", "was built with it")
            }));
            let own = fingerprint.and_then(|folder| Compiled::read(&made.package, folder));
            let Some(Compiled { notes, .. }) = own.filter(|_| !is_told) else { continue };
            let package = &made.package;
            // All crates of a build have the same: it is said once.
            if linked.iter().all(|it| it.notes.rustflags != notes.rustflags) {
                is_told = true;
                let flags = |notes: &Notes| match &*notes.rustflags {
                    [] => "none".to_owned(),
                    flags => flags.join(" "),
                };
                let message = format!("`{package}` was built with other flags than in the host");
                reasons.push(
                    Reason::new(Code::NotAlike, message)
                        .fact("host", flags(&linked[0].notes))
                        .fact("now", flags(&notes)),
                );
            } else if linked.iter().all(|it| it.notes.profile != notes.profile) {
                (is_told, profile) = (true, true);
                let message =
                    format!("`{package}` was built with another profile than in the host");
                reasons.push(Reason::new(Code::NotAlike, message).help(
                    "write the profile's settings into Cargo.toml or .cargo/config.toml: what \
                     `--config` said, or `CARGO_PROFILE_..` in the environment of the host's build, \
                     a host that is started without them cannot know; if the settings were edited, restart the host; if its profile shares a \
                     folder with `dev` or `release`, as `test`, `bench` and `debug` do, or if the \
                     bundle shall have another one, name it with `HostBuilder::profile`",
                ));
            }
        }
        Differences { reasons, profile }
    }
}

impl Made {
    /// `None` if it is no library.
    pub(super) fn of(artifact: &Artifact) -> Option<Made> {
        let target = &artifact.target;
        if !(target.is_lib() || target.is_rlib() || target.is_cdylib() || target.is_dylib()) {
            return None;
        }
        // `path+file:///w/math#0.1.0`, `path+file:///w/math#other-name@0.1.0`
        let (place, rest) = artifact.package_id.repr.rsplit_once('#')?;
        let package = match rest.split_once('@') {
            Some((name, _)) => name,
            None => place.rsplit('/').next()?.split('?').next()?,
        };
        // What cargo has copied for its users has no hash in its name.
        let files = artifact.filenames.iter().map(|file| file.as_std_path());
        let mut units = files.filter_map(|file| Unit::at(file, package));
        Some(Made {
            package: package.to_owned(),
            features: artifact.features.clone(),
            unit: units.find(|unit| unit.fingerprint.is_dir()),
        })
    }
}

/// The libraries of these packages that were compiled in a profile's folder, with their packages and
/// fingerprints, by the number that others know them by.
fn libraries(folder: &Path, packages: &BTreeSet<String>) -> HashMap<u64, (String, PathBuf)> {
    let old = entries(&folder.join(".fingerprint")).filter_map(|fingerprint| {
        let package = without_hash(fingerprint.file_name()?.to_str()?).to_owned();
        packages.contains(&package).then_some((package, fingerprint))
    });
    let new = packages.iter().flat_map(|package| {
        let crates = entries(&folder.join("build").join(package));
        crates.map(|it| (package.clone(), it.join("fingerprint")))
    });
    let number = |fingerprint: &Path| {
        let is_number = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("lib-") && path.extension().is_none()
        };
        let text = fs::read_to_string(entries(fingerprint).find(is_number)?).ok()?;
        u64::from_str_radix(text.trim(), 16).ok().map(u64::swap_bytes)
    };
    let all = old.chain(new);
    all.filter_map(|(package, path)| Some((number(&path)?, (package, path)))).collect()
}
