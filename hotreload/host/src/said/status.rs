//! What is loaded at the moment, for people and programs.

use std::{fmt, path::PathBuf};

use hot_rt::rt::Kind;
use serde::{Deserialize, Serialize};

use crate::said::{
    bytes,
    json::{kind, known, lossy},
};

/// A snapshot of the host.
///
/// ```
/// #[hot::export]
/// fn tick() {}
///
/// # fn main() -> Result<(), hot::Error> {
/// let status = hot::Host::start()?.status()?;
/// assert!(status.bundles.is_empty());
/// let tick = status.definitions.iter().find(|it| it.path.ends_with("::tick")).unwrap();
/// assert_eq!((tick.kind, tick.generation), (hot::Kind::Function, Some(0)));
/// assert_eq!(tick.signature.as_deref(), Some("fn()"));
/// assert!(status.threads.is_empty(), "nobody is inside older code");
/// println!("{status}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Status {
    /// The loaded bundles, by name.
    pub bundles: Vec<BundleStatus>,
    /// Every definition, by path.
    #[serde(deserialize_with = "known")]
    pub definitions: Vec<DefinitionStatus>,
    /// The values of every `hot::State` that has one, by path.
    pub states: Vec<StateStatus>,
    /// Threads that are inside hot code which they entered before the last commit.
    pub threads: Vec<ThreadStatus>,
    /// Threads that bundles have started and that are still there. Known on Linux, x86-64 and glibc only,
    /// and of threads that wait.
    pub started: Vec<StartedThreads>,
    /// Sites that are closed, by path: their first call is an error.
    pub closed: Vec<ClosedStatus>,
    /// Mapped images that no definition leads to any more.
    pub retired: usize,
    /// Images whose init was refused after it had run: they stay mapped and are never called.
    pub abandoned: usize,
    /// Bytes in the folder that libraries are loaded from.
    pub shadow_bytes: u64,
    /// That folder.
    #[serde(with = "lossy")]
    pub shadow_dir: PathBuf,
}

/// A loaded bundle.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct BundleStatus {
    /// The package's name.
    pub name: String,
    /// The package's version.
    pub version: String,
    /// The live generation.
    pub generation: u64,
    /// The generation that its code was first loaded as; another one after a rollback.
    pub loaded_as: u64,
    /// The file that it was loaded from.
    #[serde(with = "lossy")]
    pub library: PathBuf,
    /// The host's copy of that file, which is mapped.
    #[serde(with = "lossy")]
    pub copy: PathBuf,
    /// How often `rollback` can go back.
    pub earlier: usize,
}

/// A definition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct DefinitionStatus {
    /// The full name.
    pub path: String,
    /// What it is.
    #[serde(with = "kind")]
    pub kind: Kind,
    /// The signature or type, if it is defined; of a struct or enum its size.
    pub signature: Option<String>,
    /// The generation that defines it; 0 is the baseline.
    pub generation: Option<u64>,
}

/// A living state.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StateStatus {
    /// The static's full name.
    pub path: String,
    /// What it holds, with full paths.
    pub type_name: String,
    /// The size of that, in bytes.
    pub size: usize,
    /// A number, in hexadecimal digits, for everything that it is made of: another version of the type, or
    /// of a type in it, has another one.
    pub layout: String,
    /// The generation of the bundle that has made the value; 0 is the baseline.
    pub made_by: u64,
    /// How often it became a value of another version of its type.
    pub moves: usize,
    /// How many values such moves have put aside, which come back with a version that has them again.
    pub put_aside: usize,
}

/// An attribute, or a function with one, that can be taken out of the source, since no value needs it to
/// move: none that is alive,
/// and none that a rollback or an unload would lead back to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Untidy {
    /// The type, variant, field or function: `game::World.heat`.
    pub path: String,
    /// As it is written, but for the expression: `#[hot(default = ..)]`.
    pub attribute: String,
}

impl fmt::Display for Untidy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.attribute)
    }
}

/// A definition that some caller does not fit.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ClosedStatus {
    /// The definition's full name.
    pub path: String,
    /// Who does not fit it, and why.
    pub why: String,
}

/// A thread inside older code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct ThreadStatus {
    /// The operating system's number; 0 if unknown.
    pub id: u64,
    /// The thread's name, where the system tells.
    pub name: Option<String>,
    /// How many commits there have been since it entered.
    pub commits_behind: u64,
}

/// Threads that a generation of a bundle has started.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct StartedThreads {
    /// The bundle's package name.
    pub bundle: String,
    /// The generation that has started them.
    pub generation: u64,
    /// How many of them are still there.
    pub threads: usize,
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for bundle in &self.bundles {
            let BundleStatus { name, version, generation, earlier, library, .. } = bundle;
            let library = library.display();
            writeln!(f, "{name} {version}: generation {generation}, {earlier} kept, {library}")?;
        }
        for DefinitionStatus { path, signature, generation, .. } in &self.definitions {
            let by = match generation {
                None => "undefined".to_owned(),
                Some(0) => "baseline".to_owned(),
                Some(number) => format!("generation {number}"),
            };
            writeln!(f, "  {path}: {} ({by})", signature.as_deref().unwrap_or("?"))?;
        }
        for StateStatus { path, type_name, size, made_by, moves, put_aside, .. } in &self.states {
            write!(f, "  {path} holds {type_name}, {}, made by ", bytes(*size as u64))?;
            match made_by {
                0 => f.write_str("the baseline")?,
                number => write!(f, "generation {number}")?,
            }
            match moves {
                0 => {}
                1 => f.write_str(", moved once")?,
                count => write!(f, ", moved {count} times")?,
            }
            match put_aside {
                0 => writeln!(f)?,
                1 => writeln!(f, ", a value put aside")?,
                count => writeln!(f, ", {count} values put aside")?,
            }
        }
        for ClosedStatus { path, why } in &self.closed {
            writeln!(f, "  {path} is closed: {why}")?;
        }
        for ThreadStatus { id, name, commits_behind } in &self.threads {
            let name = name.as_deref().unwrap_or("unnamed");
            writeln!(f, "thread {name} ({id}) runs older code, {commits_behind} commits behind")?;
        }
        for StartedThreads { bundle, generation, threads } in &self.started {
            let noun = if *threads == 1 { "thread" } else { "threads" };
            writeln!(f, "{threads} {noun} that {bundle} has started in generation {generation}")?;
        }
        let Status { retired, abandoned, shadow_bytes, .. } = self;
        write!(f, "{retired} retired images, {abandoned} abandoned, {shadow_bytes} bytes of copies")
    }
}
