//! Copies of bundles to edit, so that the git tree stays clean: a cargo workspace of its own under
//! the target folder, whose bundles depend on the repository's `hotreload`.
//!
//! ```text
//! target/scratch/Cargo.toml        the repository's, but for members and paths
//! target/scratch/Cargo.lock        the repository's: nothing is fetched
//! target/scratch/bundles/counter/  a copy
//! target/scratch/target/           its own: in a shared one the copy's library would overwrite the
//!                                  original's, and cargo would not always notice
//! ```

use std::{
    env,
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

/// The copy of one bundle. What it depends on among the bundles is copied first.
pub struct Scratch {
    root: PathBuf,
    folder: PathBuf,
    original: String,
}

/// Nobody else edits or builds the copies while this lives; the system takes it back from a
/// process that ends.
pub struct Locked(#[expect(dead_code, reason = "the file is unlocked when it is closed")] File);

impl Scratch {
    /// A fresh copy of `bundles/<bundle>` in the usual place.
    pub fn copy(bundle: &str) -> io::Result<Scratch> {
        Self::copy_to(&target_dir().join("scratch"), bundle)
    }

    /// A fresh copy of `bundles/<bundle>` in the workspace at `root`.
    pub fn copy_to(root: &Path, bundle: &str) -> io::Result<Scratch> {
        let repository = repository();
        let from = repository.join("bundles").join(bundle);
        let folder = root.join("bundles").join(bundle);
        let scratch = Scratch {
            root: root.to_owned(),
            original: fs::read_to_string(from.join("src/lib.rs"))?,
            folder,
        };
        fs::create_dir_all(root)?;
        let _locked = scratch.lock()?;
        let manifest = fs::read_to_string(repository.join("Cargo.toml"))?;
        write(&root.join("Cargo.toml"), manifest_for_copies(&manifest, &repository)?.as_bytes())?;
        copy_lock_file(&repository, root)?;
        remove_others(&repository, root)?;
        // Cargo may run meanwhile, and must not find half of a package.
        if !scratch.folder.is_dir() {
            let draft = root.join(format!("draft-{bundle}"));
            copy_folder(&from, &draft)?;
            fs::create_dir_all(root.join("bundles"))?;
            fs::rename(draft, &scratch.folder)?;
        }
        copy_folder(&from, &scratch.folder)?;
        Ok(scratch)
    }

    /// The workspace's folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The file to edit.
    pub fn source_path(&self) -> PathBuf {
        self.folder.join("src/lib.rs")
    }

    /// What the repository's source says.
    pub fn original(&self) -> &str {
        &self.original
    }

    /// Writes another source.
    pub fn write(&self, source: &str) -> io::Result<()> {
        write(&self.source_path(), source.as_bytes())
    }

    /// Waits until nobody else has the copies locked.
    pub fn lock(&self) -> io::Result<Locked> {
        let file = File::create(self.root.join("lock"))?;
        file.lock()?;
        Ok(Locked(file))
    }

    /// As [`lock`](Self::lock), without waiting; `None` if somebody else has them.
    pub fn try_lock(&self) -> io::Result<Option<Locked>> {
        let file = File::create(self.root.join("lock"))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Locked(file))),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

/// The repository's folder.
pub fn repository() -> PathBuf {
    // `cargo run` says where the package is now; the compiler said where it was.
    let now = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let package = now
        .filter(|folder| folder.join("src/scratch.rs").is_file())
        .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    package.parent().expect("the package lies in the repository").to_owned()
}

/// The target folder that the program lies in.
fn target_dir() -> PathBuf {
    let executable = env::current_exe().unwrap_or_default();
    let target = executable.ancestors().find(|folder| folder.join("CACHEDIR.TAG").is_file());
    target.map_or_else(|| repository().join("target"), Path::to_owned)
}

/// The repository's manifest with the bundles as its only members and with whole paths.
fn manifest_for_copies(manifest: &str, repository: &Path) -> io::Result<String> {
    let unexpected = |what| io::Error::other(format!("the repository's Cargo.toml has no {what}"));
    let (before, members) = manifest.split_once("members = [").ok_or(unexpected("members"))?;
    let (_, after) = members.split_once(']').ok_or(unexpected("end of the members"))?;
    let repository = repository.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
    let paths = after.replace("path = \"", &format!("path = \"{repository}/"));
    Ok(format!("{before}members = [\"bundles/*\"]{paths}"))
}

/// Cargo strikes from the copy what the bundles do not need, so it is compared with what it was.
fn copy_lock_file(repository: &Path, root: &Path) -> io::Result<()> {
    let wanted = fs::read(repository.join("Cargo.lock"))?;
    let copied = root.join("Cargo.lock.copied");
    if !root.join("Cargo.lock").is_file() || fs::read(&copied).ok() != Some(wanted.clone()) {
        fs::write(root.join("Cargo.lock"), &wanted)?;
        fs::write(copied, wanted)?;
    }
    Ok(())
}

/// Copies of bundles that the repository has no more: cargo would want to understand them.
fn remove_others(repository: &Path, root: &Path) -> io::Result<()> {
    for entry in fs::read_dir(root.join("bundles")).into_iter().flatten() {
        let entry = entry?;
        if !repository.join("bundles").join(entry.file_name()).is_dir() {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let (path, to) = entry.map(|entry| (entry.path(), to.join(entry.file_name())))?;
        if path.is_dir() {
            copy_folder(&path, &to)?;
        } else {
            write(&to, &fs::read(&path)?)?;
        }
    }
    Ok(())
}

/// Writes the file if it says something else: what is as it was shall not be built again. Cargo
/// goes by times, in nanoseconds where the file system has them, and takes that of a build before
/// the build starts: a later edit is newer.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs::read(path).is_ok_and(|known| known == bytes) {
        return Ok(());
    }
    // Never half-written for those who read it meanwhile.
    let draft = path.with_extension("draft");
    fs::write(&draft, bytes)?;
    fs::rename(draft, path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_keeps_all_but_members_and_paths() {
        let manifest = "[workspace]\nmembers = [\n  \"a\",\n]\n[workspace.dependencies]\n\
                        a = { path = \"a\" }\nb = \"1\"\n";
        let copy = manifest_for_copies(manifest, Path::new("/re po")).unwrap();
        let expected = "[workspace]\nmembers = [\"bundles/*\"]\n[workspace.dependencies]\n\
                        a = { path = \"/re po/a\" }\nb = \"1\"\n";
        assert_eq!(copy, expected);
        assert!(manifest_for_copies("[package]", Path::new("/")).is_err());
    }
}
