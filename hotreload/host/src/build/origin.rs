//! How the running program was built, or the library that has its host, read off where the file lies.
//!
//! A bundle is built the same way, or its types are not the host's: another profile or target
//! gives every crate another identity. Where cargo puts them:
//!
//! ```text
//! target/[triple/]debug/host              a binary
//! target/[triple/]debug/libhost.so        a library for other programs (`cdylib`)
//! target/[triple/]debug/examples/host     an example
//! target/[triple/]debug/deps/host-<hash>  a test, a benchmark; in newer versions of cargo:
//! target/[triple/]debug/build/<package>/<hash>/out/host-<hash>
//! ```

use std::{
    env,
    path::{Path, PathBuf},
};

use crate::platform::DLL_SUFFIX;

/// How a program or a library was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The target folder.
    pub(crate) target_dir: PathBuf,
    /// What `--target` was, if it was given.
    pub(crate) triple: Option<String>,
    /// Cargo's name of the profile: `dev`, `release` or a custom one.
    pub(crate) profile: String,
    /// What kind of target it is.
    pub(crate) place: Place,
    /// The target's name, without hash, prefix and suffix.
    pub(crate) target: String,
}

/// What kind of target it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A binary.
    Bin,
    /// A library that a program loads which cargo knows nothing of.
    Library,
    /// An example, a program or a library.
    Example,
    /// A test or benchmark: of its own, or of a library or binary.
    Harness,
}

impl Origin {
    /// How the program or library of this path was built; `None` if it does not lie in a target folder, as
    /// when it was installed or copied.
    pub(crate) fn of(host_file: &Path) -> Option<Origin> {
        // The folder of a triple has the tag too, but not what cargo remembers of rustc. Where
        // intermediate files are elsewhere (`build.build-dir`), the target folder has the tag only.
        Self::read(host_file, |folder| folder.join(".rustc_info.json").is_file())
            .or_else(|| Self::read(host_file, |folder| folder.join("CACHEDIR.TAG").is_file()))
    }

    /// What the profile's folder is called.
    pub(super) fn profile_folder(&self) -> &str {
        if self.profile == "dev" { "debug" } else { &self.profile }
    }

    fn read(host_file: &Path, is_target_dir: impl Fn(&Path) -> bool) -> Option<Origin> {
        let folder = host_file.parent()?;
        let is_library = host_file.to_str()?.ends_with(DLL_SUFFIX);
        let or_library = |place| if is_library { Place::Library } else { place };
        let (place, folder) = match folder.file_name()?.to_str()? {
            "deps" => (or_library(Place::Harness), folder.parent()?),
            "examples" => (Place::Example, folder.parent()?),
            "out" => (or_library(Place::Harness), of_newer_layout(folder)?),
            _ => (or_library(Place::Bin), folder),
        };
        let profile = match folder.file_name()?.to_str()? {
            "debug" => "dev",
            custom => custom,
        };
        let above = folder.parent()?;
        let (target_dir, triple) = if is_target_dir(above) {
            (above, None)
        } else {
            let triple = above.file_name()?.to_str()?;
            (above.parent().filter(|folder| is_target_dir(folder))?, Some(triple.to_owned()))
        };
        Some(Origin {
            target_dir: target_dir.to_owned(),
            triple,
            profile: profile.to_owned(),
            place,
            target: target_of(host_file)?.to_owned(),
        })
    }
}

/// The profile's folder above the one in which a crate is compiled: `build/<package>/<hash>/out`.
fn of_newer_layout(folder: &Path) -> Option<&Path> {
    let folder = folder.parent()?;
    let build = folder.ancestors().nth(2)?;
    let is_it = folder.file_name()?.to_str().is_some_and(is_hash) && build.ends_with("build");
    if is_it { build.parent() } else { None }
}

/// The profile for a program that says nothing about its own.
pub(super) fn default_profile() -> &'static str {
    if cfg!(debug_assertions) { "dev" } else { "release" }
}

/// The name of the target that a program or a library is, without hash, prefix and suffix.
pub(super) fn target_of(host_file: &Path) -> Option<&str> {
    let name = host_file.file_name()?.to_str()?;
    Some(without_hash(match name.strip_suffix(DLL_SUFFIX) {
        Some(library) => library.strip_prefix(env::consts::DLL_PREFIX).unwrap_or(library),
        None => name.strip_suffix(env::consts::EXE_SUFFIX).unwrap_or(name),
    }))
}

/// Strips the hash that cargo appends to the names in `deps`: `reload-0123456789abcdef`.
pub(crate) fn without_hash(name: &str) -> &str {
    match hash_of(name) {
        Some(hash) => &name[..name.len() - hash.len() - 1],
        None => name,
    }
}

/// The hash that cargo has appended to a name.
pub(super) fn hash_of(name: &str) -> Option<&str> {
    name.rsplit_once('-').map(|(_, hash)| hash).filter(|hash| is_hash(hash))
}

fn is_hash(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_only_hashes() {
        assert_eq!(without_hash("reload-0123456789abcdef"), "reload");
        assert_eq!(without_hash("my-host-0123456789abcdef"), "my-host");
        for name in ["my-host", "reload-0123456789ABCDEF", "reload-0123456789abcde", "reload"] {
            assert_eq!(without_hash(name), name);
        }
    }

    fn read(path: &str) -> Option<Origin> {
        read_file(&format!("{path}{}", env::consts::EXE_SUFFIX))
    }

    fn read_file(path: &str) -> Option<Origin> {
        Origin::read(Path::new(path), |folder| folder.ends_with("target"))
    }

    fn origin(triple: Option<&str>, profile: &str, place: Place, target: &str) -> Option<Origin> {
        Some(Origin {
            target_dir: "/w/target".into(),
            triple: triple.map(str::to_owned),
            profile: profile.to_owned(),
            place,
            target: target.to_owned(),
        })
    }

    #[test]
    fn reads_every_place() {
        assert_eq!(read("/w/target/debug/host"), origin(None, "dev", Place::Bin, "host"));
        assert_eq!(
            read("/w/target/release/examples/tour"),
            origin(None, "release", Place::Example, "tour")
        );
        assert_eq!(
            read("/w/target/my-fast-profile/deps/reload-0123456789abcdef"),
            origin(None, "my-fast-profile", Place::Harness, "reload")
        );
        assert_eq!(
            read("/w/target/debug/build/my-app/2bec5d41604901af/out/it-2bec5d41604901af"),
            origin(None, "dev", Place::Harness, "it")
        );
        assert_eq!(read("/w/target/debug/build/my-app/2bec5d41/out/it"), None);
        assert_eq!(
            read("/w/target/x86_64-unknown-linux-gnu/debug/host"),
            origin(Some("x86_64-unknown-linux-gnu"), "dev", Place::Bin, "host")
        );
    }

    #[test]
    fn a_library_is_that_of_its_package() {
        let named = |name| format!("{}{name}{DLL_SUFFIX}", env::consts::DLL_PREFIX);
        let name = named("my_game");
        for folder in ["debug", "debug/deps", "debug/build/my-game/2bec5d41604901af/out"] {
            assert_eq!(
                read_file(&format!("/w/target/{folder}/{name}")),
                origin(None, "dev", Place::Library, "my_game")
            );
        }
        assert_eq!(
            read_file(&format!("/w/target/release/examples/{name}")),
            origin(None, "release", Place::Example, "my_game")
        );
        assert_eq!(target_of(Path::new(&named("game-0123456789abcdef"))), Some("game"));
        // Python's modules have no prefix, and are copied to where it looks for them.
        let module = format!("game{DLL_SUFFIX}");
        assert_eq!(target_of(Path::new(&module)), Some("game"));
        assert_eq!(read_file(&format!("/w/python/{module}")), None);
    }

    #[test]
    fn an_installed_program_has_none() {
        assert_eq!(read("/usr/bin/host"), None);
        assert_eq!(read("host"), None);
        assert_eq!(read("/host"), None);
    }
}
