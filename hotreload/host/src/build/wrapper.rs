//! The command's own program, which cargo calls in place of rustc. A file in the target folder says which
//! program it is, and what it does there. The user's own wrappers are a workspace's, and several workspaces
//! may have one target folder (`CARGO_TARGET_DIR`): a file for each workspace beside it names them.
//!
//! It always leaves word of how rustc was called, so that a save can call rustc alone. In a workspace
//! with a shared library it has rustc link that, too. Cargo does not notice that it compiles otherwise
//! than before, so what was made in this way lies in a target folder of its own. Where the wrapper only
//! looks on, rustc makes what it makes without it: as `RUSTC_WRAPPER`, which cargo does not count among
//! what a crate is made of, it works in the folder that the user's own cargo uses, and nothing is compiled
//! anew (`RUSTC_WORKSPACE_WRAPPER` counts: the workspace's crates would have other identities).

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use hot_rt::rt::versioned::Hasher;

use crate::build::folder::{FILE, Folder, replace};

/// What the file and the variable say of a wrapper that only looks on.
const LOOKS_ON: &str = "looks-on";

/// A program that cargo calls in place of rustc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapper {
    program: PathBuf,
    role: Role,
    /// Those that it calls in turn.
    inner: Inner,
}

/// The user's own wrappers, which the workspace's configuration names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inner {
    /// For all crates: cargo's `build.rustc-wrapper`.
    pub all: Option<PathBuf>,
    /// For those of the workspace: cargo's `build.rustc-workspace-wrapper`. Cargo itself calls it where
    /// ours only looks on.
    pub workspace: Option<PathBuf>,
}

impl Inner {
    /// Where those of the workspace at `root` are named.
    fn file(target_dir: &Path, root: &Path) -> PathBuf {
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        let mut hasher = Hasher::new();
        hasher.bytes(root.as_os_str().as_encoded_bytes());
        target_dir.join(format!("{FILE}-{:032x}", hasher.digest()))
    }

    /// Those that were left there; `None` if the workspace has left no word.
    fn left(target_dir: &Path, root: &Path) -> Option<Inner> {
        let text = fs::read_to_string(Self::file(target_dir, root)).ok()?;
        let mut lines = text.lines();
        let mut path = || lines.next().filter(|line| !line.is_empty()).map(PathBuf::from);
        Some(Inner { all: path(), workspace: path() })
    }

    /// Names them there, also if there are none.
    fn leave(&self, target_dir: &Path, root: &Path) -> io::Result<()> {
        let line = |path: &Option<PathBuf>| {
            format!("{}\n", path.as_deref().unwrap_or(Path::new("")).display())
        };
        let text = line(&self.all) + &line(&self.workspace);
        replace(&Self::file(target_dir, root), &text)
    }
}

/// What a wrapper does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// It leaves word of how rustc was called.
    LooksOn,
    /// It has rustc link the shared library as well. Another version of it makes other files.
    Shares {
        /// What it does, in one word.
        version: String,
    },
}

impl Role {
    fn word(&self) -> &str {
        match self {
            Role::LooksOn => LOOKS_ON,
            Role::Shares { version } => version,
        }
    }

    /// What a word in the file or in the variable means.
    pub fn of(word: &str) -> Role {
        match word {
            LOOKS_ON => Role::LooksOn,
            version => Role::Shares { version: version.to_owned() },
        }
    }
}

/// The one folder of a wrapper that this process has.
static HELD: OnceLock<Option<Folder>> = OnceLock::new();

impl Wrapper {
    /// The variable that tells the program that it is called as a wrapper, by its role's word.
    pub const VARIABLE: &'static str = "HOTRELOAD_WRAPPER";

    /// The variables that name the wrappers which it calls in turn: for all crates, and for those of the
    /// workspace.
    pub const INNER: [&'static str; 2] =
        ["HOTRELOAD_INNER_WRAPPER", "HOTRELOAD_INNER_WORKSPACE_WRAPPER"];

    /// What stands for all that rustc is given, a line each on the standard input: rustc reads arguments from
    /// a file that it is told of.
    pub const GIVEN_LATER: &'static str = "@/dev/stdin";

    /// The wrapper in this role, and the user's own.
    pub fn new(program: PathBuf, role: Role, inner: Inner) -> Wrapper {
        Wrapper { program, role, inner }
    }

    /// The one that has made what is in this target folder for the workspace at `root`, if its program is
    /// still there. A folder of its own stays then as long as this process lives.
    pub(crate) fn of(target_dir: &Path, root: &Path) -> Option<Wrapper> {
        let text = fs::read_to_string(target_dir.join(FILE)).ok()?;
        let (word, program) = text.lines().next()?.split_once(' ')?;
        let (role, inner) = (Role::of(word), Inner::left(target_dir, root));
        if let Role::LooksOn = role {
            // It is not needed. Who does not know the user's own would leave them out.
            let found = Wrapper::new(program.into(), role, inner?);
            return found.program.is_file().then_some(found);
        }
        // A program lies in one such folder. Without the lock it builds all the same; without the wrapper
        // nothing can be built that fits.
        HELD.get_or_init(|| Folder::hold(target_dir).ok());
        Some(Wrapper::new(program.into(), role, inner.unwrap_or_default()))
    }

    /// The folder that the program was built in by a wrapper, if somebody has removed it since: what is built
    /// elsewhere does not fit the program.
    pub(crate) fn lost() -> Option<&'static Path> {
        HELD.get()?.as_ref()?.lost()
    }

    /// Whether it has rustc link the shared library.
    pub(crate) fn shares(&self) -> bool {
        matches!(self.role, Role::Shares { .. })
    }

    /// Where it works, within the target folder of the workspace.
    pub fn target_dir(&self, of: &Path) -> PathBuf {
        match &self.role {
            Role::LooksOn => of.to_owned(),
            Role::Shares { version } => of.join(format!("hotreload-{version}")),
        }
    }

    /// The program.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// Leaves word of itself in the folder that it shares with the user's own cargo, for the workspace at
    /// `root`.
    pub fn leave(&self, target_dir: &Path, root: &Path) -> io::Result<()> {
        fs::create_dir_all(target_dir)?;
        self.inner.leave(target_dir, root)?;
        replace(&target_dir.join(FILE), &self.word())
    }

    /// Takes a target folder of its own, leaves word of itself there, and removes those of other versions
    /// that nobody needs, except the one that was used last.
    pub fn take(&self, target_dir: &Path, root: &Path) -> io::Result<Folder> {
        let folder = Folder::hold(target_dir)?;
        self.inner.leave(target_dir, root)?;
        folder.say(&self.word())?;
        let mut others = Folder::all(target_dir.parent().unwrap_or(Path::new("")));
        others.retain(|(_, path)| path != target_dir);
        others.pop();
        others.iter().for_each(|(_, path)| _ = Folder::remove(path));
        Ok(folder)
    }

    /// What is the same for all workspaces of a target folder.
    fn word(&self) -> String {
        format!("{} {}\n", self.role.word(), self.program.display())
    }

    /// What has cargo call it, and it the user's own.
    pub fn environment(&self) -> impl Iterator<Item = (&'static str, PathBuf)> {
        let own =
            [("RUSTC_WRAPPER", self.program.clone()), (Self::VARIABLE, self.role.word().into())];
        // For the workspace's own crates it is called by itself then, so that it can tell them.
        let again = self.shares().then(|| ("RUSTC_WORKSPACE_WRAPPER", self.program.clone()));
        let inner =
            [self.inner.all.clone(), self.inner.workspace.clone().filter(|_| self.shares())];
        let inner = Self::INNER.into_iter().zip(inner);
        own.into_iter()
            .chain(again)
            .chain(inner.map(|(name, path)| (name, path.unwrap_or_default())))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn word_is_left_of_it() {
        let target = tempfile::tempdir().unwrap();
        let root = tempfile::tempdir().unwrap();
        let inner = Inner { all: None, workspace: Some("/bin/own".into()) };
        let role = Role::Shares { version: "1".into() };
        let shares = Wrapper::new("/bin/command".into(), role, inner.clone());
        let folder = shares.target_dir(target.path());
        shares.take(&folder, root.path()).unwrap();
        assert_eq!(Wrapper::of(&folder, root.path()), Some(shares));
        assert_eq!(Wrapper::of(target.path(), root.path()), None);

        let program = std::env::current_exe().unwrap();
        let looks_on = Wrapper::new(program, Role::LooksOn, inner);
        looks_on.leave(&looks_on.target_dir(target.path()), root.path()).unwrap();
        let found = Wrapper::of(target.path(), root.path()).unwrap();
        assert_eq!(found, looks_on);
        assert!(!found.environment().any(|(name, _)| name == "RUSTC_WORKSPACE_WRAPPER"));
    }

    /// `CARGO_TARGET_DIR` gives several workspaces one target folder, and each has wrappers of its own.
    #[test]
    fn the_users_own_are_the_workspaces() {
        let target = tempfile::tempdir().unwrap();
        let roots = [(); 3].map(|()| tempfile::tempdir().unwrap());
        let [first, second, third] = roots.each_ref().map(|it| it.path());
        let program = std::env::current_exe().unwrap();
        let own = Inner { all: Some("/bin/first".into()), workspace: None };
        for role in [Role::Shares { version: "1".into() }, Role::LooksOn] {
            let shares = matches!(role, Role::Shares { .. });
            let with = |inner: &Inner| Wrapper::new(program.clone(), role.clone(), inner.clone());
            let folder = with(&own).target_dir(target.path());
            let leave = |inner: &Inner, root: &Path| match shares {
                true => drop(with(inner).take(&folder, root).unwrap()),
                false => with(inner).leave(&folder, root).unwrap(),
            };
            leave(&own, first);
            leave(&Inner::default(), second);
            assert_eq!(Wrapper::of(&folder, first), Some(with(&own)));
            assert_eq!(Wrapper::of(&folder, second), Some(with(&Inner::default())));
            // One that was never run by the command is not known. Nothing that is shared could be built
            // without the wrapper; where it only looks on, a wrapper of the user's might be left out.
            let unknown = shares.then(|| with(&Inner::default()));
            assert_eq!(Wrapper::of(&folder, third), unknown);
            leave(&Inner::default(), first);
            assert_eq!(Wrapper::of(&folder, first), Some(with(&Inner::default())));
            #[cfg(unix)]
            {
                let link = roots[0].path().join("link");
                let _ = std::os::unix::fs::symlink(second, &link);
                leave(&own, &link);
                assert_eq!(Wrapper::of(&folder, second), Some(with(&own)));
            }
        }
    }

    fn wrapper(version: &str) -> Wrapper {
        let role = Role::Shares { version: version.to_owned() };
        Wrapper::new("/bin/command".into(), role, Inner::default())
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
            let folder = wrapper.take(&path, target.path()).unwrap();
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
        // A child that another test starts has the locks, too, until it is another program.
        let is_free = |path: &PathBuf| while Folder::is_held(path).unwrap() {};
        [&first, &second].into_iter().for_each(is_free);
        let (fourth, _) = take("4");
        assert_eq!(there(), these(&[&third, &fourth]));
        assert!(!first.exists() && !second.exists() && other.exists());

        // One that was half removed is found, and can be taken again.
        fs::remove_dir_all(third.join("debug")).unwrap();
        is_free(&third);
        assert!(Folder::remove(&third).unwrap());
        Folder::remove(&third).unwrap_err();
        let (again, _) = take("3");
        assert_eq!(there(), these(&[&fourth, &again]));
    }
}
