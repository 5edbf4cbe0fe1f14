//! The command's own program, which cargo calls in place of rustc. A file in the target folder says which
//! program it is, and what it does there.
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
};

/// The file in a target folder that names the wrapper.
const FILE: &str = "hotreload-wrapper";

/// What the file and the variable say of a wrapper that only looks on.
const LOOKS_ON: &str = "looks-on";

/// A program that cargo calls in place of rustc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrapper {
    program: PathBuf,
    role: Role,
    /// The user's own, which it calls in turn.
    inner: Option<PathBuf>,
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

impl Wrapper {
    /// The variable that tells the program that it is called as a wrapper, by its role's word.
    pub const VARIABLE: &'static str = "HOTRELOAD_WRAPPER";

    /// The variable that names the wrapper which it calls in turn.
    pub const INNER: &'static str = "HOTRELOAD_INNER_WRAPPER";

    /// The variable that names the folder in which it leaves word of how rustc was called.
    pub const CAPTURES: &'static str = "HOTRELOAD_CAPTURES";

    /// The wrapper in this role, and the user's own.
    pub fn new(program: PathBuf, role: Role, inner: Option<PathBuf>) -> Wrapper {
        Wrapper { program, role, inner }
    }

    /// The one that has made what is in this target folder, if its program is still there.
    pub(crate) fn of(target_dir: &Path) -> Option<Wrapper> {
        let text = fs::read_to_string(target_dir.join(FILE)).ok()?;
        let mut lines = text.lines();
        let (word, program) = lines.next()?.split_once(' ')?;
        let found = Wrapper::new(program.into(), Role::of(word), lines.next().map(PathBuf::from));
        // Without the shared library's nothing can be built that fits. Who only looks on is not needed.
        let is_needed = matches!(found.role, Role::Shares { .. });
        (is_needed || found.program.is_file()).then_some(found)
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

    /// Leaves word of it in its target folder.
    pub fn leave(&self, target_dir: &Path) -> io::Result<()> {
        fs::create_dir_all(target_dir)?;
        let mut text = format!("{} {}\n", self.role.word(), self.program.display());
        if let Some(inner) = &self.inner {
            text += &format!("{}\n", inner.display());
        }
        let file = target_dir.join(FILE);
        match fs::read_to_string(&file) {
            Ok(same) if same == text => Ok(()),
            _ => fs::write(file, text),
        }
    }

    /// What has cargo call it.
    pub fn environment(&self) -> impl Iterator<Item = (&'static str, PathBuf)> {
        let name = match self.role {
            Role::LooksOn => "RUSTC_WRAPPER",
            Role::Shares { .. } => "RUSTC_WORKSPACE_WRAPPER",
        };
        let own = [(name, self.program.clone()), (Self::VARIABLE, PathBuf::from(self.role.word()))];
        own.into_iter().chain(self.inner.clone().map(|inner| (Self::INNER, inner)))
    }
}
