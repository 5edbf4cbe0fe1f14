//! What is loaded at the moment, for people and programs.

use std::{fmt, path::PathBuf};

use super::Kind;

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
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// The loaded bundles, by name.
    pub bundles: Vec<BundleStatus>,
    /// Every definition, by path.
    pub definitions: Vec<DefinitionStatus>,
    /// Threads that are inside hot code which they entered before the last commit.
    pub threads: Vec<ThreadStatus>,
    /// Mapped images that no definition leads to any more.
    pub retired: usize,
    /// Images whose init was refused after it had run: they stay mapped and are never called.
    pub abandoned: usize,
    /// Bytes in the folder that libraries are loaded from.
    pub shadow_bytes: u64,
    /// That folder.
    pub shadow_dir: PathBuf,
}

/// A loaded bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
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
    pub library: PathBuf,
    /// How often `rollback` can go back.
    pub earlier: usize,
}

/// A definition.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct DefinitionStatus {
    /// The full name.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// The signature or type, if it is defined; of a struct or enum its size.
    pub signature: Option<String>,
    /// The generation that defines it; 0 is the baseline.
    pub generation: Option<u64>,
}

/// A thread inside older code.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ThreadStatus {
    /// The operating system's number; 0 if unknown.
    pub id: u64,
    /// The thread's name, where the system tells.
    pub name: Option<String>,
    /// How many commits there have been since it entered.
    pub commits_behind: u64,
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
        for ThreadStatus { id, name, commits_behind } in &self.threads {
            let name = name.as_deref().unwrap_or("unnamed");
            writeln!(f, "thread {name} ({id}) runs older code, {commits_behind} commits behind")?;
        }
        let Status { retired, abandoned, shadow_bytes, .. } = self;
        write!(f, "{retired} retired images, {abandoned} abandoned, {shadow_bytes} bytes of copies")
    }
}
