//! How the running program was built, read off where its file lies.
//!
//! A bundle is built the same way, or its types are not the host's: another profile or target
//! gives every crate another identity. Where cargo puts a program:
//!
//! ```text
//! target/[triple/]debug/host              a binary
//! target/[triple/]debug/examples/host     an example
//! target/[triple/]debug/deps/host-<hash>  a test, a benchmark; in newer versions of cargo:
//! target/[triple/]debug/build/<package>/<hash>/out/host-<hash>
//! ```

use std::{
    env,
    path::{Path, PathBuf},
};

/// How a program was built.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    /// The target folder.
    pub(crate) target_dir: PathBuf,
    /// What `--target` was, if it was given.
    pub(crate) triple: Option<String>,
    /// Cargo's name of the profile: `dev`, `release` or a custom one.
    pub(crate) profile: String,
    /// What kind of program it is.
    pub(crate) place: Place,
    /// The target's name, without hash and suffix.
    pub(crate) target: String,
}

/// What kind of program it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A binary.
    Bin,
    /// An example.
    Example,
    /// A test or benchmark: of its own, or of a library or binary.
    Harness,
}

impl Origin {
    /// How the program of this path was built; `None` if it does not lie in a target folder, as
    /// when it was installed or copied.
    pub(crate) fn of(executable: &Path) -> Option<Origin> {
        // The folder of a triple has the tag too, but not what cargo remembers of rustc. Where
        // intermediate files are elsewhere (`build.build-dir`), the target folder has the tag only.
        Self::read(executable, |folder| folder.join(".rustc_info.json").is_file())
            .or_else(|| Self::read(executable, |folder| folder.join("CACHEDIR.TAG").is_file()))
    }

    /// What the profile's folder is called.
    pub(super) fn profile_folder(&self) -> &str {
        if self.profile == "dev" { "debug" } else { &self.profile }
    }

    fn read(executable: &Path, is_target_dir: impl Fn(&Path) -> bool) -> Option<Origin> {
        let folder = executable.parent()?;
        let (place, folder) = match folder.file_name()?.to_str()? {
            "deps" => (Place::Harness, folder.parent()?),
            "examples" => (Place::Example, folder.parent()?),
            "out" => (Place::Harness, of_newer_layout(folder)?),
            _ => (Place::Bin, folder),
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
            target: target_of(executable)?.to_owned(),
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

/// The name of the target that the program is, without hash and suffix.
pub(super) fn target_of(executable: &Path) -> Option<&str> {
    let name = executable.file_name()?.to_str()?;
    Some(without_hash(name.strip_suffix(env::consts::EXE_SUFFIX).unwrap_or(name)))
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
        let path = format!("{path}{}", env::consts::EXE_SUFFIX);
        Origin::read(Path::new(&path), |folder| folder.ends_with("target"))
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
    fn an_installed_program_has_none() {
        assert_eq!(read("/usr/bin/host"), None);
        assert_eq!(read("host"), None);
        assert_eq!(read("/host"), None);
    }
}
