//! The shared library: a package of the workspace that is built as a `dylib`, so that the host and all
//! bundles have one copy of what it depends on.
//!
//! Linked as cargo links by itself it is an rlib, as if it were not there. rustc takes the dylib with
//! `-C prefer-dynamic`, which our wrapper of rustc adds: then std is shared, too, and every crate in the
//! library has its statics and thread-locals once in the process. The wrapper is the command's own
//! program. Cargo does not notice that it compiles otherwise than before, so what it has made lies in a
//! target folder of its own, and a file there says which program it was.
//!
//! Another version of the wrapper has another folder. Whoever builds in one holds its file's lock as long
//! as it lives, so that others know which of the older ones nobody needs.

use std::{
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    sync::OnceLock,
    time::SystemTime,
};

use cargo_metadata::Package;

use crate::build::Workspace;
use crate::build::workspace::library;

/// The file in a target folder that names the wrapper.
const FILE: &str = "hotreload-wrapper";

/// The shared library's package, and those that link it.
#[derive(Debug, Clone, Copy)]
pub struct Shared<'a> {
    /// What `[package.metadata.hotreload] shared = true` says it of.
    pub package: &'a Package,
    workspace: &'a Workspace,
}

impl Workspace {
    /// The workspace's shared library, if it has one.
    pub fn shared(&self) -> Option<Shared<'_>> {
        let is_it = |package: &&Package| {
            package.metadata["hotreload"]["shared"] == true
                && library(package).is_some_and(|it| it.is_dylib())
        };
        let package = self.packages().iter().find(is_it)?;
        Some(Shared { package, workspace: self })
    }
}

impl<'a> Shared<'a> {
    /// The members that depend on it: its host and its bundles.
    pub fn users(self) -> impl Iterator<Item = &'a Package> {
        let of = |package: &Package| {
            package.dependencies.iter().any(|it| it.name == *self.package.name && it.path.is_some())
        };
        self.workspace.packages().iter().filter(move |it| of(it))
    }

    /// Cargo's names of all of them. Every build selects the same ones: features of a crate are those
    /// that the selected packages ask for together, and with others the library would be another one.
    pub fn selection(self) -> impl Iterator<Item = &'a str> {
        std::iter::once(self.package).chain(self.users()).map(|it| &*it.id.repr)
    }

    /// What cargo is given besides, in this profile: rustc links no dylib with LTO, nor one that aborts
    /// where std's unwinds.
    pub fn configuration(profile: &str) -> [String; 4] {
        let set = |what: &str| format!("profile.{profile}.{what}");
        let config = || "--config".to_owned();
        [config(), set("lto=false"), config(), set("panic=\"unwind\"")]
    }
}

/// A program that cargo calls in place of rustc. For the workspace's own crates it is called by itself,
/// so that it can tell them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapper {
    program: PathBuf,
    /// What it does, in one word: another version of it makes other files.
    version: String,
    /// Those that it calls in turn.
    inner: Inner,
}

/// The user's own wrappers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inner {
    /// For all crates: cargo's `build.rustc-wrapper`.
    pub all: Option<PathBuf>,
    /// For those of the workspace: cargo's `build.rustc-workspace-wrapper`.
    pub workspace: Option<PathBuf>,
}

impl Wrapper {
    /// The variable that tells the program that it is called as a wrapper, by its version.
    pub const VARIABLE: &'static str = "HOTRELOAD_WRAPPER";

    /// The variables that name the wrappers which it calls in turn: for all crates, and for those of the
    /// workspace.
    pub const INNER: [&'static str; 2] =
        ["HOTRELOAD_INNER_WRAPPER", "HOTRELOAD_INNER_WORKSPACE_WRAPPER"];

    /// The wrapper with this version, and the user's own.
    pub fn new(program: PathBuf, version: &str, inner: Inner) -> Wrapper {
        Wrapper { program, version: version.to_owned(), inner }
    }

    /// The one that has made what is in this target folder, which stays there then as long as this process
    /// lives.
    pub(crate) fn of(target_dir: &Path) -> Option<Wrapper> {
        static HELD: OnceLock<Option<Folder>> = OnceLock::new();
        let text = fs::read_to_string(target_dir.join(FILE)).ok()?;
        // A program lies in one such folder. Without the lock it builds all the same.
        HELD.get_or_init(|| Folder::hold(target_dir).ok());
        let mut lines = text.lines();
        let (version, program) = lines.next()?.split_once(' ')?;
        let mut path = || lines.next().filter(|line| !line.is_empty()).map(PathBuf::from);
        let inner = Inner { all: path(), workspace: path() };
        Some(Wrapper::new(program.into(), version, inner))
    }

    /// Its target folder, within that of the workspace.
    pub fn target_dir(&self, of: &Path) -> PathBuf {
        of.join(format!("hotreload-{}", self.version))
    }

    /// Takes its target folder, leaves word of itself there, and removes those of other versions that nobody
    /// needs, except the one that was used last.
    pub fn take(&self, target_dir: &Path) -> io::Result<Folder> {
        let folder = Folder::hold(target_dir)?;
        let mut text = format!("{} {}\n", self.version, self.program.display());
        for inner in [&self.inner.all, &self.inner.workspace] {
            text += &format!("{}\n", inner.as_deref().unwrap_or(Path::new("")).display());
        }
        // Its time says when it was used last.
        fs::write(target_dir.join(FILE), text)?;
        let mut others = Folder::all(target_dir.parent().unwrap_or(Path::new("")));
        others.retain(|(_, path)| path != target_dir);
        others.pop();
        others.iter().for_each(|(_, path)| _ = Folder::remove(path));
        Ok(folder)
    }

    /// What has cargo call it, and it the user's own.
    pub fn environment(&self) -> impl Iterator<Item = (&'static str, PathBuf)> {
        let own = [
            ("RUSTC_WRAPPER", self.program.clone()),
            ("RUSTC_WORKSPACE_WRAPPER", self.program.clone()),
            (Self::VARIABLE, PathBuf::from(&self.version)),
        ];
        let inner = [self.inner.all.clone(), self.inner.workspace.clone()];
        let inner = Self::INNER.into_iter().zip(inner);
        own.into_iter().chain(inner.map(|(name, path)| (name, path.unwrap_or_default())))
    }
}

/// A target folder of a wrapper. It is not removed as long as this value lives, or a forked copy of it.
#[derive(Debug)]
pub struct Folder {
    /// Held for its lock.
    _file: File,
}

impl Folder {
    fn hold(path: &Path) -> io::Result<Folder> {
        loop {
            fs::create_dir_all(path)?;
            let file = match File::options().create(true).append(true).open(path.join(FILE)) {
                // Somebody has removed the folder just now.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                file => file?,
            };
            file.lock_shared()?;
            // Or has done so while this waited.
            if is_at(&file, &path.join(FILE))? {
                return Ok(Folder { _file: file });
            }
        }
    }

    /// All in a workspace's target folder, with the time of their last use, the latest last.
    pub fn all(target_dir: &Path) -> Vec<(SystemTime, PathBuf)> {
        let entries = fs::read_dir(target_dir).into_iter().flatten().flatten();
        let ours = entries.filter(|it| it.file_name().to_string_lossy().starts_with("hotreload-"));
        let mut all: Vec<_> = ours
            .filter_map(|it| {
                Some((fs::metadata(it.path().join(FILE)).ok()?.modified().ok()?, it.path()))
            })
            .collect();
        all.sort();
        all
    }

    /// Whether somebody builds in it.
    pub fn is_held(path: &Path) -> io::Result<bool> {
        Ok(Self::alone(path)?.is_none())
    }

    /// Removes it, unless somebody builds in it: then this is `false`.
    pub fn remove(path: &Path) -> io::Result<bool> {
        let Some(_alone) = Self::alone(path)? else { return Ok(false) };
        // The file goes last: what is left of a folder is found again.
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            match entry.file_type()?.is_dir() {
                true => fs::remove_dir_all(entry.path())?,
                false if entry.file_name() == FILE => {}
                false => fs::remove_file(entry.path())?,
            }
        }
        fs::remove_dir_all(path)?;
        Ok(true)
    }

    /// The lock that nobody else has then.
    fn alone(path: &Path) -> io::Result<Option<File>> {
        let file = File::options().append(true).open(path.join(FILE))?;
        match file.try_lock() {
            Err(TryLockError::WouldBlock) => return Ok(None),
            locked => locked?,
        }
        // Another may have removed it meanwhile, and somebody may have taken it anew.
        Ok(is_at(&file, &path.join(FILE))?.then_some(file))
    }
}

/// Whether an open file is still the one that is there.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let there = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        there => there?,
    };
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let this = file.metadata()?;
        Ok((there.dev(), there.ino()) == (this.dev(), this.ino()))
    }
    // A file that is open cannot be removed there.
    #[cfg(not(unix))]
    Ok(there.is_file() && file.metadata()?.is_file())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn wrapper(version: &str) -> Wrapper {
        let inner = Inner { all: None, workspace: Some("/bin/own".into()) };
        Wrapper::new("/bin/command".into(), version, inner)
    }

    #[test]
    fn word_is_left_of_it() {
        let target = tempfile::tempdir().unwrap();
        let wrapper = wrapper("1");
        let folder = wrapper.target_dir(target.path());
        wrapper.take(&folder).unwrap();
        assert_eq!(Wrapper::of(&folder), Some(wrapper));
        assert_eq!(Wrapper::of(target.path()), None);
    }

    #[test]
    fn folders_of_other_versions_go_when_nobody_needs_them() {
        let target = tempfile::tempdir().unwrap();
        // The user's own, though it is called so.
        let other = target.path().join("hotreload-own");
        fs::create_dir(&other).unwrap();
        let take = |version: &str| {
            let wrapper = wrapper(version);
            let path = wrapper.target_dir(target.path());
            let folder = wrapper.take(&path).unwrap();
            fs::create_dir_all(path.join("debug/deps")).unwrap();
            fs::write(path.join("debug/deps/a"), "").unwrap();
            (path, folder)
        };
        let there = || {
            Folder::all(target.path()).into_iter().map(|(_, path)| path).collect::<BTreeSet<_>>()
        };
        let these =
            |paths: &[&PathBuf]| paths.iter().map(|it| it.to_path_buf()).collect::<BTreeSet<_>>();
        let (first, held) = take("1");
        let (second, _) = take("2");
        let (third, _) = take("3");
        // The one that was used last stays, and the one that somebody holds.
        assert_eq!(there(), these(&[&first, &second, &third]));
        assert!(!Folder::remove(&first).unwrap());
        assert!(first.join("debug/deps/a").is_file());
        drop(held);
        let (fourth, _) = take("4");
        assert_eq!(there(), these(&[&third, &fourth]));
        assert!(!first.exists() && !second.exists() && other.exists());

        // One that was half removed is found, and can be taken again.
        fs::remove_dir_all(third.join("debug")).unwrap();
        assert!(Folder::remove(&third).unwrap());
        Folder::remove(&third).unwrap_err();
        let (again, _) = take("3");
        assert_eq!(there(), these(&[&fourth, &again]));
    }

    /// One thread removes what others take: nobody has a folder that is not there.
    #[test]
    fn who_has_taken_it_has_it() {
        let target = tempfile::tempdir().unwrap();
        let path = target.path().join("hotreload-1");
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    for _ in 0..200 {
                        let _folder = Folder::hold(&path).unwrap();
                        assert!(path.join(FILE).is_file());
                        std::thread::yield_now();
                        assert!(path.join(FILE).is_file());
                    }
                });
            }
            scope.spawn(|| (0..400).for_each(|_| _ = Folder::remove(&path)));
        });
    }
}
